//! Two heads and what becomes of their talk: meetings, agenda, a team, a readout.

use super::*;
use incamera_model::decode_base64url;
use incamera_talk::crypto::verify_raw;
use incamera_talk::life::LifeVoid;
use serde_json::{Value, json};

impl Bench {
    /// What was told last of the life, as a page gets it.
    fn life(&self, index: usize) -> Value {
        let mut events = self.people[index].events.iter().rev();
        let life = events.find_map(|event| match event {
            TalkEvent::Life { life } => Some(serde_json::to_value(life).unwrap()),
            _ => None,
        });
        life.unwrap()
    }

    fn told(&self, index: usize) -> usize {
        let events = self.people[index].events.iter();
        let told = events.filter(|event| matches!(event, TalkEvent::Life { .. }));
        told.count()
    }

    /// As a page sends it.
    fn try_live(&mut self, index: usize, step: Value, seen: Option<u64>) -> Result<(), TalkError> {
        let command = json!({ "type": "life", "step": step, "seen": seen });
        let command = serde_json::from_value(command).unwrap();
        let result = self.try_press(index, command);
        self.run();
        result
    }

    /// Having seen all there is.
    fn live(&mut self, index: usize, step: Value) {
        let life = self.life(index);
        let (kind, _) = step["is"].as_str().unwrap().split_once('_').unwrap();
        let (id, list) = match kind {
            "meeting" => ("meeting", "meetings"),
            "agenda" => ("item", "agenda"),
            "team" => ("team", "teams"),
            "commitment" => ("commitment", "commitments"),
            _ => ("readout", "readouts"),
        };
        let mut objects = life[list].as_array().unwrap().iter();
        let object = objects.find(|object| Some(&object["id"]) == step.get(id));
        let seen = object.and_then(|object| object["last"].as_u64());
        self.try_live(index, step, seen).unwrap();
        assert_eq!(self.life(A), self.life(B));
    }
}

fn plan(start: u64, mode: &str) -> Value {
    json!({ "start": start, "minutes": 120, "mode": mode, "place": "Geneva", "zone": "Europe/Zurich" })
}

fn last(bench: &Bench) -> Value {
    let life = bench.life(A);
    life["timeline"].as_array().unwrap().last().unwrap()["what"].clone()
}

#[test]
fn a_visit_is_cancelled_and_becomes_a_call() {
    let mut bench = Bench::founded(Admit::Each);
    let visit = plan(WALL, "in_person");
    bench.live(A, json!({ "is": "meeting_propose", "plan": visit }));
    let meeting = bench.life(B)["meetings"][0].clone();
    let id = meeting["id"].clone();
    assert_eq!(
        (&meeting["state"], &meeting["plan"]),
        (&json!("proposed"), &Value::Null)
    );
    assert_eq!(
        meeting["offer"],
        json!({ "plan": visit, "by": 0, "agreed": [0] })
    );
    bench.live(
        B,
        json!({ "is": "meeting_accept", "meeting": id, "zone": "Africa/Cairo" }),
    );
    assert_eq!(bench.life(A)["meetings"][0]["state"], "agreed");
    assert_eq!(
        bench.life(A)["meetings"][0]["zones"],
        json!([
            { "delegation": 0, "zone": "Europe/Zurich" },
            { "delegation": 1, "zone": "Africa/Cairo" },
        ])
    );
    assert_eq!(last(&bench)["agreed"], true);
    let reason = json!({
        "public": "The visit can't take place.",
        "between": "We hope to see you soon.",
        "cause": { "date": 20_600, "text": "Airspace closed", "link": "https://news.example/1" },
    });
    bench.live(
        B,
        json!({ "is": "meeting_cancel", "meeting": id, "reason": reason }),
    );
    let meeting = bench.life(A)["meetings"][0].clone();
    assert_eq!(
        (&meeting["state"], &meeting["reason"]),
        (&json!("cancelled"), &reason)
    );
    assert_eq!(meeting["reason_by"], 1);
    bench.live(
        A,
        json!({ "is": "meeting_propose", "meeting": id, "plan": plan(WALL, "video") }),
    );
    assert_eq!(last(&bench)["was"], visit);
    bench.live(B, json!({ "is": "meeting_accept", "meeting": id }));
    assert_eq!(bench.life(A)["meetings"][0]["plan"]["mode"], "video");
    let whats: Vec<Value> = bench.life(B)["timeline"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["what"]["is"].clone())
        .collect();
    let told = [
        "founded",
        "seated",
        "seated",
        "meeting_proposed",
        "meeting_accepted",
        "meeting_cancelled",
        "meeting_proposed",
        "meeting_accepted",
    ];
    assert_eq!(whats, told);
    let founded = bench.life(B)["timeline"][0].clone();
    assert_eq!(
        founded["what"],
        json!({ "is": "founded", "title": "Fisheries" })
    );
    assert_eq!(founded["by"], json!({ "name": "Bo", "delegation": 1 }));
    let mut seated = vec![];
    for n in [1, 2] {
        seated.push(bench.life(B)["timeline"][n]["what"]["name"].clone());
    }
    seated.sort_by_key(Value::to_string);
    assert_eq!(seated, ["Ada", "Bo"]);
}

