//! The proxy between the people and the server, and the faults that come to an end by themselves.

use crate::server::Server;
use anyhow::{Result, bail};
use incamera_impair::{Answer, Client, Command, Filter, Proxy};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::time::Instant;

/// The proxy's address for media: the same port as the server's on another address.
pub(crate) const PROXY: &str = "127.0.0.2";
/// The relays: web pages and WebSockets, and media.
pub(crate) const WEB: &str = "web";
pub(crate) const MEDIA: &str = "media";

pub(crate) struct Network {
    proxy: Proxy,
    web: SocketAddr,
    /// What is cut now, and until when.
    cuts: Vec<(Instant, &'static str, Filter)>,
}

impl Network {
    pub(crate) async fn open(seed: u64) -> Result<Self> {
        let mut proxy = Proxy::new(seed);
        let listen = ([127, 0, 0, 1], 0).into();
        let relay = WEB.to_owned();
        let to = None;
        match proxy.execute(Command::Tcp { relay, listen, to }).await? {
            Answer::Listening { listen: web } => Ok(Self {
                proxy,
                web,
                cuts: Vec::new(),
            }),
            answer => bail!("the proxy answers {answer:?}"),
        }
    }

    /// The origin under which people reach the server.
    pub(crate) fn origin(&self) -> String {
        format!("http://localhost:{}", self.web.port())
    }

    pub(crate) async fn lead_to(&mut self, server: &Server) -> Result<()> {
        let (relay, to) = (WEB.to_owned(), Some(server.http));
        self.proxy.execute(Command::Target { relay, to }).await?;
        let listen = SocketAddr::new(PROXY.parse()?, server.media.port());
        let (relay, to) = (MEDIA.to_owned(), Some(server.media));
        self.proxy
            .execute(Command::Udp { relay, listen, to })
            .await?;
        Ok(())
    }

    /// One of those who sent something lately over a relay.
    pub(crate) async fn client(&mut self, relay: &str, choice: usize) -> Result<Option<Filter>> {
        let relay = relay.to_owned();
        let answer = self.proxy.execute(Command::Clients { relay }).await?;
        let Answer::Clients { clients } = answer else {
            bail!("the proxy answers {answer:?}");
        };
        let chosen = clients.get(choice % clients.len().max(1));
        Ok(chosen.map(|Client { address, .. }| Filter {
            ip: Some(address.ip()),
            port: Some(address.port()),
        }))
    }

    pub(crate) async fn reset(&mut self, client: Filter) -> Result<()> {
        let (relay, client) = (Some(WEB.to_owned()), Some(client));
        self.proxy.execute(Command::Reset { relay, client }).await?;
        Ok(())
    }

    pub(crate) async fn readdress(&mut self, client: Filter) -> Result<()> {
        self.proxy
            .execute(Command::Readdress {
                relay: Some(MEDIA.to_owned()),
                client: Some(client),
                from: None,
            })
            .await?;
        Ok(())
    }

    /// Lets nothing of a client pass for a while.
    pub(crate) async fn cut(
        &mut self,
        relay: &'static str,
        client: Filter,
        time: Duration,
    ) -> Result<()> {
        self.set_cut(relay, client, true).await?;
        self.cuts.push((Instant::now() + time, relay, client));
        Ok(())
    }

    /// Ends the cuts whose time is over; all of them if told.
    pub(crate) async fn mend(&mut self, all: bool) -> Result<()> {
        let now = Instant::now();
        let over = |(until, _, _): &(Instant, &str, Filter)| all || *until <= now;
        for (_, relay, client) in self
            .cuts
            .extract_if(.., |cut| over(cut))
            .collect::<Vec<_>>()
        {
            self.set_cut(relay, client, false).await?;
        }
        Ok(())
    }

    async fn set_cut(&mut self, relay: &str, client: Filter, cut: bool) -> Result<()> {
        self.proxy
            .execute(Command::Cut {
                relay: Some(relay.to_owned()),
                client: Some(client),
                direction: None,
                cut,
            })
            .await?;
        Ok(())
    }
}
