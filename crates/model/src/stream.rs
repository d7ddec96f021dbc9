use crate::bytes::{decode_base64url, encode_base64url};
use crate::ids::RoomId;
use core::fmt;
use core::str::FromStr;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A place in a stream: the first entry has position 0 and there are no gaps.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Position(pub u64);

impl Position {
    /// The position after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// How a stream is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StreamClass {
    /// Stored; an append names the position that it expects and fails on any other.
    CompareAndAppend,
    /// Stored; an append takes the next position.
    AppendAny,
    /// Forwarded to whoever is subscribed, never stored.
    Ephemeral,
}

/// The name of one of a talk's streams:
/// `record`, `c/<room>` (compare-and-append), `door/<room>`, `m/<room>`, `lobby/<group>`,
/// `mail/<hash>` (append-any), `b/<room>` (ephemeral). `<room>` is a [`RoomId`], `<group>` a number
/// from 0 to 255 without leading zeros, `<hash>` 32 bytes in unpadded base64url.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamName(String);

/// A text that names no stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no stream has this name")]
pub struct StreamNameError;

impl StreamName {
    /// The talk's durable log.
    #[must_use]
    pub fn record() -> Self {
        Self("record".into())
    }

    /// A room's MLS commits.
    #[must_use]
    pub fn commits(room: &RoomId) -> Self {
        Self(format!("c/{}", room.to_text()))
    }

    /// Requests to enter a room.
    #[must_use]
    pub fn door(room: &RoomId) -> Self {
        Self(format!("door/{}", room.to_text()))
    }

    /// A room's MLS application messages.
    #[must_use]
    pub fn messages(room: &RoomId) -> Self {
        Self(format!("m/{}", room.to_text()))
    }

    /// A room's beats; ephemeral.
    #[must_use]
    pub fn beats(room: &RoomId) -> Self {
        Self(format!("b/{}", room.to_text()))
    }

    /// Where a group's people, and those who want to be, leave what isn't for the room yet.
    #[must_use]
    pub fn lobby(group: u8) -> Self {
        Self(format!("lobby/{group}"))
    }

    /// What is for the holder of one key alone, by the key's hash.
    #[must_use]
    pub fn mail(hash: &[u8; 32]) -> Self {
        Self(format!("mail/{}", encode_base64url(hash)))
    }

    /// Whose lobby this is, if it is one.
    #[must_use]
    pub fn lobby_of(&self) -> Option<u8> {
        self.0.strip_prefix("lobby/")?.parse().ok()
    }

    /// Whether this is somebody's mail.
    #[must_use]
    pub fn is_mail(&self) -> bool {
        self.0.starts_with("mail/")
    }

    /// How the stream is written.
    #[must_use]
    pub fn class(&self) -> StreamClass {
        match self.0.split('/').next() {
            Some("record" | "c") => StreamClass::CompareAndAppend,
            Some("b") => StreamClass::Ephemeral,
            _ => StreamClass::AppendAny,
        }
    }

    /// The name as it stands on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for StreamName {
    type Err = StreamNameError;

    fn from_str(text: &str) -> Result<Self, StreamNameError> {
        let valid = match text.split_once('/') {
            None => text == "record",
            Some(("c" | "door" | "m" | "b", room)) => RoomId::from_str(room).is_ok(),
            Some(("lobby", group)) => {
                // One name for each group: a lobby is its group's under every name that it has.
                u8::from_str(group).is_ok_and(|number| number.to_string() == group)
            }
            Some(("mail", hash)) => decode_base64url(hash).is_ok_and(|bytes| bytes.len() == 32),
            Some(_) => false,
        };
        if valid {
            Ok(Self(text.into()))
        } else {
            Err(StreamNameError)
        }
    }
}

impl fmt::Debug for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let class = self.0.split('/').next().unwrap_or_default();
        write!(f, "StreamName({class})")
    }
}

impl Serialize for StreamName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for StreamName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        std::borrow::Cow::<'de, str>::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<StreamClass>) {
        let class = text.parse::<StreamName>().ok().map(|name| name.class());
        assert_eq!(class, expected, "{text}");
    }

    #[test]
    fn names() {
        let room = RoomId([7; 16]).to_text();
        check("record", Some(StreamClass::CompareAndAppend));
        check(&format!("c/{room}"), Some(StreamClass::CompareAndAppend));
        check(&format!("m/{room}"), Some(StreamClass::AppendAny));
        check(&format!("door/{room}"), Some(StreamClass::AppendAny));
        check(&format!("b/{room}"), Some(StreamClass::Ephemeral));
        check("lobby/12", Some(StreamClass::AppendAny));
        check(
            StreamName::lobby(255).as_str(),
            Some(StreamClass::AppendAny),
        );
        let mail = StreamName::mail(&[7; 32]);
        check(mail.as_str(), Some(StreamClass::AppendAny));
        assert!(mail.is_mail() && !StreamName::lobby(0).is_mail());
        let lobbies = [StreamName::lobby(0), mail, StreamName::record()];
        let groups = lobbies.map(|name| name.lobby_of());
        assert_eq!(groups, [Some(0), None, None]);
        for bad in [
            "",
            "c",
            "c/",
            "c/short",
            "x/1",
            "record/1",
            "lobby/",
            "lobby/1234",
            "lobby/256",
            "lobby/01",
            "lobby/+1",
            "mail/a",
        ] {
            check(bad, None);
        }
        check(&format!("c/{room}/x"), None);
    }

    #[test]
    fn debug_tells_no_room() {
        let room = RoomId([7; 16]);
        let name = StreamName::commits(&room);
        assert!(!format!("{name:?} {room:?}").contains(&room.to_text()));
    }
}
