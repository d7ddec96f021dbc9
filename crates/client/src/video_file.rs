use std::time::Duration;

/// The largest media file that is read into memory, in bytes.
pub const MAX_MEDIA_FILE_BYTES: u64 = 256 * 1024 * 1024;

const MAX_VIDEO_FRAME_BYTES: usize = 4 * 1024 * 1024;
const FILE_HEADER_BYTES: usize = 32;
const FRAME_HEADER_BYTES: usize = 12;

const TEST_CARD: &[u8] = include_bytes!("../assets/test-card.ivf");

/// A codec of a video file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VideoCodec {
    /// VP8 (RFC 6386).
    Vp8,
    /// VP9, profile 0.
    Vp9,
}

/// An encoded frame.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct VideoFrame {
    pub(crate) data: Vec<u8>,
    pub(crate) key: bool,
}

/// A video in memory, to be sent over and over.
pub struct VideoFile {
    pub(crate) codec: VideoCodec,
    /// In pixels.
    pub(crate) width: u16,
    /// In pixels.
    pub(crate) height: u16,
    pub(crate) frame_duration: Duration,
    /// At least one; the first is a key frame.
    pub(crate) frames: Vec<VideoFrame>,
}

/// What is wrong with a video file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VideoFileError {
    /// Not the container.
    #[error("it is no IVF file; make one with: ffmpeg -i INPUT -c:v libvpx-vp9 -f ivf OUTPUT.ivf")]
    NotIvf,
    /// Not a codec that can be sent.
    #[error(
        "its codec is neither VP8 nor VP9; make one with: ffmpeg -i INPUT -c:v libvpx-vp9 -f ivf OUTPUT.ivf"
    )]
    Codec,
    /// A frame rate that makes no sense.
    #[error("its frame rate is outside 1 to 240 frames a second")]
    FrameRate,
    /// A frame is cut off, empty or too large.
    #[error("frame {0} is cut off, empty or larger than 4 MiB; make the file again")]
    Frame(usize),
    /// It has no frame, or doesn't start with a key frame.
    #[error("it doesn't start with a key frame; make the file again")]
    NoKeyFrame,
}

impl VideoFile {
    /// Reads an IVF file (as libvpx writes it) with VP8 or VP9.
    ///
    /// # Errors
    /// [`VideoFileError`] says what is wrong with the file.
    pub fn parse(bytes: &[u8]) -> Result<Self, VideoFileError> {
        let header = bytes
            .get(..FILE_HEADER_BYTES)
            .filter(|header| header.starts_with(b"DKIF"))
            .ok_or(VideoFileError::NotIvf)?;
        let codec = match &header[8..12] {
            b"VP80" => VideoCodec::Vp8,
            b"VP90" => VideoCodec::Vp9,
            _ => return Err(VideoFileError::Codec),
        };
        let frames_per_second =
            f64::from(read_u32(header, 16)) / f64::from(read_u32(header, 20).max(1));
        if !(1.0..=240.0).contains(&frames_per_second) {
            return Err(VideoFileError::FrameRate);
        }
        let header_bytes = usize::from(read_u16(header, 6)).max(FILE_HEADER_BYTES);
        let rest = bytes.get(header_bytes..).ok_or(VideoFileError::NotIvf)?;
        let frames = parse_frames(codec, rest)?;
        if !frames.first().is_some_and(|frame| frame.key) {
            return Err(VideoFileError::NoKeyFrame);
        }
        Ok(Self {
            codec,
            width: read_u16(header, 12),
            height: read_u16(header, 14),
            frame_duration: Duration::from_secs_f64(1.0 / frames_per_second),
            frames,
        })
    }

    /// The encoded frames, in order.
    pub fn frame_data(&self) -> impl Iterator<Item = &[u8]> {
        self.frames.iter().map(|frame| frame.data.as_slice())
    }

    /// The built-in test card: VP9, 640x360, 30 frames a second; see `assets/README.md`.
    ///
    /// # Panics
    /// Never: a test reads it.
    #[must_use]
    pub fn test_card() -> Self {
        Self::parse(TEST_CARD).expect("the built-in test card is an IVF file")
    }
}

fn parse_frames(codec: VideoCodec, mut rest: &[u8]) -> Result<Vec<VideoFrame>, VideoFileError> {
    let mut frames = Vec::new();
    while !rest.is_empty() {
        let error = VideoFileError::Frame(frames.len());
        let (header, tail) = rest.split_at_checked(FRAME_HEADER_BYTES).ok_or(error)?;
        let length = usize::try_from(read_u32(header, 0)).map_err(|_| error)?;
        if length == 0 || length > MAX_VIDEO_FRAME_BYTES {
            return Err(error);
        }
        let (data, tail) = tail.split_at_checked(length).ok_or(error)?;
        frames.push(VideoFrame {
            data: data.to_vec(),
            key: is_key_frame(codec, data),
        });
        rest = tail;
    }
    Ok(frames)
}

/// Whether a frame can be decoded alone: VP8 by RFC 6386 section 9.1, VP9 by the uncompressed
/// header (VP9 bitstream specification section 6.2).
fn is_key_frame(codec: VideoCodec, frame: &[u8]) -> bool {
    let first = frame.first().copied().unwrap_or(0xff);
    match codec {
        VideoCodec::Vp8 => first & 1 == 0,
        VideoCodec::Vp9 => {
            let marker = first >> 6 == 0b10;
            let profile = (first >> 5 & 1) | (first >> 4 & 1) << 1;
            // Profile 3 has a reserved bit before these two.
            let shift = if profile == 3 { 1 } else { 2 };
            let show_existing_frame = first >> (shift + 1) & 1 == 1;
            let frame_type_inter = first >> shift & 1 == 1;
            marker && !show_existing_frame && !frame_type_inter
        }
    }
}

fn read_u16(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn read_u32(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn test_card_is_what_the_readme_says() {
        let card = VideoFile::test_card();
        assert_eq!(
            (card.codec, card.width, card.height),
            (VideoCodec::Vp9, 640, 360)
        );
        assert_eq!(card.frame_duration.as_millis(), 33);
        let keys: Vec<_> = (0..card.frames.len())
            .filter(|&index| card.frames[index].key)
            .collect();
        assert_eq!((card.frames.len(), keys), (90, vec![0, 30, 60]));
    }

    #[track_caller]
    fn check(change: impl FnOnce(&mut Vec<u8>), expected: VideoFileError) {
        let mut bytes = TEST_CARD.to_vec();
        change(&mut bytes);
        assert_eq!(VideoFile::parse(&bytes).err(), Some(expected));
    }

    #[test]
    fn bad_files() {
        check(|bytes| bytes.truncate(20), VideoFileError::NotIvf);
        check(|bytes| bytes[0] = b'R', VideoFileError::NotIvf);
        check(
            |bytes| bytes[8..12].copy_from_slice(b"AV01"),
            VideoFileError::Codec,
        );
        check(|bytes| bytes[16..20].fill(0xff), VideoFileError::FrameRate);
        check(|bytes| bytes[16..20].fill(0), VideoFileError::FrameRate);
        check(|bytes| bytes.truncate(32), VideoFileError::NoKeyFrame);
        check(|bytes| bytes[32..36].fill(0xff), VideoFileError::Frame(0));
        check(|bytes| bytes[32..36].fill(0), VideoFileError::Frame(0));
        check(
            |bytes| bytes.truncate(bytes.len() - 1),
            VideoFileError::Frame(89),
        );
        check(|bytes| bytes[44] |= 0x04, VideoFileError::NoKeyFrame);
    }
}
