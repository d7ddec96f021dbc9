//! What happens next, by chance from a seed.

use incamera_client::MediaKind;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use serde::Serialize;
use std::time::Duration;

/// How long things are apart.
const GAP_MS: core::ops::Range<u64> = 300..1200;
/// How long a cut lasts: shorter than a connection is kept.
const CUT_MS: core::ops::Range<u64> = 500..6000;

/// Something that happens in a conversation. Numbers choose among those who are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Join,
    Leave,
    Vanish,
    Switch,
    Share,
    Chat,
    SocketReset,
    SocketCut,
    MediaCut,
    MediaMove,
}

/// How often each happens, in proportion.
const WEIGHTS: [(Kind, u32); 10] = [
    (Kind::Join, 4),
    (Kind::Leave, 2),
    (Kind::Vanish, 1),
    (Kind::Switch, 5),
    (Kind::Share, 2),
    (Kind::Chat, 4),
    (Kind::SocketReset, 1),
    (Kind::SocketCut, 1),
    (Kind::MediaCut, 1),
    (Kind::MediaMove, 1),
];

pub(crate) struct Plan {
    rng: StdRng,
}

pub(crate) struct Step {
    pub(crate) kind: Kind,
    /// Chooses whom it happens to.
    pub(crate) choice: usize,
    /// What is switched on or off.
    pub(crate) media: MediaKind,
    /// How long it lasts, if it is a cut.
    pub(crate) lasts: Duration,
    /// How long until the next.
    pub(crate) gap: Duration,
}

impl Plan {
    pub(crate) fn new(seed: u64) -> Self {
        let rng = StdRng::seed_from_u64(seed);
        Self { rng }
    }

    pub(crate) fn next(&mut self) -> Step {
        let rng = &mut self.rng;
        let (kind, _) = WEIGHTS
            .choose_weighted(rng, |(_, weight)| *weight)
            .copied()
            .unwrap_or(WEIGHTS[0]);
        let media = if rng.random() {
            MediaKind::Microphone
        } else {
            MediaKind::Camera
        };
        Step {
            kind,
            choice: rng.random_range(0..1 << 16),
            media,
            lasts: Duration::from_millis(rng.random_range(CUT_MS)),
            gap: Duration::from_millis(rng.random_range(GAP_MS)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn kinds(seed: u64) -> Vec<Kind> {
        let mut plan = Plan::new(seed);
        (0..500).map(|_| plan.next().kind).collect()
    }

    #[test]
    fn everything_happens_and_the_seed_decides() {
        assert_eq!(kinds(1), kinds(1));
        assert_ne!(kinds(1), kinds(2));
        let mut counts: BTreeMap<Kind, u32> = BTreeMap::new();
        for kind in kinds(1) {
            *counts.entry(kind).or_default() += 1;
        }
        assert_eq!(counts.len(), WEIGHTS.len(), "{counts:?}");
    }
}
