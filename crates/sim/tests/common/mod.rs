//! Attacks that more than one test tries. Each tells whether it succeeded against people who don't
//! keep the rules in `off`.
#![allow(dead_code, reason = "each test uses some of it")]

pub(crate) mod link;
pub(crate) mod talk;

use core::time::Duration;
use incamera_e2ee::{Notice, RoomSession, Rule};
use incamera_sim::World;

pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// Turns rules off in a session.
pub(crate) fn without(off: &[Rule]) -> impl Fn(&mut RoomSession) + '_ {
    |session| off.iter().for_each(|rule| session.turn_off(*rule))
}

/// Whether somebody was told that a commit broke this rule.
pub(crate) fn named(world: &World, peer: usize, rule: Rule) -> bool {
    let refused = |notice: &Notice| {
        matches!(notice, Notice::CommitRefused { rule: named, .. }
            | Notice::WelcomeRefused { rule: named } if *named == rule)
    };
    world.peers[peer].notices.iter().any(refused)
}

/// What somebody makes once it is possible, because somebody waits at the door.
pub(crate) fn when_asked<T>(
    world: &mut World,
    who: usize,
    make: impl Fn(&mut RoomSession) -> Result<T, &'static str>,
) -> T {
    for _ in 0..1000 {
        if let Ok(made) = world.with(who, |session, _| make(session)) {
            return made;
        }
        world.run_for(Duration::from_millis(1));
    }
    panic!("nobody asks at the door");
}
