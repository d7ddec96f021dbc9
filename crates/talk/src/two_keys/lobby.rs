//! How a talk between delegations is founded: what goes through the lobby of a place that nobody
//! has claimed yet, sealed with its claim link's lobby vault.

use super::asking::{BOX_BYTES, BoxKey};
use super::charter::{Charter, Ratified};
use super::founding::{Claim, FoundingError, Genesis, MAX_FOUNDING_BYTES, Offer};
use super::invite::Role;
use super::party::{HeadCert, MAX_HEAD_BYTES, PartyError};
use super::rules::DelegationIndex;
use super::seat::{
    Approval, LABEL_SEAT, LABEL_VOUCHER, MAX_APPROVAL_BYTES, MAX_TBS_BYTES, Seat, SeatError,
    SeatTbs, Voucher,
};
use super::standing::plenary;
use super::switch::{Check, is};
use crate::codec::{DecodeError, Reader, Writer};
use crate::crypto::{KeyPair, SIGNATURE_BYTES, hash, verify};
use core::fmt;
use incamera_model::{AccessKey, TalkId};

pub(super) const VERSION: u8 = 1;
const LABEL_CLAIM: &str = "claim-packet";
const LABEL_COUNTER: &str = "counter";
const LABEL_DECLINE: &str = "decline";
/// The largest sealed vault key in a [`CounterPacket`]: an X-Wing key encapsulation and 48 bytes,
/// with room to spare.
const MAX_SEALED_BYTES: usize = 2048;
const PROPOSER: DelegationIndex = DelegationIndex(0);

/// What an entry of a lobby is, by its second byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum LobbyKind {
    /// [`OfferPacket`].
    Offer = 1,
    /// [`ClaimPacket`].
    Claim = 2,
    /// [`CounterPacket`].
    Counter = 3,
    /// [`super::AskPacket`].
    Ask = 4,
    /// [`super::InvitePacket`].
    Invite = 5,
    /// [`DeclinePacket`].
    Decline = 6,
}

impl LobbyKind {
    /// What the bytes claim to be.
    #[must_use]
    pub fn of(encoded: &[u8]) -> Option<Self> {
        Some(match encoded {
            [VERSION, 1, ..] => Self::Offer,
            [VERSION, 2, ..] => Self::Claim,
            [VERSION, 3, ..] => Self::Counter,
            [VERSION, 4, ..] => Self::Ask,
            [VERSION, 5, ..] => Self::Invite,
            [VERSION, 6, ..] => Self::Decline,
            _ => return None,
        })
    }

    pub(super) fn start(self) -> Writer {
        let mut out = Writer::new();
        out.u8(VERSION).u8(self as u8);
        out
    }

    pub(super) fn reader(self, encoded: &[u8]) -> Result<Reader<'_>, DecodeError> {
        let mut reader = Reader::new(encoded);
        reader.version(VERSION)?;
        if reader.u8()? == self as u8 {
            Ok(reader)
        } else {
            Err(DecodeError::Value)
        }
    }
}

