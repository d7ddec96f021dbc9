//! Backups: the database as one file, made while a server writes to it.
//!
//! A backup is a SQLite database with this crate's schema (`PRAGMA user_version`) and mark
//! (`PRAGMA application_id`): one moment of the log, in which every entry stands that was
//! acknowledged before the backup began. It has the talks' sealed entries, their access and control
//! keys and which talks are gone, and published readouts; the operator's token and certificates aren't
//! part of it.

use crate::sqlite::{FILE, Folder, schema};
use crate::{Log, OpenError, Options};
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};
use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What a backup holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackupSummary {
    /// Talks, those that are gone included.
    pub talks: u64,
    /// Entries.
    pub entries: u64,
    /// The file's size.
    pub bytes: u64,
}

/// Why there is no backup, or it isn't restored. Each is a sentence for people.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// There is no database to back up.
    #[error("There is no server's data in {}. Name its folder with --data.", path.display())]
    NoData {
        /// The folder.
        path: PathBuf,
    },
    /// Something stands where the backup is to be written.
    #[error("{} exists already. Name another file, or say --replace.", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The folder to restore into has a log.
    #[error(
        "The data folder {} has talks in it already. Name an empty folder with --data, or say --replace to lose what is there.",
        path.display()
    )]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// A file can't be read or written.
    #[error("{} can't be {what} ({source}). Check the path, its rights and the space there.", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What was tried.
        what: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// The file isn't a backup, or not a whole one.
    #[error("{} is not a whole backup ({reason}). Use another copy of it.", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A newer program wrote it.
    #[error(
        "{} was written by a newer version (schema {found}, this one knows {known}). Use the newer program.",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The schema's number in the file.
        found: i64,
        /// The newest that this program knows.
        known: i64,
    },
    /// The data folder can't be used; a server that runs there is the usual reason.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// SQLite failed in between.
    #[error("The database can't be copied ({0}). Check the disk, and try again.")]
    Copy(#[from] rusqlite::Error),
}

/// Writes one moment of the log in a data folder to a file, whether a server runs there or not. The
/// file is there whole and checked, or not at all.
///
/// # Errors
/// [`BackupError`]
pub fn backup(data: &Path, file: &Path, replace: bool) -> Result<BackupSummary, BackupError> {
    let database = data.join(FILE);
    if !database.is_file() {
        return Err(BackupError::NoData { path: data.into() });
    }
    if file.exists() && !replace {
        return Err(BackupError::Exists { path: file.into() });
    }
    let source = schema::open_for_reading(&database)?;
    let part = Part::beside(file)?;
    let mut copy = Connection::open(&part.0)?;
    copy_whole(&source, &mut copy)?;
    // One file, without a write-ahead log of its own.
    copy.pragma_update(None, "journal_mode", "delete")?;
    let summary = check(&copy, &part.0)?;
    copy.close().map_err(|(_, error)| error)?;
    part.becomes(file)?;
    Ok(summary)
}

/// Puts a backup into a data folder in which no server runs, and which has no log unless `replace`
/// says that it may be lost.
///
/// # Errors
/// [`BackupError`]
pub fn restore(file: &Path, data: &Path, replace: bool) -> Result<BackupSummary, BackupError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    File::open(file).map_err(|source| error(file, "read", source))?;
    let source = Connection::open_with_flags(file, flags)?;
    check(&source, file)?;

    let _folder = Folder::hold(data)?;
    let database = data.join(FILE);
    if database.exists() && !replace {
        return Err(BackupError::NotEmpty { path: data.into() });
    }
    let part = Part::beside(&database)?;
    let mut copy = Connection::open(&part.0)?;
    copy_whole(&source, &mut copy)?;
    let summary = check(&copy, &part.0)?;
    copy.close().map_err(|(_, error)| error)?;
    // The old write-ahead log must not meet the new database.
    for suffix in ["-wal", "-shm"] {
        let path = data.join(format!("{FILE}{suffix}"));
        match std::fs::remove_file(&path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                return Err(error(&path, "removed", source));
            }
            _ => {}
        }
    }
    part.becomes(&database)?;
    drop(_folder);
    // It opens, and an older schema is brought up to date.
    drop(Log::open(&Options::new(data))?);
    Ok(summary)
}

