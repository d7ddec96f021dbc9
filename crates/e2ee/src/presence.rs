//! What people tell each other beside sound, picture and chat.

use core::time::Duration;
use incamera_model::Timestamp;
use incamera_model::{ConnectionId, MediaKind};
use incamera_talk::SeatKey;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, VecDeque};

/// How many reactions of one person are shown within a second (R-P1).
const MAX_REACTIONS: usize = 2;
/// How many recent reactions are remembered, of all people together.
const MAX_RECENT: usize = 4096;

macro_rules! coded {
    ($(#[$meta:meta])* $name:ident { $($(#[$about:meta])* $variant:ident = $code:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $($(#[$about])* $variant),+
        }

        impl $name {
            pub(crate) fn code(self) -> u8 {
                match self {
                    $(Self::$variant => $code),+
                }
            }

            pub(crate) fn from_code(code: u8) -> Option<Self> {
                match code {
                    $($code => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    };
}

coded! {
    /// A small sign to everybody in the room.
    Reaction {
        /// Yes.
        Agree = 0,
        /// No.
        Disagree = 1,
        /// Thank you.
        Thanks = 2,
        /// Applause.
        Applause = 3,
        /// Speak more slowly, please.
        Slower = 4,
    }
}

coded! {
    /// How well somebody sends and receives.
    QualityLevel {
        /// Nothing to complain of.
        Good = 0,
        /// With flaws.
        Fair = 1,
        /// Hardly.
        Poor = 2,
    }
}

coded! {
    /// What makes it so.
    QualityCause {
        /// Nothing, or nothing known.
        None = 0,
        /// What they send gets lost or is late.
        Uplink = 1,
        /// What they receive gets lost or is late.
        Downlink = 2,
        /// Their device is too slow.
        Device = 3,
    }
}

/// How well somebody says they send and receive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Quality {
    /// How well.
    pub level: QualityLevel,
    /// Why not better.
    pub cause: QualityCause,
}

impl Default for Quality {
    fn default() -> Self {
        Self {
            level: QualityLevel::Good,
            cause: QualityCause::None,
        }
    }
}

/// A sign that can't be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PresenceError {
    /// Not in the room.
    #[error("you aren't in the room yet; wait a moment")]
    NotSeated,
    /// The connection is lost.
    #[error("the connection is lost; try again when it is back")]
    NotConnected,
    /// More than the others would be shown (R-P1).
    #[error("that was quick; wait a second")]
    TooFast,
}

/// What somebody says of themselves in each beat.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Status {
    pub(crate) sending: BTreeSet<MediaKind>,
    pub(crate) connection: Option<ConnectionId>,
    pub(crate) quality: Quality,
}

/// R-P1: who reacted lately.
#[derive(Debug, Default)]
pub(crate) struct ReactionPace(VecDeque<(Timestamp, SeatKey)>);

impl ReactionPace {
    /// Whether one more reaction of this seat may be shown now, with two within `span`; it counts
    /// if so.
    pub(crate) fn admits(&mut self, now: Timestamp, seat: &SeatKey, span: Duration) -> bool {
        while let Some((at, _)) = self.0.front()
            && now >= *at + span
        {
            self.0.pop_front();
        }
        let recent = self.0.iter().filter(|(_, other)| other == seat).count();
        if recent >= MAX_REACTIONS || self.0.len() >= MAX_RECENT {
            return false;
        }
        self.0.push_back((now, *seat));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timing;
    use proptest::prelude::*;

    #[test]
    fn codes_and_words() {
        for code in 0..=u8::MAX {
            if let Some(reaction) = Reaction::from_code(code) {
                assert_eq!(reaction.code(), code);
            }
        }
        assert_eq!(Reaction::from_code(5), None);
        assert_eq!(
            serde_json::to_string(&Reaction::Slower).unwrap(),
            "\"slower\""
        );
        let quality = serde_json::to_string(&Quality::default()).unwrap();
        assert_eq!(quality, r#"{"level":"good","cause":"none"}"#);
    }

    proptest! {
        /// Whoever reacts however fast: no second has more than two of them, and one who keeps to
        /// that loses none.
        #[test]
        fn two_a_second(gaps in proptest::collection::vec((0..900u64, 0..3u8), 1..200)) {
            let mut pace = ReactionPace::default();
            let mut now = Timestamp(5);
            let mut shown: Vec<(Timestamp, u8)> = Vec::new();
            for (gap, who) in gaps {
                now = now + Duration::from_millis(gap);
                let recent = shown
                    .iter()
                    .filter(|(at, other)| *other == who && now < *at + timing::REACTION_SPAN)
                    .count();
                let admitted = pace.admits(now, &SeatKey([who; 32]), timing::REACTION_SPAN);
                prop_assert_eq!(admitted, recent < 2);
                if admitted {
                    shown.push((now, who));
                }
            }
        }
    }
}
