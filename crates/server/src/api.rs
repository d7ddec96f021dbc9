//! What the calls over HTTP have in common: who may call, what they must look like, how they are
//! refused.

use crate::state::State;
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use incamera_wire::{ApiError, ApiReason, MAX_READOUT_BYTES, MAX_RECORD_ENTRY_BYTES, Refusal};

/// The largest body of a call: a record's entry in base64url and what is around it.
pub(crate) const MAX_BODY_BYTES: usize = MAX_RECORD_ENTRY_BYTES / 3 * 4 + 4 * 1024;
/// The largest body of the call that hands over a readout: as long as JSON makes it.
pub(crate) const MAX_HANDOVER_BYTES: usize = MAX_READOUT_BYTES * 2 + 4 * 1024;

/// A refusal over HTTP.
pub(crate) struct ApiFailure {
    reason: ApiReason,
    status: StatusCode,
    sentence: String,
}

impl ApiFailure {
    pub(crate) fn new(status: StatusCode, reason: ApiReason, sentence: &str) -> Self {
        Self {
            reason,
            status,
            sentence: sentence.to_owned(),
        }
    }

    /// One that is counted, with the status that goes with its reason.
    pub(crate) fn counted(state: &State, reason: ApiReason, sentence: &str) -> Self {
        state.counters.add_refused(as_on_sockets(reason));
        Self::new(status(reason), reason, sentence)
    }

    fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }
}

impl IntoResponse for ApiFailure {
    fn into_response(self) -> Response {
        let body = ApiError {
            reason: self.reason,
            error: self.sentence,
        };
        let no_store = [(header::CACHE_CONTROL, "no-store")];
        let mut response = (self.status, no_store, Json(body)).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            let bearer = header::HeaderValue::from_static("Bearer");
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, bearer);
        }
        response
    }
}

/// An empty object: the call succeeded.
pub(crate) fn done(status: StatusCode) -> Response {
    let no_store = [(header::CACHE_CONTROL, "no-store")];
    (status, no_store, Json(serde_json::json!({}))).into_response()
}

/// The page's origin, which is one of the server's own; none if the caller is no page.
pub(crate) fn origin<'a>(
    state: &State,
    headers: &'a HeaderMap,
) -> Result<Option<&'a str>, ApiFailure> {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return Ok(None);
    };
    match origin.to_str() {
        Ok(origin) if state.origins.contains(origin) => Ok(Some(origin)),
        _ => {
            let sentence = "This server doesn't know the page's address; start it with --origin and that address if it is its own.";
            Err(ApiFailure::counted(state, ApiReason::Origin, sentence))
        }
    }
}

/// A body of JSON.
pub(crate) fn json(
    state: &State,
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Bytes, ApiFailure> {
    json_within(state, headers, body, MAX_BODY_BYTES)
}

/// A body of JSON of a call that has a limit of its own.
pub(crate) fn json_within(
    state: &State,
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
    most: usize,
) -> Result<Bytes, ApiFailure> {
    let body = body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            let sentence = format!("The request may have {most} bytes.");
            ApiFailure::counted(state, ApiReason::TooLarge, &sentence)
        }
        status => {
            let sentence = "The request can't be read.";
            ApiFailure::counted(state, ApiReason::Malformed, sentence).with_status(status)
        }
    })?;
    if is_json(headers) {
        return Ok(body);
    }
    let sentence = "The request's content type must be application/json.";
    Err(ApiFailure::counted(state, ApiReason::Malformed, sentence)
        .with_status(StatusCode::UNSUPPORTED_MEDIA_TYPE))
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

fn status(reason: ApiReason) -> StatusCode {
    match reason {
        ApiReason::Malformed => StatusCode::BAD_REQUEST,
        ApiReason::Origin => StatusCode::FORBIDDEN,
        ApiReason::TokenMissing | ApiReason::TokenWrong => StatusCode::UNAUTHORIZED,
        ApiReason::Access => StatusCode::NOT_FOUND,
        ApiReason::Taken => StatusCode::CONFLICT,
        ApiReason::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ApiReason::TooMany => StatusCode::TOO_MANY_REQUESTS,
        ApiReason::Full => StatusCode::INSUFFICIENT_STORAGE,
        ApiReason::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// HTTP and WebSockets are counted together.
fn as_on_sockets(reason: ApiReason) -> Refusal {
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
