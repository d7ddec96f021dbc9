//! Talks between delegations: what their heads write, and who sits for whom.

use crate::peer::Peer;
use crate::rng::Rng;
use crate::server::Logs;
use crate::world::World;
use incamera_e2ee::{RoomSession, TalkRoomConfig};
use incamera_model::{Position, RoomId, StreamName, Timestamp};
use incamera_talk::crypto::KeyPair;
use incamera_talk::two_keys::{
    ActBody, Admit, Approval, Body, Change, Entry, HeadCert, Record, Rules, Seat, SeatTbs, Void,
    Voucher, plenary, sample,
};
use incamera_talk::{Name, SeatKey, SeatSecret, Vault};

/// A talk of two delegations as its heads, who have the keys of [`sample`], keep it.
pub struct Talk {
    /// What seals the record and the plenary's streams.
    pub vault: Vault,
    /// The record of each of the server's logs, as an honest reader has it.
    pub records: Vec<Record>,
}

/// How somebody sits for a delegation.
pub struct Delegated {
    /// The seat.
    pub seat: Seat,
    /// The record as they read it.
    pub record: Record,
}

impl World {
    /// A fresh talk between two delegations, founded.
    ///
    /// # Panics
    /// Never: the sample's talk is well-formed.
    #[must_use]
    pub fn talk(seed: u64, admit: Admit) -> Self {
        let mut world = Self::new(seed);
        let mut rng = Rng::new(seed ^ 0x7a1c);
        let vault = Vault::new(sample::TALK, rng.seed32().into());
        world.logs = vec![Logs::default()];
        world.room = plenary(&sample::TALK);
        world.talk = Some(Talk {
            vault,
            records: vec![Record::new(sample::TALK, None)],
        });
        let rules = Rules::all_of(sample::all(2), admit);
        let genesis = sample::genesis(2, Default::default(), rules);
        let founding = Body::Charter(sample::ratified(&genesis));
        let founded = world.write(0, 0, &founding);
        assert_eq!(founded, Ok(vec![Change::Founded]));
        world
    }

    /// A talk in which people sit: whose, and their names; all vouched for and approved.
    #[must_use]
    pub fn talk_of(seed: u64, people: &[(u8, &str)]) -> Self {
        let mut world = Self::talk(seed, Admit::Each);
        for (delegation, name) in people {
            world.seat(*delegation, name);
        }
        world.settle();
        world
    }

    /// The talk's keys and record.
    ///
    /// # Panics
    /// If people come in by a link here.
    #[must_use]
    pub fn of_talk(&self) -> &Talk {
        self.talk.as_ref().expect("a talk between delegations")
    }

    /// The first head of a delegation writes into the record of one of the server's logs.
    ///
    /// # Errors
    /// Why it is void.
    pub fn write(
        &mut self,
        universe: usize,
        delegation: u8,
        body: &Body,
    ) -> Result<Vec<Change>, Void> {
        let (key, author) = (sample::head(delegation, 0).0, sample::author(delegation));
        let record = &self.of_talk().records[universe];
        let entry = Entry::sign(&key, &sample::TALK, record.next_place(), &author, 0, body);
        self.write_entry(universe, &entry)
    }

    /// Whoever has the vault's key puts anything into the record.
    ///
    /// # Errors
    /// Why it is void.
    ///
    /// # Panics
    /// If it is too large.
    pub fn write_entry(&mut self, universe: usize, entry: &[u8]) -> Result<Vec<Change>, Void> {
        let salt = self.rng.seed32();
        let stream = StreamName::record();
        let talk = self.talk.as_mut().expect("a talk between delegations");
        let sealed = talk.vault.seal(&stream, entry, &salt).expect("it fits");
        let (changes, result) = talk.records[universe].push(&sealed, Some(entry));
        self.inject(universe, &stream, sealed);
        result.map(|()| changes)
    }

    /// Both heads agree to an act, in the record of one log.
    ///
    /// # Panics
    /// If they may not.
    pub fn act(&mut self, universe: usize, body: ActBody) {
        let act = sample::act(&self.of_talk().records[universe], body);
        let proposed = self.write(universe, 0, &Body::Act(act.clone()));
        assert!(proposed.is_ok(), "{proposed:?}");
        let agreed = self.write(universe, 1, &Body::Consent(act.hash()));
        assert!(agreed.is_ok(), "{agreed:?}");
    }

    /// Somebody whom their own side vouches for and the other approves comes in; gives their index.
    pub fn seat(&mut self, delegation: u8, name: &str) -> usize {
        self.seat_with(delegation, name, &[1 - delegation], |_| {})
    }

