//! Teams and commitments.

use super::*;
use crate::seat::SeatKey;

fn terms(name: &str, members: &[SeatKey]) -> Arc<Terms> {
    Arc::new(Terms {
        name: line(name),
        mandate: line("Count the cod."),
        mode: Mode::Video,
        place: line(""),
        start: 0,
        due: 0,
        members: members.to_vec(),
    })
}

fn team(bench: &Bench) -> Team {
    bench.life.teams()[&ID].clone()
}

#[test]
pub(crate) fn r_tm1_members_and_heads_report() {
    let mut bench = Bench::new();
    let member = person(1, Role::Expert, "Eli");
    let other = person(1, Role::Delegate, "Dara");
    let report = || Deed::Team(TeamStep::Report(line("There are many.")));
    bench
        .step(
            0,
            Deed::Team(TeamStep::Propose(terms("Counting", &[member.key]))),
        )
        .unwrap();
    let early = bench.step_by(&member, vec![], report());
    assert_eq!(early, Err(LifeVoid::State));
    bench.step(1, Deed::Team(TeamStep::Agree)).unwrap();
    assert_eq!(team(&bench).state, TeamState::Agreed);
    let stranger = bench.step_by(&other, vec![], report());
    assert_eq!(stranger, Err(LifeVoid::Role));
    bench.step_by(&member, vec![], report()).unwrap();
    bench.step(0, report()).unwrap();
    assert_eq!(team(&bench).state, TeamState::Reported);
    assert_eq!(team(&bench).reports.len(), 2);
    bench.step(1, Deed::Team(TeamStep::Close)).unwrap();
    assert_eq!(bench.step(0, report()), Err(LifeVoid::State));
    let again = Deed::Team(TeamStep::Propose(terms("Counting", &[])));
    assert_eq!(bench.step(0, again), Err(LifeVoid::State));
}

#[test]
fn a_teams_terms_stand_until_others_are_agreed() {
    let mut bench = Bench::new();
    let propose = |name| Deed::Team(TeamStep::Propose(terms(name, &[])));
    bench.step(0, propose("Counting")).unwrap();
    let refuse = || Deed::Team(TeamStep::Refuse(because("No.")));
    bench.step(1, refuse()).unwrap();
    assert_eq!(team(&bench).state, TeamState::Refused);
    bench.step(1, propose("Measuring")).unwrap();
    bench.step(0, Deed::Team(TeamStep::Agree)).unwrap();
    bench.step(0, propose("Weighing")).unwrap();
    assert_eq!(team(&bench).state, TeamState::Agreed);
    assert_eq!(&*team(&bench).terms.name, "Measuring");
    bench.step(1, refuse()).unwrap();
    assert_eq!(team(&bench).state, TeamState::Agreed);
    bench.step(0, propose("Weighing")).unwrap();
    bench.step(1, Deed::Team(TeamStep::Agree)).unwrap();
    assert_eq!(&*team(&bench).terms.name, "Weighing");
}

fn pledge(owner: u8) -> Deed {
    Deed::Commitment(CommitmentStep::Propose(Arc::new(Pledge {
        text: line("Survey the bank"),
        owner: DelegationIndex(owner),
        who: line("The institute"),
        due: 1_790_000_000_000,
        team: None,
    })))
}

fn commitment(bench: &Bench) -> CommitmentState {
    bench.life.commitments()[&ID].state
}

fn commit(bench: &mut Bench, side: u8, step: CommitmentStep) -> Result<(), LifeVoid> {
    bench.step(side, Deed::Commitment(step))
}

#[test]
pub(crate) fn r_cm1_the_owner_says_what_is_done() {
    let mut bench = Bench::new();
    assert_eq!(bench.step(0, pledge(7)), Err(LifeVoid::Unknown));
    bench.step(0, pledge(1)).unwrap();
    let early = commit(&mut bench, 1, CommitmentStep::Done);
    assert_eq!(early, Err(LifeVoid::State));
    commit(&mut bench, 1, CommitmentStep::Agree).unwrap();
    let other = commit(&mut bench, 0, CommitmentStep::Done);
    assert_eq!(other, Err(LifeVoid::NotOwn));
    commit(&mut bench, 1, CommitmentStep::Done).unwrap();
    assert_eq!(commitment(&bench), CommitmentState::Done);
}

#[test]
pub(crate) fn r_cm2_another_side_says_that_it_isnt() {
    let mut bench = Bench::new();
    bench.step(0, pledge(1)).unwrap();
    commit(&mut bench, 1, CommitmentStep::Agree).unwrap();
    commit(&mut bench, 1, CommitmentStep::Done).unwrap();
    let own = commit(&mut bench, 1, CommitmentStep::Reopen);
    assert_eq!(own, Err(LifeVoid::NotOwn));
    commit(&mut bench, 0, CommitmentStep::Reopen).unwrap();
    assert_eq!(commitment(&bench), CommitmentState::Open);
}

#[test]
fn what_was_agreed_is_dropped_by_all() {
    let mut bench = Bench::new();
    let dropped = || CommitmentStep::Drop(because("No ship."));
    bench.step(0, pledge(1)).unwrap();
    commit(&mut bench, 1, CommitmentStep::Agree).unwrap();
    commit(&mut bench, 1, dropped()).unwrap();
    assert_eq!(commitment(&bench), CommitmentState::Open);
    assert_eq!(commit(&mut bench, 1, dropped()), Err(LifeVoid::Again));
    commit(&mut bench, 1, CommitmentStep::Reopen).unwrap();
    commit(&mut bench, 0, dropped()).unwrap();
    assert_eq!(commitment(&bench), CommitmentState::Open);
    commit(&mut bench, 1, dropped()).unwrap();
    assert_eq!(commitment(&bench), CommitmentState::Dropped);
    // What wasn't agreed to yet falls at once.
    let mut bench = Bench::new();
    bench.step(0, pledge(1)).unwrap();
    commit(&mut bench, 1, dropped()).unwrap();
    assert_eq!(commitment(&bench), CommitmentState::Dropped);
}
