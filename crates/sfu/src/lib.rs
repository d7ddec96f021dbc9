//! A media node that owns str0m sessions; sans-I/O.
