use crate::codec::{DecodeError, Reader, Writer};
use crate::crypto::hash;
use aes_gcm::aead::{Aead as _, Payload};
use aes_gcm::{Aes256Gcm, KeyInit as _};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use core::fmt;
use incamera_model::{TalkId, decode_base64url, encode_base64url};
use subtle::ConstantTimeEq as _;
use unicode_normalization::UnicodeNormalization as _;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

const FIRST_LINE: &str = "In Camera: keys of a delegation, version 1";
const NOTE: &str =
    "Whoever has this file and its passphrase speaks for the delegation. Keep them apart.";
const VERSION: u8 = 1;
const SALT_BYTES: usize = 16;
const CHECK_BYTES: usize = 16;
const SUM_BYTES: usize = 8;
const LINE_CHARS: usize = 64;
/// Contents are padded to a multiple of this, so that a file doesn't tell how many rooms a talk has.
const PADDING: usize = 1024;
/// The shortest passphrase that a backup is written with, in characters.
pub const MIN_PASSPHRASE_CHARS: usize = 12;
/// How many vaults a backup holds at most.
pub const MAX_VAULTS: usize = 256;
/// The largest backup file, in bytes.
pub const MAX_BACKUP_BYTES: usize = 32 * 1024;
const MAX_ORIGIN_BYTES: usize = 280;

/// What a guess of the passphrase costs: the parameters of Argon2id (RFC 9106).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Memory, in KiB.
    pub memory: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Cost {
    /// The second recommended choice of RFC 9106 section 4: 64 MiB, 3 passes, 4 lanes.
    pub const USUAL: Self = Self {
        memory: 64 * 1024,
        passes: 3,
        lanes: 4,
    };
    /// Less is refused: a file that makes guessing cheap was not written by this program.
    pub const LEAST: Self = Self {
        memory: 19 * 1024,
        passes: 2,
        lanes: 1,
    };
    /// More is refused: opening a file mustn't exhaust the machine.
    pub const MOST: Self = Self {
        memory: 256 * 1024,
        passes: 10,
        lanes: 8,
    };

    fn is_within_bounds(self) -> bool {
        let within = |least, value, most| (least..=most).contains(&value);
        within(Self::LEAST.memory, self.memory, Self::MOST.memory)
            && within(Self::LEAST.passes, self.passes, Self::MOST.passes)
            && within(Self::LEAST.lanes, self.lanes, Self::MOST.lanes)
    }
}

/// A file that can't be read or written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BackupError {
    /// It is no backup of this program.
    #[error("this is no In Camera backup; choose the file whose first line says that it is one")]
    NotABackup,
    /// Another version.
    #[error("this backup was written by another version; open it with that one")]
    Version,
    /// Something was changed or lost on the way, by accident: the sum doesn't match.
    #[error("the file is damaged or cut short; take another copy of it")]
    Damaged,
    /// The parameters are outside the bounds.
    #[error("the file asks for a passphrase check that is too weak or too expensive")]
    Cost,
    /// The passphrase isn't the one that it was written with.
    #[error("this isn't the passphrase of the file")]
    Passphrase,
    /// The passphrase is right, and the file isn't what was written: somebody changed it.
    #[error("the passphrase is right, but the file was changed after it was written")]
    Altered,
    /// A passphrase too short to write a file with.
    #[error("the passphrase is too short; take at least 12 characters, better four words or more")]
    TooShort,
    /// More vaults, or a longer origin, than a backup may hold.
    #[error("there is more to keep than a backup may hold")]
    TooLarge,
    /// The machine hasn't the memory.
    #[error("there isn't enough memory to check the passphrase")]
    Memory,
}

/// Everything that makes somebody the head of a delegation.
///
/// ```text
/// struct { uint8 version = 1; opaque talk_id[16]; opaque origin<V>; opaque root[32]; opaque next_root[32];
///          opaque head[32]; opaque control[32]; opaque lobby[32]; opaque vaults<V>{ opaque vault[32]; } } Backup;
/// ```
/// The file: a first line; a line for people; a line `argon2id m=KiB t=passes p=lanes`; lines of base64url of
/// `salt[16] || check[16] || ciphertext || sum[8]`. `(key[32] || check) = Argon2id(NFC(passphrase), salt)`;
/// AES-256-GCM, zero nonce (the salt makes the key), AAD the lines before and the salt, plaintext
/// `opaque backup<V> || zeros`. `sum` is the start of SHA-256 over everything before it: it tells damage from
/// a wrong passphrase, and protects nothing.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Backup {
    /// The talk.
    #[zeroize(skip)]
    pub talk: TalkId,
    /// Where it is held.
    #[zeroize(skip)]
    pub origin: String,
    /// Seed of the root key.
    pub root: [u8; 32],
    /// Seed of the root key that was named for the case of loss.
    pub next_root: [u8; 32],
    /// Seed of the head's key.
    pub head: [u8; 32],
    /// Seed of the control key.
    pub control: [u8; 32],
    /// The secret of the delegation's lobby.
    pub lobby: [u8; 32],
    /// The keys of the vaults granted so far.
    pub vaults: Vec<[u8; 32]>,
}

