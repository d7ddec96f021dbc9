//! The life of the talk: what a person writes into it, and what there is to show of it.

mod step;
mod timeline;
mod view;
mod views;

use super::TalkSession;
use super::scribe::Intent;
use super::types::{TalkError, TalkEvent};
use incamera_model::StreamName;
use incamera_talk::life::{LifeVoid, ObjectId, Readout, Step, hex};
use incamera_talk::two_keys::Secret;

pub use step::{IdText, LifeStep, MarkName};
pub use timeline::{EventView, WhatView};
pub use views::{
    ByView, CommentView, CommitmentStateName, CommitmentView, DisputeView, ItemView, LifeView,
    MeetingStateName, MeetingView, MemberView, OfferView, ReadoutView, SaidTimeView, SideView,
    SignatureView, StandsView, TeamOfferView, TeamStateName, TeamView, TimeView, VersionView,
    WrittenView, ZoneView,
};

impl TalkSession {
    /// Queues a step. `seen`: the `last` of the object in the view that it was made from.
    pub(super) fn live(&mut self, step: LifeStep, seen: Option<u64>) -> Result<(), TalkError> {
        let fresh = ObjectId(self.out.entropy().draw16());
        let standing = self.standing().ok_or(TalkError::NotNow)?;
        let (author, _) = self.author().ok_or(TalkError::NotNow)?;
        let scribe = self.scribe.as_ref().ok_or(TalkError::NotNow)?;
        let place = scribe.record.next_place();
        let sign = |readout: &ObjectId, on| {
            let Secret::Head(head) = &self.secret else {
                return None;
            };
            let version = scribe.life.readouts().get(readout)?.versions.get(&on)?;
            Some(head.head_key().sign_raw(version.text().as_bytes()))
        };
        let step = step.into_step(seen, fresh, sign)?;
        // What others couldn't read isn't written.
        Step::read(&step.body()).map_err(|fault| TalkError::Life(LifeVoid::Entry(fault)))?;
        let tried = scribe.life.try_step(&step, &author, place, standing);
        tried.map_err(TalkError::Life)?;
        let scribe = self.scribe.as_mut().ok_or(TalkError::NotNow)?;
        if scribe.want(Intent::Life(Box::new(step))) {
            Ok(())
        } else {
            Err(TalkError::TooMany)
        }
    }

    /// Tells the life of the talk, if it changed and was read to its end: not once for each entry
    /// that is read again.
    pub(super) fn show_life(&mut self) {
        let door = self.reads.get(&self.door());
        let door_read = door.is_none_or(|reading| reading.caught_up);
        if !self.is_read(&StreamName::record()) || !door_read {
            return;
        }
        let stale = |scribe: &mut super::Scribe| core::mem::take(&mut scribe.life_stale);
        if self.standing().is_none() || !self.scribe.as_mut().is_some_and(stale) {
            return;
        }
        if let Some(life) = self.life_view() {
            self.out.event(TalkEvent::Life {
                life: Box::new(life),
            });
        }
    }

    /// The text that is signed of a readout's version, by the readout's id and the version's
    /// position: what a file of it has to say, byte for byte.
    #[must_use]
    pub fn readout_text(&self, readout: &str, version: u64) -> Option<String> {
        let version = self.readout(readout)?.versions.get(&version)?;
        Some(version.text())
    }

    /// The hash of a readout's signed text, if one is agreed that has it.
    pub(super) fn agreed_readout(&self, digits: &str) -> Option<[u8; 32]> {
        let mut readouts = self.scribe.as_ref()?.life.readouts().values();
        let agreed = |readout: &Readout| readout.agreed.map(|(_, hash)| hash);
        readouts.find_map(|readout| agreed(readout).filter(|hash| hex(hash) == digits))
    }

    fn readout(&self, id: &str) -> Option<&Readout> {
        let id = step::read_object(id)?;
        self.scribe.as_ref()?.life.readouts().get(&id)
    }
}
