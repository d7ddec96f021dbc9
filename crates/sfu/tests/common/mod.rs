//! A node and its peers on a network that exists only in memory: virtual time, seeded loss and
//! reordering. A test joins peers, sends, runs the clock and looks at what arrived.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]
#![allow(dead_code, reason = "each test file uses a part")]
#![expect(
    clippy::disallowed_methods,
    reason = "the virtual clock needs an instant to start from"
)]

use incamera_model::{ConnectionId, MediaKind, RoomId, SourceId, TalkId};
use incamera_sfu::*;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use str0m::media::{Direction, MediaKind as RtcKind, Mid};
use str0m::net::{Protocol, Receive};
use str0m::rtp::rtcp::SenderInfo;
use str0m::rtp::{ExtensionMap, ExtensionValues, RtpPacket, RtpWrite};
use str0m::{Candidate, Event as RtcEvent, Input, Output, Rtc};

pub(crate) const ROOM: RoomKey = (TalkId([1; 16]), RoomId([2; 16]));

/// How packets travel.
#[derive(Clone, Copy)]
pub(crate) struct Path {
    pub(crate) delay: Duration,
    /// Up to this much more for each packet, so that packets overtake each other.
    pub(crate) jitter: Duration,
    /// Of 1000 packets, how many are lost.
    pub(crate) loss_per_mille: u32,
}

pub(crate) const CLEAN: Path = Path {
    delay: Duration::from_millis(10),
    jitter: Duration::ZERO,
    loss_per_mille: 0,
};

pub(crate) struct World {
    pub(crate) start: Instant,
    pub(crate) now: Instant,
    pub(crate) sfu: Sfu,
    pub(crate) peers: Vec<Peer>,
    pub(crate) path: Path,
    pub(crate) slots: HashMap<ConnectionId, Vec<Option<SourceId>>>,
    pub(crate) closed: Vec<ConnectionId>,
    pub(crate) too_fast: Vec<ConnectionId>,
    /// Who joins from here on only tries whether media gets through.
    pub(crate) probe: bool,
    /// A peer whose side of DTLS isn't done: RTP and RTCP to and from it get lost.
    pub(crate) deaf: Option<usize>,
    /// Where anybody sent to.
    pub(crate) sent_to: HashSet<SocketAddr>,
    random: StdRng,
    /// A peer that no packet reaches, and none comes from.
    pub(crate) cut: Option<usize>,
    /// In flight: by time of arrival and order of sending.
    flight: BTreeMap<(Instant, u64), Flying>,
    sent: u64,
}

struct Flying {
    source: SocketAddr,
    destination: SocketAddr,
    bytes: Vec<u8>,
}

pub(crate) struct Peer {
    pub(crate) rtc: Rtc,
    pub(crate) connection: ConnectionId,
    /// The node's user name for it.
    pub(crate) ufrag: String,
    /// What it knows as its address.
    pub(crate) address: SocketAddr,
    /// Where the others see it, if a translation changed that.
    pub(crate) seen_at: SocketAddr,
    pub(crate) connected: bool,
    pub(crate) gone: bool,
    pub(crate) senders: Vec<(Mid, MediaKind)>,
    pub(crate) slots: Vec<Mid>,
    pub(crate) received: Vec<Received>,
    /// When its tracks were asked for a key frame.
    pub(crate) asked: Vec<(Instant, MediaKind)>,
    /// The sender reports of its slots.
    pub(crate) reports: Vec<(Instant, Mid, SenderInfo)>,
    sequences: HashMap<MediaKind, u64>,
    due: Instant,
}

pub(crate) struct Received {
    pub(crate) at: Instant,
    pub(crate) mid: Mid,
    pub(crate) packet: RtpPacket,
}

pub(crate) fn node_address() -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 1], 8081))
}

impl World {
    pub(crate) fn new(path: Path) -> Self {
        Self::with_limits(path, Limits::default())
    }

    pub(crate) fn with_limits(path: Path, limits: Limits) -> Self {
        let start = Instant::now();
        let config = SfuConfig {
            candidates: Candidates {
                udp: vec![node_address()],
                tcp: vec![node_address()],
            },
            limits,
            seed: [7; 32],
        };
        Self {
            start,
            now: start,
            sfu: Sfu::new(start, config),
            peers: Vec::new(),
            path,
            slots: HashMap::new(),
            closed: Vec::new(),
            too_fast: Vec::new(),
            probe: false,
            deaf: None,
            cut: None,
            sent_to: HashSet::new(),
            random: StdRng::seed_from_u64(1),
            flight: BTreeMap::new(),
            sent: 0,
        }
    }

