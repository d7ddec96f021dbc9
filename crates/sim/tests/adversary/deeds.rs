//! What happens: people come and go, heads decide, a member forges, the server cheats.

use crate::common::talk::{ghost, key, latest, secret};
use crate::{PEOPLE, Play};
use core::time::Duration;
use incamera_e2ee::attack::{Flaw, Forgery};
use incamera_e2ee::attack_talk::{Context, Ghost, TalkForgery};
use incamera_model::StreamName;
use incamera_sim::{Conditions, Model, seat_tbs};
use incamera_talk::two_keys::{
    Act, ActBody, Body, DelegationIndex, HeadRevoked, Place, Withdrawal, sample,
};
use incamera_talk::{Name, SeatKey, SeatSecret};
use std::collections::BTreeSet;

impl Play {
    pub(crate) fn step(&mut self) {
        match self.below(20) {
            0..=5 => self.people(),
            6..=9 => self.heads(),
            10..=14 => self.member(),
            _ => self.server(),
        }
    }

    fn below(&mut self, end: usize) -> usize {
        self.world.rng.below(end as u64) as usize
    }

    fn any<T: Copy>(&mut self, of: &[T]) -> Option<T> {
        (!of.is_empty()).then(|| of[self.below(of.len())])
    }

    // --- people ---------------------------------------------------------------------------------

    /// Somebody with a seat, vouched for by one of the two heads of their side and, if `approved`,
    /// approved by one of the other.
    pub(crate) fn person(&mut self, delegation: u8, name: &str, approved: bool) -> usize {
        let name = format!("{name} {}", self.world.peers.len());
        let seed = self.world.rng.seed32();
        let secret = SeatSecret::new(Name::new(&name).expect("a name"), seed);
        let (vouched, approver) = (self.below(2) as u64, self.below(2) as u64);
        let approver = (1 - delegation, approver);
        let tbs = seat_tbs(delegation, &secret, self.world.room);
        let approvals = if approved { &[approver][..] } else { &[] };
        let seat = self.world.seat_by(&tbs, &secret, vouched, approvals);
        for model in &mut self.models {
            let approved = approved.then_some(approver);
            model.admit(key(&secret), (delegation, vouched), approved);
        }
        self.read_in.push(0);
        self.world.admit(secret, seat)
    }

    fn people(&mut self) {
        let open: Vec<usize> = (0..self.world.peers.len())
            .filter(|index| self.is_open(*index) && !self.asleep.contains_key(index))
            .collect();
        let Some(one) = self.any(&open) else { return };
        match self.below(7) {
            0 | 1 if self.honest.len() < PEOPLE => {
                let delegation = self.below(2) as u8;
                let index = self.person(delegation, "Honest", true);
                self.honest.push(index);
                self.open(index);
            }
            0..=2 => {
                self.world.crash(one);
                self.open(one);
            }
            3 => {
                let after = Duration::from_millis(self.world.rng.below(20_000));
                self.world.disconnect(one);
                self.world.reconnect_in(one, after);
            }
            4 if open.len() > 2 => self.world.crash(one),
            5 => {
                self.world.sleep(one);
                self.asleep.insert(one, self.world.now);
            }
            _ => {
                if let Some((sleeper, since)) = self.asleep.pop_first() {
                    let slept = self.world.now - since;
                    let (counted, cut) = (self.below(2) == 0, self.below(2) == 0);
                    self.world.wake(sleeper, slept, counted, cut);
                    return;
                }
                let closed = self.honest.clone().into_iter();
                let closed: Vec<usize> = closed.filter(|index| !self.is_open(*index)).collect();
                if let Some(index) = self.any(&closed) {
                    self.open(index);
                }
            }
        }
    }

    // --- heads ----------------------------------------------------------------------------------

