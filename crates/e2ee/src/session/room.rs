use super::ChatError;
use super::chat::ChatQueue;
use super::entering::Entering;
use super::hands::OwnHand;
use super::member::{Arrival, Member};
use super::record_view::{Placed, RecordView};
use crate::applicant::{Applicant, Expected};
use crate::beat::Beat;
use crate::entries::{AppMessage, Marks, RoomCommit, RoomEntry, RoomOpen};
use crate::group::{CommitOutcome, Follows, Refusal, SealedGroup, claimed};
use crate::identity::{Identity, Judge};
use crate::liveness;
use crate::media::{OpenError, Opened, SealError};
use crate::outbox::{Outbox, Purpose};
use crate::presence::{PresenceError, Reaction, Status};
use crate::room_seat::RoomSeat;
use crate::rules::{Rule, Switches};
use crate::timing;
use crate::types::{Affiliation, Event, Notice, Person, State, StopCode, View};
use incamera_model::{LeafIndex, MediaKind, Position, StreamName, Timestamp};
use incamera_talk::two_keys::{Place as RecordPlace, Standings};
use incamera_talk::{SeatKey, crypto};
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

/// How many claimed epochs are remembered.
const MAX_CLAIMED: usize = 512;
/// How many places that there weren't are remembered; the latest is dropped.
const MAX_MISSED: usize = 256;

pub(super) struct RoomParts {
    pub(super) identity: Identity,
    pub(super) record: RecordView,
    pub(super) switches: Switches,
    pub(super) status: Status,
}

/// A room as one session sees it.
pub(super) struct Room {
    pub(super) shared: Shared,
    /// How far `c/<room>` was read.
    commits: Cursor,
    /// Since when the entry that comes next there waits for the record to be read further.
    waiting: Option<Timestamp>,
    /// Until when nothing is waited for any more, because that was in vain.
    impatient: Timestamp,
    /// Places that nobody had told of when an entry there named them: those entries were void.
    missed: VecDeque<RecordPlace>,
    /// The latest place of the record that an entry there has named.
    named: u64,
    head: Option<Head>,
    applicant: Applicant,
    stage: Stage,
    chat: ChatQueue,
    /// What one says of oneself.
    status: Status,
    hand: OwnHand,
    changed: bool,
    /// Whether people know that the server refuses; once for each connection.
    refusal_told: bool,
    /// When the view changes by the mere passing of time.
    change_at: Option<Timestamp>,
}

/// What every part of the room needs.
pub(super) struct Shared {
    pub(super) identity: Arc<Identity>,
    pub(super) switches: Switches,
    pub(super) record: RecordView,
    pub(super) commits: StreamName,
    pub(super) door: StreamName,
    pub(super) messages: StreamName,
    pub(super) beats: StreamName,
}

#[expect(
    clippy::large_enum_variant,
    reason = "there is one, and it is boxed with the room"
)]
enum Stage {
    Entering(Entering),
    Seated(Box<Member>),
}

/// How far a stream was read.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cursor {
    pub(super) next: Position,
    pub(super) caught_up: bool,
    /// Whether the missing entries were asked for; once is enough, or a server that withholds one
    /// would be asked without end.
    asked: bool,
    /// An entry that is read though the record wasn't read as far as it says.
    given_up: Option<Position>,
}

/// What the cursor makes of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Next,
    /// Read already, or not readable yet.
    Old,
    /// Something before it is missing: follow the stream again.
    Gap,
}

impl Cursor {
    pub(super) fn at(next: Position) -> Self {
        Self {
            next,
            ..Self::default()
        }
    }

    pub(super) fn disconnected(&mut self) {
        self.caught_up = false;
        self.asked = false;
    }

    /// This entry, which was taken just now, is to be read again.
    fn back_to(&mut self, position: Position) {
        self.next = position;
        self.caught_up = false;
    }

    fn give_up(&mut self) {
        self.given_up = Some(self.next);
    }

