//! What stands inside entries of `b/<room>`, bounded like [`crate::entries`].

use crate::frame_lists::{FrameHash, MAX_LISTED, MAX_LISTS};
use crate::presence::{Quality, QualityCause, QualityLevel};
use incamera_model::{ConnectionId, MediaKind, Position, RoomId};
use incamera_talk::SeatKey;
use incamera_talk::codec::{DecodeError, Reader, Writer};

const VERSION: u8 = 1;
/// How many tracks one beat announces.
const MAX_TRACKS: usize = 16;
/// Positions go to pages as JSON numbers.
const MAX_POSITION: u64 = (1 << 53) - 1;

/// What is being sent, as a beat announces it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Track {
    /// The context of the KID.
    pub(crate) ctx: u64,
    pub(crate) kind: MediaKind,
}

/// Consecutive frames of sound under one KID.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FrameList {
    pub(crate) kid: u64,
    /// The SFrame counter of the first.
    pub(crate) first: u64,
    pub(crate) hashes: Vec<FrameHash>,
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
    /// The sound sealed since the beat before (R-B3).
    pub(crate) frames: Vec<FrameList>,
    /// Where the message stands that raised the hand that is up; for those who came later.
    pub(crate) hand: Option<Position>,
    /// Which of the server's connections is one's own.
    pub(crate) connection: Option<ConnectionId>,
    pub(crate) quality: Quality,
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
            .list(&self.frames, |out, list| {
                let hashes = list.hashes.as_flattened();
                out.u64(list.kid).u64(list.first).opaque(hashes);
            })
            .optional(self.hand, |out, position| out.u64(position.0))
            .optional(self.connection, |out, connection| out.u32(connection.0))
            .u8(self.quality.level.code())
            .u8(self.quality.cause.code())
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
            frames: reader.list(MAX_LISTS * (24 + MAX_LISTED * 8), MAX_LISTS, read_list)?,
            hand: reader.optional(|reader| {
                let position = reader.u64()?;
                (position <= MAX_POSITION)
                    .then_some(Position(position))
                    .ok_or(DecodeError::Value)
            })?,
            connection: reader.optional(|reader| Ok(ConnectionId(reader.u32()?)))?,
            quality: Quality {
                level: QualityLevel::from_code(reader.u8()?).ok_or(DecodeError::Value)?,
                cause: QualityCause::from_code(reader.u8()?).ok_or(DecodeError::Value)?,
            },
            seat_key: SeatKey(reader.array()?),
            beat_key: reader.array()?,
            announcement: reader.array()?,
            signature: reader.array()?,
        };
        reader.finish()?;
        Ok(beat)
    }
}

fn read_list(reader: &mut Reader<'_>) -> Result<FrameList, DecodeError> {
    let (kid, first) = (reader.u64()?, reader.u64()?);
    let (hashes, rest) = reader.opaque(MAX_LISTED * 8)?.as_chunks();
    if hashes.is_empty() || !rest.is_empty() {
        return Err(DecodeError::Value);
    }
    Ok(FrameList {
        kid,
        first,
        hashes: hashes.to_vec(),
    })
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

    fn beat() -> Beat {
        Beat {
            incarnation: 2,
            epoch: 3,
            authenticator: [4; 16],
            leaf: 5,
            n: 6,
            record_next: Position(1),
            record_head: [7; 32],
            tracks: vec![Track {
                ctx: 9,
                kind: MediaKind::ScreenAudio,
            }],
            frames: vec![FrameList {
                kid: 17,
                first: 18,
                hashes: vec![[19; 8], [20; 8]],
            }],
            hand: Some(Position(11)),
            connection: Some(ConnectionId(12)),
            quality: Quality {
                level: QualityLevel::Poor,
                cause: QualityCause::Device,
            },
            seat_key: SeatKey([13; 32]),
            beat_key: [14; 32],
            announcement: [15; 64],
            signature: [16; 64],
        }
    }

    #[test]
    fn beats_round_trip() {
        let quiet = Beat {
            tracks: Vec::new(),
            frames: Vec::new(),
            hand: None,
            connection: None,
            ..beat()
        };
        for beat in [beat(), quiet] {
            assert_eq!(Beat::decode(&beat.encode()), Ok(beat));
        }
    }

    #[test]
    fn a_position_that_no_page_could_hold() {
        let far = Beat {
            hand: Some(Position(MAX_POSITION + 1)),
            ..beat()
        };
        assert_eq!(Beat::decode(&far.encode()), Err(DecodeError::Value));
    }

    proptest! {
        #[test]
        fn junk_is_refused_or_round_trips(junk in proptest::collection::vec(any::<u8>(), 0..600)) {
            if let Ok(beat) = Beat::decode(&junk) {
                prop_assert_eq!(beat.encode(), junk);
            }
        }
    }
}
