use super::party::{Party, PartyError};
use super::rules::{DelegationIndex, Delegations, MAX_DELEGATIONS, Rules};
use super::switch::{Check, is};
use crate::codec::{DecodeError, Reader, Writer};
use crate::crypto::{KeyPair, SIGNATURE_BYTES, hash, kdf, sign_content, verify};
use crate::text::{MAX_TITLE_CHARS, TextError, Title};
use incamera_model::TalkId;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

const VERSION: u8 = 1;
const LABEL_OFFER: &str = "offer";
const LABEL_CLAIM: &str = "claim";
const LABEL_NONCE: &str = "nonce";
const LABEL_WORDS: &str = "words";
/// The largest offer or claim, in bytes.
pub const MAX_FOUNDING_BYTES: usize = 4 * 1024;

/// Bytes that don't found a talk. The variants from `OtherOffer` on name what somebody changed on
/// the way, or a rule that a party breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FoundingError {
    /// The encoding is wrong.
    #[error("not readable: {0}")]
    Malformed(#[from] DecodeError),
    /// A delegation's description is wrong.
    #[error("a delegation's description is refused: {0}")]
    Party(#[from] PartyError),
    /// The title breaks the rules for titles.
    #[error("the title is refused: {0}")]
    Title(#[from] TextError),
    /// R-T1: the rules would let one side decide alone, or name a delegation that isn't there.
    #[error("these rules would let one side decide alone")]
    OneKeyed,
    /// The offer isn't the one that the link names.
    #[error("this isn't the offer that the link was made for")]
    OtherOffer,
    /// A signature doesn't hold.
    #[error("it isn't signed by the key it names")]
    Signature,
    /// The claim wasn't made with the claim link's secret.
    #[error("the claim wasn't made with the claim link")]
    Mac,
    /// A slot that isn't offered, or is claimed twice, or isn't claimed.
    #[error("a delegation's place isn't offered, is taken twice or is empty")]
    Slot,
    /// The revealed nonce isn't the one that the offer committed to.
    #[error("the proposer revealed another number than it had committed to")]
    Nonce,
    /// Two delegations with one key: somebody would be on both sides.
    #[error("two delegations have the same key")]
    SameKey,
}

impl FoundingError {
    /// Its name in `docs/protocol.md`.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Malformed(_) | Self::Party(_) | Self::Title(_) => "unreadable",
            Self::OneKeyed => "one-keyed",
            Self::OtherOffer => "other-offer",
            Self::Signature => "signature",
            Self::Mac => "mac",
            Self::Slot => "slot",
            Self::Nonce => "nonce",
            Self::SameKey => "same-key",
        }
    }
}

/// What the proposer asks for: the talk, its places and rules. The nonce behind the commitment is
/// revealed once all places are claimed, so that nobody can try claims until the words agree.
///
/// ```text
/// struct { uint8 version = 1; opaque talk_id[16]; opaque title<V>; uint8 slots; uint16 neutral;
///          Rules rules; Party proposer; opaque nonce_commitment[32]; } OfferTBS;
/// struct { OfferTBS tbs; opaque signature[64]; } Offer;        Sig("offer", tbs) by the proposer's root
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The talk.
    pub talk: TalkId,
    /// Its title.
    pub title: Title,
    /// How many delegations it has, the proposer's (0) included.
    pub slots: u8,
    /// Which of them are neutral.
    pub neutral: Delegations,
    /// Who has to agree to what.
    pub rules: Rules,
    /// The proposing delegation.
    pub proposer: Party,
    commitment: [u8; 32],
    encoded: Vec<u8>,
}

impl Offer {
    /// Makes an offer. `nonce`: 32 secret, unpredictable bytes, kept until all places are claimed.
    ///
    /// # Errors
    /// [`FoundingError::Slot`], [`FoundingError::OneKeyed`].
    pub fn new(
        root: &KeyPair,
        talk: TalkId,
        title: &Title,
        (slots, neutral): (u8, Delegations),
        rules: Rules,
        proposer: &Party,
        nonce: &[u8; 32],
    ) -> Result<Self, FoundingError> {
        let mut out = Writer::new();
        out.u8(VERSION)
            .fixed(&talk.0)
            .opaque(title.as_str().as_bytes())
            .u8(slots)
            .u16(neutral.0);
        rules.write(&mut out);
        proposer.write(&mut out);
        out.fixed(&commitment(nonce));
        let signature = root.sign(LABEL_OFFER, out.as_slice());
        out.fixed(&signature);
        Self::decode(out.as_slice())
    }

