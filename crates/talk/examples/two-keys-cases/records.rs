//! Records: each rule broken once, and what good entries do.

use super::admission::{seat_of, sorted};
use super::case::{Case, Tape};
use super::mutate::*;
use incamera_model::{RoomId, TalkId};
use incamera_talk::crypto::hash;
use incamera_talk::two_keys::sample::*;
use incamera_talk::two_keys::*;
use serde_json::json;

fn person(delegation: u8, name: &str) -> SeatTbs {
    tbs(delegation, name, &[plenary(&TALK)])
}

fn note(content: &[u8]) -> Body {
    Body::Life {
        kind: 64,
        content: content.to_vec(),
    }
}

fn eject(name: &str) -> ActBody {
    ActBody::Eject {
        seat: person(0, name).key,
    }
}

fn withdrawal(tbs: &SeatTbs) -> Body {
    Body::Withdrawal(Withdrawal::new(
        tbs.clone(),
        tbs.consent(&seat_key(tbs.name.as_str())),
    ))
}

fn case(name: &str, about: &str, tape: &Tape) -> Case {
    Case::new(name, about).tape(tape)
}

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = places();
    cases.extend(foundings());
    cases.extend(acts());
    cases.extend(ends_of_acts());
    cases.extend(heads());
    cases.extend(people());
    cases
}

/// A case whose expectation is wrong.
pub(crate) fn planted() -> Case {
    let mut tape = Tape::two();
    let act = tape.act(ActBody::End);
    tape.holds(0, &Body::Act(act));
    let mut case = case(
        "planted",
        "the talk hasn't ended: one side alone proposed it",
        &tape,
    );
    case.expected_mut("standing")["ended"] = json!(true);
    case
}

fn places() -> Vec<Case> {
    let mut moved = Tape::two();
    let here = moved.record.next_place();
    let at = |place: Place, talk: TalkId| {
        let (key, _) = head(0, 0);
        Entry::sign(&key, &talk, place, &author(0), 0, &note(b"moved"))
    };
    moved.void_bytes(
        &at(
            Place {
                position: here.position + 1,
                ..here
            },
            TALK,
        ),
        "place",
    );
    let here = moved.record.next_place();
    moved.void_bytes(
        &at(
            Place {
                prev: [0; 32],
                ..here
            },
            TALK,
        ),
        "place",
    );
    let here = moved.record.next_place();
    moved.void_bytes(&at(here, TalkId([8; 16])), "place");
    moved.holds(0, &note(b"in its place"));

    let mut replayed = Tape::two();
    let act = replayed.act(eject("Amina"));
    let proposal = replayed.entry(0, &Body::Act(act.clone()));
    assert_eq!(replayed.push(&proposal), None);
    let consent = replayed.entry(1, &Body::Consent(act.hash()));
    assert_eq!(replayed.push(&consent), None);
    replayed.void_bytes(&proposal, "place");
    replayed.void_bytes(&consent, "place");

    let mut reordered = Tape::empty(None);
    for (_, entry) in replayed.entries.iter().rev() {
        reordered.push(entry.as_ref().unwrap());
    }

    let mut sealed = Tape::two();
    assert_eq!(
        sealed.push_sealed(b"somebody else's bytes", None),
        Some("sealed")
    );
    sealed.void_bytes(b"", "entry");
    sealed.void_bytes(&[1; 200], "entry");
    sealed.holds(0, &note(b"afterwards"));

    let mut altered = Tape::two();
    let good = altered.entry(0, &note(b"as it was"));
    for bytes in flipped(&good, 100).into_iter().chain(cut(&good, 40)) {
        // Each at the same place: position and prev have to be those of a fresh tape.
        let mut fresh = Tape::two();
        assert!(fresh.push(&bytes).is_some());
    }
    for bytes in flipped(&good, 60) {
        altered.push(&bytes);
    }
    let last = altered.entry(0, &note(b"afterwards"));
    for bytes in forged(&last, &[last.len()]) {
        altered.void_bytes(&bytes, "entry");
    }
    let stranger = altered.entry_as(&key("stranger"), &author(0), &note(b"x"));
    altered.void_bytes(&stranger, "entry");
    vec![
        case(
            "record-r-l1",
            "R-L1: another position, other entries before it, another talk",
            &moved,
        ),
        case(
            "record-replayed",
            "R-L1: entries written a second time",
            &replayed,
        ),
        case(
            "record-reordered",
            "R-L1: a record from back to front",
            &reordered,
        ),
        case("record-sealed", "what can't be opened or read", &sealed),
        case(
            "record-altered",
            "one bit altered, and signatures by others",
            &altered,
        ),
    ]
    .into_iter()
    .chain(one_altered())
    .collect()
}

