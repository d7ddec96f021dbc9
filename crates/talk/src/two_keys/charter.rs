use super::founding::{FoundingError, Genesis, MAX_FOUNDING_BYTES, has_shared_keys};
use super::party::{HeadCert, MAX_HEAD_BYTES, Party, PartyError};
use super::rules::{DelegationIndex, Delegations, MAX_DELEGATIONS, Rules};
use super::switch::{Check, is};
use crate::codec::{DecodeError, Reader, Writer};
use crate::crypto::{KeyPair, SIGNATURE_BYTES, hash, verify};
use crate::text::{MAX_TITLE_CHARS, TextError, Title};
use incamera_model::TalkId;

const VERSION: u8 = 1;
const LABEL: &str = "charter";
/// The largest ratified charter, in bytes.
pub const MAX_CHARTER_BYTES: usize = 256 * 1024;

/// A charter that isn't one, or isn't ratified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CharterError {
    /// The encoding is wrong.
    #[error("not readable: {0}")]
    Malformed(#[from] DecodeError),
    /// What it was founded on is wrong.
    #[error("the founding of the talk is refused: {0}")]
    Founding(#[from] FoundingError),
    /// A delegation's description is wrong.
    #[error("a delegation's description is refused: {0}")]
    Party(#[from] PartyError),
    /// The title breaks the rules for titles.
    #[error("the title is refused: {0}")]
    Title(#[from] TextError),
    /// The first charter says something else than the offer and the claims.
    #[error("the charter says something else than was offered and claimed")]
    Differs,
    /// R-T1.
    #[error("these rules would let one side decide alone")]
    OneKeyed,
    /// An amendment of another charter than the one in force.
    #[error("it amends another charter than the one in force")]
    Predecessor,
    /// An amendment that adds, removes or swaps delegations, or replaces a root by another key
    /// than the one that was named for it, or more than one root at once.
    #[error("it replaces a delegation or its key by another than was agreed")]
    Replaced,
    /// Not signed by this delegation's root.
    #[error("delegation {0:?} hasn't signed it")]
    Unsigned(DelegationIndex),
}

impl CharterError {
    /// Its name in `docs/protocol.md`.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Malformed(_) | Self::Party(_) | Self::Title(_) => "unreadable",
            Self::Founding(fault) => fault.reason(),
            Self::Differs => "differs",
            Self::OneKeyed => "one-keyed",
            Self::Predecessor => "predecessor",
            Self::Replaced => "replaced",
            Self::Unsigned(_) => "unsigned",
        }
    }
}

/// The founding document of a talk, and each amended form of it.
///
/// ```text
/// struct { uint8 version = 1; uint16 wire_version; opaque talk_id[16]; opaque genesis_hash[32];
///          uint32 serial; opaque prev_hash[32]; opaque title<V>; Rules rules; Party parties<V>; } Charter;
/// ```
/// Serial 0 follows from the genesis alone; serial n amends n-1, whose hash it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charter {
    /// The version of the wire protocol that the parties agreed on.
    pub wire_version: u16,
    /// The talk.
    pub talk: TalkId,
    /// Counts amendments.
    pub serial: u32,
    /// The title.
    pub title: Title,
    /// Who has to agree to what.
    pub rules: Rules,
    /// The delegations, in the order of their places.
    pub parties: Vec<Party>,
    genesis_hash: [u8; 32],
    prev_hash: [u8; 32],
}

impl Charter {
    /// The charter that a genesis gives.
    #[must_use]
    pub fn founded(genesis: &Genesis, wire_version: u16) -> Self {
        let offer = genesis.offer();
        Self {
            wire_version,
            talk: offer.talk,
            serial: 0,
            title: offer.title.clone(),
            rules: offer.rules,
            parties: genesis.parties().cloned().collect(),
            genesis_hash: hash(&[&genesis.encode()]),
            prev_hash: [0; 32],
        }
    }

    /// The next form of `self`, to be changed and signed.
    #[must_use]
    pub fn amended(&self) -> Self {
        Self {
            serial: self.serial.saturating_add(1),
            prev_hash: self.hash(),
            ..self.clone()
        }
    }

