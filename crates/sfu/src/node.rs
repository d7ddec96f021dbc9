use crate::demux::{Demux, is_media, is_stun, local_ufrag};
use crate::offer::{Offer, OfferError, SenderLine};
pub use crate::session::Candidates;
use crate::session::{Outgoing, Session};
use incamera_forwarder::{Event as ForwarderEvent, Forward, Forwarder, Key, Packet, RoomKey};
use incamera_model::{ConnectionId, SourceId};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};
use str0m::config::DtlsCert;
use str0m::net::{DatagramRecv, Protocol, Receive};
use str0m::rtp::RtpPacket;
use str0m::{Event as RtcEvent, IceConnectionState, IceCreds, Input, Output, RtcError};

/// The largest datagram that is looked at, in bytes; browsers keep well below.
pub const MAX_DATAGRAM: usize = 1500;
/// Timers are served at most this often.
const TIMER_STEP: Duration = Duration::from_millis(1);
/// How many packets wait to be taken by `poll_transmit` before more are dropped. A caller that
/// keeps the drain contract never has more than one datagram's worth for each session.
const MAX_TRANSMITS: usize = 100_000;
/// How many sessions that send too much wait to be told of; it is told again later.
const MAX_UNTOLD: usize = 1000;

/// How a node is set up.
#[derive(Debug, Clone)]
pub struct SfuConfig {
    /// Where it is reached.
    pub candidates: Candidates,
    /// What it takes on.
    pub limits: Limits,
    /// Decides ICE credentials and the first numbers of streams.
    pub seed: [u8; 32],
}

/// What a node takes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Sessions in all.
    pub sessions: usize,
    /// Sessions of one room.
    pub sessions_per_room: usize,
    /// How long a session is kept when its peer can't be reached any more.
    pub keep: Duration,
    /// What one session may send in bits per second, all its tracks and layers together; none for
    /// no bound. What exceeds it is dropped.
    pub bits_per_sender: Option<u64>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            sessions: 2000,
            sessions_per_room: 250,
            keep: Duration::from_secs(30),
            bits_per_sender: Some(12_000_000),
        }
    }
}

/// A wish for a media session.
#[derive(Debug, Clone)]
pub struct OfferRequest {
    /// Whose session; a former one of the same connection ends.
    pub connection: ConnectionId,
    /// In which room; none to see whether media gets through, for a few seconds.
    pub room: Option<RoomKey>,
    /// The session description (RFC 8829).
    pub sdp: String,
    /// What its sending m-lines carry.
    pub senders: Vec<SenderLine>,
    /// Restarts the ICE of the connection's session instead of starting one.
    pub restart: bool,
}

/// A packet to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transmit {
    /// Over what.
    pub protocol: Protocol,
    /// From which of the node's addresses.
    pub source: SocketAddr,
    /// To whom.
    pub destination: SocketAddr,
    /// What.
    pub contents: Vec<u8>,
}

/// What the node tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// What each slot of a session carries now; a newer one replaces one not yet taken.
    Slots {
        /// The session.
        connection: ConnectionId,
        /// `a=mid` of every slot, in the order of the offer, and its source.
        slots: Vec<(String, Option<SourceId>)>,
        /// Every source of the room but the session's own.
        sources: Vec<SourceId>,
    },
    /// A session sends more than it may; told now and then while it does.
    TooFast {
        /// The session.
        connection: ConnectionId,
    },
    /// A session ended by itself.
    Closed {
        /// The session.
        connection: ConnectionId,
    },
}

