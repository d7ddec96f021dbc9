use super::charter::Charter;
use super::entry::Withdrawal;
use super::invite::{
    InviteCert, InviteError, MAX_INVITE_BYTES, Role, may_have, read_rooms, write_rooms,
};
use super::party::{HeadCert, PartyError};
use super::rules::{Admit, DelegationIndex, Delegations, MAX_DELEGATIONS, Matter};
use super::standing::{Standing, plenary};
use super::switch::{Check, is};
use crate::codec::{DecodeError, Reader, Writer};
use crate::crypto::{KeyPair, SIGNATURE_BYTES, hash, verify};
use crate::seat::SeatKey;
use crate::text::{MAX_NAME_CHARS, Name, TextError};
use core::fmt;
use incamera_model::{RoomId, TalkId};

const VERSION: u8 = 2;
pub(super) const LABEL_SEAT: &str = "seat";
pub(super) const LABEL_VOUCHER: &str = "voucher";
const LABEL_APPROVAL: &str = "approval";
const BY_HEAD: u8 = 1;
const BY_INVITATION: u8 = 2;
/// The largest seat, in bytes.
pub const MAX_SEAT_BYTES: usize = 20 * 1024;
pub(super) const MAX_TBS_BYTES: usize = 2 * 1024;
pub(super) const MAX_APPROVAL_BYTES: usize = 1024;

