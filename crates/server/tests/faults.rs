//! A disk that is really full, file descriptors that are really used up, a wall clock that jumps: the
//! server says so, keeps what it has, goes on, and recovers.
//!
//! Each test runs this binary again where the fault can be made without harm: in a mount namespace
//! with a small disk, in a process with few descriptors.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use common::{Captured, Client, Reply, SOON, Server, Talk, beats, config, door, eventually};
use incamera_model::Position;
use incamera_server::DEFAULT_LOG_FILTER;
use incamera_wire::{ApiError, ApiReason, Refusal, ServerMessage};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tracing_subscriber::EnvFilter;

/// Where the child finds what was prepared for it.
const PREPARED: &str = "INCAMERA_TEST_PREPARED";

fn capture() -> Captured {
    let captured = Captured::default();
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(DEFAULT_LOG_FILTER))
        .with_writer(captured.clone())
        .init();
    captured
}

#[test]
fn a_full_disk() {
    let folder = tempfile::tempdir().unwrap();
    let root = rustix::process::getuid().is_root();
    let test = std::env::current_exe().unwrap();
    let status = Command::new("unshare")
        .args([if root { "-m" } else { "-rm" }, "sh", "-c"])
        .arg("mount -t tmpfs -o size=3m none \"$1\" && exec \"$2\" --exact on_a_small_disk --nocapture")
        .arg("sh")
        .args([folder.path(), &test])
        .env(PREPARED, folder.path())
        .status()
        .unwrap();
    assert!(status.success());
}

