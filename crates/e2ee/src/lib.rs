//! The one wrapper of an MLS group that enforces the rules, SFrame contexts and sealed entries.
//! Pure and synchronous.
//!
//! [`RoomSession`] is one person's presence in a room: sans-I/O, the same machine natively and in
//! the browser's worker. Inside, one private type owns the MLS group and is the only place that
//! can merge a commit; one other owns the keys of media and has no path that lets a frame through
//! unsealed. The protocol is in `docs/protocol.md`; its rule identifiers are [`Rule`].
//!
//! MLS state lives in memory only: a restart comes in again as the same seat.

mod applicant;
mod beat;
mod desk;
mod entries;
mod frame_lists;
#[doc(hidden)]
pub mod fuzz;
mod group;
mod identity;
mod leaves;
mod liveness;
mod media;
mod outbox;
mod pinned;
mod presence;
mod provider;
mod room_seat;
mod rules;
mod selftest;
mod session;
mod timing;
mod types;

pub use desk::{
    ActChoice, ActView, AdmitName, ApproverView, AskState, Broken, ByView, CommentView,
    CommitmentStateName, CommitmentView, DelegationView, DeskNotice, DisputeView, EventView,
    FounderView, HeadView, IdText, ItemView, LifeStep, LifeView, LobbyView, MarkName,
    MeetingStateName, MeetingView, MemberView, OfferView, OwnView, ReadoutView, RoleName,
    RoomPlace, RulesView, SaidTimeView, SeatState, SeatView, SideView, SignatureView, Stage,
    StandsView, SuspicionName, TalkCommand, TalkConfig, TalkError, TalkEvent, TalkOutput,
    TalkSession, TalkView, TeamOfferView, TeamStateName, TeamView, TimeView, VersionView,
    WaitingView, WhatView, WordsView, WrittenView, ZoneView,
};
pub use entries::MAX_CHAT_BYTES;
pub use group::MlsFailure;
pub use media::{MAX_MEDIA_FRAME_BYTES, OpenError, Opened, SealError};
pub use presence::{PresenceError, Quality, QualityCause, QualityLevel, Reaction};
pub use rules::Rule;
pub use selftest::{SelfTest, SelfTestError, self_test};
pub use session::{ChatError, Config, RoomSession, SessionError, TalkRoomConfig};
#[cfg(feature = "test-switches")]
pub use session::{attack, attack_talk};
pub use types::{Affiliation, Event, Notice, Output, Person, State, StopCode, View};
