//! Committing: who is let in, whose leaf goes, and whose turn it is to say so.

use super::room::{Cursor, Place, Shared};
use crate::entries::{DoorRequest, Marks, RoomCommit, RoomEntry};
use crate::group::{Changes, EpochKey, Follows, SealedGroup};
use crate::identity::Judge;
use crate::leaves::check_key_package;
use crate::liveness::Liveness;
use crate::outbox::{Outbox, Purpose};
use crate::timing;
use crate::types::Notice;
use incamera_model::{LeafIndex, Position, Timestamp};
use incamera_talk::{SeatKey, crypto};
use openmls::prelude::tls_codec::DeserializeBytes as _;
use openmls::prelude::{KeyPackage, KeyPackageIn, ProtocolVersion};
use openmls_rust_crypto::RustCrypto;
use std::collections::{BTreeMap, BTreeSet};

/// How many people one commit lets in.
const MAX_BATCH: usize = 32;
/// How many requests wait; the oldest is dropped (its applicant asks again).
const MAX_REQUESTS: usize = 1024;
/// How many seats' comings and goings are remembered; the oldest is dropped.
const MAX_SEATS: usize = 4096;
/// After this many commits without a path, the next one has one.
const PATHLESS_COMMITS: u32 = 16;

/// What waits to be committed, and one's own commit on its way.
pub(super) struct Work {
    joined: Position,
    door: Cursor,
    /// How far `m/<room>` was read.
    pub(super) messages_next: Position,
    requests: BTreeMap<Position, Request>,
    /// Where each seat last came or went; `joined` for those not known.
    last_change: BTreeMap<SeatKey, Position>,
    leavers: BTreeSet<LeafIndex>,
    since: Option<Timestamp>,
    /// When it is one's turn.
    turn: Option<Timestamp>,
    last_commit: Option<Timestamp>,
    pathless: u32,
    pending: Option<Pending>,
    own_changes: Option<Changes>,
    crypto: RustCrypto,
}

struct Request {
    seat: SeatKey,
    seen: Position,
    package: KeyPackage,
}

/// One's own commit that may or may not stand in the log.
pub(super) struct Pending {
    pub(super) entry: Vec<u8>,
    /// The epoch that it begins.
    pub(super) epoch: u64,
    position: Position,
    sent: Timestamp,
    changes: Changes,
}

/// What a commit would do now.
#[derive(Default)]
struct Due {
    removals: BTreeSet<LeafIndex>,
    adds: Vec<Position>,
    /// The place of the record that the room is to follow.
    follows: Option<Follows>,
}

impl Work {
    pub(super) fn new(joined: Position, marks: Marks) -> Self {
        Self {
            joined,
            door: Cursor::at(marks.door),
            messages_next: marks.messages,
            requests: BTreeMap::new(),
            last_change: BTreeMap::new(),
            leavers: BTreeSet::new(),
            since: None,
            turn: None,
            last_commit: None,
            pathless: 0,
            pending: None,
            own_changes: None,
            crypto: RustCrypto::default(),
        }
    }

    // --- what arrives ---------------------------------------------------------------------------

    pub(super) fn door_next(&self) -> Position {
        self.door.next
    }

    pub(super) fn door_place(&mut self, position: Position) -> Place {
        self.door.take(position)
    }

    /// Takes a request at the door; gives the seat if the request is valid and not outdated.
    pub(super) fn request(
        &mut self,
        position: Position,
        content: &[u8],
        group: &SealedGroup,
        shared: &Shared,
        out: &mut Outbox,
    ) -> Option<SeatKey> {
        let request = DoorRequest::decode(content).ok()?;
        if request.incarnation != group.incarnation() {
            return None;
        }
        let package = KeyPackageIn::tls_deserialize_exact_bytes(&request.key_package)
            .ok()?
            .validate(&self.crypto, ProtocolVersion::Mls10)
            .ok()?;
        let latest = shared.record.latest();
        let judge = Judge {
            identity: &shared.identity,
            switches: &shared.switches,
            standing: latest.as_ref().map(|latest| &*latest.standing),
        };
        let seat = check_key_package(&package, judge).ok()?;
        let signed = request.signed(&shared.identity.room);
        if !crypto::verify(&seat.key().0, "door", &signed, &request.signature)
            || request.seen <= self.floor(&seat.key())
        {
            return None;
        }
        if let Some(position) = request.complaint {
            out.notice(Notice::Complaint {
                name: seat.name().as_str().to_owned(),
                position,
            });
        }
        if self.requests.len() == MAX_REQUESTS {
            self.requests.pop_first();
        }
        self.requests.insert(
            position,
            Request {
                seat: seat.key(),
                seen: request.seen,
                package,
            },
        );
        Some(seat.key())
    }

