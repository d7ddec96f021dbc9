use crate::error::{
    AppendError, CreateTalkError, DestroyError, OpenError, PublishError, ReadError, RegisterError,
};
use crate::sqlite::Store;
use crate::tail::{Subscription, Tails};
use incamera_model::{AccessKey, Position, ReadoutId, StreamClass, StreamName, TalkId};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A handle on the log; clones are the same log.
///
/// When the last handle is gone, or after [`Log::close`], the writer finishes what it was given
/// and stops.
#[derive(Clone)]
pub struct Log {
    backend: Backend,
    tails: Arc<Tails>,
}

/// Where the entries are. One variant for each store that the port can have behind it.
#[derive(Clone)]
enum Backend {
    Sqlite(Arc<Store>),
}

/// How to open a log in a folder.
#[derive(Debug, Clone)]
pub struct Options {
    /// The folder; made if it doesn't exist, and held by one process at a time.
    pub folder: PathBuf,
    /// The database doesn't grow past this many bytes; appends then fail as on a full disk.
    pub max_bytes: Option<u64>,
    /// How many talks there may be, those that are gone apart; one more is refused.
    pub max_talks: Option<u64>,
    #[cfg(test)]
    pub(crate) fault: Option<Fault>,
}

/// Faults that the tests plant to see that they are found.
#[cfg(test)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Acknowledge an entry before the transaction is committed.
    AcknowledgeEarly,
    /// Delete the entries of a destroyed talk as SQLite does by itself.
    EraseCarelessly,
}

/// A talk to create.
#[derive(Clone, PartialEq, Eq)]
pub struct NewTalk {
    /// Its id.
    pub talk: TalkId,
    /// The access keys of its groups, in their order; one of another group anywhere is refused.
    pub access: Vec<AccessKey>,
    /// The control key of group 0; without one nobody can have the talk destroyed.
    pub control: Option<AccessKey>,
    /// The first entry of its `record` stream.
    pub record: Vec<u8>,
}

/// The keys of an access group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Group {
    /// What its connections prove.
    pub access: AccessKey,
    /// What replaces its keys, and can have the talk destroyed.
    pub control: Option<AccessKey>,
}

/// A talk's keys, those of one that was destroyed included.
#[derive(Clone, PartialEq, Eq)]
pub struct Keys {
    /// Its groups, in their order.
    pub groups: Vec<Group>,
    /// It was destroyed: it has no entries and takes none.
    pub gone: bool,
}

/// New keys for a group.
#[derive(Clone, PartialEq, Eq)]
pub struct Registration {
    /// The group's talk.
    pub talk: TalkId,
    /// Its index.
    pub index: u8,
    /// The keys that it must have until now.
    pub former: Group,
    /// The keys that it has from here on.
    pub group: Group,
}

/// A readout that a group hands over to be published.
#[derive(Clone, PartialEq, Eq)]
pub struct Handover {
    /// The group's talk.
    pub talk: TalkId,
    /// Its index.
    pub index: u8,
    /// The control key that signed: the group's.
    pub control: AccessKey,
    /// Where the readout will be found.
    pub id: ReadoutId,
    /// SHA-256 of the content.
    pub hash: [u8; 32],
    /// Until when nobody should get it, in milliseconds since 1970, at most `i64::MAX`.
    pub not_before: u64,
    /// What is published.
    pub content: Vec<u8>,
}

/// What handing a readout over came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HandedOver {
    /// Another group hasn't handed over the same; of the content nothing is kept.
    Waiting,
    /// It is stored, since every group of the talk did.
    Stored {
        /// Until when nobody should get it.
        not_before: u64,
    },
}

/// A readout that every group of its talk handed over.
#[derive(Clone, PartialEq, Eq)]
pub struct Readout {
    /// What is published.
    pub content: Vec<u8>,
    /// Until when nobody should get it, in milliseconds since 1970.
    pub not_before: u64,
}

/// What creating a talk came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Created {
    /// It is new.
    New,
    /// It existed with the same content.
    Already,
}

/// A stored entry.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    /// Where it stands in its stream.
    pub position: Position,
    /// Its bytes, as they were appended.
    pub bytes: Arc<[u8]>,
}

/// Consecutive entries of a stream.
#[derive(Clone, PartialEq, Eq)]
pub struct Batch {
    /// The entries, in order, without gaps; perhaps none.
    pub entries: Vec<Entry>,
    /// The position that an append would have got when this was read.
    pub end: Position,
}

impl Keys {
    /// The index and keys of the group that has this access key.
    #[must_use]
    pub fn proven(&self, access: &AccessKey) -> Option<(u8, Group)> {
        let mut groups = (0..=u8::MAX).zip(&self.groups);
        let found = groups.find(|(_, group)| group.access == *access);
        found.map(|(index, group)| (index, *group))
    }

    /// Whether a group is somebody's. The first is the proposer's, also in a talk from before there
    /// were control keys. None if there is no such group.
    #[must_use]
    pub fn is_claimed(&self, index: u8) -> Option<bool> {
        let group = self.groups.get(usize::from(index))?;
        Some(index == 0 || group.control.is_some())
    }
}

