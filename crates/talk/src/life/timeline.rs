//! What happened, in order, void entries included.

use super::common::{By, Effect};
use super::step::Step;
use crate::seat::SeatKey;
use crate::two_keys::{Act, ActBody, ActHash};
use std::collections::VecDeque;

/// How many lines are kept; then the oldest go.
pub const MAX_LINES: usize = 16_384;

/// What an entry of the record did, or would have done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// The talk was founded.
    Founded,
    /// The charter was amended.
    Amended,
    /// The words were compared.
    Compared {
        /// Whether they were the same.
        same: bool,
    },
    /// An act was proposed.
    Proposed(Box<Act>),
    /// A delegation consented to an act.
    Consented(ActHash),
    /// A delegation took its consent back.
    Retracted(ActHash),
    /// An act is in force.
    InForce(Box<ActBody>),
    /// An act expired.
    Expired(Box<ActBody>),
    /// Another act came into force first.
    Superseded(Box<ActBody>),
    /// A seat was approved: the hash of its `SeatTBS`.
    Approved([u8; 32]),
    /// A seat was given up.
    Withdrawn(SeatKey),
    /// A head was revoked.
    HeadRevoked([u8; 32]),
    /// A step of the life.
    Step(Box<Step>, Effect),
    /// A readout is agreed, by the signature in the line before.
    ReadoutAgreed(super::ObjectId),
    /// Entries that say nothing to anybody: how many, one after the other.
    Nothing(u64),
}

/// A line of the timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The entry's position.
    pub position: u64,
    /// When, as its author says.
    pub at: u64,
    /// Who; nobody, if it is a matter of course or can't be known.
    pub by: Option<By>,
    /// What.
    pub said: Said,
    /// Why it is void, by its name in `docs/protocol.md`.
    pub void: Option<&'static str>,
}

/// What happened, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Timeline {
    events: VecDeque<Event>,
    dropped: u64,
}

impl Timeline {
    /// The events that are kept.
    pub fn events(&self) -> impl DoubleEndedIterator<Item = &Event> + ExactSizeIterator {
        self.events.iter()
    }

    /// How many older ones aren't kept any more.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    pub(super) fn push(&mut self, event: Event) {
        // Whoever writes what nobody can open doesn't push out what was said.
        if let (Said::Nothing(_), Some(latest)) = (&event.said, self.events.back_mut())
            && latest.void == event.void
            && let Said::Nothing(count) = &mut latest.said
        {
            *count = count.saturating_add(1);
            return;
        }
        if self.events.len() == MAX_LINES {
            self.events.pop_front();
            self.dropped = self.dropped.saturating_add(1);
        }
        self.events.push_back(event);
    }
}
