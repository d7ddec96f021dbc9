//! New connections: which get in, and what those that don't are told.

use crate::media::MediaHandle;
use crate::origin::Origins;
use crate::places::{Place, Places};
use crate::plain;
use axum::extract::connect_info::Connected;
use axum_server::accept::Accept;
use axum_server::{AddrListener, Address};
use rustix::io::Errno;
use std::fs::File;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};
use tower_service::Service;

/// For the first byte of a connection that may be ICE-TCP, or plain HTTP where HTTPS is spoken.
const FIRST_BYTE: Duration = Duration::from_secs(10);
/// ICE-TCP frames begin with their length (RFC 4571), and the first one is a STUN request of a few
/// hundred bytes; TLS begins with 0x16 (RFC 8446 section 5.1), HTTP with a letter.
const LARGEST_ICE_FIRST_BYTE: u8 = 0x07;
/// Between attempts to accept while there is no descriptor left.
const RETRY: Duration = Duration::from_millis(50);

const FULL: &str = "The server has as many connections as it takes; try again later.";
const NO_DESCRIPTORS: &str = "The server can open nothing more now; try again later.";

/// The listening socket. While the process has no file descriptor left, it gives one up to tell
/// those that come that nothing is to be had now, rather than let them wait.
pub(crate) struct Listener {
    tcp: TcpListener,
    tls: bool,
    /// Something that holds a descriptor.
    spare: Mutex<Option<File>>,
    used_up: AtomicBool,
}

/// Where a connection comes from, by which axum-server finds [`Listener`].
#[derive(Clone)]
pub(crate) struct Peer(SocketAddr);

/// Lets a bounded number of HTTP connections in; one more is refused at once. If the media port is
/// the same one, it gets its connections from here.
#[derive(Clone)]
pub(crate) struct Gate {
    places: Arc<Semaphore>,
    of_address: Arc<Places>,
    media: Option<MediaHandle>,
    /// Where HTTPS is spoken: the origins to which plain HTTP is sent.
    tls: Option<Arc<Origins>>,
}

/// A connection's service, and with it the connection's place.
#[derive(Clone)]
pub(crate) struct Placed<S> {
    service: S,
    _place: Arc<(OwnedSemaphorePermit, Place)>,
}

impl Listener {
    pub(crate) fn new(tcp: std::net::TcpListener, tls: bool) -> io::Result<Self> {
        tcp.set_nonblocking(true)?;
        Ok(Self {
            tcp: TcpListener::from_std(tcp)?,
            tls,
            spare: Mutex::new(Some(spare()?)),
            used_up: AtomicBool::new(false),
        })
    }

    /// Tells one that waits that there is nothing to be had.
    async fn turn_away(&self) {
        let spare = self.lock().take();
        if spare.is_some() {
            drop(spare);
            // Whoever waits is there already.
            if let Ok(Ok((stream, _))) = timeout(RETRY, self.tcp.accept()).await
                && !self.tls
            {
                plain::refuse_at_once(&stream, NO_DESCRIPTORS);
            }
        }
        let fresh = spare_again();
        if let Some(fresh) = fresh {
            *self.lock() = Some(fresh);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<File>> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn spare() -> io::Result<File> {
    File::open("/dev/null")
}

fn spare_again() -> Option<File> {
    spare().ok()
}

impl Address for Peer {
    type Stream = TcpStream;
    type Listener = Listener;
}

impl Connected<Peer> for SocketAddr {
    fn connect_info(peer: Peer) -> Self {
        peer.0
    }
}

impl AddrListener<TcpStream, Peer> for Listener {
    async fn bind_to(address: Peer) -> io::Result<Self> {
        Self::new(std::net::TcpListener::bind(address.0)?, false)
    }

    async fn accept_stream(&self) -> io::Result<(TcpStream, Peer)> {
        loop {
            match self.tcp.accept().await {
                Ok(accepted) => {
                    // The spare one comes first: it tells that there are some again.
                    let missing = self.lock().is_none();
                    if missing {
                        *self.lock() = spare_again();
                    }
                    if self.used_up.swap(false, Ordering::Relaxed) {
                        tracing::info!("file descriptors are to be had again");
                    }
                    return Ok((accepted.0, Peer(accepted.1)));
                }
                Err(error) if is_used_up(&error) => {
                    if !self.used_up.swap(true, Ordering::Relaxed) {
                        tracing::error!(
                            "file descriptors are used up: new connections are refused, those that are there go on; raise the limit (ulimit -n, LimitNOFILE)"
                        );
                    }
                    self.turn_away().await;
                    sleep(RETRY).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn get_local_addr(&self) -> io::Result<Peer> {
        self.tcp.local_addr().map(Peer)
    }
}

fn is_used_up(error: &io::Error) -> bool {
    let errno = Errno::from_io_error(error);
    errno.is_some_and(|errno| errno == Errno::MFILE || errno == Errno::NFILE)
}

impl Gate {
    /// `media` is given what turns out to be ICE-TCP; with `tls`, plain HTTP is sent to HTTPS.
    pub(crate) fn new(
        connections: usize,
        of_address: usize,
        media: Option<MediaHandle>,
        tls: Option<Arc<Origins>>,
    ) -> Self {
        Self {
            places: Arc::new(Semaphore::new(connections)),
            of_address: Places::new(of_address),
            media,
            tls,
        }
    }

    async fn admit<S>(self, stream: TcpStream, service: S) -> io::Result<(TcpStream, Placed<S>)> {
        let address = stream.peer_addr()?.ip();
        let place = self.places.try_acquire_owned().ok();
        let Some(place) = place.zip(self.of_address.take(address)) else {
            if self.tls.is_none() {
                plain::refuse_at_once(&stream, FULL);
            }
            return Err(io::Error::other("no place"));
        };
        if self.media.is_some() || self.tls.is_some() {
            let mut first = [0];
            let read = timeout(FIRST_BYTE, stream.peek(&mut first)).await??;
            let first = first[0];
            if let Some(media) = self.media
                && read == 1
                && first <= LARGEST_ICE_FIRST_BYTE
            {
                media.handle_tcp(stream, Vec::new()).await?;
                return Err(io::Error::other("handed over to the media port"));
            }
            if let Some(origins) = self.tls
                && first.is_ascii_uppercase()
            {
                plain::send_to_https(stream, &origins).await?;
                return Err(io::Error::other("plain HTTP"));
            }
        }
        stream.set_nodelay(true)?;
        let placed = Placed {
            service,
            _place: Arc::new(place),
        };
        Ok((stream, placed))
    }
}

impl<S: Send + 'static> Accept<TcpStream, S> for Gate {
    type Stream = TcpStream;
    type Service = Placed<S>;
    type Future = Pin<Box<dyn Future<Output = io::Result<(TcpStream, Placed<S>)>> + Send>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        Box::pin(self.clone().admit(stream, service))
    }
}

impl<S: Service<R>, R> Service<R> for Placed<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, request: R) -> S::Future {
        self.service.call(request)
    }
}
