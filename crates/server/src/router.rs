use crate::api::{ApiFailure, MAX_BODY_BYTES, MAX_HANDOVER_BYTES};
use crate::state::State;
use crate::{groups, headers, publications, socket, talks};
use axum::Router;
use axum::extract::{self, DefaultBodyLimit, Request};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use incamera_model::{Position, StreamName, TalkId};
use incamera_wire::ApiReason;
use std::sync::Arc;
use std::time::Duration;

/// For a request to arrive whole and be answered; a WebSocket is answered at once.
const REQUEST: Duration = Duration::from_secs(20);

pub(crate) fn router(state: Arc<State>, tls: bool) -> Router {
    Router::new()
        .route("/api/server", get(talks::server_info))
        .route("/api/v1/talks", post(talks::create))
        .route("/api/v1/talks/{talk}/destroy", post(talks::destroy))
        .route(
            "/api/v1/talks/{talk}/groups/{index}",
            post(groups::register),
        )
        .route(
            "/api/v1/talks/{talk}/publications/{index}",
            post(publications::hand_over).layer(DefaultBodyLimit::max(MAX_HANDOVER_BYTES)),
        )
        .route("/api/v1/readouts/{id}", get(publications::read))
        .route("/api/v1/groups/{access}", get(groups::find))
        .route("/api/v1/talks/{talk}/socket", get(socket::upgrade))
        .route("/healthz", get(health))
        .route("/", get(index))
        .route("/t/{talk}", get(index))
        .route("/r/{readout}", get(index))
        .fallback(file)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(from_fn(in_time))
        .layer(from_fn(move |request, next| {
            headers::protect(tls, request, next)
        }))
        .with_state(state)
}

async fn index(extract::State(state): extract::State<Arc<State>>, headers: HeaderMap) -> Response {
    state.page.index(&headers).await
}

async fn file(
    extract::State(state): extract::State<Arc<State>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    if uri.path().starts_with("/api/") {
        let sentence = "There is no such call; the page may be older or newer than the server.";
        return ApiFailure::new(StatusCode::NOT_FOUND, ApiReason::Malformed, sentence)
            .into_response();
    }
    if method != Method::GET && method != Method::HEAD {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    state
        .page
        .file(uri.path().trim_start_matches('/'), &headers)
        .await
}

/// Whether the log can be read; for whoever watches over the server.
async fn health(extract::State(state): extract::State<Arc<State>>) -> Response {
    let (talk, stream) = (TalkId([0; 16]), StreamName::record());
    let (status, word) = match state.log.read(talk, &stream, Position(0), 1).await {
        Ok(_) => (StatusCode::OK, "ok\n"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the log can't be read\n"),
    };
    (status, [(header::CACHE_CONTROL, "no-store")], word).into_response()
}

async fn in_time(request: Request, next: Next) -> Response {
    match tokio::time::timeout(REQUEST, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            let sentence = "The request didn't arrive in time; try again.";
            ApiFailure::new(
                StatusCode::REQUEST_TIMEOUT,
                ApiReason::Unavailable,
                sentence,
            )
            .into_response()
        }
    }
}
