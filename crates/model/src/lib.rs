//! Identifiers and small types shared by every crate; nothing here does I/O.
//!
//! Identifiers are newtypes. Those that could tell a person or a talk from another have a
//! redacting [`core::fmt::Debug`] and no `Display`: they reach a log by a deliberate call only.

mod bytes;
mod ids;
mod media;
mod stream;
mod time;

pub use bytes::{Base64Error, Bytes, decode_base64url, encode_base64url};
pub use ids::{AccessKey, ConnectionId, IdError, LeafIndex, ReadoutId, RoomId, TalkId};
pub use media::{MediaKind, SourceId};
pub use stream::{Position, StreamClass, StreamName, StreamNameError};
pub use time::Timestamp;
