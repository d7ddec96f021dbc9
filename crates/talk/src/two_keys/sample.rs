//! A talk with everybody's keys, for tests, fuzz bodies and the cases of `verify/`.

#![allow(
    clippy::unwrap_used,
    reason = "for tests: what is made here is well-formed"
)]

use crate::codec::Writer;
use crate::crypto::{KeyPair, hash};
use crate::seat::SeatKey;
use crate::text::{Name, Title};
use crate::two_keys::*;
use incamera_model::{AccessKey, RoomId, TalkId};

pub const TALK: TalkId = TalkId([7; 16]);
pub const NONCE: [u8; 32] = [42; 32];
pub const SECRET: [u8; 32] = [43; 32];

/// A key that depends on what it is for.
pub fn key(purpose: &str) -> KeyPair {
    KeyPair::from_seed(&hash(&[purpose.as_bytes()]))
}

pub fn root(delegation: u8) -> KeyPair {
    key(&format!("root {delegation}"))
}

pub fn next_root(delegation: u8) -> KeyPair {
    key(&format!("next root {delegation}"))
}

/// Head `n` of a delegation: key and certificate.
pub fn head(delegation: u8, n: u64) -> (KeyPair, HeadCert) {
    let key = key(&format!("head {delegation} {n}"));
    let name = Name::new(&format!("Head {n} of {delegation}")).unwrap();
    let index = DelegationIndex(delegation);
    let cert = HeadCert::issue(&root(delegation), &TALK, index, key.public(), name, n);
    (key, cert)
}

pub fn author(delegation: u8) -> Author {
    Author::Head(head(delegation, 0).1)
}

pub fn party(delegation: u8, neutral: bool) -> Party {
    Party {
        name: Name::new(&format!("Delegation {delegation}")).unwrap(),
        neutral,
        root: root(delegation).public(),
        next_root_hash: hash(&[&next_root(delegation).public()]),
        control: key(&format!("control {delegation}")).public(),
        origins: vec![format!("https://d{delegation}.example")],
    }
}

pub fn all(slots: u8) -> Delegations {
    (0..slots).map(DelegationIndex).collect()
}

pub fn offer(slots: u8, neutral: Delegations, rules: Rules) -> Result<Offer, FoundingError> {
    let proposer = party(0, neutral.has(DelegationIndex(0)));
    let title = Title::new("Fisheries").unwrap();
    Offer::new(
        &root(0),
        TALK,
        &title,
        (slots, neutral),
        rules,
        &proposer,
        &NONCE,
    )
}

pub fn claim(offer: &Offer, delegation: u8) -> Claim {
    let slot = DelegationIndex(delegation);
    let party = party(delegation, offer.neutral.has(slot));
    Claim::new(
        &root(delegation),
        offer,
        slot,
        &party,
        &SECRET,
        &[delegation; 32],
    )
    .unwrap()
}

pub fn genesis(slots: u8, neutral: Delegations, rules: Rules) -> Genesis {
    let offer = offer(slots, neutral, rules).unwrap();
    let claims = (1..slots)
        .map(|delegation| claim(&offer, delegation))
        .collect();
    Genesis::new(offer, claims, NONCE).unwrap()
}

pub fn ratified(genesis: &Genesis) -> Vec<u8> {
    let charter = Charter::founded(genesis, 2);
    sign_charter(&charter, genesis, root)
}

pub fn sign_charter(charter: &Charter, genesis: &Genesis, root: impl Fn(u8) -> KeyPair) -> Vec<u8> {
    let count = charter.parties.len() as u8;
    let signatures: Vec<_> = (0..count).map(|d| charter.sign(&root(d))).collect();
    Ratified::encode(charter, genesis, &signatures)
}

/// A record that a talk of `slots` delegations has been founded in.
pub fn founded(slots: u8, neutral: Delegations, rules: Rules) -> Record {
    let mut record = Record::new(TALK, None);
    let founding = Body::Charter(ratified(&genesis(slots, neutral, rules)));
    assert_eq!(write(&mut record, 0, &founding), Ok(vec![Change::Founded]));
    record
}

pub fn two() -> Record {
    founded(
        2,
        Delegations::default(),
        Rules::all_of(all(2), Admit::Each),
    )
}

