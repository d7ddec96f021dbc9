//! A native participant over str0m: join and load.
//!
//! | Module | What it does |
//! | --- | --- |
//! | `address`, `dial`, `http`, `socket` | reach a server: HTTP, a WebSocket that reconnects |
//! | `video_file`, `audio_file`, `source` | encoded frames from files, when they are due |
//! | `payload`, `assembler`, `media` | frames to RTP and back, one str0m session; sans-I/O |
//! | `transport`, `media_link` | sockets for it, UDP or TCP; starts it anew when it ends |
//! | `driver`, `participant`, `report` | one participant: session, socket, media, time |
//! | `presence` | the session: a room of an open conversation, or a talk between delegations |
//! | `keys`, `duties`, `invitation` | a talk's key file; what is done without asking; what a link is |
//! | `load`, `load_measure` | many of them, measured |
//!
//! The sessions (`incamera-e2ee`) alone seal; no frame is sent but what they sealed.

mod address;
mod assembler;
mod audio_file;
mod clock;
mod dial;
mod driver;
mod duties;
mod http;
mod invitation;
mod key_backup;
mod keys;
mod load;
mod load_measure;
mod media;
mod media_link;
mod participant;
mod payload;
mod presence;
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
pub use duties::Duties;
pub use http::{OpenTalkError, destroy_talk, find_group, open_talk, register_group};
pub use incamera_e2ee::{
    ActChoice, ActView, AdmitName, AskState, Broken, DeskNotice, HeadView, LifeView, LobbyView,
    RoleName, SeatState, SeatView, Stage, SuspicionName, TalkCommand, TalkView, WaitingView,
};
pub use incamera_model::{LeafIndex, MediaKind, decode_base64url, encode_base64url};
pub use incamera_talk::two_keys::{Admit, AnyLink, HeadSecret, NewTalk, Secret};
pub use incamera_talk::{ControlKeyPair, Name};
pub use invitation::{BadLink, Entry, TalkEntry, read_invitation, read_link};
pub use key_backup::{KeyBackupError, back_up_keys, restore_keys};
pub use keys::{KeyFile, KeyFileError};
pub use load::{LoadConfig, LoadError, LoadReport, Percentiles, ServerReport, run_load};
pub use participant::{
    FrameObserver, JoinConfig, JoinError, KeptSession, MadeInvitation, Participant,
    ParticipantEvent, TalkJoinConfig,
};
pub use propose::{NewTalkError, ProposedTalk, draft_delegations, open_delegations, propose_talk};
pub use report::{ChatReport, OwnReport, PersonReport, Report, SenderReport};
pub use socket::SocketError;
pub use video_file::{MAX_MEDIA_FILE_BYTES, VideoCodec, VideoFile, VideoFileError};
