mod chat;
mod entering;
mod hands;
mod member;
mod record_view;
mod room;
mod work;

use crate::group::MlsFailure;
use crate::identity::Identity;
use crate::media::{OpenError, Opened, SealError};
use crate::outbox::Outbox;
use crate::presence::{PresenceError, Quality, Reaction, Status};
use crate::rules::{Rule, Switches};
use crate::timing;
use crate::types::{Event, Output, State, StopCode, View};
use incamera_model::{ConnectionId, MediaKind, Position, RoomId, StreamName, Timestamp};
use incamera_talk::crypto::KeyPair;
use incamera_talk::two_keys::{self, Standings};
use incamera_talk::{Entropy, Link, SeatSecret, TalkOpened, Vault, crypto};
use record_view::RecordView;
use room::{Room, RoomParts};

/// What a session starts from.
#[derive(Debug)]
pub struct Config {
    /// The invitation.
    pub link: Link,
    /// The seat; the same secret comes in as the same seat.
    pub seat: SeatSecret,
    /// The time.
    pub now: Timestamp,
    /// 32 secret, unpredictable bytes, never used before.
    pub seed: [u8; 32],
}

/// What a session in a talk between delegations starts from.
#[derive(Debug)]
pub struct TalkRoomConfig {
    /// The room.
    pub room: RoomId,
    /// What seals its streams.
    pub vault: Vault,
    /// One's own seat, complete.
    pub seat: two_keys::Seat,
    /// The seat's key.
    pub key: KeyPair,
    /// What the record says, as far as it was read; the talk is founded.
    pub standings: Standings,
    /// The time.
    pub now: Timestamp,
    /// 32 secret, unpredictable bytes, never used before.
    pub seed: [u8; 32],
}

/// A session that can't be started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SessionError {
    /// See [`MlsFailure`].
    #[error(transparent)]
    Mls(#[from] MlsFailure),
}

/// A chat message that can't be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChatError {
    /// Not in the room.
    #[error("you aren't in the room yet; wait a moment")]
    NotSeated,
    /// Blank, longer than [`crate::MAX_CHAT_BYTES`], or with control characters.
    #[error("this text can't be sent; shorten it, or remove invisible characters")]
    Text,
    /// Too many messages wait for the server.
    #[error("too many messages wait for the connection; try again when it is back")]
    TooMany,
}

/// One person's presence in one room of a talk: the protocol of `docs/protocol.md` "Getting in",
/// the MLS group behind its rules, beats, chat and the keys of media.
///
/// It does no I/O and knows no clock: whoever owns it hands it what arrives (`handle_*`), what a
/// person wants (commands) and the time, and after *every* call drains [`Self::poll_output`] until
/// it gives nothing, then waits for the next input or for [`Self::poll_timeout`], whichever comes
/// first. Requests of a connection that was lost are forgotten by both sides.
pub struct RoomSession {
    /// How one came to the room, if by a link that admits.
    by_link: Option<(Link, SeatSecret)>,
    out: Outbox,
    switches: Switches,
    phase: Phase,
    title: Option<String>,
    room: Option<RoomId>,
    shown: Option<View>,
    /// What one says of oneself; what one sends isn't in it.
    status: Status,
    /// When the next call was due at the latest, as [`Self::poll_timeout`] said.
    due: Option<Timestamp>,
}

enum Phase {
    /// Waiting for the record's first entry.
    Record,
    Room(Box<Room>),
    Stopped(StopCode),
    Left,
}

impl RoomSession {
    /// Starts a session; nothing happens before [`Self::handle_connected`].
    ///
    /// # Errors
    /// [`SessionError`].
    pub fn new(config: Config) -> Result<Self, SessionError> {
        let mut session = Self {
            out: Outbox::new(config.link.vault(), Entropy::new(config.seed)),
            by_link: Some((config.link, config.seat)),
            switches: Switches::default(),
            phase: Phase::Record,
            title: None,
            room: None,
            shown: None,
            status: Status::default(),
            due: None,
        };
        session.show(config.now);
        Ok(session)
    }

