use crate::SeatKey;
use crate::two_keys::sample::*;
use crate::two_keys::*;
use incamera_model::{RoomId, TalkId};

const KEY: [u8; 32] = [5; 32];

fn team() -> RoomId {
    team_room(&TALK, &[7; 16])
}

fn boxed() -> BoxKey {
    BoxKey::new([9; BOX_BYTES])
}

/// A record in which both sides have begun a room for Amina.
fn begun() -> Record {
    let mut record = two();
    let lock = ActBody::Lock {
        room: team(),
        seats: vec![SeatKey(seat_key("Amina").public())],
    };
    let begin = act(&record, lock);
    write(&mut record, 0, &Body::Act(begin.clone())).unwrap();
    write(&mut record, 1, &Body::Consent(begin.hash())).unwrap();
    record
}

fn keys(by: &str) -> RoomKeys {
    let grant = Grant {
        seat: SeatKey(seat_key("Amina").public()),
        sealed: vec![3; 1200],
    };
    let commitment = RoomKeys::commitment(&team(), &KEY);
    RoomKeys::sign(&seat_key(by), &TALK, team(), commitment, vec![grant])
}

/// What an entry's bytes say when one of them is another.
fn altered(body: &Body, at: usize) -> Body {
    let Body::Life { kind, content } = body else {
        panic!("no entry of the talk's life");
    };
    let mut content = content.clone();
    content[at] ^= 1;
    Body::Life {
        kind: *kind,
        content,
    }
}

#[test]
pub(crate) fn a_box_is_named_by_its_seat() {
    let named = BoxNamed::sign(&seat_key("Amina"), &TALK, boxed());
    let read = BoxNamed::read(&named.body()).unwrap().unwrap();
    assert_eq!(read, named);
    assert!(read.holds(&TALK));
    assert!(!read.holds(&TalkId([1; 16])));
    // Another's seat, another box, another signature.
    for at in [1, 33, 33 + BOX_BYTES] {
        let other = BoxNamed::read(&altered(&named.body(), at)).unwrap();
        assert!(!other.unwrap().holds(&TALK), "byte {at}");
    }
}

#[test]
pub(crate) fn members_give_a_room_its_key() {
    let record = begun();
    let standing = record.standing().unwrap();
    let read = |keys: &RoomKeys| RoomKeys::read(&keys.body()).unwrap().unwrap();
    assert_eq!(read(&keys("Amina")), keys("Amina"));
    assert!(read(&keys("Amina")).holds(&TALK, standing));
    assert!(!read(&keys("Boris")).holds(&TALK, standing));
    // Nobody gives a room its key that isn't there.
    assert!(!read(&keys("Amina")).holds(&TALK, two().standing().unwrap()));
}

#[test]
pub(crate) fn a_rooms_key_is_signed_by_who_gives_it() {
    let record = begun();
    let standing = record.standing().unwrap();
    let body = keys("Amina").body();
    let Body::Life { content, .. } = &body else {
        panic!("no entry of the talk's life");
    };
    assert!(!keys("Amina").holds(&TalkId([1; 16]), standing));
    // The commitment, somebody's grant, the signature.
    for at in [17, 90, 200, content.len() - 1] {
        let other = RoomKeys::read(&altered(&body, at)).unwrap();
        assert!(!other.unwrap().holds(&TALK, standing), "byte {at}");
    }
}

#[test]
fn a_commitment_is_to_one_key_of_one_room() {
    let commitment = RoomKeys::commitment(&team(), &KEY);
    assert_ne!(RoomKeys::commitment(&team(), &[6; 32]), commitment);
    assert_ne!(RoomKeys::commitment(&plenary(&TALK), &KEY), commitment);
}

#[test]
fn what_is_cut_or_too_long_is_no_entry() {
    let named = BoxNamed::sign(&seat_key("Amina"), &TALK, boxed());
    for body in [named.body(), keys("Amina").body()] {
        let Body::Life { kind, content } = body else {
            panic!("no entry of the talk's life");
        };
        for end in (0..content.len()).step_by(13) {
            let content = content[..end].to_vec();
            let cut = Body::Life { kind, content };
            let both = (BoxNamed::read(&cut), RoomKeys::read(&cut));
            assert!(both.0.is_err() || both.1.is_err(), "{end}");
        }
    }
    let grant = keys("Amina").grants[0].clone();
    let many = vec![grant; MAX_GRANTS + 1];
    let many = RoomKeys::sign(&seat_key("Amina"), &TALK, team(), [0; 32], many);
    assert!(RoomKeys::read(&many.body()).is_err());
}