    /// As [`Self::seat`], approved by the heads of these delegations only, and with a change to the
    /// session before it connects.
    ///
    /// # Panics
    /// If the name isn't allowed.
    pub fn seat_with(
        &mut self,
        delegation: u8,
        name: &str,
        approved_by: &[u8],
        change: impl FnOnce(&mut RoomSession),
    ) -> usize {
        let index = self.ask(delegation, name, approved_by);
        self.open_tab(index, change);
        index
    }

    /// Somebody gets a seat, and doesn't come in yet.
    ///
    /// # Panics
    /// If the name isn't allowed.
    pub fn ask(&mut self, delegation: u8, name: &str, approved_by: &[u8]) -> usize {
        let seed = self.rng.seed32();
        let secret = SeatSecret::new(Name::new(name).expect("a valid name"), seed);
        let seat = self.seat_of(delegation, &secret, approved_by);
        self.admit(secret, seat)
    }

    /// Somebody has a seat, and doesn't come in yet.
    pub fn admit(&mut self, secret: SeatSecret, seat: Seat) -> usize {
        let mut peer = Peer::new(secret);
        peer.delegated = Some(Delegated {
            seat,
            record: Record::new(sample::TALK, None),
        });
        self.peers.push(peer);
        self.peers.len() - 1
    }

    /// A seat for somebody, vouched for by the first head of their delegation and approved by the
    /// first heads of others.
    #[must_use]
    pub fn seat_of(&self, delegation: u8, secret: &SeatSecret, approved_by: &[u8]) -> Seat {
        let tbs = seat_tbs(delegation, secret, self.room);
        let first: Vec<(u8, u64)> = approved_by.iter().map(|by| (*by, 0)).collect();
        self.seat_by(&tbs, secret, 0, &first)
    }

    /// A seat, vouched for by a certain head of its delegation and approved by certain heads of
    /// others.
    ///
    /// # Panics
    /// Never, for delegations that exist.
    #[must_use]
    pub fn seat_by(
        &self,
        tbs: &SeatTbs,
        secret: &SeatSecret,
        voucher: u64,
        approved_by: &[(u8, u64)],
    ) -> Seat {
        let charter = sample::charter(&self.of_talk().records[0]);
        let (voucher, cert) = sample::head(tbs.delegation.0, voucher);
        let approve = |(by, n): &(u8, u64)| -> Approval {
            let (key, cert): (KeyPair, HeadCert) = sample::head(*by, *n);
            tbs.approve(&key, &cert)
        };
        let seat = Seat::new(
            tbs,
            tbs.consent(&secret.key_pair()),
            (Voucher::Head(cert), tbs.vouch(&voucher)),
            approved_by.iter().map(approve).collect(),
            &charter,
        );
        seat.expect("the sample's keys are the charter's")
    }

    /// A session for somebody who sits for a delegation, once they have read the whole record.
    pub(crate) fn session_in_talk(&mut self, index: usize) -> RoomSession {
        let universe = self.peers[index].universe;
        let mut record = Record::new(sample::TALK, None);
        let vault = self.of_talk().vault.clone();
        for entry in self.logs[universe].entries(&StreamName::record()) {
            read(&mut record, &vault, entry);
        }
        let seed = self.rng.seed32();
        let peer = &mut self.peers[index];
        let now = peer.clock(self.now);
        let key = peer.secret.key_pair();
        let delegated = peer.delegated.as_mut().expect("sits for a delegation");
        delegated.record = record;
        RoomSession::in_talk(TalkRoomConfig {
            room: self.room,
            vault,
            seat: delegated.seat.clone(),
            key,
            standings: delegated.record.standings().clone(),
            now,
            seed,
        })
    }

    /// Somebody reads an entry of the record, and tells their session.
    pub(crate) fn read_record(&mut self, index: usize, position: Position, entry: &[u8]) {
        let vault = self.of_talk().vault.clone();
        let Some(delegated) = &mut self.peers[index].delegated else {
            return;
        };
        if delegated.record.next_place().position != position.0 {
            return;
        }
        read(&mut delegated.record, &vault, entry);
        let standings = delegated.record.standings().clone();
        self.with(index, |session: &mut RoomSession, now: Timestamp| {
            session.handle_record(now, &standings);
        });
    }
}

/// What a seat is, for a name and a key.
#[must_use]
pub fn seat_tbs(delegation: u8, secret: &SeatSecret, room: RoomId) -> SeatTbs {
    let name = secret.name();
    SeatTbs {
        name: name.clone(),
        key: SeatKey(secret.key_pair().public()),
        ..sample::tbs(delegation, name.as_str(), &[room])
    }
}

fn read(record: &mut Record, vault: &Vault, entry: &[u8]) {
    let opened = vault.open(&StreamName::record(), entry);
    let _ = record.push(entry, opened.ok().as_deref());
}
