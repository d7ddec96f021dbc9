//! A talk's access groups: their keys, and their shares of its space.

use crate::error::RegisterError;
use crate::limits::{MAX_STREAMS_PER_TALK, MAX_TALK_BYTES};
use crate::log::{Group, NewTalk, Registration};
use incamera_model::{AccessKey, TalkId};
use rusqlite::{Connection, OptionalExtension as _, params};

/// What a group has written, and how much it may.
pub(super) struct Share {
    talk: TalkId,
    group: u8,
    bytes: u64,
    streams: u64,
    /// How many groups share the talk.
    groups: u64,
}

impl Share {
    /// None if there is no such talk or group, or the talk is gone.
    pub(super) fn of(
        transaction: &Connection,
        talk: &TalkId,
        group: u8,
    ) -> rusqlite::Result<Option<Self>> {
        transaction
            .prepare_cached(
                "SELECT bytes, streams, (SELECT count(*) FROM access_groups WHERE talk = ?1)
                 FROM access_groups JOIN talks ON talks.id = talk
                 WHERE talk = ?1 AND number = ?2 AND gone = 0",
            )?
            .query_row(params![talk.0, group], |row| {
                Ok(Self {
                    talk: *talk,
                    group,
                    bytes: row.get::<_, i64>(0)?.unsigned_abs(),
                    streams: row.get::<_, i64>(1)?.unsigned_abs(),
                    groups: row.get::<_, i64>(2)?.unsigned_abs().max(1),
                })
            })
            .optional()
    }

    pub(super) fn has_room(&self, bytes: usize, new_stream: bool) -> bool {
        let streams = u64::from(MAX_STREAMS_PER_TALK) / self.groups;
        self.bytes.saturating_add(bytes as u64) <= MAX_TALK_BYTES / self.groups
            && (!new_stream || self.streams < streams)
    }

    pub(super) fn take(
        &self,
        transaction: &Connection,
        bytes: usize,
        new_stream: bool,
    ) -> rusqlite::Result<()> {
        transaction
            .prepare_cached(
                "UPDATE access_groups SET bytes = bytes + ?3, streams = streams + ?4
                 WHERE talk = ?1 AND number = ?2",
            )?
            .execute(params![self.talk.0, self.group, bytes, new_stream])?;
        Ok(())
    }
}

/// The groups of a new talk.
pub(super) fn of(new: &NewTalk) -> Vec<Group> {
    let mut control = new.control;
    let access = new.access.iter();
    access
        .map(|access| Group {
            access: *access,
            control: control.take(),
        })
        .collect()
}

pub(super) fn create(transaction: &Connection, new: &NewTalk) -> rusqlite::Result<()> {
    for (number, group) in of(new).into_iter().enumerate() {
        transaction
            .prepare_cached(
                "INSERT INTO access_groups (talk, number, key, control) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![
                new.talk.0,
                number,
                group.access.0,
                group.control.map(|key| key.0)
            ])?;
    }
    Ok(())
}

/// Whether one of the access keys is a group's already. A code is looked up by its access key alone,
/// so nobody else's talk may have it as well.
pub(super) fn any_taken(transaction: &Connection, access: &[AccessKey]) -> rusqlite::Result<bool> {
    for key in access {
        if super::reader::find_group(transaction, key)?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

pub(super) fn register(
    transaction: &Connection,
    new: &Registration,
) -> rusqlite::Result<Result<(), RegisterError>> {
    let Registration {
        talk,
        index,
        former,
        group,
    } = new;
    let keys = super::reader::groups(transaction, talk)?;
    let gone: Option<i64> = transaction
        .prepare_cached("SELECT gone FROM talks WHERE id = ?1")?
        .query_row(params![talk.0], |row| row.get(0))
        .optional()?;
    if gone != Some(0) || keys.get(usize::from(*index)) != Some(former) {
        return Ok(Err(RegisterError::Changed));
    }
    if former.access != group.access && any_taken(transaction, &[group.access])? {
        return Ok(Err(RegisterError::Taken));
    }
    transaction
        .prepare_cached(
            "UPDATE access_groups SET key = ?3, control = ?4 WHERE talk = ?1 AND number = ?2",
        )?
        .execute(params![
            talk.0,
            index,
            group.access.0,
            group.control.map(|key| key.0)
        ])?;
    Ok(Ok(()))
}
