//! Files of meetings, read by a parser that isn't ours and followed as a calendar follows them.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::collections::BTreeMap;

use calcard::icalendar::{ICalendar, ICalendarComponentType, ICalendarProperty as Property};
use incamera_papers::calendar::{CalendarError, Meeting, Offer, PageUrl, State};
use incamera_talk::life::{Line, Lines, MAX_TIME, Mode, Plan, Reason, Zone, rfc3339};

const UID: &str = "000102030405060708090a0b0c0d0e0f@incamera";
const TITLE: &str = "Fishing quotas in the strait";
const PAGE: &str = "https://talks.example/t/BwcHBwcHBwcHBwcHBwcHBw";
const BETWEEN: &str = "our minister is ill";
const NINE: u64 = 1_777_712_400_000;
const HOUR: u64 = 3_600_000;

fn plan(start: u64) -> Plan {
    let place = Line::new("Palais, room IX; door 6").unwrap();
    let mode = Mode::InPerson;
    Plan {
        start,
        minutes: 90,
        mode,
        place,
        zone: Zone::default(),
    }
}

fn meeting(state: State, plan: Option<Plan>, offer: Option<Plan>) -> Meeting {
    Meeting {
        uid: UID.to_owned(),
        sequence: 0,
        state,
        plan,
        offer: offer.map(|plan| Offer { plan }),
        reason: None,
        summary: "Meeting".to_owned(),
        page: None,
    }
}

fn reason(public: &str) -> Option<Reason> {
    let (public, between) = (Lines::new(public).unwrap(), Lines::new(BETWEEN).unwrap());
    Some(Reason {
        public,
        between,
        cause: None,
    })
}

/// What a file says: the method, and the event's properties as text.
#[derive(Debug)]
struct Message {
    method: String,
    event: BTreeMap<String, String>,
}

fn read(file: &str) -> Message {
    let calendar = ICalendar::parse(file).unwrap();
    let of_kind = |kind| {
        let mut found = calendar
            .components
            .iter()
            .filter(|c| c.component_type == kind);
        let component = found.next().unwrap();
        assert!(found.next().is_none());
        component
    };
    let text = |entry: &calcard::icalendar::ICalendarEntry| {
        entry.values[0].clone().into_text().unwrap().into_owned()
    };
    let whole = of_kind(ICalendarComponentType::VCalendar);
    let event = of_kind(ICalendarComponentType::VEvent);
    Message {
        method: text(whole.property(&Property::Method).unwrap()),
        event: event
            .entries
            .iter()
            .map(|entry| (entry.name.as_str().to_owned(), text(entry)))
            .collect(),
    }
}

/// A calendar that follows RFC 5546: by UID, never back to an older SEQUENCE.
#[derive(Default)]
struct Calendar {
    sequences: BTreeMap<String, u32>,
    events: BTreeMap<String, BTreeMap<String, String>>,
}

impl Calendar {
    fn take(&mut self, file: &str) {
        let message = read(file);
        let uid = message.event["UID"].clone();
        let sequence = message.event["SEQUENCE"].parse().unwrap();
        if self
            .sequences
            .get(&uid)
            .is_some_and(|known| *known >= sequence)
        {
            return;
        }
        self.sequences.insert(uid.clone(), sequence);
        match message.method.as_str() {
            "CANCEL" => self.events.remove(&uid),
            "REQUEST" => self.events.insert(uid, message.event),
            other => panic!("method {other}"),
        };
    }

    fn only(&self) -> &BTreeMap<String, String> {
        assert_eq!(self.events.len(), 1);
        &self.events[UID]
    }
}

/// A meeting's life, as the files it gave.
fn life() -> Vec<String> {
    let mut meetings = [
        meeting(State::Proposed, None, Some(plan(NINE))),
        meeting(State::Agreed, Some(plan(NINE)), None),
        meeting(State::Agreed, Some(plan(NINE + HOUR)), None),
        meeting(
            State::Postponed,
            Some(plan(NINE + HOUR)),
            Some(plan(NINE + 24 * HOUR)),
        ),
        meeting(State::Cancelled, Some(plan(NINE + HOUR)), None),
    ];
    meetings[3].reason = reason("A strike, at the airport");
    meetings[4].reason = reason("No agreement on dates");
    let numbered = (0..).zip(&mut meetings).map(|(sequence, meeting)| {
        meeting.sequence = sequence;
        meeting.file(NINE - HOUR + u64::from(sequence)).unwrap()
    });
    numbered.collect()
}

#[test]
fn a_calendar_follows_a_meeting_to_its_end() {
    let mut calendar = Calendar::default();
    let files = life();
    calendar.take(&files[0]);
    assert_eq!(calendar.only()["STATUS"], "TENTATIVE");
    assert_eq!(calendar.only()["DTSTART"], rfc3339(NINE));
    calendar.take(&files[1]);
    assert_eq!(calendar.only()["STATUS"], "CONFIRMED");
    assert_eq!(calendar.only()["DTEND"], rfc3339(NINE + 90 * 60_000));
    calendar.take(&files[2]);
    assert_eq!(calendar.only()["DTSTART"], rfc3339(NINE + HOUR));
    calendar.take(&files[3]);
    assert_eq!(calendar.only()["DTSTART"], rfc3339(NINE + 24 * HOUR));
    assert_eq!(calendar.only()["STATUS"], "TENTATIVE");
    assert_eq!(calendar.only()["COMMENT"], "A strike, at the airport");
    calendar.take(&files[4]);
    assert!(calendar.events.is_empty());
    // What comes late changes nothing.
    calendar.take(&files[1]);
    assert!(calendar.events.is_empty());
}

