//! The life of a talk without bytes, signatures and positions but those that steps name: what has
//! to come of a schedule. Delegations 0 and 1 are asked; 2 is neutral.

use super::*;
use std::collections::{BTreeMap, BTreeSet};

/// A head, by delegation and number; or a seat, by delegation and role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Actor {
    Head(u8, u64),
    Seat(u8, Role),
}

impl Actor {
    pub(super) fn side(self) -> u8 {
        match self {
            Self::Head(side, _) | Self::Seat(side, _) => side,
        }
    }

    fn is_head(self) -> bool {
        matches!(self, Self::Head(..))
    }

    fn is_asked(self) -> bool {
        self.side() < 2
    }
}

/// Heads that agreed.
pub(super) type Heads = BTreeSet<(u8, u64)>;

fn sides(heads: &Heads) -> BTreeSet<u8> {
    heads.iter().map(|(side, _)| *side).collect()
}

fn all(heads: &Heads) -> bool {
    sides(heads).is_superset(&[0, 1].into())
}

fn agree(heads: &mut Heads, actor: Actor) -> bool {
    let Actor::Head(side, n) = actor else {
        return false;
    };
    let fresh = actor.is_asked() && !sides(heads).contains(&side);
    if fresh {
        heads.insert((side, n));
    }
    fresh
}

fn proposed(actor: Actor) -> Heads {
    let mut heads = Heads::new();
    agree(&mut heads, actor);
    heads
}

/// What is proposed: a number that stands for it, by whom, and who agreed.
pub(super) type Offered = Option<(u64, u8, Heads)>;

