//! Fuzz bodies: each takes arbitrary bytes and must return.

use crate::entries::{AppMessage, Beat, DoorRequest, RoomEntry};
use crate::group::claimed;

/// An entry of `c/<room>`, and the MLS messages in it.
pub fn room_entry(bytes: &[u8]) {
    let _ = claimed(bytes);
    if let Ok(entry) = RoomEntry::decode(bytes) {
        assert_eq!(entry.encode(), bytes);
        if let RoomEntry::Commit(commit) = entry {
            let _ = claimed(&commit.commit);
        }
    }
}

/// A request at the door.
pub fn door_request(bytes: &[u8]) {
    if let Ok(request) = DoorRequest::decode(bytes) {
        assert_eq!(request.encode(), bytes);
    }
}

/// A beat.
pub fn beat(bytes: &[u8]) {
    if let Ok(beat) = Beat::decode(bytes) {
        assert_eq!(beat.encode(), bytes);
    }
}

/// The content of an application message.
pub fn app_message(bytes: &[u8]) {
    if let Ok(message) = AppMessage::decode(bytes) {
        assert_eq!(message.encode(), bytes);
    }
}

/// A media frame.
pub fn sframe_open(bytes: &[u8]) {
    crate::media::fuzz_open(bytes);
}
