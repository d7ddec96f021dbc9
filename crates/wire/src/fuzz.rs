//! Fuzz bodies: each takes arbitrary bytes and must return. What is read, is written and read again
//! as the same.

use crate::{ClientMessage, NewTalk, PublishReadout, RegisterGroup, ServerMessage};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Debug;

/// A WebSocket message from a client.
pub fn client_message(bytes: &[u8]) {
    round_trip::<ClientMessage>(bytes);
}

/// A WebSocket message from a server.
pub fn server_message(bytes: &[u8]) {
    round_trip::<ServerMessage>(bytes);
}

/// The body of a request for a new talk.
pub fn new_talk(bytes: &[u8]) {
    round_trip::<NewTalk>(bytes);
}

/// The body of a request for a group's keys.
pub fn register_group(bytes: &[u8]) {
    round_trip::<RegisterGroup>(bytes);
}

/// The body with which a readout is handed over.
pub fn publish_readout(bytes: &[u8]) {
    round_trip::<PublishReadout>(bytes);
}

fn round_trip<T: Serialize + DeserializeOwned + PartialEq + Debug>(bytes: &[u8]) {
    let Ok(message) = serde_json::from_slice::<T>(bytes) else {
        return;
    };
    let again = serde_json::to_vec(&message).and_then(|text| serde_json::from_slice(&text));
    assert!(again.is_ok_and(|again: T| again == message));
}
