//! The life of a talk between delegations: meetings, agenda, teams, commitments and readouts, as
//! the record's entries of kinds 65 to 69 say them.
//!
//! | Rule | |
//! | --- | --- |
//! | R-LF1 | a step that changes a state goes on from the object's latest entry, or it crossed that |
//! | R-LF2 | texts that cross stand beside each other until one follows both |
//! | R-LF3 | what is agreed is agreed by every delegation that isn't neutral, and by them alone |
//! | R-LF4 | heads change states; texts are written by those whose role it is |
//! | R-LF5 | what a revoked head agreed to and isn't agreed yet, it hasn't |
//! | R-LF6 | each delegation has its own share of room |
//! | R-LF7 | nothing is said after the end |
//! | R-MT1 | a meeting goes from state to state; one side is enough to put it off, all are needed to plan it |
//! | R-AG1 | an item is marked agreed for the title and texts that stand there |
//! | R-AG2 | at most one item is before the meeting, and is set aside by name |
//! | R-AG3 | speaking time holds while every delegation asked says the same |
//! | R-TM1 | a member of a team reports, or a head |
//! | R-CM1 | a commitment is done when its owner says so |
//! | R-CM2 | it isn't done after all when another side says so |
//! | R-RO1 | nothing in brackets is signed |
//! | R-RO2 | only a readout's sole latest version is signed |
//! | R-RO3 | a head signs the text of a version |
//! | R-RO4 | an agreed readout doesn't change |

mod agenda;
mod commitment;
mod common;
mod document;
mod floor;
mod fold;
mod meeting;
mod plan;
mod readout;
#[doc(hidden)]
pub mod sample;
mod signed_text;
mod step;
mod team;
#[cfg(test)]
pub(crate) mod tests;

mod text;
mod timeline;
mod zone;

pub use agenda::{AgendaStep, Item, MAX_TIPS, Mark, Side};
pub use commitment::{Commitment, CommitmentState, CommitmentStep, Pledge};
pub use common::{Agreed, By, Effect, Given, LifeVoid, ObjectId, Offer, Written};
pub use document::{
    Attribution, Document, MAX_DOCUMENT_BYTES, MAX_PARAGRAPHS, MAX_POINTS, Paragraph,
};
pub use floor::{Current, SpeakingTime};
pub use fold::{ENTRY_BYTES, Life, SHARE_BYTES};
pub use meeting::{Meeting, MeetingState, MeetingStep};
pub use plan::{Cause, MAX_MINUTES, MAX_TIME, Mode, Plan, Reason};
pub use readout::{Comment, Readout, ReadoutStep, Signed, Version};
pub use signed_text::{Heading, attribution_line, civil, hex, rfc3339, signed_text};
pub use step::{Deed, MAX_SEEN, Step};
pub use team::{MAX_MEMBERS, Team, TeamState, TeamStep, Terms};
pub use text::{Line, Lines, Text};
pub use timeline::{Event, MAX_LINES, Said, Timeline};
pub use zone::{MAX_ZONE, Zone};
