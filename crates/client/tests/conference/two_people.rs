use crate::harness::{Conference, check_no_freeze, from, hear_and_see, wait_until};
use incamera_client::{MediaKind, Participant};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_udp() {
    check(false, "udp").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_tcp() {
    check(true, "tcp").await;
}

/// Both hear, see and read each other, over the wanted transport.
async fn check(force_tcp: bool, transport: &str) {
    let conference = Conference::start().await;
    let join = |name: &str| {
        let mut config = conference.config(name);
        config.force_tcp = force_tcp;
        Participant::start(config).unwrap()
    };
    let (alice, bob) = (join("Alice"), join("Bob"));
    for (own, other, name) in [(&alice, &bob, "Bob"), (&bob, &alice, "Alice")] {
        let report = hear_and_see(own, name, 60).await;
        check_no_freeze(&report);
        assert_eq!(report.transport, Some(transport));
        assert_eq!(report.title.as_deref(), Some("Fisheries"));
        let camera = from(&report, name, MediaKind::Camera).unwrap();
        assert_eq!((camera.refused, report.refused_unknown), (0, 0));

        let text = format!("Good morning, {name}");
        own.chat(&text).await.unwrap();
        for reader in [own, other] {
            wait_until(reader, "reads the chat", |report| {
                report.chat.iter().any(|message| message.text == text)
            })
            .await;
        }
    }
    let left = alice.leave().await.unwrap();
    assert_eq!(left.state, "left");
    wait_until(&bob, "is alone", |report| report.people.len() == 1).await;
}
