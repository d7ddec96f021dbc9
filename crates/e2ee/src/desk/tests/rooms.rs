//! Rooms of teams.

use super::*;
use crate::types::State;
use incamera_model::{RoomId, encode_base64url};
use incamera_talk::Vault;
use incamera_talk::two_keys::team_room;
use zeroize::Zeroizing;

/// Two heads and an expert of each side: the experts' indices.
fn four() -> (Bench, [usize; 2], [String; 2]) {
    let mut bench = Bench::founded(Admit::Each);
    let mut experts = Vec::new();
    for (head, other, name) in [(A, B, "Cy"), (B, A, "Di")] {
        let url = bench.invite(head, false, 0);
        let (index, seat) = bench.guest(name, &url);
        bench.press(head, vouch(&seat));
        bench.press(other, approve(&seat));
        assert_eq!(bench.view(index).own.seat, SeatState::Ready);
        experts.push((index, seat));
    }
    let [(c, cy), (d, di)] = experts.try_into().unwrap();
    (bench, [c, d], [cy, di])
}

fn begin(bench: &mut Bench, room: &RoomId, seats: &[String]) {
    let act = ActChoice::BeginRoom {
        room: encode_base64url(&room.0),
        seats: seats.to_vec(),
    };
    both(bench, act);
}

fn both(bench: &mut Bench, act: ActChoice) {
    bench.press(A, propose_act(act));
    let id = bench.view(B).acts[0].id.clone();
    bench.press(B, TalkCommand::Consent { act: id });
}

fn enter(room: &RoomId) -> TalkCommand {
    TalkCommand::Enter {
        room: Some(encode_base64url(&room.0)),
    }
}

fn is_seated(bench: &Bench, index: usize) -> bool {
    let view = bench.people[index].session.room_view(bench.now);
    view.is_some_and(|view| matches!(view.state, State::Seated))
}

#[test]
fn a_team_meets_in_a_room_whose_key_the_others_dont_have() {
    let (mut bench, [c, d], seats) = four();
    let team = team_room(&bench.talk, &[7; 16]);
    assert_eq!(bench.try_press(c, enter(&team)), Err(TalkError::NotNow));
    begin(&mut bench, &team, &seats);
    for index in [c, d] {
        let rooms = bench.view(index).rooms;
        assert_eq!(rooms.len(), 1);
        assert!(
            rooms[0].own && rooms[0].ready,
            "{}",
            bench.people[index].name
        );
    }
    for index in [A, B] {
        let rooms = bench.view(index).rooms;
        assert!(
            !rooms[0].own && !rooms[0].ready,
            "{}",
            bench.people[index].name
        );
        assert_eq!(bench.try_press(index, enter(&team)), Err(TalkError::NotNow));
    }
    bench.press(c, enter(&team));
    bench.press(d, enter(&team));
    assert!(is_seated(&bench, c) && is_seated(&bench, d));
    let people = bench.people[c].session.room_view(bench.now).unwrap().people;
    assert_eq!(people.len(), 2);

    // What the head's vault opens of the room's streams: nothing.
    let plenary = bench.people[A]
        .session
        .scribe
        .as_ref()
        .unwrap()
        .vault
        .clone();
    let own = bench.people[c].session.rooms.vault(&team).unwrap().clone();
    let opened = |vault: &Vault| {
        let streams = [StreamName::commits(&team), StreamName::door(&team)];
        let entries = streams.iter().flat_map(|stream| {
            let log = bench.log.get(stream).into_iter().flatten();
            log.map(move |entry| (stream, entry))
        });
        let opened = entries.map(|(stream, entry)| vault.open(stream, entry).is_ok());
        opened.collect::<Vec<_>>()
    };
    assert!(!opened(&own).is_empty() && opened(&own).iter().all(|open| *open));
    assert!(opened(&plenary).iter().all(|open| !open));
    let other = Vault::new(bench.talk, Zeroizing::new([1; 32]));
    assert!(opened(&other).iter().all(|open| !open), "control");
}

#[test]
fn who_is_added_gets_the_key_and_who_comes_back_has_it() {
    let (mut bench, [c, d], seats) = four();
    let team = team_room(&bench.talk, &[7; 16]);
    begin(&mut bench, &team, &seats[..1]);
    assert!(bench.view(c).rooms[0].ready);
    assert!(!bench.view(d).rooms[0].own);
    begin(&mut bench, &team, &seats);
    assert!(bench.view(d).rooms[0].ready);
    let id = bench.people[d].session.rooms.vault(&team).unwrap().id();
    assert_eq!(bench.people[c].session.rooms.vault(&team).unwrap().id(), id);
    // Started again, from the record alone.
    bench.restart(d);
    bench.run();
    assert_eq!(bench.people[d].session.rooms.vault(&team).unwrap().id(), id);

    // Ended and begun again, it has another key.
    both(
        &mut bench,
        ActChoice::EndRoom {
            room: encode_base64url(&team.0),
        },
    );
    assert!(bench.view(c).rooms.is_empty());
    begin(&mut bench, &team, &seats);
    assert!(bench.view(c).rooms[0].ready && bench.view(d).rooms[0].ready);
    let other = bench.people[d].session.rooms.vault(&team).unwrap().id();
    assert_ne!(other, id);
    bench.restart(c);
    bench.run();
    let again = bench.people[c].session.rooms.vault(&team).unwrap().id();
    assert_eq!(again, other);
}

#[test]
fn members_who_are_away_get_the_key_when_they_come() {
    let (mut bench, [c, d], seats) = four();
    let team = team_room(&bench.talk, &[7; 16]);
    bench.cut(d);
    begin(&mut bench, &team, &seats);
    assert!(bench.view(c).rooms[0].ready);
    bench.connect(d);
    bench.run();
    assert!(bench.view(d).rooms[0].ready);
}

#[test]
fn a_room_is_for_people_with_seats() {
    let (mut bench, [c, _], seats) = four();
    let team = encode_base64url(&team_room(&bench.talk, &[7; 16]).0);
    let begin = |seats: &[String]| {
        propose_act(ActChoice::BeginRoom {
            room: team.clone(),
            seats: seats.to_vec(),
        })
    };
    for seats in [&[][..], &[encode_base64url(&[1; 32])]] {
        assert_eq!(bench.try_press(A, begin(seats)), Err(TalkError::Unknown));
    }
    let plenary = propose_act(ActChoice::BeginRoom {
        room: encode_base64url(&plenary(&bench.talk).0),
        seats: seats.to_vec(),
    });
    assert_eq!(bench.try_press(A, plenary), Err(TalkError::Unknown));
    let by_guest = bench.try_press(c, begin(&seats));
    assert_eq!(by_guest, Err(TalkError::NotHead));
    let none = propose_act(ActChoice::EndRoom { room: team.clone() });
    assert_eq!(bench.try_press(A, none), Err(TalkError::Unknown));
}
