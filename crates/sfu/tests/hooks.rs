//! The wiretap and the alteration that other tests rely on. Runs with `--features test-hooks`.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]
#![cfg(feature = "test-hooks")]

mod common;

use common::*;
use incamera_model::MediaKind;
use incamera_sfu::Hooks;
use std::sync::{Arc, Mutex};

#[test]
fn the_tap_sees_what_is_forwarded_and_every_nth_payload_is_altered() {
    let mut world = World::new(CLEAN);
    let (a, b) = (world.join(), world.join());
    let seen = Arc::new(Mutex::new(Vec::new()));
    let tap = {
        let seen = Arc::clone(&seen);
        move |kind: MediaKind, payload: &[u8]| seen.lock().unwrap().push((kind, payload.to_vec()))
    };
    world.sfu.set_hooks(Hooks {
        tap: Some(Arc::new(tap)),
        flip_every: 3,
        ..Hooks::default()
    });
    for round in 0..30u8 {
        world.send(b, MediaKind::Microphone, false, &[round, 0xAA]);
        world.send(b, MediaKind::Camera, true, &[round, 0xAA]);
        world.run(std::time::Duration::from_millis(20));
    }
    world.run(std::time::Duration::from_millis(200));
    let seen = seen.lock().unwrap();
    assert_eq!(
        seen.iter()
            .filter(|(kind, _)| *kind == MediaKind::Camera)
            .count(),
        30
    );
    let sent = |payload: &[u8]| seen.iter().any(|(_, seen)| seen == payload);
    let peer = &world.peers[a];
    let (same, altered): (Vec<_>, Vec<_>) = peer
        .received
        .iter()
        .map(|r| &*r.packet.payload)
        .partition(|payload| sent(payload));
    assert!(altered.len() >= 15, "{}", altered.len());
    assert!(same.len() >= 30, "{}", same.len());
}
