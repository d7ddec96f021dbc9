//! Hands, reactions, connections and quality: as people mean them, and as a member could misuse
//! them.

mod common;

use common::SECOND;
use common::link::{
    POOR, flapping, flooding_reactions, lying_connection, newcomers_hand, person, world,
};
use core::time::Duration;
use incamera_e2ee::{PresenceError, Quality, Reaction, Rule};
use incamera_model::{MediaKind, Position, StreamName};
use incamera_sim::{Conditions, World};

/// Whose hands are up, first come first.
fn queue(world: &World, viewer: usize) -> Vec<String> {
    let mut up: Vec<_> = world.peers[viewer]
        .view(world.now)
        .people
        .into_iter()
        .filter_map(|person| Some((person.hand?, person.name)))
        .collect();
    up.sort();
    up.into_iter().map(|(_, name)| name).collect()
}

#[track_caller]
fn all_see(world: &World, expected: &[&str]) {
    for viewer in 0..world.peers.len() {
        if world.peers[viewer].is_seated(world.now) {
            assert_eq!(queue(world, viewer), expected, "as {viewer} sees it");
        }
    }
}

fn raise(world: &mut World, who: usize, raised: bool) {
    let told = world.with(who, |session, now| session.set_hand(now, raised));
    assert_eq!(told, Ok(()));
}

#[test]
fn hands_stand_in_the_order_in_which_they_went_up() {
    let mut world = world(1, &[]);
    for who in [2, 0, 1] {
        raise(&mut world, who, true);
        world.run_for(SECOND);
    }
    all_see(&world, &["Mal", "Ada", "Ben"]);
    raise(&mut world, 2, false);
    // Up already: the place is kept.
    raise(&mut world, 1, true);
    world.run_for(SECOND);
    all_see(&world, &["Ada", "Ben"]);
    raise(&mut world, 2, true);
    world.run_for(SECOND);
    all_see(&world, &["Ada", "Ben", "Mal"]);
}

#[test]
fn whoever_comes_later_sees_the_same_order() {
    let mut world = world(1, &[]);
    raise(&mut world, 1, true);
    world.run_for(SECOND);
    raise(&mut world, 0, true);
    world.run_for(SECOND);
    world.join("Cem");
    world.run_until(3 * SECOND, World::agree);
    world.run_for(6 * SECOND);
    all_see(&world, &["Ben", "Ada"]);
    raise(&mut world, 3, true);
    raise(&mut world, 1, false);
    world.run_for(SECOND);
    all_see(&world, &["Ada", "Cem"]);
}

/// Raised while somebody is being let in: nobody misses it.
#[test]
fn a_hand_that_goes_up_while_somebody_comes_in() {
    for seed in 0..40 {
        let mut world = World::seated(seed, &["Ada", "Ben"]);
        world.run_for(2 * SECOND);
        world.conditions = Conditions {
            min_ms: 5,
            max_ms: 400,
            ..Conditions::default()
        };
        world.join("Cem");
        let pause = Duration::from_millis(world.rng.below(1200));
        world.run_for(pause);
        raise(&mut world, 1, true);
        world.run_until(Duration::from_secs(20), World::agree);
        world.run_for(8 * SECOND);
        all_see(&world, &["Ben"]);
    }
}

#[test]
fn a_hand_outlives_a_lost_connection_and_not_its_owner() {
    let mut world = world(1, &[]);
    // It reaches the log, the answer never comes back.
    raise(&mut world, 0, true);
    let messages = StreamName::messages(&world.room);
    world.run_until(SECOND, |world| world.logs[0].next(&messages).0 == 1);
    world.disconnect(0);
    world.run_for(SECOND);
    world.connect(0);
    world.run_for(2 * SECOND);
    all_see(&world, &["Ada"]);
    assert_eq!(world.logs[0].next(&messages).0, 1, "said once");
    // Said while there is no connection, it is said when there is.
    world.disconnect(1);
    raise(&mut world, 1, true);
    world.run_for(SECOND);
    world.connect(1);
    world.run_for(2 * SECOND);
    all_see(&world, &["Ada", "Ben"]);
    // A reload forgets it.
    world.crash(0);
    world.open_tab(0, |_| {});
    world.run_until(5 * SECOND, World::agree);
    world.run_for(6 * SECOND);
    all_see(&world, &["Ben"]);
}

#[test]
fn a_hand_is_up_again_in_a_room_that_was_opened_anew() {
    let mut world = world(1, &[]);
    raise(&mut world, 0, true);
    world.run_for(SECOND);
    for who in 0..3 {
        world.sleep(who);
    }
    let cem = world.join("Cem");
    world.run_until(10 * SECOND, |world| world.peers[cem].is_seated(world.now));
    for who in 0..3 {
        world.wake(who, 5 * SECOND, true, false);
    }
    world.run_until(20 * SECOND, World::agree);
    world.run_for(6 * SECOND);
    all_see(&world, &["Ada"]);
}

#[test]
fn reactions_are_shown_and_too_many_refused() {
    let mut world = world(1, &[]);
    let react = |world: &mut World| world.with(0, |ada, now| ada.react(now, Reaction::Applause));
    assert_eq!(react(&mut world), Ok(()));
    assert_eq!(react(&mut world), Ok(()));
    assert_eq!(react(&mut world), Err(PresenceError::TooFast));
    world.run_for(3 * SECOND / 2);
    assert_eq!(react(&mut world), Ok(()));
    world.run_for(SECOND);
    for peer in &world.peers {
        assert_eq!(
            peer.reactions,
            vec![("Ada".to_owned(), Reaction::Applause); 3]
        );
    }
    world.disconnect(0);
    assert_eq!(react(&mut world), Err(PresenceError::NotConnected));
}

