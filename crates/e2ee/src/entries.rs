//! What stands inside sealed entries of `c/<room>`, `door/<room>` and `m/<room>`.
//! Decoders are bounded and never panic; what is signed is verified where its signer is known.

use crate::presence::Reaction;
use incamera_model::{Position, RoomId};
use incamera_talk::codec::{DecodeError, Reader, Writer};
use incamera_talk::two_keys::{MAX_SEAT_BYTES, Place};

const VERSION: u8 = 1;
/// Room for the Welcome of a full room.
const MAX_MLS_BYTES: usize = 1024 * 1024;
const MAX_GROUP_ID_BYTES: usize = 64;
/// The longest chat message, in bytes of UTF-8.
pub const MAX_CHAT_BYTES: usize = 4096;

/// How far the writer of an entry had read the other streams: where a joiner starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Marks {
    /// Every request before this one has been dealt with.
    pub(crate) door: Position,
    /// No message of the epoch that begins stands before this one.
    pub(crate) messages: Position,
    /// The place of the record that the room follows from here on; none where a link admits.
    pub(crate) record: Option<Place>,
}

impl Marks {
    pub(crate) fn encode(self) -> Vec<u8> {
        let mut out = Writer::new();
        out.u64(self.door.0)
            .u64(self.messages.0)
            .optional(self.record, |out, place| {
                out.u64(place.position).fixed(&place.prev)
            });
        out.into_vec()
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            door: Position(reader.u64()?),
            messages: Position(reader.u64()?),
            record: reader.optional(|reader| {
                Ok(Place {
                    position: reader.u64()?,
                    prev: reader.array()?,
                })
            })?,
        })
    }
}

/// An entry of `c/<room>`.
#[derive(Debug)]
pub(crate) enum RoomEntry {
    Open(RoomOpen),
    Commit(RoomCommit),
}

/// Begins an incarnation of a room: a new MLS group of one member.
#[derive(Debug)]
pub(crate) struct RoomOpen {
    pub(crate) incarnation: u32,
    /// Where it stands; signed, so that it can't be moved.
    pub(crate) position: Position,
    pub(crate) group_id: Vec<u8>,
    pub(crate) marks: Marks,
    pub(crate) seat: Vec<u8>,
    pub(crate) signature: [u8; 64],
}

/// An MLS commit, with the Welcome of those it adds.
#[derive(Debug)]
pub(crate) struct RoomCommit {
    pub(crate) incarnation: u32,
    /// Also the commit's authenticated data, so members verify them.
    pub(crate) marks: Marks,
    pub(crate) commit: Vec<u8>,
    /// Empty if nobody is added.
    pub(crate) welcome: Vec<u8>,
}

impl RoomOpen {
    /// The bytes that the opener's seat key signs with the label "room-open".
    pub(crate) fn signed(&self, room: &RoomId) -> Vec<u8> {
        let mut out = Writer::new();
        out.fixed(&room.0);
        self.encode_unsigned(&mut out);
        out.into_vec()
    }

    fn encode_unsigned(&self, out: &mut Writer) {
        out.u32(self.incarnation)
            .u64(self.position.0)
            .opaque(&self.group_id)
            .fixed(&self.marks.encode())
            .opaque(&self.seat);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            incarnation: reader.u32()?,
            position: Position(reader.u64()?),
            group_id: reader.opaque(MAX_GROUP_ID_BYTES)?.to_vec(),
            marks: Marks::decode(reader)?,
            seat: reader.opaque(MAX_SEAT_BYTES)?.to_vec(),
            signature: reader.array()?,
        })
    }
}

impl RoomEntry {
    pub(crate) fn marks(&self) -> &Marks {
        match self {
            Self::Open(open) => &open.marks,
            Self::Commit(commit) => &commit.marks,
        }
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Writer::new();
        out.u8(VERSION);
        match self {
            Self::Open(open) => {
                out.u8(1);
                open.encode_unsigned(&mut out);
                out.fixed(&open.signature);
            }
            Self::Commit(commit) => {
                out.u8(2)
                    .u32(commit.incarnation)
                    .fixed(&commit.marks.encode())
                    .opaque(&commit.commit)
                    .opaque(&commit.welcome);
            }
        }
        out.into_vec()
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        reader.version(VERSION)?;
        let entry = match reader.u8()? {
            1 => Self::Open(RoomOpen::decode(&mut reader)?),
            2 => Self::Commit(RoomCommit {
                incarnation: reader.u32()?,
                marks: Marks::decode(&mut reader)?,
                commit: reader.opaque(MAX_MLS_BYTES)?.to_vec(),
                welcome: reader.opaque(MAX_MLS_BYTES)?.to_vec(),
            }),
            _ => return Err(DecodeError::Value),
        };
        reader.finish()?;
        Ok(entry)
    }
}

/// An entry of `door/<room>`: a wish to be let in.
#[derive(Debug)]
pub(crate) struct DoorRequest {
    pub(crate) incarnation: u32,
    /// How far the applicant had read `c/<room>`; an older request than the seat's last coming or
    /// going is void, so that nobody can play it again.
    pub(crate) seen: Position,
    /// The commit that the applicant couldn't process (R-C9).
    pub(crate) complaint: Option<Position>,
    pub(crate) key_package: Vec<u8>,
    pub(crate) signature: [u8; 64],
}