/// What a node has seen, since it began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Datagrams taken in.
    pub received: u64,
    /// Datagrams sent.
    pub sent: u64,
    /// Media packets of publishers.
    pub media_received: u64,
    /// Media packets to subscribers, without those sent again.
    pub media_forwarded: u64,
    /// Dropped: longer than `MAX_DATAGRAM`.
    pub oversized: u64,
    /// Dropped: neither STUN, DTLS, RTP nor RTCP.
    pub malformed: u64,
    /// Dropped: STUN for no session of this node, or with a wrong password.
    pub unknown_user: u64,
    /// Dropped: from an address that belongs to no session.
    pub unknown_address: u64,
    /// Dropped: media of something that wasn't declared.
    pub undeclared: u64,
    /// Dropped: more than a sender may send.
    pub policed: u64,
    /// Dropped: not taken by `poll_transmit` in time.
    pub overflowed: u64,
    /// Sessions ended because the WebRTC stack failed on their input.
    pub failed: u64,
}

/// A media node.
///
/// # Drain contract
/// After each `handle_*` call and command, or a batch of them, [`Self::poll_transmit`] is called
/// until it returns `None`, then [`Self::poll_event`] likewise; [`Self::handle_timeout`] no later
/// than [`Self::poll_timeout`] says. A batch of received datagrams is best handled whole before
/// the first `poll_transmit`: what goes to one subscriber then comes out in one run.
///
/// What one peer sends can't disturb another: a session on whose input the WebRTC stack fails, or
/// panics, is ended alone.
pub struct Sfu {
    config: SfuConfig,
    certificate: DtlsCert,
    random: StdRng,
    pub(crate) now: Instant,
    pub(crate) sessions: Vec<Option<Box<Session>>>,
    free: Vec<usize>,
    by_connection: HashMap<ConnectionId, usize>,
    by_member: HashMap<Key, usize>,
    per_room: HashMap<RoomKey, usize>,
    pub(crate) demux: Demux,
    forwarder: Forwarder,
    /// Sessions with queued output.
    dirty: VecDeque<usize>,
    next_due: Instant,
    transmits: VecDeque<Transmit>,
    /// The latest slots of each session, until taken.
    slots: BTreeMap<ConnectionId, Event>,
    closed: VecDeque<ConnectionId>,
    too_fast: VecDeque<ConnectionId>,
    counters: Counters,
    forwards: Vec<Forward>,
    #[cfg(feature = "test-hooks")]
    hooks: crate::Hooks,
}

/// What came out of a session and concerns others.
#[derive(Default)]
struct Outcome {
    packets: Vec<RtpPacket>,
    key_frame_slots: Vec<usize>,
    ended: bool,
}

impl Sfu {
    /// A node without sessions.
    ///
    /// # Panics
    /// Never: the cryptography that is built in can make certificates.
    #[must_use]
    pub fn new(now: Instant, config: SfuConfig) -> Self {
        let provider = str0m::crypto::from_feature_flags();
        let certificate = provider.dtls_provider.generate_certificate();
        Self {
            random: StdRng::from_seed(config.seed),
            certificate: certificate.expect("aws-lc-rs makes certificates"),
            config,
            now,
            sessions: Vec::new(),
            free: Vec::new(),
            by_connection: HashMap::new(),
            by_member: HashMap::new(),
            per_room: HashMap::new(),
            demux: Demux::default(),
            forwarder: Forwarder::new(),
            dirty: VecDeque::new(),
            next_due: now,
            transmits: VecDeque::new(),
            slots: BTreeMap::new(),
            closed: VecDeque::new(),
            too_fast: VecDeque::new(),
            counters: Counters::default(),
            forwards: Vec::new(),
            #[cfg(feature = "test-hooks")]
            hooks: crate::Hooks::default(),
        }
    }