/// Bytes that are no seat of this talk, or a seat that isn't one any more. Variants from `Voucher`
/// on each name what R-C5 found missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SeatError {
    /// The encoding is wrong.
    #[error("not readable: {0}")]
    Malformed(#[from] DecodeError),
    /// The name breaks the rules for names.
    #[error("the seat's name is refused: {0}")]
    Name(#[from] TextError),
    /// A head's certificate is wrong.
    #[error("a head's certificate is refused: {0}")]
    Head(#[from] PartyError),
    /// The invitation behind an automatic voucher is wrong.
    #[error("the invitation is refused: {0}")]
    Invite(#[from] InviteError),
    /// Of another talk.
    #[error("a seat of another talk")]
    OtherTalk,
    /// A delegation or role that the charter doesn't have.
    #[error("a delegation or role that the charter doesn't have")]
    Role,
    /// Nobody of its delegation vouches for it.
    #[error("its own delegation doesn't vouch for it")]
    Voucher,
    /// The seat's own key hasn't signed it.
    #[error("the person hasn't agreed to this seat")]
    Consent,
    /// A signature that approves nothing, twice, or by somebody who isn't asked.
    #[error("an approval doesn't hold")]
    Approval,
    /// This delegation hasn't approved it.
    #[error("delegation {0:?} hasn't approved it")]
    NotApproved(DelegationIndex),
    /// The seat isn't for this room, or its delegation isn't a party to it.
    #[error("the seat isn't for this room")]
    OtherRoom,
    /// The seat was revoked or withdrawn, or the head who vouched was.
    #[error("the seat was withdrawn")]
    Revoked,
    /// The room is locked, and the seat isn't on the list.
    #[error("the room is locked")]
    Locked,
}

impl SeatError {
    /// Its name in `docs/protocol.md`.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Malformed(_) | Self::Name(_) | Self::Head(_) | Self::Invite(_) => "unreadable",
            Self::OtherTalk => "talk",
            Self::Role => "role",
            Self::Voucher => "voucher",
            Self::Consent => "consent",
            Self::Approval => "approval",
            Self::NotApproved(_) => "not-approved",
            Self::OtherRoom => "room",
            Self::Revoked => "revoked",
            Self::Locked => "locked",
        }
    }
}

/// What a seat is; what vouchers and approvals bind.
///
/// ```text
/// struct { uint8 version = 2; opaque talk_id[16]; uint8 delegation; uint8 role; opaque name<V>;
///          RoomId rooms<V>; opaque seat_key[32]; opaque invite_id[16]; uint64 serial; } SeatTBS;
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct SeatTbs {
    /// The talk.
    pub talk: TalkId,
    /// Whose seat.
    pub delegation: DelegationIndex,
    /// What the person is.
    pub role: Role,
    /// The person's name.
    pub name: Name,
    /// The rooms it may enter.
    pub rooms: Vec<RoomId>,
    /// The seat's key: the MLS leaf's signature key.
    pub key: SeatKey,
    /// The invitation it came by.
    pub invite: [u8; 16],
    /// Counts the seats of one person.
    pub serial: u64,
}

/// Who vouches for a seat on its own side.
#[derive(Clone, PartialEq, Eq)]
pub enum Voucher {
    /// A head.
    Head(HeadCert),
    /// An automatic invitation, once in each tree.
    Automatic(Box<InviteCert>),
}

/// The other side's consent to one seat.
#[derive(Clone, PartialEq, Eq)]
pub struct Approval {
    /// Who approved.
    pub head: HeadCert,
    signature: [u8; SIGNATURE_BYTES],
}

/// A person's place in a talk, the content of the MLS credential. A value of this type has had its
/// signatures verified under a charter; whether it stands *now* in a room is asked by
/// [`Seat::stands`].
///
/// ```text
/// struct { opaque tbs<V>; opaque consent[64]; uint8 by; opaque cert<V>; opaque voucher[64];
///          opaque approvals<V>{ opaque approval<V>{ opaque head_cert<V>; opaque signature[64]; } } } Seat;
/// ```
/// `consent = Sig("seat", tbs)` by the seat's key; `voucher = Sig("voucher", tbs)` by the head
/// (`by = 1`, `cert` its HeadCert) or the invitation (`by = 2`, `cert` an automatic InviteCert);
/// an approval is `Sig("approval", H(tbs) || delegation)` by a head of `delegation`.
#[derive(Clone, PartialEq, Eq)]
pub struct Seat {
    tbs: SeatTbs,
    signed: Vec<u8>,
    consent: [u8; SIGNATURE_BYTES],
    voucher: Voucher,
    voucher_signature: [u8; SIGNATURE_BYTES],
    approvals: Vec<Approval>,
}

impl SeatTbs {
    /// The encoding.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer::new();
        out.u8(VERSION)
            .fixed(&self.talk.0)
            .u8(self.delegation.0)
            .u8(self.role as u8)
            .opaque(self.name.as_str().as_bytes());
        write_rooms(&mut out, &self.rooms);
        out.fixed(&self.key.0).fixed(&self.invite).u64(self.serial);
        out.into_vec()
    }

    /// Reads the encoding.
    ///
    /// # Errors
    /// [`SeatError`].
    pub fn decode(encoded: &[u8]) -> Result<Self, SeatError> {
        let mut reader = Reader::new(encoded);
        reader.version(VERSION)?;
        let tbs = Self {
            talk: TalkId(reader.array()?),
            delegation: DelegationIndex::read(&mut reader)?,
            role: Role::read(&mut reader)?,
            name: Name::parse(reader.text(MAX_NAME_CHARS * 4)?)?,
            rooms: read_rooms(&mut reader)?,
            key: SeatKey(reader.array()?),
            invite: reader.array()?,
            serial: reader.u64()?,
        };
        reader.finish()?;
        Ok(tbs)
    }

    /// The seat key's own signature.
    #[must_use]
    pub fn consent(&self, seat: &KeyPair) -> [u8; SIGNATURE_BYTES] {
        seat.sign(LABEL_SEAT, &self.encode())
    }

    /// A voucher by a head's or an invitation's key.
    #[must_use]
    pub fn vouch(&self, key: &KeyPair) -> [u8; SIGNATURE_BYTES] {
        key.sign(LABEL_VOUCHER, &self.encode())
    }

    /// An approval by a head of another delegation.
    #[must_use]
    pub fn approve(&self, key: &KeyPair, head: &HeadCert) -> Approval {
        Approval {
            head: head.clone(),
            signature: key.sign(
                LABEL_APPROVAL,
                &approval_content(&hash(&[&self.encode()]), head.delegation),
            ),
        }
    }
}

impl Approval {
    /// The encoding.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer::new();
        out.opaque(self.head.as_bytes()).fixed(&self.signature);
        out.into_vec()
    }

    /// Reads and verifies an approval of the seat whose `SeatTBS` is `tbs`.
    ///
    /// # Errors
    /// [`SeatError`].
    pub fn verify(encoded: &[u8], tbs: &[u8], charter: &Charter) -> Result<Self, SeatError> {
        Self::verify_hash(encoded, &hash(&[tbs]), charter)
    }

    /// As [`Self::verify`], for the hash of a `SeatTBS`.
    ///
    /// # Errors
    /// [`SeatError`].
    pub fn verify_hash(
        encoded: &[u8],
        tbs_hash: &[u8; 32],
        charter: &Charter,
    ) -> Result<Self, SeatError> {
        let mut reader = Reader::new(encoded);
        let head = charter.read_head(&mut reader)?;
        let signature = reader.array()?;
        reader.finish()?;
        let content = approval_content(tbs_hash, head.delegation);
        let holds = verify(&head.key, LABEL_APPROVAL, &content, &signature);
        if !is(Check::ApprovalSignature, holds) {
            return Err(SeatError::Approval);
        }
        Ok(Self { head, signature })
    }
}