    /// `H(charter)`.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        hash(&[&self.encode()])
    }

    /// A root's signature under it.
    #[must_use]
    pub fn sign(&self, root: &KeyPair) -> [u8; SIGNATURE_BYTES] {
        root.sign(LABEL, &self.encode())
    }

    /// Whether this is the signature of a delegation's root under it.
    pub(super) fn is_signed(
        &self,
        delegation: DelegationIndex,
        signature: &[u8; SIGNATURE_BYTES],
    ) -> bool {
        let signed = self
            .party(delegation)
            .is_some_and(|party| verify(&party.root, LABEL, &self.encode(), signature));
        is(Check::CharterSignature, signed)
    }

    /// Every delegation's bit.
    #[must_use]
    pub fn all(&self) -> Delegations {
        self.indexed().map(|(index, _)| index).collect()
    }

    /// The bits of those that aren't neutral.
    #[must_use]
    pub fn principals(&self) -> Delegations {
        let principals = self.indexed().filter(|(_, party)| !party.neutral);
        principals.map(|(index, _)| index).collect()
    }

    /// A delegation.
    #[must_use]
    pub fn party(&self, delegation: DelegationIndex) -> Option<&Party> {
        self.parties.get(delegation.get())
    }

    /// Reads and verifies the certificate of a head of one of the delegations.
    ///
    /// # Errors
    /// [`PartyError`].
    pub fn verify_head(&self, encoded: &[u8]) -> Result<HeadCert, PartyError> {
        let delegation = HeadCert::delegation_of(encoded)?;
        let party = self.party(delegation).ok_or(PartyError::Elsewhere)?;
        HeadCert::verify(encoded, &self.talk, delegation, &party.root)
    }

    /// Reads a head's certificate from a structure that holds one.
    pub(crate) fn read_head(&self, reader: &mut Reader<'_>) -> Result<HeadCert, PartyError> {
        self.verify_head(reader.opaque(MAX_HEAD_BYTES)?)
    }

    fn indexed(&self) -> impl Iterator<Item = (DelegationIndex, &Party)> {
        (0..).map(DelegationIndex).zip(&self.parties)
    }

    fn encode(&self) -> Vec<u8> {
        let mut out = Writer::new();
        out.u8(VERSION)
            .u16(self.wire_version)
            .fixed(&self.talk.0)
            .fixed(&self.genesis_hash)
            .u32(self.serial)
            .fixed(&self.prev_hash)
            .opaque(self.title.as_str().as_bytes());
        self.rules.write(&mut out);
        out.list(&self.parties, |out, party| party.write(out));
        out.into_vec()
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, CharterError> {
        reader.version(VERSION)?;
        let wire_version = reader.u16()?;
        let talk = TalkId(reader.array()?);
        let genesis_hash = reader.array()?;
        let serial = reader.u32()?;
        let prev_hash = reader.array()?;
        let title = Title::parse(reader.text(MAX_TITLE_CHARS * 4)?)?;
        let rules = Rules::read(reader)?;
        let cap = MAX_FOUNDING_BYTES * MAX_DELEGATIONS;
        let parties = reader.list(cap, MAX_DELEGATIONS, Party::read)?;
        Ok(Self {
            wire_version,
            talk,
            serial,
            title,
            rules,
            parties,
            genesis_hash,
            prev_hash,
        })
    }
}

/// A charter signed by every delegation, with what it was founded on. A value of this type is
/// verified, back to the genesis if it is an amendment.
///
/// ```text
/// struct { opaque charter<V>; Genesis genesis; opaque signatures<V>{ opaque signature[64]; } } Ratified;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ratified {
    charter: Charter,
    genesis: Genesis,
    encoded: Vec<u8>,
}

impl Ratified {
    /// Puts a charter and its signatures together, for [`Self::found`] or [`Self::amend`].
    #[must_use]
    pub fn encode(
        charter: &Charter,
        genesis: &Genesis,
        signatures: &[[u8; SIGNATURE_BYTES]],
    ) -> Vec<u8> {
        let mut out = Writer::new();
        out.opaque(&charter.encode()).fixed(&genesis.encode()).list(
            signatures,
            |out, signature| {
                out.fixed(signature);
            },
        );
        out.into_vec()
    }