/// Not a test of its own: what [`a_full_disk`] runs.
#[tokio::test]
async fn on_a_small_disk() {
    let Some(disk) = std::env::var_os(PREPARED) else {
        return;
    };
    let disk = Path::new(&disk);
    let log = capture();
    let data = disk.join("data");
    let server = serve(&data).await;
    let talk = server.talk(1).await;
    let mut client = server.join(&talk).await;
    let mut follower = server.join(&talk).await;
    follower.subscribe(&beats(), 0).await;
    follower.ping().await;

    // Something else takes the space, to the last byte.
    let ballast = disk.join("ballast");
    let mut file = std::fs::File::create(&ballast).unwrap();
    let mut chunk = 64 * 1024;
    while chunk > 0 {
        if file.write_all(&vec![7; chunk]).is_err() {
            chunk /= 2;
        }
    }
    let mut acknowledged = 0;
    loop {
        match client
            .append(&door(), None, &[acknowledged as u8; 20_000])
            .await
        {
            ServerMessage::Appended { position, .. } => {
                assert_eq!(position, Position(acknowledged));
                acknowledged += 1;
            }
            ServerMessage::Refused { reason, .. } => {
                assert_eq!(reason, Refusal::Unavailable);
                break;
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(
        log.text().contains("the log can't be written"),
        "{}",
        log.text()
    );
    let refused = server.propose(&Talk::new(2).proposal()).await;
    check_unavailable(&refused);
    // What needs no disk goes on: what is stored is read, what isn't is passed on.
    assert_eq!(server.get("/healthz", "").await.status, 200);
    client.subscribe(&door(), 0).await;
    let kept = client.catch_up(&door()).await.len() as u64;
    assert_eq!(kept, acknowledged);
    client.publish(&beats(), b"beat").await;
    assert!(matches!(
        follower.hear().await,
        ServerMessage::Published { .. }
    ));
    for _ in 0..20 {
        let refused = client.append(&door(), None, &[9; 20_000]).await;
        assert!(
            matches!(refused, ServerMessage::Refused { .. }),
            "{refused:?}"
        );
    }
    let said = log.text().matches("the log can't be written").count();
    assert_eq!(said, 1, "said once: {}", log.text());

    // Space again: it goes on where it was, and nothing acknowledged is missing.
    drop(file);
    std::fs::remove_file(&ballast).unwrap();
    let appended = client.append(&door(), None, &[1; 20_000]).await;
    assert!(
        matches!(appended, ServerMessage::Appended { position, .. } if position.0 == acknowledged),
        "{appended:?}"
    );
    assert!(log.text().contains("the log can be written again"));
    assert_eq!(server.propose(&Talk::new(2).proposal()).await.status, 201);
    server.running.shutdown().await;
    let server = serve(&data).await;
    let mut client = server.join(&talk).await;
    client.subscribe(&door(), 0).await;
    let kept = client.catch_up(&door()).await.len() as u64;
    assert_eq!(kept, acknowledged + 1);
}

async fn serve(data: &Path) -> Server {
    let folder = tempfile::tempdir().unwrap();
    let running = incamera_server::start(config(data)).await.unwrap();
    Server { running, folder }
}

#[track_caller]
fn check_unavailable(reply: &Reply) {
    assert_eq!(reply.status, 503, "{}", reply.head);
    let error: ApiError = serde_json::from_slice(&reply.body).unwrap();
    assert_eq!(error.reason, ApiReason::Unavailable);
    assert!(error.error.ends_with('.'));
}

/// A server in a process of its own.
struct Faulty {
    child: Child,
    address: std::net::SocketAddr,
    log: Captured,
}

impl Drop for Faulty {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Faulty {
    /// `prepare` is a line of shell.
    fn start(data: &Path, prepare: &str) -> Self {
        let mut child = Command::new("sh")
            .arg("-c")
            .arg(format!(
                "{prepare}; exec \"$1\" --exact with_a_fault --nocapture"
            ))
            .arg("sh")
            .arg(std::env::current_exe().unwrap())
            .env(PREPARED, data)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = lines
            .find_map(|line| line.unwrap().split_once("serves ")?.1.parse().ok())
            .unwrap();
        // Its standard output has to be read on.
        std::thread::spawn(move || lines.for_each(drop));
        let log = Captured::default();
        let (mut captured, mut stderr) = (log.clone(), child.stderr.take().unwrap());
        std::thread::spawn(move || {
            let mut some = [0; 4096];
            while let Ok(read @ 1..) = stderr.read(&mut some) {
                captured.write_all(&some[..read]).unwrap();
            }
        });
        Self {
            child,
            address,
            log,
        }
    }
}

/// Not a test of its own: what [`Faulty`] runs, until it is killed.
#[tokio::test]
async fn with_a_fault() {
    let Some(data) = std::env::var_os(PREPARED) else {
        return;
    };
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(DEFAULT_LOG_FILTER))
        .with_writer(std::io::stderr)
        .init();
    let running = incamera_server::start(config(Path::new(&data)))
        .await
        .unwrap();
    println!("\nserves {}", running.http_addr());
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn descriptors_used_up() {
    let folder = tempfile::tempdir().unwrap();
    let faulty = Faulty::start(folder.path(), "ulimit -n 64");
    let server = common::Remote(faulty.address);
    let talk = Talk::new(1);
    let body = serde_json::to_vec(&talk.proposal()).unwrap();
    let json = "Content-Type: application/json\r\n";
    assert_eq!(server.post(&body, json).await.unwrap().status, 201);
    let mut client = server.join(&talk).await;
    client.append(&door(), None, b"before").await;

    // Connections that say nothing, until one is told that there is nothing to be had.
    let mut idle = Vec::new();
    for _ in 0..100 {
        idle.push(tokio::net::TcpStream::connect(server.0).await.unwrap());
    }
    let told = futures_util::future::join_all(idle.iter_mut().map(common::at_once)).await;
    let refused: Vec<_> = told.into_iter().flatten().collect();
    assert!(!refused.is_empty(), "no end of descriptors");
    refused.iter().for_each(check_unavailable);
    eventually("it is said", || {
        faulty.log.text().contains("file descriptors are used up")
    })
    .await;
    // Who is there goes on: writes, reads, follows.
    for number in 0..20_u8 {
        check_appended(&mut client, number).await;
    }
    client.subscribe(&door(), 0).await;
    assert_eq!(client.catch_up(&door()).await.len(), 21);

    // They go, and everything is as before.
    drop(idle);
    let again = async {
        loop {
            if let Some(reply) = server.get("/healthz").await
                && reply.status == 200
            {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(SOON, again).await.unwrap();
    let mut late = server.join(&talk).await;
    late.subscribe(&door(), 0).await;
    assert_eq!(late.catch_up(&door()).await.len(), 21);
    eventually("that it is over is said", || {
        faulty.log.text().contains("to be had again")
    })
    .await;
    let said = faulty.log.text().matches("are used up").count();
    assert!((1..5).contains(&said), "{said} times");
}

async fn check_appended(client: &mut Client, number: u8) {
    let appended = client.append(&door(), None, &[number; 2000]).await;
    assert!(
        matches!(appended, ServerMessage::Appended { .. }),
        "{appended:?}"
    );
}

#[tokio::test]
async fn a_clock_that_jumps() {
    let folder = tempfile::tempdir().unwrap();
    let (shim, shift) = (folder.path().join("shim.so"), folder.path().join("shift"));
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clock/shim.c");
    let compiled = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .args([&shim, Path::new(source)])
        .status();
    assert!(compiled.unwrap().success());
    let jump = |seconds: i64| std::fs::write(&shift, seconds.to_string()).unwrap();
    jump(0);
    let preload = format!(
        "export LD_PRELOAD={} SHIFT={}",
        shim.display(),
        shift.display()
    );
    let year = || {
        let script = format!("{preload}; date +%Y");
        let output = Command::new("sh").args(["-c", &script]).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.trim().parse::<i64>().unwrap()
    };
    let data = folder.path().join("data");
    let faulty = Faulty::start(&data, &preload);
    let server = common::Remote(faulty.address);
    let talk = Talk::new(1);
    let body = serde_json::to_vec(&talk.proposal()).unwrap();
    let json = "Content-Type: application/json\r\n";
    assert_eq!(server.post(&body, json).await.unwrap().status, 201);
    let mut client = server.join(&talk).await;
    let now = year();
    for (number, years) in [20, -20, 0, 10].into_iter().enumerate() {
        jump(years * 366 * 24 * 60 * 60);
        assert!((now + years - year()).abs() <= 1, "the control: it jumps");
        // Who is there stays and writes, who comes gets in, what is proposed is taken.
        check_appended(&mut client, number as u8).await;
        let mut late = server.join(&talk).await;
        late.subscribe(&door(), 0).await;
        assert_eq!(late.catch_up(&door()).await.len(), number + 1);
        let next = serde_json::to_vec(&Talk::new(10 + number as u8).proposal()).unwrap();
        assert_eq!(server.post(&next, json).await.unwrap().status, 201);
    }
    assert_eq!(faulty.log.text().matches("ERROR").count(), 0);
}

/// Nothing in the server but certificates and embargoes asks for the wall clock.
#[test]
fn the_wall_clock_is_asked_for_certificates_and_embargoes_only() {
    let asking = |words: &str| {
        let mut asking = Vec::new();
        for part in ["server", "log", "sfu", "forwarder"] {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(part);
            look(&folder.join("src"), words, &mut asking);
        }
        asking.sort();
        asking
    };
    assert_eq!(asking("SystemTime::now()"), ["wall.rs"]);
    let users = ["lan.rs", "publications.rs", "wall.rs"];
    assert_eq!(asking("wall_clock()"), users);
}

fn look(folder: &Path, words: &str, asking: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            look(&path, words, asking);
        } else if std::fs::read_to_string(&path).unwrap().contains(words) {
            asking.push(path.file_name().unwrap().to_string_lossy().into_owned());
        }
    }
}
