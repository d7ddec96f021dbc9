//! A peer whose network changes stays in its session.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod common;

use common::{CLEAN, World};
use incamera_model::ConnectionId;
use incamera_sfu::{Limits, OfferError};
use std::net::SocketAddr;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

fn elsewhere() -> SocketAddr {
    SocketAddr::from(([203, 0, 113, 9], 4000))
}

/// Two peers that see and hear each other.
fn call(limits: Limits) -> World {
    let mut world = World::with_limits(CLEAN, limits);
    world.join();
    world.join();
    world.talk(&[0, 1], 60);
    assert!(heard(&mut world, 0, 30) && heard(&mut world, 1, 30));
    world
}

/// Whether a peer received so many packets since it was last asked.
fn heard(world: &mut World, peer: usize, least: usize) -> bool {
    let count = world.peers[peer].received.len();
    world.peers[peer].received.clear();
    count >= least
}

/// How long both talk until a peer hears again.
fn time_until_heard(world: &mut World, peer: usize) -> Duration {
    world.peers[peer].received.clear();
    let from = world.now;
    while world.peers[peer].received.is_empty() {
        assert!(world.now - from < 30 * SECOND, "never heard again");
        world.talk(&[0, 1], 1);
    }
    world.now - from
}

#[test]
fn a_changed_address_goes_on_without_a_word() {
    let mut world = call(Limits::default());
    world.peers[0].seen_at = elsewhere();
    let waited = time_until_heard(&mut world, 0);
    // Until the peer checks its path again, and the old one is taken for silent.
    assert!(waited <= 6 * SECOND, "{waited:?}");
    world.talk(&[0, 1], 60);
    assert!(heard(&mut world, 0, 100) && heard(&mut world, 1, 100));
    // And back again.
    world.peers[0].seen_at = world.peers[0].address;
    let waited = time_until_heard(&mut world, 0);
    assert!(waited <= 6 * SECOND, "{waited:?}");
    assert!(world.closed.is_empty());
}

#[test]
fn a_restart_goes_on_from_another_address_at_once() {
    let mut world = call(Limits::default());
    let sessions = world.sfu.session_count();
    for round in 1..=3 {
        world.cut = Some(0);
        world.talk(&[0, 1], 300);
        world.peers[1].received.clear();
        world.talk(&[0, 1], 10);
        assert!(!heard(&mut world, 1, 1), "nothing gets through");
        world.cut = None;
        let address = SocketAddr::from(([203, 0, 113, round], 4000));
        world.restart_ice(0, address).unwrap();
        let waited = time_until_heard(&mut world, 0);
        assert!(waited <= SECOND, "{waited:?}");
        world.talk(&[0, 1], 60);
        assert!(heard(&mut world, 0, 100) && heard(&mut world, 1, 100));
    }
    assert_eq!(world.sfu.session_count(), sessions);
    assert!(world.closed.is_empty());
    assert_eq!(world.sfu.counters().failed, 0);
}

/// Media goes on over the old path while the new one is found, and the old name is forgotten.
#[test]
fn a_restart_in_good_health_is_not_heard() {
    let mut world = call(Limits::default());
    let address = world.peers[0].address;
    for _ in 0..5 {
        world.restart_ice(0, address).unwrap();
        world.peers[1].received.clear();
        world.talk(&[0, 1], 50);
        assert!(heard(&mut world, 1, 95), "lost on the way");
    }
    world.talk(&[0, 1], 2500);
    assert!(heard(&mut world, 0, 4000) && heard(&mut world, 1, 4000));
    assert!(
        world.closed.is_empty(),
        "a session that came back is no lost one"
    );
}

#[test]
fn a_peer_that_comes_back_in_time_is_still_there() {
    let mut world = call(Limits::default());
    world.cut = Some(0);
    world.run(25 * SECOND);
    assert!(world.closed.is_empty());
    world.cut = None;
    let address = world.peers[0].address;
    world.restart_ice(0, address).unwrap();
    let waited = time_until_heard(&mut world, 0);
    assert!(waited <= SECOND, "{waited:?}");
    // It isn't counted as lost any more.
    world.talk(&[0, 1], 3000);
    assert!(world.closed.is_empty());
}

