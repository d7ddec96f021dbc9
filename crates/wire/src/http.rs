use core::fmt;
use incamera_model::{AccessKey, Bytes, ReadoutId, TalkId};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Reply to `GET /api/server`: what a page has to know before it says anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ServerInfo {
    /// The server's [`crate::PROTOCOL_VERSION`]; a page of another one asks to be reloaded.
    pub version: u16,
    /// Who may propose a talk here.
    pub proposing: Proposing,
    /// Whether it is there to be looked at only: its talks' keys stand in links that are passed around.
    pub demonstration: bool,
}

/// Who may propose a talk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Proposing {
    /// Whoever reaches the server.
    Open,
    /// Whoever has the operator's token.
    Token,
}

/// Body of `POST /api/v1/talks`, which needs `Authorization: Bearer <operator's token>` unless
/// proposing is open. Repeating a request that succeeded succeeds again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct NewTalk {
    /// The talk's identifier, chosen at random by the proposer.
    #[ts(type = "string")]
    pub talk: TalkId,
    /// The access keys of the talk's groups, in their order, at least one and at most eight: one
    /// for each delegation, or one for everybody. No other group of the server has one of them.
    #[ts(type = "string[]")]
    pub access: Vec<AccessKey>,
    /// The control key of group 0, the proposer's. Every other group is unclaimed until somebody
    /// registers it ([`RegisterGroup`]).
    #[ts(type = "string")]
    pub control: AccessKey,
    /// The first entry of the talk's record, sealed.
    #[ts(type = "string")]
    pub record: Bytes,
}

/// Body of `POST /api/v1/talks/<talk id>/destroy`: erases the talk's entries. Repeating it succeeds
/// again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct DestroyTalk {
    /// Ed25519 (RFC 8032) over [`crate::destroy_challenge`], by the control key of one of the
    /// talk's groups.
    #[ts(type = "string")]
    pub signature: Bytes,
}

/// Body of `POST /api/v1/talks/<talk id>/groups/<index>`: claims a group, or replaces its keys.
/// Repeating one that succeeded succeeds again. Who had proven the group's former access key is
/// sent away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct RegisterGroup {
    /// The group's access key from here on. Claiming needs another one than the group has, so that
    /// the claim link opens nothing any more.
    #[ts(type = "string")]
    pub access: AccessKey,
    /// Its control key from here on.
    #[ts(type = "string")]
    pub control: AccessKey,
    /// Ed25519 (RFC 8032) over [`crate::group_challenge`], by the group's control key; by its
    /// access key if it is unclaimed.
    #[ts(type = "string")]
    pub signature: Bytes,
}

/// Reply to `GET /api/v1/groups/<access key>`: whose access key it is. A code to be typed holds no
/// talk's identifier, so this is how it finds its talk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct FoundGroup {
    /// The talk.
    #[ts(type = "string")]
    pub talk: TalkId,
    /// The group's index.
    pub group: u8,
}

/// Body of `POST /api/v1/talks/<talk id>/publications/<index>`: a group hands over a readout to be
/// published. It is public once every group of the talk, at least two, has handed over the same. What
/// a group hands over takes the place of what it handed over before. Repeating one succeeds again.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct PublishReadout {
    /// What is published: the readout's JSON, byte for byte. The server doesn't look into it.
    pub content: String,
    /// Until when nobody gets it, in milliseconds since 1970; 0 for at once.
    #[ts(type = "number")]
    pub not_before: u64,
    /// Ed25519 (RFC 8032) over [`crate::publish_challenge`], by the group's control key.
    #[ts(type = "string")]
    pub signature: Bytes,
}

impl fmt::Debug for PublishReadout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublishReadout({} bytes)", self.content.len())
    }
}

/// Reply to [`PublishReadout`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Published {
    /// Its page is `/r/<readout>`, and what is published `GET /api/v1/readouts/<readout>`.
    #[ts(type = "string")]
    pub readout: ReadoutId,
    /// How far it is.
    pub state: PublicationState,
}

/// How far a publication is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum PublicationState {
    /// Another group hasn't handed over the same.
    Waiting,
    /// All have; it is public at `not_before`.
    Embargoed,
    /// Everybody can read it.
    Public,
}

/// Body of every HTTP reply that isn't a success.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ApiError {
    /// The kind of refusal.
    pub reason: ApiReason,
    /// What went wrong and what to do, in one sentence for people.
    pub error: String,
}

/// Why an HTTP request was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum ApiReason {
    /// The request can't be read, or there is no such call.
    Malformed,
    /// The page's origin isn't one of the server's names.
    Origin,
    /// Proposing needs the operator's token, and the request has none.
    TokenMissing,
    /// The token isn't the operator's, or not any more.
    TokenWrong,
    /// No such talk or group, or not signed by the key that may: they aren't told apart.
    Access,
    /// A talk with this identifier, or another group with this access key, exists or existed.
    Taken,
    /// Too large.
    TooLarge,
    /// Too many, too fast from this address.
    TooMany,
    /// The server has as many talks or connections as it takes.
    Full,
    /// The server can't store or serve this now; try again later.
    Unavailable,
}
