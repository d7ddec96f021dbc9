//! Machines that sleep, with clocks that count it and clocks that don't, and seats that are taken
//! twice: it ends by itself, in a seat or with a reason.

mod common;

use common::SECOND;
use common::link::overslept;
use core::time::Duration;
use incamera_e2ee::{Notice, Rule, State, StopCode};
use incamera_model::MediaKind;
use incamera_sim::World;

const SLEEPS: [Duration; 5] = [
    Duration::from_secs(5),
    Duration::from_secs(29),
    Duration::from_secs(31),
    Duration::from_secs(600),
    Duration::from_secs(8 * 3600),
];
/// Until somebody who woke sits, agrees and is heard.
const BACK: Duration = Duration::from_secs(10);

/// Whether the clock counts the sleep, whether the connection was cut meanwhile.
const WAYS: [(bool, bool); 4] = [(true, true), (true, false), (false, true), (false, false)];

#[track_caller]
fn all_hear_all(world: &mut World) {
    world.run_for(3 * SECOND);
    let seated: Vec<usize> = (0..world.peers.len())
        .filter(|index| world.peers[*index].is_seated(world.now))
        .collect();
    for from in &seated {
        for to in seated.iter().filter(|to| *to != from) {
            let leaf = world.peers[*from].leaf(world.now);
            let opened = world.media(*from, *to, MediaKind::Microphone, b"frame");
            assert_eq!(opened.map(|opened| opened.leaf).ok(), leaf);
        }
    }
}

fn sits_with(world: &World, viewer: usize, name: &str) -> bool {
    let view = world.peers[viewer].view(world.now);
    view.people.iter().any(|person| person.name == name)
}

#[test]
fn one_sleeps_and_is_back_by_itself() {
    for (seed, slept) in (0..).zip(SLEEPS) {
        for (counted, cut) in WAYS {
            let mut world = World::seated(seed, &["Ada", "Ben", "Cem"]);
            world.run_for(2 * SECOND);
            world.sleep(0);
            world.run_for(slept);
            // Their last beat was up to five seconds before.
            match slept.as_secs() {
                0..20 => assert!(sits_with(&world, 1, "Ada")),
                30.. => assert!(!sits_with(&world, 1, "Ada")),
                _ => {}
            }
            world.wake(0, slept, counted, cut);
            world.run_until(BACK, World::agree);
            assert_eq!(world.peers[0].view(world.now).people.len(), 3);
            all_hear_all(&mut world);
            let thrown_out = |notice: &Notice| matches!(notice, Notice::ComingBack { .. });
            for awake in [1, 2] {
                assert!(!world.peers[awake].notices.iter().any(thrown_out));
            }
        }
    }
}

#[test]
fn all_but_one_sleep() {
    for (seed, slept) in (10..).zip(SLEEPS) {
        for (counted, cut) in WAYS {
            let mut world = World::seated(seed, &["Ada", "Ben", "Cem"]);
            world.run_for(2 * SECOND);
            world.sleep(0);
            world.sleep(1);
            world.run_for(slept);
            world.wake(0, slept, counted, cut);
            world.run_for(Duration::from_millis(700));
            world.wake(1, slept + Duration::from_millis(700), counted, cut);
            world.run_until(BACK, World::agree);
            all_hear_all(&mut world);
        }
    }
}

/// R-P5: all machines sleep, as when the host of all is suspended: whoever wakes first doesn't
/// throw the others out.
#[test]
fn r_p5_who_wakes_does_not_take_the_others_for_dead() {
    for seed in 20..40 {
        for slept in [31, 600] {
            assert!(!overslept(seed, Duration::from_secs(slept), &[]));
        }
    }
    let careless = |seed| overslept(seed, Duration::from_secs(600), &[Rule::Overslept]);
    assert!((20..40).any(careless), "positive control");
}

#[test]
fn the_room_was_opened_anew_meanwhile() {
    for (seed, slept) in (40..).zip(SLEEPS) {
        for (counted, cut) in WAYS {
            let mut world = World::seated(seed, &["Ada", "Ben"]);
            world.run_for(2 * SECOND);
            world.sleep(0);
            world.sleep(1);
            world.run_for(SECOND);
            let cem = world.join("Cem");
            world.run_until(BACK, |world| world.peers[cem].is_seated(world.now));
            assert_eq!(world.peers[cem].view(world.now).people.len(), 1);
            world.run_for(slept);
            let slept = slept + 20 * SECOND;
            world.wake(0, slept, counted, cut);
            world.run_for(Duration::from_millis(100));
            world.wake(1, slept, counted, cut);
            world.run_until(BACK, World::agree);
            assert_eq!(world.peers[cem].view(world.now).people.len(), 3);
            all_hear_all(&mut world);
        }
    }
}

/// Sent from before the sleep, or knocking at the door: sleep in the middle of anything.
#[test]
fn asleep_on_the_way_in() {
    for seed in 60..90 {
        let mut world = World::seated(seed, &["Ada", "Ben"]);
        world.run_for(2 * SECOND);
        let cem = world.join("Cem");
        let pause = Duration::from_millis(world.rng.below(200));
        world.run_for(pause);
        world.sleep(cem);
        let slept = SLEEPS[world.rng.below(4) as usize];
        world.run_for(slept);
        let (counted, cut) = WAYS[world.rng.below(4) as usize];
        world.wake(cem, slept, counted, cut);
        world.run_until(BACK, World::agree);
        assert_eq!(world.peers[0].view(world.now).people.len(), 3);
        let reopened = |notice: &Notice| matches!(notice, Notice::Reopened { .. });
        assert!(!world.peers[0].notices.iter().any(reopened));
        all_hear_all(&mut world);
    }
}

