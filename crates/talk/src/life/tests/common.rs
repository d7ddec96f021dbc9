//! What holds for every object.

use super::*;

#[test]
pub(crate) fn r_lf1_a_step_that_crossed_another_is_void() {
    let mut bench = Bench::new();
    bench.step(0, propose(1)).unwrap();
    let seen = vec![bench.next() - 1];
    let accept = accept();
    let cancel = Deed::Meeting(MeetingStep::Cancel(because("The minister is ill.")));
    bench.step_from(1, seen.clone(), accept.clone()).unwrap();
    let crossed = bench.step_from(0, seen, cancel.clone());
    assert_eq!(crossed, Err(LifeVoid::Crossed));
    assert_eq!(bench.life.meetings()[&ID].state, MeetingState::Agreed);
    // It stays in the timeline with what it says.
    let event = bench.life.timeline().events().next_back().unwrap();
    assert_eq!(event.void, Some("crossed"));
    assert!(matches!(&event.said, Said::Step(step, _) if step.deed == cancel));
    // Whoever wrote it writes it again, having seen the other.
    bench.step(0, cancel).unwrap();
    assert_eq!(bench.life.meetings()[&ID].state, MeetingState::Cancelled);
    // And nobody makes an object anew, or goes on from what isn't there.
    let again = bench.step_from(0, vec![], propose(2));
    assert_eq!(again, Err(LifeVoid::Crossed));
    let nowhere = bench.step_from(0, vec![1], put("Cod"));
    assert_eq!(nowhere, Err(LifeVoid::Unknown));
    let closed = bench.step_from(0, vec![], Deed::Team(TeamStep::Close));
    assert_eq!(closed, Err(LifeVoid::Unknown));
}

#[test]
pub(crate) fn r_lf2_texts_that_crossed_stand_beside_each_other() {
    let mut bench = Bench::new();
    bench.step(0, put("Cod")).unwrap();
    let first = bench.next();
    bench.step_from(0, vec![], position("40 000 t")).unwrap();
    bench
        .step_from(0, vec![first], position("41 000 t"))
        .unwrap();
    bench
        .step_from(0, vec![first], position("39 000 t"))
        .unwrap();
    let tips = |bench: &Bench| -> Vec<String> {
        let side = &bench.life.agenda()[&ID].sides[&DelegationIndex(0)];
        side.position
            .iter()
            .map(|tip| tip.text.to_string())
            .collect()
    };
    assert_eq!(tips(&bench), ["41 000 t", "39 000 t"]);
    let both = vec![first + 1, first + 2];
    bench.step_from(0, both, position("40 500 t")).unwrap();
    assert_eq!(tips(&bench), ["40 500 t"]);
    // The other side's text is no parent of one's own.
    bench
        .step_from(1, vec![first + 3], position("None"))
        .unwrap();
    assert_eq!(tips(&bench), ["40 500 t"]);
    for n in 0..MAX_TIPS - 1 {
        bench
            .step_from(0, vec![], position(&n.to_string()))
            .unwrap();
    }
    let more = bench.step_from(0, vec![], position("more"));
    assert_eq!(more, Err(LifeVoid::Full));
    assert_eq!(tips(&bench).len(), MAX_TIPS);
}

#[test]
pub(crate) fn r_lf3_all_who_are_asked_agree_and_nobody_else() {
    let mut bench = Bench::new();
    bench.step(2, propose(1)).unwrap();

    let offered = |bench: &Bench| {
        let offer = bench.life.meetings()[&ID].offer.clone();
        offer.map(|offer| offer.agreed.delegations())
    };
    assert_eq!(offered(&bench), Some(Delegations(0)));
    assert_eq!(bench.step(2, accept()), Err(LifeVoid::NotAsked));
    let decline = Deed::Meeting(MeetingStep::Decline(because("No.")));
    bench.step(0, accept()).unwrap();
    assert_eq!(bench.step(0, accept()), Err(LifeVoid::Again));
    assert_eq!(offered(&bench), Some(Delegations(0b01)));
    assert_eq!(bench.life.meetings()[&ID].plan, None);
    bench.step(1, accept()).unwrap();
    assert_eq!(offered(&bench), None);
    let agreed = bench.life.meetings()[&ID].plan.clone();
    assert_eq!(agreed, Some(plan(1, Mode::InPerson)));
    bench.step(0, propose(2)).unwrap();
    assert_eq!(bench.step(2, decline), Err(LifeVoid::NotAsked));
}

#[test]
pub(crate) fn r_lf4_who_may_write_what() {
    let mut bench = Bench::new();
    let delegate = person(0, Role::Delegate, "Dara");
    let expert = person(0, Role::Expert, "Eli");
    let observer = person(0, Role::Observer, "Ola");
    let role = Err(LifeVoid::Role);
    assert_eq!(bench.step_by(&delegate, vec![], propose(1)), role);
    assert_eq!(bench.step_by(&delegate, vec![], put("Cod")), role);
    bench.step(0, put("Cod")).unwrap();
    bench
        .step_by(&expert, vec![], position("40 000 t"))
        .unwrap();
    assert_eq!(bench.step_by(&observer, vec![], position("None")), role);
    let last = bench.next() - 2;
    assert_eq!(
        bench.step_by(&delegate, vec![last], mark(Mark::Parked)),
        role
    );
    assert_eq!(bench.step_by(&expert, vec![], draft("Cod")), role);
    bench.step_by(&delegate, vec![], draft("Cod")).unwrap();
    let on = bench.next() - 1;
    let comment = Deed::Readout(ReadoutStep::Comment {
        on,
        paragraph: Some(0),
        text: line("When?"),
    });
    bench.step_by(&observer, vec![], comment).unwrap();
    let dispute = Deed::Readout(ReadoutStep::Dispute {
        on,
        text: line("No."),
    });
    assert_eq!(bench.step_by(&delegate, vec![], dispute), role);
}

