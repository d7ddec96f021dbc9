//! The operator's token: whoever has it may propose talks. Only its hash is on the disk.

use incamera_model::{decode_base64url, encode_base64url};
use sha2::{Digest as _, Sha256};
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use subtle::ConstantTimeEq as _;

/// In the data folder.
const FILE: &str = "operator";
const LABEL: &[u8] = b"InCamera 1 operator";
const BYTES: usize = 32;
/// A token's length as text, base64url without padding.
const TEXT: usize = 43;

/// Why the operator's token can't be made or kept.
#[derive(Debug, thiserror::Error)]
pub enum OperatorError {
    /// The file of its hash.
    #[error(
        "The operator's token can't be kept in {} ({source}). Give this user the right to write there, or choose another folder with --data.",
        path.display()
    )]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file isn't what this program writes.
    #[error(
        "{} doesn't hold the operator's token's hash. Make a new token with `incamera token`.",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// The system gives no randomness.
    #[error("The system gives no randomness ({0}); start again later.")]
    Random(getrandom::Error),
}

/// Where the token's hash is. It is read at each use, so that a renewed token counts at once.
#[derive(Debug, Clone)]
pub(crate) struct Operator {
    path: PathBuf,
}

/// Makes a new token for the server of this data folder, running or not; the old one is void. The
/// result is the token's text.
///
/// # Errors
/// [`OperatorError`]
pub fn renew_operator_token(data: &Path) -> Result<String, OperatorError> {
    let path = data.join(FILE);
    let mut token = [0; BYTES];
    #[expect(clippy::disallowed_methods, reason = "the server is the shell")]
    getrandom::fill(&mut token).map_err(OperatorError::Random)?;
    let text = encode_base64url(&token);
    let hash = encode_base64url(&hash(&token));
    write(&path, hash.as_bytes()).map_err(|source| OperatorError::File { path, source })?;
    Ok(text)
}

impl Operator {
    /// The token of a data folder; at the first start a new one, with its text.
    pub(crate) fn open(data: &Path) -> Result<(Self, Option<String>), OperatorError> {
        let path = data.join(FILE);
        let operator = Self { path: path.clone() };
        match operator.stored() {
            Ok(_) => Ok((operator, None)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                renew_operator_token(data).map(|token| (operator, Some(token)))
            }
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                Err(OperatorError::Damaged { path })
            }
            Err(source) => Err(OperatorError::File { path, source }),
        }
    }

    /// Whether this is the token. It blocks for as long as the file is read.
    ///
    /// # Errors
    /// The file can't be read now.
    pub(crate) fn is(&self, token: &str) -> io::Result<bool> {
        let stored = self.stored()?;
        let given = (token.len() == TEXT).then(|| decode_base64url(token));
        let Some(Ok(given)) = given else {
            return Ok(false);
        };
        Ok(bool::from(hash(&given).ct_eq(&stored)))
    }

    fn stored(&self) -> io::Result<[u8; 32]> {
        let mut text = String::new();
        let file = File::open(&self.path)?;
        file.take(TEXT as u64 + 2).read_to_string(&mut text)?;
        let bytes = decode_base64url(text.trim_end()).ok();
        bytes
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or_else(|| io::ErrorKind::InvalidData.into())
    }
}

fn hash(token: &[u8]) -> [u8; 32] {
    Sha256::new()
        .chain_update(LABEL)
        .chain_update(token)
        .finalize()
        .into()
}

/// The old content or the new one stands there, whatever happens meanwhile.
pub(crate) fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().ok_or(io::ErrorKind::NotFound)?;
    let fresh = path.with_extension("new");
    let mut options = OpenOptions::new();
    options.create(true).truncate(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&fresh)?;
    file.write_all(content)?;
    file.sync_all()?;
    std::fs::rename(&fresh, path)?;
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_made_once_and_only_its_hash_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let (operator, token) = Operator::open(folder.path()).unwrap();
        let token = token.unwrap();
        assert!(operator.is(&token).unwrap());
        let kept = std::fs::read_to_string(folder.path().join(FILE)).unwrap();
        assert_ne!(kept, token);
        let raw = decode_base64url(&token).unwrap();
        assert!(!kept.as_bytes().windows(raw.len()).any(|some| some == raw));
        let (again, second) = Operator::open(folder.path()).unwrap();
        assert_eq!(second, None);
        assert!(again.is(&token).unwrap());
    }

    #[test]
    fn what_is_not_the_token() {
        let folder = tempfile::tempdir().unwrap();
        let (operator, token) = Operator::open(folder.path()).unwrap();
        let token = token.unwrap();
        let mut altered = token.clone().into_bytes();
        altered[0] = if altered[0] == b'A' { b'B' } else { b'A' };
        let hash = std::fs::read_to_string(folder.path().join(FILE)).unwrap();
        for wrong in [
            "",
            &token[1..],
            &format!("{token}A"),
            std::str::from_utf8(&altered).unwrap(),
            &hash,
            &"=".repeat(TEXT),
        ] {
            assert!(!operator.is(wrong).unwrap(), "{wrong}");
        }
    }

    #[test]
    fn a_renewed_token_voids_the_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let (operator, first) = Operator::open(folder.path()).unwrap();
        let second = renew_operator_token(folder.path()).unwrap();
        assert!(operator.is(&second).unwrap());
        assert!(!operator.is(&first.unwrap()).unwrap());
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_reads_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        Operator::open(folder.path()).unwrap();
        let mode = std::fs::metadata(folder.path().join(FILE)).unwrap();
        assert_eq!(mode.permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_damaged_file_is_said() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE), "nothing").unwrap();
        let error = Operator::open(folder.path()).err().unwrap();
        assert!(error.to_string().contains("incamera token"), "{error}");
    }
}
