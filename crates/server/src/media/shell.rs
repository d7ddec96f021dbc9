//! The media thread: moves bytes, time and commands between sockets and the [`incamera_sfu`] node.

use super::addresses::Addresses;
use super::tcp::{TcpInput, TcpPeer};
use super::udp::Udp;
use super::{
    COMMAND_QUEUE, Command, EVENT_QUEUE, MediaConfig, MediaCounters, MediaEvent, MediaHandle,
    MediaStartError, OfferError,
};
use incamera_sfu::{Candidates, Event, Protocol, Sfu, SfuConfig, Transmit};
use socket2::{Domain, Protocol as IpProtocol, Socket, Type};
use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{sleep, sleep_until};

/// How often another port is tried if the chosen one is free for UDP but not for TCP.
const PORT_TRIES: usize = 50;
/// How many ICE-TCP connections there may be at once.
const MAX_TCP: usize = 2000;
/// How many frames of ICE-TCP wait for the media thread; their connections wait then.
const TCP_QUEUE: usize = 1024;
/// How many batches of datagrams are taken before the node's output is sent.
const RECEIVE_ROUNDS: usize = 4;
/// The pause after an accept failed for want of something, such as file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

pub(super) fn start(
    config: &MediaConfig,
) -> Result<(MediaHandle, SocketAddr, mpsc::Receiver<MediaEvent>), MediaStartError> {
    let bind_error = |source| MediaStartError::Bind {
        address: config.bind,
        source,
    };
    let (udp, tcp) = if config.tcp_is_shared {
        let udp = socket(config.bind, Type::DGRAM, IpProtocol::UDP).map_err(bind_error)?;
        (udp.into(), None)
    } else {
        let (udp, tcp) = bind(config.bind).map_err(bind_error)?;
        (udp, Some(tcp))
    };
    let address = udp.local_addr().map_err(bind_error)?;
    let addresses = Addresses::new(address, &config.advertise)?;
    let node = SfuConfig {
        candidates: Candidates {
            udp: addresses.advertised.clone(),
            tcp: addresses.advertised.clone(),
        },
        limits: config.limits,
        seed: seed().map_err(MediaStartError::Random)?,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(MediaStartError::Thread)?;
    let (commands, inbox) = mpsc::channel(COMMAND_QUEUE);
    let (events, outbox) = mpsc::channel(EVENT_QUEUE);
    let (tcp_sender, tcp_inputs) = mpsc::channel(TCP_QUEUE);
    let shell = {
        let _context = runtime.enter();
        Shell {
            sfu: Sfu::new(now(), node),
            udp: Udp::new(udp).map_err(bind_error)?,
            listener: tcp
                .map(TcpListener::from_std)
                .transpose()
                .map_err(bind_error)?,
            peers: HashMap::new(),
            addresses,
            tcp_sender,
            events,
            unsent: 0,
        }
    };
    std::thread::Builder::new()
        .name("media".into())
        .spawn(move || {
            let done = runtime.block_on(shell.run(inbox, tcp_inputs));
            drop(runtime);
            if let Some(done) = done {
                let _ = done.send(());
            }
        })
        .map_err(MediaStartError::Thread)?;
    Ok((MediaHandle { commands }, address, outbox))
}

struct Shell {
    sfu: Sfu,
    udp: Udp,
    /// None if the web port accepts for this one.
    listener: Option<TcpListener>,
    /// ICE-TCP connections by their remote address.
    peers: HashMap<SocketAddr, TcpPeer>,
    addresses: Addresses,
    tcp_sender: mpsc::Sender<TcpInput>,
    events: mpsc::Sender<MediaEvent>,
    /// Packets that slow TCP connections didn't take.
    unsent: u64,
}

impl Shell {
    /// Serves until told to stop, or until nobody is left to tell; returns whom to tell that it
    /// has stopped.
    async fn run(
        mut self,
        mut inbox: mpsc::Receiver<Command>,
        mut tcp_inputs: mpsc::Receiver<TcpInput>,
    ) -> Option<oneshot::Sender<()>> {
        let timer = sleep_until(self.sfu.poll_timeout().into());
        tokio::pin!(timer);
        let done = loop {
            self.flush();
            timer.as_mut().reset(self.sfu.poll_timeout().into());
            let untold = self.sfu.has_event();
            tokio::select! {
                command = inbox.recv() => match command {
                    None => break None,
                    Some(Command::Shutdown(done)) => break Some(done),
                    Some(command) => self.handle_command(command),
                },
                readable = self.udp.readable() => {
                    if readable.is_ok() {
                        self.receive();
                    }
                }
                Some(input) = tcp_inputs.recv() => self.handle_tcp_input(input),
                accepted = accept(self.listener.as_ref()) => match accepted {
                    Ok((stream, _)) => self.open(stream, Vec::new()),
                    Err(_) => sleep(ACCEPT_PAUSE).await,
                },
                () = room(&self.events), if untold => {}
                () = &mut timer => {}
            }
            self.sfu.handle_timeout(now());
        };
        let connections: Vec<_> = self.sfu.connections().collect();
        for connection in connections {
            self.sfu.hangup(now(), connection);
        }
        self.flush();
        done
    }

    fn handle_command(&mut self, command: Command) {
        match command {
            Command::Offer(offer, reply) => {
                let answer = self.sfu.handle_offer(now(), *offer);
                let answer = answer.map_err(|error| match error {
                    incamera_sfu::OfferError::Full => OfferError::Full(error.to_string()),
                    incamera_sfu::OfferError::NoSession => OfferError::NoSession(error.to_string()),
                    error => OfferError::BadOffer(error.to_string()),
                });
                // Whoever asked may have gone; its connection's end hangs up.
                let _ = reply.send(answer);
            }
            Command::Watch(connection, wanted) => {
                self.sfu.handle_watch(now(), connection, &wanted);
            }
            Command::Hangup(connection) => self.sfu.hangup(now(), connection),
            Command::Tcp(stream, first_bytes) => {
                if let Ok(stream) = TcpStream::from_std(stream) {
                    self.open(stream, first_bytes);
                }
            }
            Command::Counters(reply) => {
                let _ = reply.send(self.counters());
            }
            #[cfg(feature = "test-hooks")]
            Command::Hooks(hooks) => self.sfu.set_hooks(hooks),
            Command::Shutdown(_) => {}
        }
    }

    fn receive(&mut self) {
        let (sfu, addresses) = (&mut self.sfu, &self.addresses);
        for _ in 0..RECEIVE_ROUNDS {
            let now = now();
            let more = self.udp.receive(|source, destination, bytes| {
                let meant = match destination {
                    Some(ip) => addresses.meant(ip),
                    None => addresses.advertised.first().copied(),
                };
                if let Some(meant) = meant {
                    sfu.handle_datagram(now, Protocol::Udp, source, meant, bytes);
                }
            });
            // An error is about one peer (an ICMP report): the rest goes on.
            if !matches!(more, Ok(true)) {
                return;
            }
        }
    }

    fn open(&mut self, stream: TcpStream, first_bytes: Vec<u8>) {
        let (Ok(remote), Ok(local)) = (stream.peer_addr(), stream.local_addr()) else {
            return;
        };
        let Some(local) = self.addresses.meant(local.ip()) else {
            return;
        };
        let remote = SocketAddr::new(remote.ip().to_canonical(), remote.port());
        if self.peers.len() < MAX_TCP && !self.peers.contains_key(&remote) {
            let inputs = self.tcp_sender.clone();
            let peer = TcpPeer::open(stream, (local, remote), first_bytes, inputs);
            self.peers.insert(remote, peer);
        }
    }

    fn handle_tcp_input(&mut self, input: TcpInput) {
        let (remote, bytes) = match input {
            TcpInput::Frame(remote, bytes) => (remote, bytes),
            TcpInput::Closed(remote) => {
                self.peers.remove(&remote);
                return;
            }
        };
        let Some(peer) = self.peers.get_mut(&remote) else {
            return;
        };
        let tcp = Protocol::Tcp;
        self.sfu
            .handle_datagram(now(), tcp, remote, peer.local, &bytes);
        if !self.sfu.knows(tcp, remote) && peer.is_stranger() {
            self.peers.remove(&remote);
        }
    }

    /// Sends what the node has to send and tells what it has to tell.
    fn flush(&mut self) {
        while let Some(transmit) = self.sfu.poll_transmit() {
            match transmit.protocol {
                Protocol::Udp => self.udp.send(&self.addresses, &transmit),
                _ => self.send_tcp(transmit),
            }
        }
        self.udp.flush(&self.addresses);
        while self.sfu.has_event() {
            let permit = match self.events.try_reserve() {
                Ok(permit) => Some(permit),
                Err(TrySendError::Full(())) => return,
                // Nobody listens any more.
                Err(TrySendError::Closed(())) => None,
            };
            if let (Some(event), Some(permit)) = (self.sfu.poll_event(), permit) {
                permit.send(named(event));
            }
        }
    }

    fn send_tcp(&mut self, transmit: Transmit) {
        let peer = self.peers.get(&transmit.destination);
        if !peer.is_some_and(|peer| peer.send(transmit.contents)) {
            self.unsent += 1;
        }
    }

    fn counters(&self) -> MediaCounters {
        MediaCounters {
            node: self.sfu.counters(),
            sessions: self.sfu.session_count(),
            tcp_connections: self.peers.len(),
            unsent: self.unsent + self.udp.unsent,
        }
    }
}

/// Waits until an event can be told, or nobody listens any more.
async fn room(events: &mpsc::Sender<MediaEvent>) {
    let _ = events.reserve().await;
}

fn named(event: Event) -> MediaEvent {
    match event {
        Event::Slots {
            connection,
            slots,
            sources,
        } => MediaEvent::Slots {
            connection,
            slots,
            sources,
        },
        Event::TooFast { connection } => MediaEvent::TooFast { connection },
        Event::Closed { connection } => MediaEvent::Closed { connection },
    }
}

async fn accept(listener: Option<&TcpListener>) -> io::Result<(TcpStream, SocketAddr)> {
    match listener {
        Some(listener) => listener.accept().await,
        None => std::future::pending().await,
    }
}

/// A UDP socket and a TCP listener of one number.
fn bind(address: SocketAddr) -> io::Result<(std::net::UdpSocket, std::net::TcpListener)> {
    let mut tries = 0;
    loop {
        let udp: std::net::UdpSocket = socket(address, Type::DGRAM, IpProtocol::UDP)?.into();
        let same = SocketAddr::new(address.ip(), udp.local_addr()?.port());
        match listen(same) {
            Ok(tcp) => return Ok((udp, tcp)),
            Err(_) if address.port() == 0 && tries < PORT_TRIES => tries += 1,
            Err(error) => return Err(error),
        }
    }
}

fn listen(address: SocketAddr) -> io::Result<std::net::TcpListener> {
    let socket = socket(address, Type::STREAM, IpProtocol::TCP)?;
    socket.listen(1024)?;
    Ok(socket.into())
}

fn socket(address: SocketAddr, kind: Type, protocol: IpProtocol) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), kind, Some(protocol))?;
    if address.is_ipv6() {
        socket.set_only_v6(!address.ip().is_unspecified())?;
    }
    if kind == Type::STREAM {
        // A restart takes the port over from connections that are still closing.
        socket.set_reuse_address(true)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    Ok(socket)
}

#[expect(clippy::disallowed_methods, reason = "this is the shell")]
fn now() -> Instant {
    Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "this is the shell")]
fn seed() -> Result<[u8; 32], getrandom::Error> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)?;
    Ok(seed)
}
