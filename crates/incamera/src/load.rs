use crate::failure::Failure;
use crate::files::write_json;
use crate::server::{ServerArgs, TokenArgs};
use incamera_client::{LoadConfig, run_load};
use std::path::PathBuf;

/// Options of `incamera load`.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    server: ServerArgs,
    #[command(flatten)]
    token: TokenArgs,
    /// Rooms to fill, each of a talk of its own.
    #[arg(long, default_value_t = 1)]
    rooms: usize,
    /// People in each room.
    #[arg(long, default_value_t = 10)]
    people: usize,
    /// How many people of each room send camera and microphone.
    #[arg(long, default_value_t = 3)]
    publishers: usize,
    /// How long to measure, once everything flows.
    #[arg(long, default_value_t = 30)]
    seconds: u64,
    /// The server's process on this machine, to measure its processor time and memory.
    #[arg(long, value_name = "PID")]
    server_pid: Option<u32>,
    /// Write the report there instead of standard output.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

/// Runs `incamera load`.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let (address, trust) = args.server.resolve()?;
    let config = LoadConfig {
        address,
        trust,
        token: args.token.resolve()?,
        rooms: args.rooms,
        people: args.people,
        publishers: args.publishers,
        seconds: args.seconds,
        server_pid: args.server_pid,
    };
    let report = run_load(config, |stage| eprintln!("{stage}")).await?;
    match args.report {
        Some(file) => write_json(&file, &report),
        None => {
            println!("{}", serde_json::to_string_pretty(&report)?);
            Ok(())
        }
    }
}
