//! wasm-bindgen shim over incamera-e2ee; it has no logic of its own.
//!
//! JSON at the boundary, bytes in it as unpadded base64url; frames as they are. A function that
//! fails throws an `Error` whose message is a sentence for people.

mod convert;
mod error;
pub mod papers;
pub mod talks;

use convert::{Input, SeatJson};
pub use error::ShimError;
use incamera_e2ee::{Config, OpenError, Opened, RoomSession, self_test};
use incamera_model::{Bytes, LeafIndex, MediaKind, TalkId, Timestamp, decode_base64url};
use incamera_talk::two_keys::{self, AnyLink, GroupSecret};
use incamera_talk::{ControlKeyPair, Link, Name, SeatSecret};
use serde::Serialize;
use wasm_bindgen::prelude::wasm_bindgen;

/// The shapes of the JSON that isn't the wire's, for TypeScript.
#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = include_str!("types.d.ts");

#[derive(Serialize)]
struct ProposalJson {
    talk: String,
    access: String,
    record: Bytes,
    fragment: String,
    code: String,
    control: String,
    control_secret: Bytes,
}

#[derive(Serialize)]
struct InvitationJson {
    kind: &'static str,
    talk: String,
    fragment: String,
    code: String,
    origin: Option<String>,
    access: String,
}

#[derive(Serialize)]
struct LinkJson {
    access_key: String,
    code: String,
}

/// Proposes a talk: JSON `{ talk, access, record, control, fragment, code, control_secret }`, the
/// first four for `POST /api/v1/talks`, `fragment` and `code` for the invitation; the proposer
/// alone keeps `control_secret`. `seed`: 32 random bytes.
///
/// # Errors
/// A title that isn't allowed.
#[wasm_bindgen]
pub fn propose(title: &str, seed: &[u8]) -> Result<String, ShimError> {
    let proposal = incamera_talk::propose(title, seed32(seed)?)?;
    json(&ProposalJson {
        talk: proposal.talk.to_text(),
        access: proposal.access.to_text(),
        record: proposal.record.into(),
        fragment: proposal.link.fragment(),
        code: proposal.link.code(),
        control: proposal.control.public().to_text(),
        control_secret: proposal.control.seed().to_vec().into(),
    })
}

/// Reads an invitation as somebody pasted or typed it, link or code: JSON
/// `{ kind, talk, fragment, code, origin, access }`, `kind` being `open`, `claim`, `seat` or `code`. A
/// code belongs to the group with the key `access`, if the server knows that, else to the open
/// conversation `talk`; it has no `origin`.
///
/// # Errors
/// The message is one of `empty`, `incomplete`, `mistyped`, `other_version`, `not_invitation`.
#[wasm_bindgen(js_name = readInvitation)]
pub fn read_invitation(text: &str) -> Result<String, ShimError> {
    let two_keys::Read { link, origin } = two_keys::read(text).map_err(ShimError::Invitation)?;
    let of_group = |talk: TalkId, group: &GroupSecret| group.access(talk).public().to_text();
    let (kind, talk, fragment, code, access) = match &link {
        AnyLink::Open(link) => {
            let access = link.access().public().to_text();
            ("open", link.talk(), link.fragment(), link.code(), access)
        }
        AnyLink::Claim(link) => {
            let (talk, group) = (link.talk, &link.group);
            (
                "claim",
                talk,
                link.fragment(),
                group.code(),
                of_group(talk, group),
            )
        }
        AnyLink::Seat(link) => {
            let (talk, group) = (link.talk, &link.group);
            (
                "seat",
                talk,
                link.fragment(),
                group.code(),
                of_group(talk, group),
            )
        }
        AnyLink::Code(code) => {
            let (open, group) = (code.open(), code.group());
            let access = of_group(open.talk(), &group);
            ("code", open.talk(), open.fragment(), group.code(), access)
        }
    };
    json(&InvitationJson {
        kind,
        talk: talk.to_text(),
        fragment,
        code,
        origin,
        access,
    })
}

/// Signs that a talk is to be destroyed: a base64url signature for
/// `POST /api/v1/talks/<talk>/destroy`.
///
/// # Errors
/// A secret that isn't one of `propose`.
#[wasm_bindgen(js_name = signDestroy)]
pub fn sign_destroy(talk: &str, control_secret: &str, origin: &str) -> Result<String, ShimError> {
    let talk: TalkId = talk.parse().map_err(|_| ShimError::Control)?;
    let seed = decode_base64url(control_secret).map_err(|_| ShimError::Control)?;
    let seed = seed.try_into().map_err(|_| ShimError::Control)?;
    let signature = ControlKeyPair::from_seed(talk, seed).sign_destroy(origin);
    Ok(incamera_model::encode_base64url(&signature))
}

/// What a link gives: JSON `{ access_key, code }`.
///
/// # Errors
/// A damaged link.
#[wasm_bindgen(js_name = linkInfo)]
pub fn link_info(talk: &str, fragment: &str) -> Result<String, ShimError> {
    let link = Link::from_parts(talk, fragment)?;
    json(&LinkJson {
        access_key: link.access().public().to_text(),
        code: link.code(),
    })
}

/// Proves the access key: a base64url signature over the server's challenge.
///
/// # Errors
/// A damaged link, or a nonce that isn't 32 bytes.
#[wasm_bindgen(js_name = signChallenge)]
pub fn sign_challenge(
    talk: &str,
    fragment: &str,
    origin: &str,
    nonce: &str,
) -> Result<String, ShimError> {
    let link = Link::from_parts(talk, fragment)?;
    let nonce = decode_base64url(nonce).map_err(|_| ShimError::Nonce)?;
    let nonce = nonce.try_into().map_err(|_| ShimError::Nonce)?;
    let signature = link.access().sign_challenge(origin, &nonce);
    Ok(incamera_model::encode_base64url(&signature))
}

