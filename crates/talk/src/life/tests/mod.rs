//! Two heads, a mediator and some seats, with an in-memory record.

mod agenda;
mod common;
mod floor;
mod meetings;
mod model;
mod readouts;
mod schedules;
pub(crate) mod switches;
mod work;

use super::sample::*;
use super::*;
use crate::crypto::KeyPair;
use crate::two_keys::sample::*;
use crate::two_keys::{
    Act, ActBody, Admit, Author, Body, DelegationIndex, Delegations, Entry, HeadRevoked, Record,
    Role, Rules, SeatTbs, Void, plenary,
};
use std::sync::Arc;

/// Delegation 2 is neutral: a mediator.
pub(super) struct Bench {
    pub(super) record: Record,
    pub(super) life: Life,
    pub(super) written: Vec<Vec<u8>>,
}

impl Bench {
    pub(super) fn new() -> Self {
        let asked = [0, 1].map(DelegationIndex).into_iter().collect();
        let rules = Rules::all_of(asked, Admit::Each);
        let mut bench = Self::empty();
        let genesis = genesis(3, Delegations(0b100), rules);
        bench.write(0, &Body::Charter(ratified(&genesis))).unwrap();
        bench
    }

    pub(super) fn empty() -> Self {
        Self {
            record: Record::new(TALK, None),
            life: Life::new(),
            written: Vec::new(),
        }
    }

    pub(super) fn push(&mut self, entry: &[u8]) -> (Result<(), Void>, Result<(), LifeVoid>) {
        self.written.push(entry.to_vec());
        let pushed = self.record.take(entry, Some(entry));
        let after = self.record.next_place();
        let life = self.life.take(&pushed, after, self.record.standing());
        (pushed.result, life)
    }

    pub(super) fn write(&mut self, side: u8, body: &Body) -> Result<(), LifeVoid> {
        self.write_as(&head(side, 0).0, &author(side), body)
    }

    pub(super) fn write_as(
        &mut self,
        key: &KeyPair,
        author: &Author,
        body: &Body,
    ) -> Result<(), LifeVoid> {
        let place = self.record.next_place();
        let entry = Entry::sign(key, &TALK, place, author, 1000 + place.position, body);
        let (record, life) = self.push(&entry);
        record.unwrap();
        life
    }

    /// A step from whatever is the latest entry about the object.
    pub(super) fn step(&mut self, side: u8, deed: Deed) -> Result<(), LifeVoid> {
        let seen = self.last(&deed).into_iter().collect();
        self.step_from(side, seen, deed)
    }

    pub(super) fn step_from(
        &mut self,
        side: u8,
        seen: Vec<u64>,
        deed: Deed,
    ) -> Result<(), LifeVoid> {
        let step = Step {
            object: ID,
            seen,
            deed,
        };
        self.write(side, &step.body())
    }

    /// By somebody seated.
    pub(super) fn step_by(
        &mut self,
        tbs: &SeatTbs,
        seen: Vec<u64>,
        deed: Deed,
    ) -> Result<(), LifeVoid> {
        let others: Vec<u8> = (0..2).filter(|side| *side != tbs.delegation.0).collect();
        let seat = seat(tbs, &others, &charter(&self.record)).unwrap();
        let step = Step {
            object: ID,
            seen,
            deed,
        };
        let key = seat_key(tbs.name.as_str());
        self.write_as(&key, &Author::Seat(Box::new(seat)), &step.body())
    }

    fn last(&self, deed: &Deed) -> Option<u64> {
        let life = &self.life;
        match deed {
            Deed::Meeting(_) => life.meetings().get(&ID).map(|known| known.last),
            Deed::Agenda(AgendaStep::Position(_) | AgendaStep::Request(_))
            | Deed::Team(TeamStep::Report(_))
            | Deed::Readout(_) => None,
            Deed::Agenda(_) => life.agenda().get(&ID).map(|known| known.last),
            Deed::Team(_) => life.teams().get(&ID).map(|known| known.last),
            Deed::Commitment(_) => life.commitments().get(&ID).map(|known| known.last),
        }
    }

    /// Where the next entry will be.
    pub(super) fn next(&self) -> u64 {
        self.record.next_place().position
    }

    pub(super) fn end(&mut self) {
        self.end_by(0);
    }

    /// Heads `n` of both sides end the talk.
    pub(super) fn end_by(&mut self, n: u64) {
        let act = act(&self.record, ActBody::End);
        for (side, body) in [(0, Body::Act(act.clone())), (1, Body::Consent(act.hash()))] {
            let (key, cert) = head(side, n);
            self.write_as(&key, &Author::Head(cert), &body).unwrap();
        }
    }

    pub(super) fn in_force(&mut self, body: ActBody) {
        let act: Act = act(&self.record, body);
        self.write(0, &Body::Act(act.clone())).unwrap();
        self.write(1, &Body::Consent(act.hash())).unwrap();
    }

    pub(super) fn revoke(&mut self, side: u8) {
        let index = DelegationIndex(side);
        let revoked = HeadRevoked::issue(&root(side), &TALK, index, head(side, 0).1.key);
        let (key, cert) = head(side, 1);
        self.write_as(&key, &Author::Head(cert), &Body::HeadRevoked(revoked))
            .unwrap();
    }
}

pub(super) fn person(side: u8, role: Role, name: &str) -> SeatTbs {
    SeatTbs {
        role,
        ..tbs(side, name, &[plenary(&TALK)])
    }
}
