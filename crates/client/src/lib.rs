//! A native participant over str0m: join and load.

mod address;
mod assembler;
mod audio_file;
mod clock;
mod dial;
mod http;
mod payload;
mod video_file;

pub use address::{AddressError, ServerAddress};
pub use audio_file::{AudioFile, AudioFileError};
pub use clock::NoRandomness;
pub use dial::{DialError, Trust, TrustError};
pub use http::{OpenTalkError, open_talk};
pub use video_file::{MAX_MEDIA_FILE_BYTES, VideoCodec, VideoFile, VideoFileError};
