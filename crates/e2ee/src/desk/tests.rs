//! Several people and an in-memory log, driven until nothing moves.

mod founding;
mod heads;
mod hostile;
mod length;
mod life;
mod people;
mod restarts;
mod rooms;

use super::*;
use incamera_talk::two_keys::{
    Admit, AnyLink, CodeSecret, GroupSecret, NewTalk, Proposed, propose, read,
};
use std::collections::{BTreeMap, BTreeSet};

const ORIGIN: &str = "https://talk.example";
/// Some day in 2026.
const WALL: u64 = 1_790_000_000_000;

/// The server: streams, and who has which group.
struct Bench {
    log: BTreeMap<StreamName, Vec<Vec<u8>>>,
    /// What it passed on and keeps nowhere.
    published: Vec<(StreamName, Vec<u8>)>,
    groups: Vec<(AccessKey, bool)>,
    people: Vec<Person>,
    now: Timestamp,
    talk: TalkId,
    /// Starts everybody again from what was kept after every delivery.
    restarts: bool,
    /// Who was started again when the log had how many entries.
    restarted: BTreeSet<(usize, usize)>,
    seeds: u16,
}

struct Person {
    name: &'static str,
    session: TalkSession,
    kept: String,
    read: BTreeMap<StreamName, usize>,
    online: bool,
    events: Vec<TalkEvent>,
    presses: usize,
}

const A: usize = 0;
const B: usize = 1;

impl Bench {
    fn propose(admit: Admit) -> (Self, Proposed) {
        let new = NewTalk {
            title: "Fisheries",
            delegation: "North",
            person: "Ada",
            admit,
        };
        let proposed = propose(&new, [1; 32]).unwrap();
        let mut bench = Self {
            log: BTreeMap::from([(StreamName::record(), vec![proposed.record.clone()])]),
            published: Vec::new(),
            groups: vec![(proposed.access[0], true), (proposed.access[1], false)],
            people: Vec::new(),
            now: Timestamp(1),
            talk: proposed.talk,
            restarts: false,
            restarted: BTreeSet::new(),
            seeds: 10,
        };
        let secret = Secret::Head(Box::new(proposed.secret.clone()));
        bench.add("Ada", secret);
        (bench, proposed)
    }

    /// A talk of Ada's and Bo's, founded.
    fn founded(admit: Admit) -> Self {
        let (mut bench, proposed) = Self::propose(admit);
        bench.add_link("Bo", &proposed.claim.to_url(ORIGIN));
        bench.run();
        bench.press(B, claim());
        bench.press(A, TalkCommand::Countersign);
        assert_eq!(bench.view(A).stage, Stage::Founded);
        assert_eq!(bench.view(B).stage, Stage::Founded);
        bench
    }

    fn seed(&mut self) -> [u8; 32] {
        self.seeds += 1;
        let mut seed = [0; 32];
        seed[..2].copy_from_slice(&self.seeds.to_be_bytes());
        seed
    }

    fn add_link(&mut self, name: &'static str, url: &str) -> usize {
        let seed = self.seed();
        let link = read(url).unwrap().link;
        self.add(name, Secret::for_link(&link, seed).unwrap())
    }

    /// As a page does: the server says which talk a code belongs to.
    fn add_code(&mut self, name: &'static str, code: &str) -> usize {
        let AnyLink::Code(code) = read(code).unwrap().link else {
            panic!("not a code");
        };
        let group: GroupSecret = code.group();
        let access = group.access(self.talk).public();
        assert!(self.groups.iter().any(|(known, _)| *known == access));
        let seed = self.seed();
        self.add(name, Secret::Code(CodeSecret::new(self.talk, &group, seed)))
    }

    fn add(&mut self, name: &'static str, secret: Secret) -> usize {
        let kept = secret.to_text().to_string();
        let session = self.start(secret);
        self.people.push(Person {
            name,
            session,
            kept,
            read: BTreeMap::new(),
            online: false,
            events: Vec::new(),
            presses: 0,
        });
        let index = self.people.len() - 1;
        self.connect(index);
        index
    }

    fn start(&mut self, secret: Secret) -> TalkSession {
        TalkSession::new(TalkConfig {
            secret,
            now: self.now,
            wall: WALL,
            seed: self.seed(),
        })
    }

