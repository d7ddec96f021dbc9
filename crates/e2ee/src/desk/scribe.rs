//! The record: reading it, and writing what a person wants into it, one entry at a time.

use super::TalkSession;
use super::out::Purpose;
use super::types::{ActChoice, AdmitName, DeskNotice};
use incamera_model::{Position, RoomId, StreamName, TalkId, Timestamp, encode_base64url};
use incamera_talk::life::{Life, Step};
use incamera_talk::two_keys::{
    Act, ActBody, ActHash, Admit, Author, Body, Change, Entry, Record, SeatTbs, Secret, Withdrawal,
    WordsCompared, plenary,
};
use incamera_talk::{SeatKey, Vault};
use std::collections::{BTreeMap, VecDeque};

/// How many entries wait to be written; a command that needs more is refused.
const MAX_INTENTS: usize = 2048;
/// How many positions an act stays open: more than the life of a talk writes in a day.
const ACT_POSITIONS: u64 = 512;

/// What is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Intent {
    /// The charter, by the claimant.
    Ratify,
    /// That the words were compared.
    Compared(bool),
    /// The approval of the other founder's seat.
    ApproveFounder,
    /// The approval of a seat.
    Approve(SeatKey),
    /// An act.
    Propose(ActBody),
    /// A consent.
    Consent(ActHash),
    /// A consent taken back.
    Retract(ActHash),
    /// A seat given up.
    Withdraw(Box<Withdrawal>),
    /// One's own box.
    NameBox,
    /// A team's room's key, to its members who don't have it.
    GiveKey(RoomId),
    /// A head of one's own side revoked, by their key.
    RevokeHead([u8; 32]),
    /// A step of the talk's life.
    Life(Box<Step>),
}

/// An entry on its way. The same bytes in the record are this one, whatever became of the answer.
struct Flight {
    position: u64,
    sealed: Vec<u8>,
    /// Its answer was lost with a connection.
    uncertain: bool,
}

pub(super) struct Scribe {
    pub(super) vault: Vault,
    pub(super) record: Record,
    pub(super) life: Life,
    /// Whether the life changed since it was told.
    pub(super) life_stale: bool,
    intents: VecDeque<Intent>,
    flight: Option<Flight>,
}

impl Scribe {
    pub(super) fn new(vault: Vault, record: Record) -> Self {
        Self {
            vault,
            record,
            life: Life::new(),
            life_stale: true,
            intents: VecDeque::new(),
            flight: None,
        }
    }

    /// Queues an entry, once. Whether there was room.
    pub(super) fn want(&mut self, intent: Intent) -> bool {
        if self.intents.contains(&intent) {
            return true;
        }
        if self.intents.len() >= MAX_INTENTS {
            return false;
        }
        self.intents.push_back(intent);
        true
    }

    pub(super) fn wants(&self, intent: &Intent) -> bool {
        self.intents.contains(intent)
    }

    pub(super) fn disconnected(&mut self) {
        if let Some(flight) = &mut self.flight {
            flight.uncertain = true;
        }
    }

    /// The record was read to its end. What was on its way when a connection was lost, and isn't in
    /// it, never arrived.
    pub(super) fn caught_up(&mut self) {
        self.flight.take_if(|flight| flight.uncertain);
    }

    /// What the server refuses isn't tried again.
    pub(super) fn refused(&mut self) {
        self.flight = None;
        self.intents.clear();
    }

    /// Whether the entry that was read is the one on its way. If another stands in its place, it is
    /// signed again for the next one.
    fn landed(&mut self, position: u64, sealed: &[u8]) -> bool {
        let landed = self.flight.take_if(|flight| flight.position <= position);
        let own = landed.is_some_and(|flight| flight.sealed == sealed);
        if own {
            self.intents.pop_front();
        }
        own
    }
}

