//! Teams: some people with a task of their own.

use super::common::{Effect, Given, LifeVoid, Now, Offer, Written, check, read_time, write_time};
use super::plan::{Mode, Reason, sound};
use super::text::{Line, Lines};
use crate::codec::{DecodeError, Reader, Writer};
use crate::seat::SeatKey;
use crate::two_keys::switch::Check;
use crate::two_keys::{Author, Standing};
use std::sync::Arc;

/// How many people are in a team at most.
pub const MAX_MEMBERS: usize = 64;

/// A step about a team, kind 67; by heads, a report by members too.
///
/// ```text
/// 1 propose Terms; 2 agree; 3 refuse Reason; 4 report opaque text<V>; 5 close
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TeamStep {
    /// A team, or another mandate or other members.
    Propose(Arc<Terms>),
    /// What is proposed is agreed to.
    Agree,
    /// What is proposed falls.
    Refuse(Reason),
    /// What the team found.
    Report(Lines<20_000>),
    /// Its work is over.
    Close,
}

/// What a team is for, and who is in it.
///
/// ```text
/// struct { opaque name<V>; opaque mandate<V>; uint8 mode; opaque place<V>; uint64 start; uint64 due;
///          opaque members<V>{ opaque seat_key[32]; } } Terms;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// Its name.
    pub name: Line<120>,
    /// What it is for.
    pub mandate: Lines<4000>,
    /// How it meets.
    pub mode: Mode,
    /// Where; may be empty.
    pub place: Line<300>,
    /// When it begins, in milliseconds since 1970, 0 if that isn't said.
    pub start: u64,
    /// Until when, 0 if that isn't said.
    pub due: u64,
    /// The seats of its members, ascending.
    pub members: Vec<SeatKey>,
}

/// How far a team is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TeamState {
    /// Nothing is agreed yet.
    Proposed,
    /// The only proposal was refused.
    Refused,
    /// Agreed.
    Agreed,
    /// It has reported.
    Reported,
    /// Its work is over.
    Closed,
}

/// A team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Team {
    /// The position of its first entry.
    pub since: u64,
    /// The position of its latest entry.
    pub last: u64,
    /// How far it is.
    pub state: TeamState,
    /// What is agreed; until then, what was proposed last.
    pub terms: Arc<Terms>,
    /// What is proposed.
    pub offer: Option<Offer<Arc<Terms>>>,
    /// Why it was refused, and by whom.
    pub reason: Option<Given>,
    /// What it has reported.
    pub reports: Vec<Written>,
}

impl Terms {
    /// Whether it has what it has to.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        !self.name.is_empty()
            && self.members.len() <= MAX_MEMBERS
            && self.members.is_sorted_by(|a, b| a < b)
    }

    fn write(&self, out: &mut Writer) {
        self.name.write(out);
        self.mandate.write(out);
        out.u8(self.mode as u8);
        self.place.write(out);
        write_time(out, self.start);
        write_time(out, self.due);
        out.list(&self.members, |out, seat| {
            out.fixed(&seat.0);
        });
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let terms = Self {
            name: Line::read(reader)?,
            mandate: Lines::read(reader)?,
            mode: Mode::read(reader)?,
            place: Line::read(reader)?,
            start: read_time(reader)?,
            due: read_time(reader)?,
            members: reader.list(MAX_MEMBERS * 32, MAX_MEMBERS, |reader| {
                Ok::<_, DecodeError>(SeatKey(reader.array()?))
            })?,
        };
        sound(terms.is_sound(), terms)
    }
}

impl TeamStep {
    pub(super) fn write(&self, out: &mut Writer) {
        match self {
            Self::Propose(terms) => terms.write(out.u8(1)),
            Self::Agree => {
                out.u8(2);
            }
            Self::Refuse(reason) => {
                reason.write(out.u8(3));
            }
            Self::Report(text) => text.write(out.u8(4)),
            Self::Close => {
                out.u8(5);
            }
        }
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(match reader.u8()? {
            1 => Self::Propose(Arc::new(Terms::read(reader)?)),
            2 => Self::Agree,
            3 => Self::Refuse(Reason::read(reader)?),
            4 => Self::Report(Lines::read_some(reader)?),
            5 => Self::Close,
            _ => return Err(DecodeError::Value),
        })
    }
}

impl Team {
    pub(super) fn open(step: &TeamStep, now: &Now<'_>) -> Result<(Self, Effect), LifeVoid> {
        let TeamStep::Propose(terms) = step else {
            return Err(LifeVoid::Unknown);
        };
        now.head()?;
        let mut team = Self {
            since: now.position(),
            last: now.position(),
            state: TeamState::Proposed,
            terms: terms.clone(),
            offer: Some(Offer::new(terms.clone(), now)),
            reason: None,
            reports: Vec::new(),
        };
        let mut effect = Effect::default();
        team.settle(now, &mut effect);
        Ok((team, effect))
    }

    pub(super) fn apply(&mut self, step: &TeamStep, now: &Now<'_>) -> Result<Effect, LifeVoid> {
        let mut effect = Effect::default();
        let works = matches!(self.state, TeamState::Agreed | TeamState::Reported);
        match step {
            TeamStep::Propose(terms) => {
                now.head()?;
                if self.state == TeamState::Closed {
                    return Err(LifeVoid::State);
                }
                effect.counters = self
                    .offer
                    .as_ref()
                    .is_some_and(|open| open.by != now.side());
                if !works {
                    self.state = TeamState::Proposed;
                    self.terms = terms.clone();
                    self.reason = None;
                }
                self.offer = Some(Offer::new(terms.clone(), now));
            }
            TeamStep::Agree => {
                now.head()?;
                let offer = self.offer.as_mut().ok_or(LifeVoid::State)?;
                offer.agreed.add(now)?;
            }
            TeamStep::Refuse(reason) => {
                now.head()?;
                let offer = self.offer.as_ref().ok_or(LifeVoid::State)?;
                offer.refused_by(now)?;
                if !works {
                    self.state = TeamState::Refused;
                }
                self.reason = Some((reason.clone(), now.side()));
                self.offer = None;
            }
            TeamStep::Report(text) => {
                self.reported_by(now.author)?;
                if !works {
                    return Err(LifeVoid::State);
                }
                self.state = TeamState::Reported;
                self.reports.push(now.written(text));
            }
            TeamStep::Close => {
                now.head()?;
                if !works {
                    return Err(LifeVoid::State);
                }
                self.state = TeamState::Closed;
                self.offer = None;
            }
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

    /// R-TM1: a member reports, or a head.
    fn reported_by(&self, author: &Author) -> Result<(), LifeVoid> {
        let may = match author {
            Author::Head(_) => true,
            Author::Seat(seat) => self.terms.members.contains(&seat.tbs().key),
        };
        check(Check::TM1, may, LifeVoid::Role)
    }

    fn settle(&mut self, now: &Now<'_>, effect: &mut Effect) {
        let Some(offer) = self.offer.take_if(|offer| offer.agreed.is_complete(now)) else {
            return;
        };
        self.terms = offer.terms;
        if self.state == TeamState::Proposed {
            self.state = TeamState::Agreed;
        }
        self.reason = None;
        effect.completes = true;
    }
}