/// Nobody is shown longer than 30 seconds after their last beat, however they went.
#[test]
fn no_ghost_outlives_thirty_seconds() {
    for seed in 100..140 {
        let mut world = World::seated(seed, &["Ada", "Ben", "Cem", "Dan", "Eve"]);
        let pause = Duration::from_millis(6000 + world.rng.below(6000));
        world.run_for(pause);
        if seed % 2 == 0 {
            world.with(0, |ada, now| ada.set_sending(now, MediaKind::Camera, true));
            world.run_for(2 * SECOND);
        }
        let ghosts = 1 + seed as usize % 3;
        for ghost in 0..ghosts {
            match world.rng.below(3) {
                0 => world.crash(ghost),
                1 => world.disconnect(ghost),
                _ => world.sleep(ghost),
            }
            let pause = Duration::from_millis(world.rng.below(800));
            world.run_for(pause);
        }
        for (ghost, name) in ["Ada", "Ben", "Cem"].into_iter().enumerate().take(ghosts) {
            let last = world.peers[ghost].last_beat.expect("they beat");
            if ghost == 0 {
                world.run_for((last + 28 * SECOND).since(world.now));
                assert!(sits_with(&world, 4, name), "not too early");
            }
            world.run_for((last + 30 * SECOND).since(world.now));
            for viewer in ghosts..5 {
                assert!(!sits_with(&world, viewer, name), "seed {seed}: {name}");
            }
        }
        // And nobody else went.
        assert_eq!(world.peers[4].view(world.now).people.len(), 5 - ghosts);
    }
}

/// However a seat comes to be taken twice: one stays, the other is told.
#[test]
fn a_seat_taken_twice() {
    for seed in 0..60 {
        let others = &["Ada", "Ben", "Cem"][..1 + seed as usize % 3];
        let mut world = World::seated(200 + seed, others);
        world.run_for(2 * SECOND);
        let slept = SLEEPS[world.rng.below(4) as usize];
        let (counted, cut) = WAYS[world.rng.below(4) as usize];
        let first_sleeps = world.rng.chance(600);
        if first_sleeps {
            world.sleep(0);
        }
        let second = world.join_again(0);
        if !first_sleeps && world.rng.chance(300) {
            // Both at the door at once: the room is opened anew under them.
            world.disconnect(0);
            world.reconnect_in(0, Duration::from_millis(50));
        }
        world.run_for(slept);
        if first_sleeps {
            world.wake(0, slept, counted, cut);
        }
        world.run_for(Duration::from_secs(45));
        let replaced = State::Stopped {
            code: StopCode::Replaced,
        };
        let states = [0, second].map(|index| world.peers[index].view(world.now).state);
        assert!(
            matches!(states, [State::Seated, other] | [other, State::Seated] if other == replaced),
            "seed {seed}: {states:?}"
        );
        let stayed = if states[0] == State::Seated {
            0
        } else {
            second
        };
        let people = world.peers[stayed].view(world.now).people;
        let seats = people.iter().filter(|person| person.name == "Ada").count();
        assert_eq!((seats, people.len()), (1, others.len()));
        world.crash(if stayed == 0 { second } else { 0 });
        all_hear_all(&mut world);
    }
}

/// People sleep, wake, come and go at random: once it is quiet all who stayed agree.
#[test]
fn schedules() {
    for seed in 0..50 {
        let mut world = World::new(1000 + seed);
        let mut asleep = [None; 5];
        world.join("P0");
        world.join("P1");
        for _ in 0..14 {
            let index = world.rng.below(world.peers.len() as u64) as usize;
            match (world.rng.below(6), asleep[index]) {
                (0, _) if world.peers.len() < 5 => {
                    world.join(&format!("P{}", world.peers.len()));
                }
                (_, Some(since)) => {
                    let slept = world.now - since;
                    let (counted, cut) = WAYS[world.rng.below(4) as usize];
                    world.wake(index, slept, counted, cut);
                    asleep[index] = None;
                }
                (1, None) => {
                    world.disconnect(index);
                    world.reconnect_in(index, SECOND);
                }
                (_, None) => {
                    world.sleep(index);
                    asleep[index] = Some(world.now);
                }
            }
            let pause = match world.rng.below(4) {
                0 => SLEEPS[world.rng.below(4) as usize],
                _ => Duration::from_millis(world.rng.below(3000)),
            };
            world.run_for(pause);
        }
        for (index, since) in asleep.into_iter().enumerate() {
            if let Some(since) = since {
                let slept = world.now - since;
                let (counted, cut) = WAYS[world.rng.below(4) as usize];
                world.wake(index, slept, counted, cut);
            }
        }
        world.run_until(Duration::from_secs(60), World::agree);
        assert!(
            (0..world.peers.len()).all(|index| world.peers[index].is_seated(world.now)),
            "seed {seed}: {:?}",
            world.views()
        );
        all_hear_all(&mut world);
    }
}