    /// Starts a session in a room of a talk between delegations. It doesn't follow the record:
    /// whoever owns it does, and tells it by [`Self::handle_record`]. A seat that doesn't stand there
    /// is stopped once it is connected.
    #[must_use]
    pub fn in_talk(config: TalkRoomConfig) -> Self {
        let title = config.standings.current().map(|(_, standing)| {
            let charter = standing.charter();
            charter.title.as_str().to_owned()
        });
        let room = Room::new(RoomParts {
            identity: Identity::by_delegation(config.seat, config.key, config.room),
            record: RecordView::Followed(Box::new(config.standings)),
            switches: Switches::default(),
            status: Status::default(),
        });
        let mut session = Self {
            out: Outbox::new(config.vault, Entropy::new(config.seed)),
            by_link: None,
            switches: Switches::default(),
            phase: Phase::Room(Box::new(room)),
            title,
            room: Some(config.room),
            shown: None,
            status: Status::default(),
            due: None,
        };
        session.show(config.now);
        session
    }

    // --- what happens ---------------------------------------------------------------------------

    /// The talk's record was read further.
    pub fn handle_record(&mut self, now: Timestamp, standings: &Standings) {
        self.begin(now);
        let result = match &mut self.phase {
            Phase::Room(room) => room.record(standings, &mut self.out),
            Phase::Record | Phase::Stopped(_) | Phase::Left => Ok(()),
        };
        self.settle(now, result);
    }

    /// The connection is ready, for the first time or again.
    pub fn handle_connected(&mut self, now: Timestamp) {
        self.begin(now);
        self.out.disconnected();
        self.out.connected = true;
        let result = match &mut self.phase {
            Phase::Record => {
                self.out.subscribe(&StreamName::record(), Position(0));
                Ok(())
            }
            Phase::Room(room) => {
                room.disconnected();
                room.connected(now, &mut self.out);
                room.may_stay()
            }
            Phase::Stopped(_) | Phase::Left => Ok(()),
        };
        self.settle(now, result);
    }

    /// The connection was lost.
    pub fn handle_disconnected(&mut self, now: Timestamp) {
        self.begin(now);
        self.out.disconnected();
        if let Phase::Room(room) = &mut self.phase {
            room.disconnected();
        }
        self.settle(now, Ok(()));
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
        self.begin(now);
        let result = match &mut self.phase {
            Phase::Record => {
                self.record_entry(now, stream, position, entry);
                Ok(())
            }
            Phase::Room(room) => room.entry(now, stream, position, entry, &mut self.out),
            Phase::Stopped(_) | Phase::Left => Ok(()),
        };
        self.settle_caught_up(now, stream, caught_up, result);
    }

    /// A followed stream has no further entries for now.
    pub fn handle_caught_up(&mut self, now: Timestamp, stream: &StreamName) {
        self.begin(now);
        self.settle_caught_up(now, stream, true, Ok(()));
    }

    /// An entry of an ephemeral stream.
    pub fn handle_published(&mut self, now: Timestamp, stream: &StreamName, entry: &[u8]) {
        self.begin(now);
        let result = match &mut self.phase {
            Phase::Room(room) => room.published(now, stream, entry, &mut self.out),
            _ => Ok(()),
        };
        self.settle(now, result);
    }

    /// An append of this connection stands at `position`.
    pub fn handle_appended(&mut self, now: Timestamp, request: u32, position: Position) {
        self.begin(now);
        let _ = position;
        if let Some(purpose) = self.out.answered(request)
            && let Phase::Room(room) = &mut self.phase
        {
            room.appended(purpose, &mut self.out);
        }
        self.settle(now, Ok(()));
    }

    /// An append lost to another; what won comes with the stream.
    pub fn handle_conflict(&mut self, now: Timestamp, request: u32, next: Position) {
        self.begin(now);
        let _ = (self.out.answered(request), next);
        self.settle(now, Ok(()));
    }

    /// An append was refused.
    pub fn handle_refused(&mut self, now: Timestamp, request: u32) {
        self.begin(now);
        if let Some(purpose) = self.out.answered(request)
            && let Phase::Room(room) = &mut self.phase
        {
            room.refused(now, purpose, &mut self.out);
        }
        self.settle(now, Ok(()));
    }

