//! Readouts: what a talk's groups hand over to be published, and what all of them did.

use super::groups::Share;
use super::reader;
use crate::error::PublishError;
use crate::limits::MAX_READOUTS_PER_TALK;
use crate::log::{Group, HandedOver, Handover, Readout};
use incamera_model::{AccessKey, ReadoutId};
use rusqlite::{Connection, OptionalExtension as _, params};

pub(super) fn find(connection: &Connection, id: &ReadoutId) -> rusqlite::Result<Option<Readout>> {
    connection
        .prepare_cached("SELECT content, not_before FROM readouts WHERE id = ?1")?
        .query_row(params![id.0], |row| {
            Ok(Readout {
                content: row.get(0)?,
                not_before: row.get::<_, i64>(1)?.unsigned_abs(),
            })
        })
        .optional()
}

pub(super) fn hand_over(
    transaction: &Connection,
    new: &Handover,
) -> rusqlite::Result<Result<HandedOver, PublishError>> {
    let Some(share) = Share::of(transaction, &new.talk, new.index)? else {
        return Ok(Err(PublishError::Changed));
    };
    let groups = reader::groups(transaction, &new.talk)?;
    let group = groups.get(usize::from(new.index));
    if group.and_then(|group| group.control) != Some(new.control) {
        return Ok(Err(PublishError::Changed));
    }
    if let Some(stored) = find(transaction, &new.id)? {
        // What is stored was agreed to by all, embargo and all.
        return Ok(match stored.content == new.content {
            true => Ok(HandedOver::Stored {
                not_before: stored.not_before,
            }),
            false => Err(PublishError::Full),
        });
    }
    let published: u32 = transaction
        .prepare_cached("SELECT count(*) FROM readouts WHERE talk = ?1")?
        .query_row(params![new.talk.0], |row| row.get(0))?;
    if published >= MAX_READOUTS_PER_TALK || !share.has_room(new.content.len(), false) {
        return Ok(Err(PublishError::Full));
    }
    note(transaction, new)?;
    if !all_agree(transaction, new, &groups)? {
        return Ok(Ok(HandedOver::Waiting));
    }
    share.take(transaction, new.content.len(), false)?;
    store(transaction, new)?;
    Ok(Ok(HandedOver::Stored {
        not_before: new.not_before,
    }))
}

fn note(transaction: &Connection, new: &Handover) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(
            "INSERT OR REPLACE INTO handed_over (talk, number, hash, not_before)
             VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![new.talk.0, new.index, new.hash, new.not_before])?;
    Ok(())
}

/// Whether every group handed over the same, and each has a key of its own: one key is one side.
fn all_agree(transaction: &Connection, new: &Handover, groups: &[Group]) -> rusqlite::Result<bool> {
    let controls: Vec<AccessKey> = groups.iter().filter_map(|group| group.control).collect();
    let distinct = |(at, key): (usize, &AccessKey)| !controls[..at].contains(key);
    let two_keys = controls.len() >= 2
        && controls.len() == groups.len()
        && controls.iter().enumerate().all(distinct);
    let same: usize = transaction
        .prepare_cached(
            "SELECT count(*) FROM handed_over WHERE talk = ?1 AND hash = ?2 AND not_before = ?3",
        )?
        .query_row(params![new.talk.0, new.hash, new.not_before], |row| {
            row.get(0)
        })?;
    Ok(two_keys && same == groups.len())
}

fn store(transaction: &Connection, new: &Handover) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(
            "INSERT INTO readouts (id, talk, not_before, content) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![new.id.0, new.talk.0, new.not_before, new.content])?;
    transaction
        .prepare_cached("DELETE FROM handed_over WHERE talk = ?1")?
        .execute(params![new.talk.0])?;
    Ok(())
}
