//! A relay of connections: each is a line of its own.

use crate::command::Client as ClientReport;
use crate::impairment::{Counters, Impairment, Kind};
use crate::proxy::mix;
use crate::settings::{Direction, Filter, Settings};
use socket2::SockRef;
use std::collections::BTreeMap;
use std::io;
use std::net::{Shutdown, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep, sleep_until};

/// The largest piece of a stream that is delayed as one.
const PIECE: usize = 16 * 1024;
/// The pause after an accept failed for want of something, such as file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

pub(crate) struct TcpRelay {
    listen: SocketAddr,
    settings: watch::Sender<Settings>,
    to: watch::Sender<Option<SocketAddr>>,
    connections: Connections,
    task: JoinHandle<()>,
}

type Connections = Arc<Mutex<BTreeMap<u64, Connection>>>;

struct Connection {
    client: SocketAddr,
    upstream: Option<SocketAddr>,
    counters: [Counters; 2],
    reset: Arc<Notify>,
}

impl TcpRelay {
    pub(crate) async fn open(
        listen: SocketAddr,
        to: Option<SocketAddr>,
        seed: u64,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(listen).await?;
        let listen = listener.local_addr()?;
        let settings = watch::Sender::new(Settings::default());
        let to = watch::Sender::new(to);
        let connections = Connections::default();
        let acceptor = Acceptor {
            seed,
            settings: settings.subscribe(),
            to: to.subscribe(),
            connections: connections.clone(),
        };
        let task = tokio::spawn(acceptor.run(listener));
        Ok(Self {
            listen,
            settings,
            to,
            connections,
            task,
        })
    }

    pub(crate) fn listen(&self) -> SocketAddr {
        self.listen
    }

    pub(crate) fn settings(&self) -> &watch::Sender<Settings> {
        &self.settings
    }

    pub(crate) fn target(&self, to: Option<SocketAddr>) {
        self.to.send_replace(to);
    }

    /// Resets those connections; returns how many.
    pub(crate) fn reset(&self, client: Filter) -> usize {
        let connections = lock(&self.connections);
        let meant = connections.values().filter(|it| client.is(it.client));
        meant
            .map(|connection| connection.reset.notify_one())
            .count()
    }

    pub(crate) fn clients(&self) -> Vec<ClientReport> {
        let connections = lock(&self.connections);
        let report = connections.values().map(|connection| ClientReport {
            address: connection.client,
            upstream: connection.upstream,
            up: connection.counters[0],
            down: connection.counters[1],
        });
        report.collect()
    }
}

impl Drop for TcpRelay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Acceptor {
    seed: u64,
    settings: watch::Receiver<Settings>,
    to: watch::Receiver<Option<SocketAddr>>,
    connections: Connections,
}

impl Acceptor {
    async fn run(self, listener: TcpListener) {
        // Ends the connections with the relay.
        let mut tasks = JoinSet::new();
        let mut number = 0;
        loop {
            let Ok((stream, client)) = listener.accept().await else {
                sleep(ACCEPT_PAUSE).await;
                continue;
            };
            while tasks.try_join_next().is_some() {}
            let line = Line {
                number,
                client,
                seed: mix(self.seed, number),
                settings: self.settings.clone(),
                connections: self.connections.clone(),
                start: Instant::now(),
            };
            let to = *self.to.borrow();
            tasks.spawn(line.run(stream, to));
            number += 1;
        }
    }
}

/// What a connection of a client is relayed by.
struct Line {
    number: u64,
    client: SocketAddr,
    seed: u64,
    settings: watch::Receiver<Settings>,
    connections: Connections,
    start: Instant,
}

impl Line {
    async fn run(self, stream: TcpStream, to: Option<SocketAddr>) {
        let reset = Arc::new(Notify::new());
        let connection = Connection {
            client: self.client,
            upstream: None,
            counters: Default::default(),
            reset: reset.clone(),
        };
        lock(&self.connections).insert(self.number, connection);
        let mut upstream = None;
        let ended = tokio::select! {
            ended = self.relay(&stream, to, &mut upstream) => ended,
            () = reset.notified() => Err(io::ErrorKind::ConnectionReset.into()),
        };
        if ended.is_err() {
            for stream in [Some(&stream), upstream.as_ref()].into_iter().flatten() {
                // A connection that is closed so is reset. It may have been reset already.
                let _ = SockRef::from(stream).set_linger(Some(Duration::ZERO));
            }
        }
        lock(&self.connections).remove(&self.number);
    }

    async fn relay(
        &self,
        stream: &TcpStream,
        to: Option<SocketAddr>,
        upstream: &mut Option<TcpStream>,
    ) -> io::Result<()> {
        let to = to.ok_or(io::ErrorKind::ConnectionRefused)?;
        let mut settings = self.settings.clone();
        let passes = |settings: &Settings| !settings.of(self.client, Direction::Up).cut;
        if settings.wait_for(passes).await.is_err() {
            return Ok(());
        }
        let upstream = &*upstream.insert(TcpStream::connect(to).await?);
        for stream in [stream, upstream] {
            stream.set_nodelay(true)?;
        }
        let address = upstream.local_addr()?;
        self.update(|connection| connection.upstream = Some(address));
        let (up, down) = (Direction::Up, Direction::Down);
        tokio::try_join!(
            self.pump(up, Half(stream), Half(upstream)),
            self.pump(down, Half(upstream), Half(stream)),
        )?;
        Ok(())
    }

    async fn pump(&self, direction: Direction, from: Half<'_>, to: Half<'_>) -> io::Result<()> {
        let mut line: Impairment<Vec<u8>> =
            Impairment::new(Kind::Stream, mix(self.seed, direction as u64));
        let mut settings = self.settings.clone();
        line.handle_profile(settings.borrow_and_update().of(self.client, direction));
        let mut buffer = vec![0; PIECE];
        let mut ended = false;
        loop {
            while let Some(bytes) = line.poll_packet(self.start.elapsed()) {
                to.write(&bytes).await?;
            }
            let counters = line.counters();
            self.update(|connection| connection.counters[direction as usize] = counters);
            if ended && line.is_empty() {
                return to.end();
            }
            let reads = !ended && !line.is_full(self.start.elapsed());
            let due = line.poll_timeout();
            let wake = self.start + due.unwrap_or_default();
            tokio::select! {
                read = from.read(&mut buffer), if reads => match read? {
                    0 => ended = true,
                    length => {
                        line.handle_packet(self.start.elapsed(), buffer[..length].to_vec());
                    }
                },
                () = sleep_until(wake), if due.is_some() => {}
                changed = settings.changed() => {
                    if changed.is_err() {
                        return Ok(());
                    }
                    let profile = settings.borrow_and_update().of(self.client, direction);
                    line.handle_profile(profile);
                }
            }
        }
    }

    fn update(&self, change: impl FnOnce(&mut Connection)) {
        if let Some(connection) = lock(&self.connections).get_mut(&self.number) {
            change(connection);
        }
    }
}

/// One direction of a stream, which the other direction doesn't have to be told of.
#[derive(Clone, Copy)]
struct Half<'a>(&'a TcpStream);

impl Half<'_> {
    /// How many bytes there were; none if there will be no more. Cancel-safe.
    async fn read(self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            self.0.readable().await?;
            match self.0.try_read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                read => return read,
            }
        }
    }

    async fn write(self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            self.0.writable().await?;
            match self.0.try_write(bytes) {
                Ok(length) => bytes = &bytes[length..],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn end(self) -> io::Result<()> {
        SockRef::from(self.0).shutdown(Shutdown::Write)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