    /// Reads and verifies an offer.
    ///
    /// # Errors
    /// [`FoundingError`].
    pub fn decode(encoded: &[u8]) -> Result<Self, FoundingError> {
        let mut reader = capped(encoded)?;
        reader.version(VERSION)?;
        let talk = TalkId(reader.array()?);
        let title = Title::parse(reader.text(MAX_TITLE_CHARS * 4)?)?;
        let slots = reader.u8()?;
        let neutral = Delegations(reader.u16()?);
        let rules = Rules::read(&mut reader)?;
        let proposer = Party::read(&mut reader)?;
        let commitment = reader.array()?;
        signed_to_the_end(
            Check::OfferSignature,
            LABEL_OFFER,
            encoded,
            reader,
            &proposer.root,
        )?;
        if !(2..=MAX_DELEGATIONS).contains(&usize::from(slots)) {
            return Err(FoundingError::Slot);
        }
        let offer = Self {
            talk,
            title,
            slots,
            neutral,
            rules,
            proposer,
            commitment,
            encoded: encoded.to_vec(),
        };
        let principals = Delegations(offer.all().0 & !neutral.0);
        if !offer.all().covers(neutral) || principals.iter().count() < 2 {
            return Err(FoundingError::Slot);
        }
        if offer.proposer.neutral != neutral.has(DelegationIndex(0)) {
            return Err(FoundingError::Slot);
        }
        if !rules.are_two_keyed(principals, offer.all()) {
            return Err(FoundingError::OneKeyed);
        }
        Ok(offer)
    }

    /// Reads the offer that a claim link names by its hash.
    ///
    /// # Errors
    /// [`FoundingError`].
    pub fn decode_named(encoded: &[u8], offer_hash: &[u8; 32]) -> Result<Self, FoundingError> {
        if !is(Check::OfferHash, hash(&[encoded]) == *offer_hash) {
            return Err(FoundingError::OtherOffer);
        }
        Self::decode(encoded)
    }

    /// Every delegation's bit.
    #[must_use]
    pub fn all(&self) -> Delegations {
        (0..self.slots).map(DelegationIndex).collect()
    }

    /// `H(offer)`, as a claim link carries it.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        hash(&[&self.encoded])
    }

    /// The encoding.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.encoded
    }

    pub(crate) fn commits_to(&self, nonce: &[u8; 32]) -> bool {
        is(Check::Nonce, commitment(nonce) == self.commitment)
    }
}

/// How the head of another delegation takes its place.
///
/// ```text
/// struct { uint8 version = 1; opaque offer_hash[32]; uint8 slot; Party party; opaque nonce[32];
///          opaque mac[32]; } ClaimTBS;
/// struct { ClaimTBS tbs; opaque signature[64]; } Claim;        Sig("claim", tbs) by the party's root
/// ```
/// `mac = KDF(claim_secret, "claim", everything before it)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The place.
    pub slot: DelegationIndex,
    /// Who takes it.
    pub party: Party,
    offer_hash: [u8; 32],
    mac: [u8; 32],
    maced: usize,
    encoded: Vec<u8>,
}

impl Claim {
    /// Makes a claim. `nonce`: 32 unpredictable bytes.
    ///
    /// # Errors
    /// [`FoundingError::Slot`].
    pub fn new(
        root: &KeyPair,
        offer: &Offer,
        slot: DelegationIndex,
        party: &Party,
        claim_secret: &[u8; 32],
        nonce: &[u8; 32],
    ) -> Result<Self, FoundingError> {
        let mut out = Writer::new();
        out.u8(VERSION).fixed(&offer.hash()).u8(slot.0);
        party.write(&mut out);
        out.fixed(nonce);
        let mac = mac(claim_secret, &offer.talk, out.as_slice());
        out.fixed(&*mac);
        let signature = root.sign(LABEL_CLAIM, out.as_slice());
        out.fixed(&signature);
        Self::decode(out.as_slice(), offer)
    }

    /// Reads and verifies a claim on `offer`. Whether it was made with the claim link is asked by
    /// [`Self::is_made_with`].
    ///
    /// # Errors
    /// [`FoundingError`].
    pub fn decode(encoded: &[u8], offer: &Offer) -> Result<Self, FoundingError> {
        let mut reader = capped(encoded)?;
        reader.version(VERSION)?;
        let offer_hash = reader.array()?;
        let slot = DelegationIndex::read(&mut reader)?;
        let party = Party::read(&mut reader)?;
        reader.array::<32>()?;
        let maced = encoded.len() - reader.rest().len();
        let mac = reader.array()?;
        signed_to_the_end(
            Check::ClaimSignature,
            LABEL_CLAIM,
            encoded,
            reader,
            &party.root,
        )?;
        if offer_hash != offer.hash() {
            return Err(FoundingError::OtherOffer);
        }
        if slot.0 == 0 || !offer.all().has(slot) || party.neutral != offer.neutral.has(slot) {
            return Err(FoundingError::Slot);
        }
        Ok(Self {
            slot,
            party,
            offer_hash,
            mac,
            maced,
            encoded: encoded.to_vec(),
        })
    }

