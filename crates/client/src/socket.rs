use crate::address::ServerAddress;
use crate::dial::{ByteStream, DialError, Trust, dial};
use futures_util::{SinkExt as _, StreamExt as _};
use incamera_model::{Bytes, ConnectionId, TalkId};
use incamera_talk::AccessKeyPair;
use incamera_wire::{ClientMessage, PROTOCOL_VERSION, Refusal, Resume, ServerMessage};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, mpsc};
use tokio::time::{sleep, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::http::header::ORIGIN;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error as WsError, Message};

/// Messages waiting to be written, at most; beyond, the connection counts as broken.
const OUTGOING: usize = 512;
/// Events waiting for the participant, at most; beyond, reading from the network waits.
const INCOMING: usize = 256;
/// The largest message that a server may send: a batch of entries in base64url.
const MAX_SERVER_MESSAGE_BYTES: usize = 64 * 1024 * 1024;
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// Silence after which the server is asked whether it is there, and once more until the
/// connection counts as broken.
const SILENCE: Duration = Duration::from_secs(10);
const FIRST_BACKOFF: Duration = Duration::from_millis(250);
const MAX_BACKOFF: Duration = Duration::from_secs(10);

/// The access keys to connect with, the likeliest first; each connection takes those of its time.
#[derive(Clone)]
pub(crate) struct Keyring(Arc<Mutex<Vec<AccessKeyPair>>>);

impl Keyring {
    pub(crate) fn new(keys: Vec<AccessKeyPair>) -> Self {
        Self(Arc::new(Mutex::new(keys)))
    }

    pub(crate) fn set(&self, keys: Vec<AccessKeyPair>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = keys;
    }

    fn get(&self) -> Vec<AccessKeyPair> {
        let keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        keys.clone()
    }
}

/// Where to connect, and how to prove that one may.
pub(crate) struct SocketConfig {
    pub(crate) address: ServerAddress,
    pub(crate) trust: Option<Trust>,
    pub(crate) talk: TalkId,
    pub(crate) keys: Keyring,
    /// For the jitter between attempts.
    pub(crate) seed: u64,
}

/// Why there is no connection, for good.
#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    /// The server can't be reached; told only before the first connection.
    #[error(transparent)]
    Dial(#[from] DialError),
    /// What answers is no In Camera server.
    #[error("{origin} answers, but not as an In Camera server ({reason}); check the link")]
    NotThisServer {
        /// The server's origin.
        origin: String,
        /// What happened instead.
        reason: String,
    },
    /// The server speaks another version of the protocol.
    #[error(
        "this program speaks protocol version {PROTOCOL_VERSION}, the server another ({server:?}); use the program of the server's version"
    )]
    Version {
        /// The server's version, if it told.
        server: Option<u16>,
    },
    /// No such talk, or the link isn't its.
    #[error("the server knows no such talk, or the link isn't the talk's; check the whole link")]
    Access,
    /// The talk was destroyed.
    #[error("this talk is over: whoever proposed it had it destroyed")]
    Gone,
    /// The server doesn't know itself under this name.
    #[error("the server doesn't serve {origin}; use its own address, or start it with --origin")]
    Origin {
        /// The origin used.
        origin: String,
    },
}

/// What happens on the socket.
#[derive(Debug)]
pub(crate) enum SocketEvent {
    /// Connected and proven; again after each loss.
    Ready {
        /// As the server calls it.
        connection: ConnectionId,
        /// Whether it is the connection from before the loss, with its media session.
        resumed: bool,
        /// The group whose access key was proven.
        group: u8,
        /// Whether it has a control key.
        claimed: bool,
    },
    /// A message; never one of the opening ones.
    Message(ServerMessage),
    /// The connection broke; another comes.
    Lost,
    /// There will be no connection.
    Failed(SocketError),
}

/// A WebSocket that reconnects. Messages not yet written when a connection breaks are dropped:
/// whoever follows streams starts over at [`SocketEvent::Ready`].
pub(crate) struct Socket {
    outgoing: mpsc::Sender<(u32, ClientMessage)>,
    events: mpsc::Receiver<SocketEvent>,
    /// Counts connections, so that a message never leaves on a later one.
    generation: u32,
    reset: Arc<Notify>,
    traffic: Arc<Traffic>,
}

