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
/// `mail/<hash>` (append-any), `b/<room>` (ephemeral). `<room>` is a [`RoomId`], `<group>` 1 to 3
/// digits, `<hash>` 32 bytes in unpadded base64url.
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

    /// Where a delegation's people ask, and a place is claimed.
    #[must_use]
    pub fn lobby(group: u8) -> Self {
        Self(format!("lobby/{group}"))
    }

    /// What is sealed to the box whose public key has this SHA-256.
    #[must_use]
    pub fn mail(hash: &[u8; 32]) -> Self {
        Self(format!("mail/{}", encode_base64url(hash)))
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
                (1..=3).contains(&group.len()) && group.bytes().all(|byte| byte.is_ascii_digit())
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
        for bad in [
            "",
            "c",
            "c/",
            "c/short",
            "x/1",
            "record/1",
            "lobby/",
            "lobby/1234",
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
