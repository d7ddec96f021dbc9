use crate::address::ServerAddress;
use crate::dial::{DialError, Trust, dial};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue, ORIGIN};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use incamera_talk::ControlKeyPair;
use incamera_wire::{ApiError, DestroyTalk, NewTalk};
use serde::Serialize;
use std::time::Duration;
use tokio::time::timeout;

const REQUEST_TIMEOUT: Duration = Duration::from_secs(20);
const MAX_REPLY_BYTES: usize = 64 * 1024;

/// Why a talk wasn't opened, or not destroyed.
#[derive(Debug, thiserror::Error)]
pub enum OpenTalkError {
    /// No connection.
    #[error(transparent)]
    Dial(#[from] DialError),
    /// The server refused, and says why.
    #[error("the server refused it: {0}")]
    Refused(String),
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

async fn post(
    address: &ServerAddress,
    trust: Option<&Trust>,
    token: Option<&str>,
    path: &str,
    body: &impl Serialize,
) -> Result<(), OpenTalkError> {
    let broken = |reason: String| OpenTalkError::Broken {
        origin: address.origin(),
        reason,
    };
    let body = serde_json::to_vec(body).map_err(|error| broken(error.to_string()))?;
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(path)
        .header(HOST, address.authority())
        .header(ORIGIN, address.origin())
        .header(CONTENT_TYPE, "application/json");
    if let Some(token) = token {
        request = request.header(AUTHORIZATION, bearer(token)?);
    }
    let request = request
        .body(Full::new(Bytes::from(body)))
        .map_err(|error| broken(error.to_string()))?;
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
        .map_err(|_| broken("no reply in time".into()))?
        .map_err(|error| broken(error.to_string()))?;
    if status.is_success() {
        return Ok(());
    }
    let body = body.map_err(|error| broken(error.to_string()))?;
    match serde_json::from_slice::<ApiError>(&body) {
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
