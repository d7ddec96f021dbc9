//! What becomes of packets, in virtual time.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use incamera_impair::{Impairment, Kind, Profile, Share};
use proptest::prelude::*;
use std::num::NonZeroU32;
use std::time::Duration;

type Line = Impairment<Vec<u8>>;

const MILLISECOND: Duration = Duration::from_millis(1);

fn share(value: f64) -> Share {
    Share::new(value).unwrap()
}

fn line(kind: Kind, seed: u64, profile: Profile) -> Line {
    let mut line = Line::new(kind, seed);
    line.handle_profile(profile);
    line
}

/// Sends `count` numbered packets, one a millisecond, and returns when which arrived.
fn run(line: &mut Line, count: u32, size: usize) -> Vec<(Duration, u32)> {
    let mut arrived = Vec::new();
    for number in 0..count {
        let now = MILLISECOND * number;
        take(line, now, &mut arrived);
        line.handle_packet(now, packet(number, size));
    }
    take(line, Duration::MAX, &mut arrived);
    arrived
}

fn packet(number: u32, size: usize) -> Vec<u8> {
    let mut bytes = number.to_be_bytes().to_vec();
    bytes.resize(size, 0);
    bytes
}

/// Takes what is due by `until`, each at its time.
fn take(line: &mut Line, until: Duration, arrived: &mut Vec<(Duration, u32)>) {
    while let Some(due) = line.poll_timeout().filter(|due| *due <= until) {
        if let Some(before) = due.checked_sub(Duration::from_nanos(1)) {
            assert!(line.poll_packet(before).is_none());
        }
        let bytes = line.poll_packet(due).unwrap();
        arrived.push((due, u32::from_be_bytes(bytes[..4].try_into().unwrap())));
    }
}

fn numbers(arrived: &[(Duration, u32)]) -> Vec<u32> {
    arrived.iter().map(|(_, number)| *number).collect()
}

#[test]
fn by_default_everything_passes_at_once_and_in_order() {
    let arrived = run(&mut Line::new(Kind::Datagrams, 1), 1000, 100);
    let expected: Vec<_> = (0..1000)
        .map(|number| (MILLISECOND * number, number))
        .collect();
    assert_eq!(arrived, expected);
}

#[test]
fn the_share_that_is_lost_is_the_share_asked_for() {
    for (loss, burst) in [
        (0.01, None),
        (0.05, None),
        (0.1, NonZeroU32::new(8)),
        (0.5, None),
    ] {
        let profile = Profile {
            loss: share(loss),
            burst,
            ..Profile::default()
        };
        let arrived = run(&mut line(Kind::Datagrams, 7, profile), 100_000, 4);
        let lost = 1.0 - arrived.len() as f64 / 100_000.0;
        assert!(
            (lost - loss).abs() < loss * 0.15,
            "{lost} for {loss}, {burst:?}"
        );
    }
}

#[test]
fn losses_in_bursts_are_as_long_as_asked_for() {
    let mean_run = |burst| {
        let profile = Profile {
            loss: share(0.05),
            burst,
            ..Profile::default()
        };
        let arrived = numbers(&run(&mut line(Kind::Datagrams, 3, profile), 100_000, 4));
        let gaps: Vec<u32> = arrived
            .windows(2)
            .map(|pair| pair[1] - pair[0] - 1)
            .filter(|gap| *gap > 0)
            .collect();
        f64::from(gaps.iter().sum::<u32>()) / gaps.len() as f64
    };
    let single = mean_run(None);
    assert!((1.0..1.15).contains(&single), "{single}");
    let burst = mean_run(NonZeroU32::new(10));
    assert!((9.0..11.0).contains(&burst), "{burst}");
}

#[test]
fn delay_and_jitter_are_within_their_bounds_and_spread_evenly() {
    let profile = Profile {
        delay_ms: 50,
        jitter_ms: 20,
        keep_order: false,
        ..Profile::default()
    };
    let arrived = run(&mut line(Kind::Datagrams, 5, profile), 20_000, 4);
    let took: Vec<f64> = arrived
        .iter()
        .map(|(due, number)| (*due - MILLISECOND * *number).as_secs_f64() * 1000.0)
        .collect();
    assert!(took.iter().all(|ms| (50.0..70.0).contains(ms)));
    let mean = took.iter().sum::<f64>() / took.len() as f64;
    assert!((59.5..60.5).contains(&mean), "{mean}");
    // The control: at such a jitter packets do overtake each other.
    assert!(!numbers(&arrived).is_sorted());
}

#[test]
fn some_are_held_back_and_some_are_doubled() {
    let profile = Profile {
        reorder: share(0.02),
        reorder_ms: 5,
        duplicate: share(0.03),
        ..Profile::default()
    };
    let mut line = line(Kind::Datagrams, 9, profile);
    let arrived = numbers(&run(&mut line, 10_000, 4));
    let overtaken = arrived.windows(2).filter(|pair| pair[1] < pair[0]).count();
    assert!((150..250).contains(&overtaken), "{overtaken}");
    let doubled = arrived.len() - 10_000;
    assert!((250..350).contains(&doubled), "{doubled}");
    assert_eq!(line.counters().doubled, doubled as u64);
}

