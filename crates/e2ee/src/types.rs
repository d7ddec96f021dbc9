use crate::presence::{Quality, Reaction};
use crate::rules::Rule;
use incamera_model::{
    ConnectionId, LeafIndex, MediaKind, Position, RoomId, StreamName, encode_base64url,
};
use incamera_talk::two_keys;
use serde::Serialize;

/// What the machine wants done, or tells. Drain with [`crate::RoomSession::poll_output`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Append to a stored stream; answer with `handle_appended`, `handle_conflict` or
    /// `handle_refused` of the same request.
    Append {
        /// Repeated in the answer.
        request: u32,
        /// The stream.
        stream: StreamName,
        /// The position that the entry must get, for compare-and-append streams.
        expected: Option<Position>,
        /// The sealed entry.
        entry: Vec<u8>,
    },
    /// Follow a stream, starting again at `from` if it is followed already.
    Subscribe {
        /// The stream.
        stream: StreamName,
        /// The first position wanted.
        from: Position,
    },
    /// Send to whoever follows an ephemeral stream.
    Publish {
        /// The stream.
        stream: StreamName,
        /// The sealed entry.
        entry: Vec<u8>,
    },
    /// Something to show or to act on.
    Event(Event),
}

/// Something to show or to act on. In JSON an object with `type`: `view`, `chat`, `reaction`,
/// `send_key_frame` or `notice`; see [`View`], [`Notice`].
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// The state or the roster changed.
    View {
        /// All of it.
        view: View,
    },
    /// A chat message, from the verified sender.
    Chat {
        /// The sender's leaf when it was sent.
        leaf: LeafIndex,
        /// The sender's signed name.
        name: String,
        /// The text, to be shown as text.
        text: String,
        /// Whether it is one's own; it is durable by now.
        own: bool,
    },
    /// Somebody reacted; at most two a second from each (R-P1).
    Reaction {
        /// Their leaf when they did.
        leaf: LeafIndex,
        /// Their signed name.
        name: String,
        /// Whether it is one's own.
        own: bool,
        /// What they mean.
        reaction: Reaction,
    },
    /// The sending epoch changed: ask the video encoders for a key frame now.
    SendKeyFrame,
    /// Something that a person should know.
    Notice {
        /// What it is.
        notice: Notice,
    },
}

/// Something that a person should know. In JSON an object with `code` and the parameters.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Notice {
    /// Somebody came in.
    Joined {
        /// Who.
        name: String,
        /// Who let them in (R-C6).
        by: Option<String>,
    },
    /// Somebody's leaf was removed: they left, or their connection was lost.
    Removed {
        /// Who.
        name: String,
        /// Who removed it (R-C6).
        by: Option<String>,
    },
    /// A member wrote a commit that breaks a rule; it is void.
    CommitRefused {
        /// The rule.
        rule: Rule,
        /// Who wrote it, if that is certain.
        by: Option<String>,
        /// Their delegation, if it is a talk between delegations.
        delegation: Option<u8>,
    },
    /// A Welcome to this room breaks a rule; it was thrown away.
    WelcomeRefused {
        /// The rule.
        rule: Rule,
    },
    /// A member couldn't process a commit that others could (R-C9).
    Complaint {
        /// Who complains.
        name: String,
        /// The commit's position in the room's stream.
        position: Position,
    },
    /// The room was opened anew; everybody comes in again.
    Reopened {
        /// Counts the room's groups, from 1.
        incarnation: u32,
    },
    /// One's own leaf was removed while one was here; coming in again.
    ComingBack {
        /// Who removed it.
        by: Option<String>,
    },
    /// The room's state is in doubt; nothing is sent until it is clear.
    Doubt,
    /// Nothing was heard for a while of anybody of a delegation that sits there: nothing is sent until
    /// somebody of it is heard again, or its people are gone (R-B2).
    Silent {
        /// Which one's.
        delegation: u8,
    },
    /// Sound came in somebody's name that they didn't send: another member made it, with the server's
    /// help (R-B3). Told once for each leaf.
    ForgedSound {
        /// In whose name.
        name: String,
    },
    /// They were heard again, or are gone.
    HeardAgain {
        /// Which one's.
        delegation: u8,
    },
    /// The server didn't take a chat message.
    ChatNotSent {
        /// The text.
        text: String,
    },
    /// The server refuses what the room needs; it is tried again.
    ServerRefuses,
}

