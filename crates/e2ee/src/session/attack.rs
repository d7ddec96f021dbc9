//! What a member or a link holder could do who doesn't keep to the protocol. For tests only: the
//! simulation shows that the rules stop it, and that with a rule turned off it would succeed.

use super::{Phase, RoomSession};
use crate::entries::{Marks, RoomCommit, RoomEntry};
use crate::identity::Identity;
use crate::media::SealError;
use crate::pinned;
use crate::presence::Quality;
use crate::provider::Provider;
use crate::rules::Rule;
use incamera_model::{LeafIndex, Position, Timestamp};
use incamera_talk::{Link, Name, SeatSecret};
use openmls::prelude::tls_codec::{Deserialize as _, DeserializeBytes as _, Serialize as _};
use openmls::prelude::{
    Capabilities, Ciphersuite, CommitMessageBundle, CredentialWithKey, Extension, ExtensionType,
    Extensions, ExternalCommitBuilder, GroupId, KeyPackage, LeafNodeParameters, Lifetime, MlsGroup,
    MlsMessageBodyIn, MlsMessageIn, OpenMlsProvider as _, PreSharedKeyProposal, Proposal,
    UnknownExtension,
};
use openmls::schedule::PreSharedKeyId;
use openmls_traits::signatures::Signer;
use std::sync::Arc;

/// A forged entry for `c/<room>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forgery {
    /// A valid commit: a self-update.
    SelfUpdate,
    /// A valid commit that lets in whoever waits at the door, with the Welcome.
    AddRequested,
    /// An Add of a stranger with a flaw.
    Add(Flaw),
    /// An external commit (RFC 9420 section 11.2.1) by a stranger.
    ExternalCommit,
    /// A commit with a GroupContextExtensions proposal.
    GroupContext,
    /// A proposal sent on its own, as a by-reference commit needs it.
    LoneProposal,
    /// A commit with a PreSharedKey proposal, over a key that [`RoomSession::know_psk`] gives.
    Psk,
    /// A commit whose path renames the committer, with a seat that is valid by itself.
    RenamedPath,
    /// A commit whose path changes the committer's capabilities.
    CapablePath,
    /// A commit whose header claims an epoch far ahead; the two below claim the one after.
    FarClaim,
    /// A Welcome for whoever waits at the door whose content is junk.
    JunkWelcome,
    /// A Welcome for whoever waits at the door into another group.
    ForeignWelcome,
    /// A Welcome for whoever waits at the door into a branch in which a stranger sits, for the
    /// epoch after the current one.
    StrangerWelcome(Flaw),
}

/// What is wrong with a stranger's key package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// Nothing.
    None,
    /// A lifetime of its own.
    Lifetime,
    /// More capabilities than the pinned ones.
    Capabilities,
    /// An extension in the key package's leaf.
    LeafExtension,
    /// A seat vouched for by another invitation.
    OtherInvitation,
}

pub(super) type Outcome<T> = Result<T, &'static str>;

/// A copy of the attacker's own group.
pub(super) struct Parts {
    pub(super) group: MlsGroup,
    pub(super) provider: Provider,
    pub(super) marks: Marks,
    pub(super) identity: Arc<Identity>,
    pub(super) incarnation: u32,
}

impl RoomSession {
    /// Turns a rule off; to be called before the session connects.
    pub fn turn_off(&mut self, rule: Rule) {
        self.switches.turn_off(rule);
        if let Phase::Room(room) = &mut self.phase {
            room.turn_off(rule);
        }
    }

    /// Beats at once, however fast, with a hand that may never have gone up there.
    pub fn beat_with(&mut self, now: Timestamp, hand: Option<Position>, quality: Quality) {
        if let Phase::Room(room) = &mut self.phase {
            room.attack_beat(now, hand, quality, &mut self.out);
        }
    }

    /// Makes the next commit with a path unprocessable here, as a malformed path would (R-C9).
    pub fn sabotage(&mut self) {
        if let Phase::Room(room) = &mut self.phase {
            room.sabotage();
        }
    }

    /// Lets the MLS library know the key of [`Forgery::Psk`]; without it, it would refuse by itself.
    pub fn know_psk(&mut self) {
        if let Phase::Room(room) = &mut self.phase
            && let Some((group, _)) = room.attack_group()
        {
            know_psk(group.attack_provider());
        }
    }