/// Why a step of the founding doesn't count. `Proposer` and `Claimant` name whose fault it is;
/// of the others it can be anybody's who has the claim link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LobbyFault {
    /// The encoding is wrong.
    #[error("not readable: {0}")]
    Malformed(#[from] DecodeError),
    /// The offer or the claim in it is refused.
    #[error("{0}")]
    Founding(#[from] FoundingError),
    /// The head's certificate in it is refused.
    #[error("the head's certificate is refused: {0}")]
    Head(#[from] PartyError),
    /// Of another talk, or for another place.
    #[error("it belongs to another talk or place")]
    Elsewhere,
    /// More places than two: founding these isn't known here.
    #[error("a talk of more than two delegations can't be founded here")]
    Slots,
    /// It isn't signed by the head that it names.
    #[error("it isn't signed by the head that it names")]
    Signature,
    /// It answers another claim.
    #[error("it answers another claim")]
    OtherClaim,
    /// The proposer's head signed a charter or approval that doesn't hold, or its seat doesn't.
    #[error("what the proposer signed doesn't hold")]
    Proposer,
    /// The claimant's head signed an approval that doesn't hold, or its seat doesn't.
    #[error("what the claimant signed doesn't hold")]
    Claimant,
}

/// A head's own seat, without the other side's approval.
#[derive(Clone, PartialEq, Eq)]
struct HeadSeat {
    head: HeadCert,
    tbs: SeatTbs,
    consent: [u8; SIGNATURE_BYTES],
    voucher: [u8; SIGNATURE_BYTES],
}

impl HeadSeat {
    fn new(head: &HeadCert, head_key: &KeyPair, tbs: &SeatTbs, seat_key: &KeyPair) -> Self {
        Self {
            head: head.clone(),
            tbs: tbs.clone(),
            consent: tbs.consent(seat_key),
            voucher: tbs.vouch(head_key),
        }
    }

    fn write(&self, out: &mut Writer) {
        out.opaque(self.head.as_bytes())
            .opaque(&self.tbs.encode())
            .fixed(&self.consent)
            .fixed(&self.voucher);
    }

    /// The signatures are verified here, and again under the charter by [`Self::seat`].
    fn read(
        reader: &mut Reader<'_>,
        talk: &TalkId,
        delegation: DelegationIndex,
        root: &[u8; 32],
        fault: LobbyFault,
    ) -> Result<Self, LobbyFault> {
        let head = HeadCert::verify(reader.opaque(MAX_HEAD_BYTES)?, talk, delegation, root)?;
        let signed = reader.opaque(MAX_TBS_BYTES)?;
        let tbs = SeatTbs::decode(signed).map_err(|_| fault)?;
        let (consent, voucher) = (reader.array()?, reader.array()?);
        if tbs.talk != *talk || tbs.delegation != delegation {
            return Err(LobbyFault::Elsewhere);
        }
        // One person, one name: the certificate's is what the other side's people see elsewhere.
        let proper = tbs.role == Role::Head
            && tbs.name == head.name
            && tbs.rooms.contains(&plenary(talk))
            && is(
                Check::SeatSignature,
                verify(&tbs.key.0, LABEL_SEAT, signed, &consent),
            )
            && is(
                Check::VoucherSignature,
                verify(&head.key, LABEL_VOUCHER, signed, &voucher),
            );
        if !proper {
            return Err(fault);
        }
        Ok(Self {
            head,
            tbs,
            consent,
            voucher,
        })
    }

    fn seat(&self, approvals: Vec<Approval>, charter: &Charter) -> Result<Seat, SeatError> {
        let voucher = (Voucher::Head(self.head.clone()), self.voucher);
        Seat::new(&self.tbs, self.consent, voucher, approvals, charter)
    }
}

/// What the proposer leaves for whoever has the claim link; also, sealed for the proposer's own
/// people, the record's first entry, which is void there.
///
/// ```text
/// struct { uint8 version = 1; uint8 kind = 1; opaque offer<V>; opaque head_cert<V>; opaque tbs<V>;
///          opaque consent[64]; opaque voucher[64]; } OfferPacket;
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct OfferPacket {
    offer: Offer,
    own: HeadSeat,
    encoded: Vec<u8>,
}

impl OfferPacket {
    /// Puts it together.
    ///
    /// # Errors
    /// [`LobbyFault`].
    pub fn new(
        offer: &Offer,
        (head, head_key): (&HeadCert, &KeyPair),
        (tbs, seat_key): (&SeatTbs, &KeyPair),
    ) -> Result<Self, LobbyFault> {
        let mut out = LobbyKind::Offer.start();
        out.opaque(offer.as_bytes());
        HeadSeat::new(head, head_key, tbs, seat_key).write(&mut out);
        Self::verify(out.as_slice(), &offer.talk, None)
    }

    /// Reads and verifies it; with `named`, it must hold the offer that the claim link names.
    ///
    /// # Errors
    /// [`LobbyFault`].
    pub fn verify(
        encoded: &[u8],
        talk: &TalkId,
        named: Option<&[u8; 32]>,
    ) -> Result<Self, LobbyFault> {
        let mut reader = LobbyKind::Offer.reader(encoded)?;
        let offer = reader.opaque(MAX_FOUNDING_BYTES)?;
        let offer = match named {
            Some(named) => Offer::decode_named(offer, named)?,
            None => Offer::decode(offer)?,
        };
        if offer.talk != *talk {
            return Err(LobbyFault::Elsewhere);
        }
        if offer.slots != 2 {
            return Err(LobbyFault::Slots);
        }
        let root = &offer.proposer.root;
        let own = HeadSeat::read(&mut reader, talk, PROPOSER, root, LobbyFault::Proposer)?;
        reader.finish()?;
        Ok(Self {
            offer,
            own,
            encoded: encoded.to_vec(),
        })
    }

    /// The offer.
    #[must_use]
    pub fn offer(&self) -> &Offer {
        &self.offer
    }

    /// The proposer's head.
    #[must_use]
    pub fn head(&self) -> &HeadCert {
        &self.own.head
    }

    /// The seat that this head wants for itself.
    #[must_use]
    pub fn tbs(&self) -> &SeatTbs {
        &self.own.tbs
    }

    /// The encoding.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.encoded
    }
}

/// How the head of the other delegation takes its place.
///
/// ```text
/// struct { uint8 version = 1; uint8 kind = 2; opaque claim<V>; opaque head_cert<V>; opaque tbs<V>;
///          opaque consent[64]; opaque voucher[64]; opaque approval<V>; opaque box[1216];
///          opaque access[32]; opaque signature[64]; } ClaimPacket;
/// ```
/// `approval` is of the proposer's head's seat; `access` the delegation's own access key, which the
/// server gets later; `signature = Sig("claim-packet", all before)` by the head.
#[derive(Clone, PartialEq, Eq)]
pub struct ClaimPacket {
    claim: Claim,
    own: HeadSeat,
    approval: Vec<u8>,
    boxed: BoxKey,
    access: AccessKey,
    encoded: Vec<u8>,
}

impl ClaimPacket {
    /// Signs it; `offer` is what is claimed.
    ///
    /// # Errors
    /// [`LobbyFault`].
    pub fn new(
        offer: &OfferPacket,
        claim_secret: &[u8; 32],
        claim: &Claim,
        (head, head_key): (&HeadCert, &KeyPair),
        (tbs, seat_key): (&SeatTbs, &KeyPair),
        (boxed, access): (&BoxKey, AccessKey),
    ) -> Result<Self, LobbyFault> {
        let mut out = LobbyKind::Claim.start();
        out.opaque(claim.as_bytes());
        HeadSeat::new(head, head_key, tbs, seat_key).write(&mut out);
        out.opaque(&offer.own.tbs.approve(head_key, head).encode())
            .fixed(boxed.as_bytes())
            .fixed(&access.0);
        let signature = head_key.sign(LABEL_CLAIM, out.as_slice());
        out.fixed(&signature);
        Self::verify(out.as_slice(), offer, claim_secret)
    }

    /// Reads and verifies a claim on `offer` by a holder of the claim link. Whether its approval
    /// holds shows with the charter: [`Self::founders`].
    ///
    /// # Errors
    /// [`LobbyFault`].
    pub fn verify(
        encoded: &[u8],
        offer: &OfferPacket,
        claim_secret: &[u8; 32],
    ) -> Result<Self, LobbyFault> {
        let talk = &offer.offer.talk;
        let mut reader = LobbyKind::Claim.reader(encoded)?;
        let claim = Claim::decode(reader.opaque(MAX_FOUNDING_BYTES)?, &offer.offer)?;
        if !claim.is_made_with(claim_secret, talk) {
            return Err(FoundingError::Mac.into());
        }
        let fault = LobbyFault::Claimant;
        let own = HeadSeat::read(&mut reader, talk, claim.slot, &claim.party.root, fault)?;
        let approval = reader.opaque(MAX_APPROVAL_BYTES)?.to_vec();
        let boxed = BoxKey::new(reader.array::<BOX_BYTES>()?);
        let access = AccessKey(reader.array()?);
        let signed = &encoded[..encoded.len() - reader.rest().len()];
        let signature = reader.array()?;
        reader.finish()?;
        let holds = verify(&own.head.key, LABEL_CLAIM, signed, &signature);
        if !is(Check::ClaimPacketSignature, holds) {
            return Err(LobbyFault::Signature);
        }
        Ok(Self {
            claim,
            own,
            approval,
            boxed,
            access,
            encoded: encoded.to_vec(),
        })
    }

    /// What the claim and the offer found once the proposer's nonce is known: the charter, and both
    /// heads' seats, the proposer's approved by the claimant.
    ///
    /// # Errors
    /// [`LobbyFault`].
    pub fn founders(
        &self,
        offer: &OfferPacket,
        nonce: [u8; 32],
        wire_version: u16,
    ) -> Result<Founders, LobbyFault> {
        let genesis = Genesis::new(offer.offer.clone(), vec![self.claim.clone()], nonce)?;
        let charter = Charter::founded(&genesis, wire_version);
        let tbs = offer.own.tbs.encode();
        let approval = Approval::verify(&self.approval, &tbs, &charter)
            .ok()
            .filter(|approval| approval.head == self.own.head)
            .ok_or(LobbyFault::Claimant)?;
        let proposer = offer.own.seat(vec![approval], &charter);
        let claimant = self.own.seat(Vec::new(), &charter);
        Ok(Founders {
            proposer: proposer.map_err(|_| LobbyFault::Proposer)?,
            claimant: claimant.map_err(|_| LobbyFault::Claimant)?,
            genesis,
            charter,
        })
    }

    /// The claim.
    #[must_use]
    pub fn claim(&self) -> &Claim {
        &self.claim
    }

    /// The claimant's head.
    #[must_use]
    pub fn head(&self) -> &HeadCert {
        &self.own.head
    }

    /// The seat that this head wants for itself.
    #[must_use]
    pub fn tbs(&self) -> &SeatTbs {
        &self.own.tbs
    }

    /// What only the claimant opens.
    #[must_use]
    pub fn boxed(&self) -> &BoxKey {
        &self.boxed
    }

    /// The claimant's own access key.
    #[must_use]
    pub fn access(&self) -> AccessKey {
        self.access
    }

    /// `H(ClaimPacket)`: what the proposer answers.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        hash(&[&self.encoded])
    }

    /// The encoding.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.encoded
    }
}

