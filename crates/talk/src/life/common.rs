//! What the steps of all objects have in common: who takes one, what is agreed, why one is void.

use super::plan::Reason;
use crate::codec::{DecodeError, Reader, Writer};
use crate::crypto::hash;
use crate::text::Name;
use crate::two_keys::switch::{Check, is};
use crate::two_keys::{Author, DelegationIndex, Delegations, HeadCert, Place, Role, Standing};
use core::fmt;
use incamera_model::{TalkId, encode_base64url};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A meeting, an agenda item, a team, a commitment or a readout: 16 random bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectId(pub [u8; 16]);

impl ObjectId {
    /// As text: base64url.
    #[must_use]
    pub fn to_text(&self) -> String {
        encode_base64url(&self.0)
    }

    /// What a calendar knows a meeting of `talk` by; it tells neither.
    #[must_use]
    pub fn uid(&self, talk: &TalkId) -> String {
        let hash = hash(&[b"meeting-uid", &talk.0, &self.0]);
        format!("{}@incamera", super::hex(&hash[..16]))
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ObjectId({:02x}..)", self.0[0])
    }
}

/// Why an entry of the life is void.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LifeVoid {
    /// Its content can't be read.
    #[error("not readable: {0}")]
    Entry(#[from] DecodeError),
    /// R-LF7: the talk has ended.
    #[error("the talk has ended")]
    Ended,
    /// R-LF6: its delegation has written as much as it may.
    #[error("this delegation has written as much as it may")]
    Full,
    /// No such object, version or delegation.
    #[error("there is no such thing")]
    Unknown,
    /// R-LF1: something was written about it in between.
    #[error("something else was written about it first")]
    Crossed,
    /// R-LF4: not for somebody of this role.
    #[error("this isn't for somebody of this role")]
    Role,
    /// R-LF3: the delegation isn't asked.
    #[error("this delegation isn't asked")]
    NotAsked,
    /// For another side to say.
    #[error("this is for another side to say")]
    NotOwn,
    /// Not as it is now.
    #[error("it isn't in a state for this")]
    State,
    /// It says what stands already.
    #[error("it says what stands already")]
    Again,
    /// R-RO1: a question is still open in it.
    #[error("something in it still stands in brackets")]
    Brackets,
    /// R-RO2: other versions stand beside it, or follow it.
    #[error("it isn't the only latest version")]
    NotTip,
    /// R-RO3: the signature doesn't hold.
    #[error("the signature doesn't hold")]
    Signature,
    /// R-RO4: the readout is agreed.
    #[error("the readout is agreed; nothing about it changes any more")]
    Agreed,
}

impl LifeVoid {
    /// Its name in `docs/protocol.md`.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Entry(_) => "entry",
            Self::Ended => "ended",
            Self::Full => "full",
            Self::Unknown => "unknown",
            Self::Crossed => "crossed",
            Self::Role => "role",
            Self::NotAsked => "not-asked",
            Self::NotOwn => "not-own",
            Self::State => "state",
            Self::Again => "again",
            Self::Brackets => "brackets",
            Self::NotTip => "not-tip",
            Self::Signature => "signature",
            Self::Agreed => "agreed",
        }
    }
}

/// Who wrote something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct By {
    /// The name.
    pub name: Name,
    /// Whose side.
    pub delegation: DelegationIndex,
    /// The key that signed: a head's or a seat's.
    pub key: [u8; 32],
}

impl By {
    pub(super) fn of(author: &Author) -> Self {
        Self {
            name: author.name().clone(),
            delegation: author.delegation(),
            key: *author.key(),
        }
    }
}

/// A text that somebody wrote, by the position of its entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The position.
    pub entry: u64,
    /// What it says.
    pub text: Arc<str>,
    /// Who wrote it.
    pub by: By,
    /// When, as they say.
    pub at: u64,
}

/// The entry whose step is taken.
#[derive(Clone, Copy)]
pub(super) struct Now<'a> {
    pub(super) author: &'a Author,
    pub(super) at: u64,
    /// The place after it.
    pub(super) after: Place,
    pub(super) standing: &'a Standing,
}

impl<'a> Now<'a> {
    pub(super) fn position(&self) -> u64 {
        self.after.position.saturating_sub(1)
    }

    pub(super) fn side(&self) -> DelegationIndex {
        self.author.delegation()
    }

