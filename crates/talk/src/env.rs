use crate::codec::{DecodeError, Reader, Writer};
use crate::crypto::{hash, kdf};
use aes_gcm::aead::{Aead as _, KeyInit as _, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use core::fmt;
use incamera_model::{StreamName, TalkId};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// What sealing adds before padding, in bytes: version, vault id, salt, commitment, length, tag.
pub const ENV_OVERHEAD: usize = HEADER_BYTES + 4 + TAG_BYTES;

const VERSION: u8 = 1;
const HEADER_BYTES: usize = 1 + 16 + 32 + 16;
const TAG_BYTES: usize = 16;
const CLASSES: [usize; 5] = [256, 1024, 4 * 1024, 16 * 1024, 64 * 1024];
const LARGE_STEP: usize = 64 * 1024;
const MAX_BYTES: usize = 1024 * 1024;

/// Names a vault without telling its key: the first 16 bytes of `H("vault" || key)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VaultId(pub [u8; 16]);

/// A key that seals the entries of some streams of one talk. The key is wiped when dropped.
#[derive(Clone)]
pub struct Vault {
    talk: TalkId,
    key: Zeroizing<[u8; 32]>,
}

/// Bytes that aren't an entry sealed with this vault for this stream, or too much to seal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EnvError {
    /// Not an `Env`: wrong layout, or a length that is no padding class.
    #[error("not a sealed entry: {0}")]
    Malformed(#[from] DecodeError),
    /// Sealed with another vault.
    #[error("sealed with another vault")]
    OtherVault,
    /// Altered, or sealed for another stream.
    #[error("altered, or sealed for another stream")]
    Forged,
    /// The content doesn't fit into 1 MiB.
    #[error("the content is too large to be sealed in one entry")]
    TooLarge,
}

impl Vault {
    /// A vault of a talk.
    #[must_use]
    pub fn new(talk: TalkId, key: Zeroizing<[u8; 32]>) -> Self {
        Self { talk, key }
    }

    /// Its name.
    #[must_use]
    pub fn id(&self) -> VaultId {
        let mut id = [0; 16];
        id.copy_from_slice(&hash(&[b"vault", &*self.key])[..16]);
        VaultId(id)
    }

    /// Seals `content` for `stream`:
    /// `Env{version, vault_id[16], salt[32], commit[16], ct}`, AES-256-GCM under
    /// `(key[32] || commit[16]) = KDF(vault, "env", salt || stream)`, zero nonce, AAD = stream.
    /// The whole entry has 256 B, 1, 4, 16 or 64 KiB, or a multiple of 64 KiB up to 1 MiB; the
    /// plaintext is `uint32 length || content || zeros`.
    ///
    /// `salt` must never repeat: it makes the key, and the nonce is constant.
    ///
    /// # Errors
    /// [`EnvError::TooLarge`].
    pub fn seal(
        &self,
        stream: &StreamName,
        content: &[u8],
        salt: &[u8; 32],
    ) -> Result<Vec<u8>, EnvError> {
        let size = class(content.len() + ENV_OVERHEAD).ok_or(EnvError::TooLarge)?;
        let length = u32::try_from(content.len()).map_err(|_| EnvError::TooLarge)?;
        let mut plain = Zeroizing::new(Vec::with_capacity(size));
        plain.extend(length.to_be_bytes());
        plain.extend_from_slice(content);
        plain.resize(size - HEADER_BYTES - TAG_BYTES, 0);

        let keys = self.keys(salt, stream);
        let sealed = cipher(&keys)
            .encrypt(
                &Nonce::default(),
                Payload {
                    msg: &plain,
                    aad: stream.as_str().as_bytes(),
                },
            )
            .map_err(|_| EnvError::TooLarge)?;
        let mut out = Writer::new();
        out.u8(VERSION)
            .fixed(&self.id().0)
            .fixed(salt)
            .fixed(&keys[32..])
            .fixed(&sealed);
        Ok(out.into_vec())
    }

    /// Opens an entry of `stream`.
    ///
    /// # Errors
    /// [`EnvError`].
    pub fn open(&self, stream: &StreamName, entry: &[u8]) -> Result<Vec<u8>, EnvError> {
        if class(entry.len()) != Some(entry.len()) {
            return Err(EnvError::Malformed(DecodeError::Truncated));
        }
        let mut reader = Reader::new(entry);
        reader.version(VERSION)?;
        if VaultId(reader.array()?) != self.id() {
            return Err(EnvError::OtherVault);
        }
        let salt = reader.array::<32>()?;
        let commitment = reader.array::<16>()?;
        let keys = self.keys(&salt, stream);
        // AES-GCM alone doesn't commit to its key (one entry could open under two).
        if !bool::from(keys[32..].ct_eq(&commitment)) {
            return Err(EnvError::Forged);
        }
        let plain = cipher(&keys)
            .decrypt(
                &Nonce::default(),
                Payload {
                    msg: reader.rest(),
                    aad: stream.as_str().as_bytes(),
                },
            )
            .map_err(|_| EnvError::Forged)?;
        unpad(&plain, entry.len())
    }

    fn keys(&self, salt: &[u8; 32], stream: &StreamName) -> Zeroizing<[u8; 48]> {
        kdf(
            &*self.key,
            "env",
            &self.talk,
            &[salt, stream.as_str().as_bytes()],
        )
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault(redacted)")
    }
}

fn cipher(keys: &[u8; 48]) -> Aes256Gcm {
    let mut key = Zeroizing::new([0u8; 32]);
    key.copy_from_slice(&keys[..32]);
    Aes256Gcm::new((&*key).into())
}

/// The smallest class that holds `size` bytes.
fn class(size: usize) -> Option<usize> {
    CLASSES
        .into_iter()
        .find(|class| size <= *class)
        .or_else(|| Some(size.next_multiple_of(LARGE_STEP)))
        .filter(|class| *class <= MAX_BYTES)
}

fn unpad(plain: &[u8], entry_bytes: usize) -> Result<Vec<u8>, EnvError> {
    let mut reader = Reader::new(plain);
    let length = usize::try_from(reader.u32()?).map_err(|_| DecodeError::Length)?;
    let (content, padding) = reader
        .rest()
        .split_at_checked(length)
        .ok_or(DecodeError::Truncated)?;
    // One content has one size: nothing can be told by padding more than needed.
    if padding.iter().any(|byte| *byte != 0) || class(length + ENV_OVERHEAD) != Some(entry_bytes) {
        return Err(EnvError::Malformed(DecodeError::Value));
    }
    Ok(content.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use incamera_model::RoomId;
    use proptest::prelude::*;

    fn vault(byte: u8) -> Vault {
        Vault::new(TalkId([9; 16]), Zeroizing::new([byte; 32]))
    }

    #[track_caller]
    fn check_size(content: usize, expected: Option<usize>) {
        let sealed = vault(1).seal(&StreamName::record(), &vec![7; content], &[3; 32]);
        assert_eq!(sealed.ok().map(|entry| entry.len()), expected);
    }

    #[test]
    fn sizes_are_classes() {
        check_size(0, Some(256));
        check_size(256 - ENV_OVERHEAD, Some(256));
        check_size(257 - ENV_OVERHEAD, Some(1024));
        check_size(5000, Some(16 * 1024));
        check_size(65 * 1024, Some(128 * 1024));
        check_size(MAX_BYTES - ENV_OVERHEAD, Some(MAX_BYTES));
        check_size(MAX_BYTES, None);
    }

    #[test]
    fn every_bit_counts() {
        let stream = StreamName::record();
        let entry = vault(1).seal(&stream, b"content", &[3; 32]).unwrap();
        assert_eq!(vault(1).open(&stream, &entry).unwrap(), b"content");
        for bit in 0..entry.len() * 8 {
            let mut altered = entry.clone();
            altered[bit / 8] ^= 1 << (bit % 8);
            assert!(vault(1).open(&stream, &altered).is_err(), "bit {bit}");
        }
        for length in 0..entry.len() {
            assert!(vault(1).open(&stream, &entry[..length]).is_err());
        }
    }

    #[test]
    fn bound_to_vault_and_stream() {
        let entry = vault(1)
            .seal(&StreamName::record(), b"x", &[3; 32])
            .unwrap();
        assert_eq!(
            vault(2).open(&StreamName::record(), &entry),
            Err(EnvError::OtherVault)
        );
        let elsewhere = StreamName::door(&RoomId([1; 16]));
        assert_eq!(vault(1).open(&elsewhere, &entry), Err(EnvError::Forged));
    }

    proptest! {
        #[test]
        fn round_trip(content in proptest::collection::vec(any::<u8>(), 0..9000), salt: [u8; 32]) {
            let entry = vault(1).seal(&StreamName::record(), &content, &salt).unwrap();
            prop_assert_eq!(vault(1).open(&StreamName::record(), &entry), Ok(content));
        }

        #[test]
        fn junk_is_refused(junk in proptest::collection::vec(any::<u8>(), 0..2048)) {
            prop_assert!(vault(1).open(&StreamName::record(), &junk).is_err());
        }
    }
}
