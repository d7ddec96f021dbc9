//! Heads, seats and a hostile server act at random; the model says what has to come of it.

use super::model::{Actor, Mark2, Model};
use super::*;
use crate::seat::SeatKey;
use std::sync::LazyLock;

const SCHEDULES: u64 = 10_000;
const STEPS: usize = 16;
/// Who besides heads.
const SEATS: [(u8, Role, &str); 2] = [(0, Role::Delegate, "Dara"), (1, Role::Observer, "Ola")];

static FOUNDED: LazyLock<(Record, Life)> = LazyLock::new(|| {
    let bench = Bench::new();
    (bench.record, bench.life)
});
static AUTHORS: LazyLock<Vec<Author>> = LazyLock::new(|| {
    let charter = charter(&FOUNDED.0);
    let seats = SEATS.iter().map(|(side, role, name)| {
        let tbs = person(*side, *role, name);
        Author::Seat(Box::new(seat(&tbs, &[1 - side], &charter).unwrap()))
    });
    seats.collect()
});
/// By delegation and number.
static HEADS: LazyLock<Vec<(KeyPair, Author)>> = LazyLock::new(|| {
    let heads = (0..3).flat_map(|side| (0..2).map(move |n| head(side, n)));
    heads.map(|(key, cert)| (key, Author::Head(cert))).collect()
});

struct World {
    dice: Dice,
    bench: Bench,
    model: Model,
    /// What this schedule is mostly about.
    theme: u64,
    /// Entries of the life that the record took, and were to be told.
    told: u64,
}

impl World {
    fn new(seed: u64) -> Self {
        let (record, life) = FOUNDED.clone();
        let mut dice = Dice::new(seed);
        Self {
            theme: dice.roll(5),
            dice,
            bench: Bench {
                record,
                life,
                written: Vec::new(),
            },
            model: Model::default(),
            told: 0,
        }
    }

    fn actor(&mut self) -> Actor {
        match self.dice.roll(8) {
            0 => {
                let (side, role, _) = SEATS[self.dice.roll(2) as usize];
                Actor::Seat(side, role)
            }
            1 => Actor::Head(2, self.dice.roll(2)),
            _ => Actor::Head(self.dice.roll(2) as u8, self.dice.roll(2)),
        }
    }

    fn step(&mut self) {
        match self.dice.roll(24) {
            0 => self.mischief(),
            1 => self.revoke(),
            2 if self.dice.roll(4) == 0 && !self.model.ended => {
                self.bench.end_by(1);
                self.model.ended = true;
            }
            _ => self.deed(),
        }
        self.compare();
    }

    fn deed(&mut self) {
        let actor = self.actor();
        let kind = match self.dice.roll(5) {
            0 => self.dice.roll(5),
            _ => self.theme,
        };
        let (deed, forged) = match kind {
            0 => (Deed::Meeting(self.meeting()), false),
            1 => (Deed::Agenda(self.agenda()), false),
            2 => (Deed::Team(self.team()), false),
            3 => (Deed::Commitment(self.commitment()), false),
            _ => {
                let (step, forged) = self.readout(actor);
                (Deed::Readout(step), forged)
            }
        };
        let seen = self.seen(&deed);
        let step = Step {
            object: ID,
            seen,
            deed,
        };
        let at = self.bench.next();
        let (record, life) = self.write(actor, &step.body());
        // Head 0 of one side vouched for each seat, and that of the other approved it.
        let speaks = match actor {
            Actor::Head(side, n) => !self.model.revoked.contains(&(side, n)),
            Actor::Seat(..) => self.model.revoked.is_empty(),
        };
        assert_eq!(record.is_ok(), speaks, "{record:?}");
        if !speaks {
            return;
        }
        self.told += 1;
        let expected = self.model.step(actor, &step, at, forged);
        assert_eq!(life.is_ok(), expected, "{life:?} of {step:?} by {actor:?}");
    }

    /// Usually what is right, sometimes what was.
    fn seen(&mut self, deed: &Deed) -> Vec<u64> {
        let kind = match deed {
            Deed::Meeting(_) => 65,
            Deed::Agenda(AgendaStep::Position(_) | AgendaStep::Request(_)) => {
                return self.some_of(self.model.texts.iter().map(|text| text.0).collect());
            }
            Deed::Agenda(_) => 66,
            Deed::Team(TeamStep::Report(_)) => return vec![],
            Deed::Team(_) => 67,
            Deed::Commitment(_) => 68,
            Deed::Readout(ReadoutStep::Draft(_)) => {
                return match self.dice.roll(2) {
                    0 => self.model.tips().into_iter().take(MAX_SEEN).collect(),
                    _ => self.some_of(self.model.versions.iter().map(|known| known.0).collect()),
                };
            }
            Deed::Readout(_) => return vec![],
        };
        match self.dice.roll(10) {
            0 => vec![],
            1 => vec![self.dice.roll(self.bench.next())],
            _ => self.model.last.get(&kind).copied().into_iter().collect(),
        }
    }

