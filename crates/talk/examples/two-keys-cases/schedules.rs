//! Random records: heads, people, strangers and a hostile server.

use super::admission::{seat_of, sorted};
use super::case::{Case, Tape};
use incamera_talk::crypto::hash;
use incamera_talk::two_keys::sample::*;
use incamera_talk::{SeatKey, two_keys::*};

pub(crate) fn case(seed: u64, steps: usize) -> Case {
    let mut dice = Dice::new(seed);
    let slots = 2 + dice.roll(2) as u8;
    let neutral = if slots == 3 { 0b100 } else { 0 };
    let asked = if dice.roll(2) == 0 {
        all(slots)
    } else {
        Delegations(0b11)
    };
    let admit = if dice.roll(4) == 0 {
        Admit::Roster
    } else {
        Admit::Each
    };
    let mut talk = Talk {
        tape: Tape::founded(slots, neutral, Rules::all_of(asked, admit)),
        dice,
        slots,
        acts: Vec::new(),
    };
    for _ in 0..steps {
        talk.step();
    }
    let room = plenary(&TALK);
    let charter = charter(&talk.tape.record);
    let people = (0..4).map(|n| talk.person(n));
    let seats = people.flat_map(|tbs| {
        let by: Vec<u8> = (0..2).filter(|d| *d != tbs.delegation.0).collect();
        [seat(&tbs, &by, &charter), seat(&tbs, &[], &charter)]
    });
    // After a root was replaced, seats of the old root's heads can't be made any more.
    let seats: Vec<_> = seats.flatten().map(|seat| (seat.encode(), room)).collect();
    Case::new(&format!("schedule-{seed:04}"), "a random record").seats(&talk.tape, &seats)
}

struct Talk {
    tape: Tape,
    dice: Dice,
    slots: u8,
    acts: Vec<ActHash>,
}

impl Talk {
    fn person(&self, n: u8) -> SeatTbs {
        tbs(n % self.slots, &format!("Person {n}"), &[plenary(&TALK)])
    }

    fn step(&mut self) {
        let by = self.dice.roll(u64::from(self.slots)) as u8;
        let Some(body) = self.body() else {
            return self.mischief();
        };
        let (key, author) = match self.dice.roll(6) {
            0 => {
                let n = self.dice.roll(4) as u8;
                let tbs = self.person(n);
                let charter = charter(&self.tape.record);
                let approved = self.slots == 2 && self.dice.roll(2) == 0;
                match seat(&tbs, &[1 - tbs.delegation.0.min(1)], &charter) {
                    Ok(_) if approved => {
                        (seat_key(tbs.name.as_str()), seat_of(&tbs, true, &charter))
                    }
                    _ => return self.mischief(),
                }
            }
            n => {
                let (key, cert) = head(by, u64::from(n == 1));
                (key, Author::Head(cert))
            }
        };
        let entry = self.tape.entry_as(&key, &author, &body);
        self.tape.push(&entry);
    }

    fn body(&mut self) -> Option<Body> {
        let n = self.dice.roll(4) as u8;
        let tbs = self.person(n);
        Some(match self.dice.roll(14) {
            0..=3 => Body::Act(self.act()),
            4..=7 => Body::Consent(self.an_act()?),
            8 => Body::Retraction(self.an_act()?),
            9 => Body::Withdrawal(Withdrawal::new(
                tbs.clone(),
                tbs.consent(&seat_key(tbs.name.as_str())),
            )),
            10 => {
                let d = self.dice.roll(u64::from(self.slots)) as u8;
                let (key, cert) = head(d, self.dice.roll(2));
                let approval = tbs.approve(&key, &cert).encode();
                Body::Approval {
                    seat: hash(&[&tbs.encode()]),
                    approval,
                }
            }
            11 => {
                let d = self.dice.roll(u64::from(self.slots)) as u8;
                let of = self.dice.roll(u64::from(self.slots)) as u8;
                let victim = head(of, self.dice.roll(2)).1.key;
                Body::HeadRevoked(HeadRevoked::issue(
                    &root(d),
                    &TALK,
                    DelegationIndex(d),
                    victim,
                ))
            }
            12 => self.amendment(),
            _ => Body::Life {
                kind: 64,
                content: vec![n],
            },
        })
    }

