use super::*;

fn meeting(bench: &Bench) -> Meeting {
    bench.life.meetings()[&ID].clone()
}

fn step(bench: &mut Bench, side: u8, step: MeetingStep) -> Result<(), LifeVoid> {
    bench.step(side, Deed::Meeting(step))
}

#[test]
fn a_visit_is_agreed_cancelled_and_becomes_a_call() {
    let mut bench = Bench::new();
    bench.step(0, propose(1)).unwrap();
    bench.step(1, propose(2)).unwrap();
    let offer = meeting(&bench).offer.unwrap();
    assert_eq!(
        (offer.by, offer.terms.clone()),
        (DelegationIndex(1), plan(2, Mode::InPerson))
    );
    let event = bench.life.timeline().events().next_back().unwrap();
    assert!(matches!(&event.said, Said::Step(_, effect) if effect.counters));
    step(&mut bench, 0, MeetingStep::Accept(Zone::default())).unwrap();
    assert_eq!(meeting(&bench).state, MeetingState::Agreed);
    assert_eq!(meeting(&bench).sequence, 1);
    let reason = Reason {
        cause: Some(Cause {
            date: 20_600,
            text: line("Airspace closed"),
            link: line("https://news.example/1"),
        }),
        ..because("Nobody can fly.")
    };
    step(&mut bench, 1, MeetingStep::Cancel(reason.clone())).unwrap();
    assert_eq!(meeting(&bench).state, MeetingState::Cancelled);
    assert_eq!(meeting(&bench).reason, Some((reason, DelegationIndex(1))));
    let call = MeetingStep::Propose(plan(2, Mode::Video));
    step(&mut bench, 0, call).unwrap();
    let event = bench.life.timeline().events().next_back().unwrap();
    let Said::Step(_, effect) = &event.said else {
        panic!("not a step");
    };
    assert_eq!(effect.was, Some(plan(2, Mode::InPerson)));
    assert_eq!(meeting(&bench).state, MeetingState::Proposed);
    step(&mut bench, 1, MeetingStep::Accept(Zone::default())).unwrap();
    assert_eq!(meeting(&bench).plan, Some(plan(2, Mode::Video)));
    assert_eq!(meeting(&bench).sequence, 4);
}

#[test]
fn an_agreed_plan_stands_until_another_is_agreed() {
    let mut bench = Bench::new();
    bench.step(0, propose(1)).unwrap();
    step(&mut bench, 1, MeetingStep::Accept(Zone::default())).unwrap();
    bench.step(1, propose(5)).unwrap();
    assert_eq!(meeting(&bench).plan, Some(plan(1, Mode::InPerson)));
    assert_eq!(meeting(&bench).state, MeetingState::Agreed);
    step(&mut bench, 0, MeetingStep::Decline(because("No."))).unwrap();
    assert_eq!(meeting(&bench).offer, None);
    assert_eq!(meeting(&bench).state, MeetingState::Agreed);
    assert_eq!(meeting(&bench).sequence, 1);
    let nothing = step(&mut bench, 0, MeetingStep::Accept(Zone::default()));
    assert_eq!(nothing, Err(LifeVoid::State));
}

#[test]
fn a_declined_proposal_can_be_made_again() {
    let mut bench = Bench::new();
    bench.step(0, propose(1)).unwrap();
    step(&mut bench, 0, MeetingStep::Decline(because("Too early."))).unwrap();
    assert_eq!(meeting(&bench).state, MeetingState::Declined);
    bench.step(0, propose(3)).unwrap();
    assert_eq!(meeting(&bench).state, MeetingState::Proposed);
}

