//! How somebody becomes a head beside the first: with a head's key of their own, which a seat names
//! and the delegation's root certifies.

use super::charter::Charter;
use super::party::HeadCert;
use super::seat::SeatTbs;
use super::switch::{Check, is};
use crate::codec::{DecodeError, Reader, Writer};
use crate::crypto::{KeyPair, SIGNATURE_BYTES, hash, verify};

const LABEL_HEAD_KEY: &str = "head-key";

/// A head's key, with the signatures that tie it to the seat of whoever has it: nobody else's key is
/// certified for them, nor theirs for somebody else.
///
/// ```text
/// struct { opaque head[32]; opaque by_seat[64]; opaque by_head[64]; } HeadKey;
/// ```
/// Both are `Sig("head-key", H(tbs) || head)`, by the seat's key and by the head's.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct HeadKey {
    pub(super) key: [u8; 32],
    by_seat: [u8; SIGNATURE_BYTES],
    by_head: [u8; SIGNATURE_BYTES],
}

impl HeadKey {
    pub(super) fn new(tbs: &SeatTbs, seat_key: &KeyPair, head_key: &KeyPair) -> Self {
        let content = content(&tbs.encode(), &head_key.public());
        Self {
            key: head_key.public(),
            by_seat: seat_key.sign(LABEL_HEAD_KEY, &content),
            by_head: head_key.sign(LABEL_HEAD_KEY, &content),
        }
    }

    pub(super) fn write(&self, out: &mut Writer) {
        out.fixed(&self.key);
        self.write_signatures(out);
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let key = reader.array()?;
        Self::read_signatures(reader, key)
    }

    fn write_signatures(&self, out: &mut Writer) {
        out.fixed(&self.by_seat).fixed(&self.by_head);
    }

    fn read_signatures(reader: &mut Reader<'_>, key: [u8; 32]) -> Result<Self, DecodeError> {
        Ok(Self {
            key,
            by_seat: reader.array()?,
            by_head: reader.array()?,
        })
    }

    /// Whether both have signed: `tbs` as encoded.
    pub(super) fn holds(&self, seat: &SeatTbs, tbs: &[u8]) -> bool {
        let content = content(tbs, &self.key);
        let by_seat = verify(&seat.key.0, LABEL_HEAD_KEY, &content, &self.by_seat);
        let by_head = verify(&self.key, LABEL_HEAD_KEY, &content, &self.by_head);
        is(Check::HeadKeySeat, by_seat) && is(Check::HeadKeyHead, by_head)
    }
}

/// What makes a seat that of a head: its person's key, and the root's certificate for it. Made and
/// read verified only.
///
/// ```text
/// struct { opaque head_cert<V>; opaque by_seat[64]; opaque by_head[64]; } HeadOffice;
/// ```
/// The certificate has the seat's delegation and name; the signatures are those of a `HeadKey`.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct HeadOffice {
    pub(super) cert: HeadCert,
    key: HeadKey,
}

impl HeadOffice {
    /// `None` if the certificate isn't the one for this seat and key.
    pub(super) fn new(tbs: &SeatTbs, key: &HeadKey, cert: &HeadCert) -> Option<Self> {
        let office = Self {
            cert: cert.clone(),
            key: key.clone(),
        };
        (cert.key == key.key && office.is_for(tbs)).then_some(office)
    }

    pub(super) fn write(&self, out: &mut Writer) {
        out.opaque(self.cert.as_bytes());
        self.key.write_signatures(out);
    }

    /// Of the seat `tbs`; `None` if it isn't its.
    pub(super) fn read(
        reader: &mut Reader<'_>,
        tbs: &SeatTbs,
        charter: &Charter,
    ) -> Result<Option<Self>, super::SeatError> {
        let cert = charter.read_head(reader)?;
        let key = HeadKey::read_signatures(reader, cert.key)?;
        let holds = key.holds(tbs, &tbs.encode());
        let office = Self { cert, key };
        Ok((holds && office.is_for(tbs)).then_some(office))
    }

    /// One person, one name, as of those who founded the talk.
    fn is_for(&self, tbs: &SeatTbs) -> bool {
        let same = self.cert.delegation == tbs.delegation && self.cert.name == tbs.name;
        is(Check::HeadSeat, same)
    }
}

fn content(tbs: &[u8], key: &[u8; 32]) -> Vec<u8> {
    [hash(&[tbs]), *key].concat()
}
