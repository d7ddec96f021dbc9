use core::fmt;
use serde::{Serialize, Serializer};

/// The rules of `docs/protocol.md`, "What a client accepts", that are decided here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rule {
    /// A commit is a PrivateMessage from a member in the current epoch.
    C1,
    /// Inline Add and Remove proposals only.
    C2,
    /// The pinned suite, lifetime, capabilities and credential type; no extensions.
    C3,
    /// An update path's leaf equals the old one but for its encryption key and source.
    C4,
    /// A seat's signatures hold; its talk, room and key are those of the leaf.
    C5,
    /// Every delegation that is asked has approved a seat (part of R-C5).
    Approved,
    /// A seat wasn't ejected or withdrawn, nor was the head who vouched (part of R-C5).
    Revoked,
    /// A locked room has only those whom its lock lists (part of R-C5).
    LockedOut,
    /// An automatic invitation vouches for one seat (part of R-C5).
    SingleUse,
    /// The room's state changes only to follow the record, and whoever doesn't stand any more goes
    /// in the same commit.
    C7,
    /// The first valid commit of an epoch wins.
    C8,
    /// What opens a room anew follows no older place of the record than what stands before it.
    OldPlace,
    /// Valid for others, but not processable here: stop sending and come in again.
    C9,
    /// What a Welcome must satisfy.
    C10,
    /// A junk Welcome doesn't burn a key package (part of R-C10).
    KeepPackage,
    /// A frame is opened once.
    Replay,
    /// A frame that names one's own leaf is refused.
    Reflection,
    /// A beat of the same epoch tells the same epoch authenticator.
    Fork,
    /// While a whole delegation that sits there is silent, nothing is sent.
    Silent,
    /// Sound that the lists in beats contradict is told of.
    Lists,
    /// At most two reactions a second from each person are shown.
    Reactions,
    /// A hand is up since its message says so; a beat tells it only to those who came later, once.
    Hands,
    /// A connection is that of whoever named it first.
    Connections,
    /// What people say of themselves is shown at most twice a second.
    Changes,
    /// Whoever slept doesn't take the others for dead.
    Overslept,
}

impl Rule {
    /// The rule's name in the protocol document.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::C1 => "R-C1",
            Self::C2 => "R-C2",
            Self::C3 => "R-C3",
            Self::C4 => "R-C4",
            Self::C5 => "R-C5",
            Self::Approved => "R-C5a",
            Self::Revoked => "R-C5b",
            Self::LockedOut => "R-C5c",
            Self::SingleUse => "R-C5d",
            Self::C7 => "R-C7",
            Self::C8 => "R-C8",
            Self::OldPlace => "R-C8a",
            Self::C9 => "R-C9",
            Self::C10 => "R-C10",
            Self::KeepPackage => "R-C10a",
            Self::Replay => "R-M1",
            Self::Reflection => "R-M2",
            Self::Fork => "R-B1",
            Self::Silent => "R-B2",
            Self::Lists => "R-B3",
            Self::Reactions => "R-P1",
            Self::Hands => "R-P2",
            Self::Connections => "R-P3",
            Self::Changes => "R-P4",
            Self::Overslept => "R-P5",
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}

/// Which rules are enforced: all of them. Only with the feature `test-switches` can one be turned
/// off, so that a test can show that the attack which the rule stops would otherwise succeed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Switches {
    #[cfg(feature = "test-switches")]
    off: std::collections::BTreeSet<Rule>,
}

impl Switches {
    #[cfg(not(feature = "test-switches"))]
    #[expect(clippy::unused_self, reason = "with test-switches it is looked at")]
    pub(crate) fn enforces(&self, _rule: Rule) -> bool {
        true
    }

    #[cfg(feature = "test-switches")]
    pub(crate) fn enforces(&self, rule: Rule) -> bool {
        !self.off.contains(&rule)
    }

    /// `Err(rule)` if the rule is enforced and `holds` is false.
    pub(crate) fn require(&self, rule: Rule, holds: bool) -> Result<(), Rule> {
        if holds || !self.enforces(rule) {
            Ok(())
        } else {
            Err(rule)
        }
    }

    #[cfg(feature = "test-switches")]
    pub(crate) fn turn_off(&mut self, rule: Rule) {
        self.off.insert(rule);
    }
}
