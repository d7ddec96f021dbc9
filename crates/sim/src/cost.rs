//! What it costs to admit, remove and re-key in a talk between delegations, in medians.

use crate::gathering::{Gathering, HEADS, Use};
use core::time::Duration;
use serde::Serialize;

/// What an operation in a room costs; times are computing in milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Cost {
    /// Making the commit, for whoever makes it.
    pub commit_ms: f64,
    /// Taking it, for another member.
    pub member_ms: f64,
    /// Coming in by it, for somebody new: the commits until then are read.
    pub newcomer_ms: f64,
    /// All else that a member does meanwhile: lobby, record, door.
    pub around_ms: f64,
    /// The same for a head.
    pub head_around_ms: f64,
    /// The sealed entry with the commit and the Welcome, in bytes.
    pub commit_bytes: usize,
    /// The sealed entries that a member gets, in bytes.
    pub member_down_bytes: usize,
    /// Those that somebody new gets.
    pub newcomer_down_bytes: usize,
    /// Those that the heads send together.
    pub heads_up_bytes: usize,
}

/// What a room costs in which so many people sit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RoomCost {
    /// How many sit there, before somebody is admitted and after somebody is removed.
    pub people: usize,
    /// How often each was done.
    pub rounds: usize,
    /// All but the heads came at once: what that took.
    pub together: Cost,
    /// One more is admitted.
    pub admit: Cost,
    /// Everybody gets new keys; nobody comes or goes.
    pub rekey: Cost,
    /// One is ejected.
    pub remove: Cost,
    /// A beat's bytes.
    pub beat_bytes: usize,
    /// Taking a beat.
    pub beat_ms: f64,
}

/// Fills a room and does everything in it some times; `clock` tells computing time.
///
/// # Panics
/// If something that should work doesn't.
#[must_use]
pub fn measure(people: usize, rounds: usize, clock: fn() -> Duration) -> RoomCost {
    let mut room = Gathering::found(people as u64, clock);
    room.weigh();
    let guests = room.admit(people - HEADS.len());
    assert_eq!(room.seated(), people);
    let members: Vec<usize> = HEADS.into_iter().chain(guests.iter().copied()).collect();
    let together = cost(&room, &HEADS, &guests);
    let (mut admit, mut rekey, mut remove) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        room.weigh();
        let newcomers = room.admit(1);
        admit.push(cost(&room, &members, &newcomers));
        // Locked and unlocked again.
        for _ in 0..2 {
            room.weigh();
            room.rekey();
            rekey.push(cost(&room, &members, &[]));
        }
        room.weigh();
        room.eject(newcomers[0]);
        remove.push(cost(&room, &members, &[]));
        assert_eq!(room.seated(), people);
    }
    let beats = room.beats();
    RoomCost {
        people,
        rounds,
        together,
        admit: typical(&admit),
        rekey: typical(&rekey),
        remove: typical(&remove),
        beat_bytes: beats.iter().map(|(bytes, _)| *bytes).max().unwrap_or(0),
        beat_ms: median(beats.iter().map(|(_, took)| millis(*took))),
    }
}

/// What it was since the room was weighed.
fn cost(room: &Gathering, members: &[usize], newcomers: &[usize]) -> Cost {
    let spent =
        |people: &[usize]| -> Vec<Use> { people.iter().map(|who| room.spent(*who)).collect() };
    let (members, newcomers, heads) = (spent(members), spent(newcomers), spent(&HEADS));
    let apart: Vec<Use> = members
        .iter()
        .copied()
        .filter(|member| member.committing.is_zero())
        .collect();
    let commit: Duration = members.iter().map(|member| member.committing).sum();
    Cost {
        commit_ms: millis(commit),
        member_ms: median(apart.iter().map(|member| millis(member.following))),
        newcomer_ms: median(newcomers.iter().map(|who| millis(who.following))),
        around_ms: median(apart.iter().map(|member| millis(member.around))),
        head_around_ms: median(heads.iter().map(|head| millis(head.around))),
        commit_bytes: room.commit_bytes(),
        member_down_bytes: middle(members.iter().map(|member| member.down)),
        newcomer_down_bytes: middle(newcomers.iter().map(|who| who.down)),
        heads_up_bytes: heads.iter().map(|head| head.up).sum(),
    }
}

fn typical(costs: &[Cost]) -> Cost {
    let time = |of: fn(&Cost) -> f64| median(costs.iter().map(of));
    let size = |of: fn(&Cost) -> usize| middle(costs.iter().map(of));
    Cost {
        commit_ms: time(|cost| cost.commit_ms),
        member_ms: time(|cost| cost.member_ms),
        newcomer_ms: time(|cost| cost.newcomer_ms),
        around_ms: time(|cost| cost.around_ms),
        head_around_ms: time(|cost| cost.head_around_ms),
        commit_bytes: size(|cost| cost.commit_bytes),
        member_down_bytes: size(|cost| cost.member_down_bytes),
        newcomer_down_bytes: size(|cost| cost.newcomer_down_bytes),
        heads_up_bytes: size(|cost| cost.heads_up_bytes),
    }
}

fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}

/// The upper of two in the middle; 0 of none.
fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

fn middle(values: impl Iterator<Item = usize>) -> usize {
    let mut values: Vec<usize> = values.collect();
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or(0)
}
