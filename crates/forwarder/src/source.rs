use crate::codec::FrameStart;
use crate::forwarder::Key;
use crate::keyframe::KeyFrameThrottle;
use crate::voice::Voice;
use std::time::{Duration, Instant};

/// How many simulcast layers a source may have.
pub(crate) const MAX_LAYERS: usize = 4;
/// A layer or source that has been silent for this long has stopped.
pub(crate) const SILENCE: Duration = Duration::from_millis(1500);
/// How long after a request a frame of a codec that hides its key frames may be taken for the
/// answer: longer than most round trips, short enough not to be noticed.
const BLIND_WAIT: Duration = Duration::from_millis(200);
/// How long to hold out for a key frame before any frame is taken, from a publisher that never
/// marks one.
const PATIENCE: Duration = Duration::from_secs(3);
/// How wide the highest layer is taken to be, in pixels; each one below has half of it.
const FULL_WIDTH: u32 = 1280;

/// A track that a member sends.
#[derive(Debug)]
pub(crate) struct Source {
    /// Its place among the sources of the node in order of their first packet; none before.
    pub(crate) order: Option<u64>,
    pub(crate) last_packet: Option<Instant>,
    /// The order in which audio slots are given up.
    pub(crate) voice: Voice,
    /// Lowest first; one for a source without simulcast.
    pub(crate) layers: Vec<Layer>,
    /// Who shows it, and in which slot.
    pub(crate) subscribers: Vec<(Key, usize)>,
}

#[derive(Debug, Default)]
pub(crate) struct Layer {
    pub(crate) last_packet: Option<Instant>,
    pub(crate) key_frames: KeyFrameThrottle,
}

/// What a slot waits for before it shows its source.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Gate {
    /// Nothing: every packet passes.
    Open,
    /// A key frame; since when.
    Waiting(Instant),
}

impl Source {
    pub(crate) fn new(layers: usize) -> Self {
        Self {
            order: None,
            last_packet: None,
            voice: Voice::default(),
            layers: (0..layers.clamp(1, MAX_LAYERS))
                .map(|_| Layer::default())
                .collect(),
            subscribers: Vec::new(),
        }
    }

    pub(crate) fn is_live(&self, now: Instant) -> bool {
        is_recent(self.last_packet, now)
    }

    /// The layer for a picture of so many pixels across: the lowest that is wide enough, of those
    /// that come; if none is, the highest.
    pub(crate) fn layer_for(&self, now: Instant, width: u16) -> usize {
        let top = self.layers.len() - 1;
        let enough = |layer: &usize| FULL_WIDTH >> (top - layer) >= u32::from(width);
        let wanted = (0..top).find(enough).unwrap_or(top);
        let live = |layer: &usize| is_recent(self.layers[*layer].last_packet, now);
        let below = (0..=wanted).rev().find(live);
        below.or_else(|| (wanted..=top).find(live)).unwrap_or(0)
    }

    /// Whether a slot may change to a layer where one of the layer's frames starts: it needs no
    /// earlier one.
    pub(crate) fn may_enter(&self, now: Instant, layer: usize, start: FrameStart) -> bool {
        let asked = self.layers[layer].key_frames.last();
        let waited = |asked: Instant| now.saturating_duration_since(asked) >= BLIND_WAIT;
        match start {
            FrameStart::Key => true,
            FrameStart::Unknown => asked.is_some_and(waited),
            FrameStart::No | FrameStart::Delta => false,
        }
    }
}

impl Gate {
    /// Whether a packet may pass; once one has, all may.
    pub(crate) fn admit(&mut self, now: Instant, start: FrameStart) -> bool {
        let Self::Waiting(since) = *self else {
            return true;
        };
        let waited = now.saturating_duration_since(since);
        let admit = match start {
            FrameStart::No => false,
            FrameStart::Key => true,
            FrameStart::Unknown => waited >= BLIND_WAIT,
            FrameStart::Delta => waited >= PATIENCE,
        };
        if admit {
            *self = Self::Open;
        }
        admit
    }
}

fn is_recent(last: Option<Instant>, now: Instant) -> bool {
    last.is_some_and(|last| now.saturating_duration_since(last) < SILENCE)
}
