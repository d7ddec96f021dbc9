use crate::harness::{Conference, check_no_freeze, from, hear_and_see, wait_until};
use incamera_client::{MediaKind, Report};
use std::sync::{Arc, Mutex};

/// A third person comes late and one leaves: nobody else freezes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_else_freezes() {
    let conference = Conference::start().await;
    let (alice, bob) = (conference.join("Alice"), conference.join("Bob"));
    hear_and_see(&alice, "Bob", 30).await;
    hear_and_see(&bob, "Alice", 30).await;

    let carol = conference.join("Carol");
    for name in ["Alice", "Bob"] {
        hear_and_see(&carol, name, 30).await;
    }
    check_no_freeze(&hear_and_see(&alice, "Carol", 30).await);
    check_no_freeze(&hear_and_see(&bob, "Carol", 30).await);

    bob.leave().await.unwrap();
    for (stays, other) in [(&alice, "Carol"), (&carol, "Alice")] {
        wait_until(stays, "sees that Bob left", |report| {
            report.people.iter().all(|person| person.name != "Bob")
        })
        .await;
        check_no_freeze(&hear_and_see(stays, other, 30).await);
    }
}

/// Somebody who comes after another left has that one's leaf and slots, but not the name.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_does_not_stay_with_the_leaf() {
    let conference = Conference::start().await;
    let (alice, bob) = (conference.join("Alice"), conference.join("Bob"));
    let before = hear_and_see(&alice, "Bob", 10).await;
    bob.leave().await.unwrap();
    wait_until(&alice, "is alone", |report| report.people.len() == 1).await;

    let carol = conference.join("Carol");
    let after = hear_and_see(&alice, "Carol", 10).await;
    let leaf = |report: &Report, name| from(report, name, MediaKind::Camera).unwrap().leaf;
    assert_eq!(leaf(&before, "Bob"), leaf(&after, "Carol"));
    carol.leave().await.unwrap();
}

/// Who left can open nothing that is sent afterwards, not even with the session kept.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_leaver_opens_nothing_sent_after() {
    let payloads: Arc<Mutex<Vec<Vec<u8>>>> = Arc::default();
    let into = payloads.clone();
    let conference = Conference::start_with(incamera_sfu::Hooks {
        tap: Some(Arc::new(move |kind, payload| {
            // A packet of sound holds one whole sealed frame.
            if kind == MediaKind::Microphone {
                into.lock().unwrap().push(payload.to_vec());
            }
        })),
        ..Default::default()
    })
    .await;
    let alice = conference.join("Alice");
    let mut config = conference.config("Bob");
    (config.camera, config.microphone) = (None, None);
    let bob = incamera_client::Participant::start(config).unwrap();
    hear_and_see(&bob, "Alice", 30).await;

    // While he is in the room, his session opens what the tap saw.
    let (_, mut kept) = bob.seize().await.unwrap();
    payloads.lock().unwrap().clear();
    let opens = |kept: &mut incamera_client::KeptSession| {
        let seen = core::mem::take(&mut *payloads.lock().unwrap());
        let opened = seen.iter().filter(|payload| kept.opens(payload)).count();
        (seen.len(), opened)
    };
    let more = |report: &Report| report.own.leaf.is_some();
    wait_until(&alice, "is in the room", more).await;
    wait_for_payloads(&payloads, 20).await;
    let (seen, opened) = opens(&mut kept);
    assert!(seen > 0 && opened == seen, "{opened} of {seen}");

    // He went without a word; the others remove his leaf.
    wait_until(&alice, "is alone", |report| report.people.len() == 1).await;
    payloads.lock().unwrap().clear();
    wait_for_payloads(&payloads, 50).await;
    let (seen, opened) = opens(&mut kept);
    assert!(seen >= 50 && opened == 0, "{opened} of {seen}");
}

async fn wait_for_payloads(payloads: &Mutex<Vec<Vec<u8>>>, wanted: usize) {
    let enough = async {
        while payloads.lock().unwrap().len() < wanted {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(crate::harness::DEADLINE, enough)
        .await
        .expect("the tap sees sound");
}
