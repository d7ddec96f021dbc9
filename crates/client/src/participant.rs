use crate::address::{AddressError, ServerAddress};
use crate::audio_file::AudioFile;
use crate::clock::{Clock, NoRandomness, seed};
use crate::dial::Trust;
use crate::driver::Driver;
use crate::report::Report;
use crate::socket::{Prover, Socket, SocketConfig, SocketError};
use crate::source::{AudioLoop, FrameSource, VideoLoop};
use crate::video_file::VideoFile;
use incamera_e2ee::{Config as SessionConfig, RoomSession};
use incamera_model::{Bytes, LeafIndex, MediaKind, Timestamp};
use incamera_talk::{Invitation, Link, LinkError, Name, SeatSecret};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// Commands not yet carried out, at most; beyond, whoever commands waits.
const COMMANDS: usize = 64;
/// Events not yet taken, at most; beyond, new ones are dropped (reports are whole all the same).
const EVENTS: usize = 1024;

/// An opened frame: who sent it, what it is, when it was opened.
pub type FrameObserver = Arc<dyn Fn(LeafIndex, MediaKind, &[u8], Instant) + Send + Sync>;

/// How to take part.
pub struct JoinConfig {
    /// The server of the link.
    pub address: ServerAddress,
    /// Which certificates the server may show; needed for `https`.
    pub trust: Option<Trust>,
    /// The invitation.
    pub link: Link,
    /// The name to be seated with.
    pub name: Name,
    /// Frames for the camera.
    pub camera: Option<Arc<VideoFile>>,
    /// Frames for the microphone.
    pub microphone: Option<Arc<AudioFile>>,
    /// Media over TCP only.
    pub force_tcp: bool,
    /// Sees every opened frame.
    pub observer: Option<FrameObserver>,
}

/// A link that can't be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadLink {
    /// Its secret part or its talk.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// Its address.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// A code, and nothing that says which server it is for.
    #[error("a code doesn't say which server it is for; name it with --server")]
    NoServer,
}

/// Why taking part ended.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    /// No connection, for good.
    #[error(transparent)]
    Socket(#[from] SocketError),
    /// No seeds.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// The room session can't be set up.
    #[error("the room can't be entered: {0}")]
    Session(String),
    /// The room session stopped: going on wouldn't be safe.
    #[error(
        "the room was left, because going on wouldn't be safe ({0}); join again, and tell the others"
    )]
    Stopped(&'static str),
    /// A bug.
    #[error("the participant broke down; report this")]
    Internal,
}

/// Something to tell people, in the order of things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParticipantEvent {
    /// The server is connected, for the first time or again.
    Connected,
    /// The server is gone; another connection is tried.
    ConnectionLost,
    /// In the room.
    Seated {
        /// The talk's title.
        title: Option<String>,
    },
    /// Media flows, over `udp` or `tcp`.
    MediaConnected,
    /// Somebody entered.
    Entered {
        /// The signed name.
        name: String,
    },
    /// Somebody left.
    Left {
        /// The signed name.
        name: String,
    },
    /// The first frame of a sender opened.
    FirstFrame {
        /// The signed name.
        name: String,
        /// What it is of.
        kind: MediaKind,
    },
    /// A chat message of somebody else.
    Chat {
        /// The signed name.
        name: String,
        /// The text.
        text: String,
    },
    /// A refusal that names its culprit.
    Notice(String),
}

pub(crate) enum Command {
    Chat(String, oneshot::Sender<Result<(), String>>),
    Report(oneshot::Sender<Report>),
    /// Sends from a source, or from none.
    SetSource(MediaKind, Option<Box<dyn FrameSource>>),
    Seize(oneshot::Sender<KeptSession>),
    Leave,
}

/// A room session cut off from its room, for tests: what somebody could still open who went away
/// with all keys.
#[doc(hidden)]
pub struct KeptSession {
    pub(crate) session: RoomSession,
    /// Time stands still, so that nothing is refused for being old.
    pub(crate) now: Timestamp,
}

impl KeptSession {
    /// Whether it opens a sealed frame.
    pub fn opens(&mut self, frame: &[u8]) -> bool {
        self.session.open(self.now, frame).is_ok()
    }
}

/// A participant at work in a task of its own. Dropping it ends the task without a farewell, as a
/// crash would.
pub struct Participant {
    commands: mpsc::Sender<Command>,
    events: mpsc::Receiver<ParticipantEvent>,
    task: JoinHandle<Result<Report, JoinError>>,
}

/// Reads an invitation as pasted or typed, link or code: the server's address and the invitation.
/// `server` goes before the address in a link; a code has none.
///
/// # Errors
/// [`BadLink`] says what is wrong with it.
pub fn read_invitation(
    text: &str,
    server: Option<ServerAddress>,
) -> Result<(ServerAddress, Link), BadLink> {
    let Invitation { link, origin } = Invitation::read(text)?;
    let address = match (server, origin) {
        (Some(server), _) => server,
        (None, Some(origin)) => ServerAddress::parse(&origin)?,
        (None, None) => return Err(BadLink::NoServer),
    };
    Ok((address, link))
}

