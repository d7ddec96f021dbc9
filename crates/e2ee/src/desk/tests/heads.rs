//! A head beside the first, and the first on two devices.

use super::*;
use crate::desk::sealing::{self, Use};
use incamera_talk::two_keys::{Granted, Mail, VouchedPacket};

/// A talk in which Ada's side has a second head, Eve, seated; her index and seat.
fn with_second() -> (Bench, usize, String) {
    let mut bench = Bench::founded(Admit::Each);
    let url = bench.invite_as(A, RoleName::Head);
    let (second, id) = bench.guest("Eve", &url);
    let lobby = bench.view(A).lobby;
    assert_eq!(
        (lobby[0].role, lobby[0].state),
        (RoleName::Head, AskState::Asks)
    );
    bench.press(A, vouch(&id));
    assert!(!bench.view(second).own.head);
    assert_eq!(bench.view(B).waiting[0].role, RoleName::Head);
    bench.press(B, approve(&id));
    let own = bench.view(second).own;
    assert!(own.head && !own.root && !own.demoted);
    assert_eq!(own.seat, SeatState::Ready);
    (bench, second, id)
}

/// The ids of Ada's side's heads by their seats.
fn head_of(bench: &Bench, who: usize, seat: &str) -> HeadView {
    let heads = bench.view(who).heads;
    heads.into_iter().find(|head| head.seat == seat).unwrap()
}

#[test]
fn a_second_head_acts_while_the_first_is_away() {
    let (mut bench, second, id) = with_second();
    for (who, own) in [(A, false), (B, false), (second, true)] {
        let head = head_of(&bench, who, &id);
        assert_eq!((head.delegation, head.name.as_str()), (0, "Eve"));
        assert!(head.own == own && !head.root && !head.revoked);
        assert_eq!(bench.view(who).heads.len(), 3);
    }
    bench.cut(A);
    // Invites, vouches, and the other side approves.
    let url = bench.invite(second, false, 0);
    let (guest, cy) = bench.guest("Cy", &url);
    bench.press(second, vouch(&cy));
    assert_eq!(bench.view(B).waiting[0].vouched_by, "Eve");
    bench.press(B, approve(&cy));
    assert_eq!(bench.view(guest).own.seat, SeatState::Ready);
    // Approves the other side's people.
    let url = bench.invite(B, false, 0);
    let (theirs, di) = bench.guest("Di", &url);
    bench.press(B, vouch(&di));
    bench.press(second, approve(&di));
    assert_eq!(bench.view(theirs).own.seat, SeatState::Ready);
    // Consents.
    bench.press(B, propose_act(ActChoice::Lock));
    let act = bench.view(second).acts[0].id.clone();
    bench.press(second, TalkCommand::Consent { act });
    assert!(bench.view(B).locked);
    bench.connect(A);
    bench.run();
    assert!(bench.view(A).locked && bench.view(A).lobby.iter().any(|ask| ask.id == cy));
}

#[test]
fn two_heads_of_one_side_have_one_vote() {
    let (mut bench, second, _) = with_second();
    bench.press(A, propose_act(ActChoice::End));
    let act = bench.view(second).acts[0].clone();
    assert!(act.own && act.agreed == [0]);
    bench.press(
        second,
        TalkCommand::Consent {
            act: act.id.clone(),
        },
    );
    assert!(!bench.view(A).ended && bench.view(B).acts[0].agreed == [0]);
    // One takes back what the other agreed to: it was their side's.
    bench.press(second, TalkCommand::Retract { act: act.id });
    assert!(bench.view(A).acts.is_empty());
    // The control: the other side's is the one that counts.
    bench.press(second, propose_act(ActChoice::End));
    let act = bench.view(B).acts[0].id.clone();
    bench.press(B, TalkCommand::Consent { act });
    assert!(bench.view(A).ended);
}

