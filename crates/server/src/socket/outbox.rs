use incamera_wire::{Refusal, ServerMessage};
use std::sync::Arc;
use tokio::sync::{mpsc, watch};

/// A message, ready to be written; clones share their bytes.
pub(crate) type Text = axum::extract::ws::Utf8Bytes;

/// Why a connection ends. The first reason stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The client is told why, in a sentence.
    Refused(Refusal, String),
    /// It doesn't read what it is sent.
    Slow,
    /// The server stops.
    Stopping,
    /// The client closed the connection.
    Closed,
    /// The socket was lost: the network failed, or the client says that it lost it.
    Lost,
    /// Another socket goes on with the connection.
    Displaced,
}

impl Ending {
    /// Whether another socket may go on with the connection.
    pub(super) fn is_loss(&self) -> bool {
        matches!(self, Self::Slow | Self::Lost)
    }
}

/// What one connection is to be sent. Two bounded queues: replies and passing messages, which end
/// the connection when they overflow, and stored entries, whose senders wait.
#[derive(Clone)]
pub(crate) struct Outbox {
    passing: mpsc::Sender<Text>,
    stored: mpsc::Sender<Text>,
    ending: Arc<watch::Sender<Option<Ending>>>,
    #[cfg(feature = "test-hooks")]
    pub(super) meddling: Option<super::meddler::Meddling>,
}

/// The other end, for the one who writes.
pub(crate) struct Queue {
    pub(super) passing: mpsc::Receiver<Text>,
    pub(super) stored: mpsc::Receiver<Text>,
}

impl Outbox {
    /// An outbox for `passing` messages that may wait.
    pub(crate) fn new(passing: usize) -> (Self, Queue) {
        let (passing, next_passing) = mpsc::channel(passing);
        let (stored, next_stored) = mpsc::channel(1);
        let outbox = Self {
            passing,
            stored,
            ending: Arc::new(watch::Sender::new(None)),
            #[cfg(feature = "test-hooks")]
            meddling: None,
        };
        let queue = Queue {
            passing: next_passing,
            stored: next_stored,
        };
        (outbox, queue)
    }

    /// Queues a message; if there is no room, the connection ends as [`Ending::Slow`].
    pub(crate) fn send(&self, message: &ServerMessage) {
        if let Some(text) = self.encode(message) {
            self.send_text(text);
        }
    }

    /// As [`Outbox::send`], for a message that goes to many.
    pub(crate) fn send_text(&self, text: Text) {
        if let Err(mpsc::error::TrySendError::Full(_)) = self.passing.try_send(text) {
            self.end(Ending::Slow);
        }
    }

    /// Waits for room.
    pub(crate) async fn send_stored(&self, message: &ServerMessage) {
        if let Some(text) = self.encode(message) {
            // Closed: the connection is about to end.
            let _ = self.stored.send(text).await;
        }
    }

    /// Ends the connection.
    pub(crate) fn end(&self, ending: Ending) {
        self.ending.send_if_modified(|standing| {
            let first = standing.is_none();
            if first {
                *standing = Some(ending);
            }
            first
        });
    }

    /// Waits until the connection is to end, and says why.
    pub(crate) async fn ended(&self) -> Ending {
        let mut ending = self.ending.subscribe();
        match ending.wait_for(Option::is_some).await {
            Ok(ending) => ending.clone().unwrap_or(Ending::Lost),
            Err(_) => Ending::Lost,
        }
    }

    fn encode(&self, message: &ServerMessage) -> Option<Text> {
        let text = serde_json::to_string(message);
        if text.is_err() {
            let sentence = "The server made a message that it can't write; report this.";
            self.end(Ending::Refused(Refusal::Unavailable, sentence.into()));
        }
        text.ok().map(Text::from)
    }
}
