use crate::harness::{Conference, check_no_freeze, decrypted, from, hear_and_see, wait_until};
use crate::table::{found, host, invite, see};
use incamera_client::{
    ActChoice, Duties, JoinError, MediaKind, Participant, SeatState, TalkCommand,
};

/// Two heads found a talk, one guest comes by link and one by code; everybody hears and sees
/// everybody, and both heads read the same words.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn heads_and_guests() {
    let conference = Conference::start().await;
    let (table, mut alice, bob) = found(&conference).await;
    hear_and_see(&alice, "Bob", 30).await;

    let made = invite(&mut alice, Some("Carol")).await;
    table.receive(&conference, "Carol", &made.url).await;
    let carol = table.ask("Carol");
    hear_and_see(&carol, "Bob", 30).await;
    // A code of the other side.
    let mut bob = bob;
    let made = invite(&mut bob, None).await;
    table.receive(&conference, "Dora", &made.code).await;
    let dora = table.ask("Dora");

    let everybody = [
        (&alice, "Alice", "North"),
        (&bob, "Bob", "South"),
        (&carol, "Carol", "North"),
        (&dora, "Dora", "South"),
    ];
    let mut words = Vec::new();
    for (own, own_name, own_side) in everybody {
        for (_, name, side) in everybody.iter().filter(|(_, name, _)| *name != own_name) {
            let report = hear_and_see(own, name, 30).await;
            check_no_freeze(&report);
            let camera = from(&report, name, MediaKind::Camera).unwrap();
            assert_eq!(camera.delegation.as_deref(), Some(*side));
        }
        let report = own.report().await.unwrap();
        assert_eq!(report.own.name, own_name);
        assert_eq!(report.own.delegation.as_deref(), Some(own_side));
        assert_eq!(report.title.as_deref(), Some("Herring"));
        words.push(report.words.unwrap());
    }
    assert!(
        words
            .iter()
            .all(|of| *of == words[0] && of.split(' ').count() == 6)
    );
}

/// Whoever has a link and no approval knows nothing: no title, no words, nobody's name, no frame.
/// The approval is all that was missing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_without_approval() {
    let conference = Conference::start().await;
    let (table, mut alice, bob) = found(&conference).await;
    // Bob's side approves nobody from here on.
    bob.leave().await.unwrap();
    let bob = table.start(
        "Bob",
        Duties {
            enter: true,
            ..Duties::default()
        },
    );
    hear_and_see(&alice, "Bob", 30).await;

    let made = invite(&mut alice, None).await;
    table.receive(&conference, "Eve", &made.url).await;
    let eve = table.ask("Eve");
    let view = see(&bob, "Eve waits", |view| !view.waiting.is_empty()).await;
    assert_eq!(view.waiting[0].name, "Eve");
    // Sound and picture go on for a while, none of it to her.
    hear_and_see(&alice, "Bob", 60).await;
    let report = eve.report().await.unwrap();
    assert_eq!(
        (report.state, report.title, report.words),
        ("joining", None, None)
    );
    assert_eq!((report.packets_received, report.media_sessions), (0, 0));
    assert!(report.senders.is_empty() && report.people.is_empty());

    let seats = vec![view.waiting[0].id.clone()];
    bob.command(TalkCommand::Approve { seats }).await.unwrap();
    hear_and_see(&eve, "Bob", 30).await;
}

