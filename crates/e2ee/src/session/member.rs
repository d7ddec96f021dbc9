//! In the room: the group, its media keys, the other members' signs of life, and one's own.

use super::hands::Hands;
use super::room::{Cursor, Place, Shared};
use super::work::Work;
use crate::beat::Beat;
use crate::entries::{AppMessage, Marks, RoomCommit};
use crate::group::{
    Changes, CommitOutcome, Follows, MessageRefusal, MlsFailure, Refusal, SealedGroup,
};
use crate::liveness::Liveness;
use crate::media::{Media, OpenError, Opened, SealError};
use crate::outbox::{Outbox, Purpose};
use crate::presence::{ReactionPace, Status};
use crate::room_seat::RoomSeat;
use crate::rules::Rule;
use crate::timing;
use crate::types::{Event, Notice, StopCode};
use incamera_model::{LeafIndex, MediaKind, Position, Timestamp};
use incamera_talk::SeatKey;
use incamera_talk::crypto::KeyPair;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Messages of epochs to come that wait; the oldest is dropped.
const MAX_EARLY: usize = 64;
/// Chat ids that are remembered, so that a message sent twice is shown once.
const MAX_SHOWN: usize = 256;
/// Larger requests and messages than anybody needs aren't read.
const MAX_SMALL_ENTRY_BYTES: usize = 64 * 1024;

pub(super) struct Member {
    pub(super) group: SealedGroup,
    pub(super) work: Work,
    pub(super) liveness: Liveness,
    media: Media,
    /// The latest time to begin sending in the newest epoch, after an Add.
    switch_at: Option<Timestamp>,
    pub(super) messages: Cursor,
    early: VecDeque<(Position, Vec<u8>)>,
    shown: VecDeque<(SeatKey, [u8; 16])>,
    pub(super) hands: Hands,
    reactions: ReactionPace,
    own_reactions: ReactionPace,
    beats: Beats,
    doubt: Doubt,
}

/// How one came in.
pub(super) struct Arrival<'a> {
    pub(super) now: Timestamp,
    pub(super) position: Position,
    pub(super) marks: Marks,
    pub(super) status: &'a Status,
}

/// One's own beats.
struct Beats {
    key: KeyPair,
    announcement: [u8; 64],
    n: u64,
    last: Option<Timestamp>,
    /// Sooner than the usual pace, because something happened.
    soon: Option<Timestamp>,
    /// To answer a request at the door, unless somebody else does.
    knock: Option<Timestamp>,
    /// When one last said something new of oneself, or will.
    news: Option<Timestamp>,
    status: Status,
    hand: Option<Position>,
}

/// Signs that others are in an epoch that can't be reached from here.
#[derive(Default)]
struct Doubt {
    /// Since when a member beats in a later epoch.
    behind: Option<Timestamp>,
    told: bool,
    /// A commit that couldn't be processed, and until when that keeps sending stopped.
    unprocessable: Option<(Position, Timestamp)>,
    /// The delegations of whom nobody is heard (R-B2).
    silent: BTreeSet<u8>,
    /// Whether that keeps sending stopped, as it does unless a test says otherwise.
    silence_counts: bool,
    /// In whose name sound was forged; told once.
    forged: BTreeSet<LeafIndex>,
    /// Somebody sits there who doesn't stand by the record as it was read (R-B4).
    fallen: bool,
}

impl Member {
    pub(super) fn new(
        group: SealedGroup,
        arrival: &Arrival<'_>,
        shared: &Shared,
        out: &mut Outbox,
    ) -> Result<Self, MlsFailure> {
        let key = KeyPair::from_seed(&out.entropy().draw());
        let announced = Beat::announced(&shared.identity.room, group.incarnation(), &key.public());
        let leaves = group.roster().keys().map(|leaf| leaf.0).collect();
        let media = Media::new(
            shared.identity.room,
            group.incarnation(),
            group.own_leaf(),
            group.epoch_key()?,
            leaves,
            shared.switches.clone(),
        );
        let mut member = Self {
            media,
            work: Work::new(arrival.position, arrival.marks),
            liveness: Liveness::default(),
            switch_at: None,
            messages: Cursor::at(arrival.marks.messages),
            early: VecDeque::new(),
            shown: VecDeque::new(),
            hands: Hands::default(),
            reactions: ReactionPace::default(),
            own_reactions: ReactionPace::default(),
            beats: Beats {
                announcement: shared.identity.sign("beat-key", &announced),
                key,
                n: 0,
                last: None,
                soon: Some(arrival.now),
                knock: None,
                news: None,
                status: arrival.status.clone(),
                hand: None,
            },
            doubt: Doubt::default(),
            group,
        };
        member.update_liveness(arrival.now, &[]);
        member.look_for_fallen(shared);
        out.event(Event::SendKeyFrame);
        Ok(member)
    }

