//! Rooms of teams: who is listed names a box, one of them makes the key of the room's vault, and each
//! who has it gives it to those who don't.

use super::TalkSession;
use super::scribe::Intent;
use super::sealing::{self, OwnBox, Use};
use super::types::RoomPlace;
use incamera_model::{RoomId, StreamName, TalkId, encode_base64url};
use incamera_talk::crypto::KeyPair;
use incamera_talk::two_keys::{
    Body, BoxKey, BoxNamed, Entry, Grant, MAX_GRANTS, RoomKeys, Secret, Standing,
};
use incamera_talk::{SeatKey, Vault};
use std::collections::{BTreeMap, BTreeSet};
use zeroize::Zeroizing;

/// How many seats' boxes are known; as many as there may be seats.
const MAX_BOXES: usize = 2048;

/// What the record says of the rooms that acts began.
#[derive(Default)]
pub(super) struct TeamRooms {
    boxes: BTreeMap<SeatKey, BoxKey>,
    keys: BTreeMap<RoomId, Key>,
    /// Keys made here for rooms that had none.
    made: BTreeMap<RoomId, Zeroizing<[u8; 32]>>,
}

/// A room's key, as far as it is known.
struct Key {
    commitment: [u8; 32],
    given: BTreeSet<SeatKey>,
    vault: Option<(Vault, Zeroizing<[u8; 32]>)>,
}

/// Whoever reads the record.
struct Reader<'a> {
    talk: &'a TalkId,
    standing: &'a Standing,
    own: Option<(&'a OwnBox, SeatKey)>,
}

impl TeamRooms {
    /// An entry that stands in the record.
    fn written(&mut self, reader: &Reader<'_>, entry: &Entry) {
        if let Ok(Some(named)) = BoxNamed::read(&entry.body)
            && !self.boxes.contains_key(&named.seat)
            && self.boxes.len() < MAX_BOXES
            && named.holds(reader.talk)
        {
            self.boxes.insert(named.seat, named.boxed);
        }
        if let Ok(Some(keys)) = RoomKeys::read(&entry.body)
            && keys.holds(reader.talk, reader.standing)
        {
            self.given(reader, keys);
        }
    }

    fn given(&mut self, reader: &Reader<'_>, keys: RoomKeys) {
        let known = self.keys.entry(keys.room).or_insert_with(|| Key {
            commitment: keys.commitment,
            given: BTreeSet::new(),
            vault: None,
        });
        if known.commitment != keys.commitment {
            return;
        }
        for grant in keys.grants {
            if let Some((own, seat)) = &reader.own
                && grant.seat == *seat
                && known.vault.is_none()
                && let Some(key) = open(own, reader.talk, &keys.room, &grant.sealed)
                && RoomKeys::commitment(&keys.room, &key) == known.commitment
            {
                known.vault = Some((Vault::new(*reader.talk, key.clone()), key));
            }
            known.given.insert(grant.seat);
        }
    }

    /// Rooms that were ended are forgotten: begun again, they get another key.
    fn forget_ended(&mut self, standing: &Standing) {
        self.keys.retain(|room, _| standing.is_team_room(room));
        self.made.retain(|room, _| standing.is_team_room(room));
    }

    pub(super) fn vault(&self, room: &RoomId) -> Option<&Vault> {
        let known = self.keys.get(room)?;
        known.vault.as_ref().map(|(vault, _)| vault)
    }

    /// Those of `seats` who can be given the key and weren't.
    fn waiting(&self, room: &RoomId, seats: &BTreeSet<SeatKey>) -> Vec<(SeatKey, &BoxKey)> {
        let given = self.keys.get(room).map(|known| &known.given);
        seats
            .iter()
            .filter(|seat| given.is_none_or(|given| !given.contains(*seat)))
            .filter_map(|seat| Some((*seat, self.boxes.get(seat)?)))
            .take(MAX_GRANTS)
            .collect()
    }
}

impl TalkSession {
    /// A life entry that stands in the record.
    pub(super) fn room_entry(&mut self, entry: &Entry) {
        let own_key = self.own_key().map(|key| SeatKey(key.public()));
        let Some(standing) = self
            .scribe
            .as_ref()
            .and_then(|scribe| scribe.record.standing())
        else {
            return;
        };
        let reader = Reader {
            talk: &self.talk,
            standing,
            own: self.seat_box.as_ref().zip(own_key),
        };
        self.rooms.written(&reader, entry);
    }

