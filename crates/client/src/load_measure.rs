use crate::clock::Clock;
use crate::source::{FrameSource, SourceFrame};
use crate::video_file::VideoCodec;
use incamera_model::{LeafIndex, MediaKind};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Number and time of sending, before the random bytes of a frame.
const HEADER_BYTES: usize = 16;
/// About 560 kbit/s at 30 frames a second, three packets each.
const VIDEO_FRAME_BYTES: usize = 2_350;
/// About 32 kbit/s at 50 packets a second.
const AUDIO_FRAME_BYTES: usize = 80;
/// Latencies are counted in steps of 0.1 ms up to 5 s; longer ones count as that.
const STEPS: usize = 50_000;
const STEP: Duration = Duration::from_micros(100);

/// Frames of random bytes that tell their number and when they were made.
pub(crate) struct LoadSource {
    clock: Clock,
    kind: MediaKind,
    number: u64,
    key: bool,
    random: u64,
}

impl LoadSource {
    pub(crate) fn new(clock: Clock, kind: MediaKind) -> Self {
        Self {
            clock,
            kind,
            number: 0,
            key: true,
            random: 0x9e37_79b9_7f4a_7c15,
        }
    }
}

impl FrameSource for LoadSource {
    fn next_frame(&mut self, now: Instant) -> SourceFrame {
        let (length, duration) = if self.kind.is_audio() {
            (AUDIO_FRAME_BYTES, Duration::from_millis(20))
        } else {
            (VIDEO_FRAME_BYTES, Duration::from_nanos(33_333_333))
        };
        let mut data = Vec::with_capacity(length + 8);
        data.extend(self.number.to_le_bytes());
        data.extend(self.clock.micros(now).to_le_bytes());
        while data.len() < length {
            // xorshift64 (Marsaglia 2003).
            self.random ^= self.random << 13;
            self.random ^= self.random >> 7;
            self.random ^= self.random << 17;
            data.extend(self.random.to_le_bytes());
        }
        data.truncate(length);
        self.number += 1;
        SourceFrame {
            data,
            key: core::mem::take(&mut self.key),
            duration,
        }
    }

    fn jump_to_key_frame(&mut self) {
        self.key = true;
    }

    fn video_format(&self) -> Option<(VideoCodec, u16, u16)> {
        (!self.kind.is_audio()).then_some((VideoCodec::Vp9, 640, 360))
    }
}

/// What one participant gets.
pub(crate) struct Subscriber {
    clock: Clock,
    measuring: Arc<AtomicBool>,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    /// Whether a source was ever seen, and its frames while measuring.
    sources: BTreeMap<(LeafIndex, MediaKind), Frames>,
    meter: Meter,
}

#[derive(Default)]
struct Frames {
    first: Option<u64>,
    last: u64,
    count: u64,
}

/// Sums over subscribers.
#[derive(Default)]
pub(crate) struct Meter {
    pub(crate) frames: u64,
    pub(crate) gaps: u64,
    /// How many frames took so many steps.
    latencies: BTreeMap<usize, u64>,
}

impl Subscriber {
    pub(crate) fn new(clock: Clock, measuring: Arc<AtomicBool>) -> Self {
        Self {
            clock,
            measuring,
            inner: Mutex::default(),
        }
    }

    pub(crate) fn handle_frame(
        &self,
        leaf: LeafIndex,
        kind: MediaKind,
        frame: &[u8],
        now: Instant,
    ) {
        let Some((number, sent)) = parse_header(frame) else {
            return;
        };
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let Inner { sources, meter } = &mut *inner;
        let frames = sources.entry((leaf, kind)).or_default();
        if !self.measuring.load(Ordering::Relaxed) {
            return;
        }
        let first = *frames.first.get_or_insert(number);
        frames.first = Some(first.min(number));
        frames.last = frames.last.max(number);
        frames.count += 1;
        let latency = Duration::from_micros(self.clock.micros(now).saturating_sub(sent));
        meter.frames += 1;
        let step = (latency.as_micros() / STEP.as_micros()) as usize;
        *meter.latencies.entry(step.min(STEPS)).or_default() += 1;
    }

