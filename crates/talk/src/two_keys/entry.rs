use super::act::{Act, ActHash};
use super::charter::{Charter, MAX_CHARTER_BYTES};
use super::known::KnownAuthors;
use super::party::{HeadCert, PartyError};
use super::rules::DelegationIndex;
use super::seat::{MAX_SEAT_BYTES, Seat, SeatError, SeatTbs};
use super::switch::{Check, is};
use crate::codec::{DecodeError, Reader, Writer};
use crate::crypto::{KeyPair, SIGNATURE_BYTES, verify};
use crate::seat::SeatKey;
use crate::text::Name;
use incamera_model::TalkId;

const VERSION: u8 = 1;
const LABEL: &str = "entry";
const LABEL_REVOKE: &str = "revoke-head";
const LABEL_SEAT: &str = "seat";
pub(super) const BY_HEAD: u8 = 1;
pub(super) const BY_SEAT: u8 = 2;
/// The largest body, in bytes.
pub const MAX_BODY_BYTES: usize = MAX_CHARTER_BYTES;
/// From here on kinds belong to the life of the talk; this module checks who wrote them, and when.
pub const FIRST_LIFE_KIND: u8 = 64;

/// Who wrote an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Author {
    /// A head.
    Head(HeadCert),
    /// Somebody seated.
    Seat(Box<Seat>),
}

impl Author {
    /// Whose side.
    #[must_use]
    pub fn delegation(&self) -> DelegationIndex {
        match self {
            Self::Head(head) => head.delegation,
            Self::Seat(seat) => seat.tbs().delegation,
        }
    }

    /// Their name.
    #[must_use]
    pub fn name(&self) -> &Name {
        match self {
            Self::Head(head) => &head.name,
            Self::Seat(seat) => &seat.tbs().name,
        }
    }

    /// The key that signs.
    #[must_use]
    pub fn key(&self) -> &[u8; 32] {
        match self {
            Self::Head(head) => &head.key,
            Self::Seat(seat) => &seat.tbs().key.0,
        }
    }
}

/// What an entry says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// 0: a ratified charter, the first or an amendment.
    Charter(Vec<u8>),
    /// 1: an act; its author's delegation agrees by it.
    Act(Act),
    /// 2: a head agrees to an open act.
    Consent(ActHash),
    /// 3: a head takes its delegation's consent back, before the act is in force.
    Retraction(ActHash),
    /// 4: an approval of the seat whose `SeatTBS` has this hash.
    Approval {
        /// `H(SeatTBS)`.
        seat: [u8; 32],
        /// The approval.
        approval: Vec<u8>,
    },
    /// 5: a seat is given up, by itself or by a head of its side.
    Withdrawal(Withdrawal),
    /// 6: a root revokes a head of its delegation.
    HeadRevoked(HeadRevoked),
    /// From 64 on: the life of the talk.
    Life {
        /// The kind.
        kind: u8,
        /// Its content.
        content: Vec<u8>,
    },
}

/// A seat given up. The seat's own signature shows whose side it is on, so that nobody withdraws
/// the other side's people.
///
/// ```text
/// struct { opaque tbs<V>; opaque consent[64]; } Withdrawal;     Sig("seat", tbs) by the seat's key
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withdrawal {
    tbs: SeatTbs,
    consent: [u8; SIGNATURE_BYTES],
}

impl Withdrawal {
    /// Of the seat `tbs`, whose key has signed `consent`.
    #[must_use]
    pub fn new(tbs: SeatTbs, consent: [u8; SIGNATURE_BYTES]) -> Self {
        Self { tbs, consent }
    }

    /// Whose side.
    #[must_use]
    pub fn delegation(&self) -> DelegationIndex {
        self.tbs.delegation
    }

    /// The seat.
    #[must_use]
    pub fn seat(&self) -> &SeatKey {
        &self.tbs.key
    }

    pub(super) fn holds(&self, talk: &TalkId) -> bool {
        let (key, signed) = (&self.tbs.key.0, self.tbs.encode());
        let holds = verify(key, LABEL_SEAT, &signed, &self.consent);
        self.tbs.talk == *talk && is(Check::WithdrawalSignature, holds)
    }
}