#[derive(Default)]
pub(super) struct Model {
    pub(super) revoked: Heads,
    pub(super) ended: bool,
    pub(super) last: BTreeMap<u8, u64>,
    pub(super) meeting: (&'static str, Option<u64>, Offered),
    pub(super) team: (&'static str, u64, Offered),
    pub(super) reports: usize,
    pub(super) item: (Mark2, u64, Heads),
    pub(super) called: bool,
    /// Minutes and the number of the head who said so, by side.
    pub(super) time: BTreeMap<u8, (u16, u64)>,
    /// Entry, side, whether it is a request, parents: of every text that held.
    pub(super) texts: Vec<(u64, u8, bool, Vec<u64>)>,
    pub(super) commitment: (&'static str, u8, Heads, Heads),
    /// Entry, parents, whether it has brackets: of every version that held.
    pub(super) versions: Vec<(u64, Vec<u64>, bool)>,
    pub(super) signed: BTreeMap<u8, (u64, u64)>,
    pub(super) disputes: BTreeSet<u8>,
    pub(super) agreed: Option<u64>,
    pub(super) comments: usize,
}

/// As [`Mark`], in the model's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Mark2 {
    #[default]
    Open,
    Agreed,
    Parked,
}

impl Model {
    /// Whether a step holds at `at`; `forged`: its signature is another's. What came of it is in the
    /// model then.
    pub(super) fn step(&mut self, actor: Actor, step: &Step, at: u64, forged: bool) -> bool {
        let (kind, follows) = match &step.deed {
            Deed::Meeting(_) => (65, true),
            Deed::Agenda(AgendaStep::Position(_) | AgendaStep::Request(_)) => (66, false),
            Deed::Agenda(_) => (66, true),
            Deed::Team(TeamStep::Report(_)) => (67, false),
            Deed::Team(_) => (67, true),
            Deed::Commitment(_) => (68, true),
            Deed::Readout(_) => (69, false),
        };
        let known = self.last.get(&kind).copied();
        let goes_on = match known {
            Some(last) => !follows || step.seen == [last],
            None => step.seen.is_empty(),
        };
        let holds = !self.ended
            && goes_on
            && match &step.deed {
                Deed::Meeting(deed) => actor.is_head() && self.meeting(actor, deed, known),
                Deed::Agenda(deed) => self.agenda(actor, deed, &step.seen, known, at),
                Deed::Team(deed) => actor.is_head() && self.team(actor, deed, known),
                Deed::Commitment(deed) => actor.is_head() && self.commitment(actor, deed, known),
                Deed::Readout(deed) => self.readout(actor, deed, &step.seen, at, forged),
            };
        if holds {
            self.last.insert(kind, at);
        }
        holds
    }

    fn meeting(&mut self, actor: Actor, step: &MeetingStep, known: Option<u64>) -> bool {
        let (state, plan, offer) = &mut self.meeting;
        let side = actor.side();
        let offered = |plan: &Plan| Some((plan.start, side, proposed(actor)));
        let new = known.is_none();
        let (from, to): (&[&str], &str) = match step {
            MeetingStep::Propose(_) => (&[], ""),
            _ if new => return false,
            MeetingStep::Accept(_) | MeetingStep::Decline(_) => (&[], ""),
            MeetingStep::Postpone(..) => (&["proposed", "agreed", "adjourned"], "postponed"),
            MeetingStep::Cancel(_) => (
                &["proposed", "agreed", "adjourned", "postponed"],
                "cancelled",
            ),
            MeetingStep::Begin => (&["agreed", "adjourned"], "in session"),
            MeetingStep::Adjourn(..) => (&["in session"], "adjourned"),
            MeetingStep::Resume => (&["adjourned"], "in session"),
            MeetingStep::End => (&["in session", "adjourned"], "held"),
        };
        match step {
            MeetingStep::Propose(proposed) => {
                if ["in session", "held"].contains(state) {
                    return false;
                }
                if new || ["cancelled", "declined"].contains(state) {
                    (*state, *plan) = ("proposed", None);
                }
                *offer = offered(proposed);
            }
            MeetingStep::Accept(_) => {
                let agreed = offer.as_mut().map(|(_, _, heads)| agree(heads, actor));
                if agreed != Some(true) {
                    return false;
                }
            }
            MeetingStep::Decline(_) => {
                let by = offer.as_ref().map(|(_, by, _)| *by);
                if !by.is_some_and(|by| by == side || actor.is_asked()) {
                    return false;
                }
                *offer = None;
                if *state == "proposed" {
                    *state = "declined";
                }
            }
            _ if !from.contains(state) => return false,
            MeetingStep::Postpone(_, other) | MeetingStep::Adjourn(_, other) => {
                *state = to;
                *offer = other.as_ref().and_then(offered);
            }
            _ => {
                *state = to;
                *offer = None;
            }
        }
        if let Some((start, _, _)) = offer.take_if(|(_, _, heads)| all(heads)) {
            *plan = Some(start);
            if *state != "adjourned" {
                *state = "agreed";
            }
        }
        true
    }

    fn agenda(
        &mut self,
        actor: Actor,
        step: &AgendaStep,
        seen: &[u64],
        known: Option<u64>,
        at: u64,
    ) -> bool {
        let (state, title, marks) = &mut self.item;
        match step {
            AgendaStep::Put { title: put, .. } => {
                let put = u64::from(put.as_bytes()[0]);
                if !actor.is_head() {
                    return false;
                }
                if known.is_some() && put != *title {
                    marks.clear();
                    if *state == Mark2::Agreed {
                        *state = Mark2::Open;
                    }
                }
                *title = put;
            }
            AgendaStep::Position(_) | AgendaStep::Request(_) => {
                let writes = !matches!(actor, Actor::Seat(_, Role::Observer));
                if known.is_none() || !writes {
                    return false;
                }
                let request = matches!(step, AgendaStep::Request(_));
                marks.clear();
                if *state == Mark2::Agreed {
                    *state = Mark2::Open;
                }
                self.texts.push((at, actor.side(), request, seen.to_vec()));
            }
            _ if known.is_none() || !actor.is_head() => return false,
            AgendaStep::Call | AgendaStep::Rest => {
                let calls = matches!(step, AgendaStep::Call);
                if self.called == calls {
                    return false;
                }
                self.called = calls;
            }
            AgendaStep::Time(minutes) => {
                let Actor::Head(side, n) = actor else {
                    return false;
                };
                let said = self.time.get(&side).map(|(said, _)| said);
                if !actor.is_asked() || said == Some(minutes) {
                    return false;
                }
                self.time.insert(side, (*minutes, n));
            }
            AgendaStep::Mark(Mark::Agreed) => {
                if *state != Mark2::Open || !agree(marks, actor) {
                    return false;
                }
                if all(marks) {
                    *state = Mark2::Agreed;
                }
            }
            AgendaStep::Mark(mark) => {
                let to = match mark {
                    Mark::Parked => Mark2::Parked,
                    _ => Mark2::Open,
                };
                if *state == to && marks.is_empty() {
                    return false;
                }
                *state = to;
                marks.clear();
            }
        }
        true
    }

    fn team(&mut self, actor: Actor, step: &TeamStep, known: Option<u64>) -> bool {
        let (state, terms, offer) = &mut self.team;
        let works = ["agreed", "reported"].contains(state);
        match step {
            TeamStep::Propose(proposes) => {
                if *state == "closed" {
                    return false;
                }
                if !works {
                    (*state, *terms) = ("proposed", proposes.due);
                }
                *offer = Some((proposes.due, actor.side(), proposed(actor)));
            }
            _ if known.is_none() => return false,
            TeamStep::Agree => {
                let agreed = offer.as_mut().map(|(_, _, heads)| agree(heads, actor));
                if agreed != Some(true) {
                    return false;
                }
            }
            TeamStep::Refuse(_) => {
                let by = offer.as_ref().map(|(_, by, _)| *by);
                if !by.is_some_and(|by| by == actor.side() || actor.is_asked()) {
                    return false;
                }
                *offer = None;
                if !works {
                    *state = "refused";
                }
            }
            TeamStep::Report(_) if works => {
                *state = "reported";
                self.reports += 1;
            }
            TeamStep::Close if works => (*state, *offer) = ("closed", None),
            TeamStep::Report(_) | TeamStep::Close => return false,
        }
        if let Some((due, _, _)) = offer.take_if(|(_, _, heads)| all(heads)) {
            *terms = due;
            if *state == "proposed" {
                *state = "agreed";
            }
        }
        true
    }

    fn commitment(&mut self, actor: Actor, step: &CommitmentStep, known: Option<u64>) -> bool {
        let (state, owner, agreed, drops) = &mut self.commitment;
        let own = actor.side() == *owner;
        match (step, *state) {
            (CommitmentStep::Propose(pledge), "" | "proposed") => {
                (*state, *owner) = ("proposed", pledge.owner.0);
                *agreed = proposed(actor);
            }
            _ if known.is_none() => return false,
            (CommitmentStep::Agree, "proposed") if agree(agreed, actor) => {}
            (CommitmentStep::Done, "open") if own => {
                *state = "done";
                drops.clear();
            }
            (CommitmentStep::Drop(_), "proposed") if actor.is_asked() => *state = "dropped",
            (CommitmentStep::Drop(_), "open") if agree(drops, actor) => {
                if all(drops) {
                    *state = "dropped";
                }
            }
            (CommitmentStep::Reopen, "done") if !own => *state = "open",
            (CommitmentStep::Reopen, "open") if sides(drops).contains(&actor.side()) => {
                drops.retain(|(side, _)| *side != actor.side());
            }
            _ => return false,
        }
        if *state == "proposed" && all(agreed) {
            *state = "open";
        }
        true
    }

    fn readout(
        &mut self,
        actor: Actor,
        step: &ReadoutStep,
        seen: &[u64],
        at: u64,
        forged: bool,
    ) -> bool {
        let side = actor.side();
        let known = |on: &u64| self.versions.iter().any(|(entry, _, _)| entry == on);
        match step {
            ReadoutStep::Draft(document) => {
                let writes = !matches!(actor, Actor::Seat(_, Role::Observer));
                if self.agreed.is_some() || !writes || !seen.iter().all(known) {
                    return false;
                }
                let brackets = document.headline.contains('[');
                self.versions.push((at, seen.to_vec(), brackets));
            }
            ReadoutStep::Comment { on, .. } => {
                if !known(on) {
                    return false;
                }
                self.comments += 1;
            }
            _ if self.agreed.is_some() || !actor.is_head() => return false,
            ReadoutStep::Sign { on, .. } => {
                let again = self
                    .signed
                    .get(&side)
                    .is_some_and(|(signed, _)| signed == on);
                let clean = self
                    .versions
                    .iter()
                    .any(|(entry, _, brackets)| entry == on && !brackets);
                if forged || again || !clean || !actor.is_asked() || self.tips() != [*on].into() {
                    return false;
                }
                let Actor::Head(_, n) = actor else {
                    return false;
                };
                self.signed.insert(side, (*on, n));
                self.disputes.remove(&side);
                let both = [0, 1].map(|side| self.signed.get(&side).map(|(on, _)| *on));
                if both == [Some(*on); 2] {
                    self.agreed = Some(*on);
                }
            }
            ReadoutStep::Unsign { on } => {
                if self
                    .signed
                    .get(&side)
                    .is_none_or(|(signed, _)| signed != on)
                {
                    return false;
                }
                self.signed.remove(&side);
            }
            ReadoutStep::Dispute { on, .. } if known(on) => {
                self.disputes.insert(side);
            }
            ReadoutStep::Dispute { .. } => return false,
            ReadoutStep::Undispute => return self.disputes.remove(&side),
        }
        true
    }

    /// What both sides say.
    pub(super) fn agreed_time(&self) -> Option<u16> {
        let [one, other] = [0, 1].map(|side| self.time.get(&side).map(|(minutes, _)| *minutes));
        one.filter(|_| one == other)
    }

    /// The versions that no other names.
    pub(super) fn tips(&self) -> BTreeSet<u64> {
        let named: BTreeSet<u64> = self
            .versions
            .iter()
            .flat_map(|(_, seen, _)| seen)
            .copied()
            .collect();
        let entries = self.versions.iter().map(|(entry, _, _)| *entry);
        entries.filter(|entry| !named.contains(entry)).collect()
    }

    /// One side's texts that none of its later ones of the same kind names.
    pub(super) fn texts_of(&self, side: u8, request: bool) -> Vec<u64> {
        let own = |text: &&(u64, u8, bool, Vec<u64>)| (text.1, text.2) == (side, request);
        let named: BTreeSet<u64> = self
            .texts
            .iter()
            .filter(own)
            .flat_map(|text| &text.3)
            .copied()
            .collect();
        let entries = self.texts.iter().filter(own).map(|text| text.0);
        entries.filter(|entry| !named.contains(entry)).collect()
    }

    /// A head is revoked: what it agreed to and isn't agreed yet, it hasn't.
    pub(super) fn revoke(&mut self, head: (u8, u64)) {
        self.revoked.insert(head);
        for offer in [&mut self.meeting.2, &mut self.team.2]
            .into_iter()
            .flatten()
        {
            offer.2.remove(&head);
        }
        if self.item.0 != Mark2::Agreed {
            self.item.2.remove(&head);
        }
        if self.agreed_time().is_none() {
            self.time.retain(|side, (_, n)| (*side, *n) != head);
        }
        if self.commitment.0 == "proposed" {
            self.commitment.2.remove(&head);
        }
        if self.commitment.0 != "dropped" {
            self.commitment.3.remove(&head);
        }
        if self.agreed.is_none() {
            self.signed.retain(|side, (_, n)| (*side, *n) != head);
        }
    }
}
