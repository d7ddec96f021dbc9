//! The one owner of an MLS group (RFC 9420). A commit goes through consecutive types, so that no
//! check can be left out:
//!
//! ```text
//! bytes --parse (R-C1)--> CommitMessage --stage--> StagedByPeer --inspect (R-C2..C5, C7)-->
//! VerifiedCommit --merge--> CommitOutcome
//! ```
//!
//! Nothing else merges what others wrote; one's own commit goes through the same `inspect` before
//! it leaves the house.

use crate::entries::{AppMessage, Marks};
use crate::identity::{Identity, Judge};
use crate::leaves::{are_single_use, check_key_package, read_roster};
use crate::pinned::{self, RoomState};
use crate::provider::Provider;
use crate::room_seat::RoomSeat;
use crate::rules::{Rule, Switches};
use incamera_model::LeafIndex;
use incamera_talk::two_keys::{Place, Standing};
use incamera_talk::{SeatKey, crypto};
use openmls::prelude::tls_codec::{DeserializeBytes as _, Serialize as _};
use openmls::prelude::{
    ContentType, GroupId, KeyPackage, LeafNode, LeafNodeIndex, MlsGroup, MlsMessageBodyIn,
    MlsMessageIn, OpenMlsProvider as _, PrivateMessageIn, ProcessMessageError,
    ProcessedMessageContent, Proposal, ProposalOrRefType, ProtocolMessage, Sender, StagedCommit,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use zeroize::Zeroizing;

/// RFC 9605 section 5.2.
const SFRAME_LABEL: &str = "SFrame 1.0 Base Key";
const SFRAME_KEY_BYTES: usize = 32;

/// An MLS group and everything that it needs; see the module's documentation.
pub(crate) struct SealedGroup {
    group: MlsGroup,
    provider: Provider,
    identity: Arc<Identity>,
    switches: Switches,
    state: RoomState,
    /// What stands at the state's place; none where a link admits.
    standing: Option<Arc<Standing>>,
    roster: BTreeMap<LeafIndex, RoomSeat>,
}

/// A place of the record that a room follows, and what stands from there on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Follows {
    pub(crate) place: Place,
    pub(crate) standing: Arc<Standing>,
}

/// An epoch's key for media, and who is in it.
pub(crate) struct EpochKey {
    pub(crate) epoch: u64,
    pub(crate) base: Zeroizing<Vec<u8>>,
}

/// Why a commit in `c/<room>` isn't merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Not a commit of this group's current epoch, or by nobody who is in it: void for everybody.
    Void,
    /// By a member, and breaks a rule: void for everybody, and worth naming its author.
    Rule {
        rule: Rule,
        committer: Option<LeafIndex>,
    },
    /// By a member, and can't be processed here (R-C9); it may be valid for others.
    Unprocessable,
}

/// Stage 1: a PrivateMessage with a commit for this group in its current epoch (R-C1).
pub(crate) struct CommitMessage(ProtocolMessage);

/// Stage 2: decrypted, its signatures and confirmation tag verified by openmls.
struct StagedByPeer {
    staged: Box<StagedCommit>,
    committer: Option<LeafIndex>,
    marks: Vec<u8>,
}

/// Stage 3: it satisfies the rules.
struct VerifiedCommit {
    staged: Box<StagedCommit>,
    changes: Changes,
}

/// What a commit does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Changes {
    pub(crate) committer: Option<LeafIndex>,
    pub(crate) added: Vec<SeatKey>,
    pub(crate) removed: Vec<(LeafIndex, RoomSeat)>,
    /// References of the key packages added for one's own seat.
    pub(crate) own_packages: Vec<Vec<u8>>,
    pub(crate) has_path: bool,
    /// The place that the room follows from here on, if that changed.
    pub(crate) follows: Option<Follows>,
}

/// What merging came to.
pub(crate) enum CommitOutcome {
    Next(Changes),
    /// One's own leaf was removed; the group is of no use any more.
    Removed(Changes),
}

/// One's own commit, before it stands in the log.
pub(crate) struct OwnCommit {
    pub(crate) commit: Vec<u8>,
    pub(crate) welcome: Vec<u8>,
    pub(crate) changes: Changes,
    pub(crate) next: EpochKey,
}

