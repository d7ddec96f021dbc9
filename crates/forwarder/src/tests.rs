//! Scenarios, and random ones against a reference model.
#![expect(
    clippy::disallowed_methods,
    reason = "tests need an instant to start from"
)]

mod model;
mod speakers;

use crate::*;
use incamera_model::{ConnectionId, MediaKind, RoomId, SourceId, TalkId};
use std::collections::HashMap;
use std::time::{Duration, Instant};

const ROOM: RoomKey = (TalkId([1; 16]), RoomId([2; 16]));

/// A forwarder whose events are drained after every step, as its contract asks.
struct Bench {
    now: Instant,
    forwarder: Forwarder,
    slots: HashMap<Key, (Vec<Option<SourceId>>, Vec<SourceId>)>,
    requests: Vec<(Key, MediaKind, usize)>,
    joined: u32,
    sequence: u64,
}

impl Bench {
    fn new() -> Self {
        Self {
            now: Instant::now(),
            forwarder: Forwarder::new(),
            slots: HashMap::new(),
            requests: Vec::new(),
            joined: 0,
            sequence: 0,
        }
    }

    fn join(&mut self, audio: usize, video: usize) -> Key {
        self.join_room(ROOM, audio, video, 1)
    }

    fn join_room(&mut self, room: RoomKey, audio: usize, video: usize, layers: usize) -> Key {
        self.joined += 1;
        let slots = [vec![SlotKind::Audio; audio], vec![SlotKind::Video; video]].concat();
        let member = Member {
            connection: ConnectionId(self.joined),
            room,
            senders: vec![
                (MediaKind::Microphone, 1),
                (MediaKind::Camera, layers),
                (MediaKind::Screen, 1),
                (MediaKind::ScreenAudio, 1),
            ],
            slots,
            payload_types: PayloadTypes {
                opus: Some(111),
                vp8: Some(96),
                vp9: Some(98),
            },
            seed: u64::from(self.joined),
        };
        let key = self.forwarder.handle_join(self.now, member);
        self.drain();
        key
    }

    fn leave(&mut self, key: Key) {
        self.forwarder.handle_leave(self.now, key);
        self.slots.remove(&key);
        self.drain();
    }

    fn audio(&mut self, from: Key, level: u8) -> Vec<Forward> {
        self.sequence += 1;
        let packet = Packet {
            ssrc: 1,
            layer: 0,
            sequence: self.sequence,
            timestamp: 0,
            codec: Codec::Opus,
            payload: &[0; 20],
            dependency: None,
            level: Some(level),
        };
        self.packet(from, MediaKind::Microphone, packet)
    }

    fn video(&mut self, from: Key, kind: MediaKind, key_frame: bool) -> Vec<Forward> {
        self.layer(from, kind, 0, key_frame)
    }

    fn layer(&mut self, from: Key, kind: MediaKind, layer: usize, key: bool) -> Vec<Forward> {
        self.sequence += 1;
        let packet = Packet {
            ssrc: 2 + layer as u32,
            layer,
            sequence: self.sequence,
            timestamp: 0,
            codec: Codec::Vp9,
            payload: if key {
                &[0x8C, 0x80, 1]
            } else {
                &[0xCC, 0x80, 1]
            },
            dependency: None,
            level: None,
        };
        self.packet(from, kind, packet)
    }

    fn packet(&mut self, from: Key, kind: MediaKind, packet: Packet<'_>) -> Vec<Forward> {
        let mut out = Vec::new();
        self.forwarder
            .handle_packet(self.now, from, kind, packet, &mut out);
        self.drain();
        out
    }

    fn advance(&mut self, millis: u64) {
        self.now += Duration::from_millis(millis);
        if self
            .forwarder
            .poll_timeout()
            .is_some_and(|due| due <= self.now)
        {
            self.forwarder.handle_timeout(self.now);
        }
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(event) = self.forwarder.poll_event() {
            match event {
                Event::Slots { to, slots, sources } => {
                    drop(self.slots.insert(to, (slots, sources)))
                }
                Event::RequestKeyFrame { from, kind, layer } => {
                    self.requests.push((from, kind, layer));
                }
            }
        }
    }