    /// Reads and verifies a talk's first charter.
    ///
    /// # Errors
    /// [`CharterError`].
    pub fn found(encoded: &[u8]) -> Result<Self, CharterError> {
        let (ratified, signatures) = Self::read(encoded)?;
        let charter = &ratified.charter;
        let follows = *charter == Charter::founded(&ratified.genesis, charter.wire_version);
        if !is(Check::Differs, follows) {
            return Err(CharterError::Differs);
        }
        ratified.check_signatures(&signatures)?;
        Ok(ratified)
    }

    /// Reads and verifies the charter that amends `self`.
    ///
    /// # Errors
    /// [`CharterError`].
    pub fn amend(&self, encoded: &[u8]) -> Result<Self, CharterError> {
        let (ratified, signatures) = Self::read(encoded)?;
        let (before, after) = (&self.charter, &ratified.charter);
        let follows = after.serial == before.serial.saturating_add(1)
            && after.prev_hash == before.hash()
            && after.talk == before.talk
            && after.genesis_hash == before.genesis_hash
            && ratified.genesis == self.genesis;
        if !is(Check::Predecessor, follows) {
            return Err(CharterError::Predecessor);
        }
        check_replacements(before, after)?;
        ratified.check_signatures(&signatures)?;
        Ok(ratified)
    }

    /// The charter.
    #[must_use]
    pub fn charter(&self) -> &Charter {
        &self.charter
    }

    /// What the words stand for.
    #[must_use]
    pub fn genesis(&self) -> &Genesis {
        &self.genesis
    }

    /// The encoding.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.encoded
    }

    fn read(encoded: &[u8]) -> Result<(Self, Vec<[u8; SIGNATURE_BYTES]>), CharterError> {
        if encoded.len() > MAX_CHARTER_BYTES {
            return Err(DecodeError::TooLong {
                cap: MAX_CHARTER_BYTES,
            }
            .into());
        }
        let mut reader = Reader::new(encoded);
        let mut inner = Reader::new(reader.opaque(MAX_CHARTER_BYTES)?);
        let charter = Charter::read(&mut inner)?;
        inner.finish()?;
        let genesis = Genesis::read(&mut reader)?;
        let cap = MAX_DELEGATIONS * SIGNATURE_BYTES;
        let signatures: Vec<_> = reader.list(cap, MAX_DELEGATIONS, |reader| {
            reader.array::<SIGNATURE_BYTES>()
        })?;
        reader.finish()?;
        if !charter
            .rules
            .are_two_keyed(charter.principals(), charter.all())
        {
            return Err(CharterError::OneKeyed);
        }
        let ratified = Self {
            charter,
            genesis,
            encoded: encoded.to_vec(),
        };
        Ok((ratified, signatures))
    }

    fn check_signatures(&self, signatures: &[[u8; SIGNATURE_BYTES]]) -> Result<(), CharterError> {
        if signatures.len() > self.charter.parties.len() {
            return Err(DecodeError::Value.into());
        }
        let content = self.charter.encode();
        for (delegation, party) in self.charter.indexed() {
            let signature = signatures.get(delegation.get());
            let signed =
                signature.is_some_and(|signature| verify(&party.root, LABEL, &content, signature));
            if !is(Check::CharterSignature, signed) {
                return Err(CharterError::Unsigned(delegation));
            }
        }
        Ok(())
    }
}

/// R-T2: an amendment keeps the delegations; one of them may take the root that it had named
/// before for the case of loss.
fn check_replacements(before: &Charter, after: &Charter) -> Result<(), CharterError> {
    let same_places = before.parties.len() == after.parties.len()
        && before
            .parties
            .iter()
            .zip(&after.parties)
            .all(|(old, new)| old.neutral == new.neutral);
    let mut replaced = before
        .parties
        .iter()
        .zip(&after.parties)
        .filter(|(old, new)| old.root != new.root);
    let proper = match (replaced.next(), replaced.next()) {
        (None, _) => true,
        (Some((old, new)), None) => old.names_next(&new.root),
        (Some(_), Some(_)) => false,
    };
    if !is(Check::T2, same_places && proper) || has_shared_keys(after.parties.iter()) {
        return Err(CharterError::Replaced);
    }
    Ok(())
}
