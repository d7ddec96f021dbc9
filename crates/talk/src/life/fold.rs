//! What stands in the life of a talk: a fold over its record.

use super::agenda::Item;
use super::commitment::Commitment;
use super::common::{By, Effect, LifeVoid, Now, ObjectId, check};
use super::floor::Current;
use super::meeting::Meeting;
use super::readout::{Readout, ReadoutStep};
use super::step::{Deed, Follows, Step};
use super::team::Team;
use super::timeline::{Event, Said, Timeline};
use crate::two_keys::switch::Check;
use crate::two_keys::{
    Act, ActBody, ActHash, Author, Body, Change, DelegationIndex, Entry, Place, Pushed, Standing,
    WordsCompared,
};
use std::collections::BTreeMap;

/// How much each delegation may write in a talk's life, in bytes. An entry counts its content and
/// [`ENTRY_BYTES`].
pub const SHARE_BYTES: usize = 8 * 1024 * 1024;
/// What an entry counts besides its content.
pub const ENTRY_BYTES: usize = 256;

/// The life of a talk, replayed: what stands, and what happened. Everybody who replays the same
/// record has the same value; no clock and no order of arrival but the record's decides.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Life {
    meetings: BTreeMap<ObjectId, Meeting>,
    agenda: BTreeMap<ObjectId, Item>,
    current: Option<Current>,
    teams: BTreeMap<ObjectId, Team>,
    commitments: BTreeMap<ObjectId, Commitment>,
    readouts: BTreeMap<ObjectId, Readout>,
    written: BTreeMap<DelegationIndex, usize>,
    timeline: Timeline,
    open_acts: BTreeMap<ActHash, Act>,
}

impl Life {
    /// The life of a talk of which nothing was read.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The meetings.
    #[must_use]
    pub fn meetings(&self) -> &BTreeMap<ObjectId, Meeting> {
        &self.meetings
    }

    /// The agenda's items.
    #[must_use]
    pub fn agenda(&self) -> &BTreeMap<ObjectId, Item> {
        &self.agenda
    }

    /// The agenda item that is before the meeting.
    #[must_use]
    pub fn current(&self) -> Option<Current> {
        self.current
    }

    /// The teams.
    #[must_use]
    pub fn teams(&self) -> &BTreeMap<ObjectId, Team> {
        &self.teams
    }

    /// The commitments.
    #[must_use]
    pub fn commitments(&self) -> &BTreeMap<ObjectId, Commitment> {
        &self.commitments
    }

    /// The readouts.
    #[must_use]
    pub fn readouts(&self) -> &BTreeMap<ObjectId, Readout> {
        &self.readouts
    }

    /// What happened.
    #[must_use]
    pub fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    /// Takes what came of the record's next entry, every one from position 0 on. `after`: the place
    /// after it; `standing`: what stands there.
    ///
    /// # Errors
    /// [`LifeVoid`] if the entry is of the life and void there. It stays in the timeline.
    pub fn take(
        &mut self,
        pushed: &Pushed,
        after: Place,
        standing: Option<&Standing>,
    ) -> Result<(), LifeVoid> {
        let Some(standing) = standing else {
            return Ok(());
        };
        let position = after.position.saturating_sub(1);
        let (by, at) = match &pushed.by {
            Some((author, at)) => (Some(By::of(author)), *at),
            None => (None, 0),
        };
        let mut result = Ok(());
        for change in &pushed.changes {
            if let Change::Written(entry) = change {
                result = self.written(entry, after, standing);
                continue;
            }
            let Some(said) = self.said(change, pushed, standing) else {
                continue;
            };
            // That an act's time is over is nobody's doing.
            let own = !matches!(said, Said::Expired(_));
            self.timeline.push(Event {
                position,
                at: if own { at } else { 0 },
                by: by.clone().filter(|_| own),
                said,
                void: None,
            });
            self.changed(change, standing);
        }
        if let Err(void) = &pushed.result {
            self.timeline.push(Event {
                position,
                at,
                by,
                said: Said::Nothing(1),
                void: Some(void.reason()),
            });
        }
        self.open_acts = standing
            .open_acts()
            .map(|(hash, open)| (*hash, open.act.clone()))
            .collect();
        result
    }

