//! How the members of a team's room come to the key of its vault, which the rest of the talk doesn't
//! get: each names a box, one of them makes the key and seals it to all. Both stand in the record.

use super::asking::{BOX_BYTES, BoxKey};
use super::entry::Body;
use super::standing::Standing;
use super::switch::{Check, is};
use crate::codec::{DecodeError, Reader, Writer};
use crate::crypto::{KeyPair, SIGNATURE_BYTES, hash, sign_content, verify};
use crate::seat::SeatKey;
use incamera_model::{RoomId, TalkId};

const VERSION: u8 = 1;
const KIND_BOX: u8 = 70;
const KIND_KEYS: u8 = 71;
const LABEL_BOX: &str = "room-box";
const LABEL_KEYS: &str = "room-keys";
const LABEL_COMMITMENT: &str = "room-key";
/// How many members one entry gives the key to; more get theirs with a further entry.
pub const MAX_GRANTS: usize = 32;
/// The largest sealed key, in bytes.
pub const MAX_GRANT_BYTES: usize = 4096;

/// Kind 70, by anybody: where keys for a seat are sealed to. A seat's first entry counts.
///
/// ```text
/// struct { uint8 version = 1; opaque seat[32]; opaque box[1216]; opaque signature[64]; } BoxNamed;
/// ```
/// `signature = Sig("room-box", talk_id || box)` by the seat's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoxNamed {
    /// Whose.
    pub seat: SeatKey,
    /// The box.
    pub boxed: BoxKey,
    signature: [u8; SIGNATURE_BYTES],
}

impl BoxNamed {
    /// Signs it with the seat's key.
    #[must_use]
    pub fn sign(key: &KeyPair, talk: &TalkId, boxed: BoxKey) -> Self {
        Self {
            seat: SeatKey(key.public()),
            signature: key.sign(LABEL_BOX, &signed_box(talk, &boxed)),
            boxed,
        }
    }

    /// Whether the seat's own key says so.
    #[must_use]
    pub fn holds(&self, talk: &TalkId) -> bool {
        let content = signed_box(talk, &self.boxed);
        let holds = verify(&self.seat.0, LABEL_BOX, &content, &self.signature);
        is(Check::RoomBox, holds)
    }

    /// As an entry's body.
    #[must_use]
    pub fn body(&self) -> Body {
        let mut out = Writer::new();
        out.u8(VERSION)
            .fixed(&self.seat.0)
            .fixed(self.boxed.as_bytes())
            .fixed(&self.signature);
        life(KIND_BOX, out)
    }

    /// Reads an entry's body; `None` if it is of another kind.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn read(body: &Body) -> Result<Option<Self>, DecodeError> {
        let Some(mut reader) = reader(KIND_BOX, body)? else {
            return Ok(None);
        };
        let named = Self {
            seat: SeatKey(reader.array()?),
            boxed: BoxKey::new(reader.array::<BOX_BYTES>()?),
            signature: reader.array()?,
        };
        reader.finish()?;
        Ok(Some(named))
    }
}

/// A room's key, sealed to one member's box (HPKE with X-Wing).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Whose.
    pub seat: SeatKey,
    /// The sealed key.
    pub sealed: Vec<u8>,
}

/// Kind 71, by anybody: the key of a team's room, for some of its members. The first that holds since
/// the room was begun says which key it is; further ones with the same commitment give it to more.
///
/// ```text
/// struct { opaque seat[32]; opaque sealed<V>; } Grant;
/// struct { uint8 version = 1; opaque room[16]; opaque commitment[32]; opaque by[32];
///          Grant grants<V>; opaque signature[64]; } RoomKeys;
/// ```
/// `commitment = H(SignContent{"InCamera 1 room-key", room || key})`;
/// `signature = Sig("room-keys", talk_id || all before)` by the seat `by`, which the room's lock lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomKeys {
    /// The room.
    pub room: RoomId,
    /// Which key.
    pub commitment: [u8; 32],
    /// The member who gives it.
    pub by: SeatKey,
    /// To whom.
    pub grants: Vec<Grant>,
    signature: [u8; SIGNATURE_BYTES],
}

impl RoomKeys {
    /// What binds everybody to the same key.
    #[must_use]
    pub fn commitment(room: &RoomId, key: &[u8; 32]) -> [u8; 32] {
        let content = [&room.0[..], key].concat();
        hash(&[&sign_content(LABEL_COMMITMENT, &content)])
    }

    /// Signs it with a member's seat key; at most [`MAX_GRANTS`] grants.
    #[must_use]
    pub fn sign(
        key: &KeyPair,
        talk: &TalkId,
        room: RoomId,
        commitment: [u8; 32],
        grants: Vec<Grant>,
    ) -> Self {
        let mut keys = Self {
            room,
            commitment,
            by: SeatKey(key.public()),
            grants,
            signature: [0; SIGNATURE_BYTES],
        };
        keys.signature = key.sign(LABEL_KEYS, &keys.signed(talk));
        keys
    }

    /// Whether a member of the room gives the key.
    #[must_use]
    pub fn holds(&self, talk: &TalkId, standing: &Standing) -> bool {
        let mut rooms = standing.team_rooms();
        let listed = rooms.any(|(room, seats)| *room == self.room && seats.contains(&self.by));
        let signed = verify(&self.by.0, LABEL_KEYS, &self.signed(talk), &self.signature);
        is(Check::RoomMember, listed) && is(Check::RoomKeysSignature, signed)
    }

    /// As an entry's body.
    #[must_use]
    pub fn body(&self) -> Body {
        let mut out = self.content();
        out.fixed(&self.signature);
        life(KIND_KEYS, out)
    }

    /// Reads an entry's body; `None` if it is of another kind.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn read(body: &Body) -> Result<Option<Self>, DecodeError> {
        let Some(mut reader) = reader(KIND_KEYS, body)? else {
            return Ok(None);
        };
        let room = RoomId(reader.array()?);
        let commitment = reader.array()?;
        let by = SeatKey(reader.array()?);
        let cap = MAX_GRANTS * (MAX_GRANT_BYTES + 64);
        let grants = reader.list(cap, MAX_GRANTS, |reader| {
            Ok::<_, DecodeError>(Grant {
                seat: SeatKey(reader.array()?),
                sealed: reader.opaque(MAX_GRANT_BYTES)?.to_vec(),
            })
        })?;
        let signature = reader.array()?;
        reader.finish()?;
        Ok(Some(Self {
            room,
            commitment,
            by,
            grants,
            signature,
        }))
    }

    fn content(&self) -> Writer {
        let mut out = Writer::new();
        out.u8(VERSION)
            .fixed(&self.room.0)
            .fixed(&self.commitment)
            .fixed(&self.by.0)
            .list(&self.grants, |out, grant| {
                out.fixed(&grant.seat.0).opaque(&grant.sealed);
            });
        out
    }

    fn signed(&self, talk: &TalkId) -> Vec<u8> {
        [&talk.0[..], self.content().as_slice()].concat()
    }
}

fn signed_box(talk: &TalkId, boxed: &BoxKey) -> Vec<u8> {
    [&talk.0[..], boxed.as_bytes()].concat()
}

fn life(kind: u8, content: Writer) -> Body {
    Body::Life {
        kind,
        content: content.into_vec(),
    }
}

fn reader(wanted: u8, body: &Body) -> Result<Option<Reader<'_>>, DecodeError> {
    match body {
        Body::Life { kind, content } if *kind == wanted => {
            let mut reader = Reader::new(content);
            reader.version(VERSION)?;
            Ok(Some(reader))
        }
        _ => Ok(None),
    }
}
