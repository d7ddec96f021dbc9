use crate::counters::Count;
use crate::parse;
use crate::state::State;
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{self, ConnectInfo};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use ed25519_dalek::VerifyingKey;
use incamera_log::{CreateTalkError, Created};
use incamera_model::AccessKey;
use incamera_wire::{ApiError, ApiReason, MAX_RECORD_ENTRY_BYTES, NewTalk, Refusal};
use std::net::SocketAddr;
use std::sync::Arc;

/// The largest body of `POST /api/v1/talks`: a record's entry in base64url and what is around it.
pub(crate) const MAX_BODY_BYTES: usize = MAX_RECORD_ENTRY_BYTES / 3 * 4 + 4 * 1024;
const MAX_ACCESS_KEYS: usize = 8;

/// A refusal over HTTP.
pub(crate) struct ApiFailure {
    status: StatusCode,
    reason: ApiReason,
    sentence: String,
}

impl ApiFailure {
    pub(crate) fn new(status: StatusCode, reason: ApiReason, sentence: &str) -> Self {
        Self {
            status,
            reason,
            sentence: sentence.to_owned(),
        }
    }
}

impl IntoResponse for ApiFailure {
    fn into_response(self) -> Response {
        let body = ApiError {
            reason: self.reason,
            error: self.sentence,
        };
        let no_store = [(header::CACHE_CONTROL, "no-store")];
        (self.status, no_store, Json(body)).into_response()
    }
}

/// `POST /api/v1/talks`: 201 for a new talk, 200 for one that exists with the same content.
pub(crate) async fn create(
    extract::State(state): extract::State<Arc<State>>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, ApiFailure> {
    let refuse = |reason, status, sentence: &str| {
        state.counters.add_refused(counted(reason));
        ApiFailure::new(status, reason, sentence)
    };
    if let Some(origin) = headers.get(header::ORIGIN)
        && !origin
            .to_str()
            .is_ok_and(|origin| state.origins.contains(origin))
    {
        let sentence = "This server doesn't know the page's address; start it with --origin and that address if it is its own.";
        return Err(refuse(ApiReason::Origin, StatusCode::FORBIDDEN, sentence));
    }
    let body = body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            let sentence = format!("The request may have {MAX_BODY_BYTES} bytes.");
            refuse(
                ApiReason::TooLarge,
                StatusCode::PAYLOAD_TOO_LARGE,
                &sentence,
            )
        }
        status => refuse(ApiReason::Malformed, status, "The request can't be read."),
    })?;
    let malformed = |status, sentence: &str| refuse(ApiReason::Malformed, status, sentence);
    if !is_json(&headers) {
        let sentence = "The request's content type must be application/json.";
        return Err(malformed(StatusCode::UNSUPPORTED_MEDIA_TYPE, sentence));
    }
    let new =
        parse::new_talk(&body).map_err(|sentence| malformed(StatusCode::BAD_REQUEST, &sentence))?;
    check(&new).map_err(|sentence| malformed(StatusCode::BAD_REQUEST, sentence))?;
    if new.record.0.len() > MAX_RECORD_ENTRY_BYTES {
        let sentence = format!("The record's entry may have {MAX_RECORD_ENTRY_BYTES} bytes.");
        let status = StatusCode::PAYLOAD_TOO_LARGE;
        return Err(refuse(ApiReason::TooLarge, status, &sentence));
    }
    if !state.admits_talk_from(address.ip()) {
        let sentence = "Too many talks were proposed from this address; try again in a minute.";
        let status = StatusCode::TOO_MANY_REQUESTS;
        return Err(refuse(ApiReason::TooMany, status, sentence));
    }
    let new = incamera_log::NewTalk {
        talk: new.talk,
        access: new.access,
        control: new.control,
        record: new.record.0,
    };
    let status = match state.log.create_talk(new).await {
        Ok(Created::New) => {
            state.counters.add(Count::Talks);
            StatusCode::CREATED
        }
        Ok(Created::Already) => StatusCode::OK,
        Err(CreateTalkError::Conflict) => {
            let sentence =
                "A talk with this identifier exists already; propose it again with a new one.";
            return Err(refuse(ApiReason::Taken, StatusCode::CONFLICT, sentence));
        }
        Err(CreateTalkError::Unavailable) => {
            let sentence = "The server can't store the talk now; try again later.";
            let status = StatusCode::SERVICE_UNAVAILABLE;
            return Err(refuse(ApiReason::Unavailable, status, sentence));
        }
    };
    let no_store = [(header::CACHE_CONTROL, "no-store")];
    Ok((status, no_store, Json(serde_json::json!({}))).into_response())
}

/// HTTP and WebSockets are counted together.
fn counted(reason: ApiReason) -> Refusal {
    match reason {
        ApiReason::Malformed => Refusal::Malformed,
        ApiReason::Origin => Refusal::Origin,
        ApiReason::TokenMissing | ApiReason::TokenWrong | ApiReason::Access | ApiReason::Taken => {
            Refusal::Access
        }
        ApiReason::TooLarge => Refusal::TooLarge,
        ApiReason::TooMany => Refusal::TooMany,
        ApiReason::Full => Refusal::Full,
        ApiReason::Unavailable => Refusal::Unavailable,
    }
}

fn check(new: &NewTalk) -> Result<(), &'static str> {
    let count = new.access.len();
    if !(1..=MAX_ACCESS_KEYS).contains(&count) {
        return Err("A talk has one access key or more, at most eight.");
    }
    let distinct = |(at, key): (usize, &AccessKey)| !new.access[..at].contains(key);
    if !new.access.iter().enumerate().all(distinct) || !new.access.iter().all(is_key) {
        return Err("The access keys must be distinct Ed25519 public keys.");
    }
    Ok(())
}

/// A weak key would verify signatures that nobody made.
fn is_key(key: &AccessKey) -> bool {
    VerifyingKey::from_bytes(&key.0).is_ok_and(|key| !key.is_weak())
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(Ok(content)) = headers
        .get(header::CONTENT_TYPE)
        .map(|value| value.to_str())
    else {
        return false;
    };
    let essence = content.split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}
