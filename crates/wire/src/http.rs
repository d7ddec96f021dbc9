use incamera_model::{AccessKey, Bytes, TalkId};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Body of `POST /api/v1/talks`. Repeating a request that succeeded succeeds again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export)]
pub struct NewTalk {
    /// The talk's identifier, chosen at random by the proposer.
    #[ts(type = "string")]
    pub talk: TalkId,
    /// The access keys of the talk's groups, at least one and at most eight.
    #[ts(type = "string[]")]
    pub access: Vec<AccessKey>,
    /// The first entry of the talk's record, sealed.
    #[ts(type = "string")]
    pub record: Bytes,
}

/// Body of every HTTP reply that isn't a success.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ApiError {
    /// What went wrong and what to do, in one sentence for people.
    pub error: String,
}
