use super::act::{Act, ActBody, ActHash, MAX_ACT_POSITIONS};
use super::charter::{CharterError, Ratified};
use super::entry::{Author, Body, Entry, EntryError, Place, Withdrawal};
use super::known::KnownAuthors;
use super::party::HeadCert;
use super::rules::DelegationIndex;
use super::seat::{Approval, SeatError};
use super::standing::{MAX_TEAM_ROOMS, OpenAct, Standing};
use super::standings::Standings;
use super::switch::{Check, is};
use crate::crypto::hash;
use crate::seat::SeatKey;
use incamera_model::TalkId;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A talk's record, replayed: what stands, and why what is void is void. Entries are taken one by
/// one from position 0; a void one stays in the chain and changes nothing. Everybody who replays
/// the same bytes has the same value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    talk: TalkId,
    expected: Option<[u8; 32]>,
    standings: Standings,
    pub(super) approvals: BTreeMap<[u8; 32], Vec<Approval>>,
    authors: KnownAuthors,
}

/// What a valid entry did, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The talk is founded.
    Founded,
    /// The charter was amended.
    Amended,
    /// An act was proposed.
    Proposed(ActHash),
    /// A delegation agreed to an act.
    Consented(ActHash, DelegationIndex),
    /// A delegation took its consent back.
    Retracted(ActHash, DelegationIndex),
    /// An act is in force.
    InForce(ActHash),
    /// An act's last position passed.
    Expired(ActHash),
    /// Another act or charter came into force first.
    Superseded(ActHash),
    /// A delegation approved a seat (the hash of its `SeatTBS`).
    Approved([u8; 32], DelegationIndex),
    /// A seat was given up.
    Withdrawn(SeatKey),
    /// A head was revoked.
    HeadRevoked([u8; 32]),
    /// An entry of the talk's life was written.
    Written(Box<Entry>),
}

/// What came of an entry.
#[derive(Debug)]
pub struct Pushed {
    /// What changed, in order; of a void entry at most expiries.
    pub changes: Vec<Change>,
    /// Why it is void, if it is.
    pub result: Result<(), Void>,
    /// Who wrote it for its place, and when, as they say.
    pub by: Option<(Author, u64)>,
}

/// Why an entry is void.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Void {
    /// It can't be opened.
    #[error("it can't be opened")]
    Sealed,
    /// It isn't an entry by anybody of this talk.
    #[error("{0}")]
    Entry(#[from] EntryError),
    /// It founds no talk, or another one than was agreed on, or the charter isn't one.
    #[error("{0}")]
    Charter(#[from] CharterError),
    /// Nothing counts before the talk is founded; it is founded once.
    #[error("the talk is founded once, before everything else")]
    Founding,
    /// It founds another talk than was agreed on.
    #[error("it founds another talk than was agreed on")]
    OtherGenesis,
    /// R-L1: written for another position, talk, or after other entries.
    #[error("it was written for another place")]
    Place,
    /// Its author was revoked, or isn't admitted.
    #[error("its author has no say any more")]
    Author,
    /// Only a head may do this.
    #[error("only a head may do this")]
    NotHead,
    /// R-L2: the delegation isn't asked in this matter.
    #[error("this delegation isn't asked in this matter")]
    NotAsked,
    /// R-L3: it names an older act than the last one.
    #[error("it was proposed before the last decision")]
    OldAct,
    /// R-L4: the delegation is bound by its consent to another open act.
    #[error("the delegation has agreed to another act that is still open")]
    Bound,
    /// No such act is open.
    #[error("no such act is open")]
    NotOpen,
    /// It would expire before it begins, or stay open too long.
    #[error("it expires too early or too late")]
    Expiry,
    /// The talk has ended.
    #[error("the talk has ended")]
    Ended,
    /// R-T1: these rules would let one side decide alone.
    #[error("these rules would let one side decide alone")]
    OneKeyed,
    /// A room or seat that it doesn't fit.
    #[error("there is no such room")]
    NoRoom,
    /// R-L5: somebody else's person.
    #[error("only one's own people can be withdrawn")]
    NotOwn,
    /// An approval that doesn't hold.
    #[error("the approval is refused: {0}")]
    Approval(SeatError),
    /// It says what stands already.
    #[error("it says what stands already")]
    Again,
}

impl Void {
    /// Its name in `docs/protocol.md`.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Sealed => "sealed",
            Self::Entry(_) => "entry",
            Self::Charter(_) => "charter",
            Self::Founding => "founding",
            Self::OtherGenesis => "other-genesis",
            Self::Place => "place",
            Self::Author => "author",
            Self::NotHead => "not-head",
            Self::NotAsked => "not-asked",
            Self::OldAct => "old-act",
            Self::Bound => "bound",
            Self::NotOpen => "not-open",
            Self::Expiry => "expiry",
            Self::Ended => "ended",
            Self::OneKeyed => "one-keyed",
            Self::NoRoom => "no-room",
            Self::NotOwn => "not-own",
            Self::Approval(_) => "approval",
            Self::Again => "again",
        }
    }
}