    fn some_of(&mut self, entries: Vec<u64>) -> Vec<u64> {
        let some = entries.into_iter().filter(|_| self.dice.roll(2) == 0);
        some.take(MAX_SEEN).collect()
    }

    fn write(&mut self, actor: Actor, body: &Body) -> (Result<(), Void>, Result<(), LifeVoid>) {
        let place = self.bench.record.next_place();
        // Nobody's clock decides.
        let clock = self.dice.roll(u64::MAX);
        let entry = match actor {
            Actor::Head(side, n) => {
                let (key, author) = &HEADS[usize::from(side) * 2 + n as usize];
                Entry::sign(key, &TALK, place, author, clock, body)
            }
            Actor::Seat(side, _) => {
                let (_, _, name) = SEATS[usize::from(side)];
                let author = &AUTHORS[usize::from(side)];
                Entry::sign(&seat_key(name), &TALK, place, author, clock, body)
            }
        };
        self.bench.push(&entry)
    }

    fn plan(&mut self) -> Plan {
        plan(self.dice.roll(4), Mode::Video)
    }

    fn maybe_plan(&mut self) -> Option<Plan> {
        (self.dice.roll(2) == 0).then(|| self.plan())
    }

    fn meeting(&mut self) -> MeetingStep {
        let reason = because("Snow.");
        match self.dice.roll(12) {
            0..=2 => MeetingStep::Propose(self.plan()),
            3..=5 => MeetingStep::Accept(Zone::default()),
            6 => MeetingStep::Decline(reason),
            7 => MeetingStep::Postpone(reason, self.maybe_plan()),
            8 => MeetingStep::Cancel(reason),
            9 => MeetingStep::Begin,
            10 => MeetingStep::Adjourn(reason, self.maybe_plan()),
            _ if self.dice.roll(2) == 0 => MeetingStep::Resume,
            _ => MeetingStep::End,
        }
    }

    fn agenda(&mut self) -> AgendaStep {
        match self.dice.roll(15) {
            0..=1 => AgendaStep::Put {
                title: line(["a", "b"][self.dice.roll(2) as usize]),
                order: self.dice.roll(9) as u16,
                minutes: 5,
            },
            2..=5 => AgendaStep::Position(line("What we think")),
            6 => AgendaStep::Request(line("What we want")),
            7..=8 => AgendaStep::Mark(Mark::Agreed),
            9 if self.dice.roll(2) == 0 => AgendaStep::Mark(Mark::Parked),
            9 => AgendaStep::Mark(Mark::Open),
            10 if self.model.called && self.dice.roll(2) == 0 => AgendaStep::Rest,
            10 => AgendaStep::Call,
            _ => AgendaStep::Time([5, 5, 5, 0][self.dice.roll(4) as usize]),
        }
    }

    fn team(&mut self) -> TeamStep {
        match self.dice.roll(9) {
            0..=2 => TeamStep::Propose(Arc::new(Terms {
                name: line("Counting"),
                mandate: line(""),
                mode: Mode::Video,
                place: line(""),
                start: 0,
                due: self.dice.roll(4),
                members: vec![SeatKey([1; 32])],
            })),
            3..=5 => TeamStep::Agree,
            6 => TeamStep::Refuse(because("No.")),
            7 => TeamStep::Report(line("Many")),
            _ => TeamStep::Close,
        }
    }

    fn commitment(&mut self) -> CommitmentStep {
        match self.dice.roll(9) {
            0..=1 => CommitmentStep::Propose(Arc::new(Pledge {
                text: line("Survey"),
                owner: DelegationIndex(self.dice.roll(2) as u8),
                who: line(""),
                due: 0,
                team: None,
            })),
            2..=4 => CommitmentStep::Agree,
            5 => CommitmentStep::Done,
            6..=7 => CommitmentStep::Drop(because("No ship.")),
            _ => CommitmentStep::Reopen,
        }
    }

