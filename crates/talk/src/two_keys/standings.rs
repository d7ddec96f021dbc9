use super::entry::Place;
use super::standing::Standing;
use std::collections::VecDeque;
use std::sync::Arc;

/// How many changes are remembered: whoever comes late judges by what stood when a room was opened.
const CHANGES: usize = 1024;
/// How many places are remembered.
const PLACES: usize = 64;

/// What stood from which place on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stood {
    pub(super) since: Place,
    pub(super) standing: Arc<Standing>,
}

/// How far a record was read, and what stood after each of its last 1024 changes: what a room judges
/// by. A copy of a part of [`super::Record`], cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standings {
    /// Oldest first.
    pub(super) stood: VecDeque<Stood>,
    /// The last places, oldest first; the newest is where the next entry is to be written.
    pub(super) places: VecDeque<Place>,
}

impl Standings {
    /// An empty record's.
    pub(super) fn new() -> Self {
        let first = Place {
            position: 0,
            prev: [0; 32],
        };
        Self {
            stood: VecDeque::new(),
            places: VecDeque::from([first]),
        }
    }

    pub(super) fn moved_on(&mut self, place: Place) {
        if self.places.len() == PLACES {
            self.places.pop_front();
        }
        self.places.push_back(place);
    }

    pub(super) fn changed(&mut self, standing: Standing) {
        if self.stood.len() == CHANGES {
            self.stood.pop_front();
        }
        self.stood.push_back(Stood {
            since: self.next(),
            standing: Arc::new(standing),
        });
    }

    /// Where the next entry is to be written.
    ///
    /// # Panics
    /// Never: there is always one.
    #[must_use]
    pub fn next(&self) -> Place {
        *self
            .places
            .back()
            .unwrap_or_else(|| unreachable!("never empty"))
    }

    /// What stands now, and the place after the change that it follows; nothing before the talk is
    /// founded.
    #[must_use]
    pub fn current(&self) -> Option<(Place, &Arc<Standing>)> {
        let stood = self.stood.back()?;
        Some((stood.since, &stood.standing))
    }

    /// What stood from `place` on, if something changed there, in the last 1024 changes.
    #[must_use]
    pub fn since(&self, place: Place) -> Option<&Arc<Standing>> {
        let mut stood = self.stood.iter().rev();
        stood
            .find(|stood| stood.since == place)
            .map(|stood| &stood.standing)
    }

    /// How many changes came after the one that `place` follows.
    #[must_use]
    pub fn age(&self, place: Place) -> usize {
        let newer = self.stood.iter().rev();
        newer.take_while(|stood| stood.since != place).count()
    }

    /// Whether somebody who names this place has read another record: the one read here has other
    /// bytes before that position. Places that were forgotten or not reached yet contradict nothing.
    #[must_use]
    pub fn contradicts(&self, place: Place) -> bool {
        let mut places = self.places.iter();
        places.any(|known| known.position == place.position && known.prev != place.prev)
    }
}
