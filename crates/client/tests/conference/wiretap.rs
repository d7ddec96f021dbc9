//! What somebody sees who taps the server where it forwards media: after the payload descriptors
//! and SFrame headers (in clear by design), nothing but noise.

use crate::harness::{Conference, DEADLINE};
use incamera_client::{AudioFile, MediaKind, VideoFile};
use incamera_sfu::Hooks;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use tokio::time::{sleep, timeout};

const ENOUGH_BYTES: usize = 1_000_000;
/// Windows of this many bytes of the source files are looked for.
const WINDOW: usize = 8;
/// 255 degrees of freedom: mean 255, standard deviation 22.6. Noise exceeds this once in 10^11.
const MAX_CHI_SQUARE: f64 = 420.0;
/// A share of the frames may by chance begin with the same two bytes; this many times the share of
/// noise don't.
const MAX_PREFIX_SHARE: f64 = 0.002;

type Packet = (MediaKind, Vec<u8>);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tap_sees_noise() {
    let packets: Arc<Mutex<Vec<Packet>>> = Arc::default();
    let into = packets.clone();
    let conference = Conference::start_with(Hooks {
        tap: Some(Arc::new(move |kind, payload| {
            into.lock().unwrap().push((kind, payload.to_vec()));
        })),
        ..Default::default()
    })
    .await;
    let people: Vec<_> = ["Alice", "Bob", "Carol", "Dora", "Emil"]
        .map(|name| conference.join(name))
        .into();
    let collected = timeout(4 * DEADLINE, async {
        loop {
            let bytes: usize = packets.lock().unwrap().iter().map(|p| p.1.len()).sum();
            if bytes >= ENOUGH_BYTES {
                return core::mem::take(&mut *packets.lock().unwrap());
            }
            sleep(std::time::Duration::from_millis(100)).await;
        }
    });
    let collected = collected.await.expect("the tap sees a megabyte");
    drop(people);

    let findings = analyse(&collected);
    println!("{findings:?}");
    assert_eq!(
        findings.is_noise(),
        !cfg!(feature = "test-unsealed"),
        "{findings:?}"
    );
}

/// The positive control that needs no special build: the files themselves, packed the same way.
#[test]
fn clear_media_is_found() {
    // KID 0 and counter 0 stand in the first byte.
    let sframe_header = [0x00];
    let mut packets = Vec::new();
    for frame in VideoFile::test_card().frame_data() {
        // One packet for each: what matters is what is looked at.
        let descriptor = [0b1010_1101, 0x80, 1, 0, 1];
        packets.push((
            MediaKind::Camera,
            [&descriptor, &sframe_header[..], frame].concat(),
        ));
    }
    for packet in AudioFile::tone().packet_data() {
        packets.push((MediaKind::Microphone, [&sframe_header[..], packet].concat()));
    }
    let findings = analyse(&packets);
    assert!(findings.chi_square > 2.0 * MAX_CHI_SQUARE, "{findings:?}");
    assert!(findings.known_windows > 1000, "{findings:?}");
    assert!(findings.prefix_share > 0.2, "{findings:?}");
}

/// And noise passes, however it is cut.
#[test]
fn noise_is_noise() {
    let mut random = 1_u64;
    let mut byte = || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random >> 32) as u8
    };
    let packets: Vec<Packet> = (0..4000)
        .map(|index| {
            let mut payload = vec![0x00];
            payload.extend((0..20 + index % 600).map(|_| byte()));
            (MediaKind::Microphone, payload)
        })
        .collect();
    let findings = analyse(&packets);
    assert!(findings.is_noise(), "{findings:?}");
}

#[derive(Debug)]
struct Findings {
    bytes: usize,
    /// Of the bytes' frequencies against equal ones.
    chi_square: f64,
    /// Windows that stand in the source files.
    known_windows: usize,
    /// The share of frames with the most frequent first two bytes.
    prefix_share: f64,
}

impl Findings {
    fn is_noise(&self) -> bool {
        self.bytes > ENOUGH_BYTES / 2
            && self.chi_square < MAX_CHI_SQUARE
            && self.known_windows == 0
            && self.prefix_share < MAX_PREFIX_SHARE
    }
}

fn analyse(packets: &[Packet]) -> Findings {
    let known = known_windows();
    let mut counts = [0_u64; 256];
    let mut prefixes: HashMap<[u8; 2], usize> = HashMap::new();
    let (mut frames, mut known_found) = (0, 0);
    for (kind, payload) in packets {
        let (begins, body) = strip_headers(*kind, payload);
        for &byte in body {
            counts[usize::from(byte)] += 1;
        }
        known_found += body.windows(WINDOW).filter(|w| known.contains(*w)).count();
        if let (true, Some(prefix)) = (begins, body.first_chunk::<2>()) {
            frames += 1;
            *prefixes.entry(*prefix).or_default() += 1;
        }
    }
    let bytes: u64 = counts.iter().sum();
    let expected = bytes as f64 / 256.0;
    let most = prefixes.values().copied().max().unwrap_or(0);
    Findings {
        bytes: bytes as usize,
        chi_square: counts
            .iter()
            .map(|&count| (count as f64 - expected).powi(2) / expected)
            .sum(),
        known_windows: known_found,
        // By chance the most frequent of 65,536 prefixes comes up a few times.
        prefix_share: most.saturating_sub(6) as f64 / f64::from(frames.max(1)),
    }
}

/// Every window of the source files, but for those of a repeated byte.
fn known_windows() -> HashSet<Vec<u8>> {
    let (card, tone) = (VideoFile::test_card(), AudioFile::tone());
    let sources = card.frame_data().chain(tone.packet_data());
    sources
        .flat_map(|data| data.windows(WINDOW))
        .filter(|window| window.iter().collect::<HashSet<_>>().len() > WINDOW / 2)
        .map(<[u8]>::to_vec)
        .collect()
}

/// What follows the payload descriptor (the participants send VP9 with one layer, RFC 9628 section
/// 4.2) and the SFrame header (RFC 9605 section 4.3), and whether a frame begins here.
fn strip_headers(kind: MediaKind, payload: &[u8]) -> (bool, &[u8]) {
    let (begins, rest) = if kind == MediaKind::Microphone {
        (true, payload)
    } else {
        let (begins, structure) = (payload[0] & 0x08 != 0, payload[0] & 0x02 != 0);
        (begins, &payload[if structure { 13 } else { 5 }..])
    };
    if !begins {
        return (false, rest);
    }
    let config = rest[0];
    let length = |extended: bool, value: u8| usize::from(if extended { value + 1 } else { 0 });
    let kid = length(config & 0x80 != 0, config >> 4 & 7);
    let counter = length(config & 0x08 != 0, config & 7);
    (true, &rest[1 + kid + counter..])
}
