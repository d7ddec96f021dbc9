use crate::config::Limits;
use crate::connections::{Claim, Connections};
use crate::counters::Counters;
use crate::hub::Hub;
use crate::media::{MediaEvent, MediaHandle};
use crate::operator::Operator;
use crate::origin::Origins;
use crate::page::Page;
use crate::places::Places;
use crate::rate::AddressBuckets;
use crate::socket::Ending;
use incamera_log::Log;
use incamera_model::{AccessKey, ConnectionId, TalkId, Timestamp};
use incamera_wire::{Refusal, ServerMessage, Slot};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use tokio::sync::{Notify, Semaphore, mpsc, watch};
use tokio::time::sleep_until;

/// WebSockets at once that are told why they can't be had; any more are refused over HTTP.
const TURNED_AWAY: usize = 64;

/// What every request shares.
pub(crate) struct State {
    pub(crate) log: Log,
    pub(crate) media: MediaHandle,
    pub(crate) origins: Arc<Origins>,
    pub(crate) page: Page,
    pub(crate) limits: Limits,
    pub(crate) counters: Arc<Counters>,
    pub(crate) hub: Hub,
    /// A place for each WebSocket.
    pub(crate) sockets: Arc<Semaphore>,
    /// And for those that are only told why they have none.
    pub(crate) turned_away: Arc<Semaphore>,
    /// And of each address.
    pub(crate) sockets_of_address: Arc<Places>,
    /// Whose token proposing needs; none if it is open.
    pub(crate) operator: Option<Operator>,
    /// It is there to be looked at only.
    pub(crate) demonstration: bool,
    talks: Mutex<AddressBuckets>,
    failures: Mutex<AddressBuckets>,
    handovers: Mutex<AddressBuckets>,
    readouts: Mutex<AddressBuckets>,
    pub(crate) connections: Connections,
    withdrawn: AtomicU64,
    /// A connection was left without a socket.
    left: Notify,
    stopping: watch::Sender<bool>,
    started: Instant,
    #[cfg(feature = "test-hooks")]
    pub(crate) meddler: std::sync::OnceLock<Arc<dyn crate::Meddler>>,
}

impl State {
    pub(crate) fn new(
        log: Log,
        media: MediaHandle,
        origins: Arc<Origins>,
        page: Page,
        limits: Limits,
        operator: Option<Operator>,
        demonstration: bool,
    ) -> Self {
        Self {
            log,
            media,
            origins,
            page,
            limits,
            counters: Arc::default(),
            hub: Hub::default(),
            sockets: Arc::new(Semaphore::new(limits.sockets)),
            turned_away: Arc::new(Semaphore::new(TURNED_AWAY)),
            sockets_of_address: Places::new(limits.sockets_per_address),
            operator,
            demonstration,
            talks: Mutex::new(AddressBuckets::new(limits.talks)),
            failures: Mutex::new(AddressBuckets::new(limits.failures)),
            handovers: Mutex::new(AddressBuckets::new(limits.handovers)),
            readouts: Mutex::new(AddressBuckets::new(limits.readouts)),
            connections: Connections::new(&limits),
            withdrawn: AtomicU64::new(0),
            left: Notify::new(),
            stopping: watch::Sender::new(false),
            started: now(),
            #[cfg(feature = "test-hooks")]
            meddler: std::sync::OnceLock::new(),
        }
    }

    /// Tells every socket that the server stops, and those that come from here on.
    pub(crate) fn stop(&self) {
        self.stopping.send_replace(true);
    }

    /// A socket is gone; its connection is over too, or kept if the socket was `lost`.
    pub(crate) async fn leave(&self, claim: &Claim, lost: bool) {
        for connection in self.connections.leave(claim, lost, now()) {
            self.media.hangup(connection).await;
        }
        self.left.notify_one();
    }

    /// Whether one more talk may come from this address now.
    pub(crate) fn admits_talk_from(&self, address: IpAddr) -> bool {
        lock(&self.talks).take(self.now(), address)
    }

    /// Whether one more readout may be handed over from this address now.
    pub(crate) fn admits_handover_from(&self, address: IpAddr) -> bool {
        lock(&self.handovers).take(self.now(), address)
    }

