//! A native participant over str0m: join and load.
//!
//! | Module | What it does |
//! | --- | --- |
//! | `address`, `dial`, `http`, `socket` | reach a server: HTTP, a WebSocket that reconnects |
//! | `video_file`, `audio_file`, `source` | encoded frames from files, when they are due |
//! | `payload`, `assembler`, `media` | frames to RTP and back, one str0m session; sans-I/O |
//! | `transport`, `media_link` | sockets for it, UDP or TCP; starts it anew when it ends |
//! | `driver`, `participant`, `report` | one participant: room session, socket, media, time |
//! | `load`, `load_measure` | many of them, measured |
//!
//! The room session (`incamera-e2ee`) alone has keys; no frame is sent but what it sealed.

mod address;
mod assembler;
mod audio_file;
mod clock;
mod dial;
mod driver;
mod http;
mod load;
mod load_measure;
mod media;
mod media_link;
mod participant;
mod payload;
mod propose;
mod report;
mod socket;
mod source;
mod transport;
mod video_file;

pub use address::{AddressError, ServerAddress};
pub use audio_file::{AudioFile, AudioFileError};
pub use clock::NoRandomness;
pub use dial::{DialError, Trust, TrustError};
pub use http::{OpenTalkError, destroy_talk, find_group, open_talk, register_group};
pub use incamera_model::{LeafIndex, MediaKind, decode_base64url, encode_base64url};
pub use incamera_talk::{ControlKeyPair, Name};
pub use load::{LoadConfig, LoadError, LoadReport, Percentiles, ServerReport, run_load};
pub use participant::{
    BadLink, FrameObserver, JoinConfig, JoinError, KeptSession, Participant, ParticipantEvent,
    read_invitation,
};
pub use propose::{NewTalkError, ProposedTalk, propose_talk};
pub use report::{ChatReport, OwnReport, PersonReport, Report, SenderReport};
pub use socket::SocketError;
pub use video_file::{MAX_MEDIA_FILE_BYTES, VideoCodec, VideoFile, VideoFileError};
