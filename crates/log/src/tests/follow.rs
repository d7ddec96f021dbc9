//! Subscribers: everything once, in order, however fast or slow they are.

use super::{TALK, commits, door, log};
use crate::limits::{TAIL_BYTES, TAIL_ENTRIES};
use crate::{Entry, Log, Subscription};
use futures_util::future::{FutureExt as _, join_all};
use incamera_model::{Position, StreamName};
use std::time::Duration;

async fn follow_until(mut subscription: Subscription, end: u64) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    let deadline = tokio::time::sleep(Duration::from_secs(60));
    tokio::pin!(deadline);
    while entries.last().is_none_or(|last| last.position.0 + 1 < end) {
        tokio::select! {
            () = subscription.ready() => {}
            () = &mut deadline => panic!("stuck at {} of {end}", entries.len()),
        }
        entries.extend(subscription.next().await.unwrap().0);
    }
    entries
}

fn assert_contiguous(entries: &[Entry], from: u64) {
    for (entry, position) in entries.iter().zip(from..) {
        assert_eq!(entry.position, Position(position));
    }
}

async fn append_many(log: &Log, stream: &StreamName, count: u64) {
    for number in 0..count {
        let entry = number.to_be_bytes().to_vec();
        log.append((TALK, 0), stream, None, entry).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn subscribers_that_come_at_any_time_miss_and_repeat_nothing() {
    let (_folder, log) = log().await;
    let stream = door();
    let (writers, each) = (4, 150);
    let total = writers * each;
    let writing = join_all((0..writers).map(|_| append_many(&log, &stream, each)));
    let following = join_all((0..12).map(|number| {
        let (log, stream) = (log.clone(), stream.clone());
        async move {
            // Each begins when the stream has reached another length.
            let start = number * total / 12;
            let mut waiting = log.subscribe(TALK, &stream, Position(start));
            waiting.ready().await;
            let from = start / 2;
            let entries = follow_until(log.subscribe(TALK, &stream, Position(from)), total).await;
            assert_contiguous(&entries, from);
            assert_eq!(entries.len() as u64, total - from);
        }
    }));
    tokio::join!(writing, following);
}

#[tokio::test]
async fn one_that_falls_behind_reads_on_from_disk() {
    let (_folder, log) = log().await;
    let stream = door();
    let mut slow = log.subscribe(TALK, &stream, Position(0));
    assert_eq!(slow.next().await.unwrap().0.len(), 0);
    let total = TAIL_ENTRIES as u64 + 50;
    append_many(&log, &stream, total).await;
    let entries = follow_until(slow, total).await;
    assert_contiguous(&entries, 0);
    assert_eq!(entries.len() as u64, total);
}

#[tokio::test]
async fn large_entries_stay_within_the_tails_bytes() {
    let (_folder, log) = log().await;
    let stream = door();
    let slow = log.subscribe(TALK, &stream, Position(0));
    for _ in 0..5 {
        let entry = vec![7; TAIL_BYTES / 2];
        log.append((TALK, 0), &stream, None, entry).await.unwrap();
    }
    let entries = follow_until(slow, 5).await;
    assert_contiguous(&entries, 0);
    assert_eq!(entries.len(), 5);
}

#[tokio::test]
async fn an_empty_stream_says_that_it_is_caught_up_once() {
    let (_folder, log) = log().await;
    let mut subscription = log.subscribe(TALK, &commits(), Position(0));
    subscription.ready().await;
    let (entries, caught_up) = subscription.next().await.unwrap();
    assert!(entries.is_empty() && caught_up);
    assert!(subscription.ready().now_or_never().is_none(), "nothing new");
    let entry = vec![1];
    log.append((TALK, 0), &commits(), Some(Position(0)), entry)
        .await
        .unwrap();
    subscription.ready().await;
    let (entries, caught_up) = subscription.next().await.unwrap();
    assert_eq!((entries.len(), caught_up), (1, true));
}

#[tokio::test]
async fn talks_and_streams_are_apart() {
    let (_folder, log) = log().await;
    let mut other = log.subscribe(TALK, &commits(), Position(0));
    other.next().await.unwrap();
    append_many(&log, &door(), 3).await;
    assert!(other.ready().now_or_never().is_none());
}