/// Bytes of all messages on all connections so far, without what carries them.
#[derive(Debug, Default)]
struct Traffic {
    sent: AtomicU64,
    received: AtomicU64,
}

/// The connection can't take the message: it is gone, or slower than what is to be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotSent;

impl Socket {
    /// Starts connecting, in a task that ends when the socket is dropped.
    pub(crate) fn open(config: SocketConfig) -> Self {
        let (outgoing, to_write) = mpsc::channel(OUTGOING);
        let (told, events) = mpsc::channel(INCOMING);
        let reset = Arc::new(Notify::new());
        let traffic = Arc::<Traffic>::default();
        let counted = traffic.clone();
        tokio::spawn(run(config, to_write, told, reset.clone(), counted));
        Self {
            outgoing,
            events,
            generation: 0,
            reset,
            traffic,
        }
    }

    /// Bytes of the messages sent and received so far.
    pub(crate) fn traffic(&self) -> (u64, u64) {
        let Traffic { sent, received } = &*self.traffic;
        (
            sent.load(Ordering::Relaxed),
            received.load(Ordering::Relaxed),
        )
    }

    pub(crate) fn send(&self, message: ClientMessage) -> Result<(), NotSent> {
        self.outgoing
            .try_send((self.generation, message))
            .map_err(|_| NotSent)
    }

    /// Gives up the present connection; another comes.
    pub(crate) fn reset(&self) {
        self.reset.notify_waiters();
    }

    /// The next event; none after [`SocketEvent::Failed`]. Cancel-safe.
    pub(crate) async fn next(&mut self) -> Option<SocketEvent> {
        let event = self.events.recv().await;
        if matches!(event, Some(SocketEvent::Ready { .. })) {
            self.generation += 1;
        }
        event
    }

    /// Waits until what was said before is written, or the connection is gone.
    pub(crate) async fn close(self) {
        let Self {
            outgoing,
            mut events,
            ..
        } = self;
        drop(outgoing);
        while events.recv().await.is_some() {}
    }
}

struct Ws {
    stream: WebSocketStream<Box<dyn ByteStream>>,
    traffic: Arc<Traffic>,
}

/// A proven socket, the right to go on with its connection, and what is told of it.
type Opened = (Ws, Resume, SocketEvent);

/// Why a connection didn't come into being or ended.
enum Broken {
    Final(SocketError),
    /// The access key isn't one of the talk's, or not any more.
    Access,
    Dial(DialError),
    Retry,
    /// The participant is gone.
    Unwanted,
}

async fn run(
    config: SocketConfig,
    mut to_write: mpsc::Receiver<(u32, ClientMessage)>,
    told: mpsc::Sender<SocketEvent>,
    reset: Arc<Notify>,
    traffic: Arc<Traffic>,
) {
    let mut backoff = Backoff::new(config.seed);
    let mut generation = 0;
    let mut resume = None;
    loop {
        let broken = match open(&config, resume.clone(), &traffic).await {
            Ok((ws, right, ready)) => {
                generation += 1;
                backoff.reset();
                resume = Some(right);
                if told.send(ready).await.is_err() {
                    return;
                }
                let broken = tokio::select! {
                    broken = pump(ws, generation, &mut to_write, &told) => broken,
                    () = reset.notified() => Broken::Retry,
                };
                match broken {
                    // The group's key was replaced. Whether there is another, the next attempt
                    // tells; it is another connection in any case.
                    Broken::Access => {
                        resume = None;
                        Broken::Retry
                    }
                    broken => broken,
                }
            }
            Err(broken) => broken,
        };
        let event = match broken {
            Broken::Unwanted => return,
            Broken::Final(error) => SocketEvent::Failed(error),
            Broken::Access => SocketEvent::Failed(SocketError::Access),
            Broken::Dial(error) if generation == 0 => SocketEvent::Failed(error.into()),
            Broken::Dial(_) | Broken::Retry => SocketEvent::Lost,
        };
        let failed = matches!(event, SocketEvent::Failed(_));
        if told.send(event).await.is_err() || failed {
            return;
        }
        tokio::select! {
            () = sleep(backoff.next()) => {}
            () = told.closed() => return,
        }
    }
}

