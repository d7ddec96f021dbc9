//! Links and codes of a talk between delegations. A link gives the lobby only: it entitles to ask.

use crate::code::{self, SEED_BYTES};
use crate::codec::{DecodeError, Reader, Writer};
use crate::crypto::{KeyPair, hash, kdf};
use crate::env::Vault;
use crate::link::{AccessKeyPair, KIND_SEED, Link, LinkError, MAX_TEXT_BYTES, Parts};
use crate::link::{kind_of, talk_and_payload};
use core::fmt;
use incamera_model::{TalkId, decode_base64url, encode_base64url};
use zeroize::Zeroizing;

const KIND_CLAIM: u8 = 3;
const KIND_SEAT: u8 = 4;
const CHECK_BYTES: usize = 2;

/// What a delegation's people share, or, for a place that nobody has claimed yet, what its claim
/// link holds: 16 secret bytes that open the delegation's lobby and its access group, and nothing
/// else.
#[derive(Clone, PartialEq, Eq)]
pub struct GroupSecret(Zeroizing<[u8; SEED_BYTES]>);

impl GroupSecret {
    /// From 16 secret, unpredictable bytes.
    #[must_use]
    pub fn new(seed: [u8; SEED_BYTES]) -> Self {
        Self(Zeroizing::new(seed))
    }

    /// The bytes; secret.
    #[must_use]
    pub fn seed(&self) -> &[u8; SEED_BYTES] {
        &self.0
    }

    /// The access group's key pair, from `KDF(seed, "group-access")` with a talk id of zeros: whoever
    /// types a code finds the talk by its public half.
    #[must_use]
    pub fn access(&self, talk: TalkId) -> AccessKeyPair {
        let seed = kdf(&*self.0, "group-access", &TalkId([0; 16]), &[]);
        AccessKeyPair::new(talk, KeyPair::from_seed(&seed))
    }

    /// The vault of the delegation's lobby, `KDF(seed, "lobby", talk)`.
    #[must_use]
    pub fn lobby(&self, talk: TalkId) -> Vault {
        Vault::new(talk, kdf(&*self.0, "lobby", &talk, &[]))
    }

    /// What a claim shows to know, `KDF(seed, "claim-secret", talk)`.
    #[must_use]
    pub fn claim_secret(&self, talk: &TalkId) -> Zeroizing<[u8; 32]> {
        kdf(&*self.0, "claim-secret", talk, &[])
    }

    /// As a code, to be read out and typed.
    #[must_use]
    pub fn code(&self) -> String {
        code::encode(&self.0)
    }
}

/// What only one invitation's holder has: 16 secret bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct InviteSecret(Zeroizing<[u8; SEED_BYTES]>);

impl InviteSecret {
    /// From 16 secret, unpredictable bytes.
    #[must_use]
    pub fn new(seed: [u8; SEED_BYTES]) -> Self {
        Self(Zeroizing::new(seed))
    }

    /// The bytes; secret.
    #[must_use]
    pub fn seed(&self) -> &[u8; SEED_BYTES] {
        &self.0
    }

    /// The invitation's key pair, `KDF(seed, "invite-key", talk)`.
    #[must_use]
    pub fn key(&self, talk: &TalkId) -> KeyPair {
        KeyPair::from_seed(&kdf(&*self.0, "invite-key", talk, &[]))
    }

    /// Names the invitation: the first 16 bytes of `H("invite" || public key)`.
    #[must_use]
    pub fn id(&self, talk: &TalkId) -> [u8; 16] {
        let mut id = [0; 16];
        id.copy_from_slice(&hash(&[b"invite", &self.key(talk).public()])[..16]);
        id
    }

    /// The vault that only the invitee and the head open, `KDF(seed, "invite-vault", talk)`.
    #[must_use]
    pub fn vault(&self, talk: TalkId) -> Vault {
        Vault::new(talk, kdf(&*self.0, "invite-vault", &talk, &[]))
    }
}

/// The link for the head of another delegation.
///
/// ```text
/// payload: { uint8 kind = 3; opaque seed[16]; opaque offer_hash[32]; opaque check[2]; }
/// ```
/// `check = H("link" || all before)[..2]`.
#[derive(Clone, PartialEq, Eq)]
pub struct ClaimLink {
    /// The talk.
    pub talk: TalkId,
    /// Opens the place's lobby and access group until it is claimed.
    pub group: GroupSecret,
    /// `H(Offer)`.
    pub offer_hash: [u8; 32],
}

/// The link for one person of a delegation.
///
/// ```text
/// payload: { uint8 kind = 4; opaque seed[16]; opaque invite[16]; opaque check[2]; }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct SeatLink {
    /// The talk.
    pub talk: TalkId,
    /// The delegation's.
    pub group: GroupSecret,
    /// The invitation.
    pub invite: InviteSecret,
}

impl ClaimLink {
    /// The fragment, without its `#`.
    #[must_use]
    pub fn fragment(&self) -> String {
        fragment(KIND_CLAIM, self.group.seed(), &self.offer_hash)
    }

    /// The whole link, for an origin such as `https://host`.
    #[must_use]
    pub fn to_url(&self, origin: &str) -> String {
        url(origin, &self.talk, &self.fragment())
    }
}

