//! Bad input: refused, counted, and an innocent socket beside it notices nothing.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use common::{Client, Server, Talk, beats, commits, door, server, server_with, server_with_limits};
use futures_util::SinkExt as _;
use incamera_model::{Bytes, Position, RoomId, StreamName};
use incamera_server::{Count, Rate};
use incamera_wire::{
    ClientMessage, MAX_ENTRY_BYTES, MAX_EPHEMERAL_BYTES, MAX_FRAME_BYTES, MAX_RECORD_ENTRY_BYTES,
    MAX_SDP_BYTES, MAX_SUBSCRIPTIONS, Refusal, ServerMessage,
};
use std::time::Duration;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

/// Somebody in another room of the same talk who goes on all the while.
struct Innocent {
    client: Client,
    next: u64,
}

impl Innocent {
    async fn new(server: &Server, talk: &Talk) -> Self {
        let mut client = server.join(talk).await;
        client.subscribe(&Self::stream(), 0).await;
        client.catch_up(&Self::stream()).await;
        Self { client, next: 0 }
    }

    fn stream() -> StreamName {
        StreamName::messages(&RoomId([77; 16]))
    }

    /// Its entry comes back, in order.
    async fn is_served(&mut self) {
        let entry = self.next.to_be_bytes();
        let request = ClientMessage::Append {
            request: 0,
            stream: Self::stream(),
            expected: None,
            entry: entry.to_vec().into(),
        };
        self.client.say(&request).await;
        let entries = self.client.entries(&Self::stream(), 1).await;
        assert_eq!(entries[0].position, Position(self.next));
        assert_eq!(entries[0].entry.0, entry);
        self.next += 1;
    }
}

async fn check_counted(server: &Server, innocent: &mut Innocent, reason: Refusal, times: u64) {
    let counters = server.counters();
    common::eventually("the refusal is counted", || {
        counters.refused(reason) >= times
    })
    .await;
    assert_eq!(counters.refused(reason), times, "{reason:?}");
    innocent.is_served().await;
}

