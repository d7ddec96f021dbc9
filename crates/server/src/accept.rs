use axum_server::accept::Accept;
use std::future::{Ready, ready};
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower_service::Service;

/// Lets a bounded number of HTTP connections in; one more is closed at once.
#[derive(Clone)]
pub(crate) struct Gate {
    places: Arc<Semaphore>,
}

/// A connection's service, and with it the connection's place.
#[derive(Clone)]
pub(crate) struct Placed<S> {
    service: S,
    _place: Arc<OwnedSemaphorePermit>,
}

impl Gate {
    pub(crate) fn new(connections: usize) -> Self {
        Self {
            places: Arc::new(Semaphore::new(connections)),
        }
    }
}

impl<S> Accept<TcpStream, S> for Gate {
    type Stream = TcpStream;
    type Service = Placed<S>;
    type Future = Ready<io::Result<(Self::Stream, Self::Service)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let place = Arc::clone(&self.places).try_acquire_owned();
        let accepted = place.map_err(io::Error::other).and_then(|place| {
            stream.set_nodelay(true)?;
            let placed = Placed {
                service,
                _place: Arc::new(place),
            };
            Ok((stream, placed))
        });
        ready(accepted)
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
