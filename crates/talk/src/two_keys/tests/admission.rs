use crate::crypto::hash;
use crate::text::Name;
use crate::two_keys::sample::*;
use crate::two_keys::*;

fn room() -> incamera_model::RoomId {
    plenary(&TALK)
}

#[test]
pub(crate) fn both_sides_make_a_seat() {
    let record = two();
    let standing = record.standing().unwrap();
    let charter = standing.charter();
    let amina = tbs(0, "Amina", &[room()]);
    let seat_of = |by: &[u8]| seat(&amina, by, charter);
    assert_eq!(seat_of(&[1]).unwrap().stands(standing, &room()), Ok(()));
    assert_eq!(
        seat_of(&[]).unwrap().stands(standing, &room()),
        Err(SeatError::NotApproved(DelegationIndex(1)))
    );
    // One's own approval is none, nor is the same one twice.
    assert_eq!(seat_of(&[0]), Err(SeatError::Approval));
    assert_eq!(seat_of(&[1, 1]), Err(SeatError::Approval));
    let read = Seat::verify(&seat_of(&[1]).unwrap().encode(), charter).unwrap();
    assert_eq!(read, seat_of(&[1]).unwrap());
}

#[test]
fn a_caucus_is_ones_own_affair() {
    let record = two();
    let standing = record.standing().unwrap();
    let own = caucus(&TALK, DelegationIndex(0));
    let other = caucus(&TALK, DelegationIndex(1));
    let everywhere = tbs(0, "Amina", &[room(), own, other]);
    let seat = seat(&everywhere, &[], standing.charter()).unwrap();
    assert_eq!(seat.stands(standing, &own), Ok(()));
    assert_eq!(seat.stands(standing, &other), Err(SeatError::OtherRoom));
    assert_eq!(
        seat.stands(standing, &room()),
        Err(SeatError::NotApproved(DelegationIndex(1)))
    );
    let no_room = incamera_model::RoomId([9; 16]);
    assert_eq!(seat.stands(standing, &no_room), Err(SeatError::OtherRoom));
}

#[test]
fn roster_needs_the_own_side_alone() {
    let rules = Rules::all_of(all(2), Admit::Roster);
    let record = founded(2, Delegations::default(), rules);
    let standing = record.standing().unwrap();
    let seat = seat(&tbs(0, "Amina", &[room()]), &[], standing.charter()).unwrap();
    assert_eq!(seat.stands(standing, &room()), Ok(()));
}

/// The other side can't seat somebody in our name, nor approve what it wasn't asked.
#[test]
fn nobody_vouches_for_the_other_side() {
    let record = two();
    let charter = charter(&record);
    let amina = tbs(0, "Amina", &[room()]);
    let (theirs, cert) = head(1, 0);
    let consent = amina.consent(&seat_key("Amina"));
    let forged = (Voucher::Head(cert), amina.vouch(&theirs));
    let result = Seat::new(&amina, consent, forged, vec![], &charter);
    assert_eq!(result, Err(SeatError::Voucher));
    // A voucher of one seat isn't one of another.
    let (ours, cert) = head(0, 0);
    let bruno = tbs(0, "Bruno", &[room()]);
    let moved = (Voucher::Head(cert.clone()), amina.vouch(&ours));
    let consent = bruno.consent(&seat_key("Bruno"));
    assert_eq!(
        Seat::new(&bruno, consent, moved, vec![], &charter),
        Err(SeatError::Voucher)
    );
    // Nor is anybody seated who didn't agree.
    let voucher = (Voucher::Head(cert), bruno.vouch(&ours));
    let consent = bruno.consent(&seat_key("Amina"));
    assert_eq!(
        Seat::new(&bruno, consent, voucher, vec![], &charter),
        Err(SeatError::Consent)
    );
}

