use crate::failure::Failure;
use crate::files::{invitation_text, read_media, write_json};
use crate::server::TrustArgs;
use crate::talk::{DutyArgs, talk_folder};
use incamera_client::{
    AnyLink, AudioFile, DeskNotice, Duties, Entry, JoinConfig, JoinError, KeyFile, MediaKind, Name,
    Participant, ParticipantEvent, Report, SeatState, Secret, ServerAddress, Stage, TalkJoinConfig,
    TalkView, VideoFile, read_link,
};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;

/// Instead of a file: the built-in test card or tone.
const SYNTHETIC: &str = "synthetic";

/// Options of `incamera join`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The invitation, link or code; `-` to read it from standard input, or @FILE to read it from
    /// a file. It is a secret, and other users of this machine can see arguments.
    #[arg(value_name = "LINK|CODE", required_unless_present = "keys")]
    invitation: Option<String>,
    /// The server that a code is for: https://host, or http://localhost:8080.
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// The name to be seated with; where the keys have one, it may be left out.
    #[arg(long, required_unless_present = "keys")]
    name: Option<String>,
    /// Your keys in a talk between delegations. With an invitation they are kept there, and used if
    /// they are there [default: in the talk's folder, in this user's data folder]
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
    #[command(flatten)]
    duties: DutyArgs,
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
    let participant = match &args.invitation {
        None => from_keys(&args)?,
        Some(invitation) => invited(&args, invitation).await?,
    };
    let seconds = args.seconds.map(Duration::from_secs);
    let (report, result) = match stay(participant, seconds, args.chat).await {
        Ok(report) => (report, Ok(())),
        // Whoever is sent away has seen something all the same.
        Err(Ending::Left(error)) => match error {
            JoinError::Dismissed { ref report, .. } => {
                ((**report).clone(), Err(Failure::from(error)))
            }
            error => return Err(error.into()),
        },
        Err(Ending::Failed(failure)) => return Err(failure),
    };
    if let Some(file) = &args.report {
        write_json(file, &report)?;
    }
    result
}

/// Takes part with an invitation: in an open conversation, or with a seat of one's own.
async fn invited(args: &Args, invitation: &str) -> Result<Participant, Failure> {
    let server = args.server.as_deref().map(ServerAddress::parse);
    let (address, link) = read_link(&invitation_text(invitation)?, server.transpose()?)?;
    let name = own_name(args)?;
    let trust = args.trust.resolve(&address)?;
    if matches!(link, AnyLink::Claim(_)) {
        return Err(claim_first());
    }
    match Entry::of(link, &address, trust.as_ref()).await? {
        Entry::Open(link) => {
            let name = name.ok_or_else(|| Failure::new("say your name with --name"))?;
            Ok(Participant::start(JoinConfig {
                address,
                trust,
                link,
                name,
                camera: args.video.as_deref().map(video).transpose()?,
                microphone: args.audio.as_deref().map(audio).transpose()?,
                force_tcp: args.tcp,
                observer: None,
            })?)
        }
        Entry::Talk(entry) => {
            let keys = match &args.keys {
                Some(keys) => keys.clone(),
                None => talk_folder(&entry.secret.talk().to_text())?
                    .join(format!("{}.keys", entry.label)),
            };
            // The same link again is the same seat again.
            let (file, secret) = if keys.exists() {
                let (file, secret) = KeyFile::open(&keys)?;
                if secret.talk() != entry.secret.talk() {
                    return Err(Failure::new(
                        "those keys are of another talk; name another file with --keys",
                    ));
                }
                (file, secret)
            } else {
                let file = KeyFile::create(&keys, &address, &entry.secret)?;
                (file, entry.secret)
            };
            start_talk(args, file, secret)
        }
    }
}

fn from_keys(args: &Args) -> Result<Participant, Failure> {
    let Some(keys) = &args.keys else {
        return Err(Failure::new("give an invitation, or your keys with --keys"));
    };
    let (file, secret) = KeyFile::open(keys)?;
    start_talk(args, file, secret)
}

fn start_talk(args: &Args, file: KeyFile, secret: Secret) -> Result<Participant, Failure> {
    let trust = args.trust.resolve(file.server())?;
    Ok(Participant::start_talk(TalkJoinConfig {
        file,
        secret,
        trust,
        duties: Duties {
            ask: own_name(args)?,
            enter: true,
            ..args.duties.duties()
        },
        camera: args.video.as_deref().map(video).transpose()?,
        microphone: args.audio.as_deref().map(audio).transpose()?,
        force_tcp: args.tcp,
        observer: None,
    })?)
}

fn own_name(args: &Args) -> Result<Option<Name>, Failure> {
    let name = args.name.as_deref().map(Name::new).transpose();
    name.map_err(|error| Failure::new(format!("choose another name: {error}")))
}

fn claim_first() -> Failure {
    Failure::new("this claims a delegation's place; do so with `incamera talk claim`")
}

/// Why taking part didn't end by itself.
enum Ending {
    Left(JoinError),
    Failed(Failure),
}

/// Why nobody needs to wait for a seat any longer, if so.
fn hopeless(view: &TalkView) -> Option<Failure> {
    if view.own.seat == SeatState::Refused {
        let reason = view.own.refused.as_deref().unwrap_or("no reason was given");
        return Some(Failure::new(format!(
            "the seat was refused ({reason}); ask a head of your delegation"
        )));
    }
    let unclaimed = view.own.head && view.stage == Stage::Claiming;
    unclaimed.then(claim_first)
}

/// Takes part until time is up or a signal comes, then leaves.
async fn stay(
    mut participant: Participant,
    time: Option<Duration>,
    mut chat: Option<String>,
) -> Result<Report, Ending> {
    let mut views = participant.talk_view();
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
            Ok(()) = views.changed() => {
                if let Some(failure) = views.borrow_and_update().as_ref().and_then(hopeless) {
                    return Err(Ending::Failed(failure));
                }
                continue;
            }
            () = &mut time_is_up => break,
            signal = &mut signal => {
                signal.map_err(Ending::Failed)?;
                break;
            }
        };
        let Some(event) = event else {
            return participant.finish().await.map_err(Ending::Left);
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
            let said = participant.chat(&text).await;
            said.map_err(|error| Ending::Failed(Failure::new(error)))?;
        }
    }
    eprintln!("Leaving.");
    participant.leave().await.map_err(Ending::Left)
}

async fn is_accompanied(participant: &Participant) -> bool {
    let report = participant.report().await;
    report.is_some_and(|report| report.state == "seated" && report.people.len() > 1)
}

/// Waits for Ctrl-C, or for being asked to end.
pub(crate) async fn wait_for_signal() -> Result<(), Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
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

/// An event in plain words.
pub(crate) fn sentence(event: &ParticipantEvent) -> String {
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
        ParticipantEvent::Invited(_) => "An invitation was made.".into(),
        ParticipantEvent::Desk(notice) => match notice {
            DeskNotice::ActInForce { .. } => "A decision is in force.".into(),
            DeskNotice::ActExpired { .. } => "A proposed decision expired.".into(),
            DeskNotice::ActSuperseded { .. } => "Another decision came first.".into(),
            DeskNotice::Void { reason } => format!("What was written is void ({reason})."),
            DeskNotice::ServerRefuses => "The server refuses what the talk needs.".into(),
        },
    }
}
