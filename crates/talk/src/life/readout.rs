//! Readouts: drafted until nothing is left in brackets, and signed by each side.

use super::common::{By, Effect, LifeVoid, Now, Written, check};
use super::document::Document;
use super::signed_text::signed_text;
use super::text::Lines;
use crate::codec::{DecodeError, Reader, Writer};
use crate::crypto::{SIGNATURE_BYTES, hash, verify_raw};
use crate::two_keys::switch::{Check, is};
use crate::two_keys::{DelegationIndex, Place, Ratified, Role, Standing};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Who may draft, besides heads.
const DRAFTERS: &[Role] = &[Role::Head, Role::Delegate, Role::NoteTaker, Role::Mediator];
const WHOLE: u16 = u16::MAX;

/// A step about a readout, kind 69.
///
/// ```text
/// 1 draft Document; 2 comment uint64 on || uint16 paragraph (65535: the whole) || opaque text<V>;
/// 3 sign uint64 on || opaque signature[64]; 4 unsign uint64 on; 5 dispute uint64 on || opaque text<V>;
/// 6 undispute
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadoutStep {
    /// A version; by heads, delegates, note takers and mediators.
    Draft(Arc<Document>),
    /// A comment on a version; by anybody.
    Comment {
        /// The version.
        on: u64,
        /// The paragraph, from 0; none for the whole.
        paragraph: Option<u16>,
        /// What it says.
        text: Lines<2000>,
    },
    /// A head's signature under a version's [`signed_text`], by the head's key.
    Sign {
        /// The version.
        on: u64,
        /// The signature, Ed25519 over the text as it is.
        signature: [u8; SIGNATURE_BYTES],
    },
    /// A side's signature is taken back.
    Unsign {
        /// The version.
        on: u64,
    },
    /// A head says what is wrong with a version.
    Dispute {
        /// The version.
        on: u64,
        /// What is wrong.
        text: Lines<2000>,
    },
    /// It isn't any more.
    Undispute,
}

/// A version of a readout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// The versions that it follows.
    pub parents: Vec<u64>,
    /// Who wrote it.
    pub by: By,
    /// When, as they say.
    pub at: u64,
    /// What it says.
    pub document: Arc<Document>,
    charter: Arc<Ratified>,
    after: Place,
}

/// A comment on a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// The version.
    pub on: u64,
    /// The paragraph, from 0; none for the whole.
    pub paragraph: Option<u16>,
    /// What it says.
    pub written: Written,
}

/// A side's signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// The version.
    pub on: u64,
    /// The position of the signature's entry.
    pub entry: u64,
    /// The head that signed; its key verifies the signature.
    pub by: By,
    /// The signature.
    pub signature: [u8; SIGNATURE_BYTES],
}

/// A readout.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Readout {
    /// The position of its first entry.
    pub since: u64,
    /// The position of its latest entry.
    pub last: u64,
    /// The versions, by their positions.
    pub versions: BTreeMap<u64, Version>,
    /// The versions that none follows.
    pub tips: BTreeSet<u64>,
    /// The comments.
    pub comments: Vec<Comment>,
    /// What each side says is wrong, and with which version.
    pub disputes: BTreeMap<DelegationIndex, (u64, Written)>,
    /// What each side signed last.
    pub signatures: BTreeMap<DelegationIndex, Signed>,
    /// The version that all have signed, and SHA-256 of its text.
    pub agreed: Option<(u64, [u8; 32])>,
    /// Whether an act to publish it is in force.
    pub published: bool,
}

impl Version {
    /// What is signed of it.
    #[must_use]
    pub fn text(&self) -> String {
        signed_text(self.charter.charter(), self.after, &self.document)
    }

    /// `H(charter)` of the charter in force where it stands.
    #[must_use]
    pub fn charter_hash(&self) -> [u8; 32] {
        self.charter.charter().hash()
    }

    /// SHA-256 of its sealed entry.
    #[must_use]
    pub fn entry_hash(&self) -> [u8; 32] {
        self.after.prev
    }
}

impl ReadoutStep {
    pub(super) fn write(&self, out: &mut Writer) {
        match self {
            Self::Draft(document) => {
                out.u8(1).opaque(&document.encode());
            }
            Self::Comment {
                on,
                paragraph,
                text,
            } => {
                out.u8(2).u64(*on).u16(paragraph.unwrap_or(WHOLE));
                text.write(out);
            }
            Self::Sign { on, signature } => {
                out.u8(3).u64(*on).fixed(signature);
            }
            Self::Unsign { on } => {
                out.u8(4).u64(*on);
            }
            Self::Dispute { on, text } => text.write(out.u8(5).u64(*on)),
            Self::Undispute => {
                out.u8(6);
            }
        }
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(match reader.u8()? {
            1 => {
                let encoded = reader.opaque(super::MAX_DOCUMENT_BYTES)?;
                Self::Draft(Arc::new(Document::decode(encoded)?))
            }
            2 => Self::Comment {
                on: reader.u64()?,
                paragraph: Some(reader.u16()?).filter(|paragraph| *paragraph != WHOLE),
                text: Lines::read_some(reader)?,
            },
            3 => Self::Sign {
                on: reader.u64()?,
                signature: reader.array()?,
            },
            4 => Self::Unsign { on: reader.u64()? },
            5 => Self::Dispute {
                on: reader.u64()?,
                text: Lines::read_some(reader)?,
            },
            6 => Self::Undispute,
            _ => return Err(DecodeError::Value),
        })
    }
}

