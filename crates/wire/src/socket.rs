use incamera_model::{
    AccessKey, Bytes, ConnectionId, MediaKind, Position, RoomId, SourceId, StreamName,
};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A number by which a client matches a reply to its request.
pub type RequestId = u32;

/// What a client says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
#[ts(export)]
pub enum ClientMessage {
    /// Opens the conversation; answered by `challenge`.
    Hello {
        /// The client's [`crate::PROTOCOL_VERSION`].
        version: u16,
    },
    /// Proves the private half of an access key; answered by `ready`.
    Prove {
        /// The group's public key.
        #[ts(type = "string")]
        key: AccessKey,
        /// Ed25519 (RFC 8032) over [`crate::access_challenge`].
        #[ts(type = "string")]
        signature: Bytes,
        /// The connection to go on with, if its socket was lost.
        resume: Option<Resume>,
    },
    /// Appends to a stored stream; answered by `appended`, `conflict` or `refused`.
    Append {
        /// Repeated in the reply.
        request: RequestId,
        /// The stream.
        #[ts(type = "string")]
        stream: StreamName,
        /// The position that the entry must get; compare-and-append streams need it, others
        /// refuse it.
        #[ts(type = "number | null")]
        expected: Option<Position>,
        /// The sealed entry.
        #[ts(type = "string")]
        entry: Bytes,
    },
    /// Follows a stream: stored entries from `from` on, then each new one. A second call for the
    /// same stream starts again at its `from`.
    Subscribe {
        /// The stream.
        #[ts(type = "string")]
        stream: StreamName,
        /// The first position wanted; ignored for an ephemeral stream.
        #[ts(type = "number")]
        from: Position,
    },
    /// Sends to everybody else who follows an ephemeral stream.
    Publish {
        /// The stream.
        #[ts(type = "string")]
        stream: StreamName,
        /// The sealed entry.
        #[ts(type = "string")]
        entry: Bytes,
    },
    /// Starts this connection's media session in a room, replacing the one it had; answered by
    /// `answer` or `refused`. There is no later offer except to replace the session or to restart
    /// its ICE.
    Offer {
        /// Repeated in the reply.
        request: RequestId,
        /// The room.
        #[ts(type = "string")]
        room: RoomId,
        /// The session description (RFC 8829): one sending m-line per `senders`, every other
        /// m-line receive-only and a slot.
        sdp: String,
        /// What the sending m-lines carry.
        senders: Vec<Sender>,
        /// Restarts the ICE of the running session (RFC 8839 section 4.4.1) instead: the same
        /// m-lines under a new user name; DTLS, SRTP and what is forwarded go on. Refused if there
        /// is no such session.
        restart: bool,
    },
    /// Starts a media session in no room, to see whether media gets through: nothing is forwarded.
    /// Answered by `answer` or `refused`. It replaces the connection's session, and ends with
    /// `hangup`, an offer, the socket, or after 15 s.
    Probe {
        /// Repeated in the reply.
        request: RequestId,
        /// The session description, as of an offer without senders.
        sdp: String,
    },
    /// Says which sources are shown and how large; a video source that isn't named isn't sent.
    /// Until the first `watch` every source is, as far as slots go. Audio sources that are named
    /// are carried before the loudest.
    Watch {
        /// The wanted sources, the most wanted first.
        sources: Vec<Watch>,
    },
    /// Ends this connection's media session.
    Hangup,
    /// Answered by `pong`; a client that hears nothing for 10 s says it.
    Ping,
}

/// A connection whose socket was lost, and the right to go on with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct Resume {
    /// The connection.
    #[ts(type = "number")]
    pub connection: ConnectionId,
    /// What its `ready` said.
    #[ts(type = "string")]
    pub token: Bytes,
}

/// A sending m-line of an offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct Sender {
    /// The m-line's `a=mid` (RFC 5888).
    pub mid: String,
    /// What it carries.
    #[ts(type = "\"microphone\" | \"camera\" | \"screen\" | \"screen_audio\"")]
    pub kind: MediaKind,
}

/// A wish to see one source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct Watch {
    /// Which one.
    #[ts(
        type = "{ connection: number, kind: \"microphone\" | \"camera\" | \"screen\" | \"screen_audio\" }"
    )]
    pub source: SourceId,
    /// Width at which it is shown, in device pixels.
    pub width: u16,
}