    /// Who is in each slot, by the number of the connection, and `-` for nobody.
    fn shows(&self, key: Key) -> String {
        let name = |slot: &Option<SourceId>| slot.map_or("-".into(), name_of);
        self.slots[&key]
            .0
            .iter()
            .map(name)
            .collect::<Vec<_>>()
            .join(" ")
    }
}

fn name_of(source: SourceId) -> String {
    let kind = match source.kind {
        MediaKind::Microphone => "m",
        MediaKind::Camera => "c",
        MediaKind::Screen => "s",
        MediaKind::ScreenAudio => "S",
    };
    format!("{kind}{}", source.connection.0)
}

fn targets(forwards: &[Forward]) -> Vec<Key> {
    forwards.iter().map(|forward| forward.to).collect()
}

#[test]
fn slots_are_given_first_come_first_served() {
    let mut bench = Bench::new();
    let (a, b, c) = (bench.join(1, 2), bench.join(1, 2), bench.join(1, 2));
    bench.video(b, MediaKind::Camera, true);
    bench.audio(b, 127);
    bench.video(c, MediaKind::Camera, true);
    bench.video(c, MediaKind::Screen, true);
    assert_eq!(bench.shows(a), "m2 c2 c3");
    assert_eq!(bench.shows(b), "- c3 s3");
    assert_eq!(bench.slots[&a].1.len(), 4);
    bench.leave(b);
    assert_eq!(bench.shows(a), "- s3 c3");
    assert_eq!(bench.slots[&a].1.len(), 2);
}

#[test]
fn a_silent_source_gives_way_to_a_live_one() {
    let mut bench = Bench::new();
    let (a, b, c) = (bench.join(0, 1), bench.join(0, 1), bench.join(0, 1));
    bench.video(b, MediaKind::Camera, true);
    bench.video(c, MediaKind::Camera, true);
    assert_eq!(bench.shows(a), "c2");
    bench.advance(2000);
    bench.video(c, MediaKind::Camera, true);
    assert_eq!(bench.shows(a), "c3");
}

#[test]
fn watch_overrides_video_and_leaves_audio_alone() {
    let mut bench = Bench::new();
    let (a, b, c) = (bench.join(1, 2), bench.join(1, 2), bench.join(1, 2));
    for key in [b, c] {
        bench.audio(key, 127);
        bench.video(key, MediaKind::Camera, true);
    }
    let camera = |number| SourceId {
        connection: ConnectionId(number),
        kind: MediaKind::Camera,
    };
    bench.forwarder.handle_watch(
        bench.now,
        a,
        [3, 3, 9, 1].map(|number| (camera(number), 1280)).to_vec(),
    );
    bench.drain();
    assert_eq!(bench.shows(a), "m2 - c3");
    assert_eq!(targets(&bench.video(b, MediaKind::Camera, true)), [c]);
    bench.forwarder.handle_watch(bench.now, a, vec![]);
    bench.drain();
    assert_eq!(bench.shows(a), "m2 - -");
}

#[test]
fn a_picture_starts_with_a_key_frame_asked_for_once_a_second() {
    let mut bench = Bench::new();
    let (_a, b) = (bench.join(0, 1), bench.join(0, 1));
    assert!(bench.video(b, MediaKind::Camera, false).is_empty());
    let request = (b, MediaKind::Camera, 0);
    assert_eq!(bench.requests, [request]);
    for _ in 0..9 {
        bench.advance(100);
        bench.video(b, MediaKind::Camera, false);
    }
    assert_eq!(bench.requests, [request]);
    bench.advance(100);
    assert_eq!(bench.requests, [request, request]);
    assert_eq!(bench.video(b, MediaKind::Camera, true).len(), 1);
    assert_eq!(bench.video(b, MediaKind::Camera, false).len(), 1);
    bench.advance(5000);
    assert_eq!(bench.requests.len(), 2, "nobody waits for one any more");
}