#[test]
pub(crate) fn r_t3_a_mediator_is_neutral() {
    let neutral = Delegations(0b100);
    let record = founded(3, neutral, Rules::all_of(all(3), Admit::Each));
    let charter = charter(&record);
    let mut mediator = tbs(2, "Noor", &[room()]);
    mediator.role = Role::Mediator;
    assert!(seat(&mediator, &[0, 1], &charter).is_ok());
    let mut partial = tbs(1, "Noor", &[room()]);
    partial.role = Role::Mediator;
    assert_eq!(seat(&partial, &[0, 2], &charter), Err(SeatError::Role));
}

#[test]
fn an_automatic_invitation_vouches_for_what_it_offers() {
    let record = two();
    let charter = charter(&record);
    let (head_key, cert) = head(0, 0);
    let invitation = key("invitation");
    let terms = InviteTerms {
        id: [3; 16],
        role: Role::Expert,
        rooms: vec![room()],
        hint: Some(Name::new("Amina").unwrap()),
        expiry: 0,
        automatic: true,
        key: invitation.public(),
    };
    let check = |terms: &InviteTerms, seat: &SeatTbs, expected: Result<(), SeatError>| {
        let invite = InviteCert::issue(&head_key, &cert, &TALK, terms.clone());
        assert!(InviteCert::verify(invite.as_bytes(), &charter).is_ok());
        let voucher = (
            Voucher::Automatic(Box::new(invite)),
            seat.vouch(&invitation),
        );
        let consent = seat.consent(&seat_key(seat.name.as_str()));
        let result = Seat::new(seat, consent, voucher, vec![], &charter);
        assert_eq!(result.map(|_| ()), expected);
    };
    let mut asked = tbs(0, "Amina D.", &[room()]);
    (asked.role, asked.invite) = (Role::Expert, [3; 16]);
    check(&terms, &asked, Ok(()));
    let more = SeatTbs {
        role: Role::Head,
        ..asked.clone()
    };
    check(&terms, &more, Err(SeatError::Voucher));
    let rooms = vec![room(), caucus(&TALK, DelegationIndex(0))];
    check(
        &terms,
        &SeatTbs {
            rooms,
            ..asked.clone()
        },
        Err(SeatError::Voucher),
    );
    check(
        &terms,
        &SeatTbs {
            invite: [4; 16],
            ..asked.clone()
        },
        Err(SeatError::Voucher),
    );
    let side = SeatTbs {
        delegation: DelegationIndex(1),
        ..asked.clone()
    };
    check(&terms, &side, Err(SeatError::Voucher));
    let by_hand = InviteTerms {
        automatic: false,
        ..terms.clone()
    };
    check(&by_hand, &asked, Err(SeatError::Voucher));
}

#[test]
pub(crate) fn a_revoked_head_takes_its_vouchers_and_approvals_along() {
    for revoked in [0, 1] {
        let mut record = two();
        let charter = charter(&record);
        let seat = seat(&tbs(0, "Amina", &[room()]), &[1], &charter).unwrap();
        let head_key = head(revoked, 0).1.key;
        let body = HeadRevoked::issue(&root(revoked), &TALK, DelegationIndex(revoked), head_key);
        let (second, cert) = head(revoked, 1);
        write_as(
            &mut record,
            &second,
            &Author::Head(cert),
            &Body::HeadRevoked(body),
        )
        .unwrap();
        assert!(seat.stands(record.standing().unwrap(), &room()).is_err());
        let end = Body::Act(act(&record, ActBody::End));
        assert_eq!(write(&mut record, revoked, &end), Err(Void::Author));
    }
}

/// One side's root can't silence the other's head by naming its key as one of its own.
#[test]
fn a_root_revokes_its_own_heads_only() {
    let mut record = two();
    let seat = seat(&tbs(0, "Amina", &[room()]), &[1], &charter(&record)).unwrap();
    let end = act(&record, ActBody::End);
    write(&mut record, 1, &Body::Act(end.clone())).unwrap();
    let victim = head(1, 0).1.key;
    let body = HeadRevoked::issue(&root(0), &TALK, DelegationIndex(1), victim);
    assert_eq!(
        write(&mut record, 0, &Body::HeadRevoked(body)),
        Err(Void::NotOwn)
    );
    let body = HeadRevoked::issue(&root(0), &TALK, DelegationIndex(0), victim);
    // It holds, but of a head that delegation 0 never had.
    assert_eq!(
        write(&mut record, 0, &Body::HeadRevoked(body)),
        Ok(vec![Change::HeadRevoked(victim)])
    );
    let standing = record.standing().unwrap();
    assert!(!standing.is_revoked_head(&head(1, 0).1));
    assert_eq!(seat.stands(standing, &room()), Ok(()));
    assert_eq!(standing.open_acts().count(), 1);
    assert!(write(&mut record, 1, &Body::Retraction(end.hash())).is_ok());
}

