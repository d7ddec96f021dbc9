//! What has to hold after every step.

use crate::Play;
use crate::common::talk::hears;
use incamera_e2ee::attack_talk::Inside;
use incamera_e2ee::{State, StopCode};
use incamera_model::MediaKind;
use std::collections::BTreeMap;

impl Play {
    pub(crate) fn check(&mut self) {
        let rooms = self.rooms();
        self.look_at_hostile(&rooms);
        for (index, room) in &rooms {
            self.check_roster(*index, room);
        }
        for index in self.honest.clone() {
            if self.is_open(index) {
                self.check_stopped(index);
                self.check_hearers(index, rooms.get(&index));
            }
        }
        if !self.forked {
            check_agreement(&rooms);
        }
    }

    /// The rooms that honest people sit in.
    pub(crate) fn rooms(&mut self) -> BTreeMap<usize, Inside> {
        let mut rooms = BTreeMap::new();
        for index in self.honest.clone() {
            let session = self.world.peers[index].session.as_mut();
            if let Some(room) = session.and_then(|session| session.inside()) {
                rooms.insert(index, room);
            }
        }
        rooms
    }

    /// Whoever keeps no rule may have gone into a branch of their own: their beats say so.
    fn look_at_hostile(&mut self, rooms: &BTreeMap<usize, Inside>) {
        for index in (0..self.world.peers.len()).filter(|index| !self.honest.contains(index)) {
            let session = self.world.peers[index].session.as_mut();
            let Some(own) = session.and_then(|session| session.inside()) else {
                continue;
            };
            let place = own.place.map_or(0, |place| place.position);
            let (model, _) = self.read(index);
            let stand = own.seats.iter().all(|seat| model.stands(seat, place));
            let agrees = |room: &Inside| {
                (room.incarnation, room.epoch) != (own.incarnation, own.epoch) || *room == own
            };
            self.may_stop |= !stand || !rooms.values().all(agrees);
        }
    }

    /// Nobody sits there who doesn't stand where the room is in the record.
    fn check_roster(&self, index: usize, room: &Inside) {
        let (model, _) = self.read(index);
        let place = room.place.expect("follows a record").position;
        for seat in &room.seats {
            assert!(model.stands(seat, place), "{index} sits with {seat:?}");
        }
    }

    /// Nobody is thrown out but by both, or their own.
    fn check_stopped(&self, index: usize) {
        let State::Stopped { code } = self.state(index) else {
            return;
        };
        let (model, read) = self.read(index);
        match code {
            StopCode::Fork => {
                assert!(
                    self.forked || self.may_stop,
                    "{index} stopped without a fork"
                );
            }
            StopCode::Revoked | StopCode::NotApproved | StopCode::LockedOut => {
                assert!(
                    model.ever_fell(&self.seat(index), read),
                    "{index}: {code:?}"
                );
            }
            _ => panic!("{index}: {code:?}"),
        }
    }

    /// Whoever opens what an honest person seals now sits with them, and stands by all that they have
    /// read.
    fn check_hearers(&mut self, index: usize, room: Option<&Inside>) {
        let kind = MediaKind::Microphone;
        let sealed = self
            .world
            .with(index, |session, _| session.seal(kind, b"x"));
        let Ok(frame) = sealed else { return };
        let room = room.expect("only who sits there seals");
        for other in 0..self.world.peers.len() {
            if other == index || !self.is_open(other) {
                continue;
            }
            let opened = self
                .world
                .with(other, |session, now| session.open(now, &frame));
            let (model, read) = self.read(index);
            let seat = self.seat(other);
            let may = room.seats.contains(&seat) && model.stands(&seat, read);
            assert!(opened.is_err() || may, "{other} hears {index}");
        }
    }

    /// Those whose state of the room, or whose record, others have differently; and how much each has
    /// been told so far.
    pub(crate) fn apart(&mut self) -> Vec<(usize, usize)> {
        let rooms = self.rooms();
        let universe = |index: &usize| self.world.peers[*index].universe;
        let mut apart = Vec::new();
        for (index, room) in rooms.iter().filter(|(index, _)| universe(index) != 0) {
            let mut others = rooms.iter().filter(|(other, _)| universe(other) == 0);
            let differs = others.any(|(_, other)| {
                (other.incarnation, other.epoch) == (room.incarnation, room.epoch)
                    && other.authenticator != room.authenticator
            });
            if differs {
                apart.push((*index, self.world.peers[*index].notices.len()));
            }
        }
        apart
    }

    /// In the end, media goes.
    pub(crate) fn hear_each_other(&mut self) {
        self.world.run_for(core::time::Duration::from_secs(3));
        let seated = self.expected();
        for from in &seated {
            for to in seated.iter().filter(|to| *to != from) {
                assert!(
                    hears(&mut self.world, *from, *to),
                    "{to} doesn't hear {from}"
                );
            }
        }
    }
}

/// Members of one epoch have one state, and one roster.
fn check_agreement(rooms: &BTreeMap<usize, Inside>) {
    let mut epochs: BTreeMap<(u32, u64), &Inside> = BTreeMap::new();
    for (index, room) in rooms {
        let first = epochs.entry((room.incarnation, room.epoch)).or_insert(room);
        assert_eq!(**first, *room, "{index} disagrees");
    }
}