    pub(super) fn leaves(&mut self, leaf: LeafIndex) {
        self.leavers.insert(leaf);
    }

    pub(super) fn disconnected(&mut self) {
        self.since = None;
        self.turn = None;
        self.door.disconnected();
    }

    /// The machine slept: whose turn it is has to be worked out anew.
    pub(super) fn woke(&mut self) {
        self.since = None;
        self.turn = None;
    }

    /// One's own commit, if its place in the log was just read.
    pub(super) fn take_pending(&mut self, position: Position) -> Option<Pending> {
        let pending = self
            .pending
            .take_if(|pending| pending.position <= position)?;
        self.own_changes = Some(pending.changes.clone());
        Some(pending)
    }

    pub(super) fn take_own_changes(&mut self) -> Option<Changes> {
        self.own_changes.take()
    }

    /// A commit took effect.
    pub(super) fn merged(&mut self, now: Timestamp, position: Position, changes: &Changes) {
        self.own_changes = None;
        self.last_commit = Some(now);
        self.since = None;
        self.turn = None;
        self.pathless = if changes.has_path {
            0
        } else {
            self.pathless.saturating_add(1)
        };
        for (leaf, seat) in &changes.removed {
            self.leavers.remove(leaf);
            self.last_change.insert(seat.key(), position);
        }
        for seat in &changes.added {
            self.last_change.insert(*seat, position);
        }
        while self.last_change.len() > MAX_SEATS {
            let oldest = self.last_change.iter().min_by_key(|(_, at)| **at);
            let Some(oldest) = oldest.map(|(seat, _)| *seat) else {
                break;
            };
            self.last_change.remove(&oldest);
        }
        let mut requests = core::mem::take(&mut self.requests);
        requests.retain(|_, request| request.seen > self.floor(&request.seat));
        self.requests = requests;
    }

    // --- what is due ----------------------------------------------------------------------------

    /// Commits if it is one's turn. Gives the key of the epoch that would begin.
    pub(super) fn advance(
        &mut self,
        now: Timestamp,
        next: Position,
        group: &mut SealedGroup,
        liveness: &Liveness,
        shared: &Shared,
        out: &mut Outbox,
    ) -> Option<EpochKey> {
        if let Some(pending) = &mut self.pending {
            // The same bytes again: if they stand already, the place is taken, by them.
            if !out.awaits(Purpose::Room) && now >= pending.sent + timing::APPEND_RETRY {
                pending.sent = now;
                let entry = pending.entry.clone();
                out.append(Purpose::Room, &shared.commits, Some(next), entry);
            }
            return None;
        }
        let due = self.due(now, group, liveness, shared);
        if due.removals.is_empty() && due.adds.is_empty() && due.follows.is_none() {
            self.since = None;
            self.turn = None;
            return None;
        }
        let since = *self.since.get_or_insert(now);
        let rank = self.rank(now, group, liveness, &due.removals);
        let turn = since + timing::RANK_DELAY.saturating_mul(rank);
        let spaced = self
            .last_commit
            .map_or(turn, |last| turn.max(last + timing::COMMIT_SPACING));
        self.turn = Some(spaced);
        if now < spaced {
            return None;
        }
        self.commit(now, next, &due, group, shared, out)
    }

    pub(super) fn next_timeout(&self, awaiting: bool) -> Option<Timestamp> {
        match &self.pending {
            Some(pending) => (!awaiting).then(|| pending.sent + timing::APPEND_RETRY),
            None => self.turn,
        }
    }

    /// How many live members come before oneself. Those silent for a while don't count.
    pub(super) fn rank(
        &self,
        now: Timestamp,
        group: &SealedGroup,
        liveness: &Liveness,
        going: &BTreeSet<LeafIndex>,
    ) -> u32 {
        let own = group.own_leaf();
        let before = group
            .roster()
            .keys()
            .filter(|leaf| **leaf < own && !going.contains(leaf))
            .filter(|leaf| !liveness.is_stale(now, **leaf))
            .count();
        u32::try_from(before).unwrap_or(u32::MAX)
    }