impl Record {
    /// An empty record. `genesis`: the hash of what the talk was founded on, for whoever took
    /// part in that; another founding is void then.
    #[must_use]
    pub fn new(talk: TalkId, genesis: Option<[u8; 32]>) -> Self {
        Self {
            talk,
            expected: genesis,
            standings: Standings::new(),
            approvals: BTreeMap::new(),
            authors: KnownAuthors::default(),
        }
    }

    /// Takes the entry at the next position: its sealed bytes, and what they open to. A void entry
    /// changes nothing but that acts expire by its position.
    pub fn push(&mut self, sealed: &[u8], entry: Option<&[u8]>) -> (Vec<Change>, Result<(), Void>) {
        let pushed = self.take(sealed, entry);
        (pushed.changes, pushed.result)
    }

    /// As [`Self::push`], and says by whom the entry is.
    pub fn take(&mut self, sealed: &[u8], entry: Option<&[u8]>) -> Pushed {
        let place = self.next_place();
        self.standings.moved_on(Place {
            position: place.position + 1,
            prev: hash(&[sealed]),
        });
        let before = self.standing().cloned();
        let mut standing = before.clone();
        let mut pushed = Pushed {
            changes: standing
                .as_mut()
                .map_or_else(Vec::new, |standing| expire(standing, place.position)),
            result: Ok(()),
            by: None,
        };
        pushed.result = entry
            .ok_or(Void::Sealed)
            .and_then(|entry| self.apply(&mut standing, place, entry, &mut pushed));
        if standing != before
            && let Some(standing) = standing
        {
            self.standings.changed(standing);
        }
        pushed
    }

    /// Where the next entry is to be written.
    #[must_use]
    pub fn next_place(&self) -> Place {
        self.standings.next()
    }

    /// What stands, once the talk is founded.
    #[must_use]
    pub fn standing(&self) -> Option<&Standing> {
        self.standings.current().map(|(_, standing)| &**standing)
    }

    /// The place from which on [`Self::standing`] holds: what a room that is up to date names.
    #[must_use]
    pub fn last_change(&self) -> Option<Place> {
        self.standings.current().map(|(place, _)| place)
    }

    /// What stood from `place` on, if something changed there, in the last 1024 changes.
    #[must_use]
    pub fn standing_since(&self, place: Place) -> Option<&Standing> {
        self.standings.since(place).map(|standing| &**standing)
    }

    /// How far it was read and what stood when: what a room judges by.
    #[must_use]
    pub fn standings(&self) -> &Standings {
        &self.standings
    }

    /// The approvals of the seat whose `SeatTBS` has this hash.
    #[must_use]
    pub fn approvals(&self, seat: &[u8; 32]) -> &[Approval] {
        self.approvals.get(seat).map_or(&[], Vec::as_slice)
    }

    fn apply(
        &mut self,
        standing: &mut Option<Standing>,
        place: Place,
        encoded: &[u8],
        pushed: &mut Pushed,
    ) -> Result<(), Void> {
        let changes = &mut pushed.changes;
        let Some(standing) = standing else {
            let (founded, entry) = self.found(place, encoded)?;
            *standing = Some(founded);
            changes.push(Change::Founded);
            pushed.by = Some((entry.author, entry.claimed_time));
            return Ok(());
        };
        let entry = Entry::verify_with(encoded, standing.charter(), &mut self.authors)?;
        check_place(&entry, &self.talk, place)?;
        pushed.by = Some((entry.author.clone(), entry.claimed_time));
        check_author(&entry.author, standing)?;
        match &entry.body {
            Body::Charter(ratified) => {
                amend(standing, ratified, changes)?;
                self.authors.forget();
                Ok(())
            }
            Body::Act(act) => propose(standing, head(&entry)?, act, place.position, changes),
            Body::Consent(act) => consent(standing, head(&entry)?, *act, changes),
            Body::Retraction(act) => retract(standing, head(&entry)?, *act, changes),
            Body::Approval { seat, approval } => {
                let approval = read_approval(standing, &entry, seat, approval)?;
                let known = self.approvals.entry(*seat).or_default();
                let by = approval.head.delegation;
                if known.iter().any(|known| known.head == approval.head) {
                    return Err(Void::Again);
                }
                known.push(approval);
                changes.push(Change::Approved(*seat, by));
                Ok(())
            }
            Body::Withdrawal(withdrawal) => withdraw(standing, &entry.author, withdrawal, changes),
            Body::HeadRevoked(revoked) => {
                if !revoked.holds(standing.charter()) {
                    return Err(Void::NotOwn);
                }
                revoke_head(standing, revoked.delegation, revoked.head, changes)
            }
            Body::Life { .. } => {
                changes.push(Change::Written(Box::new(entry)));
                Ok(())
            }
        }
    }