    /// Starts a session and returns the answer to its offer.
    ///
    /// # Errors
    /// [`OfferError`] if the offer can't be used or a limit is reached; a former session of the
    /// connection goes on then.
    pub fn handle_offer(
        &mut self,
        now: Instant,
        request: OfferRequest,
    ) -> Result<String, OfferError> {
        self.now = self.now.max(now);
        let offer = Offer::parse(&request.sdp, &request.senders)?;
        if request.restart {
            return self.restart_ice(request.connection, &offer);
        }
        self.check_limits(&request)?;
        let creds = self.credentials();
        let who = (request.connection, request.room);
        let (candidates, certificate) = (&self.config.candidates, &self.certificate);
        let (now, limits) = (self.now, &self.config.limits);
        let accept = || Session::accept(now, offer, candidates, creds, certificate, who, limits);
        let (session, answer) = catch_unwind(AssertUnwindSafe(accept)).unwrap_or_else(|_| {
            self.counters.failed += 1;
            Err(OfferError::Negotiation("it contradicts itself".into()))
        })?;
        self.hangup(now, request.connection);
        let index = self.free.pop().unwrap_or_else(|| {
            self.sessions.push(None);
            self.sessions.len() - 1
        });
        self.demux.insert(session.ufrag.clone(), index);
        self.by_connection.insert(request.connection, index);
        if let Some(room) = request.room {
            *self.per_room.entry(room).or_default() += 1;
        }
        self.sessions[index] = Some(Box::new(session));
        self.feed(index, Input::Timeout(now));
        Ok(answer)
    }

    /// Says which sources a session wants, the most wanted first, with the width in device pixels
    /// at which each is shown.
    pub fn handle_watch(
        &mut self,
        now: Instant,
        connection: ConnectionId,
        wanted: &[(SourceId, u16)],
    ) {
        self.now = self.now.max(now);
        let index = self.by_connection.get(&connection);
        let Some(session) = index.and_then(|index| self.sessions[*index].as_mut()) else {
            return;
        };
        let wanted = wanted.to_vec();
        match session.member {
            Some(member) => self.forwarder.handle_watch(self.now, member, wanted),
            None => session.watch = Some(wanted),
        }
        self.settle();
    }

    /// Ends a session, if the connection has one; no event follows.
    pub fn hangup(&mut self, now: Instant, connection: ConnectionId) {
        self.now = self.now.max(now);
        let Some(&index) = self.by_connection.get(&connection) else {
            return;
        };
        if let Some(session) = self.sessions[index].as_mut() {
            // Failing to say goodbye is no reason not to leave.
            let _ = catch_unwind(AssertUnwindSafe(|| session.rtc.close()));
        }
        self.drain(index);
        self.remove(index);
        self.slots.remove(&connection);
    }

    /// A datagram came: over what, from where, to which of the node's addresses. The bytes of a
    /// frame of ICE-TCP are a datagram too.
    pub fn handle_datagram(
        &mut self,
        now: Instant,
        protocol: Protocol,
        source: SocketAddr,
        destination: SocketAddr,
        bytes: &[u8],
    ) {
        self.now = self.now.max(now);
        self.counters.received += 1;
        if bytes.len() > MAX_DATAGRAM {
            self.counters.oversized += 1;
            return;
        }
        let path = (protocol, source);
        let stun = is_stun(bytes);
        let found = if stun {
            local_ufrag(bytes).and_then(|ufrag| self.demux.by_ufrag(ufrag))
        } else {
            self.demux.by_path(&path)
        };
        let Some(index) = found else {
            let counter = if stun {
                &mut self.counters.unknown_user
            } else {
                &mut self.counters.unknown_address
            };
            *counter += 1;
            return;
        };
        let Ok(contents) = DatagramRecv::try_from(bytes) else {
            self.counters.malformed += 1;
            return;
        };
        let receive = Receive {
            proto: protocol,
            source,
            destination,
            contents,
        };
        let input = Input::Receive(self.now, receive);
        if stun {
            let session = self.sessions[index].as_ref();
            if !session.is_some_and(|session| session.rtc.accepts(&input)) {
                self.counters.unknown_user += 1;
                return;
            }
            self.demux.learn(path, index);
        }
        if let Some(session) = self.sessions[index].as_mut() {
            session.heard |= is_media(bytes);
            session
                .route
                .handle_datagram(self.now, path, is_media(bytes));
            if stun {
                session.route.handle_request(path, destination, bytes);
            }
        }
        self.feed(index, input);
    }