    /// Whether it was made by a holder of the claim link.
    #[must_use]
    pub fn is_made_with(&self, claim_secret: &[u8; 32], talk: &TalkId) -> bool {
        let expected = mac(claim_secret, talk, &self.encoded[..self.maced]);
        is(Check::ClaimMac, expected.ct_eq(&self.mac).into())
    }

    /// The encoding.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.encoded
    }
}

/// An offer, a claim on each of its places, and the revealed nonce: what the words stand for.
///
/// ```text
/// struct { opaque offer<V>; opaque claims<V>{ opaque claim<V>; } opaque nonce[32]; } Genesis;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Genesis {
    offer: Offer,
    claims: Vec<Claim>,
    nonce: [u8; 32],
}

impl Genesis {
    /// Puts the parts together; claims in the order of their slots.
    ///
    /// # Errors
    /// [`FoundingError`].
    pub fn new(offer: Offer, claims: Vec<Claim>, nonce: [u8; 32]) -> Result<Self, FoundingError> {
        let in_order = claims.iter().map(|claim| usize::from(claim.slot.0));
        if !in_order.eq(1..usize::from(offer.slots)) {
            return Err(FoundingError::Slot);
        }
        if claims.iter().any(|claim| claim.offer_hash != offer.hash()) {
            return Err(FoundingError::OtherOffer);
        }
        if !offer.commits_to(&nonce) {
            return Err(FoundingError::Nonce);
        }
        let genesis = Self {
            offer,
            claims,
            nonce,
        };
        if !is(Check::SameKey, !has_shared_keys(genesis.parties())) {
            return Err(FoundingError::SameKey);
        }
        Ok(genesis)
    }

    /// The encoding.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer::new();
        out.opaque(self.offer.as_bytes())
            .list(&self.claims, |out, claim| {
                out.opaque(claim.as_bytes());
            })
            .fixed(&self.nonce);
        out.into_vec()
    }

    /// Reads and verifies a genesis.
    ///
    /// # Errors
    /// [`FoundingError`].
    pub fn decode(encoded: &[u8]) -> Result<Self, FoundingError> {
        let mut reader = Reader::new(encoded);
        let genesis = Self::read(&mut reader)?;
        reader.finish()?;
        Ok(genesis)
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, FoundingError> {
        let offer = Offer::decode(reader.opaque(MAX_FOUNDING_BYTES)?)?;
        let cap = (MAX_FOUNDING_BYTES + 4) * MAX_DELEGATIONS;
        let claims = reader.list(cap, MAX_DELEGATIONS, |reader| {
            Claim::decode(reader.opaque(MAX_FOUNDING_BYTES)?, &offer)
        })?;
        Self::new(offer, claims, reader.array()?)
    }

    /// `H(Genesis)`: what a record has to be founded on.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        hash(&[&self.encode()])
    }

    /// The offer.
    #[must_use]
    pub fn offer(&self) -> &Offer {
        &self.offer
    }

    /// The delegations, in the order of their places.
    pub fn parties(&self) -> impl Iterator<Item = &Party> + Clone {
        core::iter::once(&self.offer.proposer).chain(self.claims.iter().map(|claim| &claim.party))
    }

    /// What both sides read aloud.
    #[must_use]
    pub fn words(&self) -> super::Words {
        let bytes = hash(&[&sign_content(LABEL_WORDS, &self.encode())]);
        super::Words::from_hash(&bytes)
    }
}

/// Whether any two keys of these delegations are equal.
pub(crate) fn has_shared_keys<'a>(parties: impl Iterator<Item = &'a Party>) -> bool {
    let mut keys: Vec<[u8; 32]> = parties
        .flat_map(|party| [party.root, party.control])
        .collect();
    let count = keys.len();
    keys.sort_unstable();
    keys.dedup();
    keys.len() != count
}

fn commitment(nonce: &[u8; 32]) -> [u8; 32] {
    hash(&[&sign_content(LABEL_NONCE, nonce)])
}

fn mac(claim_secret: &[u8; 32], talk: &TalkId, content: &[u8]) -> Zeroizing<[u8; 32]> {
    kdf(claim_secret, LABEL_CLAIM, talk, &[content])
}

fn capped(encoded: &[u8]) -> Result<Reader<'_>, DecodeError> {
    if encoded.len() > MAX_FOUNDING_BYTES {
        return Err(DecodeError::TooLong {
            cap: MAX_FOUNDING_BYTES,
        });
    }
    Ok(Reader::new(encoded))
}

/// What `reader` has left is a signature over everything before, and nothing more.
fn signed_to_the_end(
    check: Check,
    label: &str,
    encoded: &[u8],
    mut reader: Reader<'_>,
    key: &[u8; 32],
) -> Result<(), FoundingError> {
    let signed = &encoded[..encoded.len() - reader.rest().len()];
    let signature: [u8; SIGNATURE_BYTES] = reader.array()?;
    reader.finish()?;
    if is(check, verify(key, label, signed, &signature)) {
        Ok(())
    } else {
        Err(FoundingError::Signature)
    }
}
