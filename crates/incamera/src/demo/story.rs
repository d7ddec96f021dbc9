//! What happens in the talk. Ilvarn, Serrod and everybody in them are made up.

use super::days::Days;
use super::readout;
use super::table::{Founding, Key, Person, Table, Who};
use crate::failure::Failure;
use incamera_client::ServerAddress;
use serde_json::{Value, json};
use std::path::Path;

pub(super) const FOUNDING: Founding = Founding {
    title: "The Ostrel crossing",
    delegations: ["Ilvarn", "Serrod"],
    people: [
        Person {
            name: "Tavia Orlem",
            what: "head of Ilvarn’s delegation",
        },
        Person {
            name: "Berun Sakko",
            what: "head of Serrod’s delegation",
        },
        Person {
            name: "Nerith Pahl",
            what: "expert of Ilvarn",
        },
        Person {
            name: "Odo Lammick",
            what: "expert of Serrod",
        },
    ],
};

/// Everything from the founding to the signatures. `now`: in milliseconds since 1970; the talk is over
/// by then. `entries`: more is written until the record has so many.
pub(super) async fn tell(
    server: &ServerAddress,
    keys: &Path,
    now: u64,
    entries: u64,
) -> Result<Vec<Key>, Failure> {
    let days = Days::before(now);
    let founded = [days.at(-33, 9, 0), days.at(-33, 10, 20)];
    let mut table = Table::found(server, keys, &FOUNDING, founded).await?;
    let [.., expert_a, expert_b] = &FOUNDING.people;
    let seated = [days.at(-32, 14, 5), days.at(-32, 15, 30)];
    table.seat(server, Who::HeadA, expert_a, seated[0]).await?;
    table.seat(server, Who::HeadB, expert_b, seated[1]).await?;
    let meeting = visit(&mut table, days).await?;
    let items = agenda(&mut table, days).await?;
    cancelled(&mut table, days, &meeting).await?;
    meet(&mut table, days, &meeting, &items).await?;
    write(&mut table, days).await?;
    lengthen(&mut table, days, entries).await?;
    table.rise(&FOUNDING.people).await
}

/// A visit is proposed and accepted.
async fn visit(table: &mut Table, days: Days) -> Result<String, Failure> {
    let plan = json!({
        "start": days.at(-10, 9, 0),
        "minutes": 180,
        "mode": "in_person",
        "place": "Ostrel, the old customs house",
    });
    let propose = json!({ "is": "meeting_propose", "plan": plan });
    let at = days.at(-31, 9, 30);
    let meeting = table.add(Who::HeadA, at, "meetings", propose).await?;
    let accept = json!({ "is": "meeting_accept", "meeting": meeting });
    table.act(Who::HeadB, days.at(-31, 15, 10), accept).await?;
    Ok(meeting)
}

/// Two items, with what each side thinks and asks for.
async fn agenda(table: &mut Table, days: Days) -> Result<[String; 2], Failure> {
    let inspection = json!({
        "is": "agenda_put", "title": "Inspection of the ferries", "order": 1, "minutes": 60,
    });
    let fees = json!({ "is": "agenda_put", "title": "Landing fees", "order": 2, "minutes": 45 });
    let at = days.at(-30, 8, 45);
    let inspection = table.add(Who::HeadA, at, "agenda", inspection).await?;
    let at = days.at(-30, 11, 0);
    let fees = table.add(Who::HeadB, at, "agenda", fees).await?;
    let said = [
        (
            Who::HeadA,
            days.at(-29, 10, 15),
            &inspection,
            "Both shores use the crossing, so both should be able to see that every ferry is safe. We propose a joint inspection before the first sailing, and twice a year from then on.",
            "The maintenance records of the last two years.",
        ),
        (
            Who::HeadB,
            days.at(-28, 16, 40),
            &inspection,
            "Safety comes first for us too. An inspection has to be announced, so that ferries that sail are not held up.",
            "Ten days’ notice before each inspection.",
        ),
        (
            Who::HeadB,
            days.at(-27, 9, 5),
            &fees,
            "The quay has to be repaired, and somebody has to pay for it. A small surcharge for two seasons would do.",
            "That fees are not lowered before the repair is paid for.",
        ),
        (
            Who::HeadA,
            days.at(-26, 13, 20),
            &fees,
            "Fees should stay as they are until the crossing has been open for a season. Then both sides know what traffic there is.",
            "What the repair of the quay costs, by year.",
        ),
    ];
    for (who, at, item, position, request) in said {
        let position = json!({ "is": "agenda_position", "item": item, "text": position });
        table.act(who, at, position).await?;
        let request = json!({ "is": "agenda_request", "item": item, "text": request });
        table.act(who, at + 4 * 60_000, request).await?;
    }
    Ok([inspection, fees])
}

