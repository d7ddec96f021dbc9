//! A relay of datagrams: for each client a socket towards the server, and a line of its own.

use crate::command::{Client as ClientReport, Fault};
use crate::impairment::{Impairment, Kind};
use crate::proxy::mix;
use crate::settings::{Direction, Filter, Settings};
use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

/// How many clients a relay remembers; the one that was silent longest makes room.
const MAX_CLIENTS: usize = 1024;
/// How many datagrams from servers may wait.
const INBOX: usize = 1024;
/// How many datagrams are taken before those that are due are sent.
const BATCH: usize = 64;
const MAX_DATAGRAM: usize = 65_535;

pub(crate) struct UdpRelay {
    listen: SocketAddr,
    orders: mpsc::Sender<Order>,
    settings: watch::Sender<Settings>,
    task: JoinHandle<()>,
}

enum Order {
    Target(Option<SocketAddr>, oneshot::Sender<()>),
    Readdress(
        Filter,
        Option<IpAddr>,
        oneshot::Sender<Result<usize, Fault>>,
    ),
    Clients(oneshot::Sender<Vec<ClientReport>>),
}

impl UdpRelay {
    pub(crate) async fn open(
        listen: SocketAddr,
        to: Option<SocketAddr>,
        seed: u64,
    ) -> io::Result<Self> {
        let socket = UdpSocket::bind(listen).await?;
        let listen = socket.local_addr()?;
        let (orders, inbox) = mpsc::channel(16);
        let settings = watch::Sender::new(Settings::default());
        let (from_servers, servers) = mpsc::channel(INBOX);
        let shell = Shell {
            socket,
            to,
            seed,
            clients: BTreeMap::new(),
            seen: 0,
            settings: settings.subscribe(),
            from_servers,
            start: Instant::now(),
        };
        let task = tokio::spawn(shell.run(inbox, servers));
        Ok(Self {
            listen,
            orders,
            settings,
            task,
        })
    }

    pub(crate) fn listen(&self) -> SocketAddr {
        self.listen
    }

    pub(crate) fn settings(&self) -> &watch::Sender<Settings> {
        &self.settings
    }

    pub(crate) async fn target(&self, to: Option<SocketAddr>) -> Result<(), Fault> {
        self.order(|reply| Order::Target(to, reply)).await
    }

    pub(crate) async fn readdress(
        &self,
        client: Filter,
        from: Option<IpAddr>,
    ) -> Result<usize, Fault> {
        self.order(|reply| Order::Readdress(client, from, reply))
            .await?
    }

    pub(crate) async fn clients(&self) -> Result<Vec<ClientReport>, Fault> {
        self.order(Order::Clients).await
    }

    async fn order<T>(&self, order: impl FnOnce(oneshot::Sender<T>) -> Order) -> Result<T, Fault> {
        let (reply, answer) = oneshot::channel();
        let sent = self.orders.send(order(reply)).await;
        sent.map_err(|_| Fault::Ended)?;
        answer.await.map_err(|_| Fault::Ended)
    }
}

impl Drop for UdpRelay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Shell {
    socket: UdpSocket,
    to: Option<SocketAddr>,
    seed: u64,
    clients: BTreeMap<SocketAddr, Client>,
    /// How many clients there were so far.
    seen: u64,
    settings: watch::Receiver<Settings>,
    from_servers: mpsc::Sender<FromServer>,
    start: Instant,
}

struct Client {
    upstream: Upstream,
    up: Impairment<Vec<u8>>,
    down: Impairment<Vec<u8>>,
    last: Duration,
}

/// A socket towards the server, and the task that reads it.
struct Upstream {
    socket: Arc<UdpSocket>,
    reader: JoinHandle<()>,
}

struct FromServer {
    client: SocketAddr,
    from: SocketAddr,
    bytes: Vec<u8>,
    /// The port it came to: what comes to one that was given up is lost.
    port: u16,
}

impl Shell {
    async fn run(
        mut self,
        mut orders: mpsc::Receiver<Order>,
        mut servers: mpsc::Receiver<FromServer>,
    ) {
        let mut buffer = vec![0; MAX_DATAGRAM];
        loop {
            self.deliver().await;
            let due = self.poll_timeout();
            let wake = self.start + due.unwrap_or_default();
            tokio::select! {
                received = self.socket.recv_from(&mut buffer) => {
                    // An error is about an earlier datagram; the socket goes on.
                    if let Ok((length, client)) = received {
                        self.handle_client(client, &buffer[..length]).await;
                        self.handle_more(&mut buffer).await;
                    }
                }
                Some(packet) = servers.recv() => self.handle_server(packet),
                order = orders.recv() => match order {
                    Some(order) => self.handle_order(order).await,
                    None => return,
                },
                Ok(()) = self.settings.changed() => self.handle_settings(),
                () = sleep_until(wake), if due.is_some() => {}
            }
        }
    }

    fn now(&self) -> Duration {
        self.start.elapsed()
    }

    fn poll_timeout(&self) -> Option<Duration> {
        let lines = self.clients.values();
        lines
            .flat_map(|client| [client.up.poll_timeout(), client.down.poll_timeout()])
            .flatten()
            .min()
    }