impl DoorRequest {
    /// The bytes that the seat key signs with the label "door".
    pub(crate) fn signed(&self, room: &RoomId) -> Vec<u8> {
        let mut out = Writer::new();
        out.fixed(&room.0);
        self.encode_unsigned(&mut out);
        out.into_vec()
    }

    fn encode_unsigned(&self, out: &mut Writer) {
        out.u32(self.incarnation)
            .u64(self.seen.0)
            .optional(self.complaint, |out, position| out.u64(position.0))
            .opaque(&self.key_package);
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Writer::new();
        out.u8(VERSION);
        self.encode_unsigned(&mut out);
        out.fixed(&self.signature);
        out.into_vec()
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        reader.version(VERSION)?;
        let request = Self {
            incarnation: reader.u32()?,
            seen: Position(reader.u64()?),
            complaint: reader.optional(|reader| reader.u64().map(Position))?,
            key_package: reader.opaque(64 * 1024)?.to_vec(),
            signature: reader.array()?,
        };
        reader.finish()?;
        Ok(request)
    }
}

/// The content of an MLS application message in `m/<room>`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum AppMessage {
    /// `id` tells a message that was sent twice, after a lost connection, from two.
    Chat {
        id: [u8; 16],
        text: String,
    },
    Leave,
    /// A hand goes up or down; the entry's position says who was first.
    Hand {
        raised: bool,
    },
    React(Reaction),
}

impl AppMessage {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Writer::new();
        out.u8(VERSION);
        match self {
            Self::Chat { id, text } => out.u8(1).fixed(id).opaque(text.as_bytes()),
            Self::Leave => out.u8(2),
            Self::Hand { raised } => out.u8(3).u8((*raised).into()),
            Self::React(reaction) => out.u8(4).u8(reaction.code()),
        };
        out.into_vec()
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        reader.version(VERSION)?;
        let message = match reader.u8()? {
            1 => {
                let id = reader.array()?;
                let text = core::str::from_utf8(reader.opaque(MAX_CHAT_BYTES)?)
                    .map_err(|_| DecodeError::Value)?;
                if !is_chat_text(text) {
                    return Err(DecodeError::Value);
                }
                Self::Chat {
                    id,
                    text: text.to_owned(),
                }
            }
            2 => Self::Leave,
            3 => Self::Hand {
                raised: match reader.u8()? {
                    0 => false,
                    1 => true,
                    _ => return Err(DecodeError::Value),
                },
            },
            4 => Self::React(Reaction::from_code(reader.u8()?).ok_or(DecodeError::Value)?),
            _ => return Err(DecodeError::Value),
        };
        reader.finish()?;
        Ok(message)
    }
}

/// Whether a text may be shown: not blank, no control characters but line feed and tab, none that
/// turn the text around it.
pub(crate) fn is_chat_text(text: &str) -> bool {
    !text.trim().is_empty()
        && text.len() <= MAX_CHAT_BYTES
        && !text.chars().any(|character| {
            (character.is_control() && !matches!(character, '\n' | '\t'))
                || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn entries_round_trip() {
        let open = RoomEntry::Open(RoomOpen {
            incarnation: 3,
            position: Position(9),
            group_id: vec![1; 16],
            marks: Marks {
                door: Position(4),
                messages: Position(5),
                record: Some(Place {
                    position: 6,
                    prev: [8; 32],
                }),
            },
            seat: vec![2; 300],
            signature: [7; 64],
        });
        let bytes = open.encode();
        let again = RoomEntry::decode(&bytes).unwrap();
        assert_eq!(again.encode(), bytes);

        let request = DoorRequest {
            incarnation: 1,
            seen: Position(2),
            complaint: Some(Position(3)),
            key_package: vec![4; 3000],
            signature: [5; 64],
        };
        let bytes = request.encode();
        assert_eq!(DoorRequest::decode(&bytes).unwrap().encode(), bytes);
    }

    #[test]
    fn chat_texts() {
        assert!(is_chat_text("line\n\tand ‏right-to-left mark"));
        assert!(!is_chat_text(" \n"));
        assert!(!is_chat_text("bell\u{7}"));
        assert!(!is_chat_text("turn\u{202e}ed"));
        assert!(!is_chat_text(&"x".repeat(MAX_CHAT_BYTES + 1)));
    }

    proptest! {
        #[test]
        fn junk_is_refused_or_round_trips(junk in proptest::collection::vec(any::<u8>(), 0..600)) {
            if let Ok(entry) = RoomEntry::decode(&junk) {
                prop_assert_eq!(entry.encode(), junk.clone());
            }
            if let Ok(request) = DoorRequest::decode(&junk) {
                prop_assert_eq!(request.encode(), junk.clone());
            }
            if let Ok(message) = AppMessage::decode(&junk) {
                prop_assert_eq!(message.encode(), junk);
            }
        }
    }
}