    /// An act is in force.
    pub(super) fn forget_ended_rooms(&mut self) {
        if let Some(standing) = self
            .scribe
            .as_ref()
            .and_then(|scribe| scribe.record.standing())
        {
            self.rooms.forget_ended(standing);
        }
    }

    /// Says what is missing for the rooms that list one's own seat.
    pub(super) fn advance_rooms(&mut self) {
        if !self.is_read(&StreamName::record()) || self.own_seat().is_none() {
            return;
        }
        let Some(own) = self.own_key().map(|key| SeatKey(key.public())) else {
            return;
        };
        let (Some(scribe), rooms) = (&mut self.scribe, &mut self.rooms) else {
            return;
        };
        let Some(standing) = scribe.record.standing() else {
            return;
        };
        let mut wanted = Vec::new();
        for (room, seats) in standing
            .team_rooms()
            .filter(|(_, seats)| seats.contains(&own))
        {
            if !rooms.boxes.contains_key(&own) {
                wanted.push(Intent::NameBox);
                continue;
            }
            match rooms.keys.get(room) {
                Some(known) if known.vault.is_none() => continue,
                Some(_) => {}
                None => {
                    let entropy = self.out.entropy();
                    rooms.made.entry(*room).or_insert_with(|| entropy.draw());
                }
            }
            if !rooms.waiting(room, seats).is_empty() {
                wanted.push(Intent::GiveKey(*room));
            }
        }
        for intent in wanted {
            scribe.want(intent);
        }
    }

    /// What names one's own box, unless it is named.
    pub(super) fn box_named(&self) -> Option<Body> {
        let key = self.own_key()?;
        let named = self.rooms.boxes.contains_key(&SeatKey(key.public()));
        let boxed = self.seat_box.as_ref().filter(|_| !named)?.public.clone();
        Some(BoxNamed::sign(&key, &self.talk, boxed).body())
    }

    /// What gives a room's key to those who wait for it, if somebody does.
    pub(super) fn key_given(&self, room: &RoomId) -> Option<Body> {
        let own = self.own_key()?;
        let mut rooms = self.standing()?.team_rooms();
        let (_, seats) = rooms.find(|(begun, _)| *begun == room)?;
        if !seats.contains(&SeatKey(own.public())) {
            return None;
        }
        let known = self.rooms.keys.get(room);
        let key = match known {
            Some(known) => &known.vault.as_ref()?.1,
            None => self.rooms.made.get(room)?,
        };
        let grants: Vec<Grant> = self
            .rooms
            .waiting(room, seats)
            .into_iter()
            .filter_map(|(seat, boxed)| {
                let sealed = sealing::seal(Use::RoomKey, &self.talk, &room.0, boxed, &**key)?;
                Some(Grant { seat, sealed })
            })
            .collect();
        if grants.is_empty() {
            return None;
        }
        let commitment = RoomKeys::commitment(room, key);
        Some(RoomKeys::sign(&own, &self.talk, *room, commitment, grants).body())
    }

    /// The rooms of teams, as they are shown.
    pub(super) fn room_places(&self) -> Vec<RoomPlace> {
        let own = self.own_seat().map(|seat| seat.tbs().key);
        let rooms = self.standing().into_iter().flat_map(Standing::team_rooms);
        rooms
            .map(|(room, seats)| RoomPlace {
                id: encode_base64url(&room.0),
                seats: seats.iter().map(|seat| encode_base64url(&seat.0)).collect(),
                own: own.is_some_and(|own| seats.contains(&own)),
                ready: self.rooms.vault(room).is_some(),
            })
            .collect()
    }

    /// One's seat's key, whether the seat is complete or not.
    pub(super) fn own_key(&self) -> Option<KeyPair> {
        match &self.secret {
            Secret::Head(head) => Some(head.seat_key()),
            Secret::Guest(guest) => Some(guest.seat_key()),
            Secret::Code(_) => None,
        }
    }
}

fn open(own: &OwnBox, talk: &TalkId, room: &RoomId, sealed: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
    let opened = own.open(Use::RoomKey, talk, &room.0, sealed)?;
    let key: [u8; 32] = opened.as_slice().try_into().ok()?;
    Some(Zeroizing::new(key))
}
