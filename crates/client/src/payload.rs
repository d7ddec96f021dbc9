//! RTP payload descriptors: what stands between an RTP header and a piece of a sealed frame. They
//! are in clear, for the server and browsers to find frames by; they tell key frame or not.

use crate::video_file::VideoCodec;

/// The largest piece of a frame in one packet, in bytes: with RTP header and extensions, payload
/// descriptor, RTX and SRTP it stays under the 1,200 B that QUIC and WebRTC take as safe.
pub(crate) const MAX_PIECE_BYTES: usize = 1100;

/// What a received payload descriptor tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Piece {
    /// The first packet of a frame.
    pub(crate) begins: bool,
    /// The last packet of a frame.
    pub(crate) ends: bool,
    /// Where the frame's bytes start.
    pub(crate) offset: usize,
}

/// Cuts sealed frames into RTP payloads: VP9 in non-flexible mode with one layer (RFC 9628
/// section 4.2), as Chromium sends it; VP8 by RFC 7741 section 4.2.
#[derive(Debug)]
pub(crate) struct Packetizer {
    codec: VideoCodec,
    width: u16,
    height: u16,
    /// 15 bits.
    picture_id: u16,
    tl0_picture_index: u8,
}

impl Packetizer {
    pub(crate) fn new(codec: VideoCodec, width: u16, height: u16, first_picture: u16) -> Self {
        Self {
            codec,
            width,
            height,
            picture_id: first_picture & 0x7fff,
            tl0_picture_index: 0,
        }
    }

    /// The payloads of one frame; the last one's packet bears the marker.
    pub(crate) fn packetize(&mut self, frame: &[u8], key: bool) -> Vec<Vec<u8>> {
        self.picture_id = (self.picture_id + 1) & 0x7fff;
        self.tl0_picture_index = self.tl0_picture_index.wrapping_add(1);
        let pieces = frame.chunks(MAX_PIECE_BYTES);
        let last = pieces.len().saturating_sub(1);
        pieces
            .enumerate()
            .map(|(index, piece)| {
                let mut payload = match self.codec {
                    VideoCodec::Vp8 => self.vp8_descriptor(index == 0),
                    VideoCodec::Vp9 => self.vp9_descriptor(key, index == 0, index == last),
                };
                payload.extend_from_slice(piece);
                payload
            })
            .collect()
    }

    fn vp9_descriptor(&self, key: bool, begins: bool, ends: bool) -> Vec<u8> {
        const PICTURE_ID: u8 = 0x80;
        const INTER: u8 = 0x40;
        const LAYERS: u8 = 0x20;
        const BEGINS: u8 = 0x08;
        const ENDS: u8 = 0x04;
        const STRUCTURE: u8 = 0x02;
        const NOT_FOR_UPPER_LAYER: u8 = 0x01;

        let structure = key && begins;
        let flag = |on: bool, bit: u8| if on { bit } else { 0 };
        let first = PICTURE_ID
            | flag(!key, INTER)
            | LAYERS
            | flag(begins, BEGINS)
            | flag(ends, ENDS)
            | flag(structure, STRUCTURE)
            | NOT_FOR_UPPER_LAYER;
        let [high, low] = (0x8000 | self.picture_id).to_be_bytes();
        // Temporal layer 0, spatial layer 0.
        let mut descriptor = vec![first, high, low, 0, self.tl0_picture_index];
        if structure {
            // One spatial layer with its size (Y), a group (G) of one picture: temporal layer 0,
            // one reference (R), to the picture before.
            let [width, height] = [self.width.to_be_bytes(), self.height.to_be_bytes()];
            descriptor.push(0b0001_1000);
            descriptor.extend(width);
            descriptor.extend(height);
            descriptor.extend([1, 0b0000_0100, 1]);
        }
        descriptor
    }

    fn vp8_descriptor(&self, begins: bool) -> Vec<u8> {
        const EXTENDED: u8 = 0x80;
        const BEGINS: u8 = 0x10;
        const HAS_PICTURE_ID: u8 = 0x80;
        const HAS_TL0_AND_TID: u8 = 0x60;
        let [high, low] = (0x8000 | self.picture_id).to_be_bytes();
        let first = EXTENDED | if begins { BEGINS } else { 0 };
        vec![
            first,
            HAS_PICTURE_ID | HAS_TL0_AND_TID,
            high,
            low,
            self.tl0_picture_index,
            0,
        ]
    }
}

/// Reads a payload descriptor; none if it is malformed or nothing follows it.
pub(crate) fn parse(codec: VideoCodec, payload: &[u8], marker: bool) -> Option<Piece> {
    let piece = match codec {
        VideoCodec::Vp8 => parse_vp8(payload, marker)?,
        VideoCodec::Vp9 => parse_vp9(payload)?,
    };
    (piece.offset < payload.len()).then_some(piece)
}

