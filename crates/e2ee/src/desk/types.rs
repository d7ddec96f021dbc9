use super::life::{LifeStep, LifeView};
use crate::types::Event;
use incamera_model::{AccessKey, Position, StreamName, TalkId};
use incamera_talk::TextError;
use incamera_talk::life::LifeVoid;
use serde::{Deserialize, Serialize};

/// What the machine wants done, or tells. Drain with [`crate::TalkSession::poll_output`]; the order
/// counts: a [`TalkEvent::Keep`] is to be stored before what comes after it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TalkOutput {
    /// Append to a stored stream; answer with `handle_appended`, `handle_conflict` or
    /// `handle_refused` of the same request. The desk's own requests have the top bit set, the
    /// room's don't.
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
    Event(TalkEvent),
}

/// Something to show or to act on. In JSON an object with `type`: `talk`, `keep`, `register`,
/// `invited`, `desk`, `life`, or one of the room's ([`Event`]).
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum TalkEvent {
    /// What there is to show changed.
    Talk {
        /// All of it.
        talk: Box<TalkView>,
    },
    /// What the device has to keep changed; it replaces what was kept before, and is given back at
    /// the next start.
    Keep {
        /// Opaque and secret.
        secret: String,
    },
    /// The server has to be told the keys of the group that was claimed: sign with
    /// [`crate::TalkSession::sign_group`], tell it, then [`TalkCommand::Registered`] and connect
    /// again, with the new access key.
    Register {
        /// The group.
        group: u8,
        /// Its access key from now on.
        access: AccessKey,
        /// Its control key.
        control: AccessKey,
    },
    /// An invitation was made; its link is the fragment at the recipient's origin.
    Invited {
        /// The invitation's id.
        id: String,
        /// The link's secret part, without its `#`.
        fragment: String,
        /// The same to be read out; whoever types it asks without the invitation.
        code: String,
        /// The role offered.
        role: RoleName,
        /// Whom it is for.
        hint: Option<String>,
    },
    /// Something that a person should know.
    Desk {
        /// What it is.
        notice: DeskNotice,
    },
    /// The life of the talk changed.
    Life {
        /// All of it.
        life: Box<LifeView>,
    },
    /// What the room tells.
    #[serde(untagged)]
    Room(Event),
}

/// Something that a person should know. In JSON an object with `code` and the parameters.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum DeskNotice {
    /// An act is in force.
    ActInForce {
        /// The act.
        id: String,
        /// What it decides.
        act: ActChoice,
    },
    /// An act's last position passed without everybody's consent.
    ActExpired {
        /// The act.
        id: String,
        /// What it would have decided.
        act: ActChoice,
    },
    /// Another decision came first.
    ActSuperseded {
        /// The act.
        id: String,
        /// What it would have decided.
        act: ActChoice,
    },
    /// What was to be written in the record is void there.
    Void {
        /// Why, by its name in `docs/protocol.md`.
        reason: String,
    },
    /// The server refuses what the talk needs.
    ServerRefuses,
}