    pub(super) fn principals(&self) -> Delegations {
        self.standing.charter().principals()
    }

    /// R-LF4: for heads alone.
    pub(super) fn head(&self) -> Result<(), LifeVoid> {
        self.allowed(matches!(self.author, Author::Head(_)))
    }

    pub(super) fn head_cert(&self) -> Result<&'a HeadCert, LifeVoid> {
        match self.author {
            Author::Head(head) => Ok(head),
            Author::Seat(_) => Err(LifeVoid::Role),
        }
    }

    /// R-LF4: for heads, and for people of these roles.
    pub(super) fn role(&self, roles: &[Role]) -> Result<(), LifeVoid> {
        self.allowed(match self.author {
            Author::Head(_) => true,
            Author::Seat(seat) => roles.contains(&seat.tbs().role),
        })
    }

    pub(super) fn allowed(&self, holds: bool) -> Result<(), LifeVoid> {
        check(Check::LF4, holds, LifeVoid::Role)
    }

    pub(super) fn written(&self, text: &str) -> Written {
        Written {
            entry: self.position(),
            text: text.into(),
            by: By::of(self.author),
            at: self.at,
        }
    }
}

pub(super) fn check(check: Check, holds: bool, void: LifeVoid) -> Result<(), LifeVoid> {
    if is(check, holds) { Ok(()) } else { Err(void) }
}

/// Which head of which delegation agreed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Agreed(BTreeMap<DelegationIndex, [u8; 32]>);

impl Agreed {
    /// Who has agreed.
    #[must_use]
    pub fn delegations(&self) -> Delegations {
        self.0.keys().copied().collect()
    }

    /// What its author proposes they agree to, if they are asked.
    pub(super) fn proposed(now: &Now<'_>) -> Self {
        let asked = now.principals().has(now.side());
        let by = (now.side(), *now.author.key());
        Self(asked.then_some(by).into_iter().collect())
    }

    /// R-LF3: a delegation that is asked agrees, once.
    pub(super) fn add(&mut self, now: &Now<'_>) -> Result<(), LifeVoid> {
        let asked = now.principals().has(now.side());
        check(Check::LF3, asked, LifeVoid::NotAsked)?;
        if self.0.contains_key(&now.side()) {
            return Err(LifeVoid::Again);
        }
        self.0.insert(now.side(), *now.author.key());
        Ok(())
    }

    pub(super) fn remove(&mut self, side: DelegationIndex) -> bool {
        self.0.remove(&side).is_some()
    }

    /// R-LF3: whether everybody who is asked agreed.
    pub(super) fn is_complete(&self, now: &Now<'_>) -> bool {
        is(Check::LF3, self.delegations().covers(now.principals()))
    }

    /// R-LF5: what a revoked head agreed to and isn't agreed yet, it hasn't.
    pub(super) fn forget_revoked(&mut self, standing: &Standing) {
        self.0
            .retain(|side, head| is(Check::LF5, !standing.is_revoked(*side, head)));
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Something proposed that waits for everybody's agreement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer<T> {
    /// What.
    pub terms: T,
    /// Whose proposal.
    pub by: DelegationIndex,
    /// Who agreed.
    pub agreed: Agreed,
}

impl<T> Offer<T> {
    pub(super) fn new(terms: T, now: &Now<'_>) -> Self {
        Self {
            terms,
            by: now.side(),
            agreed: Agreed::proposed(now),
        }
    }

    /// Whether the author may let it fall: whoever is asked, and whoever proposed it.
    pub(super) fn refused_by(&self, now: &Now<'_>) -> Result<(), LifeVoid> {
        let asked = self.by == now.side() || now.principals().has(now.side());
        check(Check::LF3, asked, LifeVoid::NotAsked)
    }
}

/// A reason, and whose.
pub type Given = (Reason, DelegationIndex);

/// What a step did besides what it says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Effect {
    /// It put another proposal in place of the other side's.
    pub counters: bool,
    /// It made something agreed.
    pub completes: bool,
    /// The plan that it is about.
    pub plan: Option<super::Plan>,
    /// The plan that was agreed before.
    pub was: Option<super::Plan>,
}

pub(super) fn write_time(out: &mut Writer, time: u64) {
    out.u64(time);
}

pub(super) fn read_time(reader: &mut Reader<'_>) -> Result<u64, DecodeError> {
    let time = reader.u64()?;
    super::plan::sound(time <= super::MAX_TIME, time)
}