#[test]
fn a_late_joiner_and_a_loss_ask_for_a_key_frame() {
    let mut bench = Bench::new();
    let (a, b) = (bench.join(0, 1), bench.join(0, 1));
    bench.video(a, MediaKind::Camera, true);
    bench.requests.clear();
    bench.advance(1000);
    let late = bench.join(0, 1);
    assert_eq!(bench.requests, [(a, MediaKind::Camera, 0)]);
    bench.forwarder.handle_key_frame_request(bench.now, b, 0);
    bench.forwarder.handle_key_frame_request(bench.now, late, 0);
    bench.forwarder.handle_key_frame_request(bench.now, late, 7);
    bench.drain();
    assert_eq!(bench.requests.len(), 1);
    bench.advance(1000);
    assert_eq!(bench.requests.len(), 2);
}

#[test]
fn a_speaker_takes_the_slot_of_the_quietest() {
    let mut bench = Bench::new();
    let (a, b, c) = (bench.join(1, 0), bench.join(1, 0), bench.join(1, 0));
    bench.audio(b, 20);
    bench.audio(c, 20);
    assert_eq!(bench.shows(a), "m2", "a moment is no speech");
    let mut speak = |times, level| {
        for _ in 0..times {
            bench.advance(20);
            bench.audio(b, 100);
            bench.audio(c, level);
        }
        bench.shows(a)
    };
    assert_eq!(speak(100, 90), "m2", "c isn't loud");
    assert_eq!(speak(9, 20), "m2", "nor for long enough");
    assert_eq!(speak(9, 20), "m3");
}

#[test]
fn a_pinned_voice_is_heard_before_those_who_speak() {
    let mut bench = Bench::new();
    let a = bench.join(1, 1);
    let (b, c) = (bench.join(1, 1), bench.join(1, 1));
    let speak = |bench: &mut Bench, times| {
        for _ in 0..times {
            bench.advance(20);
            bench.audio(b, 20);
            bench.audio(c, 100);
        }
        bench.shows(a)
    };
    assert_eq!(speak(&mut bench, 50), "m2 -");
    let pin = |kind| SourceId {
        connection: ConnectionId(3),
        kind,
    };
    let watch = vec![
        (pin(MediaKind::Microphone), 0),
        (pin(MediaKind::ScreenAudio), 0),
    ];
    bench.forwarder.handle_watch(bench.now, a, watch);
    bench.drain();
    assert_eq!(bench.shows(a), "m3 -");
    assert_eq!(speak(&mut bench, 200), "m3 -");
    bench.forwarder.handle_watch(bench.now, a, Vec::new());
    bench.drain();
    assert_eq!(speak(&mut bench, 50), "m2 -");
    // A screen's sound is a source as good as a voice.
    let sound = |bench: &mut Bench| {
        bench.sequence += 1;
        let packet = Packet {
            ssrc: 9,
            layer: 0,
            sequence: bench.sequence,
            timestamp: 0,
            codec: Codec::Opus,
            payload: &[0; 20],
            dependency: None,
            level: Some(40),
        };
        bench.packet(c, MediaKind::ScreenAudio, packet)
    };
    sound(&mut bench);
    assert_eq!(bench.shows(a), "m2 -");
    let watch = vec![(pin(MediaKind::ScreenAudio), 0)];
    bench.forwarder.handle_watch(bench.now, a, watch);
    bench.drain();
    assert_eq!(bench.shows(a), "S3 -");
    assert!(targets(&sound(&mut bench)).contains(&a));
}

