//! Builds, runs, tests and checks the project: `cargo xtask --help`.
#![allow(
    clippy::print_stdout,
    reason = "a command-line tool speaks on standard output"
)]

mod ci;
mod codegen;
mod cost;
mod deps;
mod fuzz;
mod measure;
mod netns;
mod report;
mod run;
mod server;
mod sh;
mod soak;
mod stamp;
mod test;
mod tools;
mod verify;
mod wasm;
mod web;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about, version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Builds what is missing and serves: `cargo xtask run -- --listen 127.0.0.1:9000`.
    Run {
        /// Arguments of `incamera serve`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Runs every test, browsers included, or only the steps named.
    Test {
        /// Steps to run: rust, soak, verify, page, browsers.
        steps: Vec<test::Step>,
        /// Only the browser test files whose name contains this.
        #[arg(long)]
        only: Option<String>,
    },
    /// Everything that has to hold before a change is taken.
    Ci,
    /// Builds the end-to-end encryption for the browser into web/src/e2ee/pkg.
    Wasm {
        /// Which compiler builds it.
        #[arg(long, value_enum, default_value = "auto")]
        toolchain: wasm::Toolchain,
        /// Builds even if nothing changed.
        #[arg(long)]
        force: bool,
    },
    /// Builds the page into web/dist.
    Web,
    /// Writes the TypeScript of the wire messages to web/src/wire.
    Codegen {
        /// Only says whether what is committed is up to date.
        #[arg(long)]
        check: bool,
    },
    /// Measures what people wait for and what the server needs; report in target/measure.json.
    Measure {
        #[command(subcommand)]
        what: Option<Measure>,
    },
    /// Takes the pictures of the README, into docs/pictures.
    Pictures,
    /// Checks which crate depends on which, and that no test-only feature is in the binary.
    CheckDeps,
    /// Runs one fuzz target, or each of them, on a nightly-capable compiler.
    Fuzz {
        /// The target; all of them if left out.
        target: Option<String>,
        /// Seconds for each target.
        #[arg(default_value_t = 60)]
        seconds: u32,
    },
    /// Holds a long conversation with everything that happens in one, and says what is left of it.
    Soak(soak::Options),
    /// Writes how long coming back took, as the browser tests measured it, into docs/reports.
    Staying,
}

#[derive(Subcommand)]
enum Measure {
    /// How long a record of 500 entries takes to be read and shown in Chromium; report in
    /// target/measure-record.json.
    Record,
    /// What a talk between delegations costs instead; report in target/measure-cost.json.
    Cost {
        /// Parts to measure: native, gathering, browser.
        parts: Vec<cost::Part>,
    },
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Run { args } => run::run(&args),
        Command::Test { steps, only } => test::test(&steps, only.as_deref()),
        Command::Ci => ci::ci(),
        Command::Wasm { toolchain, force } => wasm::build(toolchain, force),
        Command::Web => web::build(),
        Command::Codegen { check } => codegen::codegen(check),
        Command::Measure { what: None } => measure::measure(),
        Command::Measure {
            what: Some(Measure::Cost { parts }),
        } => cost::cost(&parts),
        Command::Measure {
            what: Some(Measure::Record),
        } => measure::record(),
        Command::Pictures => test::pictures(),
        Command::CheckDeps => deps::check(),
        Command::Fuzz { target, seconds } => fuzz::fuzz(target.as_deref(), seconds),
        Command::Soak(options) => soak::soak(&options),
        Command::Staying => report::staying(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
