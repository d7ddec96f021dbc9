use incamera_e2ee::{
    ChatError, OpenError, Opened, Output, RoomSession, SealError, State, TalkCommand, TalkError,
    TalkEvent, TalkOutput, TalkSession, View,
};
use incamera_model::{ConnectionId, MediaKind, Position, StreamName, Timestamp};
use incamera_talk::two_keys::DelegationIndex;

/// The machine at work: a room of an open conversation, or a talk between delegations with the room
/// that one entered. To the driver they are the same.
pub(crate) enum Presence {
    /// An open conversation's.
    Open(Box<RoomSession>),
    /// Of a talk between delegations.
    Talk(Box<TalkSession>),
}

/// The same call on whichever it is.
macro_rules! either {
    ($presence:expr, $session:ident => $call:expr) => {
        match $presence {
            Presence::Open($session) => $call,
            Presence::Talk($session) => $call,
        }
    };
}

impl Presence {
    /// `group` is the connection's access group, `claimed` whether it has a control key.
    pub(crate) fn handle_connected(&mut self, now: Timestamp, group: u8, claimed: bool) {
        match self {
            Self::Open(session) => session.handle_connected(now),
            Self::Talk(session) => session.handle_connected(now, DelegationIndex(group), claimed),
        }
    }

    pub(crate) fn handle_disconnected(&mut self, now: Timestamp) {
        either!(self, session => session.handle_disconnected(now));
    }

    pub(crate) fn handle_entries(
        &mut self,
        now: Timestamp,
        stream: &StreamName,
        position: Position,
        entry: &[u8],
        caught_up: bool,
    ) {
        either!(self, session => session.handle_entries(now, stream, position, entry, caught_up));
    }

    pub(crate) fn handle_caught_up(&mut self, now: Timestamp, stream: &StreamName) {
        either!(self, session => session.handle_caught_up(now, stream));
    }

    pub(crate) fn handle_published(&mut self, now: Timestamp, stream: &StreamName, entry: &[u8]) {
        either!(self, session => session.handle_published(now, stream, entry));
    }

    pub(crate) fn handle_appended(&mut self, now: Timestamp, request: u32, position: Position) {
        either!(self, session => session.handle_appended(now, request, position));
    }

    pub(crate) fn handle_conflict(&mut self, now: Timestamp, request: u32, next: Position) {
        either!(self, session => session.handle_conflict(now, request, next));
    }

    pub(crate) fn handle_refused(&mut self, now: Timestamp, request: u32) {
        either!(self, session => session.handle_refused(now, request));
    }

    pub(crate) fn handle_timeout(&mut self, now: Timestamp) {
        either!(self, session => session.handle_timeout(now));
    }

    pub(crate) fn poll_timeout(&self) -> Option<Timestamp> {
        either!(self, session => session.poll_timeout())
    }

    pub(crate) fn poll_output(&mut self) -> Option<TalkOutput> {
        Some(match self {
            Self::Talk(session) => session.poll_output()?,
            Self::Open(session) => match session.poll_output()? {
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
                Output::Subscribe { stream, from } => TalkOutput::Subscribe { stream, from },
                Output::Publish { stream, entry } => TalkOutput::Publish { stream, entry },
                Output::Event(event) => TalkOutput::Event(TalkEvent::Room(event)),
            },
        })
    }

    pub(crate) fn send_chat(&mut self, now: Timestamp, text: &str) -> Result<(), ChatError> {
        either!(self, session => session.send_chat(now, text))
    }

    pub(crate) fn set_sending(&mut self, now: Timestamp, kind: MediaKind, on: bool) {
        either!(self, session => session.set_sending(now, kind, on));
    }

    pub(crate) fn set_connection(&mut self, now: Timestamp, connection: ConnectionId) {
        either!(self, session => session.set_connection(now, Some(connection)));
    }

    pub(crate) fn seal(&mut self, kind: MediaKind, frame: &[u8]) -> Result<Vec<u8>, SealError> {
        either!(self, session => session.seal(kind, frame))
    }

    pub(crate) fn open(&mut self, now: Timestamp, frame: &[u8]) -> Result<Opened, OpenError> {
        either!(self, session => session.open(now, frame))
    }

    /// Leaves the room, if one is in it.
    pub(crate) fn leave(&mut self, now: Timestamp) {
        match self {
            Self::Open(session) => session.leave(now),
            Self::Talk(session) => {
                // Leaving is always possible.
                let _ = session.command(now, TalkCommand::LeaveRoom);
            }
        }
    }

    /// Where things stand in the room; on the way in, before it was entered.
    pub(crate) fn view(&self, now: Timestamp) -> View {
        match self {
            Self::Open(session) => session.view(now),
            Self::Talk(session) => session.room_view(now).unwrap_or(View {
                state: State::Joining,
                title: None,
                room: None,
                epoch: 0,
                own_leaf: None,
                people: Vec::new(),
            }),
        }
    }

    /// Does what a person decided in a talk between delegations.
    pub(crate) fn command(
        &mut self,
        now: Timestamp,
        command: TalkCommand,
    ) -> Result<(), TalkError> {
        match self {
            Self::Open(_) => Err(TalkError::NotNow),
            Self::Talk(session) => session.command(now, command),
        }
    }

    /// In a talk between delegations, what its entries claim as their time from now on.
    pub(crate) fn handle_wall(&mut self, now: Timestamp, wall: u64) {
        if let Self::Talk(session) = self {
            session.handle_wall(now, wall);
        }
    }

    pub(crate) fn talk(&self) -> Option<&TalkSession> {
        match self {
            Self::Open(_) => None,
            Self::Talk(session) => Some(session),
        }
    }
}
