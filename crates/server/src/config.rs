use crate::media::MediaLimits;
use crate::page::Page;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// How to run a server.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where HTTP or HTTPS listens; port 0 picks a free one.
    pub listen: SocketAddr,
    /// Where media listens, UDP and TCP; port 0 picks a free one.
    pub media: SocketAddr,
    /// Addresses to advertise for media instead of the machine's own; empty for those.
    pub advertise: Vec<IpAddr>,
    /// The folder of the log.
    pub data: PathBuf,
    /// The log doesn't grow past this many bytes; appends are refused then as on a full disk.
    pub max_data_bytes: Option<u64>,
    /// Serve HTTPS with this certificate; plain HTTP otherwise.
    pub tls: Option<TlsFiles>,
    /// Serve HTTPS on a local network with a certificate of the server's own, made and kept in `data`;
    /// `tls` is then unused.
    pub lan: bool,
    /// A name that this server is reached by; its pages' origin is `https://NAME`.
    pub domain: Option<String>,
    /// Further origins of this server's pages, as behind a proxy: `https://talks.example.org`.
    pub origins: Vec<String>,
    /// Whoever reaches the server may propose talks; otherwise the operator's token is needed.
    pub open: bool,
    /// It is there to be looked at only, and says so to pages: those take keys from a link then.
    pub demonstration: bool,
    /// How often a line of the log sums up what happened, if anything did.
    pub summary: Duration,
    /// The page to serve.
    pub page: Page,
    /// Bounds on what clients may do.
    pub limits: Limits,
}

/// A certificate and its key.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// The certificate and its chain, PEM.
    pub certificate: PathBuf,
    /// The private key, PEM.
    pub key: PathBuf,
}

/// Bounds on what clients may do. What exceeds one is refused and counted.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// From the opening of a WebSocket to the proof of a key.
    pub handshake: Duration,
    /// A WebSocket message that can't be written for so long ends its connection.
    pub write: Duration,
    /// A WebSocket that says nothing for so long is dead. The server pings it at a third of this.
    pub silence: Duration,
    /// Messages that wait to be written to one WebSocket; one more ends its connection.
    pub outbox: usize,
    /// WebSockets in all.
    pub sockets: usize,
    /// WebSockets from one address (IPv6: from one /64); of other connections as many again.
    pub sockets_per_address: usize,
    /// HTTP connections in all, WebSockets apart.
    pub connections: usize,
    /// Messages of one WebSocket.
    pub messages: Rate,
    /// Bytes of one WebSocket's messages.
    pub bytes: Rate,
    /// Messages refused in a row for their rate before the connection ends.
    pub patience: u32,
    /// How long a connection whose socket was lost is kept, with its media session, for another
    /// socket to go on with; zero ends it at once.
    pub keep: Duration,
    /// Connections kept without a socket, in all and of one talk; one more ends the oldest.
    pub kept: usize,
    /// See `kept`.
    pub kept_of_talk: usize,
    /// Media sessions, and what one may send. People in one room: `sessions_per_room`.
    pub media: MediaLimits,
    /// Talks that aren't gone.
    pub max_talks: u64,
    /// New talks from one address (IPv6: from one /64).
    pub talks: Rate,
    /// Wrong tokens and signatures from one address, before none is looked at.
    pub failures: Rate,
    /// Readouts that are handed over from one address.
    pub handovers: Rate,
    /// Published readouts that one address asks for.
    pub readouts: Rate,
}

/// So many at once, and so many more each second.
#[derive(Debug, Clone, Copy)]
pub struct Rate {
    /// At once.
    pub burst: u32,
    /// Each second.
    pub per_second: u32,
}

impl Config {
    /// The defaults: `127.0.0.1:8080` and media on port 8081 of every address, the embedded page.
    #[must_use]
    pub fn new(data: PathBuf) -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            media: SocketAddr::from((Ipv4Addr::UNSPECIFIED, 8081)),
            advertise: Vec::new(),
            data,
            max_data_bytes: None,
            tls: None,
            lan: false,
            domain: None,
            origins: Vec::new(),
            open: false,
            demonstration: false,
            summary: Duration::from_secs(60),
            page: Page::embedded(),
            limits: Limits::default(),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            handshake: Duration::from_secs(10),
            write: Duration::from_secs(10),
            silence: Duration::from_secs(30),
            outbox: 512,
            sockets: 8192,
            sockets_per_address: 512,
            connections: 4096,
            messages: Rate {
                burst: 400,
                per_second: 100,
            },
            bytes: Rate {
                burst: 16 * 1024 * 1024,
                per_second: 2 * 1024 * 1024,
            },
            patience: 1000,
            keep: Duration::from_secs(30),
            kept: 4096,
            kept_of_talk: 512,
            media: MediaLimits::default(),
            max_talks: 100_000,
            talks: Rate {
                burst: 200,
                per_second: 2,
            },
            failures: Rate {
                burst: 20,
                per_second: 1,
            },
            handovers: Rate {
                burst: 60,
                per_second: 1,
            },
            readouts: Rate {
                burst: 200,
                per_second: 20,
            },
        }
    }
}
