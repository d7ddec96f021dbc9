use crate::address::ServerAddress;
use crate::dial::{DialError, Trust, dial};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue, ORIGIN};
use hyper::http::request;
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use incamera_model::{AccessKey, TalkId};
use incamera_talk::ControlKeyPair;
use incamera_wire::{ApiError, ApiReason, DestroyTalk, FoundGroup, NewTalk, RegisterGroup};
use serde::Serialize;
use std::time::Duration;
use tokio::time::timeout;

const REQUEST_TIMEOUT: Duration = Duration::from_secs(20);
const MAX_REPLY_BYTES: usize = 64 * 1024;

/// Why a talk wasn't opened, not destroyed or not found, or a group not registered.
#[derive(Debug, thiserror::Error)]
pub enum OpenTalkError {
    /// No connection.
    #[error(transparent)]
    Dial(#[from] DialError),
    /// The server refused, and says why.
    #[error("the server refused it: {0}")]
    Refused(String),
    /// The server knows no such talk or group, or not by this key.
    #[error("the server refused it: {0}")]
    Unknown(String),
    /// A token that can't stand in a header.
    #[error("the token has characters that a token can't have; copy it again")]
    Token,
    /// What answers is no In Camera server of this version.
    #[error("{origin} answers, but not as an In Camera server (HTTP {status}); check the address")]
    NotThisServer {
        /// The server's origin.
        origin: String,
        /// The HTTP status.
        status: u16,
    },
    /// The connection broke, or the reply is unreadable or late.
    #[error("{origin} broke off ({reason}); try again")]
    Broken {
        /// The server's origin.
        origin: String,
        /// What happened.
        reason: String,
    },
}

/// Opens a talk: `POST /api/v1/talks`, with the operator's token if there is one. Repeating it is
/// harmless.
///
/// # Errors
/// [`OpenTalkError`]; its text is for people.
pub async fn open_talk(
    address: &ServerAddress,
    trust: Option<&Trust>,
    token: Option<&str>,
    talk: &NewTalk,
) -> Result<(), OpenTalkError> {
    post(address, trust, token, "/api/v1/talks", talk).await
}

/// Has the server erase a talk: `POST /api/v1/talks/<talk>/destroy`, signed by the control key that
/// was made with the talk. Repeating it is harmless.
///
/// # Errors
/// [`OpenTalkError`]; its text is for people.
pub async fn destroy_talk(
    address: &ServerAddress,
    trust: Option<&Trust>,
    control: &ControlKeyPair,
) -> Result<(), OpenTalkError> {
    let path = format!("/api/v1/talks/{}/destroy", control.talk().to_text());
    let signature = control.sign_destroy(&address.origin()).to_vec().into();
    post(address, trust, None, &path, &DestroyTalk { signature }).await
}

/// Claims a group, or replaces its keys: `POST /api/v1/talks/<talk>/groups/<index>`. Repeating it is
/// harmless.
///
/// # Errors
/// [`OpenTalkError`]; its text is for people.
pub async fn register_group(
    address: &ServerAddress,
    trust: Option<&Trust>,
    (talk, index): (&TalkId, u8),
    keys: &RegisterGroup,
) -> Result<(), OpenTalkError> {
    let path = format!("/api/v1/talks/{}/groups/{index}", talk.to_text());
    post(address, trust, None, &path, keys).await
}

/// Finds the talk and the group of an access key, as a code gives it:
/// `GET /api/v1/groups/<access key>`. `None` if the server knows none.
///
/// # Errors
/// [`OpenTalkError`]; its text is for people.
pub async fn find_group(
    address: &ServerAddress,
    trust: Option<&Trust>,
    access: &AccessKey,
) -> Result<Option<FoundGroup>, OpenTalkError> {
    let path = format!("/api/v1/groups/{}", access.to_text());
    let request = request(address, Method::GET, &path);
    let body = Full::new(Bytes::new());
    let request = request
        .body(body)
        .map_err(|error| broken(address, &error))?;
    let reply = match exchange(address, trust, request).await {
        Err(OpenTalkError::Unknown(_)) => return Ok(None),
        reply => reply?,
    };
    let not_readable = |_| OpenTalkError::NotThisServer {
        origin: address.origin(),
        status: StatusCode::OK.as_u16(),
    };
    serde_json::from_slice(&reply)
        .map(Some)
        .map_err(not_readable)
}

async fn post(
    address: &ServerAddress,
    trust: Option<&Trust>,
    token: Option<&str>,
    path: &str,
    body: &impl Serialize,
) -> Result<(), OpenTalkError> {
    let body = serde_json::to_vec(body).map_err(|error| broken(address, &error))?;
    let mut request = request(address, Method::POST, path).header(CONTENT_TYPE, "application/json");
    if let Some(token) = token {
        request = request.header(AUTHORIZATION, bearer(token)?);
    }
    let body = Full::new(Bytes::from(body));
    let request = request
        .body(body)
        .map_err(|error| broken(address, &error))?;
    exchange(address, trust, request).await.map(drop)
}

fn request(address: &ServerAddress, method: Method, path: &str) -> request::Builder {
    Request::builder()
        .method(method)
        .uri(path)
        .header(HOST, address.authority())
        .header(ORIGIN, address.origin())
}

fn broken(address: &ServerAddress, reason: &dyn std::fmt::Display) -> OpenTalkError {
    OpenTalkError::Broken {
        origin: address.origin(),
        reason: reason.to_string(),
    }
}

/// The body of a reply that is a success.
async fn exchange(
    address: &ServerAddress,
    trust: Option<&Trust>,
    request: Request<Full<Bytes>>,
) -> Result<Bytes, OpenTalkError> {
    let stream = dial(address, trust).await?;
    let exchange = async {
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        let reply = async {
            let reply = sender.send_request(request).await?;
            let status = reply.status();
            let body = Limited::new(reply.into_body(), MAX_REPLY_BYTES).collect();
            Ok::<_, hyper::Error>((status, body.await.map(|body| body.to_bytes())))
        };
        tokio::select! {
            reply = reply => reply,
            // The connection ends first only if it broke; the request then reports it.
            Err(error) = connection => Err(error),
        }
    };
    let (status, body) = timeout(REQUEST_TIMEOUT, exchange)
        .await
        .map_err(|_| broken(address, &"no reply in time"))?
        .map_err(|error| broken(address, &error))?;
    let body = body.map_err(|error| broken(address, &error))?;
    if status.is_success() {
        return Ok(body);
    }
    match serde_json::from_slice::<ApiError>(&body) {
        Ok(error) if error.reason == ApiReason::Access => Err(OpenTalkError::Unknown(error.error)),
        Ok(error) => Err(OpenTalkError::Refused(error.error)),
        Err(_) => Err(OpenTalkError::NotThisServer {
            origin: address.origin(),
            status: StatusCode::as_u16(&status),
        }),
    }
}

/// `Authorization: Bearer` (RFC 6750 section 2.1), kept out of `Debug`.
fn bearer(token: &str) -> Result<HeaderValue, OpenTalkError> {
    let mut value = HeaderValue::try_from(format!("Bearer {}", token.trim()))
        .map_err(|_| OpenTalkError::Token)?;
    value.set_sensitive(true);
    Ok(value)
}