/// An MLS operation of one's own that openmls refused. It can't be caused by others' input that
/// passed the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the MLS library refused: {0}")]
pub struct MlsFailure(pub(crate) &'static str);

/// Why an application message isn't shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MessageRefusal {
    /// Of an epoch that is still to come; worth keeping for a while.
    Future,
    /// Anything else: junk, replayed, too old, one's own.
    Void,
}

impl SealedGroup {
    /// Creates the group of a new incarnation, with oneself as the only member.
    pub(crate) fn create(
        identity: Arc<Identity>,
        switches: Switches,
        incarnation: u32,
        group_id: &[u8],
        follows: Option<Follows>,
    ) -> Result<Self, MlsFailure> {
        let provider = Provider::default();
        let place = follows.as_ref().map(|follows| follows.place);
        let state = RoomState::new(&identity, incarnation, place);
        let config = pinned::create_config(&state).ok_or(MlsFailure("room state"))?;
        let group = MlsGroup::new_with_group_id(
            &provider,
            &*identity,
            &config,
            GroupId::from_slice(group_id),
            pinned::credential(&identity),
        )
        .map_err(|_| MlsFailure("create"))?;
        let standing = follows.map(|follows| follows.standing);
        Self::adopt(group, provider, identity, switches, (state, standing))
            .map_err(|_| MlsFailure("own seat"))
    }

    /// Takes a group over once every leaf of its tree and its context satisfy the rules.
    pub(crate) fn adopt(
        group: MlsGroup,
        provider: Provider,
        identity: Arc<Identity>,
        switches: Switches,
        (state, standing): (RoomState, Option<Arc<Standing>>),
    ) -> Result<Self, Rule> {
        let context_holds = group.ciphersuite() == pinned::SUITE
            && pinned::context_extensions(&state).as_ref() == Some(group.extensions());
        switches.require(Rule::C10, context_holds)?;
        let judge = Judge {
            identity: &identity,
            switches: &switches,
            standing: standing.as_deref(),
        };
        let roster = read_roster(&group, judge, &BTreeMap::new())?;
        let own = LeafIndex(group.own_leaf_index().u32());
        let own_seat = roster.get(&own).map(RoomSeat::key);
        switches.require(Rule::C10, own_seat == Some(identity.seat.key()))?;
        Ok(Self {
            group,
            provider,
            identity,
            switches,
            state,
            standing,
            roster,
        })
    }

    // --- others' commits ------------------------------------------------------------------------

    /// Takes an entry's commit through all stages.
    pub(crate) fn receive(
        &mut self,
        commit: &[u8],
        marks: Marks,
        follows: Option<Follows>,
    ) -> Result<CommitOutcome, Refusal> {
        let message = self.parse(commit)?;
        let staged = self.stage(message)?;
        let verified = self.inspect(staged, marks, follows)?;
        self.merge(verified)
    }

    /// R-C1, before openmls sees the message: it would stage external commits, and let external
    /// messages past its wire-format policy.
    fn parse(&self, commit: &[u8]) -> Result<CommitMessage, Refusal> {
        let message = MlsMessageIn::tls_deserialize_exact_bytes(commit)
            .map_err(|_| Refusal::Void)?
            .extract();
        let holds = |message: &PrivateMessageIn| {
            message.content_type() == ContentType::Commit
                && message.group_id() == self.group.group_id()
                && message.epoch() == self.group.epoch()
        };
        match message {
            MlsMessageBodyIn::PrivateMessage(private) if holds(&private) => {
                Ok(CommitMessage(private.into()))
            }
            MlsMessageBodyIn::PublicMessage(public) if !self.switches.enforces(Rule::C1) => {
                Ok(CommitMessage(public.into()))
            }
            MlsMessageBodyIn::PublicMessage(_) => Err(Refusal::Rule {
                rule: Rule::C1,
                committer: None,
            }),
            _ => Err(Refusal::Void),
        }
    }

