//! Talks between delegations. The shapes of the JSON are in `web/src/e2ee/talk-messages.ts`.

use crate::convert::{self, Input};
use crate::error::ShimError;
use crate::{Frames, json, seed32, time};
use incamera_e2ee::{TalkConfig, TalkSession};
use incamera_model::{AccessKey, Bytes, TalkId, decode_base64url, encode_base64url};
use incamera_talk::crypto::hash;
use incamera_talk::two_keys::{
    self, Admit, AnyLink, CodeSecret, DelegationIndex, HeadSecret, NewTalk, Secret,
};
use incamera_talk::{AccessKeyPair, BackupError, Cost, SealedBackup};
use serde::Serialize;
use wasm_bindgen::prelude::wasm_bindgen;

#[derive(Serialize)]
struct ProposedJson {
    talk: String,
    access: Vec<String>,
    control: String,
    record: Bytes,
    secret: String,
    fragment: String,
    code: String,
}

#[derive(Serialize)]
struct ProofJson {
    key: String,
    signature: Bytes,
    keys: usize,
}

#[derive(Serialize)]
struct BackupJson {
    talk: String,
    origin: String,
    access: String,
    keys: String,
}

/// Proposes a talk between two delegations: JSON `{ talk, access, control, record, secret, fragment,
/// code }`; the first four for `POST /api/v1/talks`, the last two for the other side's head. `seed`:
/// 32 random bytes.
///
/// # Errors
/// A title or name that isn't allowed.
#[wasm_bindgen(js_name = proposeTalk)]
pub fn propose_talk(
    title: &str,
    delegation: &str,
    person: &str,
    seed: &[u8],
) -> Result<String, ShimError> {
    let new = NewTalk {
        title,
        delegation,
        person,
        admit: Admit::Each,
    };
    let proposed = two_keys::propose(&new, seed32(seed)?)?;
    json(&ProposedJson {
        talk: proposed.talk.to_text(),
        access: proposed.access.iter().map(AccessKey::to_text).collect(),
        control: proposed.control.to_text(),
        record: proposed.record.into(),
        secret: text(Secret::Head(Box::new(proposed.secret))),
        fragment: proposed.claim.fragment(),
        code: proposed.claim.group.code(),
    })
}

/// Proves an access key of a talk, the `nth` of those that may be the right one: JSON `{ key,
/// signature, keys }`.
///
/// # Errors
/// A secret or link that can't be read, or a nonce that isn't 32 bytes.
#[wasm_bindgen(js_name = proveTalk)]
pub fn prove_talk(
    talk: &str,
    secret: Option<String>,
    fragment: Option<String>,
    origin: &str,
    nonce: &str,
    nth: usize,
) -> Result<String, ShimError> {
    // The keys of a link don't depend on what is drawn for its opener.
    let secret = opening(talk, secret, fragment, &[0; 32])?;
    let keys: Vec<AccessKeyPair> = secret.access();
    let nonce = decode_base64url(nonce).map_err(|_| ShimError::Nonce)?;
    let nonce = nonce.try_into().map_err(|_| ShimError::Nonce)?;
    let key = keys.get(nth % keys.len().max(1)).ok_or(ShimError::Kept)?;
    json(&ProofJson {
        key: key.public().to_text(),
        signature: key.sign_challenge(origin, &nonce).to_vec().into(),
        keys: keys.len(),
    })
}

/// Signs the keys of a group that was claimed: base64url.
///
/// # Errors
/// A secret that isn't a head's, or keys that aren't keys.
#[wasm_bindgen(js_name = signGroup)]
pub fn sign_group(
    secret: &str,
    origin: &str,
    group: u8,
    access: &str,
    control: &str,
) -> Result<String, ShimError> {
    let head = head_of(secret)?;
    let key = |text: &str| text.parse::<AccessKey>().map_err(|_| ShimError::Kept);
    let (access, control) = (key(access)?, key(control)?);
    let claim = head.claim_group().access(head.talk);
    let signature = claim.sign_group(origin, group, &access, &control);
    Ok(encode_base64url(&signature))
}

