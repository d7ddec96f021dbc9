//! Access groups: their keys, their shares of a talk, and databases from before they were.

use super::{TALK, door, log, new_talk};
use crate::sqlite::FILE;
use crate::sqlite::schema::MIGRATIONS;
use crate::{
    AppendError, CreateTalkError, Created, Group, Log, MAX_STREAMS_PER_TALK, MAX_TALK_BYTES,
    NewTalk, Options, RegisterError, Registration,
};
use incamera_model::{AccessKey, Position, RoomId, StreamName, TalkId};
use rusqlite::{Connection, params};
use std::path::Path;

const OTHER: TalkId = TalkId([2; 16]);

fn key(number: u8) -> AccessKey {
    AccessKey([number; 32])
}

/// A talk of several groups with access keys from `first` on.
fn delegations(talk: TalkId, first: u8, groups: u8) -> NewTalk {
    NewTalk {
        access: (first..first + groups).map(key).collect(),
        control: Some(key(first + 100)),
        ..new_talk(talk)
    }
}

async fn group(log: &Log, index: usize) -> Group {
    log.keys(OTHER).await.unwrap().unwrap().groups[index]
}

#[tokio::test]
async fn keys_are_replaced_only_by_who_knows_them() {
    let (folder, log) = log().await;
    let new = delegations(OTHER, 10, 2);
    assert_eq!(log.create_talk(new.clone()).await, Ok(Created::New));
    assert_eq!(log.create_talk(new.clone()).await, Ok(Created::Already));
    let keys = log.keys(OTHER).await.unwrap().unwrap();
    assert_eq!(keys.groups[0].control, Some(key(110)));
    let claimed = [0, 1, 2].map(|index| keys.is_claimed(index));
    assert_eq!(claimed, [Some(true), Some(false), None]);

    let former = group(&log, 1).await;
    let claim = Registration {
        talk: OTHER,
        index: 1,
        former,
        group: Group {
            access: key(20),
            control: Some(key(21)),
        },
    };
    assert_eq!(log.register_group(claim.clone()).await, Ok(()));
    assert_eq!(group(&log, 1).await, claim.group);
    assert_eq!(log.find_group(key(20)).await.unwrap(), Some((OTHER, 1)));
    assert_eq!(log.find_group(key(11)).await.unwrap(), None, "the old key");
    // A second one that was looked up at the same time.
    let again = log.register_group(claim.clone()).await;
    assert_eq!(again, Err(RegisterError::Changed));
    for (talk, index) in [(OTHER, 2), (TalkId([9; 16]), 1)] {
        let elsewhere = Registration {
            talk,
            index,
            former: claim.group,
            group: former,
        };
        let refused = log.register_group(elsewhere).await;
        assert_eq!(refused, Err(RegisterError::Changed));
    }

    log.close().await;
    drop(log);
    let log = Log::open(&Options::new(folder.path())).unwrap();
    assert_eq!(group(&log, 1).await, claim.group, "durable");
    log.destroy_talk(OTHER).await.unwrap();
    let late = Registration {
        former: claim.group,
        ..claim
    };
    assert_eq!(
        log.register_group(late).await,
        Err(RegisterError::Changed),
        "gone"
    );
}

#[tokio::test]
async fn an_access_key_is_one_groups() {
    let (_folder, log) = log().await;
    log.create_talk(delegations(OTHER, 10, 2)).await.unwrap();
    let third = TalkId([3; 16]);
    let taken = log.create_talk(delegations(third, 11, 2)).await;
    assert_eq!(taken, Err(CreateTalkError::Conflict));
    assert!(log.keys(third).await.unwrap().is_none(), "nothing of it");
    let register = |access| Registration {
        talk: OTHER,
        index: 1,
        former: Group {
            access: key(11),
            control: None,
        },
        group: Group {
            access,
            control: Some(key(21)),
        },
    };
    // Of the same talk, and of another.
    for access in [key(10), new_talk(TALK).access[0]] {
        let taken = log.register_group(register(access)).await;
        assert_eq!(taken, Err(RegisterError::Taken));
    }
    assert_eq!(log.register_group(register(key(12))).await, Ok(()));
    assert_eq!(
        log.create_talk(delegations(third, 11, 1)).await,
        Ok(Created::New),
        "it is free again"
    );
}

/// As if a group had written so much: the real amount would take minutes.
fn pretend(folder: &Path, group: u8, bytes: u64, streams: u32) {
    let database = Connection::open(folder.join(FILE)).unwrap();
    let changed = database
        .execute(
            "UPDATE access_groups SET bytes = ?3, streams = ?4 WHERE talk = ?1 AND number = ?2",
            params![OTHER.0, group, bytes, streams],
        )
        .unwrap();
    assert_eq!(changed, 1);
}