/// A head revoked.
///
/// ```text
/// struct { uint8 delegation; opaque head[32]; opaque signature[64]; } HeadRevoked;
/// ```
/// `signature = Sig("revoke-head", talk_id || delegation || head)` by the root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeadRevoked {
    /// Whose head.
    pub delegation: DelegationIndex,
    /// Its key.
    pub head: [u8; 32],
    signature: [u8; SIGNATURE_BYTES],
}

impl HeadRevoked {
    /// Signs a revocation.
    #[must_use]
    pub fn issue(
        root: &KeyPair,
        talk: &TalkId,
        delegation: DelegationIndex,
        head: [u8; 32],
    ) -> Self {
        let content = Self::content(talk, delegation, &head);
        Self {
            delegation,
            head,
            signature: root.sign(LABEL_REVOKE, &content),
        }
    }

    pub(super) fn holds(&self, charter: &Charter) -> bool {
        let content = Self::content(&charter.talk, self.delegation, &self.head);
        charter.party(self.delegation).is_some_and(|party| {
            let holds = verify(&party.root, LABEL_REVOKE, &content, &self.signature);
            is(Check::RevocationSignature, holds)
        })
    }

    fn content(talk: &TalkId, delegation: DelegationIndex, head: &[u8; 32]) -> Vec<u8> {
        let mut out = Writer::new();
        out.fixed(&talk.0).u8(delegation.0).fixed(head);
        out.into_vec()
    }
}

/// Bytes that are no entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// The encoding is wrong.
    #[error("not readable: {0}")]
    Malformed(#[from] DecodeError),
    /// The head who wrote it is none.
    #[error("its author is refused: {0}")]
    Head(#[from] PartyError),
    /// The seat that wrote it is none.
    #[error("its author is refused: {0}")]
    Seat(#[from] SeatError),
    /// The signature doesn't hold.
    #[error("it isn't signed by its author")]
    Signature,
}

/// An entry of the record, signed by its author.
///
/// ```text
/// struct { uint8 version = 1; opaque talk_id[16]; uint64 position; opaque prev[32]; uint8 by;
///          opaque author<V>; uint8 kind; uint64 claimed_time; opaque body<V>; } EntryTBS;
/// struct { EntryTBS tbs; opaque signature[64]; } Entry;                    Sig("entry", tbs)
/// ```
/// `prev` is SHA-256 of the sealed bytes at the position before, zeros at 0; `by` 1: `author` is a
/// HeadCert, 2: a Seat. `claimed_time` is shown, and decides nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The talk.
    pub talk: TalkId,
    /// Where it was written for.
    pub position: u64,
    /// The hash of the sealed bytes before it.
    pub prev: [u8; 32],
    /// Who wrote it.
    pub author: Author,
    /// When, as the author says, in milliseconds since 1970.
    pub claimed_time: u64,
    /// What it says.
    pub body: Body,
}

/// Where in a record an entry is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The position.
    pub position: u64,
    /// SHA-256 of the sealed bytes before it, zeros at 0.
    pub prev: [u8; 32],
}

impl Entry {
    /// Signs an entry.
    #[must_use]
    pub fn sign(
        key: &KeyPair,
        talk: &TalkId,
        place: Place,
        author: &Author,
        claimed_time: u64,
        body: &Body,
    ) -> Vec<u8> {
        let (by, author) = match author {
            Author::Head(head) => (BY_HEAD, head.as_bytes().to_vec()),
            Author::Seat(seat) => (BY_SEAT, seat.encode()),
        };
        let (kind, content) = body.encode();
        let mut out = Writer::new();
        out.u8(VERSION)
            .fixed(&talk.0)
            .u64(place.position)
            .fixed(&place.prev)
            .u8(by)
            .opaque(&author)
            .u8(kind)
            .u64(claimed_time)
            .opaque(&content);
        let signature = key.sign(LABEL, out.as_slice());
        out.fixed(&signature);
        out.into_vec()
    }

    /// The body of an entry that founds a talk, before there is a charter to verify it with.
    pub(super) fn charter_in(encoded: &[u8]) -> Result<Option<&[u8]>, DecodeError> {
        let parts = Parts::read(encoded)?;
        Ok((parts.kind == 0).then_some(parts.content))
    }