    /// A peer comes into the room, connects and is told its slots; returns its number.
    pub(crate) fn join(&mut self) -> usize {
        let index = self.join_later(ROOM, 2, 4);
        let connection = self.peers[index].connection;
        self.run_until("in the room", |world| world.slots.contains_key(&connection));
        index
    }

    pub(crate) fn join_later(&mut self, room: RoomKey, audio: usize, video: usize) -> usize {
        let index = self.peers.len();
        let (peer, offer, pending) = Peer::offering(self.now, index, audio, video);
        let senders = peer.senders.iter().map(|(mid, kind)| SenderLine {
            mid: mid.to_string(),
            kind: *kind,
        });
        let request = OfferRequest {
            connection: peer.connection,
            room: (!self.probe).then_some(room),
            sdp: offer,
            senders: senders.collect(),
            restart: false,
        };
        self.peers.push(peer);
        let answer = self
            .sfu
            .handle_offer(self.now, request)
            .expect("a good offer");
        let answer = str0m::change::SdpAnswer::from_sdp_string(&answer).unwrap();
        let ufrag = answer.to_sdp_string();
        let ufrag = ufrag
            .lines()
            .find_map(|line| line.strip_prefix("a=ice-ufrag:"));
        self.peers[index].ufrag = ufrag.unwrap().to_owned();
        let rtc = &mut self.peers[index].rtc;
        rtc.sdp_api().accept_answer(pending, answer).unwrap();
        index
    }

    /// A peer restarts ICE, from `address` on.
    pub(crate) fn restart_ice(
        &mut self,
        index: usize,
        address: SocketAddr,
    ) -> Result<(), OfferError> {
        let peer = &mut self.peers[index];
        (peer.address, peer.seen_at) = (address, address);
        let host = Candidate::host(address, "udp").unwrap();
        let mut api = peer.rtc.sdp_api();
        api.ice_restart(false);
        let (offer, pending) = api.apply().unwrap();
        let answer = self
            .sfu
            .handle_offer(self.now, self.restart_of(index, offer.to_sdp_string()))?;
        let answer = str0m::change::SdpAnswer::from_sdp_string(&answer).unwrap();
        let peer = &mut self.peers[index];
        peer.rtc.sdp_api().accept_answer(pending, answer).unwrap();
        // Accepting it is what drops the candidates from before.
        peer.rtc.add_local_candidate(host);
        peer.due = self.now;
        Ok(())
    }

    pub(crate) fn restart_of(&self, index: usize, sdp: String) -> OfferRequest {
        let peer = &self.peers[index];
        let senders = peer.senders.iter().map(|(mid, kind)| SenderLine {
            mid: mid.to_string(),
            kind: *kind,
        });
        OfferRequest {
            connection: peer.connection,
            room: Some(ROOM),
            sdp,
            senders: senders.collect(),
            restart: true,
        }
    }

    /// Sends a frame of one packet: `at` is when it was captured.
    pub(crate) fn send(&mut self, peer: usize, kind: MediaKind, key: bool, body: &[u8]) {
        self.send_at(peer, kind, key, body, self.now, ExtensionValues::default());
    }

    pub(crate) fn send_at(
        &mut self,
        peer: usize,
        kind: MediaKind,
        key: bool,
        body: &[u8],
        captured: Instant,
        mut extensions: ExtensionValues,
    ) {
        let elapsed = captured - self.start + Duration::from_secs(10);
        let peer = &mut self.peers[peer];
        let mid = peer.senders.iter().find(|(_, k)| *k == kind).unwrap().0;
        let sequence = peer.sequences.entry(kind).or_insert(1000);
        *sequence += 1;
        let (pt, rate, descriptor): (u8, u128, &[u8]) = match (kind, key) {
            (MediaKind::Microphone, _) => (111, 48_000, &[]),
            (_, true) => (98, 90_000, &[0x8C, 0x80, 1]),
            (_, false) => (98, 90_000, &[0xCC, 0x80, 1]),
        };
        if kind.is_audio() {
            extensions.audio_level = Some(-30);
            extensions.voice_activity = Some(true);
        }
        let timestamp = (elapsed.as_micros() * rate / 1_000_000) as u32;
        let payload = [descriptor, body].concat();
        let write = RtpWrite::new(pt.into(), (*sequence).into(), timestamp, captured, payload)
            .marker(true)
            .nackable(!kind.is_audio())
            .ext_vals(extensions);
        peer.rtc
            .direct_api()
            .stream_tx_by_mid(mid, None)
            .unwrap()
            .write_rtp(write);
        peer.due = self.now;
    }

