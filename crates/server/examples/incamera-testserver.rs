//! A server with a wiretap where it forwards, for browser tests. It prints the ready line of
//! `incamera serve` and takes lines on standard input:
//!
//! - `tap FILE BYTES`: collects the payloads that come in to be forwarded, each without its first 64
//!   bytes (descriptors and key ids are no secret), and writes them to FILE when there are so many;
//! - `alter N`: flips one bit of each Nth payload; 0 for none.
//!
//! `--keep SECONDS` is how long a connection without a socket is kept; 0 for not at all.
//!
//! Needs the feature `test-hooks`, which the binary that people get doesn't have.
#![allow(
    clippy::print_stdout,
    reason = "a command-line tool speaks on standard output"
)]

use incamera_model::MediaKind;
use incamera_server::{Config, Limits, MediaHooks, start};
use std::io::BufRead as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::mpsc;

/// What stands in clear at the front of a payload is shorter.
const CLEAR_BYTES: usize = 64;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let options: Vec<String> = std::env::args().skip(1).collect();
    let option = |name: &str| {
        let at = options.iter().position(|option| option == name)?;
        options.get(at + 1).cloned()
    };
    let data = option("--data").ok_or("--data DIR is missing")?;
    let mut limits = Limits::default();
    if let Some(keep) = option("--keep") {
        limits.keep = Duration::from_secs(keep.parse()?);
    }
    let running = start(Config {
        limits,
        listen: option("--listen").ok_or("--listen is missing")?.parse()?,
        media: option("--media").ok_or("--media is missing")?.parse()?,
        open: true,
        ..Config::new(PathBuf::from(data))
    })
    .await?;
    println!(
        "incamera ready {} media {}",
        running.url(),
        running.media_addr()
    );
    let mut lines = lines();
    let mut hooks = MediaHooks::default();
    while let Some(line) = lines.recv().await {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["tap", file, bytes] => hooks.tap = Some(tap(file.into(), bytes.parse()?)),
            ["alter", every] => hooks.flip_every = every.parse()?,
            _ => return Err(format!("what is {line:?}?").into()),
        }
        running.set_media_hooks(hooks.clone()).await;
    }
    running.shutdown().await;
    Ok(())
}

type Tap = Arc<dyn Fn(MediaKind, &[u8]) + Send + Sync>;

/// The lines of standard input.
fn lines() -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel(8);
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if sender.blocking_send(line).is_err() {
                break;
            }
        }
    });
    receiver
}

fn tap(file: PathBuf, wanted: usize) -> Tap {
    let heard = Mutex::new(Some(Vec::with_capacity(wanted)));
    Arc::new(move |_, payload| {
        let Ok(mut heard) = heard.lock() else { return };
        let Some(bytes) = heard.as_mut() else { return };
        bytes.extend_from_slice(payload.get(CLEAR_BYTES..).unwrap_or_default());
        if bytes.len() >= wanted {
            let written = std::fs::write(&file, &*bytes);
            println!("tapped {}", if written.is_ok() { "all" } else { "nothing" });
            *heard = None;
        }
    })
}
