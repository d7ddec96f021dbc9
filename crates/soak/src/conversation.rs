//! The conversation from its beginning to its end.

use crate::Plant;
use crate::judge::{Descriptors, Memory, Report};
use crate::measure::{Sample, growth, growth_for_equal_people};
use crate::network::{MEDIA, Network, WEB};
use crate::people::People;
use crate::plan::{Kind, Plan, Step};
use crate::server::{Server, Usage};
use anyhow::{Result, bail};
use incamera_client::{MediaKind, ServerAddress, propose_talk};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until};

/// How long until all is as it should be: a connection is kept, and a ghost seen, for 30 s.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often a state is looked at that is waited for.
const LOOK: Duration = Duration::from_millis(200);

#[derive(clap::Args)]
pub(crate) struct Options {
    /// How long.
    #[arg(long, default_value_t = 600)]
    seconds: u64,
    /// Decides what happens.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The most people at once.
    #[arg(long, default_value_t = 5)]
    people: usize,
    /// Where the report goes.
    #[arg(long)]
    report: PathBuf,
    /// A fault that has to be found.
    #[arg(long)]
    plant: Option<Plant>,
}

pub(crate) async fn run(options: Options) -> Result<()> {
    if options.people < 3 || options.seconds < 10 {
        bail!("a conversation has three people or more, and ten seconds or more");
    }
    let folder = tempfile::tempdir()?;
    let mut network = Network::open(options.seed).await?;
    let origin = network.origin();
    let server = Server::start(folder.path(), &origin, options.plant).await?;
    network.lead_to(&server).await?;
    let address = ServerAddress::parse(&origin)?;
    let talk = propose_talk(&address, None, None, "A long conversation").await?;
    let mut conversation = Conversation {
        people: People::new(address, talk),
        network,
        server,
        happened: BTreeMap::new(),
        samples: Vec::new(),
        most_people: 0,
        said: 0,
        faults: Vec::new(),
    };
    let report = conversation.hold(&options).await?;
    conversation.server.stop().await?;
    std::fs::write(&options.report, serde_json::to_string_pretty(&report)?)?;
    if !report.faults.is_empty() {
        bail!("{}", report.faults.join("; "));
    }
    Ok(())
}

struct Conversation {
    people: People,
    network: Network,
    server: Server,
    happened: BTreeMap<Kind, u32>,
    /// Each second: time since the beginning, people there, and what the server uses.
    samples: Vec<(f64, usize, Usage)>,
    most_people: usize,
    said: u32,
    faults: Vec<String>,
}

impl Conversation {
    async fn hold(&mut self, options: &Options) -> Result<Report> {
        let before = self.rehearse().await?;
        for _ in 0..options.people {
            self.people.join()?;
        }
        self.people.settle(PATIENCE).await?;
        self.go_on(options).await?;
        self.network.mend(true).await?;
        if let Err(fault) = self.people.settle(PATIENCE).await {
            self.faults.push(fault.to_string());
        }
        let witness = self.people.witness().await?;
        let stay = usize::from(options.plant == Some(Plant::Guest));
        self.people.leave_all(stay).await?;
        let counts = self.emptied(before).await?;
        let after = self.server.usage()?.descriptors;
        let mut report = Report {
            seconds: options.seconds,
            seed: options.seed,
            happened: self.happened.clone(),
            memory: self.memory(options),
            series: self.series(),
            descriptors: Descriptors {
                before,
                most: self.most(|usage| usage.descriptors),
                after,
            },
            server: counts,
            people: self.most_people,
            chat_said: self.said,
            chat_read: witness.chat.len() as u32,
            frames_opened: witness.senders.iter().map(|it| it.decrypted).sum(),
            frames_refused: witness.senders.iter().map(|it| it.refused).sum(),
            faults: core::mem::take(&mut self.faults),
        };
        report.judge();
        Ok(report)
    }

    /// Two come and leave: what the server opens with its first visitors is open then. Returns how
    /// many descriptors that is.
    async fn rehearse(&mut self) -> Result<usize> {
        self.people.join()?;
        self.people.join()?;
        self.people.settle(PATIENCE).await?;
        self.people.leave_all(0).await?;
        self.emptied(0).await?;
        Ok(self.server.usage()?.descriptors)
    }

