//! Attacks on media as it leaves.

use crate::counts::Counts;
use incamera_model::{ConnectionId, MediaKind};
use incamera_server::Leaving;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

/// A picture that anybody would know, not sealed: VP9, its first frame decodable by itself.
const CARD: &[u8] = include_bytes!("../../../client/assets/test-card.ivf");
/// Of an IVF file, and of each frame in it.
const IVF_HEADER: usize = 32;
const IVF_FRAME_HEADER: usize = 12;
const CHUNK: usize = 1000;
/// The payload descriptor of VP9 (RFC 9628): these begin and end a frame.
const BEGINS: u8 = 0x08;
const ENDS: u8 = 0x04;
/// What is left of a payload that is cut: descriptor and SFrame header, and hardly more.
const HEADER: usize = 24;
/// How many packets of a slot are remembered.
const MEMORY: usize = 200;
/// What the timestamp goes on by where one stream follows another.
const STEP: u32 = 3000;

/// What is done to what one connection gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attack {
    /// Pictures are replaced by one in clear.
    Card,
    /// Payloads are replaced by nothing.
    Empty,
    /// Payloads are cut after their headers.
    Cut,
    /// What was sent before is sent again and again, under new numbers, and nothing else.
    Replay,
    /// Two slots of a kind change places.
    Swap,
}

impl Attack {
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "card" => Self::Card,
            "empty" => Self::Empty,
            "cut" => Self::Cut,
            "replay" => Self::Replay,
            "swap" => Self::Swap,
            _ => return None,
        })
    }
}

/// Every connection's attacks, and how its packets are numbered since the first one.
pub(crate) struct MediaAttacks {
    attacks: BTreeMap<ConnectionId, Attack>,
    slots: HashMap<(ConnectionId, usize), Slot>,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Slot {
    kind: Option<MediaKind>,
    memory: VecDeque<Leaving>,
    /// Which of the remembered packets is sent next.
    again: usize,
    last: Option<(u64, u32)>,
    /// Whether numbers are made here: packets were added or left out.
    renumbered: bool,
    /// What the packets come from now, and what is added to its timestamps.
    stream: (usize, usize),
    shift: u32,
    /// The frame that is being replaced.
    frame: Option<u32>,
}

impl MediaAttacks {
    pub(crate) fn new(counts: Arc<Counts>) -> Self {
        Self {
            attacks: BTreeMap::new(),
            slots: HashMap::new(),
            counts,
        }
    }

    pub(crate) fn begin(&mut self, to: ConnectionId, attack: Attack) {
        self.attacks.insert(to, attack);
    }

    pub(crate) fn end(&mut self) {
        self.attacks.clear();
    }

    /// What is sent in place of a packet.
    pub(crate) fn leave(&mut self, packet: Leaving) -> Vec<Leaving> {
        let (to, own) = (packet.to, packet.slot);
        let attack = self.attacks.get(&to).copied();
        let slot = self.slots.entry((to, own)).or_default();
        slot.kind = Some(packet.kind);
        if attack.is_none() {
            slot.remember(&packet);
        }
        let video = packet.kind == MediaKind::Camera;
        let sent = match attack {
            Some(Attack::Card) if video => slot.card(&packet),
            Some(Attack::Empty) => vec![with(packet, |payload| payload.clear())],
            Some(Attack::Cut) => vec![with(packet, |payload| payload.truncate(HEADER))],
            Some(Attack::Replay) => slot.replay(),
            Some(Attack::Swap) => {
                let other = self.other(to, own);
                let mut packet = packet;
                packet.slot = other;
                // Its frame numbers are another stream's: a browser would drop what is older by them.
                packet.forget_extensions();
                let slot = self.slots.entry((to, other)).or_default();
                self.counts.add(Attack::Swap, 1);
                return slot.number(vec![packet], (own, 0));
            }
            _ => return slot.number(vec![packet], (own, 0)),
        };
        if let Some(attack) = attack {
            self.counts.add(attack, sent.len() as u64);
        }
        let round = if attack == Some(Attack::Replay) {
            1 + slot.again / slot.memory.len().max(1)
        } else {
            usize::MAX
        };
        slot.renumbered = true;
        slot.number(sent, (own, round))
    }

    /// The slot that changes places with this one: the two lowest of a kind do.
    fn other(&self, to: ConnectionId, own: usize) -> usize {
        let kind = self.slots.get(&(to, own)).and_then(|slot| slot.kind);
        let alike = self.slots.iter().filter(|(_, slot)| slot.kind == kind);
        let mut alike: Vec<usize> = alike
            .filter(|((of, _), _)| *of == to)
            .map(|((_, slot), _)| *slot)
            .collect();
        alike.sort_unstable();
        match alike[..] {
            [one, two, ..] if own == one => two,
            [one, two, ..] if own == two => one,
            _ => own,
        }
    }
}

impl Slot {
    fn remember(&mut self, packet: &Leaving) {
        if self.memory.len() >= MEMORY {
            self.memory.pop_front();
        }
        self.memory.push_back(packet.clone());
        self.again = 0;
    }

    /// The next of what was sent before.
    fn replay(&mut self) -> Vec<Leaving> {
        let length = self.memory.len().max(1);
        let again = self.memory.get(self.again % length).cloned();
        self.again += 1;
        again.into_iter().collect()
    }

    /// The card in place of each whole frame.
    fn card(&mut self, packet: &Leaving) -> Vec<Leaving> {
        if self.frame.replace(packet.timestamp) == Some(packet.timestamp) {
            return Vec::new();
        }
        let chunks: Vec<&[u8]> = first_frame().chunks(CHUNK).collect();
        let last = chunks.len() - 1;
        let whole = chunks.into_iter().enumerate().map(|(at, chunk)| {
            let begins = if at == 0 { BEGINS } else { 0 };
            let ends = if at == last { ENDS } else { 0 };
            let mut packet = with(packet.clone(), |payload| {
                *payload = [&[begins | ends], chunk].concat();
            });
            packet.marker = at == last;
            packet.forget_extensions();
            packet
        });
        whole.collect()
    }

    /// Numbers what is sent so that no number shows that it isn't what it was.
    fn number(&mut self, mut packets: Vec<Leaving>, stream: (usize, usize)) -> Vec<Leaving> {
        if self.stream != stream && self.last.is_some() {
            self.renumbered = true;
            let first = packets.first().map_or(0, |packet| packet.timestamp);
            let last = self.last.map_or(0, |(_, timestamp)| timestamp);
            self.shift = last.wrapping_add(STEP).wrapping_sub(first);
        }
        self.stream = stream;
        for packet in &mut packets {
            if let (true, Some((last, _))) = (self.renumbered, self.last) {
                packet.sequence = last + 1;
                packet.timestamp = packet.timestamp.wrapping_add(self.shift);
            }
            self.last = Some((packet.sequence, packet.timestamp));
        }
        packets
    }
}

fn with(mut packet: Leaving, change: impl FnOnce(&mut Vec<u8>)) -> Leaving {
    let mut payload = packet.payload.to_vec();
    change(&mut payload);
    packet.payload = payload.into();
    packet
}

fn first_frame() -> &'static [u8] {
    let frame = CARD.get(IVF_HEADER..).unwrap_or_default();
    let length = frame
        .first_chunk()
        .map_or(0, |length: &[u8; 4]| u32::from_le_bytes(*length) as usize);
    frame
        .get(IVF_FRAME_HEADER..IVF_FRAME_HEADER + length)
        .unwrap_or_default()
}