    /// Time passed.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.now = self.now.max(now);
        if self
            .forwarder
            .poll_timeout()
            .is_some_and(|due| due <= self.now)
        {
            self.forwarder.handle_timeout(self.now);
            self.settle();
        }
        if self.next_due > self.now {
            return;
        }
        for index in 0..self.sessions.len() {
            let due = |session: &Session| session.deadline <= self.now;
            if !self.sessions[index].as_deref().is_some_and(due) {
                continue;
            }
            if self.sessions[index]
                .as_deref()
                .is_some_and(|s| s.is_overdue(self.now))
            {
                self.close(index);
            } else {
                self.feed(index, Input::Timeout(self.now));
            }
        }
        let deadlines = self
            .sessions
            .iter()
            .flatten()
            .map(|session| session.deadline);
        let next = deadlines.min().unwrap_or(self.now + Duration::from_secs(1));
        self.next_due = next.max(self.now + TIMER_STEP);
    }

    /// When [`Self::handle_timeout`] is due.
    #[must_use]
    pub fn poll_timeout(&self) -> Instant {
        let forwarder = self.forwarder.poll_timeout();
        forwarder.map_or(self.next_due, |due| due.min(self.next_due))
    }

    /// The next packet to send.
    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        loop {
            if let Some(transmit) = self.transmits.pop_front() {
                self.counters.sent += 1;
                return Some(transmit);
            }
            let index = self.dirty.pop_front()?;
            if let Some(session) = self.sessions[index].as_mut() {
                session.dirty = false;
                self.feed(index, Input::Timeout(self.now));
            }
        }
    }

    /// What there is to tell.
    pub fn poll_event(&mut self) -> Option<Event> {
        if let Some(connection) = self.closed.pop_front() {
            return Some(Event::Closed { connection });
        }
        if let Some(connection) = self.too_fast.pop_front() {
            return Some(Event::TooFast { connection });
        }
        self.slots.pop_first().map(|(_, event)| event)
    }

    /// Whether [`Self::poll_event`] has something to tell.
    #[must_use]
    pub fn has_event(&self) -> bool {
        !self.closed.is_empty() || !self.slots.is_empty() || !self.too_fast.is_empty()
    }

    /// Whether a session has proven to be reached over this protocol at this address.
    #[must_use]
    pub fn knows(&self, protocol: Protocol, source: SocketAddr) -> bool {
        self.demux.by_path(&(protocol, source)).is_some()
    }

    /// What was seen so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// How many sessions there are.
    #[must_use]
    pub fn session_count(&self) -> usize {
        self.by_connection.len()
    }

    /// The connections that have a session.
    pub fn connections(&self) -> impl Iterator<Item = ConnectionId> {
        self.sessions
            .iter()
            .flatten()
            .map(|session| session.connection)
    }

    /// Sets what a test does to forwarded media.
    #[cfg(feature = "test-hooks")]
    pub fn set_hooks(&mut self, hooks: crate::Hooks) {
        self.hooks = hooks;
    }

    /// Takes an address for a session's without proof: a fuzzer can't sign STUN.
    pub(crate) fn assume_address(&mut self, connection: ConnectionId, source: SocketAddr) {
        if let Some(&index) = self.by_connection.get(&connection) {
            self.demux.learn((Protocol::Udp, source), index);
        }
    }

    fn check_limits(&self, request: &OfferRequest) -> Result<(), OfferError> {
        let limits = self.config.limits;
        let former = self.by_connection.get(&request.connection);
        let former = former.and_then(|index| self.sessions[*index].as_deref());
        let here = |former: &Session| former.room.is_some() && former.room == request.room;
        let in_room = request.room.and_then(|room| self.per_room.get(&room));
        let in_room = in_room.copied().unwrap_or_default();
        let others = self.by_connection.len() - usize::from(former.is_some());
        let others_here = in_room - usize::from(former.is_some_and(here));
        if others >= limits.sessions || others_here >= limits.sessions_per_room {
            return Err(OfferError::Full);
        }
        Ok(())
    }

    /// A user name that no session has, and a password of more than 128 bits (RFC 8839
    /// section 5.4).
    pub(crate) fn credentials(&mut self) -> IceCreds {
        let mut text = |length| -> String {
            let letters = std::iter::repeat_with(|| self.random.sample(rand::distr::Alphanumeric));
            letters.take(length).map(char::from).collect()
        };
        let pass = text(24);
        loop {
            let ufrag = text(8);
            if self.demux.by_ufrag(&ufrag).is_none() {
                return IceCreds { ufrag, pass };
            }
        }
    }

    /// Feeds a session, and does what comes of it.
    fn feed(&mut self, index: usize, input: Input<'_>) {
        let Some(session) = self.sessions[index].as_mut() else {
            return;
        };
        let fed = catch_unwind(AssertUnwindSafe(|| session.handle_input(input)));
        match fed {
            Ok(Ok(())) => {}
            // One bad record doesn't end a session that is up: media doesn't depend on it.
            Ok(Err(RtcError::Dtls(_) | RtcError::Net(_))) if session.connected_at.is_some() => {
                self.counters.malformed += 1;
            }
            Ok(Err(error)) => {
                tracing::debug!(%error, "a media session failed");
                self.counters.failed += 1;
                self.close(index);
                return;
            }
            Err(_) => {
                self.counters.failed += 1;
                self.close(index);
                return;
            }
        }
        self.drain(index);
    }

    fn drain(&mut self, index: usize) {
        let mut outcome = Outcome::default();
        let Some(session) = self.sessions[index].as_mut() else {
            return;
        };
        let now = self.now;
        let transmits = &mut self.transmits;
        let counters = &mut self.counters;
        let all = || -> Result<(), RtcError> {
            while let Some(output) = session.poll_output()? {
                match output {
                    Output::Transmit(mut transmit) if transmits.len() < MAX_TRANSMITS => {
                        session.route.direct(now, &mut transmit);
                        transmits.push_back(Transmit {
                            protocol: transmit.proto,
                            source: transmit.source,
                            destination: transmit.destination,
                            contents: transmit.contents.into(),
                        });
                    }
                    Output::Transmit(_) => counters.overflowed += 1,
                    Output::Event(event) => note(now, session, event, &mut outcome),
                    Output::Timeout(_) => {}
                }
            }
            Ok(())
        };
        let drained = catch_unwind(AssertUnwindSafe(all));
        if !matches!(drained, Ok(Ok(()))) {
            self.counters.failed += 1;
            outcome.ended = true;
        }
        self.next_due = self.next_due.min(session.deadline);
        self.admit(index);
        for packet in outcome.packets {
            self.forward(index, packet);
        }
        if let Some(member) = self.member(index) {
            for slot in outcome.key_frame_slots {
                self.forwarder
                    .handle_key_frame_request(self.now, member, slot);
            }
        }
        if outcome.ended {
            self.close(index);
        }
        self.settle();
    }

    /// Once a session is ready: from now on it sends and is sent to.
    fn admit(&mut self, index: usize) {
        let now = self.now;
        let ready = |session: &&mut Box<Session>| session.is_ready(now);
        let Some(session) = self.sessions[index].as_mut().filter(ready) else {
            return;
        };
        let Some(room) = session.room else {
            return;
        };
        let seed = self.random.random();
        let member = session.as_member(room, seed);
        let key = self.forwarder.handle_join(now, member);
        session.member = Some(key);
        if let Some(watch) = session.watch.take() {
            self.forwarder.handle_watch(now, key, watch);
        }
        self.by_member.insert(key, index);
    }

    fn forward(&mut self, index: usize, mut packet: RtpPacket) {
        let Some(session) = self.sessions[index].as_mut() else {
            return;
        };
        let (Some(member), Some(incoming)) = (session.member, session.incoming(&packet)) else {
            self.counters.undeclared += 1;
            return;
        };
        if !session.budget.take(self.now, packet.payload.len()) {
            self.counters.policed += 1;
            if session.budget.tell(self.now) && self.too_fast.len() < MAX_UNTOLD {
                self.too_fast.push_back(session.connection);
            }
            return;
        }
        self.counters.media_received += 1;
        self.alter(incoming.kind, &mut packet);
        let session = self.sessions[index].as_ref();
        let header = &packet.header;
        let captured_at = session.map_or(self.now, |session| {
            let rate = incoming.codec.clock_rate();
            session
                .clock
                .captured_at(*header.ssrc, header.timestamp, rate, self.now)
        });
        let dependency = header.ext_vals.user_values.get::<crate::RawDependency>();
        let received = Packet {
            ssrc: *header.ssrc,
            layer: incoming.layer,
            sequence: *packet.seq_no,
            timestamp: header.timestamp,
            codec: incoming.codec,
            payload: &packet.payload,
            dependency: dependency.map(|raw| &*raw.0),
            level: header.ext_vals.audio_level.map(i8::unsigned_abs),
        };
        let mut forwards = std::mem::take(&mut self.forwards);
        let now = self.now;
        self.forwarder
            .handle_packet(now, member, incoming.kind, received, &mut forwards);
        for forward in forwards.drain(..) {
            #[cfg(feature = "test-hooks")]
            if self.leave(index, incoming.kind, &packet, &forward, captured_at) {
                continue;
            }
            self.write(&packet, &forward, captured_at);
        }
        self.forwards = forwards;
    }

    fn write(&mut self, packet: &RtpPacket, forward: &Forward, captured_at: Instant) {
        let Some(&index) = self.by_member.get(&forward.to) else {
            return;
        };
        let Some(session) = self.sessions[index].as_mut() else {
            return;
        };
        let outgoing = Outgoing::new(forward, captured_at);
        session.write(&packet.header, packet.payload.clone(), &outgoing);
        self.counters.media_forwarded += 1;
        self.mark_dirty(index);
    }

    /// Whether a test sent something in place of a packet, or nothing.
    #[cfg(feature = "test-hooks")]
    fn leave(
        &mut self,
        from: usize,
        kind: incamera_model::MediaKind,
        packet: &RtpPacket,
        forward: &Forward,
        captured_at: Instant,
    ) -> bool {
        let from = self.sessions[from].as_ref().map(|from| from.connection);
        let (Some(leave), Some(from)) = (self.hooks.leave.clone(), from) else {
            return false;
        };
        let index = self.by_member.get(&forward.to).copied();
        let Some((index, session)) =
            index.and_then(|index| Some((index, self.sessions[index].as_mut()?)))
        else {
            return false;
        };
        let outgoing = Outgoing::new(forward, captured_at);
        for leaving in leave(crate::Leaving {
            from,
            to: session.connection,
            kind,
            slot: outgoing.slot,
            sequence: outgoing.sequence,
            timestamp: outgoing.timestamp,
            marker: packet.header.marker,
            payload: packet.payload.clone(),
            header: packet.header.clone(),
            outgoing,
        }) {
            let (header, payload, outgoing) = leaving.written();
            session.write(&header, payload, &outgoing);
        }
        self.mark_dirty(index);
        true
    }

    #[cfg(feature = "test-hooks")]
    fn alter(&mut self, kind: incamera_model::MediaKind, packet: &mut RtpPacket) {
        let count = self.counters.media_received;
        self.hooks.apply(count, kind, &mut packet.payload);
    }

    #[cfg(not(feature = "test-hooks"))]
    #[expect(
        clippy::needless_pass_by_ref_mut,
        clippy::unused_self,
        reason = "see test-hooks"
    )]
    fn alter(&mut self, _kind: incamera_model::MediaKind, _packet: &mut RtpPacket) {}

    /// Carries out what the forwarder wants.
    fn settle(&mut self) {
        while let Some(event) = self.forwarder.poll_event() {
            match event {
                ForwarderEvent::RequestKeyFrame { from, kind, layer } => {
                    let Some(&index) = self.by_member.get(&from) else {
                        continue;
                    };
                    if let Some(session) = self.sessions[index].as_mut() {
                        session.request_key_frame(kind, layer);
                        self.mark_dirty(index);
                    }
                }
                ForwarderEvent::Slots { to, slots, sources } => {
                    let index = self.by_member.get(&to);
                    let session = index.and_then(|index| self.sessions[*index].as_ref());
                    let Some(session) = session else {
                        continue;
                    };
                    let connection = session.connection;
                    let names = session.slot_names().map(str::to_owned);
                    let event = Event::Slots {
                        connection,
                        slots: names.zip(slots).collect(),
                        sources,
                    };
                    self.slots.insert(connection, event);
                }
            }
        }
    }

    fn mark_dirty(&mut self, index: usize) {
        if let Some(session) = self.sessions[index].as_mut()
            && !std::mem::replace(&mut session.dirty, true)
        {
            self.dirty.push_back(index);
        }
    }

    /// Ends a session and tells so.
    pub(crate) fn close(&mut self, index: usize) {
        let connection = self.sessions[index]
            .as_ref()
            .map(|session| session.connection);
        if let Some(connection) = connection {
            self.remove(index);
            self.slots.remove(&connection);
            self.closed.push_back(connection);
        }
    }

    fn remove(&mut self, index: usize) {
        let Some(session) = self.sessions[index].take() else {
            return;
        };
        self.demux.remove(&session.ufrag, index);
        self.by_connection.remove(&session.connection);
        if let Some(room) = session.room
            && let Some(count) = self.per_room.get_mut(&room)
        {
            *count -= 1;
            if *count == 0 {
                self.per_room.remove(&room);
            }
        }
        // A place in `dirty` may outlive the session; whoever gets the index is drained for it.
        self.free.push(index);
        if let Some(member) = session.member {
            self.by_member.remove(&member);
            self.forwarder.handle_leave(self.now, member);
            self.settle();
        }
    }

    /// The session of a connection, and its place.
    pub(crate) fn session_of(&mut self, connection: ConnectionId) -> Option<(usize, &mut Session)> {
        let index = *self.by_connection.get(&connection)?;
        Some((index, self.sessions[index].as_deref_mut()?))
    }

    fn member(&self, index: usize) -> Option<Key> {
        self.sessions[index].as_ref()?.member
    }
}

/// Notes an event of a session.
fn note(now: Instant, session: &mut Session, event: RtcEvent, outcome: &mut Outcome) {
    match event {
        RtcEvent::Connected => session.connected_at = session.connected_at.or(Some(now)),
        RtcEvent::RtpPacket(packet) => outcome.packets.push(packet),
        RtcEvent::KeyframeRequest(request) => {
            outcome.key_frame_slots.extend(session.slot_of(request.mid));
        }
        RtcEvent::SenderFeedback(report) => {
            let info = report.sender_info;
            let timestamp = info.rtp_time.numer() as u32;
            session
                .clock
                .handle_report(report.received_at, *info.ssrc, info.ntp_time, timestamp);
        }
        RtcEvent::IceConnectionStateChange(state) => match state {
            IceConnectionState::Connected | IceConnectionState::Completed => session.lost_at = None,
            // The peer may come back from another address, or restart ICE.
            IceConnectionState::Disconnected if session.connected_at.is_some() => {
                session.lost_at = session.lost_at.or(Some(now));
            }
            IceConnectionState::Disconnected => outcome.ended = true,
            IceConnectionState::New | IceConnectionState::Checking => {}
        },
        RtcEvent::Closed => outcome.ended = true,
        _ => {}
    }
}
