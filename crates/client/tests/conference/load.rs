use crate::harness::Conference;
use incamera_client::{LoadConfig, run_load};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_small_load_has_no_gaps() {
    let conference = Conference::start().await;
    let config = LoadConfig {
        address: conference.address.clone(),
        trust: None,
        token: None,
        rooms: 1,
        people: 3,
        publishers: 2,
        seconds: 3,
        server_pid: Some(std::process::id()),
    };
    let report = run_load(config, |_| {}).await.unwrap();
    // 2 publishers to 2 others each, 50 packets of sound and 30 pictures of 3 packets a second.
    let expected = 4 * 3 * (50 + 90);
    assert!(report.packets_forwarded > expected * 8 / 10, "{report:?}");
    assert_eq!(report.gaps, 0, "{report:?}");
    assert!(report.latency_ms.p50.unwrap() < 1000.0, "{report:?}");
    assert!(report.server.rss_bytes.unwrap() > 1_000_000, "{report:?}");
    assert!(report.packets_per_core_second.unwrap() > 0.0, "{report:?}");
}
