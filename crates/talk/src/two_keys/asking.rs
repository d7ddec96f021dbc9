//! How a person gets a seat: asked for in the delegation's lobby, vouched for at the plenary's
//! door, granted by mail.

use super::charter::Charter;
use super::invite::{InviteCert, InviteError, InviteTerms, MAX_INVITE_BYTES, Role, may_have};
use super::lobby::{LobbyKind, VERSION};
use super::party::HeadCert;
use super::rules::DelegationIndex;
use super::seat::{LABEL_SEAT, MAX_SEAT_BYTES, MAX_TBS_BYTES, Seat, SeatError, SeatTbs, Voucher};
use super::second_head::{HeadKey, HeadOffice};
use super::switch::{Check, is};
use crate::codec::{DecodeError, Reader, Writer};
use crate::crypto::{KeyPair, SIGNATURE_BYTES, hash, verify};
use crate::text::{MAX_TITLE_CHARS, TextError, Title};
use core::fmt;
use incamera_model::{StreamName, TalkId};
use zeroize::Zeroizing;

const LABEL_BOX: &str = "box";
const LABEL_ASK: &str = "ask";
/// The first byte of a [`VouchedPacket`]: requests to be let in stand at the same door, and begin
/// with their version.
const VOUCHED: u8 = b'V';
const MAIL_GRANTED: u8 = 1;
const MAIL_REFUSED: u8 = 2;
const MAIL_VOUCHED: u8 = 3;
/// The length of an X-Wing public key.
pub const BOX_BYTES: usize = 1216;
/// The longest reason of a refusal, in characters.
pub const MAX_REASON_CHARS: usize = MAX_TITLE_CHARS;