impl TalkSession {
    pub(super) fn record_entry(&mut self, position: Position, sealed: &[u8]) {
        let live = self.is_read(&StreamName::record());
        let Some(scribe) = &mut self.scribe else {
            return;
        };
        let content = scribe.vault.open(&StreamName::record(), sealed).ok();
        let standing = scribe.record.standing();
        let open: BTreeMap<ActHash, Act> = standing
            .into_iter()
            .flat_map(|standing| standing.open_acts())
            .map(|(hash, open)| (*hash, open.act.clone()))
            .collect();
        let pushed = scribe.record.take(sealed, content.as_deref());
        let after = scribe.record.next_place();
        let life = scribe.life.take(&pushed, after, scribe.record.standing());
        scribe.life_stale = true;
        let void = match (&pushed.result, life) {
            (Err(void), _) => Some(void.reason()),
            (Ok(()), life) => life.err().map(|void| void.reason()),
        };
        if scribe.landed(position.0, sealed)
            && let Some(reason) = void
        {
            let reason = reason.to_owned();
            self.out.notice(DeskNotice::Void { reason });
        }
        for change in pushed.changes {
            self.change(change, &open, live);
        }
        self.people.stale = true;
    }

    fn change(&mut self, change: Change, open: &BTreeMap<ActHash, Act>, live: bool) {
        let talk = self.talk;
        let told = |hash: &ActHash| {
            let act = open.get(hash).filter(|_| live)?;
            Some((act_id(hash), act_choice(&talk, act.body())))
        };
        match &change {
            Change::InForce(hash) => {
                self.forget_ended_rooms();
                if let Some((id, act)) = told(hash) {
                    self.out.notice(DeskNotice::ActInForce { id, act });
                }
            }
            Change::Expired(hash) => {
                if let Some((id, act)) = told(hash) {
                    self.out.notice(DeskNotice::ActExpired { id, act });
                }
            }
            Change::Superseded(hash) => {
                if let Some((id, act)) = told(hash) {
                    self.out.notice(DeskNotice::ActSuperseded { id, act });
                }
            }
            Change::Written(entry) => {
                self.room_entry(entry);
                if let (Author::Head(head), Ok(Some(compared))) =
                    (&entry.author, WordsCompared::read(&entry.body))
                {
                    self.compared.insert(head.delegation, compared.same);
                }
            }
            // Roots and names may be others: everybody is read anew under the new charter.
            Change::Amended => self.forget_people(),
            Change::HeadRevoked(_) => {
                self.people.forget_approvals();
                self.check_office();
            }
            Change::Founded
            | Change::Proposed(_)
            | Change::Consented(..)
            | Change::Retracted(..)
            | Change::Approved(..)
            | Change::Withdrawn(_) => {}
        }
    }

    /// Writes the next entry, if it is one's turn.
    pub(super) fn pump(&mut self, now: Timestamp) {
        if !self.out.connected || !self.is_read(&StreamName::record()) {
            return;
        }
        loop {
            let Some(scribe) = self
                .scribe
                .as_ref()
                .filter(|scribe| scribe.flight.is_none())
            else {
                return;
            };
            let Some(intent) = scribe.intents.front() else {
                return;
            };
            if let Some(body) = self.body_for(intent) {
                self.write(now, &body);
                return;
            }
            // It stands already, or makes no sense any more.
            if let Some(scribe) = &mut self.scribe {
                scribe.intents.pop_front();
            }
        }
    }

    fn write(&mut self, now: Timestamp, body: &Body) {
        let Some((author, key)) = self.author() else {
            return;
        };
        let wall = self.wall(now);
        let Some(scribe) = &mut self.scribe else {
            return;
        };
        let place = scribe.record.next_place();
        let entry = Entry::sign(&key, &self.talk, place, &author, wall, body);
        let record = StreamName::record();
        let Some(sealed) = self.out.seal(&scribe.vault, &record, &entry) else {
            return;
        };
        scribe.flight = Some(Flight {
            position: place.position,
            sealed: sealed.clone(),
            uncertain: false,
        });
        let expected = Some(Position(place.position));
        self.out.append(Purpose::Record, &record, expected, sealed);
    }

    pub(super) fn author(&self) -> Option<(Author, incamera_talk::crypto::KeyPair)> {
        match &self.secret {
            // Who is no head any more has a say by their seat, as long as they have one.
            Secret::Head(head) if self.demoted => {
                let seat = self.own_seat()?.clone();
                Some((Author::Seat(Box::new(seat)), head.seat_key()))
            }
            Secret::Head(head) => Some((Author::Head(head.certified()?.0), head.head_key())),
            Secret::Guest(guest) => {
                let seat = self.own_seat()?.clone();
                Some((Author::Seat(Box::new(seat)), guest.seat_key()))
            }
            Secret::Code(_) => None,
        }
    }

