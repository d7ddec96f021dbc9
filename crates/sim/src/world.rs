use crate::peer::Peer;
use crate::rng::Rng;
use crate::server::Logs;
use crate::talk::Talk;
use core::time::Duration;
use incamera_e2ee::{Config, OpenError, Opened, Output, RoomSession, State};
use incamera_model::{MediaKind, Position, RoomId, StreamName, Timestamp};
use incamera_talk::{Link, Name, Proposal, SeatSecret, TalkOpened, propose};
use std::collections::{BTreeMap, BTreeSet};

/// How the network and the server behave.
#[derive(Debug, Clone)]
pub struct Conditions {
    /// A message takes this long at least, in milliseconds.
    pub min_ms: u64,
    /// And less than this.
    pub max_ms: u64,
    /// Of 1000 ephemeral entries, how many are dropped, for each receiver.
    pub drop: u64,
    /// Of 1000 deliveries, how many come twice.
    pub duplicate: u64,
    /// Of 1000 ephemeral entries, how many come with a flipped bit or cut short.
    pub alter: u64,
    /// Streams of which nobody gets anything.
    pub withheld: BTreeSet<StreamName>,
    /// Streams of which some people get nothing.
    pub withheld_from: BTreeSet<(usize, StreamName)>,
    /// Whether ephemeral entries cross from one of the server's logs to another.
    pub bridge_beats: bool,
}

impl Default for Conditions {
    fn default() -> Self {
        Self {
            min_ms: 5,
            max_ms: 30,
            drop: 0,
            duplicate: 0,
            alter: 0,
            withheld: BTreeSet::new(),
            withheld_from: BTreeSet::new(),
            bridge_beats: true,
        }
    }
}

impl Conditions {
    fn withholds(&self, to: usize, stream: &StreamName) -> bool {
        self.withheld.contains(stream) || self.withheld_from.contains(&(to, stream.clone()))
    }
}

#[derive(Debug)]
enum Delivery {
    ToServer {
        from: usize,
        generation: u64,
        output: Output,
    },
    ToPeer {
        to: usize,
        generation: u64,
        input: Input,
    },
    Reconnect(usize),
}

#[derive(Debug, Clone)]
pub(crate) enum Input {
    Entry(StreamName, Position, Vec<u8>, bool),
    CaughtUp(StreamName),
    Published(StreamName, Vec<u8>),
    Appended(u32, Position),
    Conflict(u32, Position),
}

/// A talk, a server, people, and the time.
pub struct World {
    /// The time.
    pub now: Timestamp,
    /// Everybody, by the order in which they came.
    pub peers: Vec<Peer>,
    /// The server's logs: one, unless it shows different ones to different people.
    pub logs: Vec<Logs>,
    /// How the network and the server behave.
    pub conditions: Conditions,
    /// Every random choice.
    pub rng: Rng,
    /// The invitation.
    pub link: Link,
    /// The room.
    pub room: RoomId,
    /// The talk, if people sit for delegations.
    pub talk: Option<Talk>,
    seed: u64,
    sequence: u64,
    queue: BTreeMap<(Timestamp, u64), Delivery>,
}

