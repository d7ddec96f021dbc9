use crate::ids::ConnectionId;
use serde::{Deserialize, Serialize};

/// What a track carries. To the server a label of an m-line; to a receiver authenticated, as part
/// of the SFrame metadata.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    /// A person's microphone (Opus).
    Microphone,
    /// A person's camera.
    Camera,
    /// A shared screen.
    Screen,
    /// The sound of a shared screen (Opus).
    ScreenAudio,
}

impl MediaKind {
    /// Every kind, in the order of the senders' m-lines.
    pub const ALL: [Self; 4] = [
        Self::Microphone,
        Self::Camera,
        Self::Screen,
        Self::ScreenAudio,
    ];

    /// Whether it is sent on an audio m-line.
    #[must_use]
    pub fn is_audio(self) -> bool {
        matches!(self, Self::Microphone | Self::ScreenAudio)
    }
}

/// A track that somebody publishes, as the server knows it. It says nothing about who that is:
/// receivers learn that from the authenticated KID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SourceId {
    /// The connection that publishes.
    pub connection: ConnectionId,
    /// What it publishes.
    pub kind: MediaKind,
}
