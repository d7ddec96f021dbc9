use crate::codec::{Codec, FrameStart, PayloadTypes};
use crate::rewrite::Rewriter;
use crate::source::{Gate, Source};
use incamera_model::{ConnectionId, MediaKind, RoomId, SourceId, TalkId};
use std::collections::{HashMap, VecDeque};
use std::time::Instant;

/// A room of a talk.
pub type RoomKey = (TalkId, RoomId);

/// A member's place in the forwarder; free for another member once this one has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(u32);

/// What a slot can carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SlotKind {
    /// Microphones.
    Audio,
    /// Cameras and screens.
    Video,
}

/// Somebody who comes into a room.
#[derive(Debug, Clone)]
pub struct Member {
    /// Its connection.
    pub connection: ConnectionId,
    /// Where it comes.
    pub room: RoomKey,
    /// What it may send, with the number of simulcast layers (1 for none).
    pub senders: Vec<(MediaKind, usize)>,
    /// The slots it receives in.
    pub slots: Vec<SlotKind>,
    /// What it can receive.
    pub payload_types: PayloadTypes,
    /// Decides the first sequence number and timestamp of each slot.
    pub seed: u64,
}

/// A received RTP packet, decrypted once, still sealed end to end.
#[derive(Debug, Clone, Copy)]
pub struct Packet<'a> {
    /// Its SSRC; a change within a source starts the numbers anew.
    pub ssrc: u32,
    /// Its simulcast layer, lowest first; 0 without simulcast.
    pub layer: usize,
    /// Its sequence number, extended to 64 bits.
    pub sequence: u64,
    /// Its RTP timestamp.
    pub timestamp: u32,
    /// What it is coded with.
    pub codec: Codec,
    /// The RTP payload.
    pub payload: &'a [u8],
    /// The Dependency Descriptor extension, if there is one.
    pub dependency: Option<&'a [u8]>,
    /// The audio level (RFC 6464), in -dBov, if there is one.
    pub level: Option<u8>,
}

/// A packet to send to one subscriber.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forward {
    /// To whom.
    pub to: Key,
    /// In which of its slots.
    pub slot: usize,
    /// With this payload type,
    pub payload_type: u8,
    /// sequence number, extended to 64 bits,
    pub sequence: u64,
    /// and RTP timestamp.
    pub timestamp: u32,
}

/// What the forwarder wants done or known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// What each slot of a member carries now, and every source of its room but its own.
    Slots {
        /// The member.
        to: Key,
        /// One for each slot.
        slots: Vec<Option<SourceId>>,
        /// In order of their first packet.
        sources: Vec<SourceId>,
    },
    /// A key frame is needed.
    RequestKeyFrame {
        /// From this member's
        from: Key,
        /// source,
        kind: MediaKind,
        /// and this layer of it.
        layer: usize,
    },
}

/// Every room of a media node. See the crate's documentation for the drain contract.
#[derive(Debug, Default)]
pub struct Forwarder {
    pub(crate) members: Vec<Option<Participant>>,
    free: Vec<u32>,
    pub(crate) rooms: HashMap<RoomKey, Vec<Key>>,
    /// Numbers sources in order of their first packet.
    pub(crate) next_order: u64,
    /// Members whose slots or sources changed since they were last told.
    pub(crate) changed: VecDeque<Key>,
    pub(crate) requests: VecDeque<(Key, MediaKind, usize)>,
    /// Layers whose next key-frame request is held back.
    held: Vec<(Key, MediaKind, usize)>,
}

#[derive(Debug)]
pub(crate) struct Participant {
    pub(crate) connection: ConnectionId,
    pub(crate) room: RoomKey,
    /// By [`kind_index`].
    pub(crate) sources: [Option<Source>; 4],
    pub(crate) slots: Vec<Slot>,
    payload_types: PayloadTypes,
    /// The wanted sources and their widths in pixels; none until the member said so.
    pub(crate) watch: Option<Vec<(SourceId, u16)>>,
    /// Whether it is in `Forwarder::changed`.
    pub(crate) changed: bool,
}

#[derive(Debug)]
pub(crate) struct Slot {
    pub(crate) kind: SlotKind,
    pub(crate) source: Option<(Key, MediaKind)>,
    pub(crate) gate: Gate,
    /// How wide it is shown, in pixels.
    pub(crate) width: u16,
    /// The layer of the source that is sent.
    pub(crate) layer: usize,
    /// Since when it has its source.
    pub(crate) since: Option<Instant>,
    pub(crate) rewriter: Rewriter,
}

