use super::*;

#[test]
fn two_heads_found_a_talk_by_the_claim_link() {
    let (mut bench, proposed) = Bench::propose(Admit::Each);
    bench.run();
    assert_eq!(bench.view(A).stage, Stage::Offered);
    assert_eq!(
        bench.people[A].session.claim_link(),
        Some(proposed.claim.clone())
    );
    bench.add_link("Bo", &proposed.claim.to_url(ORIGIN));
    bench.run();
    let seen = bench.view(B);
    assert_eq!(seen.stage, Stage::Claiming);
    assert_eq!(seen.offer.unwrap().person, "Ada");
    assert_eq!(seen.title.as_deref(), Some("Fisheries"));
    bench.press(B, claim());
    assert_eq!(bench.view(B).stage, Stage::Founding);
    let shown = bench.view(A);
    assert_eq!(shown.stage, Stage::Claimed);
    assert_eq!(shown.claim.unwrap().delegation, "South");
    bench.press(A, TalkCommand::Countersign);
    // One press each so far; what is left is to compare the words.
    assert_eq!((bench.people[A].presses, bench.people[B].presses), (1, 1));
    check_founded(&mut bench);
}

#[test]
fn two_heads_found_a_talk_by_the_code() {
    let (mut bench, proposed) = Bench::propose(Admit::Each);
    bench.run();
    bench.add_code("Bo", &proposed.claim.group.code().to_lowercase());
    bench.run();
    assert_eq!(bench.view(B).stage, Stage::Claiming);
    bench.press(B, claim());
    bench.press(A, TalkCommand::Countersign);
    check_founded(&mut bench);
}

#[track_caller]
fn check_founded(bench: &mut Bench) {
    let (a, b) = (bench.view(A), bench.view(B));
    assert_eq!((a.stage, b.stage), (Stage::Founded, Stage::Founded));
    assert!(a.words.is_some() && a.words == b.words);
    assert_eq!(
        (a.own.seat, b.own.seat),
        (SeatState::Ready, SeatState::Ready)
    );
    assert_eq!(a.delegations.len(), 2);
    assert!(a.compared.is_empty());
    // Both founders' seats stand at the door, approved in the record: whoever comes later sees them.
    assert_eq!(a.seats.len(), 2);
    assert!(a.seats == b.seats);
    assert!(a.seats.iter().all(|seat| seat.approved_by.len() == 1));
    assert!(a.waiting.is_empty() && b.waiting.is_empty());
    bench.press(A, TalkCommand::Compared { same: true });
    assert_eq!(bench.view(B).compared, [0]);
    bench.press(B, TalkCommand::Compared { same: true });
    assert_eq!(bench.view(A).compared, [0, 1]);
    assert!(!bench.view(A).mismatch);
    assert!(bench.notices(A).is_empty() && bench.notices(B).is_empty());
    // The place is taken: its link's access key opens nothing any more.
    assert!(bench.groups[1].1);
}

#[test]
fn words_that_differ_are_told_to_everybody_of_the_talk() {
    let mut bench = Bench::founded(Admit::Each);
    bench.press(B, TalkCommand::Compared { same: false });
    let (a, b) = (bench.view(A), bench.view(B));
    assert!(a.mismatch && b.mismatch);
    assert_eq!((a.stage, a.broken), (Stage::Founded, None));
    assert_eq!((b.stage, b.broken), (Stage::Broken, Some(Broken::Mismatch)));
    // Pressed by mistake.
    bench.press(B, TalkCommand::Compared { same: true });
    assert!(!bench.view(A).mismatch);
    assert_eq!(bench.view(B).stage, Stage::Founded);
}

#[test]
fn the_proposer_refuses_a_claim_and_takes_the_next() {
    let (mut bench, proposed) = Bench::propose(Admit::Each);
    let url = proposed.claim.to_url(ORIGIN);
    bench.add_link("Bo", &url);
    let other = bench.add_link("Mallory", &url);
    bench.run();
    let mallory = TalkCommand::Claim {
        delegation: "South".to_owned(),
        person: "Mallory".to_owned(),
    };
    bench.press(other, mallory);
    bench.press(B, claim());
    assert_eq!(bench.view(A).claim.unwrap().person, "Mallory");
    bench.press(A, TalkCommand::RefuseClaim);
    assert_eq!(bench.view(other).broken, Some(Broken::Refused));
    assert_eq!(bench.view(A).claim.unwrap().person, "Bo");
    bench.press(A, TalkCommand::Countersign);
    assert_eq!(bench.view(B).stage, Stage::Founded);
    assert_eq!(bench.view(A).stage, Stage::Founded);
}

#[test]
fn a_second_claimant_is_told() {
    let (mut bench, proposed) = Bench::propose(Admit::Each);
    let url = proposed.claim.to_url(ORIGIN);
    bench.add_link("Bo", &url);
    let late = bench.add_link("Late", &url);
    let silent = bench.add_link("Silent", &url);
    bench.run();
    bench.press(B, claim());
    bench.press(late, claim());
    // Both claims stand; the first is answered.
    bench.press(A, TalkCommand::Countersign);
    assert_eq!(bench.view(B).stage, Stage::Founded);
    assert_eq!(bench.view(late).broken, Some(Broken::Taken));
    assert_eq!(bench.view(silent).broken, Some(Broken::Taken));
    assert_eq!(bench.try_press(silent, claim()), Err(TalkError::NotNow));
}

#[test]
fn the_view_is_json_as_the_page_expects_it() {
    let bench = Bench::founded(Admit::Each);
    let talk = Box::new(bench.view(A));
    let json = serde_json::to_value(TalkEvent::Talk { talk }).unwrap();
    assert_eq!(json["type"], "talk");
    assert_eq!(json["talk"]["stage"], "founded");
    assert_eq!(json["talk"]["own"]["seat"], "ready");
    assert_eq!(json["talk"]["rules"]["admit"], "each");
    assert_eq!(json["talk"]["words"]["words"].as_array().unwrap().len(), 6);
    let room = TalkEvent::Room(crate::Event::SendKeyFrame);
    let json = serde_json::to_value(room).unwrap();
    assert_eq!(json["type"], "send_key_frame");
    let command = r#"{"type":"propose_act","act":{"is":"rules","admit":"roster"}}"#;
    let admit = AdmitName::Roster;
    assert_eq!(
        serde_json::from_str::<TalkCommand>(command).unwrap(),
        propose_act(ActChoice::Rules { admit })
    );
    let command = r#"{"type":"invite","role":"note_taker"}"#;
    assert!(serde_json::from_str::<TalkCommand>(command).is_ok());
}
