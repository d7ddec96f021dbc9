use std::time::{Duration, Instant, SystemTime};

/// How fast a sender's clock may run slow against ours before old evidence is forgotten.
const DRIFT_PPM: i128 = 100;
/// A capture time further back than this is taken for nonsense.
const OLDEST: Duration = Duration::from_secs(2);
/// How many streams' reports are kept; a session has at most a few tracks with a few layers.
const MAX_STREAMS: usize = 16;

/// When the frames of one sender were captured, on our clock.
///
/// Sender reports (RFC 3550 section 6.4.1) relate each of its streams to the sender's one clock.
/// That clock is related to ours by the quickest report seen, which is the same for all its
/// streams: so what was captured together is given one time, and the reports that we send for the
/// forwarded streams let a receiver play it together.
#[derive(Debug, Default)]
pub(crate) struct CaptureClock {
    /// Where our clock counts from.
    epoch: Option<Instant>,
    /// Ours less the sender's, in ns, and when it was last looked at.
    offset: Option<(i128, Instant)>,
    /// SSRC, sender's time in ns, RTP timestamp and clock rate of the latest report of each.
    reports: Vec<Report>,
}

#[derive(Debug, Clone, Copy)]
struct Report {
    ssrc: u32,
    sender_nanos: i128,
    timestamp: u32,
}

impl CaptureClock {
    /// Notes a sender report.
    pub(crate) fn handle_report(
        &mut self,
        received_at: Instant,
        ssrc: u32,
        sender_time: SystemTime,
        timestamp: u32,
    ) {
        let Ok(sender_time) = sender_time.duration_since(SystemTime::UNIX_EPOCH) else {
            return;
        };
        let epoch = *self.epoch.get_or_insert(received_at);
        let sender_nanos = nanos(sender_time);
        let seen = nanos(received_at.saturating_duration_since(epoch)) - sender_nanos;
        let offset = match self.offset {
            Some((offset, at)) => {
                let passed = nanos(received_at.saturating_duration_since(at));
                seen.min(offset + passed * DRIFT_PPM / 1_000_000)
            }
            None => seen,
        };
        self.offset = Some((offset, received_at));
        self.reports.retain(|report| report.ssrc != ssrc);
        if self.reports.len() == MAX_STREAMS {
            self.reports.remove(0);
        }
        self.reports.push(Report {
            ssrc,
            sender_nanos,
            timestamp,
        });
    }

    /// When the frame of a packet was captured; never after `arrival`. Before the first report
    /// that is the best guess.
    pub(crate) fn captured_at(
        &self,
        ssrc: u32,
        timestamp: u32,
        clock_rate: u32,
        arrival: Instant,
    ) -> Instant {
        let known = || {
            let (offset, _) = self.offset?;
            let report = self.reports.iter().find(|report| report.ssrc == ssrc)?;
            let ticks = i128::from(timestamp.wrapping_sub(report.timestamp) as i32);
            let captured =
                report.sender_nanos + ticks * 1_000_000_000 / i128::from(clock_rate) + offset;
            let captured = u64::try_from(captured).ok()?;
            self.epoch?.checked_add(Duration::from_nanos(captured))
        };
        match known() {
            Some(captured) if captured <= arrival && arrival - captured <= OLDEST => captured,
            _ => arrival,
        }
    }
}

fn nanos(duration: Duration) -> i128 {
    i128::try_from(duration.as_nanos()).unwrap_or(i128::MAX)
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "tests need an instant to start from"
)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// A sender whose clock says 1 000 000 s when ours is at `start`; each report travels `delay`.
    fn report(clock: &mut CaptureClock, start: Instant, at: u32, delay: u32, stream: (u32, u32)) {
        let (ssrc, timestamp) = stream;
        let sender_time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000) + MS * at;
        clock.handle_report(start + MS * (at + delay), ssrc, sender_time, timestamp);
    }

    #[test]
    fn streams_of_one_sender_share_a_clock() {
        let start = Instant::now();
        let mut clock = CaptureClock::default();
        report(&mut clock, start, 0, 20, (1, 48_000));
        report(&mut clock, start, 100, 60, (2, 90_000));
        // Both captured at 500 ms of the sender's time; sound arrives at 530, picture at 600.
        let sound = clock.captured_at(1, 48_000 + 24_000, 48_000, start + MS * 530);
        let picture = clock.captured_at(2, 90_000 + 36_000, 90_000, start + MS * 600);
        let apart = sound.max(picture) - sound.min(picture);
        assert!(apart < MS, "{apart:?}");
        let late = sound - (start + MS * 520);
        assert!(late < MS, "the quickest report took 20 ms: {late:?}");
    }

    #[test]
    fn nonsense_is_not_believed() {
        let start = Instant::now();
        let mut clock = CaptureClock::default();
        let arrival = start + MS * 500;
        assert_eq!(
            clock.captured_at(1, 5, 48_000, arrival),
            arrival,
            "no report yet"
        );
        report(&mut clock, start, 0, 20, (1, 0));
        assert_eq!(
            clock.captured_at(2, 0, 48_000, arrival),
            arrival,
            "not this stream"
        );
        assert_eq!(
            clock.captured_at(1, 48_000, 48_000, arrival),
            arrival,
            "from ahead"
        );
        let late = start + MS * 9000;
        assert_eq!(clock.captured_at(1, 0, 48_000, late), late, "far back");
    }
}
