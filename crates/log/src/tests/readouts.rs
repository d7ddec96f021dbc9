//! Readouts: stored only once every group handed over the same, and kept when their talk goes.

use super::{TALK, log, new_talk};
use crate::{
    Group, HandedOver, Handover, Log, MAX_READOUTS_PER_TALK, MAX_TALK_BYTES, NewTalk, Options,
    PublishError, Registration, backup, restore,
};
use incamera_model::{AccessKey, ReadoutId, TalkId};
use rusqlite::{Connection, params};

const OTHER: TalkId = TalkId([2; 16]);
const STORED: Result<HandedOver, PublishError> = Ok(HandedOver::Stored { not_before: 5 });
const WAITING: Result<HandedOver, PublishError> = Ok(HandedOver::Waiting);

fn key(number: u8) -> AccessKey {
    AccessKey([number; 32])
}

/// A talk of two groups, the second claimed with `control`.
async fn talk_of_two(log: &Log, control: AccessKey) {
    let new = NewTalk {
        access: vec![key(10), key(11)],
        control: Some(key(20)),
        ..new_talk(OTHER)
    };
    log.create_talk(new).await.unwrap();
    let former = log.keys(OTHER).await.unwrap().unwrap().groups[1];
    let claim = Registration {
        talk: OTHER,
        index: 1,
        former,
        group: Group {
            access: key(12),
            control: Some(control),
        },
    };
    log.register_group(claim).await.unwrap();
}

fn handover(index: u8, content: u8) -> Handover {
    Handover {
        talk: OTHER,
        index,
        control: key(20 + index),
        id: ReadoutId([content; 16]),
        hash: [content; 32],
        not_before: 5,
        content: vec![content; 100],
    }
}

async fn content(log: &Log, id: u8) -> Option<Vec<u8>> {
    let found = log.readout(ReadoutId([id; 16])).await.unwrap();
    found.map(|readout| readout.content)
}

#[tokio::test]
async fn one_group_alone_stores_nothing() {
    let (folder, log) = log().await;
    talk_of_two(&log, key(21)).await;
    for _ in 0..3 {
        assert_eq!(log.hand_over(handover(0, 1)).await, WAITING);
    }
    assert_eq!(content(&log, 1).await, None);
    // Another content, another embargo.
    assert_eq!(log.hand_over(handover(1, 2)).await, WAITING);
    let other = Handover {
        not_before: 6,
        ..handover(1, 1)
    };
    assert_eq!(log.hand_over(other).await, WAITING);
    assert_eq!(content(&log, 1).await, None);
    log.close().await;
    drop(log);
    // What was handed over outlives the process.
    let log = Log::open(&Options::new(folder.path())).unwrap();
    assert_eq!(log.hand_over(handover(1, 1)).await, STORED);
    assert_eq!(content(&log, 1).await, Some(vec![1; 100]));
    // Again, and by one alone with another embargo: it stays as both had it.
    assert_eq!(log.hand_over(handover(0, 1)).await, STORED);
    let later = Handover {
        not_before: 0,
        ..handover(0, 1)
    };
    assert_eq!(log.hand_over(later).await, STORED);
}

#[tokio::test]
async fn only_the_last_that_a_group_handed_over_counts() {
    let (_folder, log) = log().await;
    talk_of_two(&log, key(21)).await;
    assert_eq!(log.hand_over(handover(0, 1)).await, WAITING);
    assert_eq!(log.hand_over(handover(0, 2)).await, WAITING);
    assert_eq!(log.hand_over(handover(1, 1)).await, WAITING);
    assert_eq!(log.hand_over(handover(1, 2)).await, STORED);
    assert_eq!(content(&log, 1).await, None);
}

#[tokio::test]
async fn one_key_for_both_groups_is_one_key() {
    let (_folder, log) = log().await;
    talk_of_two(&log, key(20)).await;
    assert_eq!(log.hand_over(handover(0, 1)).await, WAITING);
    let same = Handover {
        control: key(20),
        ..handover(1, 1)
    };
    assert_eq!(log.hand_over(same).await, WAITING);
    assert_eq!(content(&log, 1).await, None);
}