impl World {
    /// A fresh talk. The seed is printed when a test that holds the world fails.
    ///
    /// # Panics
    /// Never, for a valid title.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let Proposal { record, link, .. } =
            propose("Simulated talk", rng.seed32()).expect("a valid title");
        let opened = TalkOpened::open(&link, &record).expect("just sealed");
        let mut logs = Logs::default();
        logs.push(&StreamName::record(), record);
        Self {
            now: Timestamp(1_000_000),
            peers: Vec::new(),
            logs: vec![logs],
            conditions: Conditions::default(),
            rng,
            link,
            room: opened.room,
            talk: None,
            seed,
            sequence: 0,
            queue: BTreeMap::new(),
        }
    }

    /// A world in which `names` sit in the room.
    #[must_use]
    pub fn seated(seed: u64, names: &[&str]) -> Self {
        let mut world = Self::new(seed);
        for name in names {
            world.join(name);
        }
        world.settle();
        world
    }

    // --- people ---------------------------------------------------------------------------------

    /// Somebody opens the link; gives their index.
    pub fn join(&mut self, name: &str) -> usize {
        self.join_with(name, |_| {})
    }

    /// As [`Self::join`], with a change to the session before it connects.
    ///
    /// # Panics
    /// If the name isn't allowed.
    pub fn join_with(&mut self, name: &str, change: impl FnOnce(&mut RoomSession)) -> usize {
        let name = Name::new(name).expect("a valid name");
        let secret = SeatSecret::new(name, self.rng.seed32());
        self.peers.push(Peer::new(secret));
        let index = self.peers.len() - 1;
        self.open_tab(index, change);
        index
    }

    /// Somebody's tab is duplicated: the same seat, twice at once.
    pub fn join_again(&mut self, of: usize) -> usize {
        let secret = self.peers[of].secret.clone();
        self.peers.push(Peer::new(secret));
        let index = self.peers.len() - 1;
        self.open_tab(index, |_| {});
        index
    }

    /// Opens (again) the tab of somebody: the same seat, nothing else kept.
    ///
    /// # Panics
    /// Never: a session can always be started.
    pub fn open_tab(&mut self, index: usize, change: impl FnOnce(&mut RoomSession)) {
        let mut session = match self.peers[index].delegated {
            Some(_) => self.session_in_talk(index),
            None => RoomSession::new(Config {
                link: self.link.clone(),
                seat: self.peers[index].secret.clone(),
                now: self.peers[index].clock(self.now),
                seed: self.rng.seed32(),
            })
            .expect("a session starts"),
        };
        change(&mut session);
        self.peers[index].session = Some(session);
        self.connect(index);
    }

    /// The tab is gone without a word.
    pub fn crash(&mut self, index: usize) {
        self.peers[index].session = None;
        self.disconnect(index);
    }

    /// The connection comes up.
    pub fn connect(&mut self, index: usize) {
        let now = self.peers[index].clock(self.now);
        let peer = &mut self.peers[index];
        peer.connected = true;
        peer.generation += 1;
        peer.reading.clear();
        peer.lanes.clear();
        if let Some(session) = &mut peer.session {
            session.handle_connected(now);
        }
        self.carry_out(index);
        self.follow_record(index);
    }

    /// The connection is lost, with everything under way on it.
    pub fn disconnect(&mut self, index: usize) {
        let now = self.peers[index].clock(self.now);
        let peer = &mut self.peers[index];
        peer.connected = false;
        peer.generation += 1;
        peer.reading.clear();
        if let Some(session) = &mut peer.session {
            session.handle_disconnected(now);
        }
        self.carry_out(index);
    }

    /// The connection comes up again after a while.
    pub fn reconnect_in(&mut self, index: usize, after: Duration) {
        let at = self.now + after;
        self.enqueue(at, Delivery::Reconnect(index));
    }

    /// The machine sleeps: no timer runs, and what arrives waits.
    pub fn sleep(&mut self, index: usize) {
        self.peers[index].asleep = Some(Vec::new());
    }

    /// The machine wakes. `counted`: whether its clock counted the time that it slept.
    ///
    /// Without `cut` the connection held, and all that waited arrives at once; with it, the
    /// connection is found to be lost, and comes back soon.
    pub fn wake(&mut self, index: usize, slept: Duration, counted: bool, cut: bool) {
        if !counted {
            self.peers[index].lag += slept;
        }
        let waiting = self.peers[index].asleep.take().unwrap_or_default();
        // Timers that are overdue may run before anything is read.
        if self.rng.chance(500) && self.peers[index].session.is_some() {
            self.with(index, RoomSession::handle_timeout);
        }
        if cut {
            self.disconnect(index);
            self.reconnect_in(index, Duration::from_millis(300));
            return;
        }
        for input in waiting {
            self.receive(index, input);
        }
    }

    /// Does something with a session, as its owner would.
    ///
    /// # Panics
    /// If the tab is closed.
    pub fn with<T>(
        &mut self,
        index: usize,
        act: impl FnOnce(&mut RoomSession, Timestamp) -> T,
    ) -> T {
        let now = self.peers[index].clock(self.now);
        let session = self.peers[index].session.as_mut().expect("the tab is open");
        let result = act(session, now);
        self.carry_out(index);
        result
    }

    /// A frame of `from`, as `to` opens it now.
    ///
    /// # Errors
    /// [`OpenError`].
    ///
    /// # Panics
    /// If `from` can't seal.
    pub fn media(
        &mut self,
        from: usize,
        to: usize,
        kind: MediaKind,
        frame: &[u8],
    ) -> Result<Opened, OpenError> {
        let sealed = self
            .with(from, |session, _| session.seal(kind, frame))
            .expect("a frame is sealed");
        self.with(to, |session, now| session.open(now, &sealed))
    }

    // --- the server's cheating ------------------------------------------------------------------

    /// Puts any entry into a log, for everybody who is shown that log.
    pub fn inject(&mut self, universe: usize, stream: &StreamName, entry: Vec<u8>) {
        self.logs[universe].push(stream, entry);
        self.deliver(universe, stream);
    }

    /// From now on `peers` are shown a log of their own, which begins as a copy.
    pub fn fork(&mut self, peers: &[usize]) -> usize {
        let from = self.peers[peers[0]].universe;
        let copy = self.logs[from].clone();
        self.logs.push(copy);
        if let Some(talk) = &mut self.talk {
            let copy = talk.records[from].clone();
            talk.records.push(copy);
        }
        for peer in peers {
            self.peers[*peer].universe = self.logs.len() - 1;
        }
        self.logs.len() - 1
    }

    /// Everything of a stream that was withheld arrives.
    pub fn release(&mut self, stream: &StreamName) {
        self.conditions.withheld.remove(stream);
        let withheld = &mut self.conditions.withheld_from;
        withheld.retain(|(_, other)| other != stream);
        for universe in 0..self.logs.len() {
            self.deliver(universe, stream);
        }
    }

    /// The server goes back to what it keeps to: everybody is shown the first log again, over a new
    /// connection, and nothing is withheld.
    pub fn heal(&mut self) {
        self.conditions = Conditions::default();
        for index in 0..self.peers.len() {
            self.peers[index].universe = 0;
            if self.peers[index].connected {
                self.disconnect(index);
                self.reconnect_in(index, Duration::from_millis(50));
            }
        }
    }

    // --- time -----------------------------------------------------------------------------------

    /// Runs until `done`; fails after `limit`.
    ///
    /// # Panics
    /// If the limit passes first.
    #[track_caller]
    pub fn run_until(&mut self, limit: Duration, done: impl Fn(&Self) -> bool) {
        let end = self.now + limit;
        while !done(self) {
            assert!(
                self.step(end),
                "seed {}: not reached within {limit:?}: {:?}",
                self.seed,
                self.views()
            );
        }
    }

    /// Runs for a while.
    pub fn run_for(&mut self, time: Duration) {
        let end = self.now + time;
        while self.step(end) {}
        self.now = end;
    }

    /// Runs until everybody whose tab is open sits and agrees.
    #[track_caller]
    pub fn settle(&mut self) {
        self.run_until(Duration::from_secs(60), Self::agree);
    }

    /// Whether everybody whose tab is open sits, in one epoch, with one roster: themselves.
    #[must_use]
    pub fn agree(&self) -> bool {
        let open: Vec<&Peer> = self
            .peers
            .iter()
            .filter(|peer| peer.session.is_some())
            .filter(|peer| {
                let state = peer.view(self.now).state;
                !matches!(state, State::Left | State::Stopped { .. })
            })
            .collect();
        let mut names: Vec<&str> = open
            .iter()
            .map(|peer| peer.secret.name().as_str())
            .collect();
        names.sort_unstable();
        let mut epochs = BTreeSet::new();
        open.iter().all(|peer| {
            let view = peer.view(self.now);
            let mut shown: Vec<&str> = view.people.iter().map(|p| p.name.as_str()).collect();
            shown.sort_unstable();
            epochs.insert(view.epoch);
            view.state == State::Seated && shown == names
        }) && epochs.len() <= 1
    }

    /// Everybody's view, for a failure's message.
    #[must_use]
    pub fn views(&self) -> Vec<String> {
        let describe = |peer: &Peer| {
            let name = peer.secret.name().as_str();
            match &peer.session {
                None => format!("{name}: closed"),
                Some(session) => {
                    let view = session.view(peer.clock(self.now));
                    let people: Vec<&str> = view
                        .people
                        .iter()
                        .map(|person| person.name.as_str())
                        .collect();
                    format!("{name}: {view:?} {people:?} {:?}", peer.connected)
                }
            }
        };
        self.peers.iter().map(describe).collect()
    }

    // --- private --------------------------------------------------------------------------------

    /// Handles the next event not after `end`. False if there is none.
    fn step(&mut self, end: Timestamp) -> bool {
        let delivery = self.queue.first_key_value().map(|((at, _), _)| *at);
        let timeout = (0..self.peers.len())
            .filter_map(|index| Some((self.timeout(index)?, index)))
            .min();
        match (delivery, timeout) {
            (Some(at), due) if due.is_none_or(|(due, _)| at <= due) => {
                if at > end {
                    return false;
                }
                self.now = self.now.max(at);
                if let Some((_, delivery)) = self.queue.pop_first() {
                    self.handle(delivery);
                }
                true
            }
            (_, Some((at, index))) => {
                if at > end {
                    return false;
                }
                // A timer that is due again at once would spin.
                let before = self.now;
                self.now = self.now.max(at);
                self.with(index, |session, now| session.handle_timeout(now));
                let again = self.timeout(index);
                assert!(
                    self.now > before || again.is_none_or(|again| again > self.now),
                    "seed {}: a timer spins: {:?}",
                    self.seed,
                    self.views()
                );
                true
            }
            _ => false,
        }
    }

    /// When somebody who is awake has something to do, on the world's clock.
    fn timeout(&self, index: usize) -> Option<Timestamp> {
        let peer = &self.peers[index];
        let due = peer.session.as_ref()?.poll_timeout()?;
        peer.asleep.is_none().then(|| due + peer.lag)
    }

    fn handle(&mut self, delivery: Delivery) {
        match delivery {
            Delivery::ToServer {
                from,
                generation,
                output,
            } => {
                if self.peers[from].generation == generation {
                    self.serve(from, output);
                }
            }
            Delivery::ToPeer {
                to,
                generation,
                input,
            } => {
                if self.peers[to].generation != generation {
                    return;
                }
                match &mut self.peers[to].asleep {
                    Some(waiting) => waiting.push(input),
                    None => self.receive(to, input),
                }
            }
            Delivery::Reconnect(index) => {
                if !self.peers[index].connected && self.peers[index].session.is_some() {
                    self.connect(index);
                }
            }
        }
    }

    fn receive(&mut self, to: usize, input: Input) {
        if self.peers[to].session.is_none() {
            return;
        }
        if let Input::Entry(stream, position, entry, _) = &input
            && *stream == StreamName::record()
            && self.peers[to].delegated.is_some()
        {
            return self.read_record(to, *position, entry);
        }
        self.with(to, |session, now| match input {
            Input::Entry(stream, position, entry, caught_up) => {
                session.handle_entries(now, &stream, position, &entry, caught_up);
            }
            Input::CaughtUp(stream) => session.handle_caught_up(now, &stream),
            Input::Published(stream, entry) => session.handle_published(now, &stream, &entry),
            Input::Appended(request, position) => session.handle_appended(now, request, position),
            Input::Conflict(request, next) => session.handle_conflict(now, request, next),
        });
    }

    /// Whoever sits for a delegation reads on in the record.
    fn follow_record(&mut self, index: usize) {
        let Some(delegated) = &self.peers[index].delegated else {
            return;
        };
        let stream = StreamName::record();
        let from = Position(delegated.record.next_place().position);
        let generation = self.peers[index].generation;
        let at = self.arrival(index, "up");
        let output = Output::Subscribe { stream, from };
        self.enqueue(
            at,
            Delivery::ToServer {
                from: index,
                generation,
                output,
            },
        );
    }

    /// Takes every output of a session to where it goes.
    fn carry_out(&mut self, index: usize) {
        while let Some(output) = self.peers[index]
            .session
            .as_mut()
            .and_then(RoomSession::poll_output)
        {
            if let Output::Event(event) = output {
                self.peers[index].take(event);
                continue;
            }
            if !self.peers[index].connected {
                continue;
            }
            let generation = self.peers[index].generation;
            let at = self.arrival(index, "up");
            self.enqueue(
                at,
                Delivery::ToServer {
                    from: index,
                    generation,
                    output,
                },
            );
        }
    }

    fn serve(&mut self, from: usize, output: Output) {
        let universe = self.peers[from].universe;
        match output {
            Output::Append {
                request,
                stream,
                expected,
                entry,
            } => {
                let reply = match self.logs[universe].append(&stream, expected, entry) {
                    Ok(position) => Input::Appended(request, position),
                    Err(next) => Input::Conflict(request, next),
                };
                self.send(from, "reply", reply);
                self.deliver(universe, &stream);
            }
            Output::Subscribe { stream, from: at } => {
                self.peers[from].reading.insert(stream.clone(), at);
                let nothing = self.logs[universe].next(&stream) <= at;
                if nothing && !self.conditions.withholds(from, &stream) {
                    self.send(from, stream.as_str(), Input::CaughtUp(stream.clone()));
                }
                self.deliver(universe, &stream);
            }
            Output::Publish { stream, entry } => {
                self.peers[from].last_beat = Some(self.now);
                self.publish(from, &stream, &entry);
            }
            Output::Event(_) => {}
        }
    }

    /// Sends what each reader of a log hasn't been sent.
    fn deliver(&mut self, universe: usize, stream: &StreamName) {
        let end = self.logs[universe].next(stream);
        for index in 0..self.peers.len() {
            let withheld = self.conditions.withholds(index, stream);
            if withheld || self.peers[index].universe != universe {
                continue;
            }
            let Some(mut at) = self.peers[index].reading.get(stream).copied() else {
                continue;
            };
            while at < end {
                let entry = self.logs[universe].entries(stream)[at.0 as usize].clone();
                let input = Input::Entry(stream.clone(), at, entry, at.next() == end);
                if self.rng.chance(self.conditions.duplicate) {
                    self.send(index, stream.as_str(), input.clone());
                }
                self.send(index, stream.as_str(), input);
                at = at.next();
            }
            self.peers[index].reading.insert(stream.clone(), at);
        }
    }

    fn publish(&mut self, from: usize, stream: &StreamName, entry: &[u8]) {
        for index in 0..self.peers.len() {
            let reads = self.peers[index].reading.contains_key(stream);
            let apart = self.peers[index].universe != self.peers[from].universe;
            if index == from || !reads || (apart && !self.conditions.bridge_beats) {
                continue;
            }
            if self.conditions.withholds(index, stream) || self.rng.chance(self.conditions.drop) {
                continue;
            }
            let mut entry = entry.to_vec();
            if self.rng.chance(self.conditions.alter) {
                let bit = self.rng.below(entry.len() as u64 * 8) as usize;
                entry[bit / 8] ^= 1 << (bit % 8);
                if self.rng.chance(300) {
                    entry.truncate(bit / 8);
                }
            }
            let input = Input::Published(stream.clone(), entry);
            if self.rng.chance(self.conditions.duplicate) {
                self.send(index, stream.as_str(), input.clone());
            }
            self.send(index, stream.as_str(), input);
        }
    }

    fn send(&mut self, to: usize, lane: &str, input: Input) {
        let generation = self.peers[to].generation;
        let at = self.arrival(to, lane);
        self.enqueue(
            at,
            Delivery::ToPeer {
                to,
                generation,
                input,
            },
        );
    }

    /// When the next message of a lane arrives: a lane keeps its order, lanes overtake each other.
    fn arrival(&mut self, index: usize, lane: &str) -> Timestamp {
        let spread =
            self.conditions.max_ms.max(self.conditions.min_ms + 1) - self.conditions.min_ms;
        let latency = self.conditions.min_ms + self.rng.below(spread);
        let at = self.now + Duration::from_millis(latency);
        let last = self.peers[index].lanes.entry(lane.to_owned()).or_default();
        *last = (*last).max(at);
        *last
    }

    fn enqueue(&mut self, at: Timestamp, delivery: Delivery) {
        self.sequence += 1;
        self.queue.insert((at, self.sequence), delivery);
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!(
                "seed {}, now {:?}: {:#?}",
                self.seed,
                self.now,
                self.views()
            );
        }
    }
}
