use crate::profile::Profile;
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, SocketAddr};

/// Which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// From the client to the server.
    Up,
    /// From the server to the client.
    Down,
}

/// Which clients: those that have all that is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Filter {
    /// The client's address.
    pub ip: Option<IpAddr>,
    /// The client's port.
    pub port: Option<u16>,
}

impl Filter {
    /// Whether it means a client.
    #[must_use]
    pub fn is(&self, client: SocketAddr) -> bool {
        self.ip.is_none_or(|ip| ip == client.ip())
            && self.port.is_none_or(|port| port == client.port())
    }
}

/// What the lines of a relay do.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Settings {
    all: [Profile; 2],
    /// The last that means a client counts.
    some: Vec<(Filter, [Profile; 2])>,
}

impl Settings {
    /// What is done to a client's packets.
    pub(crate) fn of(&self, client: SocketAddr, direction: Direction) -> Profile {
        let found = self.some.iter().rev().find(|(filter, _)| filter.is(client));
        found.map_or(&self.all, |(_, profiles)| profiles)[direction as usize]
    }

    /// Changes what is done in one direction or both. Without a filter it is done to everybody,
    /// whatever was said of some before.
    pub(crate) fn change(
        &mut self,
        filter: Option<Filter>,
        direction: Option<Direction>,
        change: impl Fn(&mut Profile),
    ) {
        let profiles: Vec<&mut [Profile; 2]> = match filter {
            None => {
                let some = self.some.iter_mut().map(|(_, profiles)| profiles);
                some.chain([&mut self.all]).collect()
            }
            Some(filter) => {
                let known = self.some.iter().position(|(it, _)| *it == filter);
                let at = known.unwrap_or_else(|| {
                    self.some.push((filter, self.all));
                    self.some.len() - 1
                });
                vec![&mut self.some[at].1]
            }
        };
        for both in profiles {
            for way in [Direction::Up, Direction::Down] {
                if direction.is_none_or(|wanted| wanted == way) {
                    change(&mut both[way as usize]);
                }
            }
        }
    }

    /// Does nothing to anybody.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}
