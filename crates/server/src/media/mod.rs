//! The media port: one thread that owns the media sockets and an [`incamera_sfu`] node, and the
//! handle by which the rest of the server talks to it.
//!
//! Commands go in over a bounded channel, events come out over another. Nothing here knows who
//! anybody is: a session is named by its connection.

mod shell;

use incamera_model::{ConnectionId, MediaKind, RoomId, SourceId, TalkId};
use std::net::{IpAddr, SocketAddr};
use tokio::sync::{mpsc, oneshot};

/// How many commands may wait for the media thread. Senders of offers wait for room; `watch` and
/// `hangup` are never dropped either, they wait in the same queue.
const COMMAND_QUEUE: usize = 1024;
/// How many events may wait for the server. While the queue is full the newest slots of each
/// session are kept and older ones dropped; a `Closed` is never dropped.
const EVENT_QUEUE: usize = 1024;

/// Where the media port listens and what it tells peers to connect to.
#[derive(Debug, Clone)]
pub struct MediaConfig {
    /// Address of the UDP socket and of the TCP listener; port 0 picks one free on both.
    pub bind: SocketAddr,
    /// Addresses to advertise instead of the machine's own; empty for those.
    pub advertise: Vec<IpAddr>,
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
    /// The session ended by itself: its peer closed it or fell silent.
    Closed {
        /// The session.
        connection: ConnectionId,
    },
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
        source: std::io::Error,
    },
    /// The machine's addresses can't be listed.
    #[error("can't list this machine's addresses: {0}; name one with --advertise")]
    Interfaces(std::io::Error),
    /// The media thread can't be started.
    #[error("can't start the media thread: {0}")]
    Thread(std::io::Error),
}

/// Why an offer was turned down.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OfferError {
    /// The session description can't be used.
    #[error("{0}")]
    BadOffer(String),
    /// A limit is reached.
    #[error("{0}")]
    TooMany(String),
    /// The media port has stopped.
    #[error("the media port has stopped; connect again")]
    Stopped,
}

enum Command {
    Offer(Box<Offer>, oneshot::Sender<Result<String, OfferError>>),
    Watch(ConnectionId, Vec<(SourceId, u16)>),
    Hangup(ConnectionId),
    Shutdown(oneshot::Sender<()>),
}

struct Offer {
    talk: TalkId,
    room: RoomId,
    connection: ConnectionId,
    sdp: String,
    senders: Vec<(String, MediaKind)>,
}

/// Talks to the media thread; clones are handles to the same one.
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
        shell::start(config)
    }

    /// Starts a media session, replacing the connection's former one, and returns the answer
    /// (RFC 8829).
    ///
    /// # Errors
    /// [`OfferError`] if the offer can't be used, a limit is reached or the port has stopped.
    pub async fn offer(
        &self,
        talk: TalkId,
        room: RoomId,
        connection: ConnectionId,
        sdp: String,
        senders: Vec<(String, MediaKind)>,
    ) -> Result<String, OfferError> {
        let (reply, answer) = oneshot::channel();
        let offer = Box::new(Offer {
            talk,
            room,
            connection,
            sdp,
            senders,
        });
        self.commands
            .send(Command::Offer(offer, reply))
            .await
            .map_err(|_| OfferError::Stopped)?;
        answer.await.unwrap_or(Err(OfferError::Stopped))
    }

    /// Says which video sources the connection wants to see, the most wanted first, with the
    /// width in device pixels at which it shows each.
    pub async fn watch(&self, connection: ConnectionId, sources: Vec<(SourceId, u16)>) {
        let _ = self.commands.send(Command::Watch(connection, sources)).await;
    }

    /// Ends the connection's session, if it has one; no event follows.
    pub async fn hangup(&self, connection: ConnectionId) {
        let _ = self.commands.send(Command::Hangup(connection)).await;
    }

    /// Ends every session and closes the port; returns once the sockets are closed.
    pub async fn shutdown(self) {
        let (done, closed) = oneshot::channel();
        if self.commands.send(Command::Shutdown(done)).await.is_ok() {
            let _ = closed.await;
        }
    }
}
