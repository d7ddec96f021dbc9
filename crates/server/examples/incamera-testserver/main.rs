//! A server that turned against its users, with a wiretap where it forwards, for browser tests. It prints the ready line of
//! `incamera serve` and takes lines on standard input:
//!
//! - `tap FILE BYTES`: collects the payloads that come in to be forwarded, each without its first 64
//!   bytes (descriptors and key ids are no secret), and writes them to FILE when there are so many;
//! - `alter N`: flips one bit of each Nth payload; 0 for none;
//! - `media ATTACK CONNECTION`: see [`media::Attack`];
//! - `tell ATTACK WHOM [STREAM [COUNT]]`: see [`signalling::Attack`]; WHOM is a connection, or `new` for
//!   those to come, STREAM how streams' names begin;
//! - `off`: ends the attacks;
//! - `count ATTACK`: prints how often it was carried out.
//!
//! `--keep SECONDS` is how long a connection without a socket is kept; 0 for not at all.
//!
//! Needs the feature `test-hooks`, which the binary that people get doesn't have.
#![allow(
    clippy::print_stdout,
    reason = "a command-line tool speaks on standard output"
)]

mod counts;
mod media;
mod signalling;

use counts::Counts;
use incamera_model::{ConnectionId, MediaKind};
use incamera_server::{Config, Limits, MediaHooks, start};
use media::MediaAttacks;
use signalling::SignallingAttacks;
use std::io::BufRead as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
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
    let counts = Arc::new(Counts::default());
    let attacks = Arc::new(Mutex::new(MediaAttacks::new(Arc::clone(&counts))));
    let signalling = Arc::new(SignallingAttacks::new(Arc::clone(&counts)));
    running.set_meddler(Arc::clone(&signalling) as _);
    let mut lines = lines();
    let mut hooks = MediaHooks::default();
    let leaves = Arc::clone(&attacks);
    hooks.leave = Some(Arc::new(move |packet| {
        let mut attacks = leaves.lock().unwrap_or_else(PoisonError::into_inner);
        attacks.leave(packet)
    }));
    running.set_media_hooks(hooks.clone()).await;
    let lock = || attacks.lock().unwrap_or_else(PoisonError::into_inner);
    while let Some(line) = lines.recv().await {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["tap", file, bytes] => hooks.tap = Some(tap(file.into(), bytes.parse()?)),
            ["alter", every] => hooks.flip_every = every.parse()?,
            ["media", attack, to] => {
                let attack = media::Attack::named(attack).ok_or("no such attack")?;
                lock().begin(ConnectionId(to.parse()?), attack);
            }
            ["tell", attack, whom, ref rest @ ..] => {
                let attack = signalling::Attack::named(attack).ok_or("no such attack")?;
                let stream = rest.first().copied().unwrap_or_default();
                let count = rest.get(1).map_or(Ok(u64::MAX), |count| count.parse())?;
                signalling.begin(attack, whom, stream, count)?;
            }
            ["off"] => {
                lock().end();
                signalling.end();
            }
            ["count", attack] => println!("counted {attack} {}", counts.of(attack)),
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
