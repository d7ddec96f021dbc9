//! Erasing a talk's entries so that none of their bytes is left in the database or its write-ahead
//! log.
//!
//! An entry is overwritten where it stands before it is deleted: SQLite's `secure_delete` zeroes
//! what is freed, but not every copy that moving cells between pages leaves. It is done in steps,
//! so that others' appends wait for one step only, and a step needs little space on a full disk.

use crate::error::DestroyError;
use incamera_model::TalkId;
use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, params};
use std::collections::VecDeque;
use tokio::sync::oneshot;

/// The most bytes, and entries, that one step overwrites; one entry is always taken.
const STEP_BYTES: i64 = 1024 * 1024;
const STEP_ENTRIES: i64 = 512;

pub(crate) type Reply = oneshot::Sender<Result<(), DestroyError>>;

/// Talks whose entries are still to be erased, and who waits for it.
#[derive(Default)]
pub(super) struct Erasing {
    talks: VecDeque<(TalkId, Option<Reply>)>,
    /// Only tests leave out the overwriting.
    pub(super) careless: bool,
}

impl Erasing {
    /// What an earlier process didn't finish.
    pub(super) fn unfinished(connection: &Connection) -> rusqlite::Result<Self> {
        let mut statement = connection.prepare("SELECT id FROM talks WHERE gone = 1")?;
        let talks = statement.query_map([], |row| Ok((TalkId(row.get(0)?), None)))?;
        Ok(Self {
            talks: talks.collect::<rusqlite::Result<_>>()?,
            careless: false,
        })
    }

    pub(super) fn add(&mut self, talk: TalkId, reply: Reply) {
        self.talks.push_back((talk, Some(reply)));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.talks.is_empty()
    }

    /// One step of the first talk. What fails is told and left, for the next call or start.
    pub(super) fn step(&mut self, connection: &mut Connection) {
        let Some((talk, _)) = self.talks.front() else {
            return;
        };
        let result = match step(connection, talk, self.careless) {
            Ok(true) => return,
            Ok(false) => finish(connection, talk),
            Err(error) => Err(error),
        };
        if let Err(error) = &result {
            tracing::error!(%error, "a destroyed talk's entries can't all be erased now");
        }
        if let Some((_, Some(reply))) = self.talks.pop_front() {
            // A caller that stopped waiting misses its reply.
            let _ = reply.send(result.map_err(|_| DestroyError::Unavailable));
        }
    }
}

/// Marks the talk as gone: from here on it takes no entry and shows none.
pub(super) fn mark(
    transaction: &Connection,
    talk: &TalkId,
) -> rusqlite::Result<Result<(), DestroyError>> {
    let known: Option<i64> = transaction
        .prepare_cached("SELECT gone FROM talks WHERE id = ?1")?
        .query_row(params![talk.0], |row| row.get(0))
        .optional()?;
    if known.is_none() {
        return Ok(Err(DestroyError::UnknownTalk));
    }
    // Nobody can hand over the rest any more. What all handed over stays.
    transaction
        .prepare_cached("DELETE FROM handed_over WHERE talk = ?1")?
        .execute(params![talk.0])?;
    // Also one that is done: who asks again is told after the write-ahead log was emptied again.
    transaction
        .prepare_cached("UPDATE talks SET gone = 1 WHERE id = ?1")?
        .execute(params![talk.0])?;
    Ok(Ok(()))
}

/// Whether there was anything left to erase.
fn step(connection: &mut Connection, talk: &TalkId, careless: bool) -> rusqlite::Result<bool> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let stream: Option<i64> = transaction
        .prepare_cached("SELECT id FROM streams WHERE talk = ?1 LIMIT 1")?
        .query_row(params![talk.0], |row| row.get(0))
        .optional()?;
    let Some(stream) = stream else {
        return Ok(false);
    };
    let last = last_of_step(&transaction, stream)?;
    let Some(last) = last else {
        transaction
            .prepare_cached("DELETE FROM streams WHERE id = ?1")?
            .execute(params![stream])?;
        transaction.commit()?;
        return Ok(true);
    };
    if !careless {
        // The same length, so that it is written in place.
        transaction
            .prepare_cached(
                "UPDATE entries SET bytes = zeroblob(length(bytes))
                 WHERE stream = ?1 AND position <= ?2",
            )?
            .execute(params![stream, last])?;
    }
    transaction
        .prepare_cached("DELETE FROM entries WHERE stream = ?1 AND position <= ?2")?
        .execute(params![stream, last])?;
    transaction.commit()?;
    Ok(true)
}

/// The last position of the stream's first entries that one step takes.
fn last_of_step(connection: &Connection, stream: i64) -> rusqlite::Result<Option<i64>> {
    let mut statement = connection.prepare_cached(
        "SELECT position, length(bytes) FROM entries WHERE stream = ?1
         ORDER BY position LIMIT ?2",
    )?;
    let mut rows = statement.query(params![stream, STEP_ENTRIES])?;
    let (mut last, mut bytes) = (None, 0);
    while bytes < STEP_BYTES
        && let Some(row) = rows.next()?
    {
        last = Some(row.get(0)?);
        bytes += row.get::<_, i64>(1)?;
    }
    Ok(last)
}

/// Empties the write-ahead log, where the entries stood as well.
fn finish(connection: &mut Connection, talk: &TalkId) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE talks SET gone = 2 WHERE id = ?1")?
        .execute(params![talk.0])?;
    let busy: i64 =
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if busy == 0 {
        return Ok(());
    }
    // Somebody still reads the old state, a backup for example.
    connection
        .prepare_cached("UPDATE talks SET gone = 1 WHERE id = ?1")?
        .execute(params![talk.0])?;
    Err(rusqlite::Error::SqliteFailure(
        rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY),
        Some("the write-ahead log is being read".into()),
    ))
}
