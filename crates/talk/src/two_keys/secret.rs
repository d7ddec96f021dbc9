//! What one device keeps of a talk between delegations.

use super::Role;
use super::links::{AnyLink, ClaimLink, GroupSecret, InviteSecret, SeatLink};
use super::lobby::{ClaimPacket, CounterPacket, OfferPacket};
use super::party::{HeadCert, MAX_HEAD_BYTES, Party};
use super::rules::DelegationIndex;
use super::seat::{MAX_TBS_BYTES, SeatTbs};
use super::standing::{caucus, plenary};
use crate::backup::Backup;
use crate::codec::{DecodeError, Reader, Writer};
use crate::control::ControlKeyPair;
use crate::crypto::{KeyPair, hash, kdf};
use crate::entropy::Entropy;
use crate::env::Vault;
use crate::link::AccessKeyPair;
use crate::seat::SeatKey;
use crate::text::{MAX_NAME_CHARS, Name, TextError};
use core::fmt;
use incamera_model::{TalkId, decode_base64url, encode_base64url};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

const VERSION: u8 = 1;
const KIND_HEAD: u8 = 1;
const KIND_GUEST: u8 = 2;
const KIND_CODE: u8 = 3;
const KIND_CERTIFIED: u8 = 4;
/// How many invitations a head remembers; the oldest is forgotten, and still holds.
pub const MAX_KEPT_INVITATIONS: usize = 256;
/// How many seats a head remembers to have refused, or to have mailed; the oldest is forgotten.
pub const MAX_KEPT_SEATS: usize = 1024;
const MAX_PACKET_BYTES: usize = 16 * 1024;
const MAX_SEAT_BYTES: usize = super::MAX_SEAT_BYTES;
/// The largest kept secret, in bytes.
const MAX_BYTES: usize = 256 * 1024;

/// Bytes that are no kept secret: another version wrote them, or they were damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// The encoding is wrong.
    #[error("what this device keeps of the talk is damaged: {0}")]
    Malformed(#[from] DecodeError),
    /// A name in it breaks the rules for names.
    #[error("what this device keeps of the talk is damaged: {0}")]
    Name(#[from] TextError),
    /// Not unpadded base64url.
    #[error("what this device keeps of the talk is damaged")]
    Text,
    /// An open conversation's link.
    #[error("this is the link of an open conversation")]
    Open,
    /// A link without a talk: a code, of which only the server knows where it leads.
    #[error("the server has to say first which talk this code belongs to")]
    Code,
}

/// What a device keeps of a talk; opaque to whoever stores it. Encoded as [`Secret::encode`], with a
/// version. Everything in it is secret.
#[derive(Clone)]
pub enum Secret {
    /// A head's.
    Head(Box<HeadSecret>),
    /// Somebody's who asks for a seat, or has one.
    Guest(Box<GuestSecret>),
    /// A code's, before it is known whether it is for a claim or a seat.
    Code(CodeSecret),
}

/// A code that was typed.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct CodeSecret {
    /// The talk, as the server says.
    #[zeroize(skip)]
    pub talk: TalkId,
    /// The code's seed.
    pub seed: [u8; 16],
    /// Where one's own keys will come from.
    pub entropy: [u8; 32],
}

/// An invitation that a head made.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct KeptInvitation {
    /// Its secret.
    pub seed: [u8; 16],
    /// The role offered.
    #[zeroize(skip)]
    pub role: Role,
    /// Whom it is for.
    #[zeroize(skip)]
    pub hint: Option<Name>,
    /// Milliseconds since 1970, 0 for never.
    pub expiry: u64,
    /// Whether its own key vouches.
    pub automatic: bool,
}

/// What somebody's word as a head rests on.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub enum Office {
    /// The delegation's own keys: they can make other heads, and give the talk up.
    Root {
        /// Seed of the root key.
        root: [u8; 32],
        /// Seed of the root key named for the case of loss.
        next_root: [u8; 32],
        /// Seed of the control key.
        control: [u8; 32],
    },
    /// A certificate by whoever has these.
    Certified {
        /// The HeadCert, as encoded.
        #[zeroize(skip)]
        cert: Vec<u8>,
        /// The seat that one has, as encoded.
        #[zeroize(skip)]
        tbs: Vec<u8>,
    },
}

