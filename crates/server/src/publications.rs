//! `POST /api/v1/talks/{talk}/publications/{index}`, `GET /api/v1/readouts/{id}`: a readout is public
//! by every group's control key. The server doesn't look into it; whoever reads it verifies it.

use crate::api::{self, ApiFailure, MAX_HANDOVER_BYTES};
use crate::parse;
use crate::signature::is_signed;
use crate::state::State;
use crate::wall::wall_clock;
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{self, ConnectInfo, Path};
use axum::http::{HeaderMap, HeaderName, header};
use axum::response::{IntoResponse as _, Response};
use incamera_log::{HandedOver, Handover, PublishError};
use incamera_model::{ReadoutId, TalkId};
use incamera_wire::{
    ApiReason, MAX_READOUT_BYTES, PublicationState, PublishReadout, Published, publish_challenge,
};
use sha2::{Digest as _, Sha256};
use std::net::SocketAddr;
use std::sync::Arc;

/// The last millisecond of the year 9999.
const LATEST: u64 = 253_402_300_799_999;

const TOO_MANY: &str = "Too many requests from this address; try again in a minute.";
const UNREADABLE: &str = "The server can't read its log now; try again later.";

/// `POST /api/v1/talks/{talk}/publications/{index}`: how far the publication is.
pub(crate) async fn hand_over(
    extract::State(state): extract::State<Arc<State>>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    Path((talk, index)): Path<(String, String)>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, ApiFailure> {
    let refuse = |reason, sentence: &str| ApiFailure::counted(&state, reason, sentence);
    let unknown = || {
        state.note_failure_from(address.ip());
        let sentence = "There is no such talk here, or this isn't the key of this delegation.";
        refuse(ApiReason::Access, sentence)
    };
    let Some(origin) = api::origin(&state, &headers)? else {
        let sentence = "Publishing needs an Origin header with an address of this server.";
        return Err(refuse(ApiReason::Origin, sentence));
    };
    let body = api::json_within(&state, &headers, body, MAX_HANDOVER_BYTES)?;
    let request = parse::publish_readout(&body).map_err(|e| refuse(ApiReason::Malformed, &e))?;
    check(&request).map_err(|(reason, sentence)| refuse(reason, &sentence))?;
    if !state.admits_attempt_from(address.ip()) || !state.admits_handover_from(address.ip()) {
        return Err(refuse(ApiReason::TooMany, TOO_MANY));
    }
    let (Ok(talk), Ok(index)) = (talk.parse::<TalkId>(), index.parse::<u8>()) else {
        return Err(unknown());
    };
    let keys = state.log.keys(talk).await;
    let keys = keys.map_err(|_| refuse(ApiReason::Unavailable, UNREADABLE))?;
    let keys = keys.filter(|keys| !keys.gone).ok_or_else(unknown)?;
    let group = keys.groups.get(usize::from(index));
    let control = group.and_then(|group| group.control).ok_or_else(unknown)?;
    let hash: [u8; 32] = Sha256::digest(request.content.as_bytes()).into();
    let signed = publish_challenge(origin, &talk, index, &hash, request.not_before);
    if !is_signed(&control, &signed, request.signature.as_slice()) {
        return Err(unknown());
    }
    let id = id_of(&hash);
    let handover = Handover {
        talk,
        index,
        control,
        id,
        hash,
        not_before: request.not_before,
        content: request.content.into_bytes(),
    };
    let handed = state.log.hand_over(handover).await;
    let handed = handed.map_err(|error| match error {
        PublishError::Changed => unknown(),
        PublishError::Full => refuse(
            ApiReason::Full,
            "This talk has no room here for another readout; save it as a file and publish that.",
        ),
        PublishError::Unavailable => refuse(
            ApiReason::Unavailable,
            "The server can't store the readout now; try again later.",
        ),
    })?;
    let published = Published {
        readout: id,
        state: match handed {
            HandedOver::Waiting => PublicationState::Waiting,
            HandedOver::Stored { not_before } if wall_clock() < not_before => {
                PublicationState::Embargoed
            }
            HandedOver::Stored { .. } => PublicationState::Public,
        },
    };
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(published)).into_response())
}

/// `GET /api/v1/readouts/{id}`: what was published, byte for byte. What isn't public yet isn't told
/// apart from what there isn't.
pub(crate) async fn read(
    extract::State(state): extract::State<Arc<State>>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    Path(id): Path<String>,
) -> Result<Response, ApiFailure> {
    let refuse = |reason, sentence: &str| ApiFailure::counted(&state, reason, sentence);
    if !state.admits_reader_from(address.ip()) {
        return Err(refuse(ApiReason::TooMany, TOO_MANY));
    }
    let found = match id.parse::<ReadoutId>() {
        Ok(id) => state.log.readout(id).await,
        Err(_) => Ok(None),
    };
    let found = found.map_err(|_| refuse(ApiReason::Unavailable, UNREADABLE))?;
    let Some(readout) = found.filter(|readout| readout.not_before <= wall_clock()) else {
        let sentence = "Nothing is published at this address, or not yet; check the address, or come again later.";
        return Err(refuse(ApiReason::Access, sentence));
    };
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "public, max-age=300"),
        // Who searches is to find the page, which verifies it.
        (HeaderName::from_static("x-robots-tag"), "noindex"),
    ];
    Ok((headers, readout.content).into_response())
}

fn check(request: &PublishReadout) -> Result<(), (ApiReason, String)> {
    if request.content.is_empty() {
        let sentence = "There is no readout in the request.".to_owned();
        return Err((ApiReason::Malformed, sentence));
    }
    if request.content.len() > MAX_READOUT_BYTES {
        let sentence = format!(
            "A readout that is published may have {MAX_READOUT_BYTES} bytes; save it as a file and publish that."
        );
        return Err((ApiReason::TooLarge, sentence));
    }
    if request.not_before > LATEST {
        let sentence = "The embargo must end by the year 9999.".to_owned();
        return Err((ApiReason::Malformed, sentence));
    }
    Ok(())
}

/// The content's own: whoever has the address can tell whether it is what was published.
fn id_of(hash: &[u8; 32]) -> ReadoutId {
    let mut id = [0; 16];
    id.copy_from_slice(&hash[..16]);
    ReadoutId(id)
}
