//! One person's part in a talk between delegations: founding it, asking for seats and giving them,
//! what the record says, deciding. The protocol is `docs/protocol.md`, "Two keys".

mod commands;
mod founding;
mod guest;
mod heads;
mod life;
mod out;
mod people;
mod rooms;
mod scribe;
mod sealing;
#[cfg(test)]
mod tests;
mod types;
mod view;

use crate::media::{OpenError, Opened, SealError};
use crate::presence::{PresenceError, Quality, Reaction};
use crate::session::{ChatError, RoomSession};
use crate::types::{Output, View};
use founding::Founding;
use guest::GuestDesk;
use incamera_model::{AccessKey, ConnectionId, MediaKind, Position, StreamName, TalkId, Timestamp};
use incamera_talk::two_keys::{
    ClaimLink, CounterSigned, DelegationIndex, HeadSecret, Record, Secret, Standing, plenary,
};
use incamera_talk::{AccessKeyPair, Entropy, Vault};
use out::{Purpose, TalkOutbox};
use people::People;
use rooms::TeamRooms;
use scribe::Scribe;
use sealing::OwnBox;
pub(crate) use sealing::fuzz_sealed;
use std::collections::{BTreeMap, BTreeSet};

pub use life::{
    ByView, CommentView, CommitmentStateName, CommitmentView, DisputeView, EventView, IdText,
    ItemView, LifeStep, LifeView, MarkName, MeetingStateName, MeetingView, MemberView, OfferView,
    ReadoutView, SaidTimeView, SideView, SignatureView, StandsView, TeamOfferView, TeamStateName,
    TeamView, TimeView, VersionView, WhatView, WrittenView, ZoneView,
};
pub use types::{
    ActChoice, ActView, AdmitName, ApproverView, AskState, Broken, DelegationView, DeskNotice,
    FounderView, HeadView, LobbyView, OwnView, RoleName, RoomPlace, RulesView, SeatState, SeatView,
    Stage, SuspicionName, TalkCommand, TalkError, TalkEvent, TalkOutput, TalkView, WaitingView,
    WordsView,
};

/// What a talk's session starts from.
#[derive(Debug)]
pub struct TalkConfig {
    /// What the device keeps: from a link ([`Secret::for_link`]), from proposing the talk, or the
    /// last [`TalkEvent::Keep`].
    pub secret: Secret,
    /// The time.
    pub now: Timestamp,
    /// The same moment in milliseconds since 1970: for the times that entries claim and for
    /// invitations' expiry, which no verdict depends on.
    pub wall: u64,
    /// 32 secret, unpredictable bytes, never used before.
    pub seed: [u8; 32],
}

/// One person's part in a talk between delegations, and, once entered, their presence in its
/// plenary or in a team's room.
///
/// Sans-I/O as [`RoomSession`]: whoever owns it hands it what arrives (`handle_*`), what a person
/// wants ([`Self::command`] and the room's commands) and the time, and after *every* call drains
/// [`Self::poll_output`]. It finds its way from what stands in the streams: started again from what
/// was kept last, it goes on where things are.
pub struct TalkSession {
    talk: TalkId,
    secret: Secret,
    seat_box: Option<OwnBox>,
    /// The access group of the connection, and whether it was claimed.
    group: Option<(DelegationIndex, bool)>,
    out: TalkOutbox,
    started: (Timestamp, u64),
    reads: BTreeMap<StreamName, Reading>,
    founding: Founding,
    /// For founders, once the proposer has signed.
    signed: Option<CounterSigned>,
    scribe: Option<Scribe>,
    people: People,
    guest: GuestDesk,
    rooms: TeamRooms,
    /// Whose head said last that the words are the same, or not.
    compared: BTreeMap<DelegationIndex, bool>,
    /// Whether one was a head until the own side's root took that back.
    demoted: bool,
    /// What the server doesn't take on this connection.
    refusals: BTreeSet<u8>,
    room: Option<Box<RoomSession>>,
    wishes: Wishes,
    shown: Option<TalkView>,
}

/// What one says of oneself in the room, also before it is entered and when it is entered again.
#[derive(Default)]
struct Wishes {
    sending: Vec<MediaKind>,
    connection: Option<ConnectionId>,
    quality: Option<Quality>,
}

impl Wishes {
    fn send(&mut self, kind: MediaKind, on: bool) {
        self.sending.retain(|known| *known != kind);
        if on {
            self.sending.push(kind);
        }
    }

