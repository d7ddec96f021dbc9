//! Media frames: SFrame (RFC 9605), whole frames, nothing in clear.
//!
//! `KID = ctx | leaf (12 bits) | epoch (8 bits)`, `ctx = n * 4 + kind`; `n` is fresh for each
//! sending transform. Metadata: `room || incarnation || kind`. One KID has one key: a frame is
//! tried with that key or not at all. There is no way to send or take a frame that isn't sealed.

use crate::beat::{FrameList, Track, kind_code, kind_of};
use crate::frame_lists::{Heard, Sent};
use crate::group::EpochKey;
use crate::rules::{Rule, Switches};
use incamera_model::{LeafIndex, MediaKind, RoomId, Timestamp};
use sframe::CipherSuite;
use sframe::error::SframeError;
use sframe::frame::validation::{ReplayAttackProtection, Tolerance};
use sframe::frame::{EncryptedFrameView, MediaFrameView, MonotonicCounter};
use sframe::header::SframeHeader;
use sframe::key::{DecryptionKey, EncryptionKey};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use zeroize::Zeroizing;

const SUITE: CipherSuite = CipherSuite::AesGcm256Sha512;
const EPOCH_BITS: u32 = 8;
const LEAF_BITS: u32 = 12;
/// The largest frame, in bytes; more than any encoder makes.
pub const MAX_MEDIA_FRAME_BYTES: usize = 8 * 1024 * 1024;
/// How far frames of one KID may overtake each other, in frames: over a second at any rate.
const WINDOW: usize = 512;
/// Epochs whose keys are kept at once; only storms of commits reach it, the oldest goes.
const MAX_EPOCHS: usize = 8;

/// A frame that isn't sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Not in the room (yet, or any more).
    #[error("not in the room; wait until it is joined")]
    NotSeated,
    /// In the room, but its state is in doubt: nothing is sent until that is resolved.
    #[error("the room's state is in doubt; sending waits until it is clear")]
    Doubt,
    /// Larger than [`MAX_MEDIA_FRAME_BYTES`].
    #[error("the frame is too large to be sealed")]
    TooLarge,
    /// The sealing itself failed.
    #[error("the frame can't be sealed")]
    Failed,
}

/// A frame that isn't opened; drop it. Each variant names what is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Not in the room.
    #[error("not in the room; frames can't be opened")]
    NotSeated,
    /// Too short, too long, or the header is cut.
    #[error("not an SFrame frame")]
    Malformed,
    /// No member, epoch or kind has this KID.
    #[error("no key for this frame")]
    UnknownKey,
    /// It claims to be one's own.
    #[error("one's own frame came back")]
    Reflected,
    /// Opened before, or too old to tell.
    #[error("the frame was seen before")]
    Replayed,
    /// Altered.
    #[error("the frame was altered")]
    Forged,
}

/// An authentic frame.
#[derive(Clone, PartialEq, Eq)]
pub struct Opened {
    /// Whose it is: the leaf in the MLS tree.
    pub leaf: LeafIndex,
    /// What it carries.
    pub kind: MediaKind,
    /// The frame as its sender's encoder made it.
    pub frame: Vec<u8>,
}

impl core::fmt::Debug for Opened {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(
            f,
            "Opened(leaf {}, {:?}, {} B)",
            self.leaf.0,
            self.kind,
            self.frame.len()
        )
    }
}

/// The keys for media in one incarnation of a room.
pub(crate) struct Media {
    room: RoomId,
    incarnation: u32,
    own: LeafIndex,
    switches: Switches,
    epochs: VecDeque<Epoch>,
    sending: Sending,
    sent: Sent,
    heard: Heard,
}

/// The receive keys of one epoch.
struct Epoch {
    epoch: u64,
    base: Zeroizing<Vec<u8>>,
    /// Whose frames are taken; `None` while the epoch is one's own proposal.
    leaves: Option<BTreeSet<u32>>,
    expires: Option<Timestamp>,
    receivers: BTreeMap<u64, Receiver>,
}

struct Receiver {
    key: DecryptionKey,
    window: ReplayAttackProtection,
}

struct Sending {
    epoch: u64,
    base: Zeroizing<Vec<u8>>,
    /// Which transform of each kind is the current one.
    transforms: [u32; 4],
    keys: BTreeMap<u64, (EncryptionKey, MonotonicCounter)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Kid {
    n: u32,
    kind: MediaKind,
    leaf: u32,
    epoch_low: u8,
}

impl Kid {
    fn new(n: u32, kind: MediaKind, leaf: LeafIndex, epoch: u64) -> Self {
        Self {
            n,
            kind,
            leaf: leaf.0,
            epoch_low: (epoch & 0xff) as u8,
        }
    }