/// One snapshot: all pages in one step, so that a server that goes on writing can't make it begin
/// again and again; in WAL mode it doesn't hold the writer up.
fn copy_whole(from: &Connection, to: &mut Connection) -> Result<(), BackupError> {
    let backup = Backup::new(from, to)?;
    loop {
        match backup.step(-1)? {
            StepResult::Done => return Ok(()),
            // A checkpoint or a start is going on.
            _ => std::thread::sleep(Duration::from_millis(20)),
        }
    }
}

/// Whether this is a whole log: SQLite's own check, and each stream without a gap.
fn check(connection: &Connection, path: &Path) -> Result<BackupSummary, BackupError> {
    let damaged = |reason: String| BackupError::Damaged {
        path: path.into(),
        reason,
    };
    let pragma = |name: &str| connection.pragma_query_value(None, name, |row| row.get(0));
    let unreadable = |error: rusqlite::Error| damaged(error.to_string());
    let application: i64 = pragma("application_id").map_err(unreadable)?;
    let found: i64 = pragma("user_version").map_err(unreadable)?;
    // Before the second schema there was no mark.
    if found < 1 || (found >= 2 && application != schema::APPLICATION) {
        return Err(damaged("it is no database of In Camera".into()));
    }
    if found > schema::VERSION {
        return Err(BackupError::Newer {
            path: path.into(),
            found,
            known: schema::VERSION,
        });
    }
    let verdict: String = connection
        .pragma_query_value(None, "integrity_check", |row| row.get(0))
        .map_err(unreadable)?;
    if verdict != "ok" {
        return Err(damaged("its pages don't fit together".into()));
    }
    let count = |query: &str| {
        let number = connection.query_row(query, [], |row| row.get::<_, i64>(0));
        number.map(i64::unsigned_abs).map_err(unreadable)
    };
    let gaps = "SELECT count(*) FROM streams WHERE next != (SELECT count(*) FROM entries
                WHERE stream = streams.id AND position < streams.next)
                AND (SELECT count(*) FROM talks WHERE talks.id = streams.talk) = 1";
    // A talk that is being erased has gaps.
    let gaps = match found {
        1 => gaps.to_owned(),
        _ => format!("{gaps} AND (SELECT gone FROM talks WHERE talks.id = streams.talk) = 0"),
    };
    if count(&gaps)? != 0 {
        return Err(damaged("entries are missing".into()));
    }
    Ok(BackupSummary {
        talks: count("SELECT count(*) FROM talks")?,
        entries: count("SELECT count(*) FROM entries")?,
        bytes: std::fs::metadata(path)
            .map_err(|source| error(path, "read", source))?
            .len(),
    })
}

/// A file that isn't done yet, removed unless it becomes what it is for.
struct Part(PathBuf);

impl Part {
    /// In the same folder, empty, and nobody else's to read.
    fn beside(file: &Path) -> Result<Self, BackupError> {
        let mut name = file.as_os_str().to_owned();
        name.push(".part");
        let path = PathBuf::from(name);
        let mut options = OpenOptions::new();
        options.create(true).truncate(true).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options
            .open(&path)
            .map_err(|source| error(&path, "written", source))?;
        Ok(Self(path))
    }

    fn becomes(self, file: &Path) -> Result<(), BackupError> {
        let done = File::open(&self.0)
            .and_then(|part| part.sync_all())
            .and_then(|()| std::fs::rename(&self.0, file))
            .and_then(|()| {
                let folder = file
                    .parent()
                    .filter(|folder| !folder.as_os_str().is_empty());
                File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
            });
        done.map_err(|source| error(file, "written", source))
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        for suffix in ["", "-journal", "-wal", "-shm"] {
            let mut name = self.0.as_os_str().to_owned();
            name.push(suffix);
            // Most of these aren't there.
            let _ = std::fs::remove_file(PathBuf::from(name));
        }
    }
}

fn error(path: &Path, what: &'static str, source: io::Error) -> BackupError {
    BackupError::File {
        path: path.into(),
        what,
        source,
    }
}