    fn gave_up(&self, position: Position) -> bool {
        self.given_up == Some(position)
    }

    pub(super) fn take(&mut self, position: Position) -> Place {
        match position.cmp(&self.next) {
            core::cmp::Ordering::Less => Place::Old,
            core::cmp::Ordering::Equal => {
                self.next = position.next();
                self.asked = false;
                Place::Next
            }
            core::cmp::Ordering::Greater if self.asked => Place::Old,
            core::cmp::Ordering::Greater => {
                self.asked = true;
                Place::Gap
            }
        }
    }
}

/// The latest valid RoomOpen, and what `c/<room>` shows after it to somebody outside.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) incarnation: u32,
    pub(super) group_id: Vec<u8>,
    pub(super) opener: SeatKey,
    /// Whether any commit followed; none of it is verified from outside.
    pub(super) committed: bool,
    claimed: BTreeSet<u64>,
    pub(super) marks: Marks,
}

impl Room {
    pub(super) fn new(parts: RoomParts) -> Self {
        let room = parts.identity.room;
        let shared = Shared {
            switches: parts.switches,
            record: parts.record,
            commits: StreamName::commits(&room),
            door: StreamName::door(&room),
            messages: StreamName::messages(&room),
            beats: StreamName::beats(&room),
            identity: Arc::new(parts.identity),
        };
        Self {
            applicant: Applicant::new(shared.identity.clone(), shared.switches.clone()),
            shared,
            commits: Cursor::default(),
            waiting: None,
            impatient: Timestamp(0),
            missed: VecDeque::new(),
            named: 0,
            head: None,
            stage: Stage::Entering(Entering::default()),
            chat: ChatQueue::default(),
            status: parts.status,
            hand: OwnHand::default(),
            changed: true,
            refusal_told: false,
            change_at: None,
        }
    }

    // --- the connection -------------------------------------------------------------------------

    pub(super) fn connected(&mut self, now: Timestamp, out: &mut Outbox) {
        out.subscribe(&self.shared.beats, Position(0));
        out.subscribe(&self.shared.commits, self.commits.next);
        if let Stage::Seated(member) = &mut self.stage {
            member.connected(now, &self.shared, out);
        }
    }

    pub(super) fn disconnected(&mut self) {
        self.commits.disconnected();
        self.waiting = None;
        self.refusal_told = false;
        self.chat.disconnected();
        self.hand.disconnected();
        match &mut self.stage {
            Stage::Entering(entering) => entering.disconnected(),
            Stage::Seated(member) => member.disconnected(),
        }
    }

    pub(super) fn caught_up(&mut self, stream: &StreamName) {
        if *stream == self.shared.commits {
            self.commits.caught_up = true;
        }
        if let Stage::Seated(member) = &mut self.stage
            && *stream == self.shared.messages
        {
            member.messages.caught_up = true;
        }
    }

    /// The machine slept, with everything that was to happen meanwhile.
    pub(super) fn woke(&mut self, now: Timestamp) {
        match &mut self.stage {
            Stage::Entering(entering) => entering.woke(),
            Stage::Seated(member) => member.woke(now),
        }
        self.changed = true;
    }

    // --- the record -----------------------------------------------------------------------------

    /// The record was read further.
    pub(super) fn record(
        &mut self,
        standings: &Standings,
        out: &mut Outbox,
    ) -> Result<(), StopCode> {
        self.shared.record = RecordView::Followed(Box::new(standings.clone()));
        if self
            .missed
            .iter()
            .any(|place| standings.since(*place).is_some())
        {
            self.start_over(out);
        }
        if self.waiting.take().is_some() {
            out.subscribe(&self.shared.commits, self.commits.next);
        }
        if let Stage::Seated(member) = &mut self.stage {
            member.look_for_fallen(&self.shared);
        }
        self.may_stay()
    }