    pub(super) fn group(&self) -> &SealedGroup {
        &self.group
    }

    // --- the connection -------------------------------------------------------------------------

    pub(super) fn connected(&mut self, now: Timestamp, shared: &Shared, out: &mut Outbox) {
        out.subscribe(&shared.door, self.work.door_next());
        out.subscribe(&shared.messages, self.messages.next);
        self.liveness.restart(now);
        self.beats.soon = Some(now);
        self.doubt.restart(now);
    }

    pub(super) fn disconnected(&mut self) {
        self.work.disconnected();
        self.messages.disconnected();
        self.doubt.behind = None;
    }

    // --- commits --------------------------------------------------------------------------------

    /// Somebody's commit. The outer error ends the session.
    pub(super) fn commit(
        &mut self,
        now: Timestamp,
        (position, commit): (Position, &RoomCommit),
        follows: Option<Follows>,
        shared: &Shared,
        out: &mut Outbox,
    ) -> Result<Result<CommitOutcome, Refusal>, StopCode> {
        let received = self.group.receive(&commit.commit, commit.marks, follows);
        let outcome = match received {
            Ok(CommitOutcome::Next(changes)) => {
                self.merged(now, position, &changes, shared, out)?;
                CommitOutcome::Next(changes)
            }
            Ok(removed) => removed,
            Err(refusal) => return Ok(Err(refusal)),
        };
        Ok(Ok(outcome))
    }

    /// An entry was read: whether it is one's own commit. If it took that place, that is lost.
    pub(super) fn take_pending(&mut self, position: Position, entry: &[u8]) -> bool {
        let Some(pending) = self.work.take_pending(position) else {
            return false;
        };
        if pending.entry == entry {
            return true;
        }
        self.group.discard_own();
        self.media.withdraw(pending.epoch);
        false
    }

    pub(super) fn own_commit(
        &mut self,
        now: Timestamp,
        position: Position,
        shared: &Shared,
        out: &mut Outbox,
    ) -> Result<bool, StopCode> {
        let changes = self.work.take_own_changes().ok_or(StopCode::Internal)?;
        self.group
            .merge_own(&changes)
            .map_err(|_| StopCode::Internal)?;
        self.merged(now, position, &changes, shared, out)?;
        Ok(!changes.added.is_empty())
    }

    fn merged(
        &mut self,
        now: Timestamp,
        position: Position,
        changes: &Changes,
        shared: &Shared,
        out: &mut Outbox,
    ) -> Result<(), StopCode> {
        self.work.merged(now, position, changes);
        let fresh: Vec<LeafIndex> = changes
            .added
            .iter()
            .filter_map(|key| self.group.leaf_of(key))
            .collect();
        self.update_liveness(now, &fresh);
        let gone = changes.removed.iter().map(|(leaf, _)| *leaf);
        self.hands.update(gone, &fresh);
        self.switch_keys(now, changes, out)
            .map_err(|_| StopCode::Internal)?;
        self.doubt = Doubt {
            silent: core::mem::take(&mut self.doubt.silent),
            silence_counts: self.doubt.silence_counts,
            forged: core::mem::take(&mut self.doubt.forged),
            ..Doubt::default()
        };
        self.look_for_fallen(shared);
        if self.group.roster().len() <= 32 {
            self.beats.soon(now);
        }
        self.tell(changes, &fresh, out);
        self.read_early(now, shared, out);
        Ok(())
    }

