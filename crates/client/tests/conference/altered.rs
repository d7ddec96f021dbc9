use crate::harness::{Conference, from, wait_until};
use incamera_client::{AudioFile, MediaKind, Participant, VideoFile};
use incamera_sfu::Hooks;
use std::collections::HashSet;
use std::sync::{Arc, Mutex};

/// The server alters a bit of every 20th packet: the receiver refuses those frames, opens the
/// others, and nothing altered comes out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_altered_byte_is_refused() {
    let conference = Conference::start_with(Hooks {
        flip_every: 20,
        ..Default::default()
    })
    .await;
    let sent: HashSet<Vec<u8>> = VideoFile::test_card()
        .frame_data()
        .chain(AudioFile::tone().packet_data())
        .map(<[u8]>::to_vec)
        .collect();
    let unknown = Arc::new(Mutex::new(0));
    let counter = unknown.clone();
    let mut config = conference.config("Bob");
    config.observer = Some(Arc::new(move |_, _, frame, _| {
        if !sent.contains(frame) {
            *counter.lock().unwrap() += 1;
        }
    }));
    let bob = Participant::start(config).unwrap();
    let _alice = conference.join("Alice");
    wait_until(&bob, "refuses and opens both kinds", |report| {
        [MediaKind::Camera, MediaKind::Microphone]
            .into_iter()
            .filter_map(|kind| from(report, "Alice", kind))
            .filter(|sender| sender.refused >= 5 && sender.decrypted >= 50)
            .count()
            == 2
    })
    .await;
    assert_eq!(*unknown.lock().unwrap(), 0);
}
