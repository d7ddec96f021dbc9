//! On the way in: opening a room that has nobody, or asking at the door.

use super::room::{Head, Shared};
use crate::applicant::Applicant;
use crate::entries::{DoorRequest, Marks, RoomEntry, RoomOpen};
use crate::group::{MlsFailure, SealedGroup};
use crate::outbox::{Outbox, Purpose};
use crate::timing;
use crate::types::StopCode;
use incamera_model::{Position, Timestamp};

#[derive(Default)]
pub(super) struct Entering {
    complaint: Option<Position>,
    opening: Option<Opening>,
    asked: Option<Asked>,
}

/// A RoomOpen of one's own that may or may not stand in the log.
struct Opening {
    group: SealedGroup,
    entry: Vec<u8>,
    position: Position,
    sent: Timestamp,
}

#[derive(Clone, Copy)]
struct Asked {
    first: Timestamp,
    last: Timestamp,
    /// Whether a beat of this incarnation was heard since the first request.
    heard: bool,
}

impl Entering {
    /// `complaint`: the commit that couldn't be processed (R-C9).
    pub(super) fn new(complaint: Option<Position>) -> Self {
        Self {
            complaint,
            ..Self::default()
        }
    }

    pub(super) fn disconnected(&mut self) {
        self.asked = None;
    }

    /// The machine slept: that nobody answered meanwhile means nothing.
    pub(super) fn woke(&mut self) {
        self.asked = None;
    }

    pub(super) fn heard(&mut self) {
        if let Some(asked) = &mut self.asked {
            asked.heard = true;
        }
    }

    /// An entry was read. If it is one's own RoomOpen, gives its group; if it took that place, the
    /// RoomOpen is lost.
    pub(super) fn take_opening(&mut self, position: Position, entry: &[u8]) -> Option<SealedGroup> {
        let opening = self
            .opening
            .take_if(|opening| opening.position <= position)?;
        (opening.position == position && opening.entry == entry).then_some(opening.group)
    }

    /// Does what is due. To be called while connected and caught up with `c/<room>`.
    pub(super) fn advance(
        &mut self,
        now: Timestamp,
        shared: &Shared,
        head: Option<&Head>,
        next: Position,
        applicant: &mut Applicant,
        out: &mut Outbox,
    ) -> Result<(), StopCode> {
        if let Some(opening) = &mut self.opening {
            // The same bytes again: if they stand already, the place is taken, by them.
            if !out.awaits(Purpose::Room) && now >= opening.sent + timing::APPEND_RETRY {
                opening.sent = now;
                let entry = opening.entry.clone();
                out.append(Purpose::Room, &shared.commits, Some(next), entry);
            }
            return Ok(());
        }
        let Some(head) = head else {
            return self.open(now, shared, None, next, out);
        };
        // Nobody but an earlier life of this seat was ever in it.
        let deserted = head.opener == shared.identity.seat.key() && !head.committed;
        let silent = self
            .asked
            .is_some_and(|asked| !asked.heard && now >= asked.first + timing::DOOR_SILENCE);
        let ignored = self
            .asked
            .is_some_and(|asked| now >= asked.first + timing::DOOR_PATIENCE);
        if deserted || silent || ignored {
            return self.open(now, shared, Some(head), next, out);
        }
        let due = self
            .asked
            .is_none_or(|asked| now >= asked.last + timing::DOOR_RETRY);
        if due && !out.awaits(Purpose::Door) {
            self.ask(now, shared, head, next, applicant, out)
                .map_err(|_| StopCode::Internal)?;
        }
        Ok(())
    }

    pub(super) fn next_timeout(&self, awaiting_room: bool) -> Option<Timestamp> {
        if let Some(opening) = &self.opening {
            return (!awaiting_room).then(|| opening.sent + timing::APPEND_RETRY);
        }
        let asked = self.asked?;
        let retry = asked.last + timing::DOOR_RETRY;
        let patience = match asked.heard {
            true => timing::DOOR_PATIENCE,
            false => timing::DOOR_SILENCE,
        };
        Some(retry.min(asked.first + patience))
    }

    fn open(
        &mut self,
        now: Timestamp,
        shared: &Shared,
        head: Option<&Head>,
        next: Position,
        out: &mut Outbox,
    ) -> Result<(), StopCode> {
        let (group, entry) = build_open(shared, head, next, out).map_err(|_| StopCode::Internal)?;
        let entry = out
            .seal(&shared.commits, &entry.encode())
            .ok_or(StopCode::Internal)?;
        out.append(Purpose::Room, &shared.commits, Some(next), entry.clone());
        self.asked = None;
        self.opening = Some(Opening {
            group,
            entry,
            position: next,
            sent: now,
        });
        Ok(())
    }

    fn ask(
        &mut self,
        now: Timestamp,
        shared: &Shared,
        head: &Head,
        next: Position,
        applicant: &mut Applicant,
        out: &mut Outbox,
    ) -> Result<(), MlsFailure> {
        let mut request = DoorRequest {
            incarnation: head.incarnation,
            seen: next,
            complaint: self.complaint,
            key_package: applicant.package()?,
            signature: [0; 64],
        };
        let signed = request.signed(&shared.identity.room);
        request.signature = shared.identity.sign("door", &signed);
        if let Some(entry) = out.seal(&shared.door, &request.encode()) {
            out.append(Purpose::Door, &shared.door, None, entry);
        }
        let first = self.asked.map_or(now, |asked| asked.first);
        let heard = self.asked.is_some_and(|asked| asked.heard);
        self.asked = Some(Asked {
            first,
            last: now,
            heard,
        });
        Ok(())
    }
}

fn build_open(
    shared: &Shared,
    head: Option<&Head>,
    position: Position,
    out: &mut Outbox,
) -> Result<(SealedGroup, RoomEntry), MlsFailure> {
    let incarnation = head.map_or(1, |head| head.incarnation.saturating_add(1));
    let group_id = out.entropy().draw16();
    let follows = shared.record.latest();
    let record = follows.as_ref().map(|follows| follows.place);
    let group = SealedGroup::create(
        shared.identity.clone(),
        shared.switches.clone(),
        incarnation,
        &group_id,
        follows,
    )?;
    let mut open = RoomOpen {
        incarnation,
        position,
        group_id: group_id.to_vec(),
        marks: Marks {
            record,
            ..head.map_or(Marks::default(), |head| head.marks)
        },
        seat: shared.identity.seat.as_bytes().to_vec(),
        signature: [0; 64],
    };
    let signed = open.signed(&shared.identity.room);
    open.signature = shared.identity.sign("room-open", &signed);
    Ok((group, RoomEntry::Open(open)))
}