/// Makes a seat: JSON to keep in the tab's session storage. `seed`: 32 random bytes.
///
/// # Errors
/// A name that isn't allowed.
#[wasm_bindgen(js_name = newSeat)]
pub fn new_seat(name: &str, seed: &[u8]) -> Result<String, ShimError> {
    let seat = SeatSecret::new(Name::new(name)?, seed32(seed)?);
    json(&SeatJson::from(&seat))
}

/// Runs the self-test: JSON `{ mls: true, sframe: true, vectors: n }`. `seed`: 32 random bytes, or
/// nothing for a fixed seed.
///
/// # Errors
/// What failed.
#[wasm_bindgen(js_name = selfTest)]
pub fn run_self_test(seed: Option<Vec<u8>>) -> Result<String, ShimError> {
    let seed = match seed {
        Some(seed) => seed32(&seed)?,
        None => [0x5a; 32],
    };
    json(&self_test(seed)?)
}

/// One person's presence in a room; drain `output` after every `input`, and send
/// `{type:"timeout"}` when the time is `timeout()`.
#[wasm_bindgen]
pub struct Session {
    session: RoomSession,
    frames: Frames,
}

/// Whose the frame is that was opened last.
#[derive(Default)]
pub(crate) struct Frames(Option<(LeafIndex, MediaKind)>);

impl Frames {
    pub(crate) fn kind(kind: u8) -> Result<MediaKind, ShimError> {
        let kind = MediaKind::ALL.get(usize::from(kind));
        kind.copied().ok_or(ShimError::Kind)
    }

    pub(crate) fn take(&mut self, opened: Result<Opened, OpenError>) -> Result<Vec<u8>, ShimError> {
        self.0 = None;
        let opened = opened?;
        self.0 = Some((opened.leaf, opened.kind));
        Ok(opened.frame)
    }

    pub(crate) fn leaf(&self) -> Option<u32> {
        self.0.map(|(leaf, _)| leaf.0)
    }

    pub(crate) fn opened_kind(&self) -> Option<u8> {
        let (_, kind) = self.0?;
        let index = MediaKind::ALL.iter().position(|known| *known == kind)?;
        u8::try_from(index).ok()
    }
}

#[wasm_bindgen]
impl Session {
    /// Starts a session from the link's parts and the seat that `newSeat` made. `seed`: 32 random
    /// bytes, never used before.
    ///
    /// # Errors
    /// A damaged link or seat.
    #[wasm_bindgen(constructor)]
    pub fn new(
        talk: &str,
        fragment: &str,
        seat: &str,
        now: f64,
        seed: &[u8],
    ) -> Result<Self, ShimError> {
        let session = RoomSession::new(Config {
            link: Link::from_parts(talk, fragment)?,
            seat: SeatJson::parse(seat)?,
            now: time(now),
            seed: seed32(seed)?,
        })?;
        Ok(Self {
            session,
            frames: Frames::default(),
        })
    }

    /// Takes `{type:"connected"|"disconnected"|"timeout"}`, a wire `ServerMessage`, or a command:
    /// one of `SessionCommand` in `types.d.ts`.
    ///
    /// # Errors
    /// JSON that isn't one of these; a chat message that can't be sent.
    pub fn input(&mut self, now: f64, json: &str) -> Result<(), ShimError> {
        Input::parse(json)?.apply(&mut self.session, time(now))
    }

    /// The next output as JSON: a wire `ClientMessage`, or `{type:"event",event}`.
    ///
    /// # Errors
    /// Never, as far as is known.
    pub fn output(&mut self) -> Result<Option<String>, ShimError> {
        self.session
            .poll_output()
            .map(|output| json(&convert::output(output)))
            .transpose()
    }

    /// When to send `{type:"timeout"}`, on the clock of the other calls.
    #[must_use]
    pub fn timeout(&self) -> Option<f64> {
        self.session.poll_timeout().map(|at| at.0 as f64)
    }

    /// Seals a frame; `kind`: 0 microphone, 1 camera, 2 screen, 3 the screen's sound.
    ///
    /// # Errors
    /// See `incamera_e2ee::SealError`; the frame must not be sent.
    pub fn seal(&mut self, kind: u8, frame: &[u8]) -> Result<Vec<u8>, ShimError> {
        Ok(self.session.seal(Frames::kind(kind)?, frame)?)
    }

    /// Opens a frame; `openedLeaf` and `openedKind` tell whose it is.
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

    /// The kind of the frame that `open` gave last: 0 microphone, 1 camera, 2 screen, 3 the screen's sound.
    #[must_use]
    #[wasm_bindgen(js_name = openedKind)]
    pub fn opened_kind(&self) -> Option<u8> {
        self.frames.opened_kind()
    }
}

impl core::fmt::Debug for Session {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.session.fmt(f)
    }
}

fn json(value: &impl Serialize) -> Result<String, ShimError> {
    serde_json::to_string(value).map_err(|_| ShimError::Json)
}

fn seed32(seed: &[u8]) -> Result<[u8; 32], ShimError> {
    seed.try_into().map_err(|_| ShimError::Seed)
}

/// JavaScript's milliseconds; anything that isn't a time becomes 0.
fn time(now: f64) -> Timestamp {
    Timestamp(now as u64)
}

#[cfg(test)]
mod tests;
