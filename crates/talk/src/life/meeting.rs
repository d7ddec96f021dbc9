//! Meetings: proposed, agreed, moved, put off, held.

use super::common::{Effect, Given, LifeVoid, Now, Offer, check};
use super::plan::{Plan, Reason};
use super::zone::Zone;
use crate::codec::{DecodeError, Reader, Writer};
use crate::two_keys::switch::Check;
use crate::two_keys::{DelegationIndex, Standing};
use std::collections::BTreeMap;

/// A step about a meeting, kind 65; by heads.
///
/// ```text
/// 1 propose Plan; 2 accept opaque zone<V>; 3 decline Reason; 4 postpone Reason || optional<Plan>; 5 cancel Reason;
/// 6 begin; 7 adjourn Reason || optional<Plan>; 8 resume; 9 end
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MeetingStep {
    /// A meeting, or another time, place or mode.
    Propose(Plan),
    /// The open proposal is agreed to, by somebody in this time zone.
    Accept(Zone),
    /// The open proposal falls; by who made it, it is taken back.
    Decline(Reason),
    /// It won't be as planned; perhaps otherwise.
    Postpone(Reason, Option<Plan>),
    /// It won't be.
    Cancel(Reason),
    /// It begins.
    Begin,
    /// It is interrupted, perhaps until another time.
    Adjourn(Reason, Option<Plan>),
    /// It goes on.
    Resume,
    /// It is over.
    End,
}

/// How far a meeting is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MeetingState {
    /// Nothing is agreed yet.
    Proposed,
    /// The only proposal was declined.
    Declined,
    /// Its plan is agreed.
    Agreed,
    /// It won't be as planned.
    Postponed,
    /// It won't be.
    Cancelled,
    /// It goes on.
    InSession,
    /// It is interrupted.
    Adjourned,
    /// It is over.
    Held,
}

/// A meeting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meeting {
    /// The position of its first entry.
    pub since: u64,
    /// The position of its latest entry.
    pub last: u64,
    /// How far it is.
    pub state: MeetingState,
    /// What was agreed last.
    pub plan: Option<Plan>,
    /// What is proposed.
    pub offer: Option<Offer<Plan>>,
    /// Why it isn't as planned, and who said so.
    pub reason: Option<Given>,
    /// How many steps changed its plan or state since the first (RFC 5545 section 3.8.7.4).
    pub sequence: u32,
    /// The time zone that each side told last, of those that told one.
    pub zones: BTreeMap<DelegationIndex, Zone>,
}

impl MeetingStep {
    pub(super) fn write(&self, out: &mut Writer) {
        let (step, reason, plan): (u8, Option<&Reason>, Option<&Option<Plan>>) = match self {
            Self::Propose(plan) => {
                plan.write(out.u8(1));
                return;
            }
            Self::Accept(zone) => {
                zone.write(out.u8(2));
                return;
            }
            Self::Decline(reason) => (3, Some(reason), None),
            Self::Postpone(reason, plan) => (4, Some(reason), Some(plan)),
            Self::Cancel(reason) => (5, Some(reason), None),
            Self::Begin => (6, None, None),
            Self::Adjourn(reason, plan) => (7, Some(reason), Some(plan)),
            Self::Resume => (8, None, None),
            Self::End => (9, None, None),
        };
        out.u8(step);
        if let Some(reason) = reason {
            reason.write(out);
        }
        if let Some(plan) = plan {
            out.optional(plan.as_ref(), |out, plan| plan.write(out));
        }
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(match reader.u8()? {
            1 => Self::Propose(Plan::read(reader)?),
            2 => Self::Accept(Zone::read(reader)?),
            3 => Self::Decline(Reason::read(reader)?),
            4 => Self::Postpone(Reason::read(reader)?, reader.optional(Plan::read)?),
            5 => Self::Cancel(Reason::read(reader)?),
            6 => Self::Begin,
            7 => Self::Adjourn(Reason::read(reader)?, reader.optional(Plan::read)?),
            8 => Self::Resume,
            9 => Self::End,
            _ => return Err(DecodeError::Value),
        })
    }
}

impl Meeting {
    pub(super) fn open(step: &MeetingStep, now: &Now<'_>) -> Result<(Self, Effect), LifeVoid> {
        now.head()?;
        let MeetingStep::Propose(plan) = step else {
            return Err(LifeVoid::Unknown);
        };
        let mut meeting = Self {
            since: now.position(),
            last: now.position(),
            state: MeetingState::Proposed,
            plan: None,
            offer: Some(Offer::new(plan.clone(), now)),
            reason: None,
            sequence: 0,
            zones: BTreeMap::new(),
        };
        meeting.hear(&plan.zone, now);
        let mut effect = Effect {
            plan: Some(plan.clone()),
            ..Effect::default()
        };
        meeting.settle(now, &mut effect);
        Ok((meeting, effect))
    }

