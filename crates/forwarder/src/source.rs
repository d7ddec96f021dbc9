use crate::codec::FrameStart;
use crate::forwarder::Key;
use crate::keyframe::KeyFrameThrottle;
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
/// A level below this (in -dBov, RFC 6464) is speech or the like.
const LOUD: u8 = 50;

/// A track that a member sends.
#[derive(Debug)]
pub(crate) struct Source {
    /// Its place among the sources of the node in order of their first packet; none before.
    pub(crate) order: Option<u64>,
    pub(crate) last_packet: Option<Instant>,
    /// When it was last loud; the order in which audio slots are given up.
    pub(crate) last_loud: Option<Instant>,
    /// Lowest first; one for a source without simulcast.
    pub(crate) layers: Vec<Layer>,
    /// The layer that is forwarded.
    pub(crate) layer: usize,
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
            last_loud: None,
            layers: (0..layers.clamp(1, MAX_LAYERS))
                .map(|_| Layer::default())
                .collect(),
            layer: 0,
            subscribers: Vec::new(),
        }
    }

    pub(crate) fn is_live(&self, now: Instant) -> bool {
        is_recent(self.last_packet, now)
    }

    /// Notes a level in -dBov; returns whether it is loud.
    pub(crate) fn note_level(&mut self, now: Instant, level: u8) -> bool {
        let loud = level < LOUD;
        if loud {
            self.last_loud = Some(now);
        }
        loud
    }

    /// Notes a packet of a layer and decides whether that layer is forwarded: the highest live
    /// one is, and the change is made where a frame needs no earlier one. The second value tells
    /// that the layer ought to be asked for a key frame.
    pub(crate) fn choose_layer(
        &mut self,
        now: Instant,
        layer: usize,
        start: FrameStart,
    ) -> (bool, bool) {
        let current_live = is_recent(self.layers[self.layer].last_packet, now);
        self.layers[layer].last_packet = Some(now);
        if layer == self.layer {
            return (true, false);
        }
        if current_live && layer < self.layer {
            return (false, false);
        }
        let asked = self.layers[layer].key_frames.last();
        let waited = |least| {
            asked.is_some_and(|asked: Instant| now.saturating_duration_since(asked) >= least)
        };
        let take = match start {
            FrameStart::Key => true,
            FrameStart::Unknown => waited(BLIND_WAIT),
            FrameStart::No | FrameStart::Delta => false,
        };
        if take {
            self.layer = layer;
        }
        (take, !take)
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
