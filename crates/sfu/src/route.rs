//! Where a session's packets go when its peer has moved.

use crate::demux::{Path, has_attribute, is_stun};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use str0m::net::Transmit;

/// A path on which nothing came for so long isn't used any more if the peer nominated another.
const SILENT: Duration = Duration::from_secs(1);
/// RFC 8445 section 16.1.
const USE_CANDIDATE: u16 = 0x0025;
/// The message type of a binding success response (RFC 8489 section 5).
const BINDING_SUCCESS: [u8; 2] = [0x01, 0x01];

/// The paths of one session's peer.
///
/// The ICE agent keeps to the path that was nominated first for as long as it lives, which is 15 s
/// after the peer has left it. A peer that changed its address nominates the new path at once; so
/// what the agent sends to a silent path goes to the one nominated last.
#[derive(Debug, Default)]
pub(crate) struct Route {
    /// The agent's.
    agent: Option<Heard>,
    /// The other one that the peer nominated last, and our address on it.
    moved: Option<(Heard, SocketAddr)>,
    /// A nomination whose password isn't checked yet.
    asked: Option<(Path, SocketAddr)>,
}

#[derive(Debug, Clone, Copy)]
struct Heard {
    path: Path,
    at: Instant,
}

impl Route {
    /// A datagram came that is this session's.
    pub(crate) fn handle_datagram(&mut self, now: Instant, path: Path) {
        let agent = self.agent.as_mut().filter(|heard| heard.path == path);
        let moved = self.moved.as_mut().map(|(heard, _)| heard);
        if let Some(heard) = agent.or(moved.filter(|heard| heard.path == path)) {
            heard.at = now;
        }
    }

    /// A STUN request is about to be given to the agent, which answers it if it is the peer's.
    pub(crate) fn handle_request(&mut self, path: Path, local: SocketAddr, request: &[u8]) {
        self.asked = has_attribute(request, USE_CANDIDATE).then_some((path, local));
    }

    /// Sends a packet of the agent's on its way.
    pub(crate) fn direct(&mut self, now: Instant, transmit: &mut Transmit) {
        let path = (transmit.proto, transmit.destination);
        if is_stun(&transmit.contents) {
            if transmit.contents.starts_with(&BINDING_SUCCESS) {
                self.confirm(now, path);
            }
            return;
        }
        let agent = match self.agent {
            Some(agent) if agent.path == path => agent,
            _ => {
                self.moved = self.moved.filter(|(moved, _)| moved.path != path);
                *self.agent.insert(Heard { path, at: now })
            }
        };
        let silent = now.saturating_duration_since(agent.at) >= SILENT;
        if let Some((moved, local)) = self
            .moved
            .filter(|(moved, _)| silent && moved.at > agent.at)
        {
            (transmit.proto, transmit.destination) = moved.path;
            transmit.source = local;
        }
    }

    /// The agent answered a request on this path: its password was right.
    fn confirm(&mut self, now: Instant, path: Path) {
        let Some((_, local)) = self.asked.take_if(|(asked, _)| *asked == path) else {
            return;
        };
        if self.agent.is_some_and(|agent| agent.path != path) {
            self.moved = Some((Heard { path, at: now }, local));
        }
    }
}
