//! Where a device keeps what makes somebody a person of a talk between delegations: one file, for
//! its owner only.

use crate::address::{AddressError, ServerAddress};
use incamera_talk::two_keys::{HeadSecret, Secret, SecretError};
use serde::{Deserialize, Serialize};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

const VERSION: u32 = 1;
const MAX_BYTES: u64 = 1024 * 1024;
const OTHERS: u32 = 0o077;

/// A file with keys that can't be used.
#[derive(Debug, Clone, thiserror::Error)]
pub enum KeyFileError {
    /// The file system.
    #[error("the keys in {path} can't be {verb} ({error}); check the path")]
    Io {
        /// The file.
        path: String,
        /// `read` or `written`.
        verb: &'static str,
        /// What happened.
        error: Arc<io::Error>,
    },
    /// Others may read it.
    #[error(
        "others can read the keys in {0}, or change them; make the file yours alone: chmod 600"
    )]
    NotPrivate(String),
    /// Not written by this program, or damaged.
    #[error("{0} holds no keys of this program's version; name another file")]
    NotKeys(String),
    /// There are keys already.
    #[error("{0} is there already, and keys are never overwritten; name another file with --keys")]
    Exists(String),
    /// Another program went on with the same keys.
    #[error("another command went on with the keys in {0} meanwhile; start this one again")]
    Overtaken(String),
}

/// A file with the keys of one person in one talk, and where the talk is held. It is replaced as a
/// whole, so that a crash leaves the old or the new.
#[derive(Clone)]
pub struct KeyFile {
    path: PathBuf,
    server: ServerAddress,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    in_camera_keys: u32,
    server: String,
    secret: String,
}

impl KeyFile {
    /// Writes new keys into a file that isn't there yet, its folder too.
    ///
    /// # Errors
    /// [`KeyFileError`].
    pub fn create(
        path: &Path,
        server: &ServerAddress,
        secret: &Secret,
    ) -> Result<Self, KeyFileError> {
        let file = Self {
            path: path.to_owned(),
            server: server.clone(),
        };
        let folder = file.folder();
        let mut builder = DirBuilder::new();
        builder.recursive(true).mode(0o700);
        let made = builder.create(folder);
        made.map_err(|error| file.io("written", error))?;
        let _lock = file.lock()?;
        if path.symlink_metadata().is_ok() {
            return Err(KeyFileError::Exists(file.name()));
        }
        file.replace(secret)?;
        Ok(file)
    }

    /// Reads keys.
    ///
    /// # Errors
    /// [`KeyFileError`].
    pub fn open(path: &Path) -> Result<(Self, Secret), KeyFileError> {
        let (content, secret) = read(path)?;
        let server = ServerAddress::parse(&content.server);
        let file = Self {
            path: path.to_owned(),
            server: server
                .map_err(|AddressError| KeyFileError::NotKeys(path.display().to_string()))?,
        };
        Ok((file, secret))
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the talk is held.
    #[must_use]
    pub fn server(&self) -> &ServerAddress {
        &self.server
    }

    /// Keeps what is to be kept from now on; it is durable then. What another command has added
    /// meanwhile stays.
    ///
    /// # Errors
    /// [`KeyFileError`].
    pub fn keep(&self, secret: &Secret) -> Result<(), KeyFileError> {
        let _lock = self.lock()?;
        let (_, there) = read(&self.path)?;
        let merged = merge(secret, &there);
        let merged = merged.ok_or_else(|| KeyFileError::Overtaken(self.name()))?;
        self.replace(&merged)
    }

    fn replace(&self, secret: &Secret) -> Result<(), KeyFileError> {
        let content = Content {
            in_camera_keys: VERSION,
            server: self.server.origin(),
            secret: secret.to_text().to_string(),
        };
        let text = serde_json::to_vec(&content).map_err(io::Error::from);
        let write = |text: Vec<u8>| -> io::Result<()> {
            let mut name = self.path.file_name().unwrap_or_default().to_owned();
            name.push(".new");
            let fresh = self.folder().join(name);
            // Left behind by a crash.
            match fs::remove_file(&fresh) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            let mut options = OpenOptions::new();
            let mut file = options
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&fresh)?;
            file.write_all(&text)?;
            file.sync_all()?;
            fs::rename(&fresh, &self.path)?;
            File::open(self.folder())?.sync_all()
        };
        text.and_then(write)
            .map_err(|error| self.io("written", error))
    }

    /// Commands with the same keys write one after the other.
    fn lock(&self) -> Result<File, KeyFileError> {
        let folder = File::open(self.folder());
        let locked = folder.and_then(|folder| folder.lock().map(|()| folder));
        locked.map_err(|error| self.io("written", error))
    }

    fn folder(&self) -> &Path {
        let parent = self.path.parent();
        let named = parent.filter(|parent| !parent.as_os_str().is_empty());
        named.unwrap_or(Path::new("."))
    }

    fn name(&self) -> String {
        self.path.display().to_string()
    }

    fn io(&self, verb: &'static str, error: io::Error) -> KeyFileError {
        io_error(&self.path, verb, error)
    }
}

impl core::fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("KeyFile(redacted)")
    }
}

fn io_error(path: &Path, verb: &'static str, error: io::Error) -> KeyFileError {
    KeyFileError::Io {
        path: path.display().to_string(),
        verb,
        error: Arc::new(error),
    }
}

