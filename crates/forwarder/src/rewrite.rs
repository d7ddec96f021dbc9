use std::time::{Duration, Instant};

/// How far a source may jump ahead before its numbers are closed up. A receiver asks for no more
/// than about as many, and a publisher that jumps on purpose could otherwise push the slot's
/// numbers half a cycle ahead, where receivers lose count of the cycles (RFC 3711 section 3.3.1).
const LARGEST_GAP: u64 = 512;
/// How many numbers back a late packet is still passed on, as bits.
const WINDOW: u64 = 1024;
/// The least by which the timestamp moves on when a slot changes its source.
const LEAST_STEP: Duration = Duration::from_millis(10);

/// Gives the packets of changing sources the sequence numbers and timestamps of one RTP stream.
#[derive(Debug)]
pub(crate) struct Rewriter {
    /// The number that the next new source starts with.
    next_sequence: u64,
    last_timestamp: u32,
    /// When the packet of `last_timestamp` passed; none before the first.
    last_at: Option<Instant>,
    used: UsedNumbers,
    binding: Option<Binding>,
}

/// How the numbers of the current source map.
#[derive(Debug, Clone, Copy)]
struct Binding {
    ssrc: u32,
    first_in: u64,
    highest_in: u64,
    first_out: u64,
    timestamp_offset: u32,
}

impl Rewriter {
    /// Starts a stream; `seed` decides its first number and timestamp. The first number lies in
    /// the lower half of the first cycle, so that a receiver that misses the start still counts
    /// the cycles right (RFC 3711 section 3.3.1).
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            next_sequence: (seed >> 32) & 0x7fff,
            last_timestamp: seed as u32,
            last_at: None,
            used: UsedNumbers::new(),
            binding: None,
        }
    }

    /// Forgets the source; the next packet starts another.
    pub(crate) fn unbind(&mut self) {
        self.binding = None;
    }

    /// The sequence number (extended to 64 bits) and timestamp to send a packet with; none if it
    /// can't be sent, because it is a duplicate or older than what the slot can still take.
    pub(crate) fn rewrite(
        &mut self,
        now: Instant,
        ssrc: u32,
        sequence: u64,
        timestamp: u32,
        clock_rate: u32,
    ) -> Option<(u64, u32)> {
        let mut binding = match self.binding {
            Some(binding) if binding.ssrc == ssrc => binding,
            _ => Binding {
                ssrc,
                first_in: sequence,
                highest_in: sequence,
                first_out: self.next_sequence,
                timestamp_offset: self.continued(now, clock_rate).wrapping_sub(timestamp),
            },
        };
        if sequence > binding.highest_in.saturating_add(LARGEST_GAP) {
            binding.first_in = sequence;
            binding.first_out = self.next_sequence;
        }
        let out = binding.first_out + sequence.checked_sub(binding.first_in)?;
        if !self.used.take(out) {
            return None;
        }
        let timestamp = timestamp.wrapping_add(binding.timestamp_offset);
        if out >= self.next_sequence {
            self.next_sequence = out + 1;
            self.last_timestamp = timestamp;
            self.last_at = Some(now);
        }
        binding.highest_in = binding.highest_in.max(sequence);
        self.binding = Some(binding);
        Some((out, timestamp))
    }

    /// The timestamp with which the next source starts.
    fn continued(&self, now: Instant, clock_rate: u32) -> u32 {
        let Some(last_at) = self.last_at else {
            return self.last_timestamp;
        };
        let passed = now.saturating_duration_since(last_at).max(LEAST_STEP);
        let ticks = passed.as_micros() * u128::from(clock_rate) / 1_000_000;
        self.last_timestamp.wrapping_add(ticks as u32)
    }
}

/// The numbers already used, as far back as `WINDOW`; what is older counts as used.
#[derive(Debug)]
struct UsedNumbers {
    bits: [u64; (WINDOW / 64) as usize],
    /// One more than the highest number used.
    end: u64,
}

impl UsedNumbers {
    fn new() -> Self {
        Self {
            bits: [0; (WINDOW / 64) as usize],
            end: 0,
        }
    }

    /// Marks a number as used; false if it was already.
    fn take(&mut self, number: u64) -> bool {
        if number + WINDOW < self.end {
            return false;
        }
        if number >= self.end {
            if number - self.end >= WINDOW {
                self.bits = [0; (WINDOW / 64) as usize];
            } else {
                for skipped in self.end..number {
                    let (word, bit) = Self::place(skipped);
                    self.bits[word] &= !bit;
                }
            }
            self.end = number + 1;
            let (word, bit) = Self::place(number);
            self.bits[word] |= bit;
            return true;
        }
        let (word, bit) = Self::place(number);
        let fresh = self.bits[word] & bit == 0;
        self.bits[word] |= bit;
        fresh
    }

    fn place(number: u64) -> (usize, u64) {
        let index = number % WINDOW;
        ((index / 64) as usize, 1 << (index % 64))
    }
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "tests need an instant to start from"
)]
mod tests {
    use super::*;

    fn run(packets: &[(u32, u64, u32)]) -> Vec<Option<(u64, u32)>> {
        let start = Instant::now();
        let mut rewriter = Rewriter::new(100 << 32);
        let send = |(index, &(ssrc, sequence, timestamp)): (usize, &(u32, u64, u32))| {
            let now = start + Duration::from_millis(20 * index as u64);
            rewriter.rewrite(now, ssrc, sequence, timestamp, 1000)
        };
        packets.iter().enumerate().map(send).collect()
    }

    #[test]
    fn a_source_keeps_its_gaps_and_its_order() {
        let sent = run(&[(1, 7, 70), (1, 9, 90), (1, 8, 80), (1, 9, 90), (1, 6, 60)]);
        let expected = [Some((100, 0)), Some((102, 20)), Some((101, 10)), None, None];
        assert_eq!(sent, expected);
    }

    #[test]
    fn a_new_source_continues() {
        let sent = run(&[(1, 7, 70), (2, 60_000, 5), (2, 60_001, 25), (1, 8, 90)]);
        let expected = [
            Some((100, 0)),
            Some((101, 20)),
            Some((102, 40)),
            Some((103, 60)),
        ];
        assert_eq!(sent, expected);
    }

    #[test]
    fn a_jump_is_closed_up() {
        let sent = run(&[(1, 7, 0), (1, 30_000, 20), (1, 8, 10), (1, 30_001, 40)]);
        let expected = [Some((100, 0)), Some((101, 20)), None, Some((102, 40))];
        assert_eq!(sent, expected);
    }

    #[test]
    fn numbers_far_back_count_as_used() {
        let mut used = UsedNumbers::new();
        assert!(used.take(5000));
        assert!(used.take(5000 - WINDOW + 1));
        assert!(!used.take(5000 - WINDOW));
        assert!(used.take(4500));
        assert!(!used.take(4500));
        assert!(used.take(9000));
        assert!(!used.take(5000));
        assert!(used.take(8999));
    }
}
