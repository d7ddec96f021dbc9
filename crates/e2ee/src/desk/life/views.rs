//! The shapes of what is shown; in JSON as they stand here, in snake case.

use super::step::MarkName;
use super::timeline::EventView;
use incamera_talk::life::{Document, Mode, Plan, Reason, Zone};
use serde::Serialize;

macro_rules! views {
    ($($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty,)* })*) => {$(
        $(#[$meta])*
        #[derive(Clone, PartialEq, Eq, Serialize)]
        #[allow(missing_docs, reason = "the names say it")]
        pub struct $name {
            $($(#[$field_meta])* pub $field: $type,)*
        }

        impl core::fmt::Debug for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(concat!(stringify!($name), "(redacted)"))
            }
        }
    )*};
}

views! {
    /// All that there is to show of a talk's life.
    LifeView {
        /// What happened, in order.
        timeline: Vec<EventView>,
        /// How many older events aren't told any more.
        dropped: u64,
        meetings: Vec<MeetingView>,
        agenda: Vec<ItemView>,
        teams: Vec<TeamView>,
        commitments: Vec<CommitmentView>,
        readouts: Vec<ReadoutView>,
    }

    /// Who wrote something.
    ByView {
        name: String,
        delegation: u8,
    }

    /// A text, by the position of its entry.
    WrittenView {
        entry: u64,
        text: String,
        by: ByView,
        at: u64,
    }

    /// A meeting.
    MeetingView {
        id: String,
        /// For calendars.
        uid: String,
        state: MeetingStateName,
        plan: Option<Plan>,
        offer: Option<OfferView>,
        reason: Option<Reason>,
        /// Whose reason.
        reason_by: Option<u8>,
        sequence: u32,
        /// The time zone that each side told last, of those that told one.
        zones: Vec<ZoneView>,
        last: u64,
    }

    /// A side's time zone, by its name; whether there is one of that name isn't known here.
    ZoneView {
        delegation: u8,
        zone: Zone,
    }

    /// A plan that isn't agreed yet.
    OfferView {
        plan: Plan,
        by: u8,
        agreed: Vec<u8>,
    }

    /// An agenda item.
    ItemView {
        id: String,
        title: String,
        order: u16,
        minutes: u16,
        state: MarkName,
        /// Who marked it agreed.
        marks: Vec<u8>,
        /// One for each delegation.
        sides: Vec<SideView>,
        /// When it was called, in milliseconds since 1970, while it is before the meeting.
        current_since: Option<u64>,
        time: TimeView,
        last: u64,
    }

    /// How long each delegation may speak on an item.
    TimeView {
        /// In minutes; none if that isn't agreed, or if it is agreed that there is no limit.
        agreed: Option<u16>,
        said: Vec<SaidTimeView>,
    }

    /// What one delegation says about that; 0 for no limit.
    SaidTimeView {
        delegation: u8,
        minutes: u16,
    }

    /// What one side says to an item; several texts if they crossed each other.
    SideView {
        delegation: u8,
        position: Vec<WrittenView>,
        request: Vec<WrittenView>,
    }

    /// A team.
    TeamView {
        id: String,
        name: String,
        mandate: String,
        mode: Mode,
        place: String,
        start: u64,
        due: u64,
        members: Vec<MemberView>,
        /// The room that the team may have; it is there once an act began it.
        room: String,
        state: TeamStateName,
        /// Who agreed to what is proposed; everybody once it is agreed.
        agreed: Vec<u8>,
        /// Other terms than the agreed ones that are proposed.
        offer: Option<TeamOfferView>,
        reason: Option<Reason>,
        /// Whose reason.
        reason_by: Option<u8>,
        reports: Vec<WrittenView>,
        last: u64,
    }

    /// Other terms for a team that works.
    TeamOfferView {
        name: String,
        mandate: String,
        mode: Mode,
        place: String,
        start: u64,
        due: u64,
        members: Vec<MemberView>,
        by: u8,
        agreed: Vec<u8>,
    }

    /// Somebody in a team.
    MemberView {
        seat: String,
        /// None if no such seat is known.
        name: Option<String>,
        delegation: Option<u8>,
    }

    /// A commitment.
    CommitmentView {
        id: String,
        text: String,
        owner: u8,
        who: String,
        due: u64,
        team: Option<String>,
        state: CommitmentStateName,
        agreed: Vec<u8>,
        /// Who asked first that it be dropped, while it isn't.
        drop_asked: Option<u8>,
        reason: Option<Reason>,
        /// Whose reason.
        reason_by: Option<u8>,
        last: u64,
    }

    /// A readout.
    ReadoutView {
        id: String,
        versions: Vec<VersionView>,
        /// The versions that none follows.
        tips: Vec<u64>,
        comments: Vec<CommentView>,
        disputes: Vec<DisputeView>,
        signatures: Vec<SignatureView>,
        /// The version that all have signed.
        agreed: Option<u64>,
        /// SHA-256 of its signed text, in hexadecimal digits.
        hash: Option<String>,
        /// What its signed text names of the record.
        stands: Option<StandsView>,
        published: bool,
        last: u64,
    }

    /// Where the version that all have signed stands.
    StandsView {
        /// `H(charter)`, as base64url.
        charter: String,
        /// SHA-256 of its sealed entry, as base64url.
        entry: String,
    }

    /// A version of a readout.
    VersionView {
        entry: u64,
        parents: Vec<u64>,
        by: ByView,
        at: u64,
        document: Document,
        /// How many brackets it has.
        brackets: usize,
    }

    /// A comment on a version.
    CommentView {
        entry: u64,
        on: u64,
        /// From 0; none for the whole.
        paragraph: Option<u16>,
        text: String,
        by: ByView,
        at: u64,
    }

    /// What a side says is wrong with a version.
    DisputeView {
        delegation: u8,
        text: String,
        on: u64,
        by: ByView,
    }

    /// A side's signature under a version's text.
    SignatureView {
        delegation: u8,
        by: String,
        on: u64,
        entry: u64,
        /// The head's public key, base64url.
        key: String,
        /// Ed25519, base64url.
        signature: String,
    }
}

macro_rules! states {
    ($(#[$meta:meta] $name:ident from $state:ident { $($variant:ident),* })*) => {$(
        #[$meta]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
        #[serde(rename_all = "snake_case")]
        #[allow(missing_docs, reason = "the names say it; see the talk crate's states")]
        pub enum $name {
            $($variant,)*
        }

        impl From<incamera_talk::life::$state> for $name {
            fn from(state: incamera_talk::life::$state) -> Self {
                match state {
                    $(incamera_talk::life::$state::$variant => Self::$variant,)*
                }
            }
        }
    )*};
}

states! {
    /// How far a meeting is.
    MeetingStateName from MeetingState {
        Proposed, Declined, Agreed, Postponed, Cancelled, InSession, Adjourned, Held
    }
    /// How far a team is.
    TeamStateName from TeamState { Proposed, Refused, Agreed, Reported, Closed }
    /// How far a commitment is.
    CommitmentStateName from CommitmentState { Proposed, Open, Done, Dropped }
}
