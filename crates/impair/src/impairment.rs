use crate::profile::Profile;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;

/// How many packets are on their way at most; beyond, datagrams are lost and a stream isn't read.
pub const MAX_HELD: usize = 4096;

/// What is carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Packets, each by itself.
    Datagrams,
    /// Pieces of a stream: nothing is lost, doubled or overtaken.
    Stream,
}

/// What became of the packets so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Counters {
    /// Those that came.
    pub came: u64,
    /// Those that went on, duplicates included.
    pub passed: u64,
    /// Bytes of those that went on.
    pub bytes: u64,
    /// Those lost by chance.
    pub lost: u64,
    /// Those lost because too much was waiting.
    pub overflowed: u64,
    /// Those lost while nothing passed.
    pub cut: u64,
    /// Those that were doubled.
    pub doubled: u64,
    /// Those held back.
    pub held_back: u64,
}

/// One direction of a line: what comes in goes out later, or never.
///
/// Drain contract: after [`Self::handle_packet`] and [`Self::handle_profile`], take packets by
/// [`Self::poll_packet`] until there is none, then again at [`Self::poll_timeout`].
///
/// Each packet takes the same number of draws from the seeded generator, whatever the profile: so
/// the fate of the thousandth packet doesn't depend on what was set for the others.
#[derive(Debug)]
pub struct Impairment<T> {
    kind: Kind,
    profile: Profile,
    rng: StdRng,
    /// Within a run of losses.
    losing: bool,
    /// When the line, at its rate, is through with all that it took.
    busy_until: Duration,
    /// When the last of those arrives that keep their order.
    latest: Duration,
    /// By the time of arrival, then in the order of coming.
    held: BTreeMap<(Duration, u64), T>,
    next: u64,
    counters: Counters,
}

struct Draws {
    loss: f64,
    jitter: f64,
    duplicate: f64,
    reorder: f64,
}

impl<T: AsRef<[u8]> + Clone> Impairment<T> {
    /// A line that does nothing yet.
    #[must_use]
    pub fn new(kind: Kind, seed: u64) -> Self {
        Self {
            kind,
            profile: Profile::default(),
            rng: StdRng::seed_from_u64(seed),
            losing: false,
            busy_until: Duration::ZERO,
            latest: Duration::ZERO,
            held: BTreeMap::new(),
            next: 0,
            counters: Counters::default(),
        }
    }

    /// What became of the packets so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// Whether a stream must not be read now. Datagrams may always come; they are lost then.
    #[must_use]
    pub fn is_full(&self, now: Duration) -> bool {
        let waiting = self.waiting(now);
        let queue = f64::from(self.profile.queue_bytes);
        self.profile.cut || self.held.len() >= MAX_HELD || (waiting > 0.0 && waiting >= queue)
    }

    /// When there is something to poll next.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        if self.profile.cut {
            return None;
        }
        self.held.first_key_value().map(|((due, _), _)| *due)
    }

    /// Whether nothing is on its way.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// Changes what is done from now on. A cut takes the datagrams that are on their way with it.
    pub fn handle_profile(&mut self, profile: Profile) {
        self.profile = profile;
        if profile.cut && self.kind == Kind::Datagrams {
            self.counters.cut += self.held.len() as u64;
            self.held.clear();
        }
    }

    /// Takes a packet.
    pub fn handle_packet(&mut self, now: Duration, packet: T) {
        self.counters.came += 1;
        let draws = self.draw();
        let datagram = self.kind == Kind::Datagrams;
        if datagram && self.profile.cut {
            self.counters.cut += 1;
            return;
        }
        if datagram && self.loses(draws.loss) {
            self.counters.lost += 1;
            return;
        }
        let size = packet.as_ref().len();
        let Some(sent) = self.send(now, size) else {
            self.counters.overflowed += 1;
            return;
        };
        let delay = f64::from(self.profile.delay_ms);
        let delay = millis(delay + draws.jitter * f64::from(self.profile.jitter_ms));
        let due = self.order(sent + delay, draws.reorder);
        if datagram && draws.duplicate < self.profile.duplicate.get() {
            self.counters.doubled += 1;
            self.hold(due, packet.clone());
        }
        self.hold(due, packet);
    }

    /// The next packet that has arrived.
    pub fn poll_packet(&mut self, now: Duration) -> Option<T> {
        self.poll_timeout().filter(|due| *due <= now)?;
        let (_, packet) = self.held.pop_first()?;
        let size = packet.as_ref().len();
        self.counters.passed += 1;
        self.counters.bytes += size as u64;
        Some(packet)
    }

    fn draw(&mut self) -> Draws {
        let rng = &mut self.rng;
        Draws {
            loss: rng.random(),
            jitter: rng.random(),
            duplicate: rng.random(),
            reorder: rng.random(),
        }
    }

    /// Each by itself, or in runs (the model of Gilbert: everything is lost while in the bad state).
    fn loses(&mut self, draw: f64) -> bool {
        let share = self.profile.loss.get();
        let Some(run) = self.profile.burst else {
            return draw < share;
        };
        let leave = 1.0 / f64::from(run.get());
        let enter = if share < 1.0 {
            share * leave / (1.0 - share)
        } else {
            1.0
        };
        self.losing = if self.losing {
            share > 0.0 && (draw >= leave || share >= 1.0)
        } else {
            draw < enter
        };
        self.losing
    }

    /// When a packet has left, at the line's rate; none if too much waits already.
    fn send(&mut self, now: Duration, size: usize) -> Option<Duration> {
        let datagram = self.kind == Kind::Datagrams;
        if datagram && self.held.len() >= MAX_HELD {
            return None;
        }
        let Some(rate) = self.profile.rate_kbps else {
            self.busy_until = now;
            return Some(now);
        };
        let queue = f64::from(self.profile.queue_bytes);
        if datagram && self.waiting(now) + size as f64 > queue {
            return None;
        }
        // Bits by thousand bits a second are milliseconds.
        let start = self.busy_until.max(now);
        self.busy_until = start + millis(size as f64 * 8.0 / f64::from(rate.get()));
        Some(self.busy_until)
    }

    /// How many bytes wait for the line's rate.
    fn waiting(&self, now: Duration) -> f64 {
        let rate = self.profile.rate_kbps.map_or(0, |rate| rate.get());
        let busy = self.busy_until.saturating_sub(now);
        busy.as_secs_f64() * 1000.0 * f64::from(rate) / 8.0
    }

    fn order(&mut self, due: Duration, draw: f64) -> Duration {
        if self.kind == Kind::Datagrams && draw < self.profile.reorder.get() {
            self.counters.held_back += 1;
            return due + millis(f64::from(self.profile.reorder_ms));
        }
        if self.kind == Kind::Datagrams && !self.profile.keep_order {
            return due;
        }
        self.latest = self.latest.max(due);
        self.latest
    }

    fn hold(&mut self, due: Duration, packet: T) {
        self.held.insert((due, self.next), packet);
        self.next += 1;
    }
}

fn millis(value: f64) -> Duration {
    Duration::from_secs_f64(value / 1000.0)
}
