use super::charter::Charter;
use super::party::{HeadCert, MAX_HEAD_BYTES, PartyError};
use super::rules::DelegationIndex;
use super::switch::{Check, is};
use crate::codec::{DecodeError, Reader, Writer};
use crate::crypto::{KeyPair, SIGNATURE_BYTES, verify};
use crate::seat::MAX_SEAT_ROOMS;
use crate::text::{MAX_NAME_CHARS, Name, TextError};
use core::fmt;
use incamera_model::{RoomId, TalkId};

const VERSION: u8 = 1;
const LABEL: &str = "invite";
/// The largest invitation, in bytes.
pub const MAX_INVITE_BYTES: usize = 3 * 1024;

/// What a person is in a talk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Role {
    /// A head of a delegation.
    Head = 1,
    /// A delegate.
    Delegate = 2,
    /// An expert.
    Expert = 3,
    /// An interpreter.
    Interpreter = 4,
    /// Takes notes.
    NoteTaker = 5,
    /// Listens.
    Observer = 6,
    /// Mediates; of a neutral delegation only.
    Mediator = 7,
}

impl Role {
    /// A word for programs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Head => "head",
            Self::Delegate => "delegate",
            Self::Expert => "expert",
            Self::Interpreter => "interpreter",
            Self::NoteTaker => "note_taker",
            Self::Observer => "observer",
            Self::Mediator => "mediator",
        }
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(match reader.u8()? {
            1 => Self::Head,
            2 => Self::Delegate,
            3 => Self::Expert,
            4 => Self::Interpreter,
            5 => Self::NoteTaker,
            6 => Self::Observer,
            7 => Self::Mediator,
            _ => return Err(DecodeError::Value),
        })
    }
}

/// Bytes that are no invitation of this talk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InviteError {
    /// The encoding is wrong.
    #[error("not readable: {0}")]
    Malformed(#[from] DecodeError),
    /// The head's certificate is wrong.
    #[error("the head's certificate is refused: {0}")]
    Head(#[from] PartyError),
    /// The name hint breaks the rules for names.
    #[error("the name in the invitation is refused: {0}")]
    Name(#[from] TextError),
    /// Of another talk, or by a head of another delegation than it invites to.
    #[error("the invitation belongs to another talk or delegation")]
    Elsewhere,
    /// The role isn't one for this delegation, or not one to be had without a head's voucher (R-T4).
    #[error("this delegation has nobody in this role, or not by such an invitation")]
    Role,
    /// The head's signature doesn't hold.
    #[error("the invitation isn't signed by the head")]
    Signature,
}

impl InviteError {
    /// Its name in `docs/protocol.md`.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Malformed(_) | Self::Head(_) | Self::Name(_) => "unreadable",
            Self::Elsewhere => "elsewhere",
            Self::Role => "role",
            Self::Signature => "signature",
        }
    }
}

/// What an invitation is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InviteTerms {
    /// 16 random bytes.
    pub id: [u8; 16],
    /// The role offered.
    pub role: Role,
    /// The rooms offered.
    pub rooms: Vec<RoomId>,
    /// Whom it was made for; a hint, shown to whoever vouches.
    pub hint: Option<Name>,
    /// Milliseconds since 1970 after which no head should vouch; no verdict reads it.
    pub expiry: u64,
    /// Whether the invitation's own key vouches, once, for whoever holds it.
    pub automatic: bool,
    /// The invitation's public key.
    pub key: [u8; 32],
}

/// An invitation: lets its holder *ask* for a seat.
///
/// ```text
/// struct { uint8 version = 1; opaque talk_id[16]; opaque id[16]; uint8 delegation; uint8 role;
///          RoomId rooms<V>; opaque hint<V>; uint64 expiry; uint8 automatic; opaque invite_pk[32];
///          opaque head_cert<V>; } InviteTBS;
/// struct { InviteTBS tbs; opaque signature[64]; } InviteCert;      Sig("invite", tbs) by the head
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct InviteCert {
    /// What it is for.
    pub terms: InviteTerms,
    /// Who made it.
    pub head: HeadCert,
    encoded: Vec<u8>,
}

impl InviteCert {
    /// Signs an invitation.
    #[must_use]
    pub fn issue(key: &KeyPair, head: &HeadCert, talk: &TalkId, terms: InviteTerms) -> Self {
        let mut out = Writer::new();
        out.u8(VERSION)
            .fixed(&talk.0)
            .fixed(&terms.id)
            .u8(head.delegation.0)
            .u8(terms.role as u8);
        write_rooms(&mut out, &terms.rooms);
        out.opaque(
            terms
                .hint
                .as_ref()
                .map_or(&[], |name| name.as_str().as_bytes()),
        )
        .u64(terms.expiry)
        .u8(terms.automatic.into())
        .fixed(&terms.key)
        .opaque(head.as_bytes());
        let signature = key.sign(LABEL, out.as_slice());
        out.fixed(&signature);
        Self {
            terms,
            head: head.clone(),
            encoded: out.into_vec(),
        }
    }

