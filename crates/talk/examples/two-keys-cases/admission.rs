//! Invitations and seats.

use super::case::{Case, Tape};
use super::mutate::*;
use incamera_model::{RoomId, TalkId};
use incamera_talk::crypto::KeyPair;
use incamera_talk::two_keys::sample::*;
use incamera_talk::{Name, SeatKey, two_keys::*};

fn room() -> RoomId {
    plenary(&TALK)
}

fn amina() -> SeatTbs {
    tbs(0, "Amina", &[room()])
}

fn boris() -> SeatTbs {
    tbs(1, "Boris", &[room()])
}

/// A seat's parts put together as they are, whether they fit or not.
fn assemble(
    tbs: &SeatTbs,
    consent: &KeyPair,
    by: u8,
    cert: &[u8],
    voucher: &KeyPair,
    approvals: &[Vec<u8>],
) -> Vec<u8> {
    let mut out = incamera_talk::codec::Writer::new();
    out.opaque(&tbs.encode())
        .fixed(&tbs.consent(consent))
        .u8(by)
        .opaque(cert)
        .fixed(&tbs.vouch(voucher))
        .list(approvals, |out, approval| {
            out.opaque(approval);
        });
    out.into_vec()
}

fn approval(tbs: &SeatTbs, delegation: u8, n: u64) -> Vec<u8> {
    let (key, cert) = head(delegation, n);
    tbs.approve(&key, &cert).encode()
}

/// Vouched for by head 0 of its side, approved by head 0 of each of `by`.
fn seated(tbs: &SeatTbs, by: &[u8]) -> Vec<u8> {
    let approvals: Vec<_> = by.iter().map(|d| approval(tbs, *d, 0)).collect();
    let (voucher, cert) = head(tbs.delegation.0, 0);
    assemble(
        tbs,
        &seat_key(tbs.name.as_str()),
        1,
        cert.as_bytes(),
        &voucher,
        &approvals,
    )
}

fn in_plenary(seats: Vec<Vec<u8>>) -> Vec<(Vec<u8>, RoomId)> {
    seats.into_iter().map(|seat| (seat, room())).collect()
}

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = seats();
    cases.extend(standing());
    cases.extend(automatic());
    cases.extend(invitations());
    cases
}

