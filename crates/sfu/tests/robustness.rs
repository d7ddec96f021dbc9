//! What bad input does: nothing, and never to others.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod common;

use common::*;
use incamera_model::{ConnectionId, MediaKind};
use incamera_sfu::*;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::net::SocketAddr;
use std::time::Duration;

fn stranger() -> SocketAddr {
    SocketAddr::from(([203, 0, 113, 9], 9))
}

#[test]
fn garbage_is_dropped_counted_and_disturbs_nobody() {
    let mut world = World::new(CLEAN);
    let (a, b) = (world.join(), world.join());
    let mut random = StdRng::seed_from_u64(3);
    let known = world.peers[a].address;
    let before = world.sfu.counters();
    for round in 0..3000u32 {
        let mut bytes = vec![0u8; random.random_range(0..1600)];
        random.fill(&mut bytes[..]);
        if let Some(first) = bytes.first_mut() {
            // STUN, DTLS, RTP and RTCP, and what is none of them.
            *first = [0, 1, 20, 22, 63, 128, 144, 191, 255][round as usize % 9];
        }
        world.inject(stranger(), &bytes);
        world.inject(known, &bytes);
    }
    let counters = world.sfu.counters();
    assert!(counters.unknown_address > before.unknown_address);
    assert!(counters.unknown_user > before.unknown_user);
    assert!(counters.oversized > before.oversized);
    assert_eq!(counters.failed, 0);
    assert!(world.closed.is_empty());
    world.talk(&[a, b], 50);
    assert!(world.peers[a].in_slot(2).len() >= 45 && world.peers[b].in_slot(2).len() >= 45);
}

#[test]
fn altered_and_replayed_packets_are_not_forwarded() {
    let mut world = World::new(CLEAN);
    let (a, b) = (world.join(), world.join());
    world.talk(&[b], 5);
    let from = world.peers[b].address;
    let before = world.peers[a].received.len();
    let mut bytes = [0x80; 200];
    bytes[1] = 98;
    world.inject(from, &bytes);
    world.run(Duration::from_millis(200));
    assert_eq!(world.peers[a].received.len(), before);
}

#[test]
fn limits_hold() {
    let limits = Limits {
        sessions: 3,
        sessions_per_room: 2,
        ..Limits::default()
    };
    let mut world = World::with_limits(CLEAN, limits);
    world.join_later(ROOM, 1, 1);
    world.join_later(ROOM, 1, 1);
    let offer = |connection, room: RoomKey| OfferRequest {
        connection: ConnectionId(connection),
        room: Some(room),
        sdp: include_str!("offers/chromium.sdp").into(),
        senders: browser_senders(),
        restart: false,
    };
    let elsewhere = |room: u8| (ROOM.0, incamera_model::RoomId([room; 16]));
    let mut refused = |connection, room| {
        world
            .sfu
            .handle_offer(world.now, offer(connection, room))
            .err()
    };
    assert_eq!(refused(10, ROOM), Some(OfferError::Full));
    assert_eq!(refused(2, ROOM), None, "in place of its former one");
    assert_eq!(refused(11, elsewhere(8)), None);
    assert_eq!(refused(12, elsewhere(9)), Some(OfferError::Full));
    assert_eq!(world.sfu.session_count(), 3);
}

#[test]
fn who_never_connects_and_who_falls_silent_is_told_of() {
    let mut world = World::new(CLEAN);
    let silent = world.join();
    let never = world.join_later(ROOM, 1, 1);
    world.peers[silent].gone = true;
    world.peers[never].gone = true;
    world.run(Duration::from_secs(55));
    world.closed.sort();
    assert_eq!(world.closed, [ConnectionId(1), ConnectionId(2)]);
    assert_eq!(world.sfu.session_count(), 0);
}

#[test]
fn who_says_goodbye_is_told_of_at_once() {
    let mut world = World::new(CLEAN);
    let a = world.join();
    world.peers[a].rtc.close().unwrap();
    world.run(Duration::from_secs(1));
    assert_eq!(world.closed, [ConnectionId(1)]);
}

fn browser_senders() -> Vec<SenderLine> {
    let kinds = MediaKind::ALL.into_iter().zip(["0", "1", "2"]);
    kinds
        .map(|(kind, mid)| SenderLine {
            mid: mid.into(),
            kind,
        })
        .collect()
}