    /// Whether one's own seat still stands.
    pub(super) fn may_stay(&self) -> Result<(), StopCode> {
        let Some(latest) = self.shared.record.latest() else {
            return Ok(());
        };
        if latest.standing.is_ended() {
            return Err(StopCode::Ended);
        }
        let room = &self.shared.identity.room;
        if latest.standing.parties(room).is_none() {
            return Err(StopCode::RoomEnded);
        }
        let judge = self.judge(Some(&latest));
        judge
            .stands(&self.shared.identity.seat)
            .map_err(|rule| match rule {
                Rule::Approved => StopCode::NotApproved,
                Rule::LockedOut => StopCode::LockedOut,
                _ => StopCode::Revoked,
            })
    }

    fn judge<'a>(&'a self, follows: Option<&'a Follows>) -> Judge<'a> {
        Judge {
            identity: &self.shared.identity,
            switches: &self.shared.switches,
            standing: follows.map(|follows| &*follows.standing),
        }
    }

    // --- entries --------------------------------------------------------------------------------

    pub(super) fn entry(
        &mut self,
        now: Timestamp,
        stream: &StreamName,
        position: Position,
        entry: &[u8],
        out: &mut Outbox,
    ) -> Result<(), StopCode> {
        if *stream == self.shared.commits {
            // It is followed anew once the record was read far enough.
            if self.waiting.is_some() {
                return Ok(());
            }
            return match self.commits.take(position) {
                Place::Next => self.commit_entry(now, position, entry, out),
                Place::Old => Ok(()),
                Place::Gap => {
                    out.subscribe(stream, self.commits.next);
                    Ok(())
                }
            };
        }
        let Stage::Seated(member) = &mut self.stage else {
            return Ok(());
        };
        if *stream == self.shared.door {
            return member.door_entry(now, position, entry, &self.shared, out);
        }
        if *stream == self.shared.messages {
            let own = self.hand.take(position, entry);
            member.message_entry(now, position, entry, &self.shared, out);
            // Whatever it was, a hand may have moved.
            self.changed = true;
            if own {
                member.set_status(now, &self.status, self.hand.since());
            }
        }
        Ok(())
    }

    pub(super) fn published(
        &mut self,
        now: Timestamp,
        stream: &StreamName,
        entry: &[u8],
        out: &mut Outbox,
    ) -> Result<(), StopCode> {
        if *stream != self.shared.beats {
            return Ok(());
        }
        let room = self.shared.identity.room;
        let beat = out
            .open(stream, entry)
            .and_then(|content| Beat::decode(&content).ok())
            .filter(|beat| liveness::signatures_hold(beat, &room));
        let Some(beat) = beat else { return Ok(()) };
        match &mut self.stage {
            Stage::Entering(entering) => {
                if self.head.as_ref().map(|head| head.incarnation) == Some(beat.incarnation) {
                    entering.heard();
                }
                Ok(())
            }
            Stage::Seated(member) => {
                let told = member.beat(now, &beat, &self.shared, out);
                if told == Err(StopCode::Fork) {
                    // Whoever stops falls silent, and the others would never hear what shows it to them.
                    member.send_beat(now, &self.shared, out);
                }
                self.changed |= told?;
                Ok(())
            }
        }
    }

