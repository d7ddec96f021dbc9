use crate::address::ServerAddress;
use crate::clock::{Clock, millis};
use crate::dial::Trust;
use crate::load_measure::{LoadSource, Meter, ServerUse, Subscriber, server_use};
use crate::participant::{FrameObserver, JoinConfig, JoinError, Participant};
use crate::propose::{NewTalkError, propose_talk};
use crate::report::Report;
use futures_util::future::join_all;
use incamera_model::MediaKind;
use incamera_talk::{Name, TextError};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// How long everybody has to be seated, and then to receive everything.
const PATIENCE: Duration = Duration::from_secs(120);
/// How often progress is looked at.
const LOOK: Duration = Duration::from_millis(100);
/// As many slots as an offer has.
const AUDIO_SLOTS: usize = 4;
const VIDEO_SLOTS: usize = 9;

/// What load to make.
pub struct LoadConfig {
    /// The server.
    pub address: ServerAddress,
    /// Which certificates it may show; needed for `https`.
    pub trust: Option<Trust>,
    /// The operator's token, if the server asks for it; secret.
    pub token: Option<String>,
    /// Talks, each with one room.
    pub rooms: usize,
    /// People in each room.
    pub people: usize,
    /// How many of them send camera and microphone.
    pub publishers: usize,
    /// How long is measured, from when everybody receives everything.
    pub seconds: u64,
    /// The server's process, if it runs on this machine.
    pub server_pid: Option<u32>,
}

/// Why there is no measurement.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Numbers that don't fit together.
    #[error("there must be 1 room or more, 2 people or more, and no more publishers than people")]
    Numbers,
    /// A talk couldn't be opened.
    #[error(transparent)]
    NewTalk(#[from] NewTalkError),
    /// A participant ended.
    #[error("a participant dropped out: {0}")]
    Join(#[from] JoinError),
    /// A participant's name was refused: a bug.
    #[error("a participant's name is refused: {0}")]
    Name(#[from] TextError),
    /// Not everybody was seated in time.
    #[error(
        "only {seated} of {wanted} people were seated within 2 minutes; try fewer, or a faster machine"
    )]
    NotSeated {
        /// How many were.
        seated: usize,
        /// How many were wanted.
        wanted: usize,
    },
    /// Media didn't reach everybody in time.
    #[error(
        "only {flowing} of {wanted} streams flowed within 2 minutes; check that the media port is reachable, or try fewer"
    )]
    NotFlowing {
        /// How many did.
        flowing: usize,
        /// How many were wanted.
        wanted: usize,
    },
}

/// What was measured, as `incamera load --report` writes it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LoadReport {
    /// Talks.
    pub rooms: usize,
    /// People in each.
    pub people: usize,
    /// Publishers in each.
    pub publishers: usize,
    /// How long was measured.
    pub seconds: f64,
    /// RTP packets that reached participants.
    pub packets_forwarded: u64,
    /// Frames opened.
    pub frames: u64,
    /// Frames that a subscriber missed between the first and the last that it got.
    pub gaps: u64,
    /// From sealing to opening, in milliseconds.
    pub latency_ms: Percentiles,
    /// From a participant's start until it is seated, in milliseconds.
    pub join_ms: Percentiles,
    /// What the server used meanwhile; none if its process isn't known.
    pub server: ServerReport,
    /// Forwarded packets per second of processor time.
    pub packets_per_core_second: Option<f64>,
}

/// What the server's process used.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ServerReport {
    /// Processor time, in seconds.
    pub cpu_seconds: Option<f64>,
    /// Resident memory at the end, in bytes.
    pub rss_bytes: Option<u64>,
}

/// Half, 95 and 99 of a hundred values are no larger.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Percentiles {
    /// The median.
    pub p50: Option<f64>,
    /// 95 %.
    pub p95: Option<f64>,
    /// 99 %.
    pub p99: Option<f64>,
}

struct Person {
    participant: Participant,
    subscriber: Arc<Subscriber>,
    publishes: bool,
}

/// Fills rooms with participants of this process and measures what reaches them. `progress` is
/// told each stage in a sentence.
///
/// # Errors
/// [`LoadError`]; its text is for people.
pub async fn run_load(
    config: LoadConfig,
    progress: impl Fn(&str),
) -> Result<LoadReport, LoadError> {
    let fits = config.rooms >= 1 && config.people >= 2 && config.publishers <= config.people;
    if !fits {
        return Err(LoadError::Numbers);
    }
    let clock = Clock::start();
    let measuring = Arc::new(AtomicBool::new(false));
    let mut people = Vec::new();
    for room in 0..config.rooms {
        people.extend(fill_room(&config, clock, room, &measuring).await?);
    }
    progress("Waiting until everybody is seated.");
    let join_ms = wait_until_seated(&config, &people, clock).await?;

    progress("Waiting until everything flows.");
    for person in people.iter().filter(|person| person.publishes) {
        for kind in [MediaKind::Camera, MediaKind::Microphone] {
            let source = Box::new(LoadSource::new(clock, kind));
            person.participant.set_source(kind, Some(source)).await;
        }
    }
    wait_until_flowing(&config, &people, clock).await?;

    progress("Measuring.");
    let begin = Moment::now(&config, &people, clock).await;
    measuring.store(true, Ordering::Relaxed);
    sleep(Duration::from_secs(config.seconds)).await;
    measuring.store(false, Ordering::Relaxed);
    let end = Moment::now(&config, &people, clock).await;

    let mut meter = Meter::default();
    for person in &people {
        person.subscriber.add_to(&mut meter);
    }
    let farewells = people.into_iter().map(|person| person.participant.leave());
    for farewell in join_all(farewells).await {
        farewell?;
    }
    Ok(report(&config, &begin, &end, &meter, join_ms))
}