impl Options {
    /// A log in `folder` that grows as far as the disk does.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.into(),
            max_bytes: None,
            max_talks: None,
            #[cfg(test)]
            fault: None,
        }
    }
}

impl Log {
    /// Opens the log in a folder, or makes it, and starts its writer.
    ///
    /// # Errors
    /// [`OpenError`], each a sentence for people.
    pub fn open(options: &Options) -> Result<Self, OpenError> {
        let tails = Arc::new(Tails::default());
        let store = Store::open(options, Arc::clone(&tails))?;
        Ok(Self {
            backend: Backend::Sqlite(Arc::new(store)),
            tails,
        })
    }

    /// Creates a talk and its record's first entry, in one step. Doing it again with the same
    /// content succeeds.
    ///
    /// # Errors
    /// [`CreateTalkError`]
    pub async fn create_talk(&self, new: NewTalk) -> Result<Created, CreateTalkError> {
        match &self.backend {
            Backend::Sqlite(store) => store.create_talk(new).await,
        }
    }

    /// The keys of a talk; none if there is no such talk.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn keys(&self, talk: TalkId) -> Result<Option<Keys>, ReadError> {
        match &self.backend {
            Backend::Sqlite(store) => store.keys(talk).await,
        }
    }

    /// The talk and the index of the group that has an access key.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn find_group(&self, access: AccessKey) -> Result<Option<(TalkId, u8)>, ReadError> {
        match &self.backend {
            Backend::Sqlite(store) => store.find_group(access).await,
        }
    }

    /// Replaces a group's keys, if they are those that the caller knows.
    ///
    /// # Errors
    /// [`RegisterError`]
    pub async fn register_group(&self, registration: Registration) -> Result<(), RegisterError> {
        match &self.backend {
            Backend::Sqlite(store) => store.register_group(registration).await,
        }
    }

    /// A group hands over a readout, in place of the one that it did before. It is stored once every
    /// group of the talk, at least two with control keys of their own, has handed over the same; it
    /// then counts to the share of the group that was last. One that is stored stays as it is.
    ///
    /// # Errors
    /// [`PublishError`]
    pub async fn hand_over(&self, handover: Handover) -> Result<HandedOver, PublishError> {
        match &self.backend {
            Backend::Sqlite(store) => store.hand_over(handover).await,
        }
    }

    /// A readout that every group of its talk handed over, also if its talk was destroyed since.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn readout(&self, id: ReadoutId) -> Result<Option<Readout>, ReadError> {
        match &self.backend {
            Backend::Sqlite(store) => store.readout(id).await,
        }
    }

    /// Destroys a talk: it takes no more entries from here on, and once this returns none of their
    /// bytes is left in the files. Its keys stay, so that it can be told that it is gone, and so do its
    /// readouts ([`Log::readout`]), which all its groups made public. Doing it again succeeds; after [`DestroyError::Unavailable`] it should be, to erase what is left.
    ///
    /// # Errors
    /// [`DestroyError`]
    pub async fn destroy_talk(&self, talk: TalkId) -> Result<(), DestroyError> {
        match &self.backend {
            Backend::Sqlite(store) => store.destroy_talk(talk).await,
        }
    }

    /// Appends an entry for a group and returns its position once it is durable. Compare-and-append
    /// streams need `expected`, append-any streams refuse it. Each of a talk's n groups has an nth of
    /// [`crate::MAX_TALK_BYTES`] and [`crate::MAX_STREAMS_PER_TALK`], so that none takes the others'
    /// space.
    ///
    /// Waits while the writer's queue is full. A caller that stops waiting doesn't take the entry
    /// back.
    ///
    /// # Errors
    /// [`AppendError`]
    pub async fn append(
        &self,
        (talk, group): (TalkId, u8),
        stream: &StreamName,
        expected: Option<Position>,
        entry: Vec<u8>,
    ) -> Result<Position, AppendError> {
        match (stream.class(), expected) {
            (StreamClass::CompareAndAppend, Some(_)) | (StreamClass::AppendAny, None) => {}
            _ => return Err(AppendError::WrongStream),
        }
        match &self.backend {
            Backend::Sqlite(store) => {
                let stream = stream.clone();
                store.append((talk, group), stream, expected, entry).await
            }
        }
    }

    /// Reads entries from a position on: at most `limit`, and fewer if they are large. A stream
    /// that nobody wrote is empty.
    ///
    /// # Errors
    /// [`ReadError`]
    pub async fn read(
        &self,
        talk: TalkId,
        stream: &StreamName,
        from: Position,
        limit: usize,
    ) -> Result<Batch, ReadError> {
        match &self.backend {
            Backend::Sqlite(store) => store.read(talk, stream.clone(), from, limit).await,
        }
    }

    /// Follows a stream from a position on.
    #[must_use]
    pub fn subscribe(&self, talk: TalkId, stream: &StreamName, from: Position) -> Subscription {
        let tail = self.tails.follow(talk, stream);
        Subscription::new(self.clone(), tail, talk, stream.clone(), from)
    }

    /// Takes no more appends, waits until the writer has answered those it was given, and folds
    /// the write-ahead log into the database.
    pub async fn close(&self) {
        match &self.backend {
            Backend::Sqlite(store) => store.close().await,
        }
    }
}
