//! Random histories. The reference model is naive on purpose: it knows who is in which room and
//! what each slot was said to carry, and remembers every number ever sent.

use super::*;
use proptest::prelude::*;
use std::collections::HashSet;

#[derive(Debug, Clone)]
enum Step {
    Join {
        room: u8,
        audio: usize,
        video: usize,
    },
    Leave(usize),
    Watch(usize, Vec<(usize, usize, u16)>),
    /// Sequence numbers are a step from the last one, so that duplicates, losses and jumps occur.
    Packet {
        from: usize,
        kind: usize,
        ssrc: u32,
        step: i32,
        key: bool,
        level: u8,
    },
    Lost(usize, usize),
    Advance(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let packet = (
        0..6usize,
        0..4usize,
        0..2u32,
        -3..6i32,
        any::<bool>(),
        0..127u8,
    );
    let jump = (0..6usize, 0..3usize, 0..40_000i32);
    prop_oneof![
        2 => (0..3u8, 0..3usize, 0..4usize).prop_map(|(room, audio, video)| Step::Join { room, audio, video }),
        1 => (0..6usize).prop_map(Step::Leave),
        1 => (0..6usize, prop::collection::vec((0..6usize, 0..4usize, any::<u16>()), 0..4)).prop_map(|(who, list)| Step::Watch(who, list)),
        20 => packet.prop_map(|(from, kind, ssrc, step, key, level)| Step::Packet { from, kind, ssrc, step, key, level }),
        1 => jump.prop_map(|(from, kind, step)| Step::Packet { from, kind, ssrc: 0, step, key: true, level: 20 }),
        1 => (0..6usize, 0..5usize).prop_map(|(who, slot)| Step::Lost(who, slot)),
        3 => (1..2500u64).prop_map(Step::Advance),
    ]
}

#[derive(Default)]
struct Model {
    /// Who is there: key, connection, room, and a number that tells apart reused keys.
    members: Vec<(Key, ConnectionId, RoomKey, usize)>,
    sequences: HashMap<(ConnectionId, MediaKind, u32), u64>,
    sent: HashSet<(usize, usize, u64)>,
    /// Of each slot: the source and number of the last packet in order, and what was sent.
    last: HashMap<(usize, usize), Last>,
    requested: HashMap<(Key, MediaKind, usize), Instant>,
}

#[derive(Clone, Copy)]
struct Last {
    source: (SourceId, u32),
    highest_in: u64,
    out: u64,
    timestamp: u32,
}

impl Model {
    /// One packet was given to the forwarder as `source`'s: checks all that came out.
    fn check_forwards(
        &mut self,
        bench: &Bench,
        source: SourceId,
        packet: Packet<'_>,
        forwards: &[Forward],
    ) {
        let room = self.room_of(source.connection);
        let mut expected = HashSet::new();
        for &(key, connection, its_room, _) in &self.members {
            if connection == source.connection || its_room != room {
                continue;
            }
            let slots = &bench.slots[&key].0;
            if let Some(slot) = slots.iter().position(|shown| *shown == Some(source)) {
                expected.insert((key, slot));
            }
        }
        for forward in forwards {
            assert!(
                expected.contains(&(forward.to, forward.slot)),
                "not shown there"
            );
            self.check_numbers(forward, source, packet);
        }
        let once: HashSet<Key> = forwards.iter().map(|forward| forward.to).collect();
        assert_eq!(once.len(), forwards.len(), "twice to one subscriber");
    }

    fn check_numbers(&mut self, forward: &Forward, source: SourceId, packet: Packet<'_>) {
        let incarnation = self.members.iter().find(|m| m.0 == forward.to).unwrap().3;
        let place = (incarnation, forward.slot);
        assert!(
            self.sent
                .insert((incarnation, forward.slot, forward.sequence)),
            "a number was used twice"
        );
        let named = (source, packet.ssrc);
        let Some(last) = self.last.get(&place).copied() else {
            assert!(forward.sequence < 1 << 15, "starts in the lower half");
            self.remember(place, named, forward, packet);
            return;
        };
        let step = forward.sequence as i64 - last.out as i64;
        if last.source == named && packet.sequence <= last.highest_in + 512 {
            let step_in = packet.sequence as i64 - last.highest_in as i64;
            assert!(step == step_in || step == 1, "{step} for {step_in}");
        } else {
            assert_eq!(step, 1, "a new source, or one that jumped, continues");
        }
        if last.source != named {
            let ahead = forward.timestamp.wrapping_sub(last.timestamp);
            assert!((1..1 << 31).contains(&ahead), "time moves on");
        }
        if step > 0 {
            self.remember(place, named, forward, packet);
        }
    }