    fn stage(&mut self, message: CommitMessage) -> Result<StagedByPeer, Refusal> {
        let processed = match self.group.process_message(&self.provider, message.0) {
            Ok(processed) => processed,
            // The signature held, so a member wrote it.
            Err(ProcessMessageError::InvalidCommit(_)) => return Err(Refusal::Unprocessable),
            Err(_) => return Err(Refusal::Void),
        };
        let committer = match processed.sender() {
            Sender::Member(leaf) => Some(LeafIndex(leaf.u32())),
            _ => None,
        };
        let marks = processed.aad().to_vec();
        match processed.into_content() {
            ProcessedMessageContent::StagedCommitMessage(staged) => Ok(StagedByPeer {
                staged,
                committer,
                marks,
            }),
            _ => Err(Refusal::Void),
        }
    }

    fn inspect(
        &self,
        commit: StagedByPeer,
        marks: Marks,
        follows: Option<Follows>,
    ) -> Result<VerifiedCommit, Refusal> {
        let committer = commit.committer;
        let refuse = |rule| Refusal::Rule { rule, committer };
        let is_member = committer.is_some_and(|leaf| self.roster.contains_key(&leaf));
        self.switches
            .require(Rule::C1, is_member && commit.marks == marks.encode())
            .map_err(refuse)?;
        let changes = self
            .check_staged(&commit.staged, committer, follows)
            .map_err(refuse)?;
        Ok(VerifiedCommit {
            staged: commit.staged,
            changes,
        })
    }

    fn merge(&mut self, commit: VerifiedCommit) -> Result<CommitOutcome, Refusal> {
        let removed_self = commit.staged.self_removed();
        self.group
            .merge_staged_commit(&self.provider, *commit.staged)
            .map_err(|_| Refusal::Unprocessable)?;
        if removed_self {
            return Ok(CommitOutcome::Removed(commit.changes));
        }
        self.merged(&commit.changes);
        Ok(CommitOutcome::Next(commit.changes))
    }

    // --- the rules ------------------------------------------------------------------------------

    /// R-C2 to R-C5 and R-C7 over a staged commit. `follows`: the place that it names and what stands
    /// there; none where a link admits.
    fn check_staged(
        &self,
        staged: &StagedCommit,
        committer: Option<LeafIndex>,
        follows: Option<Follows>,
    ) -> Result<Changes, Rule> {
        let follows = follows.filter(|follows| Some(follows.place) != self.state.place);
        let mut changes = Changes {
            committer,
            added: Vec::new(),
            removed: Vec::new(),
            own_packages: Vec::new(),
            has_path: staged.update_path_leaf_node().is_some(),
            follows,
        };
        let mut added = Vec::new();
        let mut contexts = 0;
        for queued in staged.queued_proposals() {
            let inline = queued.proposal_or_ref_type() == ProposalOrRefType::Proposal;
            self.switches.require(Rule::C2, inline)?;
            match queued.proposal() {
                Proposal::Add(add) => {
                    added.push(self.check_add(add.key_package(), &mut changes)?);
                }
                Proposal::Remove(remove) => {
                    let leaf = LeafIndex(remove.removed().u32());
                    if let Some(seat) = self.roster.get(&leaf) {
                        changes.removed.push((leaf, seat.clone()));
                    }
                }
                Proposal::GroupContextExtensions(_) => contexts += 1,
                _ => self.switches.require(Rule::C2, false)?,
            }
        }
        let moves = usize::from(changes.follows.is_some());
        self.switches.require(Rule::C7, contexts == moves)?;
        let people =
            (self.roster.len() + changes.added.len()).saturating_sub(changes.removed.len());
        self.switches
            .require(Rule::C3, people <= pinned::MAX_PEOPLE)?;
        self.check_remaining(&changes, &added)?;
        // Suite and required capabilities stay what they are (R-C3, R-C7), and of the room's state
        // all but the place.
        let context = staged.group_context();
        let as_it_should = context.ciphersuite() == pinned::SUITE
            && pinned::context_extensions(&self.state_after(&changes)).as_ref()
                == Some(context.extensions());
        self.switches.require(Rule::C7, as_it_should)?;
        if let Some(leaf) = staged.update_path_leaf_node() {
            self.check_path_leaf(leaf, committer)?;
        }
        Ok(changes)
    }

