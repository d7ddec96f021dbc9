//! A long conversation with everything that happens in one: people come, leave and vanish, mute
//! themselves, share and write, and a proxy cuts and moves their connections. What is left of it on
//! the server is measured; `cargo xtask soak` runs it.
//!
//! The server is a process of its own: this program again, as `serve`, which tells its counters.

mod conversation;
mod judge;
mod measure;
mod network;
mod people;
mod plan;
mod serve;
mod server;

use incamera_allocator as _;

use clap::{Parser, Subcommand, ValueEnum};
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "incamera-soak", about, version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Holds the conversation, and fails if something is left of it.
    Run(conversation::Options),
    /// The server of it.
    Serve(serve::Options),
}

/// A fault to be found, or the checks check nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Plant {
    /// The server's memory grows by a megabyte a second.
    Memory,
    /// The server opens a file each second and keeps it open.
    Descriptors,
    /// Somebody doesn't leave in the end.
    Guest,
}

#[tokio::main]
async fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Run(options) => conversation::run(options).await,
        Command::Serve(options) => serve::serve(options).await,
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("soak: {error:#}");
            ExitCode::FAILURE
        }
    }
}