/// R-P1: a member who reacts without end is shown twice a second.
#[test]
fn r_p1_flooding_reactions() {
    assert!((20..=22).contains(&flooding_reactions(&[])));
    assert_eq!(flooding_reactions(&[Rule::Reactions]), 400);
}

/// R-P2: a beat that claims an earlier place moves nobody in the queue, neither for those who read
/// the messages nor, once it was told, for those who came later.
#[test]
fn r_p2_a_forged_place_in_the_queue() {
    for (off, order) in [
        (&[][..], ["Ada", "Mal"]),
        (&[Rule::Hands][..], ["Mal", "Ada"]),
    ] {
        let mut world = world(1, off);
        world.run_for(SECOND);
        for who in [0, 2] {
            raise(&mut world, who, true);
            world.run_for(SECOND);
        }
        let cem = world.join_with("Cem", |cem| {
            off.iter().for_each(|rule| cem.turn_off(*rule));
        });
        world.run_until(3 * SECOND, World::agree);
        world.run_for(6 * SECOND);
        assert_eq!(queue(&world, cem), ["Ada", "Mal"]);
        let first = Some(Position(0));
        world.with(2, |mal, now| {
            mal.set_connection(now, None);
            mal.beat_with(now, first, Quality::default());
        });
        world.run_for(SECOND);
        if off.is_empty() {
            assert_eq!(queue(&world, 1), order, "who read the message");
        }
        let up = |who| person(&world, cem, who).hand;
        assert_eq!(up("Mal") == first, !off.is_empty(), "who came later");
    }
}

/// R-P2: nobody who came in later than oneself can say that a hand was up before.
#[test]
fn r_p2_a_newcomers_hand_is_up_when_its_message_says_so() {
    assert!(!newcomers_hand(&[]));
    assert!(newcomers_hand(&[Rule::Hands]), "positive control");
}

/// Who says what they send before they know the room comes in with it.
#[test]
fn sending_said_early_is_told() {
    let mut world = world(1, &[]);
    let dan = world.join("Dan");
    world.with(dan, |session, now| {
        session.set_sending(now, MediaKind::Camera, true);
    });
    world.run_until(3 * SECOND, World::agree);
    world.run_for(2 * SECOND);
    assert_eq!(person(&world, 0, "Dan").sending, [MediaKind::Camera]);
}

/// R-P3: who names somebody else's connection as their own isn't believed.
#[test]
fn r_p3_a_lying_connection() {
    assert!(!lying_connection(&[]));
    assert!(lying_connection(&[Rule::Connections]), "positive control");
}

/// R-P4: a member who says something else of themselves all the time doesn't keep the others'
/// pages busy.
#[test]
fn r_p4_flapping() {
    assert!((0..=30).contains(&flapping(&[])));
    assert!((390..=500).contains(&flapping(&[Rule::Changes])));
}

/// What one says of oneself goes out at once, and twice a second at most.
#[test]
fn quality_is_told_at_once() {
    let mut world = world(1, &[]);
    let tell = |world: &mut World, quality| {
        world.with(0, |ada, now| ada.set_quality(now, quality));
    };
    tell(&mut world, POOR);
    world.run_for(Duration::from_millis(100));
    assert_eq!(person(&world, 1, "Ada").quality, POOR);
    tell(&mut world, Quality::default());
    world.run_for(Duration::from_millis(100));
    assert_eq!(person(&world, 1, "Ada").quality, POOR, "not yet");
    world.run_for(Duration::from_millis(500));
    assert_eq!(person(&world, 1, "Ada").quality, Quality::default());
    assert_eq!(person(&world, 0, "Ada").quality, Quality::default());
}

/// Hands go up and down on bad networks, people come, go and lose their connections: once it is
/// quiet, all who stayed see the same queue.
#[test]
fn schedules_of_hands() {
    for seed in 0..60 {
        let mut world = World::new(seed);
        world.conditions = Conditions {
            min_ms: 1 + seed % 20,
            max_ms: 40 + seed % 300,
            drop: seed % 4 * 50,
            duplicate: seed % 5 * 30,
            ..Conditions::default()
        };
        world.join("P0");
        world.join("P1");
        world.run_until(Duration::from_secs(60), World::agree);
        for _ in 0..14 {
            let index = world.rng.below(world.peers.len() as u64) as usize;
            match world.rng.below(6) {
                0 if world.peers.len() < 5 => {
                    world.join(&format!("P{}", world.peers.len()));
                }
                1 => {
                    let after = Duration::from_millis(world.rng.below(6000));
                    world.disconnect(index);
                    world.reconnect_in(index, after);
                }
                _ => {
                    let raised = world.rng.chance(600);
                    let _ = world.with(index, |session, now| session.set_hand(now, raised));
                }
            }
            let pause = Duration::from_millis(world.rng.below(1500));
            world.run_for(pause);
        }
        world.conditions = Conditions::default();
        world.run_for(Duration::from_secs(10));
        world.run_until(Duration::from_secs(60), World::agree);
        world.run_for(Duration::from_secs(12));
        let expected = queue(&world, 0);
        for viewer in 1..world.peers.len() {
            let mut seen = queue(&world, viewer);
            let mut same = expected.clone();
            // A newcomer who couldn't read a message that was on its way may order it later.
            seen.sort();
            same.sort();
            assert_eq!(seen, same, "seed {seed}, as {viewer} sees it");
        }
    }
}