    /// An entry of `c/<room>`, in order. What isn't valid is void, for everybody by the same rules.
    fn commit_entry(
        &mut self,
        now: Timestamp,
        position: Position,
        entry: &[u8],
        out: &mut Outbox,
    ) -> Result<(), StopCode> {
        let content = out.open(&self.shared.commits, entry);
        let content = content.and_then(|content| RoomEntry::decode(&content).ok());
        let mut follows = None;
        let mut placed = false;
        if let Some(content) = &content {
            match self.shared.record.placed(content.marks()) {
                Placed::Judge(known) => {
                    follows = known;
                    placed = true;
                }
                Placed::Wait if !self.commits.gave_up(position) && now >= self.impatient => {
                    self.wait_for_record(now, position, out);
                    return Ok(());
                }
                Placed::Wait => self.miss(content.marks()),
                Placed::Unknown => {}
            }
        }
        // One's own entries count as well, or their author alone would go back behind them.
        let before = self.named;
        let named = follows.as_ref().map_or(0, |follows| follows.place.position);
        self.named = before.max(named);
        let own = match &mut self.stage {
            Stage::Entering(entering) => entering.take_opening(position, entry),
            Stage::Seated(member) => {
                if member.take_pending(position, entry) {
                    return self.own_commit(now, position, out);
                }
                None
            }
        };
        let Some(content) = content.filter(|_| placed) else {
            return Ok(());
        };
        match content {
            RoomEntry::Open(open) => {
                let in_time = named >= before || !self.shared.switches.enforces(Rule::OldPlace);
                let own = (position, own);
                match in_time {
                    true => self.room_open(now, &open, own, follows.as_ref(), out),
                    false => Ok(()),
                }
            }
            RoomEntry::Commit(commit) => self.room_commit(now, position, &commit, follows, out),
        }
    }

    /// What an entry may do depends on a part of the record that wasn't read yet.
    fn wait_for_record(&mut self, now: Timestamp, position: Position, out: &mut Outbox) {
        self.commits.back_to(position);
        self.waiting = Some(now);
        let (next, _) = self.shared.record.end();
        out.subscribe(&StreamName::record(), next);
    }

    /// Nobody has seen the place that the next entry names: it is void, like one that names none.
    fn give_up_waiting(&mut self, now: Timestamp, out: &mut Outbox) {
        if self
            .waiting
            .is_some_and(|since| now >= since + timing::RECORD_PATIENCE)
        {
            self.waiting = None;
            self.impatient = now + timing::RECORD_IMPATIENCE;
            self.commits.give_up();
            out.subscribe(&self.shared.commits, self.commits.next);
        }
    }

    fn miss(&mut self, marks: &Marks) {
        if self.missed.len() == MAX_MISSED {
            self.missed.pop_back();
        }
        self.missed.extend(marks.record);
    }

    /// An entry was void here and for nobody else: the server had kept a part of the record back. What
    /// was decided since can't be undone, so the room is read from its beginning, as after a reload.
    fn start_over(&mut self, out: &mut Outbox) {
        self.missed.clear();
        self.commits = Cursor::default();
        self.waiting = None;
        self.named = 0;
        self.head = None;
        if let Stage::Seated(_) = self.stage {
            out.notice(Notice::ComingBack { by: None });
        }
        self.stand_up(None);
        out.subscribe(&self.shared.commits, self.commits.next);
    }

    fn room_open(
        &mut self,
        now: Timestamp,
        open: &RoomOpen,
        (position, own): (Position, Option<SealedGroup>),
        follows: Option<&Follows>,
        out: &mut Outbox,
    ) -> Result<(), StopCode> {
        let Some(seat) = self.verify_open(position, open, follows) else {
            return Ok(());
        };
        // A duplicated tab, alone in the room with itself, opens it anew: the newer one stays.
        let seated = matches!(self.stage, Stage::Seated(_));
        if seated && own.is_none() && seat.key() == self.shared.identity.seat.key() {
            return Err(StopCode::Replaced);
        }
        let before = self.head.as_ref().map(|head| head.incarnation);
        self.head = Some(Head {
            incarnation: open.incarnation,
            group_id: open.group_id.clone(),
            opener: seat.key(),
            committed: false,
            claimed: BTreeSet::new(),
            marks: open.marks,
        });
        if before.is_some() && self.commits.caught_up {
            out.notice(Notice::Reopened {
                incarnation: open.incarnation,
            });
        }
        match own {
            Some(group) => self.sit_down(now, position, group, open.marks, out),
            None => {
                self.stand_up(None);
                Ok(())
            }
        }
    }

