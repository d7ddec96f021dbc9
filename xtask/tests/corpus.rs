//! Replays the committed fuzz corpora on a stable compiler, as they are and somewhat altered.

#![allow(clippy::unwrap_used, reason = "a test may")]

use std::fs;
use std::path::{Path, PathBuf};

type Body = fn(&[u8]);

/// Each target of `fuzz/fuzz_targets`, with the function that it runs.
const TARGETS: &[(&str, Body)] = &[
    ("e2ee_app_message", incamera_e2ee::fuzz::app_message),
    ("e2ee_beat", incamera_e2ee::fuzz::beat),
    ("e2ee_door_request", incamera_e2ee::fuzz::door_request),
    ("e2ee_room_entry", incamera_e2ee::fuzz::room_entry),
    ("e2ee_sealed_to_box", incamera_e2ee::fuzz::sealed_to_box),
    ("e2ee_sframe_open", incamera_e2ee::fuzz::sframe_open),
    (
        "server_accept_encoding",
        incamera_server::fuzz::accept_encoding,
    ),
    ("server_origin", incamera_server::fuzz::origin),
    ("sfu_deframer", incamera_sfu::fuzz::deframer),
    ("sfu_descriptors", incamera_sfu::fuzz::descriptors),
    ("sfu_offer", incamera_sfu::fuzz::offer),
    ("sfu_stun", incamera_sfu::fuzz::stun),
    ("talk_any_link", incamera_talk::fuzz::any_link),
    ("talk_backup", incamera_talk::fuzz::backup),
    ("talk_claim", incamera_talk::fuzz::claim),
    ("talk_document", incamera_talk::fuzz::document),
    ("talk_entry", incamera_talk::fuzz::entry),
    ("talk_env", incamera_talk::fuzz::env),
    (
        "talk_founding_packets",
        incamera_talk::fuzz::founding_packets,
    ),
    ("talk_invite", incamera_talk::fuzz::invite),
    ("talk_kept_secret", incamera_talk::fuzz::kept_secret),
    ("talk_life", incamera_talk::fuzz::life_step),
    ("talk_link", incamera_talk::fuzz::link_text),
    ("talk_offer", incamera_talk::fuzz::offer),
    ("talk_ratified", incamera_talk::fuzz::ratified),
    ("talk_record", incamera_talk::fuzz::record),
    ("talk_record_push", incamera_talk::fuzz::record_push),
    ("talk_seat", incamera_talk::fuzz::seat),
    ("talk_seat_packets", incamera_talk::fuzz::seat_packets),
    ("talk_two_keys_seat", incamera_talk::fuzz::two_keys_seat),
    ("wire_client_message", incamera_wire::fuzz::client_message),
    ("wire_new_talk", incamera_wire::fuzz::new_talk),
    ("wire_publish_readout", incamera_wire::fuzz::publish_readout),
    ("wire_register_group", incamera_wire::fuzz::register_group),
    ("wire_server_message", incamera_wire::fuzz::server_message),
];

/// How many altered inputs are made of each seed.
const ALTERED: u64 = 200;

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz")
}