fn seats() -> Vec<Case> {
    let tape = Tape::two();
    let good = seated(&amina(), &[1]);
    let (own_key, own_cert) = head(0, 0);
    let (their_key, their_cert) = head(1, 0);
    let person = seat_key("Amina");
    let stranger = key("stranger");
    let with = |approvals: &[Vec<u8>]| {
        assemble(
            &amina(),
            &person,
            1,
            own_cert.as_bytes(),
            &own_key,
            approvals,
        )
    };
    let forged_cert = HeadCert::issue(
        &key("thief"),
        &TALK,
        DelegationIndex(1),
        their_cert.key,
        Name::new("Head").unwrap(),
        0,
    );
    let other_talk = HeadCert::issue(
        &root(1),
        &TalkId([8; 16]),
        DelegationIndex(1),
        their_cert.key,
        Name::new("Head").unwrap(),
        0,
    );
    let nowhere = HeadCert::issue(
        &root(1),
        &TALK,
        DelegationIndex(2),
        their_cert.key,
        Name::new("Head").unwrap(),
        0,
    );
    let by_cert = |cert: &HeadCert| with(&[amina().approve(&their_key, cert).encode()]);
    let voucher = in_plenary(vec![
        assemble(&amina(), &person, 1, their_cert.as_bytes(), &their_key, &[]),
        assemble(&amina(), &person, 1, own_cert.as_bytes(), &their_key, &[]),
        assemble(&amina(), &person, 1, own_cert.as_bytes(), &root(0), &[]),
        assemble(&amina(), &person, 1, head(0, 1).1.as_bytes(), &own_key, &[]),
    ]);
    let approvals = in_plenary(vec![
        seated(&amina(), &[0]),
        seated(&amina(), &[1, 1]),
        with(&[approval(&amina(), 1, 0), approval(&amina(), 1, 1)]),
        with(&[approval(&boris(), 1, 0)]),
        with(&[amina().approve(&stranger, &their_cert).encode()]),
        with(&[amina().approve(&own_key, &their_cert).encode()]),
    ]);
    let mediator = SeatTbs {
        role: Role::Mediator,
        ..amina()
    };
    let third = tbs(2, "Carla", &[room()]);
    let certs = in_plenary(vec![
        by_cert(&forged_cert),
        by_cert(&other_talk),
        by_cert(&nowhere),
        seated(&third, &[]),
    ]);
    let elsewhere = SeatTbs {
        talk: TalkId([8; 16]),
        ..amina()
    };
    let vouched_for_third = assemble(
        &third,
        &seat_key("Carla"),
        1,
        own_cert.as_bytes(),
        &own_key,
        &[],
    );
    let ends = [good.len(), good.len() - approval(&amina(), 1, 0).len() - 4];
    vec![
        Case::new("seat-good", "both sides make a seat")
            .seats(
                &tape,
                &in_plenary(vec![good.clone(), seated(&boris(), &[0])]),
            )
            .all("seats", "ok"),
        Case::new("seat-alone", "the other side hasn't approved it")
            .seats(
                &tape,
                &in_plenary(vec![seated(&amina(), &[]), seated(&boris(), &[])]),
            )
            .all("seats", "not-approved"),
        Case::new("seat-bits", "a seat with one bit altered")
            .seats(&tape, &in_plenary(flipped(&good, 200)))
            .none("seats"),
        Case::new("seat-cut", "a seat cut short")
            .seats(&tape, &in_plenary(cut(&good, 60)))
            .none("seats"),
        Case::new(
            "seat-forged",
            "an approval and a voucher of zeros, and with S + L",
        )
        .seats(&tape, &in_plenary(forged(&good, &ends)))
        .none("seats"),
        Case::new(
            "seat-voucher",
            "vouched for by the other side or by no head",
        )
        .seats(&tape, &voucher)
        .all("seats", "voucher"),
        Case::new("seat-consent", "the person hasn't agreed")
            .seats(
                &tape,
                &in_plenary(vec![assemble(
                    &amina(),
                    &stranger,
                    1,
                    own_cert.as_bytes(),
                    &own_key,
                    &[],
                )]),
            )
            .all("seats", "consent"),
        Case::new(
            "seat-approval",
            "approvals by its own side, twice, of another seat, by nobody",
        )
        .seats(&tape, &approvals)
        .all("seats", "approval"),
        Case::new(
            "seat-certificates",
            "heads that no root of this talk certified",
        )
        .seats(&tape, &certs)
        .all("seats", "unreadable"),
        Case::new("seat-talk", "a seat of another talk")
            .seats(&tape, &in_plenary(vec![seated(&elsewhere, &[1])]))
            .all("seats", "talk"),
        Case::new(
            "seat-r-t3",
            "R-T3: a mediator of a side, and a delegation that isn't there",
        )
        .seats(
            &tape,
            &in_plenary(vec![seated(&mediator, &[1]), vouched_for_third]),
        )
        .all("seats", "role"),
        three_sides(),
        rooms(&tape),
    ]
}

fn three_sides() -> Case {
    let tape = Tape::founded(3, 0b100, Rules::all_of(all(3), Admit::Each));
    let mediator = SeatTbs {
        role: Role::Mediator,
        ..tbs(2, "Noor", &[room()])
    };
    Case::new(
        "seat-neutral",
        "a mediator of the neutral delegation, which is asked as well",
    )
    .seats(
        &tape,
        &in_plenary(vec![
            seated(&mediator, &[0, 1]),
            seated(&mediator, &[1, 0]),
            seated(&amina(), &[1, 2]),
            seated(&amina(), &[1]),
            seated(&mediator, &[0]),
        ]),
    )
    .are("seats", &["ok", "ok", "ok", "not-approved", "not-approved"])
}