#[tokio::test]
async fn an_unclaimed_group_is_waited_for() {
    let (_folder, log) = log().await;
    let new = NewTalk {
        access: vec![key(10), key(11)],
        control: Some(key(20)),
        ..new_talk(OTHER)
    };
    log.create_talk(new).await.unwrap();
    assert_eq!(log.hand_over(handover(0, 1)).await, WAITING);
    let unclaimed = log.hand_over(handover(1, 1)).await;
    assert_eq!(unclaimed, Err(PublishError::Changed));
    let wrong = Handover {
        control: key(9),
        ..handover(0, 1)
    };
    assert_eq!(log.hand_over(wrong).await, Err(PublishError::Changed));
    let nowhere = Handover {
        talk: TalkId([9; 16]),
        ..handover(0, 1)
    };
    assert_eq!(log.hand_over(nowhere).await, Err(PublishError::Changed));
    // A talk of one group has nobody whose key would be the second.
    let alone = Handover {
        talk: TALK,
        ..handover(0, 1)
    };
    assert_eq!(log.hand_over(alone).await, Err(PublishError::Changed));
    assert_eq!(content(&log, 1).await, None);
}

#[tokio::test]
async fn a_talk_has_so_many_and_a_group_its_share() {
    let (folder, log) = log().await;
    talk_of_two(&log, key(21)).await;
    let most = u8::try_from(MAX_READOUTS_PER_TALK).unwrap();
    for number in 1..=most {
        assert_eq!(log.hand_over(handover(0, number)).await, WAITING);
        assert_eq!(log.hand_over(handover(1, number)).await, STORED);
    }
    let one_more = log.hand_over(handover(0, most + 1)).await;
    assert_eq!(one_more, Err(PublishError::Full));
    assert_eq!(
        log.hand_over(handover(0, most)).await,
        STORED,
        "it is there"
    );

    let database = Connection::open(folder.path().join(crate::sqlite::FILE)).unwrap();
    let bytes = "SELECT bytes FROM access_groups WHERE talk = ?1 AND number = 1";
    let written: u64 = database
        .query_row(bytes, params![OTHER.0], |row| row.get(0))
        .unwrap();
    assert_eq!(written, u64::from(MAX_READOUTS_PER_TALK) * 100);
    database.execute("DELETE FROM readouts", []).unwrap();
    let full = "UPDATE access_groups SET bytes = ?1 WHERE number = 1";
    let left = |bytes: u64| {
        let bytes = MAX_TALK_BYTES / 2 - bytes;
        database.execute(full, params![bytes]).unwrap();
    };
    left(99);
    assert_eq!(log.hand_over(handover(0, 1)).await, WAITING);
    let full = log.hand_over(handover(1, 1)).await;
    assert_eq!(full, Err(PublishError::Full));
    left(100);
    assert_eq!(log.hand_over(handover(1, 1)).await, STORED);
}

#[tokio::test]
async fn what_all_made_public_outlives_the_talk_and_is_in_a_backup() {
    let (folder, log) = log().await;
    talk_of_two(&log, key(21)).await;
    log.hand_over(handover(0, 1)).await.unwrap();
    log.hand_over(handover(1, 1)).await.unwrap();
    assert_eq!(log.hand_over(handover(0, 2)).await, WAITING);
    log.destroy_talk(OTHER).await.unwrap();
    assert_eq!(content(&log, 1).await, Some(vec![1; 100]));
    // The rest of what was handed over went with the talk.
    let late = log.hand_over(handover(1, 2)).await;
    assert_eq!(late, Err(PublishError::Changed));
    let database = Connection::open(folder.path().join(crate::sqlite::FILE)).unwrap();
    let pending = "SELECT count(*) FROM handed_over";
    let pending: u64 = database.query_row(pending, [], |row| row.get(0)).unwrap();
    assert_eq!(pending, 0);

    let elsewhere = tempfile::tempdir().unwrap();
    let file = elsewhere.path().join("backup");
    backup(folder.path(), &file, false).unwrap();
    let data = elsewhere.path().join("data");
    restore(&file, &data, false).unwrap();
    let restored = Log::open(&Options::new(&data)).unwrap();
    assert_eq!(content(&restored, 1).await, Some(vec![1; 100]));
    assert_eq!(content(&restored, 2).await, None);
}