    /// Lets things happen until time is up.
    async fn go_on(&mut self, options: &Options) -> Result<()> {
        let mut plan = Plan::new(options.seed);
        let begin = Instant::now();
        let end = begin + Duration::from_secs(options.seconds);
        let mut next = begin;
        let mut each_second = interval(Duration::from_secs(1));
        each_second.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while Instant::now() < end {
            tokio::select! {
                _ = each_second.tick() => {
                    let usage = self.server.usage()?;
                    let time = begin.elapsed().as_secs_f64();
                    self.samples.push((time, self.people.count(), usage));
                    self.network.mend(false).await?;
                    let fallen = self.people.fallen().await;
                    self.faults.extend(fallen);
                }
                () = sleep_until(next) => {
                    let step = plan.next();
                    next = Instant::now() + step.gap;
                    if self.happen(&step, options.people).await? {
                        *self.happened.entry(step.kind).or_default() += 1;
                    }
                    self.most_people = self.most_people.max(self.people.count());
                }
            }
        }
        Ok(())
    }

    /// Whether it could happen.
    async fn happen(&mut self, step: &Step, most: usize) -> Result<bool> {
        let Step { kind, choice, .. } = *step;
        Ok(match kind {
            Kind::Join if self.people.count() >= most => false,
            Kind::Join => self.people.join().map(|()| true)?,
            Kind::Leave => self.people.leave(choice).await?,
            Kind::Vanish => self.people.vanish(choice),
            Kind::Switch => {
                self.people.switch(choice, step.media).await;
                true
            }
            Kind::Share => {
                self.people.switch(choice, MediaKind::Screen).await;
                true
            }
            Kind::Chat => {
                let said = self
                    .people
                    .chat(choice, &format!("Message {}", self.said))
                    .await;
                self.said += u32::from(said);
                said
            }
            Kind::SocketReset => match self.network.client(WEB, choice).await? {
                Some(client) => self.network.reset(client).await.map(|()| true)?,
                None => false,
            },
            Kind::SocketCut => self.cut(WEB, step).await?,
            Kind::MediaCut => self.cut(MEDIA, step).await?,
            Kind::MediaMove => match self.network.client(MEDIA, choice).await? {
                Some(client) => self.network.readdress(client).await.map(|()| true)?,
                None => false,
            },
        })
    }

    async fn cut(&mut self, relay: &'static str, step: &Step) -> Result<bool> {
        let Some(client) = self.network.client(relay, step.choice).await? else {
            return Ok(false);
        };
        self.network.cut(relay, client, step.lasts).await?;
        Ok(true)
    }

    /// Waits until nobody is left on the server and no more descriptors are open than said, and
    /// returns its counters; what is left after a while is left.
    async fn emptied(&mut self, descriptors: usize) -> Result<crate::server::Counts> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let counts = self.server.counts().await?;
            let nobody = counts.sockets_opened == counts.sockets_closed
                && (counts.kept, counts.sessions, counts.tcp_connections) == (0, 0, 0);
            let open = self.server.usage()?.descriptors;
            if nobody && (descriptors == 0 || open <= descriptors) || Instant::now() > deadline {
                return Ok(counts);
            }
            sleep(LOOK).await;
        }
    }

    /// In the second half: until then what sessions keep to send again, the streams' newest entries
    /// and the database's page caches are filling.
    fn memory(&self, options: &Options) -> Memory {
        let warm_up_seconds = options.seconds / 2;
        let warm: Vec<_> = self
            .samples
            .iter()
            .filter(|(time, ..)| *time >= warm_up_seconds as f64)
            .map(|(time, people, usage)| Sample {
                time: *time,
                people: *people as f64,
                value: usage.rss as f64,
            })
            .collect();
        let bytes = |sample: Option<&Sample>| sample.map_or(0, |sample| sample.value as u64);
        let most = warm.iter().max_by(|a, b| a.value.total_cmp(&b.value));
        Memory {
            warm_up_seconds,
            samples: warm.len(),
            first: bytes(warm.first()),
            last: bytes(warm.last()),
            most: bytes(most),
            growth: growth_for_equal_people(&warm).filter(|_| warm.len() > 5),
            plain_growth: growth(&warm),
        }
    }

    /// About sixty of the samples.
    fn series(&self) -> Vec<(u64, usize, u64)> {
        let every = (self.samples.len() / 60).max(1);
        let some = self.samples.iter().step_by(every);
        some.map(|(time, people, usage)| (*time as u64, *people, usage.rss))
            .collect()
    }

    fn most(&self, of: impl Fn(&Usage) -> usize) -> usize {
        let all = self.samples.iter().map(|(.., usage)| of(usage));
        all.max().unwrap_or(0)
    }
}
