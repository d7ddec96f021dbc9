//! `kill -9` at random points: what was acknowledged is there afterwards.
//!
//! A child process (this test binary again, at [`appending_child`]) appends and prints each
//! acknowledged position. The control plants an acknowledgement before the commit, which the same
//! check must find.

use super::{TALK, new_talk};
use crate::log::Fault;
use crate::{Log, Options};
use incamera_model::{Position, RoomId, StreamName};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

const FOLDER: &str = "INCAMERA_TEST_CRASH_FOLDER";
const EARLY: &str = "INCAMERA_TEST_CRASH_EARLY";
const APPENDERS: u8 = 4;
const STREAMS: u8 = 2;

/// Acknowledged entries: (stream, position) -> content.
type Acknowledged = BTreeMap<(u8, u64), String>;

#[test]
fn nothing_acknowledged_is_lost() {
    let seed = seed();
    let mut random = StdRng::seed_from_u64(seed);
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged = Acknowledged::new();
    for round in 0..200 {
        kill_a_child(folder.path(), &mut random, &mut acknowledged, false);
        if let Err(lost) = check(folder.path(), &acknowledged) {
            panic!("round {round}, seed {seed}: {lost}");
        }
    }
    assert!(acknowledged.len() > 1000, "the children wrote too little");
}

#[test]
fn control_an_early_acknowledgement_is_found() {
    let seed = seed();
    let mut random = StdRng::seed_from_u64(seed);
    for _ in 0..100 {
        // The loss shows as an entry that isn't there, or as another one in its place.
        let folder = tempfile::tempdir().unwrap();
        let mut acknowledged = Acknowledged::new();
        kill_a_child(folder.path(), &mut random, &mut acknowledged, true);
        if check(folder.path(), &acknowledged).is_err() {
            return;
        }
    }
    panic!("seed {seed}: 100 kills and the planted fault was not found");
}

/// Not a test of its own: what the children run.
#[test]
fn appending_child() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let mut options = Options::new(Path::new(&folder));
    options.fault = std::env::var_os(EARLY).map(|_| Fault::AcknowledgeEarly);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap();
    runtime.block_on(async {
        let log = Log::open(&options).unwrap();
        log.create_talk(new_talk(TALK)).await.unwrap();
        let appenders = (0..APPENDERS).map(|number| tokio::spawn(append(log.clone(), number)));
        futures_util::future::join_all(appenders).await;
    });
}

async fn append(log: Log, appender: u8) {
    // Bounded, should nobody kill it.
    for number in 0..20_000_u32 {
        let stream = appender % STREAMS;
        let content = format!("{}.{appender}.{number}", std::process::id());
        let entry = content.clone().into_bytes();
        let position = log
            .append((TALK, 0), &name(stream), None, entry)
            .await
            .unwrap();
        let line = format!("ack {stream} {} {content}\n", position.0);
        std::io::stdout().lock().write_all(line.as_bytes()).unwrap();
    }
}

fn kill_a_child(folder: &Path, random: &mut StdRng, acknowledged: &mut Acknowledged, early: bool) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "tests::crash::appending_child", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    if early {
        command.env(EARLY, "1");
    }
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut take = |lines: &mut dyn Iterator<Item = std::io::Result<String>>| {
        let Some(Ok(line)) = lines.next() else {
            return false;
        };
        if let Some((key, content)) = parse(&line) {
            let before = acknowledged.insert(key, content);
            assert_eq!(before, None, "a position was acknowledged twice");
        }
        true
    };
    // A random number of acknowledgements, then a random moment after them.
    for _ in 0..random.random_range(3..60) {
        assert!(take(&mut lines), "the child ended by itself");
    }
    std::thread::sleep(Duration::from_micros(random.random_range(0..3000)));
    child.kill().unwrap();
    child.wait().unwrap();
    // What it acknowledged until it died counts as well.
    while take(&mut lines) {}
}

/// `ack <stream> <position> <content>`. A pipe takes a line this short whole or not at all.
fn parse(line: &str) -> Option<((u8, u64), String)> {
    let mut words = line.split_once("ack ")?.1.split(' ');
    let key = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    Some((key, words.next()?.into()))
}

fn check(folder: &Path, acknowledged: &Acknowledged) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        let log = Log::open(&Options::new(folder)).map_err(|error| error.to_string())?;
        let mut found = BTreeMap::new();
        for stream in 0..STREAMS {
            let mut next = Position(0);
            loop {
                let batch = log.read(TALK, &name(stream), next, 1000).await.unwrap();
                for entry in &batch.entries {
                    if entry.position != next {
                        return Err(format!("a gap before {:?}", entry.position));
                    }
                    let content = String::from_utf8_lossy(&entry.bytes).into_owned();
                    found.insert((stream, next.0), content);
                    next = next.next();
                }
                if batch.entries.is_empty() {
                    break;
                }
            }
        }
        log.close().await;
        for (key, content) in acknowledged {
            if found.get(key) != Some(content) {
                return Err(format!("{key:?}: {content} became {:?}", found.get(key)));
            }
        }
        Ok(())
    })
}

fn name(stream: u8) -> StreamName {
    StreamName::door(&RoomId([stream; 16]))
}

fn seed() -> u64 {
    let given = std::env::var("INCAMERA_TEST_SEED").ok();
    let seed = given
        .and_then(|seed| seed.parse().ok())
        .unwrap_or_else(rand::random);
    println!("INCAMERA_TEST_SEED={seed}");
    seed
}