/// What an offer, a claim and the revealed nonce found.
#[derive(Clone, PartialEq, Eq)]
pub struct Founders {
    /// What the words stand for.
    pub genesis: Genesis,
    /// The charter that follows.
    pub charter: Charter,
    /// The proposer's head's seat, approved by the claimant.
    pub proposer: Seat,
    /// The claimant's head's seat, not approved yet.
    pub claimant: Seat,
}

/// The proposer's one answer to one claim; the first in the lobby counts.
///
/// ```text
/// struct { uint8 version = 1; uint8 kind = 3; opaque claim_hash[32]; uint16 wire_version;
///          opaque nonce[32]; opaque charter_signature[64]; opaque approval<V>; opaque vault<V>;
///          opaque signature[64]; } CounterPacket;
/// ```
/// `vault` is the record's and plenary's vault key, HPKE to the claim's box;
/// `signature = Sig("counter", all before)` by the proposer's head, or somebody else with the claim
/// link could put another vault in.
#[derive(Clone, PartialEq, Eq)]
pub struct CounterPacket {
    claim_hash: [u8; 32],
    wire_version: u16,
    nonce: [u8; 32],
    charter_signature: [u8; SIGNATURE_BYTES],
    approval: Vec<u8>,
    vault: Vec<u8>,
    encoded: Vec<u8>,
}