    /// Seals a frame of a microphone in another's name: its keys are everybody's.
    ///
    /// # Errors
    /// [`SealError`].
    pub fn seal_as(
        &mut self,
        leaf: LeafIndex,
        counter: u64,
        frame: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        match &self.phase {
            Phase::Room(room) => room.attack_seal_as(leaf, counter, frame),
            _ => Err(SealError::NotSeated),
        }
    }

    /// Forges an entry for `c/<room>`. The session itself isn't changed.
    ///
    /// # Errors
    /// What stood in the way, in words.
    pub fn forge(&mut self, forgery: Forgery) -> Outcome<Vec<u8>> {
        let by_link = self.by_link.clone();
        self.forge_with(|parts, requested| parts.forge(forgery, by_link.as_ref(), requested))
    }

    /// What is made of one's own group, as if it stood in the log next.
    pub(super) fn forge_with(
        &mut self,
        forge: impl FnOnce(&mut Parts, &[KeyPackage]) -> Outcome<(Vec<u8>, Vec<u8>)>,
    ) -> Outcome<Vec<u8>> {
        let Phase::Room(room) = &mut self.phase else {
            return Err("not in a room");
        };
        let requested = room.attack_requests();
        let (group, shared) = room.attack_group().ok_or("not seated")?;
        let marks = Marks {
            record: group.place(),
            ..Marks::default()
        };
        let incarnation = group.incarnation();
        let (mls, provider, identity, _) = group.attack_parts();
        let commits = shared.commits.clone();
        let mut parts = Parts {
            group: mls,
            provider,
            marks,
            identity,
            incarnation,
        };
        parts.group.set_aad(marks.encode());
        let (commit, welcome) = forge(&mut parts, &requested)?;
        let entry = RoomEntry::Commit(RoomCommit {
            incarnation,
            marks: parts.marks,
            commit,
            welcome,
        });
        self.out
            .seal(&commits, &entry.encode())
            .ok_or("too large to seal")
    }

    /// Seals any content for a stream, as every link holder can.
    ///
    /// # Errors
    /// If it is too large.
    pub fn seal_entry(
        &mut self,
        stream: &incamera_model::StreamName,
        content: &[u8],
    ) -> Outcome<Vec<u8>> {
        self.out.seal(stream, content).ok_or("too large to seal")
    }
}

impl Parts {
    fn forge(
        &mut self,
        forgery: Forgery,
        by_link: Option<&(Link, SeatSecret)>,
        requested: &[KeyPackage],
    ) -> Outcome<(Vec<u8>, Vec<u8>)> {
        let by_link = || by_link.ok_or("not by a link");
        match forgery {
            Forgery::SelfUpdate => self.commit(|builder| Ok(builder.force_self_update(true))),
            Forgery::AddRequested => self.add(requested),
            Forgery::Add(flaw) => self.add(&[self.stranger(&by_link()?.0, flaw)?]),
            Forgery::ExternalCommit => self.external(&by_link()?.0),
            Forgery::GroupContext => self.group_context(),
            Forgery::LoneProposal => self.lone_proposal(),
            Forgery::Psk => {
                know_psk(&self.provider);
                let proposal = Proposal::PreSharedKey(Box::new(PreSharedKeyProposal::new(psk())));
                self.commit(|builder| Ok(builder.add_proposal(proposal)))
            }
            Forgery::RenamedPath => self.renamed_path(by_link()?),
            Forgery::CapablePath => {
                let leaf = LeafNodeParameters::builder()
                    .with_capabilities(wide_capabilities())
                    .build();
                self.commit(|builder| Ok(builder.leaf_node_parameters(leaf)))
            }
            Forgery::FarClaim => {
                let (commit, _) = self.commit(|builder| Ok(builder.force_self_update(true)))?;
                Ok((claim(commit, FAR), Vec::new()))
            }
            Forgery::JunkWelcome => self.junk_welcome(requested),
            Forgery::StrangerWelcome(flaw) => {
                self.add(&[self.stranger(&by_link()?.0, flaw)?])?;
                self.group
                    .merge_pending_commit(&self.provider)
                    .map_err(|_| "merge")?;
                self.group.set_aad(self.marks.encode());
                self.add(requested)
            }
            Forgery::ForeignWelcome => self.foreign_welcome(requested),
        }
    }