    /// R-C7: the room goes on in the record, not back, and whoever doesn't stand there goes with this
    /// commit. R-C5: an automatic invitation seats one person.
    fn check_remaining(&self, changes: &Changes, added: &[RoomSeat]) -> Result<(), Rule> {
        let removed = |leaf: &LeafIndex| changes.removed.iter().any(|(gone, _)| gone == leaf);
        let remaining = || self.roster.iter().filter(|(leaf, _)| !removed(leaf));
        let seats = remaining().map(|(_, seat)| seat).chain(added);
        let once = are_single_use(seats);
        self.switches.require(Rule::SingleUse, once)?;
        let Some(follows) = &changes.follows else {
            return Ok(());
        };
        let before = self.state.place.map(|place| place.position);
        let onward = before.is_some_and(|before| follows.place.position > before);
        let judge = self.judge(Some(&follows.standing));
        let all_stand = remaining().all(|(_, seat)| judge.stands(seat).is_ok());
        self.switches.require(Rule::C7, onward && all_stand)
    }

    fn state_after(&self, changes: &Changes) -> RoomState {
        let moved = changes.follows.as_ref().map(|follows| follows.place);
        RoomState {
            place: moved.or(self.state.place),
            ..self.state.clone()
        }
    }

    fn judge<'a>(&'a self, standing: Option<&'a Standing>) -> Judge<'a> {
        Judge {
            identity: &self.identity,
            switches: &self.switches,
            standing,
        }
    }

    fn check_add(&self, package: &KeyPackage, changes: &mut Changes) -> Result<RoomSeat, Rule> {
        let moved = changes.follows.as_ref().map(|follows| &*follows.standing);
        let judge = self.judge(moved.or(self.standing.as_deref()));
        let seat = check_key_package(package, judge)?;
        if seat.key() == self.identity.seat.key()
            && let Ok(reference) = package.hash_ref(self.provider.crypto())
        {
            changes.own_packages.push(reference.as_slice().to_vec());
        }
        changes.added.push(seat.key());
        Ok(seat)
    }

    /// R-C4.
    fn check_path_leaf(&self, new: &LeafNode, committer: Option<LeafIndex>) -> Result<(), Rule> {
        let old =
            committer.and_then(|leaf| self.group.public_group().leaf(LeafNodeIndex::new(leaf.0)));
        let same = old.is_some_and(|old| {
            old.credential() == new.credential()
                && old.signature_key() == new.signature_key()
                && old.capabilities() == new.capabilities()
                && old.extensions() == new.extensions()
        });
        self.switches.require(Rule::C4, same)
    }

    // --- one's own commits ----------------------------------------------------------------------

    /// Prepares a commit; it takes effect with [`Self::merge_own`] once it stands in the log, or
    /// never with [`Self::discard_own`]. A commit with a Remove always has a path.
    pub(crate) fn propose(
        &mut self,
        removals: &BTreeSet<LeafIndex>,
        packages: &[KeyPackage],
        marks: Marks,
        with_path: bool,
        follows: Option<Follows>,
    ) -> Result<OwnCommit, MlsFailure> {
        self.discard_own();
        self.group.set_aad(marks.encode());
        let moved = follows
            .as_ref()
            .filter(|follows| Some(follows.place) != self.state.place)
            .map(|follows| RoomState {
                place: Some(follows.place),
                ..self.state.clone()
            });
        let removals = removals.iter().map(|leaf| LeafNodeIndex::new(leaf.0));
        let mut builder = self
            .group
            .commit_builder()
            .consume_proposal_store(false)
            .force_self_update(with_path)
            .propose_removals(removals)
            .propose_adds(packages.iter().cloned());
        if let Some(state) = &moved {
            let extensions = pinned::context_extensions(state).ok_or(MlsFailure("room state"))?;
            builder = builder
                .propose_group_context_extensions(extensions)
                .map_err(|_| MlsFailure("context"))?;
        }
        let bundle = builder
            .load_psks(self.provider.storage())
            .map_err(|_| MlsFailure("psk"))?
            .create_group_info(false)
            .build(
                self.provider.rand(),
                self.provider.crypto(),
                &*self.identity,
                |_| true,
            )
            .map_err(|_| MlsFailure("commit"))?
            .stage_commit(&self.provider)
            .map_err(|_| MlsFailure("stage"))?;
        let (commit, welcome, _) = bundle.into_messages();
        let welcome = match welcome {
            Some(welcome) => welcome.tls_serialize_detached(),
            None => Ok(Vec::new()),
        };
        let (Ok(commit), Ok(welcome)) = (commit.tls_serialize_detached(), welcome) else {
            self.discard_own();
            return Err(MlsFailure("encode"));
        };
        self.preview(commit, welcome, follows)
            .inspect_err(|_| self.discard_own())
    }

