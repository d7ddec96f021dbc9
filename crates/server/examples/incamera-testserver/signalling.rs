//! Attacks on what clients are told over their WebSockets. The server has no vault: it can hold
//! back, alter, repeat and reorder entries, and say of its own what it likes.

use crate::counts::Counts;
use incamera_model::{Bytes, ConnectionId, MediaKind, SourceId, StreamName};
use incamera_server::Meddler;
use incamera_wire::{ClientMessage, LogEntry, ServerMessage, Slot};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What is done to what one connection is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attack {
    /// Sources and slots are others', and of people who don't exist.
    Roster,
    /// One bit of an entry is flipped.
    Flip,
    /// An entry ends early.
    Truncate,
    /// An entry comes twice.
    Twice,
    /// An entry comes after the one that follows it.
    Late,
    /// An entry is the one before it once more.
    Stale,
    /// Entries wait until the attacks end.
    Hold,
    /// Entries never come.
    Drop,
    /// An append that lost its place is told that it stands, and everybody else's is kept from it.
    Fork,
}

impl Attack {
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "roster" => Self::Roster,
            "flip" => Self::Flip,
            "truncate" => Self::Truncate,
            "twice" => Self::Twice,
            "late" => Self::Late,
            "stale" => Self::Stale,
            "hold" => Self::Hold,
            "drop" => Self::Drop,
            "fork" => Self::Fork,
            _ => return None,
        })
    }
}

struct Order {
    attack: Attack,
    /// Whom it is for: this connection, or with `later` every one from it on.
    connection: ConnectionId,
    later: bool,
    /// How the names of the streams begin.
    stream: String,
    /// How many more entries.
    left: u64,
}

pub(crate) struct SignallingAttacks {
    inner: Mutex<Inner>,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Inner {
    orders: Vec<Order>,
    sockets: BTreeMap<u64, Socket>,
    latest: Option<ConnectionId>,
}

#[derive(Default)]
struct Socket {
    connection: Option<ConnectionId>,
    /// The streams that it has caught up with.
    caught_up: BTreeSet<StreamName>,
    /// The last entry of each stream.
    before: BTreeMap<StreamName, Bytes>,
    late: BTreeMap<StreamName, LogEntry>,
    held: Vec<ServerMessage>,
    /// What it appended last to each stream.
    appended: BTreeMap<StreamName, (u32, Bytes)>,
    /// Told about media last, with the truth.
    slots: Option<(Vec<Slot>, Vec<SourceId>)>,
    forked: bool,
}

impl SignallingAttacks {
    pub(crate) fn new(counts: Arc<Counts>) -> Self {
        Self {
            inner: Mutex::default(),
            counts,
        }
    }

    /// `whom` is a connection's number, or `new` for those that aren't there yet.
    pub(crate) fn begin(
        &self,
        attack: Attack,
        whom: &str,
        stream: &str,
        left: u64,
    ) -> Result<(), String> {
        let mut inner = self.lock();
        let later = whom == "new";
        let connection = match later {
            true => inner.latest.map_or(0, |latest| latest.0 + 1),
            false => whom.parse().map_err(|_| format!("who is {whom}?"))?,
        };
        inner.orders.push(Order {
            attack,
            connection: ConnectionId(connection),
            later,
            stream: stream.to_owned(),
            left,
        });
        Ok(())
    }

