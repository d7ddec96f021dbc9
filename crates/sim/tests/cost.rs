//! What `cargo xtask measure cost` counts is there, and grows as it should.

use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;
use incamera_sim::cost::{Cost, measure};

/// Every look at it is a millisecond later.
fn ticks() -> Duration {
    static LOOKS: AtomicU64 = AtomicU64::new(0);
    Duration::from_millis(LOOKS.fetch_add(1, Ordering::Relaxed))
}

#[test]
fn a_room_of_two_and_one_of_eight() {
    let [two, eight] = [2, 8].map(|people| measure(people, 2, ticks));
    for room in [two, eight] {
        for cost in [room.admit, room.rekey, room.remove] {
            // One call made the commit, and one took it, by whoever made none.
            assert_eq!((cost.commit_ms, cost.member_ms), (1.0, 1.0), "{room:?}");
            assert!(cost.around_ms >= 2.0, "{room:?}");
            // Whoever sits there gets the commit, and more.
            assert!(cost.member_down_bytes > cost.commit_bytes, "{room:?}");
            assert!(cost.commit_bytes >= 1024, "{room:?}");
            assert!(cost.heads_up_bytes >= cost.commit_bytes, "{room:?}");
        }
        let newcomer = |cost: &Cost| (cost.newcomer_ms > 0.0, cost.newcomer_down_bytes > 0);
        assert_eq!(newcomer(&room.admit), (true, true));
        assert_eq!(newcomer(&room.rekey), (false, false));
        assert!(room.beat_ms > 0.0 && room.beat_bytes >= 256);
    }
    assert_eq!(two.together.newcomer_ms, 0.0);
    assert!(eight.together.commit_ms > 0.0 && eight.together.newcomer_ms > 0.0);
    // A Welcome has the whole tree in it, and new keys go to each.
    for (small, large) in [(two.admit, eight.admit), (two.rekey, eight.rekey)] {
        assert!(large.commit_bytes > small.commit_bytes);
    }
}