/// What makes somebody a head of a delegation.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct HeadSecret {
    /// The talk.
    #[zeroize(skip)]
    pub talk: TalkId,
    /// Whose head.
    #[zeroize(skip)]
    pub delegation: DelegationIndex,
    /// What the head's word rests on.
    pub office: Office,
    /// Seed of the head's key.
    pub head: [u8; 32],
    /// The delegation's lobby, `L_d`.
    pub lobby: [u8; 16],
    /// Seed of the seat's key and of its box.
    pub seat: [u8; 32],
    /// One's own part of what the words stand for.
    pub nonce: [u8; 32],
    /// The claim link's seed; zeros for whoever took no part in the founding.
    pub claim: [u8; 16],
    /// The record's and plenary's vault, `R`.
    pub vault: Option<[u8; 32]>,
    /// One's own name.
    #[zeroize(skip)]
    pub person: Option<Name>,
    /// The delegation's name.
    #[zeroize(skip)]
    pub party: Option<Name>,
    /// The offer that the claim link names; `None` for a code.
    #[zeroize(skip)]
    pub offer_hash: Option<[u8; 32]>,
    /// The offer packet: made, or claimed on; empty before.
    pub offer: Vec<u8>,
    /// The claim packet: made, or countersigned; empty before.
    pub claimed: Vec<u8>,
    /// The counter packet: made, or accepted; empty before.
    pub counter: Vec<u8>,
    /// Whether the server knows the group's own keys.
    pub registered: bool,
    /// The invitations made, the newest last.
    pub invitations: Vec<KeptInvitation>,
    /// The seats refused, and how many wishes that answered.
    #[zeroize(skip)]
    pub refused: Vec<(SeatKey, u8)>,
    /// The seats to whose persons a grant was mailed, and how many wishes that answered.
    #[zeroize(skip)]
    pub mailed: Vec<(SeatKey, u8)>,
}

impl HeadSecret {
    /// New keys for a head of `delegation`; `claim` is the claim link's group.
    #[must_use]
    pub fn new(
        talk: TalkId,
        delegation: DelegationIndex,
        claim: &GroupSecret,
        entropy: &mut Entropy,
    ) -> Self {
        let head = *entropy.draw();
        Self {
            talk,
            delegation,
            office: Office::Root {
                root: *entropy.draw(),
                next_root: *entropy.draw(),
                control: *entropy.draw(),
            },
            seat: *kdf(&head, "head-seat", &talk, &[]),
            head,
            lobby: entropy.draw16(),
            nonce: *entropy.draw(),
            claim: *claim.seed(),
            vault: None,
            person: None,
            party: None,
            offer_hash: None,
            offer: Vec::new(),
            claimed: Vec::new(),
            counter: Vec::new(),
            registered: delegation.0 == 0,
            invitations: Vec::new(),
            refused: Vec::new(),
            mailed: Vec::new(),
        }
    }

    /// What a backup holds of it, for a talk at `origin`; nothing without the delegation's own keys.
    #[must_use]
    pub fn to_backup(&self, origin: &str) -> Option<Backup> {
        let Office::Root {
            root,
            next_root,
            control,
        } = self.office
        else {
            return None;
        };
        let mut lobby = [0; 32];
        lobby[..16].copy_from_slice(&self.lobby);
        Some(Backup {
            talk: self.talk,
            origin: origin.to_owned(),
            root,
            next_root,
            head: self.head,
            control,
            lobby,
            vaults: self.vault.into_iter().collect(),
        })
    }

    /// The head that a backup makes somebody again. Which delegation's, the server says for the
    /// access key of [`Self::lobby_group`]; the name has to be typed, and the seat approved anew
    /// unless it is the same.
    #[must_use]
    pub fn from_backup(backup: &Backup, delegation: DelegationIndex) -> Self {
        let mut lobby = [0; 16];
        lobby.copy_from_slice(&backup.lobby[..16]);
        Self {
            talk: backup.talk,
            delegation,
            office: Office::Root {
                root: backup.root,
                next_root: backup.next_root,
                control: backup.control,
            },
            head: backup.head,
            lobby,
            seat: *kdf(&backup.head, "head-seat", &backup.talk, &[]),
            nonce: [0; 32],
            claim: [0; 16],
            vault: backup.vaults.first().copied(),
            person: None,
            party: None,
            offer_hash: None,
            offer: Vec::new(),
            claimed: Vec::new(),
            counter: Vec::new(),
            registered: true,
            invitations: Vec::new(),
            refused: Vec::new(),
            mailed: Vec::new(),
        }
    }

