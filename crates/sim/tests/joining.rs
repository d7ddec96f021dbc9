//! Getting in and out, without anybody cheating.

use core::time::Duration;
use incamera_e2ee::{Notice, State, StopCode};
use incamera_model::{MediaKind, StreamName};
use incamera_sim::World;

const SECOND: Duration = Duration::from_secs(1);

/// Everybody opens each frame of everybody else, and reads their chat.
#[track_caller]
fn check_everybody_hears_everybody(world: &mut World) {
    world.run_for(Duration::from_secs(3));
    for from in 0..world.peers.len() {
        for to in 0..world.peers.len() {
            if from != to
                && world.peers[from].is_seated(world.now)
                && world.peers[to].is_seated(world.now)
            {
                let leaf = world.peers[from].leaf(world.now);
                let opened = world.media(from, to, MediaKind::Camera, b"frame");
                assert_eq!(opened.map(|opened| opened.leaf).ok(), leaf);
            }
        }
    }
}

#[test]
fn alone_is_seated_within_a_second() {
    let mut world = World::new(1);
    world.join("Ada");
    world.run_until(SECOND, World::agree);
}

#[test]
fn two_at_once_are_seated_within_a_second() {
    let mut world = World::new(2);
    world.join("Ada");
    world.join("Ben");
    world.run_until(SECOND, World::agree);
    check_everybody_hears_everybody(&mut world);
}

#[test]
fn three_at_once() {
    for seed in 0..10 {
        let mut world = World::seated(seed, &["Ada", "Ben", "Cem"]);
        check_everybody_hears_everybody(&mut world);
    }
}

#[test]
fn ten_at_once() {
    let names = ["A", "B", "C", "D", "E", "F", "G", "H", "I", "J"];
    let mut world = World::new(4);
    for name in names {
        world.join(name);
    }
    world.run_until(Duration::from_secs(5), World::agree);
    check_everybody_hears_everybody(&mut world);
}

#[test]
fn a_creation_race_has_one_winner() {
    for seed in 0..20 {
        let mut world = World::seated(seed, &["Ada", "Ben"]);
        let stream = StreamName::commits(&world.room);
        // One RoomOpen, one commit: the loser's RoomOpen never stood.
        assert_eq!(world.logs[0].next(&stream).0, 2);
        check_everybody_hears_everybody(&mut world);
    }
}

#[test]
fn a_late_joiner_hears_and_is_heard() {
    let mut world = World::seated(6, &["Ada", "Ben"]);
    world.run_for(Duration::from_secs(20));
    let cem = world.join("Cem");
    world.run_until(2 * SECOND, World::agree);
    check_everybody_hears_everybody(&mut world);
    world.with(0, |ada, now| ada.send_chat(now, "welcome").unwrap());
    world.run_until(SECOND, |world| !world.peers[cem].said.is_empty());
}

#[test]
fn chat_reaches_everybody_once_under_the_signed_name() {
    let mut world = World::seated(7, &["Ada", "Ben", "Cem"]);
    world.with(1, |ben, now| ben.send_chat(now, "hello").unwrap());
    world.run_for(SECOND);
    for peer in &world.peers {
        assert_eq!(peer.said.len(), 1);
        assert_eq!(peer.said[0].name, "Ben");
        assert_eq!(peer.said[0].text, "hello");
        assert_eq!(peer.said[0].own, peer.secret.name().as_str() == "Ben");
    }
}

#[test]
fn a_message_sent_again_after_a_lost_connection_is_shown_once() {
    let mut world = World::seated(8, &["Ada", "Ben"]);
    world.with(0, |ada, now| ada.send_chat(now, "once").unwrap());
    // It reaches the log, the answer never comes back.
    world.run_until(SECOND, |world| {
        world.logs[0].next(&StreamName::messages(&world.room)).0 == 1
    });
    world.disconnect(0);
    world.connect(0);
    world.run_for(2 * SECOND);
    assert_eq!(world.logs[0].next(&StreamName::messages(&world.room)).0, 2);
    assert_eq!(world.peers[0].said.len(), 1);
    assert_eq!(world.peers[1].said.len(), 1);
}

#[test]
fn a_leaver_opens_nothing_sent_after() {
    let mut world = World::seated(9, &["Ada", "Ben", "Cem"]);
    world.run_for(2 * SECOND);
    // A leaver that keeps its keys instead of forgetting them.
    let keeper = world.peers[2].session.take().unwrap();
    let mut keeper = keeper;
    world.peers[2].session = None;
    world.disconnect(2);
    let before = world.with(0, |ada, _| ada.seal(MediaKind::Camera, b"before").unwrap());
    assert!(keeper.open(world.now, &before).is_ok(), "positive control");
    world.run_until(Duration::from_secs(40), World::agree);
    assert!(
        world.peers[0]
            .notices
            .iter()
            .any(|notice| matches!(notice, Notice::Removed { name, .. } if name == "Cem"))
    );
    let after = world.with(0, |ada, _| ada.seal(MediaKind::Camera, b"after").unwrap());
    assert!(keeper.open(world.now, &after).is_err());
    assert!(world.media(0, 1, MediaKind::Camera, b"after").is_ok());
}

