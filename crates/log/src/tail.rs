use crate::error::ReadError;
use crate::limits::{BATCH_BYTES, BATCH_ENTRIES, TAIL_BYTES, TAIL_ENTRIES};
use crate::log::{Batch, Entry, Log};
use incamera_model::{Position, StreamName, TalkId};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use tokio::sync::watch;

type StreamKey = (TalkId, StreamName);

/// The newest entries of every stream that somebody follows.
#[derive(Default)]
pub(crate) struct Tails {
    streams: Mutex<HashMap<StreamKey, Weak<Tail>>>,
}

/// The newest entries of one stream since somebody began to follow it.
pub(crate) struct Tail {
    tails: Weak<Tails>,
    key: StreamKey,
    ring: Mutex<Ring>,
    /// Its version changes with every published entry.
    published: watch::Sender<()>,
}

#[derive(Default)]
struct Ring {
    entries: VecDeque<Entry>,
    bytes: usize,
}

enum Lookup {
    /// The ring holds what was asked for.
    Hit(Batch),
    /// The stream is known to end here.
    AtEnd,
    /// The disk has to be asked.
    Miss,
}

/// Follows a stream: catches up from disk, then goes on with new entries, without gaps and without
/// repeating any.
///
/// It is pulled, so it holds no queue: one that falls behind the stream's tail in memory reads on
/// from disk. Call [`Subscription::ready`] to wait, then [`Subscription::next`], which gives what
/// there is.
pub struct Subscription {
    log: Log,
    tail: Arc<Tail>,
    published: watch::Receiver<()>,
    talk: TalkId,
    stream: StreamName,
    next: Position,
    /// Whether the disk or the tail may hold more than was given out.
    more: bool,
}

impl Tails {
    pub(crate) fn follow(self: &Arc<Self>, talk: TalkId, stream: &StreamName) -> Arc<Tail> {
        let key = (talk, stream.clone());
        let mut streams = lock(&self.streams);
        if let Some(tail) = streams.get(&key).and_then(Weak::upgrade) {
            return tail;
        }
        let tail = Arc::new(Tail {
            tails: Arc::downgrade(self),
            key: key.clone(),
            ring: Mutex::default(),
            published: watch::Sender::new(()),
        });
        streams.insert(key, Arc::downgrade(&tail));
        tail
    }

    /// Called by the one writer, in order of position, after the entry was made durable.
    pub(crate) fn publish(&self, talk: TalkId, stream: &StreamName, entry: Entry) {
        let tail = lock(&self.streams)
            .get(&(talk, stream.clone()))
            .and_then(Weak::upgrade);
        if let Some(tail) = tail {
            tail.publish(entry);
        }
    }
}

impl Tail {
    fn publish(&self, entry: Entry) {
        {
            let mut ring = lock(&self.ring);
            ring.bytes += entry.bytes.len();
            ring.entries.push_back(entry);
            while ring.entries.len() > TAIL_ENTRIES
                || (ring.bytes > TAIL_BYTES && ring.entries.len() > 1)
            {
                if let Some(oldest) = ring.entries.pop_front() {
                    ring.bytes -= oldest.bytes.len();
                }
            }
        }
        self.published.send_replace(());
    }

    fn lookup(&self, from: Position) -> Lookup {
        let ring = lock(&self.ring);
        let (Some(first), Some(last)) = (ring.entries.front(), ring.entries.back()) else {
            return Lookup::Miss;
        };
        let end = last.position.next();
        if from >= end {
            return Lookup::AtEnd;
        }
        let Some(skip) = from.0.checked_sub(first.position.0) else {
            return Lookup::Miss;
        };
        let skip = usize::try_from(skip).unwrap_or(usize::MAX);
        let mut bytes = 0;
        let mut entries = Vec::new();
        for entry in ring.entries.iter().skip(skip).take(BATCH_ENTRIES) {
            entries.push(entry.clone());
            bytes += entry.bytes.len();
            if bytes >= BATCH_BYTES {
                break;
            }
        }
        Lookup::Hit(Batch { entries, end })
    }
}

impl Drop for Tail {
    fn drop(&mut self) {
        let Some(tails) = self.tails.upgrade() else {
            return;
        };
        let mut streams = lock(&tails.streams);
        // A follower may have put a new tail here since the last handle on this one was dropped.
        if streams
            .get(&self.key)
            .is_some_and(|tail| tail.strong_count() == 0)
        {
            streams.remove(&self.key);
        }
    }
}

impl Subscription {
    pub(crate) fn new(
        log: Log,
        tail: Arc<Tail>,
        talk: TalkId,
        stream: StreamName,
        from: Position,
    ) -> Self {
        let published = tail.published.subscribe();
        Self {
            log,
            tail,
            published,
            talk,
            stream,
            next: from,
            more: true,
        }
    }

    /// Waits until [`Subscription::next`] has something to say. At once after the subscription
    /// began. Safe to cancel.
    pub async fn ready(&mut self) {
        if self.more {
            return;
        }
        // The sender lives as long as `self.tail`.
        let _ = self.published.changed().await;
        self.more = true;
    }

    /// The next entries; none if there are none now. `caught_up` in the result tells whether they
    /// reach the stream's end.
    ///
    /// # Errors
    /// [`ReadError`]; a later call tries again at the same place.
    pub async fn next(&mut self) -> Result<(Vec<Entry>, bool), ReadError> {
        // Seen before looking: what is published from here on makes `ready` return again.
        self.published.mark_unchanged();
        let batch = match self.tail.lookup(self.next) {
            Lookup::Hit(batch) => batch,
            Lookup::AtEnd => {
                self.more = false;
                return Ok((Vec::new(), true));
            }
            Lookup::Miss => {
                self.log
                    .read(self.talk, &self.stream, self.next, BATCH_ENTRIES)
                    .await?
            }
        };
        if let Some(last) = batch.entries.last() {
            self.next = last.position.next();
        }
        let caught_up = self.next >= batch.end;
        self.more = !caught_up;
        Ok((batch.entries, caught_up))
    }
}

/// A panic while one of these locks is held leaves nothing half done that matters more than going on.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