fn rooms(tape: &Tape) -> Case {
    let own = caucus(&TALK, DelegationIndex(0));
    let other = caucus(&TALK, DelegationIndex(1));
    let everywhere = tbs(0, "Amina", &[room(), own, other]);
    let seat = seated(&everywhere, &[]);
    let only = seated(&tbs(0, "Amina", &[own]), &[1]);
    Case::new(
        "seat-rooms",
        "a caucus is one's own affair; nobody is in the other's",
    )
    .seats(
        tape,
        &[
            (seat.clone(), own),
            (seat.clone(), other),
            (seat.clone(), room()),
            (seat, RoomId([9; 16])),
            (only.clone(), room()),
            (only, own),
        ],
    )
    .are(
        "seats",
        &["ok", "room", "not-approved", "room", "room", "ok"],
    )
}

/// What stands decides whether a seat does.
fn standing() -> Vec<Case> {
    let asked = || {
        in_plenary(vec![
            seated(&amina(), &[1]),
            seated(&boris(), &[0]),
            seated(&amina(), &[]),
        ])
    };
    let decided = |bodies: &[ActBody]| {
        let mut tape = Tape::two();
        for body in bodies {
            let act = tape.act(body.clone());
            tape.holds(0, &Body::Act(act.clone()));
            tape.holds(1, &Body::Consent(act.hash()));
        }
        tape
    };
    let lock = ActBody::Lock {
        room: room(),
        seats: vec![amina().key],
    };
    let team = team_room(&TALK, &[7; 16]);
    let begin = ActBody::Lock {
        room: team,
        seats: vec![amina().key],
    };
    let in_team = || {
        asked()
            .into_iter()
            .map(|(seat, _)| (seat, team))
            .collect::<Vec<_>>()
    };
    let roster = ActBody::Rules(Rules::all_of(all(2), Admit::Roster));
    let eject = ActBody::Eject { seat: amina().key };
    let withdrawal = Withdrawal::new(amina(), amina().consent(&seat_key("Amina")));
    let mut withdrawn = Tape::two();
    withdrawn.holds(0, &Body::Withdrawal(withdrawal.clone()));
    let mut locked_then_withdrawn = decided(std::slice::from_ref(&lock));
    locked_then_withdrawn.holds(0, &Body::Withdrawal(withdrawal));
    let mut proposed = Tape::two();
    let act = proposed.act(lock.clone());
    proposed.holds(0, &Body::Act(act));
    let revoked = |whose: u8| {
        let mut tape = Tape::two();
        let body = HeadRevoked::issue(
            &root(whose),
            &TALK,
            DelegationIndex(whose),
            head(whose, 0).1.key,
        );
        tape.holds(1 - whose, &Body::HeadRevoked(body));
        tape
    };
    let mut foreign = Tape::two();
    let body = HeadRevoked::issue(&root(0), &TALK, DelegationIndex(0), head(1, 0).1.key);
    foreign.holds(0, &Body::HeadRevoked(body));
    vec![
        Case::new("stands-locked", "a lock lists who may stay")
            .seats(&decided(std::slice::from_ref(&lock)), &asked())
            .are("seats", &["ok", "locked", "not-approved"]),
        Case::new(
            "stands-proposed",
            "a lock that one side proposes locks nobody out",
        )
        .seats(&proposed, &asked())
        .are("seats", &["ok", "ok", "not-approved"]),
        Case::new("stands-unlocked", "locked and unlocked")
            .seats(
                &decided(&[lock, ActBody::Unlock { room: room() }]),
                &asked(),
            )
            .are("seats", &["ok", "ok", "not-approved"]),
        Case::new(
            "stands-team",
            "a team's room is for those whom its lock lists",
        )
        .seats(&decided(std::slice::from_ref(&begin)), &in_team())
        .are("seats", &["ok", "locked", "not-approved"]),
        Case::new("stands-team-none", "a team's room that nobody began")
            .seats(&Tape::two(), &in_team())
            .are("seats", &["room", "room", "room"]),
        Case::new("stands-team-ended", "a team's room that was ended")
            .seats(
                &decided(&[begin, ActBody::Unlock { room: team }]),
                &in_team(),
            )
            .are("seats", &["room", "room", "room"]),
        Case::new("stands-roster", "with roster the own side is enough")
            .seats(&decided(&[roster]), &asked())
            .are("seats", &["ok", "ok", "ok"]),
        Case::new("stands-ejected", "ejected by both")
            .seats(&decided(&[eject]), &asked())
            .are("seats", &["revoked", "ok", "revoked"]),
        Case::new("stands-withdrawn", "withdrawn by its own side")
            .seats(&withdrawn, &asked())
            .are("seats", &["revoked", "ok", "revoked"]),
        Case::new("stands-listed", "withdrawn from a locked room")
            .seats(&locked_then_withdrawn, &asked())
            .are("seats", &["revoked", "locked", "revoked"]),
        Case::new(
            "stands-head-0",
            "the head who vouched for one and approved the other is revoked",
        )
        .seats(&revoked(0), &asked())
        .are("seats", &["revoked", "not-approved", "revoked"]),
        Case::new(
            "stands-head-1",
            "the other side's head is revoked, by its own root",
        )
        .seats(&revoked(1), &asked())
        .are("seats", &["not-approved", "revoked", "not-approved"]),
        Case::new(
            "stands-foreign-head",
            "one root revokes the other's head: that counts within its own delegation",
        )
        .seats(&foreign, &asked())
        .are("seats", &["ok", "ok", "not-approved"]),
    ]
}