    pub(super) fn commit(
        &mut self,
        fill: impl FnOnce(Builder<'_>) -> Outcome<Builder<'_>>,
    ) -> Outcome<(Vec<u8>, Vec<u8>)> {
        let identity = &*self.identity;
        let builder = self.group.commit_builder().consume_proposal_store(false);
        let bundle = fill(builder)?
            .load_psks(self.provider.storage())
            .map_err(|_| "psks")?
            .build(
                self.provider.rand(),
                self.provider.crypto(),
                identity,
                |_| true,
            )
            .map_err(|_| "build")?
            .stage_commit(&self.provider)
            .map_err(|_| "stage")?;
        encode(bundle)
    }

    pub(super) fn add(&mut self, packages: &[KeyPackage]) -> Outcome<(Vec<u8>, Vec<u8>)> {
        if packages.is_empty() {
            return Err("nobody waits");
        }
        let packages = packages.to_vec();
        self.commit(|builder| Ok(builder.propose_adds(packages)))
    }

    fn external(&mut self, link: &Link) -> Outcome<(Vec<u8>, Vec<u8>)> {
        let identity = &*self.identity;
        let info = self
            .group
            .export_group_info(self.provider.crypto(), identity, true)
            .map_err(|_| "group info")?
            .tls_serialize_detached()
            .map_err(|_| "encode")?;
        let message = MlsMessageIn::tls_deserialize_exact_bytes(&info).map_err(|_| "decode")?;
        let MlsMessageBodyIn::GroupInfo(info) = message.extract() else {
            return Err("not a group info");
        };
        let ghost = Identity::by_link(link, &ghost_seat(), identity.room);
        let provider = Provider::default();
        let leaf = LeafNodeParameters::builder()
            .with_capabilities(pinned::capabilities())
            .build();
        let (_, bundle) = ExternalCommitBuilder::new()
            .with_config(pinned::join_config())
            .with_aad(self.marks.encode())
            .build_group(&provider, info, pinned::credential(&ghost))
            .map_err(|_| "external group")?
            .leaf_node_parameters(leaf)
            .load_psks(provider.storage())
            .map_err(|_| "psks")?
            .build(provider.rand(), provider.crypto(), &ghost, |_| true)
            .map_err(|_| "external build")?
            .finalize(&provider)
            .map_err(|_| "finalize")?;
        encode(bundle)
    }

    fn group_context(&mut self) -> Outcome<(Vec<u8>, Vec<u8>)> {
        let mut kept: Vec<Extension> = self.group.extensions().iter().cloned().collect();
        kept.retain(|extension| matches!(extension, Extension::RequiredCapabilities(_)));
        kept.push(Extension::Unknown(0xF1C0, UnknownExtension(vec![1; 37])));
        let extensions = Extensions::from_vec(kept).map_err(|_| "extensions")?;
        self.commit(|builder| {
            builder
                .propose_group_context_extensions(extensions)
                .map_err(|_| "propose")
        })
    }

    fn lone_proposal(&mut self) -> Outcome<(Vec<u8>, Vec<u8>)> {
        let identity = &*self.identity;
        let (proposal, _) = self
            .group
            .propose_self_update(&self.provider, identity, LeafNodeParameters::default())
            .map_err(|_| "update")?;
        let proposal = proposal.tls_serialize_detached().map_err(|_| "encode")?;
        Ok((proposal, Vec::new()))
    }

    fn renamed_path(&mut self, (link, seat): &(Link, SeatSecret)) -> Outcome<(Vec<u8>, Vec<u8>)> {
        // The attacker has the seat's own key, so it can sign any name.
        let name = Name::new("Somebody Else").map_err(|_| "name")?;
        let secret = SeatSecret::new(name, *seat.seed());
        let renamed = Identity::by_link(link, &secret, self.identity.room);
        self.path_of(pinned::credential(&renamed))
    }

    /// A commit whose path has this credential.
    pub(super) fn path_of(&mut self, leaf: CredentialWithKey) -> Outcome<(Vec<u8>, Vec<u8>)> {
        let leaf = LeafNodeParameters::builder()
            .with_credential_with_key(leaf)
            .build();
        self.commit(|builder| Ok(builder.leaf_node_parameters(leaf)))
    }

    fn stranger(&self, link: &Link, flaw: Flaw) -> Outcome<KeyPackage> {
        let other_link = link.with_secret([0x77; 32]);
        let link = match flaw {
            Flaw::OtherInvitation => &other_link,
            _ => link,
        };
        let ghost = Identity::by_link(link, &ghost_seat(), self.identity.room);
        package(&ghost, pinned::credential(&ghost), flaw)
    }

    fn junk_welcome(&mut self, requested: &[KeyPackage]) -> Outcome<(Vec<u8>, Vec<u8>)> {
        let (commit, mut welcome) = self.add(requested)?;
        let last = welcome.last_mut().ok_or("no welcome")?;
        *last ^= 1;
        Ok((claim(commit, FAR + 1), welcome))
    }

    fn foreign_welcome(&mut self, requested: &[KeyPackage]) -> Outcome<(Vec<u8>, Vec<u8>)> {
        let (commit, _) = self.add(requested)?;
        let identity = &*self.identity;
        let state = pinned::RoomState::new(identity, 1, self.marks.record);
        let config = pinned::create_config(&state).ok_or("config")?;
        let provider = Provider::default();
        let group = MlsGroup::new_with_group_id(
            &provider,
            identity,
            &config,
            GroupId::from_slice(&[0xee; 16]),
            pinned::credential(identity),
        )
        .map_err(|_| "create")?;
        let mut foreign = Self {
            group,
            provider,
            marks: self.marks,
            identity: self.identity.clone(),
            incarnation: 1,
        };
        let (_, welcome) = foreign.add(requested)?;
        Ok((claim(commit, FAR + 1), welcome))
    }
}

pub(super) type Builder<'a> = openmls::prelude::CommitBuilder<'a, openmls::prelude::Initial>;

fn psk() -> PreSharedKeyId {
    PreSharedKeyId::external(b"attack".to_vec(), vec![7; 48])
}

fn know_psk(provider: &Provider) {
    // Fails only if memory can't be written.
    let _ = psk().store(provider, &[8; 48]);
}

fn encode(bundle: CommitMessageBundle) -> Outcome<(Vec<u8>, Vec<u8>)> {
    let (commit, welcome, _) = bundle.into_messages();
    let commit = commit.tls_serialize_detached().map_err(|_| "encode")?;
    let welcome = welcome.map_or(Ok(Vec::new()), |welcome| welcome.tls_serialize_detached());
    Ok((commit, welcome.map_err(|_| "encode")?))
}

/// Rewrites the clear header of a PrivateMessage: `version(2) format(2) group_id<V>(17) epoch(8)`.
pub(super) fn claim(mut commit: Vec<u8>, epoch: u64) -> Vec<u8> {
    if let Some(field) = commit.get_mut(21..29) {
        field.copy_from_slice(&epoch.to_be_bytes());
    }
    commit
}

const FAR: u64 = 1_000_000;

fn ghost_seat() -> SeatSecret {
    let name = Name::new("Ghost").unwrap_or_else(|_| unreachable!("a fixed name"));
    SeatSecret::new(name, [0x99; 32])
}

fn wide_capabilities() -> Capabilities {
    Capabilities::new(
        None,
        Some(&[
            pinned::SUITE,
            Ciphersuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519,
        ]),
        Some(&[
            ExtensionType::Unknown(0xF1C0),
            ExtensionType::Unknown(0xF1C1),
        ]),
        None,
        Some(&[pinned::CREDENTIAL]),
    )
}

/// A key package with a flaw.
pub(super) fn package(
    signer: &impl Signer,
    credential: CredentialWithKey,
    flaw: Flaw,
) -> Outcome<KeyPackage> {
    let lifetime = match flaw {
        Flaw::Lifetime => Lifetime::new(3600),
        _ => pinned::lifetime(),
    };
    let capabilities = match flaw {
        Flaw::Capabilities | Flaw::LeafExtension => wide_capabilities(),
        _ => pinned::capabilities(),
    };
    let mut builder = KeyPackage::builder()
        .key_package_lifetime(lifetime)
        .leaf_node_capabilities(capabilities);
    if flaw == Flaw::LeafExtension {
        let extension = Extension::Unknown(0xF1C1, UnknownExtension(vec![1]));
        builder =
            builder.leaf_node_extensions(Extensions::single(extension).map_err(|_| "extension")?);
    }
    let bundle = builder
        .build(pinned::SUITE, &Provider::default(), signer, credential)
        .map_err(|_| "key package")?;
    let bytes = bundle
        .key_package()
        .tls_serialize_detached()
        .map_err(|_| "encode")?;
    // Through the wire, as a receiver would see it.
    openmls::prelude::KeyPackageIn::tls_deserialize(&mut bytes.as_slice())
        .map_err(|_| "decode")?
        .validate(
            Provider::default().crypto(),
            openmls::prelude::ProtocolVersion::Mls10,
        )
        .map_err(|_| "validate")
}
