use incamera_model::Position;
use std::path::PathBuf;

/// Why a log can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder can't be made or written.
    #[error(
        "The data folder {} can't be written ({source}). Give its owner the right to, or choose another with --data.",
        path.display()
    )]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Another process holds the folder.
    #[error(
        "The data folder {} is in use by another server. Stop that one, or choose another folder with --data.",
        path.display()
    )]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// A newer program wrote the database.
    #[error(
        "The database was written by a newer version (schema {found}, this one knows {known}). Use the newer program, or restore a backup made before the update."
    )]
    Newer {
        /// The schema's number in the file.
        found: i64,
        /// The newest that this program knows.
        known: i64,
    },
    /// The database can't be opened or migrated.
    #[error(
        "The database can't be opened ({source}). Check the disk, or restore a backup into the data folder."
    )]
    Database {
        /// What SQLite says.
        #[from]
        source: rusqlite::Error,
    },
    /// The writer's thread can't be started.
    #[error("The system can't start another thread ({source}). Raise its limit and start again.")]
    Thread {
        /// What the system says.
        source: std::io::Error,
    },
}

/// Why a talk wasn't created.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CreateTalkError {
    /// The talk exists with other keys or another first entry, or an access key is another group's.
    #[error("a talk with this id or access key exists already")]
    Conflict,
    /// There are as many talks as there may be.
    #[error("there are as many talks as there may be")]
    Full,
    /// Nothing can be stored now; nothing was.
    #[error("the log can't store this now")]
    Unavailable,
}

/// Why an entry wasn't appended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// Another entry stands at the expected position.
    #[error("another entry was first")]
    Conflict {
        /// The position that an append would get now.
        next: Position,
    },
    /// The stream is ephemeral, or `expected` doesn't go with its class.
    #[error("the stream isn't written this way")]
    WrongStream,
    /// The talk doesn't exist, or has no such group.
    #[error("no such talk")]
    UnknownTalk,
    /// The group has used up its share of the talk's bytes or streams.
    #[error("the group's share of the talk is used up")]
    Quota,
    /// Nothing can be stored now; the entry wasn't acknowledged and may not be stored.
    #[error("the log can't store this now")]
    Unavailable,
}

/// Why a group's keys weren't replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RegisterError {
    /// No such talk or group, a talk that was destroyed, or the group has other keys by now.
    #[error("the group has other keys")]
    Changed,
    /// Another group has the access key.
    #[error("another group has this access key")]
    Taken,
    /// Nothing can be stored now; nothing was.
    #[error("the log can't store this now")]
    Unavailable,
}

/// Why a readout isn't taken for publication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// No such talk or group, a talk that was destroyed, or the group has another control key by now.
    #[error("the group has another control key")]
    Changed,
    /// The talk has published as many readouts as it may, or the group has used up its share.
    #[error("the talk has no room for another readout")]
    Full,
    /// Nothing can be stored now; nothing was.
    #[error("the log can't store this now")]
    Unavailable,
}

/// Why a talk isn't destroyed, or not wholly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DestroyError {
    /// The talk doesn't exist.
    #[error("no such talk")]
    UnknownTalk,
    /// Not everything could be erased now.
    #[error("the log can't erase this now")]
    Unavailable,
}

/// The log can't be read now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the log can't be read now")]
pub struct ReadError;