    fn remember(
        &mut self,
        place: (usize, usize),
        source: (SourceId, u32),
        forward: &Forward,
        packet: Packet<'_>,
    ) {
        let last = Last {
            source,
            highest_in: packet.sequence,
            out: forward.sequence,
            timestamp: forward.timestamp,
        };
        self.last.insert(place, last);
    }

    fn check_slots(&self, bench: &Bench) {
        for &(key, connection, room, _) in &self.members {
            let shown: Vec<SourceId> = bench.slots[&key].0.iter().flatten().copied().collect();
            let distinct: HashSet<&SourceId> = shown.iter().collect();
            assert_eq!(distinct.len(), shown.len(), "a source in two slots");
            for source in shown {
                assert_ne!(source.connection, connection, "shown to itself");
                assert_eq!(self.room_of(source.connection), room, "from another room");
                assert!(bench.slots[&key].1.contains(&source), "not listed");
            }
        }
    }

    fn check_requests(&mut self, bench: &mut Bench) {
        for request in bench.requests.drain(..) {
            let before = self.requested.insert(request, bench.now);
            if let Some(before) = before {
                assert!(bench.now - before >= KEY_FRAME_INTERVAL, "asked too often");
            }
        }
    }

    fn room_of(&self, connection: ConnectionId) -> RoomKey {
        self.members.iter().find(|m| m.1 == connection).unwrap().2
    }
}

fn run(steps: Vec<Step>) -> usize {
    let mut bench = Bench::new();
    let mut model = Model::default();
    let mut forwarded = 0;
    for (index, step) in steps.into_iter().enumerate() {
        forwarded += apply(&mut bench, &mut model, index, step);
        model.check_slots(&bench);
        model.check_requests(&mut bench);
    }
    forwarded
}

fn apply(bench: &mut Bench, model: &mut Model, index: usize, step: Step) -> usize {
    let at = |model: &Model, who: usize| model.members.get(who).copied();
    match step {
        Step::Join { room, audio, video } if model.members.len() < 6 => {
            let room = (TalkId([room; 16]), RoomId([room / 2; 16]));
            let key = bench.join_room(room, audio, video, 1);
            model
                .members
                .push((key, ConnectionId(bench.joined), room, index));
        }
        Step::Leave(who) if who < model.members.len() => {
            let (key, ..) = model.members.swap_remove(who);
            model.requested.retain(|(from, ..), _| *from != key);
            bench.leave(key);
        }
        Step::Watch(who, list) => {
            let Some((key, ..)) = at(model, who) else {
                return 0;
            };
            let source = |&(who, kind, width): &(usize, usize, u16)| {
                let kind = MediaKind::ALL[kind];
                at(model, who).map(|(_, connection, ..)| (SourceId { connection, kind }, width))
            };
            let list = list.iter().filter_map(source).collect();
            bench.forwarder.handle_watch(bench.now, key, list);
            bench.drain();
        }
        Step::Packet {
            from,
            kind,
            ssrc,
            step,
            key,
            level,
        } => {
            let Some((from, connection, ..)) = at(model, from) else {
                return 0;
            };
            let kind = MediaKind::ALL[kind];
            let last = model
                .sequences
                .entry((connection, kind, ssrc))
                .or_insert(1000);
            *last = last.saturating_add_signed(i64::from(step));
            let packet = Packet {
                ssrc,
                layer: 0,
                sequence: *last,
                timestamp: *last as u32 * 3000,
                codec: if kind.is_audio() {
                    Codec::Opus
                } else {
                    Codec::Vp9
                },
                payload: if key {
                    &[0x8C, 0x80, 1]
                } else {
                    &[0xCC, 0x80, 1]
                },
                dependency: None,
                level: Some(level),
            };
            let forwards = bench.packet(from, kind, packet);
            let source = SourceId { connection, kind };
            model.check_forwards(bench, source, packet, &forwards);
            return forwards.len();
        }
        Step::Lost(who, slot) => {
            let Some((key, ..)) = at(model, who) else {
                return 0;
            };
            bench
                .forwarder
                .handle_key_frame_request(bench.now, key, slot);
            bench.drain();
        }
        Step::Advance(millis) => bench.advance(millis),
        Step::Join { .. } | Step::Leave(_) => {}
    }
    0
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn random_histories(steps in prop::collection::vec(step(), 1..250)) {
        run(steps);
    }
}

/// The positive control: random histories do forward packets.
#[test]
fn histories_are_not_idle() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let strategy = prop::collection::vec(step(), 200..250);
    let mut forwarded = 0;
    for _ in 0..20 {
        use proptest::strategy::ValueTree;
        forwarded += run(strategy.new_tree(&mut runner).unwrap().current());
    }
    assert!(forwarded > 200, "{forwarded}");
}
