//! Who is there, from beats.

use crate::entries::Beat;
use crate::timing;
use core::time::Duration;
use incamera_model::{LeafIndex, MediaKind, RoomId, Timestamp};
use incamera_talk::crypto;
use std::collections::BTreeMap;

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
    sending: Vec<MediaKind>,
}

/// The other members' signs of life.
#[derive(Debug, Default)]
pub(crate) struct Liveness(BTreeMap<LeafIndex, Member>);

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
            self.0.remove(leaf);
        }
        let mut old = core::mem::take(&mut self.0);
        for leaf in others {
            let member = old.remove(&leaf).unwrap_or(Member {
                since: now,
                heard: None,
                epoch: 0,
                first_epoch: epoch,
                beat_key: None,
                n: 0,
                sending: Vec::new(),
            });
            self.0.insert(leaf, member);
        }
    }

    /// One's own connection came back: silence until now was no fault of theirs.
    pub(crate) fn restart(&mut self, now: Timestamp) {
        for member in self.0.values_mut() {
            member.since = now;
        }
    }

    /// Takes a beat whose signatures hold. Returns whether it is new: a beat counts once, in order,
    /// under the first beat key of this life of the seat.
    pub(crate) fn heard(&mut self, now: Timestamp, leaf: LeafIndex, beat: &Beat) -> bool {
        let Some(member) = self.0.get_mut(&leaf) else {
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
        member.sending = beat.tracks.iter().map(|track| track.kind).collect();
        member.sending.sort();
        member.sending.dedup();
        true
    }

    pub(crate) fn sending(&self, leaf: LeafIndex) -> Vec<MediaKind> {
        self.0
            .get(&leaf)
            .map(|member| member.sending.clone())
            .unwrap_or_default()
    }

    pub(crate) fn is_stale(&self, now: Timestamp, leaf: LeafIndex) -> bool {
        self.silence(now, leaf) >= timing::STALE
    }

    pub(crate) fn dead(&self, now: Timestamp) -> impl Iterator<Item = LeafIndex> + '_ {
        self.0
            .keys()
            .copied()
            .filter(move |leaf| self.silence(now, *leaf) >= timing::DEAD)
    }

    /// Whether everybody who isn't stale is known to have reached an epoch.
    pub(crate) fn all_reached(&self, now: Timestamp, epoch: u64) -> bool {
        self.0
            .iter()
            .all(|(leaf, member)| member.epoch >= epoch || self.is_stale(now, *leaf))
    }

    /// When somebody becomes stale or dead next.
    pub(crate) fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        self.0
            .values()
            .flat_map(|member| {
                let from = member.last();
                [from + timing::STALE, from + timing::DEAD]
            })
            .filter(|at| *at > now)
            .min()
    }

    fn silence(&self, now: Timestamp, leaf: LeafIndex) -> Duration {
        self.0
            .get(&leaf)
            .map_or(Duration::ZERO, |member| now.since(member.last()))
    }
}

impl Member {
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