    fn heads(&mut self) {
        let universe = self.below(self.world.logs.len());
        let index = self.below(self.world.peers.len());
        let seat = self.seat(index);
        match self.below(8) {
            0 => {
                if self.both(universe, ActBody::Eject { seat }) {
                    self.decided(universe, |model| model.throw_out(seat));
                }
            }
            1 => self.withdraw(universe, index),
            2 | 3 => self.lock(universe),
            4 => {
                let room = self.world.room;
                if self.both(universe, ActBody::Unlock { room }) {
                    self.decided(universe, |model| model.lock(None));
                }
            }
            5 => self.revoke_head(universe),
            6 => {
                // One side alone; the other never agrees.
                let act = self.act(universe, ActBody::Eject { seat });
                let side = self.below(2) as u8;
                let _ = self.world.write(universe, side, &Body::Act(act));
            }
            _ => {
                let content = self.world.rng.seed32().to_vec();
                let body = Body::Life { kind: 64, content };
                let _ = self.world.write(universe, 0, &body);
            }
        }
    }

    fn act(&mut self, universe: usize, body: ActBody) -> Act {
        sample::act(&self.world.of_talk().records[universe], body)
    }

    fn both(&mut self, universe: usize, body: ActBody) -> bool {
        let act = self.act(universe, body);
        let hash = act.hash();
        let first = self.below(2) as u8;
        self.world.write(universe, first, &Body::Act(act)).is_ok()
            && self
                .world
                .write(universe, 1 - first, &Body::Consent(hash))
                .is_ok()
    }

    fn decided(&mut self, universe: usize, decide: impl Fn(&mut Model)) {
        let position = self.world.of_talk().records[universe].next_place().position;
        let model = &mut self.models[universe];
        decide(model);
        model.decided(position);
        if self.below(3) == 0 {
            self.outrun(universe);
        }
    }

    /// Before anybody else can, Mal lets the room follow what was just decided, and everybody stay.
    fn outrun(&mut self, universe: usize) {
        if !self.is_open(self.mal) || self.world.peers[self.mal].universe != universe {
            return;
        }
        let place = latest(&self.world, universe);
        let forgery = TalkForgery {
            place: Some(place),
            context: Context::Moved(place),
            ..TalkForgery::default()
        };
        let forged = self
            .world
            .with(self.mal, |mal, _| mal.forge_in_talk(&forgery));
        if let Ok(entry) = forged {
            let commits = StreamName::commits(&self.world.room);
            self.world.inject(universe, &commits, entry);
        }
    }

    fn withdraw(&mut self, universe: usize, index: usize) {
        let peer = &self.world.peers[index];
        let tbs = peer.delegated.as_ref().expect("of a delegation").seat.tbs();
        let (tbs, seat) = (tbs.clone(), tbs.key);
        let consent = tbs.consent(&peer.secret.key_pair());
        let side = tbs.delegation.0;
        let body = Body::Withdrawal(Withdrawal::new(tbs, consent));
        if self.world.write(universe, side, &body).is_ok() {
            self.decided(universe, |model| model.throw_out(seat));
        }
    }

    /// Most of those who are there stay.
    fn lock(&mut self, universe: usize) {
        let mut seats = BTreeSet::new();
        for index in 0..self.world.peers.len() {
            if self.world.rng.chance(850) {
                seats.insert(self.seat(index));
            }
        }
        let room = self.world.room;
        let list: Vec<SeatKey> = seats.iter().copied().collect();
        if self.both(universe, ActBody::Lock { room, seats: list }) {
            self.decided(universe, |model| model.lock(Some(seats.clone())));
        }
    }

    /// The second head of a side; the first goes on writing.
    fn revoke_head(&mut self, universe: usize) {
        let side = self.below(2) as u8;
        let head = sample::head(side, 1).0.public();
        let index = DelegationIndex(side);
        let revoked = HeadRevoked::issue(&sample::root(side), &sample::TALK, index, head);
        let body = Body::HeadRevoked(revoked);
        if self.world.write(universe, 0, &body).is_ok() {
            self.decided(universe, |model| model.revoke_head((side, 1)));
        }
    }