    fn due(
        &self,
        now: Timestamp,
        group: &SealedGroup,
        liveness: &Liveness,
        shared: &Shared,
    ) -> Due {
        let mut due = Due::default();
        if shared.record.is_outdated(group.place())
            && let Some(latest) = shared.record.latest()
        {
            due.removals.extend(group.fallen(&latest.standing));
            due.follows = Some(latest);
        }
        let present = |leaf: &LeafIndex| group.roster().contains_key(leaf);
        due.removals
            .extend(self.leavers.iter().copied().filter(present));
        due.removals.extend(liveness.dead(now));
        // A seat's latest request counts.
        let latest: BTreeMap<SeatKey, Position> = self
            .requests
            .iter()
            .map(|(position, request)| (request.seat, *position))
            .collect();
        let mut adds: Vec<(Position, SeatKey)> =
            latest.into_iter().map(|(seat, at)| (at, seat)).collect();
        adds.sort_unstable();
        for (position, seat) in adds.into_iter().take(MAX_BATCH) {
            match group.leaf_of(&seat) {
                // One can't remove oneself: another member sees to it.
                Some(leaf) if leaf == group.own_leaf() => continue,
                Some(leaf) => {
                    due.removals.insert(leaf);
                }
                None => {}
            }
            due.adds.push(position);
        }
        due.removals.remove(&group.own_leaf());
        due
    }

    fn commit(
        &mut self,
        now: Timestamp,
        next: Position,
        due: &Due,
        group: &mut SealedGroup,
        shared: &Shared,
        out: &mut Outbox,
    ) -> Option<EpochKey> {
        let moved = due.follows.as_ref().map(|follows| follows.place);
        let marks = Marks {
            record: moved.or(group.place()),
            ..self.marks(due)
        };
        let packages: Vec<KeyPackage> = due
            .adds
            .iter()
            .filter_map(|at| self.requests.get(at))
            .map(|request| request.package.clone())
            .collect();
        let with_path = self.pathless >= PATHLESS_COMMITS;
        let follows = due.follows.clone();
        let proposed = group.propose(&due.removals, &packages, marks, with_path, follows);
        let Ok(own) = proposed else {
            self.drop_unusable(due, group);
            return None;
        };
        let entry = RoomEntry::Commit(RoomCommit {
            incarnation: group.incarnation(),
            marks,
            commit: own.commit,
            welcome: own.welcome,
        });
        let Some(entry) = out.seal(&shared.commits, &entry.encode()) else {
            group.discard_own();
            self.drop_unusable(due, group);
            return None;
        };
        out.append(Purpose::Room, &shared.commits, Some(next), entry.clone());
        self.turn = None;
        self.pending = Some(Pending {
            entry,
            epoch: own.next.epoch,
            position: next,
            sent: now,
            changes: own.changes,
        });
        Some(own.next)
    }

    /// A batch that openmls refuses: two requests clash (for instance over one key). Each applicant
    /// asks again, with a fresh package, so the batch is dropped.
    fn drop_unusable(&mut self, due: &Due, group: &mut SealedGroup) {
        group.discard_own();
        for position in &due.adds {
            self.requests.remove(position);
        }
        self.since = None;
        self.turn = None;
    }

    /// A joiner must read the door from the first request that isn't dealt with.
    fn marks(&self, due: &Due) -> Marks {
        let served: BTreeSet<SeatKey> = due
            .adds
            .iter()
            .filter_map(|at| self.requests.get(at))
            .map(|request| request.seat)
            .collect();
        let open = self
            .requests
            .iter()
            .find(|(_, request)| !served.contains(&request.seat))
            .map(|(position, _)| *position);
        Marks {
            door: open.unwrap_or(self.door.next),
            messages: self.messages_next,
            record: None,
        }
    }

    #[cfg(feature = "test-switches")]
    pub(super) fn attack_requests(&self) -> Vec<KeyPackage> {
        let packages = self.requests.values();
        packages.map(|request| request.package.clone()).collect()
    }

    /// A request must have seen more of `c/<room>` than this.
    fn floor(&self, seat: &SeatKey) -> Position {
        self.last_change.get(seat).copied().unwrap_or(self.joined)
    }
}
