//! The server's process as its parent sees it.

use crate::Plant;
use anyhow::{Context as _, Result, bail};
use clap::ValueEnum as _;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// What the server counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counts {
    pub(crate) sockets_opened: u64,
    pub(crate) sockets_closed: u64,
    /// Connections kept without a socket.
    pub(crate) kept: usize,
    /// Media sessions.
    pub(crate) sessions: usize,
    /// ICE-TCP connections.
    pub(crate) tcp_connections: usize,
    /// Media packets to subscribers.
    pub(crate) forwarded: u64,
    /// Media sessions that broke down.
    pub(crate) failed: u64,
    /// Connections that ended because they didn't read.
    pub(crate) slow: u64,
}

/// What the system says of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Usage {
    /// Resident memory, in bytes.
    pub(crate) rss: u64,
    pub(crate) descriptors: usize,
}

pub(crate) struct Server {
    child: Child,
    input: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
    pub(crate) http: SocketAddr,
    pub(crate) media: SocketAddr,
}

impl Server {
    pub(crate) async fn start(data: &Path, origin: &str, plant: Option<Plant>) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("serve").arg("--data").arg(data);
        command.args(["--origin", origin, "--media", "127.0.0.1:0"]);
        command.args(["--advertise", crate::network::PROXY]);
        if let Some(plant) = plant.and_then(|plant| plant.to_possible_value()) {
            command.args(["--plant", plant.get_name()]);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.kill_on_drop(true).spawn()?;
        let input = child.stdin.take().context("no standard input")?;
        let output = child.stdout.take().context("no standard output")?;
        let mut lines = BufReader::new(output).lines();
        let ready = lines.next_line().await?;
        let ready = ready.context("the server did not start")?;
        let (http, media) = ready.split_once(' ').context("the server's first line")?;
        let (http, media) = (http.parse()?, media.parse()?);
        Ok(Self {
            child,
            input,
            lines,
            http,
            media,
        })
    }

    pub(crate) async fn counts(&mut self) -> Result<Counts> {
        self.input.write_all(b"\n").await?;
        let line = self.lines.next_line().await?;
        Ok(serde_json::from_str(&line.context("the server ended")?)?)
    }

    pub(crate) fn usage(&self) -> Result<Usage> {
        let process = format!("/proc/{}", self.child.id().context("the server ended")?);
        let status = std::fs::read_to_string(format!("{process}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line.and_then(|rest| rest.split_whitespace().next());
        Ok(Usage {
            rss: kilobytes.context("no VmRSS")?.parse::<u64>()? * 1024,
            descriptors: std::fs::read_dir(format!("{process}/fd"))?.count(),
        })
    }

    pub(crate) async fn stop(mut self) -> Result<()> {
        drop(self.input);
        let status = self.child.wait().await?;
        if !status.success() {
            bail!("the server stopped with {status}");
        }
        Ok(())
    }
}