#[test]
pub(crate) fn r_lf5_a_revoked_head_takes_along_what_isnt_agreed_yet() {
    let mut bench = Bench::new();
    bench.step(0, propose(1)).unwrap();
    bench.step(1, put("Cod")).unwrap();
    bench.step(0, mark(Mark::Agreed)).unwrap();
    bench.step_from(0, vec![], draft("Cod")).unwrap();
    let on = bench.next() - 1;
    readouts::sign(&mut bench, 0, on).unwrap();
    bench.revoke(0);
    let life = &bench.life;
    let offer = life.meetings()[&ID].offer.as_ref().unwrap();
    assert_eq!(offer.agreed.delegations(), Delegations(0));
    assert_eq!(life.agenda()[&ID].marks.delegations(), Delegations(0));
    assert!(life.readouts()[&ID].signatures.is_empty());
    // What was agreed before stays.
    let mut bench = Bench::new();
    bench.step(0, propose(1)).unwrap();
    bench.step(1, accept()).unwrap();
    bench.revoke(0);
    assert_eq!(bench.life.meetings()[&ID].state, MeetingState::Agreed);
}

#[test]
pub(crate) fn r_lf6_no_side_takes_the_others_room() {
    let mut bench = Bench::new();
    bench.step(0, put("Cod")).unwrap();
    let long = "a".repeat(8000);
    let mut count = 0;
    let full = loop {
        let last = bench.next() - 1;
        match bench.step_from(0, vec![last], position(&long)) {
            Ok(()) => count += 1,
            Err(void) => break void,
        }
        if count > SHARE_BYTES / 8000 {
            panic!("there is no end to it");
        }
    };
    assert_eq!(full, LifeVoid::Full);
    assert!(count > SHARE_BYTES / 9000, "{count}");
    bench.step_from(1, vec![], position("None")).unwrap();
    // What doesn't fit is named, and kept by nobody.
    let event = bench.life.timeline().events().nth_back(1).unwrap();
    assert_eq!((event.void, &event.said), (Some("full"), &Said::Nothing(1)));
}

#[test]
pub(crate) fn r_lf7_nothing_is_said_after_the_end() {
    let mut bench = Bench::new();
    bench.end();
    assert_eq!(bench.step(0, propose(1)), Err(LifeVoid::Ended));
}

#[test]
fn the_timeline_tells_what_happened_to_the_record() {
    let mut bench = Bench::empty();
    bench.record.take(b"the offer", None);
    let junk = bench.record.take(b"junk", None);
    let after = bench.record.next_place();
    bench.life.take(&junk, after, None).unwrap();
    // Whatever stands before the founding isn't of this talk.
    assert_eq!(bench.life.timeline().events().len(), 0);
    let mut bench = Bench::new();
    for _ in 0..3 {
        assert!(bench.push(b"junk").0.is_err());
    }
    bench.in_force(ActBody::Unlock {
        room: plenary(&TALK),
    });
    let said: Vec<_> = bench.life.timeline().events().collect();
    assert!(matches!(said[0].said, Said::Founded));
    assert_eq!(said[0].by.as_ref().unwrap().name.as_str(), "Head 0 of 0");
    assert_eq!(said[0].at, 1000);
    assert_eq!(
        (&said[1].said, said[1].void),
        (&Said::Nothing(3), Some("entry"))
    );
    assert!(matches!(said[2].said, Said::Proposed(_)));
    assert!(matches!(said[3].said, Said::Consented(_)));
    assert!(
        matches!(&said[4].said, Said::InForce(body) if matches!(**body, ActBody::Unlock { .. }))
    );
    assert_eq!(said.len(), 5);
}

#[test]
fn steps_are_read_as_they_were_written() {
    let id = ObjectId([3; 16]);
    for deed in every_deed() {
        let step = Step {
            object: id,
            seen: vec![],
            deed,
        };
        let body = step.body();
        assert_eq!(Step::read(&body), Ok(Some(step.clone())));
        let Body::Life { kind, content } = body else {
            panic!("another body");
        };
        for end in 0..content.len() {
            let cut = Body::Life {
                kind,
                content: content[..end].to_vec(),
            };
            assert!(Step::read(&cut).is_err(), "{step:?} cut at {end}");
        }
        let more = Body::Life {
            kind,
            content: [&content[..], &[0]].concat(),
        };
        assert!(Step::read(&more).is_err());
    }
    let unordered = Step {
        object: id,
        seen: vec![4, 4],
        deed: position("a"),
    };
    assert!(Step::read(&unordered.body()).is_err());
    let two = Step {
        object: id,
        seen: vec![3, 4],
        deed: propose(1),
    };
    assert!(Step::read(&two.body()).is_err());
}