    fn ctx(self) -> u64 {
        u64::from(self.n) * 4 + u64::from(kind_code(self.kind))
    }

    fn value(self) -> u64 {
        self.ctx() << (LEAF_BITS + EPOCH_BITS)
            | u64::from(self.leaf) << EPOCH_BITS
            | u64::from(self.epoch_low)
    }

    /// Refuses a KID that nobody may send: a kind that doesn't exist, a transform beyond 32 bits.
    fn parse(value: u64) -> Option<Self> {
        let ctx = value >> (LEAF_BITS + EPOCH_BITS);
        Some(Self {
            n: u32::try_from(ctx >> 2).ok()?,
            kind: kind_of(ctx & 3)?,
            leaf: (value >> EPOCH_BITS & ((1 << LEAF_BITS) - 1)) as u32,
            epoch_low: (value & 0xff) as u8,
        })
    }
}

impl Media {
    /// Starts with the epoch in which one came in; sends in it.
    pub(crate) fn new(
        room: RoomId,
        incarnation: u32,
        own: LeafIndex,
        key: EpochKey,
        leaves: BTreeSet<u32>,
        switches: Switches,
    ) -> Self {
        let sending = Sending {
            epoch: key.epoch,
            base: key.base.clone(),
            transforms: [0; 4],
            keys: BTreeMap::new(),
        };
        let mut media = Self {
            room,
            incarnation,
            own,
            switches,
            epochs: VecDeque::new(),
            sending,
            sent: Sent::default(),
            heard: Heard::default(),
        };
        media.install(key, Some(leaves));
        media
    }

    // --- epochs ---------------------------------------------------------------------------------

    /// Installs the receive keys of an epoch. `leaves` is `None` for an epoch that one has proposed
    /// oneself: others may send in it before it comes back, whoever they are.
    pub(crate) fn install(&mut self, key: EpochKey, leaves: Option<BTreeSet<u32>>) {
        if let Some(known) = self
            .epochs
            .iter_mut()
            .find(|known| known.epoch == key.epoch)
            && known.base == key.base
        {
            known.leaves = leaves;
            return;
        }
        // An epoch proposed in vain, or one of 256 epochs ago: one KID has one key.
        self.epochs
            .retain(|known| known.epoch & 0xff != key.epoch & 0xff);
        if self.epochs.len() == MAX_EPOCHS {
            self.epochs.pop_front();
        }
        self.epochs.push_back(Epoch {
            epoch: key.epoch,
            base: key.base,
            leaves,
            expires: None,
            receivers: BTreeMap::new(),
        });
    }

    /// Drops an epoch that one has proposed in vain.
    pub(crate) fn withdraw(&mut self, epoch: u64) {
        self.epochs
            .retain(|known| known.epoch != epoch || known.leaves.is_some());
    }

    /// Lets every epoch before `epoch` live until `at`, unless it ends sooner.
    pub(crate) fn expire_before(&mut self, epoch: u64, at: Timestamp) {
        for old in self.epochs.iter_mut().filter(|old| old.epoch < epoch) {
            old.expires = Some(old.expires.map_or(at, |earlier| earlier.min(at)));
        }
    }

    /// From now on, nothing of this leaf is opened in epochs before `epoch`.
    pub(crate) fn remove_leaf(&mut self, leaf: LeafIndex, epoch: u64) {
        self.heard.forget(leaf);
        for old in self.epochs.iter_mut().filter(|old| old.epoch < epoch) {
            if let Some(leaves) = &mut old.leaves {
                leaves.remove(&leaf.0);
            }
            old.receivers
                .retain(|kid, _| Kid::parse(*kid).is_some_and(|kid| kid.leaf != leaf.0));
        }
    }

    /// Sends in this epoch from now on.
    pub(crate) fn send_in(&mut self, key: &EpochKey) {
        self.sending.epoch = key.epoch;
        self.sending.base = key.base.clone();
        self.sending.keys.clear();
    }

    /// Drops what has expired.
    pub(crate) fn tick(&mut self, now: Timestamp) {
        self.epochs
            .retain(|epoch| epoch.expires.is_none_or(|at| now < at));
    }

    pub(crate) fn next_expiry(&self) -> Option<Timestamp> {
        self.epochs.iter().filter_map(|epoch| epoch.expires).min()
    }

    /// A new sending transform of a kind: a new context, so that no KID and counter come twice.
    pub(crate) fn new_transform(&mut self, kind: MediaKind) {
        let n = &mut self.sending.transforms[usize::from(kind_code(kind))];
        *n = n.saturating_add(1);
    }

