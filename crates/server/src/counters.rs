use incamera_wire::Refusal;
use std::sync::atomic::{AtomicU64, Ordering};

/// What happened since the start, in numbers only.
#[derive(Debug, Default)]
pub struct Counters {
    opened: AtomicU64,
    ready: AtomicU64,
    closed: AtomicU64,
    appended: AtomicU64,
    published: AtomicU64,
    talks: AtomicU64,
    destroyed: AtomicU64,
    slow: AtomicU64,
    refused: [AtomicU64; REFUSALS],
}

const REFUSALS: usize = 13;

/// What is counted, refusals apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// WebSockets opened.
    Opened,
    /// Those that proved a key.
    Ready,
    /// Those that are gone.
    Closed,
    /// Entries stored.
    Appended,
    /// Ephemeral entries taken for forwarding.
    Published,
    /// Talks created.
    Talks,
    /// Talks destroyed.
    Destroyed,
    /// Connections that ended because they didn't read what they were sent.
    Slow,
}

impl Counters {
    /// How often it happened.
    #[must_use]
    pub fn get(&self, count: Count) -> u64 {
        self.counter(count).load(Ordering::Relaxed)
    }

    /// How many requests, over HTTP or a WebSocket, were refused for this reason.
    #[must_use]
    pub fn refused(&self, reason: Refusal) -> u64 {
        self.refused[index(reason)].load(Ordering::Relaxed)
    }

    /// How many requests were refused, whatever the reason.
    #[must_use]
    pub fn all_refused(&self) -> u64 {
        self.refused
            .iter()
            .map(|count| count.load(Ordering::Relaxed))
            .sum()
    }

    pub(crate) fn add(&self, count: Count) {
        self.counter(count).fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn add_refused(&self, reason: Refusal) {
        self.refused[index(reason)].fetch_add(1, Ordering::Relaxed);
    }

    fn counter(&self, count: Count) -> &AtomicU64 {
        match count {
            Count::Opened => &self.opened,
            Count::Ready => &self.ready,
            Count::Closed => &self.closed,
            Count::Appended => &self.appended,
            Count::Published => &self.published,
            Count::Talks => &self.talks,
            Count::Destroyed => &self.destroyed,
            Count::Slow => &self.slow,
        }
    }
}

fn index(reason: Refusal) -> usize {
    match reason {
        Refusal::Malformed => 0,
        Refusal::Version => 1,
        Refusal::Access => 2,
        Refusal::Origin => 3,
        Refusal::TooLarge => 4,
        Refusal::TooMany => 5,
        Refusal::WrongStream => 6,
        Refusal::BadOffer => 7,
        Refusal::Unavailable => 8,
        Refusal::Stopping => 9,
        Refusal::Gone => 10,
        Refusal::Full => 11,
        Refusal::NotYours => 12,
    }
}