    /// Whether a RoomOpen begins the next incarnation, and whose it is.
    fn verify_open(
        &self,
        position: Position,
        open: &RoomOpen,
        follows: Option<&Follows>,
    ) -> Option<RoomSeat> {
        let expected = self.head.as_ref().map_or(1, |head| head.incarnation + 1);
        if open.incarnation != expected || open.position != position || open.group_id.len() != 16 {
            return None;
        }
        let seat = self.judge(follows).seat(&open.seat, None).ok()?;
        let signed = open.signed(&self.shared.identity.room);
        crypto::verify(&seat.key().0, "room-open", &signed, &open.signature).then_some(seat)
    }

    fn room_commit(
        &mut self,
        now: Timestamp,
        position: Position,
        commit: &RoomCommit,
        follows: Option<Follows>,
        out: &mut Outbox,
    ) -> Result<(), StopCode> {
        let Some(head) = &mut self.head else {
            return Ok(());
        };
        if commit.incarnation != head.incarnation {
            return Ok(());
        }
        if let Stage::Seated(member) = &mut self.stage {
            let received =
                member.commit(now, (position, commit), follows.clone(), &self.shared, out);
            return match received? {
                Ok(CommitOutcome::Next(changes)) => {
                    self.changed = true;
                    if !changes.added.is_empty() {
                        self.hand.somebody_came();
                    }
                    Ok(())
                }
                Ok(CommitOutcome::Removed(changes)) => {
                    let by = member.name_of(changes.committer);
                    let packages = &changes.own_packages;
                    self.removed(now, (position, commit), packages, by, follows, out)
                }
                Err(refusal) => {
                    Self::refused_commit((now, position), refusal, member, &self.shared, out);
                    Ok(())
                }
            };
        }
        let Some((group_id, epoch)) = claimed(&commit.commit) else {
            return Ok(());
        };
        if group_id != head.group_id {
            return Ok(());
        }
        // From outside it can't be told which commit of an epoch is valid; the first one is taken
        // (R-C8, R-C10), if one for the epoch before stands there too. A later one's Welcome is of
        // a branch that members don't follow.
        let first = head.claim(epoch);
        head.committed = true;
        head.marks = commit.marks;
        if first || !self.shared.switches.enforces(Rule::C8) {
            self.try_welcome(now, (position, commit), epoch, follows, out)?;
        }
        Ok(())
    }

    fn refused_commit(
        (now, position): (Timestamp, Position),
        refusal: Refusal,
        member: &mut Member,
        shared: &Shared,
        out: &mut Outbox,
    ) {
        match refusal {
            Refusal::Void => {}
            Refusal::Rule { rule, committer } => out.notice(Notice::CommitRefused {
                rule,
                by: member.name_of(committer),
                delegation: member.delegation_of(committer),
            }),
            Refusal::Unprocessable if !shared.switches.enforces(Rule::C9) => {}
            Refusal::Unprocessable => {
                member.doubt(now, position);
                out.notice(Notice::Doubt);
            }
        }
    }

    /// One's leaf was removed: by a commit that seats one again, by one that seats another device
    /// of the same seat, or without more.
    fn removed(
        &mut self,
        now: Timestamp,
        (position, commit): (Position, &RoomCommit),
        own_packages: &[Vec<u8>],
        by: Option<String>,
        follows: Option<Follows>,
        out: &mut Outbox,
    ) -> Result<(), StopCode> {
        let epoch = claimed(&commit.commit).map_or(0, |(_, epoch)| epoch);
        if !own_packages.is_empty() && !self.applicant.holds(own_packages) {
            return Err(StopCode::Replaced);
        }
        self.stand_up(None);
        if let Some(head) = &mut self.head {
            head.marks = commit.marks;
        }
        if own_packages.is_empty() {
            out.notice(Notice::ComingBack { by });
            return Ok(());
        }
        self.try_welcome(now, (position, commit), epoch, follows, out)
    }