    fn preview(
        &self,
        commit: Vec<u8>,
        welcome: Vec<u8>,
        follows: Option<Follows>,
    ) -> Result<OwnCommit, MlsFailure> {
        let staged = self.group.pending_commit().ok_or(MlsFailure("pending"))?;
        let changes = self
            .check_staged(staged, Some(self.own_leaf()), follows)
            .map_err(|rule| MlsFailure(rule.id()))?;
        let base = staged
            .export_secret(self.provider.crypto(), SFRAME_LABEL, b"", SFRAME_KEY_BYTES)
            .map_err(|_| MlsFailure("export"))?;
        Ok(OwnCommit {
            commit,
            welcome,
            changes,
            next: EpochKey {
                epoch: staged.epoch().as_u64(),
                base: Zeroizing::new(base),
            },
        })
    }

    /// Merges what [`Self::propose`] prepared.
    pub(crate) fn merge_own(&mut self, changes: &Changes) -> Result<(), MlsFailure> {
        self.group
            .merge_pending_commit(&self.provider)
            .map_err(|_| MlsFailure("merge"))?;
        self.merged(changes);
        Ok(())
    }

    /// Forgets what [`Self::propose`] prepared.
    pub(crate) fn discard_own(&mut self) {
        // Fails only if memory can't be written.
        let _ = self.group.clear_pending_commit(self.provider.storage());
    }

    // --- messages -------------------------------------------------------------------------------

    pub(crate) fn encrypt(&mut self, message: &AppMessage) -> Result<Vec<u8>, MlsFailure> {
        self.group.set_aad(Vec::new());
        self.group
            .create_message(&self.provider, &*self.identity, &message.encode())
            .map_err(|_| MlsFailure("message"))?
            .tls_serialize_detached()
            .map_err(|_| MlsFailure("encode"))
    }

    pub(crate) fn decrypt(
        &mut self,
        bytes: &[u8],
    ) -> Result<(RoomSeat, LeafIndex, AppMessage), MessageRefusal> {
        let message = MlsMessageIn::tls_deserialize_exact_bytes(bytes)
            .map_err(|_| MessageRefusal::Void)?
            .extract();
        let MlsMessageBodyIn::PrivateMessage(message) = message else {
            return Err(MessageRefusal::Void);
        };
        if message.group_id() != self.group.group_id()
            || message.content_type() != ContentType::Application
        {
            return Err(MessageRefusal::Void);
        }
        if message.epoch() > self.group.epoch() {
            return Err(MessageRefusal::Future);
        }
        let processed = self
            .group
            .process_message(&self.provider, message)
            .map_err(|_| MessageRefusal::Void)?;
        let Sender::Member(leaf) = *processed.sender() else {
            return Err(MessageRefusal::Void);
        };
        // The sender as of the message's epoch; its leaf may have changed hands since.
        let seat = self
            .judge(self.standing.as_deref())
            .signatures(processed.credential().serialized_content())
            .map_err(|_| MessageRefusal::Void)?;
        // Past epochs are read for what overtakes a commit; who was removed says nothing more.
        if self.leaf_of(&seat.key()).is_none() {
            return Err(MessageRefusal::Void);
        }
        match processed.into_content() {
            ProcessedMessageContent::ApplicationMessage(message) => {
                let message = AppMessage::decode(&Zeroizing::new(message.into_bytes()))
                    .map_err(|_| MessageRefusal::Void)?;
                Ok((seat, LeafIndex(leaf.u32()), message))
            }
            _ => Err(MessageRefusal::Void),
        }
    }

