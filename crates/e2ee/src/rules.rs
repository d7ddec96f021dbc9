use core::fmt;
use serde::{Serialize, Serializer};

macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident $id:literal,)*) => {
        /// The rules of `docs/protocol.md`, "What a client accepts", that are decided here.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Rule {
            $($(#[$doc])* $name,)*
        }

        impl Rule {
            /// All of them, so that a test can turn off each.
            #[cfg(feature = "test-switches")]
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The rule's name in the protocol document.
            #[must_use]
            pub fn id(self) -> &'static str {
                match self {
                    $(Self::$name => $id,)*
                }
            }
        }
    };
}

rules! {
    /// A commit is a PrivateMessage from a member in the current epoch.
    C1 "R-C1",
    /// Inline Add and Remove proposals only.
    C2 "R-C2",
    /// The pinned suite, lifetime, capabilities and credential type; no extensions.
    C3 "R-C3",
    /// An update path's leaf equals the old one but for its encryption key and source.
    C4 "R-C4",
    /// A seat's signatures hold; its talk, room and key are those of the leaf.
    C5 "R-C5",
    /// Every delegation that is asked has approved a seat (part of R-C5).
    Approved "R-C5a",
    /// A seat wasn't ejected or withdrawn, nor was the head who vouched (part of R-C5).
    Revoked "R-C5b",
    /// A locked room has only those whom its lock lists (part of R-C5).
    LockedOut "R-C5c",
    /// An automatic invitation vouches for one seat (part of R-C5).
    SingleUse "R-C5d",
    /// The room's state changes only to follow the record, and whoever doesn't stand any more goes
    /// in the same commit.
    C7 "R-C7",
    /// The first valid commit of an epoch wins.
    C8 "R-C8",
    /// What opens a room anew follows no older place of the record than what stands before it.
    OldPlace "R-C8a",
    /// Valid for others, but not processable here: stop sending and come in again.
    C9 "R-C9",
    /// What a Welcome must satisfy.
    C10 "R-C10",
    /// A junk Welcome doesn't burn a key package (part of R-C10).
    KeepPackage "R-C10a",
    /// A frame is opened once.
    Replay "R-M1",
    /// A frame that names one's own leaf is refused.
    Reflection "R-M2",
    /// A beat of the same epoch tells the same epoch authenticator.
    Fork "R-B1",
    /// While a whole delegation that sits there is silent, nothing is sent.
    Silent "R-B2",
    /// Sound that the lists in beats contradict is told of.
    Lists "R-B3",
    /// While somebody sits there who doesn't stand by the record as it was read, nothing is sent.
    Fallen "R-B4",
    /// At most two reactions a second from each person are shown.
    Reactions "R-P1",
    /// A hand is up since its message says so; a beat tells it only to those who came later, once.
    Hands "R-P2",
    /// A connection is that of whoever named it first.
    Connections "R-P3",
    /// What people say of themselves is shown at most twice a second.
    Changes "R-P4",
    /// Whoever slept doesn't take the others for dead.
    Overslept "R-P5",
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
