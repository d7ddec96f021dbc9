use crate::connections::SocketId;
use crate::socket::{Outbox, Text};
use incamera_model::{StreamName, TalkId};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Who follows which ephemeral stream. Entries pass through and are never kept.
#[derive(Default)]
pub(crate) struct Hub {
    streams: Mutex<HashMap<(TalkId, StreamName), Followers>>,
}

type Followers = BTreeMap<SocketId, Outbox>;

impl Hub {
    pub(crate) fn join(&self, talk: TalkId, stream: StreamName, socket: SocketId, outbox: Outbox) {
        let mut streams = self.lock();
        let followers = streams.entry((talk, stream)).or_default();
        followers.insert(socket, outbox);
    }

    pub(crate) fn leave(&self, talk: TalkId, stream: &StreamName, socket: SocketId) {
        let key = (talk, stream.clone());
        let mut streams = self.lock();
        if let Some(followers) = streams.get_mut(&key) {
            followers.remove(&socket);
            if followers.is_empty() {
                streams.remove(&key);
            }
        }
    }

    /// Gives a message to every follower but the one it comes from.
    pub(crate) fn publish(
        &self,
        talk: TalkId,
        stream: &StreamName,
        from: SocketId,
        message: &Text,
    ) {
        let streams = self.lock();
        let Some(followers) = streams.get(&(talk, stream.clone())) else {
            return;
        };
        for (socket, outbox) in followers {
            if *socket != from {
                outbox.send_text(message.clone());
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(TalkId, StreamName), Followers>> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
