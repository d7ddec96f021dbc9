use super::*;

fn item(bench: &Bench) -> Item {
    bench.life.agenda()[&ID].clone()
}

#[test]
fn both_sides_say_what_they_think_and_want() {
    let mut bench = Bench::new();
    bench.step(0, put("Cod")).unwrap();
    bench.step_from(0, vec![], position("40 000 t")).unwrap();
    bench.step_from(1, vec![], position("None")).unwrap();
    let request = Deed::Agenda(AgendaStep::Request(line("A survey")));
    bench.step_from(1, vec![], request).unwrap();
    let item = item(&bench);
    let north = &item.sides[&DelegationIndex(0)];
    let south = &item.sides[&DelegationIndex(1)];
    assert_eq!(&*north.position[0].text, "40 000 t");
    assert!(north.request.is_empty());
    assert_eq!(&*south.position[0].text, "None");
    assert_eq!(&*south.request[0].text, "A survey");
    assert_eq!(south.request[0].by.name.as_str(), "Head 0 of 1");
}

#[test]
pub(crate) fn r_ag1_marks_are_for_what_stands_there() {
    let mut bench = Bench::new();
    bench.step(0, put("Cod")).unwrap();
    bench.step(0, mark(Mark::Agreed)).unwrap();
    bench.step_from(1, vec![], position("None")).unwrap();
    assert_eq!(item(&bench).marks.delegations(), Delegations(0));
    bench.step(0, mark(Mark::Agreed)).unwrap();
    bench.step(1, mark(Mark::Agreed)).unwrap();
    assert_eq!(item(&bench).state, Mark::Agreed);
    // Another order is no other matter; another title is.
    let order = Deed::Agenda(AgendaStep::Put {
        title: line("Cod"),
        order: 7,
        minutes: 5,
    });
    bench.step(0, order).unwrap();
    assert_eq!(item(&bench).state, Mark::Agreed);
    bench.step(0, put("Cod and herring")).unwrap();
    assert_eq!(item(&bench).state, Mark::Open);
}

#[test]
fn one_side_parks_and_takes_up_again() {
    let mut bench = Bench::new();
    bench.step(0, put("Cod")).unwrap();
    bench.step(0, mark(Mark::Agreed)).unwrap();
    bench.step(1, mark(Mark::Parked)).unwrap();
    assert_eq!(item(&bench).marks.delegations(), Delegations(0));
    assert_eq!(bench.step(0, mark(Mark::Agreed)), Err(LifeVoid::State));
    assert_eq!(bench.step(0, mark(Mark::Parked)), Err(LifeVoid::Again));
    bench.step(0, mark(Mark::Open)).unwrap();
    assert_eq!(bench.step(0, mark(Mark::Open)), Err(LifeVoid::Again));
    bench.step(1, mark(Mark::Agreed)).unwrap();
    // Taken back.
    bench.step(1, mark(Mark::Open)).unwrap();
    assert_eq!(item(&bench).marks.delegations(), Delegations(0));
}