    /// How many sources were seen so far.
    pub(crate) fn sources(&self) -> usize {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.sources.len()
    }

    pub(crate) fn add_to(&self, total: &mut Meter) {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        total.frames += inner.meter.frames;
        for (&step, &count) in &inner.meter.latencies {
            *total.latencies.entry(step).or_default() += count;
        }
        for frames in inner.sources.values() {
            if let Some(first) = frames.first {
                total.gaps += (frames.last - first + 1).saturating_sub(frames.count);
            }
        }
    }
}

impl Meter {
    /// The latency that `percent` of the frames don't exceed; none without frames.
    pub(crate) fn latency_ms(&self, percent: u64) -> Option<f64> {
        let total: u64 = self.latencies.values().sum();
        let rank = (total * percent).div_ceil(100);
        let mut seen = 0;
        let step = self.latencies.iter().find(|&(_, &count)| {
            seen += count;
            seen >= rank
        });
        step.map(|(&step, _)| (step + 1) as f64 / 10.0)
    }
}

fn parse_header(frame: &[u8]) -> Option<(u64, u64)> {
    let (number, rest) = frame.get(..HEADER_BYTES)?.split_first_chunk::<8>()?;
    let sent = rest.first_chunk::<8>()?;
    Some((u64::from_le_bytes(*number), u64::from_le_bytes(*sent)))
}

/// What a process has used.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ServerUse {
    pub(crate) cpu_seconds: f64,
    pub(crate) rss_bytes: u64,
}

/// Reads `/proc/PID` (proc(5)); none where there is none, or no such process.
pub(crate) fn server_use(pid: u32) -> Option<ServerUse> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    // The program's name, in parentheses, may hold anything; utime and stime are fields 14 and 15,
    // 12 and 13 after it.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
    let rss = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = rss.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(ServerUse {
        cpu_seconds: ticks as f64 / ticks_per_second()? as f64,
        rss_bytes: kibibytes * 1024,
    })
}

/// `AT_CLKTCK` of the auxiliary vector (getauxval(3)): pairs of native words.
fn ticks_per_second() -> Option<u64> {
    const AT_CLKTCK: usize = 17;
    const WORD: usize = size_of::<usize>();
    let vector = std::fs::read("/proc/self/auxv").ok()?;
    let word = |bytes: &[u8]| bytes.try_into().map(usize::from_ne_bytes).ok();
    vector.chunks_exact(2 * WORD).find_map(|pair| {
        (word(&pair[..WORD])? == AT_CLKTCK)
            .then(|| word(&pair[WORD..]))
            .flatten()
            .map(|ticks| ticks as u64)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_and_latencies() {
        let clock = Clock::start();
        let start = clock.now();
        let measuring = Arc::new(AtomicBool::new(false));
        let subscriber = Subscriber::new(clock, measuring.clone());
        let mut source = LoadSource::new(clock, MediaKind::Camera);
        let frames: Vec<_> = (0..10).map(|_| source.next_frame(start).data).collect();
        let handle = |index: usize, millis| {
            let now = start + Duration::from_millis(millis);
            subscriber.handle_frame(LeafIndex(1), MediaKind::Camera, &frames[index], now);
        };
        handle(0, 0);
        measuring.store(true, Ordering::Relaxed);
        for (index, millis) in [(2, 1), (4, 1), (3, 1), (9, 300)] {
            handle(index, millis);
        }
        let mut meter = Meter::default();
        subscriber.add_to(&mut meter);
        assert_eq!((meter.frames, meter.gaps, subscriber.sources()), (4, 4, 1));
        assert!(meter.latency_ms(50).unwrap() < 2.0);
        assert!(meter.latency_ms(99).unwrap() >= 300.0);
    }

    #[test]
    fn own_process() {
        let used = server_use(std::process::id()).unwrap();
        assert!(used.rss_bytes > 1_000_000);
        assert!((50..=10_000).contains(&ticks_per_second().unwrap()));
        assert!(server_use(u32::MAX).is_none());
    }
}
