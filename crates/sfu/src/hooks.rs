use crate::session::Outgoing;
use incamera_model::{ConnectionId, MediaKind};
use std::sync::Arc;
use str0m::rtp::{ExtensionValues, RtpHeader};

/// Sees the payload of each packet that comes in to be forwarded, with what it was declared as.
pub type Tap = Arc<dyn Fn(MediaKind, &[u8]) + Send + Sync>;

/// Says what is sent in place of a packet that leaves.
pub type Leave = Arc<dyn Fn(Leaving) -> Vec<Leaving> + Send + Sync>;

/// What a test does to forwarded media.
#[derive(Clone, Default)]
pub struct Hooks {
    /// Sees each payload before it is altered.
    pub tap: Option<Tap>,
    /// Flips one bit of the last byte of every nth payload; 0 for none.
    pub flip_every: u64,
    /// Has the last word on what leaves.
    pub leave: Option<Leave>,
}

/// A packet on its way to a subscriber.
#[derive(Clone)]
pub struct Leaving {
    /// Whose it is.
    pub from: ConnectionId,
    /// To whom it goes.
    pub to: ConnectionId,
    /// What it was declared as.
    pub kind: MediaKind,
    /// In which of the subscriber's slots it goes.
    pub slot: usize,
    /// The sequence number, extended to 64 bits.
    pub sequence: u64,
    /// The RTP timestamp.
    pub timestamp: u32,
    /// Whether it ends a frame.
    pub marker: bool,
    /// The payload.
    pub payload: Arc<[u8]>,
    pub(crate) header: RtpHeader,
    pub(crate) outgoing: Outgoing,
}

impl Leaving {
    /// Drops what the header's extensions say of the payload.
    pub fn forget_extensions(&mut self) {
        self.header.ext_vals = ExtensionValues::default();
    }

    /// The packet as it is written.
    pub(crate) fn written(mut self) -> (RtpHeader, Arc<[u8]>, Outgoing) {
        self.header.marker = self.marker;
        let outgoing = Outgoing {
            slot: self.slot,
            sequence: self.sequence,
            timestamp: self.timestamp,
            ..self.outgoing
        };
        (self.header, self.payload, outgoing)
    }
}

impl std::fmt::Debug for Hooks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Hooks(tap: {}, flip_every: {}, leave: {})",
            self.tap.is_some(),
            self.flip_every,
            self.leave.is_some()
        )
    }
}

impl Hooks {
    /// Applies the hooks to the `count`th payload.
    pub(crate) fn apply(&self, count: u64, kind: MediaKind, payload: &mut Arc<[u8]>) {
        if let Some(tap) = &self.tap {
            tap(kind, payload);
        }
        if self.flip_every > 0 && count.is_multiple_of(self.flip_every) {
            let mut altered = payload.to_vec();
            if let Some(last) = altered.last_mut() {
                *last ^= 1;
            }
            *payload = altered.into();
        }
    }
}
