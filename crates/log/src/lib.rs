//! The log port: compare-and-append and append-any streams, and SQLite behind it.
