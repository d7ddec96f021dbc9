use super::*;

#[test]
fn a_guest_is_vouched_for_and_approved_while_the_voucher_is_away() {
    let mut bench = Bench::founded(Admit::Each);
    let url = bench.invite(A, false, 0);
    let (guest, id) = bench.guest("Cy", &url);
    assert_eq!(bench.view(guest).own.seat, SeatState::Asked);
    assert_eq!(bench.view(guest).own.role, Some(RoleName::Expert));
    let lobby = bench.view(A).lobby;
    assert_eq!(
        (lobby[0].name.as_str(), lobby[0].state),
        ("Cy", AskState::Asks)
    );
    assert!(lobby[0].invited && !lobby[0].expired && lobby[0].suspicions.is_empty());
    assert_eq!(lobby[0].hint.as_deref(), Some("Cy"));
    assert!(bench.view(B).lobby.is_empty());
    bench.press(A, vouch(&id));
    assert_eq!(bench.view(A).lobby[0].state, AskState::Vouched);
    bench.cut(A);
    let waiting = bench.view(B).waiting;
    assert_eq!(
        (waiting[0].id.as_str(), waiting[0].vouched_by.as_str()),
        (id.as_str(), "Ada")
    );
    // One's own people aren't waiting for oneself.
    assert!(bench.view(A).waiting.is_empty());
    bench.press(B, approve(&id));
    let seen = bench.view(guest);
    assert_eq!(
        (seen.own.seat, seen.stage),
        (SeatState::Ready, Stage::Founded)
    );
    assert_eq!(seen.seats.len(), 3);
    let own = seen.seats.iter().find(|seat| seat.id == id).unwrap();
    assert_eq!(own.approved_by[0].name, "Bo");
    assert_eq!(seen.words, bench.view(B).words);
    bench.connect(A);
    bench.run();
    assert_eq!(bench.view(A).lobby[0].state, AskState::Ready);
}

#[test]
fn without_an_approval_nobody_is_seated() {
    let mut bench = Bench::founded(Admit::Each);
    let url = bench.invite(A, false, 0);
    let (guest, id) = bench.guest("Cy", &url);
    bench.press(A, vouch(&id));
    assert_eq!(bench.view(guest).own.seat, SeatState::Vouched);
    assert_eq!(bench.view(A).seats.len(), 2);
    // The voucher's side doesn't approve its own.
    assert_eq!(bench.try_press(A, approve(&id)), Err(TalkError::NotNow));
    // Nor does a guest do anything.
    assert_eq!(
        bench.try_press(guest, approve(&id)),
        Err(TalkError::NotHead)
    );
}

#[test]
fn whoever_has_the_code_asks_without_an_invitation() {
    let mut bench = Bench::founded(Admit::Each);
    bench.invite(B, false, 0);
    let code = bench.people[B].events.iter().find_map(|event| match event {
        TalkEvent::Invited { code, .. } => Some(code.clone()),
        _ => None,
    });
    let guest = bench.add_code("Di", &code.unwrap());
    bench.run();
    bench.press(guest, ask("Di"));
    let lobby = bench.view(B).lobby;
    assert!(!lobby[0].invited);
    assert_eq!(lobby[0].role, RoleName::Delegate);
    let id = lobby[0].id.clone();
    bench.press(B, vouch(&id));
    bench.press(A, approve(&id));
    assert_eq!(bench.view(guest).own.seat, SeatState::Ready);
    assert_eq!(bench.view(guest).own.delegation, Some(1));
}

