//! Honest people of two delegations, a hostile member, somebody who was never admitted and a server
//! that cheats, by chance: after each step nobody hears what they may not, and once the cheating
//! ends everybody agrees, or has stopped because of a fork.
//!
//! A failure prints its seed; `ADVERSARY_SEED=n cargo test -p incamera-sim --test adversary one_seed`
//! plays it again.

mod checks;
#[path = "../common/mod.rs"]
mod common;
mod deeds;

use common::talk::{key, latest, lawless};
use common::{SECOND, without};
use core::time::Duration;
use incamera_e2ee::{Notice, Rule, State, StopCode};
use incamera_model::{StreamName, Timestamp};
use incamera_sim::{Model, World};
use incamera_talk::SeatKey;
use incamera_talk::two_keys::{Admit, Place};
use std::collections::{BTreeMap, BTreeSet};

const STEPS: usize = 12;
/// The most honest people.
const PEOPLE: usize = 5;

/// One schedule.
struct Play {
    world: World,
    /// The reference for each of the server's logs.
    models: Vec<Model>,
    /// Which log's record each person has read.
    read_in: Vec<usize>,
    honest: Vec<usize>,
    /// A member who was admitted, and keeps no rule.
    mal: usize,
    asleep: BTreeMap<usize, Timestamp>,
    /// Where the record began.
    first: Place,
    /// Whether the server may show different logs to different people.
    may_fork: bool,
    /// Whether something happened after which members may find that they disagree.
    forked: bool,
    /// Whether a hostile member told, by beats, of a branch of their own: that stops everybody.
    may_stop: bool,
    /// What honest people don't keep: nothing, or a test of this test.
    off: &'static [Rule],
}

impl Play {
    /// Honest people don't keep the rules in `off`.
    fn begin(seed: u64, off: &'static [Rule]) -> Self {
        let world = World::talk(seed, Admit::Each);
        let mut play = Self {
            first: latest(&world, 0),
            world,
            models: vec![Model::default()],
            read_in: Vec::new(),
            honest: Vec::new(),
            mal: 2,
            asleep: BTreeMap::new(),
            may_fork: seed % 2 == 0,
            forked: false,
            may_stop: false,
            off,
        };
        for delegation in [0, 1] {
            let index = play.person(delegation, "Honest", true);
            play.honest.push(index);
        }
        play.person((seed / 2 % 2) as u8, "Mal", true);
        // Never admitted by the other side.
        let eve = play.person((seed / 4 % 2) as u8, "Eve", false);
        for index in 0..eve {
            play.open(index);
        }
        play.world.run_until(60 * SECOND, World::agree);
        play.open(eve);
        play
    }

    fn seat(&self, index: usize) -> SeatKey {
        key(&self.world.peers[index].secret)
    }

    fn is_honest(&self, index: usize) -> bool {
        self.honest.contains(&index)
    }

    fn is_open(&self, index: usize) -> bool {
        self.world.peers[index].session.is_some()
    }

    /// Opens a tab, or reloads it.
    fn open(&mut self, index: usize) {
        self.read_in[index] = self.world.peers[index].universe;
        let (honest, off) = (self.is_honest(index), self.off);
        self.world.open_tab(index, |session| match honest {
            true => without(off)(session),
            false => lawless(session),
        });
    }

    fn state(&self, index: usize) -> State {
        self.world.peers[index].view(self.world.now).state
    }

    /// How far somebody has read the record, and the reference for it.
    fn read(&self, index: usize) -> (&Model, u64) {
        let delegated = self.world.peers[index].delegated.as_ref();
        let record = &delegated.expect("of a delegation").record;
        let model = &self.models[self.read_in[index]];
        (model, record.next_place().position)
    }

    /// The cheating ends: one log for everybody, no more attacker, everybody awake and connected.
    fn calm(&mut self) {
        for index in 0..self.world.peers.len() {
            if let Some(since) = self.asleep.remove(&index) {
                let slept = self.world.now - since;
                self.world.wake(index, slept, true, false);
            }
            if !self.is_honest(index) && self.is_open(index) {
                self.world.crash(index);
            }
        }
        for index in 0..self.world.peers.len() {
            let (_, read) = self.read(index);
            let records = [self.read_in[index], 0].map(|universe| {
                let entries = self.world.logs[universe].entries(&StreamName::record());
                entries.get(..read as usize)
            });
            if records[0] == records[1] {
                self.read_in[index] = 0;
            }
        }
        self.world.heal();
        for index in self.honest.clone() {
            let peer = &self.world.peers[index];
            if peer.session.is_some() && !peer.connected() {
                self.world.reconnect_in(index, SECOND);
            }
        }
    }

    /// Whoever may be there and hasn't been stopped.
    fn expected(&self) -> Vec<usize> {
        let honest = self.honest.iter().copied();
        honest
            .filter(|index| self.is_open(*index))
            .filter(|index| self.models[0].stands_now(&self.seat(*index)))
            .filter(|index| !matches!(self.state(*index), State::Stopped { .. }))
            .collect()
    }

