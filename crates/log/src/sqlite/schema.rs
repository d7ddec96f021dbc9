use crate::error::OpenError;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use std::path::Path;
use std::time::Duration;

/// Each step takes the database from the version of its index to the next; `user_version` counts
/// those taken. A step that was released never changes.
pub(crate) const MIGRATIONS: &[&str] = &[
    "
    CREATE TABLE talks (
        id BLOB PRIMARY KEY,
        bytes INTEGER NOT NULL,
        streams INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE access_keys (
        talk BLOB NOT NULL,
        number INTEGER NOT NULL,
        key BLOB NOT NULL,
        PRIMARY KEY (talk, number)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE streams (
        id INTEGER PRIMARY KEY,
        talk BLOB NOT NULL,
        name TEXT NOT NULL,
        next INTEGER NOT NULL,
        UNIQUE (talk, name)
    ) STRICT;
    CREATE TABLE entries (
        stream INTEGER NOT NULL,
        position INTEGER NOT NULL,
        bytes BLOB NOT NULL,
        PRIMARY KEY (stream, position)
    ) STRICT;
",
    "
    -- The key that can have a talk destroyed; and whether it was: 1 while entries are being
    -- erased, 2 when none is left.
    ALTER TABLE talks ADD COLUMN control BLOB;
    ALTER TABLE talks ADD COLUMN gone INTEGER NOT NULL DEFAULT 0;
    PRAGMA application_id = 1229865805;
",
    "
    -- A control key for each access group, and what each has written: until now everything was the
    -- first one's. A group is found by its access key.
    ALTER TABLE access_keys RENAME TO access_groups;
    ALTER TABLE access_groups ADD COLUMN control BLOB;
    ALTER TABLE access_groups ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE access_groups ADD COLUMN streams INTEGER NOT NULL DEFAULT 0;
    UPDATE access_groups SET (control, bytes, streams) =
        (SELECT control, bytes, streams FROM talks WHERE id = talk) WHERE number = 0;
    CREATE INDEX groups_by_key ON access_groups (key);
    ALTER TABLE talks DROP COLUMN control;
    ALTER TABLE talks DROP COLUMN bytes;
    ALTER TABLE talks DROP COLUMN streams;
",
    "
    -- Readouts that every group of their talk handed over, and which one each group did last. What is
    -- public stays when its talk goes.
    CREATE TABLE readouts (
        id BLOB PRIMARY KEY,
        talk BLOB NOT NULL,
        not_before INTEGER NOT NULL,
        content BLOB NOT NULL
    ) STRICT;
    CREATE INDEX readouts_of_talk ON readouts (talk);
    CREATE TABLE handed_over (
        talk BLOB NOT NULL,
        number INTEGER NOT NULL,
        hash BLOB NOT NULL,
        not_before INTEGER NOT NULL,
        PRIMARY KEY (talk, number)
    ) STRICT, WITHOUT ROWID;
",
];

/// "INCM": says of a file that it is one of these databases (`PRAGMA application_id`).
pub(crate) const APPLICATION: i64 = 0x494e_434d;

/// The schema that this program writes.
pub(crate) const VERSION: i64 = MIGRATIONS.len() as i64;

/// A connection's page cache: negative, so KiB. The system keeps the file's pages already, and
/// entries are mostly read once, in order; 2 MiB for each of five connections would only be memory.
const CACHE: i64 = -256;

/// Opens the database, or makes it, as its one writer, and brings its schema up to date.
pub(crate) fn open_for_writing(
    path: &Path,
    max_bytes: Option<u64>,
) -> Result<Connection, OpenError> {
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    // Each commit is on the disk before it is acknowledged, not only after the next checkpoint.
    connection.pragma_update(None, "synchronous", "full")?;
    // What is deleted is overwritten, and what doesn't fit into memory goes to no other file.
    connection.pragma_update(None, "secure_delete", "on")?;
    connection.pragma_update(None, "temp_store", "memory")?;
    connection.pragma_update(None, "cache_size", CACHE)?;
    if let Some(bytes) = max_bytes {
        let page: u64 = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
        connection.pragma_update(None, "max_page_count", bytes / page.max(1))?;
    }
    migrate(&mut connection)?;
    Ok(connection)
}

/// Opens the database as one of its readers.
pub(crate) fn open_for_reading(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.pragma_update(None, "cache_size", CACHE)?;
    Ok(connection)
}

fn migrate(connection: &mut Connection) -> Result<(), OpenError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let taken = usize::try_from(found).ok();
    let Some(steps) = taken.and_then(|taken| MIGRATIONS.get(taken..)) else {
        return Err(OpenError::Newer {
            found,
            known: VERSION,
        });
    };
    for step in steps {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()?;
    Ok(())
}
