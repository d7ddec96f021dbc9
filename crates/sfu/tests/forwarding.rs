//! What peers of a room get of each other.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod common;

use common::*;
use incamera_model::{ConnectionId, MediaKind, RoomId, SourceId};
use incamera_sfu::RawDependency;
use std::time::Duration;
use str0m::rtp::ExtensionValues;

/// Numbers without a gap or a repetition.
#[track_caller]
fn check_gapless(world: &World, peer: usize, slot: usize, least: usize) {
    let packets = world.peers[peer].in_slot(slot);
    assert!(packets.len() >= least, "{} of {least}", packets.len());
    for pair in packets.windows(2) {
        assert_eq!(
            *pair[0].seq_no + 1,
            *pair[1].seq_no,
            "slot {slot} of {peer}"
        );
    }
}

#[test]
fn two_peers_see_and_hear_each_other() {
    let mut world = World::new(CLEAN);
    let (a, b) = (world.join(), world.join());
    world.talk(&[a, b], 100);
    world.run(Duration::from_millis(200));
    for (peer, other) in [(a, 2), (b, 1)] {
        let connection = ConnectionId(peer as u32 + 1);
        let slots = &world.slots[&connection];
        assert_eq!(slots[0], source(other, MediaKind::Microphone));
        assert_eq!(slots[2], source(other, MediaKind::Camera));
        check_gapless(&world, peer, 0, 100);
        check_gapless(&world, peer, 2, 100);
        let last = world.peers[peer].in_slot(2).pop().unwrap();
        assert_eq!(last.payload[3..], 99u32.to_be_bytes());
        let sound = world.peers[peer].in_slot(0).pop().unwrap();
        assert_eq!(sound.payload[..], 99u32.to_be_bytes());
        assert_eq!(sound.header.ext_vals.audio_level, Some(-30));
    }
}

#[test]
fn ten_peers_fill_the_slots_and_no_more() {
    let mut world = World::new(CLEAN);
    let peers: Vec<usize> = (0..10).map(|_| world.join()).collect();
    world.talk(&peers, 40);
    world.run(Duration::from_millis(200));
    for &peer in &peers {
        for slot in 0..6 {
            check_gapless(&world, peer, slot, 5);
        }
        assert!(
            world.slots[&ConnectionId(peer as u32 + 1)]
                .iter()
                .all(Option::is_some)
        );
    }
    assert_eq!(world.sfu.counters().failed, 0);
}

#[test]
fn a_late_joiner_gets_a_key_frame_and_a_leaver_frees_its_slots() {
    let mut world = World::new(CLEAN);
    let (a, b) = (world.join(), world.join());
    world.talk(&[a, b], 40);
    world.peers[a].asked.clear();
    world.run(Duration::from_secs(1));
    let late = world.join();
    world.send(a, MediaKind::Camera, false, b"delta");
    world.run(Duration::from_millis(500));
    let asked: Vec<MediaKind> = world.peers[a].asked.iter().map(|(_, kind)| *kind).collect();
    assert_eq!(asked, [MediaKind::Camera], "once, for the one that waits");
    assert!(
        world.peers[late].in_slot(2).is_empty(),
        "nothing before a key frame"
    );
    world.send(a, MediaKind::Camera, true, b"key");
    world.run(Duration::from_millis(500));
    assert_eq!(world.peers[late].in_slot(2).len(), 1);

    world.sfu.hangup(world.now, ConnectionId(1));
    world.drain_node();
    world.run(Duration::from_millis(100));
    let slots = &world.slots[&ConnectionId(3)];
    assert!(
        slots
            .iter()
            .flatten()
            .all(|source| source.connection == ConnectionId(2))
    );
    assert_eq!(world.sfu.session_count(), 2);
    let before = world.peers[late].received.len();
    world.talk(&[b], 10);
    assert!(
        world.peers[late].received.len() > before,
        "the others go on"
    );
}

/// A browser takes a while after the last DTLS packet until it can decrypt, and sends nothing
/// until then. A key frame that is spent on it before is followed by none for a second.
#[test]
fn no_key_frame_is_spent_on_who_cant_decrypt_yet() {
    let mut world = World::new(CLEAN);
    let a = world.join();
    world.talk(&[a], 40);
    world.run(Duration::from_secs(1));
    world.peers[a].asked.clear();
    let b = world.join_later(ROOM, 2, 4);
    world.deaf = Some(b);
    world.run_until("connected", |world| world.peers[b].connected);
    let (deaf_until, end) = (
        world.now + Duration::from_millis(150),
        Duration::from_secs(2),
    );
    let mut answered = 0;
    let begun = |world: &World| {
        world.peers[b]
            .in_slot(2)
            .iter()
            .any(|p| p.payload[0] == 0x8C)
    };
    while !begun(&world) && world.now < deaf_until + end {
        let asked = world.peers[a].asked.len();
        world.send(a, MediaKind::Camera, asked > answered, b"x");
        answered = asked;
        if world.now >= deaf_until {
            world.deaf = None;
            world.send(b, MediaKind::Microphone, false, b"x");
        }
        world.run(Duration::from_millis(20));
    }
    let waited = world.now.saturating_duration_since(deaf_until);
    assert!(waited <= Duration::from_millis(100), "{waited:?}");
    assert_eq!(answered, 1, "one key frame was enough");
}

