use crate::failure::Failure;
use crate::files::{read_media, write_json};
use crate::server::TrustArgs;
use incamera_client::{
    AudioFile, JoinConfig, MediaKind, Name, Participant, ParticipantEvent, Report, ServerAddress,
    VideoFile, read_invitation,
};
use std::io::Read as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;

/// A link is a few hundred bytes.
const MAX_INVITATION_BYTES: u64 = 16 * 1024;
/// Instead of a file: the built-in test card or tone.
const SYNTHETIC: &str = "synthetic";

/// Options of `incamera join`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The invitation, link or code; `-` to read it from standard input, or @FILE to read it from
    /// a file. It is a secret, and other users of this machine can see arguments.
    #[arg(value_name = "LINK|CODE")]
    invitation: String,
    /// The server that a code is for: https://host, or http://localhost:8080.
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// The name to be seated with.
    #[arg(long)]
    name: String,
    /// Send this IVF file (VP8 or VP9), over and over; "synthetic" for a test card.
    #[arg(long, value_name = "FILE.ivf|synthetic")]
    video: Option<String>,
    /// Send this Ogg file (Opus), over and over; "synthetic" for a tone of 440 Hz.
    #[arg(long, value_name = "FILE.ogg|synthetic")]
    audio: Option<String>,
    /// Leave after so many seconds; otherwise stay until interrupted.
    #[arg(long)]
    seconds: Option<u64>,
    /// Write what was seen there, as JSON, when leaving.
    #[arg(long, value_name = "FILE.json")]
    report: Option<PathBuf>,
    /// Write this into the chat once somebody else is in the room.
    #[arg(long, value_name = "TEXT")]
    chat: Option<String>,
    /// Send and receive media over TCP only.
    #[arg(long)]
    tcp: bool,
    #[command(flatten)]
    trust: TrustArgs,
}

/// Runs `incamera join`.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let server = args
        .server
        .as_deref()
        .map(ServerAddress::parse)
        .transpose()?;
    let (address, link) = read_invitation(&invitation_text(&args.invitation)?, server)?;
    let name = Name::new(&args.name)
        .map_err(|error| Failure::new(format!("choose another name: {error}")))?;
    let trust = args.trust.resolve(&address)?;
    let config = JoinConfig {
        address,
        trust,
        link,
        name,
        camera: args.video.as_deref().map(video).transpose()?,
        microphone: args.audio.as_deref().map(audio).transpose()?,
        force_tcp: args.tcp,
        observer: None,
    };
    let participant = Participant::start(config)?;
    let seconds = args.seconds.map(Duration::from_secs);
    let report = stay(participant, seconds, args.chat).await?;
    match &args.report {
        Some(file) => write_json(file, &report),
        None => Ok(()),
    }
}

/// Takes part until time is up or a signal comes, then leaves.
async fn stay(
    mut participant: Participant,
    time: Option<Duration>,
    mut chat: Option<String>,
) -> Result<Report, Failure> {
    let time_is_up = async {
        match time {
            Some(time) => sleep(time).await,
            None => core::future::pending().await,
        }
    };
    let signal = wait_for_signal();
    tokio::pin!(time_is_up, signal);
    loop {
        let event = tokio::select! {
            event = participant.next_event() => event,
            () = &mut time_is_up => break,
            signal = &mut signal => {
                signal?;
                break;
            }
        };
        let Some(event) = event else {
            return Ok(participant.finish().await?);
        };
        eprintln!("{}", sentence(&event));
        let somebody_is_here = matches!(
            event,
            ParticipantEvent::Entered { .. } | ParticipantEvent::Seated { .. }
        );
        if somebody_is_here
            && chat.is_some()
            && is_accompanied(&participant).await
            && let Some(text) = chat.take()
        {
            participant.chat(&text).await.map_err(Failure::new)?;
        }
    }
    eprintln!("Leaving.");
    Ok(participant.leave().await?)
}

async fn is_accompanied(participant: &Participant) -> bool {
    let report = participant.report().await;
    report.is_some_and(|report| report.state == "seated" && report.people.len() > 1)
}

async fn wait_for_signal() -> Result<(), Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}

/// The invitation as given, or from standard input or a file.
fn invitation_text(argument: &str) -> Result<String, Failure> {
    let unreadable = |from: &str, error: std::io::Error| {
        Failure::new(format!(
            "the invitation can't be read from {from} ({error}); check that it is there as text"
        ))
    };
    let mut text = String::new();
    if argument == "-" {
        std::io::stdin()
            .take(MAX_INVITATION_BYTES)
            .read_to_string(&mut text)
            .map_err(|error| unreadable("standard input", error))?;
    } else if let Some(file) = argument.strip_prefix('@') {
        std::fs::File::open(file)
            .and_then(|opened| opened.take(MAX_INVITATION_BYTES).read_to_string(&mut text))
            .map_err(|error| unreadable(file, error))?;
    } else {
        argument.clone_into(&mut text);
    }
    Ok(text)
}

fn video(argument: &str) -> Result<Arc<VideoFile>, Failure> {
    if argument == SYNTHETIC {
        return Ok(Arc::new(VideoFile::test_card()));
    }
    let file = VideoFile::parse(&read_media(argument.as_ref())?);
    file.map(Arc::new)
        .map_err(|error| Failure::new(format!("{argument} can't be sent as video: {error}")))
}

fn audio(argument: &str) -> Result<Arc<AudioFile>, Failure> {
    if argument == SYNTHETIC {
        return Ok(Arc::new(AudioFile::tone()));
    }
    let file = AudioFile::parse(&read_media(argument.as_ref())?);
    file.map(Arc::new)
        .map_err(|error| Failure::new(format!("{argument} can't be sent as sound: {error}")))
}

fn sentence(event: &ParticipantEvent) -> String {
    match event {
        ParticipantEvent::Connected => "Connected to the server.".into(),
        ParticipantEvent::ConnectionLost => "The server is gone; connecting again.".into(),
        ParticipantEvent::Seated { title: Some(title) } => format!("In the room: {title}."),
        ParticipantEvent::Seated { title: None } => "In the room.".into(),
        ParticipantEvent::MediaConnected => "Sound and picture are connected.".into(),
        ParticipantEvent::Entered { name } => format!("{name} is in the room."),
        ParticipantEvent::Left { name } => format!("{name} left."),
        ParticipantEvent::FirstFrame { name, kind } => match kind {
            MediaKind::Microphone => format!("Sound from {name}."),
            MediaKind::Camera => format!("Picture from {name}."),
            MediaKind::Screen => format!("Screen from {name}."),
            MediaKind::ScreenAudio => format!("Sound of the screen from {name}."),
        },
        ParticipantEvent::Chat { name, text } => format!("{name}: {text}"),
        ParticipantEvent::Notice(notice) => notice.clone(),
    }
}
