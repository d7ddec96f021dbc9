//! The command line: `serve`, `token`, `backup`, `restore`, `talk`, `join`, `load`,
//! `demo`.
//!
//! Errors go to standard error: one sentence and what to do; the exit status is then non-zero.

#![expect(clippy::print_stdout, reason = "results go to standard output")]

mod backup;
mod demo;
mod failure;
mod files;
mod join;
mod lan;
mod load;
mod logging;
mod operator;
mod prompt;
mod serve;
mod server;
mod settings;
mod talk;

use incamera_allocator as _;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Sealed video conferences for talks between organisations that don't trust each other.
#[derive(Parser)]
#[command(name = "incamera", version, about, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve talks: pages, sealed entries and sealed media.
    Serve(serve::Args),
    /// Make a new operator's token, which proposing talks needs; the old one is void.
    Token(operator::Args),
    /// Write the talks' sealed entries to one file, whether the server runs or not.
    Backup(backup::Args),
    /// Put a backup into a data folder in which no server runs.
    Restore(backup::Args),
    /// Propose talks, found them, and lead a delegation.
    Talk(talk::Args),
    /// Take part in a talk from the command line, with files or a test card for camera and
    /// microphone.
    Join(join::Args),
    /// Measure a server with many participants.
    Load(load::Args),
    /// Look at a finished talk of two fictional delegations, on a server of its own.
    Demo(demo::Args),
}

#[tokio::main]
async fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Serve(args) => serve::run(args).await,
        Command::Token(args) => operator::run(&args),
        Command::Backup(args) => backup::backup(&args),
        Command::Restore(args) => backup::restore(&args),
        Command::Talk(args) => talk::run(args).await,
        Command::Join(args) => join::run(args).await,
        Command::Load(args) => load::run(args).await,
        Command::Demo(args) => demo::run(args).await,
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("incamera: {failure}");
            ExitCode::FAILURE
        }
    }
}
