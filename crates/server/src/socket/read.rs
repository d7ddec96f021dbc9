use super::outbox::Ending;
use crate::parse;
use axum::extract::ws::{Message, WebSocket, close_code};
use futures_util::StreamExt as _;
use futures_util::stream::SplitStream;
use incamera_wire::{ClientMessage, MAX_FRAME_BYTES, Refusal};
use std::time::Duration;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite;

/// What a WebSocket message may have at most before the connection itself is in doubt. Up to here
/// a message over [`MAX_FRAME_BYTES`] is read, refused and forgotten.
pub(super) const HARD_LIMIT: usize = 2 * MAX_FRAME_BYTES;

/// What a client said.
pub(super) enum Received {
    /// A message, and how many bytes it had.
    Message(Box<ClientMessage>, usize),
    /// One over [`MAX_FRAME_BYTES`], and how many bytes it had.
    TooLarge(usize),
}

/// The next message.
///
/// # Errors
/// Why the connection is to end.
pub(super) async fn next(
    stream: &mut SplitStream<WebSocket>,
    silence: Duration,
) -> Result<Received, Ending> {
    loop {
        let message = match timeout(silence, stream.next()).await {
            Ok(Some(Ok(message))) => message,
            Ok(Some(Err(error))) => return Err(ending(error)),
            Ok(None) | Err(_) => return Err(Ending::Lost),
        };
        match message {
            Message::Text(text) if text.len() > MAX_FRAME_BYTES => {
                return Ok(Received::TooLarge(text.len()));
            }
            Message::Text(text) => {
                return match parse::client_message(text.as_bytes()) {
                    Ok(message) => Ok(Received::Message(Box::new(message), text.len())),
                    Err(error) => Err(malformed(&error)),
                };
            }
            Message::Binary(_) => {
                return Err(malformed(
                    "Messages are text frames of JSON, not binary ones.",
                ));
            }
            Message::Close(frame) => return Err(closed(frame.map(|frame| frame.code))),
            Message::Ping(_) | Message::Pong(_) => {}
        }
    }
}

/// RFC 6455 section 7.4.1: a client that is done says so by 1000 or 1001, or gives no code; any
/// other code is that of a client which lost the connection and is to come back.
fn closed(code: Option<u16>) -> Ending {
    match code {
        None | Some(close_code::NORMAL | close_code::AWAY | close_code::STATUS) => Ending::Closed,
        Some(_) => Ending::Lost,
    }
}

pub(super) fn malformed(sentence: &str) -> Ending {
    Ending::Refused(Refusal::Malformed, sentence.to_owned())
}

fn ending(error: axum::Error) -> Ending {
    use tungstenite::error::{Error, ProtocolError};
    let Ok(error) = error.into_inner().downcast::<Error>() else {
        return Ending::Lost;
    };
    match *error {
        Error::Capacity(_) => Ending::Refused(
            Refusal::TooLarge,
            format!("A message may have {MAX_FRAME_BYTES} bytes."),
        ),
        Error::Utf8(_) => malformed("A text frame must be UTF-8."),
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => Ending::Lost,
        Error::Protocol(_) => malformed("The frames break the WebSocket protocol (RFC 6455)."),
        _ => Ending::Lost,
    }
}