impl Backup {
    /// Writes the file. `salt`: 16 unpredictable bytes, never used before. Takes as long as `cost` says.
    ///
    /// # Errors
    /// [`BackupError::TooShort`], [`BackupError::TooLarge`], [`BackupError::Cost`], [`BackupError::Memory`].
    pub fn seal(
        &self,
        passphrase: &str,
        salt: [u8; SALT_BYTES],
        cost: Cost,
    ) -> Result<String, BackupError> {
        if passphrase.trim().chars().count() < MIN_PASSPHRASE_CHARS {
            return Err(BackupError::TooShort);
        }
        if self.vaults.len() > MAX_VAULTS || self.origin.len() > MAX_ORIGIN_BYTES {
            return Err(BackupError::TooLarge);
        }
        let keys = Keys::derive(passphrase, &salt, cost)?;
        let head = preamble(cost);
        let plain = self.padded();
        let aad = [head.as_bytes(), &salt].concat();
        let payload = Payload {
            msg: &plain,
            aad: &aad,
        };
        let sealed = keys.cipher().encrypt(&Default::default(), payload);
        let sealed = sealed.map_err(|_| BackupError::TooLarge)?;
        let mut body = [&salt[..], &keys.check, &sealed].concat();
        let sum = hash(&[head.as_bytes(), &body]);
        body.extend_from_slice(&sum[..SUM_BYTES]);
        let mut text = head;
        for (at, character) in encode_base64url(&body).chars().enumerate() {
            if at > 0 && at % LINE_CHARS == 0 {
                text.push('\n');
            }
            text.push(character);
        }
        text.push('\n');
        Ok(text)
    }

    fn padded(&self) -> Zeroizing<Vec<u8>> {
        let encoded = self.encode();
        // Room for all of it, or growing would leave copies behind.
        let length = (encoded.len() + 4).next_multiple_of(PADDING);
        let mut out = Writer::new();
        out.opaque(&encoded);
        let content = Zeroizing::new(out.into_vec());
        let mut plain = Zeroizing::new(Vec::with_capacity(length));
        plain.extend_from_slice(&content);
        plain.resize(length, 0);
        plain
    }

    fn encode(&self) -> Zeroizing<Vec<u8>> {
        let mut out = Writer::new();
        out.u8(VERSION)
            .fixed(&self.talk.0)
            .opaque(self.origin.as_bytes())
            .fixed(&self.root)
            .fixed(&self.next_root)
            .fixed(&self.head)
            .fixed(&self.control)
            .fixed(&self.lobby)
            .list(&self.vaults, |out, vault| {
                out.fixed(vault);
            });
        Zeroizing::new(out.into_vec())
    }

    /// Reads what [`Self::padded`] writes.
    pub(crate) fn decode(plain: &[u8]) -> Result<Self, DecodeError> {
        let mut padded = Reader::new(plain);
        let mut reader = Reader::new(padded.opaque(MAX_BACKUP_BYTES)?);
        if padded.rest().iter().any(|byte| *byte != 0) {
            return Err(DecodeError::Trailing);
        }
        reader.version(VERSION)?;
        let backup = Self {
            talk: TalkId(reader.array()?),
            origin: reader.text(MAX_ORIGIN_BYTES)?.to_owned(),
            root: reader.array()?,
            next_root: reader.array()?,
            head: reader.array()?,
            control: reader.array()?,
            lobby: reader.array()?,
            vaults: reader.list(MAX_VAULTS * 32, MAX_VAULTS, |reader| reader.array::<32>())?,
        };
        reader.finish()?;
        Ok(backup)
    }
}

impl fmt::Debug for Backup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Backup(redacted)")
    }
}

/// A backup file as it was read: whole, and not opened yet.
#[derive(Debug, Clone)]
pub struct SealedBackup {
    cost: Cost,
    salt: [u8; SALT_BYTES],
    check: [u8; CHECK_BYTES],
    sealed: Vec<u8>,
}