    /// The head that a guest becomes whose seat is a head's and whose key, [`GuestSecret::head_key`],
    /// `cert` certifies; `None` for any other.
    #[must_use]
    pub fn certified_guest(guest: &GuestSecret, cert: &HeadCert) -> Option<Self> {
        let tbs = guest.asked()?;
        let proper = tbs.role == Role::Head
            && guest.delegation == Some(cert.delegation)
            && guest.head_key().public() == cert.key;
        let office = Office::Certified {
            cert: cert.as_bytes().to_vec(),
            tbs: guest.tbs.clone(),
        };
        let mut head = Self::certified_as(guest.talk, cert.delegation, office, &guest.seat);
        head.lobby = guest.lobby;
        head.vault = guest.vault;
        head.person = Some(tbs.name);
        proper.then_some(head)
    }

    fn certified_as(
        talk: TalkId,
        delegation: DelegationIndex,
        office: Office,
        seat: &[u8; 32],
    ) -> Self {
        Self {
            talk,
            delegation,
            office,
            head: *seat_head(seat, &talk),
            lobby: [0; 16],
            seat: *seat,
            nonce: [0; 32],
            claim: [0; 16],
            vault: None,
            person: None,
            party: None,
            offer_hash: None,
            offer: Vec::new(),
            claimed: Vec::new(),
            counter: Vec::new(),
            registered: true,
            invitations: Vec::new(),
            refused: Vec::new(),
            mailed: Vec::new(),
        }
    }

    /// The root key, if this head has it.
    #[must_use]
    pub fn root_key(&self) -> Option<KeyPair> {
        match &self.office {
            Office::Root { root, .. } => Some(KeyPair::from_seed(root)),
            Office::Certified { .. } => None,
        }
    }

    /// The head's key.
    #[must_use]
    pub fn head_key(&self) -> KeyPair {
        KeyPair::from_seed(&self.head)
    }

    /// The seat's key.
    #[must_use]
    pub fn seat_key(&self) -> KeyPair {
        KeyPair::from_seed(&self.seat)
    }

    /// The control key, if this head has it.
    #[must_use]
    pub fn control_key(&self) -> Option<ControlKeyPair> {
        match &self.office {
            Office::Root { control, .. } => Some(ControlKeyPair::from_seed(self.talk, *control)),
            Office::Certified { .. } => None,
        }
    }

    /// The delegation's own group.
    #[must_use]
    pub fn lobby_group(&self) -> GroupSecret {
        GroupSecret::new(self.lobby)
    }

    /// The group of the claim link.
    #[must_use]
    pub fn claim_group(&self) -> GroupSecret {
        GroupSecret::new(self.claim)
    }

    /// Whether this head founded the talk, or is about to.
    #[must_use]
    pub fn founds(&self) -> bool {
        self.claim != [0; 16]
    }

    /// The claim link, for the proposer to show until it is claimed.
    #[must_use]
    pub fn claim_link(&self) -> Option<ClaimLink> {
        let proposes = self.delegation.0 == 0 && self.founds();
        Some(ClaimLink {
            talk: self.talk,
            group: self.claim_group(),
            offer_hash: self.offer_hash.filter(|_| proposes)?,
        })
    }

    /// The record's vault, if it was granted.
    #[must_use]
    pub fn vault(&self) -> Option<Vault> {
        let key = Zeroizing::new(self.vault?);
        Some(Vault::new(self.talk, key))
    }

    /// The delegation as it is offered or claimed; `None` before it has a name, and for whoever
    /// hasn't its keys.
    #[must_use]
    pub fn party(&self) -> Option<Party> {
        let Office::Root { next_root, .. } = &self.office else {
            return None;
        };
        Some(Party {
            name: self.party.clone()?,
            neutral: false,
            root: self.root_key()?.public(),
            next_root_hash: hash(&[&KeyPair::from_seed(next_root).public()]),
            control: self.control_key()?.public().0,
            origins: Vec::new(),
        })
    }