    /// PROTOCOL "Switching keys".
    fn switch_keys(
        &mut self,
        now: Timestamp,
        changes: &Changes,
        out: &mut Outbox,
    ) -> Result<(), MlsFailure> {
        let key = self.group.epoch_key()?;
        let epoch = key.epoch;
        let leaves = self.group.roster().keys().map(|leaf| leaf.0).collect();
        let send = self.group.epoch_key()?;
        self.media.install(key, Some(leaves));
        if changes.removed.is_empty() {
            self.media.expire_before(epoch, now + timing::OLD_AFTER_ADD);
            self.switch_at.get_or_insert(now + timing::SWITCH_AFTER_ADD);
            return Ok(());
        }
        for (leaf, _) in &changes.removed {
            self.media.remove_leaf(*leaf, epoch);
        }
        self.media
            .expire_before(epoch, now + timing::OLD_AFTER_REMOVE);
        self.media.send_in(&send);
        self.switch_at = None;
        out.event(Event::SendKeyFrame);
        Ok(())
    }

    fn tell(&self, changes: &Changes, fresh: &[LeafIndex], out: &mut Outbox) {
        let by = self.name_of(changes.committer);
        for (_, seat) in &changes.removed {
            // Removed and added in one commit: the same person, back after a reload.
            if !changes.added.contains(&seat.key()) {
                out.notice(Notice::Removed {
                    name: seat.name().as_str().to_owned(),
                    by: by.clone(),
                });
            }
        }
        for leaf in fresh {
            if let Some(seat) = self.group.roster().get(leaf)
                && !changes
                    .removed
                    .iter()
                    .any(|(_, old)| old.key() == seat.key())
            {
                out.notice(Notice::Joined {
                    name: seat.name().as_str().to_owned(),
                    by: by.clone(),
                });
            }
        }
    }

    fn update_liveness(&mut self, now: Timestamp, fresh: &[LeafIndex]) {
        let own = self.group.own_leaf();
        let others = self
            .group
            .roster()
            .keys()
            .copied()
            .filter(|leaf| *leaf != own);
        self.liveness.update(now, self.group.epoch(), others, fresh);
    }

    // --- the door -------------------------------------------------------------------------------

    pub(super) fn door_entry(
        &mut self,
        now: Timestamp,
        position: Position,
        entry: &[u8],
        shared: &Shared,
        out: &mut Outbox,
    ) -> Result<(), StopCode> {
        match self.work.door_place(position) {
            Place::Next => {}
            Place::Old => return Ok(()),
            Place::Gap => {
                out.subscribe(&shared.door, self.work.door_next());
                return Ok(());
            }
        }
        if entry.len() > MAX_SMALL_ENTRY_BYTES {
            return Ok(());
        }
        let Some(content) = out.open(&shared.door, entry) else {
            return Ok(());
        };
        let Some(seat) = self
            .work
            .request(position, &content, &self.group, shared, out)
        else {
            return Ok(());
        };
        // Alone, nobody else could let one's own other device in; it opens the room anew.
        if seat == shared.identity.seat.key() && self.group.roster().len() == 1 {
            return Err(StopCode::Replaced);
        }
        let rank = self
            .work
            .rank(now, &self.group, &self.liveness, &BTreeSet::new());
        let delay = timing::KNOCK_DELAY.saturating_mul(rank.min(75));
        self.beats.knock.get_or_insert(now + delay);
        Ok(())
    }

    // --- messages -------------------------------------------------------------------------------

    pub(super) fn message_entry(
        &mut self,
        now: Timestamp,
        position: Position,
        entry: &[u8],
        shared: &Shared,
        out: &mut Outbox,
    ) {
        match self.messages.take(position) {
            Place::Next => {}
            Place::Old => return,
            Place::Gap => return out.subscribe(&shared.messages, self.messages.next),
        }
        self.work.messages_next = self.messages.next;
        if entry.len() > MAX_SMALL_ENTRY_BYTES {
            return;
        }
        if let Some(content) = out.open(&shared.messages, entry) {
            self.read_message(now, position, content, shared, out);
        }
    }