impl Readout {
    pub(super) fn open(step: &ReadoutStep, now: &Now<'_>) -> Result<(Self, Effect), LifeVoid> {
        let ReadoutStep::Draft(document) = step else {
            return Err(LifeVoid::Unknown);
        };
        let mut readout = Self {
            since: now.position(),
            last: now.position(),
            ..Self::default()
        };
        readout.draft(&[], document, now)?;
        Ok((readout, Effect::default()))
    }

    pub(super) fn apply(
        &mut self,
        seen: &[u64],
        step: &ReadoutStep,
        now: &Now<'_>,
    ) -> Result<Effect, LifeVoid> {
        let mut effect = Effect::default();
        match step {
            ReadoutStep::Draft(document) => {
                self.is_open()?;
                self.draft(seen, document, now)?;
            }
            ReadoutStep::Comment {
                on,
                paragraph,
                text,
            } => {
                let version = self.versions.get(on).ok_or(LifeVoid::Unknown)?;
                let count = version.document.paragraphs.len();
                if paragraph.is_some_and(|paragraph| usize::from(paragraph) >= count) {
                    return Err(LifeVoid::Unknown);
                }
                self.comments.push(Comment {
                    on: *on,
                    paragraph: *paragraph,
                    written: now.written(text),
                });
            }
            ReadoutStep::Sign { on, signature } => {
                self.is_open()?;
                self.sign(*on, signature, now)?;
                effect.completes = self.agreed.is_some();
            }
            ReadoutStep::Unsign { on } => {
                self.is_open()?;
                now.head()?;
                let signed = self.signatures.get(&now.side());
                signed
                    .filter(|signed| signed.on == *on)
                    .ok_or(LifeVoid::Unknown)?;
                self.signatures.remove(&now.side());
            }
            ReadoutStep::Dispute { on, text } => {
                self.is_open()?;
                now.head()?;
                self.versions.get(on).ok_or(LifeVoid::Unknown)?;
                self.disputes.insert(now.side(), (*on, now.written(text)));
            }
            ReadoutStep::Undispute => {
                self.is_open()?;
                now.head()?;
                let dispute = self.disputes.remove(&now.side());
                dispute.map(|_| ()).ok_or(LifeVoid::Unknown)?;
            }
        }
        self.last = now.position();
        Ok(effect)
    }

    pub(super) fn forget_revoked(&mut self, standing: &Standing) {
        if self.agreed.is_none() {
            self.signatures
                .retain(|side, signed| is(Check::LF5, !standing.is_revoked(*side, &signed.by.key)));
        }
    }

    /// R-RO4: once it is agreed nothing is said about it but comments.
    fn is_open(&self) -> Result<(), LifeVoid> {
        check(Check::RO4, self.agreed.is_none(), LifeVoid::Agreed)
    }

    fn draft(
        &mut self,
        parents: &[u64],
        document: &Arc<Document>,
        now: &Now<'_>,
    ) -> Result<(), LifeVoid> {
        now.role(DRAFTERS)?;
        let known = parents
            .iter()
            .all(|parent| self.versions.contains_key(parent));
        if !known || !document.fits(now.standing.charter()) {
            return Err(LifeVoid::Unknown);
        }
        for parent in parents {
            self.tips.remove(parent);
        }
        if is(Check::LF2, false) {
            self.tips.clear();
        }
        self.tips.insert(now.position());
        let version = Version {
            parents: parents.to_vec(),
            by: By::of(now.author),
            at: now.at,
            document: document.clone(),
            charter: now.standing.ratified_shared(),
            after: now.after,
        };
        self.versions.insert(now.position(), version);
        Ok(())
    }

    fn sign(
        &mut self,
        on: u64,
        signature: &[u8; SIGNATURE_BYTES],
        now: &Now<'_>,
    ) -> Result<(), LifeVoid> {
        let head = now.head_cert()?;
        let asked = now.principals().has(head.delegation);
        check(Check::LF3, asked, LifeVoid::NotAsked)?;
        let version = self.versions.get(&on).ok_or(LifeVoid::Unknown)?;
        let alone = self.tips.len() == 1 && self.tips.contains(&on);
        check(Check::RO2, alone, LifeVoid::NotTip)?;
        let brackets = version.document.brackets();
        check(Check::RO1, brackets == 0, LifeVoid::Brackets)?;
        let signed = self.signatures.get(&head.delegation);
        if signed.is_some_and(|signed| signed.on == on) {
            return Err(LifeVoid::Again);
        }
        let text = version.text();
        let holds = verify_raw(&head.key, text.as_bytes(), signature);
        check(Check::RO3, holds, LifeVoid::Signature)?;
        let signed = Signed {
            on,
            entry: now.position(),
            by: By::of(now.author),
            signature: *signature,
        };
        self.signatures.insert(head.delegation, signed);
        self.disputes.remove(&head.delegation);
        let mut asked = now.principals().iter();
        let all = asked.all(|side| self.signatures.get(&side).is_some_and(|by| by.on == on));
        if is(Check::LF3, all) {
            self.agreed = Some((on, hash(&[text.as_bytes()])));
        }
        Ok(())
    }
}