impl Seat {
    /// Puts a seat together: it verifies its parts.
    ///
    /// # Errors
    /// [`SeatError`].
    pub fn new(
        tbs: &SeatTbs,
        consent: [u8; SIGNATURE_BYTES],
        (voucher, signature): (Voucher, [u8; SIGNATURE_BYTES]),
        approvals: Vec<Approval>,
        charter: &Charter,
    ) -> Result<Self, SeatError> {
        let seat = Self {
            signed: tbs.encode(),
            tbs: tbs.clone(),
            consent,
            voucher,
            voucher_signature: signature,
            approvals,
        };
        Self::verify(&seat.encode(), charter)
    }

    /// Reads and verifies a seat under `charter`.
    ///
    /// # Errors
    /// [`SeatError`].
    pub fn verify(encoded: &[u8], charter: &Charter) -> Result<Self, SeatError> {
        if encoded.len() > MAX_SEAT_BYTES {
            return Err(DecodeError::TooLong {
                cap: MAX_SEAT_BYTES,
            }
            .into());
        }
        let mut reader = Reader::new(encoded);
        let signed = reader.opaque(MAX_TBS_BYTES)?;
        let tbs = SeatTbs::decode(signed)?;
        let consent = reader.array()?;
        let voucher = read_voucher(&mut reader, charter)?;
        let voucher_signature = reader.array()?;
        let cap = MAX_DELEGATIONS * MAX_APPROVAL_BYTES;
        let approvals = reader.list(cap, MAX_DELEGATIONS, |reader| {
            Approval::verify(reader.opaque(MAX_APPROVAL_BYTES)?, signed, charter)
        })?;
        reader.finish()?;
        let seat = Self {
            tbs,
            signed: signed.to_vec(),
            consent,
            voucher,
            voucher_signature,
            approvals,
        };
        seat.check(charter).map(|()| seat)
    }

    /// What of R-C5 depends on what was decided since: whether the seat may be in `room` now.
    ///
    /// # Errors
    /// [`SeatError`].
    pub fn stands(&self, standing: &Standing, room: &RoomId) -> Result<(), SeatError> {
        let parties = standing.parties(room).ok_or(SeatError::OtherRoom)?;
        // A team's room is chosen by its lock, from among those who may be in the plenary.
        let needed = match standing.is_team_room(room) {
            true => plenary(&self.tbs.talk),
            false => *room,
        };
        if !self.tbs.rooms.contains(&needed) || !parties.has(self.tbs.delegation) {
            return Err(SeatError::OtherRoom);
        }
        self.is_admitted(standing, parties)?;
        if standing.locks_out(room, &self.tbs.key) {
            return Err(SeatError::Locked);
        }
        Ok(())
    }

    /// Whether the seat is admitted now by those of `parties` whom the rules ask.
    ///
    /// # Errors
    /// [`SeatError::Revoked`], [`SeatError::NotApproved`].
    pub fn is_admitted(&self, standing: &Standing, parties: Delegations) -> Result<(), SeatError> {
        if standing.is_revoked_seat(&self.tbs.key) || standing.is_revoked_head(self.vouching_head())
        {
            return Err(SeatError::Revoked);
        }
        let rules = standing.rules();
        if rules.admit == Admit::Roster {
            return Ok(());
        }
        let valid = self.approvals.iter().map(|approval| &approval.head);
        let approved: Delegations = valid
            .filter(|head| !standing.is_revoked_head(head))
            .map(|head| head.delegation)
            .collect();
        let asked = rules
            .consent(Matter::Admit)
            .iter()
            .filter(|d| parties.has(*d));
        let mut others = asked.filter(|delegation| *delegation != self.tbs.delegation);
        match others.find(|other| !is(Check::Approved, approved.has(*other))) {
            Some(missing) => Err(SeatError::NotApproved(missing)),
            None => Ok(()),
        }
    }

    /// The same seat with these approvals.
    ///
    /// # Errors
    /// [`SeatError`].
    pub fn with_approvals(
        &self,
        approvals: Vec<Approval>,
        charter: &Charter,
    ) -> Result<Self, SeatError> {
        let seat = Self {
            approvals,
            ..self.clone()
        };
        Self::verify(&seat.encode(), charter)
    }

