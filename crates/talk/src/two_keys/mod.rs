//! Two keys: what affects several delegations needs the keys of all. From what each side signs to
//! what stands, without a clock and without a server's word: everybody who replays the same record
//! comes to the same result.
//!
//! | Rule | |
//! | --- | --- |
//! | R-T1 | rules under which a delegation that isn't neutral is left out are none |
//! | R-T2 | an amendment keeps the delegations; one root may become the one that was named for it |
//! | R-T3 | a mediator belongs to a neutral delegation |
//! | R-T4 | nobody becomes a head by an automatic invitation |
//! | R-L1 | an entry counts only in the place it was written for |
//! | R-L2 | only delegations that the rules ask in a matter consent to it |
//! | R-L3 | an act names the last act in force |
//! | R-L4 | a delegation is bound by one open act at a time, until that act ends or it takes its consent back |
//! | R-L5 | only one's own people are withdrawn |

mod act;
mod asking;
mod charter;
mod entry;
mod founding;
mod invite;
mod known;
mod life;
mod links;
mod lobby;
mod look_alike;
mod party;
mod propose;
mod record;
mod rules;
#[doc(hidden)]
pub mod sample;
mod seat;
mod second_head;
mod secret;
mod standing;
mod standings;
pub(crate) mod switch;
mod team_keys;
#[cfg(test)]
mod tests;
mod words;

pub use act::{Act, ActBody, ActHash, MAX_ACT_POSITIONS, MAX_LOCK_SEATS};
pub use asking::{
    AskFault, AskPacket, BOX_BYTES, BoxKey, Granted, InvitePacket, Invited, MAX_REASON_CHARS, Mail,
    Refused, SeatRequest, VouchedPacket,
};
pub use charter::{Charter, CharterError, MAX_CHARTER_BYTES, Ratified};
pub use entry::{
    Author, Body, Entry, EntryError, FIRST_LIFE_KIND, HeadRevoked, MAX_BODY_BYTES, Place,
    Withdrawal,
};
pub use founding::{Claim, FoundingError, Genesis, MAX_FOUNDING_BYTES, Offer};
pub use invite::{InviteCert, InviteError, InviteTerms, MAX_INVITE_BYTES, Role};
pub use life::WordsCompared;
pub use links::{AnyLink, ClaimLink, Code, GroupSecret, InviteSecret, Read, SeatLink, read};
pub use lobby::{
    ClaimPacket, CounterPacket, CounterSigned, DeclinePacket, Founders, LobbyFault, LobbyKind,
    OfferPacket,
};
pub use look_alike::{Suspicion, suspicions};
pub use party::{HeadCert, MAX_HEAD_BYTES, MAX_ORIGIN_BYTES, MAX_ORIGINS, Party, PartyError};
pub use propose::{NewTalk, ProposeTalkError, Proposed, propose};
pub use record::{Change, Pushed, Record, Void};
pub use rules::{Admit, DelegationIndex, Delegations, MAX_DELEGATIONS, Matter, Rules};
pub use seat::{Approval, MAX_SEAT_BYTES, Seat, SeatError, SeatTbs, Voucher};
pub use secret::{
    CodeSecret, GuestSecret, HeadSecret, KeptInvitation, MAX_KEPT_INVITATIONS, MAX_KEPT_SEATS,
    Office, Secret, SecretError,
};
pub use standing::{MAX_TEAM_ROOMS, OpenAct, Standing, caucus, plenary, team_room};
pub use standings::Standings;
pub use team_keys::{BoxNamed, Grant, MAX_GRANT_BYTES, MAX_GRANTS, RoomKeys};
pub use words::{WORDS, Words};

/// The version of the wire protocol that charters made here name.
pub const WIRE_VERSION: u16 = 3;