/// Entries altered and cut at the place that they were written for.
fn one_altered() -> Vec<Case> {
    let good = Tape::two().entry(0, &note(b"as it was"));
    let spread = flipped(&good, 25).into_iter().chain(cut(&good, 9));
    spread
        .enumerate()
        .map(|(at, bytes)| {
            let mut tape = Tape::two();
            assert!(tape.push(&bytes).is_some());
            case(
                &format!("entry-altered-{at:02}"),
                "an entry altered in its place",
                &tape,
            )
        })
        .collect()
}

fn foundings() -> Vec<Case> {
    let genesis = genesis(
        2,
        Delegations::default(),
        Rules::all_of(all(2), Admit::Each),
    );
    let founding = Body::Charter(ratified(&genesis));
    let id = hash(&[&genesis.encode()]);
    let mut late = Tape::empty(Some(id));
    late.void(0, &note(b"too early"), "founding");
    assert_eq!(late.push_sealed(b"?", None), Some("sealed"));
    late.void_bytes(b"junk", "entry");
    late.holds(1, &founding);
    late.void(0, &founding, "charter");
    late.holds(0, &note(b"after it"));

    let mut other = Tape::empty(Some([0; 32]));
    other.void(0, &founding, "other-genesis");

    let mut wrong = Tape::empty(None);
    let unsigned = Ratified::encode(&Charter::founded(&genesis, 2), &genesis, &[]);
    wrong.void(0, &Body::Charter(unsigned), "charter");
    let forged = wrong.entry_as(&key("stranger"), &author(0), &founding);
    wrong.void_bytes(&forged, "entry");
    let moved = Place {
        position: 0,
        ..wrong.record.next_place()
    };
    let moved = Entry::sign(&head(0, 0).0, &TALK, moved, &author(0), 0, &founding);
    wrong.void_bytes(&moved, "place");
    let charter = Charter::founded(&genesis, 2);
    let seat = seat_of(&person(0, "Amina"), true, &charter);
    let by_seat = wrong.entry_as(&seat_key("Amina"), &seat, &founding);
    wrong.void_bytes(&by_seat, "not-head");
    wrong.holds(0, &founding);

    let mut amended = Tape::two();
    let open = amended.act(ActBody::End);
    amended.holds(1, &Body::Act(open.clone()));
    let mut next = charter.amended();
    next.parties[1].root = next_root(1).public();
    next.rules.admit = Admit::Roster;
    let new = |d: u8| if d == 1 { next_root(1) } else { root(d) };
    let body = Body::Charter(sign_charter(&next, &genesis, new));
    amended.void(
        1,
        &Body::Charter(sign_charter(&next, &genesis, root)),
        "charter",
    );
    amended.holds(0, &body);
    amended.void(1, &Body::Consent(open.hash()), "entry");
    amended.void(0, &Body::Consent(open.hash()), "not-open");
    amended.void(0, &Body::Act(open), "old-act");
    amended.void(0, &body, "charter");
    vec![
        case(
            "founding-late",
            "what stands before the founding is void; it happens once",
            &late,
        ),
        case(
            "founding-other",
            "another founding than the reader took part in",
            &other,
        ),
        case(
            "founding-wrong",
            "unsigned, by a stranger, in another place, by a seat; then founded",
            &wrong,
        ),
        case(
            "founding-amended",
            "R-T2: an amendment ends open acts, and the old root's heads",
            &amended,
        ),
        case("founding-none", "nothing at all", &Tape::empty(None)),
    ]
}