    /// Everybody sends sound and picture for a while; every 30th picture is a key frame.
    pub(crate) fn talk(&mut self, peers: &[usize], rounds: u32) {
        for round in 0..rounds {
            for &peer in peers {
                let body = round.to_be_bytes();
                self.send(peer, MediaKind::Microphone, false, &body);
                self.send(peer, MediaKind::Camera, round % 30 == 0, &body);
            }
            self.run(Duration::from_millis(20));
        }
    }

    pub(crate) fn run(&mut self, time: Duration) {
        let end = self.now + time;
        while self.step(end) {}
        self.now = end;
    }

    #[track_caller]
    pub(crate) fn run_until(&mut self, what: &str, done: impl Fn(&Self) -> bool) {
        let end = self.now + Duration::from_secs(20);
        while !done(self) {
            assert!(self.step(end), "not {what} within 20 s");
        }
    }

    /// A datagram from anywhere to the node, at once.
    pub(crate) fn inject(&mut self, source: SocketAddr, bytes: &[u8]) {
        let udp = Protocol::Udp;
        self.sfu
            .handle_datagram(self.now, udp, source, node_address(), bytes);
        self.drain_node();
    }

    pub(crate) fn drain_node(&mut self) {
        while let Some(transmit) = self.sfu.poll_transmit() {
            self.fly(transmit.source, transmit.destination, transmit.contents);
        }
        while let Some(event) = self.sfu.poll_event() {
            match event {
                Event::Slots {
                    connection, slots, ..
                } => {
                    let slots = slots.into_iter().map(|(_, source)| source).collect();
                    self.slots.insert(connection, slots);
                }
                Event::TooFast { connection } => self.too_fast.push(connection),
                Event::Closed { connection } => self.closed.push(connection),
            }
        }
    }

    /// One event; false once nothing is left before `end`.
    fn step(&mut self, end: Instant) -> bool {
        let peers = self
            .peers
            .iter()
            .filter(|peer| !peer.gone)
            .map(|peer| peer.due);
        let flying = self.flight.keys().next().map(|(at, _)| *at);
        let next = peers
            .chain(flying)
            .chain([self.sfu.poll_timeout()])
            .min()
            .unwrap();
        if next > end {
            return false;
        }
        self.now = self.now.max(next);
        while let Some(entry) = self.flight.first_entry() {
            if entry.key().0 > self.now {
                break;
            }
            let flying = entry.remove();
            self.deliver(&flying);
        }
        self.sfu.handle_timeout(self.now);
        self.drain_node();
        for index in 0..self.peers.len() {
            if self.peers[index].due <= self.now && !self.peers[index].gone {
                self.peers[index]
                    .rtc
                    .handle_input(Input::Timeout(self.now))
                    .unwrap();
                self.drain_peer(index);
            }
        }
        true
    }

    fn deliver(&mut self, flying: &Flying) {
        if flying.destination == node_address() {
            self.inject(flying.source, &flying.bytes);
            return;
        }
        let to = self
            .peers
            .iter()
            .position(|peer| peer.seen_at == flying.destination);
        let Some(index) = to.filter(|index| !self.peers[*index].gone) else {
            return;
        };
        let receive = Receive::new(
            Protocol::Udp,
            flying.source,
            self.peers[index].address,
            &flying.bytes,
        );
        let input = Input::Receive(self.now, receive.unwrap());
        self.peers[index].rtc.handle_input(input).unwrap();
        self.drain_peer(index);
    }

    fn drain_peer(&mut self, index: usize) {
        loop {
            let peer = &mut self.peers[index];
            match peer.rtc.poll_output().unwrap() {
                Output::Timeout(due) => {
                    peer.due = due;
                    return;
                }
                Output::Transmit(t) => {
                    let source = peer.seen_at;
                    self.fly(source, t.destination, t.contents.into());
                }
                Output::Event(event) => peer.note(self.now, event),
            }
        }
    }

