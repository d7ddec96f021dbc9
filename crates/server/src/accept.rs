use crate::media::MediaHandle;
use axum_server::accept::Accept;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tower_service::Service;

/// For the first byte of a connection that may be ICE-TCP.
const FIRST_BYTE: Duration = Duration::from_secs(10);
/// ICE-TCP frames begin with their length (RFC 4571), and the first one is a STUN request of a few
/// hundred bytes; TLS begins with 0x16 (RFC 8446 section 5.1), HTTP with a letter.
const LARGEST_ICE_FIRST_BYTE: u8 = 0x07;

/// Lets a bounded number of HTTP connections in; one more is closed at once. If the media port is
/// the same one, it gets its connections from here.
#[derive(Clone)]
pub(crate) struct Gate {
    places: Arc<Semaphore>,
    media: Option<MediaHandle>,
}

/// A connection's service, and with it the connection's place.
#[derive(Clone)]
pub(crate) struct Placed<S> {
    service: S,
    _place: Arc<OwnedSemaphorePermit>,
}

impl Gate {
    /// `media` is given what turns out to be ICE-TCP.
    pub(crate) fn new(connections: usize, media: Option<MediaHandle>) -> Self {
        Self {
            places: Arc::new(Semaphore::new(connections)),
            media,
        }
    }

    async fn admit<S>(self, stream: TcpStream, service: S) -> io::Result<(TcpStream, Placed<S>)> {
        let place = self.places.try_acquire_owned().map_err(io::Error::other)?;
        if let Some(media) = self.media {
            let mut first = [0];
            let read = timeout(FIRST_BYTE, stream.peek(&mut first)).await??;
            if read == 1 && first[0] <= LARGEST_ICE_FIRST_BYTE {
                media.handle_tcp(stream, Vec::new()).await?;
                return Err(io::Error::other("handed over to the media port"));
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