#[test]
fn a_second_head_makes_no_heads() {
    let (mut bench, second, id) = with_second();
    let invite = TalkCommand::Invite {
        role: RoleName::Head,
        hint: None,
        expiry: 0,
        automatic: false,
    };
    assert_eq!(
        bench.try_press(second, invite.clone()),
        Err(TalkError::NoRoot)
    );
    let url = bench.invite_as(A, RoleName::Head);
    let (third, fay) = bench.guest("Fay", &url);
    assert_eq!(bench.try_press(second, vouch(&fay)), Err(TalkError::NoRoot));
    let own = head_of(&bench, A, &id);
    let first = bench.view(A).heads.into_iter().find(|head| head.own);
    for head in [own.id, first.unwrap().id] {
        let revoke = TalkCommand::RevokeHead { head };
        assert_eq!(bench.try_press(second, revoke), Err(TalkError::NoRoot));
    }
    let Secret::Head(kept) = bench.people[second].session.secret() else {
        panic!("not a head");
    };
    assert!(kept.root_key().is_none() && kept.control_key().is_none());
    assert!(kept.to_backup(ORIGIN).is_none());
    // The first can.
    bench.press(A, vouch(&fay));
    bench.press(B, approve(&fay));
    assert!(bench.view(third).own.head);
    // Not by an automatic invitation.
    let TalkCommand::Invite { role, hint, .. } = invite else {
        panic!("not an invitation");
    };
    let automatic = TalkCommand::Invite {
        role,
        hint,
        expiry: 0,
        automatic: true,
    };
    assert_eq!(bench.try_press(A, automatic), Err(TalkError::NotNow));
}

#[test]
fn a_revoked_heads_word_counts_no_more() {
    let (mut bench, second, id) = with_second();
    let url = bench.invite(second, false, 0);
    let (guest, cy) = bench.guest("Cy", &url);
    bench.press(second, vouch(&cy));
    bench.press(B, approve(&cy));
    let url = bench.invite(B, false, 0);
    let (_, di) = bench.guest("Di", &url);
    bench.press(B, vouch(&di));
    bench.press(second, approve(&di));
    bench.press(second, propose_act(ActChoice::End));
    let head = head_of(&bench, A, &id).id;
    assert_eq!(
        bench.try_press(B, TalkCommand::RevokeHead { head: head.clone() }),
        Err(TalkError::Unknown)
    );
    bench.press(A, TalkCommand::RevokeHead { head: head.clone() });
    let own = bench.view(second).own;
    assert!(own.demoted && !own.head);
    assert!(bench.view(B).acts.is_empty());
    assert!(head_of(&bench, B, &id).revoked);
    let seat = |bench: &Bench, id: &str| {
        let seats = bench.view(A).seats;
        seats.into_iter().find(|seat| seat.id == id)
    };
    assert!(seat(&bench, &id).unwrap().revoked && seat(&bench, &cy).unwrap().revoked);
    for command in [
        propose_act(ActChoice::End),
        vouch(&cy),
        approve(&di),
        TalkCommand::Compared { same: false },
    ] {
        assert_eq!(bench.try_press(second, command), Err(TalkError::NotHead));
    }
    bench.restart(second);
    bench.run();
    assert!(bench.view(second).own.demoted);
    // Who came by their word is vouched for and approved anew, and has the same seat again.
    let lobby = bench.view(A).lobby;
    let asks = lobby.iter().find(|ask| ask.id == cy).unwrap();
    assert_eq!(asks.state, AskState::Asks);
    bench.press(A, vouch(&cy));
    assert!(!seat(&bench, &cy).unwrap().revoked);
    assert!(bench.people[guest].session.own_seat().is_some_and(|seat| {
        let standing = bench.people[guest].session.standing().unwrap();
        seat.is_admitted(standing, standing.charter().all()).is_ok()
    }));
    assert!(bench.view(A).waiting.iter().any(|waits| waits.id == di));
    bench.press(A, approve(&di));
    assert!(!seat(&bench, &di).unwrap().revoked);
    // Nobody takes the last word from their own side.
    let first = bench.view(A).heads.into_iter().find(|head| head.own);
    let own = TalkCommand::RevokeHead {
        head: first.unwrap().id,
    };
    assert_eq!(bench.try_press(A, own), Err(TalkError::NotNow));
}