#[test]
fn a_meeting_comes_back_after_it_lost_its_time() {
    let mut calendar = Calendar::default();
    calendar.take(&life()[1]);
    let mut postponed = meeting(State::Postponed, Some(plan(NINE)), None);
    postponed.sequence = 2;
    calendar.take(&postponed.file(NINE).unwrap());
    assert!(calendar.events.is_empty());
    let mut again = meeting(State::Agreed, Some(plan(NINE + HOUR)), None);
    again.sequence = 3;
    calendar.take(&again.file(NINE).unwrap());
    assert_eq!(calendar.only()["DTSTART"], rfc3339(NINE + HOUR));
}

/// The control: what is wrong with a cancellation leaves the event.
#[test]
fn a_wrong_cancellation_leaves_an_event() {
    let files = life();
    for (right, wrong) in [
        ("METHOD:CANCEL", "METHOD:REQUEST"),
        ("SEQUENCE:4", "SEQUENCE:3"),
    ] {
        let mut calendar = Calendar::default();
        for file in &files[..4] {
            calendar.take(file);
        }
        let cancellation = &files[4];
        assert!(cancellation.contains(right));
        calendar.take(&cancellation.replace(right, wrong));
        assert_eq!(calendar.events.len(), 1, "{wrong}");
    }
}

#[test]
fn a_cancellation_says_so_three_times() {
    let cancelled = &life()[4];
    let Message { method, event } = read(cancelled);
    assert_eq!(
        (method.as_str(), event["STATUS"].as_str()),
        ("CANCEL", "CANCELLED")
    );
    assert_eq!(event["COMMENT"], "No agreement on dates");
    for file in life() {
        assert_eq!(read(&file).event["UID"], UID);
        assert!(file.ends_with("\r\n") && !file.replace("\r\n", "").contains(['\r', '\n']));
        assert!(file.split("\r\n").all(|line| line.len() <= 75));
    }
}

#[test]
fn nothing_leaves_that_was_not_ticked() {
    let inside = |file: &str, what: &str| file.replace("\r\n ", "").contains(what);
    let ticked = || {
        let mut meeting = meeting(State::Agreed, Some(plan(NINE)), None);
        meeting.summary = TITLE.to_owned();
        meeting.page = Some(PageUrl::parse(PAGE).unwrap());
        meeting.file(NINE).unwrap()
    };
    for file in life() {
        for secret in [
            TITLE,
            "BwcHBwcH",
            "http",
            "CONFERENCE",
            "URL",
            BETWEEN,
            "ORGANIZER",
            "ATTENDEE",
        ] {
            assert!(!inside(&file, secret), "{secret}");
        }
        assert_eq!(read(&file).event["SUMMARY"], "Meeting");
    }
    // The control: the same search finds what was ticked.
    assert!(inside(&ticked(), TITLE) && inside(&ticked(), "BwcHBwcH"));
    assert!(!inside(&ticked(), "#"));
}

#[test]
fn a_page_stands_as_url_and_as_conference() {
    let with = |mode| {
        let mut meeting = meeting(State::Agreed, Some(Plan { mode, ..plan(NINE) }), None);
        meeting.page = Some(PageUrl::parse(PAGE).unwrap());
        read(&meeting.file(NINE).unwrap()).event
    };
    for mode in [Mode::InPerson, Mode::Video, Mode::Both] {
        let event = with(mode);
        assert_eq!(event["URL"], PAGE);
        assert_eq!(event.contains_key("CONFERENCE"), mode != Mode::InPerson);
        assert_eq!(event.contains_key("LOCATION"), mode != Mode::Video);
    }
    assert_eq!(with(Mode::Both)["CONFERENCE"], PAGE);
    assert_eq!(with(Mode::Both)["LOCATION"], "Palais, room IX; door 6");
}

#[test]
fn any_text_comes_back_as_it_was() {
    let long = "北京、سلام, ;\\n \"quoted\": {x} \\ 🂡\nsecond line; ".repeat(12);
    let long = long.trim();
    let mut meeting = meeting(State::Cancelled, Some(plan(NINE)), None);
    meeting.summary = long.replace('\n', " ");
    meeting.reason = reason(long);
    let event = read(&meeting.file(NINE).unwrap()).event;
    assert_eq!(event["COMMENT"], long);
    assert_eq!(event["SUMMARY"], meeting.summary);
}

#[test]
fn a_meeting_without_a_time_has_no_file() {
    for state in [
        State::Proposed,
        State::Agreed,
        State::Adjourned,
        State::Held,
    ] {
        let file = meeting(state, None, None).file(NINE);
        assert_eq!(file, Err(CalendarError::NoTime), "{state:?}");
    }
    let mut empty = plan(NINE);
    empty.minutes = 0;
    let file = meeting(State::Agreed, Some(empty), None).file(NINE);
    assert_eq!(file, Err(CalendarError::Time));
    for time in [u64::MAX, MAX_TIME] {
        let file = meeting(State::Agreed, Some(plan(time)), None).file(NINE);
        assert_eq!(file, Err(CalendarError::Time));
    }
    let file = meeting(State::Agreed, Some(plan(NINE)), None).file(MAX_TIME + 1);
    assert_eq!(file, Err(CalendarError::Time));
    // A cancellation needs none.
    let cancelled = meeting(State::Cancelled, None, None).file(NINE).unwrap();
    assert_eq!(read(&cancelled).method, "CANCEL");
}
