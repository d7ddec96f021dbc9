use incamera_model::{RoomId, encode_base64url};
use incamera_talk::crypto::KeyPair;
use incamera_talk::crypto::hash;
use incamera_talk::two_keys::sample::{TALK, author, facts, head};
use incamera_talk::two_keys::*;
use serde_json::{Map, Value, json};

/// What is asked of the verifier, and what should come out.
pub(crate) struct Case {
    name: String,
    parts: Map<String, Value>,
    expected: Map<String, Value>,
}

pub(crate) fn base64(bytes: &[u8]) -> Value {
    encode_base64url(bytes).into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn list(items: &[Vec<u8>]) -> Value {
    items.iter().map(|item| base64(item)).collect()
}

fn told<T, E>(
    results: impl IntoIterator<Item = Result<T, E>>,
    why: fn(&E) -> &'static str,
) -> Value {
    let told = results.into_iter().map(|result| match result {
        Ok(_) => "ok",
        Err(fault) => why(&fault),
    });
    told.collect()
}

impl Case {
    /// `about`: what the case shows, for whoever reads the file.
    pub(crate) fn new(name: &str, about: &str) -> Self {
        let parts = Map::from_iter([("about".to_owned(), about.into())]);
        Self {
            name: name.to_owned(),
            parts,
            expected: Map::new(),
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn to_json(&self) -> String {
        let mut whole = self.parts.clone();
        whole.insert("expected".into(), self.expected.clone().into());
        serde_json::to_string(&whole).unwrap()
    }

    /// All that is expected of `key`, to be changed into something wrong.
    pub(crate) fn expected_mut(&mut self, key: &str) -> &mut Value {
        self.expected.get_mut(key).unwrap()
    }

    fn part(mut self, key: &str, input: Value, expected: Value) -> Self {
        self.parts.insert(key.into(), input);
        self.expected.insert(key.into(), expected);
        self
    }

    /// Every verdict so far is `reason`.
    #[track_caller]
    pub(crate) fn all(self, key: &str, reason: &str) -> Self {
        let verdicts = self.expected[key].as_array().unwrap();
        assert!(!verdicts.is_empty());
        for (at, verdict) in verdicts.iter().enumerate() {
            assert_eq!(verdict, reason, "{} {at}", self.name);
        }
        self
    }

    /// None of the verdicts is "ok".
    #[track_caller]
    pub(crate) fn none(self, key: &str) -> Self {
        let verdicts = self.expected[key].as_array().unwrap();
        let good = verdicts.iter().position(|verdict| verdict == "ok");
        assert_eq!(good, None, "{}", self.name);
        self
    }

    /// The verdicts are these.
    #[track_caller]
    pub(crate) fn are(self, key: &str, reasons: &[&str]) -> Self {
        assert_eq!(self.expected[key], json!(reasons), "{}", self.name);
        self
    }

    pub(crate) fn offers(self, offers: &[Vec<u8>]) -> Self {
        let verdicts = offers.iter().map(|offer| Offer::decode(offer));
        let verdicts = told(verdicts, FoundingError::reason);
        self.part("offers", list(offers), verdicts)
    }

    /// Claims on one offer, made with a secret or not.
    pub(crate) fn claims(
        self,
        offer: &Offer,
        claims: &[Vec<u8>],
        secret: Option<[u8; 32]>,
    ) -> Self {
        let judge = |encoded: &Vec<u8>| {
            let claim = Claim::decode(encoded, offer)?;
            match secret {
                Some(secret) if !claim.is_made_with(&secret, &offer.talk) => {
                    Err(FoundingError::Mac)
                }
                _ => Ok(()),
            }
        };
        let verdicts = told(claims.iter().map(judge), FoundingError::reason);
        let shown = |claim: &Vec<u8>| {
            let mut shown = json!({"offer": base64(offer.as_bytes()), "claim": base64(claim)});
            if let Some(secret) = secret {
                shown["secret"] = base64(&secret);
            }
            shown
        };
        self.part("claims", claims.iter().map(shown).collect(), verdicts)
    }

    pub(crate) fn geneses(self, geneses: &[Vec<u8>]) -> Self {
        let verdicts = geneses.iter().map(|genesis| Genesis::decode(genesis));
        let verdicts = told(verdicts, FoundingError::reason);
        self.part("geneses", list(geneses), verdicts)
    }

    /// Chains of a first charter and its amendments.
    pub(crate) fn charters(self, chains: &[Vec<Vec<u8>>]) -> Self {
        let judge = |chain: &Vec<Vec<u8>>| -> Value {
            let mut last: Option<Ratified> = None;
            let mut verdicts = Vec::new();
            for encoded in chain {
                let read = match &last {
                    None => Ratified::found(encoded),
                    Some(before) => before.amend(encoded),
                };
                verdicts.push(match read {
                    Ok(ratified) => {
                        last = Some(ratified);
                        "ok"
                    }
                    Err(fault) => fault.reason(),
                });
            }
            json!(verdicts)
        };
        let verdicts = chains.iter().map(judge).collect();
        let shown = chains.iter().map(|chain| list(chain)).collect();
        self.part("charters", shown, verdicts)
    }

    /// A record and what stands after it.
    pub(crate) fn tape(mut self, tape: &Tape) -> Self {
        self.parts.insert("talk".into(), base64(&TALK.0));
        if let Some(genesis) = &tape.genesis {
            self.parts.insert("genesis".into(), base64(genesis));
        }
        let shown = |(sealed, entry): &([u8; 32], Option<Vec<u8>>)| {
            let entry = entry.as_ref().map_or(Value::Null, |entry| base64(entry));
            json!({"sealed": base64(sealed), "entry": entry})
        };
        self.parts
            .insert("record".into(), tape.entries.iter().map(shown).collect());
        self.expected.insert("voids".into(), json!(tape.voids));
        self.expected
            .insert("standing".into(), shown_standing(&tape.record));
        self
    }

    /// Seats asked for in rooms, under what stands after `tape`.
    pub(crate) fn seats(self, tape: &Tape, seats: &[(Vec<u8>, RoomId)]) -> Self {
        let standing = tape.record.standing().unwrap();
        let judge = |(seat, room): &(Vec<u8>, RoomId)| {
            Seat::verify(seat, standing.charter()).and_then(|seat| seat.stands(standing, room))
        };
        let verdicts = told(seats.iter().map(judge), SeatError::reason);
        let shown = |(seat, room): &(Vec<u8>, RoomId)| json!({"seat": base64(seat), "room": base64(&room.0)});
        self.tape(tape)
            .part("seats", seats.iter().map(shown).collect(), verdicts)
    }

    pub(crate) fn invitations(self, tape: &Tape, invitations: &[Vec<u8>]) -> Self {
        let charter = tape.record.standing().unwrap().charter();
        let verdicts = invitations
            .iter()
            .map(|encoded| InviteCert::verify(encoded, charter));
        let verdicts = told(verdicts, InviteError::reason);
        self.tape(tape)
            .part("invitations", list(invitations), verdicts)
    }
}

/// A record as it is written, with everything that was pushed.
pub(crate) struct Tape {
    genesis: Option<[u8; 32]>,
    pub(crate) record: Record,
    pub(crate) entries: Vec<([u8; 32], Option<Vec<u8>>)>,
    voids: Vec<Option<&'static str>>,
}

impl Tape {
    pub(crate) fn empty(genesis: Option<[u8; 32]>) -> Self {
        Self {
            genesis,
            record: Record::new(TALK, genesis),
            entries: Vec::new(),
            voids: Vec::new(),
        }
    }

    /// Of a talk of `slots` delegations, founded.
    pub(crate) fn founded(slots: u8, neutral: u16, rules: Rules) -> Self {
        let mut tape = Self::empty(None);
        let genesis = sample::genesis(slots, Delegations(neutral), rules);
        tape.holds(0, &Body::Charter(sample::ratified(&genesis)));
        tape
    }

    pub(crate) fn two() -> Self {
        Self::founded(2, 0, Rules::all_of(sample::all(2), Admit::Each))
    }

    pub(crate) fn push(&mut self, entry: &[u8]) -> Option<&'static str> {
        self.push_sealed(entry, Some(entry))
    }

    /// Sealed bytes that may not open.
    pub(crate) fn push_sealed(
        &mut self,
        sealed: &[u8],
        entry: Option<&[u8]>,
    ) -> Option<&'static str> {
        let (_, result) = self.record.push(sealed, entry);
        let void = result.err().map(|void| void.reason());
        self.entries
            .push((hash(&[sealed]), entry.map(<[u8]>::to_vec)));
        self.voids.push(void);
        void
    }

    /// What head 0 of a delegation would write next.
    pub(crate) fn entry(&self, delegation: u8, body: &Body) -> Vec<u8> {
        self.entry_as(&head(delegation, 0).0, &author(delegation), body)
    }

    pub(crate) fn entry_as(&self, key: &KeyPair, author: &Author, body: &Body) -> Vec<u8> {
        Entry::sign(
            key,
            &TALK,
            self.record.next_place(),
            author,
            1_700_000_000_000,
            body,
        )
    }

    #[track_caller]
    pub(crate) fn holds(&mut self, delegation: u8, body: &Body) {
        let entry = self.entry(delegation, body);
        assert_eq!(self.push(&entry), None);
    }

    #[track_caller]
    pub(crate) fn void(&mut self, delegation: u8, body: &Body, reason: &str) {
        let entry = self.entry(delegation, body);
        assert_eq!(self.push(&entry), Some(reason));
    }

    #[track_caller]
    pub(crate) fn void_bytes(&mut self, entry: &[u8], reason: &str) {
        assert_eq!(self.push(entry), Some(reason));
    }

    /// An act on top of the last one.
    pub(crate) fn act(&self, body: ActBody) -> Act {
        sample::act(&self.record, body)
    }
}

fn shown_standing(record: &Record) -> Value {
    let (Some(standing), Some(facts)) = (record.standing(), facts(record)) else {
        return Value::Null;
    };
    let charter = standing.charter();
    let pairs = |heads: &[(u8, [u8; 32])]| -> Value {
        heads.iter().map(|(d, key)| json!([d, hex(key)])).collect()
    };
    let parties = charter.parties.iter();
    let since = record.last_change().unwrap();
    let next = record.next_place();
    let admit = match standing.rules().admit {
        Admit::Each => "each",
        Admit::Roster => "roster",
    };
    let masks = Matter::ALL.map(|matter| standing.rules().consent(matter).0);
    let open: Map<_, _> = facts
        .open
        .iter()
        .map(|(act, last, heads)| (hex(&act.0), json!([last, pairs(heads)])))
        .collect();
    let approvals: Map<_, _> = facts
        .approvals
        .iter()
        .map(|(tbs, heads)| (hex(tbs), pairs(heads)))
        .collect();
    let seats = |seats: &[incamera_talk::SeatKey]| -> Value {
        seats.iter().map(|seat| hex(&seat.0)).collect()
    };
    let locks: Map<_, _> = facts
        .locks
        .iter()
        .map(|(room, listed)| (hex(&room.0), seats(listed)))
        .collect();
    json!({
        "serial": charter.serial,
        "title": charter.title.as_str(),
        "charter": hex(&charter.hash()),
        "words": standing.ratified().genesis().words().digits().concat(),
        "parties": parties
            .map(|party| json!([party.name.as_str(), party.neutral, hex(&party.root)]))
            .collect::<Value>(),
        "rules": {"admit": admit, "consent": masks},
        "revoked_heads": pairs(&facts.revoked_heads),
        "revoked_seats": seats(&facts.revoked_seats),
        "locks": locks,
        "ended": standing.is_ended(),
        "last_act": hex(standing.last_act()),
        "open": open,
        "approvals": approvals,
        "next": [next.position, hex(&next.prev)],
        "since": [since.position, hex(&since.prev)],
    })
}