    /// Reads an entry and verifies its author and signature under `charter`. Whether it is in its
    /// place, and what it does there, is for [`super::Record`].
    ///
    /// # Errors
    /// [`EntryError`].
    pub fn verify(encoded: &[u8], charter: &Charter) -> Result<Self, EntryError> {
        Self::verify_with(encoded, charter, &mut KnownAuthors::default())
    }

    /// As [`Self::verify`]. `known`: authors that were verified under the same charter.
    pub(super) fn verify_with(
        encoded: &[u8],
        charter: &Charter,
        known: &mut KnownAuthors,
    ) -> Result<Self, EntryError> {
        let parts = Parts::read(encoded)?;
        let author = known.read(parts.by, parts.author, charter)?;
        let signed = verify(author.key(), LABEL, parts.signed, &parts.signature);
        if !is(Check::EntrySignature, signed) {
            return Err(EntryError::Signature);
        }
        Ok(Self {
            talk: parts.talk,
            position: parts.place.position,
            prev: parts.place.prev,
            author,
            claimed_time: parts.claimed_time,
            body: Body::decode(parts.kind, parts.content)?,
        })
    }
}

struct Parts<'a> {
    talk: TalkId,
    place: Place,
    by: u8,
    author: &'a [u8],
    kind: u8,
    claimed_time: u64,
    content: &'a [u8],
    signed: &'a [u8],
    signature: [u8; SIGNATURE_BYTES],
}

impl<'a> Parts<'a> {
    fn read(encoded: &'a [u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(encoded);
        reader.version(VERSION)?;
        let talk = TalkId(reader.array()?);
        let place = Place {
            position: reader.u64()?,
            prev: reader.array()?,
        };
        let by = reader.u8()?;
        let author = reader.opaque(MAX_SEAT_BYTES)?;
        let kind = reader.u8()?;
        let claimed_time = reader.u64()?;
        let content = reader.opaque(MAX_BODY_BYTES)?;
        let signed = &encoded[..encoded.len() - reader.rest().len()];
        let signature = reader.array()?;
        reader.finish()?;
        Ok(Self {
            talk,
            place,
            by,
            author,
            kind,
            claimed_time,
            content,
            signed,
            signature,
        })
    }
}

impl Body {
    fn encode(&self) -> (u8, Vec<u8>) {
        let mut out = Writer::new();
        let kind = match self {
            Self::Charter(ratified) => return (0, ratified.clone()),
            Self::Act(act) => return (1, act.encode()),
            Self::Consent(act) => {
                out.fixed(&act.0);
                2
            }
            Self::Retraction(act) => {
                out.fixed(&act.0);
                3
            }
            Self::Approval { seat, approval } => {
                out.fixed(seat).opaque(approval);
                4
            }
            Self::Withdrawal(withdrawal) => {
                out.opaque(&withdrawal.tbs.encode())
                    .fixed(&withdrawal.consent);
                5
            }
            Self::HeadRevoked(revoked) => {
                out.u8(revoked.delegation.0)
                    .fixed(&revoked.head)
                    .fixed(&revoked.signature);
                6
            }
            Self::Life { kind, content } => return (*kind, content.clone()),
        };
        (kind, out.into_vec())
    }

    fn decode(kind: u8, content: &[u8]) -> Result<Self, EntryError> {
        let mut reader = Reader::new(content);
        let body = match kind {
            0 => return Ok(Self::Charter(content.to_vec())),
            1 => return Ok(Self::Act(Act::decode(content)?)),
            2 => Self::Consent(ActHash(reader.array()?)),
            3 => Self::Retraction(ActHash(reader.array()?)),
            4 => Self::Approval {
                seat: reader.array()?,
                approval: reader.opaque(MAX_SEAT_BYTES)?.to_vec(),
            },
            5 => Self::Withdrawal(Withdrawal {
                tbs: SeatTbs::decode(reader.opaque(MAX_SEAT_BYTES)?)?,
                consent: reader.array()?,
            }),
            6 => Self::HeadRevoked(HeadRevoked {
                delegation: DelegationIndex::read(&mut reader)?,
                head: reader.array()?,
                signature: reader.array()?,
            }),
            FIRST_LIFE_KIND.. => {
                return Ok(Self::Life {
                    kind,
                    content: content.to_vec(),
                });
            }
            _ => return Err(DecodeError::Value.into()),
        };
        reader.finish()?;
        Ok(body)
    }
}