    fn read_message(
        &mut self,
        now: Timestamp,
        position: Position,
        content: Vec<u8>,
        shared: &Shared,
        out: &mut Outbox,
    ) {
        match self.group.decrypt(&content) {
            Ok((seat, leaf, AppMessage::Chat { id, text })) => {
                self.show(&seat, leaf, id, text, out)
            }
            Ok((seat, leaf, AppMessage::Leave)) => {
                if self.group.roster().get(&leaf).map(RoomSeat::key) == Some(seat.key()) {
                    self.work.leaves(leaf);
                }
            }
            Ok((seat, leaf, AppMessage::Hand { raised })) => {
                if self.group.roster().get(&leaf).map(RoomSeat::key) == Some(seat.key()) {
                    self.hands.read(leaf, raised, position);
                }
            }
            Ok((seat, leaf, AppMessage::React(reaction))) => {
                let admitted = self
                    .reactions
                    .admits(now, &seat.key(), timing::REACTION_SPAN);
                if admitted || !shared.switches.enforces(Rule::Reactions) {
                    out.event(Event::Reaction {
                        leaf,
                        name: seat.name().as_str().to_owned(),
                        own: false,
                        reaction,
                    });
                }
            }
            Err(MessageRefusal::Future) => {
                if self.early.len() == MAX_EARLY {
                    self.early.pop_front();
                }
                self.early.push_back((position, content));
            }
            Err(MessageRefusal::Void) => {}
        }
    }

    /// The epoch changed: what came too early may be readable now.
    fn read_early(&mut self, now: Timestamp, shared: &Shared, out: &mut Outbox) {
        for (position, content) in core::mem::take(&mut self.early) {
            self.read_message(now, position, content, shared, out);
        }
    }

    fn show(
        &mut self,
        seat: &RoomSeat,
        leaf: LeafIndex,
        id: [u8; 16],
        text: String,
        out: &mut Outbox,
    ) {
        let key = (seat.key(), id);
        if self.shown.contains(&key) {
            return;
        }
        if self.shown.len() == MAX_SHOWN {
            self.shown.pop_front();
        }
        self.shown.push_back(key);
        out.event(Event::Chat {
            leaf,
            name: seat.name().as_str().to_owned(),
            text,
            own: false,
        });
    }

    /// Whether a reaction of one's own may go out: the others would drop more (R-P1).
    pub(super) fn may_react(&mut self, now: Timestamp, shared: &Shared) -> bool {
        self.own_reactions
            .admits(now, &shared.identity.seat.key(), timing::OWN_REACTION_SPAN)
            || !shared.switches.enforces(Rule::Reactions)
    }

    /// Seals and appends a message; gives the entry if that was possible.
    pub(super) fn append_message(
        &mut self,
        purpose: Purpose,
        message: &AppMessage,
        shared: &Shared,
        out: &mut Outbox,
    ) -> Option<Vec<u8>> {
        let message = self.group.encrypt(message).ok()?;
        let entry = out.seal(&shared.messages, &message)?;
        out.append(purpose, &shared.messages, None, entry.clone());
        Some(entry)
    }

    pub(super) fn say_goodbye(&mut self, shared: &Shared, out: &mut Outbox) {
        self.append_message(Purpose::Leave, &AppMessage::Leave, shared, out);
    }

    // --- beats ----------------------------------------------------------------------------------

