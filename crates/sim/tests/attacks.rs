//! What members, link holders and the server try. Each test names its rule and shows that with the
//! rule turned off the attack would succeed.

mod common;

use common::link::{second_commit, unprocessable, welcome, world};
use common::{SECOND, when_asked};
use core::time::Duration;
use incamera_e2ee::attack::{Flaw, Forgery};
use incamera_e2ee::{Notice, Rule, State, StopCode};
use incamera_model::{MediaKind, StreamName};
use incamera_sim::World;

/// Mal forges; whether Ada took it: her epoch moved on.
fn takes(seed: u64, forgery: Forgery, off: &[Rule]) -> (bool, Vec<Notice>) {
    let mut world = world(seed, off);
    let before = world.peers[0].view(world.now).epoch;
    if forgery == Forgery::Psk {
        (0..2).for_each(|peer| world.with(peer, |session, _| session.know_psk()));
    }
    let entry = world.with(2, |mal, _| mal.forge(forgery)).expect("forged");
    let commits = StreamName::commits(&world.room);
    world.inject(0, &commits, entry);
    world.run_for(SECOND);
    let taken = world.peers[0].view(world.now).epoch > before;
    assert_eq!(
        taken,
        world.peers[1].view(world.now).epoch > before,
        "Ada and Ben decide alike"
    );
    (taken, world.peers[0].notices.clone())
}

/// The attack is refused and its rule named; with `off` turned off it succeeds.
#[track_caller]
fn check(forgery: Forgery, rule: Rule, off: &[Rule]) {
    let (taken, notices) = takes(1, forgery, &[]);
    assert!(!taken, "{forgery:?} is refused");
    let named = notices.iter().any(
        |notice| matches!(notice, Notice::CommitRefused { rule: named, .. } if *named == rule),
    );
    assert!(named, "{forgery:?} is refused by {rule}");
    assert!(takes(1, forgery, off).0, "{forgery:?} without {off:?}");
}

#[test]
fn positive_control_valid_commits_are_taken() {
    assert!(takes(1, Forgery::SelfUpdate, &[]).0);
    assert!(takes(1, Forgery::Add(Flaw::None), &[]).0);
}

#[test]
fn r_c1_external_commit() {
    check(
        Forgery::ExternalCommit,
        Rule::C1,
        &[Rule::C1, Rule::C2, Rule::C4],
    );
}

#[test]
fn r_c2_external_init_is_no_proposal_for_us() {
    let (taken, notices) = takes(1, Forgery::ExternalCommit, &[Rule::C1]);
    assert!(!taken && !notices.is_empty());
}

#[test]
fn r_c2_a_lone_proposal_is_void() {
    let (taken, _) = takes(1, Forgery::LoneProposal, &[]);
    assert!(!taken);
}

#[test]
fn r_c2_a_pre_shared_key_proposal() {
    check(Forgery::Psk, Rule::C2, &[Rule::C2]);
}

#[test]
fn r_c3_wrong_lifetime() {
    check(Forgery::Add(Flaw::Lifetime), Rule::C3, &[Rule::C3]);
}

#[test]
fn r_c3_wrong_capabilities() {
    check(Forgery::Add(Flaw::Capabilities), Rule::C3, &[Rule::C3]);
}

#[test]
fn r_c3_leaf_extension() {
    check(Forgery::Add(Flaw::LeafExtension), Rule::C3, &[Rule::C3]);
}

#[test]
fn r_c4_capabilities_changed_in_a_path() {
    check(Forgery::CapablePath, Rule::C4, &[Rule::C4, Rule::C3]);
}

#[test]
fn r_c4_name_changed_in_a_path() {
    check(Forgery::RenamedPath, Rule::C4, &[Rule::C4]);
}

/// Its positive control is `Flaw::None`: a seat that isn't vouched for has no name to be shown.
#[test]
fn r_c5_a_seat_of_another_invitation() {
    let (taken, notices) = takes(1, Forgery::Add(Flaw::OtherInvitation), &[]);
    assert!(!taken);
    assert!(notices.iter().any(|notice| matches!(
        notice,
        Notice::CommitRefused { rule: Rule::C5, by: Some(name), .. } if name == "Mal"
    )));
}

#[test]
fn r_c7_group_context() {
    check(Forgery::GroupContext, Rule::C7, &[Rule::C7]);
}

#[test]
fn r_c6_who_removed_and_added_is_named() {
    let mut world = World::seated(3, &["Ada", "Ben", "Cem"]);
    world.with(2, |cem, now| cem.leave(now));
    world.run_until(2 * SECOND, World::agree);
    let removed = world.peers[1]
        .notices
        .iter()
        .find_map(|notice| match notice {
            Notice::Removed { name, by } => Some((name.clone(), by.clone())),
            _ => None,
        });
    let (name, by) = removed.expect("told");
    assert_eq!(name, "Cem");
    assert!(by.is_some());
}

