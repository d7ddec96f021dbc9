//! The media port: one thread that owns the media sockets and an [`incamera_sfu`] node, and the
//! handle by which the rest of the server talks to it.
//!
//! Commands go in over a bounded channel, events come out over another. Nothing here knows who
//! anybody is: a session is named by its connection.

mod addresses;
mod shell;
mod tcp;
mod udp;

use incamera_model::{ConnectionId, SourceId};
pub use incamera_sfu::{Counters as NodeCounters, Limits as MediaLimits, OfferRequest, SenderLine};
use std::io;
use std::net::{IpAddr, SocketAddr};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};

/// How many commands may wait for the media thread; whoever gives one more waits.
const COMMAND_QUEUE: usize = 1024;
/// How many events may wait for the server. While the queue is full the node keeps the newest
/// slots of each session only; that a session closed is never dropped.
const EVENT_QUEUE: usize = 1024;

/// Where the media port listens and what it tells peers to connect to.
#[derive(Debug, Clone)]
pub struct MediaConfig {
    /// Address of the UDP socket and of the TCP listener; port 0 picks one free on both.
    pub bind: SocketAddr,
    /// Addresses to advertise instead of the machine's own; empty for those.
    pub advertise: Vec<IpAddr>,
    /// The web port listens on the same address and hands over what is ICE-TCP
    /// ([`MediaHandle::handle_tcp`]), so no TCP listener is opened here.
    pub tcp_is_shared: bool,
    /// What the media node takes on.
    pub limits: MediaLimits,
}

/// What the media port tells the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MediaEvent {
    /// What each slot of a session carries now, and which sources its room has.
    Slots {
        /// The session.
        connection: ConnectionId,
        /// `a=mid` of every slot, in the order of the offer, and its source.
        slots: Vec<(String, Option<SourceId>)>,
        /// Every source of the room but the session's own.
        sources: Vec<SourceId>,
    },
    /// The session sends more than it may; told now and then while it does.
    TooFast {
        /// The session.
        connection: ConnectionId,
    },
    /// The session ended by itself: its peer closed it, fell silent or never connected.
    Closed {
        /// The session.
        connection: ConnectionId,
    },
}

/// What the media port has seen since it began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MediaCounters {
    /// Of the node.
    pub node: NodeCounters,
    /// Media sessions now.
    pub sessions: usize,
    /// ICE-TCP connections now.
    pub tcp_connections: usize,
    /// Packets that a full socket or a slow TCP connection made us drop.
    pub unsent: u64,
}

/// Why the media port can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum MediaStartError {
    /// The address can't be bound.
    #[error("can't open the media port {address}: {source}; choose another with --media")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The machine's addresses can't be listed.
    #[error("can't list this machine's addresses: {0}; name one with --advertise")]
    Interfaces(io::Error),
    /// An address to advertise isn't of the bound address's kind.
    #[error(
        "can't advertise {address} for the media port {bind}: one is IPv4, the other IPv6; \
         bind [::] with --media for both"
    )]
    Family {
        /// The address to advertise.
        address: IpAddr,
        /// The bound address.
        bind: SocketAddr,
    },
    /// The system gives no randomness.
    #[error("the system gives no randomness: {0}")]
    Random(getrandom::Error),
    /// The media thread can't be started.
    #[error("can't start the media thread: {0}")]
    Thread(io::Error),
}

/// Why an offer was turned down.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OfferError {
    /// The session description can't be used.
    #[error("{0}")]
    BadOffer(String),
    /// A limit is reached.
    #[error("{0}")]
    Full(String),
    /// There is no session to restart.
    #[error("{0}")]
    NoSession(String),
    /// The media port has stopped.
    #[error("the media port has stopped; connect again")]
    Stopped,
}

enum Command {
    Offer(
        Box<OfferRequest>,
        oneshot::Sender<Result<String, OfferError>>,
    ),
    Watch(ConnectionId, Vec<(SourceId, u16)>),
    Hangup(ConnectionId),
    Tcp(std::net::TcpStream, Vec<u8>),
    Counters(oneshot::Sender<MediaCounters>),
    #[cfg(feature = "test-hooks")]
    Hooks(incamera_sfu::Hooks),
    Shutdown(oneshot::Sender<()>),
}

/// Talks to the media thread; clones are handles to the same one. The port closes when the last
/// one is dropped.
#[derive(Clone)]
pub struct MediaHandle {
    commands: mpsc::Sender<Command>,
}

impl MediaHandle {
    /// Opens the media port: the handle, the bound address, and what the media thread tells.
    ///
    /// # Errors
    /// [`MediaStartError`] if the port, the machine's addresses or a thread can't be had.
    pub fn start(
        config: MediaConfig,
    ) -> Result<(Self, SocketAddr, mpsc::Receiver<MediaEvent>), MediaStartError> {
        shell::start(&config)
    }

    /// Starts a media session, replacing the connection's former one, or restarts its ICE, and
    /// returns the answer (RFC 8829).
    ///
    /// # Errors
    /// [`OfferError`] if the offer can't be used, a limit is reached or the port has stopped.
    pub async fn offer(&self, request: OfferRequest) -> Result<String, OfferError> {
        let (reply, answer) = oneshot::channel();
        self.commands
            .send(Command::Offer(Box::new(request), reply))
            .await
            .map_err(|_| OfferError::Stopped)?;
        answer.await.unwrap_or(Err(OfferError::Stopped))
    }

    /// Says which video sources the connection wants to see, the most wanted first, with the
    /// width in device pixels at which it shows each.
    pub async fn watch(&self, connection: ConnectionId, sources: Vec<(SourceId, u16)>) {
        self.command(Command::Watch(connection, sources)).await;
    }

    /// Ends the connection's session, if it has one; no event follows.
    pub async fn hangup(&self, connection: ConnectionId) {
        self.command(Command::Hangup(connection)).await;
    }

    /// Takes over a TCP connection that turned out to be ICE-TCP, with the bytes already read
    /// from it: the way for the web port to carry media too.
    ///
    /// # Errors
    /// The system's, if the connection can't change its event loop.
    pub async fn handle_tcp(&self, stream: TcpStream, first_bytes: Vec<u8>) -> io::Result<()> {
        let stream = stream.into_std()?;
        self.command(Command::Tcp(stream, first_bytes)).await;
        Ok(())
    }

    /// What the port has seen; nothing once it has stopped.
    pub async fn counters(&self) -> Option<MediaCounters> {
        let (reply, counters) = oneshot::channel();
        self.command(Command::Counters(reply)).await;
        counters.await.ok()
    }

    /// Sets what a test does to forwarded media.
    #[cfg(feature = "test-hooks")]
    pub async fn set_hooks(&self, hooks: incamera_sfu::Hooks) {
        self.command(Command::Hooks(hooks)).await;
    }

    /// Ends every session and closes the port; returns once the sockets are closed.
    pub async fn shutdown(self) {
        let (done, closed) = oneshot::channel();
        self.command(Command::Shutdown(done)).await;
        let _ = closed.await;
    }

    /// A thread that has stopped needs no more commands: that it did shows elsewhere.
    async fn command(&self, command: Command) {
        let _ = self.commands.send(command).await;
    }
}