/// Connects with the first of the access keys that the server takes.
async fn open(
    config: &SocketConfig,
    resume: Option<Resume>,
    traffic: &Arc<Traffic>,
) -> Result<Opened, Broken> {
    for key in config.keys.get() {
        let stream = dial(&config.address, config.trust.as_ref())
            .await
            .map_err(Broken::Dial)?;
        let attempt = handshake(config, &key, stream, resume.clone(), traffic.clone());
        match timeout(HANDSHAKE_TIMEOUT, attempt).await {
            Ok(Err(Broken::Access)) => {}
            Ok(result) => return result,
            Err(_) => return Err(Broken::Retry),
        }
    }
    Err(Broken::Access)
}

async fn handshake(
    config: &SocketConfig,
    key: &AccessKeyPair,
    stream: Box<dyn ByteStream>,
    mut resume: Option<Resume>,
    traffic: Arc<Traffic>,
) -> Result<Opened, Broken> {
    let origin = config.address.origin();
    let not_this_server = |reason: String| {
        Broken::Final(SocketError::NotThisServer {
            origin: origin.clone(),
            reason,
        })
    };
    let mut request = config
        .address
        .socket_url(&config.talk)
        .into_client_request()
        .map_err(|error| not_this_server(error.to_string()))?;
    let header =
        HeaderValue::from_str(&origin).map_err(|error| not_this_server(error.to_string()))?;
    request.headers_mut().insert(ORIGIN, header);
    let limits = WebSocketConfig::default()
        .max_message_size(Some(MAX_SERVER_MESSAGE_BYTES))
        .max_frame_size(Some(MAX_SERVER_MESSAGE_BYTES));
    let (stream, _) = tokio_tungstenite::client_async_with_config(request, stream, Some(limits))
        .await
        .map_err(|error| match error {
            WsError::Http(reply) if reply.status().is_server_error() => Broken::Retry,
            WsError::Http(reply) if reply.status() == 403 => Broken::Final(SocketError::Origin {
                origin: origin.clone(),
            }),
            WsError::Http(reply) if reply.status() == 404 => Broken::Access,
            WsError::Http(reply) => not_this_server(format!("HTTP {}", reply.status())),
            _ => Broken::Retry,
        })?;
    let mut ws = Ws { stream, traffic };
    let version = PROTOCOL_VERSION;
    write(&mut ws, &ClientMessage::Hello { version }).await?;
    loop {
        match read(&mut ws).await? {
            ServerMessage::Challenge { version, nonce } => {
                if version != PROTOCOL_VERSION {
                    let server = Some(version);
                    return Err(Broken::Final(SocketError::Version { server }));
                }
                let nonce: [u8; 32] = nonce
                    .as_slice()
                    .try_into()
                    .map_err(|_| not_this_server("a bad challenge".into()))?;
                let proof = ClientMessage::Prove {
                    key: key.public(),
                    signature: Bytes(key.sign_challenge(&origin, &nonce).to_vec()),
                    resume: resume.take(),
                };
                write(&mut ws, &proof).await?;
            }
            ServerMessage::Ready {
                connection,
                token,
                resumed,
                group,
                claimed,
                ..
            } => {
                let ready = SocketEvent::Ready {
                    connection,
                    resumed,
                    group,
                    claimed,
                };
                return Ok((ws, Resume { connection, token }, ready));
            }
            ServerMessage::Refused { reason, .. } => return Err(refused(reason, origin)),
            _ => return Err(not_this_server("messages out of order".into())),
        }
    }
}

fn refused(reason: Refusal, origin: String) -> Broken {
    match reason {
        Refusal::Version => Broken::Final(SocketError::Version { server: None }),
        Refusal::Access => Broken::Access,
        Refusal::Gone => Broken::Final(SocketError::Gone),
        Refusal::Origin => Broken::Final(SocketError::Origin { origin }),
        _ => Broken::Retry,
    }
}

