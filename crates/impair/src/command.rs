use crate::impairment::Counters;
use crate::profile::Profile;
use crate::settings::{Direction, Filter};
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, SocketAddr};

/// What the proxy can be told. As JSON: `{"do": "cut", "relay": "media", "cut": true}`.
///
/// Where `relay` is left out, all are meant; where `client` is, all clients; where `direction`
/// is, both.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum Command {
    /// Relays datagrams from an address to another. Port 0 picks a free one, which is answered.
    Udp {
        /// A name for it.
        relay: String,
        /// Where clients send to.
        listen: SocketAddr,
        /// Where the server is; left out, nothing passes until a `target` names it.
        to: Option<SocketAddr>,
    },
    /// Relays connections from an address to another. Without a target they are reset.
    Tcp {
        /// A name for it.
        relay: String,
        /// Where clients connect to.
        listen: SocketAddr,
        /// Where the server is.
        to: Option<SocketAddr>,
    },
    /// Where the server is from now on; connections that are there stay as they are.
    Target {
        /// Which relay.
        relay: String,
        /// Where the server is.
        to: Option<SocketAddr>,
    },
    /// Changes the whole profile.
    Set {
        /// Which relay.
        relay: Option<String>,
        /// Whose line.
        client: Option<Filter>,
        /// Which way.
        direction: Option<Direction>,
        /// What is done.
        profile: Profile,
    },
    /// Lets nothing pass, or lets it pass again; the rest of the profile stays.
    Cut {
        /// Which relay.
        relay: Option<String>,
        /// Whose line.
        client: Option<Filter>,
        /// Which way.
        direction: Option<Direction>,
        /// Whether nothing passes.
        cut: bool,
    },
    /// Does nothing to anybody any more.
    Clear {
        /// Which relay.
        relay: Option<String>,
    },
    /// Resets TCP connections, on both sides (RST).
    Reset {
        /// Which relay.
        relay: Option<String>,
        /// Whose.
        client: Option<Filter>,
    },
    /// Gives UDP clients another source port towards the server, and another address if named: what
    /// a translator does that forgot them, or a phone that left the Wi-Fi.
    Readdress {
        /// Which relay.
        relay: Option<String>,
        /// Whose.
        client: Option<Filter>,
        /// The address to send from.
        from: Option<IpAddr>,
    },
    /// Answers the clients.
    Clients {
        /// Which relay.
        relay: String,
    },
}

/// A client of a relay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Client {
    /// Where it sends from.
    pub address: SocketAddr,
    /// Where it is to the server.
    pub upstream: Option<SocketAddr>,
    /// What became of its packets.
    pub up: Counters,
    /// What became of packets to it.
    pub down: Counters,
}

/// What the proxy says to a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// A relay was opened.
    Listening {
        /// Where.
        listen: SocketAddr,
    },
    /// The clients that were asked for.
    Clients {
        /// Each of them.
        clients: Vec<Client>,
    },
    /// Done, to so many connections or clients.
    Done {
        /// How many it met.
        met: usize,
    },
}

/// Why a command couldn't be carried out.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// There is no relay of this name.
    #[error("there is no relay {0:?}")]
    Unknown(String),
    /// There is one already.
    #[error("there is a relay {0:?} already")]
    Taken(String),
    /// The command is for relays of the other kind.
    #[error("the relay {0:?} doesn't carry this")]
    Kind(String),
    /// The system says no.
    #[error("{0}")]
    System(#[from] std::io::Error),
    /// The relay has ended.
    #[error("the relay has ended")]
    Ended,
}
