use crate::error::ShimError;
use incamera_e2ee::{Event, Output, Quality, QualityCause, QualityLevel, Reaction, RoomSession};
use incamera_model::{Bytes, ConnectionId, MediaKind, Timestamp};
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
    Page(PageInput),
    Server(ServerMessage),
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum PageInput {
    Connected,
    Disconnected,
    Timeout,
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

impl Input {
    pub(crate) fn parse(json: &str) -> Result<Self, ShimError> {
        serde_json::from_str(json).map_err(|_| ShimError::Json)
    }

    pub(crate) fn apply(self, session: &mut RoomSession, now: Timestamp) -> Result<(), ShimError> {
        match self {
            Self::Page(PageInput::Connected) => session.handle_connected(now),
            Self::Page(PageInput::Disconnected) => session.handle_disconnected(now),
            Self::Page(PageInput::Timeout) => session.handle_timeout(now),
            Self::Page(PageInput::Chat { text }) => session.send_chat(now, &text)?,
            Self::Page(PageInput::Sending { kind, on }) => session.set_sending(now, kind, on),
            Self::Page(PageInput::Hand { raised }) => session.set_hand(now, raised)?,
            Self::Page(PageInput::React { reaction }) => session.react(now, reaction)?,
            Self::Page(PageInput::Connection { connection }) => {
                session.set_connection(now, connection);
            }
            Self::Page(PageInput::Quality { level, cause }) => {
                session.set_quality(now, Quality { level, cause });
            }
            Self::Page(PageInput::Leave) => session.leave(now),
            Self::Server(message) => server(session, now, message),
        }
        Ok(())
    }
}

fn server(session: &mut RoomSession, now: Timestamp, message: ServerMessage) {
    match message {
        ServerMessage::Entries {
            stream,
            entries,
            caught_up,
        } => {
            let last = entries.len().saturating_sub(1);
            for (index, entry) in entries.iter().enumerate() {
                let caught_up = caught_up && index == last;
                session.handle_entries(now, &stream, entry.position, &entry.entry.0, caught_up);
            }
            if entries.is_empty() && caught_up {
                session.handle_caught_up(now, &stream);
            }
        }
        ServerMessage::Published { stream, entry } => {
            session.handle_published(now, &stream, &entry.0);
        }
        ServerMessage::Appended { request, position } => {
            session.handle_appended(now, request, position);
        }
        ServerMessage::Conflict { request, next } => session.handle_conflict(now, request, next),
        ServerMessage::Refused {
            request: Some(request),
            ..
        } => session.handle_refused(now, request),
        _ => {}
    }
}

/// What goes out: to the server, or to the page.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Outgoing {
    Server(ClientMessage),
    Page(PageOutput),
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum PageOutput {
    Event { event: Event },
}

pub(crate) fn output(output: Output) -> Result<Outgoing, ShimError> {
    Ok(match output {
        Output::Append {
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
        Output::Subscribe { stream, from } => {
            Outgoing::Server(ClientMessage::Subscribe { stream, from })
        }
        Output::Publish { stream, entry } => Outgoing::Server(ClientMessage::Publish {
            stream,
            entry: entry.into(),
        }),
        Output::Event(event) => Outgoing::Page(PageOutput::Event { event }),
    })
}