/// Other software may skip what stops the commands: what it writes is void.
#[test]
fn what_a_revoked_head_writes_is_void() {
    let (mut bench, second, id) = with_second();
    bench.press(B, propose_act(ActChoice::End));
    let head = head_of(&bench, A, &id).id;
    let act = bench.view(second).acts[0].id.clone();
    bench.press(A, TalkCommand::RevokeHead { head });
    bench.people[second].session.demoted = false;
    bench.press(second, TalkCommand::Consent { act: act.clone() });
    assert!(!bench.view(A).ended);
    let void = DeskNotice::Void {
        reason: "author".to_owned(),
    };
    assert!(bench.notices(second).contains(&void));
    bench.press(A, TalkCommand::Consent { act });
    assert!(bench.view(B).ended);
}

/// A head who hasn't the root brings somebody to the door as a head all the same, and the other
/// side's head approves without looking: there is no certificate, so there is no head.
#[test]
fn who_claims_to_be_a_head_without_a_certificate_is_none() {
    let (mut bench, second, _) = with_second();
    let url = bench.invite_as(A, RoleName::Head);
    let (third, fay) = bench.guest("Fay", &url);
    let honest = bench.people[A].session.secret().clone();
    let (door, before) = (bench.people[A].session.door(), bench.view(B).waiting.len());
    // The honest packet, without the certificate at its end.
    bench.press(A, vouch(&fay));
    let Secret::Head(ada) = honest else {
        panic!("not a head");
    };
    let (stream, vault) = (door.clone(), ada.vault().unwrap());
    let sealed = bench.log.get_mut(&stream).unwrap().pop().unwrap();
    let whole = vault.open(&stream, &sealed).unwrap();
    let standing = bench.people[A].session.standing().unwrap().clone();
    let packet = VouchedPacket::verify(&whole, standing.charter()).unwrap();
    let office = 128 + 2 + packet.head().unwrap().as_bytes().len();
    let bare = &whole[..whole.len() - office];
    let entry = vault.seal(&stream, bare, &[9; 32]).unwrap();
    bench.log.get_mut(&stream).unwrap().push(entry);
    for who in [A, B, second, third] {
        bench.restart(who);
    }
    bench.run();
    assert_eq!(bench.view(B).waiting.len(), before);
    // Even with every signature that a seat needs, and the key to the record.
    let Secret::Head(bo) = bench.people[B].session.secret() else {
        panic!("not a head");
    };
    let (cert, _) = bo.certified().unwrap();
    let approval = packet.seat().tbs().approve(&bo.head_key(), &cert);
    let seat = packet
        .seat()
        .with_approvals(vec![approval], standing.charter());
    let grant = Mail::Granted(Granted::new(&seat.unwrap(), &ada.vault.unwrap())).encode();
    let own = bench.people[third].session.seat_box.as_ref().unwrap();
    let mail = own.public.mail();
    let context = mail.as_str().as_bytes();
    let sealed = sealing::seal(Use::Mail, &bench.talk, context, &own.public, &grant).unwrap();
    bench.inject(&mail, sealed);
    bench.run();
    assert_eq!(bench.view(third).own.seat, SeatState::Ready);
    assert!(!bench.view(third).own.head);
    assert!(bench.view(A).heads.iter().all(|head| head.name != "Fay"));
    // The control: with the certificate beside it.
    let entry = vault.seal(&stream, &whole, &[10; 32]).unwrap();
    bench.inject(&stream, entry);
    bench.run();
    bench.press(B, approve(&fay));
    assert!(bench.view(third).own.head);
}

#[test]
fn a_second_head_is_one_again_after_a_reload() {
    let (mut bench, second, id) = with_second();
    bench.restart(second);
    bench.run();
    let own = bench.view(second).own;
    assert!(own.head && own.seat == SeatState::Ready && own.id == Some(id));
    let url = bench.invite(B, false, 0);
    let (_, di) = bench.guest("Di", &url);
    bench.press(B, vouch(&di));
    bench.press(second, approve(&di));
    assert!(bench.view(B).seats.iter().any(|seat| seat.id == di));
}

// --- the first head's second device -----------------------------------------------------------

/// Bo on a second device, from the backup, while the first goes on.
fn on_two_devices(bench: &mut Bench) -> usize {
    let backup = bench.people[B].session.head().unwrap().to_backup(ORIGIN);
    let again = HeadSecret::from_backup(&backup.unwrap(), DelegationIndex(1));
    let again = bench.add("Bo", Secret::Head(Box::new(again)));
    bench.run();
    again
}

