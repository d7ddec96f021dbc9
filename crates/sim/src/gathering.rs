//! A talk between delegations in one thread, without delay, in which every call of a session is timed
//! and every entry weighed.

use crate::rng::Rng;
use core::time::Duration;
use incamera_e2ee::{
    ActChoice, AskState, RoleName, SeatState, State, TalkCommand, TalkConfig, TalkEvent,
    TalkOutput, TalkSession,
};
use incamera_model::{AccessKey, Position, StreamName, TalkId, Timestamp};
use incamera_talk::two_keys::{Admit, DelegationIndex, NewTalk, Secret, plenary, propose, read};
use std::collections::BTreeMap;

const ORIGIN: &str = "https://talk.example";
/// How long anything takes at most. Beats aren't delivered: whoever is silent for 12 s is stale.
const PATIENCE: Duration = Duration::from_secs(10);

/// What one person's machine did and got since [`Gathering::weigh`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Use {
    /// Computing in the calls that made a commit; zero for whoever made none.
    pub committing: Duration,
    /// Computing in the calls that took a commit, one's own Welcome among them.
    pub following: Duration,
    /// Computing in all other calls: record, lobby, door, mail, timers.
    pub around: Duration,
    /// Bytes of the sealed entries that came.
    pub down: usize,
    /// And of those that were appended.
    pub up: usize,
}

struct Someone {
    session: TalkSession,
    read: BTreeMap<StreamName, usize>,
    invited: Option<String>,
    beat: Option<Vec<u8>>,
    spent: Use,
}

/// A talk of two delegations, its server, and everybody's machine.
pub struct Gathering {
    /// What tells computing time.
    clock: fn() -> Duration,
    rng: Rng,
    log: BTreeMap<StreamName, Vec<Vec<u8>>>,
    groups: Vec<(AccessKey, bool)>,
    people: Vec<Someone>,
    /// A link into each delegation.
    links: Vec<String>,
    now: Timestamp,
    talk: TalkId,
    /// Whoever sits by now: whom [`Self::settle`] waits for.
    seated: Vec<usize>,
    largest: usize,
}

/// The two heads.
pub const HEADS: [usize; 2] = [0, 1];

impl Gathering {
    /// Two heads, who have founded a talk and sit in its plenary.
    ///
    /// # Panics
    /// If founding doesn't go as it should.
    #[must_use]
    pub fn found(seed: u64, clock: fn() -> Duration) -> Self {
        let mut rng = Rng::new(seed);
        let new = NewTalk {
            title: "Fisheries",
            delegation: "North",
            person: "Ada",
            admit: Admit::Each,
        };
        let proposed = propose(&new, rng.seed32()).expect("well-formed");
        let record = vec![proposed.record.clone()];
        let mut gathering = Self {
            clock,
            rng,
            log: BTreeMap::from([(StreamName::record(), record)]),
            groups: vec![(proposed.access[0], true), (proposed.access[1], false)],
            people: Vec::new(),
            links: Vec::new(),
            now: Timestamp(1_000_000),
            talk: proposed.talk,
            seated: Vec::new(),
            largest: 0,
        };
        gathering.add(Secret::Head(Box::new(proposed.secret.clone())));
        gathering.add_link(&proposed.claim.to_url(ORIGIN));
        gathering.run();
        let [one, other] = HEADS;
        let (delegation, person) = ("South".to_owned(), "Bo".to_owned());
        gathering.press(other, TalkCommand::Claim { delegation, person });
        gathering.press(one, TalkCommand::Countersign);
        for head in HEADS {
            gathering.press(head, TalkCommand::Compared { same: true });
            gathering.press(head, TalkCommand::Enter { room: None });
            gathering.seated.push(head);
            gathering.settle();
            let link = gathering.invite(head);
            gathering.links.push(link);
        }
        gathering
    }

    /// How many sit in the plenary.
    #[must_use]
    pub fn seated(&self) -> usize {
        self.seated.len()
    }

    /// People of both sides ask at once, are vouched for, are approved by one press of each head,
    /// and enter together; gives their indices.
    ///
    /// # Panics
    /// If somebody doesn't get in.
    pub fn admit(&mut self, count: usize) -> Vec<usize> {
        let first = self.people.len();
        for index in first..first + count {
            let link = self.links[index % 2].clone();
            self.add_link(&link);
            self.run();
            let person = format!("Guest {index}");
            self.press(index, TalkCommand::Ask { person });
        }
        for head in HEADS {
            let asks = self.view(head).lobby.into_iter();
            let asks = asks.filter(|asks| asks.state == AskState::Asks);
            let seats: Vec<String> = asks.map(|asks| asks.id).collect();
            if !seats.is_empty() {
                self.press(head, TalkCommand::Vouch { seats });
            }
        }
        for head in HEADS {
            let waiting = self.view(head).waiting.into_iter();
            let seats: Vec<String> = waiting.map(|waits| waits.id).collect();
            if !seats.is_empty() {
                self.press(head, TalkCommand::Approve { seats });
            }
        }
        let guests: Vec<usize> = (first..first + count).collect();
        for guest in &guests {
            assert_eq!(self.view(*guest).own.seat, SeatState::Ready);
            self.press(*guest, TalkCommand::Enter { room: None });
            self.seated.push(*guest);
        }
        self.settle();
        guests
    }