impl SealedBackup {
    /// Reads a file. Ends of lines may have changed on the way.
    ///
    /// # Errors
    /// [`BackupError`] but those about the passphrase.
    pub fn read(text: &str) -> Result<Self, BackupError> {
        if text.len() > MAX_BACKUP_BYTES {
            return Err(BackupError::NotABackup);
        }
        let mut lines = text
            .trim_start_matches('\u{feff}')
            .lines()
            .map(str::trim_end);
        match lines.next() {
            Some(FIRST_LINE) => {}
            Some(other) if other.starts_with("In Camera: keys of a delegation, version ") => {
                return Err(BackupError::Version);
            }
            _ => return Err(BackupError::NotABackup),
        }
        let (note, line) = (lines.next(), lines.next().ok_or(BackupError::Damaged)?);
        let cost = read_cost(line).ok_or(BackupError::Damaged)?;
        let joined: String = lines
            .flat_map(str::chars)
            .filter(|c| !c.is_whitespace())
            .collect();
        let body = decode_base64url(&joined).map_err(|_| BackupError::Damaged)?;
        let split = body.len().checked_sub(SUM_BYTES);
        let (content, sum) = body.split_at(split.ok_or(BackupError::Damaged)?);
        let expected = hash(&[preamble(cost).as_bytes(), content]);
        if note != Some(NOTE) || sum != &expected[..SUM_BYTES] {
            return Err(BackupError::Damaged);
        }
        if !cost.is_within_bounds() {
            return Err(BackupError::Cost);
        }
        let mut reader = Reader::new(content);
        let (salt, check) = (reader.array(), reader.array());
        Ok(Self {
            cost,
            salt: salt.map_err(|_| BackupError::Damaged)?,
            check: check.map_err(|_| BackupError::Damaged)?,
            sealed: reader.rest().to_vec(),
        })
    }

    /// Opens it. Takes as long as the file's parameters say.
    ///
    /// # Errors
    /// [`BackupError::Passphrase`], [`BackupError::Altered`], [`BackupError::Memory`].
    pub fn open(&self, passphrase: &str) -> Result<Backup, BackupError> {
        let keys = Keys::derive(passphrase, &self.salt, self.cost)?;
        if !bool::from(keys.check.ct_eq(&self.check)) {
            return Err(BackupError::Passphrase);
        }
        let aad = [preamble(self.cost).as_bytes(), &self.salt].concat();
        let payload = Payload {
            msg: &self.sealed,
            aad: &aad,
        };
        let plain = keys.cipher().decrypt(&Default::default(), payload);
        let plain = Zeroizing::new(plain.map_err(|_| BackupError::Altered)?);
        Backup::decode(&plain).map_err(|_| BackupError::Altered)
    }
}

fn preamble(cost: Cost) -> String {
    let Cost {
        memory,
        passes,
        lanes,
    } = cost;
    format!("{FIRST_LINE}\n{NOTE}\nargon2id m={memory} t={passes} p={lanes}\n")
}

fn read_cost(line: &str) -> Option<Cost> {
    let mut words = line.split(' ');
    if words.next() != Some("argon2id") {
        return None;
    }
    let mut number = |prefix: &str| words.next()?.strip_prefix(prefix)?.parse().ok();
    let cost = Cost {
        memory: number("m=")?,
        passes: number("t=")?,
        lanes: number("p=")?,
    };
    // Written in one way only.
    preamble(cost).lines().last().filter(|same| *same == line)?;
    Some(cost)
}

struct Keys {
    key: Zeroizing<[u8; 32]>,
    check: [u8; CHECK_BYTES],
}

impl Keys {
    fn derive(passphrase: &str, salt: &[u8], cost: Cost) -> Result<Self, BackupError> {
        if !cost.is_within_bounds() {
            return Err(BackupError::Cost);
        }
        let params = Params::new(cost.memory, cost.passes, cost.lanes, None);
        let params = params.map_err(|_| BackupError::Cost)?;
        let mut memory = Vec::new();
        let blocks = params.block_count();
        if memory.try_reserve_exact(blocks).is_err() {
            return Err(BackupError::Memory);
        }
        memory.resize(blocks, Block::default());
        let typed = Zeroizing::new(passphrase.trim().nfc().collect::<String>());
        let mut out = Zeroizing::new([0; 32 + CHECK_BYTES]);
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let done =
            argon.hash_password_into_with_memory(typed.as_bytes(), salt, &mut *out, &mut memory);
        memory.iter_mut().for_each(Zeroize::zeroize);
        done.map_err(|_| BackupError::Cost)?;
        let mut keys = Self {
            key: Zeroizing::new([0; 32]),
            check: [0; CHECK_BYTES],
        };
        keys.key.copy_from_slice(&out[..32]);
        keys.check.copy_from_slice(&out[32..]);
        Ok(keys)
    }

    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new((&*self.key).into())
    }
}

#[cfg(test)]
mod tests;