fn terms() -> InviteTerms {
    InviteTerms {
        id: [3; 16],
        role: Role::Expert,
        rooms: vec![room()],
        hint: Some(Name::new("Amina").unwrap()),
        expiry: 0,
        automatic: true,
        key: key("invitation").public(),
    }
}

fn automatic() -> Vec<Case> {
    let tape = Tape::two();
    let (head_key, cert) = head(0, 0);
    let asked = SeatTbs {
        role: Role::Expert,
        invite: [3; 16],
        ..tbs(0, "Amina D.", &[room()])
    };
    let seat = |terms: InviteTerms, tbs: &SeatTbs, voucher: &KeyPair| {
        let invite = InviteCert::issue(&head_key, &cert, &TALK, terms);
        assemble(
            tbs,
            &seat_key(tbs.name.as_str()),
            2,
            invite.as_bytes(),
            voucher,
            &[approval(tbs, 1, 0)],
        )
    };
    let invitation = key("invitation");
    let own = caucus(&TALK, DelegationIndex(0));
    let bad = in_plenary(vec![
        seat(
            terms(),
            &SeatTbs {
                role: Role::Head,
                ..asked.clone()
            },
            &invitation,
        ),
        seat(
            terms(),
            &SeatTbs {
                rooms: vec![room(), own],
                ..asked.clone()
            },
            &invitation,
        ),
        seat(
            terms(),
            &SeatTbs {
                invite: [4; 16],
                ..asked.clone()
            },
            &invitation,
        ),
        seat(
            InviteTerms {
                automatic: false,
                ..terms()
            },
            &asked,
            &invitation,
        ),
        seat(terms(), &asked, &head_key),
        seat(
            InviteTerms {
                key: key("other").public(),
                ..terms()
            },
            &asked,
            &invitation,
        ),
    ]);
    let by = |invite: InviteCert| {
        assemble(
            &asked,
            &seat_key("Amina D."),
            2,
            invite.as_bytes(),
            &invitation,
            &[],
        )
    };
    let forged = in_plenary(vec![
        by(InviteCert::issue(&key("thief"), &cert, &TALK, terms())),
        by(InviteCert::issue(
            &head_key,
            &cert,
            &TalkId([8; 16]),
            terms(),
        )),
        by(InviteCert::issue(
            &head_key,
            &cert,
            &TALK,
            InviteTerms {
                role: Role::Mediator,
                ..terms()
            },
        )),
        by(InviteCert::issue(
            &head_key,
            &cert,
            &TALK,
            InviteTerms {
                role: Role::Head,
                ..terms()
            },
        )),
    ]);
    let theirs = InviteCert::issue(&head(1, 0).0, &head(1, 0).1, &TALK, terms());
    let side = in_plenary(vec![by(theirs)]);
    let good = seat(terms(), &asked, &invitation);
    let wide = InviteTerms {
        rooms: vec![own, room()],
        hint: None,
        ..terms()
    };
    let mut tape_revoked = Tape::two();
    let body = HeadRevoked::issue(&root(0), &TALK, DelegationIndex(0), cert.key);
    tape_revoked.holds(1, &Body::HeadRevoked(body));
    vec![
        Case::new(
            "automatic-good",
            "an automatic invitation vouches for its role and rooms",
        )
        .seats(
            &tape,
            &in_plenary(vec![good.clone(), seat(wide, &asked, &invitation)]),
        )
        .all("seats", "ok"),
        Case::new(
            "automatic-more",
            "another role, room or invitation than offered",
        )
        .seats(&tape, &bad)
        .all("seats", "voucher"),
        Case::new("automatic-side", "the other side's invitation")
            .seats(&tape, &side)
            .all("seats", "voucher"),
        Case::new("automatic-forged", "an invitation that is none")
            .seats(&tape, &forged)
            .all("seats", "unreadable"),
        Case::new("automatic-revoked", "its head is revoked")
            .seats(&tape_revoked, &in_plenary(vec![good.clone()]))
            .all("seats", "revoked"),
        Case::new("automatic-bits", "with one bit altered")
            .seats(&tape, &in_plenary(flipped(&good, 150)))
            .none("seats"),
    ]
}