    /// Both heads decide that somebody goes.
    ///
    /// # Panics
    /// If they stay.
    pub fn eject(&mut self, guest: usize) {
        let seat = self.view(guest).own.id.expect("has a seat");
        self.seated.retain(|seated| *seated != guest);
        self.decide(ActChoice::Eject { seat });
    }

    /// Both heads lock the room, or unlock it: a commit that gives everybody new keys, and by which
    /// nobody comes or goes.
    ///
    /// # Panics
    /// If the epoch stays the same.
    pub fn rekey(&mut self) {
        let locked = self.view(HEADS[0]).locked;
        self.decide(if locked {
            ActChoice::Unlock
        } else {
            ActChoice::Lock
        });
    }

    /// Begins to count anew.
    pub fn weigh(&mut self) {
        self.largest = 0;
        for someone in &mut self.people {
            someone.spent = Use::default();
        }
    }

    /// What somebody's machine did since.
    #[must_use]
    pub fn spent(&self, index: usize) -> Use {
        self.people[index].spent
    }

    /// The largest entry with a commit since, in bytes.
    #[must_use]
    pub fn commit_bytes(&self) -> usize {
        self.largest
    }

    /// Everybody's last beat: its bytes, and the computing with which a head took it.
    pub fn beats(&mut self) -> Vec<(usize, Duration)> {
        let stream = StreamName::beats(&plenary(&self.talk));
        let others: Vec<usize> = self
            .seated
            .iter()
            .copied()
            .filter(|who| *who != 0)
            .collect();
        let mut beats = Vec::new();
        for other in others {
            if let Some(beat) = self.people[other].beat.clone() {
                let start = (self.clock)();
                let head = &mut self.people[HEADS[0]].session;
                head.handle_published(self.now, &stream, &beat);
                beats.push((beat.len(), (self.clock)() - start));
            }
        }
        beats
    }

    // --- private --------------------------------------------------------------------------------

    /// Both heads agree to an act, and the room follows.
    fn decide(&mut self, act: ActChoice) {
        let before = self.epoch(HEADS[0]);
        self.press(HEADS[0], TalkCommand::ProposeAct { act });
        let act = self.view(HEADS[1]).acts[0].id.clone();
        self.press(HEADS[1], TalkCommand::Consent { act });
        self.settle_after(before);
    }

    fn invite(&mut self, head: usize) -> String {
        let invite = TalkCommand::Invite {
            role: RoleName::Delegate,
            hint: None,
            expiry: 0,
            automatic: false,
        };
        self.press(head, invite);
        let fragment = self.people[head].invited.take().expect("invited");
        format!("{ORIGIN}/t/{}#{fragment}", self.talk.to_text())
    }

    fn add_link(&mut self, url: &str) {
        let link = read(url).expect("a link").link;
        let secret = Secret::for_link(&link, self.rng.seed32()).expect("a talk's link");
        self.add(secret);
    }

    fn add(&mut self, secret: Secret) {
        let session = TalkSession::new(TalkConfig {
            secret,
            now: self.now,
            wall: 1_790_000_000_000,
            seed: self.rng.seed32(),
        });
        self.people.push(Someone {
            session,
            read: BTreeMap::new(),
            invited: None,
            beat: None,
            spent: Use::default(),
        });
        self.connect(self.people.len() - 1);
    }

    fn connect(&mut self, index: usize) {
        let access = self.people[index].session.access();
        let known = |key: &AccessKey| self.groups.iter().position(|(known, _)| known == key);
        let group = access.iter().find_map(|key| known(&key.public()));
        let group = group.expect("the server knows the access key");
        let (claimed, delegation) = (self.groups[group].1, DelegationIndex(group as u8));
        self.people[index].read.clear();
        self.call(index, None, |session, now| {
            session.handle_connected(now, delegation, claimed);
        });
    }

    fn press(&mut self, index: usize, command: TalkCommand) {
        self.call(index, None, |session, now| {
            let done = session.command(now, command);
            assert!(done.is_ok(), "{done:?}");
        });
        self.run();
    }

    fn view(&self, index: usize) -> incamera_e2ee::TalkView {
        self.people[index].session.view(self.now)
    }

    fn epoch(&self, index: usize) -> Option<u64> {
        let view = self.people[index].session.room_view(self.now)?;
        Some(view.epoch)
    }

