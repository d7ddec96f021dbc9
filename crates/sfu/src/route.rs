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
/// after the peer has left it. A peer that changed its address nominates the new path, or if it
/// doesn't know of the change just goes on from there; so what the agent sends to a silent path
/// goes to the one that the peer nominated, or checked and sends its media on.
#[derive(Debug, Default)]
pub(crate) struct Route {
    /// The agent's.
    agent: Option<Heard>,
    /// Another one that the peer proved.
    moved: Option<Moved>,
    /// A check whose password isn't looked at yet: its path, our address on it, and whether it
    /// nominates.
    asked: Option<(Path, SocketAddr, bool)>,
}

#[derive(Debug, Clone, Copy)]
struct Moved {
    heard: Heard,
    local: SocketAddr,
    /// Nominated, or media came on it.
    chosen: bool,
}

#[derive(Debug, Clone, Copy)]
struct Heard {
    path: Path,
    at: Instant,
}

impl Route {
    /// A datagram came that is this session's.
    pub(crate) fn handle_datagram(&mut self, now: Instant, path: Path, media: bool) {
        if let Some(agent) = self.agent.as_mut().filter(|heard| heard.path == path) {
            agent.at = now;
        } else if let Some(moved) = self.moved.as_mut().filter(|moved| moved.heard.path == path) {
            moved.heard.at = now;
            moved.chosen |= media;
        }
    }

    /// A STUN request is about to be given to the agent, which answers it if it is the peer's.
    pub(crate) fn handle_request(&mut self, path: Path, local: SocketAddr, request: &[u8]) {
        self.asked = Some((path, local, has_attribute(request, USE_CANDIDATE)));
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
                self.moved = self.moved.filter(|moved| moved.heard.path != path);
                *self.agent.insert(Heard { path, at: now })
            }
        };
        let later = |moved: &Moved| moved.chosen && moved.heard.at > agent.at;
        if let Some(moved) = self.moved.filter(later)
            && is_silent(agent, now)
        {
            (transmit.proto, transmit.destination) = moved.heard.path;
            transmit.source = moved.local;
        }
    }

    /// The agent answered a request on this path: its password was right.
    fn confirm(&mut self, now: Instant, path: Path) {
        let Some((_, local, chosen)) = self.asked.take_if(|(asked, ..)| *asked == path) else {
            return;
        };
        if self.agent.is_none_or(|agent| agent.path == path) {
            return;
        }
        let heard = Heard { path, at: now };
        match &mut self.moved {
            Some(moved) if moved.heard.path == path => moved.chosen |= chosen,
            // A check of a spare path is no reason to leave the one in use.
            Some(moved) if moved.chosen && !chosen && !is_silent(moved.heard, now) => {}
            moved => {
                *moved = Some(Moved {
                    heard,
                    local,
                    chosen,
                });
            }
        }
    }
}

fn is_silent(heard: Heard, now: Instant) -> bool {
    now.saturating_duration_since(heard.at) >= SILENT
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "tests need an instant to start from"
)]
mod tests {
    use super::*;
    use str0m::net::Protocol;

    const LOCAL: SocketAddr =
        SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 1);

    fn path(port: u16) -> Path {
        (Protocol::Udp, SocketAddr::from(([192, 0, 2, 1], port)))
    }

    fn transmit(port: u16, contents: Vec<u8>) -> Transmit {
        Transmit {
            proto: Protocol::Udp,
            source: LOCAL,
            destination: path(port).1,
            contents: contents.into(),
        }
    }

    /// A check of the peer's that the agent answers.
    fn check(route: &mut Route, now: Instant, port: u16, nominates: bool) {
        let mut request = vec![0; 20];
        if nominates {
            request.extend([0, 0x25, 0, 0]);
        }
        route.handle_datagram(now, path(port), false);
        route.handle_request(path(port), LOCAL, &request);
        route.direct(now, &mut transmit(port, vec![1, 1, 0, 0]));
    }

    /// Where media that the agent would send to port 1 goes.
    fn goes_to(route: &mut Route, now: Instant) -> u16 {
        let mut media = transmit(1, vec![0x80; 20]);
        route.direct(now, &mut media);
        media.destination.port()
    }

    #[test]
    fn media_follows_a_peer_that_does_not_know_that_it_moved() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut route = Route::default();
        assert_eq!(goes_to(&mut route, at(0)), 1);
        check(&mut route, at(500), 2, false);
        assert_eq!(goes_to(&mut route, at(2000)), 1, "a spare path");
        route.handle_datagram(at(2100), path(2), true);
        assert_eq!(goes_to(&mut route, at(2200)), 2);
        check(&mut route, at(2300), 3, false);
        assert_eq!(goes_to(&mut route, at(2400)), 2, "another spare path");
        route.handle_datagram(at(2500), path(1), true);
        assert_eq!(goes_to(&mut route, at(2600)), 1, "back again");
    }

    #[test]
    fn media_follows_a_nomination_that_was_answered() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut route = Route::default();
        assert_eq!(goes_to(&mut route, at(0)), 1);
        // The agent doesn't answer this one: its password was wrong.
        route.handle_request(
            path(9),
            LOCAL,
            &[[0; 20].as_slice(), &[0, 0x25, 0, 0]].concat(),
        );
        route.handle_datagram(at(1000), path(9), true);
        assert_eq!(goes_to(&mut route, at(3000)), 1);
        check(&mut route, at(3000), 2, true);
        assert_eq!(goes_to(&mut route, at(3001)), 2);
    }
}
