use incamera_model::Timestamp;
use std::time::{Duration, Instant, SystemTime};

/// The shell's clock: the one place of this crate that reads time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    origin: Instant,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self { origin: read() }
    }

    pub(crate) fn now(self) -> Instant {
        read()
    }

    /// Milliseconds since the clock's start.
    pub(crate) fn timestamp(self, instant: Instant) -> Timestamp {
        Timestamp(millis(instant.saturating_duration_since(self.origin)))
    }

    /// Microseconds since the clock's start.
    pub(crate) fn micros(self, instant: Instant) -> u64 {
        let since = instant.saturating_duration_since(self.origin);
        u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
    }

    /// The instant of a timestamp of this clock.
    pub(crate) fn instant(self, timestamp: Timestamp) -> Instant {
        self.origin + Duration::from_millis(timestamp.0)
    }
}

/// Whole milliseconds.
pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Milliseconds since 1970, as the system's clock has it.
#[expect(clippy::disallowed_methods, reason = "the shell reads the clock")]
pub(crate) fn wall() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, millis)
}

/// The system gives no random bytes.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the system gives no random bytes; nothing can be sealed without them")]
pub struct NoRandomness;

/// 32 bytes of the system's randomness.
pub(crate) fn seed() -> Result<[u8; 32], NoRandomness> {
    let mut seed = [0; 32];
    #[expect(
        clippy::disallowed_methods,
        reason = "the shell asks the system for seeds"
    )]
    getrandom::fill(&mut seed).map_err(|_| NoRandomness)?;
    Ok(seed)
}

#[expect(clippy::disallowed_methods, reason = "the shell reads the clock")]
fn read() -> Instant {
    Instant::now()
}