/// Head 0 of `delegation` writes.
pub fn write(record: &mut Record, delegation: u8, body: &Body) -> Result<Vec<Change>, Void> {
    write_as(record, &head(delegation, 0).0, &author(delegation), body)
}

pub fn write_as(
    record: &mut Record,
    key: &KeyPair,
    author: &Author,
    body: &Body,
) -> Result<Vec<Change>, Void> {
    let entry = Entry::sign(key, &TALK, record.next_place(), author, 0, body);
    let (changes, result) = record.push(&entry, Some(&entry));
    result.map(|()| changes)
}

/// An entry by head 0 of `delegation` with a body that the crate itself wouldn't write.
pub fn raw_entry(record: &Record, delegation: u8, kind: u8, body: &[u8]) -> Vec<u8> {
    let place = record.next_place();
    let (key, cert) = head(delegation, 0);
    let mut out = Writer::new();
    out.u8(1)
        .fixed(&TALK.0)
        .u64(place.position)
        .fixed(&place.prev)
        .u8(1)
        .opaque(cert.as_bytes())
        .u8(kind)
        .u64(0)
        .opaque(body);
    let signature = key.sign("entry", out.as_slice());
    out.fixed(&signature);
    out.into_vec()
}

pub fn seat_key(name: &str) -> KeyPair {
    key(&format!("seat of {name}"))
}

pub fn tbs(delegation: u8, name: &str, rooms: &[RoomId]) -> SeatTbs {
    SeatTbs {
        talk: TALK,
        delegation: DelegationIndex(delegation),
        role: Role::Delegate,
        name: Name::new(name).unwrap(),
        rooms: rooms.to_vec(),
        key: SeatKey(seat_key(name).public()),
        invite: [delegation; 16],
        serial: 0,
    }
}

/// A seat for `tbs`, vouched for by head 0 of its side and approved by head 0 of each of `by`.
pub fn seat(tbs: &SeatTbs, by: &[u8], charter: &Charter) -> Result<Seat, SeatError> {
    let (voucher, cert) = head(tbs.delegation.0, 0);
    let approve = |delegation: &u8| {
        let (key, cert) = head(*delegation, 0);
        tbs.approve(&key, &cert)
    };
    let consent = tbs.consent(&seat_key(tbs.name.as_str()));
    let voucher = (Voucher::Head(cert), tbs.vouch(&voucher));
    Seat::new(
        tbs,
        consent,
        voucher,
        by.iter().map(approve).collect(),
        charter,
    )
}

pub fn charter(record: &Record) -> Charter {
    record.standing().unwrap().charter().clone()
}

pub fn act(record: &Record, body: ActBody) -> Act {
    let last = *record.standing().unwrap().last_act();
    Act::new(body, last, record.next_place().position + 10)
}

/// What stands, for whoever compares it with another implementation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Delegation and key.
    pub revoked_heads: Vec<(u8, [u8; 32])>,
    pub revoked_seats: Vec<SeatKey>,
    pub locks: Vec<(RoomId, Vec<SeatKey>)>,
    /// Act, last position, delegations and heads that agreed.
    pub open: Vec<(ActHash, u64, Heads)>,
    /// `H(SeatTBS)`, delegations and heads that approved.
    pub approvals: Vec<([u8; 32], Heads)>,
}

/// Delegations and the keys of their heads.
pub type Heads = Vec<(u8, [u8; 32])>;

/// What stands after a record; `None` before the founding.
pub fn facts(record: &Record) -> Option<Facts> {
    let standing = record.standing()?;
    let heads = standing.revoked_heads.iter();
    let locks = standing.locks.iter();
    let open = standing.open.iter().map(|(hash, open)| {
        let agreed = open.consents.iter().map(|(d, key)| (d.0, *key));
        (*hash, open.act.last_position, agreed.collect())
    });
    let approvals = record.approvals.iter().map(|(tbs, approvals)| {
        let heads = approvals.iter().map(|approval| &approval.head);
        (
            *tbs,
            heads.map(|head| (head.delegation.0, head.key)).collect(),
        )
    });
    Some(Facts {
        revoked_heads: heads.map(|(d, key)| (d.0, *key)).collect(),
        revoked_seats: standing.revoked_seats.iter().copied().collect(),
        locks: locks
            .map(|(room, seats)| (*room, seats.iter().copied().collect()))
            .collect(),
        open: open.collect(),
        approvals: approvals.collect(),
    })
}

