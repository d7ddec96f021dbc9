use crate::error::ShimError;
use incamera_e2ee::{
    Event, Output, Quality, QualityCause, QualityLevel, Reaction, RoomSession, TalkCommand,
    TalkEvent, TalkOutput, TalkSession,
};
use incamera_model::{Bytes, ConnectionId, MediaKind, Timestamp};
use incamera_talk::two_keys::DelegationIndex;
use incamera_talk::{Name, SeatSecret};
use incamera_wire::{ClientMessage, ServerMessage};
use serde::{Deserialize, Serialize};

/// A seat's secret as the page keeps it.
#[derive(Serialize, Deserialize)]
pub(crate) struct SeatJson {
    name: String,
    seed: Bytes,
}

impl From<&SeatSecret> for SeatJson {
    fn from(seat: &SeatSecret) -> Self {
        Self {
            name: seat.name().as_str().to_owned(),
            seed: seat.seed().to_vec().into(),
        }
    }
}

impl SeatJson {
    pub(crate) fn parse(json: &str) -> Result<SeatSecret, ShimError> {
        let seat: Self = serde_json::from_str(json).map_err(|_| ShimError::Seat)?;
        let seed = seat.seed.0.try_into().map_err(|_| ShimError::Seat)?;
        let name = Name::new(&seat.name).map_err(|_| ShimError::Seat)?;
        Ok(SeatSecret::new(name, seed))
    }
}

/// What the page hands in: its own words, or the server's.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Input {
    Connection(ConnectionInput),
    Page(PageInput),
    Talk(TalkCommand),
    Server(ServerMessage),
}

/// What becomes of the connection.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum ConnectionInput {
    Connected {
        /// Of a talk between delegations: the access group that was proven.
        #[serde(default)]
        group: u8,
        #[serde(default)]
        claimed: bool,
    },
    Disconnected,
    Timeout,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum PageInput {
    Chat {
        text: String,
    },
    Sending {
        kind: MediaKind,
        on: bool,
    },
    Hand {
        raised: bool,
    },
    React {
        reaction: Reaction,
    },
    Connection {
        connection: Option<ConnectionId>,
    },
    Quality {
        level: QualityLevel,
        cause: QualityCause,
    },
    Leave,
}

/// What both kinds of session take.
macro_rules! take {
    ($session:ident, $now:ident, $input:ident, $leave:expr) => {
        match $input {
            Input::Connection(ConnectionInput::Disconnected) => $session.handle_disconnected($now),
            Input::Connection(_) => $session.handle_timeout($now),
            Input::Page(PageInput::Chat { text }) => $session.send_chat($now, &text)?,
            Input::Page(PageInput::Sending { kind, on }) => $session.set_sending($now, kind, on),
            Input::Page(PageInput::Hand { raised }) => $session.set_hand($now, raised)?,
            Input::Page(PageInput::React { reaction }) => $session.react($now, reaction)?,
            Input::Page(PageInput::Connection { connection }) => {
                $session.set_connection($now, connection);
            }
            Input::Page(PageInput::Quality { level, cause }) => {
                $session.set_quality($now, Quality { level, cause });
            }
            Input::Page(PageInput::Leave) => $leave,
            Input::Talk(_) => return Err(ShimError::Json),
            Input::Server(ServerMessage::Entries {
                stream,
                entries,
                caught_up,
            }) => {
                let last = entries.len().saturating_sub(1);
                for (index, entry) in entries.iter().enumerate() {
                    let (at, end) = (entry.position, caught_up && index == last);
                    $session.handle_entries($now, &stream, at, &entry.entry.0, end);
                }
                if entries.is_empty() && caught_up {
                    $session.handle_caught_up($now, &stream);
                }
            }
            Input::Server(ServerMessage::Published { stream, entry }) => {
                $session.handle_published($now, &stream, &entry.0);
            }
            Input::Server(ServerMessage::Appended { request, position }) => {
                $session.handle_appended($now, request, position);
            }
            Input::Server(ServerMessage::Conflict { request, next }) => {
                $session.handle_conflict($now, request, next);
            }
            Input::Server(ServerMessage::Refused {
                request: Some(request),
                ..
            }) => $session.handle_refused($now, request),
            Input::Server(_) => {}
        }
    };
}

impl Input {
    pub(crate) fn parse(json: &str) -> Result<Self, ShimError> {
        serde_json::from_str(json).map_err(|_| ShimError::Json)
    }

    pub(crate) fn apply(self, session: &mut RoomSession, now: Timestamp) -> Result<(), ShimError> {
        if let Self::Connection(ConnectionInput::Connected { .. }) = self {
            session.handle_connected(now);
            return Ok(());
        }
        take!(session, now, self, session.leave(now));
        Ok(())
    }

    pub(crate) fn apply_to_talk(
        self,
        session: &mut TalkSession,
        now: Timestamp,
    ) -> Result<(), ShimError> {
        match self {
            Self::Connection(ConnectionInput::Connected { group, claimed }) => {
                session.handle_connected(now, DelegationIndex(group), claimed);
                return Ok(());
            }
            Self::Talk(command) => return Ok(session.command(now, command)?),
            _ => {}
        }
        take!(
            session,
            now,
            self,
            session.command(now, TalkCommand::LeaveRoom)?
        );
        Ok(())
    }
}

/// What goes out: to the server, or to the page.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Outgoing<E> {
    Server(ClientMessage),
    Page(PageOutput<E>),
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum PageOutput<E> {
    Event { event: E },
}

macro_rules! outgoing {
    ($output:ident, $kind:ident) => {
        match $output {
            $kind::Append {
                request,
                stream,
                expected,
                entry,
            } => Outgoing::Server(ClientMessage::Append {
                request,
                stream,
                expected,
                entry: entry.into(),
            }),
            $kind::Subscribe { stream, from } => {
                Outgoing::Server(ClientMessage::Subscribe { stream, from })
            }
            $kind::Publish { stream, entry } => Outgoing::Server(ClientMessage::Publish {
                stream,
                entry: entry.into(),
            }),
            $kind::Event(event) => Outgoing::Page(PageOutput::Event { event }),
        }
    };
}

pub(crate) fn output(output: Output) -> Outgoing<Event> {
    outgoing!(output, Output)
}

pub(crate) fn talk_output(output: TalkOutput) -> Outgoing<TalkEvent> {
    outgoing!(output, TalkOutput)
}
