use crate::accept::{Gate, Listener, Peer};
use crate::config::Config;
use crate::counters::Counters;
use crate::lan::{self, Lan, LanError};
use crate::media::{MediaConfig, MediaCounters, MediaHandle, MediaStartError};
use crate::operator::{Operator, OperatorError};
use crate::origin::{OriginError, Origins};
use crate::router::router;
use crate::state::{State, end_what_is_left, route_media_events};
use crate::summary;
use crate::tls::{self, TlsError};
use axum_server::Handle;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use incamera_log::{Log, OpenError, Options};
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// For the requests that are being answered when the server stops.
const REQUESTS: Duration = Duration::from_secs(2);
/// For the WebSockets to take the news.
const SOCKETS: Duration = Duration::from_secs(4);
/// For the media port to close.
const MEDIA: Duration = Duration::from_secs(2);
/// For the head of a connection's request.
const HEAD: Duration = Duration::from_secs(10);

/// A server that runs until it is shut down.
pub struct Running {
    http_address: SocketAddr,
    media_address: SocketAddr,
    tls: bool,
    lan: Option<Lan>,
    token: Option<String>,
    state: Arc<State>,
    handle: Handle<Peer>,
    http: JoinHandle<io::Result<()>>,
}

/// Why a server doesn't start. Each is one sentence for people and what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// HTTP can't listen.
    #[error(
        "{address} can't be listened on ({source}). Stop the other program there, or choose another address with --listen."
    )]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// HTTP and media have the same port on overlapping addresses.
    #[error(
        "--listen {listen} and --media {media} overlap. Give them the same address, to share the port, or different ports."
    )]
    Overlap {
        /// Where HTTP was to listen.
        listen: SocketAddr,
        /// Where media was to listen.
        media: SocketAddr,
    },
    /// The machine's addresses can't be listed.
    #[error("This machine's addresses can't be listed ({0}). Listen on one of them with --listen.")]
    Interfaces(io::Error),
    /// The log can't be opened.
    #[error(transparent)]
    Log(#[from] OpenError),
    /// The certificate can't be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// A given origin or domain is none.
    #[error(transparent)]
    Origin(#[from] OriginError),
    /// The media port can't be opened.
    #[error(transparent)]
    Media(#[from] MediaStartError),
    /// There is no certificate for the local network.
    #[error(transparent)]
    Lan(#[from] LanError),
    /// The operator's token can't be kept.
    #[error(transparent)]
    Operator(#[from] OperatorError),
    /// A thread ended before its time.
    #[error("The server can't start a task; it is stopping already.")]
    Task,
}

/// Starts a server; it serves when this returns.
///
/// # Errors
/// [`StartError`]
pub async fn start(config: Config) -> Result<Running, StartError> {
    raise_descriptors();
    let own = config.tls.as_ref().map(tls::load).transpose()?;
    let tls = own.is_some() || config.lan;
    let shared = shares_port(config.listen, config.media)?;
    let (listener, http_address) = listen(config.listen)?;
    let interfaces = interfaces().map_err(StartError::Interfaces)?;
    let mut origins = Origins::new(
        http_address,
        tls,
        &interfaces,
        config.domain.as_deref(),
        &config.origins,
    )?;
    let log = open_log(&config).await?;
    // The log holds the folder from here on.
    let (operator, token) = match config.open {
        true => (None, None),
        false => {
            let (operator, token) = Operator::open(&config.data)?;
            (Some(operator), token)
        }
    };
    let (media, media_address, events) = MediaHandle::start(MediaConfig {
        bind: config.media,
        advertise: config.advertise,
        tcp_is_shared: shared,
        limits: config.limits.media,
    })?;
    let (tls, lan) = match config.lan {
        false => (own, None),
        true => {
            let (tls, lan) = on_the_lan(&config.data, &interfaces, http_address)?;
            for url in &lan.urls {
                origins.add(url)?;
            }
            (Some(tls), Some(lan))
        }
    };
    let limits = config.limits;
    let origins = Arc::new(origins);
    let gate = Gate::new(
        limits.connections,
        limits.sockets_per_address,
        shared.then(|| media.clone()),
        tls.is_some().then(|| Arc::clone(&origins)),
    );
    let state = Arc::new(State::new(
        log,
        media,
        origins,
        config.page,
        limits,
        operator,
        config.demonstration,
    ));
    tokio::spawn(route_media_events(Arc::clone(&state), events));
    tokio::spawn(end_what_is_left(Arc::clone(&state)));
    tokio::spawn(summary::run(Arc::clone(&state), config.summary));
    let handle = Handle::new();
    let is_tls = tls.is_some();
    let secure = Secure::new(tls, lan.is_some());
    let http = spawn_http(listener, secure, gate, handle.clone(), &state).map_err(|source| {
        StartError::Listen {
            address: http_address,
            source,
        }
    })?;
    Ok(Running {
        http_address,
        media_address,
        tls: is_tls,
        lan,
        token,
        state,
        handle,
        http,
    })
}

/// How HTTP is served.
enum Secure {
    No,
    /// With a certificate of the server's own.
    Own(RustlsConfig),
    /// With one that browsers trust: they are told never to come without.
    Strict(RustlsConfig),
}

impl Secure {
    fn new(tls: Option<RustlsConfig>, own: bool) -> Self {
        match (tls, own) {
            (None, _) => Self::No,
            // A browser that was told to be strict wouldn't let people accept the certificate.
            (Some(tls), true) => Self::Own(tls),
            (Some(tls), false) => Self::Strict(tls),
        }
    }
}

async fn open_log(config: &Config) -> Result<Log, StartError> {
    let options = Options {
        max_bytes: config.max_data_bytes,
        max_talks: Some(config.limits.max_talks),
        ..Options::new(&config.data)
    };
    let log = tokio::task::spawn_blocking(move || Log::open(&options));
    Ok(log.await.map_err(|_| StartError::Task)??)
}

/// The certificate for the local network, and how the server is reached there.
fn on_the_lan(
    data: &Path,
    interfaces: &[IpAddr],
    listen: SocketAddr,
) -> Result<(RustlsConfig, Lan), StartError> {
    let own = [listen.ip()];
    let reached = match listen.ip().is_unspecified() {
        true => interfaces,
        false => &own,
    };
    let names = lan::names(reached, &lan::host_name())?;
    let certificate = lan::certificate(data, &names, lan::time_of_making())?;
    let url = |name: &String| match name.contains(':') {
        true => format!("https://[{name}]:{}", listen.port()),
        false => format!("https://{name}:{}", listen.port()),
    };
    let others = names.iter().filter(|name| *name != "localhost");
    let lan = Lan {
        urls: others.map(url).collect(),
        fingerprint: certificate.fingerprint,
    };
    Ok((tls::serve(certificate.chain, certificate.key)?, lan))
}

/// As many file descriptors as the system lets this process have without asking anybody.
fn raise_descriptors() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    if limit.current != limit.maximum && setrlimit(Resource::Nofile, raised).is_err() {
        tracing::warn!("the limit of file descriptors can't be raised; the server goes on with it");
    }
}

impl Running {
    /// Stops: takes no more connections, tells the WebSockets, lets requests end, closes the media
    /// port, and returns when the log's writer is done. A few seconds at most.
    pub async fn shutdown(self) {
        self.state.stop();
        self.handle.graceful_shutdown(Some(REQUESTS));
        // All places free: all WebSockets gone.
        let places = u32::try_from(self.state.limits.sockets).unwrap_or(u32::MAX);
        let _ = timeout(SOCKETS, self.state.sockets.acquire_many(places)).await;
        let _ = self.http.await;
        let _ = timeout(MEDIA, self.state.media.clone().shutdown()).await;
        self.state.log.close().await;
    }

    /// Where HTTP or HTTPS listens.
    #[must_use]
    pub fn http_addr(&self) -> SocketAddr {
        self.http_address
    }

    /// Where media listens, UDP and TCP.
    #[must_use]
    pub fn media_addr(&self) -> SocketAddr {
        self.media_address
    }

    /// The address for a browser on this machine; with [`Config::lan`], on the local network.
    #[must_use]
    pub fn url(&self) -> String {
        if let Some(url) = self.lan.as_ref().and_then(|lan| lan.urls.first()) {
            return url.clone();
        }
        let scheme = if self.tls { "https" } else { "http" };
        let (ip, port) = (self.http_address.ip(), self.http_address.port());
        if ip.is_unspecified() || ip.is_loopback() {
            format!("{scheme}://localhost:{port}")
        } else {
            format!("{scheme}://{}", self.http_address)
        }
    }

    /// How people on the local network reach this server; none without [`Config::lan`].
    #[must_use]
    pub fn lan(&self) -> Option<&Lan> {
        self.lan.as_ref()
    }

    /// The operator's token if this start made it; its text is kept nowhere else, and given once.
    pub fn take_operator_token(&mut self) -> Option<String> {
        self.token.take()
    }

    /// What happened since the start.
    #[must_use]
    pub fn counters(&self) -> Arc<Counters> {
        Arc::clone(&self.state.counters)
    }

    /// How many connections are kept without a socket.
    #[must_use]
    pub fn kept_connections(&self) -> usize {
        self.state.connections.kept()
    }

    /// What the media port has seen; nothing once it has stopped.
    pub async fn media_counters(&self) -> Option<MediaCounters> {
        self.state.media.counters().await
    }

    /// Taps or alters what is forwarded from now on.
    #[cfg(feature = "test-hooks")]
    pub async fn set_media_hooks(&self, hooks: incamera_sfu::Hooks) {
        self.state.media.set_hooks(hooks).await;
    }

    /// Has the last word on what the sockets are told that open from now on; the first one stays.
    #[cfg(feature = "test-hooks")]
    pub fn set_meddler(&self, meddler: Arc<dyn crate::Meddler>) {
        let _ = self.state.meddler.set(meddler);
    }
}

/// Whether media's TCP connections come to the web port.
fn shares_port(listen: SocketAddr, media: SocketAddr) -> Result<bool, StartError> {
    let wildcard = listen.ip().is_unspecified() || media.ip().is_unspecified();
    if listen.port() == 0 || listen.port() != media.port() {
        Ok(false)
    } else if listen == media {
        Ok(true)
    } else if wildcard {
        Err(StartError::Overlap { listen, media })
    } else {
        Ok(false)
    }
}

fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let error = |source| StartError::Listen { address, source };
    let listener = TcpListener::bind(address).map_err(error)?;
    let bound = listener.local_addr().map_err(error)?;
    Ok((listener, bound))
}

fn interfaces() -> io::Result<Vec<IpAddr>> {
    let interfaces = if_addrs::get_if_addrs()?;
    Ok(interfaces.iter().map(if_addrs::Interface::ip).collect())
}

fn spawn_http(
    listener: TcpListener,
    secure: Secure,
    gate: Gate,
    handle: Handle<Peer>,
    state: &Arc<State>,
) -> io::Result<JoinHandle<io::Result<()>>> {
    let tls = !matches!(secure, Secure::No);
    let mut server = axum_server::Server::from_listener(Listener::new(listener, tls)?)
        .handle(handle)
        .first_request_timeout(HEAD)
        .accept_error_handler(|_, error| {
            // Without the address: who comes here is nobody's business.
            tracing::debug!(kind = ?error.kind(), "a connection was not accepted");
        });
    let builder = server.http_builder();
    builder
        .http1()
        .header_read_timeout(HEAD)
        .max_buf_size(64 * 1024);
    builder
        .http2()
        .max_concurrent_streams(64)
        .max_header_list_size(16 * 1024)
        .keep_alive_interval(Duration::from_secs(20))
        .keep_alive_timeout(Duration::from_secs(20));
    let strict = matches!(secure, Secure::Strict(_));
    let service =
        router(Arc::clone(state), strict).into_make_service_with_connect_info::<SocketAddr>();
    Ok(match secure {
        Secure::Own(tls) | Secure::Strict(tls) => {
            let acceptor = RustlsAcceptor::new(tls).acceptor(gate);
            tokio::spawn(server.acceptor(acceptor).serve(service))
        }
        Secure::No => tokio::spawn(server.acceptor(gate).serve(service)),
    })
}
