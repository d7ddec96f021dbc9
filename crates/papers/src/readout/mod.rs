//! A readout that both sides signed, as anybody keeps and verifies it.
//!
//! What is exported is made of the signed text's parts and the signatures alone: not who drafted it,
//! not who sat there, nor whose hand signed for a delegation.

mod html;
mod pem;
mod published;
mod words;

use incamera_model::{Bytes, TalkId};
use incamera_talk::Name;
use incamera_talk::crypto::verify_raw;
use incamera_talk::life::{Document, Heading};
use incamera_talk::two_keys::DelegationIndex;
pub use pem::public_key_pem;
pub use published::{PublishedReadout, Signed, readout_id};
use serde::{Deserialize, Serialize};
pub use words::Words;

/// How many signatures an export has at most.
pub const MAX_SIGNATURES: usize = 64;

/// What an export names itself.
const FORMAT: &str = "InCamera 1 readout";

/// What can't be exported as a signed readout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReadoutError {
    /// JSON of another shape.
    #[error("this isn't a readout")]
    Malformed,
    /// The document misses something, or still has brackets.
    #[error("this readout isn't complete; close its brackets and draft it again")]
    Document,
    /// It quotes or is signed by a delegation that there isn't.
    #[error("this readout names a delegation that isn't part of the talk")]
    Delegation,
    /// Nobody signed it, or too many.
    #[error("this readout has no signature; both sides sign it first")]
    Unsigned,
    /// A signature isn't over this text, or isn't this key's.
    #[error("a signature under this readout is wrong; do not use it")]
    Signature,
    /// What an address has isn't what was published there.
    #[error("this isn't the readout that was published here; do not use it")]
    Altered,
}

/// A delegation's signature under a readout's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signature {
    /// For which delegation.
    pub delegation: DelegationIndex,
    /// The public key of the head who signed.
    pub key: [u8; 32],
    /// The Ed25519 signature over the text's bytes.
    pub signature: [u8; 64],
}

/// A readout whose signatures were verified over its text.
pub struct Readout {
    heading: Heading,
    document: Document,
    text: String,
    signatures: Vec<Signature>,
}

/// What a readout is exported to, and read from.
#[derive(Serialize, Deserialize)]
struct ReadoutJson {
    /// Absent where the page hands it in.
    #[serde(default)]
    format: String,
    talk: Bytes,
    charter: Bytes,
    position: u64,
    entry: Bytes,
    delegations: Vec<String>,
    document: Document,
    signatures: Vec<SignatureJson>,
    /// For other programs: what is signed, byte for byte. Not read: it follows from the rest.
    #[serde(skip_deserializing)]
    text: String,
}

#[derive(Serialize, Deserialize)]
struct SignatureJson {
    delegation: u8,
    key: Bytes,
    signature: Bytes,
    /// For other programs.
    #[serde(skip_deserializing)]
    pem: String,
}

impl Readout {
    /// Verifies every signature.
    ///
    /// # Errors
    /// [`ReadoutError`].
    pub fn new(
        heading: Heading,
        document: Document,
        mut signatures: Vec<Signature>,
    ) -> Result<Self, ReadoutError> {
        if !document.is_sound() || document.brackets() > 0 {
            return Err(ReadoutError::Document);
        }
        let mut named = document
            .paragraphs
            .iter()
            .filter_map(|p| p.attribution.delegation());
        let exists = |delegation: DelegationIndex| delegation.get() < heading.delegations.len();
        if !named.all(exists)
            || !signatures
                .iter()
                .all(|signature| exists(signature.delegation))
        {
            return Err(ReadoutError::Delegation);
        }
        if signatures.is_empty() || signatures.len() > MAX_SIGNATURES {
            return Err(ReadoutError::Unsigned);
        }
        let text = heading.signed_text(&document);
        let holds = |s: &Signature| verify_raw(&s.key, text.as_bytes(), &s.signature);
        if !signatures.iter().all(holds) {
            return Err(ReadoutError::Signature);
        }
        signatures.sort_by_key(|signature| signature.delegation.0);
        Ok(Self {
            heading,
            document,
            text,
            signatures,
        })
    }

