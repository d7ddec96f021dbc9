//! What is before the meeting, and how long each side may speak on it.

use super::agenda::AgendaStep;
use super::common::{LifeVoid, Now, ObjectId, check};
use crate::two_keys::switch::{Check, is};
use crate::two_keys::{DelegationIndex, Delegations, Standing};
use std::collections::BTreeMap;

/// The agenda item that is before the meeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Current {
    /// The item.
    pub item: ObjectId,
    /// When it was called, as whoever called it says.
    pub since: u64,
}

impl Current {
    /// What is before the meeting after a step about `item`. R-AG2: at most one item is, and it is set
    /// aside by name.
    pub(super) fn after(
        before: Option<Self>,
        item: ObjectId,
        step: &AgendaStep,
        now: &Now<'_>,
    ) -> Result<Option<Self>, LifeVoid> {
        let here = before.is_some_and(|current| current.item == item);
        match step {
            AgendaStep::Call => {
                check(Check::AG2, !here, LifeVoid::Again)?;
                Ok(Some(Self {
                    item,
                    since: now.at,
                }))
            }
            AgendaStep::Rest => {
                check(Check::AG2, here, LifeVoid::State)?;
                Ok(None)
            }
            _ => Ok(before),
        }
    }
}

/// How many minutes each side may speak on an item, as each side says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SpeakingTime(BTreeMap<DelegationIndex, (u16, [u8; 32])>);

impl SpeakingTime {
    /// What each side says, and 0 for as long as it likes.
    pub fn said(&self) -> impl Iterator<Item = (DelegationIndex, u16)> {
        self.0.iter().map(|(side, (minutes, _))| (*side, *minutes))
    }

    /// R-AG3: what is in force once all who are asked say the same.
    #[must_use]
    pub fn agreed(&self, asked: Delegations) -> Option<u16> {
        let said = asked.iter().map(|side| self.0.get(&side));
        let mut said = said.map(|said| said.map(|(minutes, _)| *minutes));
        let first = said.next().flatten()?;
        is(Check::AG3, said.all(|other| other == Some(first))).then_some(first)
    }

    /// A side's own word is its own to change.
    pub(super) fn say(&mut self, minutes: u16, now: &Now<'_>) -> Result<(), LifeVoid> {
        let side = now.side();
        let asked = now.principals().has(side);
        check(Check::LF3, asked, LifeVoid::NotAsked)?;
        if self.0.get(&side).is_some_and(|(said, _)| *said == minutes) {
            return Err(LifeVoid::Again);
        }
        self.0.insert(side, (minutes, *now.author.key()));
        Ok(())
    }

    /// R-LF5.
    pub(super) fn forget_revoked(&mut self, standing: &Standing) {
        if self.agreed(standing.charter().principals()).is_none() {
            self.0
                .retain(|side, (_, head)| is(Check::LF5, !standing.is_revoked(*side, head)));
        }
    }
}
