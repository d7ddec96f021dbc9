//! `cargo xtask soak`: a server under load for a long time, with a report.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::run;
use crate::sh::{self, say};

/// What to load it with.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// How long, in minutes.
    #[arg(long, default_value_t = 30)]
    minutes: u64,
    /// Rooms at once.
    #[arg(long, default_value_t = 2)]
    rooms: u32,
    /// People in each room.
    #[arg(long, default_value_t = 5)]
    people: u32,
    /// Of those, how many send.
    #[arg(long, default_value_t = 2)]
    publishers: u32,
    /// Where the report goes.
    #[arg(long, default_value = "target/soak.json")]
    report: String,
}

/// Each round's load comes and goes; memory that stays is a leak.
const ROUND_SECONDS: u64 = 60;
/// How much the server may have grown between the second round's end and the last one's.
const MAX_GROWTH_BYTES: i64 = 64 << 20;

/// Serves on loopback, loads in rounds, and fails if a packet was missed or memory grew.
pub(crate) fn soak(options: &Options) -> Result<()> {
    let binary = run::build_binary()?;
    let folder = tempfile::tempdir()?;
    let mut server = Server::start(&binary, &folder.path().display().to_string())?;
    let end = now() + Duration::from_secs(options.minutes * 60);
    let mut rounds: Vec<Value> = Vec::new();
    while now() < end || rounds.len() < 3 {
        rounds.push(round(&binary, &server, options, folder.path())?);
    }
    server.stop()?;
    let gaps: i64 = rounds
        .iter()
        .filter_map(|round| round["gaps"].as_i64())
        .sum();
    let rss = |round: &Value| round["rss_after"].as_i64().unwrap_or(0);
    let growth = rss(&rounds[rounds.len() - 1]) - rss(&rounds[1]);
    let report = json!({ "rounds": rounds, "gaps": gaps, "rss_growth": growth });
    std::fs::write(
        sh::root().join(&options.report),
        serde_json::to_string_pretty(&report)?,
    )?;
    say(&format!(
        "soak: {} rounds, {gaps} gaps, memory grew by {growth} bytes: {}",
        rounds.len(),
        options.report
    ));
    if gaps > 0 || growth > MAX_GROWTH_BYTES {
        bail!("the server missed packets or its memory grew");
    }
    Ok(())
}

fn round(
    binary: &str,
    server: &Server,
    options: &Options,
    folder: &std::path::Path,
) -> Result<Value> {
    let path = folder.join("load.json");
    let mut load = sh::command(binary, ["load", "--server", &server.url]);
    for (name, value) in [
        ("--rooms", options.rooms.to_string()),
        ("--people", options.people.to_string()),
        ("--publishers", options.publishers.to_string()),
        ("--seconds", ROUND_SECONDS.to_string()),
        ("--report", path.display().to_string()),
    ] {
        load.arg(name).arg(value);
    }
    sh::run(load)?;
    let mut report: Value = serde_json::from_str(&std::fs::read_to_string(&path)?)?;
    if report["packets_forwarded"].as_u64().unwrap_or(0) == 0 {
        bail!("a round forwarded nothing");
    }
    report["rss_after"] = json!(server.rss()?);
    Ok(report)
}

/// A server of the command's own, on loopback.
pub(crate) struct Server {
    child: Child,
    pub(crate) url: String,
}

impl Server {
    pub(crate) fn start(binary: &str, data: &str) -> Result<Self> {
        let mut command = sh::command(
            binary,
            [
                "serve",
                "--open",
                "--listen",
                "127.0.0.1:0",
                "--media",
                "127.0.0.1:0",
            ],
        );
        command.args(["--data", data]).stdout(Stdio::piped());
        let mut child = command.spawn().context("the server can't be started")?;
        let stdout = child.stdout.take().context("no standard output")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let url = line.split(' ').find(|word| word.starts_with("http"));
        let url = url
            .with_context(|| format!("no ready line but {line:?}"))?
            .to_owned();
        Ok(Self { child, url })
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Resident memory in bytes.
    pub(crate) fn rss(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line.and_then(|rest| rest.split_whitespace().next());
        Ok(kilobytes.context("no VmRSS")?.parse::<u64>()? * 1024)
    }

    pub(crate) fn stop(&mut self) -> Result<()> {
        sh::run(sh::command("kill", ["-TERM", &self.id().to_string()]))?;
        let status = self.child.wait()?;
        if !status.success() {
            bail!("the server stopped with {status}");
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a soak ends after the minutes asked for"
)]
fn now() -> Instant {
    Instant::now()
}