    /// Reads what [`Self::to_json`] writes, or the same without `format`, `text` and `pem`; what else
    /// there is is left out.
    ///
    /// # Errors
    /// [`ReadoutError`].
    pub fn from_json(json: &str) -> Result<Self, ReadoutError> {
        let read: ReadoutJson = serde_json::from_str(json).map_err(|_| ReadoutError::Malformed)?;
        if !["", FORMAT].contains(&read.format.as_str()) {
            return Err(ReadoutError::Malformed);
        }
        let names = read.delegations.iter().map(|name| Name::parse(name));
        let heading = Heading {
            talk: TalkId(array(&read.talk)?),
            charter: array(&read.charter)?,
            position: read.position,
            entry: array(&read.entry)?,
            delegations: names
                .collect::<Result<_, _>>()
                .map_err(|_| ReadoutError::Malformed)?,
        };
        let signatures = read.signatures.iter().map(|signature| {
            Ok::<_, ReadoutError>(Signature {
                delegation: DelegationIndex(signature.delegation),
                key: array(&signature.key)?,
                signature: array(&signature.signature)?,
            })
        });
        Self::new(
            heading,
            read.document,
            signatures.collect::<Result<_, _>>()?,
        )
    }

    /// The signed text: `readout.txt`.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signatures, by delegation.
    #[must_use]
    pub fn signatures(&self) -> &[Signature] {
        &self.signatures
    }

    /// The files of a signature begin with: `a` for the first delegation, `a2` for its second one.
    #[must_use]
    pub fn stem(&self, index: usize) -> String {
        let Some(signature) = self.signatures.get(index) else {
            return String::new();
        };
        let of_it = |other: &&Signature| other.delegation == signature.delegation;
        let letter = char::from(b'a'.saturating_add(signature.delegation.0.min(25)));
        match self.signatures[..index].iter().filter(of_it).count() {
            0 => letter.to_string(),
            before => format!("{letter}{}", before + 1),
        }
    }

    /// The files that a verifier needs, by name: the text, and for each signature the key and the
    /// signature's 64 bytes.
    #[must_use]
    pub fn files(&self) -> Vec<(String, Vec<u8>)> {
        let mut files = vec![("readout.txt".to_owned(), self.text.clone().into_bytes())];
        for (index, signature) in self.signatures.iter().enumerate() {
            let stem = self.stem(index);
            let pem = public_key_pem(&signature.key).into_bytes();
            files.push((format!("{stem}.pem"), pem));
            files.push((format!("{stem}.sig"), signature.signature.to_vec()));
        }
        files
    }

    /// The command that verifies a signature with OpenSSL 3, beside the files.
    #[must_use]
    pub fn command(&self, index: usize) -> String {
        let stem = self.stem(index);
        format!(
            "openssl pkeyutl -verify -pubin -inkey {stem}.pem -rawin -in readout.txt -sigfile {stem}.sig"
        )
    }

    /// For other programs: the document, its place in the record, the charter's hash, the delegations'
    /// names, keys and signatures. Bytes are unpadded base64url.
    #[must_use]
    pub fn to_json(&self) -> String {
        let bytes = |bytes: &[u8]| Bytes(bytes.to_vec());
        let signatures = self.signatures.iter().map(|signature| SignatureJson {
            delegation: signature.delegation.0,
            key: bytes(&signature.key),
            signature: bytes(&signature.signature),
            pem: public_key_pem(&signature.key),
        });
        let names = self.heading.delegations.iter();
        let json = ReadoutJson {
            format: FORMAT.to_owned(),
            talk: bytes(&self.heading.talk.0),
            charter: bytes(&self.heading.charter),
            position: self.heading.position,
            entry: bytes(&self.heading.entry),
            delegations: names.map(|name| name.as_str().to_owned()).collect(),
            document: self.document.clone(),
            signatures: signatures.collect(),
            text: self.text.clone(),
        };
        // Strings, numbers and lists only: writing them doesn't fail.
        serde_json::to_string(&json).unwrap_or_default()
    }
}

fn array<const N: usize>(bytes: &Bytes) -> Result<[u8; N], ReadoutError> {
    bytes
        .as_slice()
        .try_into()
        .map_err(|_| ReadoutError::Malformed)
}
