use crate::media::{MediaOutput, MediaSession, Remote};
use crate::transport::{Transport, TransportEvent};
use crate::video_file::VideoCodec;
use incamera_model::{MediaKind, RoomId};
use incamera_wire::{ClientMessage, RequestId};
use std::time::{Duration, Instant};
use str0m::media::Mid;
use str0m::net::Protocol;

/// An offer not answered, or an answer that leads to no connection, is given up.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// UDP has this long before TCP is tried beside it.
const TCP_AFTER: Duration = Duration::from_secs(2);
const FIRST_RETRY: Duration = Duration::from_millis(250);
const MAX_RETRY: Duration = Duration::from_secs(8);
/// Datagrams handled between two looks at everything else.
const BATCH: usize = 64;
/// Offers' request numbers; the room session's are below.
const FIRST_REQUEST: RequestId = 1 << 31;

/// Keeps a media session going: offers, connects by UDP or TCP, and starts anew when it ends.
pub(crate) struct MediaLink {
    force_tcp: bool,
    active: Option<Active>,
    /// No offer before.
    retry_at: Instant,
    retry: Duration,
    next_request: RequestId,
    pub(crate) sessions: u64,
    pub(crate) protocol: Option<Protocol>,
    packets_before: u64,
}

struct Active {
    session: MediaSession,
    transport: Transport,
    request: RequestId,
    remotes: Vec<Remote>,
    /// Given up then, unless connected.
    deadline: Instant,
    /// TCP is tried then, unless connected.
    tcp_at: Option<Instant>,
}

/// What a media session brings.
pub(crate) enum LinkOutput {
    /// Media flows: send, beginning with a key frame.
    Connected,
    /// Start again with a key frame.
    KeyFrameWanted(MediaKind),
    /// A sealed frame.
    Frame { slot: Mid, frame: Vec<u8> },
}

impl MediaLink {
    pub(crate) fn new(now: Instant, force_tcp: bool) -> Self {
        Self {
            force_tcp,
            active: None,
            retry_at: now,
            retry: FIRST_RETRY,
            next_request: FIRST_REQUEST,
            sessions: 0,
            protocol: None,
            packets_before: 0,
        }
    }

    /// Makes an offer if there is no session and it is time; called while there is a room and a
    /// connection.
    pub(crate) fn start(&mut self, now: Instant, room: RoomId) -> Option<ClientMessage> {
        if self.active.is_some() || now < self.retry_at {
            return None;
        }
        let request = self.next_request;
        self.next_request = request.wrapping_add(1).max(FIRST_REQUEST);
        let Ok((session, sdp, senders)) = MediaSession::offer(now) else {
            self.stop(now);
            return None;
        };
        self.active = Some(Active {
            session,
            transport: Transport::new(),
            request,
            remotes: Vec::new(),
            deadline: now + CONNECT_TIMEOUT,
            tcp_at: None,
        });
        Some(ClientMessage::Offer {
            request,
            room,
            sdp,
            senders,
            restart: false,
        })
    }

    /// Ends the session; the next one may start a little later.
    pub(crate) fn stop(&mut self, now: Instant) {
        if let Some(active) = self.active.take() {
            self.packets_before += active.session.packets_received();
        }
        self.retry_at = now + self.retry;
        self.retry = (self.retry * 2).min(MAX_RETRY);
    }

    /// The connection to the server is new: what was put off need not wait.
    pub(crate) fn restart(&mut self, now: Instant) {
        self.stop(now);
        self.retry = FIRST_RETRY;
        self.retry_at = now;
    }

    /// Whether the request is this link's; if so its offer was refused.
    pub(crate) fn handle_refused(&mut self, now: Instant, request: RequestId) -> bool {
        if request < FIRST_REQUEST {
            return false;
        }
        if self.active.as_ref().is_some_and(|a| a.request == request) {
            self.stop(now);
        }
        true
    }

    pub(crate) async fn handle_answer(&mut self, now: Instant, request: RequestId, sdp: &str) {
        let Some(active) = self.active.as_mut().filter(|a| a.request == request) else {
            return;
        };
        let Ok(remotes) = active.session.handle_answer(now, sdp) else {
            self.stop(now);
            return;
        };
        active.deadline = now + CONNECT_TIMEOUT;
        active.remotes = remotes;
        active.tcp_at = Some(if self.force_tcp { now } else { now + TCP_AFTER });
        if !self.force_tcp {
            active.add_udp_paths(now).await;
        }
        self.handle_timeout(now);
    }