    fn connect(&mut self, index: usize) {
        let person = &mut self.people[index];
        let access = person.session.access();
        let place = access
            .iter()
            .find_map(|key| {
                let key = key.public();
                self.groups.iter().position(|(known, _)| *known == key)
            })
            .unwrap_or_else(|| panic!("{} has no access", person.name));
        person.read.clear();
        person.online = true;
        let group = DelegationIndex(place as u8);
        let claimed = self.groups[place].1;
        person.session.handle_connected(self.now, group, claimed);
    }

    fn cut(&mut self, index: usize) {
        let person = &mut self.people[index];
        person.online = false;
        person.read.clear();
        person.session.handle_disconnected(self.now);
        self.drain(index);
    }

    /// A new page: everything but what was kept is gone.
    fn restart(&mut self, index: usize) {
        let kept = Secret::from_text(&self.people[index].kept).unwrap();
        self.people[index].session = self.start(kept);
        self.connect(index);
    }

    fn press(&mut self, index: usize, command: TalkCommand) {
        self.try_press(index, command).unwrap();
        self.run();
    }

    fn try_press(&mut self, index: usize, command: TalkCommand) -> Result<(), TalkError> {
        self.people[index].presses += 1;
        let now = self.now;
        self.people[index].session.command(now, command)
    }

    /// Until nothing moves.
    fn run(&mut self) {
        for _ in 0..20_000 {
            if !self.step() {
                return;
            }
        }
        let lengths: Vec<_> = self
            .log
            .iter()
            .map(|(name, log)| (name.as_str()[..4].to_owned(), log.len()))
            .collect();
        panic!("it never comes to rest: {lengths:?}");
    }

    fn step(&mut self) -> bool {
        let mut any = false;
        for index in 0..self.people.len() {
            any |= self.drain(index);
            any |= self.deliver(index);
        }
        any
    }

    fn drain(&mut self, index: usize) -> bool {
        let mut any = false;
        while let Some(output) = self.people[index].session.poll_output() {
            any = true;
            self.carry_out(index, output);
        }
        any
    }

    /// One entry to one person; a session may be started again after each.
    fn deliver(&mut self, index: usize) -> bool {
        let now = self.now;
        let person = &mut self.people[index];
        if !person.online {
            return false;
        }
        for (stream, read) in &mut person.read {
            let entries = self.log.entry(stream.clone()).or_default();
            let Some(entry) = entries.get(*read) else {
                continue;
            };
            let position = Position(*read as u64);
            *read += 1;
            let last = *read == entries.len();
            let fresh = position.0 as usize + 1 == entries.len();
            let session = &mut person.session;
            session.handle_entries(now, stream, position, entry, last);
            self.drain(index);
            // Reading again what was read before gets nobody further.
            if self.restarts && fresh {
                let key = (index, self.log.values().map(Vec::len).sum::<usize>());
                if self.restarted.insert(key) {
                    self.restart(index);
                }
            }
            return true;
        }
        false
    }

    fn carry_out(&mut self, index: usize, output: TalkOutput) {
        let now = self.now;
        match output {
            TalkOutput::Append {
                request,
                stream,
                expected,
                entry,
            } => {
                let allowed = self.may(index, &stream);
                let entries = self.log.entry(stream).or_default();
                let next = Position(entries.len() as u64);
                let session = &mut self.people[index].session;
                if !allowed {
                    session.handle_refused(now, request);
                } else if expected.is_some_and(|expected| expected != next) {
                    session.handle_conflict(now, request, next);
                } else {
                    entries.push(entry);
                    session.handle_appended(now, request, next);
                }
            }
            TalkOutput::Subscribe { stream, from } => {
                if !self.may(index, &stream) {
                    return;
                }
                let count = self.log.get(&stream).map_or(0, Vec::len);
                let person = &mut self.people[index];
                if from.0 as usize >= count {
                    person.session.handle_caught_up(now, &stream);
                }
                person.read.insert(stream, from.0 as usize);
            }
            TalkOutput::Publish { stream, entry } => self.published.push((stream, entry)),
            TalkOutput::Event(event) => self.event(index, event),
        }
    }

