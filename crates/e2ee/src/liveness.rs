//! Who is there, from beats.

use crate::beat::Beat;
use crate::presence::Status;
use crate::timing;
use core::time::Duration;
use incamera_model::{ConnectionId, LeafIndex, RoomId, Timestamp};
use incamera_talk::crypto;
use std::collections::{BTreeMap, BTreeSet};

/// What is known of one other member.
#[derive(Debug, Clone)]
struct Member {
    /// Since when silence counts: coming in, or one's own reconnection.
    since: Timestamp,
    heard: Option<Timestamp>,
    /// The epoch of the latest beat.
    epoch: u64,
    /// Beats from before are of an earlier life of the seat.
    first_epoch: u64,
    beat_key: Option<[u8; 32]>,
    n: u64,
    /// What they said of themselves, as far as it is shown.
    shown: Status,
    /// What they said since, too fast to be shown yet (R-P4).
    waiting: Option<Status>,
    /// When they would have said all of it, had they kept to the pace.
    paced: Timestamp,
    /// When they named their connection, in the order of all who did.
    claim: u64,
}

/// The other members' signs of life.
#[derive(Debug, Default)]
pub(crate) struct Liveness {
    members: BTreeMap<LeafIndex, Member>,
    claims: u64,
}

impl Liveness {
    /// Brings the members in line with the tree after a change into `epoch`.
    pub(crate) fn update(
        &mut self,
        now: Timestamp,
        epoch: u64,
        others: impl Iterator<Item = LeafIndex>,
        fresh: &[LeafIndex],
    ) {
        for leaf in fresh {
            self.members.remove(leaf);
        }
        let mut old = core::mem::take(&mut self.members);
        for leaf in others {
            let member = old.remove(&leaf).unwrap_or(Member {
                since: now,
                heard: None,
                epoch: 0,
                first_epoch: epoch,
                beat_key: None,
                n: 0,
                shown: Status::default(),
                waiting: None,
                paced: Timestamp(0),
                claim: 0,
            });
            self.members.insert(leaf, member);
        }
    }

    /// One's own connection came back: silence until now was no fault of theirs.
    pub(crate) fn restart(&mut self, now: Timestamp) {
        for member in self.members.values_mut() {
            member.since = now;
        }
    }

    /// Takes a beat whose signatures hold. Returns whether it is new: a beat counts once, in order,
    /// under the first beat key of this life of the seat.
    pub(crate) fn heard(&mut self, now: Timestamp, leaf: LeafIndex, beat: &Beat) -> bool {
        let Some(member) = self.members.get_mut(&leaf) else {
            return false;
        };
        let known_key = member.beat_key.is_none_or(|key| key == beat.beat_key);
        let newer = member.beat_key.is_none() || beat.n > member.n;
        if !known_key || !newer || beat.epoch < member.first_epoch || beat.epoch < member.epoch {
            return false;
        }
        member.beat_key = Some(beat.beat_key);
        member.n = beat.n;
        member.epoch = beat.epoch;
        member.heard = Some(now);
        member.waiting = Some(Status {
            sending: beat.tracks.iter().map(|track| track.kind).collect(),
            connection: beat.connection,
            quality: beat.quality,
        });
        true
    }

    /// Shows what somebody said of themselves, if it is time to (R-P4). Returns whether that
    /// changed anything.
    pub(crate) fn show(&mut self, now: Timestamp, leaf: LeafIndex, paced: bool) -> bool {
        let Some(member) = self.members.get_mut(&leaf) else {
            return false;
        };
        if member.waiting.as_ref() == Some(&member.shown) {
            member.waiting = None;
        }
        if paced && member.shows_at() > now {
            return false;
        }
        let Some(status) = member.waiting.take() else {
            return false;
        };
        if status.connection != member.shown.connection {
            self.claims += 1;
            member.claim = self.claims;
        }
        member.shown = status;
        member.paced = member.paced.max(now) + timing::STATUS_PACE;
        true
    }