    fn act(&mut self) -> Act {
        let room = plenary(&TALK);
        let keys: Vec<SeatKey> = (0..4).map(|n| self.person(n).key).collect();
        let rules = *self.tape.record.standing().unwrap().rules();
        let body = match self.dice.roll(9) {
            0..=3 => ActBody::Eject {
                seat: keys[self.dice.roll(4) as usize],
            },
            4 | 5 => {
                let listed = keys
                    .into_iter()
                    .filter(|_| self.dice.roll(2) == 0)
                    .collect();
                ActBody::Lock {
                    room,
                    seats: sorted(listed),
                }
            }
            6 => ActBody::Unlock { room },
            7 if self.dice.roll(3) == 0 => ActBody::End,
            7 => ActBody::Publish {
                readout: [n_of(&mut self.dice); 32],
            },
            _ => {
                let masks = [Delegations(0b11), all(self.slots), Delegations(0b01)];
                let matter = Matter::ALL[self.dice.roll(7) as usize];
                ActBody::Rules(rules.with(matter, masks[self.dice.roll(3) as usize]))
            }
        };
        let place = self.tape.record.next_place();
        let last = *self.tape.record.standing().unwrap().last_act();
        let prev = if self.dice.roll(8) == 0 {
            [9; 32]
        } else {
            last
        };
        let act = Act::new(body, prev, place.position + self.dice.roll(7));
        self.acts.push(act.hash());
        act
    }

    /// One that is open, or once was.
    fn an_act(&mut self) -> Option<ActHash> {
        let standing = self.tape.record.standing().unwrap();
        let open: Vec<ActHash> = standing.open_acts().map(|(hash, _)| *hash).collect();
        let from = if open.is_empty() || self.dice.roll(4) == 0 {
            &self.acts
        } else {
            &open
        };
        let at = self.dice.roll(from.len().max(1) as u64) as usize;
        from.get(at).copied()
    }

    /// Now and then a title, seldom a root; now and then signed by a root too few.
    fn amendment(&mut self) -> Body {
        let standing = self.tape.record.standing().unwrap();
        let mut charter = standing.charter().amended();
        let genesis = standing.ratified().genesis().clone();
        let fresh: Vec<bool> = (0..self.slots)
            .map(|d| charter.parties[usize::from(d)].root == root(d).public())
            .collect();
        charter.wire_version += 1;
        let replaced =
            (self.dice.roll(3) == 0).then(|| self.dice.roll(u64::from(self.slots)) as u8);
        if let Some(d) = replaced {
            charter.parties[usize::from(d)].root = next_root(d).public();
        }
        let honest = self.dice.roll(4) != 0;
        let signer = |d: u8| {
            let current = fresh[usize::from(d)] && replaced != Some(d);
            match (honest, current) {
                (false, _) if d == 0 => key("thief"),
                (_, true) => root(d),
                (_, false) => next_root(d),
            }
        };
        Body::Charter(sign_charter(&charter, &genesis, signer))
    }

    /// Replays, junk, and what nobody can open.
    fn mischief(&mut self) {
        let known = self.tape.entries.len() as u64;
        let at = self.dice.roll(known) as usize;
        match self.dice.roll(3) {
            0 => {
                let replay = self.tape.entries[at].1.clone().unwrap_or_default();
                self.tape.push(&replay);
            }
            1 => {
                self.tape.push_sealed(b"sealed for others", None);
            }
            _ => {
                let junk: Vec<u8> = (0..40).map(|_| n_of(&mut self.dice)).collect();
                self.tape.push(&junk);
            }
        }
    }
}

fn n_of(dice: &mut Dice) -> u8 {
    dice.roll(256) as u8
}