/// R-C8: of two valid commits for one epoch the first wins, for everybody.
#[test]
fn r_c8_the_second_valid_commit_is_void() {
    let mut world = world(4, &[]);
    let epoch = world.peers[0].view(world.now).epoch;
    let first = world
        .with(2, |mal, _| mal.forge(Forgery::SelfUpdate))
        .unwrap();
    let second = world
        .with(2, |mal, _| mal.forge(Forgery::Add(Flaw::None)))
        .unwrap();
    let commits = StreamName::commits(&world.room);
    world.inject(0, &commits, first);
    world.inject(0, &commits, second);
    world.run_for(Duration::from_millis(500));
    for index in [0, 1] {
        let view = world.peers[index].view(world.now);
        assert_eq!(view.epoch, epoch + 1);
        assert!(!view.people.iter().any(|person| person.name == "Ghost"));
    }
}

#[test]
fn r_c8_a_joiner_does_not_follow_the_second_commit() {
    assert!(!second_commit(&[]));
    assert!(second_commit(&[Rule::C8]), "positive control");
}

/// R-C10: a junk Welcome is refused, and the key package still works for the true one.
#[test]
fn r_c10_a_junk_welcome_does_not_burn_the_key_package() {
    for (off, served_at_once) in [(&[][..], true), (&[Rule::KeepPackage][..], false)] {
        let seated = welcome(Forgery::JunkWelcome, off);
        assert_eq!(seated, (served_at_once, true), "{off:?}");
    }
}

#[test]
fn r_c10_a_welcome_into_another_group_is_refused() {
    let (_, refused) = welcome(Forgery::ForeignWelcome, &[]);
    assert!(refused);
    let (_, refused) = welcome(Forgery::ForeignWelcome, &[Rule::C10]);
    assert!(!refused, "positive control");
}

/// R-C10 asks for R-C5 of every member: a Welcome into a branch in which somebody unvouched for
/// sits is refused. The control is the same branch with a seat that is vouched for.
#[test]
fn r_c10_every_member_of_the_tree_is_verified() {
    for (flaw, taken) in [(Flaw::OtherInvitation, false), (Flaw::None, true)] {
        let mut world = world(14, &[]);
        let commits = StreamName::commits(&world.room);
        let cem = world.join("Cem");
        let forgery = Forgery::StrangerWelcome(flaw);
        let branch = when_asked(&mut world, 2, |mal| mal.forge(forgery));
        let update = world.with(2, |mal, _| mal.forge(Forgery::SelfUpdate));
        world.inject(0, &commits, update.unwrap());
        world.inject(0, &commits, branch);
        world.run_for(Duration::from_millis(150));
        let people = world.peers[cem].view(world.now).people;
        let shown = people.iter().any(|person| person.name == "Ghost");
        assert_eq!(shown, taken, "{flaw:?}");
        let refused = world.peers[cem]
            .notices
            .iter()
            .any(|notice| matches!(notice, Notice::WelcomeRefused { rule } if *rule == Rule::C5));
        assert_eq!(refused, !taken);
    }
}

/// The server shows two logs: as soon as a beat crosses, everybody stops.
#[test]
fn r_b1_a_fork_stops_everybody() {
    let fork = StopCode::Fork;
    assert_eq!(forked(&[]), State::Stopped { code: fork });
    assert_eq!(forked(&[Rule::Fork]), State::Seated, "positive control");
}

/// Ada's and Ben's state after each was shown another commit of Mal's for the same epoch.
fn forked(off: &[Rule]) -> State {
    let mut world = world(7, off);
    let commits = StreamName::commits(&world.room);
    world.fork(&[1]);
    let one = world
        .with(2, |mal, _| mal.forge(Forgery::SelfUpdate))
        .expect("forged");
    let two = world
        .with(2, |mal, _| mal.forge(Forgery::SelfUpdate))
        .expect("forged");
    world.inject(0, &commits, one);
    world.inject(1, &commits, two);
    world.run_for(Duration::from_secs(8));
    let state = world.peers[0].view(world.now).state;
    assert_eq!(state, world.peers[1].view(world.now).state);
    for index in [0, 1] {
        let sealed = world.with(index, |session, _| session.seal(MediaKind::Camera, b"f"));
        assert_eq!(sealed.is_ok(), state == State::Seated);
    }
    state
}

