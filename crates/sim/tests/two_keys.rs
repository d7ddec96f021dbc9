//! Rooms of a talk between delegations: who comes in, who has to go, and that everybody follows the
//! record.

use core::time::Duration;
use incamera_e2ee::{Rule, State, StopCode};
use incamera_model::MediaKind;
use incamera_sim::World;
use incamera_talk::two_keys::{ActBody, Admit};

const SECOND: Duration = Duration::from_secs(1);

fn state(world: &World, peer: usize) -> State {
    world.peers[peer].view(world.now).state
}

fn names(world: &World, peer: usize) -> Vec<String> {
    let people = world.peers[peer].view(world.now).people;
    let mut names: Vec<String> = people.into_iter().map(|person| person.name).collect();
    names.sort_unstable();
    names
}

#[test]
fn people_of_both_sides_sit_and_hear_each_other() {
    let mut world = World::talk_of(1, &[(0, "Ada"), (1, "Ben"), (0, "Cem"), (1, "Dua")]);
    world.run_for(3 * SECOND);
    for (from, to) in [(0, 1), (1, 0), (2, 3), (3, 2)] {
        let opened = world.media(from, to, MediaKind::Microphone, b"sound");
        assert_eq!(opened.map(|opened| opened.frame), Ok(b"sound".to_vec()));
    }
    let view = world.peers[0].view(world.now);
    let ben = view.people.iter().find(|person| person.name == "Ben");
    let seat = ben.unwrap().affiliation.clone();
    assert_eq!((seat.delegation, seat.role), (Some(1), Some("delegate")));
    assert_eq!(seat.vouched_by.as_deref(), Some("Head 0 of 1"));
    assert_eq!(seat.approved_by, ["Head 0 of 0"]);
}

/// The control: with the rules' approval turned off everywhere, the same person sits.
#[test]
fn nobody_sits_without_the_other_sides_approval() {
    for (off, sits) in [(false, false), (true, true)] {
        let mut world = World::talk(2, Admit::Each);
        let change = |session: &mut incamera_e2ee::RoomSession| {
            if off {
                session.turn_off(Rule::Approved);
            }
        };
        world.seat_with(0, "Ada", &[1], change);
        world.seat_with(1, "Ben", &[0], change);
        world.settle();
        // Eve's own program doesn't care about the rule.
        let eve = world.seat_with(1, "Eve", &[], |eve| eve.turn_off(Rule::Approved));
        world.run_for(10 * SECOND);
        assert_eq!(state(&world, eve) == State::Seated, sits);
        assert_eq!(names(&world, 0).len(), if sits { 3 } else { 2 });
        assert_eq!(state(&world, 0), State::Seated);
    }
}

#[test]
fn in_roster_mode_ones_own_side_is_enough() {
    let mut world = World::talk(3, Admit::Roster);
    world.seat_with(0, "Ada", &[], |_| {});
    world.seat_with(1, "Ben", &[], |_| {});
    world.settle();
}

#[test]
fn who_is_ejected_by_both_goes_at_once_and_hears_nothing() {
    let mut world = World::talk_of(4, &[(0, "Ada"), (1, "Ben"), (1, "Eve")]);
    let eve = world.peers[2].delegated.as_ref().unwrap().seat.tbs().key;
    // Her own program goes on as if nothing had been decided.
    world.with(2, |eve, _| eve.turn_off(Rule::Revoked));
    world.act(0, ActBody::Eject { seat: eve });
    world.run_until(2 * SECOND, |world| names(world, 0) == ["Ada", "Ben"]);
    world.run_until(SECOND, |world| names(world, 1) == ["Ada", "Ben"]);
    let sealed = world.with(0, |ada, _| ada.seal(MediaKind::Microphone, b"private"));
    let opened = world.with(2, |eve, now| eve.open(now, &sealed.unwrap()));
    assert!(opened.is_err());
    // And she doesn't come in again.
    world.run_for(20 * SECOND);
    assert_eq!(names(&world, 0), ["Ada", "Ben"]);
    assert_eq!(
        world
            .media(0, 1, MediaKind::Microphone, b"on")
            .unwrap()
            .frame,
        b"on"
    );
}

#[test]
fn who_is_ejected_is_told_why() {
    let mut world = World::talk_of(5, &[(0, "Ada"), (1, "Eve")]);
    let eve = world.peers[1].delegated.as_ref().unwrap().seat.tbs().key;
    world.act(0, ActBody::Eject { seat: eve });
    let code = StopCode::Revoked;
    world.run_until(2 * SECOND, |world| {
        state(world, 1) == State::Stopped { code }
    });
    world.run_until(2 * SECOND, |world| names(world, 0) == ["Ada"]);
}