    /// Shows everything that it is time to show.
    pub(crate) fn show_due(&mut self, now: Timestamp) {
        let due: Vec<LeafIndex> = self
            .members
            .iter()
            .filter(|(_, member)| member.waiting.is_some() && member.shows_at() <= now)
            .map(|(leaf, _)| *leaf)
            .collect();
        for leaf in due {
            self.show(now, leaf, true);
        }
    }

    pub(crate) fn status(&self, leaf: LeafIndex) -> Option<&Status> {
        Some(&self.members.get(&leaf)?.shown)
    }

    /// Whose each connection is: one's own is one's own, another that of whoever named it first
    /// (R-P3).
    pub(crate) fn connections(
        &self,
        own: Option<ConnectionId>,
        first_only: bool,
    ) -> BTreeMap<LeafIndex, ConnectionId> {
        let mut claims: Vec<(u64, LeafIndex, ConnectionId)> = self
            .members
            .iter()
            .filter_map(|(leaf, member)| Some((member.claim, *leaf, member.shown.connection?)))
            .collect();
        claims.sort_unstable();
        let mut taken: BTreeSet<ConnectionId> = own.into_iter().collect();
        claims
            .into_iter()
            .filter(|(_, _, connection)| taken.insert(*connection) || !first_only)
            .map(|(_, leaf, connection)| (leaf, connection))
            .collect()
    }

    /// Since when nothing was heard of somebody.
    pub(crate) fn last(&self, leaf: LeafIndex) -> Option<Timestamp> {
        Some(self.members.get(&leaf)?.last())
    }

    pub(crate) fn is_stale(&self, now: Timestamp, leaf: LeafIndex) -> bool {
        self.silence(now, leaf) >= timing::STALE
    }

    pub(crate) fn dead(&self, now: Timestamp) -> impl Iterator<Item = LeafIndex> + '_ {
        self.members
            .keys()
            .copied()
            .filter(move |leaf| self.silence(now, *leaf) >= timing::DEAD)
    }

    /// Whether everybody who isn't stale is known to have reached an epoch.
    pub(crate) fn all_reached(&self, now: Timestamp, epoch: u64) -> bool {
        self.members
            .iter()
            .all(|(leaf, member)| member.epoch >= epoch || self.is_stale(now, *leaf))
    }

    /// When somebody becomes stale or dead next, or what they said is to be shown.
    pub(crate) fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        self.members
            .values()
            .flat_map(|member| {
                let from = member.last();
                let waiting = member.waiting.as_ref().map(|_| member.shows_at());
                [
                    Some(from + timing::STALE),
                    Some(from + timing::DEAD),
                    waiting,
                ]
            })
            .flatten()
            .filter(|at| *at > now)
            .min()
    }

    fn silence(&self, now: Timestamp, leaf: LeafIndex) -> Duration {
        self.members
            .get(&leaf)
            .map_or(Duration::ZERO, |member| now.since(member.last()))
    }
}

impl Member {
    /// When the next change may be shown.
    fn shows_at(&self) -> Timestamp {
        Timestamp(
            self.paced
                .0
                .saturating_sub(timing::STATUS_BURST.as_millis() as u64),
        )
    }

    fn last(&self) -> Timestamp {
        self.heard.map_or(self.since, |heard| heard.max(self.since))
    }
}

/// Whether a beat's two signatures hold: the seat key's over the beat key, the beat key's over the
/// beat. Whether the seat is in the tree is another question.
pub(crate) fn signatures_hold(beat: &Beat, room: &RoomId) -> bool {
    let announced = Beat::announced(room, beat.incarnation, &beat.beat_key);
    crypto::verify(&beat.seat_key.0, "beat-key", &announced, &beat.announcement)
        && crypto::verify(&beat.beat_key, "beat", &beat.signed(room), &beat.signature)
}