    fn found(&self, place: Place, encoded: &[u8]) -> Result<(Standing, Entry), Void> {
        let charter = Entry::charter_in(encoded).map_err(EntryError::from)?;
        let ratified = Ratified::found(charter.ok_or(Void::Founding)?)?;
        let genesis = hash(&[&ratified.genesis().encode()]);
        let agreed = self.expected.is_none_or(|expected| expected == genesis);
        if !is(Check::OtherGenesis, agreed) {
            return Err(Void::OtherGenesis);
        }
        let entry = Entry::verify(encoded, ratified.charter())?;
        check_place(&entry, &self.talk, place)?;
        if ratified.charter().talk != self.talk {
            return Err(Void::Place);
        }
        head(&entry)?;
        Ok((Standing::new(ratified), entry))
    }
}

fn expire(standing: &mut Standing, position: u64) -> Vec<Change> {
    let is_dead = |open: &OpenAct| !is(Check::Expired, open.act.last_position >= position);
    let dead = standing.open.extract_if(.., |_, open| is_dead(open));
    dead.map(|(hash, _)| Change::Expired(hash)).collect()
}

fn check_place(entry: &Entry, talk: &TalkId, place: Place) -> Result<(), Void> {
    let here = entry.talk == *talk && entry.position == place.position && entry.prev == place.prev;
    if is(Check::L1, here) {
        Ok(())
    } else {
        Err(Void::Place)
    }
}

/// Heads speak until they are revoked; a seat writes once every side has admitted it.
fn check_author(author: &Author, standing: &Standing) -> Result<(), Void> {
    let has_a_say = match author {
        Author::Head(head) => !standing.is_revoked_head(head),
        Author::Seat(seat) => seat.is_admitted(standing, standing.charter().all()).is_ok(),
    };
    if has_a_say { Ok(()) } else { Err(Void::Author) }
}

fn head(entry: &Entry) -> Result<&HeadCert, Void> {
    match &entry.author {
        Author::Head(head) => Ok(head),
        Author::Seat(_) => Err(Void::NotHead),
    }
}

fn amend(standing: &mut Standing, encoded: &[u8], changes: &mut Vec<Change>) -> Result<(), Void> {
    if standing.ended {
        return Err(Void::Ended);
    }
    let amended = standing.ratified.amend(encoded)?;
    standing.rules = amended.charter().rules;
    standing.last_act = hash(&[amended.as_bytes()]);
    standing.ratified = Arc::new(amended);
    changes.extend(standing.open.keys().copied().map(Change::Superseded));
    standing.open.clear();
    changes.push(Change::Amended);
    Ok(())
}

fn propose(
    standing: &mut Standing,
    head: &HeadCert,
    act: &Act,
    position: u64,
    changes: &mut Vec<Change>,
) -> Result<(), Void> {
    if !is(Check::Ended, !standing.ended) {
        return Err(Void::Ended);
    }
    if !is(Check::L3, act.prev_act == standing.last_act) {
        return Err(Void::OldAct);
    }
    let life = act.last_position.checked_sub(position);
    if !life.is_some_and(|life| (1..=MAX_ACT_POSITIONS).contains(&life)) {
        return Err(Void::Expiry);
    }
    check_act(standing, act)?;
    let hash = act.hash();
    check_may_consent(standing, head, act)?;
    // The same act by another side is its consent.
    standing.open.entry(hash).or_insert_with(|| {
        changes.push(Change::Proposed(hash));
        OpenAct {
            act: act.clone(),
            consents: BTreeMap::new(),
        }
    });
    agree(standing, head, hash, changes)
}