/// The visit is cancelled for a reason outside of the talk, and moved to video on a Monday.
async fn cancelled(table: &mut Table, days: Days, meeting: &str) -> Result<(), Failure> {
    let reason = json!({
        "public": "The visit to Ostrel cannot take place as planned. Serrod stands by the talks and wants to meet soon.",
        "between": "The guest quarter is closed, and the coast road is not safe for your delegation. There is no other reason. We would rather meet by video soon than in person late.",
        "cause": {
            "date": days.date(-13),
            "text": "Harbour office of Ostrel: storm surge, quay and guest quarter closed until further notice",
        },
    });
    let cancel = json!({ "is": "meeting_cancel", "meeting": meeting, "reason": reason });
    table.act(Who::HeadB, days.at(-12, 16, 40), cancel).await?;
    let plan = json!({ "start": days.at(0, 10, 0), "minutes": 120, "mode": "video", "place": "" });
    let moved = json!({ "is": "meeting_propose", "meeting": meeting, "plan": plan });
    table.act(Who::HeadA, days.at(-11, 8, 50), moved).await?;
    let accept = json!({ "is": "meeting_accept", "meeting": meeting });
    table.act(Who::HeadB, days.at(-11, 11, 20), accept).await
}

/// The Monday: what is agreed, what is put off, who works on, who owes what.
async fn meet(
    table: &mut Table,
    days: Days,
    meeting: &str,
    [inspection, fees]: &[String; 2],
) -> Result<(), Failure> {
    let begin = json!({ "is": "meeting_begin", "meeting": meeting });
    table.act(Who::HeadA, days.at(0, 10, 1), begin).await?;
    for (who, minute) in [(Who::HeadA, 48), (Who::HeadB, 49)] {
        let agree = json!({ "is": "agenda_mark", "item": inspection, "state": "agreed" });
        table.act(who, days.at(0, 10, minute), agree).await?;
    }
    let park = json!({ "is": "agenda_mark", "item": fees, "state": "parked" });
    table.act(Who::HeadB, days.at(0, 11, 22), park).await?;
    let team = team(table, days).await?;
    let kept = commitments(table, days).await?;
    let end = json!({ "is": "meeting_end", "meeting": meeting });
    table.act(Who::HeadB, days.at(0, 11, 58), end).await?;
    let done = json!({ "is": "commitment_done", "commitment": kept });
    table.act(Who::HeadB, days.at(2, 17, 15), done).await?;
    let report = format!(
        "We met twice by video, on Tuesday and on Thursday.\n\n1. The list has fourteen points; both sides have the same text of it.\n2. One engineer of each side makes an inspection together with the other.\n3. Notice is ten days. In an emergency either side may ask for one within a day.\n4. We propose {} for the first one.\n\nNot settled: who pays for the engineers’ travel. We leave that to the heads.",
        days.written(23)
    );
    let report = json!({ "is": "team_report", "team": team, "text": report });
    table.act(Who::ExpertA, days.at(3, 15, 5), report).await
}

async fn team(table: &mut Table, days: Days) -> Result<String, Failure> {
    let [.., one, other] = &FOUNDING.people;
    let propose = json!({
        "is": "team_propose",
        "name": "Ferry inspection",
        "mandate": "To agree on what is inspected, by whom, and with what notice, and to propose a first date. Fees are not part of it.",
        "mode": "video",
        "start": days.at(1, 9, 0),
        "due": days.at(3, 16, 0),
        "members": table.seats(&[one.name, other.name]).await?,
    });
    let at = days.at(0, 11, 31);
    let team = table.add(Who::HeadA, at, "teams", propose).await?;
    let agree = json!({ "is": "team_agree", "team": team });
    table.act(Who::HeadB, days.at(0, 11, 34), agree).await?;
    Ok(team)
}