/// xorshift64*: small, seeded, and good enough to choose with.
#[derive(Debug)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % sides
    }

    pub fn of<T: Copy>(&mut self, items: &[T]) -> Option<T> {
        let count = items.len() as u64;
        (count > 0).then(|| items[self.roll(count) as usize])
    }
}

/// A founding up to the proposer's answer.
pub struct Founding {
    pub proposer: HeadSecret,
    pub claimant: HeadSecret,
    pub offer: OfferPacket,
    pub claim: ClaimPacket,
    pub counter: CounterPacket,
}

/// A box that nobody opens.
pub fn box_key() -> BoxKey {
    BoxKey::new([5; BOX_BYTES])
}

/// Of the talk [`TALK`], with keys from fixed seeds.
pub fn packets() -> Founding {
    let new = NewTalk {
        title: "Fisheries",
        delegation: "North",
        person: "Ada",
        admit: Admit::Each,
    };
    let proposer = propose(&new, [1; 32]).unwrap().secret;
    let offer = proposer.offer_packet().unwrap();
    let link = AnyLink::Claim(proposer.claim_link().unwrap());
    let Ok(Secret::Head(mut claimant)) = Secret::for_link(&link, [2; 32]) else {
        panic!("the link is a claim's");
    };
    claimant.party = Some(Name::new("South").unwrap());
    claimant.person = Some(Name::new("Bo").unwrap());
    let secret = claimant.claim_group().claim_secret(&claimant.talk);
    let slot = DelegationIndex(1);
    let party = claimant.party().unwrap();
    let root = claimant.root_key().unwrap();
    let claim = Claim::new(&root, offer.offer(), slot, &party, &secret, &claimant.nonce);
    let (cert, tbs) = claimant.certified().unwrap();
    let claim = ClaimPacket::new(
        &offer,
        &secret,
        &claim.unwrap(),
        (&cert, &claimant.head_key()),
        (&tbs, &claimant.seat_key()),
        (&box_key(), AccessKey([6; 32])),
    )
    .unwrap();
    let keys = (&proposer.root_key().unwrap(), &proposer.head_key());
    let counter = CounterPacket::new(&offer, &claim, keys, proposer.nonce, WIRE_VERSION, b"vault");
    Founding {
        counter: counter.unwrap(),
        proposer,
        claimant: *claimant,
        offer,
        claim,
    }
}

/// The invitation of the sample's delegation 0, and its secret.
pub fn invitation(automatic: bool) -> (InviteCert, InviteSecret) {
    let secret = InviteSecret::new([7; 16]);
    let (key, cert) = head(0, 0);
    let terms = InviteTerms {
        id: secret.id(&TALK),
        role: Role::Delegate,
        rooms: vec![plenary(&TALK)],
        hint: None,
        expiry: 0,
        automatic,
        key: secret.key(&TALK).public(),
    };
    (InviteCert::issue(&key, &cert, &TALK, terms), secret)
}

/// The key that the person of `tbs` would have as a head.
pub fn own_head_key(tbs: &SeatTbs) -> KeyPair {
    key(&format!("{} as a head", tbs.name.as_str()))
}

/// What `tbs` looks like when its person asks by [`invitation`], signed by `key`.
pub fn ask(tbs: &SeatTbs, automatic: bool, key: &KeyPair) -> Vec<u8> {
    let (cert, secret) = invitation(automatic);
    let public = secret.key(&TALK).public();
    let packet = InvitePacket::read(&InvitePacket::encode(&cert), &TALK, &public).unwrap();
    let seat = seat_key(tbs.name.as_str());
    AskPacket::encode(
        tbs,
        (&seat, &own_head_key(tbs)),
        &box_key(),
        Some((&packet, key)),
    )
}

/// A seat that [`invitation`] offers.
pub fn invited_tbs(name: &str) -> SeatTbs {
    SeatTbs {
        invite: invitation(false).1.id(&TALK),
        ..tbs(0, name, &[plenary(&TALK)])
    }
}