/// What the server says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
#[ts(export)]
pub enum ServerMessage {
    /// Reply to `hello`.
    Challenge {
        /// The server's [`crate::PROTOCOL_VERSION`].
        version: u16,
        /// 32 random bytes to sign.
        #[ts(type = "string")]
        nonce: Bytes,
    },
    /// The key was proven; every other message may now follow.
    Ready {
        /// This connection.
        #[ts(type = "number")]
        connection: ConnectionId,
        /// 32 random bytes by which another socket goes on with this connection, once.
        #[ts(type = "string")]
        token: Bytes,
        /// Whether this is the connection that was to be resumed: its media session goes on.
        /// Streams are to be followed anew.
        resumed: bool,
        /// How long the connection is kept when its socket is lost without having been closed.
        keep_seconds: u32,
        /// The group whose access key was proven. Its connections append to and follow `lobby/` of
        /// their own group and of unclaimed ones, and no other's.
        group: u8,
        /// Whether the group has a control key. Before that its connections use nothing but
        /// `lobby/` of their own group, `mail/`, `probe` (with `hangup`) and `ping`.
        claimed: bool,
    },
    /// The entry is durable.
    Appended {
        /// The request.
        request: RequestId,
        /// Where it stands.
        #[ts(type = "number")]
        position: Position,
    },
    /// Another entry was first; nothing was written.
    Conflict {
        /// The request.
        request: RequestId,
        /// The position that an append would get now.
        #[ts(type = "number")]
        next: Position,
    },
    /// Entries of a followed stream, in order, without gaps.
    Entries {
        /// The stream.
        #[ts(type = "string")]
        stream: StreamName,
        /// The entries; none if the stream had nothing to catch up on.
        entries: Vec<LogEntry>,
        /// Whether this reaches the end that the stream had when the server wrote this. The first
        /// message with `true` after a `subscribe` tells that the client has caught up.
        caught_up: bool,
    },
    /// An entry of an ephemeral stream.
    Published {
        /// The stream.
        #[ts(type = "string")]
        stream: StreamName,
        /// The sealed entry.
        #[ts(type = "string")]
        entry: Bytes,
    },
    /// Reply to `offer` and `probe`.
    Answer {
        /// The request.
        request: RequestId,
        /// The session description.
        sdp: String,
    },
    /// Which source each slot carries now, and which exist; sent whenever it changes. A hint for
    /// choosing what to watch: whose picture a slot shows is learned from the frames alone.
    Slots {
        /// Every slot.
        slots: Vec<Slot>,
        /// Every source of the room but one's own.
        #[ts(
            type = "Array<{ connection: number, kind: \"microphone\" | \"camera\" | \"screen\" | \"screen_audio\" }>"
        )]
        sources: Vec<SourceId>,
    },
    /// The media session ended, and why it did; a client that wants media offers again.
    MediaClosed {
        /// Why, in a word.
        reason: Refusal,
    },
    /// The request, or if it has no number the connection's last message, was not carried out.
    Refused {
        /// The request, if it had a number.
        request: Option<RequestId>,
        /// The kind of refusal.
        reason: Refusal,
        /// What to do, in one sentence for people.
        detail: String,
    },
    /// Reply to `ping`.
    Pong,
}

/// A stored entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct LogEntry {
    /// Where it stands.
    #[ts(type = "number")]
    pub position: Position,
    /// The sealed entry.
    #[ts(type = "string")]
    pub entry: Bytes,
}

/// A receive-only m-line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Slot {
    /// Its `a=mid` (RFC 5888).
    pub mid: String,
    /// What it carries, if anything.
    #[ts(
        type = "{ connection: number, kind: \"microphone\" | \"camera\" | \"screen\" | \"screen_audio\" } | null"
    )]
    pub source: Option<SourceId>,
}

/// Why the server refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Refusal {
    /// The message can't be read, or doesn't belong here. The connection is closed.
    Malformed,
    /// The client speaks another version of the protocol. The connection is closed.
    Version,
    /// No such talk, or not this key: the two aren't told apart. The connection is closed.
    Access,
    /// The page's origin isn't one of the server's names. The connection is closed.
    Origin,
    /// Too large.
    TooLarge,
    /// Too many, too fast, or a quota is used up.
    TooMany,
    /// The stream isn't written this way.
    WrongStream,
    /// The session description can't be used.
    BadOffer,
    /// The server can't store or serve this now; try again later.
    Unavailable,
    /// The server is stopping; connect again.
    Stopping,
    /// The talk was ended by its control key. Told only to whoever proves its access key. The
    /// connection is closed.
    Gone,
    /// The room or the server is full; try again later.
    Full,
    /// The stream, or what was asked for, belongs to another delegation, or to those that are
    /// claimed. A followed stream that came to be another's is told like this as well, and ends.
    NotYours,
}