    fn tell(&self, room: &mut RoomSession, now: Timestamp) {
        for kind in &self.sending {
            room.set_sending(now, *kind, true);
        }
        room.set_connection(now, self.connection);
        if let Some(quality) = self.quality {
            room.set_quality(now, quality);
        }
    }
}

/// How far a stream was read.
#[derive(Debug, Clone, Copy, Default)]
struct Reading {
    next: Position,
    caught_up: bool,
    /// Whether missing entries were asked for; once is enough.
    asked: bool,
}

impl TalkSession {
    /// Starts a session; nothing happens before [`Self::handle_connected`].
    #[must_use]
    pub fn new(config: TalkConfig) -> Self {
        let mut session = Self {
            talk: config.secret.talk(),
            secret: config.secret,
            seat_box: None,
            group: None,
            out: TalkOutbox::new(Entropy::new(config.seed)),
            started: (config.now, config.wall),
            reads: BTreeMap::new(),
            founding: Founding::default(),
            signed: None,
            scribe: None,
            people: People::default(),
            guest: GuestDesk::default(),
            rooms: TeamRooms::default(),
            compared: BTreeMap::new(),
            demoted: false,
            refusals: BTreeSet::new(),
            room: None,
            wishes: Wishes::default(),
            shown: None,
        };
        session.load();
        session.show(config.now);
        session
    }

    /// Reads what was kept.
    fn load(&mut self) {
        let seed = match &self.secret {
            Secret::Head(head) => head.seat,
            Secret::Guest(guest) => guest.seat,
            Secret::Code(_) => return,
        };
        self.seat_box = OwnBox::of_seat(&seed, &self.talk);
        self.load_founding();
    }

    // --- what happens ---------------------------------------------------------------------------

    /// The connection is ready, for the first time or again: `group` is its access group, `claimed`
    /// whether that has a control key.
    pub fn handle_connected(&mut self, now: Timestamp, group: DelegationIndex, claimed: bool) {
        self.lost();
        self.out.connected = true;
        self.group = Some((group, claimed));
        self.resolve(group, claimed);
        for (stream, reading) in &self.reads {
            self.out.subscribe(stream, reading.next);
        }
        if let Some(room) = &mut self.room {
            room.handle_connected(now);
        }
        self.settle(now);
    }

    /// The connection was lost.
    pub fn handle_disconnected(&mut self, now: Timestamp) {
        self.lost();
        if let Some(room) = &mut self.room {
            room.handle_disconnected(now);
        }
        self.settle(now);
    }

    /// A stored entry of a followed stream. `caught_up`: see [`Self::handle_caught_up`].
    pub fn handle_entries(
        &mut self,
        now: Timestamp,
        stream: &StreamName,
        position: Position,
        entry: &[u8],
        caught_up: bool,
    ) {
        if self.takes(stream, position) {
            self.entry(stream, position, entry);
            if *stream == StreamName::record()
                && let (Some(room), Some(scribe)) = (&mut self.room, &self.scribe)
            {
                room.handle_record(now, scribe.record.standings());
            }
        }
        if caught_up {
            self.caught_up(stream);
        }
        if let Some(room) = self.room.as_mut().filter(|_| is_rooms(stream)) {
            room.handle_entries(now, stream, position, entry, caught_up);
        }
        // What is to be done and shown is looked for at a stream's end: in between it could only be what
        // isn't the latest, and to look takes longer than to read.
        let between = self
            .reads
            .get(stream)
            .is_some_and(|reading| !reading.caught_up);
        if !between {
            self.settle(now);
        }
    }

    /// A followed stream has no further entries for now.
    pub fn handle_caught_up(&mut self, now: Timestamp, stream: &StreamName) {
        self.caught_up(stream);
        if let Some(room) = self.room.as_mut().filter(|_| is_rooms(stream)) {
            room.handle_caught_up(now, stream);
        }
        self.settle(now);
    }

    /// An entry of an ephemeral stream.
    pub fn handle_published(&mut self, now: Timestamp, stream: &StreamName, entry: &[u8]) {
        if let Some(room) = &mut self.room {
            room.handle_published(now, stream, entry);
        }
    }

    /// An append of this connection stands at `position`.
    pub fn handle_appended(&mut self, now: Timestamp, request: u32, position: Position) {
        if TalkOutbox::is_own(request) {
            if let Some(purpose) = self.out.answered(request) {
                self.appended(purpose);
            }
            self.settle(now);
        } else if let Some(room) = &mut self.room {
            room.handle_appended(now, request, position);
        }
    }

