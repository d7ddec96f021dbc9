use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Longer than anything takes on a busy machine.
const DEADLINE: Duration = Duration::from_secs(60);

pub(crate) fn incamera() -> Command {
    Command::new(env!("CARGO_BIN_EXE_incamera"))
}

/// A server in a process of its own, with everything it writes.
pub(crate) struct Server {
    child: Child,
    pub(crate) url: String,
    pub(crate) folder: TempDir,
    ready: String,
}

impl Server {
    /// Starts it on free ports, logging everything it can log.
    pub(crate) fn start(more: &[&str]) -> Self {
        let folder = TempDir::new().unwrap();
        let log = std::fs::File::create(folder.path().join("log")).unwrap();
        let mut child = incamera()
            .args([
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--media",
                "127.0.0.1:0",
                "--open",
            ])
            .arg("--data")
            .arg(folder.path().join("data"))
            .args(more)
            .env("INCAMERA_LOG", "trace")
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut ready = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut ready).unwrap();
        let url = ready
            .split_whitespace()
            .find(|word| word.starts_with("http://"))
            .unwrap_or_else(|| panic!("no ready line: {ready:?}"))
            .to_owned();
        Self {
            child,
            url,
            folder,
            ready,
        }
    }

    /// The bytes of every file of the data folder and of the log, and what it printed.
    pub(crate) fn written(&self) -> Vec<(String, Vec<u8>)> {
        let mut written = vec![("stdout".to_owned(), self.ready.clone().into_bytes())];
        collect(self.folder.path(), &mut written);
        written
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn collect(folder: &Path, into: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, into);
        } else {
            into.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
}

/// Proposes a talk; returns its link.
pub(crate) fn talk(server: &str, title: &str) -> String {
    let answer = propose(server, title);
    answer["links"][0]["url"].as_str().unwrap().to_owned()
}

/// Proposes a talk; returns what `talk new --json` printed.
pub(crate) fn propose(server: &str, title: &str) -> serde_json::Value {
    let output = run(
        incamera().args([
            "talk", "new", "--server", server, "--title", title, "--json",
        ]),
        "",
    );
    assert!(output.status.success(), "{}", stderr(&output));
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(answer["talk"].is_string(), "{answer}");
    assert_eq!(answer["links"][0]["kind"], "seat", "{answer}");
    answer
}

/// Runs a command to its end, with a text as standard input.
pub(crate) fn run(command: &mut Command, input: &str) -> Output {
    let child = start(command, input);
    wait(child)
}

pub(crate) fn start(command: &mut Command, input: &str) -> Child {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    child
}

pub(crate) fn wait(mut child: Child) -> Output {
    if wait_for_end(&mut child).is_none() {
        let _ = child.kill();
        let output = child.wait_with_output().unwrap();
        panic!("the command didn't end: {}", stderr(&output));
    }
    child.wait_with_output().unwrap()
}

#[expect(clippy::disallowed_methods, reason = "a test's deadline")]
fn wait_for_end(child: &mut Child) -> Option<ExitStatus> {
    let deadline = Instant::now() + DEADLINE;
    while Instant::now() < deadline {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    None
}

/// Interrupts a process as Ctrl-C does.
pub(crate) fn interrupt(child: &Child) {
    let kill = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(kill.unwrap().success());
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