#[test]
fn a_refusal_has_a_reason_and_isnt_the_last_word() {
    let mut bench = Bench::founded(Admit::Each);
    let url = bench.invite(A, false, 0);
    let (guest, id) = bench.guest("Cy", &url);
    let refuse = TalkCommand::Refuse {
        seat: id.clone(),
        reason: "Next time".to_owned(),
    };
    bench.press(A, refuse);
    let own = bench.view(guest).own;
    assert_eq!(own.seat, SeatState::Refused);
    assert_eq!(own.refused.as_deref(), Some("Next time"));
    assert_eq!(bench.view(A).lobby[0].state, AskState::Refused);
    bench.restart(A);
    bench.restart(guest);
    bench.run();
    assert_eq!(bench.view(A).lobby[0].state, AskState::Refused);
    // Asked again, it is a new question.
    bench.press(guest, ask("Cy"));
    assert_eq!(bench.view(A).lobby[0].state, AskState::Asks);
    bench.restart(A);
    bench.run();
    assert_eq!(bench.view(A).lobby[0].state, AskState::Asks);
    let refuse = TalkCommand::Refuse {
        seat: id.clone(),
        reason: "No".to_owned(),
    };
    bench.press(A, refuse);
    assert_eq!(bench.view(A).lobby[0].state, AskState::Refused);
    // And the head may think differently.
    bench.press(A, vouch(&id));
    assert_eq!(bench.view(guest).own.seat, SeatState::Vouched);
    bench.restart(guest);
    bench.run();
    assert_eq!(bench.view(guest).own.seat, SeatState::Vouched);
    bench.press(B, approve(&id));
    assert_eq!(bench.view(guest).own.seat, SeatState::Ready);
}

#[test]
fn with_a_roster_the_own_side_is_enough() {
    let mut bench = Bench::founded(Admit::Roster);
    let url = bench.invite(A, false, 0);
    let (guest, id) = bench.guest("Cy", &url);
    bench.cut(B);
    bench.press(A, vouch(&id));
    assert_eq!(bench.view(guest).own.seat, SeatState::Ready);
    bench.connect(B);
    bench.run();
    assert!(bench.view(B).waiting.is_empty());
}

#[test]
fn an_automatic_invitation_vouches_once() {
    let mut bench = Bench::founded(Admit::Roster);
    let url = bench.invite(A, true, 0);
    let presses = bench.people[A].presses;
    let (guest, _) = bench.guest("Cy", &url);
    assert_eq!(bench.view(guest).own.seat, SeatState::Ready);
    let (second, id) = bench.guest("Cyrus", &url);
    assert_eq!(bench.view(second).own.seat, SeatState::Asked);
    assert_eq!(bench.people[A].presses, presses);
    // By hand it goes all the same.
    bench.press(A, vouch(&id));
    assert_eq!(bench.view(second).own.seat, SeatState::Ready);
}

#[test]
fn an_automatic_invitation_needs_the_other_side_still() {
    let mut bench = Bench::founded(Admit::Each);
    let url = bench.invite(A, true, 0);
    let (guest, id) = bench.guest("Cy", &url);
    assert_eq!(bench.view(guest).own.seat, SeatState::Vouched);
    bench.press(B, approve(&id));
    assert_eq!(bench.view(guest).own.seat, SeatState::Ready);
}

#[test]
fn an_invitation_expires_for_whoever_vouches() {
    let mut bench = Bench::founded(Admit::Roster);
    let url = bench.invite(A, true, WALL + 1000);
    let late = bench.invite(A, true, WALL);
    let (in_time, _) = bench.guest("Cy", &url);
    assert_eq!(bench.view(in_time).own.seat, SeatState::Ready);
    let (guest, id) = bench.guest("Di", &late);
    assert_eq!(bench.view(guest).own.seat, SeatState::Asked);
    let lobby = bench.view(A).lobby;
    assert!(lobby.iter().any(|ask| ask.id == id && ask.expired));
}

#[test]
fn many_at_once() {
    let mut bench = Bench::founded(Admit::Each);
    let url = bench.invite(A, false, 0);
    let names = ["Cy", "Di", "Ed", "Fay"];
    let guests: Vec<_> = names.map(|name| bench.guest(name, &url)).into();
    let seats: Vec<String> = guests.iter().map(|(_, id)| id.clone()).collect();
    bench.press(
        A,
        TalkCommand::Vouch {
            seats: seats.clone(),
        },
    );
    assert_eq!(bench.view(B).waiting.len(), 4);
    bench.press(B, TalkCommand::Approve { seats });
    for (guest, _) in guests {
        assert_eq!(bench.view(guest).own.seat, SeatState::Ready);
        assert_eq!(bench.view(guest).seats.len(), 6);
    }
}