impl Forwarder {
    /// A forwarder without rooms.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Brings a member into its room.
    pub fn handle_join(&mut self, now: Instant, member: Member) -> Key {
        let key = self.free_key();
        let mut sources = [None, None, None, None];
        for (kind, layers) in member.senders {
            sources[kind_index(kind)] = Some(Source::new(layers));
        }
        let slots = (1..).zip(member.slots).map(|(index, kind)| Slot {
            kind,
            source: None,
            gate: Gate::Open,
            width: u16::MAX,
            layer: 0,
            since: None,
            rewriter: Rewriter::new(mix(member.seed, index)),
        });
        self.members[key.index()] = Some(Participant {
            connection: member.connection,
            room: member.room,
            sources,
            slots: slots.collect(),
            payload_types: member.payload_types,
            watch: None,
            changed: false,
        });
        self.rooms.entry(member.room).or_default().push(key);
        self.assign_member(now, key);
        self.mark_changed(key);
        key
    }

    /// Takes a member out of its room and frees the slots that showed it.
    pub fn handle_leave(&mut self, now: Instant, key: Key) {
        let Some(member) = self.members.get_mut(key.index()).and_then(Option::take) else {
            return;
        };
        for slot in &member.slots {
            if let Some((from, kind)) = slot.source {
                self.unsubscribe(from, kind, key);
            }
        }
        let Some(room) = self.rooms.get_mut(&member.room) else {
            return;
        };
        room.retain(|other| *other != key);
        if room.is_empty() {
            self.rooms.remove(&member.room);
        }
        self.requests.retain(|(from, ..)| *from != key);
        self.held.retain(|(from, ..)| *from != key);
        self.changed.retain(|other| *other != key);
        self.free.push(key.0);
        let had_sources = member.sources.iter().flatten().any(|s| s.order.is_some());
        if had_sources {
            self.assign_room(now, member.room);
            self.mark_room_changed(member.room);
        }
    }

    /// Says which sources a member wants, the most wanted first, and how wide each is shown, in
    /// pixels. A video source that isn't named isn't sent to it; an audio source that is named has
    /// a slot before those who speak. More than it has slots for, and unknown ones, wait.
    pub fn handle_watch(&mut self, now: Instant, key: Key, sources: Vec<(SourceId, u16)>) {
        if let Some(member) = self.member_mut(key) {
            member.watch = Some(sources);
            self.assign_member(now, key);
        }
    }

    /// A subscriber lost its place in a slot's stream (PLI or FIR).
    pub fn handle_key_frame_request(&mut self, now: Instant, key: Key, slot: usize) {
        let slot = self.member(key).and_then(|member| member.slots.get(slot));
        if let Some((layer, (from, kind))) = slot.and_then(|slot| Some((slot.layer, slot.source?)))
        {
            self.ask_key_frame(now, from, kind, layer);
        }
    }

    /// A packet of a source: appends what to send to `out`. Packets of something that the member
    /// didn't declare are dropped.
    pub fn handle_packet(
        &mut self,
        now: Instant,
        from: Key,
        kind: MediaKind,
        packet: Packet<'_>,
        out: &mut Vec<Forward>,
    ) {
        let start = packet.codec.frame_start(packet.payload, packet.dependency);
        if kind.is_audio() != packet.codec.is_audio() {
            return;
        }
        let Some(source) = self.source_mut(from, kind) else {
            return;
        };
        if packet.layer >= source.layers.len() {
            return;
        }
        // Browsers probe the path with empty packets of tracks that send nothing (RFC 3550
        // section 5.1); they don't make a source.
        if packet.payload.is_empty() && source.order.is_none() {
            return;
        }
        let revived = !source.is_live(now);
        source.last_packet = Some(now);
        source.layers[packet.layer].last_packet = Some(now);
        let speaks = packet.level.map(|level| source.voice.note(now, level));
        if start == FrameStart::Key {
            source.layers[packet.layer].key_frames.satisfied();
        }
        if revived {
            self.announce(now, from, kind);
        }
        if speaks == Some(true) && kind.is_audio() {
            self.promote(now, from, kind);
        }
        self.fan_out(now, from, kind, &packet, start, out);
    }

    /// Sends the requests that were held back.
    pub fn handle_timeout(&mut self, now: Instant) {
        let held = std::mem::take(&mut self.held);
        for (from, kind, layer) in held {
            let Some(source) = self.source_mut(from, kind) else {
                continue;
            };
            let throttle = &mut source.layers[layer].key_frames;
            if throttle.fire(now) {
                self.requests.push_back((from, kind, layer));
            } else if throttle.due().is_some() {
                self.held.push((from, kind, layer));
            }
        }
    }

