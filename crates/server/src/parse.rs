//! Everything that the server reads from a client's JSON, in one place, for fuzzing as well.

use incamera_wire::{ClientMessage, DestroyTalk, NewTalk, PublishReadout, RegisterGroup};
use serde::de::DeserializeOwned;

/// Reads a WebSocket message.
///
/// # Errors
/// One sentence for people, without what the client sent.
pub(crate) fn client_message(text: &[u8]) -> Result<ClientMessage, String> {
    json(text)
}

/// Reads the body of `POST /api/v1/talks`.
///
/// # Errors
/// One sentence for people, without what the client sent.
pub(crate) fn new_talk(body: &[u8]) -> Result<NewTalk, String> {
    json(body)
}

/// Reads the body of `POST /api/v1/talks/{talk}/destroy`.
///
/// # Errors
/// One sentence for people, without what the client sent.
pub(crate) fn destroy_talk(body: &[u8]) -> Result<DestroyTalk, String> {
    json(body)
}

/// Reads the body of `POST /api/v1/talks/{talk}/groups/{index}`.
///
/// # Errors
/// One sentence for people, without what the client sent.
pub(crate) fn register_group(body: &[u8]) -> Result<RegisterGroup, String> {
    json(body)
}

/// Reads the body of `POST /api/v1/talks/{talk}/publications/{index}`.
///
/// # Errors
/// One sentence for people, without what the client sent.
pub(crate) fn publish_readout(body: &[u8]) -> Result<PublishReadout, String> {
    json(body)
}

/// serde's own words could repeat a part of the message, and those go to no log and no other
/// place than the one they came from; so only where it broke is said.
fn json<T: DeserializeOwned>(text: &[u8]) -> Result<T, String> {
    serde_json::from_slice(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        format!("The message isn't one of this protocol (line {line}, column {column}).")
    })
}