    /// What an intent writes now; `None` if that isn't needed (any more).
    fn body_for(&self, intent: &Intent) -> Option<Body> {
        let standing = self.standing();
        let head = self.head();
        Some(match intent {
            Intent::Ratify => {
                let signed = self.signed.as_ref().filter(|_| standing.is_none())?;
                Body::Charter(signed.ratify(&head?.root_key()?))
            }
            Intent::Compared(same) => {
                let told = self.compared.get(&head?.delegation);
                (told != Some(same)).then(|| WordsCompared { same: *same }.body())?
            }
            Intent::ApproveFounder => self.approval_of(self.other_founder()?.tbs())?,
            Intent::Approve(seat) => self.approval_of(self.people.seat(seat)?.tbs())?,
            Intent::Propose(body) => {
                let own = self.own_delegation()?;
                let mut open = standing?.open_acts();
                if open.any(|(_, open)| open.act.body() == body && open.agreed().has(own)) {
                    return None;
                }
                let last = self.record()?.next_place().position + ACT_POSITIONS;
                Body::Act(Act::new(body.clone(), *standing?.last_act(), last))
            }
            Intent::Consent(hash) => {
                let open = self.open_act(hash)?;
                let own = self.own_delegation()?;
                (!open.agreed().has(own)).then_some(Body::Consent(*hash))?
            }
            Intent::Retract(hash) => {
                let open = self.open_act(hash)?;
                let own = self.own_delegation()?;
                open.agreed().has(own).then_some(Body::Retraction(*hash))?
            }
            Intent::NameBox => self.box_named()?,
            Intent::GiveKey(room) => self.key_given(room)?,
            Intent::Withdraw(withdrawal) => {
                let gone = standing?.is_revoked_seat(withdrawal.seat());
                (!gone).then(|| Body::Withdrawal((**withdrawal).clone()))?
            }
            Intent::RevokeHead(key) => self.revocation(key)?,
            // Even if it has crossed something meanwhile: it is seen that it did.
            Intent::Life(step) => step.body(),
        })
    }

    fn approval_of(&self, tbs: &SeatTbs) -> Option<Body> {
        let head = self.head()?;
        let (cert, _) = head.certified()?;
        let seat = incamera_talk::crypto::hash(&[&tbs.encode()]);
        let mut known = self.record()?.approvals(&seat).iter();
        if tbs.delegation == head.delegation || known.any(|known| known.head == cert) {
            return None;
        }
        let approval = tbs.approve(&head.head_key(), &cert).encode();
        Some(Body::Approval { seat, approval })
    }

    pub(super) fn open_act(&self, hash: &ActHash) -> Option<&incamera_talk::two_keys::OpenAct> {
        let mut open = self.standing()?.open_acts();
        open.find(|(open, _)| *open == hash).map(|(_, open)| open)
    }
}

pub(super) fn act_id(hash: &ActHash) -> String {
    encode_base64url(&hash.0)
}

pub(super) fn act_choice(talk: &TalkId, body: &ActBody) -> ActChoice {
    match body {
        ActBody::Eject { seat } => ActChoice::Eject {
            seat: encode_base64url(&seat.0),
        },
        ActBody::Lock { room, .. } if *room == plenary(talk) => ActChoice::Lock,
        ActBody::Lock { room, seats } => ActChoice::BeginRoom {
            room: encode_base64url(&room.0),
            seats: seats.iter().map(|seat| encode_base64url(&seat.0)).collect(),
        },
        ActBody::Unlock { room } if *room == plenary(talk) => ActChoice::Unlock,
        ActBody::Unlock { room } => ActChoice::EndRoom {
            room: encode_base64url(&room.0),
        },
        ActBody::End => ActChoice::End,
        ActBody::Rules(rules) => ActChoice::Rules {
            admit: admit_name(rules.admit),
        },
        ActBody::Publish { readout } => ActChoice::Publish {
            hash: incamera_talk::life::hex(readout),
        },
    }
}

pub(super) fn admit_name(admit: Admit) -> AdmitName {
    match admit {
        Admit::Each => AdmitName::Each,
        Admit::Roster => AdmitName::Roster,
    }
}