fn invitations() -> Vec<Case> {
    let tape = Tape::two();
    let (head_key, cert) = head(0, 0);
    let issue = |terms: InviteTerms| {
        InviteCert::issue(&head_key, &cert, &TALK, terms)
            .as_bytes()
            .to_vec()
    };
    let good = issue(terms());
    let many = InviteTerms {
        rooms: vec![room(); 64],
        ..terms()
    };
    let too_many = InviteTerms {
        rooms: vec![room(); 65],
        ..terms()
    };
    let mine = [InviteCert::issue(&head(1, 0).0, &cert, &TALK, terms())
        .as_bytes()
        .to_vec()];
    let elsewhere = [
        InviteCert::issue(&head_key, &cert, &TalkId([8; 16]), terms())
            .as_bytes()
            .to_vec(),
        {
            // To the other delegation: the byte after version, talk and id.
            let mut moved = good.clone();
            moved[1 + 16 + 16] = 1;
            resigned(&moved, "invite", &head_key)
        },
    ];
    let (old_key, old) = (
        key("head 0 0"),
        HeadCert::issue(
            &key("thief"),
            &TALK,
            DelegationIndex(0),
            cert.key,
            Name::new("Head").unwrap(),
            0,
        ),
    );
    let uncertified = InviteCert::issue(&old_key, &old, &TALK, terms())
        .as_bytes()
        .to_vec();
    vec![
        Case::new("invite-good", "invitations, with a hint and without")
            .invitations(
                &tape,
                &[
                    good.clone(),
                    issue(InviteTerms {
                        hint: None,
                        ..terms()
                    }),
                    issue(many),
                ],
            )
            .all("invitations", "ok"),
        Case::new("invite-bits", "with one bit altered")
            .invitations(&tape, &flipped(&good, 150))
            .none("invitations"),
        Case::new("invite-cut", "cut short")
            .invitations(&tape, &cut(&good, 60))
            .none("invitations"),
        Case::new("invite-signature", "signed by another head")
            .invitations(&tape, &mine)
            .all("invitations", "signature"),
        Case::new("invite-elsewhere", "to another talk or delegation")
            .invitations(&tape, &elsewhere)
            .all("invitations", "elsewhere"),
        Case::new("invite-r-t3", "R-T3: a mediator of a side")
            .invitations(
                &tape,
                &[issue(InviteTerms {
                    role: Role::Mediator,
                    ..terms()
                })],
            )
            .all("invitations", "role"),
        Case::new(
            "invite-unreadable",
            "too many rooms, or a head that no root certified",
        )
        .invitations(&tape, &[issue(too_many), uncertified])
        .all("invitations", "unreadable"),
    ]
}

/// A seat of one's own to write entries with: `approved` by the other side of two or not.
pub(crate) fn seat_of(tbs: &SeatTbs, approved: bool, charter: &Charter) -> Author {
    let by: &[u8] = if approved {
        &[1 - tbs.delegation.0]
    } else {
        &[]
    };
    Author::Seat(Box::new(seat(tbs, by, charter).unwrap()))
}

/// A key that sorts after another, for locks.
pub(crate) fn sorted(mut seats: Vec<SeatKey>) -> Vec<SeatKey> {
    seats.sort();
    seats
}
