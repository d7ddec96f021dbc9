//! Signed lists of what was sent (R-B3). Whoever is in the group knows everybody's media keys, so
//! together with the server they could make sound in another's name. Each beat lists the frames of
//! sound that its author sealed since the one before; receivers compare what they opened.

use crate::beat::FrameList;
use core::time::Duration;
use incamera_model::{LeafIndex, Timestamp};
use incamera_talk::crypto;
use std::collections::{BTreeMap, VecDeque};

/// The first bytes of SHA-256 over a whole sealed frame.
pub(crate) type FrameHash = [u8; 8];
/// Lists in one beat: the epoch may change in between.
pub(crate) const MAX_LISTS: usize = 4;
/// Frames in one list: two seconds of Opus, twice what is sealed from one beat to the next. All lists
/// fit an ephemeral entry of 4 KiB.
pub(crate) const MAX_LISTED: usize = 100;
/// Opened frames of one person that wait for their list; the oldest is forgotten.
const MAX_HEARD: usize = 512;
/// A beat says what was sent until then: a frame opened this much earlier is in no later list.
const SLACK: Duration = Duration::from_secs(3);

pub(crate) fn frame_hash(sealed: &[u8]) -> FrameHash {
    let mut short = FrameHash::default();
    short.copy_from_slice(&crypto::hash(&[sealed])[..8]);
    short
}

/// What one sealed oneself since the last beat.
#[derive(Debug, Default)]
pub(crate) struct Sent(VecDeque<FrameList>);

impl Sent {
    pub(crate) fn sealed(&mut self, kid: u64, counter: u64, sealed: &[u8]) {
        let hash = frame_hash(sealed);
        // Two kinds of sound take turns.
        let follows = |list: &FrameList| {
            list.kid == kid
                && list.first + list.hashes.len() as u64 == counter
                && list.hashes.len() < MAX_LISTED
        };
        if let Some(list) = self.0.iter_mut().find(|list| follows(list)) {
            list.hashes.push(hash);
            return;
        }
        if self.0.len() == MAX_LISTS {
            self.0.pop_front();
        }
        self.0.push_back(FrameList {
            kid,
            first: counter,
            hashes: vec![hash],
        });
    }

    pub(crate) fn take(&mut self) -> Vec<FrameList> {
        core::mem::take(&mut self.0).into()
    }
}

/// What one opened of others, until their lists say whether they sent it.
#[derive(Debug, Default)]
pub(crate) struct Heard(BTreeMap<LeafIndex, VecDeque<HeardFrame>>);

#[derive(Debug, Clone, Copy)]
struct HeardFrame {
    kid: u64,
    counter: u64,
    hash: FrameHash,
    at: Timestamp,
}

impl Heard {
    pub(crate) fn opened(
        &mut self,
        now: Timestamp,
        leaf: LeafIndex,
        (kid, counter): (u64, u64),
        sealed: &[u8],
    ) {
        let frames = self.0.entry(leaf).or_default();
        if frames.len() == MAX_HEARD {
            frames.pop_front();
        }
        frames.push_back(HeardFrame {
            kid,
            counter,
            hash: frame_hash(sealed),
            at: now,
        });
    }

    pub(crate) fn forget(&mut self, leaf: LeafIndex) {
        self.0.remove(&leaf);
    }

    /// Compares with the lists of a beat of theirs. Whether one of the frames opened isn't theirs: a
    /// list has another one in its place, or ends before it though it is long since it came.
    pub(crate) fn contradicted(
        &mut self,
        now: Timestamp,
        leaf: LeafIndex,
        lists: &[FrameList],
    ) -> bool {
        let Some(frames) = self.0.get_mut(&leaf) else {
            return false;
        };
        let mut contradicted = false;
        for list in lists {
            let end = list.first.saturating_add(list.hashes.len() as u64);
            frames.retain(|frame| {
                if frame.kid != list.kid {
                    return true;
                }
                if frame.counter >= end {
                    let late = now.since(frame.at) >= SLACK;
                    contradicted |= late;
                    return !late;
                }
                // Those of earlier lists, which may have been lost, are told nothing of.
                let at = frame.counter.checked_sub(list.first);
                let at = at.and_then(|at| usize::try_from(at).ok());
                let listed = at.and_then(|at| list.hashes.get(at));
                contradicted |= listed.is_some_and(|hash| *hash != frame.hash);
                false
            });
        }
        contradicted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAF: LeafIndex = LeafIndex(3);
    const KID: u64 = 77;

    fn lists(frames: &[&[u8]]) -> Vec<FrameList> {
        let mut sent = Sent::default();
        for (counter, frame) in (0..).zip(frames) {
            sent.sealed(KID, counter, frame);
        }
        sent.take()
    }

    #[track_caller]
    fn check(heard: &[(u64, &[u8])], later: u64, expected: bool) {
        let mut all = Heard::default();
        for (counter, frame) in heard {
            all.opened(Timestamp(0), LEAF, (KID, *counter), frame);
        }
        let lists = lists(&[b"zero", b"one", b"two"]);
        assert_eq!(all.contradicted(Timestamp(later), LEAF, &lists), expected);
        // What was compared once isn't told again.
        assert!(!all.contradicted(Timestamp(later), LEAF, &lists));
    }

    #[test]
    fn what_was_sent_is_told_from_what_was_not() {
        check(&[(0, b"zero"), (2, b"two")], 500, false);
        check(&[(1, b"another's")], 500, true);
        // It may be in the next list, unless that would have been sent long ago.
        check(&[(3, b"three")], 2999, false);
        check(&[(3, b"three")], 3000, true);
        check(&[], 500, false);
    }

    #[test]
    fn a_list_is_bounded_and_a_gap_begins_another() {
        let mut sent = Sent::default();
        for counter in 0..2000 {
            sent.sealed(KID, counter, b"x");
        }
        sent.sealed(KID + 1, 0, b"x");
        let lists = sent.take();
        assert_eq!(lists.len(), MAX_LISTS);
        assert!(lists.iter().all(|list| list.hashes.len() <= MAX_LISTED));
        assert_eq!(lists.last().map(|list| list.kid), Some(KID + 1));
        assert!(sent.take().is_empty());
    }

    #[test]
    fn frames_of_a_lost_list_are_no_fault() {
        let mut heard = Heard::default();
        heard.opened(Timestamp(0), LEAF, (KID, 0), b"never listed");
        let later = [FrameList {
            kid: KID,
            first: 50,
            hashes: vec![frame_hash(b"fifty")],
        }];
        assert!(!heard.contradicted(Timestamp(9000), LEAF, &later));
    }
}
