//! What happened, as it is told to the page.

use super::super::people::People;
use super::super::scribe::{act_choice, act_id};
use super::super::types::ActChoice;
use super::step::MarkName;
use super::view::by;
use super::views::ByView;
use incamera_model::TalkId;
use incamera_talk::life::{
    AgendaStep, CommitmentStep, Deed, Effect, Event, Life, MeetingStep, ObjectId, Plan,
    ReadoutStep, Reason, Said, Step, TeamStep,
};
use incamera_talk::two_keys::Standing;
use serde::Serialize;
use std::collections::BTreeMap;

/// A line of the timeline.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct EventView {
    /// The entry's position.
    pub position: u64,
    /// When, as its author says, in milliseconds since 1970; 0 if nobody does.
    pub at: u64,
    /// Who; nobody, if it is a matter of course or can't be known.
    pub by: Option<ByView>,
    /// What.
    pub what: WhatView,
    /// Why it is void, by its name in `docs/protocol.md`.
    pub void: Option<String>,
}

/// What happened. In JSON an object with `is`; `object` is the id of what it happened to, `agreed`
/// whether all have agreed by it.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "is", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it; see the talk crate's steps")]
pub enum WhatView {
    Founded {
        title: String,
    },
    Amended,
    WordsCompared {
        same: bool,
    },
    ActProposed {
        object: String,
        act: ActChoice,
    },
    ActConsented {
        object: String,
    },
    ActRetracted {
        object: String,
    },
    ActInForce {
        act: ActChoice,
    },
    ActExpired {
        act: ActChoice,
    },
    ActSuperseded {
        act: ActChoice,
    },
    Seated {
        name: Option<String>,
    },
    Left {
        name: Option<String>,
    },
    HeadRevoked,
    MeetingProposed {
        object: String,
        plan: Plan,
        was: Option<Plan>,
    },
    MeetingCountered {
        object: String,
        plan: Plan,
        was: Option<Plan>,
    },
    MeetingAccepted {
        object: String,
        plan: Option<Plan>,
        was: Option<Plan>,
        agreed: bool,
    },
    MeetingDeclined {
        object: String,
        plan: Option<Plan>,
        reason: Reason,
    },
    MeetingPostponed {
        object: String,
        plan: Option<Plan>,
        reason: Reason,
    },
    MeetingCancelled {
        object: String,
        was: Option<Plan>,
        reason: Reason,
    },
    MeetingBegun {
        object: String,
    },
    MeetingAdjourned {
        object: String,
        plan: Option<Plan>,
        reason: Reason,
    },
    MeetingResumed {
        object: String,
    },
    MeetingEnded {
        object: String,
    },
    AgendaPut {
        object: String,
        title: String,
    },
    AgendaPosition {
        object: String,
        title: String,
        text: String,
    },
    AgendaRequest {
        object: String,
        title: String,
        text: String,
    },
    AgendaMarked {
        object: String,
        title: String,
        state: MarkName,
        agreed: bool,
    },
    AgendaCalled {
        object: String,
        title: String,
    },
    AgendaRested {
        object: String,
        title: String,
    },
    AgendaTimed {
        object: String,
        title: String,
        minutes: u16,
        agreed: bool,
    },
    TeamProposed {
        object: String,
        name: String,
        mandate: String,
    },
    TeamAgreed {
        object: String,
        name: String,
        agreed: bool,
    },
    TeamRefused {
        object: String,
        name: String,
        reason: Reason,
    },
    TeamReported {
        object: String,
        name: String,
        text: String,
    },
    TeamClosed {
        object: String,
        name: String,
    },
    CommitmentProposed {
        object: String,
        text: String,
        owner: u8,
    },
    CommitmentAgreed {
        object: String,
        text: String,
        agreed: bool,
    },
    CommitmentDone {
        object: String,
        text: String,
    },
    CommitmentDropped {
        object: String,
        text: String,
        reason: Reason,
        agreed: bool,
    },
    CommitmentReopened {
        object: String,
        text: String,
    },
    ReadoutDrafted {
        object: String,
        headline: String,
    },
    ReadoutCommented {
        object: String,
        text: String,
    },
    ReadoutDisputed {
        object: String,
        text: String,
    },
    ReadoutUndisputed {
        object: String,
    },
    ReadoutSigned {
        object: String,
        on: u64,
    },
    ReadoutUnsigned {
        object: String,
        on: u64,
    },
    ReadoutAgreed {
        object: String,
    },
    /// Entries that nobody can read, one after the other, or of a kind that isn't known here.
    Nothing {
        count: u64,
    },
}