/// A counter that answers one's own claim, verified: what is left to do is to sign as well.
#[derive(Clone, PartialEq, Eq)]
pub struct CounterSigned {
    /// The founding; both seats are approved.
    pub founders: Founders,
    charter_signature: [u8; SIGNATURE_BYTES],
}

impl CounterSigned {
    /// The charter with both signatures.
    #[must_use]
    pub fn ratify(&self, root: &KeyPair) -> Vec<u8> {
        let charter = &self.founders.charter;
        let signatures = [self.charter_signature, charter.sign(root)];
        Ratified::encode(charter, &self.founders.genesis, &signatures)
    }
}

impl CounterPacket {
    /// Signs it. `founders` is what the claim founds; `vault` is sealed to the claim's box.
    ///
    /// # Errors
    /// [`LobbyFault`].
    pub fn new(
        offer: &OfferPacket,
        claim: &ClaimPacket,
        (root, head_key): (&KeyPair, &KeyPair),
        nonce: [u8; 32],
        wire_version: u16,
        vault: &[u8],
    ) -> Result<Self, LobbyFault> {
        let founders = claim.founders(offer, nonce, wire_version)?;
        let approval = claim.own.tbs.approve(head_key, &offer.own.head);
        let mut out = LobbyKind::Counter.start();
        out.fixed(&claim.hash())
            .u16(wire_version)
            .fixed(&nonce)
            .fixed(&founders.charter.sign(root))
            .opaque(&approval.encode())
            .opaque(vault);
        let signature = head_key.sign(LABEL_COUNTER, out.as_slice());
        out.fixed(&signature);
        Self::verify(out.as_slice(), offer)
    }