#[test]
fn a_locked_room_keeps_its_people_and_nobody_else_comes() {
    let mut world = World::talk_of(6, &[(0, "Ada"), (1, "Ben")]);
    let seats =
        [0, 1].map(|peer: usize| world.peers[peer].delegated.as_ref().unwrap().seat.tbs().key);
    let mut seats = seats.to_vec();
    seats.sort_unstable();
    let room = world.room;
    world.act(0, ActBody::Lock { room, seats });
    world.run_for(2 * SECOND);
    let cem = world.seat_with(0, "Cem", &[1], |cem| cem.turn_off(Rule::LockedOut));
    world.run_for(10 * SECOND);
    assert_eq!(names(&world, 0), ["Ada", "Ben"]);
    assert_eq!(names(&world, 1), ["Ada", "Ben"]);
    world.crash(cem);
    // Unlocked, he comes in.
    world.act(0, ActBody::Unlock { room });
    world.open_tab(cem, |_| {});
    world.settle();
    assert_eq!(names(&world, 0), ["Ada", "Ben", "Cem"]);
}

#[test]
fn the_end_ends_it_for_everybody() {
    let mut world = World::talk_of(7, &[(0, "Ada"), (1, "Ben")]);
    world.act(0, ActBody::End);
    let ended = State::Stopped {
        code: StopCode::Ended,
    };
    world.run_until(2 * SECOND, |world| {
        state(world, 0) == ended && state(world, 1) == ended
    });
}

/// One side alone decides nothing: an act that the other hasn't agreed to changes nothing.
#[test]
fn one_side_alone_ejects_nobody() {
    let mut world = World::talk_of(8, &[(0, "Ada"), (1, "Ben")]);
    let ben = world.peers[1].delegated.as_ref().unwrap().seat.tbs().key;
    let record = &world.of_talk().records[0];
    let act = incamera_talk::two_keys::sample::act(record, ActBody::Eject { seat: ben });
    let proposed = world.write(0, 0, &incamera_talk::two_keys::Body::Act(act));
    assert!(proposed.is_ok());
    world.run_for(10 * SECOND);
    assert_eq!(names(&world, 0), ["Ada", "Ben"]);
}

/// Somebody who comes after many decisions judges the room by what stood when it was opened.
#[test]
fn who_comes_late_follows_a_long_record() {
    let mut world = World::talk_of(9, &[(0, "Ada"), (1, "Ben")]);
    let room = world.room;
    for round in 0..60 {
        let seats = Vec::new();
        let body = match round % 2 {
            0 => ActBody::Lock {
                room: incamera_talk::two_keys::caucus(
                    &incamera_talk::two_keys::sample::TALK,
                    incamera_talk::two_keys::DelegationIndex(0),
                ),
                seats,
            },
            _ => ActBody::Rules(incamera_talk::two_keys::Rules::all_of(
                incamera_talk::two_keys::sample::all(2),
                Admit::Each,
            )),
        };
        world.act(0, body);
        world.run_for(SECOND / 5);
    }
    let _ = room;
    world.seat(0, "Cem");
    world.settle();
    assert_eq!(names(&world, 1), ["Ada", "Ben", "Cem"]);
}

/// R-B2: a whole delegation that isn't heard for 15 s might have been cut off by somebody who wants
/// the others to go on talking to an old group.
#[test]
fn r_b2_nothing_is_sent_while_a_delegation_is_silent() {
    for (off, sends) in [(false, false), (true, true)] {
        let mut world = World::talk_of(10, &[(0, "Ada"), (0, "Abe"), (1, "Ben")]);
        if off {
            world.with(0, |ada, _| ada.turn_off(Rule::Silent));
        }
        world.disconnect(2);
        world.run_for(14 * SECOND);
        let before = world.with(0, |ada, _| ada.seal(MediaKind::Microphone, b"x"));
        assert!(before.is_ok());
        world.run_for(3 * SECOND);
        let during = world.with(0, |ada, _| ada.seal(MediaKind::Microphone, b"x"));
        assert_eq!(during.is_ok(), sends);
        // His leaf is removed by and by, and the others go on.
        world.run_for(20 * SECOND);
        let after = world.with(0, |ada, _| ada.seal(MediaKind::Microphone, b"x"));
        assert!(after.is_ok());
    }
}