/// What a person decides. In JSON an object with `type` in snake case.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum TalkCommand {
    /// Claim the offered place.
    Claim {
        /// The delegation's name.
        delegation: String,
        /// One's own name.
        person: String,
    },
    /// Sign the charter with the claimant that is shown.
    Countersign,
    /// Refuse the claimant that is shown.
    RefuseClaim,
    /// The words were read aloud and compared.
    Compared {
        /// Whether they are the same.
        same: bool,
    },
    /// Ask for a seat; for a head that was restored from a backup, take one.
    Ask {
        /// One's own name.
        person: String,
    },
    /// Make an invitation to one's own delegation.
    Invite {
        /// The role.
        role: RoleName,
        /// Whom it is for.
        #[serde(default)]
        hint: Option<String>,
        /// Milliseconds since 1970, 0 for never.
        #[serde(default)]
        expiry: u64,
        /// Whether it vouches by itself, for one person.
        #[serde(default)]
        automatic: bool,
    },
    /// Vouch for people of one's own side.
    Vouch {
        /// Their seats.
        seats: Vec<String>,
    },
    /// Refuse somebody of one's own side a seat.
    Refuse {
        /// The seat.
        seat: String,
        /// Why; may be empty.
        #[serde(default)]
        reason: String,
    },
    /// Approve people of other sides.
    Approve {
        /// Their seats.
        seats: Vec<String>,
    },
    /// Give up a seat of one's own side, or one's own.
    Withdraw {
        /// The seat.
        seat: String,
    },
    /// Take a head's office back and their seat with it, for whoever holds the delegation's root.
    RevokeHead {
        /// The head, by [`HeadView::id`].
        head: String,
    },
    /// Propose a decision, and consent to it.
    ProposeAct {
        /// What is to be decided.
        act: ActChoice,
    },
    /// Consent to a proposed decision.
    Consent {
        /// The act.
        act: String,
    },
    /// Take one's delegation's consent back.
    Retract {
        /// The act.
        act: String,
    },
    /// Enter the plenary, or a team's room.
    Enter {
        /// The team's room; the plenary without it.
        #[serde(default)]
        room: Option<String>,
    },
    /// Write into the life of the talk.
    Life {
        /// What.
        step: Box<LifeStep>,
        /// The `last` of its object in the view that it was made from; none for a new one.
        #[serde(default)]
        seen: Option<u64>,
    },
    /// Leave it, and stay in the talk.
    LeaveRoom,
    /// The server took the group's keys.
    Registered,
}

/// A command that can't be carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TalkError {
    /// It isn't the time for it; the view says what is.
    #[error("this can't be done now")]
    NotNow,
    /// Only a head can do it.
    #[error("only a head can do this")]
    NotHead,
    /// Only a head with the delegation's own keys can do it.
    #[error("only the head who founded the talk for your delegation can do this")]
    NoRoot,
    /// A name breaks the rules for names.
    #[error("choose another name: {0}")]
    Name(TextError),
    /// A reason breaks the rules for titles.
    #[error("write the reason differently: {0}")]
    Reason(TextError),
    /// No such person, invitation or act.
    #[error("this isn't there any more")]
    Unknown,
    /// The rules of the talk's life don't allow it as things stand.
    #[error("this can't be done: {0}")]
    Life(LifeVoid),
    /// Too much waits for the connection.
    #[error("too much waits for the connection; try again when it is back")]
    TooMany,
    /// The cryptography failed in a way that it never should.
    #[error("something failed that never should; reload the page")]
    Internal,
}

impl TalkError {
    /// A name for it, for a page that has a sentence of its own for each.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotNow => "not_now",
            Self::NotHead => "not_head",
            Self::NoRoot => "no_root",
            Self::Name(_) => "name",
            Self::Reason(_) => "reason",
            Self::Unknown => "unknown",
            Self::Life(void) => void.reason(),
            Self::TooMany => "too_many",
            Self::Internal => "internal",
        }
    }
}

/// How far the founding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Not known yet.
    Loading,
    /// The proposer waits for a claim.
    Offered,
    /// A claim waits for the proposer's signature.
    Claimed,
    /// The claimant has to type its names.
    Claiming,
    /// The other side's step, or the server's, is next.
    Founding,
    /// Founded.
    Founded,
    /// It can't go on.
    Broken,
}

/// Why it can't go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Broken {
    /// The offer isn't the one that the link was made for.
    NotThisLink,
    /// Somebody else has claimed the place.
    Taken,
    /// The proposer refused the claim.
    Refused,
    /// The words differ: somebody stands between the delegations.
    Mismatch,
    /// The record isn't the one that the seat was granted in.
    Record,
}

/// How far one's own seat, or somebody's in the lobby, is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SeatState {
    /// Not asked for.
    None,
    /// Asked for.
    Asked,
    /// Vouched for.
    Vouched,
    /// Refused.
    Refused,
    /// Complete.
    Ready,
}

