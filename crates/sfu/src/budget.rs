//! How much one peer may send.

use std::time::{Duration, Instant};

/// What may come at once, as a time of sending at the full rate: a key frame is many times the
/// size of the pictures around it.
const BURST: Duration = Duration::from_secs(2);
/// What a packet costs besides its payload, in bytes: IP, UDP, RTP with extensions, SRTP.
const OVERHEAD: usize = 80;
/// The least time between two words about it.
const TELL_EVERY: Duration = Duration::from_secs(10);

/// A token bucket of bytes, full at first.
#[derive(Debug)]
pub(crate) struct Budget {
    /// None for no bound.
    bytes_per_second: Option<u64>,
    /// In bytes times nanoseconds per second, so that nothing is rounded.
    level: u128,
    filled: Instant,
    told: Option<Instant>,
}

impl Budget {
    pub(crate) fn new(now: Instant, bits_per_second: Option<u64>) -> Self {
        let mut budget = Self {
            bytes_per_second: bits_per_second.map(|bits| bits / 8),
            level: 0,
            filled: now,
            told: None,
        };
        budget.level = budget.full();
        budget
    }

    /// Whether a packet may come.
    pub(crate) fn take(&mut self, now: Instant, payload: usize) -> bool {
        let Some(rate) = self.bytes_per_second else {
            return true;
        };
        let passed = now.saturating_duration_since(self.filled).as_nanos();
        self.filled = self.filled.max(now);
        self.level = (self.level + passed * u128::from(rate)).min(self.full());
        let cost = (payload + OVERHEAD) as u128 * Duration::from_secs(1).as_nanos();
        let enough = self.level >= cost;
        if enough {
            self.level -= cost;
        }
        enough
    }

    /// Whether to tell now that something was refused.
    pub(crate) fn tell(&mut self, now: Instant) -> bool {
        let early = |told| now.saturating_duration_since(told) < TELL_EVERY;
        let tell = !self.told.is_some_and(early);
        if tell {
            self.told = Some(now);
        }
        tell
    }

    fn full(&self) -> u128 {
        u128::from(self.bytes_per_second.unwrap_or_default()) * BURST.as_nanos()
    }
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "tests need an instant to start from"
)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_and_then_the_rate() {
        let start = Instant::now();
        let mut budget = Budget::new(start, Some(8000 * 100));
        let packets =
            |budget: &mut Budget, now| (0..100_000).take_while(|_| budget.take(now, 920)).count();
        assert_eq!(packets(&mut budget, start), 200);
        assert_eq!(packets(&mut budget, start), 0);
        let second = Duration::from_secs(1);
        assert_eq!(packets(&mut budget, start + second / 2), 50);
        assert_eq!(packets(&mut budget, start), 0, "a clock that goes back");
        assert_eq!(packets(&mut budget, start + 1000 * second), 200);
        let mut free = Budget::new(start, None);
        assert!((0..100_000).all(|_| free.take(start, 1000)));
    }

    #[test]
    fn it_is_told_now_and_then() {
        let start = Instant::now();
        let mut budget = Budget::new(start, Some(0));
        let told = [0, 1, 9, 10, 11, 25].map(|s| budget.tell(start + Duration::from_secs(s)));
        assert_eq!(told, [true, false, false, true, false, true]);
    }
}
