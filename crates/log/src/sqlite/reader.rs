use super::schema;
use crate::error::ReadError;
use crate::limits::{BATCH_BYTES, READERS};
use crate::log::{Batch, Entry, Group, Keys};
use incamera_model::{AccessKey, Position, StreamName, TalkId};
use rusqlite::{Connection, OptionalExtension, params};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;

/// Connections for reading, each used by one caller at a time on a thread that may block.
pub(crate) struct Readers {
    path: Arc<PathBuf>,
    places: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<Connection>>>,
    /// The last query failed; said once.
    failing: Arc<AtomicBool>,
}

impl Readers {
    /// Opens all of them: later there may be no file descriptor left.
    pub(crate) fn open(path: PathBuf) -> rusqlite::Result<Self> {
        let idle = (0..READERS).map(|_| schema::open_for_reading(&path));
        Ok(Self {
            idle: Arc::new(Mutex::new(idle.collect::<rusqlite::Result<_>>()?)),
            path: Arc::new(path),
            places: Arc::new(Semaphore::new(READERS)),
            failing: Arc::default(),
        })
    }

    pub(crate) async fn run<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, ReadError> {
        let place = Arc::clone(&self.places)
            .acquire_owned()
            .await
            .map_err(|_| ReadError)?;
        let (path, idle) = (Arc::clone(&self.path), Arc::clone(&self.idle));
        let task = tokio::task::spawn_blocking(move || {
            // Moved in here: a caller that stops waiting leaves its place only when the query ends.
            let _place = place;
            let pooled = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let connection = match pooled {
                Some(connection) => connection,
                None => schema::open_for_reading(&path)?,
            };
            let result = query(&connection)?;
            // A connection that failed is not used again.
            idle.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(connection);
            Ok::<T, rusqlite::Error>(result)
        });
        match task.await {
            Ok(Ok(value)) => {
                if self.failing.swap(false, Ordering::Relaxed) {
                    tracing::info!("the log can be read again");
                }
                Ok(value)
            }
            Ok(Err(error)) => {
                if !self.failing.swap(true, Ordering::Relaxed) {
                    tracing::error!(%error, "the log can't be read");
                }
                Err(ReadError)
            }
            Err(_) => Err(ReadError),
        }
    }
}

pub(crate) fn keys(connection: &Connection, talk: &TalkId) -> rusqlite::Result<Option<Keys>> {
    // One snapshot for the talk and its groups.
    let snapshot = connection.unchecked_transaction()?;
    let gone: Option<i64> = snapshot
        .prepare_cached("SELECT gone FROM talks WHERE id = ?1")?
        .query_row(params![talk.0], |row| row.get(0))
        .optional()?;
    // The same work whether the talk exists or not.
    let groups = groups(&snapshot, talk)?;
    Ok(gone.map(|gone| Keys {
        groups,
        gone: gone != 0,
    }))
}

pub(crate) fn groups(connection: &Connection, talk: &TalkId) -> rusqlite::Result<Vec<Group>> {
    connection
        .prepare_cached("SELECT key, control FROM access_groups WHERE talk = ?1 ORDER BY number")?
        .query_map(params![talk.0], |row| {
            Ok(Group {
                access: AccessKey(row.get(0)?),
                control: row.get::<_, Option<_>>(1)?.map(AccessKey),
            })
        })?
        .collect()
}

pub(crate) fn find_group(
    connection: &Connection,
    access: &AccessKey,
) -> rusqlite::Result<Option<(TalkId, u8)>> {
    connection
        .prepare_cached("SELECT talk, number FROM access_groups WHERE key = ?1 LIMIT 1")?
        .query_row(params![access.0], |row| {
            Ok((TalkId(row.get(0)?), row.get(1)?))
        })
        .optional()
}

pub(crate) fn read(
    connection: &Connection,
    talk: &TalkId,
    stream: &StreamName,
    from: Position,
    limit: usize,
) -> rusqlite::Result<Batch> {
    // One snapshot for the stream's end and its entries.
    let snapshot = connection.unchecked_transaction()?;
    let found: Option<(i64, i64)> = snapshot
        .prepare_cached(
            "SELECT streams.id, next FROM streams JOIN talks ON talks.id = streams.talk
             WHERE talk = ?1 AND name = ?2 AND gone = 0",
        )?
        .query_row(params![talk.0, stream.as_str()], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    let Some((id, end)) = found else {
        return Ok(Batch {
            entries: Vec::new(),
            end: Position(0),
        });
    };
    let from = i64::try_from(from.0).unwrap_or(i64::MAX);
    let mut statement = snapshot.prepare_cached(
        "SELECT position, bytes FROM entries WHERE stream = ?1 AND position >= ?2
         ORDER BY position LIMIT ?3",
    )?;
    let mut rows = statement.query(params![id, from, i64::try_from(limit).unwrap_or(i64::MAX)])?;
    let mut entries = Vec::new();
    let mut bytes = 0;
    while bytes < BATCH_BYTES
        && let Some(row) = rows.next()?
    {
        let entry = Entry {
            position: Position(row.get::<_, i64>(0)?.unsigned_abs()),
            bytes: row.get_ref(1)?.as_blob()?.into(),
        };
        bytes += entry.bytes.len();
        entries.push(entry);
    }
    Ok(Batch {
        entries,
        end: Position(end.unsigned_abs()),
    })
}