    fn event(&mut self, index: usize, event: TalkEvent) {
        match &event {
            TalkEvent::Keep { secret } => self.people[index].kept.clone_from(secret),
            TalkEvent::Register {
                group,
                access,
                control,
            } => {
                let session = &self.people[index].session;
                let signature = session.sign_group(ORIGIN).unwrap();
                let place = &mut self.groups[usize::from(*group)];
                let content = [
                    ORIGIN.as_bytes(),
                    &self.talk.0,
                    &[*group],
                    &access.0,
                    &control.0,
                ];
                let signed = incamera_talk::crypto::verify(
                    &place.0.0,
                    "group",
                    &content.concat(),
                    &signature,
                );
                assert!(signed, "the server wouldn't take it");
                *place = (*access, true);
                // The answer gets lost now and then: the new access key opens all the same.
                if !self.restarts {
                    let now = self.now;
                    let session = &mut self.people[index].session;
                    session.command(now, TalkCommand::Registered).unwrap();
                }
                self.cut(index);
                self.connect(index);
            }
            _ => {}
        }
        self.people[index].events.push(event);
    }

    /// The server's rights.
    fn may(&self, index: usize, stream: &StreamName) -> bool {
        let keys = self.people[index].session.access();
        let own = keys.iter().find_map(|key| {
            let key = key.public();
            self.groups.iter().position(|(known, _)| *known == key)
        });
        let Some(own) = own else { return false };
        let claimed = self.groups[own].1;
        let name = stream.as_str();
        if let Some(lobby) = name.strip_prefix("lobby/") {
            let lobby: usize = lobby.parse().unwrap();
            return lobby == own || self.groups.get(lobby).is_some_and(|(_, claimed)| !claimed);
        }
        claimed || name.starts_with("mail/")
    }

    fn view(&self, index: usize) -> TalkView {
        self.people[index].session.view(self.now)
    }

    /// Appends something that nobody of the talk wrote.
    fn inject(&mut self, stream: &StreamName, entry: Vec<u8>) {
        self.log.entry(stream.clone()).or_default().push(entry);
    }

    fn notices(&self, index: usize) -> Vec<DeskNotice> {
        let events = self.people[index].events.iter();
        events
            .filter_map(|event| match event {
                TalkEvent::Desk { notice } => Some(notice.clone()),
                _ => None,
            })
            .collect()
    }

    /// The link of the invitation made last.
    fn invited(&self, index: usize) -> String {
        let mut events = self.people[index].events.iter().rev();
        let fragment = events.find_map(|event| match event {
            TalkEvent::Invited { fragment, .. } => Some(fragment),
            _ => None,
        });
        format!("{ORIGIN}/t/{}#{}", self.talk.to_text(), fragment.unwrap())
    }

    fn invite_as(&mut self, head: usize, role: RoleName) -> String {
        let command = TalkCommand::Invite {
            role,
            hint: None,
            expiry: 0,
            automatic: false,
        };
        self.press(head, command);
        self.invited(head)
    }

    fn invite(&mut self, head: usize, automatic: bool, expiry: u64) -> String {
        let command = TalkCommand::Invite {
            role: RoleName::Expert,
            hint: Some("Cy".to_owned()),
            expiry,
            automatic,
        };
        self.press(head, command);
        self.invited(head)
    }

    /// Somebody opens a link and asks; their index and seat.
    fn guest(&mut self, name: &'static str, url: &str) -> (usize, String) {
        let guest = self.add_link(name, url);
        self.run();
        self.press(guest, ask(name));
        let id = self.view(guest).own.id.unwrap();
        (guest, id)
    }
}

fn claim() -> TalkCommand {
    TalkCommand::Claim {
        delegation: "South".to_owned(),
        person: "Bo".to_owned(),
    }
}

fn ask(person: &str) -> TalkCommand {
    TalkCommand::Ask {
        person: person.to_owned(),
    }
}

fn vouch(seat: &str) -> TalkCommand {
    TalkCommand::Vouch {
        seats: vec![seat.to_owned()],
    }
}

fn approve(seat: &str) -> TalkCommand {
    TalkCommand::Approve {
        seats: vec![seat.to_owned()],
    }
}

fn propose_act(act: ActChoice) -> TalkCommand {
    TalkCommand::ProposeAct { act }
}
