use std::time::{Duration, Instant};

/// The least time between two key-frame requests to one layer of a source.
pub const KEY_FRAME_INTERVAL: Duration = Duration::from_secs(1);

/// Coalesces the key-frame requests of all subscribers of one layer of a source.
#[derive(Debug, Default)]
pub(crate) struct KeyFrameThrottle {
    last: Option<Instant>,
    /// Whether somebody asked since the last request went out.
    wanted: bool,
}

impl KeyFrameThrottle {
    /// Somebody needs a key frame: whether to request one now. Otherwise [`Self::fire`] says so
    /// once [`Self::due`] has come.
    pub(crate) fn ask(&mut self, now: Instant) -> bool {
        self.wanted = true;
        self.fire(now)
    }

    /// Whether to request one now, because it was asked for and is due.
    pub(crate) fn fire(&mut self, now: Instant) -> bool {
        let early = |last: Instant| now.saturating_duration_since(last) < KEY_FRAME_INTERVAL;
        if !self.wanted || self.last.is_some_and(early) {
            return false;
        }
        self.wanted = false;
        self.last = Some(now);
        true
    }

    /// A key frame passed: who waited has it.
    pub(crate) fn satisfied(&mut self) {
        self.wanted = false;
    }

    /// When a request that is held back may go out.
    pub(crate) fn due(&self) -> Option<Instant> {
        let last = if self.wanted { self.last } else { None };
        last.map(|last| last + KEY_FRAME_INTERVAL)
    }

    /// When the last request went out.
    pub(crate) fn last(&self) -> Option<Instant> {
        self.last
    }
}
