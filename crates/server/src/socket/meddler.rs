use super::outbox::Text;
use incamera_wire::{ClientMessage, ServerMessage};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What a test does to what is said over WebSockets. Each socket has a number of its own.
pub trait Meddler: Send + Sync {
    /// A client said this; it is carried out all the same.
    fn hear(&self, socket: u64, message: &ClientMessage);

    /// The client is told what this returns instead.
    fn tell(&self, socket: u64, message: ServerMessage) -> Vec<ServerMessage>;
}

static SOCKETS: AtomicU64 = AtomicU64::new(0);

/// A socket that a test meddles with.
#[derive(Clone)]
pub(super) struct Meddling {
    socket: u64,
    meddler: Arc<dyn Meddler>,
}

impl Meddling {
    pub(super) fn new(meddler: Arc<dyn Meddler>) -> Self {
        let socket = SOCKETS.fetch_add(1, Ordering::SeqCst);
        Self { socket, meddler }
    }

    pub(super) fn hear(&self, message: &ClientMessage) {
        self.meddler.hear(self.socket, message);
    }

    /// What is written in place of a message.
    pub(super) fn tell(&self, text: Text) -> Vec<Text> {
        let Ok(message) = serde_json::from_str(&text) else {
            return vec![text];
        };
        let told = self.meddler.tell(self.socket, message);
        let texts = told.iter().map(serde_json::to_string);
        texts.flatten().map(Text::from).collect()
    }
}