impl SeatLink {
    /// The fragment, without its `#`.
    #[must_use]
    pub fn fragment(&self) -> String {
        fragment(KIND_SEAT, self.group.seed(), self.invite.seed())
    }

    /// The whole link, for an origin such as `https://host`.
    #[must_use]
    pub fn to_url(&self, origin: &str) -> String {
        url(origin, &self.talk, &self.fragment())
    }
}

/// A code as somebody typed it: which kind it is, and of which talk, the server tells. Whoever asks
/// it first for [`Self::group`]'s access key and then, if there is none, for the open conversation
/// of [`Self::open`] finds out.
#[derive(Clone, PartialEq, Eq)]
pub struct Code(Zeroizing<[u8; SEED_BYTES]>);

impl Code {
    /// As an open conversation's.
    #[must_use]
    pub fn open(&self) -> Link {
        Link::from_seed(*self.0)
    }

    /// As a delegation's, or a place's that waits to be claimed.
    #[must_use]
    pub fn group(&self) -> GroupSecret {
        GroupSecret(self.0.clone())
    }
}

/// What a link or a code leads to.
#[derive(Debug, Clone)]
pub enum AnyLink {
    /// An open conversation.
    Open(Link),
    /// A delegation's place, to be claimed.
    Claim(ClaimLink),
    /// A seat, to be asked for.
    Seat(SeatLink),
    /// A code.
    Code(Code),
}

/// A link or code as somebody has it.
#[derive(Debug, Clone)]
pub struct Read {
    /// What it leads to.
    pub link: AnyLink,
    /// The server's origin (`https://host:port`), if it was a link.
    pub origin: Option<String>,
}

/// Reads a whole link of any kind, or a code.
///
/// # Errors
/// [`LinkError`].
pub fn read(text: &str) -> Result<Read, LinkError> {
    if text.len() > MAX_TEXT_BYTES {
        return Err(LinkError::NoTalk);
    }
    if !text.contains(['/', '#']) {
        let link = AnyLink::Code(Code(code::decode(text)?));
        return Ok(Read { link, origin: None });
    }
    let parts = Parts::of(text)?;
    Ok(Read {
        link: AnyLink::from_parts(parts.talk, parts.fragment)?,
        origin: Some(parts.origin),
    })
}

impl AnyLink {
    /// Reads a talk's identifier and the fragment, with or without its `#`.
    ///
    /// # Errors
    /// [`LinkError`].
    pub fn from_parts(talk: &str, fragment: &str) -> Result<Self, LinkError> {
        let (id, payload) = talk_and_payload(talk, fragment)?;
        match kind_of(payload)? {
            KIND_SEED => Link::from_parts(talk, fragment).map(Self::Open),
            KIND_CLAIM => {
                let (seed, offer_hash) = decode(payload)?;
                Ok(Self::Claim(ClaimLink {
                    talk: id,
                    group: GroupSecret(seed),
                    offer_hash: *offer_hash,
                }))
            }
            KIND_SEAT => {
                let (seed, invite) = decode(payload)?;
                Ok(Self::Seat(SeatLink {
                    talk: id,
                    group: GroupSecret(seed),
                    invite: InviteSecret(invite),
                }))
            }
            _ => Err(LinkError::Kind),
        }
    }
}

fn fragment(kind: u8, seed: &[u8; SEED_BYTES], rest: &[u8]) -> String {
    let mut payload = Writer::new();
    payload.u8(kind).fixed(seed).fixed(rest);
    let check = check(payload.as_slice());
    payload.fixed(&check);
    let payload = Zeroizing::new(payload.into_vec());
    format!("1.{}", encode_base64url(&payload))
}

fn url(origin: &str, talk: &TalkId, fragment: &str) -> String {
    let origin = origin.trim_end_matches('/');
    format!("{origin}/t/{}#{fragment}", talk.to_text())
}

fn check(before: &[u8]) -> [u8; CHECK_BYTES] {
    let mut check = [0; CHECK_BYTES];
    check.copy_from_slice(&hash(&[b"link", before])[..CHECK_BYTES]);
    check
}

type SeedAnd<const N: usize> = (Zeroizing<[u8; SEED_BYTES]>, Zeroizing<[u8; N]>);

/// The seed and the `N` bytes after it, of a payload whose kind is known.
fn decode<const N: usize>(payload: &str) -> Result<SeedAnd<N>, LinkError> {
    let letters = ((1 + SEED_BYTES + N + CHECK_BYTES) * 4).div_ceil(3);
    if payload.len() < letters {
        return Err(LinkError::Incomplete);
    }
    let payload = Zeroizing::new(decode_base64url(payload).map_err(|_| LinkError::Damaged)?);
    let read = |mut reader: Reader<'_>| -> Result<_, DecodeError> {
        reader.u8()?;
        let seed = Zeroizing::new(reader.array()?);
        let rest = Zeroizing::new(reader.array()?);
        let told: [u8; CHECK_BYTES] = reader.array()?;
        reader.finish().map(|()| (seed, rest, told))
    };
    let (seed, rest, told) = read(Reader::new(&payload)).map_err(|_| LinkError::Damaged)?;
    let before = &payload[..payload.len() - CHECK_BYTES];
    (told == check(before))
        .then_some((seed, rest))
        .ok_or(LinkError::Damaged)
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
redacted!(GroupSecret, InviteSecret, ClaimLink, SeatLink, Code);
