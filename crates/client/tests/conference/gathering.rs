//! Many ask at once, and one press lets them in: how long until all hear all, and what went over each
//! one's socket. `cargo xtask measure cost` has fifty of them.

use crate::harness::{Conference, DEADLINE, wait_until};
use crate::table::{Table, found, host, invite, see};
use futures_util::future::join_all;
use incamera_client::{
    AudioFile, Duties, FrameObserver, LeafIndex, MediaKind, Participant, Report, TalkCommand,
};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::time::{sleep, timeout};

/// As many as an offer has places for.
const PUBLISHERS: usize = 4;
/// How long the whole may take with many people on a small machine.
const PATIENCE: Duration = Duration::from_secs(240);

/// Each publisher's first frame that somebody opened since they listen.
type Heard = Arc<Mutex<Option<BTreeMap<LeafIndex, Instant>>>>;

struct Seated {
    participant: Participant,
    heard: Heard,
    started: Instant,
}

impl Seated {
    /// With a microphone alone, if at all: the machine has to carry everybody.
    fn start(table: &Table, person: &str, duties: Duties, publishes: bool) -> Self {
        let heard = Heard::default();
        let hears = heard.clone();
        let mut config = table.config(person, duties);
        config.camera = None;
        config.microphone = publishes.then(|| Arc::new(AudioFile::tone()));
        let observer: FrameObserver = Arc::new(move |leaf, kind, _, now| {
            if kind == MediaKind::Microphone
                && let Some(heard) = &mut *hears.lock().unwrap()
            {
                heard.entry(leaf).or_insert(now);
            }
        });
        config.observer = Some(observer);
        Self {
            participant: Participant::start_talk(config).unwrap(),
            heard,
            started: now(),
        }
    }

    fn listen(&self) {
        *self.heard.lock().unwrap() = Some(BTreeMap::new());
    }

    /// When they had heard everybody who publishes, if they have.
    fn heard_all(&self, publishers: &[LeafIndex], own: Option<LeafIndex>) -> Option<Instant> {
        let heard = self.heard.lock().unwrap();
        let others = publishers.iter().filter(|leaf| Some(**leaf) != own);
        let firsts: Option<Vec<Instant>> = others
            .map(|leaf| heard.as_ref()?.get(leaf).copied())
            .collect();
        firsts?.into_iter().max()
    }
}

/// Three in the usual run; `INCAMERA_GUESTS` says how many else, and `INCAMERA_MEASURED` where what was
/// measured goes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_press_lets_all_in() {
    let guests = std::env::var("INCAMERA_GUESTS").map_or(3, |count| count.parse().unwrap());
    let measured = timeout(PATIENCE, gather(guests)).await.unwrap();
    for figure in ["all_seated", "all_heard"] {
        assert!(
            measured["since_press_ms"][figure].as_u64() > Some(0),
            "{measured}"
        );
    }
    for figure in ["guest_received", "guest_sent", "head_received", "head_sent"] {
        assert!(
            measured["message_bytes"][figure].as_u64() > Some(10_000),
            "{measured}"
        );
    }
    if let Ok(path) = std::env::var("INCAMERA_MEASURED") {
        std::fs::write(path, measured.to_string()).unwrap();
    }
}