/// R-L5.
#[test]
pub(crate) fn r_l5_only_ones_own_people_are_withdrawn() {
    let mut record = two();
    let amina = tbs(0, "Amina", &[room()]);
    let seat = seat(&amina, &[1], &charter(&record)).unwrap();
    let withdrawal = Body::Withdrawal(Withdrawal::new(
        amina.clone(),
        amina.consent(&seat_key("Amina")),
    ));
    assert_eq!(write(&mut record, 1, &withdrawal), Err(Void::NotOwn));
    // As one's own person, but the key never said so.
    let claimed = SeatTbs {
        delegation: DelegationIndex(1),
        ..amina.clone()
    };
    let forged = Withdrawal::new(claimed, amina.consent(&seat_key("Amina")));
    assert_eq!(
        write(&mut record, 1, &Body::Withdrawal(forged)),
        Err(Void::NotOwn)
    );
    assert!(seat.stands(record.standing().unwrap(), &room()).is_ok());
    assert_eq!(
        write(&mut record, 0, &withdrawal),
        Ok(vec![Change::Withdrawn(amina.key)])
    );
    assert_eq!(
        seat.stands(record.standing().unwrap(), &room()),
        Err(SeatError::Revoked)
    );
}

#[test]
fn approvals_wait_in_the_record() {
    let mut record = two();
    let amina = tbs(0, "Amina", &[room()]);
    let (key, cert) = head(1, 0);
    let id = hash(&[&amina.encode()]);
    let approval = amina.approve(&key, &cert);
    let body = Body::Approval {
        seat: id,
        approval: approval.encode(),
    };
    // Nobody writes another side's approvals.
    assert_eq!(write(&mut record, 0, &body), Err(Void::NotOwn));
    assert!(write(&mut record, 1, &body).is_ok());
    assert_eq!(write(&mut record, 1, &body), Err(Void::Again));
    assert_eq!(record.approvals(&id), &[approval]);
    let elsewhere = Body::Approval {
        seat: [0; 32],
        approval: amina.approve(&key, &cert).encode(),
    };
    assert_eq!(
        write(&mut record, 1, &elsewhere),
        Err(Void::Approval(SeatError::Approval))
    );
}

#[test]
fn every_bit_of_a_seat_counts() {
    let record = two();
    let charter = charter(&record);
    let bytes = seat(&tbs(0, "Amina", &[room()]), &[1], &charter)
        .unwrap()
        .encode();
    for bit in 0..bytes.len() * 8 {
        let mut altered = bytes.clone();
        altered[bit / 8] ^= 1 << (bit % 8);
        assert!(Seat::verify(&altered, &charter).is_err(), "bit {bit}");
    }
}

