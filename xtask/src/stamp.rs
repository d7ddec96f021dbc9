//! Skipping a step whose inputs are what they were when it last succeeded.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::sh;

/// A digest over the inputs of a step.
pub(crate) struct Stamp {
    file: PathBuf,
    hash: Sha256,
}

impl Stamp {
    /// A stamp that is kept in `file`, relative to the root.
    pub(crate) fn new(file: &str) -> Self {
        Self {
            file: sh::root().join(file),
            hash: Sha256::new(),
        }
    }

    /// Takes a text in, such as a compiler's version.
    pub(crate) fn text(&mut self, text: &str) {
        self.hash.update((text.len() as u64).to_be_bytes());
        self.hash.update(text);
    }

    /// Takes a file in, or a folder with all it holds; nothing if there is no such path.
    pub(crate) fn path(&mut self, path: &str) -> Result<()> {
        let mut files = Vec::new();
        walk(&sh::root().join(path), &mut files)?;
        files.sort();
        for file in files {
            self.text(&file.to_string_lossy());
            let bytes = fs::read(&file).with_context(|| format!("reading {}", file.display()))?;
            self.hash.update((bytes.len() as u64).to_be_bytes());
            self.hash.update(&bytes);
        }
        Ok(())
    }

    /// Ends the digest.
    pub(crate) fn finish(self) -> Finished {
        let mut digest = String::new();
        for byte in self.hash.finalize() {
            digest.push_str(&format!("{byte:02x}"));
        }
        Finished {
            file: self.file,
            digest,
        }
    }
}

/// A digest to compare with the one of the last success.
pub(crate) struct Finished {
    file: PathBuf,
    digest: String,
}

impl Finished {
    /// Whether the step succeeded with these inputs, and what it made is still there.
    pub(crate) fn is_fresh(&self, made: &Path) -> bool {
        made.exists() && fs::read_to_string(&self.file).is_ok_and(|kept| kept == self.digest)
    }

    /// Remembers that the step succeeded.
    pub(crate) fn keep(&self) -> Result<()> {
        if let Some(folder) = self.file.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&self.file, &self.digest).with_context(|| format!("{}", self.file.display()))
    }
}

fn walk(path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    if path.is_file() {
        files.push(path.to_owned());
    } else if path.is_dir() {
        for entry in fs::read_dir(path)? {
            walk(&entry?.path(), files)?;
        }
    }
    Ok(())
}
