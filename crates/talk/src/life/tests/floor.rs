use super::*;

const OTHER: ObjectId = ObjectId([8; 16]);

fn item(bench: &Bench) -> Item {
    bench.life.agenda()[&ID].clone()
}

fn call() -> Deed {
    Deed::Agenda(AgendaStep::Call)
}

fn rest() -> Deed {
    Deed::Agenda(AgendaStep::Rest)
}

fn time(minutes: u16) -> Deed {
    Deed::Agenda(AgendaStep::Time(minutes))
}

fn agreed(bench: &Bench) -> Option<u16> {
    item(bench).time.agreed(Delegations(0b11))
}

/// Another item than [`ID`].
fn other(bench: &mut Bench, side: u8, deed: Deed) -> Result<(), LifeVoid> {
    let known = bench.life.agenda().get(&OTHER);
    let step = Step {
        object: OTHER,
        seen: known.map(|known| known.last).into_iter().collect(),
        deed,
    };
    bench.write(side, &step.body())
}

#[test]
pub(crate) fn r_ag2_one_item_is_before_the_meeting() {
    let mut bench = Bench::new();
    assert_eq!(bench.step(0, call()), Err(LifeVoid::Unknown));
    bench.step(0, put("Cod")).unwrap();
    other(&mut bench, 0, put("Herring")).unwrap();
    assert_eq!(bench.life.current(), None);
    assert_eq!(bench.step(0, rest()), Err(LifeVoid::State));
    bench.step(0, call()).unwrap();
    let at = 1000 + bench.next() - 1;
    let first = Current {
        item: ID,
        since: at,
    };
    assert_eq!(bench.life.current(), Some(first));
    // Its clock goes on.
    assert_eq!(bench.step(1, call()), Err(LifeVoid::Again));
    assert_eq!(bench.life.current(), Some(first));
    // Whoever sets another aside doesn't mean this one.
    assert_eq!(other(&mut bench, 1, rest()), Err(LifeVoid::State));
    other(&mut bench, 1, call()).unwrap();
    assert_eq!(bench.life.current().unwrap().item, OTHER);
    assert_eq!(bench.step(0, rest()), Err(LifeVoid::State));
    // A mediator leads through the agenda too.
    bench.step(2, call()).unwrap();
    bench.step(2, rest()).unwrap();
    assert_eq!(bench.life.current(), None);
    let ola = person(0, Role::Delegate, "Ola");
    let seen = vec![item(&bench).last];
    assert_eq!(bench.step_by(&ola, seen, call()), Err(LifeVoid::Role));
    assert_eq!(bench.life.current(), None);
}

/// What isn't written unless it holds is tried against all that stands.
#[test]
fn what_would_hold_is_known_before_it_is_written() {
    let mut bench = Bench::new();
    bench.step(0, put("Cod")).unwrap();
    let tried = |bench: &Bench, deed: Deed| {
        let seen = vec![item(bench).last];
        let step = Step {
            object: ID,
            seen,
            deed,
        };
        let (place, standing) = (bench.record.next_place(), bench.record.standing());
        bench
            .life
            .try_step(&step, &author(0), place, standing.unwrap())
    };
    assert_eq!(tried(&bench, call()), Ok(()));
    assert_eq!(tried(&bench, rest()), Err(LifeVoid::State));
    bench.step(1, call()).unwrap();
    assert_eq!(tried(&bench, call()), Err(LifeVoid::Again));
    assert_eq!(tried(&bench, rest()), Ok(()));
}

#[test]
fn two_who_call_one_item_at_once_call_it_once() {
    let mut bench = Bench::new();
    bench.step(0, put("Cod")).unwrap();
    let seen = vec![item(&bench).last];
    bench.step_from(0, seen.clone(), call()).unwrap();
    let crossed = bench.step_from(1, seen, call());
    assert_eq!(crossed, Err(LifeVoid::Crossed));
    assert_eq!(bench.life.current().unwrap().item, ID);
}

#[test]
pub(crate) fn r_ag3_speaking_time_is_what_all_say() {
    let mut bench = Bench::new();
    bench.step(0, put("Cod")).unwrap();
    assert_eq!(agreed(&bench), None);
    bench.step(0, time(10)).unwrap();
    assert_eq!(agreed(&bench), None);
    bench.step(1, time(5)).unwrap();
    assert_eq!(agreed(&bench), None);
    bench.step(1, time(10)).unwrap();
    assert_eq!(agreed(&bench), Some(10));
    let event = bench.life.timeline().events().next_back().unwrap();
    assert!(matches!(&event.said, Said::Step(_, effect) if effect.completes));
    assert_eq!(bench.step(1, time(10)), Err(LifeVoid::Again));
    // One side changes its word, and nothing is in force until the other does.
    bench.step(0, time(20)).unwrap();
    assert_eq!(agreed(&bench), None);
    bench.step(0, time(10)).unwrap();
    // Whoever isn't asked says nothing to it.
    assert_eq!(bench.step(2, time(20)), Err(LifeVoid::NotAsked));
    assert_eq!(agreed(&bench), Some(10));
    for side in 0..2 {
        bench.step(side, time(0)).unwrap();
    }
    assert_eq!(agreed(&bench), Some(0));
    let ola = person(0, Role::Delegate, "Ola");
    let seen = vec![item(&bench).last];
    assert_eq!(bench.step_by(&ola, seen, time(3)), Err(LifeVoid::Role));
}

#[test]
fn a_revoked_head_takes_along_only_what_isnt_agreed() {
    let mut bench = Bench::new();
    bench.step(0, put("Cod")).unwrap();
    bench.step(0, time(10)).unwrap();
    bench.revoke(0);
    assert_eq!(item(&bench).time.said().count(), 0);
    let mut bench = Bench::new();
    bench.step(0, put("Cod")).unwrap();
    for side in 0..2 {
        bench.step(side, time(10)).unwrap();
    }
    bench.revoke(0);
    assert_eq!(agreed(&bench), Some(10));
}
