//! A readout at an address of its own, as whoever opens it reads it: nothing is believed but what the
//! signatures and the address cover.

use super::pem::fingerprint;
use super::{Readout, ReadoutError};
use incamera_model::ReadoutId;
use incamera_talk::crypto::hash;
use incamera_talk::life::Document;
use serde::Serialize;

/// A published readout, verified, in the parts that a page shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PublishedReadout {
    /// What was signed.
    pub document: Document,
    /// The delegations that it can quote, by index.
    pub delegations: Vec<String>,
    /// Who signed, by delegation.
    pub signatures: Vec<Signed>,
}

/// One signature under a published readout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Signed {
    /// For which delegation.
    pub delegation: u8,
    /// The delegation's name, which the address covers and the signature doesn't.
    pub name: String,
    /// The key's fingerprint, as OpenSSL computes it.
    pub fingerprint: String,
    /// The command that verifies it.
    pub command: String,
}

/// The address that a content is published at.
#[must_use]
pub fn readout_id(content: &str) -> ReadoutId {
    let hash = hash(&[content.as_bytes()]);
    let mut id = [0; 16];
    id.copy_from_slice(&hash[..16]);
    ReadoutId(id)
}

impl PublishedReadout {
    /// Verifies what a server gave for an address: it is the content of that address, byte for byte
    /// what [`Readout::to_json`] makes of a readout, and two delegations or more signed it with keys
    /// of their own.
    ///
    /// # Errors
    /// [`ReadoutError`]; nothing of the content may be shown then.
    pub fn verify(content: &str, id: ReadoutId) -> Result<Self, ReadoutError> {
        if readout_id(content) != id {
            return Err(ReadoutError::Altered);
        }
        let readout = Readout::from_json(content)?;
        // A text, key or field beside what was verified would be shown or saved by somebody.
        if readout.to_json() != content {
            return Err(ReadoutError::Altered);
        }
        if !readout.has_two_keys() {
            return Err(ReadoutError::Unsigned);
        }
        Ok(readout.shown())
    }
}

impl Readout {
    fn has_two_keys(&self) -> bool {
        let Some((first, rest)) = self.signatures.split_first() else {
            return false;
        };
        let keys_differ = self.signatures.iter().enumerate().all(|(at, one)| {
            let before = &self.signatures[..at];
            !before
                .iter()
                .any(|other| other.key == one.key && other.delegation != one.delegation)
        });
        keys_differ && rest.iter().any(|one| one.delegation != first.delegation)
    }

    fn shown(&self) -> PublishedReadout {
        let names = self.heading.delegations.iter();
        let delegations: Vec<String> = names.map(|name| name.as_str().to_owned()).collect();
        let signed = self.signatures.iter().enumerate().map(|(at, one)| Signed {
            delegation: one.delegation.0,
            name: delegations
                .get(one.delegation.get())
                .cloned()
                .unwrap_or_default(),
            fingerprint: fingerprint(&one.key),
            command: self.command(at),
        });
        PublishedReadout {
            document: self.document.clone(),
            signatures: signed.collect(),
            delegations,
        }
    }
}