#[test]
pub(crate) fn a_lock_lists_who_may_stay() {
    let mut record = two();
    let charter = charter(&record);
    let amina = tbs(0, "Amina", &[room()]);
    let boris = tbs(1, "Boris", &[room()]);
    let seats = [
        seat(&amina, &[1], &charter).unwrap(),
        seat(&boris, &[0], &charter).unwrap(),
    ];
    let lock = ActBody::Lock {
        room: room(),
        seats: vec![amina.key],
    };
    let proposal = act(&record, lock);
    write(&mut record, 0, &Body::Act(proposal.clone())).unwrap();
    assert!(!record.standing().unwrap().is_locked(&room()));
    write(&mut record, 1, &Body::Consent(proposal.hash())).unwrap();
    let standing = record.standing().unwrap();
    assert_eq!(seats[0].stands(standing, &room()), Ok(()));
    assert_eq!(seats[1].stands(standing, &room()), Err(SeatError::Locked));
    // Who is locked out is still of the talk.
    let note = Body::Life {
        kind: 64,
        content: vec![1],
    };
    let author = Author::Seat(Box::new(seats[1].clone()));
    assert!(write_as(&mut record, &seat_key("Boris"), &author, &note).is_ok());
    let unlock = act(&record, ActBody::Unlock { room: room() });
    assert_eq!(
        write_as(
            &mut record,
            &seat_key("Boris"),
            &author,
            &Body::Act(unlock.clone())
        ),
        Err(Void::NotHead)
    );
    write(&mut record, 0, &Body::Act(unlock.clone())).unwrap();
    write(&mut record, 1, &Body::Consent(unlock.hash())).unwrap();
    let standing = record.standing().unwrap();
    assert_eq!(seats[1].stands(standing, &room()), Ok(()));
}

#[test]
fn a_teams_room_is_for_those_it_lists() {
    let mut record = two();
    let charter = charter(&record);
    let team = team_room(&TALK, &[7; 16]);
    let amina = tbs(0, "Amina", &[room()]);
    let boris = tbs(1, "Boris", &[room()]);
    let inward = tbs(0, "Inward", &[caucus(&TALK, DelegationIndex(0))]);
    let seats = [
        seat(&amina, &[1], &charter).unwrap(),
        seat(&boris, &[0], &charter).unwrap(),
        seat(&inward, &[1], &charter).unwrap(),
    ];
    let nowhere = |standing: &Standing| {
        assert!(!standing.is_team_room(&team));
        for seat in &seats {
            assert_eq!(seat.stands(standing, &team), Err(SeatError::OtherRoom));
        }
    };
    nowhere(record.standing().unwrap());
    let close = act(&record, ActBody::Unlock { room: team });
    let nobody = ActBody::Lock {
        room: team,
        seats: vec![],
    };
    let nobody = act(&record, nobody);
    for act in [close, nobody] {
        let written = write(&mut record, 0, &Body::Act(act));
        assert_eq!(written, Err(Void::NoRoom));
    }

    let mut listed = vec![amina.key, inward.key];
    listed.sort_unstable();
    let begin = ActBody::Lock {
        room: team,
        seats: listed,
    };
    let begin = act(&record, begin);
    write(&mut record, 0, &Body::Act(begin.clone())).unwrap();
    nowhere(record.standing().unwrap());
    write(&mut record, 1, &Body::Consent(begin.hash())).unwrap();
    let standing = record.standing().unwrap();
    assert!(standing.is_team_room(&team));
    assert_eq!(seats[0].stands(standing, &team), Ok(()));
    assert_eq!(seats[1].stands(standing, &team), Err(SeatError::Locked));
    assert_eq!(seats[2].stands(standing, &team), Err(SeatError::OtherRoom));
    // Nothing changed for the plenary, which is no team's.
    assert!(!standing.is_team_room(&room()));
    assert_eq!(seats[1].stands(standing, &room()), Ok(()));

    let end = act(&record, ActBody::Unlock { room: team });
    write(&mut record, 1, &Body::Act(end.clone())).unwrap();
    write(&mut record, 0, &Body::Consent(end.hash())).unwrap();
    nowhere(record.standing().unwrap());
}

#[test]
fn there_are_so_many_teams_rooms_at_a_time() {
    let mut record = two();
    let seats = vec![tbs(0, "Amina", &[room()]).key];
    let begin = |record: &mut Record, team: u8| {
        let body = ActBody::Lock {
            room: team_room(&TALK, &[team; 16]),
            seats: seats.clone(),
        };
        let begin = act(record, body);
        write(record, 0, &Body::Act(begin.clone()))?;
        write(record, 1, &Body::Consent(begin.hash()))
    };
    for team in 0..MAX_TEAM_ROOMS as u8 {
        begin(&mut record, team).unwrap();
    }
    assert_eq!(begin(&mut record, 200), Err(Void::NoRoom));
    // One that is there may have another list.
    begin(&mut record, 3).unwrap();
}