#[test]
fn what_one_device_does_shows_on_the_other() {
    let mut bench = Bench::founded(Admit::Each);
    let other = on_two_devices(&mut bench);
    assert_eq!(bench.view(other).own, bench.view(B).own);
    for (here, there, name) in [(B, other, "Cy"), (other, B, "Di")] {
        let url = bench.invite(here, false, 0);
        let (guest, id) = bench.guest(name, &url);
        // Whoever looks first.
        assert_eq!(bench.view(here).lobby, bench.view(there).lobby);
        bench.press(there, vouch(&id));
        bench.press(A, approve(&id));
        assert_eq!(bench.view(guest).own.seat, SeatState::Ready);
        let seats = |who| bench.view(who).seats.len();
        assert_eq!(seats(here), seats(there));
    }
    bench.press(other, propose_act(ActChoice::Lock));
    assert!(bench.view(B).acts[0].own);
    let act = bench.view(B).acts[0].id.clone();
    bench.press(B, TalkCommand::Retract { act });
    assert!(bench.view(other).acts.is_empty());
    // One person's seat, once.
    let own = bench.view(B).own.id;
    let seats = bench.view(A).seats;
    assert_eq!(
        seats
            .iter()
            .filter(|seat| Some(&seat.id) == own.as_ref())
            .count(),
        1
    );
}

#[test]
fn two_devices_write_at_the_same_moment() {
    let mut bench = Bench::founded(Admit::Each);
    let other = on_two_devices(&mut bench);
    let url = bench.invite(A, false, 0);
    let guests: Vec<_> = ["Cy", "Di", "Ed"]
        .map(|name| bench.guest(name, &url))
        .into();
    let seats: Vec<String> = guests.iter().map(|(_, id)| id.clone()).collect();
    bench.press(
        A,
        TalkCommand::Vouch {
            seats: seats.clone(),
        },
    );
    // Nobody reads before all have pressed: every append but one is in conflict.
    let now = bench.now;
    for (who, command) in [
        (B, approve(&seats[0])),
        (B, approve(&seats[1])),
        (other, approve(&seats[1])),
        (other, approve(&seats[2])),
        (B, TalkCommand::Compared { same: true }),
        (other, propose_act(ActChoice::Lock)),
        (A, TalkCommand::Compared { same: true }),
    ] {
        bench.people[who].session.command(now, command).unwrap();
    }
    bench.run();
    for (guest, _) in guests {
        assert_eq!(bench.view(guest).own.seat, SeatState::Ready);
    }
    assert_eq!(bench.view(A).compared, [0, 1]);
    assert_eq!(bench.view(A).acts.len(), 1);
    for who in [A, B, other] {
        assert!(bench.notices(who).is_empty());
    }
}

/// What is kept on each device alone: invitations made, people refused.
#[test]
fn lists_of_a_device_dont_bind_the_other() {
    let mut bench = Bench::founded(Admit::Each);
    let other = on_two_devices(&mut bench);
    let url = bench.invite(B, false, 0);
    let lobby = StreamName::lobby(1);
    let posted = bench.log[&lobby].len();
    let (guest, id) = bench.guest("Cy", &url);
    let refuse = TalkCommand::Refuse {
        seat: id.clone(),
        reason: String::new(),
    };
    bench.press(B, refuse);
    assert_eq!(bench.view(guest).own.seat, SeatState::Refused);
    assert_eq!(bench.view(B).lobby[0].state, AskState::Refused);
    assert_eq!(bench.view(other).lobby[0].state, AskState::Asks);
    bench.press(other, vouch(&id));
    bench.press(A, approve(&id));
    assert_eq!(bench.view(guest).own.seat, SeatState::Ready);
    for who in [B, other] {
        assert_eq!(bench.view(who).lobby[0].state, AskState::Ready);
        bench.restart(who);
    }
    bench.run();
    // The invitation stands once, with the one wish after it.
    assert_eq!(bench.log[&lobby].len(), posted + 1);
}
