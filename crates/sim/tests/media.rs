//! Frames, as the server and a member could misuse them.

use core::time::Duration;
use incamera_e2ee::{Notice, OpenError, Rule};
use incamera_model::MediaKind;
use incamera_sim::World;

/// Ada and Ben, who doesn't keep the rules in `off`.
fn world(off: &[Rule]) -> World {
    let mut world = World::new(1);
    world.join("Ada");
    world.join_with("Ben", |ben| off.iter().for_each(|rule| ben.turn_off(*rule)));
    world.settle();
    world.run_for(Duration::from_secs(3));
    world
}

fn sealed(world: &mut World, from: usize) -> Vec<u8> {
    world
        .with(from, |session, _| session.seal(MediaKind::Camera, b"frame"))
        .expect("seated")
}

#[track_caller]
fn check(world: &mut World, frame: &[u8], expected: Result<(), OpenError>) {
    let opened = world.with(1, |ben, now| ben.open(now, frame));
    assert_eq!(opened.map(|_| ()), expected);
}

#[test]
fn r_m1_a_replayed_frame() {
    for (off, again) in [
        (&[][..], Err(OpenError::Replayed)),
        (&[Rule::Replay][..], Ok(())),
    ] {
        let mut world = world(off);
        let frame = sealed(&mut world, 0);
        check(&mut world, &frame, Ok(()));
        check(&mut world, &frame, again);
    }
}

#[test]
fn r_m2_a_reflected_frame() {
    for (off, expected) in [
        (&[][..], Err(OpenError::Reflected)),
        (&[Rule::Reflection][..], Ok(())),
    ] {
        let mut world = world(off);
        let frame = sealed(&mut world, 1);
        check(&mut world, &frame, expected);
    }
}

#[test]
fn an_altered_frame() {
    let mut world = world(&[]);
    let frame = sealed(&mut world, 0);
    for bit in 0..frame.len() * 8 {
        let mut altered = frame.clone();
        altered[bit / 8] ^= 1 << (bit % 8);
        let opened = world.with(1, |ben, now| ben.open(now, &altered));
        assert!(opened.is_err(), "bit {bit}");
    }
    check(&mut world, &frame, Ok(()));
}

#[test]
fn a_clear_frame() {
    let mut world = world(&[]);
    for frame in [&b""[..], b"a clear frame", &[0; 100], &[0xff; 1500]] {
        let opened = world.with(1, |ben, now| ben.open(now, frame));
        assert!(opened.is_err());
    }
}

/// A frame from before the last member left can't be held back and played much later.
#[test]
fn a_frame_of_an_ended_epoch() {
    let mut world = World::seated(2, &["Ada", "Ben", "Cem"]);
    world.run_for(Duration::from_secs(3));
    let frame = sealed(&mut world, 0);
    let kept = sealed(&mut world, 0);
    check(&mut world, &frame, Ok(()));
    world.with(2, |cem, now| cem.leave(now));
    world.run_until(Duration::from_secs(2), World::agree);
    world.run_for(Duration::from_secs(1));
    check(&mut world, &kept, Err(OpenError::UnknownKey));
}

/// How often Ben is told of sound forged in Ada's name, when Mal and the server make a frame that
/// comes `at` this place among hers.
fn forged_sound(at: Option<u64>, off: &[Rule]) -> usize {
    let mut world = world(off);
    world.join("Mal");
    world.settle();
    world.with(0, |ada, now| {
        ada.set_sending(now, MediaKind::Microphone, true)
    });
    world.run_for(Duration::from_secs(3));
    let ada = world.peers[0].leaf(world.now).expect("seated");
    for frame in 0..300 {
        if frame == 50
            && let Some(counter) = at
        {
            let forged = world.with(2, |mal, _| mal.seal_as(ada, counter, b"yes"));
            let opened = world.with(1, |ben, now| ben.open(now, &forged.expect("seated")));
            let opened = opened.expect("it is authentic as far as keys go");
            assert_eq!(opened.leaf, ada);
        }
        // One is lost on the way, as happens.
        let sealed = world.with(0, |ada, _| ada.seal(MediaKind::Microphone, b"no"));
        if frame != 30 {
            let _ = world.with(1, |ben, now| ben.open(now, &sealed.expect("seated")));
        }
        world.run_for(Duration::from_millis(20));
    }
    world.run_for(Duration::from_secs(5));
    let told = world.peers[1]
        .notices
        .iter()
        .filter(|notice| matches!(notice, Notice::ForgedSound { name } if name == "Ada"));
    told.count()
}

#[test]
fn r_b3_sound_forged_by_a_member_is_told() {
    assert_eq!(forged_sound(None, &[]), 0);
    // In the place of the frame that comes next, and far beyond.
    assert_eq!(forged_sound(Some(50), &[]), 1);
    assert_eq!(forged_sound(Some(400), &[]), 1);
    assert_eq!(forged_sound(Some(50), &[Rule::Lists]), 0);
}