    pub(super) fn apply(&mut self, step: &MeetingStep, now: &Now<'_>) -> Result<Effect, LifeVoid> {
        use MeetingState::{Adjourned, Agreed, Cancelled, Held, InSession, Postponed, Proposed};
        now.head()?;
        let mut effect = Effect::default();
        match step {
            MeetingStep::Propose(plan) => self.propose(plan, now, &mut effect)?,
            MeetingStep::Accept(zone) => {
                let offer = self.offer.as_mut().ok_or(LifeVoid::State)?;
                offer.agreed.add(now)?;
                effect.plan = Some(offer.terms.clone());
                effect.was.clone_from(&self.plan);
                self.hear(zone, now);
            }
            MeetingStep::Decline(reason) => self.decline(reason, now, &mut effect)?,
            MeetingStep::Postpone(reason, plan) => {
                self.go(&[Proposed, Agreed, Adjourned], Postponed)?;
                self.give(reason, plan.as_ref(), now, &mut effect);
            }
            MeetingStep::Cancel(reason) => {
                self.go(&[Proposed, Agreed, Postponed, Adjourned], Cancelled)?;
                self.give(reason, None, now, &mut effect);
            }
            MeetingStep::Begin => self.go(&[Agreed, Adjourned], InSession)?,
            MeetingStep::Adjourn(reason, plan) => {
                self.go(&[InSession], Adjourned)?;
                self.give(reason, plan.as_ref(), now, &mut effect);
            }
            MeetingStep::Resume => self.go(&[Adjourned], InSession)?,
            MeetingStep::End => self.go(&[InSession, Adjourned], Held)?,
        }
        self.settle(now, &mut effect);
        self.last = now.position();
        Ok(effect)
    }

    pub(super) fn forget_revoked(&mut self, standing: &Standing) {
        if let Some(offer) = &mut self.offer {
            offer.agreed.forget_revoked(standing);
        }
    }

    fn propose(&mut self, plan: &Plan, now: &Now<'_>, effect: &mut Effect) -> Result<(), LifeVoid> {
        let under_way = matches!(self.state, MeetingState::InSession | MeetingState::Held);
        check(Check::MT1, !under_way, LifeVoid::State)?;
        effect.counters = self
            .offer
            .as_ref()
            .is_some_and(|open| open.by != now.side());
        effect.plan = Some(plan.clone());
        effect.was.clone_from(&self.plan);
        if matches!(self.state, MeetingState::Cancelled | MeetingState::Declined) {
            self.state = MeetingState::Proposed;
            self.plan = None;
            self.changed();
        }
        self.offer = Some(Offer::new(plan.clone(), now));
        self.hear(&plan.zone, now);
        Ok(())
    }

    fn decline(
        &mut self,
        reason: &Reason,
        now: &Now<'_>,
        effect: &mut Effect,
    ) -> Result<(), LifeVoid> {
        let offer = self.offer.as_ref().ok_or(LifeVoid::State)?;
        offer.refused_by(now)?;
        effect.plan = Some(offer.terms.clone());
        if self.state == MeetingState::Proposed {
            self.state = MeetingState::Declined;
            self.changed();
        }
        self.offer = None;
        self.reason = Some((reason.clone(), now.side()));
        Ok(())
    }

    /// R-MT1: from one of these states, one side is enough.
    fn go(&mut self, from: &[MeetingState], to: MeetingState) -> Result<(), LifeVoid> {
        check(Check::MT1, from.contains(&self.state), LifeVoid::State)?;
        self.state = to;
        self.offer = None;
        self.reason = None;
        self.changed();
        Ok(())
    }

    fn give(&mut self, reason: &Reason, plan: Option<&Plan>, now: &Now<'_>, effect: &mut Effect) {
        self.reason = Some((reason.clone(), now.side()));
        self.offer = plan.map(|plan| Offer::new(plan.clone(), now));
        if let Some(plan) = plan {
            self.hear(&plan.zone, now);
        }
        effect.plan = plan.cloned();
        effect.was.clone_from(&self.plan);
    }

    /// What everybody agreed to is the plan. An adjourned meeting stays one, at its new time.
    fn settle(&mut self, now: &Now<'_>, effect: &mut Effect) {
        let Some(offer) = self.offer.take_if(|offer| offer.agreed.is_complete(now)) else {
            return;
        };
        self.plan = Some(offer.terms);
        if self.state != MeetingState::Adjourned {
            self.state = MeetingState::Agreed;
            self.reason = None;
        }
        self.changed();
        effect.completes = true;
    }

    /// Each side's own; whoever tells none leaves what it told before.
    fn hear(&mut self, zone: &Zone, now: &Now<'_>) {
        if !zone.is_empty() {
            self.zones.insert(now.side(), zone.clone());
        }
    }

    fn changed(&mut self) {
        self.sequence = self.sequence.saturating_add(1);
    }
}