#[test]
fn steps_that_cross_are_told_and_texts_are_kept() {
    let mut bench = Bench::founded(Admit::Each);
    bench.live(
        A,
        json!({ "is": "meeting_propose", "plan": plan(WALL, "video") }),
    );
    let meeting = bench.life(B)["meetings"][0].clone();
    let (id, seen) = (meeting["id"].clone(), meeting["last"].as_u64());
    // Both press before either has read the other's entry.
    let step = |is: &str| {
        let command = json!({ "type": "life", "step": { "is": is, "meeting": id }, "seen": seen });
        serde_json::from_value::<TalkCommand>(command).unwrap()
    };
    bench.try_press(A, step("meeting_cancel")).unwrap();
    bench.try_press(B, step("meeting_accept")).unwrap();
    bench.run();
    assert_eq!(bench.life(A), bench.life(B));
    let life = bench.life(A);
    let events = life["timeline"].as_array().unwrap();
    let voids: Vec<&Value> = events
        .iter()
        .map(|event| &event["void"])
        .filter(|void| !void.is_null())
        .collect();
    assert_eq!(voids, ["crossed"]);
    let noticed = |who: usize| {
        bench.notices(who).contains(&DeskNotice::Void {
            reason: "crossed".to_owned(),
        })
    };
    assert!(noticed(A) ^ noticed(B));
    // A step made from an old view isn't even written.
    let old = bench.try_live(A, json!({ "is": "meeting_cancel", "meeting": id }), seen);
    assert_eq!(old, Err(TalkError::Life(LifeVoid::Crossed)));
    bench.live(
        A,
        json!({ "is": "agenda_put", "title": "Quotas", "order": 1, "minutes": 30 }),
    );
    let item = bench.life(A)["agenda"][0]["id"].clone();
    let draft = |headline: &str, parents: &[u64], readout: Option<&Value>| {
        json!({ "is": "readout_draft", "readout": readout, "parents": parents, "document": {
            "headline": headline, "paragraphs": [{ "text": "We met." }],
        } })
    };
    bench.live(A, draft("Quotas", &[], None));
    let readout = bench.life(A)["readouts"][0].clone();
    let first = readout["tips"][0].as_u64().unwrap();
    for (who, text) in [(A, "Quotas agreed"), (B, "Quotas discussed")] {
        let step = draft(text, &[first], Some(&readout["id"]));
        let command = json!({ "type": "life", "step": step });
        bench
            .try_press(who, serde_json::from_value(command).unwrap())
            .unwrap();
        let text = json!({ "is": "agenda_position", "item": item, "text": text });
        let command = json!({ "type": "life", "step": text });
        bench
            .try_press(who, serde_json::from_value(command).unwrap())
            .unwrap();
    }
    bench.run();
    let life = bench.life(B);
    assert_eq!(life, bench.life(A));
    let readout = &life["readouts"][0];
    assert_eq!(readout["versions"].as_array().unwrap().len(), 3);
    assert_eq!(readout["tips"].as_array().unwrap().len(), 2);
    let sides = &life["agenda"][0]["sides"];
    assert_eq!(sides[0]["position"][0]["text"], "Quotas agreed");
    assert_eq!(sides[1]["position"][0]["text"], "Quotas discussed");
    let signed =
        json!({ "is": "readout_sign", "readout": readout["id"], "on": readout["tips"][0] });
    assert_eq!(
        bench.try_live(A, signed, None),
        Err(TalkError::Life(LifeVoid::NotTip))
    );
    let tips: Vec<u64> = serde_json::from_value(readout["tips"].clone()).unwrap();
    bench.live(
        B,
        draft("Quotas agreed in part", &tips, Some(&readout["id"])),
    );
    assert_eq!(
        bench.life(A)["readouts"][0]["tips"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn agenda_team_and_commitment() {
    let mut bench = Bench::founded(Admit::Each);
    bench.live(
        A,
        json!({ "is": "agenda_put", "title": "Quotas", "order": 1, "minutes": 30 }),
    );
    let item = bench.life(A)["agenda"][0]["id"].clone();
    for (who, text) in [(A, "40 000 t"), (B, "None")] {
        bench.live(
            who,
            json!({ "is": "agenda_position", "item": item, "text": text }),
        );
        bench.live(
            who,
            json!({ "is": "agenda_request", "item": item, "text": "A survey" }),
        );
    }
    let side = bench.life(B)["agenda"][0]["sides"][1].clone();
    assert_eq!(side["position"][0]["text"], "None");
    assert_eq!(
        side["request"][0]["by"],
        json!({ "name": "Bo", "delegation": 1 })
    );
    for who in [A, B] {
        bench.live(
            who,
            json!({ "is": "agenda_mark", "item": item, "state": "agreed" }),
        );
    }
    assert_eq!(bench.life(A)["agenda"][0]["state"], "agreed");
    let seats = bench.view(A).seats;
    let members: Vec<String> = seats.iter().map(|seat| seat.id.clone()).collect();
    bench.live(
        B,
        json!({
            "is": "team_propose", "name": "Counting", "mandate": "Count the cod.", "mode": "video",
            "members": members,
        }),
    );
    let team = bench.life(A)["teams"][0].clone();
    assert_eq!(
        (&team["state"], &team["agreed"]),
        (&json!("proposed"), &json!([1]))
    );
    assert_eq!(team["members"].as_array().unwrap().len(), 2);
    assert!(
        team["members"]
            .as_array()
            .unwrap()
            .iter()
            .any(|member| member["name"] == "Ada")
    );
    bench.live(A, json!({ "is": "team_agree", "team": team["id"] }));
    bench.live(
        A,
        json!({ "is": "team_report", "team": team["id"], "text": "There are many." }),
    );
    assert_eq!(bench.life(B)["teams"][0]["state"], "reported");
    bench.live(A, json!({
        "is": "commitment_propose", "text": "Survey the bank", "owner": 1, "who": "The institute",
        "due": WALL, "team": team["id"],
    }));
    let id = bench.life(B)["commitments"][0]["id"].clone();
    bench.live(B, json!({ "is": "commitment_agree", "commitment": id }));
    bench.live(B, json!({ "is": "commitment_done", "commitment": id }));
    let commitment = bench.life(A)["commitments"][0].clone();
    assert_eq!(
        (&commitment["state"], &commitment["team"]),
        (&json!("done"), &team["id"])
    );
}

#[test]
fn a_readout_is_signed_by_both_and_published() {
    let mut bench = Bench::founded(Admit::Each);
    let draft = |text: &str, parents: Vec<u64>, readout: Option<&Value>| {
        json!({ "is": "readout_draft", "readout": readout, "parents": parents, "document": {
            "headline": "Quotas agreed", "place": "Geneva", "date": "3 May 2026", "embargo": WALL,
            "points": ["Cod: 40 000 t"],
            "paragraphs": [{ "text": text, "attribution": { "is": "anonymous", "delegation": 0 } }],
        } })
    };
    bench.live(A, draft("Both sides are [very] content.", vec![], None));
    let readout = bench.life(B)["readouts"][0].clone();
    let (id, first) = (readout["id"].clone(), readout["tips"][0].as_u64().unwrap());
    assert_eq!(readout["versions"][0]["brackets"], 2);
    let sign = |on: u64| json!({ "is": "readout_sign", "readout": id, "on": on });
    let early = bench.try_live(A, sign(first), None);
    assert_eq!(early, Err(TalkError::Life(LifeVoid::Brackets)));
    bench.live(
        B,
        json!({ "is": "readout_dispute", "readout": id, "on": first, "text": "We aren't." }),
    );
    bench.live(A, json!({ "is": "readout_comment", "readout": id, "on": first, "paragraph": 0, "text": "Then what?" }));
    bench.live(B, draft("Both sides are content.", vec![first], Some(&id)));
    let second = bench.life(A)["readouts"][0]["tips"][0].as_u64().unwrap();
    bench.live(A, sign(second));
    assert_eq!(bench.life(B)["readouts"][0]["agreed"], Value::Null);
    bench.live(B, sign(second));
    let readout = bench.life(A)["readouts"][0].clone();
    assert_eq!(
        (&readout["agreed"], &readout["disputes"]),
        (&json!(second), &json!([]))
    );
    assert_eq!(
        last(&bench),
        json!({ "is": "readout_agreed", "object": id })
    );
    // The text, the keys and the signatures are all that a verifier needs.
    let text = bench.people[B]
        .session
        .readout_text(id.as_str().unwrap(), second)
        .unwrap();
    assert!(
        text.contains("\n— an official of North, on condition of anonymity\n"),
        "{text}"
    );
    let bytes = |value: &Value| decode_base64url(value.as_str().unwrap()).unwrap();
    for signed in readout["signatures"].as_array().unwrap() {
        let key = bytes(&signed["key"]).try_into().unwrap();
        let signature = bytes(&signed["signature"]).try_into().unwrap();
        assert!(verify_raw(&key, text.as_bytes(), &signature));
    }
    let hash = readout["hash"].as_str().unwrap().to_owned();
    assert_eq!(
        hash,
        incamera_talk::life::hex(&incamera_talk::crypto::hash(&[text.as_bytes()]))
    );
    let other = propose_act(ActChoice::Publish {
        hash: "00".repeat(32),
    });
    assert_eq!(bench.try_press(A, other), Err(TalkError::Unknown));
    bench.press(A, propose_act(ActChoice::Publish { hash }));
    let act = bench.view(B).acts[0].id.clone();
    bench.press(B, TalkCommand::Consent { act });
    assert_eq!(bench.life(A)["readouts"][0]["published"], true);
    let late = bench.try_live(A, draft("Other", vec![second], Some(&id)), None);
    assert_eq!(late, Err(TalkError::Life(LifeVoid::Agreed)));
}

/// A device that comes back reads everything once more, and is told the outcome, not each step.
#[test]
fn a_late_device_comes_to_the_same() {
    let mut bench = Bench::founded(Admit::Each);
    bench.cut(B);
    for n in 0..20 {
        let title = format!("Item {n}");
        bench
            .try_live(
                A,
                json!({ "is": "agenda_put", "title": title, "order": n }),
                None,
            )
            .unwrap();
    }
    let kept = bench.told(B);
    bench.connect(B);
    bench.run();
    assert_eq!(bench.life(A), bench.life(B));
    assert_eq!(bench.told(B), kept + 1);
    let kept = bench.told(B);
    bench.restart(B);
    bench.run();
    assert_eq!(bench.life(A), bench.life(B));
    assert!(bench.told(B) <= kept + 2, "{}", bench.told(B) - kept);
    let order: Vec<u64> = bench.life(B)["agenda"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["order"].as_u64().unwrap())
        .collect();
    assert!(order.is_sorted());
}

#[test]
fn what_others_could_not_read_isnt_written() {
    let mut bench = Bench::founded(Admit::Each);
    let mut long = plan(WALL, "video");
    long["minutes"] = json!(0);
    let refused = bench.try_live(A, json!({ "is": "meeting_propose", "plan": long }), None);
    assert!(matches!(refused, Err(TalkError::Life(LifeVoid::Entry(_)))));
    let unknown = json!({ "is": "meeting_accept", "meeting": "AAAAAAAAAAAAAAAAAAAAAA" });
    let refused = bench.try_live(A, unknown, Some(1));
    assert_eq!(refused, Err(TalkError::Life(LifeVoid::Unknown)));
    let command = json!({ "type": "life", "step": { "is": "meeting_accept", "meeting": "A" } });
    assert!(serde_json::from_value::<TalkCommand>(command).is_err());
}

#[test]
fn an_item_is_called_and_speaking_time_is_agreed() {
    let mut bench = Bench::founded(Admit::Each);
    for title in ["Quotas", "Inspections"] {
        bench.live(A, json!({ "is": "agenda_put", "title": title }));
    }
    let item = |bench: &Bench, n: usize| bench.life(B)["agenda"][n].clone();
    assert_eq!(item(&bench, 0)["current_since"], Value::Null);
    assert_eq!(
        item(&bench, 0)["time"],
        json!({ "agreed": null, "said": [] })
    );
    let [first, second] = [0, 1].map(|n| item(&bench, n)["id"].clone());
    bench.live(A, json!({ "is": "agenda_call", "item": first }));
    assert!(item(&bench, 0)["current_since"].as_u64().unwrap() >= WALL);
    assert_eq!(last(&bench)["is"], "agenda_called");
    bench.live(B, json!({ "is": "agenda_call", "item": second }));
    assert_eq!(item(&bench, 0)["current_since"], Value::Null);
    assert!(item(&bench, 1)["current_since"].is_u64());
    bench.live(
        A,
        json!({ "is": "agenda_time", "item": second, "minutes": 10 }),
    );
    assert_eq!(last(&bench)["agreed"], false);
    assert_eq!(
        item(&bench, 1)["time"],
        json!({ "agreed": null, "said": [{ "delegation": 0, "minutes": 10 }] })
    );
    bench.live(
        B,
        json!({ "is": "agenda_time", "item": second, "minutes": 10 }),
    );
    assert_eq!(last(&bench)["agreed"], true);
    assert_eq!(item(&bench, 1)["time"]["agreed"], 10);
    for who in [A, B] {
        bench.live(
            who,
            json!({ "is": "agenda_time", "item": second, "minutes": 0 }),
        );
        assert_eq!(item(&bench, 1)["time"]["agreed"], Value::Null);
    }
    bench.live(A, json!({ "is": "agenda_rest", "item": second }));
    assert_eq!(item(&bench, 1)["current_since"], Value::Null);
    assert_eq!(last(&bench)["is"], "agenda_rested");
}