/// Ada was in the new epoch before, and would say so again in 5 s: that Ben's is another one she finds
/// first, and tells him by her last beat.
#[test]
fn r_b1_whoever_stops_first_shows_the_others_why() {
    let mut world = world(7, &[]);
    let commits = StreamName::commits(&world.room);
    world.fork(&[1]);
    let mut forge = || {
        let forged = world.with(2, |mal, _| mal.forge(Forgery::SelfUpdate));
        forged.expect("forged")
    };
    let (one, two) = (forge(), forge());
    world.inject(0, &commits, one);
    world.run_for(Duration::from_millis(900));
    world.inject(1, &commits, two);
    world.run_for(Duration::from_millis(900));
    for index in [0, 1] {
        let code = StopCode::Fork;
        let state = world.peers[index].view(world.now).state;
        assert_eq!(state, State::Stopped { code }, "{index}");
    }
}

/// R-C9: he stops sending, says so, and comes in again.
#[test]
fn r_c9_an_unprocessable_commit_is_told_and_survived() {
    assert!(!unprocessable(&[]));
    assert!(unprocessable(&[Rule::C9]), "positive control");
}

/// Who was removed can't go on speaking in an epoch that others still read.
#[test]
fn a_removed_person_is_not_read_any_more() {
    let mut world = World::seated(13, &["Ada", "Ben", "Cem"]);
    world.run_for(2 * SECOND);
    let mut keeper = world.peers[2].session.take().expect("open");
    world.disconnect(2);
    world.run_until(Duration::from_secs(40), World::agree);
    keeper.send_chat(world.now, "still here").unwrap();
    keeper.handle_connected(world.now);
    let messages = StreamName::messages(&world.room);
    let mut sent = false;
    while let Some(output) = keeper.poll_output() {
        if let incamera_e2ee::Output::Append { stream, entry, .. } = output
            && stream == messages
        {
            world.inject(0, &messages, entry);
            sent = true;
        }
    }
    assert!(sent, "the removed person had the keys to write it");
    world.run_for(SECOND);
    assert!(world.peers[0].said.is_empty());
}

/// A commit withheld from one: sending stops, and they come in again.
#[test]
fn a_withheld_commit_stops_sending() {
    let mut world = World::seated(8, &["Ada", "Ben", "Cem"]);
    world.run_for(2 * SECOND);
    world.fork(&[1]);
    world.with(2, |cem, now| cem.leave(now));
    world.run_until(2 * SECOND, |world| {
        world.peers[0].view(world.now).people.len() == 2
    });
    world.run_for(Duration::from_secs(7));
    let sealed = world.with(1, |ben, _| ben.seal(MediaKind::Camera, b"f"));
    assert!(sealed.is_err(), "Ben stops while Cem could still listen");
}

#[test]
fn junk_everywhere_disturbs_nobody() {
    let mut world = World::seated(9, &["Ada", "Ben"]);
    let room = world.room;
    let streams = [
        StreamName::commits(&room),
        StreamName::door(&room),
        StreamName::messages(&room),
    ];
    for round in 0..20 {
        for stream in &streams {
            let junk = vec![round; 256 << (round % 3)];
            let sealed = world
                .with(0, |ada, _| ada.seal_entry(stream, &[round; 90]))
                .unwrap();
            world.inject(0, stream, junk);
            world.inject(0, stream, sealed);
        }
    }
    world.run_for(2 * SECOND);
    let cem = world.join("Cem");
    world.run_until(3 * SECOND, World::agree);
    world.with(cem, |cem, now| cem.send_chat(now, "through").unwrap());
    world.run_until(SECOND, |world| !world.peers[0].said.is_empty());
}

/// The door's requests can't be played again to evict somebody or to bring back a leaver.
#[test]
fn a_replayed_door_request_is_void() {
    let mut world = World::seated(10, &["Ada", "Ben", "Cem"]);
    let door = StreamName::door(&world.room);
    let requests: Vec<Vec<u8>> = world.logs[0].entries(&door).to_vec();
    let epoch = world.peers[0].view(world.now).epoch;
    for request in &requests {
        world.inject(0, &door, request.clone());
    }
    world.run_for(2 * SECOND);
    assert_eq!(world.peers[0].view(world.now).epoch, epoch);
    world.with(2, |cem, now| cem.leave(now));
    world.run_until(2 * SECOND, World::agree);
    for request in requests {
        world.inject(0, &door, request);
    }
    world.run_for(2 * SECOND);
    assert!(world.agree());
}

/// What a test sees of a person is redacted wherever it could reach a log.
#[test]
fn debug_tells_no_names() {
    let mut world = World::seated(11, &["Ada", "Ben"]);
    world.with(0, |ada, now| ada.send_chat(now, "confidential").unwrap());
    world.run_for(SECOND);
    let view = world.peers[1].view(world.now);
    let shown = format!(
        "{view:?} {:?} {:?} {:?}",
        world.peers[1].session, view.people, world.peers[1].notices
    );
    for secret in ["Ada", "Ben", "confidential", "Simulated"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}