/// Signs that the talk is to be destroyed: base64url.
///
/// # Errors
/// A secret without the delegation's own keys.
#[wasm_bindgen(js_name = signTalkDestroy)]
pub fn sign_talk_destroy(secret: &str, origin: &str) -> Result<String, ShimError> {
    let control = head_of(secret)?.control_key().ok_or(ShimError::Kept)?;
    let signature = control.sign_destroy(origin);
    Ok(encode_base64url(&signature))
}

/// Signs that a readout is handed over for publication: base64url. `content`: the readout for
/// programs; `not_before`: its embargo in milliseconds since 1970, or 0.
///
/// # Errors
/// A secret without the delegation's own keys.
#[wasm_bindgen(js_name = signPublish)]
pub fn sign_publish(
    secret: &str,
    origin: &str,
    content: &str,
    not_before: f64,
) -> Result<String, ShimError> {
    let head = head_of(secret)?;
    let control = head.control_key().ok_or(ShimError::Kept)?;
    let hash = hash(&[content.as_bytes()]);
    let index = head.delegation.0;
    let signature = control.sign_publish(origin, index, &hash, time(not_before).0);
    Ok(encode_base64url(&signature))
}

/// Makes a backup file of what makes somebody a head. `seed`: 32 random bytes.
///
/// # Errors
/// A secret without the delegation's own keys; a passphrase that is too short.
#[wasm_bindgen(js_name = makeBackup)]
pub fn make_backup(
    secret: &str,
    origin: &str,
    passphrase: &str,
    seed: &[u8],
) -> Result<String, ShimError> {
    let seed = seed32(seed)?;
    let mut salt = [0; 16];
    salt.copy_from_slice(&seed[..16]);
    let backup = head_of(secret)?.to_backup(origin).ok_or(ShimError::Kept)?;
    Ok(backup.seal(passphrase, salt, Cost::USUAL)?)
}

/// Opens a backup file: JSON `{ talk, origin, access, keys }`.
///
/// # Errors
/// The message is one of `not_backup`, `damaged`, `passphrase`, `changed`, `memory`,
/// `other_version`.
#[wasm_bindgen(js_name = openBackup)]
pub fn open_backup(text_of_file: &str, passphrase: &str) -> Result<String, ShimError> {
    let sealed = SealedBackup::read(text_of_file).map_err(ShimError::Opening)?;
    let backup = sealed.open(passphrase).map_err(ShimError::Opening)?;
    let head = HeadSecret::from_backup(&backup, DelegationIndex(0));
    json(&BackupJson {
        talk: head.talk.to_text(),
        origin: backup.origin.clone(),
        access: head.lobby_group().access(head.talk).public().to_text(),
        keys: text(Secret::Head(Box::new(head))),
    })
}

/// The secret of a head whose backup was opened, once the server has said which delegation's it is.
///
/// # Errors
/// Keys that [`open_backup`] didn't give.
#[wasm_bindgen(js_name = restoreHead)]
pub fn restore_head(keys: &str, delegation: u8) -> Result<String, ShimError> {
    let mut head = head_of(keys)?;
    head.delegation = DelegationIndex(delegation);
    Ok(text(Secret::Head(Box::new(head))))
}

/// One person's part in a talk between delegations, their presence in its plenary included; drained
/// as [`crate::Session`] is.
#[wasm_bindgen(js_name = TalkSession)]
pub struct Talk {
    session: TalkSession,
    frames: Frames,
}

#[wasm_bindgen(js_class = TalkSession)]
impl Talk {
    /// Starts from the secret that was kept, or else from a link's secret part or a code. `today`: the
    /// moment of `now` in milliseconds since 1970. `seed`: 32 random bytes, never used before.
    ///
    /// # Errors
    /// A damaged link or secret, or one of another talk.
    #[wasm_bindgen(constructor)]
    pub fn new(
        talk: &str,
        secret: Option<String>,
        fragment: Option<String>,
        now: f64,
        today: f64,
        seed: &[u8],
    ) -> Result<Self, ShimError> {
        let mut seed = incamera_talk::Entropy::new(seed32(seed)?);
        let secret = opening(talk, secret, fragment, &seed.draw())?;
        let session = TalkSession::new(TalkConfig {
            secret,
            now: time(now),
            wall: time(today).0,
            seed: *seed.draw(),
        });
        Ok(Self {
            session,
            frames: Frames::default(),
        })
    }

