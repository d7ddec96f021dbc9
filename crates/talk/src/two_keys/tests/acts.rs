//! What each rule of the record stops, one by one; schedules mix them.

use crate::two_keys::sample::*;
use crate::two_keys::*;

fn eject(name: &str) -> ActBody {
    ActBody::Eject {
        seat: tbs(0, name, &[]).key,
    }
}

#[test]
pub(crate) fn r_l1_an_entry_counts_in_its_place() {
    let mut record = two();
    let (key, _) = head(0, 0);
    let note = Body::Life {
        kind: 64,
        content: vec![],
    };
    let place = record.next_place();
    let entry = Entry::sign(&key, &TALK, place, &author(0), 0, &note);
    assert!(record.push(&entry, Some(&entry)).1.is_ok());
    assert_eq!(record.push(&entry, Some(&entry)).1, Err(Void::Place));
}

#[test]
pub(crate) fn r_l2_only_who_is_asked_consents() {
    let rules = Rules::all_of(Delegations(0b011), Admit::Each);
    let mut record = founded(3, Delegations(0b100), rules);
    let act = Body::Act(act(&record, ActBody::End));
    assert_eq!(write(&mut record, 2, &act), Err(Void::NotAsked));
}

#[test]
pub(crate) fn r_l3_an_act_names_the_last_one() {
    let mut record = two();
    let (first, second) = (act(&record, eject("Amina")), act(&record, eject("Boris")));
    write(&mut record, 0, &Body::Act(first.clone())).unwrap();
    write(&mut record, 1, &Body::Consent(first.hash())).unwrap();
    let late = write(&mut record, 0, &Body::Act(second));
    assert_eq!(late, Err(Void::OldAct));
}

#[test]
pub(crate) fn r_l4_one_open_act_binds() {
    let mut record = two();
    let (first, second) = (act(&record, eject("Amina")), act(&record, eject("Boris")));
    write(&mut record, 0, &Body::Act(first.clone())).unwrap();
    let other = Body::Act(second);
    assert_eq!(write(&mut record, 0, &other), Err(Void::Bound));
    write(&mut record, 0, &Body::Retraction(first.hash())).unwrap();
    assert!(write(&mut record, 0, &other).is_ok());
}

#[test]
pub(crate) fn acts_expire() {
    let mut record = two();
    let place = record.next_place();
    let last = *record.standing().unwrap().last_act();
    let short = Act::new(ActBody::End, last, place.position + 1);
    write(&mut record, 0, &Body::Act(short.clone())).unwrap();
    record.push(b"nobody can open this", None).1.unwrap_err();
    let late = write(&mut record, 1, &Body::Consent(short.hash()));
    assert_eq!(late, Err(Void::NotOpen));
}

#[test]
pub(crate) fn nothing_is_decided_after_the_end() {
    let mut record = two();
    let end = act(&record, ActBody::End);
    write(&mut record, 0, &Body::Act(end.clone())).unwrap();
    write(&mut record, 1, &Body::Consent(end.hash())).unwrap();
    let late = Body::Act(act(&record, eject("Amina")));
    assert_eq!(write(&mut record, 0, &late), Err(Void::Ended));
}