    /// The time that [`Self::poll_timeout`] named has come.
    pub fn handle_timeout(&mut self, now: Timestamp) {
        self.begin(now);
        self.settle(now, Ok(()));
    }

    // --- commands -------------------------------------------------------------------------------

    /// Sends a chat message; it comes back as [`Event::Chat`] with `own` once it is durable.
    ///
    /// # Errors
    /// [`ChatError`].
    pub fn send_chat(&mut self, now: Timestamp, text: &str) -> Result<(), ChatError> {
        self.begin(now);
        let Phase::Room(room) = &mut self.phase else {
            return Err(ChatError::NotSeated);
        };
        room.send_chat(text, &mut self.out)?;
        self.settle(now, Ok(()));
        Ok(())
    }

    /// Tells the others whether one sends a kind of media. Each time it is switched on, a new
    /// sending transform begins.
    pub fn set_sending(&mut self, now: Timestamp, kind: MediaKind, on: bool) {
        self.begin(now);
        // Whoever says it before the room is known enters with it.
        if on {
            self.status.sending.insert(kind);
        } else {
            self.status.sending.remove(&kind);
        }
        if let Phase::Room(room) = &mut self.phase {
            room.set_sending(now, kind, on);
        }
        self.settle(now, Ok(()));
    }

    /// Raises one's hand, or takes it down; it is shown once the others know, by its place in
    /// [`crate::Person::hand`], and stays up when one has to come in again.
    ///
    /// # Errors
    /// [`PresenceError`].
    pub fn set_hand(&mut self, now: Timestamp, raised: bool) -> Result<(), PresenceError> {
        self.begin(now);
        let Phase::Room(room) = &mut self.phase else {
            return Err(PresenceError::NotSeated);
        };
        room.set_hand(raised)?;
        self.settle(now, Ok(()));
        Ok(())
    }

    /// Reacts; it comes back as [`Event::Reaction`] with `own`.
    ///
    /// # Errors
    /// [`PresenceError`].
    pub fn react(&mut self, now: Timestamp, reaction: Reaction) -> Result<(), PresenceError> {
        self.begin(now);
        let Phase::Room(room) = &mut self.phase else {
            return Err(PresenceError::NotSeated);
        };
        room.react(now, reaction, &mut self.out)?;
        self.settle(now, Ok(()));
        Ok(())
    }

    /// Tells the others which of the server's connections is one's own, so that they can ask the
    /// server for what one sends.
    pub fn set_connection(&mut self, now: Timestamp, connection: Option<ConnectionId>) {
        self.status.connection = connection;
        self.status_changed(now);
    }

    /// Tells the others how well one sends and receives.
    pub fn set_quality(&mut self, now: Timestamp, quality: Quality) {
        self.status.quality = quality;
        self.status_changed(now);
    }

    /// Leaves the room for good: tells the others and forgets every key.
    pub fn leave(&mut self, now: Timestamp) {
        self.begin(now);
        if matches!(self.phase, Phase::Stopped(_)) {
            return;
        }
        if let Phase::Room(room) = &mut self.phase {
            room.say_goodbye(&mut self.out);
        }
        self.phase = Phase::Left;
        self.settle(now, Ok(()));
    }

    // --- media ----------------------------------------------------------------------------------

    /// Seals a frame of one's own as an SFrame ciphertext (RFC 9605 section 4.2).
    ///
    /// # Errors
    /// [`SealError`]; the frame must not be sent then.
    pub fn seal(&mut self, kind: MediaKind, frame: &[u8]) -> Result<Vec<u8>, SealError> {
        match &mut self.phase {
            Phase::Room(room) => room.seal(kind, frame),
            _ => Err(SealError::NotSeated),
        }
    }

    /// Opens a frame of somebody else's.
    ///
    /// # Errors
    /// [`OpenError`]; the frame must be dropped then.
    pub fn open(&mut self, now: Timestamp, frame: &[u8]) -> Result<Opened, OpenError> {
        match &mut self.phase {
            Phase::Room(room) => room.open(now, frame),
            _ => Err(OpenError::NotSeated),
        }
    }

