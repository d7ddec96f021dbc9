use crate::bytes::{decode_base64url, encode_base64url};
use core::fmt;
use core::str::FromStr;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A text that is not an identifier of the expected kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected_bytes} bytes in unpadded base64url")]
pub struct IdError {
    /// How many bytes an identifier of this kind has.
    pub expected_bytes: usize,
}

macro_rules! byte_id {
    ($(#[$doc:meta])* $name:ident, $len:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub [u8; $len]);

        impl $name {
            /// The text form used in URLs and in JSON: unpadded base64url.
            #[must_use]
            pub fn to_text(&self) -> String {
                encode_base64url(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                decode_base64url(text)
                    .ok()
                    .and_then(|bytes| bytes.try_into().ok())
                    .map(Self)
                    .ok_or(IdError { expected_bytes: $len })
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(redacted)"))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.to_text())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                std::borrow::Cow::<'de, str>::deserialize(deserializer)?
                    .parse()
                    .map_err(serde::de::Error::custom)
            }
        }
    };
}

byte_id!(
    /// A talk: 16 random bytes, in the path of every link to it.
    TalkId,
    16
);
byte_id!(
    /// A room of a talk: 16 random bytes.
    RoomId,
    16
);
byte_id!(
    /// A published readout: the first 16 bytes of SHA-256 of what is published, in the path of its
    /// page.
    ReadoutId,
    16
);
byte_id!(
    /// The public half (Ed25519, RFC 8032) of an access group's key; the server stores it and a
    /// connection proves the private half.
    AccessKey,
    32
);

/// One WebSocket connection of one run of the server; never reused within a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ConnectionId(pub u32);

/// A leaf of an MLS ratchet tree (RFC 9420 section 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LeafIndex(pub u32);