/// As [`SeatState`], for somebody in the lobby.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AskState {
    /// Asks.
    Asks,
    /// Is vouched for, and not approved by everybody yet.
    Vouched,
    /// Is seated.
    Ready,
    /// Was refused.
    Refused,
}

/// What a person is in a talk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it; see the talk crate's Role")]
pub enum RoleName {
    Head,
    Delegate,
    Expert,
    Interpreter,
    NoteTaker,
    Observer,
    Mediator,
}

/// How people are admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdmitName {
    /// Each by every side.
    Each,
    /// Each by their own side.
    Roster,
}

/// What an act decides. In JSON an object with `is`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum ActChoice {
    /// Somebody's seat is revoked.
    Eject {
        /// Whose.
        seat: String,
    },
    /// Nobody new enters the plenary: those who have a seat now may stay.
    Lock,
    /// Everybody with a seat may enter again.
    Unlock,
    /// A team has a room of its own, or other people in it.
    BeginRoom {
        /// The room: `two_keys::team_room` of the team's id, or one that is there.
        room: String,
        /// The people.
        seats: Vec<String>,
    },
    /// A team's room is ended.
    EndRoom {
        /// The room.
        room: String,
    },
    /// The talk ends.
    End,
    /// People are admitted differently.
    Rules {
        /// How.
        admit: AdmitName,
    },
    /// A readout that is agreed is published.
    Publish {
        /// SHA-256 of its signed text, in hexadecimal digits.
        hash: String,
    },
}

/// Why a name deserves a second look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SuspicionName {
    /// It looks like another name of the talk.
    LookAlike,
    /// It mixes scripts in a way that no single language does.
    MixedScripts,
}

/// All that there is to show of a talk, from verified data alone.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct TalkView {
    /// The talk.
    pub talk: TalkId,
    /// Its title, once it is known.
    pub title: Option<String>,
    /// How far the founding is.
    pub stage: Stage,
    /// Why it can't go on, if it can't.
    pub broken: Option<Broken>,
    /// Oneself.
    pub own: OwnView,
    /// The delegations.
    pub delegations: Vec<DelegationView>,
    /// For a claimant: who proposes.
    pub offer: Option<FounderView>,
    /// For the proposer: who claims.
    pub claim: Option<FounderView>,
    /// What both sides read aloud.
    pub words: Option<WordsView>,
    /// The delegations of which a head said that the words agree.
    pub compared: Vec<u8>,
    /// Whether any head said that they differ.
    pub mismatch: bool,
    /// For heads: their own side's people who ask.
    pub lobby: Vec<LobbyView>,
    /// For heads: other sides' people who wait for an approval.
    pub waiting: Vec<WaitingView>,
    /// Everybody who has a seat, or had one.
    pub seats: Vec<SeatView>,
    /// The rooms of teams.
    pub rooms: Vec<RoomPlace>,
    /// Everybody who speaks for a delegation, or did.
    pub heads: Vec<HeadView>,
    /// The decisions that wait for consents.
    pub acts: Vec<ActView>,
    /// The rules in force.
    pub rules: Option<RulesView>,
    /// Whether the plenary is locked.
    pub locked: bool,
    /// Whether the talk has ended.
    pub ended: bool,
    /// Whose software this is, if not one's own delegation's; not known here.
    pub server_foreign: Option<String>,
}

/// Oneself.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct OwnView {
    /// One's delegation.
    pub delegation: Option<u8>,
    /// One's role; before one has a seat, the one offered.
    pub role: Option<RoleName>,
    /// One's name; before one has asked, the one that the invitation was made for.
    pub name: Option<String>,
    /// Whether one is a head.
    pub head: bool,
    /// Whether one has the delegation's own keys: can make other heads, back the keys up, and have
    /// the talk erased.
    pub root: bool,
    /// Whether one was a head until the own side took that back.
    pub demoted: bool,
    /// One's own seat's id, once it is asked for.
    pub id: Option<String>,
    /// How far one's seat is.
    pub seat: SeatState,
    /// Why it was refused.
    pub refused: Option<String>,
}

