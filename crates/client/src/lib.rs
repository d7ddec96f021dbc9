//! A native participant over str0m: join and load.
