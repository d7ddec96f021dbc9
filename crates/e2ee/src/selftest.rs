//! The self-test: a whole join, sealed frames both ways, and RFC 9605's test vectors. The same
//! function runs natively and in each browser.

use crate::session::{Config, RoomSession};
use crate::types::{Event, Output, State};
use core::convert::Infallible;
use incamera_model::{MediaKind, Position, StreamName, Timestamp};
use incamera_talk::{Name, SeatSecret, propose};
use serde::{Deserialize, Serialize};
use sframe::CipherSuite;
use sframe::frame::{EncryptedFrameView, FrameCounter, MediaFrameView};
use sframe::header::{Counter, SframeHeader};
use sframe::key::{DecryptionKey, EncryptionKey};
use std::collections::BTreeMap;

/// Published with RFC 9605 (`sframe-wg/sframe`, `test-vectors.json`).
const VECTORS: &str = include_str!("../vectors/rfc9605.json");

/// What was tested; every field is true, or the test failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SelfTest {
    /// Two people joined, and one's chat reached the other.
    pub mls: bool,
    /// A frame of each kind was sealed and opened; altered, it was refused.
    pub sframe: bool,
    /// How many of RFC 9605's vectors held.
    pub vectors: usize,
}

/// What failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the self-test failed: {0}; this browser or build can't be trusted with a talk")]
pub struct SelfTestError(&'static str);

/// Runs the self-test. `seed`: 32 random bytes.
///
/// # Errors
/// [`SelfTestError`].
pub fn self_test(seed: [u8; 32]) -> Result<SelfTest, SelfTestError> {
    let vectors = check_vectors()?;
    join_and_speak(seed)?;
    Ok(SelfTest {
        mls: true,
        sframe: true,
        vectors,
    })
}

// --- RFC 9605 -----------------------------------------------------------------------------------

#[derive(Deserialize)]
struct Vectors {
    header: Vec<HeaderVector>,
    sframe: Vec<FrameVector>,
}

#[derive(Deserialize)]
struct HeaderVector {
    kid: u64,
    ctr: u64,
    encoded: Hex,
}

#[derive(Deserialize)]
struct FrameVector {
    cipher_suite: u16,
    kid: u64,
    ctr: u64,
    base_key: Hex,
    metadata: Hex,
    pt: Hex,
    ct: Hex,
}

#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Hex(Vec<u8>);

impl TryFrom<String> for Hex {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let digit = |byte: u8| char::from(byte).to_digit(16).ok_or("not hexadecimal");
        let pair = |pair: &[u8]| match pair {
            [high, low] => Ok((digit(*high)? << 4 | digit(*low)?) as u8),
            _ => Err("an odd number of digits"),
        };
        text.as_bytes()
            .chunks(2)
            .map(pair)
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

struct Fixed(Counter);

impl FrameCounter for Fixed {
    type Error = Infallible;

    fn try_next(&mut self) -> Result<Counter, Infallible> {
        Ok(self.0)
    }
}

fn check_vectors() -> Result<usize, SelfTestError> {
    let vectors: Vectors =
        serde_json::from_str(VECTORS).map_err(|_| SelfTestError("the vectors can't be read"))?;
    for vector in &vectors.header {
        let encoded = Vec::from(&SframeHeader::new(vector.kid, vector.ctr));
        let decoded = SframeHeader::deserialize(&vector.encoded.0)
            .map_err(|_| SelfTestError("an RFC 9605 header can't be read"))?;
        if encoded != vector.encoded.0
            || (decoded.key_id(), decoded.counter()) != (vector.kid, vector.ctr)
        {
            return Err(SelfTestError("an RFC 9605 header vector"));
        }
    }
    for vector in &vectors.sframe {
        check_frame(vector).ok_or(SelfTestError("an RFC 9605 frame vector"))?;
    }
    Ok(vectors.header.len() + vectors.sframe.len())
}

fn check_frame(vector: &FrameVector) -> Option<()> {
    let suite = match vector.cipher_suite {
        1 => CipherSuite::AesCtr128HmacSha256_80,
        2 => CipherSuite::AesCtr128HmacSha256_64,
        3 => CipherSuite::AesCtr128HmacSha256_32,
        4 => CipherSuite::AesGcm128Sha256,
        5 => CipherSuite::AesGcm256Sha512,
        _ => return None,
    };
    let metadata = &vector.metadata.0;
    let key = EncryptionKey::derive_from(suite, vector.kid, &vector.base_key.0).ok()?;
    let mut counter = Fixed(vector.ctr);
    let frame = MediaFrameView::with_meta_data(&mut counter, &vector.pt.0, metadata);
    let mut sealed = Vec::new();
    frame.encrypt_into(&key, &mut sealed).ok()?;
    let sealed = sealed.split_off(metadata.len());

    let key = DecryptionKey::derive_from(suite, vector.kid, &vector.base_key.0).ok()?;
    let view = EncryptedFrameView::try_with_meta_data(&vector.ct.0, metadata).ok()?;
    let opened = view.decrypt(&key).ok()?;
    (sealed == vector.ct.0 && opened.payload() == vector.pt.0).then_some(())
}

// --- two people ---------------------------------------------------------------------------------

/// A log and two sessions, everything delivered at once.
struct Bench {
    log: BTreeMap<StreamName, Vec<Vec<u8>>>,
    people: Vec<Person>,
    now: Timestamp,
}

struct Person {
    session: RoomSession,
    read: BTreeMap<StreamName, usize>,
    heard: Vec<String>,
}

fn join_and_speak(seed: [u8; 32]) -> Result<(), SelfTestError> {
    let mut bench = Bench::new(seed)?;
    bench.run(|people| {
        people.iter().all(|person| {
            let view = person.session.view(Timestamp(0));
            view.state == State::Seated && view.people.len() == 2
        })
    })?;
    bench.people[0]
        .session
        .send_chat(bench.now, "self-test")
        .map_err(|_| SelfTestError("chat"))?;
    bench.run(|people| people[1].heard.iter().any(|text| text == "self-test"))?;
    for kind in MediaKind::ALL {
        bench.check_media(kind)?;
    }
    Ok(())
}

impl Bench {
    fn new(seed: [u8; 32]) -> Result<Self, SelfTestError> {
        let proposal = propose("Self-test", seed).map_err(|_| SelfTestError("propose"))?;
        let mut bench = Self {
            log: BTreeMap::from([(StreamName::record(), vec![proposal.record])]),
            people: Vec::new(),
            now: Timestamp(1),
        };
        for (index, name) in ["One", "Two"].into_iter().enumerate() {
            let name = Name::new(name).map_err(|_| SelfTestError("name"))?;
            let mut own_seed = seed;
            own_seed[0] ^= index as u8 + 1;
            let config = Config {
                link: proposal.link.clone(),
                seat: SeatSecret::new(name, own_seed),
                now: bench.now,
                seed: own_seed,
            };
            let mut session = RoomSession::new(config).map_err(|_| SelfTestError("session"))?;
            session.handle_connected(bench.now);
            bench.people.push(Person {
                session,
                read: BTreeMap::new(),
                heard: Vec::new(),
            });
        }
        Ok(bench)
    }

    fn run(&mut self, done: impl Fn(&[Person]) -> bool) -> Result<(), SelfTestError> {
        for _ in 0..2000 {
            while self.exchange() {}
            if done(&self.people) {
                return Ok(());
            }
            self.now = self.now + core::time::Duration::from_millis(10);
            for person in &mut self.people {
                person.session.handle_timeout(self.now);
            }
        }
        Err(SelfTestError("two people can't join"))
    }

    /// Carries out every output, then delivers every entry. Whether there was any.
    fn exchange(&mut self) -> bool {
        let mut any = false;
        for index in 0..self.people.len() {
            while let Some(output) = self.people[index].session.poll_output() {
                any = true;
                self.carry_out(index, output);
            }
        }
        for person in &mut self.people {
            for (stream, read) in &mut person.read {
                let entries = self.log.entry(stream.clone()).or_default();
                while let Some(entry) = entries.get(*read) {
                    any = true;
                    let position = Position(*read as u64);
                    *read += 1;
                    let last = *read == entries.len();
                    person
                        .session
                        .handle_entries(self.now, stream, position, entry, last);
                }
            }
        }
        any
    }

    fn carry_out(&mut self, index: usize, output: Output) {
        let now = self.now;
        match output {
            Output::Append {
                request,
                stream,
                expected,
                entry,
            } => {
                let entries = self.log.entry(stream).or_default();
                let next = Position(entries.len() as u64);
                let session = &mut self.people[index].session;
                if expected.is_some_and(|expected| expected != next) {
                    session.handle_conflict(now, request, next);
                } else {
                    entries.push(entry);
                    session.handle_appended(now, request, next);
                }
            }
            Output::Subscribe { stream, from } => {
                let person = &mut self.people[index];
                person.session.handle_caught_up(now, &stream);
                person.read.insert(stream, from.0 as usize);
            }
            Output::Publish { stream, entry } => {
                for (other, person) in self.people.iter_mut().enumerate() {
                    if other != index {
                        person.session.handle_published(now, &stream, &entry);
                    }
                }
            }
            Output::Event(Event::Chat { text, own, .. }) if !own => {
                self.people[index].heard.push(text);
            }
            Output::Event(_) => {}
        }
    }

    fn check_media(&mut self, kind: MediaKind) -> Result<(), SelfTestError> {
        let now = self.now;
        let [one, two] = &mut self.people[..] else {
            return Err(SelfTestError("two people"));
        };
        let sealed = one.session.seal(kind, b"frame");
        let mut sealed = sealed.map_err(|_| SelfTestError("a frame can't be sealed"))?;
        if let Some(last) = sealed.last_mut() {
            *last ^= 1;
        }
        if two.session.open(now, &sealed).is_ok() {
            return Err(SelfTestError("an altered frame was opened"));
        }
        if let Some(last) = sealed.last_mut() {
            *last ^= 1;
        }
        let opened = two.session.open(now, &sealed);
        let opened = opened.map_err(|_| SelfTestError("a frame can't be opened"))?;
        if opened.kind != kind || opened.frame != b"frame" {
            return Err(SelfTestError("a frame was changed"));
        }
        Ok(())
    }
}

#[cfg(all(test, not(feature = "test-unsealed")))]
mod tests {
    use super::*;

    #[test]
    fn passes_natively() {
        let result = self_test([7; 32]).unwrap();
        assert_eq!(result.vectors, 289 + 5);
    }
}