    /// Whether a step would hold now, as the next entry.
    ///
    /// # Errors
    /// [`LifeVoid`], as its entry would be.
    pub fn try_step(
        &self,
        step: &Step,
        author: &Author,
        next: Place,
        standing: &Standing,
    ) -> Result<(), LifeVoid> {
        let after = Place {
            position: next.position.saturating_add(1),
            prev: [0; 32],
        };
        let now = Now {
            author,
            at: 0,
            after,
            standing,
        };
        // The objects' texts are shared, so that a copy is cheap.
        let mut copy = Self {
            meetings: self.meetings.clone(),
            agenda: self.agenda.clone(),
            current: self.current,
            teams: self.teams.clone(),
            commitments: self.commitments.clone(),
            readouts: self.readouts.clone(),
            written: self.written.clone(),
            ..Self::default()
        };
        copy.has_room(&now, &step.body())?;
        copy.step(step, &now).map(|_| ())
    }

    /// What a change is in the timeline.
    fn said(&self, change: &Change, pushed: &Pushed, standing: &Standing) -> Option<Said> {
        let body = |hash: &ActHash| Some(Box::new(self.open_acts.get(hash)?.body().clone()));
        Some(match change {
            Change::Founded => Said::Founded,
            Change::Amended => Said::Amended,
            Change::Proposed(hash) => {
                let mut open = standing.open_acts();
                let (_, open) = open.find(|(open, _)| *open == hash)?;
                Said::Proposed(Box::new(open.act.clone()))
            }
            // Whoever proposes consents.
            Change::Consented(hash, _) if pushed.changes.contains(&Change::Proposed(*hash)) => {
                return None;
            }
            Change::Consented(hash, _) => Said::Consented(*hash),
            Change::Retracted(hash, _) => Said::Retracted(*hash),
            Change::InForce(hash) => Said::InForce(body(hash)?),
            Change::Expired(hash) => Said::Expired(body(hash)?),
            Change::Superseded(hash) => Said::Superseded(body(hash)?),
            Change::Approved(seat, _) => Said::Approved(*seat),
            Change::Withdrawn(seat) => Said::Withdrawn(*seat),
            Change::HeadRevoked(head) => Said::HeadRevoked(*head),
            Change::Written(_) => return None,
        })
    }

    fn changed(&mut self, change: &Change, standing: &Standing) {
        match change {
            Change::HeadRevoked(_) => self.forget_revoked(standing),
            Change::InForce(hash) => {
                if let Some(ActBody::Publish { readout }) =
                    self.open_acts.get(hash).map(Act::body).cloned()
                {
                    self.publish(&readout);
                }
            }
            _ => {}
        }
    }

    fn publish(&mut self, hash: &[u8; 32]) {
        for readout in self.readouts.values_mut() {
            readout.published |= readout.agreed.is_some_and(|(_, agreed)| agreed == *hash);
        }
    }

    fn forget_revoked(&mut self, standing: &Standing) {
        for meeting in self.meetings.values_mut() {
            meeting.forget_revoked(standing);
        }
        for item in self.agenda.values_mut() {
            item.forget_revoked(standing);
        }
        for team in self.teams.values_mut() {
            team.forget_revoked(standing);
        }
        for commitment in self.commitments.values_mut() {
            commitment.forget_revoked(standing);
        }
        for readout in self.readouts.values_mut() {
            readout.forget_revoked(standing);
        }
    }

    /// An entry of the life.
    fn written(
        &mut self,
        entry: &Entry,
        after: Place,
        standing: &Standing,
    ) -> Result<(), LifeVoid> {
        let now = Now {
            author: &entry.author,
            at: entry.claimed_time,
            after,
            standing,
        };
        if let Ok(Some(compared)) = WordsCompared::read(&entry.body) {
            let same = compared.same;
            self.tell(&now, Said::Compared { same }, None);
            return Ok(());
        }
        let step = match Step::read(&entry.body) {
            Ok(Some(step)) => step,
            // A kind that isn't known here says nothing here.
            Ok(None) => {
                self.tell(&now, Said::Nothing(1), None);
                return Ok(());
            }
            Err(fault) => {
                let void = LifeVoid::from(fault);
                self.tell(&now, Said::Nothing(1), Some(void));
                return Err(void);
            }
        };
        if let Err(void) = self.has_room(&now, &entry.body) {
            self.tell(&now, Said::Nothing(1), Some(void));
            return Err(void);
        }
        let object = step.object;
        let signs = matches!(step.deed, Deed::Readout(ReadoutStep::Sign { .. }));
        match self.step(&step, &now) {
            Ok(effect) => {
                let agreed = signs && effect.completes;
                self.tell(&now, Said::Step(Box::new(step), effect), None);
                if agreed {
                    self.tell(&now, Said::ReadoutAgreed(object), None);
                }
                Ok(())
            }
            Err(void) => {
                let said = Said::Step(Box::new(step), Effect::default());
                self.tell(&now, said, Some(void));
                Err(void)
            }
        }
    }

