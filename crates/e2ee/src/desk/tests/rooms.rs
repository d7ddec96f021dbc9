//! Rooms of teams.

use super::sealing::Use;
use super::*;
use crate::types::{Event, State};
use core::time::Duration;
use incamera_model::{MediaKind, RoomId, encode_base64url};
use incamera_talk::Vault;
use incamera_talk::two_keys::{Entry, RoomKeys, team_room};

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
}

/// Both heads in the plenary and both experts in the team's room, where each has said something; and the sealed frames of
/// the team's room, three of each kind by each expert.
fn at_work() -> (Bench, [usize; 2], RoomId, Vec<Vec<u8>>) {
    let (mut bench, experts, seats) = four();
    let team = team_room(&bench.talk, &[7; 16]);
    begin(&mut bench, &team, &seats);
    for head in [A, B] {
        bench.press(head, TalkCommand::Enter { room: None });
    }
    for expert in experts {
        bench.press(expert, enter(&team));
    }
    // Everybody sends in the epoch that the last one came with.
    bench.now = bench.now + Duration::from_secs(3);
    let now = bench.now;
    for person in &mut bench.people {
        person.session.handle_timeout(now);
    }
    bench.run();
    let mut frames = Vec::new();
    for expert in experts {
        let session = &mut bench.people[expert].session;
        session.send_chat(now, "The line is drawn.").unwrap();
        for kind in MediaKind::ALL.repeat(3) {
            frames.push(session.seal(kind, b"a picture").unwrap());
        }
    }
    bench.run();
    (bench, experts, team, frames)
}

/// How many messages of others somebody was shown.
fn read_from_others(bench: &Bench, index: usize) -> usize {
    let events = bench.people[index].events.iter();
    let read =
        |event: &&TalkEvent| matches!(event, TalkEvent::Room(Event::Chat { own: false, .. }));
    events.filter(read).count()
}

/// All that somebody has to open entries with.
fn vaults(bench: &Bench, index: usize, team: &RoomId) -> Vec<Vault> {
    let session = &bench.people[index].session;
    let plenary = session.scribe.as_ref().unwrap().vault.clone();
    let lobby = match &session.secret {
        Secret::Head(head) => head.lobby_group(),
        Secret::Guest(guest) => guest.lobby_group(),
        Secret::Code(_) => unreachable!("they have seats"),
    };
    let own = session.rooms.vault(team).cloned();
    [plenary, lobby.lobby(bench.talk)]
        .into_iter()
        .chain(own)
        .collect()
}

/// How many of the sealed keys of the team's room, which stand in the record for its members, somebody opens.
fn keys_opened(bench: &Bench, index: usize, team: &RoomId) -> usize {
    let session = &bench.people[index].session;
    let scribe = session.scribe.as_ref().unwrap();
    let charter = scribe.record.standing().unwrap().charter();
    let own = session.seat_box.as_ref().unwrap();
    let entries = bench.log[&StreamName::record()].iter();
    entries
        .filter_map(|sealed| scribe.vault.open(&StreamName::record(), sealed).ok())
        .filter_map(|content| Entry::verify(&content, charter).ok())
        .filter_map(|entry| RoomKeys::read(&entry.body).ok().flatten())
        .flat_map(|keys| keys.grants)
        .filter(|grant| {
            own.open(Use::RoomKey, &bench.talk, &team.0, &grant.sealed)
                .is_some()
        })
        .count()
}

/// Somebody of the team gives its messages away, as the group sealed them: they come to the plenary as if they were its own.
fn messages_moved(bench: &mut Bench, member: usize, team: &RoomId) -> usize {
    let session = &bench.people[member].session;
    let plenary = session.scribe.as_ref().unwrap().vault.clone();
    let own = session.rooms.vault(team).unwrap().clone();
    let (from, to) = (
        StreamName::messages(team),
        StreamName::messages(&super::plenary(&bench.talk)),
    );
    let messages = bench.log[&from].clone();
    for message in &messages {
        let content = own.open(&from, message).unwrap();
        let salt = bench.seed();
        bench.inject(&to, plenary.seal(&to, &content, &salt).unwrap());
    }
    bench.run();
    messages.len()
}

/// How much of what the server has of the team's room these keys open: what it stores, and the beats that it passed on.
fn opened_by(bench: &Bench, team: &RoomId, vaults: &[Vault]) -> (usize, usize) {
    let streams = [
        StreamName::commits(team),
        StreamName::door(team),
        StreamName::messages(team),
    ];
    let stored = bench
        .log
        .iter()
        .flat_map(|(stream, log)| log.iter().map(move |entry| (stream, entry)));
    let passed = bench
        .published
        .iter()
        .map(|(stream, entry)| (stream, entry));
    let opens = |(stream, entry): (&StreamName, &Vec<u8>)| {
        vaults.iter().any(|vault| vault.open(stream, entry).is_ok())
    };
    let stored = stored.filter(|(stream, _)| streams.contains(stream));
    let passed = passed.filter(|(stream, _)| **stream == StreamName::beats(team));
    (
        stored.filter(|entry| opens(*entry)).count(),
        passed.filter(|entry| opens(*entry)).count(),
    )
}

/// Somebody who is in the plenary alone gets all that the server has, and a member of the team gets the same.
#[test]
fn a_plenary_only_participant_opens_no_frame_and_no_message_of_a_team_with_all_that_the_server_has()
{
    let (mut bench, experts, team, frames) = at_work();
    for expert in experts {
        let (stored, beats) = opened_by(&bench, &team, &vaults(&bench, expert, &team));
        // At least an opening, a door, a commit and two messages; and a beat of each.
        assert!(stored >= 5 && beats >= 2, "{stored}, {beats}");
        assert_eq!(read_from_others(&bench, expert), 1);
        assert!(keys_opened(&bench, expert, &team) > 0);
    }
    for head in [A, B] {
        assert_eq!(keys_opened(&bench, head, &team), 0);
        assert_eq!(
            opened_by(&bench, &team, &vaults(&bench, head, &team)),
            (0, 0)
        );
    }
    // Not even with the key of the room's entries.
    assert!(messages_moved(&mut bench, experts[0], &team) >= 2);
    let now = bench.now;
    let said = bench.people[B].session.send_chat(now, "Good morning.");
    said.unwrap();
    bench.run();
    assert_eq!(
        read_from_others(&bench, A),
        1,
        "what Bo says, and nothing else"
    );
    assert_eq!(read_from_others(&bench, B), 0);
    let mut opened = |index: usize, expected: Result<(), OpenError>| {
        let session = &mut bench.people[index].session;
        let opened = frames
            .iter()
            .map(|frame| session.open(now, frame).map(|_| ()));
        opened.filter(|result| *result == expected).count()
    };
    // Both rooms have the same leaves and epochs: to either head half of the frames seem to be the other's, whose keys
    // don't fit, and half their own.
    for head in [A, B] {
        assert_eq!(opened(head, Err(OpenError::Forged)), frames.len() / 2);
        assert_eq!(opened(head, Err(OpenError::Reflected)), frames.len() / 2);
    }
    for expert in experts {
        assert_eq!(opened(expert, Ok(())), frames.len() / 2, "the other's");
    }
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
