use crate::harness::{Conference, hear_and_see, wait_until};

/// The server stops and starts again on the same data: everybody is back in sound and picture, and
/// the chat goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_is_back() {
    let mut conference = Conference::start().await;
    let (alice, bob) = (conference.join("Alice"), conference.join("Bob"));
    hear_and_see(&alice, "Bob", 30).await;
    hear_and_see(&bob, "Alice", 30).await;

    conference.stop().await;
    conference.start_again().await;
    for (own, other) in [(&alice, "Bob"), (&bob, "Alice")] {
        wait_until(own, "reconnects", |report| report.reconnects >= 1).await;
        wait_until(own, "has media again", |report| report.media_sessions >= 2).await;
        let report = hear_and_see(own, other, 60).await;
        assert_eq!(report.people.len(), 2);
    }
    alice.chat("Back again").await.unwrap();
    wait_until(&bob, "reads the chat", |report| {
        report
            .chat
            .iter()
            .any(|message| message.text == "Back again")
    })
    .await;
}
