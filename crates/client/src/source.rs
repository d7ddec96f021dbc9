use crate::audio_file::AudioFile;
use crate::video_file::{VideoCodec, VideoFile};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A source that is this late is not made up for: it goes on from now.
const MAX_LATE: Duration = Duration::from_millis(500);

/// Where encoded frames come from.
pub(crate) trait FrameSource: Send {
    /// The next frame, and how long until the one after it.
    fn next_frame(&mut self, now: Instant) -> SourceFrame;

    /// The next frame shall be a key frame. Sound has none.
    fn jump_to_key_frame(&mut self);

    /// Codec, width and height; none for sound (Opus).
    fn video_format(&self) -> Option<(VideoCodec, u16, u16)>;
}

/// A frame to be sealed and sent.
pub(crate) struct SourceFrame {
    pub(crate) data: Vec<u8>,
    pub(crate) key: bool,
    pub(crate) duration: Duration,
}

/// A video file, over and over.
pub(crate) struct VideoLoop {
    file: Arc<VideoFile>,
    next: usize,
}

impl VideoLoop {
    pub(crate) fn new(file: Arc<VideoFile>) -> Self {
        Self { file, next: 0 }
    }
}

impl FrameSource for VideoLoop {
    fn next_frame(&mut self, _now: Instant) -> SourceFrame {
        let frame = &self.file.frames[self.next];
        self.next = (self.next + 1) % self.file.frames.len();
        SourceFrame {
            data: frame.data.clone(),
            key: frame.key,
            duration: self.file.frame_duration,
        }
    }

    fn jump_to_key_frame(&mut self) {
        let frames = &self.file.frames;
        // The first frame is a key frame, so one is found.
        while !frames[self.next].key {
            self.next = (self.next + 1) % frames.len();
        }
    }

    fn video_format(&self) -> Option<(VideoCodec, u16, u16)> {
        Some((self.file.codec, self.file.width, self.file.height))
    }
}

/// An audio file, over and over.
pub(crate) struct AudioLoop {
    file: Arc<AudioFile>,
    next: usize,
}

impl AudioLoop {
    pub(crate) fn new(file: Arc<AudioFile>) -> Self {
        Self { file, next: 0 }
    }
}

impl FrameSource for AudioLoop {
    fn next_frame(&mut self, _now: Instant) -> SourceFrame {
        let packet = &self.file.packets[self.next];
        self.next = (self.next + 1) % self.file.packets.len();
        SourceFrame {
            data: packet.data.clone(),
            key: true,
            duration: packet.duration,
        }
    }

    fn jump_to_key_frame(&mut self) {}

    fn video_format(&self) -> Option<(VideoCodec, u16, u16)> {
        None
    }
}

/// Gives a source's frames when they are due, with RTP times.
pub(crate) struct Pacer {
    pub(crate) source: Box<dyn FrameSource>,
    due: Instant,
    elapsed: Duration,
    first_time: u32,
}

impl Pacer {
    pub(crate) fn new(source: Box<dyn FrameSource>, now: Instant, first_time: u32) -> Self {
        Self {
            source,
            due: now,
            elapsed: Duration::ZERO,
            first_time,
        }
    }

    pub(crate) fn poll_timeout(&self) -> Instant {
        self.due
    }

    /// The frame that is due, with its RTP time.
    pub(crate) fn handle_timeout(&mut self, now: Instant) -> Option<(SourceFrame, u32)> {
        if now < self.due {
            return None;
        }
        let frame = self.source.next_frame(now);
        let ticks = rtp_ticks(&*self.source, self.elapsed);
        let time = self.first_time.wrapping_add(ticks);
        self.elapsed += frame.duration;
        self.due += frame.duration;
        let late = now.saturating_duration_since(self.due);
        if late > MAX_LATE {
            self.elapsed += late;
            self.due = now;
        }
        Some((frame, time))
    }
}

/// A source's RTP time after a while, which wraps (RFC 3550 section 5.1).
pub(crate) fn rtp_ticks(source: &dyn FrameSource, elapsed: Duration) -> u32 {
    // Per second (RFC 7587 section 4.1, RFC 9628 section 4.1).
    let clock_rate = match source.video_format() {
        Some(_) => 90_000,
        None => 48_000,
    };
    (elapsed.as_micros() * clock_rate / 1_000_000) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;

    #[test]
    fn loops_in_time_and_jumps() {
        let start = Clock::start().now();
        let card = Arc::new(VideoFile::test_card());
        let mut pacer = Pacer::new(Box::new(VideoLoop::new(card)), start, u32::MAX);
        let mut now = start;
        let mut keys = Vec::new();
        for index in 0..200 {
            assert!(
                pacer
                    .handle_timeout(now - Duration::from_millis(1))
                    .is_none()
                    || index == 0
            );
            let Some((frame, time)) = pacer.handle_timeout(now) else {
                continue;
            };
            if frame.key {
                keys.push((index, time.wrapping_add(1)));
            }
            if index == 100 {
                pacer.source.jump_to_key_frame();
            }
            now = pacer.poll_timeout();
        }
        let indexes: Vec<_> = keys.iter().map(|(index, _)| *index).collect();
        assert_eq!(indexes, [0, 30, 60, 90, 101, 131, 161, 191]);
        assert_eq!(keys[1].1, 89_999);
    }

    #[test]
    fn a_late_source_goes_on_from_now() {
        let start = Clock::start().now();
        let tone = Arc::new(AudioFile::tone());
        let mut pacer = Pacer::new(Box::new(AudioLoop::new(tone)), start, 0);
        assert_eq!(pacer.handle_timeout(start).map(|(_, time)| time), Some(0));
        let later = start + Duration::from_secs(10);
        assert_eq!(pacer.handle_timeout(later).map(|(_, time)| time), Some(960));
        assert_eq!(pacer.poll_timeout(), later);
        let time = pacer.handle_timeout(later).map(|(_, time)| time);
        assert_eq!(time, Some(480_000));
    }
}