    // --- drain ----------------------------------------------------------------------------------

    /// What to do next; to be called until it gives nothing.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.out.poll()
    }

    /// When to call [`Self::handle_timeout`]; it may change with every other call.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        match &self.phase {
            Phase::Room(room) => room.next_timeout(&self.out),
            _ => None,
        }
    }

    /// Where things stand.
    #[must_use]
    pub fn view(&self, now: Timestamp) -> View {
        let mut view = View {
            state: State::Joining,
            title: self.title.clone(),
            room: self.room,
            epoch: 0,
            own_leaf: None,
            people: Vec::new(),
        };
        match &self.phase {
            Phase::Record => {}
            Phase::Room(room) => room.fill_view(now, &mut view),
            Phase::Stopped(code) => view.state = State::Stopped { code: *code },
            Phase::Left => view.state = State::Left,
        }
        view
    }

    // --- private --------------------------------------------------------------------------------

    /// Begins every call that something happened. Called much later than it asked to be, it slept
    /// with the machine: the others may have been as alive as ever.
    fn begin(&mut self, now: Timestamp) {
        let due = self.due.take();
        if due.is_some_and(|due| now > due + timing::OVERSLEPT)
            && self.switches.enforces(Rule::Overslept)
            && let Phase::Room(room) = &mut self.phase
        {
            room.woke(now);
        }
    }

    fn status_changed(&mut self, now: Timestamp) {
        self.begin(now);
        if let Phase::Room(room) = &mut self.phase {
            room.set_status(now, &self.status);
        }
        self.settle(now, Ok(()));
    }

    fn record_entry(
        &mut self,
        now: Timestamp,
        stream: &StreamName,
        position: Position,
        entry: &[u8],
    ) {
        if *stream != StreamName::record() || position != Position(0) {
            return;
        }
        let Some((link, seat)) = &self.by_link else {
            return;
        };
        let Ok(opened) = TalkOpened::open(link, entry) else {
            self.phase = Phase::Stopped(StopCode::BadRecord);
            return;
        };
        self.title = Some(opened.title.as_str().to_owned());
        self.room = Some(opened.room);
        let mut room = Room::new(RoomParts {
            identity: Identity::by_link(link, seat, opened.room),
            record: RecordView::Opened(crypto::hash(&[entry])),
            switches: self.switches.clone(),
            status: self.status.clone(),
        });
        room.connected(now, &mut self.out);
        self.phase = Phase::Room(Box::new(room));
    }

    fn settle_caught_up(
        &mut self,
        now: Timestamp,
        stream: &StreamName,
        caught_up: bool,
        result: Result<(), StopCode>,
    ) {
        if caught_up && let Phase::Room(room) = &mut self.phase {
            room.caught_up(stream);
        }
        self.settle(now, result);
    }

    /// Ends every call: does what is due, and shows what changed.
    fn settle(&mut self, now: Timestamp, result: Result<(), StopCode>) {
        let result = match (&mut self.phase, result) {
            (Phase::Room(room), Ok(())) => room.advance(now, &mut self.out),
            (_, result) => result,
        };
        if let Err(code) = result {
            self.phase = Phase::Stopped(code);
        }
        let changed = match &mut self.phase {
            Phase::Room(room) => room.take_changed(now),
            _ => true,
        };
        if changed {
            self.show(now);
        }
        self.due = self.poll_timeout();
    }

    fn show(&mut self, now: Timestamp) {
        let view = self.view(now);
        if self.shown.as_ref() != Some(&view) {
            self.shown = Some(view.clone());
            self.out.event(Event::View { view });
        }
    }
}

impl core::fmt::Debug for RoomSession {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self.phase {
            Phase::Record => "RoomSession(record)",
            Phase::Room(_) => "RoomSession(room)",
            Phase::Stopped(_) => "RoomSession(stopped)",
            Phase::Left => "RoomSession(left)",
        })
    }
}

#[cfg(feature = "test-switches")]
pub mod attack;
#[cfg(feature = "test-switches")]
pub mod attack_talk;