    /// Whether this address may ask for one more published readout now.
    pub(crate) fn admits_reader_from(&self, address: IpAddr) -> bool {
        lock(&self.readouts).take(self.now(), address)
    }

    /// Whether this address may try a token or a signature: not if too many of its were wrong.
    pub(crate) fn admits_attempt_from(&self, address: IpAddr) -> bool {
        lock(&self.failures).has(self.now(), address)
    }

    /// A token or a signature from this address was wrong.
    pub(crate) fn note_failure_from(&self, address: IpAddr) {
        lock(&self.failures).take(self.now(), address);
    }

    /// How many times access keys were withdrawn, by new ones or with their talk.
    pub(crate) fn withdrawn(&self) -> u64 {
        self.withdrawn.load(Ordering::SeqCst)
    }

    /// Ends every connection of a talk that was destroyed.
    pub(crate) async fn end_talk(&self, talk: TalkId) {
        self.withdrawn.fetch_add(1, Ordering::SeqCst);
        for connection in self.connections.end_talk(talk) {
            self.media.hangup(connection).await;
        }
    }

    /// Ends the connections of a group that had proven another access key than it has now.
    pub(crate) async fn end_former(&self, talk: TalkId, index: u8, access: &AccessKey) {
        self.withdrawn.fetch_add(1, Ordering::SeqCst);
        for connection in self.connections.end_former(talk, index, access) {
            self.media.hangup(connection).await;
        }
    }

    pub(crate) fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }

    /// Waits until the server stops.
    pub(crate) async fn stopping(&self) {
        let mut stopping = self.stopping.subscribe();
        // The sender lives as long as `self`.
        let _ = stopping.wait_for(|stopping| *stopping).await;
    }

    pub(crate) fn now(&self) -> Timestamp {
        let millis = now().saturating_duration_since(self.started).as_millis();
        Timestamp(u64::try_from(millis).unwrap_or(u64::MAX))
    }

    pub(crate) fn random_nonce(&self) -> Result<[u8; 32], Ending> {
        let mut nonce = [0; 32];
        #[expect(clippy::disallowed_methods, reason = "the server is the shell")]
        let filled = getrandom::fill(&mut nonce);
        filled.map(|()| nonce).map_err(|_| {
            let sentence = "The server has no randomness now; try again later.";
            Ending::Refused(Refusal::Unavailable, sentence.into())
        })
    }
}

/// Hands what the media port tells to the connections that it is about.
pub(crate) async fn route_media_events(state: Arc<State>, mut events: mpsc::Receiver<MediaEvent>) {
    while let Some(event) = events.recv().await {
        if matches!(event, MediaEvent::TooFast { .. }) {
            state.counters.add_refused(Refusal::TooMany);
        }
        let (connection, message) = on_the_wire(event);
        state.connections.tell_media(connection, message);
    }
}

/// Ends connections that nobody came back for, until the server stops.
pub(crate) async fn end_what_is_left(state: Arc<State>) {
    loop {
        let (over, next) = state.connections.expire(now());
        for connection in over {
            state.media.hangup(connection).await;
        }
        let due = async {
            match next {
                Some(at) => sleep_until(at.into()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = state.stopping() => return,
            () = state.left.notified() => {}
            () = due => {}
        }
    }
}

fn on_the_wire(event: MediaEvent) -> (ConnectionId, ServerMessage) {
    match event {
        MediaEvent::Slots {
            connection,
            slots,
            sources,
        } => {
            let slots = slots
                .into_iter()
                .map(|(mid, source)| Slot { mid, source })
                .collect();
            (connection, ServerMessage::Slots { slots, sources })
        }
        MediaEvent::TooFast { connection } => {
            let detail = "This client sends more than the server takes from one person; what is beyond is dropped.";
            let refused = ServerMessage::Refused {
                request: None,
                reason: Refusal::TooMany,
                detail: detail.to_owned(),
            };
            (connection, refused)
        }
        MediaEvent::Closed { connection } => {
            let reason = Refusal::Unavailable;
            (connection, ServerMessage::MediaClosed { reason })
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the server is the shell")]
fn now() -> Instant {
    Instant::now()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
