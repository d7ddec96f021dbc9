//! `incamera serve` as a process: its ready line, its end, and its complaints.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

fn serve(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_incamera"));
    command
        .args([
            "serve",
            "--open",
            "--listen",
            "127.0.0.1:0",
            "--media",
            "127.0.0.1:0",
        ])
        .arg("--data")
        .arg(data)
        .env_remove("INCAMERA_LOG")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// A child that is killed if the test fails.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn ready(data: &Path) -> (Running, String) {
    let mut child = serve(data).spawn().unwrap();
    let mut line = String::new();
    let stdout = child.stdout.as_mut().unwrap();
    BufReader::new(stdout).read_line(&mut line).unwrap();
    (Running(child), line)
}

fn signal(child: &Child, name: &str) {
    let kill = Command::new("kill")
        .args([name, &child.id().to_string()])
        .status();
    assert!(kill.unwrap().success());
}

#[expect(clippy::disallowed_methods, reason = "a process ends in real time")]
fn ends_within(child: &mut Child, limit: Duration) -> Option<i32> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        assert!(start.elapsed() < limit, "it goes on");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn it_says_when_it_is_ready_and_stops_when_asked() {
    for name in ["-TERM", "-INT"] {
        let data = tempfile::tempdir().unwrap();
        let (mut running, line) = ready(data.path());
        let words: Vec<&str> = line.split_whitespace().collect();
        let ["incamera", "ready", url, "media", media] = words[..] else {
            panic!("{line}");
        };
        let port = url.strip_prefix("http://localhost:").unwrap();
        assert!(
            media.starts_with("127.0.0.1:") && !media.ends_with(":0"),
            "{line}"
        );
        // A connection that was left open doesn't hold it up.
        let idle = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
        let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
        stream.write_all(b"GET /healthz HTTP/1.0\r\n\r\n").unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        assert!(reply.contains("200 OK"), "{reply}");
        signal(&running.0, name);
        assert_eq!(
            ends_within(&mut running.0, Duration::from_secs(10)),
            Some(0)
        );
        let mut log = String::new();
        running
            .0
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut log)
            .unwrap();
        assert_eq!(log, "", "nothing to say about an ordinary run");
        drop(idle);
    }
}

#[test]
fn what_is_wrong_is_said_in_one_sentence() {
    let data = tempfile::tempdir().unwrap();
    let (_running, line) = ready(data.path());
    let port = line
        .split_whitespace()
        .nth(2)
        .unwrap()
        .rsplit(':')
        .next()
        .unwrap();
    let file = data.path().join("file");
    std::fs::write(&file, "x").unwrap();
    let other = tempfile::tempdir().unwrap();
    let taken = format!("127.0.0.1:{port}");
    let path = file.to_str().unwrap();

    check(serve(data.path()), "--data");
    check(serve(&file), "--data");
    let with = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_incamera"));
        command.args(["serve", "--media", "127.0.0.1:0", "--data"]);
        command.arg(other.path()).args(arguments);
        command
    };
    check(with(&["--listen", &taken]), "--listen");
    check(
        with(&["--listen", "127.0.0.1:0", "--origin", "talks.example"]),
        "https://",
    );
    check(
        with(&["--listen", "127.0.0.1:0", "--cert", path, "--key", path]),
        "--cert",
    );
    let mut filter = serve(other.path());
    filter.env("INCAMERA_LOG", "=====");
    check(filter, "INCAMERA_LOG");
    for arguments in [&["--listen", "here"][..], &["--cert", path], &["--nothing"]] {
        let Output { status, stderr, .. } = with(arguments).output().unwrap();
        assert_eq!(status.code(), Some(2), "{arguments:?}");
        assert!(!stderr.is_empty());
    }
}

#[track_caller]
fn check(mut command: Command, names: &str) {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    let said = String::from_utf8(stderr).unwrap();
    assert_eq!(status.code(), Some(1), "{said}");
    assert!(stdout.is_empty());
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(
        said.starts_with("incamera: ") && said.contains(names),
        "{said}"
    );
}