    pub(crate) fn track(&self, kind: MediaKind) -> Track {
        Track {
            ctx: self.own_kid(kind).ctx(),
            kind,
        }
    }

    fn own_kid(&self, kind: MediaKind) -> Kid {
        let n = self.sending.transforms[usize::from(kind_code(kind))];
        Kid::new(n, kind, self.own, self.sending.epoch)
    }

    // --- frames ---------------------------------------------------------------------------------

    pub(crate) fn seal(&mut self, kind: MediaKind, frame: &[u8]) -> Result<Vec<u8>, SealError> {
        if frame.len() > MAX_MEDIA_FRAME_BYTES {
            return Err(SealError::TooLarge);
        }
        let kid = self.own_kid(kind).value();
        let metadata = self.metadata(kind);
        if !self.sending.keys.contains_key(&kid) {
            let key = EncryptionKey::derive_from(SUITE, kid, &*self.sending.base)
                .map_err(|_| SealError::Failed)?;
            self.sending
                .keys
                .insert(kid, (key, MonotonicCounter::default()));
        }
        let (key, counter) = self.sending.keys.get_mut(&kid).ok_or(SealError::Failed)?;
        let view = MediaFrameView::try_with_meta_data(counter, frame, &metadata)
            .map_err(|_| SealError::Failed)?;
        let counter = view.counter();
        let sealed = seal_view(&view, key, frame)?;
        if is_sound(kind) {
            self.sent.sealed(kid, counter, &sealed);
        }
        Ok(sealed)
    }

    /// The sound that was sealed since this was asked last.
    pub(crate) fn take_sent(&mut self) -> Vec<FrameList> {
        self.sent.take()
    }

    /// Whether sound was opened as somebody's that they didn't send, by what they say they sent.
    pub(crate) fn is_forged(
        &mut self,
        now: Timestamp,
        leaf: LeafIndex,
        lists: &[FrameList],
    ) -> bool {
        let own_only =
            |list: &&FrameList| Kid::parse(list.kid).is_some_and(|kid| kid.leaf == leaf.0);
        let lists: Vec<FrameList> = lists.iter().filter(own_only).cloned().collect();
        self.heard.contradicted(now, leaf, &lists)
    }

    pub(crate) fn open(&mut self, now: Timestamp, sealed: &[u8]) -> Result<Opened, OpenError> {
        self.tick(now);
        if sealed.len() > MAX_MEDIA_FRAME_BYTES + 64 {
            return Err(OpenError::Malformed);
        }
        let header = SframeHeader::deserialize(sealed).map_err(|_| OpenError::Malformed)?;
        let kid = Kid::parse(header.key_id()).ok_or(OpenError::UnknownKey)?;
        if kid.leaf == self.own.0 && self.switches.enforces(Rule::Reflection) {
            return Err(OpenError::Reflected);
        }
        let metadata = self.metadata(kid.kind);
        let check_replay = self.switches.enforces(Rule::Replay);
        let epoch = self
            .epochs
            .iter_mut()
            .find(|epoch| (epoch.epoch & 0xff) as u8 == kid.epoch_low)
            .filter(|epoch| {
                epoch
                    .leaves
                    .as_ref()
                    .is_none_or(|leaves| leaves.contains(&kid.leaf))
            })
            .ok_or(OpenError::UnknownKey)?;
        let frame = epoch.open(kid, sealed, &metadata, check_replay)?;
        if is_sound(kid.kind) {
            let counter = header.counter();
            let leaf = LeafIndex(kid.leaf);
            self.heard.opened(now, leaf, (kid.value(), counter), sealed);
        }
        Ok(Opened {
            leaf: LeafIndex(kid.leaf),
            kind: kid.kind,
            frame,
        })
    }

    /// Seals sound in another's name, as every member could.
    #[cfg(feature = "test-switches")]
    pub(crate) fn attack_seal_as(
        &self,
        leaf: LeafIndex,
        counter: u64,
        frame: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        let kind = MediaKind::Microphone;
        // Their first transform.
        let kid = Kid::new(1, kind, leaf, self.sending.epoch).value();
        let key = EncryptionKey::derive_from(SUITE, kid, &*self.sending.base)
            .map_err(|_| SealError::Failed)?;
        let metadata = self.metadata(kind);
        let mut counter = MonotonicCounter::with_start_value(counter, u64::MAX);
        let view = MediaFrameView::try_with_meta_data(&mut counter, frame, &metadata)
            .map_err(|_| SealError::Failed)?;
        seal_view(&view, &key, frame)
    }

