//! Destroyed talks: nothing of their entries is left in any file. The control deletes them as SQLite
//! does by itself, which the same search must find.

use super::{TALK, commits, door, log, new_talk};
use crate::log::Fault;
use crate::sqlite::FILE;
use crate::{AppendError, CreateTalkError, Created, DestroyError, Log, Options};
use incamera_model::{AccessKey, Position, StreamName, TalkId};
use rand::{Rng as _, RngCore as _, SeedableRng as _, rngs::StdRng};
use std::collections::HashSet;
use std::path::Path;
use std::time::Duration;

const MARK: usize = 16;

/// Entries of several talks that were written in turns, each filled with a mark of its own.
struct Written {
    talks: Vec<(TalkId, Vec<[u8; MARK]>)>,
}

impl Written {
    async fn to(log: &Log, seed: u64) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        let mut talks = Vec::new();
        for number in 1..=6 {
            let talk = TalkId([number; 16]);
            log.create_talk(new_talk(talk)).await.unwrap();
            talks.push((talk, Vec::new()));
        }
        for _ in 0..200 {
            let index = random.random_range(0..talks.len());
            let (talk, marks) = &mut talks[index];
            let mut mark = [0; MARK];
            random.fill_bytes(&mut mark);
            // Found by its halves, none of which begins with zero.
            mark[0] |= 1;
            mark[8] |= 1;
            // On one page, on a few, and on many.
            let length = [64, 300, 1500, 9000, 40_000][random.random_range(0..5)];
            let entry = mark.iter().copied().cycle().take(length).collect();
            let stream = [door(), commits()][random.random_range(0..2)].clone();
            let expected = match stream == commits() {
                true => Some(log.read(*talk, &stream, Position(0), 0).await.unwrap().end),
                false => None,
            };
            log.append((*talk, 0), &stream, expected, entry)
                .await
                .unwrap();
            marks.push(mark);
        }
        Self { talks }
    }

    /// How many entries of each talk left something in the folder's files.
    fn found(&self, folder: &Path) -> Vec<usize> {
        let mut seen = HashSet::new();
        for file in std::fs::read_dir(folder).unwrap() {
            let content = std::fs::read(file.unwrap().path()).unwrap();
            let windows = content.windows(8).filter(|window| window[0] != 0);
            seen.extend(windows.map(|window| u64::from_le_bytes(window.try_into().unwrap())));
        }
        // Half a mark at any offset is a trace already.
        let half = |half: &[u8]| u64::from_le_bytes(half.try_into().unwrap());
        let left = |mark: &&[u8; MARK]| {
            seen.contains(&half(&mark[..8])) || seen.contains(&half(&mark[8..]))
        };
        let of_talk = |(_, marks): &(TalkId, Vec<[u8; MARK]>)| marks.iter().filter(left).count();
        self.talks.iter().map(of_talk).collect()
    }
}

#[tokio::test]
async fn nothing_of_a_destroyed_talk_is_left_in_the_files() {
    for seed in 0..2 {
        let folder = tempfile::tempdir().unwrap();
        let log = Log::open(&Options::new(folder.path())).unwrap();
        let written = Written::to(&log, seed).await;
        let mut expected: Vec<_> = written.talks.iter().map(|(_, marks)| marks.len()).collect();
        assert_eq!(written.found(folder.path()), expected);
        for (index, (talk, _)) in written.talks.iter().enumerate().skip(1) {
            log.destroy_talk(*talk).await.unwrap();
            expected[index] = 0;
            // With the server running, and for those destroyed before as well.
            assert_eq!(written.found(folder.path()), expected, "seed {seed}");
        }
        log.close().await;
        assert_eq!(written.found(folder.path()), expected);
    }
}

#[tokio::test]
async fn control_careless_deletion_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = Options::new(folder.path());
    options.fault = Some(Fault::EraseCarelessly);
    let log = Log::open(&options).unwrap();
    let written = Written::to(&log, 0).await;
    log.destroy_talk(written.talks[1].0).await.unwrap();
    assert!(written.found(folder.path())[1] > 0);
}

#[tokio::test]
async fn a_destroyed_talk_is_known_and_takes_nothing() {
    let (_folder, log) = log().await;
    let other = TalkId([2; 16]);
    let mut new = new_talk(other);
    new.control = Some(AccessKey([7; 32]));
    assert_eq!(log.create_talk(new.clone()).await, Ok(Created::New));
    log.append((other, 0), &door(), None, vec![1])
        .await
        .unwrap();
    let mut follower = log.subscribe(other, &door(), Position(0));
    assert_eq!(follower.next().await.unwrap().0.len(), 1);

    assert_eq!(log.destroy_talk(other).await, Ok(()));
    assert_eq!(log.destroy_talk(other).await, Ok(()), "again");
    let keys = log.keys(other).await.unwrap().unwrap();
    assert!(keys.gone && keys.groups.len() == 1);
    assert_eq!(keys.proven(&new.access[0]).unwrap().1.control, new.control);
    let refused = log.append((other, 0), &door(), None, vec![2]).await;
    assert_eq!(refused, Err(AppendError::UnknownTalk));
    assert_eq!(log.create_talk(new).await, Err(CreateTalkError::Conflict));
    for stream in [door(), StreamName::record()] {
        let batch = log.read(other, &stream, Position(0), 9).await.unwrap();
        assert!(batch.entries.is_empty());
    }
    assert!(follower.next().await.unwrap().0.is_empty());

    let unknown = log.destroy_talk(TalkId([9; 16])).await;
    assert_eq!(unknown, Err(DestroyError::UnknownTalk));
    assert!(!log.keys(TALK).await.unwrap().unwrap().gone);
    assert!(log.append((TALK, 0), &door(), None, vec![3]).await.is_ok());
}

#[tokio::test]
async fn what_a_crash_left_is_erased_at_the_next_start() {
    let (folder, log) = log().await;
    log.append((TALK, 0), &door(), None, vec![0xab; 5000])
        .await
        .unwrap();
    log.close().await;
    drop(log);
    let path = folder.path().join(FILE);
    let database = rusqlite::Connection::open(&path).unwrap();
    database.execute("UPDATE talks SET gone = 1", []).unwrap();
    drop(database);
    let log = Log::open(&Options::new(folder.path())).unwrap();
    let erased = async {
        loop {
            let content = std::fs::read(&path).unwrap();
            if !content.windows(64).any(|window| window == [0xab; 64]) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), erased)
        .await
        .unwrap();
    drop(log);
}

#[tokio::test]
async fn a_reader_of_the_old_state_delays_it() {
    let (folder, log) = log().await;
    let database = rusqlite::Connection::open(folder.path().join(FILE)).unwrap();
    database.execute_batch("BEGIN").unwrap();
    let count = "SELECT count(*) FROM entries";
    let entries: i64 = database.query_row(count, [], |row| row.get(0)).unwrap();
    assert_eq!(entries, 1);
    let unavailable = log.destroy_talk(TALK).await;
    assert_eq!(unavailable, Err(DestroyError::Unavailable));
    assert!(
        log.keys(TALK).await.unwrap().unwrap().gone,
        "gone all the same"
    );
    database.execute_batch("COMMIT").unwrap();
    assert_eq!(log.destroy_talk(TALK).await, Ok(()));
}
