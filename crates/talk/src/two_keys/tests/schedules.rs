//! Heads, strangers and a hostile server act at random; a model that knows nothing of bytes and
//! signatures says what has to come of it.

use crate::crypto::{KeyPair, hash};
use crate::seat::SeatKey;
use crate::two_keys::sample::*;
use crate::two_keys::*;
use std::collections::{BTreeMap, BTreeSet};

const SCHEDULES: u64 = 10_000;
const STEPS: usize = 14;

/// What an act does, in the model's words.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Deed {
    Eject(SeatKey),
    Lock(BTreeSet<SeatKey>),
    Unlock,
    End,
    Roster,
}

#[derive(Debug, Clone)]
struct ModelAct {
    deed: Deed,
    last_position: u64,
    /// delegation -> number of the head that agreed
    agreed: BTreeMap<u8, u64>,
}

/// Who may do what, without bytes: the reference.
#[derive(Default)]
struct Model {
    sides: Vec<u8>,
    revoked_heads: BTreeSet<(u8, u64)>,
    revoked_seats: BTreeSet<SeatKey>,
    lock: Option<BTreeSet<SeatKey>>,
    ended: bool,
    roster: bool,
    acts_in_force: u64,
    open: BTreeMap<ActHash, ModelAct>,
}

impl Model {
    fn speaks(&self, (delegation, n): (u8, u64)) -> bool {
        !self.revoked_heads.contains(&(delegation, n))
    }

    fn binds(&self, delegation: u8) -> Option<ActHash> {
        let mut open = self.open.iter();
        open.find(|(_, act)| act.agreed.contains_key(&delegation))
            .map(|(hash, _)| *hash)
    }

    fn agree(&mut self, head: (u8, u64), hash: ActHash) -> bool {
        if !self.sides.contains(&head.0) || self.binds(head.0).is_some() {
            return false;
        }
        let Some(act) = self.open.get_mut(&hash) else {
            return false;
        };
        act.agreed.insert(head.0, head.1);
        if self.sides.iter().all(|side| act.agreed.contains_key(side)) {
            let deed = act.deed.clone();
            self.open.clear();
            self.acts_in_force += 1;
            match deed {
                Deed::Eject(seat) => self.revoke_seat(seat),
                Deed::Lock(seats) => self.lock = Some(seats),
                Deed::Unlock => self.lock = None,
                Deed::End => self.ended = true,
                Deed::Roster => self.roster = true,
            }
        }
        true
    }

    fn revoke_seat(&mut self, seat: SeatKey) {
        self.revoked_seats.insert(seat);
        if let Some(lock) = &mut self.lock {
            lock.remove(&seat);
        }
    }

    fn propose(&mut self, head: (u8, u64), act: &Act, deed: Deed, fresh: bool, at: u64) -> bool {
        let lasts = act.last_position > at && act.last_position - at <= MAX_ACT_POSITIONS;
        let again = matches!(&deed, Deed::Eject(seat) if self.revoked_seats.contains(seat));
        let asked = self.sides.contains(&head.0) && self.binds(head.0).is_none();
        if self.ended || !fresh || !lasts || again || !asked {
            return false;
        }
        self.open.entry(act.hash()).or_insert(ModelAct {
            deed,
            last_position: act.last_position,
            agreed: BTreeMap::new(),
        });
        self.agree(head, act.hash())
    }

    fn revoke_head(&mut self, head: (u8, u64)) -> bool {
        if !self.revoked_heads.insert(head) {
            return false;
        }
        for act in self.open.values_mut() {
            act.agreed.retain(|delegation, n| (*delegation, *n) != head);
        }
        self.open.retain(|_, act| !act.agreed.is_empty());
        true
    }
}