#[test]
fn a_name_like_anothers_is_flagged() {
    let mut bench = Bench::founded(Admit::Each);
    let url = bench.invite(A, false, 0);
    bench.guest("Bo", &url);
    bench.guest("Cy", &url);
    let lobby = bench.view(A).lobby;
    let flags = |name: &str| {
        let ask = lobby.iter().find(|ask| ask.name == name);
        ask.map(|ask| ask.suspicions.clone())
    };
    assert_eq!(flags("Bo"), Some(vec![SuspicionName::LookAlike]));
    assert_eq!(flags("Cy"), Some(vec![]));
}

fn seated(bench: &mut Bench) -> (usize, String) {
    let url = bench.invite(A, false, 0);
    let (guest, id) = bench.guest("Cy", &url);
    bench.press(A, vouch(&id));
    bench.press(B, approve(&id));
    assert_eq!(bench.view(guest).own.seat, SeatState::Ready);
    (guest, id)
}

#[test]
fn a_decision_needs_both() {
    let mut bench = Bench::founded(Admit::Each);
    let (guest, id) = seated(&mut bench);
    let seat = id.clone();
    bench.press(B, propose_act(ActChoice::Eject { seat }));
    let acts = bench.view(A).acts;
    assert_eq!(
        (acts[0].agreed.as_slice(), acts[0].asked.as_slice()),
        (&[1][..], &[0, 1][..])
    );
    assert_eq!(acts[0].seat_name.as_deref(), Some("Cy"));
    assert!(!acts[0].own && acts[0].expires_in > 100);
    assert!(!revoked(&bench, &id));
    let act = acts[0].id.clone();
    let consent = TalkCommand::Consent { act: act.clone() };
    assert_eq!(
        bench.try_press(guest, consent.clone()),
        Err(TalkError::NotHead)
    );
    bench.press(A, consent);
    assert!(revoked(&bench, &id) && bench.view(A).acts.is_empty());
    let told = bench
        .notices(guest)
        .iter()
        .any(|notice| matches!(notice, DeskNotice::ActInForce { id, .. } if *id == act));
    assert!(told);
}

/// Whoever asks for a lock writes its list; whoever is asked sees whom it leaves out.
#[test]
fn a_lock_names_whom_it_keeps_out() {
    let mut bench = Bench::founded(Admit::Each);
    bench.press(B, propose_act(ActChoice::Lock));
    assert!(bench.view(A).acts[0].shut_out.is_empty());
    let _ = seated(&mut bench);
    assert_eq!(bench.view(A).acts[0].shut_out, ["Cy"]);
}

fn revoked(bench: &Bench, id: &str) -> bool {
    let seats = bench.view(A).seats;
    seats.iter().any(|seat| seat.id == *id && seat.revoked)
}

#[test]
fn locks_rules_and_the_end() {
    let mut bench = Bench::founded(Admit::Each);
    let both = |bench: &mut Bench, act: ActChoice| {
        bench.press(A, propose_act(act));
        let id = bench.view(B).acts[0].id.clone();
        bench.press(B, TalkCommand::Consent { act: id });
        assert!(bench.view(A).acts.is_empty());
    };
    both(&mut bench, ActChoice::Lock);
    assert!(bench.view(B).locked);
    both(&mut bench, ActChoice::Unlock);
    assert!(!bench.view(B).locked);
    let admit = AdmitName::Roster;
    both(&mut bench, ActChoice::Rules { admit });
    assert!(bench.view(B).rules == Some(RulesView { admit }));
    both(&mut bench, ActChoice::End);
    assert!(bench.view(A).ended);
    let end = propose_act(ActChoice::End);
    assert_eq!(bench.try_press(A, end), Err(TalkError::NotNow));
    assert!(
        bench
            .notices(A)
            .iter()
            .all(|notice| !matches!(notice, DeskNotice::Void { .. }))
    );
}

