//! `GET /api/server`, `POST /api/v1/talks`, `POST /api/v1/talks/{talk}/destroy`.

use crate::api::{self, ApiFailure, done};
use crate::counters::Count;
use crate::parse;
use crate::signature::{is_key, is_signed};
use crate::state::State;
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{self, ConnectInfo, Path};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use incamera_log::{CreateTalkError, Created, DestroyError};
use incamera_model::{AccessKey, TalkId};
use incamera_wire::{
    ApiReason, MAX_RECORD_ENTRY_BYTES, NewTalk, PROTOCOL_VERSION, Proposing, ServerInfo,
    destroy_challenge,
};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

const MAX_ACCESS_KEYS: usize = 8;

/// `GET /api/server`
pub(crate) async fn server_info(extract::State(state): extract::State<Arc<State>>) -> Response {
    let proposing = match state.operator {
        Some(_) => Proposing::Token,
        None => Proposing::Open,
    };
    let info = ServerInfo {
        version: PROTOCOL_VERSION,
        proposing,
        demonstration: state.demonstration,
    };
    ([(header::CACHE_CONTROL, "no-store")], Json(info)).into_response()
}

/// `POST /api/v1/talks`: 201 for a new talk, 200 for one that exists with the same content.
pub(crate) async fn create(
    extract::State(state): extract::State<Arc<State>>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, ApiFailure> {
    let refuse = |reason, sentence: &str| ApiFailure::counted(&state, reason, sentence);
    api::origin(&state, &headers)?;
    may_propose(&state, address.ip(), &headers).await?;
    let body = api::json(&state, &headers, body)?;
    let new = parse::new_talk(&body).map_err(|error| refuse(ApiReason::Malformed, &error))?;
    check(&new).map_err(|sentence| refuse(ApiReason::Malformed, sentence))?;
    if new.record.0.len() > MAX_RECORD_ENTRY_BYTES {
        let sentence = format!("The record's entry may have {MAX_RECORD_ENTRY_BYTES} bytes.");
        return Err(refuse(ApiReason::TooLarge, &sentence));
    }
    if !state.admits_talk_from(address.ip()) {
        let sentence = "Too many talks were proposed from this address; try again in a minute.";
        return Err(refuse(ApiReason::TooMany, sentence));
    }
    let new = incamera_log::NewTalk {
        talk: new.talk,
        access: new.access,
        control: Some(new.control),
        record: new.record.0,
    };
    let (reason, sentence) = match state.log.create_talk(new).await {
        Ok(Created::New) => {
            state.counters.add(Count::Talks);
            return Ok(done(StatusCode::CREATED));
        }
        Ok(Created::Already) => return Ok(done(StatusCode::OK)),
        Err(CreateTalkError::Conflict) => (
            ApiReason::Taken,
            "A talk with this identifier or one of its keys exists already; propose it again with new ones.",
        ),
        Err(CreateTalkError::Full) => (
            ApiReason::Full,
            "The server has as many talks as it takes; ask its operator for more room.",
        ),
        Err(CreateTalkError::Unavailable) => (
            ApiReason::Unavailable,
            "The server can't store the talk now; try again later.",
        ),
    };
    Err(refuse(reason, sentence))
}

/// `POST /api/v1/talks/{talk}/destroy`: 200 once nothing of the talk's entries is left.
pub(crate) async fn destroy(
    extract::State(state): extract::State<Arc<State>>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    Path(talk): Path<String>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, ApiFailure> {
    let refuse = |reason, sentence: &str| ApiFailure::counted(&state, reason, sentence);
    let unknown = || {
        state.note_failure_from(address.ip());
        let sentence = "There is no such talk here, or this isn't the key that controls it.";
        refuse(ApiReason::Access, sentence)
    };
    let unavailable = || {
        let sentence = "The server can't erase the talk wholly now; nobody can enter it any more. Try again later.";
        refuse(ApiReason::Unavailable, sentence)
    };
    let Some(origin) = api::origin(&state, &headers)? else {
        let sentence = "Destroying needs an Origin header with an address of this server.";
        return Err(refuse(ApiReason::Origin, sentence));
    };
    let body = api::json(&state, &headers, body)?;
    let request = parse::destroy_talk(&body).map_err(|e| refuse(ApiReason::Malformed, &e))?;
    if !state.admits_attempt_from(address.ip()) {
        let sentence = "Too many attempts failed from this address; try again in a minute.";
        return Err(refuse(ApiReason::TooMany, sentence));
    }
    let talk: TalkId = talk.parse().map_err(|_| unknown())?;
    let keys = state.log.keys(talk).await.map_err(|_| {
        let sentence = "The server can't read its log now; try again later.";
        refuse(ApiReason::Unavailable, sentence)
    })?;
    let signed = destroy_challenge(origin, &talk);
    let groups = keys.map(|keys| keys.groups).unwrap_or_default();
    let mut controls = groups.iter().filter_map(|group| group.control);
    if !controls.any(|control| is_signed(&control, &signed, request.signature.as_slice())) {
        return Err(unknown());
    }
    let destroyed = state.log.destroy_talk(talk).await;
    // Also when something is still to be erased: it takes and shows nothing from here on.
    state.end_talk(talk).await;
    match destroyed {
        Ok(()) => {
            state.counters.add(Count::Destroyed);
            Ok(done(StatusCode::OK))
        }
        Err(DestroyError::UnknownTalk) => Err(unknown()),
        Err(DestroyError::Unavailable) => Err(unavailable()),
    }
}

/// Whoever reaches an open server, else whoever has the operator's token.
async fn may_propose(
    state: &Arc<State>,
    address: IpAddr,
    headers: &HeaderMap,
) -> Result<(), ApiFailure> {
    let Some(operator) = state.operator.clone() else {
        return Ok(());
    };
    let refuse = |reason, sentence: &str| Err(ApiFailure::counted(state, reason, sentence));
    let given = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "));
    let Some(token) = given.map(|token| token.trim().to_owned()) else {
        let sentence = "Proposing a talk here needs the operator's token; open the link that the server printed at its first start.";
        return refuse(ApiReason::TokenMissing, sentence);
    };
    if !state.admits_attempt_from(address) {
        let sentence = "Too many attempts failed from this address; try again in a minute.";
        return refuse(ApiReason::TooMany, sentence);
    }
    match tokio::task::spawn_blocking(move || operator.is(&token)).await {
        Ok(Ok(true)) => Ok(()),
        Ok(Ok(false)) => {
            state.note_failure_from(address);
            let sentence = "This isn't the operator's token, or not any more; ask the operator for a new link (`incamera token` makes one).";
            refuse(ApiReason::TokenWrong, sentence)
        }
        Ok(Err(_)) | Err(_) => {
            tracing::error!("the operator's token can't be read");
            let sentence = "The server can't check the token now; try again later.";
            refuse(ApiReason::Unavailable, sentence)
        }
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
    if !is_key(&new.control) {
        return Err("The control key must be an Ed25519 public key.");
    }
    Ok(())
}
