//! What a hostile member of a delegation tries in a room of a talk, with the server's help. Each test
//! names its rule and shows that with the rule turned off the attack would succeed.

mod common;

use common::SECOND;
use common::talk::*;
use incamera_e2ee::attack_talk::{Context, TalkForgery};
use incamera_e2ee::{Notice, Rule};
use incamera_model::StreamName;
use incamera_sim::World;
use incamera_talk::two_keys::{DelegationIndex, Place, Role, SeatTbs, caucus, sample};
use incamera_talk::{Name, SeatKey};

/// Refused with all rules, and not without this one.
#[track_caller]
fn check(rule: Rule, attack: impl Fn(&[Rule]) -> bool) {
    assert!(!attack(&[]), "refused");
    assert!(attack(&[rule]), "without {rule}");
}

#[test]
fn r_c1_marks_that_the_commit_does_not_authenticate() {
    check(Rule::C1, unlike_marks);
}

#[test]
fn r_c2_a_pre_shared_key() {
    check(Rule::C2, pre_shared_key);
}

#[test]
fn r_c3_a_lifetime() {
    check(Rule::C3, lifetime);
}

#[test]
fn r_c4_a_path_that_renames() {
    check(Rule::C4, renamed_path);
}

#[test]
fn r_c5_a_seat_for_another_room() {
    check(Rule::C5, other_room);
}

#[test]
fn r_c5_a_seat_with_another_key() {
    check(Rule::C5, other_key);
}

/// An approval binds everything that a seat is.
#[test]
fn r_c5_an_approval_of_something_else() {
    let changes: [fn(&mut SeatTbs); 7] = [
        |tbs| tbs.talk.0[0] ^= 1,
        |tbs| tbs.role = Role::Head,
        |tbs| tbs.name = Name::new("Somebody Else").unwrap(),
        |tbs| tbs.rooms.push(caucus(&sample::TALK, DelegationIndex(0))),
        |tbs| tbs.key = SeatKey(sample::key("another").public()),
        |tbs| tbs.invite[0] ^= 1,
        |tbs| tbs.serial += 1,
    ];
    for change in changes {
        assert!(!other_approval(change));
    }
    assert!(other_approval(|_| {}), "positive control");
}

#[test]
fn r_c5a_nobody_of_the_other_side_approved() {
    check(Rule::Approved, unapproved);
}

#[test]
fn r_c5b_who_does_not_stand_any_more() {
    for fall in [Fall::Ejected, Fall::Withdrawn, Fall::HeadRevoked] {
        check(Rule::Revoked, |off| fallen(fall, off));
    }
}

#[test]
fn r_c5c_who_is_locked_out() {
    check(Rule::LockedOut, locked_out);
}

#[test]
fn r_c5d_an_automatic_invitation_used_twice() {
    check(Rule::SingleUse, second_use);
}

#[test]
fn r_c7_the_fallen_stay() {
    check(Rule::C7, nobody_removed);
}

/// Somebody outside who may propose, or fewer capabilities that are required.
#[test]
fn r_c7_a_context_that_says_more() {
    for context in [Context::Senders, Context::Capabilities] {
        check(Rule::C7, |off| other_context(context, off));
    }
}

#[test]
fn r_c6_who_removed_somebody_is_named() {
    let mut world = delegates(&[]);
    let removal = TalkForgery {
        removes: vec![key(&world.peers[BEN].secret)],
        ..TalkForgery::default()
    };
    let entry = forge(&mut world, &removal);
    let commits = StreamName::commits(&world.room);
    world.inject(0, &commits, entry);
    let by_mal = |notice: &Notice| matches!(notice, Notice::Removed { name, by: Some(by) } if name == "Ben" && by == "Mal");
    world.run_until(SECOND, |world| world.peers[ADA].notices.iter().any(by_mal));
    // And it is undone by coming in again.
    world.run_until(20 * SECOND, World::agree);
}

#[test]
fn r_c7_back_in_the_record() {
    check(Rule::C7, back_in_the_record);
}

#[test]
fn r_c8a_opened_in_the_past() {
    check(Rule::OldPlace, opened_in_the_past);
}

#[test]
fn r_c10_a_welcome_to_somebody_fallen() {
    check(Rule::C10, welcome_to_the_fallen);
}

#[test]
fn r_b1_two_records() {
    check(Rule::Fork, two_records);
}

#[test]
fn r_b2_an_ejection_kept_back() {
    check(Rule::Silent, eject_withheld);
}

#[test]
fn r_b4_a_removal_kept_back() {
    check(Rule::Fallen, removal_withheld);
}

// --- one alone locks nobody out -----------------------------------------------------------------

/// Mal removes everybody, lets nobody in, and goes on beating as if there were somebody.
#[test]
fn a_member_who_is_left_alone_keeps_nobody_out() {
    let mut world = delegates(&[]);
    let removal = TalkForgery {
        removes: [ADA, BEN]
            .map(|peer: usize| key(&world.peers[peer].secret))
            .to_vec(),
        ..TalkForgery::default()
    };
    let entry = forge(&mut world, &removal);
    let commits = StreamName::commits(&world.room);
    for stream in [commits.clone(), StreamName::door(&world.room)] {
        world.conditions.withheld_from.insert((MAL, stream));
    }
    world.inject(0, &commits, entry);
    let together = |world: &World| {
        [ADA, BEN].iter().all(|peer| {
            let people = world.peers[*peer].view(world.now).people;
            people.len() == 2 && people.iter().all(|person| person.name != "Mal")
        })
    };
    world.run_until(30 * SECOND, together);
}

/// Entries that name places of the record that there aren't: each would be waited for.
#[test]
fn invented_places_do_not_stop_the_room() {
    let mut world = delegates(&[]);
    let commits = StreamName::commits(&world.room);
    for ahead in 0..50 {
        let place = Place {
            position: 10 + ahead,
            prev: [7; 32],
        };
        let forgery = TalkForgery {
            place: Some(place),
            context: Context::Moved(place),
            ..TalkForgery::default()
        };
        let entry = forge(&mut world, &forgery);
        world.inject(0, &commits, entry);
    }
    world.seat(0, "Cem");
    world.run_until(15 * SECOND, World::agree);
}

/// Headers that claim the epochs to come, so that a newcomer takes no commit for the first of its
/// epoch.
#[test]
fn claimed_epochs_do_not_keep_newcomers_out() {
    let mut world = delegates(&[]);
    let commits = StreamName::commits(&world.room);
    for ahead in 0..40 {
        let forgery = TalkForgery {
            claims: Some(ahead),
            ..TalkForgery::default()
        };
        let entry = forge(&mut world, &forgery);
        world.inject(0, &commits, entry);
    }
    world.run_until(10 * SECOND, World::agree);
    world.seat(0, "Cem");
    world.run_until(40 * SECOND, World::agree);
}