#[test]
fn each_is_sent_the_layer_that_its_tile_needs() {
    let mut bench = Bench::new();
    let b = bench.join_room(ROOM, 0, 0, 3);
    let viewers = [bench.join(0, 1), bench.join(0, 1), bench.join(0, 1)];
    let camera = SourceId {
        connection: ConnectionId(1),
        kind: MediaKind::Camera,
    };
    let watch = |bench: &mut Bench, who: usize, width| {
        bench
            .forwarder
            .handle_watch(bench.now, viewers[who], vec![(camera, width)]);
        bench.drain();
    };
    for (who, width) in [(0, 200), (1, 640), (2, 1920)] {
        watch(&mut bench, who, width);
    }
    let picture = |bench: &mut Bench, key| {
        bench.advance(33);
        [0, 1, 2].map(|layer| targets(&bench.layer(b, MediaKind::Camera, layer, key)))
    };
    picture(&mut bench, true);
    let each = [0, 1, 2].map(|who| vec![viewers[who]]);
    assert_eq!(picture(&mut bench, true), each);
    assert_eq!(picture(&mut bench, false), each);
    // A tile that grows is asked a key frame for, and shows the lower layer until it is there.
    bench.requests.clear();
    bench.advance(1000);
    watch(&mut bench, 0, 1280);
    assert_eq!(picture(&mut bench, false), each);
    assert!(bench.requests.contains(&(b, MediaKind::Camera, 2)));
    let [lowest, middle, highest] = picture(&mut bench, true);
    assert_eq!((lowest, middle), (vec![viewers[0]], vec![viewers[1]]));
    assert!(highest.contains(&viewers[0]) && highest.contains(&viewers[2]));
    let [lowest, ..] = picture(&mut bench, false);
    assert!(lowest.is_empty());
}

#[test]
fn the_highest_live_layer_is_sent() {
    let mut bench = Bench::new();
    let b = bench.join_room(ROOM, 0, 0, 3);
    let a = bench.join(0, 1);
    let camera = MediaKind::Camera;
    assert_eq!(bench.layer(b, camera, 0, true).len(), 1);
    assert_eq!(bench.layer(b, camera, 2, false).len(), 0);
    assert!(bench.requests.contains(&(b, camera, 2)));
    assert_eq!(bench.layer(b, camera, 0, false).len(), 1);
    assert_eq!(bench.layer(b, camera, 2, true).len(), 1);
    assert_eq!(bench.layer(b, camera, 0, true).len(), 0);
    assert_eq!(bench.layer(b, camera, 3, true).len(), 0, "not declared");
    bench.advance(2000);
    assert_eq!(
        targets(&bench.layer(b, camera, 0, true)),
        [a],
        "the upper one stopped"
    );
}

#[test]
fn an_empty_packet_makes_no_source_but_keeps_its_number() {
    let mut bench = Bench::new();
    let (a, b) = (bench.join(0, 1), bench.join(0, 1));
    let empty = |bench: &mut Bench| {
        bench.sequence += 1;
        let packet = Packet {
            ssrc: 2,
            layer: 0,
            sequence: bench.sequence,
            timestamp: 0,
            codec: Codec::Vp9,
            payload: &[],
            dependency: None,
            level: None,
        };
        bench.packet(b, MediaKind::Camera, packet)
    };
    assert!(empty(&mut bench).is_empty());
    assert!(bench.slots[&a].1.is_empty());
    bench.video(b, MediaKind::Camera, true);
    assert_eq!(
        empty(&mut bench).len(),
        1,
        "or a gap would stay that nobody can fill"
    );
}

#[test]
fn rooms_and_talks_are_apart() {
    let mut bench = Bench::new();
    let a = bench.join(1, 1);
    let elsewhere = bench.join_room((TalkId([9; 16]), ROOM.1), 1, 1, 1);
    let aside = bench.join_room((ROOM.0, RoomId([9; 16])), 1, 1, 1);
    assert!(bench.audio(a, 20).is_empty());
    assert_eq!(bench.shows(elsewhere), "- -");
    assert_eq!(bench.shows(aside), "- -");
}
