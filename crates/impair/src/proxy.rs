use crate::command::{Answer, Client, Command, Fault};
use crate::settings::{Filter, Settings};
use crate::tcp::TcpRelay;
use crate::udp::UdpRelay;
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

/// Relays by name. They end with it.
pub struct Proxy {
    seed: u64,
    relays: BTreeMap<String, Relay>,
}

enum Relay {
    Udp(UdpRelay),
    Tcp(TcpRelay),
}

impl Proxy {
    /// No relays yet. All chance comes from the seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            relays: BTreeMap::new(),
        }
    }

    /// Carries out a command; what it says holds when this returns.
    ///
    /// # Errors
    /// [`Fault`]
    pub async fn execute(&mut self, command: Command) -> Result<Answer, Fault> {
        match command {
            Command::Udp { relay, listen, to } => {
                self.free(&relay)?;
                let udp = UdpRelay::open(listen, to, seed_of(self.seed, &relay)).await?;
                let listen = udp.listen();
                self.relays.insert(relay, Relay::Udp(udp));
                Ok(Answer::Listening { listen })
            }
            Command::Tcp { relay, listen, to } => {
                self.free(&relay)?;
                let tcp = TcpRelay::open(listen, to, seed_of(self.seed, &relay)).await?;
                let listen = tcp.listen();
                self.relays.insert(relay, Relay::Tcp(tcp));
                Ok(Answer::Listening { listen })
            }
            Command::Target { relay, to } => {
                self.one(&relay)?.target(to).await?;
                Ok(Answer::Done { met: 1 })
            }
            Command::Set {
                relay,
                client,
                direction,
                profile,
            } => self.change(relay, |settings| {
                settings.change(client, direction, |it| *it = profile);
            }),
            Command::Cut {
                relay,
                client,
                direction,
                cut,
            } => self.change(relay, |settings| {
                settings.change(client, direction, |it| it.cut = cut);
            }),
            Command::Clear { relay } => self.change(relay, Settings::clear),
            Command::Reset { relay, client } => self.reset(relay, client.unwrap_or_default()),
            Command::Readdress {
                relay,
                client,
                from,
            } => {
                self.readdress(relay, client.unwrap_or_default(), from)
                    .await
            }
            Command::Clients { relay } => {
                let clients = self.one(&relay)?.clients().await?;
                Ok(Answer::Clients { clients })
            }
        }
    }

    fn free(&self, name: &str) -> Result<(), Fault> {
        if self.relays.contains_key(name) {
            return Err(Fault::Taken(name.to_owned()));
        }
        Ok(())
    }

    fn one(&mut self, name: &str) -> Result<&mut Relay, Fault> {
        let unknown = || Fault::Unknown(name.to_owned());
        self.relays.get_mut(name).ok_or_else(unknown)
    }

    /// The relay of this name, or all.
    fn some(&mut self, name: Option<String>) -> Result<Vec<(&String, &mut Relay)>, Fault> {
        if let Some(name) = &name
            && !self.relays.contains_key(name)
        {
            return Err(Fault::Unknown(name.clone()));
        }
        let all = self.relays.iter_mut();
        let wanted = all.filter(|(it, _)| name.as_ref().is_none_or(|name| name == *it));
        Ok(wanted.collect())
    }

    fn change(
        &mut self,
        name: Option<String>,
        change: impl Fn(&mut Settings),
    ) -> Result<Answer, Fault> {
        let relays = self.some(name)?;
        let met = relays.len();
        for (_, relay) in relays {
            match relay {
                Relay::Udp(udp) => udp.settings().send_modify(&change),
                Relay::Tcp(tcp) => tcp.settings().send_modify(&change),
            }
        }
        Ok(Answer::Done { met })
    }

    fn reset(&mut self, name: Option<String>, client: Filter) -> Result<Answer, Fault> {
        let named = name.is_some();
        let mut met = 0;
        for (name, relay) in self.some(name)? {
            match relay {
                Relay::Tcp(tcp) => met += tcp.reset(client),
                Relay::Udp(_) if named => return Err(Fault::Kind(name.clone())),
                Relay::Udp(_) => {}
            }
        }
        Ok(Answer::Done { met })
    }

    async fn readdress(
        &mut self,
        name: Option<String>,
        client: Filter,
        from: Option<IpAddr>,
    ) -> Result<Answer, Fault> {
        let named = name.is_some();
        let mut met = 0;
        for (name, relay) in self.some(name)? {
            match relay {
                Relay::Udp(udp) => met += udp.readdress(client, from).await?,
                Relay::Tcp(_) if named => return Err(Fault::Kind(name.clone())),
                Relay::Tcp(_) => {}
            }
        }
        Ok(Answer::Done { met })
    }
}

impl Relay {
    async fn target(&mut self, to: Option<SocketAddr>) -> Result<(), Fault> {
        match self {
            Self::Udp(udp) => udp.target(to).await,
            Self::Tcp(tcp) => {
                tcp.target(to);
                Ok(())
            }
        }
    }

    async fn clients(&mut self) -> Result<Vec<Client>, Fault> {
        match self {
            Self::Udp(udp) => udp.clients().await,
            Self::Tcp(tcp) => Ok(tcp.clients()),
        }
    }
}

/// Each relay has chances of its own, whatever the order in which they were opened.
fn seed_of(seed: u64, name: &str) -> u64 {
    name.bytes()
        .fold(seed, |sum, byte| mix(sum, u64::from(byte)))
}

/// A number that has nothing in common with either (SplitMix64's last step).
pub(crate) fn mix(a: u64, b: u64) -> u64 {
    let mut z = a
        .wrapping_add(b.wrapping_mul(0x9E37_79B9_7F4A_7C15))
        .wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