    /// When [`Self::handle_timeout`] is due.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let due = |&(from, kind, layer): &(Key, MediaKind, usize)| {
            self.source(from, kind)?.layers[layer].key_frames.due()
        };
        self.held.iter().filter_map(due).min()
    }

    /// What is wanted or new.
    pub fn poll_event(&mut self) -> Option<Event> {
        if let Some((from, kind, layer)) = self.requests.pop_front() {
            return Some(Event::RequestKeyFrame { from, kind, layer });
        }
        let key = self.changed.pop_front()?;
        let sources = self.sources_for(key);
        let named = |source: Option<(Key, MediaKind)>| {
            let (from, kind) = source?;
            let connection = self.member(from)?.connection;
            Some(SourceId { connection, kind })
        };
        let slots = self
            .member(key)?
            .slots
            .iter()
            .map(|slot| named(slot.source));
        let slots = slots.collect();
        if let Some(member) = self.member_mut(key) {
            member.changed = false;
        }
        Some(Event::Slots {
            to: key,
            slots,
            sources,
        })
    }

    /// How many members a room has.
    #[must_use]
    pub fn room_len(&self, room: &RoomKey) -> usize {
        self.rooms.get(room).map_or(0, Vec::len)
    }

    fn fan_out(
        &mut self,
        now: Instant,
        from: Key,
        kind: MediaKind,
        packet: &Packet<'_>,
        start: FrameStart,
        out: &mut Vec<Forward>,
    ) {
        let Some(source) = self.take_source(from, kind) else {
            return;
        };
        let mut starved = false;
        for &(to, slot) in &source.subscribers {
            let Some(member) = self.member_mut(to) else {
                continue;
            };
            let Some(payload_type) = member.payload_types.of(packet.codec) else {
                continue;
            };
            let state = &mut member.slots[slot];
            if packet.layer != state.layer {
                if packet.layer != source.layer_for(now, state.width) {
                    continue;
                }
                // One that shows nothing yet has nothing to lose.
                let waits = matches!(state.gate, Gate::Waiting(_));
                if !waits && !source.may_enter(now, packet.layer, start) {
                    starved = true;
                    continue;
                }
                state.layer = packet.layer;
            }
            if !state.gate.admit(now, start) {
                starved = true;
                continue;
            }
            let rewritten = state.rewriter.rewrite(
                now,
                packet.ssrc,
                packet.sequence,
                packet.timestamp,
                packet.codec.clock_rate(),
            );
            if let Some((sequence, timestamp)) = rewritten {
                out.push(Forward {
                    to,
                    slot,
                    payload_type,
                    sequence,
                    timestamp,
                });
            }
        }
        self.put_source(from, kind, source);
        if starved {
            self.ask_key_frame(now, from, kind, packet.layer);
        }
    }

    /// Asks for a key frame of a layer.
    pub(crate) fn ask_key_frame(&mut self, now: Instant, from: Key, kind: MediaKind, layer: usize) {
        let Some(source) = self.source_mut(from, kind) else {
            return;
        };
        if kind.is_audio() {
            return;
        }
        let throttle = &mut source.layers[layer].key_frames;
        let was_held = throttle.due().is_some();
        if throttle.ask(now) {
            self.requests.push_back((from, kind, layer));
        } else if !was_held {
            self.held.push((from, kind, layer));
        }
    }

    pub(crate) fn mark_changed(&mut self, key: Key) {
        let Some(member) = self.member_mut(key) else {
            return;
        };
        if !std::mem::replace(&mut member.changed, true) {
            self.changed.push_back(key);
        }
    }

    fn free_key(&mut self) -> Key {
        if let Some(index) = self.free.pop() {
            return Key(index);
        }
        self.members.push(None);
        Key((self.members.len() - 1) as u32)
    }

    pub(crate) fn member(&self, key: Key) -> Option<&Participant> {
        self.members.get(key.index())?.as_ref()
    }

    pub(crate) fn member_mut(&mut self, key: Key) -> Option<&mut Participant> {
        self.members.get_mut(key.index())?.as_mut()
    }

    /// Takes a source out of its member, so that others can be changed by what it says.
    fn take_source(&mut self, key: Key, kind: MediaKind) -> Option<Source> {
        self.member_mut(key)?.sources[kind_index(kind)].take()
    }

    fn put_source(&mut self, key: Key, kind: MediaKind, source: Source) {
        if let Some(member) = self.member_mut(key) {
            member.sources[kind_index(kind)] = Some(source);
        }
    }

    pub(crate) fn source(&self, key: Key, kind: MediaKind) -> Option<&Source> {
        self.member(key)?.sources[kind_index(kind)].as_ref()
    }

    pub(crate) fn source_mut(&mut self, key: Key, kind: MediaKind) -> Option<&mut Source> {
        self.member_mut(key)?.sources[kind_index(kind)].as_mut()
    }
}

impl Key {
    /// A small number, unique among the members that are there.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl SlotKind {
    pub(crate) fn takes(self, kind: MediaKind) -> bool {
        (self == Self::Audio) == kind.is_audio()
    }
}

fn kind_index(kind: MediaKind) -> usize {
    match kind {
        MediaKind::Microphone => 0,
        MediaKind::Camera => 1,
        MediaKind::Screen => 2,
        MediaKind::ScreenAudio => 3,
    }
}

/// SplitMix64 (Steele, Lea and Flood 2014): spreads a seed over several numbers.
fn mix(seed: u64, index: u64) -> u64 {
    let mut z = seed.wrapping_add(index.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