    /// The next event of the sockets; never comes while there is no session. Cancel-safe.
    pub(crate) async fn receive(&mut self) -> TransportEvent {
        let event = match self.active.as_mut() {
            Some(active) => active.transport.receive().await,
            None => None,
        };
        match event {
            Some(event) => event,
            None => core::future::pending().await,
        }
    }

    /// Handles an event and what came with it.
    pub(crate) fn handle_transport(&mut self, now: Instant, event: TransportEvent) {
        let Some(active) = self.active.as_mut() else {
            return;
        };
        let mut next = Some(event);
        for _ in 0..BATCH {
            match next {
                Some(TransportEvent::Datagram(datagram)) => {
                    active.session.handle_datagram(now, &datagram);
                }
                Some(TransportEvent::Connected { local, remote }) => {
                    let remote = Remote {
                        protocol: Protocol::Tcp,
                        address: remote,
                    };
                    active.session.add_path(now, local, remote);
                }
                None => return,
            }
            next = active.transport.try_receive();
        }
        if let Some(TransportEvent::Datagram(datagram)) = next {
            active.session.handle_datagram(now, &datagram);
        }
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        let Some(active) = self.active.as_mut() else {
            return;
        };
        if active.session.poll_timeout() <= now {
            active.session.handle_timeout(now);
        }
        if active.session.is_connected() {
            return;
        }
        if now >= active.deadline {
            self.stop(now);
        } else if active.tcp_at.is_some_and(|at| now >= at) {
            active.tcp_at = None;
            for remote in &active.remotes {
                if remote.protocol == Protocol::Tcp {
                    active.transport.connect_tcp(remote.address);
                }
            }
        }
    }

    /// When [`Self::handle_timeout`] or, without a session, [`Self::start`] is due.
    pub(crate) fn poll_timeout(&self) -> Instant {
        let Some(active) = &self.active else {
            return self.retry_at;
        };
        let session = active.session.poll_timeout();
        if active.session.is_connected() {
            return session;
        }
        session
            .min(active.deadline)
            .min(active.tcp_at.unwrap_or(active.deadline))
    }

    /// What is to be done; sends what is to be sent on the way.
    pub(crate) fn poll_output(&mut self, now: Instant) -> Option<LinkOutput> {
        loop {
            let active = self.active.as_mut()?;
            match active.session.poll_output()? {
                MediaOutput::Transmit(transmit) => {
                    if active.session.is_connected() {
                        self.protocol = Some(transmit.proto);
                    }
                    active.transport.send(
                        transmit.proto,
                        transmit.source,
                        transmit.destination,
                        &transmit.contents,
                    );
                }
                MediaOutput::Connected => {
                    self.sessions += 1;
                    self.retry = FIRST_RETRY;
                    return Some(LinkOutput::Connected);
                }
                MediaOutput::Closed => self.stop(now),
                MediaOutput::KeyFrameWanted(kind) => {
                    return Some(LinkOutput::KeyFrameWanted(kind));
                }
                MediaOutput::Frame { slot, frame } => {
                    return Some(LinkOutput::Frame { slot, frame });
                }
            }
        }
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.active
            .as_ref()
            .is_some_and(|active| active.session.is_connected())
    }

    pub(crate) fn packets_received(&self) -> u64 {
        let present = self
            .active
            .as_ref()
            .map_or(0, |active| active.session.packets_received());
        self.packets_before + present
    }

    pub(crate) fn request_key_frame(&mut self, now: Instant, slot: Mid) {
        if let Some(active) = &mut self.active {
            active.session.request_key_frame(now, slot);
        }
    }

    pub(crate) fn send_video(
        &mut self,
        now: Instant,
        kind: MediaKind,
        format: (VideoCodec, u16, u16),
        sealed: &[u8],
        key: bool,
        time: u32,
    ) {
        if let Some(active) = &mut self.active {
            let session = &mut active.session;
            session.send_video(now, kind, format, sealed, key, time);
        }
    }

    pub(crate) fn send_audio(&mut self, now: Instant, sealed: Vec<u8>, time: u32) {
        if let Some(active) = &mut self.active {
            active.session.send_audio(now, sealed, time);
        }
    }
}

impl Active {
    async fn add_udp_paths(&mut self, now: Instant) {
        let remotes = self.remotes.iter().copied();
        let remotes: Vec<Remote> = remotes.filter(|r| r.protocol == Protocol::Udp).collect();
        for remote in remotes {
            // An address that the system can't reach is one path less.
            if let Ok(local) = self.transport.bind_udp_towards(remote.address).await {
                self.session.add_path(now, local, remote);
            }
        }
    }
}