    /// And whether its signature is somebody else's.
    fn readout(&mut self, actor: Actor) -> (ReadoutStep, bool) {
        let versions: Vec<u64> = self.model.versions.iter().map(|known| known.0).collect();
        let latest = versions.last().copied();
        let on = match self.dice.roll(4) {
            0 => self.dice.of(&versions),
            _ => latest,
        };
        let (on, text) = (on.unwrap_or(1), line("Who said that?"));
        match self.dice.roll(10) {
            0..=2 => {
                let headline = ["Quotas", "Quotas", "Quotas [40]"][self.dice.roll(3) as usize];
                (ReadoutStep::Draft(Arc::new(document(headline))), false)
            }
            3 => {
                let comment = ReadoutStep::Comment {
                    on,
                    paragraph: None,
                    text,
                };
                (comment, false)
            }
            4 => (ReadoutStep::Dispute { on, text }, false),
            5 => (ReadoutStep::Undispute, false),
            6 => (ReadoutStep::Unsign { on }, false),
            _ => {
                let forged = self.dice.roll(6) == 0;
                let known = self.bench.life.readouts().get(&ID);
                let version = known.and_then(|readout| readout.versions.get(&on));
                let text = version.map_or_else(String::new, Version::text);
                let key = match actor {
                    Actor::Head(side, n) if !forged => head(side, n).0,
                    _ => key("thief"),
                };
                let signature = key.sign_raw(text.as_bytes());
                (ReadoutStep::Sign { on, signature }, forged)
            }
        }
    }

    /// A root revokes its delegation's head 0, seldom.
    fn revoke(&mut self) {
        let side = self.dice.roll(2) as u8;
        if self.dice.roll(3) != 0 || self.model.revoked.contains(&(side, 0)) {
            return;
        }
        self.bench.revoke(side);
        self.model.revoke((side, 0));
    }

    /// What must change nothing: replays, content cut short or with more behind it, junk.
    fn mischief(&mut self) {
        let before = self.state();
        let count = self.bench.written.len() as u64;
        match self.dice.roll(3) {
            0 if count > 0 => {
                let entry = self.bench.written[self.dice.roll(count) as usize].clone();
                assert!(self.bench.push(&entry).0.is_err(), "a replay counted");
            }
            1 => {
                let step = Step {
                    object: ID,
                    seen: vec![],
                    deed: propose(1),
                };
                let Body::Life { kind, content } = step.body() else {
                    panic!("another body");
                };
                let end = self.dice.roll(content.len() as u64) as usize;
                let content = content[..end].to_vec();
                let (record, life) = self.write(Actor::Head(1, 1), &Body::Life { kind, content });
                assert_eq!(record, Ok(()));
                assert!(
                    matches!(life, Err(LifeVoid::Entry(_))),
                    "cut short, it counted"
                );
            }
            _ => {
                let junk: Vec<u8> = (0..40).map(|_| self.dice.roll(256) as u8).collect();
                assert!(self.bench.push(&junk).0.is_err(), "junk counted");
            }
        }
        assert_eq!(self.state(), before, "mischief changed something");
    }

    /// All that stands, without what happened.
    fn state(&self) -> String {
        let life = &self.bench.life;
        let work = (life.teams(), life.commitments());
        let agenda = (life.agenda(), life.current());
        format!("{:?}", (life.meetings(), agenda, work, life.readouts()))
    }

    /// The life says what the model says.
    fn compare(&self) {
        let (life, model) = (&self.bench.life, &self.model);
        let agreed = |offer: &model::Offered| {
            let heads = offer.as_ref().map(|(_, _, heads)| heads);
            heads.map(|heads| {
                heads
                    .iter()
                    .map(|(side, _)| DelegationIndex(*side))
                    .collect::<Delegations>()
            })
        };
        if let Some(meeting) = life.meetings().get(&ID) {
            let (state, plan, offer) = &model.meeting;
            assert_eq!(format!("{:?}", meeting.state), camel(state));
            assert_eq!(meeting.plan.as_ref().map(|plan| plan.start), *plan);
            assert_eq!(
                meeting
                    .offer
                    .as_ref()
                    .map(|offer| offer.agreed.delegations()),
                agreed(offer)
            );
            // Two keys: what both agreed to isn't an offer any more.
            assert!(agreed(offer).is_none_or(|agreed| !agreed.covers(Delegations(0b11))));
        }
        if let Some(team) = life.teams().get(&ID) {
            let (state, terms, offer) = &model.team;
            assert_eq!(format!("{:?}", team.state), camel(state));
            assert_eq!(
                (team.terms.due, team.reports.len()),
                (*terms, model.reports)
            );
            assert_eq!(
                team.offer.as_ref().map(|offer| offer.agreed.delegations()),
                agreed(offer)
            );
        }
        if let Some(commitment) = life.commitments().get(&ID) {
            assert_eq!(format!("{:?}", commitment.state), camel(model.commitment.0));
        }
        self.compare_texts();
        let latest = |kind| model.last.get(&kind).copied();
        assert_eq!(life.meetings().get(&ID).map(|known| known.last), latest(65));
        assert_eq!(life.agenda().get(&ID).map(|known| known.last), latest(66));
        assert_eq!(life.teams().get(&ID).map(|known| known.last), latest(67));
        assert_eq!(
            life.commitments().get(&ID).map(|known| known.last),
            latest(68)
        );
        assert_eq!(life.readouts().get(&ID).map(|known| known.last), latest(69));
        // Nothing is lost: what held and what is void is told.
        let told = life
            .timeline()
            .events()
            .filter(|event| matches!(event.said, Said::Step(..)));
        assert_eq!(told.count() as u64, self.told);
    }

