//! The server's process: tells its counters for each line on standard input, and ends with it.
#![expect(clippy::print_stdout, reason = "the parent reads it")]

use crate::Plant;
use crate::server::Counts;
use anyhow::{Context as _, Result};
use incamera_server::{Config, Count, Running, start};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, BufReader, stdin};

const LEAK_BYTES: usize = 256 * 1024;
const LEAK_EVERY: Duration = Duration::from_millis(250);

#[derive(clap::Args)]
pub(crate) struct Options {
    #[arg(long)]
    data: PathBuf,
    /// The address that the proxy has.
    #[arg(long)]
    advertise: std::net::IpAddr,
    #[arg(long)]
    media: SocketAddr,
    #[arg(long)]
    origin: String,
    #[arg(long)]
    plant: Option<Plant>,
}

pub(crate) async fn serve(options: Options) -> Result<()> {
    let running = start(Config {
        listen: ([127, 0, 0, 1], 0).into(),
        media: options.media,
        advertise: vec![options.advertise],
        origins: vec![options.origin],
        open: true,
        ..Config::new(options.data)
    })
    .await?;
    match options.plant {
        Some(Plant::Memory) => drop(tokio::spawn(leak_memory())),
        Some(Plant::Descriptors) => drop(tokio::spawn(leak_descriptors())),
        Some(Plant::Guest) | None => {}
    }
    println!("{} {}", running.http_addr(), running.media_addr());
    let mut lines = BufReader::new(stdin()).lines();
    while lines.next_line().await?.is_some() {
        println!("{}", serde_json::to_string(&counts(&running).await?)?);
    }
    running.shutdown().await;
    Ok(())
}

async fn counts(running: &Running) -> Result<Counts> {
    let counters = running.counters();
    let media = running.media_counters().await;
    let media = media.context("the media port has stopped")?;
    Ok(Counts {
        sockets_opened: counters.get(Count::Opened),
        sockets_closed: counters.get(Count::Closed),
        kept: running.kept_connections(),
        sessions: media.sessions,
        tcp_connections: media.tcp_connections,
        forwarded: media.node.media_forwarded,
        failed: media.node.failed,
        slow: counters.get(Count::Slow),
    })
}

async fn leak_memory() {
    let mut kept = Vec::new();
    loop {
        // Not zeros, which the system would not give a page for.
        kept.push(vec![1_u8; LEAK_BYTES]);
        tokio::time::sleep(LEAK_EVERY).await;
    }
}

async fn leak_descriptors() {
    let mut kept = Vec::new();
    loop {
        kept.extend(std::fs::File::open("/dev/null"));
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}
