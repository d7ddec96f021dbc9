use crate::address::ServerAddress;
use crate::audio_file::AudioFile;
use crate::clock::{Clock, NoRandomness, seed, wall};
use crate::dial::Trust;
use crate::driver::{Desk, Driver};
use crate::duties::Duties;
use crate::keys::{KeyFile, KeyFileError};
use crate::presence::Presence;
use crate::report::Report;
use crate::socket::{Keyring, Socket, SocketConfig, SocketError};
use crate::source::{AudioLoop, FrameSource, VideoLoop};
use crate::video_file::VideoFile;
use incamera_e2ee::{
    Config as SessionConfig, DeskNotice, LifeView, RoleName, RoomSession, TalkCommand, TalkConfig,
    TalkError, TalkSession, TalkView,
};
use incamera_model::{LeafIndex, MediaKind, TalkId, Timestamp};
use incamera_talk::two_keys::Secret;
use incamera_talk::{Link, Name, SeatSecret};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::{mpsc, oneshot, watch};
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

/// How to take part in a talk between delegations.
pub struct TalkJoinConfig {
    /// Where the keys are kept, and which server it is.
    pub file: KeyFile,
    /// What was kept there.
    pub secret: Secret,
    /// Which certificates the server may show; needed for `https`.
    pub trust: Option<Trust>,
    /// What is done without asking a person again.
    pub duties: Duties,
    /// Frames for the camera.
    pub camera: Option<Arc<VideoFile>>,
    /// Frames for the microphone.
    pub microphone: Option<Arc<AudioFile>>,
    /// Media over TCP only.
    pub force_tcp: bool,
    /// Sees every opened frame.
    pub observer: Option<FrameObserver>,
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
    /// One isn't wanted in the room any more.
    #[error("the room was left: {reason}; ask a head of your delegation")]
    Dismissed {
        /// Why.
        reason: &'static str,
        /// What was seen until then.
        report: Box<Report>,
    },
    /// What has to be kept can't be: going on would lose it.
    #[error(transparent)]
    Keys(#[from] KeyFileError),
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
    /// An invitation was made.
    Invited(Box<MadeInvitation>),
    /// Something that a person should know of a talk between delegations.
    Desk(DeskNotice),
}

/// An invitation; secret.
#[derive(Clone, PartialEq, Eq)]
pub struct MadeInvitation {
    /// Its id.
    pub id: String,
    /// The link.
    pub url: String,
    /// The delegation's code; whoever types it asks without the invitation.
    pub code: String,
    /// The role offered.
    pub role: RoleName,
    /// Whom it is for.
    pub hint: Option<String>,
}

impl core::fmt::Debug for MadeInvitation {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("MadeInvitation(redacted)")
    }
}

pub(crate) enum Command {
    Chat(String, oneshot::Sender<Result<(), String>>),
    Report(oneshot::Sender<Report>),
    Talk(TalkCommand, oneshot::Sender<Result<(), TalkError>>),
    /// Answered once everything was read and said.
    Settle(oneshot::Sender<()>),
    /// What entries claim as their time from now on.
    Wall(u64),
    /// Sends from a source, or from none.
    SetSource(MediaKind, Option<Box<dyn FrameSource>>),
    Seize(oneshot::Sender<KeptSession>),
    Leave,
}

/// A room session cut off from its room, for tests: what somebody could still open who went away
/// with all keys.
#[doc(hidden)]
pub struct KeptSession {
    pub(crate) session: Presence,
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
    talk: watch::Receiver<Option<TalkView>>,
    life: watch::Receiver<Option<Arc<LifeView>>>,
    task: JoinHandle<Result<Report, JoinError>>,
}

impl Participant {
    /// Starts taking part.
    ///
    /// # Errors
    /// [`JoinError::NoRandomness`], [`JoinError::Session`]; everything later is told by
    /// [`Self::finish`].
    pub fn start(config: JoinConfig) -> Result<Self, JoinError> {
        let sources = sources(config.camera.as_ref(), config.microphone.as_ref());
        Self::start_with(config, sources)
    }

    pub(crate) fn start_with(config: JoinConfig, sources: Sources) -> Result<Self, JoinError> {
        let clock = Clock::start();
        let name = config.name.as_str().to_owned();
        let (talk, keyring) = (config.link.talk(), Keyring::new(vec![config.link.access()]));
        let session = RoomSession::new(SessionConfig {
            link: config.link,
            seat: SeatSecret::new(config.name, seed()?),
            now: clock.timestamp(clock.now()),
            seed: seed()?,
        })
        .map_err(|error| JoinError::Session(error.to_string()))?;
        let socket = open_socket(config.address, config.trust, talk, keyring)?;
        let (_, shown) = shown();
        let presence = Presence::Open(Box::new(session));
        Ok(Self::launch(shown, |told| {
            Driver::new(
                clock,
                name,
                presence,
                None,
                socket,
                sources,
                config.force_tcp,
                config.observer,
                told,
            )
        }))
    }

