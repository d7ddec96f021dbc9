use super::act::{Act, ActBody, ActHash};
use super::charter::{Charter, Ratified};
use super::party::HeadCert;
use super::rules::{DelegationIndex, Delegations, Rules};
use super::switch::{Check, is};
use crate::crypto::{hash, sign_content};
use crate::seat::SeatKey;
use incamera_model::{RoomId, TalkId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What has been decided in a talk so far: everything that a verdict on a seat or a commit may
/// depend on. A pure function of a prefix of the record; only [`super::Record`] changes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub(super) ratified: Arc<Ratified>,
    pub(super) rules: Rules,
    /// Whose, and which key: one side's root has no say about the other's heads.
    pub(super) revoked_heads: BTreeSet<(DelegationIndex, [u8; 32])>,
    pub(super) revoked_seats: BTreeSet<SeatKey>,
    pub(super) locks: BTreeMap<RoomId, BTreeSet<SeatKey>>,
    pub(super) ended: bool,
    pub(super) last_act: [u8; 32],
    pub(super) open: BTreeMap<ActHash, OpenAct>,
}

/// An act that waits for consents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenAct {
    /// The act.
    pub act: Act,
    /// Which head of which delegation agreed.
    pub(super) consents: BTreeMap<DelegationIndex, [u8; 32]>,
}

impl OpenAct {
    /// Who has agreed so far.
    #[must_use]
    pub fn agreed(&self) -> Delegations {
        self.consents.keys().copied().collect()
    }
}

impl Standing {
    pub(super) fn new(ratified: Ratified) -> Self {
        Self {
            rules: ratified.charter().rules,
            last_act: hash(&[ratified.as_bytes()]),
            ratified: Arc::new(ratified),
            revoked_heads: BTreeSet::new(),
            revoked_seats: BTreeSet::new(),
            locks: BTreeMap::new(),
            ended: false,
            open: BTreeMap::new(),
        }
    }

    /// The charter in force.
    #[must_use]
    pub fn charter(&self) -> &Charter {
        self.ratified.charter()
    }

    /// The charter in force, with its signatures and what it was founded on.
    #[must_use]
    pub fn ratified(&self) -> &Ratified {
        &self.ratified
    }

    /// The rules in force.
    #[must_use]
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Whether the talk has ended.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        self.ended
    }

    /// The hash of the last act in force, or of the charter. The next act names it.
    #[must_use]
    pub fn last_act(&self) -> &[u8; 32] {
        &self.last_act
    }

    /// The acts that wait for consents.
    pub fn open_acts(&self) -> impl Iterator<Item = (&ActHash, &OpenAct)> {
        self.open.iter()
    }

    /// The delegations whose people a room is for; `None` if there is no such room.
    #[must_use]
    pub fn parties(&self, room: &RoomId) -> Option<Delegations> {
        let charter = self.charter();
        if *room == plenary(&charter.talk) {
            return Some(charter.all());
        }
        let mut all = charter.all().iter();
        match all.find(|delegation| *room == caucus(&charter.talk, *delegation)) {
            Some(caucus) => Some(Delegations::default().with(caucus)),
            None => self.locks.contains_key(room).then(|| charter.all()),
        }
    }

    /// Whether a room is one that an act began, for the people that its lock lists.
    #[must_use]
    pub fn is_team_room(&self, room: &RoomId) -> bool {
        self.locks.contains_key(room) && !is_given(self.charter(), room)
    }

    /// The rooms that acts began, each with whom it is for.
    pub fn team_rooms(&self) -> impl Iterator<Item = (&RoomId, &BTreeSet<SeatKey>)> {
        let mut locks = self.locks.iter();
        core::iter::from_fn(move || locks.find(|(room, _)| !is_given(self.charter(), room)))
    }

    /// Whether a head may no longer speak for its delegation.
    #[must_use]
    pub fn is_revoked_head(&self, head: &HeadCert) -> bool {
        self.is_revoked(head.delegation, &head.key)
    }

    pub(crate) fn is_revoked(&self, delegation: DelegationIndex, head: &[u8; 32]) -> bool {
        let revoked = self.revoked_heads.contains(&(delegation, *head));
        !is(Check::RevokedHead, !revoked)
    }

    /// As [`Self::ratified`], to be kept.
    pub(crate) fn ratified_shared(&self) -> Arc<Ratified> {
        self.ratified.clone()
    }

    /// Whether a seat was ejected or withdrawn.
    #[must_use]
    pub fn is_revoked_seat(&self, seat: &SeatKey) -> bool {
        !is(Check::RevokedSeat, !self.revoked_seats.contains(seat))
    }

    /// Whether a room is locked.
    #[must_use]
    pub fn is_locked(&self, room: &RoomId) -> bool {
        self.locks.contains_key(room)
    }

    /// Whether a room's lock keeps this seat out.
    #[must_use]
    pub fn locks_out(&self, room: &RoomId, seat: &SeatKey) -> bool {
        let mut lock = self.locks.get(room).into_iter();
        !is(Check::Locked, lock.all(|seats| seats.contains(seat)))
    }

    /// Whether the same people may be in the same rooms under both: they differ at most in acts that
    /// wait, or that have no bearing on a room.
    #[must_use]
    pub fn admits_like(&self, other: &Self) -> bool {
        self.ratified == other.ratified
            && self.rules == other.rules
            && self.revoked_heads == other.revoked_heads
            && self.revoked_seats == other.revoked_seats
            && self.locks == other.locks
            && self.ended == other.ended
    }

    /// The open act under which a delegation's only consent is bound.
    pub(super) fn bound(&self, delegation: DelegationIndex) -> Option<ActHash> {
        let mut open = self.open.iter();
        open.find(|(_, open)| open.consents.contains_key(&delegation))
            .map(|(hash, _)| *hash)
    }

    /// Puts an act in force; every other open act named an older one and is dead.
    pub(super) fn put_in_force(&mut self, act: &Act) {
        self.last_act = act.hash().0;
        self.open.clear();
        match act.body() {
            ActBody::Eject { seat } => {
                self.revoked_seats.insert(*seat);
                for seats in self.locks.values_mut() {
                    seats.remove(seat);
                }
            }
            ActBody::Lock { room, seats } => {
                self.locks.insert(*room, seats.iter().copied().collect());
            }
            ActBody::Unlock { room } => {
                self.locks.remove(room);
            }
            ActBody::End => self.ended = true,
            ActBody::Rules(rules) => self.rules = *rules,
            ActBody::Publish { .. } => {}
        }
    }
}

/// How many rooms acts may have begun at a time.
pub const MAX_TEAM_ROOMS: usize = 64;

/// Whether a talk has the room by its charter alone.
fn is_given(charter: &Charter, room: &RoomId) -> bool {
    let mut all = charter.all().iter();
    *room == plenary(&charter.talk) || all.any(|of| *room == caucus(&charter.talk, of))
}

/// The room of everybody in a talk.
#[must_use]
pub fn plenary(talk: &TalkId) -> RoomId {
    room("plenary", &talk.0)
}

/// The room of one delegation's people.
#[must_use]
pub fn caucus(talk: &TalkId, delegation: DelegationIndex) -> RoomId {
    room("caucus", &[&talk.0[..], &[delegation.0]].concat())
}

/// The room of an expert team.
#[must_use]
pub fn team_room(talk: &TalkId, team: &[u8; 16]) -> RoomId {
    room("team", &[&talk.0[..], team].concat())
}

fn room(label: &str, content: &[u8]) -> RoomId {
    let mut id = [0; 16];
    id.copy_from_slice(&hash(&[&sign_content(label, content)])[..16]);
    RoomId(id)
}