async fn gather(count: usize) -> serde_json::Value {
    let conference = Conference::start().await;
    let (table, mut alice, bob) = found(&conference).await;
    let made = invite(&mut alice, None).await;
    alice.leave().await.unwrap();
    bob.leave().await.unwrap();
    // Heads who let nobody in by themselves.
    let enter = || Duties {
        vouch_all: false,
        approve_all: false,
        ..host()
    };
    let heads = ["Alice", "Bob"].map(|head| Seated::start(&table, head, enter(), true));
    for (head, other) in [(0, "Bob"), (1, "Alice")] {
        wait_until(&heads[head].participant, "the other head", |report| {
            report.senders.iter().any(|sender| sender.name == other)
        })
        .await;
    }
    let mut guests = Vec::new();
    for index in 0..count {
        let name = format!("Guest {index}");
        table.receive(&conference, &name, &made.url).await;
        let ask = Duties {
            ask: Some(incamera_client::Name::new(&name).unwrap()),
            enter: true,
            ..Duties::default()
        };
        let publishes = index + heads.len() < PUBLISHERS;
        guests.push(Seated::start(&table, &name, ask, publishes));
    }
    let before = reports(&heads).await;
    let vouched = now();
    let asks = see(&heads[0].participant, "all ask", |view| {
        view.lobby.len() == count
    })
    .await;
    let seats = asks.lobby.into_iter().map(|asks| asks.id).collect();
    press(&heads[0], TalkCommand::Vouch { seats }).await;
    let waiting = see(&heads[1].participant, "all wait", |view| {
        view.waiting.len() == count
    })
    .await;
    let vouching = now() - vouched;

    let seats = waiting.waiting.into_iter().map(|waits| waits.id).collect();
    heads.iter().chain(&guests).for_each(Seated::listen);
    let pressed = now();
    press(&heads[1], TalkCommand::Approve { seats }).await;
    let (all, heard) = all_hear_all(&heads, &guests).await;
    let seated = guests
        .iter()
        .zip(&all[heads.len()..])
        .map(|(guest, report)| {
            guest.started + Duration::from_millis(report.seated_ms.unwrap()) - pressed
        });
    let seated = sorted(seated.collect());
    let heard = sorted(heard.into_iter().map(|at| at - pressed).collect());
    let (at_heads, at_guests) = all.split_at(heads.len());
    let since = |of: fn(&Report) -> u64| {
        at_heads
            .iter()
            .zip(&before)
            .map(move |(now, then)| of(now) - of(then))
    };
    serde_json::json!({
        "guests": count,
        "publishers": heads.len() + guests.len().min(PUBLISHERS - heads.len()),
        "vouching_ms": vouching.as_millis() as u64,
        "since_press_ms": {
            "half_seated": middle(&seated), "all_seated": seated.last(),
            "half_heard": middle(&heard), "all_heard": heard.last(),
        },
        "epochs": at_heads[0].epochs,
        "message_bytes": {
            "guest_received": middle(&sorted_bytes(at_guests.iter().map(|report| report.message_bytes_received))),
            "guest_sent": middle(&sorted_bytes(at_guests.iter().map(|report| report.message_bytes_sent))),
            "head_received": since(|report| report.message_bytes_received).max(),
            "head_sent": since(|report| report.message_bytes_sent).max(),
        },
    })
}

/// Waits until everybody sits with everybody and has opened sound of each publisher since the press;
/// gives what was seen then, and when each had heard all.
async fn all_hear_all(heads: &[Seated], guests: &[Seated]) -> (Vec<Report>, Vec<Instant>) {
    let people: Vec<&Seated> = heads.iter().chain(guests).collect();
    loop {
        let all = reports(&people).await;
        let publishers: Vec<LeafIndex> = all
            .iter()
            .take(PUBLISHERS)
            .filter_map(|report| report.own.leaf)
            .collect();
        let together = all
            .iter()
            .all(|report| report.state == "seated" && report.people.len() == people.len());
        let heard: Option<Vec<Instant>> = people
            .iter()
            .zip(&all)
            .map(|(who, report)| who.heard_all(&publishers, report.own.leaf))
            .collect();
        if let Some(heard) = heard.filter(|_| together) {
            return (all, heard);
        }
        sleep(Duration::from_millis(100)).await;
    }
}

async fn press(head: &Seated, command: TalkCommand) {
    timeout(DEADLINE, head.participant.command(command))
        .await
        .unwrap()
        .unwrap();
}

async fn reports<S: core::borrow::Borrow<Seated>>(people: &[S]) -> Vec<Report> {
    let asked = people.iter().map(|who| who.borrow().participant.report());
    join_all(asked)
        .await
        .into_iter()
        .map(|report| report.expect("dropped out"))
        .collect()
}

fn sorted(times: Vec<Duration>) -> Vec<u64> {
    sorted_bytes(times.into_iter().map(|time| time.as_millis() as u64))
}

fn sorted_bytes(values: impl Iterator<Item = u64>) -> Vec<u64> {
    let mut values: Vec<u64> = values.collect();
    values.sort_unstable();
    values
}

fn middle(sorted: &[u64]) -> u64 {
    sorted[sorted.len() / 2]
}

#[expect(clippy::disallowed_methods, reason = "times what people wait for")]
fn now() -> Instant {
    Instant::now()
}