#[test]
fn leaving_is_told_and_quick() {
    let mut world = World::seated(10, &["Ada", "Ben", "Cem"]);
    for leaver in [0, 2] {
        world.with(leaver, |session, now| session.leave(now));
        world.run_until(2 * SECOND, World::agree);
        assert_eq!(world.peers[leaver].view(world.now).state, State::Left);
    }
    assert_eq!(world.peers[1].view(world.now).people.len(), 1);
}

#[test]
fn a_crashed_person_comes_back_as_the_same_seat() {
    let mut world = World::seated(11, &["Ada", "Ben", "Cem"]);
    for peer in &mut world.peers {
        peer.notices.clear();
    }
    for index in [2, 0, 1] {
        world.crash(index);
        world.open_tab(index, |_| {});
        world.run_until(4 * SECOND, World::agree);
        check_everybody_hears_everybody(&mut world);
    }
    let told = |notice: &Notice| matches!(notice, Notice::Joined { .. } | Notice::Removed { .. });
    for peer in &world.peers {
        assert!(
            !peer.notices.iter().any(told),
            "the same people, no new ones"
        );
    }
}

#[test]
fn alone_and_reloaded_is_back_within_a_second() {
    let mut world = World::seated(12, &["Ada"]);
    world.crash(0);
    world.open_tab(0, |_| {});
    world.run_until(SECOND, World::agree);
}

#[test]
fn an_empty_room_opens_for_the_next() {
    let mut world = World::seated(13, &["Ada", "Ben"]);
    world.crash(0);
    world.crash(1);
    let cem = world.join("Cem");
    world.run_until(5 * SECOND, |world| world.peers[cem].is_seated(world.now));
    assert_eq!(world.peers[cem].view(world.now).people.len(), 1);
    world.open_tab(0, |_| {});
    world.run_until(3 * SECOND, World::agree);
}

#[test]
fn a_dead_leaf_is_removed_after_thirty_seconds() {
    let mut world = World::seated(14, &["Ada", "Ben"]);
    world.crash(0);
    world.run_for(Duration::from_secs(20));
    assert_eq!(world.peers[1].view(world.now).people.len(), 2);
    let view = world.peers[1].view(world.now);
    assert!(view.people.iter().all(|person| person.stale != person.own));
    world.run_until(Duration::from_secs(15), World::agree);
}

#[test]
fn a_short_outage_changes_nothing() {
    let mut world = World::seated(15, &["Ada", "Ben"]);
    world.disconnect(0);
    world.run_for(Duration::from_secs(10));
    world.connect(0);
    world.run_for(3 * SECOND);
    assert!(world.agree());
    assert_eq!(world.peers[0].view(world.now).epoch, 1);
    check_everybody_hears_everybody(&mut world);
}

#[test]
fn removed_in_a_long_outage_one_comes_back_by_oneself() {
    let mut world = World::seated(16, &["Ada", "Ben"]);
    world.disconnect(0);
    world.run_until(Duration::from_secs(45), |world| {
        world.peers[1].view(world.now).people.len() == 1
    });
    world.connect(0);
    world.run_until(4 * SECOND, World::agree);
    check_everybody_hears_everybody(&mut world);
}

#[test]
fn a_server_restart_keeps_everybody_seated() {
    let mut world = World::seated(17, &["Ada", "Ben", "Cem"]);
    for index in 0..3 {
        world.disconnect(index);
    }
    world.run_for(Duration::from_secs(40));
    for index in 0..3 {
        world.connect(index);
    }
    world.run_for(2 * SECOND);
    assert!(world.agree());
    check_everybody_hears_everybody(&mut world);
}

#[test]
fn the_same_seat_elsewhere_replaces_the_first() {
    for others in [&["Ada"][..], &["Ada", "Ben"][..]] {
        let mut world = World::seated(18, others);
        world.run_for(SECOND);
        // A duplicated tab: the same secret, the first one still open.
        let first = 0;
        let copy = world.join_again(first);
        world.run_until(Duration::from_secs(8), |world| {
            world.peers[copy].is_seated(world.now)
        });
        world.run_for(SECOND);
        assert_eq!(
            world.peers[first].view(world.now).state,
            State::Stopped {
                code: StopCode::Replaced
            }
        );
    }
}

#[test]
fn sending_changes_with_a_key_frame_and_without_a_gap() {
    let mut world = World::seated(19, &["Ada", "Ben"]);
    world.run_for(3 * SECOND);
    let frames = world.peers[0].key_frames;
    world.join("Cem");
    // Through the whole change, whatever Ada seals Ben opens.
    for _ in 0..300 {
        world.run_for(Duration::from_millis(10));
        world.media(0, 1, MediaKind::Microphone, b"frame").unwrap();
    }
    assert!(world.agree());
    assert_eq!(world.peers[0].key_frames, frames + 1);
}
