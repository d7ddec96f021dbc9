use super::*;
use core::time::Duration;

const ROOM: RoomId = RoomId([1; 16]);
const NOW: Timestamp = Timestamp(1000);

fn key(epoch: u64, byte: u8) -> EpochKey {
    EpochKey {
        epoch,
        base: Zeroizing::new(vec![byte; 32]),
    }
}

fn media(own: u32, incarnation: u32) -> Media {
    Media::new(
        ROOM,
        incarnation,
        LeafIndex(own),
        key(5, 7),
        BTreeSet::from([0, 1, 2]),
        Switches::default(),
    )
}

#[track_caller]
fn check(receiver: &mut Media, sealed: &[u8], expected: Result<&[u8], OpenError>) {
    let opened = receiver.open(NOW, sealed).map(|opened| opened.frame);
    assert_eq!(opened.as_deref().map_err(|error| *error), expected);
}

#[test]
fn sealed_and_opened_with_sender_and_kind() {
    let mut sender = media(1, 1);
    let mut receiver = media(2, 1);
    for kind in MediaKind::ALL {
        let sealed = sender.seal(kind, b"frame").unwrap();
        assert!(!sealed.windows(5).any(|window| window == b"frame"));
        let opened = receiver.open(NOW, &sealed).unwrap();
        assert_eq!((opened.leaf, opened.kind), (LeafIndex(1), kind));
        assert_eq!(opened.frame, b"frame");
    }
}

#[test]
fn r_m1_replayed_frames_are_refused_even_out_of_order() {
    let mut sender = media(1, 1);
    let mut receiver = media(2, 1);
    let frames: Vec<_> = (0..600)
        .map(|_| sender.seal(MediaKind::Camera, b"f").unwrap())
        .collect();
    check(&mut receiver, &frames[1], Ok(b"f"));
    check(&mut receiver, &frames[0], Ok(b"f"));
    check(&mut receiver, &frames[0], Err(OpenError::Replayed));
    check(&mut receiver, &frames[599], Ok(b"f"));
    check(&mut receiver, &frames[2], Err(OpenError::Replayed));
    check(&mut receiver, &frames[590], Ok(b"f"));

    let mut careless = media(2, 1);
    careless.switches = off(Rule::Replay);
    check(&mut careless, &frames[0], Ok(b"f"));
    if cfg!(feature = "test-switches") {
        check(&mut careless, &frames[0], Ok(b"f"));
    }
}

#[test]
fn r_m2_reflected_frames_are_refused() {
    let mut sender = media(1, 1);
    let sealed = sender.seal(MediaKind::Camera, b"f").unwrap();
    check(&mut sender, &sealed, Err(OpenError::Reflected));
    if cfg!(feature = "test-switches") {
        sender.switches = off(Rule::Reflection);
        check(&mut sender, &sealed, Ok(b"f"));
    }
}

#[cfg(feature = "test-switches")]
fn off(rule: Rule) -> Switches {
    let mut switches = Switches::default();
    switches.turn_off(rule);
    switches
}

#[cfg(not(feature = "test-switches"))]
fn off(_rule: Rule) -> Switches {
    Switches::default()
}

#[test]
fn every_bit_counts() {
    let mut sender = media(1, 1);
    let mut receiver = media(2, 1);
    let sealed = sender.seal(MediaKind::Camera, b"some frame").unwrap();
    for bit in 0..sealed.len() * 8 {
        let mut altered = sealed.clone();
        altered[bit / 8] ^= 1 << (bit % 8);
        assert!(receiver.open(NOW, &altered).is_err(), "bit {bit}");
    }
    for length in 0..sealed.len() {
        assert!(receiver.open(NOW, &sealed[..length]).is_err());
    }
    assert!(receiver.epochs[0].receivers.is_empty(), "junk keeps no key");
    check(&mut receiver, &sealed, Ok(b"some frame"));
}

#[test]
fn bound_to_incarnation_and_kind() {
    let mut sender = media(1, 1);
    let sealed = sender.seal(MediaKind::Camera, b"f").unwrap();
    check(&mut media(2, 2), &sealed, Err(OpenError::Forged));
}

#[test]
fn unknown_keys_and_huge_numbers() {
    let mut receiver = media(2, 1);
    let frame = |kid: u64, counter: u64| {
        let mut out = Vec::from(&SframeHeader::new(kid, counter));
        out.extend([0; 40]);
        out
    };
    let known = Kid::new(0, MediaKind::Camera, LeafIndex(1), 5).value();
    check(
        &mut receiver,
        &frame(known, u64::MAX),
        Err(OpenError::Forged),
    );
    check(
        &mut receiver,
        &frame(u64::MAX, 0),
        Err(OpenError::UnknownKey),
    );
    check(
        &mut receiver,
        &frame(known + 1, 0),
        Err(OpenError::UnknownKey),
    );
    check(
        &mut receiver,
        &frame(known + (9 << 8), 0),
        Err(OpenError::UnknownKey),
    );
    check(
        &mut receiver,
        &frame(known | 3 << 20, 0),
        Err(OpenError::Forged),
    );
    check(&mut receiver, &[], Err(OpenError::Malformed));
    check(&mut receiver, &[0xff; 4], Err(OpenError::Malformed));
    assert!(receiver.epochs[0].receivers.is_empty());
}

#[test]
fn kept_keys_are_bounded() {
    let mut sender = media(1, 1);
    let mut receiver = media(2, 1);
    let first = sender.seal(MediaKind::Camera, b"f").unwrap();
    check(&mut receiver, &first, Ok(b"f"));
    for _ in 0..50 {
        sender.new_transform(MediaKind::Camera);
        let sealed = sender.seal(MediaKind::Camera, b"f").unwrap();
        check(&mut receiver, &sealed, Ok(b"f"));
    }
    assert!(receiver.epochs[0].receivers.len() <= 2);
    check(&mut receiver, &first, Err(OpenError::UnknownKey));
    for epoch in 6..40 {
        receiver.install(key(epoch, 1), Some(BTreeSet::from([1])));
    }
    assert_eq!(receiver.epochs.len(), MAX_EPOCHS);
}

#[test]
fn an_old_epoch_ends() {
    let mut sender = media(1, 1);
    let mut receiver = media(2, 1);
    let early = sender.seal(MediaKind::Camera, b"f").unwrap();
    let late = sender.seal(MediaKind::Camera, b"f").unwrap();
    receiver.install(key(6, 8), Some(BTreeSet::from([1, 2])));
    let end = NOW + Duration::from_millis(500);
    receiver.expire_before(6, end);
    assert_eq!(receiver.next_expiry(), Some(end));
    check(&mut receiver, &early, Ok(b"f"));
    assert_eq!(receiver.open(end, &late), Err(OpenError::UnknownKey));

    sender.send_in(&key(6, 8));
    let new = sender.seal(MediaKind::Camera, b"g").unwrap();
    check(&mut receiver, &new, Ok(b"g"));
}

#[test]
fn a_removed_leaf_goes_at_once() {
    let mut sender = media(1, 1);
    let mut receiver = media(2, 1);
    let before = sender.seal(MediaKind::Camera, b"f").unwrap();
    check(&mut receiver, &before, Ok(b"f"));
    let after = sender.seal(MediaKind::Camera, b"f").unwrap();
    receiver.remove_leaf(LeafIndex(1), 6);
    check(&mut receiver, &after, Err(OpenError::UnknownKey));
}
