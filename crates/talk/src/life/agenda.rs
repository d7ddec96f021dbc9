//! The agenda: items, and what each side says to them and asks for.

use super::common::{Agreed, Effect, LifeVoid, Now, Written};
use super::floor::SpeakingTime;
use super::text::{Line, Lines};
use crate::codec::{DecodeError, Reader, Writer};
use crate::two_keys::switch::{Check, is};
use crate::two_keys::{DelegationIndex, Role, Standing};
use std::collections::BTreeMap;

/// How many versions of one side's text stand beside each other at most.
pub const MAX_TIPS: usize = 16;
/// Who may write their side's position and request, besides heads.
const WRITERS: &[Role] = &[
    Role::Head,
    Role::Delegate,
    Role::Expert,
    Role::NoteTaker,
    Role::Mediator,
];

/// A step about an agenda item, kind 66.
///
/// ```text
/// 1 put opaque title<V> || uint16 order || uint16 minutes; 2 position opaque text<V>;
/// 3 request opaque text<V>; 4 mark uint8 (1 open, 2 agreed, 3 parked); 5 call; 6 rest; 7 time uint16
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AgendaStep {
    /// A new item, or a changed one; by heads.
    Put {
        /// What it is about.
        title: Line<200>,
        /// Where it stands.
        order: u16,
        /// How long it is to take, 0 if that isn't said.
        minutes: u16,
    },
    /// What the author's side thinks.
    Position(Lines<8000>),
    /// What the author's side asks for.
    Request(Lines<4000>),
    /// Where it stands; by heads.
    Mark(Mark),
    /// It is before the meeting from now on, and no other item is; by heads.
    Call,
    /// It isn't before the meeting any more; by heads.
    Rest,
    /// How many minutes each delegation may speak on it, 0 for as many as it likes; by heads.
    Time(u16),
}

/// How far an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Mark {
    /// To be talked about.
    Open = 1,
    /// Agreed.
    Agreed = 2,
    /// Left for later.
    Parked = 3,
}

/// What one side says to an item. Texts that crossed each other stand beside each other, until one
/// follows both.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Side {
    /// What it thinks.
    pub position: Vec<Written>,
    /// What it asks for.
    pub request: Vec<Written>,
}

/// An agenda item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The position of its first entry.
    pub since: u64,
    /// The position of its latest entry.
    pub last: u64,
    /// What it is about.
    pub title: Line<200>,
    /// Where it stands.
    pub order: u16,
    /// How long it is to take, 0 if that isn't said.
    pub minutes: u16,
    /// How far it is.
    pub state: Mark,
    /// Who marked it agreed.
    pub marks: Agreed,
    /// What each side says to it.
    pub sides: BTreeMap<DelegationIndex, Side>,
    /// How long each side may speak on it.
    pub time: SpeakingTime,
}

impl AgendaStep {
    /// Whether it is a text, which may follow several.
    pub(super) fn is_text(&self) -> bool {
        matches!(self, Self::Position(_) | Self::Request(_))
    }

    pub(super) fn write(&self, out: &mut Writer) {
        match self {
            Self::Put {
                title,
                order,
                minutes,
            } => {
                title.write(out.u8(1));
                out.u16(*order).u16(*minutes);
            }
            Self::Position(text) => text.write(out.u8(2)),
            Self::Request(text) => text.write(out.u8(3)),
            Self::Mark(mark) => {
                out.u8(4).u8(*mark as u8);
            }
            Self::Call => {
                out.u8(5);
            }
            Self::Rest => {
                out.u8(6);
            }
            Self::Time(minutes) => {
                out.u8(7).u16(*minutes);
            }
        }
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(match reader.u8()? {
            1 => Self::Put {
                title: Line::read_some(reader)?,
                order: reader.u16()?,
                minutes: reader.u16()?,
            },
            2 => Self::Position(Lines::read(reader)?),
            3 => Self::Request(Lines::read(reader)?),
            4 => Self::Mark(match reader.u8()? {
                1 => Mark::Open,
                2 => Mark::Agreed,
                3 => Mark::Parked,
                _ => return Err(DecodeError::Value),
            }),
            5 => Self::Call,
            6 => Self::Rest,
            7 => Self::Time(reader.u16()?),
            _ => return Err(DecodeError::Value),
        })
    }
}