/// The answer to an offer of a browser.
fn answer(sdp: &str) -> Result<String, OfferError> {
    let mut world = World::new(CLEAN);
    let request = OfferRequest {
        connection: ConnectionId(1),
        room: Some(ROOM),
        sdp: sdp.into(),
        senders: browser_senders(),
        restart: false,
    };
    let answer = world.sfu.handle_offer(world.now, request);
    assert_eq!(world.sfu.session_count(), usize::from(answer.is_ok()));
    answer
}

#[test]
fn offers_of_browsers_are_answered() {
    for (name, sdp) in [
        ("chromium", include_str!("offers/chromium.sdp")),
        ("firefox", include_str!("offers/firefox.sdp")),
        (
            "firefox with simulcast",
            include_str!("offers/firefox-simulcast.sdp"),
        ),
    ] {
        let answer = answer(sdp).unwrap_or_else(|error| panic!("{name}: {error}"));
        let count = |text: &str| answer.matches(text).count();
        assert_eq!(count("\r\nm="), 16, "{name}");
        assert_eq!(count("a=recvonly"), 3, "{name}");
        assert_eq!(count("a=sendonly"), 13, "{name}");
        assert_eq!(count("a=ice-lite"), 1, "{name}");
        assert_eq!(count("a=setup:passive"), 16, "{name}");
        assert_eq!(count("a=extmap-allow-mixed"), 1, "{name}");
        assert_eq!(count("192.0.2.1 8081 typ host"), 2, "{name}");
        assert_eq!(count("tcptype passive"), 1, "{name}");
        let udp = answer.find(" UDP ").or(answer.find(" udp ")).unwrap();
        let tcp = answer.find("tcptype").unwrap();
        assert!(udp < tcp, "{name}: UDP first");
        assert!(count("nack pli") >= 11, "{name}");
        assert!(count("transport-cc") >= 11, "{name}");
        assert!(count("ssrc-audio-level") >= 5, "{name}");
        let descriptors = match name {
            "firefox" => 0,
            _ => 11,
        };
        assert_eq!(count(DEPENDENCY_DESCRIPTOR_URI), descriptors, "{name}");
        let layers = if name.ends_with("simulcast") { 3 } else { 0 };
        assert_eq!(count("a=rid:"), layers, "{name}");
    }
}

#[track_caller]
fn check(change: impl Fn(&str) -> String, expected: &str) {
    let good = include_str!("offers/chromium.sdp").replace("\r\n", "\n");
    let error = answer(&change(&good)).expect_err("a bad offer").to_string();
    assert!(error.contains(expected), "{error}");
}

#[test]
fn bad_offers_are_refused_with_a_reason() {
    check(|_| String::new(), "");
    check(|_| "hello".into(), "not a session description");
    check(
        |good| good[..good.find("m=").unwrap()].into(),
        "not a session description",
    );
    check(|good| good.replace("a=sendonly", "a=sendrecv"), "sendonly");
    check(|good| good.replace("a=recvonly", "a=inactive"), "sendonly");
    check(
        |good| good.replacen("a=recvonly", "a=sendonly", 1),
        "sendonly",
    );
    check(|good| good.replace("a=ice-ufrag", "a=x"), "no a=ice-ufrag");
    check(|good| good.replace("a=ice-pwd", "a=x"), "no a=ice-ufrag");
    check(
        |good| good.replace("a=fingerprint", "a=x"),
        "no a=ice-ufrag",
    );
    check(
        |good| good.replace("a=mid:3", "a=mid:2"),
        "a=mid of its own",
    );
    check(|good| good.replace("a=mid:3\n", ""), "a=mid of its own");
    check(
        |good| good.replace("a=mid:3", &format!("a=mid:{}", "x".repeat(17))),
        "a=mid",
    );
    check(|good| good.replace(" 13 14 15", " 13 14"), "BUNDLE");
    check(
        |good| {
            good.replace(
                "m=audio 9 UDP/TLS/RTP/SAVPF",
                "m=application 9 UDP/DTLS/SCTP",
            )
        },
        "neither",
    );
    check(
        |good| {
            good.replace(
                "a=mid:1\n",
                "a=mid:1\na=ssrc:5 msid:a b\na=ssrc:6 msid:c d\n",
            )
        },
        "several tracks",
    );
    let rids = "a=rid:a send\na=rid:b send\na=rid:c send\na=rid:d send\na=rid:e send\n";
    check(
        |good| good.replace("a=mid:1\n", &format!("a=mid:1\n{rids}")),
        "layers",
    );
    check(
        |good| format!("{good}{}", "m=audio 9 UDP/TLS/RTP/SAVPF 111\n".repeat(200)),
        "m-lines",
    );
    check(|good| format!("{good}{}", "a=x\n".repeat(20_000)), "bytes");
    check(
        |good| {
            good.replace(" 98 99\n", " 98 98 99 99\n")
                .replace("a=rtpmap:99 rtx", "a=rtpmap:98 rtx")
        },
        "",
    );
}