/// Carries messages both ways until something ends it.
async fn pump(
    mut ws: Ws,
    generation: u32,
    to_write: &mut mpsc::Receiver<(u32, ClientMessage)>,
    told: &mpsc::Sender<SocketEvent>,
) -> Broken {
    let mut asked = false;
    loop {
        let step = tokio::select! {
            message = to_write.recv() => match message {
                Some((of, message)) if of == generation => write(&mut ws, &message).await,
                Some(_) => Ok(()),
                None => {
                    // Nobody waits for the peer's half of the closing.
                    let _ = timeout(Duration::from_secs(1), ws.stream.close(None)).await;
                    Err(Broken::Unwanted)
                }
            },
            message = read(&mut ws) => match message {
                Ok(message) => {
                    asked = false;
                    tell(told, message).await
                }
                Err(broken) => Err(broken),
            },
            () = sleep(SILENCE) => {
                if core::mem::replace(&mut asked, true) {
                    Err(Broken::Retry)
                } else {
                    write(&mut ws, &ClientMessage::Ping).await
                }
            }
        };
        if let Err(broken) = step {
            return broken;
        }
    }
}

async fn tell(told: &mpsc::Sender<SocketEvent>, message: ServerMessage) -> Result<(), Broken> {
    match &message {
        ServerMessage::Pong => return Ok(()),
        ServerMessage::Refused {
            request: None,
            reason: Refusal::Access,
            ..
        } => return Err(Broken::Access),
        ServerMessage::Refused {
            request: None,
            reason: Refusal::Gone,
            ..
        } => return Err(Broken::Final(SocketError::Gone)),
        _ => {}
    }
    told.send(SocketEvent::Message(message))
        .await
        .map_err(|_| Broken::Unwanted)
}

async fn write(ws: &mut Ws, message: &ClientMessage) -> Result<(), Broken> {
    let text = serde_json::to_string(message).map_err(|_| Broken::Retry)?;
    ws.traffic
        .sent
        .fetch_add(text.len() as u64, Ordering::Relaxed);
    match timeout(HANDSHAKE_TIMEOUT, ws.stream.send(Message::text(text))).await {
        Ok(Ok(())) => Ok(()),
        _ => Err(Broken::Retry),
    }
}

/// The next message of the protocol; what can't be read breaks the connection. Cancel-safe.
async fn read(ws: &mut Ws) -> Result<ServerMessage, Broken> {
    loop {
        match ws.stream.next().await {
            Some(Ok(Message::Text(text))) => {
                let received = &ws.traffic.received;
                received.fetch_add(text.len() as u64, Ordering::Relaxed);
                return serde_json::from_str(&text).map_err(|_| Broken::Retry);
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            _ => return Err(Broken::Retry),
        }
    }
}

/// Time between attempts: doubles up to a limit, with jitter, so that a restarted server isn't
/// met by everybody at once.
struct Backoff {
    next: Duration,
    random: u64,
}

impl Backoff {
    fn new(seed: u64) -> Self {
        Self {
            next: FIRST_BACKOFF,
            random: seed | 1,
        }
    }

    fn reset(&mut self) {
        self.next = FIRST_BACKOFF;
    }

    /// Between half of the present step and the whole.
    fn next(&mut self) -> Duration {
        // xorshift64 (Marsaglia 2003): spread, not secrecy.
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        let step = self.next;
        self.next = (step * 2).min(MAX_BACKOFF);
        let share = f64::from((self.random >> 40) as u32) / f64::from(1 << 24);
        step.mul_f64(0.5 + share / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backoff_grows_within_bounds() {
        let mut backoff = Backoff::new(7);
        let steps: Vec<_> = (0..10).map(|_| backoff.next()).collect();
        assert!(steps[0] >= FIRST_BACKOFF / 2 && steps[0] <= FIRST_BACKOFF);
        assert!(steps[9] >= MAX_BACKOFF / 2 && steps[9] <= MAX_BACKOFF);
        backoff.reset();
        assert!(backoff.next() <= FIRST_BACKOFF);
    }
}