    fn try_welcome(
        &mut self,
        now: Timestamp,
        (position, commit): (Position, &RoomCommit),
        epoch: u64,
        follows: Option<Follows>,
        out: &mut Outbox,
    ) -> Result<(), StopCode> {
        let latest = self.shared.record.latest();
        let Some(head) = &self.head else {
            return Ok(());
        };
        if commit.welcome.is_empty() {
            return Ok(());
        }
        let expected = Expected {
            incarnation: head.incarnation,
            group_id: &head.group_id,
            after_epoch: epoch,
            follows,
            latest: latest.as_ref().map(|latest| &*latest.standing),
        };
        match self.applicant.join(&commit.welcome, &expected) {
            None => Ok(()),
            Some(Ok(group)) => self.sit_down(now, position, group, commit.marks, out),
            Some(Err(rule)) => {
                out.notice(Notice::WelcomeRefused { rule });
                Ok(())
            }
        }
    }

    fn own_commit(
        &mut self,
        now: Timestamp,
        position: Position,
        out: &mut Outbox,
    ) -> Result<(), StopCode> {
        let Stage::Seated(member) = &mut self.stage else {
            return Ok(());
        };
        self.changed = true;
        if member.own_commit(now, position, &self.shared, out)? {
            self.hand.somebody_came();
        }
        Ok(())
    }

    // --- coming and going -----------------------------------------------------------------------

    fn sit_down(
        &mut self,
        now: Timestamp,
        position: Position,
        group: SealedGroup,
        marks: Marks,
        out: &mut Outbox,
    ) -> Result<(), StopCode> {
        let arrival = Arrival {
            now,
            position,
            marks,
            status: &self.status,
        };
        let mut member =
            Member::new(group, &arrival, &self.shared, out).map_err(|_| StopCode::Internal)?;
        if out.connected {
            member.connected(now, &self.shared, out);
        }
        self.stage = Stage::Seated(Box::new(member));
        self.changed = true;
        Ok(())
    }

    fn stand_up(&mut self, complaint: Option<Position>) {
        self.stage = Stage::Entering(Entering::new(complaint));
        self.chat.disconnected();
        self.hand.stood_up();
        self.changed = true;
    }

    pub(super) fn say_goodbye(&mut self, out: &mut Outbox) {
        if let Stage::Seated(member) = &mut self.stage {
            member.say_goodbye(&self.shared, out);
        }
    }

    // --- time -----------------------------------------------------------------------------------

    pub(super) fn advance(&mut self, now: Timestamp, out: &mut Outbox) -> Result<(), StopCode> {
        self.give_up_waiting(now, out);
        if self.change_at.is_some_and(|at| at <= now) {
            self.changed = true;
        }
        let rejoin = match &mut self.stage {
            Stage::Entering(entering) => {
                if out.connected && self.commits.caught_up {
                    entering.advance(
                        now,
                        &self.shared,
                        self.head.as_ref(),
                        self.commits.next,
                        &mut self.applicant,
                        out,
                    )?;
                }
                None
            }
            Stage::Seated(member) => {
                member.advance(now, self.commits, &self.shared, out)?;
                self.chat.pump(member, &self.shared, out);
                if out.connected && member.messages.caught_up {
                    self.hand.pump(now, member, &self.shared, out);
                }
                member.must_rejoin(now, out.connected && self.commits.caught_up)
            }
        };
        if let Some(complaint) = rejoin {
            out.notice(Notice::ComingBack { by: None });
            self.stand_up(complaint);
            return self.advance(now, out);
        }
        Ok(())
    }

    pub(super) fn next_timeout(&self, out: &Outbox) -> Option<Timestamp> {
        let active = out.connected && self.commits.caught_up;
        let stage = match &self.stage {
            Stage::Entering(entering) => active
                .then(|| entering.next_timeout(out.awaits(Purpose::Room)))
                .flatten(),
            Stage::Seated(member) => member.next_timeout(active, out),
        };
        let hand = match &self.stage {
            Stage::Seated(member) if out.connected && member.messages.caught_up => {
                self.hand.next_timeout()
            }
            _ => None,
        };
        let waiting = self.waiting.map(|since| since + timing::RECORD_PATIENCE);
        let times = [stage, self.change_at, hand, waiting];
        times.into_iter().flatten().min()
    }

