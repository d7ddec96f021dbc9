//! Servers and commands as processes.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

pub(crate) fn incamera() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_incamera"));
    command.env_remove("INCAMERA_LOG");
    command
}

/// A server that is killed if the test fails.
pub(crate) struct Server {
    child: Child,
    pub(crate) url: String,
}

impl Server {
    /// On free ports of 127.0.0.1.
    pub(crate) fn start(data: &Path, more: &[&str]) -> Self {
        let here = ["--listen", "127.0.0.1:0", "--media", "127.0.0.1:0"];
        Self::start_anywhere(data, &[&here, more].concat())
    }

    pub(crate) fn start_anywhere(data: &Path, more: &[&str]) -> Self {
        let mut child = incamera()
            .arg("serve")
            .args(more)
            .arg("--data")
            .arg(data)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut ready = String::new();
        let stdout = child.stdout.as_mut().unwrap();
        BufReader::new(stdout).read_line(&mut ready).unwrap();
        let words: Vec<_> = ready.split_whitespace().collect();
        let ["incamera", "ready", url, "media", _] = words[..] else {
            let mut said = String::new();
            let mut stderr = child.stderr.take().unwrap();
            stderr.read_to_string(&mut said).unwrap();
            panic!("{ready:?} {said}");
        };
        Self {
            url: url.to_owned(),
            child,
        }
    }

    /// Stops it as an operator would; what it said on standard error.
    pub(crate) fn stop(mut self) -> String {
        let id = self.child.id().to_string();
        let kill = Command::new("kill").args(["-TERM", &id]).status();
        assert!(kill.unwrap().success());
        let mut said = String::new();
        let mut stderr = self.child.stderr.take().unwrap();
        stderr.read_to_string(&mut said).unwrap();
        assert!(self.child.wait().unwrap().success(), "{said}");
        said
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a command to its end; its standard output, which has to be there.
#[track_caller]
pub(crate) fn succeed(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    String::from_utf8(output.stdout).unwrap()
}

/// One that fails with one sentence.
#[track_caller]
pub(crate) fn fail(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(!output.status.success());
    let said = stderr(&output);
    assert_eq!(said.lines().count(), 1, "{said}");
    said
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Proposes a talk with a token; its JSON.
pub(crate) fn propose(server: &str, title: &str, token: Option<&str>) -> Command {
    let mut command = incamera();
    command.args([
        "talk", "new", "--server", server, "--title", title, "--json",
    ]);
    command.env_remove("INCAMERA_TOKEN");
    if let Some(token) = token {
        command.env("INCAMERA_TOKEN", token);
    }
    command
}
