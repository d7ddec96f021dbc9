//! Every message between client and server, once.
//!
//! HTTP: `GET /api/server` tells [`ServerInfo`]; `POST /api/v1/talks` with [`NewTalk`] opens a talk,
//! `POST /api/v1/talks/<talk id>/destroy` with [`DestroyTalk`] erases it,
//! `POST /api/v1/talks/<talk id>/groups/<index>` with [`RegisterGroup`] sets a group's keys, and
//! `GET /api/v1/groups/<access key>` finds one ([`FoundGroup`]);
//! `POST /api/v1/talks/<talk id>/publications/<index>` with [`PublishReadout`] hands over a readout,
//! and `GET /api/v1/readouts/<id>` gives one that is public, as it is. WebSocket:
//! `/api/v1/talks/<talk id>/socket`, one JSON text frame per [`ClientMessage`] or
//! [`ServerMessage`]. The TypeScript in `web/src/wire` is generated from here by
//! `cargo xtask codegen`.
//!
//! Order on a socket: `hello` -> `challenge` -> `prove` -> `ready`, then anything. A request has a
//! number of the client's choosing; its reply repeats it. A stream's entries arrive in order of
//! position, without gaps; an append's reply comes after the entry was made durable.

mod access;
pub mod fuzz;
mod http;
mod limits;
mod socket;

pub use access::{access_challenge, destroy_challenge, group_challenge, publish_challenge};
pub use http::{
    ApiError, ApiReason, DestroyTalk, FoundGroup, NewTalk, Proposing, PublicationState,
    PublishReadout, Published, RegisterGroup, ServerInfo,
};
pub use limits::{
    MAX_ENTRY_BYTES, MAX_EPHEMERAL_BYTES, MAX_FRAME_BYTES, MAX_READOUT_BYTES,
    MAX_RECORD_ENTRY_BYTES, MAX_SDP_BYTES, MAX_SUBSCRIPTIONS,
};
pub use socket::{
    ClientMessage, LogEntry, Refusal, RequestId, Resume, Sender, ServerMessage, Slot, Watch,
};

/// The version of this protocol. A server that speaks another one says so in its
/// [`ServerMessage::Challenge`], and a page of another version asks to be reloaded.
pub const PROTOCOL_VERSION: u16 = 3;
