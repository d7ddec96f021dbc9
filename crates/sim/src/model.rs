//! Who may be in the plenary, by what the heads of a schedule decided: told by the schedule, not
//! read from a record, and written apart from what it is compared with.

use incamera_talk::SeatKey;
use std::collections::{BTreeMap, BTreeSet};

/// A head: which delegation's, and its number.
type HeadNumber = (u8, u64);

/// How somebody was admitted.
#[derive(Debug, Clone, Copy)]
struct Admitted {
    vouched: HeadNumber,
    approved: Option<HeadNumber>,
}

/// What has been decided up to a place of the record.
#[derive(Debug, Clone, Default)]
struct Decided {
    gone: BTreeSet<SeatKey>,
    heads_gone: BTreeSet<HeadNumber>,
    lock: Option<BTreeSet<SeatKey>>,
}

/// The reference: two delegations, each asked about the other's people.
#[derive(Debug, Clone, Default)]
pub struct Model {
    people: BTreeMap<SeatKey, Admitted>,
    now: Decided,
    /// From which position of the record on, oldest first.
    history: Vec<(u64, Decided)>,
}

impl Model {
    /// A head vouched for somebody, and perhaps one of the other side approved.
    pub fn admit(&mut self, seat: SeatKey, vouched: HeadNumber, approved: Option<HeadNumber>) {
        self.people.insert(seat, Admitted { vouched, approved });
    }

    /// Somebody was ejected by both, or withdrawn by their own side.
    pub fn throw_out(&mut self, seat: SeatKey) {
        self.now.gone.insert(seat);
        if let Some(lock) = &mut self.now.lock {
            lock.remove(&seat);
        }
    }

    /// A head was revoked.
    pub fn revoke_head(&mut self, head: HeadNumber) {
        self.now.heads_gone.insert(head);
    }

    /// The plenary was locked, or unlocked.
    pub fn lock(&mut self, seats: Option<BTreeSet<SeatKey>>) {
        self.now.lock = seats;
    }

    /// What was told since counts from this position of the record on.
    pub fn decided(&mut self, position: u64) {
        self.history.push((position, self.now.clone()));
    }

    /// Whether somebody may be in the plenary for whoever has read the record up to `position`.
    #[must_use]
    pub fn stands(&self, seat: &SeatKey, position: u64) -> bool {
        let start = Decided::default();
        let known = self.history.iter().rev();
        let decided = known
            .map(|(since, decided)| (*since, decided))
            .find(|(since, _)| *since <= position)
            .map_or(&start, |(_, decided)| decided);
        let Some(person) = self.people.get(seat) else {
            return false;
        };
        let speaks = |head: &HeadNumber| !decided.heads_gone.contains(head);
        !decided.gone.contains(seat)
            && speaks(&person.vouched)
            && person.approved.as_ref().is_some_and(speaks)
            && decided.lock.as_ref().is_none_or(|lock| lock.contains(seat))
    }

    /// Whether somebody stands by all that was decided.
    #[must_use]
    pub fn stands_now(&self, seat: &SeatKey) -> bool {
        self.stands(seat, u64::MAX)
    }

    /// Whether there was a time, up to a place of the record, when somebody didn't stand.
    #[must_use]
    pub fn ever_fell(&self, seat: &SeatKey, position: u64) -> bool {
        let mut places = self.history.iter().map(|(since, _)| *since);
        places.any(|since| since <= position && !self.stands(seat, since))
    }
}
