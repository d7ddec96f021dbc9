//! Fuzz bodies: each takes arbitrary bytes and must return.

use crate::beat::Beat;
use crate::entries::{AppMessage, DoorRequest, RoomEntry};
use crate::group::claimed;
use crate::session::{Config, RoomSession};
use crate::types::{Output, State};
use incamera_model::{Position, StreamName, Timestamp};
use incamera_talk::{Name, SeatSecret, TalkOpened, propose};

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

/// What is sealed to a box.
pub fn sealed_to_box(bytes: &[u8]) {
    crate::desk::fuzz_sealed(bytes);
}

/// A media frame.
pub fn sframe_open(bytes: &[u8]) {
    crate::media::fuzz_open(bytes);
}

/// A seated session that gets an entry of anybody with the link: the first byte chooses the stream,
/// the rest is the entry's content.
pub fn session(bytes: &[u8]) {
    let Some((stream, content)) = bytes.split_first() else {
        return;
    };
    let Some((mut session, room)) = seated() else {
        return;
    };
    let now = Timestamp(10);
    let (stream, position) = match stream % 4 {
        0 => (StreamName::commits(&room.room), Position(1)),
        1 => (StreamName::door(&room.room), Position(0)),
        2 => (StreamName::messages(&room.room), Position(0)),
        _ => (StreamName::beats(&room.room), Position(0)),
    };
    let Ok(entry) = room.vault.seal(&stream, content, &[8; 32]) else {
        return;
    };
    if stream == StreamName::beats(&room.room) {
        session.handle_published(now, &stream, &entry);
    } else {
        session.handle_entries(now, &stream, position, &entry, true);
    }
    while session.poll_output().is_some() {}
    assert_eq!(session.view(now).state, State::Seated);
}

struct FuzzRoom {
    room: incamera_model::RoomId,
    vault: incamera_talk::Vault,
}

/// Somebody alone in a room, everything from fixed seeds.
fn seated() -> Option<(RoomSession, FuzzRoom)> {
    let proposal = propose("Fuzz", [1; 32]).ok()?;
    let room = TalkOpened::open(&proposal.link, &proposal.record)
        .ok()?
        .room;
    let now = Timestamp(1);
    let mut session = RoomSession::new(Config {
        link: proposal.link.clone(),
        seat: SeatSecret::new(Name::new("Fuzz").ok()?, [2; 32]),
        now,
        seed: [3; 32],
    })
    .ok()?;
    session.handle_connected(now);
    let record = StreamName::record();
    session.handle_entries(now, &record, Position(0), &proposal.record, true);
    let commits = StreamName::commits(&room);
    session.handle_caught_up(now, &commits);
    let mut opening = None;
    while let Some(output) = session.poll_output() {
        if let Output::Append { entry, .. } = output {
            opening = Some(entry);
        }
    }
    session.handle_entries(now, &commits, Position(0), &opening?, true);
    while session.poll_output().is_some() {}
    let vault = proposal.link.vault();
    Some((session, FuzzRoom { room, vault }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_session_is_seated() {
        assert!(
            seated().is_some_and(|(session, _)| session.view(Timestamp(2)).state == State::Seated)
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn bodies_return(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            for body in [room_entry, door_request, beat, app_message, sealed_to_box, sframe_open, session] {
                body(&bytes);
            }
        }
    }
}