#[test]
fn senders_must_be_in_the_offer() {
    let mut world = World::new(CLEAN);
    for senders in [
        vec![
            ("0", MediaKind::Camera),
            ("1", MediaKind::Microphone),
            ("2", MediaKind::Screen),
        ],
        vec![
            ("0", MediaKind::Microphone),
            ("1", MediaKind::Camera),
            ("2", MediaKind::Camera),
        ],
        vec![("0", MediaKind::Microphone), ("1", MediaKind::Camera)],
        vec![
            ("0", MediaKind::Microphone),
            ("1", MediaKind::Camera),
            ("2", MediaKind::Screen),
            ("99", MediaKind::Screen),
        ],
    ] {
        let named = senders.iter().map(|(mid, kind)| SenderLine {
            mid: (*mid).into(),
            kind: *kind,
        });
        let request = OfferRequest {
            connection: ConnectionId(1),
            room: Some(ROOM),
            sdp: include_str!("offers/chromium.sdp").into(),
            senders: named.collect(),
            restart: false,
        };
        assert!(
            world.sfu.handle_offer(world.now, request).is_err(),
            "{senders:?}"
        );
    }
}

/// Two at once; the one that sends too much is told so and carried as far as it may go.
#[test]
fn who_sends_too_much_is_told_and_cut_down() {
    let sent = |bits_per_sender| {
        let mut world = World::with_limits(
            CLEAN,
            Limits {
                bits_per_sender,
                ..Limits::default()
            },
        );
        let (loud, modest, viewer) = (world.join(), world.join(), world.join());
        for round in 0..500_u32 {
            world.send(loud, MediaKind::Camera, round % 30 == 0, &[0; 1100]);
            if round % 10 == 0 {
                world.send(modest, MediaKind::Camera, true, &[0; 900]);
            }
            world.run(Duration::from_millis(20));
        }
        let bytes = |length| {
            let received = world.peers[viewer].received.iter();
            received
                .filter(|r| r.packet.payload.len() == length)
                .count()
        };
        (
            bytes(1103),
            bytes(903),
            world.too_fast.clone(),
            world.sfu.counters().policed,
        )
    };
    // 500 packets of 1180 bytes in 10 s are 472 kbit/s.
    let (loud, modest, told, policed) = sent(Some(200_000));
    assert!((200..=260).contains(&loud), "{loud}");
    assert_eq!(modest, 50);
    assert_eq!(told, [ConnectionId(1)]);
    assert!(policed > 200, "{policed}");
    // The control.
    assert_eq!(sent(None), (500, 50, vec![], 0));
}

#[test]
fn a_probe_connects_and_ends_and_is_in_no_room() {
    let mut world = World::new(CLEAN);
    let member = world.join();
    world.probe = true;
    let probe = world.join_later(ROOM, 1, 0);
    world.probe = false;
    world.run_until("connected", |world| world.peers[probe].connected);
    world.talk(&[member], 50);
    assert!(
        world.peers[probe].received.is_empty(),
        "nothing is forwarded"
    );
    assert!(!world.slots.contains_key(&ConnectionId(2)));
    assert_eq!(world.sfu.session_count(), 2);
    world.run(Duration::from_secs(16));
    assert_eq!(world.closed, [ConnectionId(2)]);
    assert_eq!(world.sfu.session_count(), 1);
    // A real session replaces a probe.
    world.probe = true;
    let probe = world.join_later(ROOM, 1, 0);
    world.run_until("connected", |world| world.peers[probe].connected);
    world.probe = false;
    world.peers[probe].gone = true;
    let again = world.join_later(ROOM, 1, 1);
    let connection = world.peers[again].connection;
    world.run_until("in the room", |world| world.slots.contains_key(&connection));
}