    /// An append lost to another; what won comes with the stream.
    pub fn handle_conflict(&mut self, now: Timestamp, request: u32, next: Position) {
        if TalkOutbox::is_own(request) {
            self.out.answered(request);
            self.settle(now);
        } else if let Some(room) = &mut self.room {
            room.handle_conflict(now, request, next);
        }
    }

    /// An append was refused.
    pub fn handle_refused(&mut self, now: Timestamp, request: u32) {
        if TalkOutbox::is_own(request) {
            if let Some(purpose) = self.out.answered(request) {
                self.refused(purpose);
            }
            self.settle(now);
        } else if let Some(room) = &mut self.room {
            room.handle_refused(now, request);
        }
    }

    /// The system's clock was set: `wall` is now, in milliseconds since 1970. Entries claim it from here on.
    pub fn handle_wall(&mut self, now: Timestamp, wall: u64) {
        self.started = (now, wall);
    }

    /// The time that [`Self::poll_timeout`] named has come.
    pub fn handle_timeout(&mut self, now: Timestamp) {
        if let Some(room) = &mut self.room {
            room.handle_timeout(now);
        }
    }

    // --- the room -------------------------------------------------------------------------------

    /// See [`RoomSession::send_chat`].
    ///
    /// # Errors
    /// [`ChatError`].
    pub fn send_chat(&mut self, now: Timestamp, text: &str) -> Result<(), ChatError> {
        let room = self.room.as_mut().ok_or(ChatError::NotSeated)?;
        room.send_chat(now, text)
    }

    /// See [`RoomSession::set_sending`].
    pub fn set_sending(&mut self, now: Timestamp, kind: MediaKind, on: bool) {
        self.wishes.send(kind, on);
        if let Some(room) = &mut self.room {
            room.set_sending(now, kind, on);
        }
    }

    /// See [`RoomSession::set_hand`].
    ///
    /// # Errors
    /// [`PresenceError`].
    pub fn set_hand(&mut self, now: Timestamp, raised: bool) -> Result<(), PresenceError> {
        let room = self.room.as_mut().ok_or(PresenceError::NotSeated)?;
        room.set_hand(now, raised)
    }

    /// See [`RoomSession::react`].
    ///
    /// # Errors
    /// [`PresenceError`].
    pub fn react(&mut self, now: Timestamp, reaction: Reaction) -> Result<(), PresenceError> {
        let room = self.room.as_mut().ok_or(PresenceError::NotSeated)?;
        room.react(now, reaction)
    }

    /// See [`RoomSession::set_connection`].
    pub fn set_connection(&mut self, now: Timestamp, connection: Option<ConnectionId>) {
        self.wishes.connection = connection;
        if let Some(room) = &mut self.room {
            room.set_connection(now, connection);
        }
    }

    /// See [`RoomSession::set_quality`].
    pub fn set_quality(&mut self, now: Timestamp, quality: Quality) {
        self.wishes.quality = Some(quality);
        if let Some(room) = &mut self.room {
            room.set_quality(now, quality);
        }
    }

    /// See [`RoomSession::seal`].
    ///
    /// # Errors
    /// [`SealError`].
    pub fn seal(&mut self, kind: MediaKind, frame: &[u8]) -> Result<Vec<u8>, SealError> {
        let room = self.room.as_mut().ok_or(SealError::NotSeated)?;
        room.seal(kind, frame)
    }

    /// See [`RoomSession::open`].
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(&mut self, now: Timestamp, frame: &[u8]) -> Result<Opened, OpenError> {
        let room = self.room.as_mut().ok_or(OpenError::NotSeated)?;
        room.open(now, frame)
    }

    /// Where things stand in the room, once it was entered.
    #[must_use]
    pub fn room_view(&self, now: Timestamp) -> Option<View> {
        self.room.as_ref().map(|room| room.view(now))
    }

    // --- drain ----------------------------------------------------------------------------------

    /// What to do next; to be called until it gives nothing.
    pub fn poll_output(&mut self) -> Option<TalkOutput> {
        if let Some(output) = self.out.poll() {
            return Some(output);
        }
        let output = self.room.as_mut()?.poll_output()?;
        Some(match output {
            Output::Append {
                request,
                stream,
                expected,
                entry,
            } => TalkOutput::Append {
                request,
                stream,
                expected,
                entry,
            },
            // The desk reads the door too, and mustn't miss what lies before.
            Output::Subscribe { stream, from } => TalkOutput::Subscribe {
                from: match self.reads.get(&stream) {
                    Some(reading) => from.min(reading.next),
                    None => from,
                },
                stream,
            },
            Output::Publish { stream, entry } => TalkOutput::Publish { stream, entry },
            Output::Event(event) => TalkOutput::Event(TalkEvent::Room(event)),
        })
    }