    /// Starts taking part in a talk between delegations: at the desk, and in the plenary once it is
    /// entered. What is to be kept goes to the file.
    ///
    /// # Errors
    /// [`JoinError::NoRandomness`]; everything later is told by [`Self::finish`].
    pub fn start_talk(config: TalkJoinConfig) -> Result<Self, JoinError> {
        let clock = Clock::start();
        let talk = config.secret.talk();
        let session = TalkSession::new(TalkConfig {
            secret: config.secret,
            now: clock.timestamp(clock.now()),
            wall: wall(),
            seed: seed()?,
        });
        let keyring = Keyring::new(session.access());
        let address = config.file.server().clone();
        let socket = open_socket(address, config.trust.clone(), talk, keyring.clone())?;
        let (views, shown) = shown();
        let ask = config.duties.ask.as_ref();
        let name = ask.map_or_else(String::new, |name| name.as_str().to_owned());
        let desk = Desk::new(config.file, config.trust, keyring, config.duties, views);
        let sources = sources(config.camera.as_ref(), config.microphone.as_ref());
        Ok(Self::launch(shown, |told| {
            Driver::new(
                clock,
                name,
                Presence::Talk(Box::new(session)),
                Some(desk),
                socket,
                sources,
                config.force_tcp,
                config.observer,
                told,
            )
        }))
    }

    fn launch(
        (talk, life): ShownReceivers,
        driver: impl FnOnce(mpsc::Sender<ParticipantEvent>) -> Driver,
    ) -> Self {
        let (commands, to_do) = mpsc::channel(COMMANDS);
        let (told, events) = mpsc::channel(EVENTS);
        Self {
            commands,
            events,
            talk,
            life,
            task: tokio::spawn(driver(told).run(to_do)),
        }
    }

    /// What there is to show of a talk between delegations, as it changes; `None` before it is known,
    /// and in an open conversation.
    #[must_use]
    pub fn talk_view(&self) -> watch::Receiver<Option<TalkView>> {
        self.talk.clone()
    }

    /// The life of a talk between delegations, as it changes; `None` as above.
    #[must_use]
    pub fn life_view(&self) -> watch::Receiver<Option<Arc<LifeView>>> {
        self.life.clone()
    }

    /// Has entries claim another time than the system's from now on: `wall`, in milliseconds since 1970.
    pub async fn set_wall(&self, wall: u64) {
        // Who has left writes nothing.
        let _ = self.commands.send(Command::Wall(wall)).await;
    }

    /// Does what a person decided in a talk between delegations. What comes of it shows in the view.
    ///
    /// # Errors
    /// A sentence for people.
    pub async fn command(&self, command: TalkCommand) -> Result<(), String> {
        let (reply, done) = oneshot::channel();
        let over = || "the participant has left".to_owned();
        self.commands
            .send(Command::Talk(command, reply))
            .await
            .map_err(|_| over())?;
        let done = done.await.map_err(|_| over())?;
        done.map_err(|error| error.to_string())
    }

    /// Waits until everything that the talk has so far was read, and everything that was to be said
    /// was taken by the server.
    pub async fn settle(&self) {
        let (reply, settled) = oneshot::channel();
        // If taking part has ended, there is nothing to wait for.
        if self.commands.send(Command::Settle(reply)).await.is_ok() {
            let _ = settled.await;
        }
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

/// Where the desk puts what there is to show.
pub(crate) struct Shown {
    pub(crate) talk: watch::Sender<Option<TalkView>>,
    pub(crate) life: watch::Sender<Option<Arc<LifeView>>>,
}

type ShownReceivers = (
    watch::Receiver<Option<TalkView>>,
    watch::Receiver<Option<Arc<LifeView>>>,
);

fn shown() -> (Shown, ShownReceivers) {
    let (talk, talk_shown) = watch::channel(None);
    let (life, life_shown) = watch::channel(None);
    (Shown { talk, life }, (talk_shown, life_shown))
}

pub(crate) type Sources = BTreeMap<MediaKind, Box<dyn FrameSource>>;

fn sources(camera: Option<&Arc<VideoFile>>, microphone: Option<&Arc<AudioFile>>) -> Sources {
    let mut sources = Sources::new();
    if let Some(file) = camera {
        sources.insert(MediaKind::Camera, Box::new(VideoLoop::new(file.clone())));
    }
    if let Some(file) = microphone {
        let sound = Box::new(AudioLoop::new(file.clone()));
        sources.insert(MediaKind::Microphone, sound);
    }
    sources
}

fn open_socket(
    address: ServerAddress,
    trust: Option<Trust>,
    talk: TalkId,
    keys: Keyring,
) -> Result<Socket, NoRandomness> {
    let jitter = seed()?;
    Ok(Socket::open(SocketConfig {
        address,
        trust,
        talk,
        keys,
        seed: u64::from_le_bytes(jitter[..8].try_into().unwrap_or_default()),
    }))
}

impl Drop for Participant {
    fn drop(&mut self) {
        self.task.abort();
    }
}