/// The first, which is kept by now, and two that aren't due yet.
async fn commitments(table: &mut Table, days: Days) -> Result<Option<String>, Failure> {
    let pledges: [(Who, Who, Value); 3] = [
        (
            Who::HeadA,
            Who::HeadB,
            json!({
                "text": "Hand over the maintenance records of the last two years",
                "owner": 1, "who": "Harbour office", "due": days.at(4, 16, 0),
            }),
        ),
        (
            Who::HeadB,
            Who::HeadA,
            json!({
                "text": "Name an engineer for the joint inspection",
                "owner": 0, "who": "Office of Ways", "due": days.at(21, 16, 0),
            }),
        ),
        (
            Who::HeadA,
            Who::HeadB,
            json!({
                "text": "Say what the repair of the quay costs, by year",
                "owner": 1, "who": "Treasury", "due": days.at(37, 16, 0),
            }),
        ),
    ];
    let mut first = None;
    for ((one, other, mut pledge), minute) in pledges.into_iter().zip([40, 44, 50]) {
        pledge["is"] = json!("commitment_propose");
        let at = days.at(0, 11, minute);
        let id = table.add(one, at, "commitments", pledge).await?;
        let agree = json!({ "is": "commitment_agree", "commitment": id });
        table.act(other, at + 60_000, agree).await?;
        first.get_or_insert(id);
    }
    Ok(first)
}

/// Three versions, a dispute and two comments, and both signatures.
async fn write(table: &mut Table, days: Days) -> Result<(), Failure> {
    let draft = json!({ "is": "readout_draft", "document": readout::first(days) });
    let at = days.at(3, 16, 30);
    let id = table.add(Who::HeadA, at, "readouts", draft).await?;
    let on = table.tip();
    let comment = json!({
        "is": "readout_comment", "readout": id, "on": on, "paragraph": 1,
        "text": "Our report says: ten days, and within a day in an emergency.",
    });
    table.act(Who::ExpertB, days.at(3, 17, 2), comment).await?;
    let dispute = json!({
        "is": "readout_dispute", "readout": id, "on": on,
        "text": "The second paragraph leaves open what was agreed at the table: ten days’ notice.",
    });
    table.act(Who::HeadB, days.at(3, 17, 20), dispute).await?;
    let draft = json!({
        "is": "readout_draft", "readout": id, "parents": [on], "document": readout::second(days),
    });
    table.act(Who::HeadB, days.at(3, 17, 45), draft).await?;
    let on = table.tip();
    let comment = json!({
        "is": "readout_comment", "readout": id, "on": on, "paragraph": 4,
        "text": "Spring is more than we agreed. That the talks continue is enough.",
    });
    table.act(Who::HeadA, days.at(4, 8, 40), comment).await?;
    let draft = json!({
        "is": "readout_draft", "readout": id, "parents": [on], "document": readout::third(days),
    });
    table.act(Who::HeadA, days.at(4, 9, 10), draft).await?;
    let settled = json!({ "is": "readout_undispute", "readout": id });
    table.act(Who::HeadB, days.at(4, 10, 25), settled).await?;
    let on = table.tip();
    for (who, minute) in [(Who::HeadA, 5), (Who::HeadB, 40)] {
        let sign = json!({ "is": "readout_sign", "readout": id, "on": on });
        table.act(who, days.at(4, 11, minute), sign).await?;
    }
    Ok(())
}

/// Both sides go on writing what they think of one more item.
async fn lengthen(table: &mut Table, days: Days, entries: u64) -> Result<(), Failure> {
    if table.entries() >= entries {
        return Ok(());
    }
    let at = days.at(5, 9, 0);
    let put = json!({ "is": "agenda_put", "title": "Timetable", "order": 3, "minutes": 30 });
    let item = table.add(Who::HeadA, at, "agenda", put).await?;
    let mut parents = [Value::Null, Value::Null];
    while table.entries() < entries {
        for (who, parents) in [Who::HeadA, Who::HeadB].into_iter().zip(&mut parents) {
            let seen: Vec<&Value> = parents.as_u64().map(|_| &*parents).into_iter().collect();
            let text =
                "Two sailings on working days and one on Sundays, until the quay is repaired.";
            let position = json!({
                "is": "agenda_position", "item": item, "text": text, "parents": seen,
            });
            table.act(who, at, position).await?;
            *parents = json!(table.entries() - 1);
        }
    }
    Ok(())
}
