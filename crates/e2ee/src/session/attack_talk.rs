//! What a hostile member could write into a room of a talk between delegations, and what a test sees
//! of a room that nobody is shown. For tests only, like [`super::attack`].

use super::attack::{Flaw, Outcome, Parts, claim, package};
use super::{Phase, RoomSession};
use crate::entries::{Marks, RoomEntry, RoomOpen};
use crate::pinned::{self, RoomState};
use crate::room_seat::RoomSeat;
use incamera_model::Position;
use incamera_talk::SeatKey;
use incamera_talk::crypto::KeyPair;
use incamera_talk::two_keys::Place;
use openmls::prelude::{
    Credential, CredentialWithKey, Extension, ExtensionType, Extensions, ExternalSender,
    GroupContext, KeyPackage, LeafNodeIndex, RequiredCapabilitiesExtension,
};
use openmls_traits::signatures::{Signer, SignerError};
use openmls_traits::types::SignatureScheme;
use std::collections::BTreeSet;

/// Somebody whom the attacker wants in the room.
#[derive(Debug, Clone)]
pub struct Ghost {
    /// The bytes of a seat, whatever they are.
    pub seat: Vec<u8>,
    /// The key that the attacker has for it.
    pub key: KeyPair,
    /// What is wrong with its key package besides.
    pub flaw: Flaw,
}

/// What a commit does to the group's context.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Context {
    /// Nothing.
    #[default]
    Kept,
    /// It follows this place.
    Moved(Place),
    /// As it is, and the attacker may propose from outside (RFC 9420 section 12.1.8.1).
    Senders,
    /// As it is, and not every member has to take seats for credentials.
    Capabilities,
}

/// A commit by a member of a delegation that needn't be valid. Its parts can be combined.
#[derive(Debug, Clone, Default)]
pub struct TalkForgery {
    /// The place that the entry names; none for the one that the room follows.
    pub place: Option<Place>,
    /// See [`Context`].
    pub context: Context,
    /// Whose leaves it removes.
    pub removes: Vec<SeatKey>,
    /// Whom it adds.
    pub adds: Vec<Ghost>,
    /// Who was added before, by a commit that nobody is shown.
    pub hidden: Vec<Ghost>,
    /// Whether it lets in who waits at the door.
    pub lets_in: bool,
    /// Whether the entry's marks differ from those that the commit authenticates.
    pub unlike: bool,
    /// The bytes of a seat that the committer's path takes on.
    pub renamed: Option<Vec<u8>>,
    /// The epoch that its header claims, from the current one on; members don't take it.
    pub claims: Option<u64>,
}

/// What a room is inside, for comparisons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inside {
    /// Counts the room's groups.
    pub incarnation: u32,
    /// The MLS epoch.
    pub epoch: u64,
    /// Equal if and only if the group's state is.
    pub authenticator: [u8; 16],
    /// The place of the record that the room follows.
    pub place: Option<Place>,
    /// Who sits there.
    pub seats: BTreeSet<SeatKey>,
}

impl RoomSession {
    /// What the room is inside, while seated.
    pub fn inside(&mut self) -> Option<Inside> {
        let Phase::Room(room) = &mut self.phase else {
            return None;
        };
        let (group, _) = room.attack_group()?;
        Some(Inside {
            incarnation: group.incarnation(),
            epoch: group.epoch(),
            authenticator: group.authenticator(),
            place: group.place(),
            seats: group.roster().values().map(RoomSeat::key).collect(),
        })
    }

    /// Forges an entry for `c/<room>`. The session itself isn't changed.
    ///
    /// # Errors
    /// What stood in the way, in words.
    pub fn forge_in_talk(&mut self, forgery: &TalkForgery) -> Outcome<Vec<u8>> {
        let leaves = self.leaves_of(&forgery.removes)?;
        self.forge_with(|parts, requested| parts.forge_in_talk(forgery, leaves, requested))
    }

    /// Forges the opening of the next incarnation, to stand at `position`. Nobody ever sits in it.
    ///
    /// # Errors
    /// What stood in the way, in words.
    pub fn forge_open(
        &mut self,
        position: Position,
        place: Place,
        ghost: &Ghost,
    ) -> Outcome<Vec<u8>> {
        let Phase::Room(room) = &mut self.phase else {
            return Err("not in a room");
        };
        let (group, shared) = room.attack_group().ok_or("not seated")?;
        let mut open = RoomOpen {
            incarnation: group.incarnation() + 1,
            position,
            group_id: vec![0xee; 16],
            marks: Marks {
                record: Some(place),
                ..Marks::default()
            },
            seat: ghost.seat.clone(),
            signature: [0; 64],
        };
        let signed = open.signed(&shared.identity.room);
        open.signature = ghost.key.sign("room-open", &signed);
        let commits = shared.commits.clone();
        self.out
            .seal(&commits, &RoomEntry::Open(open).encode())
            .ok_or("too large to seal")
    }