    fn fly(&mut self, source: SocketAddr, destination: SocketAddr, bytes: Vec<u8>) {
        self.sent += 1;
        let deaf = self.deaf.map(|index| self.peers[index].address);
        let media = bytes
            .first()
            .is_some_and(|first| (128..192).contains(first));
        if media && deaf.is_some_and(|deaf| deaf == source || deaf == destination) {
            return;
        }
        self.sent_to.insert(destination);
        let cut = self.cut.map(|index| self.peers[index].seen_at);
        if cut.is_some_and(|cut| cut == source || cut == destination) {
            return;
        }
        if self.random.random_range(0..1000) < self.path.loss_per_mille {
            return;
        }
        let jitter = self.path.jitter.mul_f64(self.random.random());
        let arrival = self.now + self.path.delay + jitter;
        let flying = Flying {
            source,
            destination,
            bytes,
        };
        self.flight.insert((arrival, self.sent), flying);
    }
}

impl Peer {
    fn offering(
        now: Instant,
        index: usize,
        audio: usize,
        video: usize,
    ) -> (Self, String, str0m::change::SdpPendingOffer) {
        let mut extensions = ExtensionMap::standard();
        extensions.set(12, DependencyDescriptorExtension::extension());
        let mut rtc = Rtc::builder()
            .set_rtp_mode(true)
            .clear_codecs()
            .enable_opus(true, false)
            .enable_vp9(true)
            .set_extension_map(extensions)
            .build(now);
        let address = SocketAddr::from(([198, 51, 100, 1], 10_000 + index as u16));
        rtc.add_local_candidate(Candidate::host(address, "udp").unwrap());
        let mut api = rtc.sdp_api();
        let mut add = |kind, direction| api.add_media(kind, direction, None, None, None);
        let senders = MediaKind::ALL.map(|kind| {
            let media = if kind.is_audio() {
                RtcKind::Audio
            } else {
                RtcKind::Video
            };
            (add(media, Direction::SendOnly), kind)
        });
        let mut slots: Vec<Mid> = (0..audio)
            .map(|_| add(RtcKind::Audio, Direction::RecvOnly))
            .collect();
        slots.extend((0..video).map(|_| add(RtcKind::Video, Direction::RecvOnly)));
        let (offer, pending) = api.apply().unwrap();
        let peer = Self {
            rtc,
            connection: ConnectionId(index as u32 + 1),
            ufrag: String::new(),
            address,
            seen_at: address,
            connected: false,
            gone: false,
            senders: senders.to_vec(),
            slots,
            received: Vec::new(),
            asked: Vec::new(),
            reports: Vec::new(),
            sequences: HashMap::new(),
            due: now,
        };
        (peer, offer.to_sdp_string(), pending)
    }

    fn note(&mut self, now: Instant, event: RtcEvent) {
        match event {
            RtcEvent::Connected => self.connected = true,
            RtcEvent::RtpPacket(packet) => {
                let mut api = self.rtc.direct_api();
                let mid = api.stream_rx(&packet.header.ssrc).unwrap().mid();
                self.received.push(Received {
                    at: now,
                    mid,
                    packet,
                });
            }
            RtcEvent::KeyframeRequest(request) => {
                let sender = self.senders.iter().find(|(mid, _)| *mid == request.mid);
                self.asked.push((now, sender.unwrap().1));
            }
            RtcEvent::SenderFeedback(f) => self.reports.push((f.received_at, f.mid, f.sender_info)),
            _ => {}
        }
    }

    /// What came in a slot, in order of the numbers.
    pub(crate) fn in_slot(&self, slot: usize) -> Vec<&RtpPacket> {
        let mid = self.slots[slot];
        let packets = self.received.iter().filter(|received| received.mid == mid);
        let mut packets: Vec<&RtpPacket> = packets.map(|received| &received.packet).collect();
        packets.sort_by_key(|packet| packet.seq_no);
        packets
    }
}

pub(crate) fn source(connection: u32, kind: MediaKind) -> Option<SourceId> {
    Some(SourceId {
        connection: ConnectionId(connection),
        kind,
    })
}
