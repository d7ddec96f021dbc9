//! Commitments: who does what until when.

use super::common::{Agreed, Effect, Given, LifeVoid, Now, ObjectId, check, read_time, write_time};
use super::plan::Reason;
use super::text::{Line, Lines};
use crate::codec::{DecodeError, Reader, Writer};
use crate::two_keys::switch::Check;
use crate::two_keys::{DelegationIndex, Standing};
use std::sync::Arc;

/// A step about a commitment, kind 68; by heads.
///
/// ```text
/// 1 propose Pledge; 2 agree; 3 done; 4 drop Reason; 5 reopen
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommitmentStep {
    /// A commitment, or another wording before it is agreed.
    Propose(Arc<Pledge>),
    /// It is agreed to.
    Agree,
    /// It is done; by its owner.
    Done,
    /// It is to be dropped; once it is agreed, all have to say so.
    Drop(Reason),
    /// It isn't done, as another side than the owner says; or it isn't to be dropped, as who asked for
    /// that says.
    Reopen,
}

/// Who does what until when.
///
/// ```text
/// struct { opaque text<V>; uint8 owner; opaque who<V>; uint64 due; opaque team[16]; } Pledge;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pledge {
    /// What is done.
    pub text: Lines<1000>,
    /// Whose delegation does it.
    pub owner: DelegationIndex,
    /// The person or office; may be empty.
    pub who: Line<120>,
    /// Until when, in milliseconds since 1970, 0 if that isn't said.
    pub due: u64,
    /// The team that it came from; zeros for none.
    pub team: Option<ObjectId>,
}

/// How far a commitment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommitmentState {
    /// Not agreed yet.
    Proposed,
    /// Agreed, and to be done.
    Open,
    /// Done, as its owner says.
    Done,
    /// Dropped.
    Dropped,
}

/// A commitment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commitment {
    /// The position of its first entry.
    pub since: u64,
    /// The position of its latest entry.
    pub last: u64,
    /// How far it is.
    pub state: CommitmentState,
    /// What it says.
    pub pledge: Arc<Pledge>,
    /// Who agreed to it.
    pub agreed: Agreed,
    /// Who wants it dropped.
    pub drops: Agreed,
    /// Why it is to be dropped, and who said so last.
    pub reason: Option<Given>,
}

impl Pledge {
    fn write(&self, out: &mut Writer) {
        self.text.write(out);
        out.u8(self.owner.0);
        self.who.write(out);
        write_time(out, self.due);
        out.fixed(&self.team.map_or([0; 16], |team| team.0));
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            text: Lines::read_some(reader)?,
            owner: DelegationIndex::read(reader)?,
            who: Line::read(reader)?,
            due: read_time(reader)?,
            team: Some(ObjectId(reader.array()?)).filter(|team| team.0 != [0; 16]),
        })
    }
}

impl CommitmentStep {
    pub(super) fn write(&self, out: &mut Writer) {
        match self {
            Self::Propose(pledge) => pledge.write(out.u8(1)),
            Self::Agree => {
                out.u8(2);
            }
            Self::Done => {
                out.u8(3);
            }
            Self::Drop(reason) => {
                reason.write(out.u8(4));
            }
            Self::Reopen => {
                out.u8(5);
            }
        }
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(match reader.u8()? {
            1 => Self::Propose(Arc::new(Pledge::read(reader)?)),
            2 => Self::Agree,
            3 => Self::Done,
            4 => Self::Drop(Reason::read(reader)?),
            5 => Self::Reopen,
            _ => return Err(DecodeError::Value),
        })
    }
}

impl Commitment {
    pub(super) fn open(step: &CommitmentStep, now: &Now<'_>) -> Result<(Self, Effect), LifeVoid> {
        let CommitmentStep::Propose(pledge) = step else {
            return Err(LifeVoid::Unknown);
        };
        now.head()?;
        let mut commitment = Self {
            since: now.position(),
            last: now.position(),
            state: CommitmentState::Proposed,
            pledge: pledge.clone(),
            agreed: Agreed::proposed(now),
            drops: Agreed::default(),
            reason: None,
        };
        has_owner(pledge, now)?;
        let mut effect = Effect::default();
        commitment.settle(now, &mut effect);
        Ok((commitment, effect))
    }

    pub(super) fn apply(
        &mut self,
        step: &CommitmentStep,
        now: &Now<'_>,
    ) -> Result<Effect, LifeVoid> {
        use CommitmentState::{Done, Dropped, Open, Proposed};
        now.head()?;
        let mut effect = Effect::default();
        match (step, self.state) {
            (CommitmentStep::Propose(pledge), Proposed) => {
                has_owner(pledge, now)?;
                effect.counters = !self.agreed.delegations().has(now.side());
                self.pledge = pledge.clone();
                self.agreed = Agreed::proposed(now);
            }
            (CommitmentStep::Agree, Proposed) => self.agreed.add(now)?,
            (CommitmentStep::Done, Open) => {
                let own = now.side() == self.pledge.owner;
                check(Check::CM1, own, LifeVoid::NotOwn)?;
                self.state = Done;
                self.drops.clear();
                self.reason = None;
            }
            (CommitmentStep::Drop(reason), Proposed | Open) => {
                self.drops.add(now)?;
                self.reason = Some((reason.clone(), now.side()));
                if self.state == Proposed || self.drops.is_complete(now) {
                    self.state = Dropped;
                    effect.completes = true;
                }
            }
            (CommitmentStep::Reopen, Done) => {
                let other = now.side() != self.pledge.owner;
                check(Check::CM2, other, LifeVoid::NotOwn)?;
                self.state = Open;
            }
            (CommitmentStep::Reopen, Open) if self.drops.remove(now.side()) => {}
            _ => return Err(LifeVoid::State),
        }
        self.settle(now, &mut effect);
        self.last = now.position();
        Ok(effect)
    }

    pub(super) fn forget_revoked(&mut self, standing: &Standing) {
        if self.state == CommitmentState::Proposed {
            self.agreed.forget_revoked(standing);
        }
        if self.state != CommitmentState::Dropped {
            self.drops.forget_revoked(standing);
        }
    }

    fn settle(&mut self, now: &Now<'_>, effect: &mut Effect) {
        if self.state == CommitmentState::Proposed && self.agreed.is_complete(now) {
            self.state = CommitmentState::Open;
            effect.completes = true;
        }
    }
}

fn has_owner(pledge: &Pledge, now: &Now<'_>) -> Result<(), LifeVoid> {
    let owner = now.standing.charter().party(pledge.owner);
    owner.map(|_| ()).ok_or(LifeVoid::Unknown)
}