/// A delegation.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct DelegationView {
    pub index: u8,
    pub name: String,
    pub neutral: bool,
    pub own: bool,
}

/// A delegation and its head, before the talk is founded.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct FounderView {
    pub delegation: String,
    pub person: String,
    pub suspicions: Vec<SuspicionName>,
}

/// What both sides read aloud.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct WordsView {
    /// Six words.
    pub words: Vec<String>,
    /// The same as 20 digits.
    pub digits: String,
}

/// Somebody of one's own side who asks.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct LobbyView {
    /// The seat.
    pub id: String,
    /// The name that it would have.
    pub name: String,
    /// Its role.
    pub role: RoleName,
    /// Whom the invitation was made for.
    pub hint: Option<String>,
    /// Whether there is an invitation.
    pub invited: bool,
    /// Whether it has expired.
    pub expired: bool,
    /// Whether it vouches by itself.
    pub automatic: bool,
    /// About the name.
    pub suspicions: Vec<SuspicionName>,
    /// How far it is.
    pub state: AskState,
}

/// Somebody of another side who waits for an approval.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct WaitingView {
    pub id: String,
    pub delegation: u8,
    pub name: String,
    pub role: RoleName,
    pub vouched_by: String,
    pub suspicions: Vec<SuspicionName>,
}

/// A seat that was complete once.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct SeatView {
    pub id: String,
    pub delegation: u8,
    pub name: String,
    pub role: RoleName,
    pub vouched_by: String,
    pub approved_by: Vec<ApproverView>,
    pub revoked: bool,
}

/// A team's room.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct RoomPlace {
    /// The room.
    pub id: String,
    /// The seats it is for.
    pub seats: Vec<String>,
    /// Whether one's own is among them.
    pub own: bool,
    /// Whether one has its key and may enter.
    pub ready: bool,
}

/// Somebody who speaks for a delegation: the root has certified their key.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct HeadView {
    pub id: String,
    pub delegation: u8,
    pub name: String,
    /// Their seat's id.
    pub seat: String,
    pub own: bool,
    /// Whether by the charter: such a head has the delegation's own keys.
    pub root: bool,
    pub revoked: bool,
}

/// A head of another side who approved.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct ApproverView {
    pub delegation: u8,
    pub name: String,
}

/// A decision that waits for consents.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct ActView {
    /// The act.
    pub id: String,
    /// What it decides.
    pub act: ActChoice,
    /// The name of whom it concerns.
    pub seat_name: Option<String>,
    /// Of a lock: the names of those who have a seat and aren't on its list, so would be kept out.
    pub shut_out: Vec<String>,
    /// The delegations that consented.
    pub agreed: Vec<u8>,
    /// The delegations that are asked.
    pub asked: Vec<u8>,
    /// Whether one's own delegation consented.
    pub own: bool,
    /// How many entries of the record it has left.
    pub expires_in: u64,
}

/// The rules in force.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the name says it")]
pub struct RulesView {
    pub admit: AdmitName,
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

redact!(
    DeskNotice,
    TalkView,
    OwnView,
    DelegationView,
    FounderView,
    WordsView,
    LobbyView,
    WaitingView,
    SeatView,
    HeadView,
    ApproverView,
    RoomPlace,
    ActView,
    RulesView
);

impl core::fmt::Debug for TalkEvent {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Talk { .. } => "Talk(redacted)",
            Self::Keep { .. } => "Keep(redacted)",
            Self::Register { .. } => "Register",
            Self::Invited { .. } => "Invited(redacted)",
            Self::Desk { .. } => "Desk(redacted)",
            Self::Life { .. } => "Life(redacted)",
            Self::Room(event) => return event.fmt(f),
        })
    }
}