#[tokio::test]
async fn what_is_no_message_ends_its_connection_only() {
    let server = server().await;
    let talk = server.talk(1).await;
    let mut innocent = Innocent::new(&server, &talk).await;
    let deep = "[".repeat(100_000);
    let bad = [
        "",
        "{",
        "null",
        "[]",
        "\"hello\"",
        deep.as_str(),
        r#"{"type":"nothing"}"#,
        r#"{"type":"hello","version":1,"more":1}"#,
        r#"{"type":"hello","version":1}"#,
        r#"{"type":"subscribe","stream":"c/short","from":0}"#,
        r#"{"type":"subscribe","stream":"record","from":-1}"#,
        r#"{"type":"publish","stream":"record","entry":"not base64!"}"#,
        r#"{"type":"append","request":1,"stream":"../etc","expected":null,"entry":""}"#,
    ];
    for (number, text) in bad.iter().enumerate() {
        let mut client = server.join(&talk).await;
        client.say_text((*text).to_owned()).await;
        let ended = client.refused_for_good().await;
        assert_eq!(
            ended,
            (Refusal::Malformed, Some(CloseCode::Policy)),
            "{number}"
        );
    }
    let count = bad.len() as u64;
    check_counted(&server, &mut innocent, Refusal::Malformed, count).await;

    let mut client = server.join(&talk).await;
    let binary = Message::binary(br#"{"type":"ping"}"#.to_vec());
    client.socket.send(binary).await.unwrap();
    assert_eq!(client.refused_for_good().await.0, Refusal::Malformed);
    check_counted(&server, &mut innocent, Refusal::Malformed, count + 1).await;
}

#[tokio::test]
async fn what_is_too_large_is_refused() {
    let server = server().await;
    let talk = server.talk(1).await;
    let mut innocent = Innocent::new(&server, &talk).await;
    let mut client = server.join(&talk).await;

    client.say_text(" ".repeat(MAX_FRAME_BYTES + 1)).await;
    assert_eq!(client.refused().await, (None, Refusal::TooLarge));
    for (stream, expected, size) in [
        (StreamName::record(), Some(1), MAX_RECORD_ENTRY_BYTES),
        (door(), None, MAX_ENTRY_BYTES),
    ] {
        let refused = client.append(&stream, expected, &vec![0; size + 1]).await;
        let ServerMessage::Refused { reason, .. } = refused else {
            panic!("{refused:?}");
        };
        assert_eq!(reason, Refusal::TooLarge);
        let fits = client.append(&stream, expected, &vec![0; size]).await;
        assert!(matches!(fits, ServerMessage::Appended { .. }), "{fits:?}");
    }
    client
        .publish(&beats(), &[0; MAX_EPHEMERAL_BYTES + 1])
        .await;
    assert_eq!(client.refused().await, (None, Refusal::TooLarge));
    client
        .say(&ClientMessage::Offer {
            request: 5,
            room: common::room(),
            sdp: "v".repeat(MAX_SDP_BYTES + 1),
            senders: Vec::new(),
            restart: false,
        })
        .await;
    assert_eq!(client.refused().await, (Some(5), Refusal::TooLarge));
    client.ping().await;
    check_counted(&server, &mut innocent, Refusal::TooLarge, 5).await;

    // So large that the connection itself is in doubt.
    let (mut sink, rest) = futures_util::StreamExt::split(client.socket);
    let huge = Message::text(" ".repeat(3 * MAX_FRAME_BYTES));
    let sending = tokio::spawn(async move { sink.send(huge).await });
    drop(rest);
    check_counted(&server, &mut innocent, Refusal::TooLarge, 6).await;
    sending.abort();
}

#[tokio::test]
async fn unknown_talks_and_wrong_keys_look_the_same() {
    let server = server().await;
    let talk = server.talk(1).await;
    let mut innocent = Innocent::new(&server, &talk).await;
    let origin = server.origin();
    let mut words = Vec::new();

    // Another key, properly used.
    let wrong = Talk {
        id: talk.id,
        ..Talk::new(2)
    };
    // A talk that isn't there.
    let unknown = Talk::new(3);
    for talk in [&wrong, &unknown] {
        let mut client = server.connect(talk.id, Some(&origin)).await;
        client.prove(talk, &origin).await;
        words.push(client.hear().await);
    }
    // The right key's name on another key's signature.
    let mut client = server.connect(talk.id, Some(&origin)).await;
    let nonce = client.challenge().await;
    let ClientMessage::Prove { signature, .. } = wrong.proof(&origin, &nonce) else {
        unreachable!()
    };
    let forged = ClientMessage::Prove {
        key: talk.access(),
        signature,
        resume: None,
    };
    client.say(&forged).await;
    words.push(client.hear().await);
    // Signatures that are none.
    for signature in [
        Bytes(Vec::new()),
        Bytes(vec![0; 64]),
        Bytes(vec![255; 1000]),
    ] {
        let mut client = server.connect(talk.id, Some(&origin)).await;
        client.challenge().await;
        let key = talk.access();
        let proof = ClientMessage::Prove {
            key,
            signature,
            resume: None,
        };
        client.say(&proof).await;
        words.push(client.hear().await);
    }
    for word in &words {
        assert_eq!(word, &words[0]);
        let access = matches!(
            word,
            ServerMessage::Refused {
                reason: Refusal::Access,
                ..
            }
        );
        assert!(access, "{word:?}");
    }
    check_counted(&server, &mut innocent, Refusal::Access, words.len() as u64).await;
}

#[tokio::test]
async fn a_signature_is_good_for_one_challenge_of_one_origin() {
    let server = server_with(|config| config.origins.push("https://other.example".into())).await;
    let talk = server.talk(1).await;
    let mut innocent = Innocent::new(&server, &talk).await;
    let origin = server.origin();

    let mut first = server.connect(talk.id, Some(&origin)).await;
    let nonce = first.challenge().await;
    let proof = talk.proof(&origin, &nonce);
    let mut second = server.connect(talk.id, Some(&origin)).await;
    assert_ne!(second.challenge().await, nonce);
    second.say(&proof).await;
    assert_eq!(second.refused_for_good().await.0, Refusal::Access);
    first.say(&proof).await;
    assert!(matches!(first.hear().await, ServerMessage::Ready { .. }));

    // Signed for one of the server's own origins, used from another of them.
    let mut relayed = server.connect(talk.id, Some("https://other.example")).await;
    let nonce = relayed.challenge().await;
    relayed.say(&talk.proof(&origin, &nonce)).await;
    assert_eq!(relayed.refused_for_good().await.0, Refusal::Access);
    let mut right = server.connect(talk.id, Some("https://other.example")).await;
    right.prove(&talk, "https://other.example").await;
    assert!(matches!(right.hear().await, ServerMessage::Ready { .. }));
    check_counted(&server, &mut innocent, Refusal::Access, 2).await;
}

#[tokio::test]
async fn origins_that_the_server_doesn_t_know_are_refused() {
    let server = server().await;
    let talk = server.talk(1).await;
    let mut innocent = Innocent::new(&server, &talk).await;
    let port = server.address().port();
    let strange = [
        Some("https://evil.example".to_owned()),
        Some(format!("https://localhost:{port}")),
        Some(format!("http://localhost:{port}.evil.example")),
        Some("null".into()),
        None,
    ];
    for origin in &strange {
        let client = server.connect(talk.id, origin.as_deref()).await;
        let ended = client.refused_for_good().await;
        assert_eq!(ended, (Refusal::Origin, Some(CloseCode::Policy)));
    }
    check_counted(
        &server,
        &mut innocent,
        Refusal::Origin,
        strange.len() as u64,
    )
    .await;
    for origin in ["localhost", "127.0.0.1", "[::1]"] {
        let origin = format!("http://{origin}:{port}");
        let mut client = server.connect(talk.id, Some(&origin)).await;
        client.prove(&talk, &origin).await;
        assert!(matches!(client.hear().await, ServerMessage::Ready { .. }));
    }
}

#[tokio::test]
async fn the_handshake_has_an_order_a_version_and_a_deadline() {
    let server = server_with_limits(|limits| limits.handshake = Duration::from_millis(400)).await;
    let talk = server.talk(1).await;
    let mut innocent = Innocent::new(&server, &talk).await;
    let origin = server.origin();

    let mut early = server.connect(talk.id, Some(&origin)).await;
    early.say(&ClientMessage::Ping).await;
    assert_eq!(early.refused_for_good().await.0, Refusal::Malformed);
    let mut eager = server.connect(talk.id, Some(&origin)).await;
    eager.challenge().await;
    eager.subscribe(&StreamName::record(), 0).await;
    assert_eq!(eager.refused_for_good().await.0, Refusal::Malformed);
    check_counted(&server, &mut innocent, Refusal::Malformed, 2).await;

    let mut old = server.connect(talk.id, Some(&origin)).await;
    old.say(&ClientMessage::Hello { version: 999 }).await;
    assert!(matches!(old.hear().await, ServerMessage::Challenge { .. }));
    assert_eq!(old.refused_for_good().await.0, Refusal::Version);
    check_counted(&server, &mut innocent, Refusal::Version, 1).await;

    let silent = server.connect(talk.id, Some(&origin)).await;
    assert_eq!(silent.refused_for_good().await.0, Refusal::Unavailable);
    let mut halfway = server.connect(talk.id, Some(&origin)).await;
    halfway.challenge().await;
    assert_eq!(halfway.refused_for_good().await.0, Refusal::Unavailable);
    check_counted(&server, &mut innocent, Refusal::Unavailable, 2).await;
}

#[tokio::test]
async fn streams_are_written_their_own_way() {
    let server = server().await;
    let talk = server.talk(1).await;
    let mut innocent = Innocent::new(&server, &talk).await;
    let mut client = server.join(&talk).await;
    let wrong = [
        (beats(), None),
        (beats(), Some(0)),
        (commits(), None),
        (door(), Some(0)),
    ];
    for (stream, expected) in &wrong {
        let refused = client.append(stream, *expected, b"x").await;
        let ServerMessage::Refused { reason, .. } = refused else {
            panic!("{refused:?}");
        };
        assert_eq!(reason, Refusal::WrongStream);
    }
    client.publish(&door(), b"x").await;
    assert_eq!(client.refused().await, (None, Refusal::WrongStream));
    client.subscribe(&door(), 0).await;
    assert!(
        client.catch_up(&door()).await.is_empty(),
        "nothing was written"
    );
    check_counted(&server, &mut innocent, Refusal::WrongStream, 5).await;
}

#[tokio::test]
async fn subscriptions_are_counted() {
    let server = server().await;
    let talk = server.talk(1).await;
    let mut innocent = Innocent::new(&server, &talk).await;
    let mut client = server.join(&talk).await;
    let stream = |number: usize| match number % 2 {
        0 => StreamName::door(&RoomId([number as u8; 16])),
        _ => StreamName::beats(&RoomId([number as u8; 16])),
    };
    for number in 0..MAX_SUBSCRIPTIONS {
        client.subscribe(&stream(number), 0).await;
    }
    // The same one again is none more.
    client.subscribe(&stream(0), 0).await;
    client.ping().await;
    assert_eq!(server.counters().refused(Refusal::TooMany), 0);
    for number in MAX_SUBSCRIPTIONS..MAX_SUBSCRIPTIONS + 20 {
        client.subscribe(&stream(number), 0).await;
        assert_eq!(client.refused().await, (None, Refusal::TooMany));
    }
    check_counted(&server, &mut innocent, Refusal::TooMany, 20).await;
}

#[tokio::test]
async fn a_flood_is_refused_and_then_ended() {
    let server = server_with_limits(|limits| {
        limits.messages = Rate {
            burst: 50,
            per_second: 1,
        };
        limits.patience = 30;
    })
    .await;
    let talk = server.talk(1).await;
    let mut innocent = Innocent::new(&server, &talk).await;
    let mut client = server.join(&talk).await;
    for _ in 0..200 {
        // The connection may be closed already.
        let ping = Message::text(r#"{"type":"ping"}"#);
        if client.socket.feed(ping).await.is_err() {
            break;
        }
    }
    let _ = client.socket.flush().await;
    let (mut pongs, mut refused) = (0, 0);
    while let Ok(message) = client.hear_or_close().await {
        match message {
            ServerMessage::Pong => pongs += 1,
            ServerMessage::Refused {
                reason: Refusal::TooMany,
                ..
            } => refused += 1,
            other => panic!("{other:?}"),
        }
    }
    assert!((50..60).contains(&pongs), "{pongs}");
    assert!(refused >= 31, "{refused}");
    innocent.is_served().await;
}

#[tokio::test]
async fn one_that_doesn_t_read_holds_up_nobody() {
    let server = server_with_limits(|limits| {
        limits.write = Duration::from_secs(1);
        limits.outbox = 64;
        limits.messages.burst = 1_000_000;
        limits.bytes.burst = 1_000_000_000;
    })
    .await;
    let talk = server.talk(1).await;
    let mut innocent = Innocent::new(&server, &talk).await;
    let small_buffers = |stream: &tokio::net::TcpStream| {
        let socket = socket2::SockRef::from(stream);
        socket.set_recv_buffer_size(4096).unwrap();
    };

    // Passing entries overflow its queue.
    let mut deaf = server.join_with(&talk, small_buffers).await;
    deaf.subscribe(&beats(), 0).await;
    deaf.ping().await;
    let mut speaker = server.join(&talk).await;
    let counters = server.counters();
    let mut published = 0;
    while counters.get(Count::Slow) == 0 {
        assert!(published < 20_000, "its queue has no end");
        speaker
            .publish(&beats(), &[0; MAX_EPHEMERAL_BYTES / 2])
            .await;
        published += 1;
        if published % 50 == 0 {
            // Everybody else is served meanwhile.
            speaker.ping().await;
            innocent.is_served().await;
        }
    }
    drop(deaf);

    // Stored entries wait for it, and it has only so long.
    let mut lazy = server.join_with(&talk, small_buffers).await;
    let mut writer = server.join(&talk).await;
    for _ in 0..12 {
        let appended = writer.append(&door(), None, &vec![1; 1_000_000]).await;
        assert!(
            matches!(appended, ServerMessage::Appended { .. }),
            "{appended:?}"
        );
    }
    lazy.subscribe(&door(), 0).await;
    common::eventually("the lazy one is disconnected", || {
        counters.get(Count::Slow) == 2
    })
    .await;
    innocent.is_served().await;
    drop(lazy);
    // Everything is there for one who reads.
    let mut reader = server.join(&talk).await;
    reader.subscribe(&door(), 0).await;
    assert_eq!(reader.catch_up(&door()).await.len(), 12);
}

#[tokio::test]
async fn bad_proposals_are_refused() {
    let server = server_with_limits(|limits| {
        limits.talks = Rate {
            burst: 3,
            per_second: 0,
        };
    })
    .await;
    let talk = server.talk(1).await;
    let mut innocent = Innocent::new(&server, &talk).await;
    let json = "Content-Type: application/json\r\n";
    let good = serde_json::to_vec(&Talk::new(2).proposal()).unwrap();

    assert_eq!(server.post(b"{", json).await.status, 400);
    assert_eq!(server.post(b"\xff\xfe", json).await.status, 400);
    assert_eq!(server.post(&good, "").await.status, 415);
    let mut new = Talk::new(2).proposal();
    new.access = Vec::new();
    assert_eq!(server.propose(&new).await.status, 400);
    new.access = vec![talk.access(); 2];
    assert_eq!(server.propose(&new).await.status, 400, "the same key twice");
    new.access = (1..=9).map(|number| Talk::new(number).access()).collect();
    assert_eq!(server.propose(&new).await.status, 400, "nine keys");
    new.access = vec![incamera_model::AccessKey([0; 32])];
    assert_eq!(server.propose(&new).await.status, 400, "a weak key");
    check_counted(&server, &mut innocent, Refusal::Malformed, 7).await;

    let mut new = Talk::new(2).proposal();
    new.record = vec![0; MAX_RECORD_ENTRY_BYTES + 1].into();
    assert_eq!(server.propose(&new).await.status, 413);
    new.record = vec![0; 4 * MAX_RECORD_ENTRY_BYTES].into();
    assert_eq!(server.propose(&new).await.status, 413);
    check_counted(&server, &mut innocent, Refusal::TooLarge, 2).await;

    let foreign = format!("{json}Origin: https://evil.example\r\n");
    assert_eq!(server.post(&good, &foreign).await.status, 403);
    let own = format!("{json}Origin: {}\r\n", server.origin());
    assert_eq!(server.post(&good, &own).await.status, 201);
    check_counted(&server, &mut innocent, Refusal::Origin, 1).await;

    assert_eq!(server.propose(&Talk::new(3).proposal()).await.status, 201);
    assert_eq!(server.propose(&Talk::new(4).proposal()).await.status, 429);
    check_counted(&server, &mut innocent, Refusal::TooMany, 1).await;
}

#[tokio::test]
async fn a_full_disk_refuses_and_serves_what_there_is() {
    let server = server_with(|config| config.max_data_bytes = Some(300 * 1024)).await;
    let talk = server.talk(1).await;
    let mut client = server.join(&talk).await;
    let mut stored = 0;
    loop {
        match client.append(&door(), None, &[5; 20_000]).await {
            ServerMessage::Appended { .. } => stored += 1,
            ServerMessage::Refused { reason, .. } => {
                assert_eq!(reason, Refusal::Unavailable);
                break;
            }
            other => panic!("{other:?}"),
        }
    }
    client.subscribe(&door(), 0).await;
    assert_eq!(client.catch_up(&door()).await.len(), stored);
    assert_eq!(
        server.propose(&Talk::new(2).proposal()).await.status,
        201,
        "what fits"
    );
}

#[tokio::test]
async fn sockets_are_counted() {
    let server = server_with_limits(|limits| limits.sockets = 2).await;
    let talk = server.talk(1).await;
    let mut innocent = Innocent::new(&server, &talk).await;
    let second = server.join(&talk).await;
    let origin = server.origin();
    let third = server.connect(talk.id, Some(&origin)).await;
    assert_eq!(third.refused_for_good().await.0, Refusal::Full);
    drop(second);
    let counters = server.counters();
    common::eventually("the places are free", || counters.get(Count::Closed) >= 2).await;
    // The place itself is given back a moment after the count.
    let mut answer = None;
    for _ in 0..100 {
        let mut client = server.connect(talk.id, Some(&origin)).await;
        client.prove(&talk, &origin).await;
        answer = client.hear_or_close().await.ok();
        if matches!(answer, Some(ServerMessage::Ready { .. })) {
            break;
        }
    }
    assert!(matches!(answer, Some(ServerMessage::Ready { .. })));
    innocent.is_served().await;
}