    /// One's certificate as a head, and the seat one wants; `None` before one has a name. The same
    /// each time.
    #[must_use]
    pub fn certified(&self) -> Option<(HeadCert, SeatTbs)> {
        let name = self.person.clone()?;
        let (talk, key) = (self.talk, self.head_key().public());
        let root = match &self.office {
            Office::Root { root, .. } => KeyPair::from_seed(root),
            // Verified when it was kept; whoever gets it verifies it too.
            Office::Certified { cert, tbs } => {
                let (_, cert) = HeadCert::read_unverified(cert).ok()?;
                return Some((cert, SeatTbs::decode(tbs).ok()?));
            }
        };
        let head = HeadCert::issue(&root, &talk, self.delegation, key, name.clone(), 0);
        let tbs = SeatTbs {
            talk,
            delegation: self.delegation,
            role: Role::Head,
            name,
            rooms: vec![plenary(&talk), caucus(&talk, self.delegation)],
            key: SeatKey(self.seat_key().public()),
            invite: [0; 16],
            serial: 0,
        };
        Some((head, tbs))
    }

    /// The offer packet, read again.
    #[must_use]
    pub fn offer_packet(&self) -> Option<OfferPacket> {
        OfferPacket::verify(&self.offer, &self.talk, None).ok()
    }

    /// The claim packet, read again.
    #[must_use]
    pub fn claim_packet(&self) -> Option<ClaimPacket> {
        let secret = self.claim_group().claim_secret(&self.talk);
        ClaimPacket::verify(&self.claimed, &self.offer_packet()?, &secret).ok()
    }

    /// The counter packet, read again.
    #[must_use]
    pub fn counter_packet(&self) -> Option<CounterPacket> {
        CounterPacket::verify(&self.counter, &self.offer_packet()?).ok()
    }

    /// Remembers an invitation; the oldest is forgotten.
    pub fn remember_invitation(&mut self, invitation: KeptInvitation) {
        push_capped(&mut self.invitations, invitation, MAX_KEPT_INVITATIONS);
    }

    /// Remembers a refusal; the oldest is forgotten.
    pub fn remember_refusal(&mut self, seat: SeatKey, asks: u8) {
        self.refused.retain(|(refused, _)| *refused != seat);
        push_capped(&mut self.refused, (seat, asks), MAX_KEPT_SEATS);
    }

    /// Remembers a mail; the oldest is forgotten.
    pub fn remember_mail(&mut self, seat: SeatKey, asks: u8) {
        self.mailed.retain(|(mailed, _)| *mailed != seat);
        push_capped(&mut self.mailed, (seat, asks), MAX_KEPT_SEATS);
    }

    fn write(&self, out: &mut Writer) {
        let text = |name: &Option<Name>| name.as_ref().map(|name| name.as_str().to_owned());
        let (root, next_root, control) = match &self.office {
            Office::Root {
                root,
                next_root,
                control,
            } => (root, next_root, control),
            Office::Certified { cert, tbs } => {
                out.u8(KIND_CERTIFIED)
                    .fixed(&self.talk.0)
                    .u8(self.delegation.0)
                    .opaque(cert)
                    .opaque(tbs)
                    .fixed(&self.lobby)
                    .fixed(&self.seat)
                    .optional(self.vault, |out, vault| out.fixed(&vault));
                return self.write_lists(out);
            }
        };
        out.u8(KIND_HEAD)
            .fixed(&self.talk.0)
            .u8(self.delegation.0)
            .fixed(root)
            .fixed(next_root)
            .fixed(&self.head)
            .fixed(control)
            .fixed(&self.lobby)
            .fixed(&self.seat)
            .fixed(&self.nonce)
            .fixed(&self.claim)
            .optional(self.vault, |out, vault| out.fixed(&vault))
            .opaque(text(&self.person).unwrap_or_default().as_bytes())
            .opaque(text(&self.party).unwrap_or_default().as_bytes())
            .optional(self.offer_hash, |out, hash| out.fixed(&hash))
            .opaque(&self.offer)
            .opaque(&self.claimed)
            .opaque(&self.counter)
            .u8(self.registered.into());
        self.write_lists(out);
    }

