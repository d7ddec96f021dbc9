//! The life of a talk between delegations: meetings, agenda, teams, commitments and readouts, as
//! the record's entries of kinds 65 to 69 say them.

mod document;
mod plan;
mod signed_text;
mod text;

pub use document::{
    Attribution, Document, MAX_DOCUMENT_BYTES, MAX_PARAGRAPHS, MAX_POINTS, Paragraph,
};
pub use plan::{Cause, MAX_MINUTES, MAX_TIME, Mode, Plan, Reason};
pub use signed_text::{Heading, attribution_line, civil, hex, rfc3339, signed_text};
pub use text::{Line, Lines, Text};
