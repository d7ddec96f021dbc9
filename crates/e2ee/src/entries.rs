//! What stands inside sealed entries: `c/<room>`, `door/<room>`, `m/<room>` and `b/<room>`.
//! Decoders are bounded and never panic; what is signed is verified where its signer is known.

use incamera_model::{MediaKind, Position, RoomId};
use incamera_talk::codec::{DecodeError, Reader, Writer};
use incamera_talk::{MAX_SEAT_BYTES, SeatKey};

const VERSION: u8 = 1;
/// Room for the Welcome of a full room.
const MAX_MLS_BYTES: usize = 1024 * 1024;
const MAX_GROUP_ID_BYTES: usize = 64;
/// The longest chat message, in bytes of UTF-8.
pub const MAX_CHAT_BYTES: usize = 4096;
/// How many tracks one beat announces.
const MAX_TRACKS: usize = 16;

/// How far the writer of an entry had read the other streams: where a joiner starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Marks {
    /// Every request before this one has been dealt with.
    pub(crate) door: Position,
    /// No message of the epoch that begins stands before this one.
    pub(crate) messages: Position,
}

impl Marks {
    pub(crate) fn encode(self) -> Vec<u8> {
        let mut out = Writer::new();
        out.u64(self.door.0).u64(self.messages.0);
        out.into_vec()
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            door: Position(reader.u64()?),
            messages: Position(reader.u64()?),
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
        out.u32(self.incarnation).u64(self.seen.0);
        match self.complaint {
            None => out.u8(0),
            Some(position) => out.u8(1).u64(position.0),
        };
        out.opaque(&self.key_package);
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
            complaint: match reader.u8()? {
                0 => None,
                1 => Some(Position(reader.u64()?)),
                _ => return Err(DecodeError::Value),
            },
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
}

impl AppMessage {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Writer::new();
        out.u8(VERSION);
        match self {
            Self::Chat { id, text } => out.u8(1).fixed(id).opaque(text.as_bytes()),
            Self::Leave => out.u8(2),
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

/// What is being sent, as a beat announces it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Track {
    /// The context of the KID.
    pub(crate) ctx: u64,
    pub(crate) kind: MediaKind,
}

/// A sign of life, on `b/<room>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Beat {
    pub(crate) incarnation: u32,
    pub(crate) epoch: u64,
    /// `H(epoch_authenticator)[..16]`.
    pub(crate) authenticator: [u8; 16],
    pub(crate) leaf: u32,
    /// Counts this beat key's beats.
    pub(crate) n: u64,
    pub(crate) record_next: Position,
    pub(crate) record_head: [u8; 32],
    pub(crate) tracks: Vec<Track>,
    pub(crate) seat_key: SeatKey,
    pub(crate) beat_key: [u8; 32],
    /// `Sig("beat-key", room || incarnation || beat_key)` by the seat key.
    pub(crate) announcement: [u8; 64],
    /// `Sig("beat", room || everything above)` by the beat key.
    pub(crate) signature: [u8; 64],
}

impl Beat {
    pub(crate) fn announced(room: &RoomId, incarnation: u32, beat_key: &[u8; 32]) -> Vec<u8> {
        let mut out = Writer::new();
        out.fixed(&room.0).u32(incarnation).fixed(beat_key);
        out.into_vec()
    }

    pub(crate) fn signed(&self, room: &RoomId) -> Vec<u8> {
        let mut out = Writer::new();
        out.fixed(&room.0);
        self.encode_unsigned(&mut out);
        out.into_vec()
    }

    fn encode_unsigned(&self, out: &mut Writer) {
        let mut tracks = Writer::new();
        for track in &self.tracks {
            tracks.u64(track.ctx).u8(kind_code(track.kind));
        }
        out.u32(self.incarnation)
            .u64(self.epoch)
            .fixed(&self.authenticator)
            .u32(self.leaf)
            .u64(self.n)
            .u64(self.record_next.0)
            .fixed(&self.record_head)
            .opaque(tracks.as_slice())
            .fixed(&self.seat_key.0)
            .fixed(&self.beat_key)
            .fixed(&self.announcement);
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
        let beat = Self {
            incarnation: reader.u32()?,
            epoch: reader.u64()?,
            authenticator: reader.array()?,
            leaf: reader.u32()?,
            n: reader.u64()?,
            record_next: Position(reader.u64()?),
            record_head: reader.array()?,
            tracks: decode_tracks(reader.opaque(MAX_TRACKS * 9)?)?,
            seat_key: SeatKey(reader.array()?),
            beat_key: reader.array()?,
            announcement: reader.array()?,
            signature: reader.array()?,
        };
        reader.finish()?;
        Ok(beat)
    }
}

fn decode_tracks(bytes: &[u8]) -> Result<Vec<Track>, DecodeError> {
    let mut reader = Reader::new(bytes);
    let mut tracks = Vec::new();
    while !reader.is_empty() {
        let ctx = reader.u64()?;
        let kind = kind_of(reader.u8()?.into()).ok_or(DecodeError::Value)?;
        tracks.push(Track { ctx, kind });
    }
    Ok(tracks)
}

/// The number of a kind in a KID, in the SFrame metadata and in beats.
pub(crate) fn kind_code(kind: MediaKind) -> u8 {
    match kind {
        MediaKind::Microphone => 0,
        MediaKind::Camera => 1,
        MediaKind::Screen => 2,
        MediaKind::ScreenAudio => 3,
    }
}

pub(crate) fn kind_of(code: u64) -> Option<MediaKind> {
    match code {
        0 => Some(MediaKind::Microphone),
        1 => Some(MediaKind::Camera),
        2 => Some(MediaKind::Screen),
        3 => Some(MediaKind::ScreenAudio),
        _ => None,
    }
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
            if let Ok(beat) = Beat::decode(&junk) {
                prop_assert_eq!(beat.encode(), junk.clone());
            }
            if let Ok(message) = AppMessage::decode(&junk) {
                prop_assert_eq!(message.encode(), junk);
            }
        }
    }
}