    fn metadata(&self, kind: MediaKind) -> [u8; 21] {
        let mut out = [0; 21];
        out[..16].copy_from_slice(&self.room.0);
        out[16..20].copy_from_slice(&self.incarnation.to_be_bytes());
        out[20] = kind_code(kind);
        out
    }
}

fn is_sound(kind: MediaKind) -> bool {
    matches!(kind, MediaKind::Microphone | MediaKind::ScreenAudio)
}

impl Epoch {
    fn open(
        &mut self,
        kid: Kid,
        sealed: &[u8],
        metadata: &[u8],
        check_replay: bool,
    ) -> Result<Vec<u8>, OpenError> {
        let value = kid.value();
        let view = EncryptedFrameView::try_with_meta_data(sealed, metadata)
            .map_err(|_| OpenError::Malformed)?;
        if let Some(known) = self.receivers.get_mut(&value) {
            return known.open(&view, check_replay);
        }
        // A key is kept only once a frame was authentic: KIDs are free to invent.
        if self
            .newest(kid)
            .is_some_and(|newest| kid.n.saturating_add(1) < newest)
        {
            return Err(OpenError::UnknownKey);
        }
        let mut receiver = Receiver {
            key: DecryptionKey::derive_from(SUITE, value, &*self.base)
                .map_err(|_| OpenError::UnknownKey)?,
            window: ReplayAttackProtection::new(value, Tolerance::new(WINDOW)),
        };
        let frame = receiver.open(&view, check_replay)?;
        self.receivers.insert(value, receiver);
        self.forget_old_transforms(kid);
        Ok(frame)
    }

    fn newest(&self, of: Kid) -> Option<u32> {
        self.receivers
            .keys()
            .filter_map(|kid| Kid::parse(*kid))
            .filter(|kid| kid.leaf == of.leaf && kid.kind == of.kind)
            .map(|kid| kid.n)
            .max()
    }

    /// Two transforms of a track at most: the current one and the one before. Older ones are
    /// refused from then on, so their replay windows needn't be kept.
    fn forget_old_transforms(&mut self, of: Kid) {
        let Some(newest) = self.newest(of) else {
            return;
        };
        self.receivers.retain(|kid, _| {
            Kid::parse(*kid).is_some_and(|kid| {
                kid.leaf != of.leaf || kid.kind != of.kind || kid.n.saturating_add(1) >= newest
            })
        });
    }
}

impl Receiver {
    fn open(
        &mut self,
        view: &EncryptedFrameView<'_>,
        check_replay: bool,
    ) -> Result<Vec<u8>, OpenError> {
        let opened = if check_replay {
            view.validated_decrypt(&self.key, &mut self.window)
        } else {
            view.decrypt(&self.key)
        };
        match opened {
            Ok(frame) => Ok(frame.payload().to_vec()),
            Err(SframeError::FrameValidationFailed(_)) => Err(OpenError::Replayed),
            Err(SframeError::InvalidBuffer(_)) => Err(OpenError::Malformed),
            Err(_) => Err(OpenError::Forged),
        }
    }
}

impl core::fmt::Debug for Media {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Media(redacted)")
    }
}

#[cfg(not(feature = "test-unsealed"))]
fn seal_view(
    view: &MediaFrameView<'_>,
    key: &EncryptionKey,
    _frame: &[u8],
) -> Result<Vec<u8>, SealError> {
    let mut buffer = Vec::new();
    let metadata = view.meta_data().len();
    view.encrypt_into(key, &mut buffer)
        .map_err(|_| SealError::Failed)?;
    buffer.drain(..metadata);
    Ok(buffer)
}

/// Header and clear frame; see the feature `test-unsealed`. No receiver opens it.
#[cfg(feature = "test-unsealed")]
fn seal_view(
    view: &MediaFrameView<'_>,
    key: &EncryptionKey,
    frame: &[u8],
) -> Result<Vec<u8>, SealError> {
    let mut out = Vec::from(&SframeHeader::new(key.key_id(), view.counter()));
    out.extend_from_slice(frame);
    Ok(out)
}

#[cfg(all(test, not(feature = "test-unsealed")))]
#[path = "media_tests.rs"]
mod tests;

/// Body of [`crate::fuzz::sframe_open`]: nobody has these keys, so nothing may be opened.
pub(crate) fn fuzz_open(bytes: &[u8]) {
    let key = EpochKey {
        epoch: 1,
        base: Zeroizing::new(vec![0x5a; 32]),
    };
    let mut media = Media::new(
        RoomId([1; 16]),
        1,
        LeafIndex(0),
        key,
        BTreeSet::from([0, 1, 2]),
        Switches::default(),
    );
    let opened = media.open(Timestamp(0), bytes);
    assert!(opened.is_err() || bytes.len() > 17);
}