fn acts() -> Vec<Case> {
    let mut good = Tape::two();
    let three = sorted(vec![
        person(0, "Amina").key,
        person(1, "Boris").key,
        person(0, "Carla").key,
    ]);
    let room = plenary(&TALK);
    let own = caucus(&TALK, DelegationIndex(0));
    for body in [
        ActBody::Lock { room, seats: three },
        ActBody::Lock {
            room: own,
            seats: vec![],
        },
        eject("Amina"),
        ActBody::Unlock { room: own },
        ActBody::Publish { readout: [6; 32] },
        ActBody::Rules(Rules::all_of(all(2), Admit::Roster)),
        ActBody::End,
    ] {
        let act = good.act(body);
        good.holds(0, &Body::Act(act.clone()));
        good.holds(1, &Body::Consent(act.hash()));
    }
    let late = good.act(eject("Boris"));
    good.void(0, &Body::Act(late.clone()), "ended");
    good.void(1, &Body::Consent(late.hash()), "not-open");
    good.holds(0, &note(b"a life after the end"));

    let mut same = Tape::two();
    let act = same.act(eject("Amina"));
    same.holds(0, &Body::Act(act.clone()));
    same.void(0, &Body::Act(act.clone()), "again");
    same.void(0, &Body::Consent(act.hash()), "again");
    same.holds(1, &Body::Act(act));

    // A neutral delegation that is asked in some matters.
    let masks =
        Rules::all_of(Delegations(0b011), Admit::Each).with(Matter::End, Delegations(0b111));
    let mut neutral = Tape::founded(3, 0b100, masks);
    let act = neutral.act(eject("Amina"));
    neutral.void(2, &Body::Act(act.clone()), "not-asked");
    neutral.holds(0, &Body::Act(act.clone()));
    neutral.void(2, &Body::Consent(act.hash()), "not-asked");
    neutral.holds(1, &Body::Consent(act.hash()));
    let end = neutral.act(ActBody::End);
    neutral.holds(0, &Body::Act(end.clone()));
    neutral.holds(1, &Body::Consent(end.hash()));
    neutral.holds(2, &Body::Consent(end.hash()));

    let mut old = Tape::two();
    let first = old.act(eject("Amina"));
    let second = old.act(eject("Carla"));
    old.holds(0, &Body::Act(first.clone()));
    old.holds(1, &Body::Consent(first.hash()));
    old.void(0, &Body::Act(second.clone()), "old-act");
    old.void(0, &Body::Act(first), "old-act");
    old.void(1, &Body::Consent(second.hash()), "not-open");

    let mut bad = Tape::two();
    let nowhere = RoomId([9; 16]);
    for body in [
        ActBody::Lock {
            room: nowhere,
            seats: vec![],
        },
        ActBody::Unlock { room: nowhere },
        ActBody::Unlock {
            room: caucus(&TALK, DelegationIndex(2)),
        },
    ] {
        let act = bad.act(body);
        bad.void(0, &Body::Act(act), "no-room");
    }
    for mask in [0, 0b01, 0b10, 0b111] {
        let rules = Rules::all_of(all(2), Admit::Each).with(Matter::Lock, Delegations(mask));
        let act = bad.act(ActBody::Rules(rules));
        bad.void(0, &Body::Act(act), "one-keyed");
    }
    for bytes in unreadable_acts(&bad) {
        let entry = raw_entry(&bad.record, 0, 1, &bytes);
        bad.void_bytes(&entry, "entry");
    }
    for kind in [7, 8, 63] {
        let entry = raw_entry(&bad.record, 0, kind, b"");
        bad.void_bytes(&entry, "entry");
    }
    for kind in [2, 3, 4, 5, 6] {
        let entry = raw_entry(&bad.record, 0, kind, &[0; 12]);
        bad.void_bytes(&entry, "entry");
    }
    for kind in [64, 200, 255] {
        let entry = raw_entry(&bad.record, 0, kind, &[0; 70]);
        assert_eq!(bad.push(&entry), None);
    }
    vec![
        case("acts-good", "each act once; the talk ends", &good),
        case(
            "acts-same",
            "the same act by the other side is its consent",
            &same,
        ),
        case(
            "acts-r-l2",
            "R-L2: a neutral delegation that isn't asked, and where it is",
            &neutral,
        ),
        case(
            "acts-r-l3",
            "R-L3: an act on top of another than the last",
            &old,
        ),
        case(
            "acts-bad",
            "R-T1 and rooms that aren't there; bodies and kinds that can't be read",
            &bad,
        ),
    ]
}

