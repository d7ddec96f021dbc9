//! The log port: compare-and-append and append-any streams, and SQLite behind it.
//!
//! A talk has access groups and streams; a stream is a sequence of opaque entries at positions 0, 1,
//! 2, … without gaps. [`Log`] appends, reads and follows streams. What it acknowledged is durable.
//!
//! It also keeps readouts that a talk's groups all handed over to be public.
//!
//! Invariants:
//! - An entry is acknowledged, and shown to a [`Subscription`], only after the transaction that
//!   holds it was made durable.
//! - Every queue is bounded: the writer's (callers wait), a stream's tail (the oldest entry goes,
//!   and who wanted it reads it from disk).
//! - Nothing here looks into an entry, and nothing here is logged that tells one talk from another.

mod backup;
mod error;
mod limits;
mod log;
mod sqlite;
mod tail;

#[cfg(test)]
mod tests;

pub use backup::{BackupError, BackupSummary, backup, restore};
pub use error::{
    AppendError, CreateTalkError, DestroyError, OpenError, PublishError, ReadError, RegisterError,
};
pub use limits::{MAX_READOUTS_PER_TALK, MAX_STREAMS_PER_TALK, MAX_TALK_BYTES};
pub use log::{
    Batch, Created, Entry, Group, HandedOver, Handover, Keys, Log, NewTalk, Options, Readout,
    Registration,
};
pub use tail::Subscription;