    /// A beat whose signatures hold. Returns whether it changes what is shown.
    pub(super) fn beat(
        &mut self,
        now: Timestamp,
        beat: &Beat,
        shared: &Shared,
        out: &mut Outbox,
    ) -> Result<bool, StopCode> {
        if beat.incarnation != self.group.incarnation() {
            return Ok(false);
        }
        let Some(leaf) = self.group.leaf_of(&beat.seat_key) else {
            return Ok(false);
        };
        if leaf == self.group.own_leaf() {
            return Ok(false);
        }
        if beat.epoch == self.group.epoch() {
            let agrees = beat.leaf == leaf.0 && beat.authenticator == self.group.authenticator();
            if !agrees && shared.switches.enforces(Rule::Fork) {
                return Err(StopCode::Fork);
            }
        }
        let other_record = shared
            .record
            .contradicts(beat.record_next, beat.record_head);
        if other_record && shared.switches.enforces(Rule::Fork) {
            return Err(StopCode::Fork);
        }
        let was_stale = self.liveness.is_stale(now, leaf);
        if !self.liveness.heard(now, leaf, beat) {
            return Ok(false);
        }
        self.beats.knock = None;
        self.compare(now, leaf, beat, shared, out);
        if beat.epoch > self.group.epoch() {
            self.doubt.behind.get_or_insert(now);
        }
        self.switch_if_due(now, out)?;
        let enforces = |rule| shared.switches.enforces(rule);
        let hand = self.hands.told(leaf, beat.hand, enforces(Rule::Hands));
        let status = self.liveness.show(now, leaf, enforces(Rule::Changes));
        Ok(hand || status || was_stale)
    }

    fn compare(
        &mut self,
        now: Timestamp,
        leaf: LeafIndex,
        beat: &Beat,
        shared: &Shared,
        out: &mut Outbox,
    ) {
        let forged = self.media.is_forged(now, leaf, &beat.frames);
        if forged && shared.switches.enforces(Rule::Lists) && self.doubt.forged.insert(leaf) {
            let name = self.name_of(Some(leaf)).unwrap_or_default();
            out.notice(Notice::ForgedSound { name });
        }
    }

    pub(super) fn send_beat(&mut self, now: Timestamp, shared: &Shared, out: &mut Outbox) {
        let beats = &mut self.beats;
        beats.n += 1;
        beats.last = Some(now);
        beats.soon = None;
        beats.knock = None;
        let (record_next, record_head) = shared.record.end();
        let mut beat = Beat {
            incarnation: self.group.incarnation(),
            epoch: self.group.epoch(),
            authenticator: self.group.authenticator(),
            leaf: self.group.own_leaf().0,
            n: beats.n,
            record_next,
            record_head,
            frames: self.media.take_sent(),
            tracks: beats
                .status
                .sending
                .iter()
                .map(|kind| self.media.track(*kind))
                .collect(),
            hand: beats.hand,
            connection: beats.status.connection,
            quality: beats.status.quality,
            seat_key: shared.identity.seat.key(),
            beat_key: beats.key.public(),
            announcement: beats.announcement,
            signature: [0; 64],
        };
        beat.signature = beats.key.sign("beat", &beat.signed(&shared.identity.room));
        out.publish(&shared.beats, &beat.encode());
    }

    pub(super) fn set_sending(&mut self, now: Timestamp, kind: MediaKind, on: bool) {
        if on {
            self.beats.status.sending.insert(kind);
            self.media.new_transform(kind);
        } else {
            self.beats.status.sending.remove(&kind);
        }
        self.beats.soon(now);
    }

    /// Says something new of oneself, at once or as soon as the pace allows it.
    pub(super) fn set_status(&mut self, now: Timestamp, status: &Status, hand: Option<Position>) {
        if self.beats.status == *status && self.beats.hand == hand {
            return;
        }
        self.beats.status = status.clone();
        self.beats.hand = hand;
        self.beats.news(now);
    }

    /// The machine slept: silence until now was no fault of the others, nor are they ahead.
    pub(super) fn woke(&mut self, now: Timestamp) {
        self.liveness.restart(now);
        self.beats.soon(now);
        self.doubt.restart(now);
        self.work.woke();
    }

    // --- doubt ----------------------------------------------------------------------------------

    pub(super) fn doubt(&mut self, now: Timestamp, position: Position) {
        self.doubt.unprocessable = Some((position, now + timing::UNPROCESSABLE_DOUBT));
    }

    fn in_doubt(&self) -> bool {
        let doubt = &self.doubt;
        doubt.told || doubt.unprocessable.is_some() || doubt.fallen || self.is_silence()
    }

    /// R-B4: whom the record has thrown out hears nothing more, however long somebody keeps the commit
    /// back that removes them.
    pub(super) fn look_for_fallen(&mut self, shared: &Shared) {
        let latest = shared.record.latest();
        let fallen = latest.is_some_and(|latest| !self.group.fallen(&latest.standing).is_empty());
        self.doubt.fallen = fallen && shared.switches.enforces(Rule::Fallen);
    }

