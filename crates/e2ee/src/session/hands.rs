//! Raised hands: in the order of their messages in `m/<room>` (R-P2).

use super::member::Member;
use super::room::Shared;
use crate::entries::AppMessage;
use crate::outbox::{Outbox, Purpose};
use crate::timing;
use incamera_model::{LeafIndex, Position, Timestamp};
use std::collections::{BTreeMap, VecDeque};

/// How many messages of one's own may be on their way; there is more than one only if a newcomer
/// couldn't have read the first.
const MAX_PENDING: usize = 4;

/// The others' hands.
#[derive(Debug, Default)]
pub(super) struct Hands(BTreeMap<LeafIndex, Hand>);

#[derive(Debug, Clone, Copy)]
enum Hand {
    /// As their latest message says, or because they came later than oneself and sent none.
    Read(Option<Position>),
    /// As their first beat says, from before one's own time.
    Told(Option<Position>),
}

impl Hands {
    /// Somebody came or went: a hand doesn't outlive its leaf, and of newcomers one reads every
    /// message.
    pub(super) fn update(&mut self, gone: impl Iterator<Item = LeafIndex>, fresh: &[LeafIndex]) {
        for leaf in gone {
            self.0.remove(&leaf);
        }
        for leaf in fresh {
            self.0.insert(*leaf, Hand::Read(None));
        }
    }

    /// A message at `position`. A hand that is up already keeps its place.
    pub(super) fn read(&mut self, leaf: LeafIndex, raised: bool, position: Position) {
        let since = self.position(leaf).unwrap_or(position);
        self.0.insert(leaf, Hand::Read(raised.then_some(since)));
    }

    /// A beat. Returns whether that changes anything.
    pub(super) fn told(
        &mut self,
        leaf: LeafIndex,
        since: Option<Position>,
        first_only: bool,
    ) -> bool {
        if first_only && self.0.contains_key(&leaf) {
            return false;
        }
        let before = self.position(leaf);
        self.0.insert(leaf, Hand::Told(since));
        before != since
    }

    pub(super) fn position(&self, leaf: LeafIndex) -> Option<Position> {
        match self.0.get(&leaf)? {
            Hand::Read(since) | Hand::Told(since) => *since,
        }
    }
}

/// One's own hand: what is wished, and what the others know.
#[derive(Debug, Default)]
pub(super) struct OwnHand {
    wish: bool,
    since: Option<Position>,
    /// Entries that may or may not stand in the log, and whether they raise.
    pending: VecDeque<(Vec<u8>, bool)>,
    /// The connection was lost: what didn't come back once the stream was read is lost, too.
    lost: bool,
    /// Somebody came in who can't read what is on its way.
    again: bool,
    not_before: Timestamp,
}

impl OwnHand {
    pub(super) fn since(&self) -> Option<Position> {
        self.since
    }

    pub(super) fn wish(&mut self, raised: bool) {
        self.wish = raised;
    }

    /// One sits anew, under another leaf.
    pub(super) fn stood_up(&mut self) {
        *self = Self {
            wish: self.wish,
            ..Self::default()
        };
    }

    pub(super) fn disconnected(&mut self) {
        self.lost = true;
    }

    pub(super) fn somebody_came(&mut self) {
        self.again = !self.pending.is_empty();
    }

    pub(super) fn refused(&mut self, now: Timestamp) {
        self.pending.clear();
        self.not_before = now + timing::HAND_RETRY;
    }

    /// An entry of `m/<room>` was read; whether it was one's own.
    pub(super) fn take(&mut self, position: Position, entry: &[u8]) -> bool {
        let Some(at) = self.pending.iter().position(|(own, _)| own == entry) else {
            return false;
        };
        let raised = self.pending.remove(at).is_some_and(|(_, raised)| raised);
        self.since = raised.then(|| self.since.unwrap_or(position));
        true
    }

    /// Says what has to be said, with `m/<room>` read to its end.
    pub(super) fn pump(
        &mut self,
        now: Timestamp,
        member: &mut Member,
        shared: &Shared,
        out: &mut Outbox,
    ) {
        if core::mem::take(&mut self.lost) {
            self.pending.clear();
        }
        if !self.is_due() || now < self.not_before {
            return;
        }
        let raised = self.wish;
        let message = AppMessage::Hand { raised };
        // Should it fail, it is tried again, but not at once.
        self.not_before = now + timing::HAND_RETRY;
        if let Some(entry) = member.append_message(Purpose::Hand, &message, shared, out) {
            self.not_before = Timestamp(0);
            self.again = false;
            if self.pending.len() == MAX_PENDING {
                self.pending.pop_front();
            }
            self.pending.push_back((entry, raised));
        }
    }

    fn is_due(&self) -> bool {
        match self.pending.is_empty() {
            true => self.wish != self.since.is_some(),
            false => self.again,
        }
    }

    pub(super) fn next_timeout(&self) -> Option<Timestamp> {
        (self.is_due() && self.not_before > Timestamp(0)).then_some(self.not_before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_beat_speaks_for_the_time_before_ones_own_only() {
        let mut hands = Hands::default();
        let (early, late) = (LeafIndex(1), LeafIndex(2));
        hands.update([].into_iter(), &[late]);
        assert!(hands.told(early, Some(Position(5)), true));
        assert!(
            !hands.told(early, Some(Position(1)), true),
            "the first counts"
        );
        assert!(!hands.told(late, Some(Position(1)), true), "messages only");
        hands.read(late, true, Position(9));
        assert_eq!(hands.position(early), Some(Position(5)));
        assert_eq!(hands.position(late), Some(Position(9)));
        hands.read(early, false, Position(10));
        assert!(!hands.told(early, Some(Position(1)), true));
        assert_eq!(hands.position(early), None);
    }

    proptest! {
        /// Whatever beats claim, hands whose messages were read stand in the order of those.
        #[test]
        fn beats_move_no_hand_that_was_read(
            steps in proptest::collection::vec((0..4u32, any::<bool>(), any::<bool>(), 0..50u64), 0..60),
        ) {
            let mut hands = Hands::default();
            let mut truth: BTreeMap<u32, Option<Position>> = BTreeMap::new();
            for (position, (leaf, is_message, raised, claim)) in (100u64..).zip(steps) {
                let position = Position(position);
                if is_message {
                    let before = hands.position(LeafIndex(leaf));
                    hands.read(LeafIndex(leaf), raised, position);
                    truth.insert(leaf, raised.then(|| before.unwrap_or(position)));
                } else {
                    hands.told(LeafIndex(leaf), raised.then_some(Position(claim)), true);
                }
                for (leaf, since) in &truth {
                    prop_assert_eq!(hands.position(LeafIndex(*leaf)), *since);
                }
            }
        }
    }
}