    fn compare_texts(&self) {
        let (life, model) = (&self.bench.life, &self.model);
        if let Some(item) = life.agenda().get(&ID) {
            let state = match item.state {
                Mark::Open => Mark2::Open,
                Mark::Agreed => Mark2::Agreed,
                Mark::Parked => Mark2::Parked,
            };
            assert_eq!(state, model.item.0);
            assert_eq!(life.current().is_some(), model.called);
            assert_eq!(item.time.agreed(Delegations(0b11)), model.agreed_time());
            let said = item.time.said().map(|(side, minutes)| (side.0, minutes));
            assert!(
                said.eq(model
                    .time
                    .iter()
                    .map(|(side, (minutes, _))| (*side, *minutes)))
            );
            for side in 0..3 {
                let texts = item
                    .sides
                    .get(&DelegationIndex(side))
                    .cloned()
                    .unwrap_or_default();
                let entries =
                    |texts: &[Written]| texts.iter().map(|text| text.entry).collect::<Vec<_>>();
                assert_eq!(entries(&texts.position), model.texts_of(side, false));
                assert_eq!(entries(&texts.request), model.texts_of(side, true));
            }
        }
        if let Some(readout) = life.readouts().get(&ID) {
            assert_eq!(readout.tips, model.tips());
            assert_eq!(readout.agreed.map(|(on, _)| on), model.agreed);
            assert_eq!(readout.comments.len(), model.comments);
            assert!(
                readout
                    .disputes
                    .keys()
                    .map(|side| side.0)
                    .eq(model.disputes.iter().copied())
            );
            let signed = readout
                .signatures
                .iter()
                .map(|(side, signed)| (side.0, signed.on));
            assert!(signed.eq(model.signed.iter().map(|(side, (on, _))| (*side, *on))));
        }
    }
}

/// As a variant is written.
fn camel(words: &str) -> String {
    words
        .split(' ')
        .map(|word| word[..1].to_uppercase() + &word[1..])
        .collect()
}

fn run(seed: u64) -> World {
    let mut world = World::new(seed);
    for _ in 0..STEPS {
        world.step();
    }
    world
}

#[test]
fn schedules() {
    let workers = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    let counts: Vec<[u64; 6]> = std::thread::scope(|scope| {
        let part = |worker: u64| {
            let mut counts = [0; 6];
            for seed in (worker..SCHEDULES).step_by(workers as usize) {
                let world = std::panic::catch_unwind(|| run(seed));
                let world = world.unwrap_or_else(|_| panic!("schedule with seed {seed} failed"));
                counts[0] += u64::from(world.model.meeting.1.is_some());
                counts[1] += u64::from(world.model.team.0 == "agreed");
                counts[2] += u64::from(world.model.agreed.is_some());
                counts[3] += u64::from(world.model.texts_of(0, false).len() > 1);
                counts[4] += u64::from(world.model.agreed_time().is_some());
                counts[5] += u64::from(world.model.called);
            }
            counts
        };
        let handles: Vec<_> = (0..workers)
            .map(|worker| scope.spawn(move || part(worker)))
            .collect();
        handles
            .into_iter()
            .map(|handle| handle.join().unwrap())
            .collect()
    });
    // The schedules get somewhere: otherwise they would show nothing.
    let found = [
        "plans",
        "teams",
        "readouts",
        "crossing texts",
        "speaking times",
        "calls",
    ];
    for (n, what) in found.iter().enumerate() {
        let count: u64 = counts.iter().map(|counts| counts[n]).sum();
        assert!(count > SCHEDULES / 100, "only {count} {what} came about");
    }
}

/// Whoever comes late and replays has what the others have.
#[test]
fn late_devices_catch_up() {
    for seed in 0..50 {
        let world = run(seed);
        let (mut record, mut life) = FOUNDED.clone();
        for entry in &world.bench.written {
            let pushed = record.take(entry, Some(entry));
            let _ = life.take(&pushed, record.next_place(), record.standing());
        }
        assert_eq!(life, world.bench.life, "seed {seed}");
    }
}