impl Participant {
    /// Starts taking part.
    ///
    /// # Errors
    /// [`JoinError::NoRandomness`], [`JoinError::Session`]; everything later is told by
    /// [`Self::finish`].
    pub fn start(config: JoinConfig) -> Result<Self, JoinError> {
        let mut sources: BTreeMap<MediaKind, Box<dyn FrameSource>> = BTreeMap::new();
        if let Some(file) = &config.camera {
            sources.insert(MediaKind::Camera, Box::new(VideoLoop::new(file.clone())));
        }
        if let Some(file) = &config.microphone {
            sources.insert(
                MediaKind::Microphone,
                Box::new(AudioLoop::new(file.clone())),
            );
        }
        Self::start_with(config, sources)
    }

    pub(crate) fn start_with(
        config: JoinConfig,
        sources: BTreeMap<MediaKind, Box<dyn FrameSource>>,
    ) -> Result<Self, JoinError> {
        let clock = Clock::start();
        let now = clock.now();
        let name = config.name.as_str().to_owned();
        let access = config.link.access();
        let talk = config.link.talk();
        let prover: Prover = Box::new(move |origin, nonce| {
            let signature = access.sign_challenge(origin, nonce);
            (access.public(), Bytes(signature.to_vec()))
        });
        let session = RoomSession::new(SessionConfig {
            link: config.link,
            seat: SeatSecret::new(config.name, seed()?),
            now: clock.timestamp(now),
            seed: seed()?,
        })
        .map_err(|error| JoinError::Session(error.to_string()))?;
        let jitter = seed()?;
        let socket = Socket::open(SocketConfig {
            address: config.address,
            trust: config.trust,
            talk,
            prover,
            seed: u64::from_le_bytes(jitter[..8].try_into().unwrap_or_default()),
        });
        let (commands, to_do) = mpsc::channel(COMMANDS);
        let (told, events) = mpsc::channel(EVENTS);
        let driver = Driver::new(
            clock,
            name,
            session,
            socket,
            sources,
            config.force_tcp,
            config.observer,
            told,
        );
        Ok(Self {
            commands,
            events,
            task: tokio::spawn(driver.run(to_do)),
        })
    }

    /// Writes into the chat.
    ///
    /// # Errors
    /// A sentence for people: not seated yet, too long, or no longer taking part.
    pub async fn chat(&self, text: &str) -> Result<(), String> {
        let (reply, said) = oneshot::channel();
        let over = || "the participant has left".to_owned();
        self.commands
            .send(Command::Chat(text.to_owned(), reply))
            .await
            .map_err(|_| over())?;
        said.await.unwrap_or_else(|_| Err(over()))
    }

    /// What was seen so far; none once taking part has ended.
    pub async fn report(&self) -> Option<Report> {
        let (reply, report) = oneshot::channel();
        self.commands.send(Command::Report(reply)).await.ok()?;
        report.await.ok()
    }

    /// Sends a file's frames as camera or screen from now on, or none.
    pub async fn set_video(&self, kind: MediaKind, file: Option<Arc<VideoFile>>) {
        let source = |file| Box::new(VideoLoop::new(file)) as Box<dyn FrameSource>;
        self.set_source(kind, file.map(source)).await;
    }

    /// Sends a file's sound as microphone or the screen's sound from now on, or none.
    pub async fn set_audio(&self, kind: MediaKind, file: Option<Arc<AudioFile>>) {
        let source = |file| Box::new(AudioLoop::new(file)) as Box<dyn FrameSource>;
        self.set_source(kind, file.map(source)).await;
    }

    pub(crate) async fn set_source(&self, kind: MediaKind, source: Option<Box<dyn FrameSource>>) {
        // Who has left sends nothing.
        let _ = self.commands.send(Command::SetSource(kind, source)).await;
    }

    /// The next event; none once taking part has ended. Cancel-safe.
    pub async fn next_event(&mut self) -> Option<ParticipantEvent> {
        self.events.recv().await
    }

    /// Says farewell (a signed `Leave`) and returns the last report.
    ///
    /// # Errors
    /// Why taking part had ended before.
    pub async fn leave(self) -> Result<Report, JoinError> {
        // Taking part may have ended already; `finish` tells.
        let _ = self.commands.send(Command::Leave).await;
        self.finish().await
    }

    /// Waits for the end.
    ///
    /// # Errors
    /// Why taking part ended, if not by [`Self::leave`].
    pub async fn finish(mut self) -> Result<Report, JoinError> {
        (&mut self.task).await.unwrap_or(Err(JoinError::Internal))
    }

    /// Ends without a farewell, as a crash would.
    pub fn crash(self) {}

    /// For tests: crashes, and keeps the session with all its keys.
    ///
    /// # Errors
    /// Why taking part had ended before.
    #[doc(hidden)]
    pub async fn seize(self) -> Result<(Report, KeptSession), JoinError> {
        let (reply, kept) = oneshot::channel();
        // Taking part may have ended already; `finish` tells.
        let _ = self.commands.send(Command::Seize(reply)).await;
        let report = self.finish().await?;
        Ok((report, kept.await.map_err(|_| JoinError::Internal)?))
    }
}

impl Drop for Participant {
    fn drop(&mut self) {
        self.task.abort();
    }
}
