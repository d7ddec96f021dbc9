//! What an operator does: first start, token, configuration, local network, backup; and what the
//! log says of it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod backup;
mod configuration;
mod first_start;
mod lan;
mod logs;
mod process;