/// Bodies of kind 1 that are no acts.
fn unreadable_acts(tape: &Tape) -> Vec<Vec<u8>> {
    let two = sorted(vec![person(0, "Amina").key, person(1, "Boris").key]);
    let lock = tape
        .act(ActBody::Lock {
            room: plenary(&TALK),
            seats: two.clone(),
        })
        .encode();
    let backwards = [two[1].0, two[0].0].concat();
    let twice = [two[0].0, two[0].0].concat();
    let listed = [two[0].0, two[1].0].concat();
    let end = tape.act(ActBody::End).encode();
    let mut admit = end.clone();
    admit[1] = 0;
    let mut beyond = end.clone();
    beyond[1] = 7;
    let mut more = end.clone();
    more.splice(2..3, [1, 0]);
    vec![
        replaced(&lock, &listed, &backwards),
        replaced(&lock, &listed, &twice),
        admit,
        beyond,
        more,
        [&end[..], &[0]].concat(),
        end[..end.len() - 1].to_vec(),
    ]
}

fn ends_of_acts() -> Vec<Case> {
    // R-L4.
    let mut bound = Tape::two();
    let (mine, yours) = (bound.act(eject("Amina")), bound.act(eject("Carla")));
    bound.holds(0, &Body::Act(mine.clone()));
    bound.holds(1, &Body::Act(yours.clone()));
    bound.void(0, &Body::Consent(yours.hash()), "bound");
    bound.void(1, &Body::Consent(mine.hash()), "bound");
    let another = bound.act(ActBody::End);
    bound.void(0, &Body::Act(another), "bound");
    bound.void(1, &Body::Retraction(mine.hash()), "not-open");
    bound.holds(1, &Body::Retraction(yours.hash()));
    bound.void(1, &Body::Retraction(yours.hash()), "not-open");
    bound.holds(1, &Body::Consent(mine.hash()));
    bound.void(0, &Body::Retraction(mine.hash()), "not-open");

    let mut retracted = Tape::two();
    let act = retracted.act(eject("Amina"));
    retracted.holds(0, &Body::Act(act.clone()));
    retracted.holds(0, &Body::Retraction(act.hash()));
    retracted.void(1, &Body::Consent(act.hash()), "not-open");
    retracted.holds(1, &Body::Act(act.clone()));
    retracted.holds(0, &Body::Consent(act.hash()));

    let mut expiring = Tape::two();
    let lasting = |tape: &Tape, body: ActBody, positions: u64| {
        let last = *tape.record.standing().unwrap().last_act();
        Act::new(body, last, tape.record.next_place().position + positions)
    };
    for positions in [0, 4097] {
        let act = lasting(&expiring, eject("Amina"), positions);
        expiring.void(0, &Body::Act(act), "expiry");
    }
    let past = Act::new(
        eject("Amina"),
        *expiring.record.standing().unwrap().last_act(),
        0,
    );
    expiring.void(0, &Body::Act(past), "expiry");
    let endless = Act::new(
        eject("Amina"),
        *expiring.record.standing().unwrap().last_act(),
        u64::MAX,
    );
    expiring.void(0, &Body::Act(endless), "expiry");
    let short = lasting(&expiring, eject("Amina"), 1);
    expiring.holds(0, &Body::Act(short.clone()));
    assert_eq!(expiring.push_sealed(b"?", None), Some("sealed"));
    expiring.void(1, &Body::Consent(short.hash()), "not-open");
    let long = lasting(&expiring, eject("Amina"), 4096);
    expiring.holds(0, &Body::Act(long.clone()));
    expiring.holds(0, &Body::Retraction(long.hash()));
    let last_moment = lasting(&expiring, eject("Amina"), 2);
    expiring.holds(0, &Body::Act(last_moment.clone()));
    expiring.holds(1, &note(b"in between"));
    expiring.holds(1, &Body::Consent(last_moment.hash()));

    // Two heads of one delegation write at the same time: the second finds the place taken.
    let mut concurrent = Tape::two();
    let (first, second) = (
        concurrent.act(eject("Amina")),
        concurrent.act(eject("Carla")),
    );
    let (key_1, cert_1) = head(0, 1);
    let late = concurrent.entry_as(
        &key_1,
        &Author::Head(cert_1.clone()),
        &Body::Act(second.clone()),
    );
    concurrent.holds(0, &Body::Act(first.clone()));
    concurrent.void_bytes(&late, "place");
    let again = concurrent.entry_as(&key_1, &Author::Head(cert_1.clone()), &Body::Act(second));
    concurrent.void_bytes(&again, "bound");
    let back = concurrent.entry_as(
        &key_1,
        &Author::Head(cert_1),
        &Body::Retraction(first.hash()),
    );
    assert_eq!(concurrent.push(&back), None);
    vec![
        case(
            "acts-r-l4",
            "R-L4: bound by one open act, until the consent is taken back",
            &bound,
        ),
        case(
            "acts-retracted",
            "an act to which nobody agrees any more is gone, and may come again",
            &retracted,
        ),
        case(
            "acts-expiring",
            "acts expire by position, by void entries too",
            &expiring,
        ),
        case(
            "acts-concurrent",
            "two heads of one delegation at the same time",
            &concurrent,
        ),
    ]
}

