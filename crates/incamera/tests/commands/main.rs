//! The commands as processes: `serve`, `talk new`, `join`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod blindness;
mod delegations;
mod demo;
mod join;
mod process;
mod proxy;
mod search;
