//! `POST /api/v1/talks/{talk}/groups/{index}`, `GET /api/v1/groups/{access key}`.

use crate::api::{self, ApiFailure, done};
use crate::parse;
use crate::signature::{is_key, is_signed};
use crate::state::State;
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{self, ConnectInfo, Path};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use incamera_log::{Group, RegisterError, Registration};
use incamera_model::{AccessKey, TalkId};
use incamera_wire::{ApiReason, FoundGroup, RegisterGroup, group_challenge};
use std::net::SocketAddr;
use std::sync::Arc;

/// How often a registration is looked at anew because another one was first.
const TRIES: usize = 4;

const UNREADABLE: &str = "The server can't read its log now; try again later.";
const TOO_MANY: &str = "Too many attempts failed from this address; try again in a minute.";

/// Why a registration isn't carried out.
enum Failure {
    /// No such group, or not by the key that may.
    Unknown,
    /// Claimed by the access key that the claim link gives to everybody who has it.
    SameAccess,
    Taken,
    Unavailable,
}

/// `POST /api/v1/talks/{talk}/groups/{index}`: 200 once the group has these keys, and whoever had
/// proven its former access key was sent away.
pub(crate) async fn register(
    extract::State(state): extract::State<Arc<State>>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    Path((talk, index)): Path<(String, String)>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, ApiFailure> {
    let refuse = |reason, sentence: &str| ApiFailure::counted(&state, reason, sentence);
    let Some(origin) = api::origin(&state, &headers)? else {
        let sentence = "Registering needs an Origin header with an address of this server.";
        return Err(refuse(ApiReason::Origin, sentence));
    };
    let body = api::json(&state, &headers, body)?;
    let request = parse::register_group(&body).map_err(|e| refuse(ApiReason::Malformed, &e))?;
    if !is_key(&request.access) || !is_key(&request.control) {
        let sentence = "The access key and the control key must be Ed25519 public keys.";
        return Err(refuse(ApiReason::Malformed, sentence));
    }
    if !state.admits_attempt_from(address.ip()) {
        return Err(refuse(ApiReason::TooMany, TOO_MANY));
    }
    let registered = match (talk.parse::<TalkId>(), index.parse::<u8>()) {
        (Ok(talk), Ok(index)) => {
            // On a task of its own: who hangs up must not leave the former connections standing.
            let (state, origin) = (Arc::clone(&state), origin.to_owned());
            tokio::spawn(async move { replace(&state, &origin, (talk, index), &request).await })
                .await
                .unwrap_or(Err(Failure::Unavailable))
        }
        _ => Err(Failure::Unknown),
    };
    let (reason, sentence) = match registered {
        Ok(()) => return Ok(done(StatusCode::OK)),
        Err(Failure::Unknown) => {
            state.note_failure_from(address.ip());
            (
                ApiReason::Access,
                "There is no such delegation here, or somebody has claimed it already, or this isn't its key.",
            )
        }
        Err(Failure::SameAccess) => (
            ApiReason::Malformed,
            "Claiming a delegation needs a new access key, not the claim link's.",
        ),
        Err(Failure::Taken) => (
            ApiReason::Taken,
            "Another delegation has this access key; make a new one.",
        ),
        Err(Failure::Unavailable) => (
            ApiReason::Unavailable,
            "The server can't store the keys now; try again later.",
        ),
    };
    Err(refuse(reason, sentence))
}

/// Replaces a group's keys by those of a request that was signed by the one that may.
async fn replace(
    state: &State,
    origin: &str,
    (talk, index): (TalkId, u8),
    request: &RegisterGroup,
) -> Result<(), Failure> {
    let group = Group {
        access: request.access,
        control: Some(request.control),
    };
    let signed = group_challenge(origin, &talk, index, &request.access, &request.control);
    for _ in 0..TRIES {
        let keys = state.log.keys(talk).await;
        let keys = keys.map_err(|_| Failure::Unavailable)?;
        let keys = keys.filter(|keys| !keys.gone).ok_or(Failure::Unknown)?;
        let former = keys.groups.get(usize::from(index)).copied();
        let former = former.ok_or(Failure::Unknown)?;
        if former == group {
            // The reply was lost: the key that signed may be gone with the first time.
            state.end_former(talk, index, &group.access).await;
            return Ok(());
        }
        let claimed = keys.is_claimed(index).unwrap_or(true);
        let key = match former.control {
            Some(control) => control,
            None if !claimed => former.access,
            // A talk from before there were control keys: its link is everybody's.
            None => return Err(Failure::Unknown),
        };
        if !is_signed(&key, &signed, request.signature.as_slice()) {
            return Err(Failure::Unknown);
        }
        if !claimed && former.access == group.access {
            return Err(Failure::SameAccess);
        }
        let registration = Registration {
            talk,
            index,
            former,
            group,
        };
        match state.log.register_group(registration).await {
            Ok(()) => {
                state.end_former(talk, index, &group.access).await;
                return Ok(());
            }
            Err(RegisterError::Changed) => {}
            Err(RegisterError::Taken) => return Err(Failure::Taken),
            Err(RegisterError::Unavailable) => return Err(Failure::Unavailable),
        }
    }
    Err(Failure::Unavailable)
}

/// `GET /api/v1/groups/{access key}`: which talk a code leads to. Misses count as wrong signatures
/// do.
pub(crate) async fn find(
    extract::State(state): extract::State<Arc<State>>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    Path(access): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiFailure> {
    let refuse = |reason, sentence: &str| ApiFailure::counted(&state, reason, sentence);
    api::origin(&state, &headers)?;
    if !state.admits_attempt_from(address.ip()) {
        return Err(refuse(ApiReason::TooMany, TOO_MANY));
    }
    let found = match access.parse::<AccessKey>() {
        Ok(access) => state.log.find_group(access).await,
        Err(_) => Ok(None),
    };
    match found {
        Ok(Some((talk, group))) => {
            let no_store = [(header::CACHE_CONTROL, "no-store")];
            Ok((no_store, Json(FoundGroup { talk, group })).into_response())
        }
        Ok(None) => {
            state.note_failure_from(address.ip());
            let sentence = "No talk here has this code; check it, and on which server it was made.";
            Err(refuse(ApiReason::Access, sentence))
        }
        Err(_) => Err(refuse(ApiReason::Unavailable, UNREADABLE)),
    }
}
