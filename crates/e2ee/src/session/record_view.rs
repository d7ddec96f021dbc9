//! What a room knows of its talk's record.

use crate::entries::Marks;
use crate::group::Follows;
use incamera_model::Position;
use incamera_talk::two_keys::{Place, Standings};

/// After how many changes of the record a room follows them, though they have no bearing on it: a
/// place that is too old is forgotten.
const MAX_AGE: usize = 32;

/// What a room judges by.
pub(super) enum RecordView {
    /// One entry, which a link opens; the hash of its bytes.
    Opened([u8; 32]),
    /// A record that says who may be in the room.
    Followed(Box<Standings>),
}

/// What to do with an entry of `c/<room>` that names a place of the record.
pub(super) enum Placed {
    /// Judge it by this.
    Judge(Option<Follows>),
    /// The record wasn't read that far.
    Wait,
    /// There is no such place.
    Unknown,
}

impl RecordView {
    /// What stands now, and since which place.
    pub(super) fn latest(&self) -> Option<Follows> {
        match self {
            Self::Opened(_) => None,
            Self::Followed(standings) => {
                let (place, standing) = standings.current()?;
                let standing = standing.clone();
                Some(Follows { place, standing })
            }
        }
    }

    pub(super) fn placed(&self, marks: &Marks) -> Placed {
        match (self, marks.record) {
            (Self::Opened(_), None) => Placed::Judge(None),
            (Self::Followed(standings), Some(place)) => match standings.since(place) {
                Some(standing) => Placed::Judge(Some(Follows {
                    place,
                    standing: standing.clone(),
                })),
                None if place.position > standings.next().position => Placed::Wait,
                None => Placed::Unknown,
            },
            _ => Placed::Unknown,
        }
    }

    /// Whether a room that follows `place` is to follow what stands now.
    pub(super) fn is_outdated(&self, place: Option<Place>) -> bool {
        let (Self::Followed(standings), Some(place)) = (self, place) else {
            return false;
        };
        let (Some(before), Some((latest, now))) = (standings.since(place), standings.current())
        else {
            return false;
        };
        latest != place && (!before.admits_like(now) || standings.age(place) > MAX_AGE)
    }

    /// How far the record was read, as beats tell it.
    pub(super) fn end(&self) -> (Position, [u8; 32]) {
        match self {
            Self::Opened(head) => (Position(1), *head),
            Self::Followed(standings) => {
                let Place { position, prev } = standings.next();
                (Position(position), prev)
            }
        }
    }

    /// Whether somebody who read the record so far has read another one.
    pub(super) fn contradicts(&self, next: Position, head: [u8; 32]) -> bool {
        match self {
            Self::Opened(own) => next == Position(1) && head != *own,
            Self::Followed(standings) => standings.contradicts(Place {
                position: next.0,
                prev: head,
            }),
        }
    }
}
