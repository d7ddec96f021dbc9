//! The people of the talk at their desks: each connects to the server by itself, with keys of its own.

use crate::failure::Failure;
use crate::talk::AtDesk;
use incamera_client::{
    Admit, Duties, Entry, KeyFile, LifeView, Name, NewTalk, ParticipantEvent, RoleName, SeatState,
    Secret, ServerAddress, Stage, TalkCommand, draft_delegations, open_delegations, read_link,
};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::timeout;
use zeroize::Zeroizing;

/// What is done stands in the talk within moments, or something is wrong.
const DEADLINE: Duration = Duration::from_secs(60);

/// Somebody of the talk: a place in [`Table::desks`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    HeadA,
    HeadB,
    ExpertA,
    ExpertB,
}

/// Who somebody is.
pub(super) struct Person {
    pub(super) name: &'static str,
    /// As it is printed with their link.
    pub(super) what: &'static str,
}

/// What a talk begins with.
pub(super) struct Founding {
    pub(super) title: &'static str,
    pub(super) delegations: [&'static str; 2],
    /// In the order of [`Who`].
    pub(super) people: [Person; 4],
}

/// Somebody's keys, for their link.
pub(super) struct Key {
    pub(super) who: String,
    pub(super) talk: String,
    pub(super) secret: Zeroizing<String>,
}

/// Everybody, and the talk's life as all of them have it.
pub(super) struct Table {
    desks: Vec<AtDesk>,
    files: Vec<PathBuf>,
    pub(super) life: Value,
    /// The position of the last thing that happened.
    place: u64,
}

impl Table {
    /// Founds the talk: proposed, claimed, countersigned, and the words compared. `at`: when they say.
    pub(super) async fn found(
        server: &ServerAddress,
        keys: &Path,
        founding: &Founding,
        at: [u64; 2],
    ) -> Result<Self, Failure> {
        let [first, second, ..] = &founding.people;
        let new = NewTalk {
            title: founding.title,
            delegation: founding.delegations[0],
            person: first.name,
            admit: Admit::Each,
        };
        let proposed = draft_delegations(&new)?;
        let secret = Secret::Head(Box::new(proposed.secret.clone()));
        let files: Vec<PathBuf> = (0..founding.people.len())
            .map(|nth| keys.join(format!("{nth}.keys")))
            .collect();
        let file = KeyFile::create(&files[0], server, &secret)?;
        open_delegations(server, None, None, &proposed).await?;
        let mut one = AtDesk::start(file, secret, None, head())?;
        one.set_wall(at[0]).await;
        // The offer lies in the other side's lobby then.
        one.view().await?;

        let claim = proposed.claim.to_url(&server.origin());
        let mut other = sit_down(server, &claim, &files[1], head()).await?;
        one.set_wall(at[1]).await;
        other.set_wall(at[1]).await;
        other.wait(|view| view.stage == Stage::Claiming).await?;
        let claim = TalkCommand::Claim {
            delegation: founding.delegations[1].to_owned(),
            person: second.name.to_owned(),
        };
        let claimed = |view: &incamera_client::TalkView| view.stage != Stage::Claiming;
        other.carry_out(claim, claimed).await?;
        let mut desks = vec![one, other];
        for desk in &mut desks {
            let founded = desk.wait(|view| {
                view.stage == Stage::Founded
                    && view.compared.len() == 2
                    && view.own.seat == SeatState::Ready
            });
            timeout(DEADLINE, founded).await??;
        }
        let mut table = Self {
            desks,
            files,
            life: Value::Null,
            place: 0,
        };
        table.catch_up(Who::HeadA).await?;
        Ok(table)
    }

    /// Seats the next person, an expert: their own head invites them and vouches, the other approves.
    pub(super) async fn seat(
        &mut self,
        server: &ServerAddress,
        head: Who,
        person: &Person,
        at: u64,
    ) -> Result<(), Failure> {
        for desk in &self.desks {
            desk.set_wall(at).await;
        }
        let invite = TalkCommand::Invite {
            role: RoleName::Expert,
            hint: Some(person.name.to_owned()),
            expiry: 0,
            automatic: false,
        };
        let desk = &mut self.desks[head as usize];
        desk.carry_out(invite, |_| true).await?;
        let url = loop {
            let event = match desk.told.is_empty() {
                false => desk.told.remove(0),
                true => desk.next_event().await?,
            };
            if let ParticipantEvent::Invited(made) = event {
                break made.url;
            }
        };
        let duties = Duties {
            ask: Some(Name::new(person.name)?),
            ..Duties::default()
        };
        let file = &self.files[self.desks.len()];
        let mut guest = sit_down(server, &url, file, duties).await?;
        guest.set_wall(at).await;
        let seated = guest.wait(|view| view.own.seat == SeatState::Ready);
        timeout(DEADLINE, seated).await??;
        self.desks.push(guest);
        self.catch_up(head).await
    }