    fn is_silence(&self) -> bool {
        self.doubt.silence_counts && !self.doubt.silent.is_empty()
    }

    /// When a delegation was last heard, each but one's own that has people in the room: somebody may
    /// keep the commit from them that removes whom they don't want to be heard by.
    fn last_heard(&self) -> BTreeMap<u8, Timestamp> {
        let own = self.group.own_leaf();
        let own_delegation = self.delegation_of(Some(own));
        let mut heard = BTreeMap::new();
        for leaf in self.group.roster().keys().copied() {
            let delegation = self.delegation_of(Some(leaf));
            let (Some(delegation), Some(last)) = (delegation, self.liveness.last(leaf)) else {
                continue;
            };
            if Some(delegation) != own_delegation {
                let known = heard.entry(delegation).or_insert(last);
                *known = last.max(*known);
            }
        }
        heard
    }

    fn listen(&mut self, now: Timestamp, shared: &Shared, out: &mut Outbox) {
        let heard = self.last_heard().into_iter();
        let silent = heard.filter(|(_, last)| now.since(*last) >= timing::SILENT);
        let silent: BTreeSet<u8> = silent.map(|(delegation, _)| delegation).collect();
        let before = core::mem::replace(&mut self.doubt.silent, silent);
        self.doubt.silence_counts = shared.switches.enforces(Rule::Silent);
        for delegation in self.doubt.silent.difference(&before).copied() {
            out.notice(Notice::Silent { delegation });
        }
        for delegation in before.difference(&self.doubt.silent).copied() {
            out.notice(Notice::HeardAgain { delegation });
        }
    }

    /// A commit made while others may be in a later epoch would be void for them and valid here:
    /// a fork of one's own making.
    fn may_commit(&self) -> bool {
        // Whoever is silent may be removed: that isn't what is in doubt.
        !self.doubt.told && self.doubt.unprocessable.is_none() && self.doubt.behind.is_none()
    }

    /// Whether others are so far ahead that one must come in again; with the complaint, if any.
    pub(super) fn must_rejoin(&self, now: Timestamp, active: bool) -> Option<Option<Position>> {
        let behind = self.doubt.behind?;
        let patience = match self.doubt.unprocessable {
            Some(_) => timing::BEHIND_DOUBT,
            None => timing::BEHIND_REJOIN,
        };
        (active && now >= behind + patience)
            .then(|| self.doubt.unprocessable.map(|(position, _)| position))
    }

    // --- time -----------------------------------------------------------------------------------

    pub(super) fn advance(
        &mut self,
        now: Timestamp,
        commits: Cursor,
        shared: &Shared,
        out: &mut Outbox,
    ) -> Result<(), StopCode> {
        self.media.tick(now);
        self.liveness.show_due(now);
        self.listen(now, shared, out);
        self.switch_if_due(now, out)?;
        if let Some((_, until)) = self.doubt.unprocessable
            && now >= until
            && self.doubt.behind.is_none()
        {
            self.doubt.unprocessable = None;
        }
        let behind_since = self.doubt.behind;
        if !self.doubt.told && behind_since.is_some_and(|at| now >= at + timing::BEHIND_DOUBT) {
            self.doubt.told = true;
            out.notice(Notice::Doubt);
        }
        if out.connected {
            if self.beats.due().is_none_or(|due| now >= due) {
                self.send_beat(now, shared, out);
            }
            if commits.caught_up && self.may_commit() {
                self.do_work(now, commits.next, shared, out);
            }
        }
        Ok(())
    }

    fn switch_if_due(&mut self, now: Timestamp, out: &mut Outbox) -> Result<(), StopCode> {
        let Some(at) = self.switch_at else {
            return Ok(());
        };
        if now >= at || self.liveness.all_reached(now, self.group.epoch()) {
            let key = self.group.epoch_key().map_err(|_| StopCode::Internal)?;
            self.media.send_in(&key);
            self.switch_at = None;
            out.event(Event::SendKeyFrame);
        }
        Ok(())
    }