    // --- the hostile member ---------------------------------------------------------------------

    fn member(&mut self) {
        if !self.is_open(self.mal) {
            self.open(self.mal);
            return;
        }
        let commits = StreamName::commits(&self.world.room);
        let universe = self.world.peers[self.mal].universe;
        let forged = match self.below(8) {
            0 => self.forge_plain(),
            1 => self.forge_open(universe),
            _ => self.forge_commit(universe),
        };
        if let Ok(entry) = forged {
            self.world.inject(universe, &commits, entry);
        }
    }

    fn forge_plain(&mut self) -> Result<Vec<u8>, &'static str> {
        let forgeries = [
            Forgery::SelfUpdate,
            Forgery::GroupContext,
            Forgery::LoneProposal,
            Forgery::CapablePath,
            Forgery::FarClaim,
            Forgery::JunkWelcome,
            Forgery::ForeignWelcome,
        ];
        let forgery = forgeries[self.below(forgeries.len())];
        self.world.with(self.mal, |mal, _| mal.forge(forgery))
    }

    fn forge_open(&mut self, universe: usize) -> Result<Vec<u8>, &'static str> {
        let commits = StreamName::commits(&self.world.room);
        let next = self.world.logs[universe].next(&commits);
        let place = self.place(universe);
        let ghost = self.ghost();
        let forge = |mal: &mut incamera_e2ee::RoomSession| mal.forge_open(next, place, &ghost);
        self.world.with(self.mal, |mal, _| forge(mal))
    }

    fn forge_commit(&mut self, universe: usize) -> Result<Vec<u8>, &'static str> {
        let place = self.place(universe);
        let named = [None, Some(place)][self.below(2)];
        let context = match self.below(5) {
            0 | 1 => named.map_or(Context::Kept, Context::Moved),
            2 => Context::Senders,
            3 => Context::Capabilities,
            _ => Context::Kept,
        };
        let some = |play: &mut Self, per_mille| play.world.rng.chance(per_mille);
        let adds = if some(self, 500) {
            vec![self.ghost()]
        } else {
            Vec::new()
        };
        let hidden = if some(self, 150) {
            vec![self.ghost()]
        } else {
            Vec::new()
        };
        let mut forgery = TalkForgery {
            place: named,
            context,
            removes: Vec::new(),
            adds,
            hidden,
            lets_in: some(self, 300),
            unlike: some(self, 100),
            renamed: None,
            claims: None,
        };
        if some(self, 250) {
            forgery.removes = self.others();
        }
        if some(self, 80) {
            forgery.claims = Some(self.below(3) as u64);
        }
        // A joiner can't tell a Welcome into a branch from a true one, until beats cross.
        self.forked |= forgery.lets_in;
        self.world
            .with(self.mal, |mal, _| mal.forge_in_talk(&forgery))
    }

    /// Some of those who sit with Mal, or all of them.
    fn others(&mut self) -> Vec<SeatKey> {
        let own = self.seat(self.mal);
        let session = self.world.peers[self.mal].session.as_mut();
        let room = session.and_then(|session| session.inside());
        let mut seats: Vec<SeatKey> = room.map_or(Vec::new(), |room| {
            room.seats.into_iter().filter(|seat| *seat != own).collect()
        });
        if self.below(3) > 0 {
            seats.truncate(1);
        }
        seats
    }

    /// A place of the record where something changed once, the latest, or one that there isn't.
    fn place(&mut self, universe: usize) -> Place {
        let latest = latest(&self.world, universe);
        let invented = Place {
            position: latest.position + 9,
            prev: [7; 32],
        };
        let delegated = self.world.peers[self.mal].delegated.as_ref();
        let old = delegated
            .expect("of a delegation")
            .record
            .standings()
            .current();
        let old = old.map_or(latest, |(place, _)| place);
        let first = self.first;
        [latest, old, first, invented][self.below(4)]
    }

    /// Somebody whom Mal would like to have there: without a seat that counts, with one that doesn't
    /// any more, or with one that is somebody else's.
    fn ghost(&mut self) -> Ghost {
        let index = self.below(self.world.peers.len());
        let peer = &self.world.peers[index];
        let theirs = &peer.delegated.as_ref().expect("of a delegation").seat;
        let (theirs, own) = (ghost(theirs, &peer.secret), secret("Ghost"));
        let side = self.below(2) as u8;
        let unapproved = self.world.seat_of(side, &own, &[]);
        match self.below(6) {
            0 | 1 => ghost(&unapproved, &own),
            2 => Ghost {
                flaw: Flaw::Lifetime,
                ..ghost(&unapproved, &own)
            },
            // The key of somebody honest nobody else has.
            _ if self.is_honest(index) => Ghost {
                key: own.key_pair(),
                ..theirs
            },
            _ => theirs,
        }
    }

    // --- the server -----------------------------------------------------------------------------

    fn server(&mut self) {
        let streams = self.streams();
        let stream = streams[self.below(streams.len())].clone();
        let universe = self.below(self.world.logs.len());
        let peer = self.below(self.world.peers.len());
        match self.below(8) {
            0 => {
                let min_ms = self.world.rng.below(30);
                let conditions = Conditions {
                    min_ms,
                    max_ms: min_ms + 10 + self.world.rng.below(400),
                    drop: self.world.rng.below(200),
                    duplicate: self.world.rng.below(200),
                    alter: self.world.rng.below(100),
                    ..self.world.conditions.clone()
                };
                self.world.conditions = conditions;
            }
            1 | 2 => {
                self.world.conditions.withheld_from.insert((peer, stream));
            }
            3 => {
                self.world.conditions.withheld.insert(stream);
            }
            4 => streams.iter().for_each(|stream| self.world.release(stream)),
            5 => self.replay(universe, &stream),
            6 if self.may_fork && self.world.logs.len() < 3 => self.fork(),
            _ => {
                // Anybody who has the key of the room's streams could write this.
                let junk = self.world.rng.seed32();
                let sealed = self.world.of_talk().vault.seal(&stream, &junk, &junk);
                if stream == StreamName::record() {
                    let _ = self.world.write_entry(universe, &junk);
                } else if stream != StreamName::beats(&self.world.room) {
                    self.world
                        .inject(universe, &stream, sealed.expect("it fits"));
                }
            }
        }
    }

    fn streams(&self) -> [StreamName; 5] {
        let room = &self.world.room;
        [
            StreamName::commits(room),
            StreamName::door(room),
            StreamName::messages(room),
            StreamName::beats(room),
            StreamName::record(),
        ]
    }

    /// An entry stands in its stream once more.
    fn replay(&mut self, universe: usize, stream: &StreamName) {
        let entries = self.world.logs[universe].entries(stream);
        if *stream == StreamName::record() || entries.is_empty() {
            return;
        }
        let entry = entries[self.world.rng.below(entries.len() as u64) as usize].clone();
        self.world.inject(universe, stream, entry);
    }

    fn fork(&mut self) {
        let universe = self.world.peers[0].universe;
        let peers: Vec<usize> = (0..self.world.peers.len())
            .filter(|index| self.world.peers[*index].universe == universe)
            .collect();
        let away: Vec<usize> = peers
            .into_iter()
            .filter(|_| self.world.rng.chance(500))
            .collect();
        if away.is_empty() {
            return;
        }
        self.world.conditions.bridge_beats = self.world.rng.chance(500);
        let fresh = self.world.fork(&away);
        self.models.push(self.models[universe].clone());
        for index in away {
            self.read_in[index] = fresh;
        }
        self.forked = true;
    }
}
