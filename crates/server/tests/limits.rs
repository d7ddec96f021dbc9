//! Each limit that an operator sets: what exceeds it is refused, with a reason and a sentence, and
//! what doesn't isn't. Of the media's limits the media port's own tests show the refusals.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use common::{Reply, Talk, door, eventually, server_with, server_with_limits};
use incamera_server::Rate;
use incamera_wire::{ApiError, ApiReason, Refusal, ServerMessage};
use std::time::Duration;
use tokio::net::TcpStream;

#[track_caller]
fn check(reply: &Reply, status: u16, reason: ApiReason) {
    assert_eq!(reply.status, status, "{}", reply.head);
    let error: ApiError = serde_json::from_slice(&reply.body).unwrap();
    assert_eq!(error.reason, reason);
    assert!(error.error.ends_with('.'), "{}", error.error);
}

#[tokio::test]
async fn talks() {
    let server = server_with_limits(|limits| limits.max_talks = 2).await;
    server.talk(1).await;
    server.talk(2).await;
    let third = server.propose(&Talk::new(3).proposal()).await;
    check(&third, 507, ApiReason::Full);
    // Those that are there are as before.
    server.talk(2).await;
    server.join(&Talk::new(1)).await;
}

#[tokio::test]
async fn new_talks_from_an_address() {
    let rate = Rate {
        burst: 2,
        per_second: 1,
    };
    let server = server_with_limits(|limits| limits.talks = rate).await;
    server.talk(1).await;
    server.talk(2).await;
    let third = server.propose(&Talk::new(3).proposal()).await;
    check(&third, 429, ApiReason::TooMany);
}

#[tokio::test]
async fn connections_from_an_address() {
    let server = server_with_limits(|limits| limits.sockets_per_address = 3).await;
    let talk = server.talk(1).await;
    let mut clients = Vec::new();
    for _ in 0..3 {
        clients.push(server.join(&talk).await);
    }
    let fourth = server.connect(talk.id, Some(&server.origin())).await;
    assert_eq!(fourth.refused_for_good().await.0, Refusal::TooMany);
    // From elsewhere there is room.
    let elsewhere = server.join_from("127.0.0.2", &talk).await;
    drop(elsewhere);
    // And one that goes makes room.
    drop(clients.pop());
    // The server may not have noticed yet, and refuse before anything is proven.
    let again = async {
        while server.try_join(&talk).await.is_none() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(common::SOON, again).await.unwrap();
}

#[tokio::test]
async fn idle_connections_from_an_address() {
    let server = server_with_limits(|limits| limits.sockets_per_address = 3).await;
    let mut idle = Vec::new();
    for _ in 0..3 {
        idle.push(TcpStream::connect(server.address()).await.unwrap());
    }
    let mut fourth = TcpStream::connect(server.address()).await.unwrap();
    let reply = common::at_once(&mut fourth).await.unwrap();
    check(&reply, 503, ApiReason::Unavailable);
    drop(idle);
    let again = async {
        while common::request(server.address(), "GET /healthz HTTP/1.1\r\n", &[])
            .await
            .is_none_or(|reply| reply.status != 200)
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(common::SOON, again).await.unwrap();
}

#[tokio::test]
async fn connections_in_all() {
    let server = server_with_limits(|limits| limits.sockets = 1).await;
    let talk = server.talk(1).await;
    let first = server.join(&talk).await;
    let second = server.connect(talk.id, Some(&server.origin())).await;
    assert_eq!(second.refused_for_good().await.0, Refusal::Full);
    let counters = server.counters();
    drop(first);
    eventually("it is gone", || {
        counters.get(incamera_server::Count::Closed) == 2
    })
    .await;
    server.join(&talk).await;
}

#[tokio::test]
async fn messages() {
    let rate = Rate {
        burst: 10,
        per_second: 1,
    };
    let server = server_with_limits(|limits| limits.messages = rate).await;
    let talk = server.talk(1).await;
    let mut hasty = server.join(&talk).await;
    let mut appended = 0;
    let reason = loop {
        match hasty.append(&door(), None, b"x").await {
            ServerMessage::Appended { .. } => appended += 1,
            ServerMessage::Refused { reason, detail, .. } => {
                assert!(detail.ends_with('.'), "{detail}");
                break reason;
            }
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(reason, Refusal::TooMany);
    assert!((9..=12).contains(&appended), "{appended}");
    // Another connection is held up by none of it.
    let mut other = server.join(&talk).await;
    let fine = other.append(&door(), None, b"y").await;
    assert!(matches!(fine, ServerMessage::Appended { .. }));
}

#[tokio::test]
async fn bytes() {
    let rate = Rate {
        burst: 64 * 1024,
        per_second: 1024,
    };
    let server = server_with_limits(|limits| limits.bytes = rate).await;
    let talk = server.talk(1).await;
    let mut client = server.join(&talk).await;
    let small = client.append(&door(), None, &[1; 1000]).await;
    assert!(matches!(small, ServerMessage::Appended { .. }));
    let large = client.append(&door(), None, &[1; 60_000]).await;
    let too_many =
        matches!(large, ServerMessage::Refused { reason, .. } if reason == Refusal::TooMany);
    assert!(too_many);
}

#[tokio::test]
async fn data() {
    let server = server_with(|config| config.max_data_bytes = Some(300 * 1024)).await;
    let talk = server.talk(1).await;
    let mut client = server.join(&talk).await;
    let mut stored = 0;
    let reason = loop {
        match client.append(&door(), None, &[5; 20_000]).await {
            ServerMessage::Appended { .. } => stored += 20_000,
            ServerMessage::Refused { reason, .. } => break reason,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(reason, Refusal::Unavailable);
    assert!((100_000..300_000).contains(&stored), "{stored}");
}