/// One head alone ejects nobody; both together do, and the ejected one's report ends.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ejected_by_both() {
    let conference = Conference::start().await;
    let (table, mut alice, bob) = found(&conference).await;
    let made = invite(&mut alice, None).await;
    table.receive(&conference, "Carol", &made.url).await;
    let carol = table.ask("Carol");
    hear_and_see(&carol, "Bob", 30).await;
    hear_and_see(&bob, "Carol", 30).await;

    let view = see(&bob, "Carol's seat", |view| {
        view.seats.iter().any(|seat| seat.name == "Carol")
    })
    .await;
    let carols = view.seats.iter().find(|seat| seat.name == "Carol").unwrap();
    let seat = carols.id.clone();
    let act = ActChoice::Eject { seat };
    bob.command(TalkCommand::ProposeAct { act }).await.unwrap();
    let view = see(&alice, "the act", |view| !view.acts.is_empty()).await;
    assert_eq!(view.acts[0].seat_name.as_deref(), Some("Carol"));
    assert!(!view.acts[0].own && view.acts[0].agreed == [1]);
    // One key doesn't turn the lock.
    hear_and_see(&carol, "Bob", 60).await;
    let act = view.acts[0].id.clone();
    alice.command(TalkCommand::Consent { act }).await.unwrap();

    let error = carol.finish().await.unwrap_err();
    let JoinError::Dismissed { reason, report } = error else {
        panic!("{error}");
    };
    assert!(reason.contains("ejected"), "{reason}");
    assert_eq!(report.state, "stopped");
    assert!(decrypted(&report, "Bob", MediaKind::Camera) >= 60);
    for head in [&alice, &bob] {
        wait_until(head, "Carol is gone", |report| report.people.len() == 2).await;
        hear_and_see(
            head,
            if std::ptr::eq(head, &alice) {
                "Bob"
            } else {
                "Alice"
            },
            30,
        )
        .await;
    }
    // Her keys open nothing any more.
    let carol = table.start(
        "Carol",
        Duties {
            enter: true,
            ..Duties::default()
        },
    );
    let error = carol.finish().await.unwrap_err();
    assert!(matches!(error, JoinError::Dismissed { .. }), "{error}");
}

/// Everybody and the server stop in the middle, the founding included, and go on from the files.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn going_on_from_the_files() {
    let mut conference = Conference::start().await;
    let table = crate::table::Table::propose(&conference).await;
    // The proposer leaves its offer there, and is gone.
    let alice = table.start("Alice", Duties::default());
    alice.settle().await;
    alice.crash();
    // The claimant claims, and is gone before it is answered.
    table.receive(&conference, "Bob", &table.claim).await;
    let bob = table.start("Bob", Duties::default());
    let (delegation, person) = ("South".to_owned(), "Bob".to_owned());
    see(&bob, "an offer", |view| view.offer.is_some()).await;
    let claim = TalkCommand::Claim { delegation, person };
    bob.command(claim).await.unwrap();
    bob.settle().await;
    bob.crash();
    // The proposer countersigns, and is gone as well.
    let alice = table.start("Alice", Duties::default());
    see(&alice, "a claim", |view| view.claim.is_some()).await;
    alice.command(TalkCommand::Countersign).await.unwrap();
    alice.settle().await;
    alice.crash();
    conference.stop().await;
    conference.start_again().await;

    let (mut alice, bob) = (table.start("Alice", host()), table.start("Bob", host()));
    hear_and_see(&alice, "Bob", 30).await;
    let made = invite(&mut alice, None).await;
    table.receive(&conference, "Carol", &made.url).await;
    let carol = table.ask("Carol");
    hear_and_see(&carol, "Alice", 30).await;

    let reads = |who: &Participant| {
        let view = who.talk_view().borrow().clone().unwrap();
        view.words.unwrap().digits
    };
    let digits = reads(&alice);
    for who in [alice, bob, carol] {
        who.crash();
    }
    conference.stop().await;
    conference.start_again().await;
    let enter = || Duties {
        enter: true,
        ..Duties::default()
    };
    let [alice, bob, carol] = ["Alice", "Bob", "Carol"].map(|name| table.start(name, enter()));
    for (own, other) in [(&alice, "Carol"), (&bob, "Alice"), (&carol, "Bob")] {
        hear_and_see(own, other, 30).await;
        assert_eq!(reads(own), digits);
    }
    let view = see(&carol, "a seat", |view| view.own.seat == SeatState::Ready).await;
    assert_eq!(view.own.name.as_deref(), Some("Carol"));
}
