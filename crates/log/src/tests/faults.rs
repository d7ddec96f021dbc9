//! Folders that can't be used and disks that are full.

use super::{TALK, door, log, new_talk};
use crate::sqlite::FILE;
use crate::{AppendError, CreateTalkError, Created, Log, OpenError, Options};
use incamera_model::{Position, StreamName, TalkId};

#[tokio::test]
async fn a_full_disk_refuses_and_keeps_what_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let limited = Options {
        max_bytes: Some(256 * 1024),
        ..Options::new(folder.path())
    };
    let log = Log::open(&limited).unwrap();
    log.create_talk(new_talk(TALK)).await.unwrap();
    let mut acknowledged = 0;
    loop {
        let entry = vec![acknowledged as u8; 20_000];
        match log.append((TALK, 0), &door(), None, entry).await {
            Ok(position) => {
                assert_eq!(position, Position(acknowledged));
                acknowledged += 1;
            }
            Err(error) => {
                assert_eq!(error, AppendError::Unavailable);
                break;
            }
        }
    }
    assert!(
        acknowledged > 3,
        "the limit was hit too early: {acknowledged}"
    );
    // What is small still fits; the writer goes on.
    let small = log.append((TALK, 0), &door(), None, vec![1]).await;
    assert_eq!(small, Ok(Position(acknowledged)));
    log.close().await;
    drop(log);

    let log = Log::open(&Options::new(folder.path())).unwrap();
    let mut from = Position(0);
    loop {
        let batch = log.read(TALK, &door(), from, 100).await.unwrap();
        assert_eq!(batch.end, Position(acknowledged + 1));
        let Some(last) = batch.entries.last() else {
            break;
        };
        from = last.position.next();
    }
    assert_eq!(from, Position(acknowledged + 1));
}

#[tokio::test]
async fn one_talk_more_than_there_may_be_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = Options::new(folder.path());
    options.max_talks = Some(2);
    let log = Log::open(&options).unwrap();
    let talk = |number| new_talk(TalkId([number; 16]));
    assert_eq!(log.create_talk(talk(1)).await, Ok(Created::New));
    assert_eq!(log.create_talk(talk(2)).await, Ok(Created::New));
    assert_eq!(log.create_talk(talk(3)).await, Err(CreateTalkError::Full));
    assert_eq!(log.create_talk(talk(2)).await, Ok(Created::Already));
    assert_eq!(log.keys(TalkId([3; 16])).await.unwrap().map(|_| ()), None);
    // One that is destroyed makes room.
    log.destroy_talk(TalkId([1; 16])).await.unwrap();
    assert_eq!(log.create_talk(talk(3)).await, Ok(Created::New));
}

#[tokio::test]
async fn a_closed_log_says_that_it_is_unavailable() {
    let (_folder, log) = log().await;
    log.close().await;
    let refused = log.append((TALK, 0), &door(), None, vec![1]).await;
    assert_eq!(refused, Err(AppendError::Unavailable));
    let record = log.read(TALK, &StreamName::record(), Position(0), 9).await;
    assert_eq!(record.unwrap().end, Position(1), "reading still works");
}

#[tokio::test]
async fn a_folder_belongs_to_one_log() {
    let (folder, log) = log().await;
    let second = Log::open(&Options::new(folder.path()));
    assert!(matches!(second, Err(OpenError::InUse { .. })));
    drop(log);
}

#[tokio::test]
async fn a_newer_database_is_left_alone() {
    let (folder, log) = log().await;
    log.close().await;
    drop(log);
    let database = rusqlite::Connection::open(folder.path().join(FILE)).unwrap();
    database.pragma_update(None, "user_version", 999).unwrap();
    drop(database);
    let newer = Log::open(&Options::new(folder.path()));
    assert!(matches!(newer, Err(OpenError::Newer { found: 999, .. })));
}

#[test]
fn a_file_is_no_folder() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "x").unwrap();
    let error = Log::open(&Options::new(&file)).err().unwrap();
    assert!(matches!(error, OpenError::Folder { .. }));
    assert!(error.to_string().contains("--data"), "{error}");
}

#[test]
fn what_is_no_database_isn_t_opened() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(FILE), vec![b'x'; 8192]).unwrap();
    let error = Log::open(&Options::new(folder.path())).err().unwrap();
    assert!(matches!(error, OpenError::Database { .. }), "{error}");
}