    /// Reads and verifies an invitation under `charter`. Whether its head was revoked since is for
    /// whoever vouches.
    ///
    /// # Errors
    /// [`InviteError`].
    pub fn verify(encoded: &[u8], charter: &Charter) -> Result<Self, InviteError> {
        let parts = Parts::read(encoded, |head| charter.verify_head(head))?;
        let cert = parts.cert;
        if parts.talk != charter.talk || cert.head.delegation != parts.delegation {
            return Err(InviteError::Elsewhere);
        }
        let by_itself = cert.terms.automatic && cert.terms.role == Role::Head;
        if !may_have(charter, parts.delegation, cert.terms.role) || !is(Check::T4, !by_itself) {
            return Err(InviteError::Role);
        }
        let holds = verify(&cert.head.key, LABEL, parts.signed, &parts.signature);
        if !is(Check::InviteSignature, holds) {
            return Err(InviteError::Signature);
        }
        Ok(cert)
    }

    /// What an invitation says, for its invitee, who doesn't know the charter yet: nothing of it is
    /// certain but that the holder of the head's key that it names has signed it.
    ///
    /// # Errors
    /// [`InviteError`].
    pub(super) fn read_unfounded(
        encoded: &[u8],
        talk: &TalkId,
    ) -> Result<(InviteTerms, HeadCert), InviteError> {
        let mut of = None;
        let parts = Parts::read(encoded, |head| {
            let (talk, head) = HeadCert::read_unverified(head)?;
            of = Some(talk);
            Ok(head)
        })?;
        let cert = parts.cert;
        if parts.talk != *talk || of != Some(*talk) || cert.head.delegation != parts.delegation {
            return Err(InviteError::Elsewhere);
        }
        let holds = verify(&cert.head.key, LABEL, parts.signed, &parts.signature);
        if !is(Check::InviteSignature, holds) {
            return Err(InviteError::Signature);
        }
        Ok((cert.terms, cert.head))
    }

    /// The encoding.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.encoded
    }
}

/// What an invitation says, its signature not verified yet.
struct Parts<'a> {
    talk: TalkId,
    delegation: DelegationIndex,
    cert: InviteCert,
    signed: &'a [u8],
    signature: [u8; SIGNATURE_BYTES],
}

impl<'a> Parts<'a> {
    fn read(
        encoded: &'a [u8],
        read_head: impl FnOnce(&[u8]) -> Result<HeadCert, PartyError>,
    ) -> Result<Self, InviteError> {
        if encoded.len() > MAX_INVITE_BYTES {
            return Err(DecodeError::TooLong {
                cap: MAX_INVITE_BYTES,
            }
            .into());
        }
        let mut reader = Reader::new(encoded);
        reader.version(VERSION)?;
        let talk = TalkId(reader.array()?);
        let id = reader.array()?;
        let delegation = DelegationIndex::read(&mut reader)?;
        let role = Role::read(&mut reader)?;
        let rooms = read_rooms(&mut reader)?;
        let hint = match reader.text(MAX_NAME_CHARS * 4)? {
            "" => None,
            hint => Some(Name::parse(hint)?),
        };
        let expiry = reader.u64()?;
        let automatic = match reader.u8()? {
            0 => false,
            1 => true,
            _ => return Err(DecodeError::Value.into()),
        };
        let key = reader.array()?;
        let head = read_head(reader.opaque(MAX_HEAD_BYTES)?)?;
        let signed = &encoded[..encoded.len() - reader.rest().len()];
        let signature = reader.array()?;
        reader.finish()?;
        let terms = InviteTerms {
            id,
            role,
            rooms,
            hint,
            expiry,
            automatic,
            key,
        };
        Ok(Self {
            talk,
            delegation,
            cert: InviteCert {
                terms,
                head,
                encoded: encoded.to_vec(),
            },
            signed,
            signature,
        })
    }
}

impl fmt::Debug for InviteCert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InviteCert(redacted)")
    }
}

/// R-T3: a mediator belongs to a neutral delegation.
pub(crate) fn may_have(charter: &Charter, delegation: DelegationIndex, role: Role) -> bool {
    charter
        .party(delegation)
        .is_some_and(|party| is(Check::T3, party.neutral || role != Role::Mediator))
}

pub(crate) fn write_rooms(out: &mut Writer, rooms: &[RoomId]) {
    out.list(rooms, |out, room| {
        out.fixed(&room.0);
    });
}

pub(crate) fn read_rooms(reader: &mut Reader<'_>) -> Result<Vec<RoomId>, DecodeError> {
    reader.list(MAX_SEAT_ROOMS * 16, MAX_SEAT_ROOMS, |reader| {
        reader.array().map(RoomId)
    })
}