/// Why a wish for a seat, a voucher or a mail doesn't count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AskFault {
    /// The encoding is wrong; anybody with the lobby's secret can write that.
    #[error("not readable: {0}")]
    Malformed(#[from] DecodeError),
    /// The reason of a refusal breaks the rules for titles.
    #[error("the reason is refused: {0}")]
    Reason(#[from] TextError),
    /// The seat is none of this talk; the fault of whoever asks, or of the head who vouches.
    #[error("{0}")]
    Seat(#[from] SeatError),
    /// The invitation is none of this talk; the fault of the head who made it.
    #[error("{0}")]
    Invite(#[from] InviteError),
    /// Another delegation's.
    #[error("it asks for a seat of another delegation")]
    Elsewhere,
    /// The seat's key hasn't signed the box; somebody else would get the mail.
    #[error("the box isn't signed by the seat's key")]
    BoxSignature,
    /// The invitation's key hasn't signed it, or isn't used as it was meant: whoever asks doesn't
    /// have the invitation, or wants more than it offers.
    #[error("the invitation isn't the asker's, or offers something else")]
    NotInvited,
    /// A head's seat without the key, or the root's certificate, that makes its person one; or
    /// without their signatures.
    #[error("it makes nobody a head")]
    NoHead,
    /// The seat in a mail isn't the one that was asked for.
    #[error("another seat than was asked for")]
    OtherSeat,
}

/// The public key of a box: X-Wing, for HPKE (RFC 9180). Only whoever made it opens what is sealed
/// to it.
#[derive(Clone, PartialEq, Eq)]
pub struct BoxKey(Box<[u8; BOX_BYTES]>);

impl BoxKey {
    /// From its encoding. A key that is none shows when somebody seals to it.
    #[must_use]
    pub fn new(key: [u8; BOX_BYTES]) -> Self {
        Self(Box::new(key))
    }

    /// The encoding.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &*self.0
    }

    /// Where its mail arrives: `mail/<H(box)>`.
    #[must_use]
    pub fn mail(&self) -> StreamName {
        StreamName::mail(&hash(&[&*self.0]))
    }

    fn signed_with(&self, tbs: &[u8]) -> Vec<u8> {
        [&hash(&[tbs])[..], &*self.0].concat()
    }
}

/// A seat as its person wants it, and where to answer: verified under a charter, vouched for by
/// nobody.
///
/// ```text
/// struct { opaque tbs<V>; opaque consent[64]; opaque box[1216]; opaque box_signature[64]; } SeatRequest;
/// ```
/// If, and only if, the seat is a head's, a HeadKey follows.
/// `consent = Sig("seat", tbs)`, `box_signature = Sig("box", H(tbs) || box)`, both by the seat's key.
#[derive(Clone, PartialEq, Eq)]
pub struct SeatRequest {
    tbs: SeatTbs,
    signed: Vec<u8>,
    consent: [u8; SIGNATURE_BYTES],
    boxed: BoxKey,
    box_signature: [u8; SIGNATURE_BYTES],
    head: Option<HeadKey>,
}

impl SeatRequest {
    fn new(tbs: &SeatTbs, (seat_key, head_key): (&KeyPair, &KeyPair), boxed: &BoxKey) -> Self {
        let signed = tbs.encode();
        Self {
            head: (tbs.role == Role::Head).then(|| HeadKey::new(tbs, seat_key, head_key)),
            consent: tbs.consent(seat_key),
            box_signature: seat_key.sign(LABEL_BOX, &boxed.signed_with(&signed)),
            tbs: tbs.clone(),
            signed,
            boxed: boxed.clone(),
        }
    }

    fn write(&self, out: &mut Writer) {
        out.opaque(&self.signed)
            .fixed(&self.consent)
            .fixed(self.boxed.as_bytes())
            .fixed(&self.box_signature);
        if let Some(head) = &self.head {
            head.write(out);
        }
    }

    fn read(reader: &mut Reader<'_>, charter: &Charter) -> Result<Self, AskFault> {
        let signed = reader.opaque(MAX_TBS_BYTES)?.to_vec();
        let tbs = SeatTbs::decode(&signed)?;
        let is_head = tbs.role == Role::Head;
        let request = Self {
            tbs,
            consent: reader.array()?,
            boxed: BoxKey::new(reader.array()?),
            box_signature: reader.array()?,
            head: is_head.then(|| HeadKey::read(reader)).transpose()?,
            signed,
        };
        let tbs = &request.tbs;
        if tbs.talk != charter.talk {
            return Err(SeatError::OtherTalk.into());
        }
        if !may_have(charter, tbs.delegation, tbs.role) {
            return Err(SeatError::Role.into());
        }
        let agreed = verify(&tbs.key.0, LABEL_SEAT, &request.signed, &request.consent);
        if !is(Check::SeatSignature, agreed) {
            return Err(SeatError::Consent.into());
        }
        check_box(tbs, &request.signed, &request.boxed, &request.box_signature)?;
        let mut head = request.head.iter();
        if !head.all(|head| head.holds(tbs, &request.signed)) {
            return Err(AskFault::NoHead);
        }
        Ok(request)
    }

    /// The seat that is wanted.
    #[must_use]
    pub fn tbs(&self) -> &SeatTbs {
        &self.tbs
    }

    /// Where to answer.
    #[must_use]
    pub fn boxed(&self) -> &BoxKey {
        &self.boxed
    }

    /// The key of whoever asks to be a head, for the root to certify.
    #[must_use]
    pub fn head_key(&self) -> Option<&[u8; 32]> {
        self.head.as_ref().map(|head| &head.key)
    }

    /// The seat, vouched for by a head of its side; nobody has approved it yet. A head's seat needs
    /// the certificate of [`Self::head_key`].
    ///
    /// # Errors
    /// [`AskFault::Seat`], [`AskFault::NoHead`].
    pub fn vouched_by(
        &self,
        (head, key): (&HeadCert, &KeyPair),
        certified: Option<&HeadCert>,
        charter: &Charter,
    ) -> Result<VouchedPacket, AskFault> {
        let voucher = (Voucher::Head(head.clone()), self.tbs.vouch(key));
        let office = match &self.head {
            None => None,
            Some(key) => {
                let office = certified.and_then(|cert| HeadOffice::new(&self.tbs, key, cert));
                Some(office.ok_or(AskFault::NoHead)?)
            }
        };
        self.vouched(voucher, office, charter)
    }

    fn vouched(
        &self,
        voucher: (Voucher, [u8; SIGNATURE_BYTES]),
        office: Option<HeadOffice>,
        charter: &Charter,
    ) -> Result<VouchedPacket, AskFault> {
        let seat = Seat::new(&self.tbs, self.consent, voucher, Vec::new(), charter)?;
        Ok(VouchedPacket {
            seat,
            boxed: self.boxed.clone(),
            box_signature: self.box_signature,
            office,
        })
    }
}

fn check_box(
    tbs: &SeatTbs,
    signed: &[u8],
    boxed: &BoxKey,
    signature: &[u8; SIGNATURE_BYTES],
) -> Result<(), AskFault> {
    let holds = verify(&tbs.key.0, LABEL_BOX, &boxed.signed_with(signed), signature);
    if is(Check::BoxSignature, holds) {
        Ok(())
    } else {
        Err(AskFault::BoxSignature)
    }
}

/// An invitation, left in the lobby for its invitee alone: sealed with the vault of the
/// invitation's secret.
///
/// ```text
/// struct { uint8 version = 1; uint8 kind = 5; opaque cert<V>; } InvitePacket;
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct InvitePacket {
    /// What it offers. Certain is only that the holder of the key of [`Self::head`] has signed it:
    /// whose head that is shows with the charter.
    pub terms: InviteTerms,
    /// Who made it, as the invitation says.
    pub head: HeadCert,
    cert: Vec<u8>,
}

impl InvitePacket {
    /// The encoding of an invitation's packet.
    #[must_use]
    pub fn encode(cert: &InviteCert) -> Vec<u8> {
        let mut out = LobbyKind::Invite.start();
        out.opaque(cert.as_bytes());
        out.into_vec()
    }

    /// Reads it, as the invitee whose invitation has the public key `key`.
    ///
    /// # Errors
    /// [`AskFault`].
    pub fn read(encoded: &[u8], talk: &TalkId, key: &[u8; 32]) -> Result<Self, AskFault> {
        let mut reader = LobbyKind::Invite.reader(encoded)?;
        let cert = reader.opaque(MAX_INVITE_BYTES)?;
        reader.finish()?;
        let (terms, head) = InviteCert::read_unfounded(cert, talk)?;
        if terms.key != *key {
            return Err(AskFault::NotInvited);
        }
        Ok(Self {
            terms,
            head,
            cert: cert.to_vec(),
        })
    }

    /// The invitation, verified under the charter.
    ///
    /// # Errors
    /// [`AskFault::Invite`].
    pub fn verify(&self, charter: &Charter) -> Result<InviteCert, AskFault> {
        Ok(InviteCert::verify(&self.cert, charter)?)
    }
}

/// The invitation by which somebody asks.
#[derive(Clone, PartialEq, Eq)]
pub struct Invited {
    /// The invitation.
    pub cert: InviteCert,
    signature: [u8; SIGNATURE_BYTES],
    /// `Sig("voucher", tbs)` by the invitation's key, if it is automatic.
    voucher: Option<[u8; SIGNATURE_BYTES]>,
}

/// Somebody asks for a seat.
///
/// ```text
/// struct { uint8 version = 1; uint8 kind = 4; SeatRequest request; optional<Invited> invited; } AskPacket;
/// struct { opaque cert<V>; opaque signature[64]; optional<opaque voucher[64]>; } Invited;
/// ```
/// `signature = Sig("ask", H(tbs) || box)` by the invitation's key; `voucher = Sig("voucher", tbs)`
/// by it if, and only if, the invitation is automatic. Without an invitation the seat's `invite_id`
/// is zeros, and it isn't a head's; with one the seat is what it offers.
#[derive(Clone, PartialEq, Eq)]
pub struct AskPacket {
    request: SeatRequest,
    invited: Option<Invited>,
}

impl AskPacket {
    /// The encoding of a wish for the seat `tbs`; `keys`: the seat's, and the one that its person
    /// would have as a head; `invite`: the invitation and its key.
    #[must_use]
    pub fn encode(
        tbs: &SeatTbs,
        keys: (&KeyPair, &KeyPair),
        boxed: &BoxKey,
        invite: Option<(&InvitePacket, &KeyPair)>,
    ) -> Vec<u8> {
        let request = SeatRequest::new(tbs, keys, boxed);
        let mut out = LobbyKind::Ask.start();
        request.write(&mut out);
        out.optional(invite, |out, (packet, key)| {
            let content = boxed.signed_with(&request.signed);
            out.opaque(&packet.cert)
                .fixed(&key.sign(LABEL_ASK, &content));
            let voucher = packet.terms.automatic.then(|| tbs.vouch(key));
            out.optional(voucher, |out, voucher| out.fixed(&voucher))
        });
        out.into_vec()
    }

    /// The `SeatTBS` in it, as encoded; nothing is verified. For whoever looks for their own.
    #[must_use]
    pub fn tbs_in(encoded: &[u8]) -> Option<&[u8]> {
        let mut reader = LobbyKind::Ask.reader(encoded).ok()?;
        reader.opaque(MAX_TBS_BYTES).ok()
    }

    /// Reads and verifies it under `charter`, for a head of `delegation`.
    ///
    /// # Errors
    /// [`AskFault`].
    pub fn verify(
        encoded: &[u8],
        charter: &Charter,
        delegation: DelegationIndex,
    ) -> Result<Self, AskFault> {
        let mut reader = LobbyKind::Ask.reader(encoded)?;
        let request = SeatRequest::read(&mut reader, charter)?;
        let mut fault = None;
        let invited = reader.optional(|reader| {
            let cert = InviteCert::verify(reader.opaque(MAX_INVITE_BYTES)?, charter);
            let signature = reader.array()?;
            let voucher = reader.optional(|reader| reader.array())?;
            match cert {
                Ok(cert) => Ok(Some(Invited {
                    cert,
                    signature,
                    voucher,
                })),
                Err(error) => {
                    fault = Some(error);
                    Ok(None)
                }
            }
        })?;
        reader.finish()?;
        if let Some(fault) = fault {
            return Err(fault.into());
        }
        let packet = Self {
            request,
            invited: invited.flatten(),
        };
        packet.check(charter, delegation).map(|()| packet)
    }

    fn check(&self, charter: &Charter, delegation: DelegationIndex) -> Result<(), AskFault> {
        let tbs = &self.request.tbs;
        if tbs.delegation != delegation {
            return Err(AskFault::Elsewhere);
        }
        let Some(invited) = &self.invited else {
            let head = tbs.role == Role::Head;
            let plain = tbs.invite == [0; 16] && is(Check::HeadInvited, !head);
            return plain.then_some(()).ok_or(AskFault::NotInvited);
        };
        let terms = &invited.cert.terms;
        if invited.cert.head.delegation != delegation {
            return Err(AskFault::Elsewhere);
        }
        let content = self.request.boxed.signed_with(&self.request.signed);
        let signed = verify(&terms.key, LABEL_ASK, &content, &invited.signature);
        let offered = terms.id == tbs.invite
            && terms.role == tbs.role
            && tbs.rooms.iter().all(|room| terms.rooms.contains(room))
            && terms.automatic == invited.voucher.is_some();
        if !is(Check::AskSignature, signed) || !is(Check::Asked, offered) {
            return Err(AskFault::NotInvited);
        }
        match self.automatic(charter) {
            Some(Err(fault)) => Err(fault),
            _ => Ok(()),
        }
    }

    /// What is wanted.
    #[must_use]
    pub fn request(&self) -> &SeatRequest {
        &self.request
    }

    /// The invitation, if there is one.
    #[must_use]
    pub fn invite(&self) -> Option<&InviteCert> {
        self.invited.as_ref().map(|invited| &invited.cert)
    }

    /// The seat as an automatic invitation vouches for it.
    #[must_use]
    pub fn automatic(&self, charter: &Charter) -> Option<Result<VouchedPacket, AskFault>> {
        let invited = self.invited.as_ref()?;
        let voucher = Voucher::Automatic(Box::new(invited.cert.clone()));
        let vouched = self
            .request
            .vouched((voucher, invited.voucher?), None, charter);
        // The voucher's signature is the asker's, not a head's.
        Some(vouched.map_err(|_| AskFault::NotInvited))
    }
}

/// A seat vouched for by its own side, at the plenary's door, for everybody to see and the others'
/// heads to approve.
///
/// ```text
/// struct { uint8 first = 0x56; uint8 version = 1; opaque seat<V>; opaque box[1216];
///          opaque box_signature[64]; } VouchedPacket;
/// ```
/// `seat` has no approvals; `box_signature` as in a SeatRequest. If, and only if, the seat is a
/// head's, a HeadOffice follows: nobody has a head's seat without the root's certificate.
#[derive(Clone, PartialEq, Eq)]
pub struct VouchedPacket {
    seat: Seat,
    boxed: BoxKey,
    box_signature: [u8; SIGNATURE_BYTES],
    office: Option<HeadOffice>,
}

impl VouchedPacket {
    /// A seat of one's own, as a head brings it to the door.
    ///
    /// # Errors
    /// [`AskFault::Seat`], [`AskFault::NoHead`].
    pub fn own(
        seat: &Seat,
        seat_key: &KeyPair,
        (cert, head_key): (&HeadCert, &KeyPair),
        boxed: &BoxKey,
        charter: &Charter,
    ) -> Result<Self, AskFault> {
        let tbs = seat.tbs();
        let signed = boxed.signed_with(&tbs.encode());
        let office = HeadOffice::new(tbs, &HeadKey::new(tbs, seat_key, head_key), cert);
        Ok(Self {
            office: Some(office.ok_or(AskFault::NoHead)?),
            seat: seat.with_approvals(Vec::new(), charter)?,
            boxed: boxed.clone(),
            box_signature: seat_key.sign(LABEL_BOX, &signed),
        })
    }

    /// Whether the bytes claim to be one; if not, they may be a request to be let in.
    #[must_use]
    pub fn is_one(encoded: &[u8]) -> bool {
        encoded.first() == Some(&VOUCHED)
    }

    /// Reads and verifies it under `charter`.
    ///
    /// # Errors
    /// [`AskFault`].
    pub fn verify(encoded: &[u8], charter: &Charter) -> Result<Self, AskFault> {
        let mut reader = Reader::new(encoded);
        if reader.u8()? != VOUCHED {
            return Err(DecodeError::Value.into());
        }
        reader.version(VERSION)?;
        let seat = Seat::verify(reader.opaque(MAX_SEAT_BYTES)?, charter)?;
        let boxed = BoxKey::new(reader.array()?);
        let box_signature = reader.array()?;
        let office = match seat.tbs().role {
            Role::Head => {
                let office = HeadOffice::read(&mut reader, seat.tbs(), charter)?;
                Some(office.ok_or(AskFault::NoHead)?)
            }
            _ => None,
        };
        reader.finish()?;
        // One encoding for one seat: approvals stand in the record.
        if !seat.approvals().is_empty() {
            return Err(DecodeError::Value.into());
        }
        check_box(seat.tbs(), &seat.tbs().encode(), &boxed, &box_signature)?;
        Ok(Self {
            seat,
            boxed,
            box_signature,
            office,
        })
    }

    /// The seat, not approved by anybody.
    #[must_use]
    pub fn seat(&self) -> &Seat {
        &self.seat
    }

    /// The certificate of its person as a head; every head's seat has one, and no other.
    #[must_use]
    pub fn head(&self) -> Option<&HeadCert> {
        self.office.as_ref().map(|office| &office.cert)
    }

    /// Where its person gets mail.
    #[must_use]
    pub fn boxed(&self) -> &BoxKey {
        &self.boxed
    }

    /// The encoding.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer::new();
        out.u8(VOUCHED)
            .u8(VERSION)
            .opaque(&self.seat.encode())
            .fixed(self.boxed.as_bytes())
            .fixed(&self.box_signature);
        if let Some(office) = &self.office {
            office.write(&mut out);
        }
        out.into_vec()
    }
}

/// What comes by mail, before anything of it is believed: whoever knows the box can write to it.
#[derive(Clone, PartialEq, Eq)]
pub enum Mail {
    /// The seat is complete.
    Granted(Granted),
    /// The seat isn't given.
    Refused(Refused),
    /// The own side vouches, and the other sides are asked: to be shown, and nothing else.
    ///
    /// ```text
    /// struct { uint8 version = 1; uint8 kind = 3; } Told;
    /// ```
    Vouched,
}

/// A complete seat, and the key of the record's and plenary's vault.
///
/// ```text
/// struct { uint8 version = 1; uint8 kind = 1; opaque seat<V>; opaque vault[32]; } Granted;
/// ```
/// Nobody signs it: the record that the key opens shows whether the seat holds.
#[derive(Clone, PartialEq, Eq)]
pub struct Granted {
    seat: Vec<u8>,
    vault: Zeroizing<[u8; 32]>,
}

/// ```text
/// struct { uint8 version = 1; uint8 kind = 2; opaque reason<V>; } Refused;
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Refused {
    /// Why, if a reason was given.
    pub reason: Option<Title>,
}

impl Mail {
    /// Reads it.
    ///
    /// # Errors
    /// [`AskFault`].
    pub fn decode(encoded: &[u8]) -> Result<Self, AskFault> {
        let mut reader = Reader::new(encoded);
        reader.version(VERSION)?;
        let mail = match reader.u8()? {
            MAIL_GRANTED => Self::Granted(Granted {
                seat: reader.opaque(MAX_SEAT_BYTES)?.to_vec(),
                vault: Zeroizing::new(reader.array()?),
            }),
            MAIL_REFUSED => Self::Refused(Refused {
                reason: match reader.text(MAX_REASON_CHARS * 4)? {
                    "" => None,
                    reason => Some(Title::parse(reason)?),
                },
            }),
            MAIL_VOUCHED => Self::Vouched,
            _ => return Err(DecodeError::Value.into()),
        };
        reader.finish()?;
        Ok(mail)
    }

    /// The encoding.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        let mut out = Writer::new();
        out.u8(VERSION);
        match self {
            Self::Granted(granted) => out
                .u8(MAIL_GRANTED)
                .opaque(&granted.seat)
                .fixed(&*granted.vault),
            Self::Refused(refused) => {
                let reason = refused.reason.as_ref().map_or("", Title::as_str);
                out.u8(MAIL_REFUSED).opaque(reason.as_bytes())
            }
            Self::Vouched => out.u8(MAIL_VOUCHED),
        };
        Zeroizing::new(out.into_vec())
    }
}

impl Granted {
    /// Of a complete seat.
    #[must_use]
    pub fn new(seat: &Seat, vault: &[u8; 32]) -> Self {
        Self {
            seat: seat.encode(),
            vault: Zeroizing::new(*vault),
        }
    }

    /// The vault's key; secret. Where it leads is for [`Self::verify`] to say.
    #[must_use]
    pub fn vault(&self) -> &Zeroizing<[u8; 32]> {
        &self.vault
    }

    /// The seat, if the charter of the record that the vault opens says so and it is the one that
    /// was asked for.
    ///
    /// # Errors
    /// [`AskFault`].
    pub fn verify(&self, charter: &Charter, asked: &SeatTbs) -> Result<Seat, AskFault> {
        let seat = Seat::verify(&self.seat, charter)?;
        if !is(Check::OtherSeat, seat.tbs() == asked) {
            return Err(AskFault::OtherSeat);
        }
        Ok(seat)
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
    BoxKey,
    SeatRequest,
    InvitePacket,
    Invited,
    AskPacket,
    VouchedPacket,
    Mail,
    Granted,
    Refused
);
