//! A readout: what both sides say in the same words.

use super::plan::{MAX_TIME, sound};
use super::text::Line;
use crate::codec::{DecodeError, Reader, Writer};
use crate::two_keys::{Charter, DelegationIndex};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How many points a readout has at most.
pub const MAX_POINTS: usize = 5;
/// How many paragraphs a readout has at most.
pub const MAX_PARAGRAPHS: usize = 200;
/// The largest readout, in bytes: it has to fit an entry of the record.
pub const MAX_DOCUMENT_BYTES: usize = 240 * 1024;
const MAX_POINTS_BYTES: usize = MAX_POINTS * (400 * 4 + 2);

/// The text of a readout. Nothing in it has more than one line, so that the signed text has one
/// reading.
///
/// ```text
/// struct { opaque headline<V>; opaque place<V>; opaque date<V>; uint64 embargo;
///          opaque points<V>{ opaque point<V>; } opaque paragraphs<V>{ Paragraph } } Document;
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// Its headline.
    pub headline: Line<200>,
    /// Where it is given; may be empty.
    #[serde(default)]
    pub place: Line<120>,
    /// The date, as it is to stand there; may be empty.
    #[serde(default)]
    pub date: Line<60>,
    /// Not to be published before, in milliseconds since 1970; 0 if there is no embargo.
    #[serde(default)]
    pub embargo: u64,
    /// The main points.
    #[serde(default)]
    pub points: Vec<Line<400>>,
    /// The paragraphs.
    #[serde(default)]
    pub paragraphs: Vec<Paragraph>,
}

/// ```text
/// struct { opaque text<V>; uint8 attribution; args } Paragraph;
///   args: 0 none; 1 uint8 delegation || opaque name<V> || opaque role<V>;
///         2 uint8 delegation || opaque role<V>; 3 uint8 delegation
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paragraph {
    /// What it says.
    pub text: Line<4000>,
    /// Who is quoted.
    #[serde(default)]
    pub attribution: Attribution,
}

/// Who is quoted. In JSON an object with `is`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Attribution {
    /// Nobody.
    #[default]
    None,
    /// Somebody by name.
    Name {
        /// Of which delegation.
        #[serde(with = "index")]
        delegation: DelegationIndex,
        /// The name.
        name: Line<64>,
        /// What they are; may be empty.
        #[serde(default)]
        role: Line<120>,
    },
    /// Somebody by what they are.
    Role {
        /// Of which delegation.
        #[serde(with = "index")]
        delegation: DelegationIndex,
        /// What they are.
        role: Line<120>,
    },
    /// An official, on condition of anonymity.
    Anonymous {
        /// Of which delegation.
        #[serde(with = "index")]
        delegation: DelegationIndex,
    },
}

/// A delegation's place as a number.
mod index {
    use super::{DelegationIndex, Deserialize as _, Deserializer, Serializer};
    use crate::two_keys::MAX_DELEGATIONS;

    pub(super) fn serialize<S: Serializer>(
        delegation: &DelegationIndex,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(delegation.0)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<DelegationIndex, D::Error> {
        match u8::deserialize(deserializer)? {
            index if usize::from(index) < MAX_DELEGATIONS => Ok(DelegationIndex(index)),
            _ => Err(serde::de::Error::custom("there is no such delegation")),
        }
    }
}

impl Attribution {
    /// The delegation whose somebody is quoted.
    #[must_use]
    pub fn delegation(&self) -> Option<DelegationIndex> {
        match self {
            Self::None => None,
            Self::Name { delegation, .. }
            | Self::Role { delegation, .. }
            | Self::Anonymous { delegation } => Some(*delegation),
        }
    }

    fn is_sound(&self) -> bool {
        match self {
            Self::None | Self::Anonymous { .. } => true,
            Self::Name { name, .. } => !name.is_empty(),
            Self::Role { role, .. } => !role.is_empty(),
        }
    }

