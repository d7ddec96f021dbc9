//! What an entry of the life says: one step about one object.

use super::agenda::AgendaStep;
use super::commitment::CommitmentStep;
use super::common::ObjectId;
use super::meeting::MeetingStep;
use super::plan::sound;
use super::readout::ReadoutStep;
use super::team::TeamStep;
use crate::codec::{DecodeError, Reader, Writer};
use crate::two_keys::Body;

const VERSION: u8 = 1;
const MEETING: u8 = 65;
const AGENDA: u8 = 66;
const TEAM: u8 = 67;
const COMMITMENT: u8 = 68;
const READOUT: u8 = 69;
/// How many entries a step may follow at most.
pub const MAX_SEEN: usize = 8;

/// One step about one object.
///
/// ```text
/// struct { uint8 version = 1; opaque object[16]; opaque seen<V>{ uint64 position; } uint8 step; args } Life;
/// ```
/// `seen`, strictly ascending: the entries that its author goes on from. For a text (an agenda
/// position or request, a draft) those that it follows, at most 8. For a report, and about a readout
/// what isn't a draft, nothing. Otherwise the object's latest entry, or nothing for a new object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The object.
    pub object: ObjectId,
    /// The entries that it goes on from.
    pub seen: Vec<u64>,
    /// What is done.
    pub deed: Deed,
}

/// What is done, to what kind of object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// Kind 65.
    Meeting(MeetingStep),
    /// Kind 66.
    Agenda(AgendaStep),
    /// Kind 67.
    Team(TeamStep),
    /// Kind 68.
    Commitment(CommitmentStep),
    /// Kind 69.
    Readout(ReadoutStep),
}

/// How a step names what it goes on from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Follows {
    /// The object's latest entry: whatever else was written about it crosses the step.
    Latest,
    /// The texts that this one takes the place of.
    Texts,
    /// Nothing: it stands beside whatever there is.
    Nothing,
}

impl Deed {
    pub(super) fn follows(&self) -> Follows {
        match self {
            Self::Agenda(step) if step.is_text() => Follows::Texts,
            Self::Readout(ReadoutStep::Draft(_)) => Follows::Texts,
            Self::Readout(_) | Self::Team(TeamStep::Report(_)) => Follows::Nothing,
            Self::Meeting(_) | Self::Agenda(_) | Self::Team(_) | Self::Commitment(_) => {
                Follows::Latest
            }
        }
    }

    fn kind(&self) -> u8 {
        match self {
            Self::Meeting(_) => MEETING,
            Self::Agenda(_) => AGENDA,
            Self::Team(_) => TEAM,
            Self::Commitment(_) => COMMITMENT,
            Self::Readout(_) => READOUT,
        }
    }
}

impl Step {
    /// As an entry's body.
    #[must_use]
    pub fn body(&self) -> Body {
        let mut out = Writer::new();
        out.u8(VERSION)
            .fixed(&self.object.0)
            .list(&self.seen, |out, position| {
                out.u64(*position);
            });
        match &self.deed {
            Deed::Meeting(step) => step.write(&mut out),
            Deed::Agenda(step) => step.write(&mut out),
            Deed::Team(step) => step.write(&mut out),
            Deed::Commitment(step) => step.write(&mut out),
            Deed::Readout(step) => step.write(&mut out),
        }
        Body::Life {
            kind: self.deed.kind(),
            content: out.into_vec(),
        }
    }

    /// Reads an entry's body; `None` if it is of another kind.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn read(body: &Body) -> Result<Option<Self>, DecodeError> {
        match body {
            Body::Life { kind, content } => Self::decode(*kind, content),
            _ => Ok(None),
        }
    }

    fn decode(kind: u8, content: &[u8]) -> Result<Option<Self>, DecodeError> {
        if !(MEETING..=READOUT).contains(&kind) {
            return Ok(None);
        }
        let mut reader = Reader::new(content);
        reader.version(VERSION)?;
        let object = ObjectId(reader.array()?);
        let seen: Vec<u64> = reader.list(MAX_SEEN * 8, MAX_SEEN, Reader::u64)?;
        let deed = match kind {
            MEETING => Deed::Meeting(MeetingStep::read(&mut reader)?),
            AGENDA => Deed::Agenda(AgendaStep::read(&mut reader)?),
            TEAM => Deed::Team(TeamStep::read(&mut reader)?),
            COMMITMENT => Deed::Commitment(CommitmentStep::read(&mut reader)?),
            _ => Deed::Readout(ReadoutStep::read(&mut reader)?),
        };
        reader.finish()?;
        let most = match deed.follows() {
            Follows::Latest => 1,
            Follows::Texts => MAX_SEEN,
            Follows::Nothing => 0,
        };
        // One encoding for one list.
        let listed = seen.len() <= most && seen.is_sorted_by(|a, b| a < b);
        sound(listed, Some(Self { object, seen, deed }))
    }
}