fn names(folder: &Path) -> Vec<String> {
    let entries =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut names: Vec<String> = entries
        .map(|entry| {
            entry
                .unwrap()
                .path()
                .file_stem()
                .unwrap()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    names
}

#[test]
fn every_target_has_a_body_and_a_corpus() {
    let listed: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
    assert_eq!(names(&fuzz().join("fuzz_targets")), listed);
    assert_eq!(names(&fuzz().join("corpus")), listed);
}

#[test]
fn seeds_and_their_neighbours_are_taken() {
    for (name, body) in TARGETS {
        let folder = fuzz().join("corpus").join(name);
        for seed in files(&folder) {
            let bytes = fs::read(&seed).unwrap();
            body(&bytes);
            for end in cuts(bytes.len()) {
                body(&bytes[..end]);
            }
            let mut random = Random(bytes.len() as u64 ^ 0x9e37_79b9_7f4a_7c15);
            for _ in 0..ALTERED {
                body(&random.alter(&bytes));
            }
        }
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert!(!paths.is_empty(), "{} is empty", folder.display());
    paths.sort();
    paths
}

/// Where an input of some length is cut short: everywhere near its start, then here and there.
fn cuts(length: usize) -> impl Iterator<Item = usize> {
    (0..length).filter(|end| *end < 64 || end % 37 == 0)
}

/// A small generator (xorshift64), so that a failure comes back with the same inputs.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound.max(1) as u64).unwrap()
    }

    fn alter(&mut self, seed: &[u8]) -> Vec<u8> {
        let mut bytes = seed.to_vec();
        for _ in 0..=self.below(4) {
            if bytes.is_empty() {
                break;
            }
            let at = self.below(bytes.len());
            match self.below(5) {
                0 => bytes[at] ^= 1 << self.below(8),
                1 => bytes[at] = [0, 1, 0x3f, 0x40, 0x7f, 0x80, 0xc0, 0xff][self.below(8)],
                2 => drop(bytes.remove(at)),
                3 => bytes.insert(at, self.next().to_le_bytes()[0]),
                _ => {
                    let part = bytes[at..].to_vec();
                    bytes.splice(at..at, part);
                }
            }
        }
        bytes
    }
}

/// A seed that is refused at once would test little.
#[test]
fn seeds_of_messages_can_be_read() {
    fn check<T: serde::de::DeserializeOwned>(target: &str) {
        for seed in files(&fuzz().join("corpus").join(target)) {
            let read = serde_json::from_slice::<T>(&fs::read(&seed).unwrap());
            assert!(read.is_ok(), "{}: {:?}", seed.display(), read.err());
        }
    }
    check::<incamera_wire::ClientMessage>("wire_client_message");
    check::<incamera_wire::ServerMessage>("wire_server_message");
    check::<incamera_wire::NewTalk>("wire_new_talk");
    check::<incamera_wire::PublishReadout>("wire_publish_readout");
    check::<incamera_wire::RegisterGroup>("wire_register_group");
}

/// As above, for what founds and governs a talk.
#[test]
fn seeds_of_two_keys_are_taken() {
    use incamera_talk::life::{Document, Step};
    use incamera_talk::two_keys::{
        self, AskPacket, CounterPacket, DelegationIndex, InviteCert, Offer, OfferPacket, Ratified,
        Record, Seat, Secret, sample,
    };
    let seed = |path: &str| fs::read(fuzz().join("corpus").join(path)).unwrap();
    assert!(Offer::decode(&seed("talk_offer/two")).is_ok());
    let first = Ratified::found(&seed("talk_ratified/first")).unwrap();
    assert!(first.amend(&seed("talk_ratified/amended")).is_ok());
    let charter = first.charter();
    assert!(Seat::verify(&seed("talk_two_keys_seat/approved"), charter).is_ok());
    assert!(InviteCert::verify(&seed("talk_invite/automatic"), charter).is_ok());
    let founding = seed("talk_record_push/founding");
    let mut record = Record::new(sample::TALK, None);
    assert!(record.push(&founding, Some(&founding)).1.is_ok());
    for name in ["act", "by-seat", "charter", "life", "withdrawal"] {
        let entry = seed(&format!("talk_entry/{name}"));
        let (_, result) = sample::two().push(&entry, Some(&entry));
        assert_eq!(result, Ok(()), "{name}");
    }
    let founding = sample::packets();
    let talk = founding.proposer.talk;
    assert!(OfferPacket::verify(&seed("talk_founding_packets/offer"), &talk, None).is_ok());
    let counter = seed("talk_founding_packets/counter");
    assert!(CounterPacket::verify(&counter, &founding.offer).is_ok());
    assert!(AskPacket::verify(&seed("talk_seat_packets/ask"), charter, DelegationIndex(0)).is_ok());
    assert!(Secret::decode(&seed("talk_kept_secret/head")).is_ok());
    assert!(Document::decode(&seed("talk_document/readout")).is_ok());
    let content = seed("talk_life/65-1");
    let kind = 65;
    assert!(matches!(
        Step::read(&two_keys::Body::Life { kind, content }),
        Ok(Some(_))
    ));
    let file = String::from_utf8(seed("talk_backup/file")).unwrap();
    let opened = incamera_talk::SealedBackup::read(&file).unwrap();
    assert!(opened.open("correct horse battery").is_ok());
}

/// The replay notices a body that panics.
#[test]
#[should_panic = "a bad byte"]
fn a_body_that_panics_is_noticed() {
    let body: Body = |bytes| assert!(!bytes.contains(&0xff), "a bad byte");
    let mut random = Random(1);
    for _ in 0..ALTERED {
        body(&random.alter(&[0; 32]));
    }
}