    fn write(&self, out: &mut Writer) {
        match self {
            Self::None => {
                out.u8(0);
            }
            Self::Name {
                delegation,
                name,
                role,
            } => {
                out.u8(1).u8(delegation.0);
                name.write(out);
                role.write(out);
            }
            Self::Role { delegation, role } => {
                out.u8(2).u8(delegation.0);
                role.write(out);
            }
            Self::Anonymous { delegation } => {
                out.u8(3).u8(delegation.0);
            }
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(match reader.u8()? {
            0 => Self::None,
            1 => Self::Name {
                delegation: DelegationIndex::read(reader)?,
                name: Line::read(reader)?,
                role: Line::read(reader)?,
            },
            2 => Self::Role {
                delegation: DelegationIndex::read(reader)?,
                role: Line::read(reader)?,
            },
            3 => Self::Anonymous {
                delegation: DelegationIndex::read(reader)?,
            },
            _ => return Err(DecodeError::Value),
        })
    }
}

impl Document {
    /// How many brackets are still open questions: a readout with any can't be signed.
    #[must_use]
    pub fn brackets(&self) -> usize {
        let is_bracket = |character: &char| matches!(character, '[' | ']');
        let texts = self.texts();
        texts
            .map(|text| text.chars().filter(is_bracket).count())
            .sum()
    }

    /// Whether it has what it has to, within the bounds that [`Self::decode`] sets.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let said =
            |paragraph: &Paragraph| !paragraph.text.is_empty() && paragraph.attribution.is_sound();
        !self.headline.is_empty()
            && self.embargo <= MAX_TIME
            && self.points.len() <= MAX_POINTS
            && self.points.iter().all(|point| !point.is_empty())
            && self.paragraphs.len() <= MAX_PARAGRAPHS
            && self.paragraphs.iter().all(said)
            && self.encode().len() <= MAX_DOCUMENT_BYTES
    }

    /// Whether the charter has every delegation that is quoted.
    #[must_use]
    pub fn fits(&self, charter: &Charter) -> bool {
        let mut quoted = self
            .paragraphs
            .iter()
            .filter_map(|paragraph| paragraph.attribution.delegation());
        quoted.all(|delegation| charter.party(delegation).is_some())
    }

    /// The encoding.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer::new();
        self.headline.write(&mut out);
        self.place.write(&mut out);
        self.date.write(&mut out);
        out.u64(self.embargo)
            .list(&self.points, |out, point| point.write(out))
            .list(&self.paragraphs, |out, paragraph| {
                paragraph.text.write(out);
                paragraph.attribution.write(out);
            });
        out.into_vec()
    }

    /// Reads the encoding.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn decode(encoded: &[u8]) -> Result<Self, DecodeError> {
        if encoded.len() > MAX_DOCUMENT_BYTES {
            return Err(DecodeError::TooLong {
                cap: MAX_DOCUMENT_BYTES,
            });
        }
        let mut reader = Reader::new(encoded);
        let document = Self {
            headline: Line::read(&mut reader)?,
            place: Line::read(&mut reader)?,
            date: Line::read(&mut reader)?,
            embargo: reader.u64()?,
            points: reader.list(MAX_POINTS_BYTES, MAX_POINTS, Line::read)?,
            paragraphs: reader.list(MAX_DOCUMENT_BYTES, MAX_PARAGRAPHS, |reader| {
                Ok::<_, DecodeError>(Paragraph {
                    text: Line::read(reader)?,
                    attribution: Attribution::read(reader)?,
                })
            })?,
        };
        reader.finish()?;
        sound(document.is_sound(), document)
    }

    /// Every text in it.
    fn texts(&self) -> impl Iterator<Item = &str> {
        let whole = [&*self.headline, &self.place, &self.date];
        let points = self.points.iter().map(|point| &**point);
        let said = self.paragraphs.iter().flat_map(|paragraph| {
            let (name, role): (&str, &str) = match &paragraph.attribution {
                Attribution::None | Attribution::Anonymous { .. } => ("", ""),
                Attribution::Name { name, role, .. } => (name, role),
                Attribution::Role { role, .. } => ("", role),
            };
            [&*paragraph.text, name, role]
        });
        whole.into_iter().chain(points).chain(said)
    }
}