    /// The seats of the people named, by their ids.
    pub(super) async fn seats(&mut self, names: &[&str]) -> Result<Vec<String>, Failure> {
        let view = self.desks[0].view().await?;
        let seats = view.seats.into_iter();
        Ok(seats
            .filter(|seat| names.contains(&seat.name.as_str()))
            .map(|seat| seat.id)
            .collect())
    }

    /// Somebody writes a step of the talk's life, as a page does, and says that it is `at`; everybody
    /// has read it then.
    pub(super) async fn act(&mut self, who: Who, at: u64, step: Value) -> Result<(), Failure> {
        let command = json!({ "type": "life", "seen": self.seen(&step), "step": step });
        let command = serde_json::from_value(command)?;
        let desk = &mut self.desks[who as usize];
        desk.set_wall(at).await;
        desk.carry_out(command, |_| true).await?;
        let before = self.place;
        let written = desk.wait_life(|life| last(life) > before);
        timeout(DEADLINE, written).await??;
        self.catch_up(who).await
    }

    /// As [`Self::act`], for a step that makes something new; its id. `list`: where it is told.
    pub(super) async fn add(
        &mut self,
        who: Who,
        at: u64,
        list: &str,
        step: Value,
    ) -> Result<String, Failure> {
        let known = self.ids(list);
        self.act(who, at, step).await?;
        let mut ids = self.ids(list).into_iter();
        ids.find(|id| !known.contains(id))
            .ok_or_else(|| Failure::new("the talk didn't take what is new; report this"))
    }

    /// How many entries the record has.
    pub(super) fn entries(&self) -> u64 {
        self.place + 1
    }

    /// The version of the only readout that none follows.
    pub(super) fn tip(&self) -> u64 {
        self.life["readouts"][0]["tips"][0].as_u64().unwrap_or(0)
    }

    /// Everybody leaves; their keys.
    pub(super) async fn rise(self, people: &[Person]) -> Result<Vec<Key>, Failure> {
        for desk in self.desks {
            desk.close().await?;
        }
        let kept = self.files.iter().zip(people);
        kept.map(|(file, person)| {
            let (_, secret) = KeyFile::open(file)?;
            Ok(Key {
                who: format!("{}, {}", person.name, person.what),
                talk: secret.talk().to_text(),
                secret: secret.to_text(),
            })
        })
        .collect()
    }

    /// Waits until everybody has read as much as one of them.
    async fn catch_up(&mut self, with: Who) -> Result<(), Failure> {
        let desk = &mut self.desks[with as usize];
        desk.view().await?;
        let life = timeout(DEADLINE, desk.wait_life(|_| true)).await??;
        let place = last(&life);
        for desk in &mut self.desks {
            timeout(DEADLINE, desk.wait_life(|life| last(life) >= place)).await??;
        }
        self.place = place;
        self.life = serde_json::to_value(&*life)?;
        Ok(())
    }

    /// The latest entry about what a step is about.
    fn seen(&self, step: &Value) -> Option<u64> {
        let lists = [
            ("meeting", "meetings"),
            ("item", "agenda"),
            ("team", "teams"),
            ("commitment", "commitments"),
            ("readout", "readouts"),
        ];
        let (id, list) = lists
            .into_iter()
            .find_map(|(name, list)| Some((step.get(name)?, list)))?;
        let object = self.life[list].as_array()?.iter();
        let mut object = object.filter(|object| object["id"] == *id);
        object.next()?["last"].as_u64()
    }

    fn ids(&self, list: &str) -> Vec<String> {
        let objects = self.life[list].as_array().into_iter().flatten();
        let ids = objects.filter_map(|object| object["id"].as_str());
        ids.map(str::to_owned).collect()
    }
}

/// New keys by a link, and a desk with them.
async fn sit_down(
    server: &ServerAddress,
    url: &str,
    file: &Path,
    duties: Duties,
) -> Result<AtDesk, Failure> {
    let (address, link) = read_link(url, Some(server.clone()))?;
    let Entry::Talk(entry) = Entry::of(link, &address, None).await? else {
        return Err(Failure::new("the talk gave a link to another; report this"));
    };
    let file = KeyFile::create(file, server, &entry.secret)?;
    AtDesk::start(file, entry.secret, None, duties)
}

/// What a head of the story does by itself.
fn head() -> Duties {
    Duties {
        countersign: true,
        agree_words: true,
        vouch_all: true,
        approve_all: true,
        ..Duties::default()
    }
}

fn last(life: &LifeView) -> u64 {
    life.timeline.last().map_or(0, |event| event.position)
}
