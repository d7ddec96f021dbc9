use crate::payload::{self, Piece};
use crate::video_file::VideoCodec;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a missing packet is waited for; two round trips of a retransmission.
const PATIENCE: Duration = Duration::from_millis(250);
/// Packets held at most; beyond, what is missing is given up.
const MAX_HELD: usize = 1024;
/// Frames assembled and not yet taken, at most; beyond, the oldest goes.
const MAX_FRAMES: usize = 64;
/// A jump in sequence numbers that no network makes: the stream started anew.
const MAX_JUMP: u64 = 8192;

/// Puts a video stream's packets in order and joins them to frames. A frame with a missing packet
/// is dropped whole. Sans-I/O: after every `handle_*`, take frames until [`Self::poll_frame`] is
/// none, and ask [`Self::take_loss`].
#[derive(Debug)]
pub(crate) struct Assembler {
    codec: VideoCodec,
    held: BTreeMap<u64, Held>,
    /// The next sequence number in order; none before the first packet.
    next: Option<u64>,
    /// Since when `next` has been missing while later packets are here.
    waiting_since: Option<Instant>,
    frames: VecDeque<Vec<u8>>,
    lost: bool,
}

#[derive(Debug)]
struct Held {
    piece: Piece,
    payload: Arc<[u8]>,
}

impl Assembler {
    pub(crate) fn new(codec: VideoCodec) -> Self {
        Self {
            codec,
            held: BTreeMap::new(),
            next: None,
            waiting_since: None,
            frames: VecDeque::new(),
            lost: false,
        }
    }

    /// One packet; `sequence` is extended beyond 16 bits. Malformed, old and repeated ones are
    /// ignored.
    pub(crate) fn handle_packet(
        &mut self,
        now: Instant,
        sequence: u64,
        marker: bool,
        payload: Arc<[u8]>,
    ) {
        let Some(piece) = payload::parse(self.codec, &payload, marker) else {
            return;
        };
        if self
            .next
            .is_some_and(|next| sequence.abs_diff(next) > MAX_JUMP)
        {
            self.held.clear();
            self.next = None;
            self.lost = true;
        }
        if sequence < *self.next.get_or_insert(sequence) {
            return;
        }
        self.held.entry(sequence).or_insert(Held { piece, payload });
        self.advance(now);
    }

    /// To be called at [`Self::poll_timeout`].
    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        self.advance(now);
    }

    /// When a missing packet is given up.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.waiting_since.map(|since| since + PATIENCE)
    }

    /// The next frame in order.
    pub(crate) fn poll_frame(&mut self) -> Option<Vec<u8>> {
        self.frames.pop_front()
    }

    /// Whether a frame was lost since the last call; the sender has to be asked for a key frame.
    pub(crate) fn take_loss(&mut self) -> bool {
        core::mem::take(&mut self.lost)
    }

    fn advance(&mut self, now: Instant) {
        while let Some(next) = self.next {
            match self.contiguous_frame(next) {
                Run::Frame(last) => self.emit(next, last),
                // A frame's middle without its beginning.
                Run::Headless => {
                    self.held.remove(&next);
                    self.next = Some(next + 1);
                    self.lost = true;
                }
                Run::Incomplete { blocked } => {
                    if !blocked {
                        self.waiting_since = None;
                        return;
                    }
                    let since = *self.waiting_since.get_or_insert(now);
                    let patient = now.saturating_duration_since(since) < PATIENCE;
                    if patient && self.held.len() <= MAX_HELD {
                        return;
                    }
                    self.skip(next);
                }
            }
            self.waiting_since = None;
        }
    }

    /// What stands at `first`, the next sequence number in order.
    fn contiguous_frame(&self, first: u64) -> Run {
        for (expected, (&sequence, held)) in (first..).zip(self.held.range(first..)) {
            if sequence != expected {
                return Run::Incomplete { blocked: true };
            }
            if sequence == first && !held.piece.begins {
                return Run::Headless;
            }
            if held.piece.ends {
                return Run::Frame(sequence);
            }
        }
        Run::Incomplete { blocked: false }
    }

    fn emit(&mut self, first: u64, last: u64) {
        let mut frame = Vec::new();
        for sequence in first..=last {
            if let Some(held) = self.held.remove(&sequence) {
                frame.extend_from_slice(&held.payload[held.piece.offset..]);
            }
        }
        self.next = Some(last + 1);
        if self.frames.len() == MAX_FRAMES {
            self.frames.pop_front();
            self.lost = true;
        }
        self.frames.push_back(frame);
    }

    /// Gives up what is missing: goes on at the next packet that begins a frame.
    fn skip(&mut self, next: u64) {
        self.lost = true;
        let restart = self
            .held
            .range(next + 1..)
            .find(|(_, held)| held.piece.begins)
            .map(|(&sequence, _)| sequence);
        match restart {
            Some(sequence) => {
                self.held = self.held.split_off(&sequence);
                self.next = Some(sequence);
            }
            None => {
                let last = self.held.last_key_value().map(|(&sequence, _)| sequence);
                self.held.clear();
                self.next = Some(last.unwrap_or(next) + 1);
            }
        }
    }
}