    /// Takes what a `Session` takes, but `connected` with `group` and `claimed` as the server said
    /// them, and commands of the talk.
    ///
    /// # Errors
    /// JSON that isn't one of these; a command that can't be carried out.
    pub fn input(&mut self, now: f64, json: &str) -> Result<(), ShimError> {
        Input::parse(json)?.apply_to_talk(&mut self.session, time(now))
    }

    /// As `Session.output`, with the talk's events too.
    ///
    /// # Errors
    /// Never, as far as is known.
    pub fn output(&mut self) -> Result<Option<String>, ShimError> {
        let output = self.session.poll_output();
        output
            .map(|output| json(&convert::talk_output(output)))
            .transpose()
    }

    /// When to send `{type:"timeout"}`, on the clock of the other calls.
    #[must_use]
    pub fn timeout(&self) -> Option<f64> {
        self.session.poll_timeout().map(|at| at.0 as f64)
    }

    /// The text that is signed of a readout's version, by the readout's id and the version's position.
    #[must_use]
    #[wasm_bindgen(js_name = readoutText)]
    pub fn readout_text(&self, readout: &str, version: f64) -> Option<String> {
        self.session.readout_text(readout, version as u64)
    }

    /// As `Session.seal`.
    ///
    /// # Errors
    /// See `incamera_e2ee::SealError`; the frame must not be sent.
    pub fn seal(&mut self, kind: u8, frame: &[u8]) -> Result<Vec<u8>, ShimError> {
        Ok(self.session.seal(Frames::kind(kind)?, frame)?)
    }

    /// As `Session.open`.
    ///
    /// # Errors
    /// See `incamera_e2ee::OpenError`; the frame must be dropped.
    pub fn open(&mut self, now: f64, frame: &[u8]) -> Result<Vec<u8>, ShimError> {
        self.frames.take(self.session.open(time(now), frame))
    }

    /// The leaf of the frame that `open` gave last.
    #[must_use]
    #[wasm_bindgen(js_name = openedLeaf)]
    pub fn opened_leaf(&self) -> Option<u32> {
        self.frames.leaf()
    }

    /// The kind of the frame that `open` gave last.
    #[must_use]
    #[wasm_bindgen(js_name = openedKind)]
    pub fn opened_kind(&self) -> Option<u8> {
        self.frames.opened_kind()
    }
}

impl core::fmt::Debug for Talk {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.session.fmt(f)
    }
}

/// A word for the page for what is wrong with a backup.
pub(crate) fn backup_problem(error: BackupError) -> &'static str {
    match error {
        BackupError::NotABackup => "not_backup",
        BackupError::Version => "other_version",
        BackupError::Passphrase => "passphrase",
        BackupError::Altered | BackupError::Cost => "changed",
        BackupError::Memory => "memory",
        BackupError::Damaged | BackupError::TooShort | BackupError::TooLarge => "damaged",
    }
}

fn opening(
    talk: &str,
    secret: Option<String>,
    fragment: Option<String>,
    seed: &[u8; 32],
) -> Result<Secret, ShimError> {
    let id: TalkId = talk.parse().map_err(|_| ShimError::Kept)?;
    let opened = match (secret, fragment) {
        (Some(secret), _) => Secret::from_text(&secret).map_err(|_| ShimError::Kept)?,
        (None, Some(fragment)) if fragment.starts_with("1.") => {
            Secret::for_link(&AnyLink::from_parts(talk, &fragment)?, *seed)
                .map_err(|_| ShimError::Kept)?
        }
        (None, Some(typed)) => match two_keys::read(&typed)?.link {
            AnyLink::Code(code) => Secret::Code(CodeSecret::new(id, &code.group(), *seed)),
            _ => return Err(ShimError::Kept),
        },
        (None, None) => return Err(ShimError::Kept),
    };
    (opened.talk() == id)
        .then_some(opened)
        .ok_or(ShimError::Kept)
}

fn head_of(secret: &str) -> Result<HeadSecret, ShimError> {
    match Secret::from_text(secret) {
        Ok(Secret::Head(head)) => Ok(*head),
        _ => Err(ShimError::Kept),
    }
}

fn text(secret: Secret) -> String {
    String::clone(&secret.to_text())
}