impl Item {
    pub(super) fn open(step: &AgendaStep, now: &Now<'_>) -> Result<(Self, Effect), LifeVoid> {
        let AgendaStep::Put {
            title,
            order,
            minutes,
        } = step
        else {
            return Err(LifeVoid::Unknown);
        };
        now.head()?;
        let item = Self {
            since: now.position(),
            last: now.position(),
            title: title.clone(),
            order: *order,
            minutes: *minutes,
            state: Mark::Open,
            marks: Agreed::default(),
            sides: BTreeMap::new(),
            time: SpeakingTime::default(),
        };
        Ok((item, Effect::default()))
    }

    pub(super) fn apply(
        &mut self,
        seen: &[u64],
        step: &AgendaStep,
        now: &Now<'_>,
    ) -> Result<Effect, LifeVoid> {
        let mut effect = Effect::default();
        match step {
            AgendaStep::Put {
                title,
                order,
                minutes,
            } => {
                now.head()?;
                if self.title != *title {
                    self.title = title.clone();
                    self.unmark();
                }
                (self.order, self.minutes) = (*order, *minutes);
            }
            AgendaStep::Position(text) => {
                now.role(WRITERS)?;
                let side = self.sides.entry(now.side()).or_default();
                say(&mut side.position, seen, now.written(text))?;
                self.unmark();
            }
            AgendaStep::Request(text) => {
                now.role(WRITERS)?;
                let side = self.sides.entry(now.side()).or_default();
                say(&mut side.request, seen, now.written(text))?;
                self.unmark();
            }
            AgendaStep::Mark(mark) => {
                now.head()?;
                effect.completes = self.mark(*mark, now)?;
            }
            // What is before the meeting is the whole agenda's matter.
            AgendaStep::Call | AgendaStep::Rest => now.head()?,
            AgendaStep::Time(minutes) => {
                now.head()?;
                self.time.say(*minutes, now)?;
                effect.completes = self.time.agreed(now.principals()).is_some();
            }
        }
        self.last = now.position();
        Ok(effect)
    }

    pub(super) fn forget_revoked(&mut self, standing: &Standing) {
        if self.state != Mark::Agreed {
            self.marks.forget_revoked(standing);
        }
        self.time.forget_revoked(standing);
    }

    /// All are needed to mark it agreed, one to take it up again or to leave it.
    fn mark(&mut self, mark: Mark, now: &Now<'_>) -> Result<bool, LifeVoid> {
        let stands = self.state == mark;
        match mark {
            Mark::Agreed if stands => return Err(LifeVoid::Again),
            Mark::Agreed if self.state == Mark::Parked => return Err(LifeVoid::State),
            Mark::Agreed => {
                self.marks.add(now)?;
                if self.marks.is_complete(now) {
                    self.state = mark;
                }
                return Ok(self.state == mark);
            }
            Mark::Open | Mark::Parked if stands && self.marks.is_empty() => {
                return Err(LifeVoid::Again);
            }
            Mark::Open | Mark::Parked => {
                self.state = mark;
                self.marks.clear();
            }
        }
        Ok(false)
    }

    /// R-AG1: who marked it agreed did so for the title and texts that stood there.
    fn unmark(&mut self) {
        if is(Check::AG1, false) {
            return;
        }
        self.marks.clear();
        if self.state == Mark::Agreed {
            self.state = Mark::Open;
        }
    }
}

/// R-LF2: a text takes the place of those that its author had seen, and of no other.
fn say(tips: &mut Vec<Written>, seen: &[u64], text: Written) -> Result<(), LifeVoid> {
    let replaced = |tip: &Written| is(Check::LF2, seen.contains(&tip.entry));
    if tips.iter().filter(|tip| !replaced(tip)).count() >= MAX_TIPS {
        return Err(LifeVoid::Full);
    }
    tips.retain(|tip| !replaced(tip));
    tips.push(text);
    Ok(())
}