#[test]
fn a_peer_that_does_not_come_back_is_let_go() {
    for (keep, until) in [(Duration::ZERO, 25), (30 * SECOND, 50)] {
        let keep_it = Limits {
            keep,
            ..Limits::default()
        };
        let mut world = call(keep_it);
        world.cut = Some(0);
        let from = world.now;
        while world.closed.is_empty() {
            assert!(world.now - from < 60 * SECOND, "kept for ever");
            world.run(SECOND / 10);
        }
        assert_eq!(world.closed, [ConnectionId(1)]);
        let took = world.now - from;
        assert!(took > keep && took < until * SECOND, "{took:?}");
        assert_eq!(world.sfu.session_count(), 1);
        let address = world.peers[0].address;
        let restarted = world.restart_ice(0, address);
        assert_eq!(restarted, Err(OfferError::NoSession));
    }
}

/// A restart whose peer never shows up doesn't keep a session for ever.
#[test]
fn a_restart_that_leads_nowhere_is_let_go() {
    let mut world = call(Limits::default());
    world.cut = Some(0);
    let address = world.peers[0].address;
    let from = world.now;
    while world.closed.is_empty() {
        assert!(world.now - from < 60 * SECOND, "kept for ever");
        // Asking again and again makes no difference.
        let _ = world.restart_ice(0, address);
        world.run(5 * SECOND);
    }
    assert_eq!(world.closed, [ConnectionId(1)]);
}

#[test]
fn a_restart_changes_nothing_but_ice() {
    let mut world = call(Limits::default());
    let request = |world: &World, sdp: &str| world.restart_of(0, sdp.to_owned());
    let mut api = world.peers[0].rtc.sdp_api();
    api.ice_restart(true);
    let (offer, _) = api.apply().unwrap();
    let offer = offer.to_sdp_string();
    let mut fewer = request(&world, &offer);
    fewer.senders.pop();
    assert!(world.sfu.handle_offer(world.now, fewer).is_err());
    let mut other = request(&world, include_str!("offers/chromium.sdp"));
    other.senders.truncate(0);
    assert!(world.sfu.handle_offer(world.now, other).is_err());
    let junk = request(&world, "v=0");
    assert!(world.sfu.handle_offer(world.now, junk).is_err());
    world
        .sfu
        .handle_offer(world.now, request(&world, &offer))
        .unwrap();
    assert!(world.closed.is_empty());
    assert_eq!(world.sfu.session_count(), 2);
}

/// An attacker who knows addresses and user names, but not the password.
#[test]
fn nobody_else_moves_a_session() {
    let mut world = call(Limits::default());
    let own = world.peers[0].rtc.direct_api().local_ice_credentials();
    let name = format!("{}:{}", world.peers[0].ufrag, own.ufrag);
    let mut attributes = Vec::new();
    let mut add = |kind: u16, value: &[u8]| {
        attributes.extend(kind.to_be_bytes());
        attributes.extend((value.len() as u16).to_be_bytes());
        attributes.extend(value);
        attributes.resize(attributes.len().next_multiple_of(4), 0);
    };
    add(0x0006, name.as_bytes());
    add(0x0024, &[0x7E, 0, 0, 0]);
    add(0x802A, &[1; 8]);
    add(0x0025, &[]);
    add(0x0008, &[9; 20]);
    let length = attributes.len() as u16;
    let mut forged = vec![0, 1];
    forged.extend(length.to_be_bytes());
    forged.extend([0x21, 0x12, 0xA4, 0x42]);
    forged.extend([7; 12]);
    forged.extend(&attributes);
    let unknown = world.sfu.counters().unknown_user;
    for _ in 0..100 {
        world.inject(elsewhere(), &forged);
        let address = world.peers[0].seen_at;
        world.inject(address, &forged);
        world.talk(&[0, 1], 1);
    }
    assert_eq!(world.sfu.counters().unknown_user - unknown, 100);
    // The peer falls silent, and still nothing of its goes elsewhere.
    world.cut = Some(0);
    world.sent_to.clear();
    for _ in 0..20 {
        world.inject(elsewhere(), &forged);
        world.talk(&[1], 10);
    }
    assert!(!world.sent_to.contains(&elsewhere()));
    assert!(world.sent_to.contains(&world.peers[0].seen_at));
}