#[test]
fn a_rate_is_kept_and_what_waits_is_bounded() {
    // 1000 bytes a millisecond into a line that takes 125: seven of eight overflow.
    let profile = Profile {
        rate_kbps: NonZeroU32::new(1000),
        queue_bytes: 10_000,
        ..Profile::default()
    };
    let mut line = line(Kind::Datagrams, 1, profile);
    let arrived = run(&mut line, 8000, 1000);
    assert!((990..=1012).contains(&arrived.len()), "{}", arrived.len());
    for (due, number) in &arrived {
        let waited = *due - MILLISECOND * *number;
        // Ten packets at eight milliseconds each.
        assert!(waited <= Duration::from_millis(80), "{waited:?}");
    }
    assert_eq!(line.counters().overflowed, 8000 - arrived.len() as u64);
}

#[test]
fn a_cut_lets_nothing_pass_and_takes_what_is_on_its_way() {
    let slow = Profile {
        delay_ms: 100,
        ..Profile::default()
    };
    let mut line = line(Kind::Datagrams, 1, slow);
    line.handle_packet(Duration::ZERO, packet(1, 4));
    line.handle_profile(Profile { cut: true, ..slow });
    line.handle_packet(MILLISECOND, packet(2, 4));
    assert_eq!(line.poll_timeout(), None);
    line.handle_profile(slow);
    line.handle_packet(MILLISECOND * 2, packet(3, 4));
    let mut arrived = Vec::new();
    take(&mut line, Duration::MAX, &mut arrived);
    assert_eq!(arrived, [(MILLISECOND * 102, 3)]);
    assert_eq!(line.counters().cut, 2);
}

#[test]
fn a_stream_waits_out_a_cut() {
    let cut = Profile {
        cut: true,
        ..Profile::default()
    };
    let mut line = line(Kind::Stream, 1, Profile::default());
    line.handle_packet(Duration::ZERO, packet(1, 4));
    line.handle_profile(cut);
    assert!(line.is_full(Duration::ZERO));
    assert!(line.poll_packet(MILLISECOND).is_none());
    line.handle_profile(Profile::default());
    assert!(!line.is_full(Duration::ZERO));
    assert!(line.poll_packet(MILLISECOND).is_some());
}

prop_compose! {
    fn profiles()(
        delay_ms in 0..200u32,
        jitter_ms in 0..100u32,
        loss in 0.0..=1.0,
        burst in 0..5u32,
        duplicate in 0.0..0.5,
        reorder in 0.0..0.5,
        rate in 0..2000u32,
        keep_order: bool,
    ) -> Profile {
        Profile {
            delay_ms,
            jitter_ms,
            keep_order,
            loss: share(loss),
            burst: NonZeroU32::new(burst),
            duplicate: share(duplicate),
            reorder: share(reorder),
            rate_kbps: NonZeroU32::new(rate),
            ..Profile::default()
        }
    }
}

proptest! {
    #[test]
    fn the_same_seed_decides_the_same(seed: u64, profile in profiles()) {
        let [one, other] = [(); 2].map(|()| run(&mut line(Kind::Datagrams, seed, profile), 300, 200));
        prop_assert_eq!(one, other);
    }

    #[test]
    fn every_packet_is_accounted_for(seed: u64, profile in profiles()) {
        let mut line = line(Kind::Datagrams, seed, profile);
        let arrived = run(&mut line, 300, 200).len() as u64;
        let counters = line.counters();
        prop_assert_eq!(counters.came, 300);
        prop_assert_eq!(counters.passed, arrived);
        let kept = counters.came - counters.lost - counters.overflowed - counters.cut;
        prop_assert_eq!(arrived, kept + counters.doubled);
        prop_assert!(line.is_empty());
    }

    #[test]
    fn order_is_kept_when_told(seed: u64, profile in profiles()) {
        let told = Profile { keep_order: true, reorder: Share::NONE, ..profile };
        let arrived = numbers(&run(&mut line(Kind::Datagrams, seed, told), 300, 200));
        prop_assert!(arrived.is_sorted());
    }

    #[test]
    fn a_stream_arrives_whole_whatever_is_asked_for(seed: u64, profile in profiles()) {
        let arrived = numbers(&run(&mut line(Kind::Stream, seed, profile), 300, 200));
        prop_assert!(arrived.iter().copied().eq(0..300));
    }

    // The fate of the later ones doesn't hang on what was done to the earlier ones.
    #[test]
    fn losses_are_the_same_after_another_beginning(seed: u64, loss in 0.0..1.0) {
        let losing = Profile { loss: share(loss), ..Profile::default() };
        let mut lines = [losing, Profile::default()].map(|first| line(Kind::Datagrams, seed, first));
        let fates = lines.each_mut().map(|line| {
            run(line, 100, 4);
            line.handle_profile(losing);
            numbers(&run(line, 100, 4))
        });
        prop_assert_eq!(&fates[0], &fates[1]);
    }
}

#[test]
fn another_seed_decides_otherwise() {
    let profile = Profile {
        loss: share(0.5),
        ..Profile::default()
    };
    let [one, other] = [1, 2].map(|seed| run(&mut line(Kind::Datagrams, seed, profile), 300, 4));
    assert_ne!(one, other);
}

#[test]
fn what_is_no_share_is_refused() {
    for value in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
        assert!(Share::new(value).is_err(), "{value}");
    }
    assert!(serde_json::from_str::<Profile>(r#"{"loss": 2}"#).is_err());
    assert!(serde_json::from_str::<Profile>(r#"{"lose": 0.1}"#).is_err());
}