struct World {
    dice: Dice,
    slots: u8,
    record: Record,
    model: Model,
    people: Vec<SeatTbs>,
    /// Everything ever written, for replays.
    written: Vec<Vec<u8>>,
    known_acts: Vec<(Act, Deed)>,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let slots = 2 + dice.roll(2) as u8;
        let neutral = if slots == 3 {
            Delegations(0b100)
        } else {
            Delegations::default()
        };
        let neutral_is_asked = slots == 3 && dice.roll(2) == 0;
        let sides: Vec<u8> = if neutral_is_asked {
            vec![0, 1, 2]
        } else {
            vec![0, 1]
        };
        let mask = sides.iter().copied().map(DelegationIndex).collect();
        let rules = Rules::all_of(mask, Admit::Each);
        let record = founded(slots, neutral, rules);
        let room = plenary(&TALK);
        let people = (0..4)
            .map(|n| tbs(n % slots, &format!("Person {n}"), &[room]))
            .collect();
        Self {
            dice,
            slots,
            record,
            model: Model {
                sides,
                ..Model::default()
            },
            people,
            written: Vec::new(),
            known_acts: Vec::new(),
        }
    }

    fn somebody(&mut self) -> (u8, u64) {
        let slots = u64::from(self.slots);
        (self.dice.roll(slots) as u8, self.dice.roll(2))
    }

    fn step(&mut self) {
        match self.dice.roll(10) {
            0..=2 => self.propose(),
            3..=5 => self.consent(),
            6 => self.retract(),
            7 => self.withdraw(),
            8 => self.revoke_head(),
            _ => self.mischief(),
        }
        self.compare();
    }

    /// Pushes what a head writes, and says whether it held.
    fn write(&mut self, by: (u8, u64), body: &Body) -> bool {
        let (key, cert) = head(by.0, by.1);
        let author = Author::Head(cert);
        let entry = Entry::sign(&key, &TALK, self.record.next_place(), &author, 0, body);
        self.push(&entry).is_ok()
    }

    fn push(&mut self, entry: &[u8]) -> Result<(), Void> {
        let at = self.record.next_place().position;
        self.model.open.retain(|_, act| act.last_position >= at);
        self.written.push(entry.to_vec());
        let (changes, result) = self.record.push(entry, Some(entry));
        let only_expiries = changes
            .iter()
            .all(|change| matches!(change, Change::Expired(_)));
        assert!(
            result.is_ok() || only_expiries,
            "a void entry changed something"
        );
        result
    }

    fn propose(&mut self) {
        let by = self.somebody();
        let keys: Vec<SeatKey> = self.people.iter().map(|tbs| tbs.key).collect();
        let (body, deed) = match self.dice.roll(8) {
            0..=2 => {
                let seat = keys[self.dice.roll(4) as usize];
                (ActBody::Eject { seat }, Deed::Eject(seat))
            }
            3..=4 => {
                let seats: BTreeSet<SeatKey> = keys
                    .iter()
                    .copied()
                    .filter(|_| self.dice.roll(2) == 0)
                    .collect();
                let listed = seats.iter().copied().collect();
                (
                    ActBody::Lock {
                        room: plenary(&TALK),
                        seats: listed,
                    },
                    Deed::Lock(seats),
                )
            }
            5 => (
                ActBody::Unlock {
                    room: plenary(&TALK),
                },
                Deed::Unlock,
            ),
            6 => {
                let standing = self.record.standing().unwrap();
                let mut rules = *standing.rules();
                rules.admit = Admit::Roster;
                (ActBody::Rules(rules), Deed::Roster)
            }
            _ => (ActBody::End, Deed::End),
        };
        let at = self.record.next_place().position;
        let fresh = self.dice.roll(8) != 0;
        let last = *self.record.standing().unwrap().last_act();
        let lasts = self.dice.roll(6);
        let act = Act::new(body, if fresh { last } else { [9; 32] }, at + lasts);
        self.known_acts.push((act.clone(), deed.clone()));
        let held = self.write(by, &Body::Act(act.clone()));
        let speaks = self.model.speaks(by);
        let expected = speaks && self.model.propose(by, &act, deed, fresh, at);
        assert_eq!(held, expected, "{act:?}");
    }

    fn consent(&mut self) {
        let by = self.somebody();
        let Some(hash) = self.an_act() else { return };
        let held = self.write(by, &Body::Consent(hash));
        let expected = self.model.speaks(by) && self.model.agree(by, hash);
        assert_eq!(held, expected, "consent by {by:?}");
    }

    fn retract(&mut self) {
        let by = self.somebody();
        let Some(hash) = self.an_act() else { return };
        let held = self.write(by, &Body::Retraction(hash));
        let agreed = |act: &ModelAct| act.agreed.contains_key(&by.0);
        let expected = self.model.speaks(by) && self.model.open.get(&hash).is_some_and(agreed);
        assert_eq!(held, expected, "retraction by {by:?}");
        if expected {
            let act = self.model.open.get_mut(&hash).unwrap();
            act.agreed.remove(&by.0);
            self.model.open.retain(|_, act| !act.agreed.is_empty());
        }
    }

    /// An act that is open, or once was.
    fn an_act(&mut self) -> Option<ActHash> {
        let open: Vec<ActHash> = self.model.open.keys().copied().collect();
        if self.dice.roll(4) != 0 && !open.is_empty() {
            return self.dice.of(&open);
        }
        let known: Vec<ActHash> = self.known_acts.iter().map(|(act, _)| act.hash()).collect();
        self.dice.of(&known)
    }

    fn withdraw(&mut self) {
        let by = self.somebody();
        let tbs = self.people[self.dice.roll(4) as usize].clone();
        let consent = tbs.consent(&seat_key(tbs.name.as_str()));
        let body = Body::Withdrawal(Withdrawal::new(tbs.clone(), consent));
        let held = self.write(by, &body);
        let own = tbs.delegation.0 == by.0;
        let expected = self.model.speaks(by) && own && !self.model.revoked_seats.contains(&tbs.key);
        assert_eq!(held, expected, "withdrawal by {by:?}");
        if expected {
            self.model.revoke_seat(tbs.key);
        }
    }

    /// Head 1 of a side revokes head 0, seldom; now and then with a key that isn't the root.
    fn revoke_head(&mut self) {
        let delegation = self.dice.roll(u64::from(self.slots)) as u8;
        if self.dice.roll(3) != 0 {
            return;
        }
        let forged = self.dice.roll(2) == 0;
        let signer: KeyPair = if forged {
            key("thief")
        } else {
            root(delegation)
        };
        let victim = head(delegation, 0).1.key;
        let index = DelegationIndex(delegation);
        let body = Body::HeadRevoked(HeadRevoked::issue(&signer, &TALK, index, victim));
        let held = self.write((delegation, 1), &body);
        let expected = !forged && self.model.revoke_head((delegation, 0));
        assert_eq!(held, expected, "revocation in {delegation}");
    }

    /// What must never count: replays, entries signed by strangers or moved, junk, and a charter
    /// that founds the talk anew.
    fn mischief(&mut self) {
        let place = self.record.next_place();
        let act = Act::new(
            ActBody::End,
            *self.record.standing().unwrap().last_act(),
            place.position + 3,
        );
        let body = Body::Act(act);
        let (key_0, cert) = head(0, 0);
        let entry = match self.dice.roll(5) {
            0 => match self.dice.roll(self.written.len().max(1) as u64) as usize {
                index if index < self.written.len() => self.written[index].clone(),
                _ => vec![],
            },
            1 => Entry::sign(
                &key("stranger"),
                &TALK,
                place,
                &Author::Head(cert),
                0,
                &body,
            ),
            2 => {
                let moved = Place {
                    prev: hash(&[b"elsewhere"]),
                    ..place
                };
                Entry::sign(&key_0, &TALK, moved, &Author::Head(cert), 0, &body)
            }
            3 => {
                let founding = ratified(self.record.standing().unwrap().ratified().genesis());
                Entry::sign(
                    &key_0,
                    &TALK,
                    place,
                    &Author::Head(cert),
                    0,
                    &Body::Charter(founding),
                )
            }
            _ => (0..40).map(|_| self.dice.roll(256) as u8).collect(),
        };
        assert!(self.push(&entry).is_err(), "mischief counted");
    }

    /// The record says what the model says.
    fn compare(&self) {
        let standing = self.record.standing().unwrap();
        let model = &self.model;
        assert_eq!(standing.is_ended(), model.ended);
        assert_eq!(standing.rules().admit == Admit::Roster, model.roster);
        assert_eq!(standing.is_locked(&plenary(&TALK)), model.lock.is_some());
        for tbs in &self.people {
            assert_eq!(
                standing.is_revoked_seat(&tbs.key),
                model.revoked_seats.contains(&tbs.key)
            );
            let locked = model
                .lock
                .as_ref()
                .is_some_and(|lock| !lock.contains(&tbs.key));
            assert_eq!(standing.locks_out(&plenary(&TALK), &tbs.key), locked);
        }
        let agreed: Vec<(ActHash, Delegations)> = standing
            .open_acts()
            .map(|(hash, open)| (*hash, open.agreed()))
            .collect();
        let expected: Vec<(ActHash, Delegations)> = model
            .open
            .iter()
            .map(|(hash, act)| {
                (
                    *hash,
                    act.agreed.keys().copied().map(DelegationIndex).collect(),
                )
            })
            .collect();
        assert_eq!(agreed, expected);
        // Two keys, in so many words: no act is in force that a side didn't agree to.
        for (_, open) in standing.open_acts() {
            let asked = standing.rules().consent(open.act.body().matter());
            assert!(!open.agreed().covers(asked));
        }
    }
}