    /// Reads it and verifies that the proposer's head signed it. Whether it answers one's own claim
    /// is asked by [`Self::accept`].
    ///
    /// # Errors
    /// [`LobbyFault`].
    pub fn verify(encoded: &[u8], offer: &OfferPacket) -> Result<Self, LobbyFault> {
        let mut reader = LobbyKind::Counter.reader(encoded)?;
        let packet = Self {
            claim_hash: reader.array()?,
            wire_version: reader.u16()?,
            nonce: reader.array()?,
            charter_signature: reader.array()?,
            approval: reader.opaque(MAX_APPROVAL_BYTES)?.to_vec(),
            vault: reader.opaque(MAX_SEALED_BYTES)?.to_vec(),
            encoded: encoded.to_vec(),
        };
        let signed = &encoded[..encoded.len() - reader.rest().len()];
        let signature = reader.array()?;
        reader.finish()?;
        let holds = verify(&offer.own.head.key, LABEL_COUNTER, signed, &signature);
        if !is(Check::CounterSignature, holds) {
            return Err(LobbyFault::Signature);
        }
        Ok(packet)
    }

    /// The claim that it answers, `H(ClaimPacket)`.
    #[must_use]
    pub fn claim_hash(&self) -> &[u8; 32] {
        &self.claim_hash
    }

    /// The vault key, sealed to the claim's box.
    #[must_use]
    pub fn vault(&self) -> &[u8] {
        &self.vault
    }

    /// Verifies all of it, for whoever made `claim`.
    ///
    /// # Errors
    /// [`LobbyFault`].
    pub fn accept(
        &self,
        offer: &OfferPacket,
        claim: &ClaimPacket,
    ) -> Result<CounterSigned, LobbyFault> {
        if !is(Check::CounterClaim, self.claim_hash == claim.hash()) {
            return Err(LobbyFault::OtherClaim);
        }
        let mut founders = claim.founders(offer, self.nonce, self.wire_version)?;
        let charter = &founders.charter;
        let tbs = claim.own.tbs.encode();
        let approval = Approval::verify(&self.approval, &tbs, charter)
            .ok()
            .filter(|approval| approval.head == offer.own.head)
            .ok_or(LobbyFault::Proposer)?;
        if !charter.is_signed(PROPOSER, &self.charter_signature) {
            return Err(LobbyFault::Proposer);
        }
        let claimant = claim.own.seat(vec![approval], charter);
        founders.claimant = claimant.map_err(|_| LobbyFault::Claimant)?;
        Ok(CounterSigned {
            founders,
            charter_signature: self.charter_signature,
        })
    }

    /// The encoding.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.encoded
    }
}

/// The proposer's refusal of a claim.
///
/// ```text
/// struct { uint8 version = 1; uint8 kind = 6; opaque claim_hash[32]; opaque signature[64]; } DeclinePacket;
/// ```
/// `signature = Sig("decline", claim_hash)` by the proposer's head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeclinePacket {
    claim_hash: [u8; 32],
    signature: [u8; SIGNATURE_BYTES],
}

impl DeclinePacket {
    /// Signs it.
    #[must_use]
    pub fn new(claim: &ClaimPacket, head_key: &KeyPair) -> Self {
        let claim_hash = claim.hash();
        Self {
            claim_hash,
            signature: head_key.sign(LABEL_DECLINE, &claim_hash),
        }
    }

    /// Reads it and verifies that the proposer's head signed it.
    ///
    /// # Errors
    /// [`LobbyFault`].
    pub fn verify(encoded: &[u8], offer: &OfferPacket) -> Result<Self, LobbyFault> {
        let mut reader = LobbyKind::Decline.reader(encoded)?;
        let packet = Self {
            claim_hash: reader.array()?,
            signature: reader.array()?,
        };
        reader.finish()?;
        let key = &offer.own.head.key;
        let holds = verify(key, LABEL_DECLINE, &packet.claim_hash, &packet.signature);
        if !is(Check::DeclineSignature, holds) {
            return Err(LobbyFault::Signature);
        }
        Ok(packet)
    }

    /// The claim that is refused, `H(ClaimPacket)`.
    #[must_use]
    pub fn claim_hash(&self) -> &[u8; 32] {
        &self.claim_hash
    }

    /// The encoding.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = LobbyKind::Decline.start();
        out.fixed(&self.claim_hash).fixed(&self.signature);
        out.into_vec()
    }
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
redacted!(
    OfferPacket,
    ClaimPacket,
    CounterPacket,
    CounterSigned,
    Founders
);