/// Where one stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum State {
    /// On the way in, or in again.
    Joining,
    /// In the room.
    Seated,
    /// Stopped for good: nothing is sent or opened any more.
    Stopped {
        /// Why.
        code: StopCode,
    },
    /// Left by choice.
    Left,
}

/// Why a session stopped for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StopCode {
    /// Two members in the same epoch hold different group states: somebody shows different logs
    /// to different people.
    Fork,
    /// The talk's record can't be opened with this link.
    BadRecord,
    /// The same seat came in elsewhere (another tab, another device).
    Replaced,
    /// One's seat was ejected or withdrawn, or the head who vouched was revoked.
    Revoked,
    /// Somebody's approval is missing, under the rules as they are now.
    NotApproved,
    /// The room was locked without one.
    LockedOut,
    /// The talk has ended.
    Ended,
    /// The team's room was ended.
    RoomEnded,
    /// The cryptography failed in a way that it never should.
    Internal,
}

/// All that there is to show, from verified data alone.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct View {
    /// Where one stands.
    pub state: State,
    /// The talk's title, once its record was opened.
    pub title: Option<String>,
    /// The room, once the record was opened.
    pub room: Option<RoomId>,
    /// The MLS epoch; 0 while not seated.
    pub epoch: u64,
    /// One's own leaf, while seated.
    pub own_leaf: Option<LeafIndex>,
    /// Everybody in the MLS tree, oneself included, by leaf.
    pub people: Vec<Person>,
}

/// Somebody in the MLS tree.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Person {
    /// The leaf.
    pub leaf: LeafIndex,
    /// The name that the seat's own key signed.
    pub name: String,
    /// Whether it is oneself.
    pub own: bool,
    /// What they said they send.
    pub sending: Vec<MediaKind>,
    /// Whether nothing was heard of them for a while.
    pub stale: bool,
    /// Since when their hand is up: whoever has the smaller number was first (R-P2).
    pub hand: Option<Position>,
    /// Which of the server's connections they say is theirs; nobody has another's (R-P3).
    pub connection: Option<ConnectionId>,
    /// How well they say they send and receive.
    pub quality: Quality,
    /// For whom they sit there, in a talk between delegations.
    #[serde(flatten)]
    pub affiliation: Affiliation,
}

/// Whose person somebody is, and who agreed to them; empty where a link admits. In JSON these are
/// fields of the person.
#[derive(Clone, PartialEq, Eq, Default, Serialize)]
pub struct Affiliation {
    /// The seat's key, unpadded base64url: names the seat in acts.
    pub seat: Option<String>,
    /// Which delegation's.
    pub delegation: Option<u8>,
    /// What they are, as [`two_keys::Role::name`] says it.
    pub role: Option<&'static str>,
    /// The head who vouched.
    pub vouched_by: Option<String>,
    /// The heads of other delegations who approved.
    pub approved_by: Vec<String>,
}

impl Affiliation {
    pub(crate) fn of(seat: &two_keys::Seat) -> Self {
        let approvals = seat.approvals().iter();
        Self {
            seat: Some(encode_base64url(&seat.tbs().key.0)),
            delegation: Some(seat.tbs().delegation.0),
            role: Some(seat.tbs().role.name()),
            vouched_by: Some(seat.vouching_head().name.as_str().to_owned()),
            approved_by: approvals
                .map(|approval| approval.head.name.as_str().to_owned())
                .collect(),
        }
    }
}

macro_rules! redact {
    ($($name:ident),*) => {$(
        impl core::fmt::Debug for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(concat!(stringify!($name), "(redacted)"))
            }
        }
    )*};
}

redact!(Notice, Person, Affiliation);

impl core::fmt::Debug for Event {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::View { view } => view.fmt(f),
            Self::Chat { own, .. } => write!(f, "Chat(redacted, own: {own})"),
            Self::Reaction { own, .. } => write!(f, "Reaction(redacted, own: {own})"),
            Self::SendKeyFrame => f.write_str("SendKeyFrame"),
            Self::Notice { .. } => f.write_str("Notice(redacted)"),
        }
    }
}

impl core::fmt::Debug for View {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(
            f,
            "View({:?}, epoch {}, leaf {:?}, {} people)",
            self.state,
            self.epoch,
            self.own_leaf,
            self.people.len()
        )
    }
}
