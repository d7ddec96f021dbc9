use crate::dependency::DependencyDescriptor;

/// How a stream is coded. Frames are sealed whole; of a packet only the RTP payload descriptor,
/// which stands before the sealed bytes, can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Codec {
    /// RFC 7587.
    Opus,
    /// RFC 7741.
    Vp8,
    /// RFC 9628.
    Vp9,
}

/// The payload types (RFC 3551 section 3) that a member receives each codec with, if it can.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PayloadTypes {
    /// For Opus.
    pub opus: Option<u8>,
    /// For VP8.
    pub vp8: Option<u8>,
    /// For VP9 profile 0.
    pub vp9: Option<u8>,
}

/// Where in a frame a packet stands, as far as what is in clear tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameStart {
    /// Not the first packet of a frame.
    No,
    /// The first packet of a frame that needs others.
    Delta,
    /// The first packet of a frame that needs no other.
    Key,
    /// The first packet of a frame of which nothing in clear says whether it is a key frame.
    Unknown,
}

impl Codec {
    /// RTP clock rate in Hz.
    #[must_use]
    pub fn clock_rate(self) -> u32 {
        match self {
            Self::Opus => 48_000,
            Self::Vp8 | Self::Vp9 => 90_000,
        }
    }

    /// Whether it codes sound.
    #[must_use]
    pub fn is_audio(self) -> bool {
        self == Self::Opus
    }

    /// Reads the payload descriptor and, if there is one, the Dependency Descriptor.
    #[must_use]
    pub fn frame_start(self, payload: &[u8], dependency: Option<&[u8]>) -> FrameStart {
        if let Some(Ok(descriptor)) = dependency.map(DependencyDescriptor::parse) {
            return match (descriptor.start_of_frame, descriptor.structure) {
                (false, _) => FrameStart::No,
                (true, false) => FrameStart::Delta,
                (true, true) => FrameStart::Key,
            };
        }
        match self {
            Self::Opus => FrameStart::Key,
            Self::Vp8 => vp8_frame_start(payload),
            Self::Vp9 => vp9_frame_start(payload),
        }
    }
}

impl PayloadTypes {
    /// The payload type for a codec.
    #[must_use]
    pub fn of(&self, codec: Codec) -> Option<u8> {
        match codec {
            Codec::Opus => self.opus,
            Codec::Vp8 => self.vp8,
            Codec::Vp9 => self.vp9,
        }
    }
}

/// RFC 7741 section 4.2: S and PID. Whether the frame is a key frame stands in the frame's own
/// header, which is sealed.
fn vp8_frame_start(payload: &[u8]) -> FrameStart {
    match payload.first() {
        Some(flags) if flags & 0x10 != 0 && flags & 0x07 == 0 => FrameStart::Unknown,
        _ => FrameStart::No,
    }
}

/// RFC 9628 section 4.2: the first packet (B) of the lowest spatial layer of a picture that isn't
/// predicted from another picture (P).
fn vp9_frame_start(payload: &[u8]) -> FrameStart {
    let Some(&flags) = payload.first() else {
        return FrameStart::No;
    };
    let (has_id, inter, layers, begins) = (
        flags & 0x80 != 0,
        flags & 0x40 != 0,
        flags & 0x20 != 0,
        flags & 0x08 != 0,
    );
    if !begins {
        return FrameStart::No;
    }
    let id_bytes = match (has_id, payload.get(1)) {
        (false, _) => 0,
        (true, Some(id)) if id & 0x80 == 0 => 1,
        (true, _) => 2,
    };
    let spatial = match (layers, payload.get(1 + id_bytes)) {
        (false, _) => 0,
        (true, Some(indices)) => (indices >> 1) & 0x07,
        (true, None) => return FrameStart::No,
    };
    match (spatial, inter) {
        (0, false) => FrameStart::Key,
        (0, true) => FrameStart::Delta,
        _ => FrameStart::No,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(codec: Codec, payload: &[u8], dependency: Option<&[u8]>, expected: FrameStart) {
        assert_eq!(codec.frame_start(payload, dependency), expected);
    }

    #[test]
    fn vp9() {
        let vp9 = |payload: &[u8], expected| check(Codec::Vp9, payload, None, expected);
        vp9(&[], FrameStart::No);
        vp9(&[0x8C, 0x80, 0x01, 0xff], FrameStart::Key);
        vp9(&[0xCC, 0x80, 0x02, 0xff], FrameStart::Delta);
        vp9(&[0x84, 0x80, 0x01, 0xff], FrameStart::No);
        // One-byte picture id, layer indices: spatial layer 0, then 1, of a key picture.
        vp9(&[0xA8, 0x11, 0x00, 0x07], FrameStart::Key);
        vp9(&[0xA8, 0x11, 0x03, 0x07], FrameStart::No);
        vp9(&[0xA8, 0x11], FrameStart::No);
    }

    #[test]
    fn vp8_and_dependency_descriptor() {
        check(Codec::Vp8, &[0x90, 0x80, 0x12], None, FrameStart::Unknown);
        check(Codec::Vp8, &[0x80, 0x80, 0x12], None, FrameStart::No);
        check(Codec::Vp8, &[0x11], None, FrameStart::No);
        check(
            Codec::Vp8,
            &[0x90],
            Some(&[0x80, 0, 1, 0x80]),
            FrameStart::Key,
        );
        check(Codec::Vp8, &[0x90], Some(&[0x80, 0, 1]), FrameStart::Delta);
        check(Codec::Vp8, &[0x90], Some(&[1]), FrameStart::Unknown);
        check(Codec::Opus, &[], None, FrameStart::Key);
    }
}