enum Run {
    /// A whole frame, up to and with this sequence number.
    Frame(u64),
    /// The packet doesn't begin a frame.
    Headless,
    /// More is to come; `blocked` if later packets are here already.
    Incomplete { blocked: bool },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::payload::Packetizer;

    /// Sends frames of `sizes` in the order of packets that `arrange` makes; returns the indexes
    /// of the frames that come out, and whether a loss was told.
    fn run(
        sizes: &[usize],
        arrange: impl FnOnce(&mut Vec<(u64, bool, Vec<u8>)>),
    ) -> (Vec<usize>, bool) {
        let mut packetizer = Packetizer::new(VideoCodec::Vp9, 640, 360, 0);
        let mut packets = Vec::new();
        let mut sequence = 65_500;
        for (index, &size) in sizes.iter().enumerate() {
            let payloads = packetizer.packetize(&vec![index as u8; size], index == 0);
            let last = payloads.len() - 1;
            for (at, payload) in payloads.into_iter().enumerate() {
                packets.push((sequence, at == last, payload));
                sequence += 1;
            }
        }
        arrange(&mut packets);
        let now = Clock::start().now();
        let mut assembler = Assembler::new(VideoCodec::Vp9);
        for (sequence, marker, payload) in packets {
            assembler.handle_packet(now, sequence, marker, payload.into());
        }
        if let Some(at) = assembler.poll_timeout() {
            assembler.handle_timeout(at);
        }
        let frames = core::iter::from_fn(|| assembler.poll_frame())
            .map(|frame| {
                let index = usize::from(frame[0]);
                assert_eq!(frame, vec![index as u8; sizes[index]]);
                index
            })
            .collect();
        (frames, assembler.take_loss())
    }

    #[test]
    fn in_order() {
        assert_eq!(run(&[3000, 10, 1100], |_| ()), (vec![0, 1, 2], false));
    }

    #[test]
    fn reordered_and_repeated() {
        let (frames, lost) = run(&[3000, 10, 2500], |packets| {
            packets[1..].reverse();
            let again = packets[2].clone();
            packets.push(again);
        });
        assert_eq!((frames, lost), (vec![0, 1, 2], false));
    }

    #[test]
    fn a_frame_with_a_hole_is_dropped_whole() {
        let (frames, lost) = run(&[3000, 2500, 10, 10], |packets| drop(packets.remove(4)));
        assert_eq!((frames, lost), (vec![0, 2, 3], true));
    }

    #[test]
    fn starts_in_the_middle() {
        let (frames, lost) = run(&[3000, 10], |packets| drop(packets.remove(0)));
        assert_eq!((frames, lost), (vec![1], true));
    }

    #[test]
    fn held_packets_are_bounded() {
        let sizes = vec![10; 3 * MAX_HELD];
        let (frames, lost) = run(&sizes, |packets| drop(packets.remove(1)));
        assert!(lost);
        assert!(frames.len() <= MAX_FRAMES);
    }

    #[test]
    fn a_new_stream_starts_anew() {
        let (frames, lost) = run(&[10, 10], |packets| packets[1].0 += 1_000_000);
        assert_eq!((frames, lost), (vec![0, 1], true));
    }
}