/// A talk with its people. The first opens the room; the others come together.
async fn fill_room(
    config: &LoadConfig,
    clock: Clock,
    room: usize,
    measuring: &Arc<AtomicBool>,
) -> Result<Vec<Person>, LoadError> {
    let title = format!("Load {room}");
    let token = config.token.as_deref();
    let talk = propose_talk(&config.address, config.trust.as_ref(), token, &title).await?;
    let mut people: Vec<Person> = Vec::new();
    for index in 0..config.people {
        let subscriber = Arc::new(Subscriber::new(clock, measuring.clone()));
        let seen = subscriber.clone();
        let observer: FrameObserver = Arc::new(move |leaf, kind, frame, now| {
            seen.handle_frame(leaf, kind, frame, now);
        });
        let join = JoinConfig {
            address: config.address.clone(),
            trust: config.trust.clone(),
            link: talk.link.clone(),
            name: Name::new(&format!("Person {index}"))?,
            camera: None,
            microphone: None,
            force_tcp: false,
            observer: Some(observer),
        };
        people.push(Person {
            participant: Participant::start_with(join, BTreeMap::new())?,
            subscriber,
            publishes: index < config.publishers,
        });
        if index == 0 {
            wait_for(&people, clock, |report| report.state == "seated").await;
        }
    }
    Ok(people)
}

async fn wait_until_seated(
    config: &LoadConfig,
    people: &[Person],
    clock: Clock,
) -> Result<Percentiles, LoadError> {
    let everybody = |report: &Report| {
        report.state == "seated"
            && report.people.len() == config.people
            && report.media_sessions > 0
    };
    let seated = wait_for(people, clock, everybody).await;
    let wanted = people.len();
    if seated < wanted {
        return Err(LoadError::NotSeated { seated, wanted });
    }
    let mut took = Vec::new();
    for person in people {
        let report = person.participant.report().await;
        took.extend(report.and_then(|report| report.seated_ms));
    }
    took.sort_unstable();
    let at = |share: usize| {
        let index = (took.len() * share / 100).min(took.len().saturating_sub(1));
        took.get(index).map(|&value| value as f64)
    };
    Ok(Percentiles {
        p50: at(50),
        p95: at(95),
        p99: at(99),
    })
}

async fn wait_until_flowing(
    config: &LoadConfig,
    people: &[Person],
    clock: Clock,
) -> Result<(), LoadError> {
    let wanted_by = |person: &Person| {
        let others = config.publishers - usize::from(person.publishes);
        others.min(AUDIO_SLOTS) + others.min(VIDEO_SLOTS)
    };
    let wanted = people.iter().map(wanted_by).sum();
    let deadline = clock.now() + PATIENCE;
    loop {
        let flowing = people
            .iter()
            .map(|person| person.subscriber.sources().min(wanted_by(person)))
            .sum();
        if flowing == wanted {
            return Ok(());
        }
        if clock.now() >= deadline {
            return Err(LoadError::NotFlowing { flowing, wanted });
        }
        sleep(LOOK).await;
    }
}

/// Waits until the condition holds for everybody; returns for how many it does in the end.
async fn wait_for(people: &[Person], clock: Clock, condition: impl Fn(&Report) -> bool) -> usize {
    let deadline = clock.now() + PATIENCE;
    loop {
        let mut count = 0;
        for person in people {
            let report = person.participant.report().await;
            count += usize::from(report.is_some_and(|report| condition(&report)));
        }
        if count == people.len() || clock.now() >= deadline {
            return count;
        }
        sleep(LOOK).await;
    }
}

/// What is compared between the beginning and the end.
struct Moment {
    at: Instant,
    packets: u64,
    server: Option<ServerUse>,
}

impl Moment {
    async fn now(config: &LoadConfig, people: &[Person], clock: Clock) -> Self {
        let mut packets = 0;
        for person in people {
            let report = person.participant.report().await;
            packets += report.map_or(0, |report| report.packets_received);
        }
        Self {
            at: clock.now(),
            packets,
            server: config.server_pid.and_then(server_use),
        }
    }
}

fn report(
    config: &LoadConfig,
    begin: &Moment,
    end: &Moment,
    meter: &Meter,
    join_ms: Percentiles,
) -> LoadReport {
    let packets_forwarded = end.packets.saturating_sub(begin.packets);
    let cpu_seconds = match (begin.server, end.server) {
        (Some(begin), Some(end)) => Some(end.cpu_seconds - begin.cpu_seconds),
        _ => None,
    };
    LoadReport {
        rooms: config.rooms,
        people: config.people,
        publishers: config.publishers,
        seconds: millis(end.at.saturating_duration_since(begin.at)) as f64 / 1000.0,
        packets_forwarded,
        frames: meter.frames,
        gaps: meter.gaps,
        latency_ms: Percentiles {
            p50: meter.latency_ms(50),
            p95: meter.latency_ms(95),
            p99: meter.latency_ms(99),
        },
        join_ms,
        server: ServerReport {
            cpu_seconds,
            rss_bytes: end.server.map(|server| server.rss_bytes),
        },
        packets_per_core_second: cpu_seconds
            .filter(|&seconds| seconds > 0.0)
            .map(|seconds| packets_forwarded as f64 / seconds),
    }
}