    fn write_lists(&self, out: &mut Writer) {
        out.list(&self.invitations, |out, invitation| {
            let hint = invitation.hint.as_ref().map_or("", Name::as_str);
            out.fixed(&invitation.seed)
                .u8(invitation.role as u8)
                .opaque(hint.as_bytes())
                .u64(invitation.expiry)
                .u8(invitation.automatic.into());
        })
        .list(&self.refused, |out, (seat, asks)| {
            out.fixed(&seat.0).u8(*asks);
        })
        .list(&self.mailed, |out, (seat, asks)| {
            out.fixed(&seat.0).u8(*asks);
        });
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, SecretError> {
        let (talk, delegation) = (TalkId(reader.array()?), DelegationIndex::read(reader)?);
        let (root, next_root) = (reader.array()?, reader.array()?);
        let head = reader.array()?;
        let mut read = Self {
            talk,
            delegation,
            office: Office::Root {
                root,
                next_root,
                control: reader.array()?,
            },
            head,
            lobby: reader.array()?,
            seat: reader.array()?,
            nonce: reader.array()?,
            claim: reader.array()?,
            vault: reader.optional(|reader| reader.array())?,
            person: read_name(reader)?,
            party: read_name(reader)?,
            offer_hash: reader.optional(|reader| reader.array())?,
            offer: reader.opaque(MAX_PACKET_BYTES)?.to_vec(),
            claimed: reader.opaque(MAX_PACKET_BYTES)?.to_vec(),
            counter: reader.opaque(MAX_PACKET_BYTES)?.to_vec(),
            registered: read_bool(reader)?,
            invitations: Vec::new(),
            refused: Vec::new(),
            mailed: Vec::new(),
        };
        read.read_lists(reader)?;
        Ok(read)
    }

    fn read_certified(reader: &mut Reader<'_>) -> Result<Self, SecretError> {
        let (talk, delegation) = (TalkId(reader.array()?), DelegationIndex::read(reader)?);
        let cert = reader.opaque(MAX_HEAD_BYTES)?.to_vec();
        let tbs = reader.opaque(MAX_TBS_BYTES)?.to_vec();
        let person = SeatTbs::decode(&tbs).map_err(|_| DecodeError::Value)?.name;
        HeadCert::read_unverified(&cert).map_err(|_| DecodeError::Value)?;
        let lobby = reader.array()?;
        let seat = Zeroizing::new(reader.array()?);
        let office = Office::Certified { cert, tbs };
        let mut read = Self::certified_as(talk, delegation, office, &seat);
        read.lobby = lobby;
        read.vault = reader.optional(|reader| reader.array())?;
        read.person = Some(person);
        read.read_lists(reader)?;
        Ok(read)
    }

    fn read_lists(&mut self, reader: &mut Reader<'_>) -> Result<(), SecretError> {
        self.invitations = reader.list(
            MAX_KEPT_INVITATIONS * 400,
            MAX_KEPT_INVITATIONS,
            |reader| -> Result<_, SecretError> {
                Ok(KeptInvitation {
                    seed: reader.array()?,
                    role: Role::read(reader)?,
                    hint: read_name(reader)?,
                    expiry: reader.u64()?,
                    automatic: read_bool(reader)?,
                })
            },
        )?;
        self.refused = reader.list(MAX_KEPT_SEATS * 33, MAX_KEPT_SEATS, |reader| {
            Ok::<_, DecodeError>((SeatKey(reader.array()?), reader.u8()?))
        })?;
        self.mailed = reader.list(MAX_KEPT_SEATS * 33, MAX_KEPT_SEATS, |reader| {
            Ok::<_, DecodeError>((SeatKey(reader.array()?), reader.u8()?))
        })?;
        Ok(())
    }
}

/// The seed of the key that a seat's person has as a head beside the first.
fn seat_head(seat: &[u8; 32], talk: &TalkId) -> Zeroizing<[u8; 32]> {
    kdf(seat, "seat-head", talk, &[])
}

/// What somebody keeps who asks for a seat, or has one.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct GuestSecret {
    /// The talk.
    #[zeroize(skip)]
    pub talk: TalkId,
    /// The delegation's lobby, `L_d`.
    pub lobby: [u8; 16],
    /// The invitation's secret, if there is one.
    pub invite: Option<[u8; 16]>,
    /// Seed of the seat's key and of its box.
    pub seat: [u8; 32],
    /// The delegation, once the server has said it.
    #[zeroize(skip)]
    pub delegation: Option<DelegationIndex>,
    /// The seat asked for, as encoded; empty before.
    pub tbs: Vec<u8>,
    /// What was granted: the seat as encoded, empty before, and the vault's key.
    pub granted: Vec<u8>,
    /// The record's and plenary's vault, `R`.
    pub vault: Option<[u8; 32]>,
}