fn parse_vp9(payload: &[u8]) -> Option<Piece> {
    let first = *payload.first()?;
    let has = |bit: u8| first & bit != 0;
    let (flexible, inter) = (has(0x10), has(0x40));
    let mut at = 1;
    if has(0x80) {
        at += if payload.get(at)? & 0x80 != 0 { 2 } else { 1 };
    }
    if has(0x20) {
        at += if flexible { 1 } else { 2 };
    }
    if flexible && inter {
        // At most three references, each saying whether another follows.
        for more in 0..3 {
            let reference = *payload.get(at)?;
            at += 1;
            if reference & 1 == 0 {
                break;
            }
            if more == 2 {
                return None;
            }
        }
    }
    if has(0x02) {
        at = skip_vp9_structure(payload, at)?;
    }
    Some(Piece {
        begins: has(0x08),
        ends: has(0x04),
        offset: at,
    })
}

fn skip_vp9_structure(payload: &[u8], mut at: usize) -> Option<usize> {
    let header = *payload.get(at)?;
    at += 1;
    if header & 0x10 != 0 {
        at += (usize::from(header >> 5) + 1) * 4;
    }
    if header & 0x08 != 0 {
        let pictures = *payload.get(at)?;
        at += 1;
        for _ in 0..pictures {
            let references = usize::from(*payload.get(at)? >> 2 & 3);
            at += 1 + references;
        }
    }
    Some(at)
}

fn parse_vp8(payload: &[u8], marker: bool) -> Option<Piece> {
    let first = *payload.first()?;
    let mut at = 1;
    if first & 0x80 != 0 {
        let extension = *payload.get(at)?;
        at += 1;
        if extension & 0x80 != 0 {
            at += if payload.get(at)? & 0x80 != 0 { 2 } else { 1 };
        }
        if extension & 0x40 != 0 {
            at += 1;
        }
        if extension & 0x30 != 0 {
            at += 1;
        }
    }
    let partition = first & 0x0f;
    Some(Piece {
        begins: first & 0x10 != 0 && partition == 0,
        ends: marker,
        offset: at,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(codec: VideoCodec, frame_bytes: usize, key: bool, packets: usize) {
        let frame: Vec<u8> = (0..frame_bytes).map(|index| (index % 251) as u8).collect();
        let mut packetizer = Packetizer::new(codec, 640, 360, 0x7ffe);
        packetizer.packetize(&[0], false);
        let payloads = packetizer.packetize(&frame, key);
        assert_eq!(payloads.len(), packets);
        let mut joined = Vec::new();
        for (index, payload) in payloads.iter().enumerate() {
            let last = index + 1 == packets;
            let piece = parse(codec, payload, last).unwrap();
            assert_eq!((piece.begins, piece.ends), (index == 0, last));
            assert!(payload.len() <= MAX_PIECE_BYTES + 16);
            joined.extend_from_slice(&payload[piece.offset..]);
        }
        assert_eq!(joined, frame);
    }

    #[test]
    fn round_trips() {
        for codec in [VideoCodec::Vp8, VideoCodec::Vp9] {
            check(codec, 1, true, 1);
            check(codec, 1100, false, 1);
            check(codec, 1101, true, 2);
            check(codec, 5000, false, 5);
        }
    }

    #[test]
    fn vp9_key_frame_bits() {
        let mut packetizer = Packetizer::new(VideoCodec::Vp9, 640, 360, 0);
        let key = packetizer.packetize(&[1; 2000], true);
        // No inter prediction (P), the structure (V) in the first packet only.
        assert_eq!(
            key.iter().map(|p| p[0] & 0x42).collect::<Vec<_>>(),
            [0x02, 0x00]
        );
        let delta = packetizer.packetize(&[1; 10], false);
        assert_eq!(delta[0][0] & 0x42, 0x40);
    }

    #[test]
    fn malformed_descriptors() {
        let check = |codec, payload: &[u8]| assert_eq!(parse(codec, payload, true), None);
        check(VideoCodec::Vp9, &[]);
        check(VideoCodec::Vp9, &[0x80]);
        check(VideoCodec::Vp9, &[0x8c, 0x05]);
        check(VideoCodec::Vp9, &[0x02, 0xff, 1]);
        check(VideoCodec::Vp9, &[0x02, 0x08, 200, 0x0c]);
        check(VideoCodec::Vp9, &[0x50, 1, 1, 1, 9]);
        check(VideoCodec::Vp8, &[]);
        check(VideoCodec::Vp8, &[0x90]);
        check(VideoCodec::Vp8, &[0x90, 0xf0, 0x80, 1, 1, 1]);
    }
}