fn run(seed: u64) -> World {
    let mut world = World::new(seed);
    for _ in 0..STEPS {
        world.step();
    }
    world
}

#[test]
fn schedules() {
    let workers = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    let in_force: u64 = std::thread::scope(|scope| {
        let part = |worker: u64| {
            let seeds = (worker..SCHEDULES).step_by(workers as usize);
            seeds
                .map(|seed| {
                    let world = std::panic::catch_unwind(|| run(seed));
                    let world =
                        world.unwrap_or_else(|_| panic!("schedule with seed {seed} failed"));
                    world.model.acts_in_force
                })
                .sum::<u64>()
        };
        let handles: Vec<_> = (0..workers)
            .map(|worker| scope.spawn(move || part(worker)))
            .collect();
        handles
            .into_iter()
            .map(|handle| handle.join().unwrap())
            .sum()
    });
    // The schedules get somewhere: otherwise they would show nothing.
    assert!(
        in_force > SCHEDULES / 10,
        "only {in_force} acts came into force"
    );
}

/// Whoever comes late and replays has what the others have.
#[test]
fn late_devices_catch_up() {
    for seed in 0..50 {
        let world = run(seed);
        let mut late = founded_like(&world);
        for entry in &world.written {
            let _ = late.push(entry, Some(entry));
        }
        assert_eq!(late, world.record, "seed {seed}");
    }
}

fn founded_like(world: &World) -> Record {
    let standing = world.record.standing().unwrap();
    let founding = ratified(standing.ratified().genesis());
    let mut record = Record::new(TALK, None);
    write(&mut record, 0, &Body::Charter(founding)).unwrap();
    record
}