    /// R-LF6: each side has its own share, so that none takes the others' room. What is void counts
    /// too: it is kept.
    fn has_room(&mut self, now: &Now<'_>, body: &Body) -> Result<(), LifeVoid> {
        let Body::Life { content, .. } = body else {
            return Ok(());
        };
        let written = self.written.entry(now.side()).or_default();
        let count = written.saturating_add(content.len() + ENTRY_BYTES);
        check(Check::LF6, count <= SHARE_BYTES, LifeVoid::Full)?;
        *written = count;
        Ok(())
    }

    fn tell(&mut self, now: &Now<'_>, said: Said, void: Option<LifeVoid>) {
        self.timeline.push(Event {
            position: now.position(),
            at: now.at,
            by: Some(By::of(now.author)),
            said,
            void: void.map(|void| void.reason()),
        });
    }

    fn step(&mut self, step: &Step, now: &Now<'_>) -> Result<Effect, LifeVoid> {
        check(Check::LF7, !now.standing.is_ended(), LifeVoid::Ended)?;
        let (id, seen) = (step.object, &step.seen[..]);
        match &step.deed {
            Deed::Meeting(deed) => {
                let Some(meeting) = existing(&mut self.meetings, id, step, |known| known.last)?
                else {
                    let (meeting, effect) = Meeting::open(deed, now)?;
                    self.meetings.insert(id, meeting);
                    return Ok(effect);
                };
                meeting.apply(deed, now)
            }
            Deed::Agenda(deed) => {
                let Some(item) = existing(&mut self.agenda, id, step, |known| known.last)? else {
                    let (item, effect) = Item::open(deed, now)?;
                    self.agenda.insert(id, item);
                    return Ok(effect);
                };
                let current = Current::after(self.current, id, deed, now)?;
                let effect = item.apply(seen, deed, now)?;
                self.current = current;
                Ok(effect)
            }
            Deed::Team(deed) => {
                let Some(team) = existing(&mut self.teams, id, step, |known| known.last)? else {
                    let (team, effect) = Team::open(deed, now)?;
                    self.teams.insert(id, team);
                    return Ok(effect);
                };
                team.apply(deed, now)
            }
            Deed::Commitment(deed) => {
                let known = existing(&mut self.commitments, id, step, |known| known.last)?;
                let Some(commitment) = known else {
                    let (commitment, effect) = Commitment::open(deed, now)?;
                    self.commitments.insert(id, commitment);
                    return Ok(effect);
                };
                commitment.apply(deed, now)
            }
            Deed::Readout(deed) => {
                let Some(readout) = existing(&mut self.readouts, id, step, |known| known.last)?
                else {
                    let (readout, effect) = Readout::open(deed, now)?;
                    self.readouts.insert(id, readout);
                    return Ok(effect);
                };
                readout.apply(seen, deed, now)
            }
        }
    }
}

/// The object that a step is about, none if it is new. R-LF1: a step that changes a state goes on
/// from the object's latest entry.
fn existing<'a, T>(
    objects: &'a mut BTreeMap<ObjectId, T>,
    id: ObjectId,
    step: &Step,
    last: impl Fn(&T) -> u64,
) -> Result<Option<&'a mut T>, LifeVoid> {
    let Some(object) = objects.get_mut(&id) else {
        return if step.seen.is_empty() {
            Ok(None)
        } else {
            Err(LifeVoid::Unknown)
        };
    };
    if step.deed.follows() == Follows::Latest {
        let latest = step.seen == [last(object)];
        check(Check::LF1, latest, LifeVoid::Crossed)?;
    }
    Ok(Some(object))
}
