//! The command line: serve, talk, join, load.
fn main() {}
