//! One WebSocket: handshake, then messages, with a task that reads and one that writes.

mod follow;
mod handshake;
#[cfg(feature = "test-hooks")]
mod meddler;
mod offer;
mod outbox;
mod read;
mod rights;
mod session;
mod write;

#[cfg(feature = "test-hooks")]
pub use meddler::Meddler;
pub(crate) use outbox::{Ending, Outbox, Text};

use crate::api::ApiFailure;
use crate::connections::{Claim, GONE, Member, REPLACED};
use crate::counters::Count;
use crate::places;
use crate::state::State;
use axum::extract::ws::{WebSocket, WebSocketUpgrade};
use axum::extract::{self, ConnectInfo, Path};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use futures_util::StreamExt as _;
use futures_util::stream::SplitStream;
use incamera_model::TalkId;
use incamera_wire::{ApiReason, MAX_FRAME_BYTES, Refusal};
use session::Session;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;

/// After the last word, for the peer to take it and close: bytes that nobody read would make the
/// system reset the connection before the word arrives.
const LINGER: Duration = Duration::from_secs(2);

const FULL: &str = "The server has as many connections as it takes; try again later.";

/// `GET /api/v1/talks/{talk}/socket`
pub(crate) async fn upgrade(
    extract::State(state): extract::State<Arc<State>>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    Path(talk): Path<String>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let Ok(talk) = talk.parse::<TalkId>() else {
        let sentence = "The address holds no talk's identifier; check the link.";
        return ApiFailure::new(StatusCode::NOT_FOUND, ApiReason::Malformed, sentence)
            .into_response();
    };
    let place = Place::of(&state, address.ip()).filter(|_| !state.is_stopping());
    let Some(place) = place else {
        state.counters.add_refused(Refusal::Full);
        return ApiFailure::new(StatusCode::SERVICE_UNAVAILABLE, ApiReason::Full, FULL)
            .into_response();
    };
    let origin = headers
        .get(header::ORIGIN)
        .and_then(|origin| origin.to_str().ok())
        .map(str::to_owned);
    upgrade
        .max_message_size(read::HARD_LIMIT)
        .max_frame_size(read::HARD_LIMIT)
        .max_write_buffer_size(4 * MAX_FRAME_BYTES)
        .on_upgrade(move |socket| async move {
            run(&state, socket, talk, origin, &place).await;
            drop(place);
        })
}

/// What a socket has until it is gone.
enum Place {
    Taken {
        _in_all: OwnedSemaphorePermit,
        _of_address: places::Place,
    },
    /// None: it is told why and closed, since a page can't read why an upgrade was refused.
    Refused {
        ending: Ending,
        _turned_away: OwnedSemaphorePermit,
    },
}

impl Place {
    /// Nothing if not even a refusal can be told.
    fn of(state: &State, address: IpAddr) -> Option<Self> {
        let refused = |reason, sentence: &str| {
            Some(Self::Refused {
                _turned_away: Arc::clone(&state.turned_away).try_acquire_owned().ok()?,
                ending: Ending::Refused(reason, sentence.to_owned()),
            })
        };
        let Some(of_address) = state.sockets_of_address.take(address) else {
            let sentence = "Too many connections come from this address; close some, or ask the operator for more.";
            return refused(Refusal::TooMany, sentence);
        };
        match Arc::clone(&state.sockets).try_acquire_owned() {
            Ok(in_all) => Some(Self::Taken {
                _in_all: in_all,
                _of_address: of_address,
            }),
            Err(_) => refused(Refusal::Full, FULL),
        }
    }
}

async fn run(
    state: &Arc<State>,
    socket: WebSocket,
    talk: TalkId,
    origin: Option<String>,
    place: &Place,
) {
    state.counters.add(Count::Opened);
    let mut claim = None;
    let (sink, mut stream) = socket.split();
    #[cfg_attr(not(feature = "test-hooks"), expect(unused_mut))]
    let (mut outbox, queue) = Outbox::new(state.limits.outbox);
    #[cfg(feature = "test-hooks")]
    {
        outbox.meddling = state.meddler.get().cloned().map(meddler::Meddling::new);
    }
    let writer = tokio::spawn(write::run(sink, outbox.clone(), queue, state.limits));
    if let Place::Refused { ending, .. } = place {
        outbox.end(ending.clone());
    }
    let ending = tokio::select! {
        biased;
        ending = outbox.ended() => ending,
        ending = converse(state, &mut stream, &outbox, &mut claim, talk, origin.as_deref()) => ending,
        () = state.stopping() => Ending::Stopping,
    };
    outbox.end(ending);
    let ending = outbox.ended().await;
    if let Some(claim) = claim {
        state.leave(&claim, ending.is_loss()).await;
    }
    match ending {
        Ending::Refused(reason, _) => state.counters.add_refused(reason),
        Ending::Slow => state.counters.add(Count::Slow),
        Ending::Stopping | Ending::Closed | Ending::Lost | Ending::Displaced => {}
    }
    let linger = async { while let Some(Ok(_)) = stream.next().await {} };
    let (_, _) = tokio::join!(tokio::time::timeout(LINGER, linger), writer);
    state.counters.add(Count::Closed);
}

async fn converse(
    state: &Arc<State>,
    stream: &mut SplitStream<WebSocket>,
    outbox: &Outbox,
    claim: &mut Option<Claim>,
    talk: TalkId,
    origin: Option<&str>,
) -> Ending {
    let withdrawn = state.withdrawn();
    let handshake = handshake::run(state, stream, outbox, talk, origin);
    let (member, resume) = match tokio::time::timeout(state.limits.handshake, handshake).await {
        Ok(Ok(proven)) => proven,
        Ok(Err(ending)) => return ending,
        Err(_) => {
            let sentence = "The connection wasn't opened in time; connect again.";
            return Ending::Refused(Refusal::Unavailable, sentence.into());
        }
    };
    let token = match state.random_nonce() {
        Ok(token) => token,
        Err(ending) => return ending,
    };
    let connections = &state.connections;
    let claimed = connections.claim(member, resume.as_ref(), token, outbox);
    *claim = Some(claimed);
    // A key that was withdrawn since the handshake began, and whose connections were ended before
    // this was one of them.
    if state.withdrawn() != withdrawn
        && let Err(ending) = still_stands(state, &member).await
    {
        return ending;
    }
    let session = Session::begin(state, member, claimed, outbox);
    session.run(stream).await
}

async fn still_stands(state: &State, member: &Member) -> Result<(), Ending> {
    let Ok(keys) = state.log.keys(member.talk).await else {
        let sentence = "The server can't read its log now; try again later.";
        return Err(Ending::Refused(Refusal::Unavailable, sentence.into()));
    };
    match keys {
        Some(keys) if keys.gone => Err(Ending::Refused(Refusal::Gone, GONE.into())),
        Some(keys)
            if keys
                .proven(&member.access)
                .is_some_and(|(g, _)| g == member.group) =>
        {
            Ok(())
        }
        _ => Err(Ending::Refused(Refusal::Access, REPLACED.into())),
    }
}
