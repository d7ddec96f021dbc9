//! A server of a command's own, on loopback.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use anyhow::{Context, Result, bail};

use crate::sh;

/// Ends with it.
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
