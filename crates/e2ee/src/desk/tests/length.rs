//! A record of many entries, read by somebody who comes back: what it costs, and what is told of it.

use super::*;
use serde_json::{Value, json};
use std::time::Instant;

const ENTRIES: usize = 500;
const RUNS: usize = 10;

/// So many entries in the record, what both heads think of items of the agenda.
fn long() -> Bench {
    let mut bench = Bench::founded(Admit::Each);
    let live = |bench: &mut Bench, step: Value, seen: Value| {
        let command = json!({ "type": "life", "step": step, "seen": seen });
        bench.press(A, serde_json::from_value(command).unwrap());
    };
    let mut number = 0;
    while bench.log[&StreamName::record()].len() < ENTRIES {
        number += 1;
        let title = format!("Item {number}");
        live(
            &mut bench,
            json!({ "is": "agenda_put", "title": title }),
            Value::Null,
        );
        let last = bench.people[A]
            .events
            .iter()
            .rev()
            .find_map(|event| match event {
                TalkEvent::Life { life } => life.agenda.iter().max_by_key(|item| item.last),
                _ => None,
            });
        let item = last.unwrap().id.clone();
        let text = "We propose to leave it as it is until both sides know what traffic there is.";
        live(
            &mut bench,
            json!({ "is": "agenda_position", "item": item, "text": text }),
            Value::Null,
        );
    }
    bench
}

/// `cargo test --release -p incamera-e2ee record_of_500 -- --ignored --nocapture`
#[test]
#[ignore = "a measurement"]
#[expect(clippy::disallowed_methods, reason = "a measurement")]
fn a_record_of_500_entries_is_read() {
    let mut bench = long();
    let mut times = Vec::new();
    for _ in 0..RUNS {
        bench.people[B].events.clear();
        let begun = Instant::now();
        bench.restart(B);
        bench.run();
        times.push(begun.elapsed());
    }
    times.sort();
    println!("median {:?}, all {times:?}", times[RUNS / 2]);
}

/// However long it is, the life is told once, and what there is to show a few times.
#[test]
fn a_long_record_is_told_once() {
    let mut bench = long();
    bench.people[B].events.clear();
    bench.restart(B);
    bench.run();
    let events = &bench.people[B].events;
    let lives = events
        .iter()
        .filter(|event| matches!(event, TalkEvent::Life { .. }));
    assert_eq!(lives.count(), 1);
    let views = events
        .iter()
        .filter(|event| matches!(event, TalkEvent::Talk { .. }));
    assert!(views.count() < 10);
}