#[test]
pub(crate) fn r_mt1_a_meeting_goes_from_state_to_state() {
    let mut bench = Bench::new();
    let state = Err(LifeVoid::State);
    bench.step(0, propose(1)).unwrap();
    assert_eq!(step(&mut bench, 0, MeetingStep::Begin), state);
    step(&mut bench, 1, MeetingStep::Accept(Zone::default())).unwrap();
    let later = MeetingStep::Postpone(because("Snow."), Some(plan(3, Mode::Both)));
    step(&mut bench, 0, later).unwrap();
    assert_eq!(meeting(&bench).state, MeetingState::Postponed);
    assert_eq!(step(&mut bench, 0, MeetingStep::Begin), state);
    step(&mut bench, 1, MeetingStep::Accept(Zone::default())).unwrap();
    assert_eq!(meeting(&bench).plan, Some(plan(3, Mode::Both)));
    assert_eq!(meeting(&bench).reason, None);
    step(&mut bench, 2, MeetingStep::Begin).unwrap();
    assert_eq!(bench.step(0, propose(4)), state);
    let cancel = MeetingStep::Cancel(because("No."));
    assert_eq!(step(&mut bench, 0, cancel.clone()), state);
    let pause = MeetingStep::Adjourn(because("Late."), Some(plan(4, Mode::Video)));
    step(&mut bench, 0, pause).unwrap();
    step(&mut bench, 1, MeetingStep::Accept(Zone::default())).unwrap();
    assert_eq!(meeting(&bench).state, MeetingState::Adjourned);
    assert_eq!(meeting(&bench).plan, Some(plan(4, Mode::Video)));
    step(&mut bench, 1, MeetingStep::Resume).unwrap();
    step(&mut bench, 0, MeetingStep::End).unwrap();
    assert_eq!(meeting(&bench).state, MeetingState::Held);
    assert_eq!(step(&mut bench, 0, cancel), state);
    assert_eq!(bench.step(0, propose(4)), state);
}

#[test]
fn each_side_tells_its_own_zone() {
    let mut bench = Bench::new();
    let tells = |name| Deed::Meeting(MeetingStep::Accept(zone(name)));
    let zones = |bench: &Bench| {
        let zones = meeting(bench).zones.into_iter();
        let names = zones.map(|(side, zone)| (side.0, zone.as_str().to_owned()));
        names.collect::<Vec<_>>()
    };
    let told = |all: &[(u8, &str)]| {
        let all = all.iter().map(|(side, name)| (*side, (*name).to_owned()));
        all.collect::<Vec<_>>()
    };
    bench.step(0, propose(1)).unwrap();
    assert_eq!(zones(&bench), told(&[(0, "Europe/Zurich")]));
    // What is void tells nothing.
    assert_eq!(bench.step(0, tells("Asia/Tokyo")), Err(LifeVoid::Again));
    bench.step(1, tells("Africa/Cairo")).unwrap();
    let both = [(0, "Europe/Zurich"), (1, "Africa/Cairo")];
    assert_eq!(zones(&bench), told(&both));
    // Whoever tells none is where they were; whoever is elsewhere is there.
    let silent = Plan {
        zone: Zone::default(),
        ..plan(2, Mode::Video)
    };
    let later = MeetingStep::Postpone(because("Snow."), Some(silent));
    step(&mut bench, 1, later).unwrap();
    assert_eq!(zones(&bench), told(&both));
    bench.step(0, tells("Asia/Tokyo")).unwrap();
    let moved = [(0, "Asia/Tokyo"), (1, "Africa/Cairo")];
    assert_eq!(zones(&bench), told(&moved));
}

#[test]
fn a_calendar_learns_no_id() {
    let uid = ID.uid(&TALK);
    assert_eq!(uid.len(), 32 + "@incamera".len());
    assert_ne!(uid, ID.uid(&incamera_model::TalkId([8; 16])));
    assert!(!uid.contains("0909"));
}

#[test]
fn plans_and_causes_have_bounds() {
    let read = |deed: Deed| {
        let step = Step {
            object: ID,
            seen: vec![],
            deed,
        };
        Step::read(&step.body())
    };
    let wrong = |change: fn(&mut Plan)| {
        let mut plan = plan(1, Mode::Video);
        change(&mut plan);
        assert!(read(Deed::Meeting(MeetingStep::Propose(plan))).is_err());
    };
    wrong(|plan| plan.minutes = 0);
    wrong(|plan| plan.minutes = MAX_MINUTES + 1);
    wrong(|plan| plan.start = MAX_TIME + 1);
    for link in [
        "http://a.example",
        "https://",
        "https://a b",
        "javascript:alert(1)",
    ] {
        let cause = Cause {
            date: 1,
            text: line("Snow"),
            link: line(link),
        };
        let reason = Reason {
            cause: Some(cause),
            ..Reason::default()
        };
        assert!(read(Deed::Meeting(MeetingStep::Cancel(reason))).is_err());
    }
}
