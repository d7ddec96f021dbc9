//! Random people, random networks: whatever happens, once it is quiet everybody who stayed agrees.

use core::time::Duration;
use incamera_model::MediaKind;
use incamera_sim::{Conditions, World};

fn run(seed: u64) {
    let mut world = World::new(seed);
    world.conditions = Conditions {
        min_ms: 1 + seed % 20,
        max_ms: 40 + seed % 400,
        drop: seed % 7 * 20,
        duplicate: seed % 5 * 30,
        alter: seed % 3 * 50,
        ..Conditions::default()
    };
    world.join("P0");
    for step in 0..12 {
        match world.rng.below(8) {
            0..=2 if world.peers.len() < 6 => {
                world.join(&format!("P{}", world.peers.len()));
            }
            3 => any(&mut world, true, |world, index| {
                world.crash(index);
                world.open_tab(index, |_| {});
            }),
            4 => any(&mut world, true, |world, index| {
                let after = Duration::from_millis(world.rng.below(40_000));
                world.disconnect(index);
                world.reconnect_in(index, after);
            }),
            5 => any(&mut world, true, World::crash),
            6 => any(&mut world, false, |world, index| {
                world.open_tab(index, |_| {})
            }),
            _ => any(&mut world, true, |world, index| {
                let text = format!("{index}/{step}");
                let _ = world.with(index, |session, now| session.send_chat(now, &text));
            }),
        }
        let pause = Duration::from_millis(world.rng.below(3000));
        world.run_for(pause);
    }
    world.conditions = Conditions::default();
    // Long enough for every outage, every dead leaf, and coming in again.
    world.run_for(Duration::from_secs(50));
    world.run_until(Duration::from_secs(60), World::agree);
    world.run_for(Duration::from_secs(3));
    check_media(&mut world);
}

fn any(world: &mut World, open: bool, act: impl FnOnce(&mut World, usize)) {
    let candidates: Vec<usize> = (0..world.peers.len())
        .filter(|index| world.peers[*index].session.is_some() == open)
        .collect();
    if !candidates.is_empty() {
        let chosen = candidates[world.rng.below(candidates.len() as u64) as usize];
        act(world, chosen);
    }
}

fn check_media(world: &mut World) {
    let seated: Vec<usize> = (0..world.peers.len())
        .filter(|index| world.peers[*index].is_seated(world.now))
        .collect();
    for from in &seated {
        for to in &seated {
            if from != to {
                let opened = world.media(*from, *to, MediaKind::Screen, b"frame");
                let leaf = opened.map(|opened| opened.leaf).ok();
                assert_eq!(leaf, world.peers[*from].leaf(world.now));
            }
        }
    }
}

#[test]
fn schedules_0_to_59() {
    (0..60).for_each(run);
}

#[test]
fn schedules_60_to_119() {
    (60..120).for_each(run);
}

#[test]
fn schedules_120_to_179() {
    (120..180).for_each(run);
}

#[test]
fn schedules_180_to_239() {
    (180..240).for_each(run);
}
