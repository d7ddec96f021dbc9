/// How many streams one talk may have, its groups in equal shares.
pub const MAX_STREAMS_PER_TALK: u32 = 4096;
/// How many bytes the entries of one talk may take in all, its groups in equal shares.
pub const MAX_TALK_BYTES: u64 = 512 * 1024 * 1024;
/// How many readouts of one talk there may be.
pub const MAX_READOUTS_PER_TALK: u32 = 16;

/// Jobs that wait for the writer; a caller beyond that waits itself.
pub(crate) const WRITER_QUEUE: usize = 128;
/// The most jobs in one transaction.
pub(crate) const GROUP_COMMIT: usize = 64;
/// Connections that read at the same time; a reader beyond that waits.
pub(crate) const READERS: usize = 4;
/// A stream's newest entries that are kept in memory while somebody follows it.
pub(crate) const TAIL_ENTRIES: usize = 256;
/// Their size in bytes, a batch's: whoever is further behind reads from disk. Each followed stream of
/// each talk has as much. The newest entry is kept whatever its size.
pub(crate) const TAIL_BYTES: usize = BATCH_BYTES;
/// The most entries in one [`crate::Batch`].
pub(crate) const BATCH_ENTRIES: usize = 256;
/// A batch ends with the entry that reaches this many bytes.
pub(crate) const BATCH_BYTES: usize = 256 * 1024;
