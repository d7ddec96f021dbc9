//! Native participants and a server in one process, on random ports of 127.0.0.1.
//!
//! With `--features test-unsealed` only `wiretap::` runs: nothing is sealed then, and the test shows
//! that the same tap notices.

#![cfg_attr(
    feature = "test-unsealed",
    expect(dead_code, reason = "one test of many runs")
)]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod harness;
mod wiretap;

#[cfg(not(feature = "test-unsealed"))]
mod altered;
#[cfg(not(feature = "test-unsealed"))]
mod bad_links;
#[cfg(not(feature = "test-unsealed"))]
mod coming_and_going;
#[cfg(not(feature = "test-unsealed"))]
mod delegations;
#[cfg(not(feature = "test-unsealed"))]
mod gathering;
#[cfg(not(feature = "test-unsealed"))]
mod load;
#[cfg(not(feature = "test-unsealed"))]
mod restart;
#[cfg(not(feature = "test-unsealed"))]
mod table;
#[cfg(not(feature = "test-unsealed"))]
mod two_people;