    // --- answers and commands -------------------------------------------------------------------

    pub(super) fn appended(&mut self, purpose: Purpose, out: &mut Outbox) {
        let Stage::Seated(member) = &self.stage else {
            return;
        };
        match purpose {
            Purpose::Chat(id) => self.chat.sent(&id, member, &self.shared, out),
            Purpose::React(reaction) => out.event(Event::Reaction {
                leaf: member.group().own_leaf(),
                name: self.shared.identity.seat.name().as_str().to_owned(),
                own: true,
                reaction,
            }),
            Purpose::Room | Purpose::Door | Purpose::Leave | Purpose::Hand => {}
        }
    }

    pub(super) fn refused(&mut self, now: Timestamp, purpose: Purpose, out: &mut Outbox) {
        match purpose {
            Purpose::Chat(id) => self.chat.refused(&id, out),
            Purpose::Hand => self.hand.refused(now),
            Purpose::Room | Purpose::Door if !self.refusal_told => {
                self.refusal_told = true;
                out.notice(Notice::ServerRefuses);
            }
            Purpose::Room | Purpose::Door | Purpose::Leave | Purpose::React(_) => {}
        }
    }

    pub(super) fn send_chat(&mut self, text: &str, out: &mut Outbox) -> Result<(), ChatError> {
        match &self.stage {
            Stage::Seated(_) => self.chat.push(text, out),
            Stage::Entering(_) => Err(ChatError::NotSeated),
        }
    }

    pub(super) fn set_sending(&mut self, now: Timestamp, kind: MediaKind, on: bool) {
        let changed = if on {
            self.status.sending.insert(kind)
        } else {
            self.status.sending.remove(&kind)
        };
        if changed {
            self.changed = true;
            if let Stage::Seated(member) = &mut self.stage {
                member.set_sending(now, kind, on);
            }
        }
    }

    /// `status.sending` isn't looked at: that is [`Self::set_sending`]'s.
    pub(super) fn set_status(&mut self, now: Timestamp, status: &Status) {
        self.status.connection = status.connection;
        self.status.quality = status.quality;
        self.changed = true;
        if let Stage::Seated(member) = &mut self.stage {
            member.set_status(now, &self.status, self.hand.since());
        }
    }

    pub(super) fn set_hand(&mut self, raised: bool) -> Result<(), PresenceError> {
        match &self.stage {
            Stage::Seated(_) => {
                self.hand.wish(raised);
                Ok(())
            }
            Stage::Entering(_) => Err(PresenceError::NotSeated),
        }
    }

    pub(super) fn react(
        &mut self,
        now: Timestamp,
        reaction: Reaction,
        out: &mut Outbox,
    ) -> Result<(), PresenceError> {
        let Stage::Seated(member) = &mut self.stage else {
            return Err(PresenceError::NotSeated);
        };
        if !out.connected {
            return Err(PresenceError::NotConnected);
        }
        if !member.may_react(now, &self.shared) {
            return Err(PresenceError::TooFast);
        }
        let message = AppMessage::React(reaction);
        member
            .append_message(Purpose::React(reaction), &message, &self.shared, out)
            .map(|_| ())
            .ok_or(PresenceError::NotSeated)
    }

    pub(super) fn seal(&mut self, kind: MediaKind, frame: &[u8]) -> Result<Vec<u8>, SealError> {
        match &mut self.stage {
            Stage::Seated(member) => member.seal(kind, frame),
            Stage::Entering(_) => Err(SealError::NotSeated),
        }
    }

    pub(super) fn open(&mut self, now: Timestamp, frame: &[u8]) -> Result<Opened, OpenError> {
        match &mut self.stage {
            Stage::Seated(member) => member.open(now, frame),
            Stage::Entering(_) => Err(OpenError::NotSeated),
        }
    }

    // --- the view -------------------------------------------------------------------------------