    /// One call of a session with everything that it gives, timed; `stream` is of what it is handed.
    fn call(
        &mut self,
        index: usize,
        stream: Option<&StreamName>,
        act: impl FnOnce(&mut TalkSession, Timestamp),
    ) {
        let someone = &mut self.people[index];
        let start = (self.clock)();
        act(&mut someone.session, self.now);
        let outputs: Vec<TalkOutput> =
            core::iter::from_fn(|| someone.session.poll_output()).collect();
        let took = (self.clock)() - start;
        let commits = |output: &TalkOutput| matches!(output, TalkOutput::Append { stream, .. } if is_commits(stream));
        if outputs.iter().any(commits) {
            someone.spent.committing += took;
        } else if stream.is_some_and(is_commits) {
            someone.spent.following += took;
        } else {
            someone.spent.around += took;
        }
        for output in outputs {
            self.carry_out(index, output);
        }
    }

    fn carry_out(&mut self, index: usize, output: TalkOutput) {
        match output {
            TalkOutput::Append {
                request,
                stream,
                expected,
                entry,
            } => {
                let entries = self.log.entry(stream.clone()).or_default();
                let next = Position(entries.len() as u64);
                if expected.is_some_and(|expected| expected != next) {
                    return self.call(index, None, |session, now| {
                        session.handle_conflict(now, request, next);
                    });
                }
                if is_commits(&stream) {
                    self.largest = self.largest.max(entry.len());
                }
                self.people[index].spent.up += entry.len();
                entries.push(entry);
                self.call(index, None, |session, now| {
                    session.handle_appended(now, request, next);
                });
            }
            TalkOutput::Subscribe { stream, from } => {
                let count = self.log.get(&stream).map_or(0, Vec::len);
                self.people[index]
                    .read
                    .insert(stream.clone(), from.0 as usize);
                if from.0 as usize >= count {
                    self.call(index, Some(&stream), |session, now| {
                        session.handle_caught_up(now, &stream);
                    });
                }
            }
            TalkOutput::Publish { entry, .. } => self.people[index].beat = Some(entry),
            TalkOutput::Event(TalkEvent::Invited { fragment, .. }) => {
                self.people[index].invited = Some(fragment);
            }
            TalkOutput::Event(TalkEvent::Register {
                group,
                access,
                control: _,
            }) => {
                self.groups[usize::from(group)] = (access, true);
                self.call(index, None, |session, now| {
                    let done = session.command(now, TalkCommand::Registered);
                    assert!(done.is_ok(), "{done:?}");
                });
                self.call(index, None, |session, now| {
                    session.handle_disconnected(now);
                });
                self.connect(index);
            }
            TalkOutput::Event(_) => {}
        }
    }

    /// Delivers until nothing moves.
    fn run(&mut self) {
        let mut any = true;
        while any {
            any = false;
            for index in 0..self.people.len() {
                any |= self.deliver(index);
            }
        }
    }

    /// One entry to one person.
    fn deliver(&mut self, index: usize) -> bool {
        let someone = &mut self.people[index];
        let unread = |(stream, read): (&StreamName, &mut usize)| {
            let entries = self.log.get(stream)?;
            let entry = entries.get(*read)?.clone();
            let position = Position(*read as u64);
            *read += 1;
            Some((stream.clone(), position, entry, *read == entries.len()))
        };
        let Some((stream, position, entry, last)) = someone.read.iter_mut().find_map(unread) else {
            return false;
        };
        someone.spent.down += entry.len();
        self.call(index, Some(&stream), |session, now| {
            session.handle_entries(now, &stream, position, &entry, last);
        });
        true
    }

    fn settle(&mut self) {
        self.settle_after(None);
    }

    /// Lets time pass until whoever is to sit does, in one later epoch, with one another and nobody
    /// else.
    fn settle_after(&mut self, before: Option<u64>) {
        let end = self.now + PATIENCE;
        self.run();
        while self.epoch(HEADS[0]) <= before || !self.agree() {
            let people = self.people.iter().enumerate();
            let due = people
                .filter_map(|(index, someone)| Some((someone.session.poll_timeout()?, index)))
                .min();
            let (at, index) = due.expect("somebody has something to do");
            assert!(at <= end, "nobody gets further");
            self.now = self.now.max(at);
            self.call(index, None, TalkSession::handle_timeout);
            self.run();
        }
    }

    fn agree(&self) -> bool {
        let wanted = self.seated.len();
        let epoch = self.epoch(self.seated[0]);
        self.seated.iter().all(|index| {
            let view = self.people[*index].session.room_view(self.now);
            view.is_some_and(|view| {
                view.state == State::Seated
                    && view.people.len() == wanted
                    && Some(view.epoch) == epoch
            })
        })
    }
}

fn is_commits(stream: &StreamName) -> bool {
    stream.as_str().starts_with("c/")
}