fn revoke(tape: &mut Tape, by: u8, root_of: u8, delegation: u8, n: u64) -> Option<&'static str> {
    let victim = head(delegation, n).1.key;
    let body = HeadRevoked::issue(&root(root_of), &TALK, DelegationIndex(delegation), victim);
    let entry = tape.entry(by, &Body::HeadRevoked(body));
    tape.push(&entry)
}

fn heads() -> Vec<Case> {
    let mut revoked = Tape::two();
    let act = revoked.act(ActBody::End);
    revoked.holds(0, &Body::Act(act.clone()));
    assert_eq!(revoke(&mut revoked, 1, 0, 0, 0), None);
    revoked.void(0, &Body::Retraction(act.hash()), "author");
    revoked.void(1, &Body::Consent(act.hash()), "not-open");
    assert_eq!(revoke(&mut revoked, 1, 0, 0, 0), Some("again"));
    let (key_1, cert_1) = head(0, 1);
    let other = revoked.entry_as(&key_1, &Author::Head(cert_1), &Body::Act(act));
    assert_eq!(revoked.push(&other), None);

    let mut foreign = Tape::two();
    let act = foreign.act(ActBody::End);
    foreign.holds(1, &Body::Act(act.clone()));
    assert_eq!(revoke(&mut foreign, 0, 0, 1, 0), Some("not-own"));
    let body = HeadRevoked::issue(&root(0), &TALK, DelegationIndex(0), head(1, 0).1.key);
    foreign.holds(0, &Body::HeadRevoked(body));
    let nowhere = HeadRevoked::issue(&root(0), &TALK, DelegationIndex(2), head(1, 0).1.key);
    foreign.void(0, &Body::HeadRevoked(nowhere), "not-own");
    foreign.holds(0, &Body::Consent(act.hash()));

    let mut approvals = Tape::two();
    let amina = person(0, "Amina");
    let id = hash(&[&amina.encode()]);
    let approval = |delegation: u8, n: u64| {
        let (key, cert) = head(delegation, n);
        Body::Approval {
            seat: id,
            approval: amina.approve(&key, &cert).encode(),
        }
    };
    approvals.void(0, &approval(1, 0), "not-own");
    approvals.holds(1, &approval(1, 0));
    approvals.void(1, &approval(1, 0), "again");
    approvals.holds(1, &approval(1, 1));
    approvals.holds(0, &approval(0, 0));
    let wrong = Body::Approval {
        seat: [0; 32],
        approval: amina.approve(&head(1, 0).0, &head(1, 0).1).encode(),
    };
    approvals.void(1, &wrong, "approval");
    approvals.void(
        1,
        &Body::Approval {
            seat: id,
            approval: vec![1, 2, 3],
        },
        "approval",
    );
    assert_eq!(revoke(&mut approvals, 1, 1, 1, 1), None);
    approvals.void(1, &approval(1, 1), "author");
    vec![
        case(
            "heads-revoked",
            "a revoked head has no say, and what it agreed to is taken back",
            &revoked,
        ),
        case(
            "heads-foreign",
            "one side's root revokes the other's head: that counts for nothing there",
            &foreign,
        ),
        case(
            "heads-approvals",
            "approvals wait in the record",
            &approvals,
        ),
    ]
}