    fn leaves_of(&mut self, seats: &[SeatKey]) -> Outcome<Vec<LeafNodeIndex>> {
        let Phase::Room(room) = &mut self.phase else {
            return Err("not in a room");
        };
        let (group, _) = room.attack_group().ok_or("not seated")?;
        let leaf = |seat| Some(LeafNodeIndex::new(group.leaf_of(seat)?.0));
        let leaves: Option<Vec<_>> = seats.iter().map(leaf).collect();
        leaves.ok_or("not in the room")
    }
}

impl Parts {
    fn forge_in_talk(
        &mut self,
        forgery: &TalkForgery,
        leaves: Vec<LeafNodeIndex>,
        requested: &[KeyPackage],
    ) -> Outcome<(Vec<u8>, Vec<u8>)> {
        if !forgery.hidden.is_empty() {
            let hidden = packages(&forgery.hidden)?;
            self.add(&hidden)?;
            self.group
                .merge_pending_commit(&self.provider)
                .map_err(|_| "merge")?;
        }
        self.marks.record = forgery.place.or(self.marks.record);
        self.group.set_aad(self.marks.encode());
        if let Some(seat) = &forgery.renamed {
            let key = self.identity.seat.key().0;
            return self.path_of(credential(seat, &key));
        }
        let mut adds = packages(&forgery.adds)?;
        if forgery.lets_in {
            if requested.is_empty() {
                return Err("nobody waits");
            }
            adds.extend_from_slice(requested);
        }
        let context = self.context(forgery.context)?;
        let empty = adds.is_empty() && leaves.is_empty() && context.is_none();
        let (commit, welcome) = self.commit(|builder| {
            let builder = builder
                .force_self_update(empty)
                .propose_removals(leaves)
                .propose_adds(adds);
            match context {
                Some(context) => builder
                    .propose_group_context_extensions(context)
                    .map_err(|_| "context"),
                None => Ok(builder),
            }
        })?;
        if forgery.unlike {
            self.marks.door = self.marks.door.next();
        }
        match forgery.claims {
            Some(ahead) => Ok((claim(commit, self.group.epoch().as_u64() + ahead), welcome)),
            None => Ok((commit, welcome)),
        }
    }

    fn context(&self, context: Context) -> Outcome<Option<Extensions<GroupContext>>> {
        let mut kept: Vec<Extension> = self.group.extensions().iter().cloned().collect();
        match context {
            Context::Kept => return Ok(None),
            Context::Moved(place) => {
                let state = RoomState::new(&self.identity, self.incarnation, Some(place));
                let moved = pinned::context_extensions(&state).ok_or("extensions")?;
                return Ok(Some(moved));
            }
            Context::Senders => {
                let CredentialWithKey {
                    credential,
                    signature_key,
                } = pinned::credential(&self.identity);
                let sender = ExternalSender::new(signature_key, credential);
                kept.push(Extension::ExternalSenders(vec![sender]));
            }
            Context::Capabilities => {
                let room_state = ExtensionType::Unknown(0xF1C0);
                kept.retain(|known| !matches!(known, Extension::RequiredCapabilities(_)));
                let none = RequiredCapabilitiesExtension::new(&[room_state], &[], &[]);
                kept.push(Extension::RequiredCapabilities(none));
            }
        }
        Extensions::from_vec(kept)
            .map(Some)
            .map_err(|_| "extensions")
    }
}

fn packages(ghosts: &[Ghost]) -> Outcome<Vec<KeyPackage>> {
    let package = |ghost: &Ghost| {
        let credential = credential(&ghost.seat, &ghost.key.public());
        package(&SeatSigner(&ghost.key), credential, ghost.flaw)
    };
    ghosts.iter().map(package).collect()
}

fn credential(seat: &[u8], key: &[u8; 32]) -> CredentialWithKey {
    CredentialWithKey {
        credential: Credential::new(pinned::CREDENTIAL, seat.to_vec()),
        signature_key: key.to_vec().into(),
    }
}

struct SeatSigner<'a>(&'a KeyPair);

impl Signer for SeatSigner<'_> {
    fn sign(&self, payload: &[u8]) -> Result<Vec<u8>, SignerError> {
        Ok(self.0.sign_raw(payload).to_vec())
    }

    fn signature_scheme(&self) -> SignatureScheme {
        SignatureScheme::ED25519
    }
}
