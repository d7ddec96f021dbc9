//! Two sockets of one talk, and what they may do.

mod common;

use common::{Talk, beats, commits, door, server};
use incamera_model::{Position, StreamName};
use incamera_server::Count;
use incamera_wire::{ClientMessage, ServerMessage};

#[tokio::test]
async fn entries_reach_both_in_order() {
    let server = server().await;
    let talk = server.talk(1).await;
    let (mut a, mut b) = (server.join(&talk).await, server.join(&talk).await);
    for client in [&mut a, &mut b] {
        client.subscribe(&StreamName::record(), 0).await;
        let record = client.catch_up(&StreamName::record()).await;
        assert_eq!(record.len(), 1);
        assert_eq!(record[0].entry, talk.proposal().record);
        client.subscribe(&commits(), 0).await;
        assert!(client.catch_up(&commits()).await.is_empty());
    }
    for number in 0..5_u8 {
        let appended = a.append(&commits(), Some(number.into()), &[number]).await;
        let ServerMessage::Appended { position, .. } = appended else {
            panic!("{appended:?}");
        };
        assert_eq!(position, Position(number.into()));
    }
    let conflict = b.append(&commits(), Some(3), &[99]).await;
    let ServerMessage::Conflict { next, .. } = conflict else {
        panic!("{conflict:?}");
    };
    assert_eq!(next, Position(5));
    // Again from the beginning, whatever of it was heard before.
    for client in [&mut a, &mut b] {
        client.ping().await;
        client.subscribe(&commits(), 0).await;
        let entries = client.entries(&commits(), 5).await;
        let expected: Vec<_> = (0..5).map(|number| (number, vec![number as u8])).collect();
        let found: Vec<_> = entries
            .into_iter()
            .map(|e| (e.position.0, e.entry.0))
            .collect();
        assert_eq!(found, expected);
    }
    assert_eq!(server.counters().get(Count::Appended), 5);
    assert_eq!(server.counters().get(Count::Ready), 2);
}

#[tokio::test]
async fn a_large_backlog_arrives_whole() {
    let server = server().await;
    let talk = server.talk(1).await;
    let mut a = server.join(&talk).await;
    let sizes = [10, 200_000, 1_000_000, 3, 500_000, 70_000];
    for size in sizes {
        a.append(&door(), None, &vec![7; size]).await;
    }
    let mut b = server.join(&talk).await;
    b.subscribe(&door(), 1).await;
    let entries = b.catch_up(&door()).await;
    let found: Vec<_> = entries.iter().map(|entry| entry.entry.0.len()).collect();
    assert_eq!(found, sizes[1..]);
    assert_eq!(entries[0].position, Position(1));
}

#[tokio::test]
async fn ephemeral_entries_go_to_the_others_and_nowhere_else() {
    let server = server().await;
    let (talk, other) = (server.talk(1).await, server.talk(2).await);
    let mut a = server.join(&talk).await;
    let mut b = server.join(&talk).await;
    let mut deaf = server.join(&talk).await;
    let mut stranger = server.join(&other).await;
    for client in [&mut a, &mut b, &mut stranger] {
        client.subscribe(&beats(), 0).await;
        client.ping().await;
    }
    a.publish(&beats(), b"beat").await;
    let expected = ServerMessage::Published {
        stream: beats(),
        entry: b"beat".to_vec().into(),
    };
    assert_eq!(b.hear().await, expected);
    for client in [&mut a, &mut deaf, &mut stranger] {
        client.say(&ClientMessage::Ping).await;
        assert_eq!(client.hear().await, ServerMessage::Pong, "and nothing else");
    }
    // Nothing of it is kept for those who come later.
    let mut late = server.join(&talk).await;
    late.subscribe(&beats(), 0).await;
    late.say(&ClientMessage::Ping).await;
    assert_eq!(late.hear().await, ServerMessage::Pong);
}

#[tokio::test]
async fn talks_are_apart() {
    let server = server().await;
    let (one, two) = (server.talk(1).await, server.talk(2).await);
    let (mut a, mut b) = (server.join(&one).await, server.join(&two).await);
    b.subscribe(&door(), 0).await;
    assert!(b.catch_up(&door()).await.is_empty());
    a.append(&door(), None, b"for one").await;
    b.append(&door(), None, b"for two").await;
    let entries = b.entries(&door(), 1).await;
    assert_eq!(entries[0].entry.0, b"for two");
    assert_eq!(entries[0].position, Position(0));
}

#[tokio::test]
async fn proposing_twice_is_proposing_once() {
    let server = server().await;
    let talk = Talk::new(1);
    assert_eq!(server.propose(&talk.proposal()).await.status, 201);
    assert_eq!(server.propose(&talk.proposal()).await.status, 200);
    let mut other = talk.proposal();
    other.record = vec![0; 8].into();
    let conflict = server.propose(&other).await;
    assert_eq!(conflict.status, 409);
    assert!(conflict.text().contains("\"error\""), "{}", conflict.text());
    assert_eq!(server.counters().get(Count::Talks), 1);
    // The first one stands.
    let mut a = server.join(&talk).await;
    a.subscribe(&StreamName::record(), 0).await;
    let record = a.catch_up(&StreamName::record()).await;
    assert_eq!(record[0].entry, talk.proposal().record);
}

#[tokio::test]
async fn an_offer_that_is_none_is_refused_with_its_number() {
    let server = server().await;
    let talk = server.talk(1).await;
    let mut a = server.join(&talk).await;
    a.say(&ClientMessage::Offer {
        request: 77,
        room: common::room(),
        sdp: "v=0 and nothing else".into(),
        senders: Vec::new(),
        restart: false,
    })
    .await;
    assert_eq!(a.refused().await.0, Some(77));
    a.say(&ClientMessage::Watch {
        sources: Vec::new(),
    })
    .await;
    a.say(&ClientMessage::Hangup).await;
    a.ping().await;
}