impl GuestSecret {
    /// New keys for somebody who wants a seat.
    #[must_use]
    pub fn new(
        talk: TalkId,
        group: &GroupSecret,
        invite: Option<&InviteSecret>,
        entropy: &mut Entropy,
    ) -> Self {
        Self {
            talk,
            lobby: *group.seed(),
            invite: invite.map(|invite| *invite.seed()),
            seat: *entropy.draw(),
            delegation: None,
            tbs: Vec::new(),
            granted: Vec::new(),
            vault: None,
        }
    }

    /// The delegation's group.
    #[must_use]
    pub fn lobby_group(&self) -> GroupSecret {
        GroupSecret::new(self.lobby)
    }

    /// The invitation's secret.
    #[must_use]
    pub fn invite_secret(&self) -> Option<InviteSecret> {
        self.invite.map(InviteSecret::new)
    }

    /// The seat's key.
    #[must_use]
    pub fn seat_key(&self) -> KeyPair {
        KeyPair::from_seed(&self.seat)
    }

    /// The key that its person has once they are a head.
    #[must_use]
    pub fn head_key(&self) -> KeyPair {
        KeyPair::from_seed(&seat_head(&self.seat, &self.talk))
    }

    /// The seat that was asked for.
    #[must_use]
    pub fn asked(&self) -> Option<SeatTbs> {
        SeatTbs::decode(&self.tbs).ok()
    }

    /// The record's vault, once it was granted.
    #[must_use]
    pub fn vault(&self) -> Option<Vault> {
        let key = Zeroizing::new(self.vault?);
        Some(Vault::new(self.talk, key))
    }

    fn write(&self, out: &mut Writer) {
        out.fixed(&self.talk.0)
            .fixed(&self.lobby)
            .optional(self.invite, |out, invite| out.fixed(&invite))
            .fixed(&self.seat)
            .optional(self.delegation, |out, delegation| out.u8(delegation.0))
            .opaque(&self.tbs)
            .opaque(&self.granted)
            .optional(self.vault, |out, vault| out.fixed(&vault));
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, SecretError> {
        Ok(Self {
            talk: TalkId(reader.array()?),
            lobby: reader.array()?,
            invite: reader.optional(|reader| reader.array())?,
            seat: reader.array()?,
            delegation: reader.optional(DelegationIndex::read)?,
            tbs: reader.opaque(MAX_PACKET_BYTES)?.to_vec(),
            granted: reader.opaque(MAX_SEAT_BYTES)?.to_vec(),
            vault: reader.optional(|reader| reader.array())?,
        })
    }
}

impl CodeSecret {
    /// For a code of which the server said that it belongs to `talk`. `entropy`: 32 secret,
    /// unpredictable bytes.
    #[must_use]
    pub fn new(talk: TalkId, group: &GroupSecret, entropy: [u8; 32]) -> Self {
        Self {
            talk,
            seed: *group.seed(),
            entropy,
        }
    }

    /// What it is once the server said whether the place is claimed.
    #[must_use]
    pub fn resolve(&self, delegation: DelegationIndex, claimed: bool) -> Secret {
        let group = GroupSecret::new(self.seed);
        let mut entropy = Entropy::new(self.entropy);
        if claimed {
            let mut guest = GuestSecret::new(self.talk, &group, None, &mut entropy);
            guest.delegation = Some(delegation);
            return Secret::Guest(Box::new(guest));
        }
        let head = HeadSecret::new(self.talk, delegation, &group, &mut entropy);
        Secret::Head(Box::new(head))
    }
}

impl Secret {
    /// New keys for whoever opens a link. `seed`: 32 secret, unpredictable bytes. A code needs
    /// [`CodeSecret::new`].
    ///
    /// # Errors
    /// [`SecretError::Open`], [`SecretError::Code`].
    pub fn for_link(link: &AnyLink, seed: [u8; 32]) -> Result<Self, SecretError> {
        let mut entropy = Entropy::new(seed);
        match link {
            AnyLink::Open(_) => Err(SecretError::Open),
            AnyLink::Code(_) => Err(SecretError::Code),
            AnyLink::Claim(ClaimLink {
                talk,
                group,
                offer_hash,
            }) => {
                // The one place that can be claimed, in a talk of two.
                let mut head = HeadSecret::new(*talk, DelegationIndex(1), group, &mut entropy);
                head.offer_hash = Some(*offer_hash);
                Ok(Self::Head(Box::new(head)))
            }
            AnyLink::Seat(SeatLink {
                talk,
                group,
                invite,
            }) => {
                let guest = GuestSecret::new(*talk, group, Some(invite), &mut entropy);
                Ok(Self::Guest(Box::new(guest)))
            }
        }
    }