#[tokio::test]
async fn a_group_fills_its_share_and_no_others() {
    let (folder, log) = log().await;
    log.create_talk(delegations(OTHER, 10, 2)).await.unwrap();
    let append = |group, stream: StreamName, bytes| {
        let log = log.clone();
        async move {
            let appended = log.append((OTHER, group), &stream, None, vec![1; bytes]);
            appended.await.map(|_| ())
        }
    };
    append(1, door(), 100).await.unwrap();
    pretend(folder.path(), 1, MAX_TALK_BYTES / 2 - 100, 3);
    assert_eq!(append(1, door(), 101).await, Err(AppendError::Quota));
    assert_eq!(append(1, door(), 100).await, Ok(()), "what is left of it");
    assert_eq!(append(1, door(), 1).await, Err(AppendError::Quota));
    assert_eq!(append(0, door(), 101).await, Ok(()), "the other one's");
    assert_eq!(append(2, door(), 1).await, Err(AppendError::UnknownTalk));

    let stream = |number| StreamName::door(&RoomId([number; 16]));
    pretend(folder.path(), 1, 0, MAX_STREAMS_PER_TALK / 2 - 1);
    assert_eq!(append(1, stream(3), 1).await, Ok(()), "the last stream");
    assert_eq!(append(1, stream(4), 1).await, Err(AppendError::Quota));
    assert_eq!(append(1, door(), 1).await, Ok(()), "one that is there");
    assert_eq!(append(0, stream(4), 1).await, Ok(()), "the other one's");
}

#[tokio::test]
async fn a_talk_of_one_group_has_it_all() {
    let (folder, log) = log().await;
    log.create_talk(delegations(OTHER, 10, 1)).await.unwrap();
    let mail = StreamName::mail(&[7; 32]);
    let append = |bytes| log.append((OTHER, 0), &mail, None, vec![1; bytes]);
    append(1).await.unwrap();
    pretend(folder.path(), 0, MAX_TALK_BYTES - 100, 2);
    assert_eq!(append(101).await, Err(AppendError::Quota));
    assert_eq!(append(100).await, Ok(Position(1)));
}

/// A database as an earlier version left it, with one talk.
fn old_database(folder: &Path, version: usize) {
    let database = Connection::open(folder.join(FILE)).unwrap();
    for step in &MIGRATIONS[..version] {
        database.execute_batch(step).unwrap();
    }
    database
        .pragma_update(None, "user_version", version)
        .unwrap();
    let insert = |what: &str, values: &[&dyn rusqlite::ToSql]| {
        database
            .execute(&format!("INSERT INTO {what}"), values)
            .unwrap();
    };
    insert("talks (id, bytes, streams) VALUES (?1, 16, 1)", &[&OTHER.0]);
    insert("access_keys VALUES (?1, 0, ?2)", &[&OTHER.0, &key(10).0]);
    insert("streams VALUES (1, ?1, 'record', 1)", &[&OTHER.0]);
    insert("entries VALUES (1, 0, zeroblob(16))", &[]);
    if version > 1 {
        let control = params![OTHER.0, key(110).0];
        let update = "UPDATE talks SET control = ?2 WHERE id = ?1";
        database.execute(update, control).unwrap();
    }
}

#[tokio::test]
async fn a_database_from_before_opens_and_keeps_what_it_has() {
    for version in [1, 2] {
        let folder = tempfile::tempdir().unwrap();
        old_database(folder.path(), version);
        let log = Log::open(&Options::new(folder.path())).unwrap();
        let keys = log.keys(OTHER).await.unwrap().unwrap();
        let expected = Group {
            access: key(10),
            control: (version > 1).then_some(key(110)),
        };
        assert_eq!(keys.groups, [expected]);
        // Also a talk that has no control key is its people's.
        assert_eq!(keys.is_claimed(0), Some(true));
        assert!(!keys.gone);
        assert_eq!(log.find_group(key(10)).await.unwrap(), Some((OTHER, 0)));
        let record = StreamName::record();
        let batch = log.read(OTHER, &record, Position(0), 9).await.unwrap();
        assert_eq!(&*batch.entries[0].bytes, [0; 16]);
        // What it had written is its first group's, and it goes on from there.
        log.append((OTHER, 0), &record, Some(Position(1)), vec![1; 4])
            .await
            .unwrap();
        let database = Connection::open(folder.path().join(FILE)).unwrap();
        let query = "SELECT bytes, streams FROM access_groups";
        let written = database.query_row(query, [], |row| Ok((row.get(0)?, row.get(1)?)));
        assert_eq!(written.unwrap(), (20, 1));
        log.destroy_talk(OTHER).await.unwrap();
        assert!(log.keys(OTHER).await.unwrap().unwrap().gone);
    }
}
