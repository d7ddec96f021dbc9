use super::rules::DelegationIndex;
use super::switch::{Check, is};
use crate::codec::{DecodeError, Reader, Writer};
use crate::crypto::{KeyPair, SIGNATURE_BYTES, hash, verify};
use crate::text::{MAX_NAME_CHARS, Name, TextError};
use incamera_model::TalkId;

/// The longest origin, in bytes: scheme, a host name (RFC 1035 section 2.3.4), a port.
pub const MAX_ORIGIN_BYTES: usize = 280;
/// How many origins a delegation may serve its people from.
pub const MAX_ORIGINS: usize = 4;
const LABEL_HEAD: &str = "head";
const VERSION: u8 = 1;

/// Bytes that name no delegation or head. `Signature` is the fault of whoever made them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PartyError {
    /// The encoding is wrong.
    #[error("not readable: {0}")]
    Malformed(#[from] DecodeError),
    /// A name breaks the rules for names.
    #[error("the name is refused: {0}")]
    Name(#[from] TextError),
    /// Of another talk or another delegation.
    #[error("it belongs to another talk or delegation")]
    Elsewhere,
    /// The root's signature doesn't hold.
    #[error("it isn't signed by the delegation's root key")]
    Signature,
}

/// A delegation as its own head describes it: in the offer or in a claim, and so under the words.
///
/// ```text
/// struct { opaque name<V>; uint8 neutral; opaque root[32]; opaque next_root_hash[32];
///          opaque control[32]; opaque origins<V>{ opaque origin<V>; } } Party;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// Its name.
    pub name: Name,
    /// Whether it mediates or observes: never asked unless the rules list it.
    pub neutral: bool,
    /// The root key: signs the charter and the heads' certificates.
    pub root: [u8; 32],
    /// SHA-256 of the root key that replaces this one if it is lost.
    pub next_root_hash: [u8; 32],
    /// The control key: signs destroying and access rotation towards the server.
    pub control: [u8; 32],
    /// Where its own people open their links; empty if it has no server.
    pub origins: Vec<String>,
}

impl Party {
    /// The encoding.
    pub fn write(&self, out: &mut Writer) {
        out.opaque(self.name.as_str().as_bytes())
            .u8(self.neutral.into())
            .fixed(&self.root)
            .fixed(&self.next_root_hash)
            .fixed(&self.control)
            .list(&self.origins, |out, origin| {
                out.opaque(origin.as_bytes());
            });
    }

    /// Reads the encoding.
    ///
    /// # Errors
    /// [`PartyError`].
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, PartyError> {
        let name = Name::parse(reader.text(MAX_NAME_CHARS * 4)?)?;
        let neutral = match reader.u8()? {
            0 => false,
            1 => true,
            _ => return Err(DecodeError::Value.into()),
        };
        Ok(Self {
            name,
            neutral,
            root: reader.array()?,
            next_root_hash: reader.array()?,
            control: reader.array()?,
            origins: reader.list(
                MAX_ORIGINS * (MAX_ORIGIN_BYTES + 2),
                MAX_ORIGINS,
                |reader| origin(reader.text(MAX_ORIGIN_BYTES)?),
            )?,
        })
    }

    /// Whether `root` is the key that was named as the next one.
    #[must_use]
    pub fn names_next(&self, root: &[u8; 32]) -> bool {
        hash(&[root]) == self.next_root_hash
    }
}

/// `https://host[:port]`, printable ASCII: a link's origin, never a path.
fn origin(text: &str) -> Result<String, DecodeError> {
    let host = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"))
        .ok_or(DecodeError::Value)?;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
    if host.is_empty() || !host.bytes().all(allowed) {
        return Err(DecodeError::Value);
    }
    Ok(text.to_owned())
}

/// A root's certificate for a head of its delegation. A value of this type names the root that
/// signed it; [`Self::verify`] is the only way to one.
///
/// ```text
/// struct { uint8 version = 1; opaque talk_id[16]; uint8 delegation; opaque head[32]; opaque name<V>;
///          uint64 serial; } HeadTBS;
/// struct { HeadTBS tbs; opaque signature[64]; } HeadCert;      Sig("head", tbs) by the root
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeadCert {
    /// Whose head.
    pub delegation: DelegationIndex,
    /// The head's key.
    pub key: [u8; 32],
    /// The head's name.
    pub name: Name,
    /// Counts the certificates of a delegation; decides nothing. A revocation names the key.
    pub serial: u64,
    encoded: Vec<u8>,
}

/// The largest certificate, in bytes.
pub const MAX_HEAD_BYTES: usize = 600;

impl HeadCert {
    /// Signs a certificate.
    #[must_use]
    pub fn issue(
        root: &KeyPair,
        talk: &TalkId,
        delegation: DelegationIndex,
        key: [u8; 32],
        name: Name,
        serial: u64,
    ) -> Self {
        let mut out = Writer::new();
        out.u8(VERSION)
            .fixed(&talk.0)
            .u8(delegation.0)
            .fixed(&key)
            .opaque(name.as_str().as_bytes())
            .u64(serial);
        let signature = root.sign(LABEL_HEAD, out.as_slice());
        out.fixed(&signature);
        Self {
            delegation,
            key,
            name,
            serial,
            encoded: out.into_vec(),
        }
    }

    /// Which delegation's head the bytes claim to name: to find the root to verify them with.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn delegation_of(encoded: &[u8]) -> Result<DelegationIndex, DecodeError> {
        let mut reader = Reader::new(encoded);
        reader.version(VERSION)?;
        reader.array::<16>()?;
        DelegationIndex::read(&mut reader)
    }

    /// Reads and verifies a certificate of `talk` by `root`.
    ///
    /// # Errors
    /// [`PartyError`].
    pub fn verify(
        encoded: &[u8],
        talk: &TalkId,
        delegation: DelegationIndex,
        root: &[u8; 32],
    ) -> Result<Self, PartyError> {
        let (of, cert) = Self::read_unverified(encoded)?;
        if of != *talk || cert.delegation != delegation {
            return Err(PartyError::Elsewhere);
        }
        let (signed, signature) = encoded
            .split_last_chunk::<SIGNATURE_BYTES>()
            .ok_or(DecodeError::Truncated)?;
        let certified = verify(root, LABEL_HEAD, signed, signature);
        if !is(Check::HeadSignature, certified) {
            return Err(PartyError::Signature);
        }
        Ok(cert)
    }

    /// Reads a certificate whose root isn't known: it must not leave this module as if it were
    /// verified.
    pub(super) fn read_unverified(encoded: &[u8]) -> Result<(TalkId, Self), PartyError> {
        if encoded.len() > MAX_HEAD_BYTES {
            return Err(DecodeError::TooLong {
                cap: MAX_HEAD_BYTES,
            }
            .into());
        }
        let mut reader = Reader::new(encoded);
        reader.version(VERSION)?;
        let talk = TalkId(reader.array()?);
        let delegation = DelegationIndex::read(&mut reader)?;
        let key = reader.array()?;
        let name = Name::parse(reader.text(MAX_NAME_CHARS * 4)?)?;
        let serial = reader.u64()?;
        reader.array::<SIGNATURE_BYTES>()?;
        reader.finish()?;
        let cert = Self {
            delegation,
            key,
            name,
            serial,
            encoded: encoded.to_vec(),
        };
        Ok((talk, cert))
    }

    /// The encoding.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.encoded
    }
}