/// Who only listens sends nothing at first, and is shown something all the same.
#[test]
fn who_stays_silent_is_let_in_too() {
    let mut world = World::new(CLEAN);
    let b = world.join_later(ROOM, 2, 4);
    world.run_until("connected", |world| world.peers[b].connected);
    let connected = world.now;
    world.run_until("in the room", |world| {
        world.slots.contains_key(&ConnectionId(1))
    });
    assert!(world.now - connected <= Duration::from_millis(400));
}

#[test]
fn losses_are_repaired() {
    let path = Path {
        delay: Duration::from_millis(20),
        jitter: Duration::from_millis(5),
        loss_per_mille: 50,
    };
    let mut world = World::new(path);
    let peers: Vec<usize> = (0..3).map(|_| world.join()).collect();
    world.talk(&peers, 500);
    world.path.loss_per_mille = 0;
    world.talk(&peers, 20);
    world.run(Duration::from_secs(1));
    for &peer in &peers {
        for slot in [2, 3] {
            check_gapless(&world, peer, slot, 450);
        }
    }
    let sound: usize = world.peers[peers[0]].in_slot(0).len();
    assert!(
        sound < 500,
        "the control: sound isn't sent again, so losses show: {sound}"
    );
}

#[test]
fn rooms_hear_nothing_of_each_other() {
    let mut world = World::new(CLEAN);
    let a = world.join();
    let other = world.join_later((ROOM.0, RoomId([9; 16])), 2, 2);
    world.run_until("connected", |world| world.peers[other].connected);
    world.talk(&[a, other], 30);
    assert!(world.peers[a].received.is_empty() && world.peers[other].received.is_empty());
    assert!(world.sfu.counters().media_received > 0, "the control");
}

#[test]
fn watch_chooses_what_is_sent() {
    let mut world = World::new(CLEAN);
    let (a, b) = (world.join(), world.join());
    world.talk(&[b], 5);
    let screen = SourceId {
        connection: ConnectionId(2),
        kind: MediaKind::Screen,
    };
    world
        .sfu
        .handle_watch(world.now, ConnectionId(1), &[(screen, 1280)]);
    world.drain_node();
    world.peers[a].received.clear();
    world.send(b, MediaKind::Screen, true, b"screen");
    world.send(b, MediaKind::Camera, true, b"camera");
    world.run(Duration::from_millis(500));
    let bodies: Vec<&[u8]> = world.peers[a]
        .received
        .iter()
        .map(|r| &r.packet.payload[3..])
        .collect();
    assert_eq!(bodies, [b"screen"]);
}

#[test]
fn the_dependency_descriptor_passes_unchanged() {
    let mut world = World::new(CLEAN);
    let (a, b) = (world.join(), world.join());
    let descriptors: [&[u8]; 3] = [
        &[
            0xC0, 0, 1, 0x80, 9, 9, 9, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
        ],
        &[0xC0, 0, 2],
        &[0xC0, 0, 3],
    ];
    for descriptor in descriptors {
        let mut extensions = ExtensionValues::default();
        extensions.user_values.set(RawDependency(descriptor.into()));
        // A delta frame by its payload: that the first one passes shows that the descriptor is read.
        world.send_at(b, MediaKind::Camera, false, b"x", world.now, extensions);
        world.run(Duration::from_millis(50));
    }
    let got = world.peers[a].in_slot(2);
    let got = got
        .iter()
        .map(|p| p.header.ext_vals.user_values.get::<RawDependency>());
    let got: Vec<&[u8]> = got.map(|raw| &*raw.unwrap().0).collect();
    assert_eq!(got, descriptors);
}

/// What was captured together must be played together: by the reports that a receiver gets for
/// two slots, frames of one moment have one time, although the picture is sent 150 ms later.
#[test]
fn sender_reports_keep_lips_in_sync() {
    let path = Path {
        jitter: Duration::from_millis(8),
        ..CLEAN
    };
    let mut world = World::new(path);
    let (a, b) = (world.join(), world.join());
    let encoding = Duration::from_millis(150);
    let mut captured = Vec::new();
    for round in 0..400u32 {
        let now = world.now;
        captured.push(now);
        let none = ExtensionValues::default;
        world.send_at(
            b,
            MediaKind::Microphone,
            false,
            &round.to_be_bytes(),
            now,
            none(),
        );
        if let Some(then) = captured.get((round as usize).wrapping_sub(8)) {
            assert!(now - *then >= encoding);
            world.send_at(
                b,
                MediaKind::Camera,
                round % 30 == 8,
                &(round - 8).to_be_bytes(),
                *then,
                none(),
            );
        }
        world.run(Duration::from_millis(20));
    }
    let shown = |slot: usize, rate: f64, round: u32| {
        let peer = &world.peers[a];
        let packets = peer.in_slot(slot);
        let packet = packets
            .iter()
            .find(|p| p.payload.ends_with(&round.to_be_bytes()))
            .unwrap();
        let (_, _, info) = peer
            .reports
            .iter()
            .rfind(|(_, mid, _)| *mid == peer.slots[slot])
            .unwrap();
        let ticks = packet
            .header
            .timestamp
            .wrapping_sub(info.rtp_time.numer() as u32) as i32;
        let since = info
            .ntp_time
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap()
            .as_secs_f64();
        since + f64::from(ticks) / rate
    };
    let apart = shown(0, 48_000.0, 380) - shown(2, 90_000.0, 380);
    assert!(apart.abs() < 0.015, "{apart} s apart");
}
