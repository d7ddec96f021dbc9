use crate::error::OpenError;
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::path::Path;

/// A data folder that this process holds: subscribers learn of new entries from the process that
/// wrote them, so two of them on one database would leave each other's subscribers waiting.
pub(crate) struct Folder {
    lock: File,
}

impl Folder {
    pub(crate) fn hold(path: &Path) -> Result<Self, OpenError> {
        let unwritable = |source| OpenError::Folder {
            path: path.into(),
            source,
        };
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(path).map_err(unwritable)?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path.join("lock"))
            .map_err(unwritable)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { lock }),
            Err(TryLockError::WouldBlock) => Err(OpenError::InUse { path: path.into() }),
            Err(TryLockError::Error(source)) => Err(unwritable(source)),
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Closing alone would leave the lock with a child that was forked and hasn't run its
        // program yet.
        let _ = self.lock.unlock();
    }
}