fn people() -> Vec<Case> {
    let mut withdrawn = Tape::two();
    let (amina, boris) = (person(0, "Amina"), person(1, "Boris"));
    withdrawn.void(1, &withdrawal(&amina), "not-own");
    let claimed = SeatTbs {
        delegation: DelegationIndex(1),
        ..amina.clone()
    };
    let forged = Withdrawal::new(claimed, amina.consent(&seat_key("Amina")));
    withdrawn.void(1, &Body::Withdrawal(forged), "not-own");
    let elsewhere = SeatTbs {
        talk: TalkId([8; 16]),
        ..amina.clone()
    };
    withdrawn.void(0, &withdrawal(&elsewhere), "not-own");
    withdrawn.holds(0, &withdrawal(&amina));
    withdrawn.void(0, &withdrawal(&amina), "again");
    let act = withdrawn.act(eject("Amina"));
    withdrawn.void(0, &Body::Act(act), "again");

    let mut seats = Tape::two();
    let charter = charter(&seats.record);
    let write = |tape: &mut Tape, tbs: &SeatTbs, approved: bool, body: &Body| {
        let author = seat_of(tbs, approved, &charter);
        let entry = tape.entry_as(&seat_key(tbs.name.as_str()), &author, body);
        tape.push(&entry)
    };
    assert_eq!(
        write(&mut seats, &amina, false, &note(b"x")),
        Some("author")
    );
    assert_eq!(write(&mut seats, &amina, true, &note(b"x")), None);
    let end = seats.act(ActBody::End);
    assert_eq!(
        write(&mut seats, &amina, true, &Body::Act(end.clone())),
        Some("not-head")
    );
    assert_eq!(
        write(&mut seats, &amina, true, &Body::Consent(end.hash())),
        Some("not-head")
    );
    assert_eq!(
        write(&mut seats, &amina, true, &Body::Retraction(end.hash())),
        Some("not-head")
    );
    assert_eq!(
        write(&mut seats, &amina, true, &withdrawal(&boris)),
        Some("not-own")
    );
    let lock = seats.act(ActBody::Lock {
        room: plenary(&TALK),
        seats: vec![],
    });
    seats.holds(0, &Body::Act(lock.clone()));
    seats.holds(1, &Body::Consent(lock.hash()));
    assert_eq!(
        write(
            &mut seats,
            &amina,
            true,
            &note(b"locked out, but of the talk")
        ),
        None
    );
    assert_eq!(write(&mut seats, &boris, true, &withdrawal(&boris)), None);
    assert_eq!(
        write(&mut seats, &boris, true, &note(b"gone")),
        Some("author")
    );
    let roster = seats.act(ActBody::Rules(Rules::all_of(all(2), Admit::Roster)));
    seats.holds(0, &Body::Act(roster.clone()));
    seats.holds(1, &Body::Consent(roster.hash()));
    assert_eq!(write(&mut seats, &amina, false, &note(b"by roster")), None);
    vec![
        case(
            "people-r-l5",
            "R-L5: only one's own people are withdrawn, once",
            &withdrawn,
        ),
        case(
            "people-write",
            "a seat writes once it is admitted, and decides nothing",
            &seats,
        ),
    ]
}