    /// The talk.
    #[must_use]
    pub fn talk(&self) -> TalkId {
        match self {
            Self::Head(head) => head.talk,
            Self::Guest(guest) => guest.talk,
            Self::Code(code) => code.talk,
        }
    }

    /// The access keys to connect with, the likeliest first. There are two while it isn't certain
    /// whether the server has taken the new key of a claimed place.
    #[must_use]
    pub fn access(&self) -> Vec<AccessKeyPair> {
        match self {
            Self::Head(head) if head.registered => vec![head.lobby_group().access(head.talk)],
            Self::Head(head) => {
                let claim = head.claim_group().access(head.talk);
                let mut keys = vec![claim];
                if !head.counter.is_empty() {
                    keys.push(head.lobby_group().access(head.talk));
                }
                keys
            }
            Self::Guest(guest) => vec![guest.lobby_group().access(guest.talk)],
            Self::Code(code) => vec![GroupSecret::new(code.seed).access(code.talk)],
        }
    }

    /// The encoding, to be stored.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        let mut out = Writer::new();
        out.u8(VERSION);
        match self {
            Self::Head(head) => head.write(&mut out),
            Self::Guest(guest) => guest.write(out.u8(KIND_GUEST)),
            Self::Code(code) => {
                out.u8(KIND_CODE)
                    .fixed(&code.talk.0)
                    .fixed(&code.seed)
                    .fixed(&code.entropy);
            }
        }
        Zeroizing::new(out.into_vec())
    }

    /// Reads what [`Self::encode`] gave.
    ///
    /// # Errors
    /// [`SecretError`].
    pub fn decode(encoded: &[u8]) -> Result<Self, SecretError> {
        if encoded.len() > MAX_BYTES {
            return Err(DecodeError::TooLong { cap: MAX_BYTES }.into());
        }
        let mut reader = Reader::new(encoded);
        reader.version(VERSION)?;
        let secret = match reader.u8()? {
            KIND_HEAD => Self::Head(Box::new(HeadSecret::read(&mut reader)?)),
            KIND_CERTIFIED => Self::Head(Box::new(HeadSecret::read_certified(&mut reader)?)),
            KIND_GUEST => Self::Guest(Box::new(GuestSecret::read(&mut reader)?)),
            KIND_CODE => Self::Code(CodeSecret {
                talk: TalkId(reader.array()?),
                seed: reader.array()?,
                entropy: reader.array()?,
            }),
            _ => return Err(DecodeError::Value.into()),
        };
        reader.finish()?;
        Ok(secret)
    }

    /// As [`Self::encode`], in unpadded base64url.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(encode_base64url(&self.encode()))
    }

    /// Reads what [`Self::to_text`] gave.
    ///
    /// # Errors
    /// [`SecretError`].
    pub fn from_text(text: &str) -> Result<Self, SecretError> {
        if text.len() > MAX_BYTES * 2 {
            return Err(SecretError::Text);
        }
        let encoded = Zeroizing::new(decode_base64url(text).map_err(|_| SecretError::Text)?);
        Self::decode(&encoded)
    }
}

fn push_capped<T>(items: &mut Vec<T>, item: T, cap: usize) {
    if items.len() >= cap {
        items.remove(0);
    }
    items.push(item);
}

fn read_name(reader: &mut Reader<'_>) -> Result<Option<Name>, SecretError> {
    Ok(match reader.text(MAX_NAME_CHARS * 4)? {
        "" => None,
        name => Some(Name::parse(name)?),
    })
}

fn read_bool(reader: &mut Reader<'_>) -> Result<bool, DecodeError> {
    match reader.u8()? {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(DecodeError::Value),
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
    Secret,
    HeadSecret,
    Office,
    GuestSecret,
    CodeSecret,
    KeptInvitation
);