    /// What its own side writes to give it up.
    #[must_use]
    pub fn withdrawal(&self) -> Withdrawal {
        Withdrawal::new(self.tbs.clone(), self.consent)
    }

    /// `H(SeatTBS)`: what approvals name.
    #[must_use]
    pub fn tbs_hash(&self) -> [u8; 32] {
        hash(&[&self.signed])
    }

    /// What the seat is.
    #[must_use]
    pub fn tbs(&self) -> &SeatTbs {
        &self.tbs
    }

    /// Who vouched.
    #[must_use]
    pub fn voucher(&self) -> &Voucher {
        &self.voucher
    }

    /// Who approved.
    #[must_use]
    pub fn approvals(&self) -> &[Approval] {
        &self.approvals
    }

    /// The encoding.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let (by, cert) = match &self.voucher {
            Voucher::Head(head) => (BY_HEAD, head.as_bytes()),
            Voucher::Automatic(invite) => (BY_INVITATION, invite.as_bytes()),
        };
        let mut out = Writer::new();
        out.opaque(&self.signed)
            .fixed(&self.consent)
            .u8(by)
            .opaque(cert)
            .fixed(&self.voucher_signature)
            .list(&self.approvals, |out, approval| {
                out.opaque(&approval.encode());
            });
        out.into_vec()
    }

    /// The head behind the voucher.
    #[must_use]
    pub fn vouching_head(&self) -> &HeadCert {
        match &self.voucher {
            Voucher::Head(head) => head,
            Voucher::Automatic(invite) => &invite.head,
        }
    }

    /// What of R-C5 depends on signatures alone.
    fn check(&self, charter: &Charter) -> Result<(), SeatError> {
        let tbs = &self.tbs;
        if tbs.talk != charter.talk {
            return Err(SeatError::OtherTalk);
        }
        if !may_have(charter, tbs.delegation, tbs.role) {
            return Err(SeatError::Role);
        }
        let vouching_key = match &self.voucher {
            Voucher::Head(head) => head.key,
            Voucher::Automatic(invite) if is(Check::Invited, is_as_invited(tbs, invite)) => {
                invite.terms.key
            }
            Voucher::Automatic(_) => return Err(SeatError::Voucher),
        };
        if self.vouching_head().delegation != tbs.delegation {
            return Err(SeatError::Voucher);
        }
        let signed = &self.signed;
        let vouched = verify(
            &vouching_key,
            LABEL_VOUCHER,
            signed,
            &self.voucher_signature,
        );
        if !is(Check::VoucherSignature, vouched) {
            return Err(SeatError::Voucher);
        }
        let agreed = verify(&tbs.key.0, LABEL_SEAT, signed, &self.consent);
        if !is(Check::SeatSignature, agreed) {
            return Err(SeatError::Consent);
        }
        let by = self
            .approvals
            .iter()
            .map(|approval| approval.head.delegation);
        let distinct: Delegations = by.clone().collect();
        if distinct.iter().count() != self.approvals.len() || distinct.has(tbs.delegation) {
            return Err(SeatError::Approval);
        }
        Ok(())
    }
}

/// The name is the person's own choice; everything else is what the head offered.
fn is_as_invited(tbs: &SeatTbs, invite: &InviteCert) -> bool {
    let terms = &invite.terms;
    terms.automatic
        && terms.id == tbs.invite
        && terms.role == tbs.role
        && tbs.rooms.iter().all(|room| terms.rooms.contains(room))
}

fn read_voucher(reader: &mut Reader<'_>, charter: &Charter) -> Result<Voucher, SeatError> {
    match reader.u8()? {
        BY_HEAD => Ok(Voucher::Head(charter.read_head(reader)?)),
        BY_INVITATION => {
            let invite = InviteCert::verify(reader.opaque(MAX_INVITE_BYTES)?, charter)?;
            Ok(Voucher::Automatic(Box::new(invite)))
        }
        _ => Err(DecodeError::Value.into()),
    }
}

fn approval_content(tbs_hash: &[u8; 32], delegation: DelegationIndex) -> Vec<u8> {
    let mut out = Writer::new();
    out.fixed(tbs_hash).u8(delegation.0);
    out.into_vec()
}

macro_rules! redacted {
    ($($name:ident),*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(redacted)"))
            }
        }
    )*};
}
redacted!(Seat, SeatTbs, Voucher, Approval);
