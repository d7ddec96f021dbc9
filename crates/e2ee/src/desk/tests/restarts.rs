//! Every session is started again from what it kept last, after every single delivery.

use super::*;

/// Presses what a person would, as long as the view asks for it.
fn insist(bench: &mut Bench, who: usize, wants: impl Fn(&TalkView) -> Option<TalkCommand>) {
    for _ in 0..50 {
        bench.run();
        let Some(command) = wants(&bench.view(who)) else {
            return;
        };
        let _ = bench.try_press(who, command);
        bench.drain(who);
        bench.run();
    }
    panic!("the view asks for the same without end");
}

#[test]
fn the_story_ends_well_whatever_is_reloaded() {
    let (mut bench, proposed) = Bench::propose(Admit::Each);
    bench.restarts = true;
    bench.run();
    bench.add_link("Bo", &proposed.claim.to_url(ORIGIN));
    insist(&mut bench, B, |view| {
        (view.stage == Stage::Claiming).then(claim)
    });
    insist(&mut bench, A, |view| {
        (view.stage == Stage::Claimed).then_some(TalkCommand::Countersign)
    });
    assert_eq!(bench.view(A).stage, Stage::Founded);
    assert_eq!(bench.view(B).stage, Stage::Founded);
    assert_eq!(bench.view(A).words, bench.view(B).words);
    for head in [A, B] {
        insist(&mut bench, head, |view| {
            let done = view.compared.contains(&view.own.delegation.unwrap());
            (!done).then_some(TalkCommand::Compared { same: true })
        });
    }
    let url = bench.invite(A, false, 0);
    let guest = bench.add_link("Cy", &url);
    insist(&mut bench, guest, |view| {
        (view.own.seat == SeatState::None).then(|| ask("Cy"))
    });
    insist(&mut bench, A, |view| {
        let asks = view.lobby.iter().find(|ask| ask.state == AskState::Asks);
        asks.map(|ask| vouch(&ask.id))
    });
    insist(&mut bench, B, |view| {
        view.waiting.first().map(|seat| approve(&seat.id))
    });
    bench.run();
    assert_eq!(bench.view(guest).own.seat, SeatState::Ready);
    assert_eq!(bench.view(A).seats.len(), 3);
    assert!(bench.restarted.len() > 20, "{}", bench.restarted.len());
    // Nothing was done twice: the offer, claim and counter stand once, and so does each approval.
    assert_eq!(bench.log[&StreamName::lobby(1)].len(), 3);
    let voids = |notice: &DeskNotice| matches!(notice, DeskNotice::Void { .. });
    assert!(
        [A, B, guest]
            .iter()
            .all(|who| !bench.notices(*who).iter().any(voids))
    );
}

/// The server took the group's keys, and the page died before it could keep that.
#[test]
fn the_group_was_registered_and_nobody_remembers() {
    let (mut bench, proposed) = Bench::propose(Admit::Each);
    bench.run();
    bench.add_link("Bo", &proposed.claim.to_url(ORIGIN));
    bench.run();
    bench.press(B, claim());
    let before = bench.people[B].kept.clone();
    bench.press(A, TalkCommand::Countersign);
    assert_eq!(bench.view(B).stage, Stage::Founded);
    // Kept before the counter came: the claim's access key opens nothing any more, and only what
    // was kept with the counter does.
    assert_ne!(before, bench.people[B].kept);
    bench.restart(B);
    bench.run();
    assert_eq!(bench.view(B).stage, Stage::Founded);
}

/// The approver's page dies before the grant is mailed: the guest asks again, and the own side's
/// head answers.
#[test]
fn a_lost_grant_comes_again() {
    let mut bench = Bench::founded(Admit::Each);
    let url = bench.invite(A, false, 0);
    let (guest, id) = bench.guest("Cy", &url);
    bench.press(A, vouch(&id));
    bench.cut(guest);
    bench.press(B, approve(&id));
    let mails: Vec<_> = bench
        .log
        .keys()
        .filter(|stream| stream.as_str().starts_with("mail/"))
        .cloned()
        .collect();
    assert_eq!(mails.len(), 1);
    // That the own side vouches was read before.
    bench.log.get_mut(&mails[0]).unwrap().truncate(1);
    bench.connect(guest);
    bench.run();
    assert_eq!(bench.view(guest).own.seat, SeatState::Ready);
}