    // --- getters --------------------------------------------------------------------------------

    pub(crate) fn incarnation(&self) -> u32 {
        self.state.incarnation
    }

    pub(crate) fn epoch(&self) -> u64 {
        self.group.epoch().as_u64()
    }

    pub(crate) fn own_leaf(&self) -> LeafIndex {
        LeafIndex(self.group.own_leaf_index().u32())
    }

    /// Everybody in the tree, oneself included.
    pub(crate) fn roster(&self) -> &BTreeMap<LeafIndex, RoomSeat> {
        &self.roster
    }

    /// The place of the record that the room follows; none where a link admits.
    pub(crate) fn place(&self) -> Option<Place> {
        self.state.place
    }

    /// Those who don't stand under `standing`.
    pub(crate) fn fallen(&self, standing: &Standing) -> BTreeSet<LeafIndex> {
        let judge = self.judge(Some(standing));
        let fallen = self
            .roster
            .iter()
            .filter(|(_, seat)| judge.stands(seat).is_err());
        fallen.map(|(leaf, _)| *leaf).collect()
    }

    pub(crate) fn leaf_of(&self, key: &SeatKey) -> Option<LeafIndex> {
        self.roster
            .iter()
            .find(|(_, seat)| seat.key() == *key)
            .map(|(leaf, _)| *leaf)
    }

    /// `H(epoch_authenticator)[..16]` (RFC 9420 section 8.7): equal for two members if and only if
    /// they are in the same group state.
    pub(crate) fn authenticator(&self) -> [u8; 16] {
        let mut out = [0; 16];
        let hash = crypto::hash(&[self.group.epoch_authenticator().as_slice()]);
        out.copy_from_slice(&hash[..16]);
        out
    }

    pub(crate) fn epoch_key(&self) -> Result<EpochKey, MlsFailure> {
        let base = self
            .group
            .export_secret(self.provider.crypto(), SFRAME_LABEL, b"", SFRAME_KEY_BYTES)
            .map_err(|_| MlsFailure("export"))?;
        Ok(EpochKey {
            epoch: self.epoch(),
            base: Zeroizing::new(base),
        })
    }

    #[cfg(feature = "test-switches")]
    pub(crate) fn attack_parts(&self) -> (MlsGroup, Provider, Arc<Identity>, Switches) {
        let provider = self.provider.fork();
        let group = MlsGroup::load(provider.storage(), self.group.group_id())
            .ok()
            .flatten()
            .unwrap_or_else(|| unreachable!("the group was stored by every change"));
        (
            group,
            provider,
            self.identity.clone(),
            self.switches.clone(),
        )
    }

    #[cfg(feature = "test-switches")]
    pub(crate) fn attack_provider(&self) -> &Provider {
        &self.provider
    }

    /// Forgets the private keys of one's path, so that others' paths can't be processed here.
    #[cfg(feature = "test-switches")]
    pub(crate) fn sabotage(&mut self) {
        self.provider = Provider::default();
    }

    fn merged(&mut self, changes: &Changes) {
        if let Some(follows) = &changes.follows {
            self.state.place = Some(follows.place);
            self.standing = Some(follows.standing.clone());
        }
        // The rules held for the old tree and for every change, so they hold for the new one.
        let judge = self.judge(self.standing.as_deref());
        if let Ok(roster) = read_roster(&self.group, judge, &self.roster) {
            self.roster = roster;
        }
    }
}

impl core::fmt::Debug for SealedGroup {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "SealedGroup(epoch {})", self.epoch())
    }
}

/// The group and the epoch that a commit's clear header claims; nothing of it is verified.
pub(crate) fn claimed(commit: &[u8]) -> Option<(Vec<u8>, u64)> {
    let message = MlsMessageIn::tls_deserialize_exact_bytes(commit).ok()?;
    match message.extract() {
        MlsMessageBodyIn::PrivateMessage(private)
            if private.content_type() == ContentType::Commit =>
        {
            let group = private.group_id().as_slice().to_vec();
            Some((group, private.epoch().as_u64()))
        }
        _ => None,
    }
}