    fn reload(&mut self, which: impl Fn(State) -> bool) {
        for index in self.honest.clone() {
            if self.is_open(index) && which(self.state(index)) {
                self.world.crash(index);
                self.open(index);
            }
        }
    }

    /// Whether those who are expected sit together, and nobody else.
    fn agrees(&mut self) -> bool {
        let expected = self.expected();
        let seats: BTreeSet<SeatKey> = expected.iter().map(|index| self.seat(*index)).collect();
        let mut states = BTreeSet::new();
        for index in expected {
            let session = self.world.peers[index].session.as_mut();
            let Some(room) = session.and_then(|session| session.inside()) else {
                return false;
            };
            states.insert((room.incarnation, room.epoch, room.authenticator));
            if room.seats != seats {
                return false;
            }
        }
        states.len() <= 1
    }

    fn comes_to_agree(&mut self, within: Duration) -> bool {
        let end = self.world.now + within;
        while self.world.now < end {
            if self.agrees() {
                return true;
            }
            self.world.run_for(SECOND);
            self.check();
        }
        false
    }
}

fn run(seed: u64) {
    play(seed, &[]);
}

fn play(seed: u64, off: &'static [Rule]) -> Play {
    let mut play = Play::begin(seed, off);
    play.check();
    for _ in 0..STEPS {
        play.step();
        for _ in 0..3 {
            let pause = Duration::from_millis(play.world.rng.below(900));
            play.world.run_for(pause);
            play.check();
        }
    }
    let apart = play.apart();
    play.calm();
    // Who was told to go, and may come again by now, does.
    let fork = StopCode::Fork;
    play.reload(|state| matches!(state, State::Stopped { code } if code != fork));
    // Long enough for every dead leaf, and for a room that has to be opened anew.
    let agreed = play.comes_to_agree(90 * SECOND);
    for (index, told) in apart {
        if play.state(index) == State::Seated && agreed {
            let noticed = play.world.peers[index].notices.iter().skip(told);
            let noticed = noticed.filter(|notice| {
                matches!(
                    notice,
                    Notice::Doubt | Notice::ComingBack { .. } | Notice::Reopened { .. }
                )
            });
            assert!(noticed.count() > 0, "seed {seed}: healed unnoticed");
        }
    }
    assert!(
        agreed || play.forked,
        "seed {seed}: not agreed: {:?}",
        play.world.views()
    );
    // Those who were shown another log, or stopped, reload: nobody is locked out for good.
    play.reload(|state| state != State::Seated);
    if !play.comes_to_agree(60 * SECOND) {
        play.reload(|_| true);
        assert!(
            play.forked && play.comes_to_agree(60 * SECOND),
            "seed {seed}: locked out: {:?}",
            play.world.views()
        );
    }
    play.hear_each_other();
    play
}

/// The attacks are made, and refused by these rules.
#[test]
fn what_is_refused() {
    let mut refused = BTreeSet::new();
    for seed in 0..60 {
        for peer in &play(seed, &[]).world.peers {
            refused.extend(peer.notices.iter().filter_map(|notice| match notice {
                Notice::CommitRefused { rule, .. } | Notice::WelcomeRefused { rule } => Some(*rule),
                _ => None,
            }));
        }
    }
    for rule in [
        Rule::C1,
        Rule::C3,
        Rule::C4,
        Rule::C5,
        Rule::Approved,
        Rule::Revoked,
        Rule::LockedOut,
        Rule::C7,
        Rule::C10,
    ] {
        assert!(refused.contains(&rule), "{rule} wasn't needed: {refused:?}");
    }
}

/// With one of these rules turned off the checks notice.
#[test]
fn the_checks_notice() {
    const RULES: &[&[Rule]] = &[
        &[Rule::Approved],
        &[Rule::Revoked],
        &[Rule::LockedOut],
        &[Rule::C7],
        &[Rule::Fallen],
        &[Rule::Fork],
    ];
    for off in RULES {
        let fails = |seed| std::panic::catch_unwind(|| play(seed, off)).is_err();
        let noticed = (0..125).find(|seed| fails(*seed));
        println!("{off:?}: {noticed:?}");
        assert!(noticed.is_some(), "nothing notices without {off:?}");
    }
}

#[test]
fn one_seed() {
    if let Some(seed) = std::env::var("ADVERSARY_SEED").ok() {
        run(seed.parse().expect("a number"));
    }
}

macro_rules! seeds {
    ($($name:ident $from:literal,)*) => {$(
        #[test]
        fn $name() {
            ($from..$from + 125).for_each(run);
        }
    )*};
}

seeds! {
    seeds_0_to_124 0,
    seeds_125_to_249 125,
    seeds_250_to_374 250,
    seeds_375_to_499 375,
}
