//! Steps of every kind, for tests, fuzz bodies and their corpus.

#![allow(
    clippy::unwrap_used,
    reason = "for tests: what is made here is well-formed"
)]
#![allow(missing_docs, reason = "the names say it")]

use super::*;
use crate::seat::SeatKey;
use crate::two_keys::DelegationIndex;
use std::sync::Arc;

pub const ID: ObjectId = ObjectId([9; 16]);

pub fn line<const MAX: usize, const MANY: bool>(typed: &str) -> Text<MAX, MANY> {
    Text::new(typed).unwrap()
}

pub fn plan(day: u64, mode: Mode) -> Plan {
    Plan {
        start: 1_790_000_000_000 + day * 86_400_000,
        minutes: 90,
        mode,
        place: line("Geneva"),
        zone: zone("Europe/Zurich"),
    }
}

pub fn zone(name: &str) -> Zone {
    Zone::new(name).unwrap()
}

pub fn accept() -> Deed {
    Deed::Meeting(MeetingStep::Accept(Zone::default()))
}

pub fn because(public: &str) -> Reason {
    Reason {
        public: line(public),
        ..Reason::default()
    }
}

pub fn propose(day: u64) -> Deed {
    Deed::Meeting(MeetingStep::Propose(plan(day, Mode::InPerson)))
}

pub fn put(title: &str) -> Deed {
    Deed::Agenda(AgendaStep::Put {
        title: line(title),
        order: 1,
        minutes: 20,
    })
}

pub fn position(text: &str) -> Deed {
    Deed::Agenda(AgendaStep::Position(line(text)))
}

pub fn mark(mark: Mark) -> Deed {
    Deed::Agenda(AgendaStep::Mark(mark))
}

pub fn document(headline: &str) -> Document {
    Document {
        headline: line(headline),
        place: line("Geneva"),
        date: line("3 May 2026"),
        embargo: 0,
        points: vec![],
        paragraphs: vec![Paragraph {
            text: line("Both sides met."),
            attribution: Attribution::None,
        }],
    }
}

pub fn draft(headline: &str) -> Deed {
    Deed::Readout(ReadoutStep::Draft(Arc::new(document(headline))))
}

/// One of each kind.
pub fn every_deed() -> Vec<Deed> {
    let reason = because("Snow.");
    let terms = Terms {
        name: line("Counting"),
        mandate: line("Count."),
        mode: Mode::Both,
        place: line("Oslo"),
        start: 1,
        due: 2,
        members: vec![SeatKey([1; 32]), SeatKey([2; 32])],
    };
    let pledge = Pledge {
        text: line("Survey"),
        owner: DelegationIndex(1),
        who: line("The institute"),
        due: 3,
        team: Some(ID),
    };
    let meeting = [
        MeetingStep::Propose(plan(1, Mode::InPerson)),
        MeetingStep::Accept(zone("Etc/GMT+5")),
        MeetingStep::Decline(reason.clone()),
        MeetingStep::Postpone(reason.clone(), Some(plan(2, Mode::Video))),
        MeetingStep::Cancel(reason.clone()),
        MeetingStep::Begin,
        MeetingStep::Adjourn(reason.clone(), None),
        MeetingStep::Resume,
        MeetingStep::End,
    ];
    let agenda = [
        AgendaStep::Position(line("one\ntwo")),
        AgendaStep::Request(line("three")),
        AgendaStep::Mark(Mark::Parked),
        AgendaStep::Call,
        AgendaStep::Rest,
        AgendaStep::Time(10),
    ];
    let team = [
        TeamStep::Propose(Arc::new(terms)),
        TeamStep::Agree,
        TeamStep::Refuse(reason.clone()),
        TeamStep::Report(line("Many")),
        TeamStep::Close,
    ];
    let commitment = [
        CommitmentStep::Propose(Arc::new(pledge)),
        CommitmentStep::Agree,
        CommitmentStep::Done,
        CommitmentStep::Drop(reason),
        CommitmentStep::Reopen,
    ];
    let text = || line("No.");
    let readout = [
        ReadoutStep::Draft(Arc::new(document("Quotas"))),
        ReadoutStep::Comment {
            on: 1,
            paragraph: Some(2),
            text: text(),
        },
        ReadoutStep::Sign {
            on: 1,
            signature: [5; 64],
        },
        ReadoutStep::Unsign { on: 1 },
        ReadoutStep::Dispute {
            on: 1,
            text: text(),
        },
        ReadoutStep::Undispute,
    ];
    let mut deeds = vec![put("Cod")];
    deeds.extend(meeting.map(Deed::Meeting));
    deeds.extend(agenda.map(Deed::Agenda));
    deeds.extend(team.map(Deed::Team));
    deeds.extend(commitment.map(Deed::Commitment));
    deeds.extend(readout.map(Deed::Readout));
    deeds
}
