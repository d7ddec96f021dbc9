use serde::{Deserialize, Serialize};
use std::num::NonZeroU32;

/// What a line does to what goes over it in one direction. The default does nothing.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Profile {
    /// Nothing passes. Datagrams are lost, a stream waits.
    pub cut: bool,
    /// How long everything takes.
    pub delay_ms: u32,
    /// How much longer it may take, evenly distributed.
    pub jitter_ms: u32,
    /// Whether what comes first arrives first, whatever the jitter; always so in a stream.
    pub keep_order: bool,
    /// The share of datagrams that is lost.
    pub loss: Share,
    /// How many are lost in a row, on average; none for each by itself.
    pub burst: Option<NonZeroU32>,
    /// The share of datagrams that arrives twice.
    pub duplicate: Share,
    /// The share of datagrams that is held back for [`Self::reorder_ms`], so that others overtake.
    pub reorder: Share,
    /// How long those are held back.
    pub reorder_ms: u32,
    /// How many thousand bits pass a second; none for no bound.
    pub rate_kbps: Option<NonZeroU32>,
    /// How many bytes may wait for their turn; beyond, datagrams are lost and a stream isn't read.
    pub queue_bytes: u32,
}

impl Default for Profile {
    fn default() -> Self {
        Self {
            cut: false,
            delay_ms: 0,
            jitter_ms: 0,
            keep_order: true,
            loss: Share::NONE,
            burst: None,
            duplicate: Share::NONE,
            reorder: Share::NONE,
            reorder_ms: 20,
            rate_kbps: None,
            queue_bytes: 64 * 1024,
        }
    }
}

/// A share of a whole, from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Share(f64);

/// A number that is no share.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("{0} is no share; it must be from 0 to 1")]
pub struct ShareError(f64);

impl Share {
    /// Nothing of it.
    pub const NONE: Self = Self(0.0);

    /// # Errors
    /// [`ShareError`] if it isn't from 0 to 1.
    pub fn new(value: f64) -> Result<Self, ShareError> {
        // Not a number fails too.
        if (0.0..=1.0).contains(&value) {
            Ok(Self(value))
        } else {
            Err(ShareError(value))
        }
    }

    /// From 0 to 1.
    #[must_use]
    pub fn get(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for Share {
    type Error = ShareError;

    fn try_from(value: f64) -> Result<Self, ShareError> {
        Self::new(value)
    }
}

impl From<Share> for f64 {
    fn from(share: Share) -> Self {
        share.0
    }
}
