//! Attacks on a room that a link opens, on its media and on what people say of themselves.

use super::{SECOND, when_asked, without};
use core::time::Duration;
use incamera_e2ee::attack::Forgery;
use incamera_e2ee::{
    Notice, OpenError, Person, Quality, QualityCause, QualityLevel, Reaction, Rule,
};
use incamera_model::{ConnectionId, MediaKind, Position, StreamName};
use incamera_sim::World;

pub(crate) const POOR: Quality = Quality {
    level: QualityLevel::Poor,
    cause: QualityCause::Uplink,
};

/// Ada and Ben keep the rules but those in `off`; Mal keeps none about reactions, and is the attacker.
pub(crate) fn world(seed: u64, off: &[Rule]) -> World {
    let mut world = World::new(seed);
    for name in ["Ada", "Ben"] {
        world.join_with(name, without(off));
    }
    world.join_with("Mal", |mal| mal.turn_off(Rule::Reactions));
    world.settle();
    world.run_for(3 * SECOND);
    world
}

/// R-C8 as a joiner sees it: a Welcome of the second commit of an epoch leads into a branch that
/// nobody follows. Whether the joiner sits there.
pub(crate) fn second_commit(off: &[Rule]) -> bool {
    let mut world = world(5, &[]);
    // Nobody serves the door in time, so that Mal is first.
    let commits = StreamName::commits(&world.room);
    world.conditions.withheld.insert(commits.clone());
    let cem = world.join_with("Cem", without(off));
    world.conditions.withheld.clear();
    world.release(&commits);
    let door = StreamName::door(&world.room);
    world.run_until(SECOND, |world| world.logs[0].next(&door).0 >= 3);
    let second = when_asked(&mut world, 2, |mal| mal.forge(Forgery::AddRequested));
    let first = world.with(2, |mal, _| mal.forge(Forgery::SelfUpdate));
    let universe = world.fork(&[cem]);
    world.conditions.bridge_beats = false;
    world.inject(universe, &commits, first.expect("forged"));
    world.inject(universe, &commits, second);
    world.run_for(Duration::from_millis(200));
    world.peers[cem].is_seated(world.now)
}

/// R-C9: a commit that is valid for others can't be processed by Ben. Whether he goes on sending at
/// once; in the end he is back.
pub(crate) fn unprocessable(off: &[Rule]) -> bool {
    let mut world = World::new(12);
    world.join("Ada");
    world.join_with("Ben", without(off));
    world.join("Cem");
    world.settle();
    world.run_for(2 * SECOND);
    world.with(1, |ben, _| ben.sabotage());
    world.with(2, |cem, now| cem.leave(now));
    world.run_until(2 * SECOND, |world| {
        world.peers[0].view(world.now).people.len() == 2
    });
    world.run_for(SECOND / 20);
    let sealed = world.with(1, |ben, _| ben.seal(MediaKind::Camera, b"f"));
    let told = world.peers[1].notices.contains(&Notice::Doubt);
    assert_eq!(told, sealed.is_err());
    world.run_until(10 * SECOND, World::agree);
    let complaint =
        |notice: &Notice| matches!(notice, Notice::Complaint { name, .. } if name == "Ben");
    assert_eq!(world.peers[0].notices.iter().any(complaint), told);
    world.run_for(3 * SECOND);
    assert!(world.media(1, 0, MediaKind::Camera, b"f").is_ok());
    sealed.is_ok()
}

/// Mal answers Cem's request first, with a forged Welcome. Whether Cem sits with the others before
/// asking again, and whether a Welcome was refused.
pub(crate) fn welcome(forgery: Forgery, off: &[Rule]) -> (bool, bool) {
    let mut world = world(6, &[]);
    let commits = StreamName::commits(&world.room);
    let cem = world.join_with("Cem", without(off));
    let forged = when_asked(&mut world, 2, |mal| mal.forge(forgery));
    let claim = world.with(2, |mal, _| mal.forge(Forgery::FarClaim));
    world.inject(0, &commits, claim.expect("forged"));
    world.inject(0, &commits, forged);
    world.run_for(2 * SECOND);
    let refused = |notice: &Notice| matches!(notice, Notice::WelcomeRefused { .. });
    let refused = world.peers[cem].notices.iter().any(refused);
    (world.agree(), refused)
}

// --- media --------------------------------------------------------------------------------------

/// A frame of Ada's or, reflected, of Ben's, as Ben opens it the second time.
pub(crate) fn frame_again(reflected: bool, off: &[Rule]) -> Result<(), OpenError> {
    let mut world = World::new(1);
    world.join("Ada");
    world.join_with("Ben", without(off));
    world.settle();
    world.run_for(3 * SECOND);
    let from = usize::from(reflected);
    let frame = world.with(from, |session, _| session.seal(MediaKind::Camera, b"frame"));
    let frame = frame.expect("seated");
    let mut open = || world.with(1, |ben, now| ben.open(now, &frame).map(|_| ()));
    if !reflected {
        assert_eq!(open(), Ok(()));
    }
    open()
}

// --- presence -----------------------------------------------------------------------------------

pub(crate) fn person(world: &World, viewer: usize, name: &str) -> Person {
    let people = world.peers[viewer].view(world.now).people;
    let found = people.into_iter().find(|person| person.name == name);
    found.expect("in the room")
}