    fn do_work(&mut self, now: Timestamp, next: Position, shared: &Shared, out: &mut Outbox) {
        let proposed = self
            .work
            .advance(now, next, &mut self.group, &self.liveness, shared, out);
        if let Some(epoch_key) = proposed {
            self.media.install(epoch_key, None);
        }
    }

    pub(super) fn next_timeout(&self, active: bool, out: &Outbox) -> Option<Timestamp> {
        let mut times = vec![self.media.next_expiry(), self.switch_at];
        let heard = self.last_heard().into_iter();
        let listened = heard.filter(|(delegation, _)| !self.doubt.silent.contains(delegation));
        times.extend(listened.map(|(_, last)| Some(last + timing::SILENT)));
        if out.connected {
            times.push(self.beats.due());
        }
        if let Some(behind) = self.doubt.behind.filter(|_| active) {
            if !self.doubt.told {
                times.push(Some(behind + timing::BEHIND_DOUBT));
            }
            times.push(Some(behind + timing::BEHIND_REJOIN));
        } else if let Some((_, until)) = self.doubt.unprocessable {
            times.push(Some(until));
        }
        if active && self.may_commit() {
            times.push(self.work.next_timeout(out.awaits(Purpose::Room)));
        }
        times.into_iter().flatten().min()
    }

    pub(super) fn next_liveness_change(&self, now: Timestamp) -> Option<Timestamp> {
        self.liveness.next_change(now)
    }

    // --- media and getters ----------------------------------------------------------------------

    pub(super) fn seal(&mut self, kind: MediaKind, frame: &[u8]) -> Result<Vec<u8>, SealError> {
        if self.in_doubt() {
            return Err(SealError::Doubt);
        }
        self.media.seal(kind, frame)
    }

    pub(super) fn open(&mut self, now: Timestamp, frame: &[u8]) -> Result<Opened, OpenError> {
        self.media.open(now, frame)
    }

    pub(super) fn name_of(&self, leaf: Option<LeafIndex>) -> Option<String> {
        let seat = self.group.roster().get(&leaf?)?;
        Some(seat.name().as_str().to_owned())
    }

    pub(super) fn delegation_of(&self, leaf: Option<LeafIndex>) -> Option<u8> {
        let seat = self.group.roster().get(&leaf?)?.by_delegation()?;
        Some(seat.tbs().delegation.0)
    }

    #[cfg(feature = "test-switches")]
    pub(super) fn attack_seal_as(
        &self,
        leaf: LeafIndex,
        counter: u64,
        frame: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        self.media.attack_seal_as(leaf, counter, frame)
    }

    #[cfg(feature = "test-switches")]
    pub(super) fn attack_group(&mut self) -> &mut SealedGroup {
        &mut self.group
    }
}

impl Doubt {
    /// What the others are ahead by may come now. If it doesn't, doubt that stands already has to end
    /// nevertheless: by coming in again.
    fn restart(&mut self, now: Timestamp) {
        self.behind = self.told.then_some(now);
    }
}

impl Beats {
    fn news(&mut self, now: Timestamp) {
        if self.news.is_some_and(|at| at > now) {
            return;
        }
        let at = self
            .news
            .map_or(now, |last| now.max(last + timing::BEAT_STATUS));
        self.news = Some(at);
        self.soon = Some(self.soon.map_or(at, |soon| soon.min(at)));
    }

    fn soon(&mut self, now: Timestamp) {
        let earliest = self
            .last
            .map_or(now, |last| now.max(last + timing::BEAT_SPACING));
        self.soon = Some(self.soon.map_or(earliest, |soon| soon.min(earliest)));
    }

    /// When the next one is due; `None` for at once.
    fn due(&self) -> Option<Timestamp> {
        let pace = if self.status.sending.is_empty() {
            timing::BEAT_IDLE
        } else {
            timing::BEAT_SENDING
        };
        let usual = self.last? + pace;
        [self.soon, self.knock]
            .into_iter()
            .flatten()
            .fold(usual, Timestamp::min)
            .into()
    }
}