    /// Ends all attacks; what is held comes with the next message to each.
    pub(crate) fn end(&self) {
        self.lock().orders.clear();
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Meddler for SignallingAttacks {
    fn hear(&self, socket: u64, message: &ClientMessage) {
        let ClientMessage::Append {
            request,
            stream,
            entry,
            ..
        } = message
        else {
            return;
        };
        let mut inner = self.lock();
        let socket = inner.sockets.entry(socket).or_default();
        let appended = (*request, entry.clone());
        socket.appended.insert(stream.clone(), appended);
    }

    fn tell(&self, socket: u64, message: ServerMessage) -> Vec<ServerMessage> {
        let mut inner = self.lock();
        let inner = &mut *inner;
        let socket = inner.sockets.entry(socket).or_default();
        if let ServerMessage::Ready { connection, .. } = message {
            socket.connection = Some(connection);
            inner.latest = inner.latest.max(Some(connection));
        }
        let free = !inner
            .orders
            .iter()
            .any(|order| order.attack == Attack::Hold);
        let mut told = match free {
            true => std::mem::take(&mut socket.held),
            false => Vec::new(),
        };
        let Some(connection) = socket.connection else {
            told.push(message);
            return told;
        };
        let mut orders: Vec<&mut Order> = inner.orders.iter_mut().collect();
        orders.retain(|order| match order.later {
            true => order.connection <= connection,
            false => order.connection == connection,
        });
        told.extend(socket.meddle(message, &mut orders, &self.counts));
        told
    }
}

impl Socket {
    fn meddle(
        &mut self,
        message: ServerMessage,
        orders: &mut [&mut Order],
        counts: &Counts,
    ) -> Vec<ServerMessage> {
        let ordered = |attack| orders.iter().any(|order| order.attack == attack);
        let mut told = Vec::new();
        if let (true, Some((slots, sources))) = (ordered(Attack::Roster), &self.slots) {
            counts.add(Attack::Roster, 1);
            told.push(lie(slots, sources));
        }
        match message {
            ServerMessage::Slots { slots, sources } => {
                if !ordered(Attack::Roster) {
                    told.push(ServerMessage::Slots {
                        slots: slots.clone(),
                        sources: sources.clone(),
                    });
                }
                self.slots = Some((slots, sources));
            }
            ServerMessage::Conflict { request, next } if ordered(Attack::Fork) => {
                let mine = |(_, (of, _)): &(&StreamName, &(u32, Bytes))| *of == request;
                let own = self.appended.iter().find(mine);
                if let Some((stream, (_, entry))) = own {
                    self.forked = true;
                    counts.add(Attack::Fork, 1);
                    let position = incamera_model::Position(next.0 - 1);
                    let entry = entry.clone();
                    told.push(ServerMessage::Appended { request, position });
                    told.push(ServerMessage::Entries {
                        stream: stream.clone(),
                        entries: vec![LogEntry { position, entry }],
                        caught_up: true,
                    });
                }
            }
            ServerMessage::Entries {
                stream,
                entries,
                caught_up,
            } => told.extend(self.entries(stream, entries, caught_up, orders, counts)),
            ServerMessage::Published { stream, entry } => {
                let dropped = orders.iter().any(|order| {
                    order.attack == Attack::Drop && stream.as_str().starts_with(&order.stream)
                });
                if dropped {
                    counts.add(Attack::Drop, 1);
                // Whoever hears of another epoch in time commits nothing.
                } else if self.forked || !ordered(Attack::Fork) {
                    told.push(ServerMessage::Published { stream, entry });
                }
            }
            other => told.push(other),
        }
        told
    }

    fn entries(
        &mut self,
        stream: StreamName,
        entries: Vec<LogEntry>,
        caught_up: bool,
        orders: &mut [&mut Order],
        counts: &Counts,
    ) -> Option<ServerMessage> {
        // What stood before shows where the room stands; an attack on that is another one.
        let known = self.caught_up.contains(&stream) || stream.as_str() == "record";
        if caught_up {
            self.caught_up.insert(stream.clone());
        }
        let mut order = orders
            .iter_mut()
            .find(|order| known && order.left > 0 && stream.as_str().starts_with(&order.stream));
        let mut out = Vec::new();
        for entry in entries {
            let before = self.before.insert(stream.clone(), entry.entry.clone());
            let late = self.late.remove(&stream);
            match order.as_mut().filter(|order| order.left > 0) {
                Some(order) if order.attack == Attack::Fork => {}
                Some(order) => {
                    order.left -= 1;
                    counts.add(order.attack, 1);
                    match altered(order.attack, entry, before) {
                        Altered::Told(told) => out.extend(told),
                        Altered::Late(entry) => {
                            self.late.insert(stream.clone(), entry);
                        }
                        Altered::Held(entry) => self.held.push(ServerMessage::Entries {
                            stream: stream.clone(),
                            entries: vec![entry],
                            caught_up,
                        }),
                    }
                }
                None => out.push(entry),
            }
            out.extend(late);
        }
        Some(ServerMessage::Entries {
            stream,
            entries: out,
            caught_up,
        })
    }
}

enum Altered {
    Told(Vec<LogEntry>),
    Late(LogEntry),
    Held(LogEntry),
}

fn altered(attack: Attack, mut entry: LogEntry, before: Option<Bytes>) -> Altered {
    let bytes = &mut entry.entry.0;
    match attack {
        Attack::Flip => {
            if let Some(last) = bytes.last_mut() {
                *last ^= 1;
            }
        }
        Attack::Truncate => bytes.truncate(bytes.len() / 2),
        Attack::Twice => return Altered::Told(vec![entry.clone(), entry]),
        Attack::Late => return Altered::Late(entry),
        Attack::Stale => entry.entry = before.unwrap_or(entry.entry),
        Attack::Hold => return Altered::Held(entry),
        Attack::Drop => return Altered::Told(Vec::new()),
        Attack::Roster | Attack::Fork => {}
    }
    Altered::Told(vec![entry])
}

/// Every slot is somebody else's, and there are three who don't exist.
fn lie(slots: &[Slot], sources: &[SourceId]) -> ServerMessage {
    let invented = (0..3).map(|n| SourceId {
        connection: ConnectionId(90_000 + n),
        kind: MediaKind::Camera,
    });
    let sources: Vec<SourceId> = sources.iter().copied().rev().chain(invented).collect();
    let others = sources.iter().copied().rev().cycle();
    let slots = slots.iter().zip(others).map(|(slot, source)| Slot {
        mid: slot.mid.clone(),
        source: Some(source),
    });
    ServerMessage::Slots {
        slots: slots.collect(),
        sources: sources.clone(),
    }
}