impl core::fmt::Debug for EventView {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("EventView(redacted)")
    }
}

impl core::fmt::Debug for WhatView {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("WhatView(redacted)")
    }
}

/// Tells events with the names that things have now.
pub(super) struct Teller<'a> {
    life: &'a Life,
    talk: TalkId,
    title: &'a str,
    people: &'a People,
    /// By the hash of their `SeatTBS`.
    names: BTreeMap<[u8; 32], &'a str>,
}

impl<'a> Teller<'a> {
    pub(super) fn new(life: &'a Life, standing: &'a Standing, people: &'a People) -> Self {
        let seats = people.vouched.values().map(|vouched| &vouched.seat);
        Self {
            life,
            talk: standing.charter().talk,
            title: standing.charter().title.as_str(),
            people,
            names: seats
                .map(|seat| (seat.tbs_hash(), seat.tbs().name.as_str()))
                .collect(),
        }
    }

    pub(super) fn tell(&self, event: &Event) -> EventView {
        EventView {
            position: event.position,
            at: event.at,
            by: event.by.as_ref().map(by),
            what: self.what(&event.said),
            void: event.void.map(str::to_owned),
        }
    }

    fn what(&self, said: &Said) -> WhatView {
        match said {
            Said::Founded => WhatView::Founded {
                title: self.title.to_owned(),
            },
            Said::Amended => WhatView::Amended,
            Said::Compared { same } => WhatView::WordsCompared { same: *same },
            Said::Proposed(act) => WhatView::ActProposed {
                object: act_id(&act.hash()),
                act: act_choice(&self.talk, act.body()),
            },
            Said::Consented(act) => WhatView::ActConsented {
                object: act_id(act),
            },
            Said::Retracted(act) => WhatView::ActRetracted {
                object: act_id(act),
            },
            Said::InForce(body) => WhatView::ActInForce {
                act: act_choice(&self.talk, body),
            },
            Said::Expired(body) => WhatView::ActExpired {
                act: act_choice(&self.talk, body),
            },
            Said::Superseded(body) => WhatView::ActSuperseded {
                act: act_choice(&self.talk, body),
            },
            Said::Approved(seat) => WhatView::Seated {
                name: self.names.get(seat).map(|name| (*name).to_owned()),
            },
            Said::Withdrawn(seat) => {
                let seat = self.people.seat(seat);
                WhatView::Left {
                    name: seat.map(|seat| seat.tbs().name.as_str().to_owned()),
                }
            }
            Said::HeadRevoked(_) => WhatView::HeadRevoked,
            Said::Step(step, effect) => self.step(step, effect),
            Said::ReadoutAgreed(readout) => WhatView::ReadoutAgreed {
                object: readout.to_text(),
            },
            Said::Nothing(count) => WhatView::Nothing { count: *count },
        }
    }

    fn step(&self, step: &Step, effect: &Effect) -> WhatView {
        let object = step.object.to_text();
        match &step.deed {
            Deed::Meeting(deed) => meeting(object, deed, effect),
            Deed::Agenda(deed) => self.agenda(&step.object, deed, effect),
            Deed::Team(deed) => self.team(&step.object, deed, effect),
            Deed::Commitment(deed) => self.commitment(&step.object, deed, effect),
            Deed::Readout(deed) => readout(object, deed),
        }
    }

    fn agenda(&self, id: &ObjectId, step: &AgendaStep, effect: &Effect) -> WhatView {
        let object = id.to_text();
        let item = self.life.agenda().get(id);
        let title = item.map_or_else(String::new, |item| item.title.to_string());
        match step {
            AgendaStep::Put { title, .. } => WhatView::AgendaPut {
                object,
                title: title.to_string(),
            },
            AgendaStep::Position(text) => WhatView::AgendaPosition {
                object,
                title,
                text: text.to_string(),
            },
            AgendaStep::Request(text) => WhatView::AgendaRequest {
                object,
                title,
                text: text.to_string(),
            },
            AgendaStep::Mark(mark) => WhatView::AgendaMarked {
                object,
                title,
                state: (*mark).into(),
                agreed: effect.completes,
            },
            AgendaStep::Call => WhatView::AgendaCalled { object, title },
            AgendaStep::Rest => WhatView::AgendaRested { object, title },
            AgendaStep::Time(minutes) => WhatView::AgendaTimed {
                object,
                title,
                minutes: *minutes,
                agreed: effect.completes,
            },
        }
    }