    async fn handle_more(&mut self, buffer: &mut [u8]) {
        for _ in 0..BATCH {
            match self.socket.try_recv_from(buffer) {
                Ok((length, client)) => self.handle_client(client, &buffer[..length]).await,
                Err(_) => return,
            }
        }
    }

    async fn handle_client(&mut self, address: SocketAddr, bytes: &[u8]) {
        let now = self.now();
        if !self.clients.contains_key(&address) {
            // Without a socket for it the datagram is lost, as on any network.
            let Ok(client) = self.admit(address, now).await else {
                return;
            };
            self.clients.insert(address, client);
        }
        if let Some(client) = self.clients.get_mut(&address) {
            client.last = now;
            client.up.handle_packet(now, bytes.to_vec());
        }
    }

    async fn admit(&mut self, address: SocketAddr, now: Duration) -> io::Result<Client> {
        if self.clients.len() >= MAX_CLIENTS {
            let silent = self.clients.iter().min_by_key(|(_, client)| client.last);
            let silent = silent.map(|(address, _)| *address);
            silent.map(|address| self.clients.remove(&address));
        }
        let upstream = self.upstream(address, None).await?;
        let seed = mix(self.seed, self.seen);
        self.seen += 1;
        let mut up = Impairment::new(Kind::Datagrams, mix(seed, 0));
        let mut down = Impairment::new(Kind::Datagrams, mix(seed, 1));
        let settings = self.settings.borrow();
        up.handle_profile(settings.of(address, Direction::Up));
        down.handle_profile(settings.of(address, Direction::Down));
        Ok(Client {
            upstream,
            up,
            down,
            last: now,
        })
    }

    async fn upstream(&self, client: SocketAddr, from: Option<IpAddr>) -> io::Result<Upstream> {
        let any: IpAddr = match self.to.unwrap_or(client) {
            SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        let socket = UdpSocket::bind(SocketAddr::new(from.unwrap_or(any), 0)).await?;
        let port = socket.local_addr()?.port();
        let socket = Arc::new(socket);
        let (read, inbox) = (socket.clone(), self.from_servers.clone());
        let reader = tokio::spawn(async move {
            let mut buffer = vec![0; MAX_DATAGRAM];
            loop {
                let Ok((length, from)) = read.recv_from(&mut buffer).await else {
                    continue;
                };
                let packet = FromServer {
                    client,
                    from,
                    bytes: buffer[..length].to_vec(),
                    port,
                };
                if inbox.send(packet).await.is_err() {
                    return;
                }
            }
        });
        Ok(Upstream { socket, reader })
    }

    fn handle_server(&mut self, packet: FromServer) {
        let now = self.now();
        if Some(packet.from) != self.to {
            return;
        }
        if let Some(client) = self.clients.get_mut(&packet.client)
            && client.upstream.port() == Some(packet.port)
        {
            client.down.handle_packet(now, packet.bytes);
        }
    }

    fn handle_settings(&mut self) {
        let settings = self.settings.borrow_and_update();
        for (address, client) in &mut self.clients {
            client
                .up
                .handle_profile(settings.of(*address, Direction::Up));
            client
                .down
                .handle_profile(settings.of(*address, Direction::Down));
        }
    }

    /// Whoever gave the order may have gone.
    async fn handle_order(&mut self, order: Order) {
        match order {
            Order::Target(to, reply) => {
                self.to = to;
                let _ = reply.send(());
            }
            Order::Readdress(filter, from, reply) => {
                let _ = reply.send(self.readdress(filter, from).await);
            }
            Order::Clients(reply) => {
                let clients = self.clients.iter();
                let report = clients.map(|(address, client)| ClientReport {
                    address: *address,
                    upstream: client.upstream.socket.local_addr().ok(),
                    up: client.up.counters(),
                    down: client.down.counters(),
                });
                let _ = reply.send(report.collect());
            }
        }
    }

    async fn readdress(&mut self, filter: Filter, from: Option<IpAddr>) -> Result<usize, Fault> {
        let meant = self.clients.keys().copied();
        let meant: Vec<_> = meant.filter(|client| filter.is(*client)).collect();
        for address in &meant {
            // The former socket is there until the new one is: it can't get the same port.
            let upstream = self.upstream(*address, from).await?;
            if let Some(client) = self.clients.get_mut(address) {
                client.upstream = upstream;
            }
        }
        Ok(meant.len())
    }

    async fn deliver(&mut self) {
        let now = self.start.elapsed();
        for (address, client) in &mut self.clients {
            while let Some(bytes) = client.up.poll_packet(now) {
                if let Some(to) = self.to {
                    // What the system doesn't take is lost, as on any network.
                    let _ = client.upstream.socket.send_to(&bytes, to).await;
                }
            }
            while let Some(bytes) = client.down.poll_packet(now) {
                let _ = self.socket.send_to(&bytes, address).await;
            }
        }
    }
}

impl Upstream {
    fn port(&self) -> Option<u16> {
        self.socket.local_addr().ok().map(|address| address.port())
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.reader.abort();
    }
}