#[test]
fn a_consent_is_taken_back_and_one_act_binds() {
    let mut bench = Bench::founded(Admit::Each);
    bench.press(A, propose_act(ActChoice::Lock));
    bench.press(A, propose_act(ActChoice::End));
    let void = DeskNotice::Void {
        reason: "bound".to_owned(),
    };
    assert!(bench.notices(A).contains(&void));
    let act = bench.view(A).acts[0].id.clone();
    bench.press(A, TalkCommand::Retract { act });
    assert!(bench.view(B).acts.is_empty());
    bench.press(A, propose_act(ActChoice::End));
    assert_eq!(bench.view(B).acts.len(), 1);
}

#[test]
fn an_act_expires_by_the_records_positions() {
    let mut bench = Bench::founded(Admit::Each);
    bench.press(A, propose_act(ActChoice::Lock));
    let left = bench.view(B).acts[0].expires_in;
    for _ in 1..left {
        bench.inject(&StreamName::record(), vec![0; 256]);
    }
    bench.run();
    assert_eq!(bench.view(B).acts[0].expires_in, 1);
    bench.inject(&StreamName::record(), vec![0; 256]);
    bench.inject(&StreamName::record(), vec![0; 256]);
    bench.run();
    assert!(bench.view(B).acts.is_empty());
    let expired = |notice: &DeskNotice| matches!(notice, DeskNotice::ActExpired { .. });
    assert!(bench.notices(B).iter().any(expired));
}

#[test]
fn ones_own_are_withdrawn_alone() {
    let mut bench = Bench::founded(Admit::Each);
    let (guest, id) = seated(&mut bench);
    let withdraw = TalkCommand::Withdraw { seat: id.clone() };
    assert_eq!(
        bench.try_press(B, withdraw.clone()),
        Err(TalkError::NotHead)
    );
    bench.press(A, withdraw.clone());
    assert!(revoked(&bench, &id));
    // Or by oneself.
    let mut bench = Bench::founded(Admit::Each);
    let (guest_too, id) = seated(&mut bench);
    bench.press(guest_too, TalkCommand::Withdraw { seat: id.clone() });
    assert!(revoked(&bench, &id));
    assert_eq!(guest, guest_too);
}

#[test]
fn two_heads_write_at_the_same_moment() {
    let mut bench = Bench::founded(Admit::Each);
    bench
        .try_press(A, TalkCommand::Compared { same: true })
        .unwrap();
    bench
        .try_press(B, TalkCommand::Compared { same: true })
        .unwrap();
    bench.run();
    assert_eq!(bench.view(A).compared, [0, 1]);
    assert!(bench.notices(A).is_empty() && bench.notices(B).is_empty());
}

/// From the backup alone somebody is the same head again, under the same name.
#[test]
fn a_head_comes_back_by_the_backup() {
    let mut bench = Bench::founded(Admit::Each);
    let Secret::Head(head) = bench.people[B].session.secret().clone() else {
        panic!("not a head");
    };
    let backup = head.to_backup(ORIGIN).unwrap();
    let again = HeadSecret::from_backup(&backup, DelegationIndex(1));
    let again = bench.add("Bo", Secret::Head(Box::new(again)));
    bench.run();
    let own = bench.view(again).own;
    assert_eq!(
        (own.name.as_deref(), own.seat),
        (Some("Bo"), SeatState::Ready)
    );
    bench.press(again, TalkCommand::Compared { same: true });
    assert_eq!(bench.view(A).compared, [1]);
    let url = bench.invite(again, false, 0);
    let (guest, id) = bench.guest("Cy", &url);
    bench.press(again, vouch(&id));
    bench.press(A, approve(&id));
    assert_eq!(bench.view(guest).own.seat, SeatState::Ready);
}
