//! Builds, runs, tests and checks the project.
fn main() {}
