use ogg::PacketReader;
use std::io::Cursor;
use std::time::Duration;

const MAX_OPUS_PACKET_BYTES: usize = 1275 * 48;
const TONE: &[u8] = include_bytes!("../assets/tone-440.ogg");

/// An Opus packet (RFC 6716) and how long it sounds.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct AudioPacket {
    pub(crate) data: Vec<u8>,
    pub(crate) duration: Duration,
}

/// Opus audio in memory, to be sent over and over.
pub struct AudioFile {
    /// At least one.
    pub(crate) packets: Vec<AudioPacket>,
}

/// What is wrong with an audio file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AudioFileError {
    /// Not the container, or damaged.
    #[error(
        "it is no Ogg file, or a damaged one; make one with: ffmpeg -i INPUT -c:a libopus OUTPUT.ogg"
    )]
    NotOgg,
    /// Not the codec.
    #[error("it holds no Opus; make one with: ffmpeg -i INPUT -c:a libopus OUTPUT.ogg")]
    NotOpus,
    /// More than two channels, or several streams.
    #[error(
        "it has more than two channels; make one with: ffmpeg -i INPUT -ac 2 -c:a libopus OUTPUT.ogg"
    )]
    Channels,
    /// A packet is empty, too long or lasts longer than 120 ms.
    #[error("packet {0} is no Opus packet; make the file again")]
    Packet(usize),
    /// No audio.
    #[error("it holds no sound; make the file again")]
    Empty,
}

impl AudioFile {
    /// Reads an Ogg file with Opus (RFC 7845), mono or stereo.
    ///
    /// # Errors
    /// [`AudioFileError`] says what is wrong with the file.
    pub fn parse(bytes: &[u8]) -> Result<Self, AudioFileError> {
        let mut reader = PacketReader::new(Cursor::new(bytes));
        let mut next = || match reader.read_packet() {
            Ok(packet) => Ok(packet),
            Err(_) => Err(AudioFileError::NotOgg),
        };
        let head = next()?.ok_or(AudioFileError::NotOgg)?;
        let serial = head.stream_serial();
        if !head.data.starts_with(b"OpusHead") || head.data.len() < 19 {
            return Err(AudioFileError::NotOpus);
        }
        let (channels, mapping_family) = (head.data[9], head.data[18]);
        if !(1..=2).contains(&channels) || mapping_family != 0 {
            return Err(AudioFileError::Channels);
        }
        let tags = next()?.ok_or(AudioFileError::Empty)?;
        if tags.stream_serial() != serial || !tags.data.starts_with(b"OpusTags") {
            return Err(AudioFileError::NotOpus);
        }
        let mut packets = Vec::new();
        while let Some(packet) = next()? {
            if packet.stream_serial() != serial {
                return Err(AudioFileError::Channels);
            }
            let duration = (packet.data.len() <= MAX_OPUS_PACKET_BYTES)
                .then(|| opus_duration(&packet.data))
                .flatten()
                .ok_or(AudioFileError::Packet(packets.len()))?;
            packets.push(AudioPacket {
                data: packet.data,
                duration,
            });
        }
        if packets.is_empty() {
            return Err(AudioFileError::Empty);
        }
        Ok(Self { packets })
    }

    /// The Opus packets, in order.
    pub fn packet_data(&self) -> impl Iterator<Item = &[u8]> {
        self.packets.iter().map(|packet| packet.data.as_slice())
    }

    /// The built-in tone: 440 Hz, mono; see `assets/README.md`.
    ///
    /// # Panics
    /// Never: a test reads it.
    #[must_use]
    pub fn tone() -> Self {
        Self::parse(TONE).expect("the built-in tone is an Ogg file")
    }
}

/// How long an Opus packet sounds, from its table-of-contents byte (RFC 6716 section 3.1); none
/// if it is empty, or longer than the 120 ms that section 3.2.5 allows.
fn opus_duration(packet: &[u8]) -> Option<Duration> {
    let toc = *packet.first()?;
    let frame_micros: u64 = match toc >> 3 {
        config @ 0..=11 => [10_000, 20_000, 40_000, 60_000][usize::from(config % 4)],
        config @ 12..=15 => [10_000, 20_000][usize::from(config % 2)],
        config => [2_500, 5_000, 10_000, 20_000][usize::from(config % 4)],
    };
    let frames = match toc & 3 {
        0 => 1,
        1 | 2 => 2,
        _ => u64::from(packet.get(1)? & 0x3f),
    };
    let micros = frames * frame_micros;
    (1..=120_000)
        .contains(&micros)
        .then(|| Duration::from_micros(micros))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tone_is_what_the_readme_says() {
        let tone = AudioFile::tone();
        assert!((100..=102).contains(&tone.packets.len()));
        assert!(
            tone.packets
                .iter()
                .all(|packet| packet.duration == Duration::from_millis(20))
        );
    }

    #[track_caller]
    fn check(change: impl FnOnce(&mut Vec<u8>), expected: AudioFileError) {
        let mut bytes = TONE.to_vec();
        change(&mut bytes);
        assert_eq!(AudioFile::parse(&bytes).err(), Some(expected));
    }

    #[test]
    fn bad_files() {
        check(Vec::clear, AudioFileError::NotOgg);
        check(|bytes| bytes.fill(7), AudioFileError::NotOgg);
        check(|bytes| bytes[4000] ^= 1, AudioFileError::NotOgg);
        check(|bytes| bytes.truncate(47), AudioFileError::Empty);
    }

    #[test]
    fn durations() {
        let check = |packet: &[u8], millis: Option<u64>| {
            assert_eq!(
                opus_duration(packet),
                millis.map(Duration::from_millis),
                "{packet:?}"
            );
        };
        check(&[], None);
        check(&[0b0000_1000], Some(20));
        check(&[0b1111_1001], Some(40));
        check(&[0b0001_1011, 2], Some(120));
        check(&[0b0001_1011, 3], None);
        check(&[0b0001_1011, 0], None);
        check(&[0b0001_1011], None);
    }
}