fn check_act(standing: &Standing, act: &Act) -> Result<(), Void> {
    let charter = standing.charter();
    match act.body() {
        ActBody::Lock { room, seats } if standing.parties(room).is_none() => {
            let begun = standing.team_rooms().count();
            let begins = !seats.is_empty() && begun < MAX_TEAM_ROOMS;
            begins.then_some(()).ok_or(Void::NoRoom)
        }
        ActBody::Unlock { room } if standing.parties(room).is_none() => Err(Void::NoRoom),
        ActBody::Rules(rules) if !rules.are_two_keyed(charter.principals(), charter.all()) => {
            Err(Void::OneKeyed)
        }
        ActBody::Eject { seat } if standing.is_revoked_seat(seat) => Err(Void::Again),
        _ => Ok(()),
    }
}

fn consent(
    standing: &mut Standing,
    head: &HeadCert,
    act: ActHash,
    changes: &mut Vec<Change>,
) -> Result<(), Void> {
    let open = standing.open.get(&act).ok_or(Void::NotOpen)?;
    check_may_consent(standing, head, &open.act)?;
    agree(standing, head, act, changes)
}

fn check_may_consent(standing: &Standing, head: &HeadCert, act: &Act) -> Result<(), Void> {
    let asked = standing.rules.consent(act.body().matter());
    if !is(Check::L2, asked.has(head.delegation)) {
        return Err(Void::NotAsked);
    }
    match standing.bound(head.delegation) {
        None => Ok(()),
        Some(bound) if bound == act.hash() => Err(Void::Again),
        Some(_) if is(Check::L4, false) => Ok(()),
        Some(_) => Err(Void::Bound),
    }
}

fn agree(
    standing: &mut Standing,
    head: &HeadCert,
    hash: ActHash,
    changes: &mut Vec<Change>,
) -> Result<(), Void> {
    let open = standing.open.get_mut(&hash).ok_or(Void::NotOpen)?;
    open.consents.insert(head.delegation, head.key);
    changes.push(Change::Consented(hash, head.delegation));
    let asked = standing.rules.consent(open.act.body().matter());
    if open.agreed().covers(asked) {
        let act = open.act.clone();
        let others = standing.open.keys().filter(|other| **other != hash);
        changes.extend(others.copied().map(Change::Superseded));
        standing.put_in_force(&act);
        changes.push(Change::InForce(hash));
    }
    Ok(())
}

fn retract(
    standing: &mut Standing,
    head: &HeadCert,
    hash: ActHash,
    changes: &mut Vec<Change>,
) -> Result<(), Void> {
    let open = standing.open.get_mut(&hash).ok_or(Void::NotOpen)?;
    open.consents
        .remove(&head.delegation)
        .ok_or(Void::NotOpen)?;
    if open.consents.is_empty() {
        standing.open.remove(&hash);
    }
    changes.push(Change::Retracted(hash, head.delegation));
    Ok(())
}

fn read_approval(
    standing: &Standing,
    entry: &Entry,
    seat: &[u8; 32],
    approval: &[u8],
) -> Result<Approval, Void> {
    let approval = Approval::verify_hash(approval, seat, standing.charter());
    let approval = approval.map_err(Void::Approval)?;
    if standing.is_revoked_head(&approval.head) {
        return Err(Void::Author);
    }
    if approval.head.delegation != entry.author.delegation() {
        return Err(Void::NotOwn);
    }
    Ok(approval)
}

fn withdraw(
    standing: &mut Standing,
    author: &Author,
    withdrawal: &Withdrawal,
    changes: &mut Vec<Change>,
) -> Result<(), Void> {
    let own = match author {
        Author::Head(head) => head.delegation == withdrawal.delegation(),
        Author::Seat(seat) => seat.tbs().key == *withdrawal.seat(),
    };
    if !is(Check::L5, own) || !withdrawal.holds(&standing.charter().talk) {
        return Err(Void::NotOwn);
    }
    let seat = *withdrawal.seat();
    if !standing.revoked_seats.insert(seat) {
        return Err(Void::Again);
    }
    for seats in standing.locks.values_mut() {
        seats.remove(&seat);
    }
    changes.push(Change::Withdrawn(seat));
    Ok(())
}

/// What a revoked head had agreed to and isn't in force yet, it hasn't.
fn revoke_head(
    standing: &mut Standing,
    delegation: DelegationIndex,
    key: [u8; 32],
    changes: &mut Vec<Change>,
) -> Result<(), Void> {
    if !standing.revoked_heads.insert((delegation, key)) {
        return Err(Void::Again);
    }
    changes.push(Change::HeadRevoked(key));
    for (hash, open) in &mut standing.open {
        if open.consents.get(&delegation) == Some(&key) {
            open.consents.remove(&delegation);
            changes.push(Change::Retracted(*hash, delegation));
        }
    }
    standing.open.retain(|_, open| !open.consents.is_empty());
    Ok(())
}