/// How many of 400 reactions in ten seconds Ada is shown.
pub(crate) fn flooding_reactions(off: &[Rule]) -> usize {
    let mut world = world(1, off);
    for _ in 0..400 {
        let told = world.with(2, |mal, now| mal.react(now, Reaction::Slower));
        assert_eq!(told, Ok(()));
        world.run_for(Duration::from_millis(25));
    }
    world.run_for(SECOND);
    world.peers[0].reactions.len()
}

/// Whether somebody who came in later than Ada is believed that their hand was up before.
pub(crate) fn newcomers_hand(off: &[Rule]) -> bool {
    let mut world = World::new(3);
    world.join_with("Ada", without(off));
    world.settle();
    let mal = world.join("Mal");
    world.run_until(3 * SECOND, World::agree);
    world.run_for(2 * SECOND);
    world.with(mal, |mal, now| mal.beat_with(now, Some(Position(0)), POOR));
    world.run_for(SECOND);
    person(&world, 0, "Mal").hand.is_some()
}

/// Whether Mal is believed to have Ada's connection.
pub(crate) fn lying_connection(off: &[Rule]) -> bool {
    let own = Some(ConnectionId(7));
    let mut world = world(1, off);
    let name = |world: &mut World, who, connection| {
        world.with(who, |session, now| session.set_connection(now, connection));
        world.run_for(SECOND);
    };
    name(&mut world, 0, own);
    name(&mut world, 2, own);
    let [at_ada, at_ben] = [0, 1].map(|viewer| {
        assert_eq!(person(&world, viewer, "Ada").connection, own);
        person(&world, viewer, "Mal").connection
    });
    assert_eq!(at_ada, at_ben);
    // One's own is one's own, even if the other named it first.
    name(&mut world, 1, own);
    assert_eq!(person(&world, 1, "Ben").connection, own);
    // Given up, it is free.
    name(&mut world, 0, Some(ConnectionId(8)));
    assert_eq!(person(&world, 0, "Mal").connection, own);
    assert_eq!(person(&world, 2, "Ada").connection, Some(ConnectionId(8)));
    at_ada.is_some()
}

/// How often Ada's page draws, while Mal says something else of himself all the time; what he said
/// last is shown in the end.
pub(crate) fn flapping(off: &[Rule]) -> usize {
    let mut world = world(1, off);
    let before = world.peers[0].views;
    for round in 0..400 {
        let quality = match round % 2 {
            0 => Quality::default(),
            _ => POOR,
        };
        world.with(2, |mal, now| mal.beat_with(now, None, quality));
        world.run_for(Duration::from_millis(25));
    }
    let count = world.peers[0].views - before;
    world.run_for(3 * SECOND);
    assert_eq!(person(&world, 0, "Mal").quality, POOR);
    count
}

/// R-P5: all machines sleep, as when the host of all is suspended. Whether whoever woke first threw
/// somebody out.
pub(crate) fn overslept(seed: u64, slept: Duration, off: &[Rule]) -> bool {
    let mut world = World::new(seed);
    for name in ["Ada", "Ben", "Cem"] {
        world.join_with(name, without(off));
    }
    world.settle();
    world.run_for(2 * SECOND);
    let epoch = world.peers[0].view(world.now).epoch;
    for index in 0..3 {
        world.sleep(index);
    }
    world.run_for(slept);
    for index in 0..3 {
        world.wake(index, slept, true, false);
        let pause = Duration::from_millis(world.rng.below(900));
        world.run_for(pause);
    }
    world.run_until(10 * SECOND, World::agree);
    world.peers[0].view(world.now).epoch != epoch
}

/// How often Ben is told of sound forged in Ada's name, when Mal and the server make a frame that
/// comes `at` this place among hers.
pub(crate) fn forged_sound(at: Option<u64>, off: &[Rule]) -> usize {
    let mut world = World::new(1);
    world.join("Ada");
    world.join_with("Ben", without(off));
    world.join("Mal");
    world.settle();
    world.with(0, |ada, now| {
        ada.set_sending(now, MediaKind::Microphone, true)
    });
    world.run_for(Duration::from_secs(3));
    let ada = world.peers[0].leaf(world.now).expect("seated");
    for frame in 0..300 {
        if frame == 50
            && let Some(counter) = at
        {
            let forged = world.with(2, |mal, _| mal.seal_as(ada, counter, b"yes"));
            let opened = world.with(1, |ben, now| ben.open(now, &forged.expect("seated")));
            let opened = opened.expect("it is authentic as far as keys go");
            assert_eq!(opened.leaf, ada);
        }
        // One is lost on the way, as happens.
        let sealed = world.with(0, |ada, _| ada.seal(MediaKind::Microphone, b"no"));
        if frame != 30 {
            let _ = world.with(1, |ben, now| ben.open(now, &sealed.expect("seated")));
        }
        world.run_for(Duration::from_millis(20));
    }
    world.run_for(Duration::from_secs(5));
    let told = world.peers[1]
        .notices
        .iter()
        .filter(|notice| matches!(notice, Notice::ForgedSound { name } if name == "Ada"));
    told.count()
}