    fn team(&self, id: &ObjectId, step: &TeamStep, effect: &Effect) -> WhatView {
        let object = id.to_text();
        let team = self.life.teams().get(id);
        let name = team.map_or_else(String::new, |team| team.terms.name.to_string());
        match step {
            TeamStep::Propose(terms) => WhatView::TeamProposed {
                object,
                name: terms.name.to_string(),
                mandate: terms.mandate.to_string(),
            },
            TeamStep::Agree => WhatView::TeamAgreed {
                object,
                name,
                agreed: effect.completes,
            },
            TeamStep::Refuse(reason) => WhatView::TeamRefused {
                object,
                name,
                reason: reason.clone(),
            },
            TeamStep::Report(text) => WhatView::TeamReported {
                object,
                name,
                text: text.to_string(),
            },
            TeamStep::Close => WhatView::TeamClosed { object, name },
        }
    }

    fn commitment(&self, id: &ObjectId, step: &CommitmentStep, effect: &Effect) -> WhatView {
        let object = id.to_text();
        let known = self.life.commitments().get(id);
        let text = known.map_or_else(String::new, |known| known.pledge.text.to_string());
        let agreed = effect.completes;
        match step {
            CommitmentStep::Propose(pledge) => WhatView::CommitmentProposed {
                object,
                text: pledge.text.to_string(),
                owner: pledge.owner.0,
            },
            CommitmentStep::Agree => WhatView::CommitmentAgreed {
                object,
                text,
                agreed,
            },
            CommitmentStep::Done => WhatView::CommitmentDone { object, text },
            CommitmentStep::Drop(reason) => WhatView::CommitmentDropped {
                object,
                text,
                reason: reason.clone(),
                agreed,
            },
            CommitmentStep::Reopen => WhatView::CommitmentReopened { object, text },
        }
    }
}

fn meeting(object: String, step: &MeetingStep, effect: &Effect) -> WhatView {
    let was = effect.was.clone();
    match step {
        MeetingStep::Propose(plan) if effect.counters => WhatView::MeetingCountered {
            object,
            plan: plan.clone(),
            was,
        },
        MeetingStep::Propose(plan) => WhatView::MeetingProposed {
            object,
            plan: plan.clone(),
            was,
        },
        MeetingStep::Accept(_) => WhatView::MeetingAccepted {
            object,
            plan: effect.plan.clone(),
            was,
            agreed: effect.completes,
        },
        MeetingStep::Decline(reason) => WhatView::MeetingDeclined {
            object,
            plan: effect.plan.clone(),
            reason: reason.clone(),
        },
        MeetingStep::Postpone(reason, plan) => WhatView::MeetingPostponed {
            object,
            plan: plan.clone(),
            reason: reason.clone(),
        },
        MeetingStep::Cancel(reason) => WhatView::MeetingCancelled {
            object,
            was,
            reason: reason.clone(),
        },
        MeetingStep::Begin => WhatView::MeetingBegun { object },
        MeetingStep::Adjourn(reason, plan) => WhatView::MeetingAdjourned {
            object,
            plan: plan.clone(),
            reason: reason.clone(),
        },
        MeetingStep::Resume => WhatView::MeetingResumed { object },
        MeetingStep::End => WhatView::MeetingEnded { object },
    }
}

fn readout(object: String, step: &ReadoutStep) -> WhatView {
    match step {
        ReadoutStep::Draft(document) => WhatView::ReadoutDrafted {
            object,
            headline: document.headline.to_string(),
        },
        ReadoutStep::Comment { text, .. } => WhatView::ReadoutCommented {
            object,
            text: text.to_string(),
        },
        ReadoutStep::Sign { on, .. } => WhatView::ReadoutSigned { object, on: *on },
        ReadoutStep::Unsign { on } => WhatView::ReadoutUnsigned { object, on: *on },
        ReadoutStep::Dispute { text, .. } => WhatView::ReadoutDisputed {
            object,
            text: text.to_string(),
        },
        ReadoutStep::Undispute => WhatView::ReadoutUndisputed { object },
    }
}