fn read(path: &Path) -> Result<(Content, Secret), KeyFileError> {
    let not_keys = || KeyFileError::NotKeys(path.display().to_string());
    let unreadable = |error| io_error(path, "read", error);
    let file = File::open(path).map_err(unreadable)?;
    let mode = file.metadata().map_err(unreadable)?.permissions().mode();
    if mode & OTHERS != 0 {
        return Err(KeyFileError::NotPrivate(path.display().to_string()));
    }
    let mut bytes = Vec::new();
    file.take(MAX_BYTES)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    let content: Content = serde_json::from_slice(&bytes).map_err(|_| not_keys())?;
    if content.in_camera_keys != VERSION {
        return Err(not_keys());
    }
    let secret = Secret::from_text(&content.secret);
    let secret = secret.map_err(|_: SecretError| not_keys())?;
    Ok((content, secret))
}

/// What is to be kept, with what stands in the file and isn't known here; `None` if the two went
/// different ways.
fn merge(secret: &Secret, there: &Secret) -> Option<Secret> {
    let later = |there: &[u8], here: &[u8]| !there.is_empty() && there != here;
    match (secret, there) {
        (Secret::Head(here), Secret::Head(there)) => {
            let overtaken = here.head != there.head
                || later(&there.claimed, &here.claimed)
                || later(&there.counter, &here.counter);
            (!overtaken).then(|| Secret::Head(Box::new(with_lists(here, there))))
        }
        (Secret::Guest(here), Secret::Guest(there)) => {
            let overtaken = here.seat != there.seat || later(&there.granted, &here.granted);
            (!overtaken).then(|| secret.clone())
        }
        // Whoever was seated as a head became one.
        (Secret::Head(here), Secret::Guest(there)) => {
            (here.seat == there.seat).then(|| secret.clone())
        }
        (_, Secret::Code(_)) => Some(secret.clone()),
        _ => None,
    }
}

fn with_lists(here: &HeadSecret, there: &HeadSecret) -> HeadSecret {
    let mut merged = here.clone();
    merged.registered |= there.registered;
    for kept in &there.invitations {
        if !here.invitations.contains(kept) {
            merged.remember_invitation(kept.clone());
        }
    }
    for (seat, asks) in &there.refused {
        if !here.refused.iter().any(|(known, _)| known == seat) {
            merged.remember_refusal(*seat, *asks);
        }
    }
    for (seat, asks) in &there.mailed {
        if !here.mailed.iter().any(|(known, _)| known == seat) {
            merged.remember_mail(*seat, *asks);
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;
    use incamera_talk::SeatKey;
    use incamera_talk::two_keys::{Admit, NewTalk, propose};

    fn head() -> HeadSecret {
        let new = NewTalk {
            title: "Fisheries",
            delegation: "North",
            person: "Alice",
            admit: Admit::Each,
        };
        propose(&new, [7; 32]).unwrap().secret
    }

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_file_is_its_owners_alone_and_never_overwritten() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("talks/one/head.keys");
        let server = ServerAddress::parse("https://talk.example").unwrap();
        let secret = Secret::Head(Box::new(head()));
        let file = KeyFile::create(&path, &server, &secret).unwrap();
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        let error = KeyFile::create(&path, &server, &secret).unwrap_err();
        assert!(matches!(error, KeyFileError::Exists(_)));

        let (again, read) = KeyFile::open(&path).unwrap();
        assert_eq!(again.server().origin(), "https://talk.example");
        assert_eq!(*read.encode(), *secret.encode());
        file.keep(&secret).unwrap();
        assert_eq!(mode(&path), 0o600);

        for open in [0o640, 0o604, 0o620] {
            fs::set_permissions(&path, fs::Permissions::from_mode(open)).unwrap();
            let error = KeyFile::open(&path).unwrap_err();
            assert!(error.to_string().contains("chmod 600"), "{error}");
            assert!(file.keep(&secret).is_err());
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, "{}").unwrap();
        assert!(matches!(
            KeyFile::open(&path).unwrap_err(),
            KeyFileError::NotKeys(_)
        ));
    }

    /// Two commands with the same keys: neither loses what the other one kept, and neither undoes a
    /// step of the founding.
    #[test]
    fn two_commands_with_the_same_keys() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("keys");
        let server = ServerAddress::parse("https://talk.example").unwrap();
        let keep =
            |file: &KeyFile, head: &HeadSecret| file.keep(&Secret::Head(head.clone().into()));
        let (mut one, mut other) = (head(), head());
        let file = KeyFile::create(&path, &server, &Secret::Head(one.clone().into())).unwrap();
        one.remember_refusal(SeatKey([1; 32]), 1);
        keep(&file, &one).unwrap();
        other.remember_refusal(SeatKey([2; 32]), 1);
        other.remember_mail(SeatKey([3; 32]), 1);
        keep(&file, &other).unwrap();
        let Secret::Head(read) = KeyFile::open(&path).unwrap().1 else {
            panic!("a head's");
        };
        assert_eq!((read.refused.len(), read.mailed.len()), (2, 1));

        one.claimed = vec![1];
        keep(&file, &one).unwrap();
        let error = keep(&file, &other).unwrap_err();
        assert!(matches!(error, KeyFileError::Overtaken(_)));
    }
}