    /// When to call [`Self::handle_timeout`]; it may change with every other call.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        self.room.as_ref().and_then(|room| room.poll_timeout())
    }

    /// The access keys to connect with, the likeliest first: see [`Secret::access`]. They change
    /// with each [`TalkEvent::Keep`].
    #[must_use]
    pub fn access(&self) -> Vec<AccessKeyPair> {
        self.secret.access()
    }

    /// The signature that goes with [`TalkEvent::Register`], for a server at `origin`.
    #[must_use]
    pub fn sign_group(&self, origin: &str) -> Option<[u8; 64]> {
        let Secret::Head(head) = &self.secret else {
            return None;
        };
        let (access, control) = group_keys(head)?;
        let claim = head.claim_group().access(self.talk);
        Some(claim.sign_group(origin, head.delegation.0, &access, &control))
    }

    /// What the device has to keep now, as [`TalkEvent::Keep`] tells it.
    #[must_use]
    pub fn secret(&self) -> &Secret {
        &self.secret
    }

    /// The claim link, for the proposer to pass on until the place is claimed.
    #[must_use]
    pub fn claim_link(&self) -> Option<ClaimLink> {
        let Secret::Head(head) = &self.secret else {
            return None;
        };
        head.claim_link().filter(|_| self.standing().is_none())
    }

    // --- private --------------------------------------------------------------------------------

    fn lost(&mut self) {
        self.out.disconnected();
        self.guest.disconnected();
        self.founding.disconnected();
        self.refusals.clear();
        if let Some(scribe) = &mut self.scribe {
            scribe.disconnected();
        }
        for reading in self.reads.values_mut() {
            reading.caught_up = false;
            reading.asked = false;
        }
    }

    /// A code is known to be a claim's or a seat's once the server has said whether the place is
    /// claimed. Lying about it, the server gains nothing: the packets of the other kind aren't
    /// there.
    fn resolve(&mut self, group: DelegationIndex, claimed: bool) {
        if let Secret::Code(code) = &self.secret {
            self.secret = code.resolve(group, claimed);
            self.load();
            self.out.keep(&self.secret);
        }
        match &mut self.secret {
            Secret::Guest(guest) if guest.delegation.is_none() => {
                guest.delegation = Some(group);
                self.out.keep(&self.secret);
            }
            // Only the new access key opens a claimed group: the server took it.
            Secret::Head(head) if claimed && !head.registered && self.signed.is_some() => {
                head.registered = true;
                self.out.keep(&self.secret);
            }
            Secret::Head(_) | Secret::Guest(_) | Secret::Code(_) => {}
        }
    }

    fn follow(&mut self, stream: StreamName) {
        if self.reads.contains_key(&stream) {
            return;
        }
        if self.out.connected {
            self.out.subscribe(&stream, Position(0));
        }
        self.reads.insert(stream, Reading::default());
    }

    fn unfollow(&mut self, stream: &StreamName) {
        self.reads.remove(stream);
    }

    fn is_read(&self, stream: &StreamName) -> bool {
        self.reads
            .get(stream)
            .is_some_and(|reading| reading.caught_up)
    }

    /// Whether the desk takes the entry: the next of a stream that it follows.
    fn takes(&mut self, stream: &StreamName, position: Position) -> bool {
        let Some(reading) = self.reads.get_mut(stream) else {
            return false;
        };
        match position.cmp(&reading.next) {
            core::cmp::Ordering::Less => false,
            core::cmp::Ordering::Equal => {
                reading.next = position.next();
                reading.asked = false;
                true
            }
            core::cmp::Ordering::Greater => {
                if !reading.asked {
                    reading.asked = true;
                    reading.caught_up = false;
                    self.out.subscribe(stream, reading.next);
                }
                false
            }
        }
    }

    fn entry(&mut self, stream: &StreamName, position: Position, entry: &[u8]) {
        if *stream == StreamName::record() {
            self.record_entry(position, entry);
        } else if *stream == self.door() {
            self.door_entry(entry);
        } else if self.is_mail(stream) {
            self.mail_entry(stream, entry);
        } else {
            match &self.secret {
                Secret::Head(_) if self.standing().is_none() => self.founding_entry(stream, entry),
                Secret::Head(_) => self.lobby_entry(stream, entry),
                Secret::Guest(_) => self.guest_entry(stream, entry),
                Secret::Code(_) => {}
            }
        }
    }

    fn caught_up(&mut self, stream: &StreamName) {
        let Some(reading) = self.reads.get_mut(stream) else {
            return;
        };
        // Somebody withholds entries: what is missing was asked for.
        if reading.asked {
            return;
        }
        reading.caught_up = true;
        if *stream == StreamName::record()
            && let Some(scribe) = &mut self.scribe
        {
            scribe.caught_up();
        }
    }

    fn appended(&mut self, purpose: Purpose) {
        self.out.taken(purpose);
        match (purpose, &mut self.secret) {
            (Purpose::Grant(seat, asks), Secret::Head(head)) => {
                head.remember_mail(seat, asks);
                self.out.keep(&self.secret);
            }
            (Purpose::Vouch(seat), _) => self.tell_vouched(&seat),
            _ => {}
        }
    }

    /// Appends to a stream that anybody may append to, unless the same is on its way or such things
    /// are refused.
    fn say(&mut self, purpose: Purpose, vault: &Vault, stream: &StreamName, content: &[u8]) {
        let waits = self.out.awaits(|awaited| *awaited == purpose);
        if waits
            || self.out.was_taken(purpose)
            || !self.out.connected
            || self.refusals.contains(&purpose.class())
        {
            return;
        }
        if let Some(entry) = self.out.seal(vault, stream, content) {
            self.out.append(purpose, stream, None, entry);
        }
    }

    /// Nothing is tried again before the next connection.
    fn refused(&mut self, purpose: Purpose) {
        if purpose == Purpose::Record
            && let Some(scribe) = &mut self.scribe
        {
            scribe.refused();
        }
        self.refusals.insert(purpose.class());
        self.out.notice(DeskNotice::ServerRefuses);
    }

    /// Ends every call: does what is due, and shows what changed.
    fn settle(&mut self, now: Timestamp) {
        if self.group.is_some() {
            match self.secret {
                Secret::Head(_) => self.advance_founding(),
                Secret::Guest(_) => self.advance_guest(),
                Secret::Code(_) => {}
            }
            self.advance_people(now);
            self.advance_rooms();
            self.pump(now);
        }
        self.show(now);
        self.show_life();
    }

    fn show(&mut self, now: Timestamp) {
        let view = self.view(now);
        if self.shown.as_ref() != Some(&view) {
            self.shown = Some(view.clone());
            self.out.event(TalkEvent::Talk {
                talk: Box::new(view),
            });
        }
    }

    /// Milliseconds since 1970.
    fn wall(&self, now: Timestamp) -> u64 {
        let (then, wall) = self.started;
        wall.saturating_add(now.0.saturating_sub(then.0))
    }

    fn door(&self) -> StreamName {
        StreamName::door(&plenary(&self.talk))
    }

    fn head(&self) -> Option<&HeadSecret> {
        match &self.secret {
            Secret::Head(head) => Some(&**head).filter(|_| !self.demoted),
            Secret::Guest(_) | Secret::Code(_) => None,
        }
    }

    fn own_delegation(&self) -> Option<DelegationIndex> {
        match &self.secret {
            Secret::Head(head) => Some(head.delegation),
            Secret::Guest(guest) => guest.delegation,
            Secret::Code(_) => None,
        }
    }

    fn record(&self) -> Option<&Record> {
        self.scribe.as_ref().map(|scribe| &scribe.record)
    }

    fn standing(&self) -> Option<&Standing> {
        self.record().and_then(Record::standing)
    }
}

/// Whether a stream may be the room's.
fn is_rooms(stream: &StreamName) -> bool {
    let name = stream.as_str();
    !(name == "record" || name.starts_with("lobby/") || name.starts_with("mail/"))
}

/// The keys that a claimed group gets.
fn group_keys(head: &HeadSecret) -> Option<(AccessKey, AccessKey)> {
    let access = head.lobby_group().access(head.talk).public();
    Some((access, head.control_key()?.public()))
}

impl core::fmt::Debug for TalkSession {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self.secret {
            Secret::Head(_) => "TalkSession(head)",
            Secret::Guest(_) => "TalkSession(guest)",
            Secret::Code(_) => "TalkSession(code)",
        })
    }
}