    pub(super) fn take_changed(&mut self, now: Timestamp) -> bool {
        if let Stage::Seated(member) = &self.stage {
            self.change_at = member.next_liveness_change(now);
        } else {
            self.change_at = None;
        }
        core::mem::take(&mut self.changed)
    }

    pub(super) fn fill_view(&self, now: Timestamp, view: &mut View) {
        let Stage::Seated(member) = &self.stage else {
            return;
        };
        let own_leaf = member.group().own_leaf();
        view.state = State::Seated;
        view.epoch = member.group().epoch();
        view.own_leaf = Some(own_leaf);
        let first_only = self.shared.switches.enforces(Rule::Connections);
        let liveness = &member.liveness;
        let connections = liveness.connections(self.status.connection, first_only);
        let silent = Status::default();
        let person = |(leaf, seat): (&LeafIndex, &RoomSeat)| {
            let own = *leaf == own_leaf;
            let status = match own {
                true => &self.status,
                false => liveness.status(*leaf).unwrap_or(&silent),
            };
            Person {
                leaf: *leaf,
                name: seat.name().as_str().to_owned(),
                own,
                sending: status.sending.iter().copied().collect(),
                stale: !own && liveness.is_stale(now, *leaf),
                hand: match own {
                    true => self.hand.since(),
                    false => member.hands.position(*leaf),
                },
                connection: match own {
                    true => self.status.connection,
                    false => connections.get(leaf).copied(),
                },
                quality: status.quality,
                affiliation: seat
                    .by_delegation()
                    .map(Affiliation::of)
                    .unwrap_or_default(),
            }
        };
        view.people = member.group().roster().iter().map(person).collect();
    }

    #[cfg(feature = "test-switches")]
    pub(super) fn turn_off(&mut self, rule: Rule) {
        self.shared.switches.turn_off(rule);
        self.applicant = Applicant::new(self.shared.identity.clone(), self.shared.switches.clone());
    }

    #[cfg(feature = "test-switches")]
    pub(super) fn sabotage(&mut self) {
        if let Stage::Seated(member) = &mut self.stage {
            member.attack_group().sabotage();
        }
    }

    #[cfg(feature = "test-switches")]
    pub(super) fn attack_seal_as(
        &self,
        leaf: LeafIndex,
        counter: u64,
        frame: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        match &self.stage {
            Stage::Seated(member) => member.attack_seal_as(leaf, counter, frame),
            Stage::Entering(_) => Err(SealError::NotSeated),
        }
    }

    #[cfg(feature = "test-switches")]
    pub(super) fn attack_beat(
        &mut self,
        now: Timestamp,
        hand: Option<Position>,
        quality: crate::presence::Quality,
        out: &mut Outbox,
    ) {
        if let Stage::Seated(member) = &mut self.stage {
            self.status.quality = quality;
            member.set_status(now, &self.status, hand);
            member.send_beat(now, &self.shared, out);
        }
    }

    #[cfg(feature = "test-switches")]
    pub(super) fn attack_requests(&self) -> Vec<openmls::prelude::KeyPackage> {
        match &self.stage {
            Stage::Seated(member) => member.work.attack_requests(),
            Stage::Entering(_) => Vec::new(),
        }
    }

    #[cfg(feature = "test-switches")]
    pub(super) fn attack_group(&mut self) -> Option<(&mut SealedGroup, &Shared)> {
        match &mut self.stage {
            Stage::Seated(member) => Some((member.attack_group(), &self.shared)),
            Stage::Entering(_) => None,
        }
    }
}

impl Head {
    /// Notes that an entry claims to end this epoch; whether it is the first one, in its turn.
    fn claim(&mut self, epoch: u64) -> bool {
        let follows = epoch
            .checked_sub(1)
            .is_none_or(|before| self.claimed.contains(&before));
        let first = self.claimed.insert(epoch) && follows;
        if self.claimed.len() > MAX_CLAIMED {
            self.claimed.pop_first();
        }
        first
    }
}
