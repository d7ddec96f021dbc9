//! The readout in its versions, from what is open to what both sign.

use super::days::Days;
use super::story::FOUNDING;
use serde_json::{Value, json};

/// The first: what isn't agreed stands in brackets.
pub(super) fn first(days: Days) -> Value {
    document(
        days,
        &[
            "A first inspection [is planned for the spring]".to_owned(),
            "Landing fees remain open".to_owned(),
        ],
        "They agreed that each ferry is inspected by one engineer of each side, [at any time] [with ten days’ notice].",
        "Landing fees were discussed and set aside. [Talks about them continue in spring.]",
    )
}

/// The second: the notice is settled, the rest isn't.
pub(super) fn second(days: Days) -> Value {
    document(
        days,
        &[
            "A first inspection [is planned for the spring]".to_owned(),
            "Landing fees remain open".to_owned(),
        ],
        "They agreed that each ferry is inspected by one engineer of each side, with ten days’ notice, and within a day in an emergency.",
        "Landing fees were discussed and set aside. [Talks about them continue in spring.]",
    )
}

/// The third: nothing in it is open.
pub(super) fn third(days: Days) -> Value {
    document(
        days,
        &[
            format!("The first inspection is planned for {}", days.written(23)),
            "Landing fees remain open".to_owned(),
        ],
        "They agreed that each ferry is inspected by one engineer of each side, with ten days’ notice, and within a day in an emergency.",
        "Landing fees were discussed and set aside. Talks about them continue.",
    )
}

fn document(days: Days, points: &[String], inspection: &str, fees: &str) -> Value {
    let agreed = "Ferries are inspected jointly, with ten days’ notice".to_owned();
    let points: Vec<&String> = core::iter::once(&agreed).chain(points).collect();
    let met = format!(
        "The delegations of Ilvarn and Serrod met by video on Monday, {}. A visit that had been planned for {} was cancelled after a storm surge had closed the harbour of Ostrel.",
        days.written(0),
        days.written(-10)
    );
    let by_name = json!({
        "is": "name", "delegation": 0, "name": FOUNDING.people[0].name, "role": "head of delegation",
    });
    json!({
        "headline": "Ilvarn and Serrod agree on joint inspections at the Ostrel crossing",
        "place": "Ostrel",
        "date": days.written(4),
        "points": points,
        "paragraphs": [
            { "text": met },
            { "text": inspection },
            {
                "text": "“The crossing belongs to both shores, and so does the care for it.”",
                "attribution": by_name,
            },
            {
                "text": "“Nobody left the table. A month ago that was not certain.”",
                "attribution": { "is": "anonymous", "delegation": 1 },
            },
            { "text": fees },
        ],
    })
}
