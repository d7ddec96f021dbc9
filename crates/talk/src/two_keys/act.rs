use super::rules::{Matter, Rules};
use crate::codec::{DecodeError, Reader, Writer};
use crate::crypto::{hash, sign_content};
use crate::seat::SeatKey;
use core::fmt;
use incamera_model::RoomId;

const VERSION: u8 = 1;
const LABEL: &str = "act";
/// How many seats a lock may list.
pub const MAX_LOCK_SEATS: usize = 1024;
/// How many positions an act may stay open.
pub const MAX_ACT_POSITIONS: u64 = 4096;

/// `H(act)`: what a consent names.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ActHash(pub [u8; 32]);

impl fmt::Debug for ActHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ActHash(redacted)")
    }
}

/// What an act decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ActBody {
    /// A seat is revoked.
    Eject {
        /// Whose.
        seat: SeatKey,
    },
    /// Only these seats may be in a room.
    Lock {
        /// The room.
        room: RoomId,
        /// The seats.
        seats: Vec<SeatKey>,
    },
    /// A room is open to every seat again.
    Unlock {
        /// The room.
        room: RoomId,
    },
    /// The talk ends: no act comes after it.
    End,
    /// Other rules.
    Rules(Rules),
    /// A readout is published.
    Publish {
        /// SHA-256 of the signed text.
        readout: [u8; 32],
    },
}

impl ActBody {
    /// Who has to agree is told by the rules for this matter.
    #[must_use]
    pub fn matter(&self) -> Matter {
        match self {
            Self::Eject { .. } => Matter::Eject,
            Self::Lock { .. } => Matter::Lock,
            Self::Unlock { .. } => Matter::Unlock,
            Self::End => Matter::End,
            Self::Rules(_) => Matter::Rules,
            Self::Publish { .. } => Matter::Publish,
        }
    }
}

/// A decision that needs the keys of several delegations.
///
/// ```text
/// struct { uint8 version = 1; uint8 matter; opaque args<V>; opaque prev_act[32]; uint64 last_pos; } Act;
///   args: eject seat_key[32]; lock room[16] || seat_key[32]<V>; unlock room[16]; end (none);
///         rules Rules; publish hash[32]
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    body: ActBody,
    /// The act in force when it was proposed; it is dead once another is.
    pub prev_act: [u8; 32],
    /// The last position at which a consent counts.
    pub last_position: u64,
}

impl Act {
    /// An act that follows `prev_act` and expires after `last_position`.
    #[must_use]
    pub fn new(body: ActBody, prev_act: [u8; 32], last_position: u64) -> Self {
        Self {
            body,
            prev_act,
            last_position,
        }
    }

    /// What it decides.
    #[must_use]
    pub fn body(&self) -> &ActBody {
        &self.body
    }

    /// `H(act)`.
    #[must_use]
    pub fn hash(&self) -> ActHash {
        ActHash(hash(&[&sign_content(LABEL, &self.encode())]))
    }

    /// The encoding.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut args = Writer::new();
        match &self.body {
            ActBody::Eject { seat } => {
                args.fixed(&seat.0);
            }
            ActBody::Lock { room, seats } => {
                args.fixed(&room.0).list(seats, |out, seat| {
                    out.fixed(&seat.0);
                });
            }
            ActBody::Unlock { room } => {
                args.fixed(&room.0);
            }
            ActBody::End => {}
            ActBody::Rules(rules) => rules.write(&mut args),
            ActBody::Publish { readout } => {
                args.fixed(readout);
            }
        }
        let mut out = Writer::new();
        out.u8(VERSION)
            .u8(self.body.matter() as u8)
            .opaque(args.as_slice())
            .fixed(&self.prev_act)
            .u64(self.last_position);
        out.into_vec()
    }

    /// Reads an act.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn decode(encoded: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(encoded);
        reader.version(VERSION)?;
        let matter = Matter::read(&mut reader)?;
        let mut args = Reader::new(reader.opaque(MAX_LOCK_SEATS * 32 + 64)?);
        let prev_act = reader.array()?;
        let last_position = reader.u64()?;
        reader.finish()?;
        let body = read_body(matter, &mut args)?;
        args.finish()?;
        Ok(Self {
            body,
            prev_act,
            last_position,
        })
    }
}

fn read_body(matter: Matter, args: &mut Reader<'_>) -> Result<ActBody, DecodeError> {
    Ok(match matter {
        Matter::Admit => return Err(DecodeError::Value),
        Matter::Eject => ActBody::Eject {
            seat: SeatKey(args.array()?),
        },
        Matter::Lock => {
            let room = RoomId(args.array()?);
            let cap = MAX_LOCK_SEATS * 32;
            let seats: Vec<SeatKey> =
                args.list(cap, MAX_LOCK_SEATS, |args| args.array().map(SeatKey))?;
            // One encoding for one list.
            if !seats.is_sorted_by(|a, b| a < b) {
                return Err(DecodeError::Value);
            }
            ActBody::Lock { room, seats }
        }
        Matter::Unlock => ActBody::Unlock {
            room: RoomId(args.array()?),
        },
        Matter::End => ActBody::End,
        Matter::Rules => ActBody::Rules(Rules::read(args)?),
        Matter::Publish => ActBody::Publish {
            readout: args.array()?,
        },
    })
}
