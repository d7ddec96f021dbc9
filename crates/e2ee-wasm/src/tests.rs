use super::*;
use incamera_model::{AccessKey, TalkId};
use serde_json::{Value, json};

fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn session() -> Session {
    let proposal = parse(&propose("Title", &[1; 32]).unwrap());
    let seat = new_seat("Ada", &[2; 32]).unwrap();
    let talk = proposal["talk"].as_str().unwrap();
    let fragment = proposal["fragment"].as_str().unwrap();
    let mut session = Session::new(talk, fragment, &seat, 5.0, &[3; 32]).unwrap();
    session.input(6.0, r#"{"type":"connected"}"#).unwrap();
    let record = json!({"type": "entries", "stream": "record", "caught_up": true,
        "entries": [{"position": 0, "entry": proposal["record"]}]});
    session.input(7.0, &record.to_string()).unwrap();
    session
}

fn drain(session: &mut Session) -> Vec<Value> {
    core::iter::from_fn(|| session.output().unwrap().map(|text| parse(&text))).collect()
}

#[test]
fn a_link_proves_its_access() {
    let proposal = parse(&propose("Title", &[1; 32]).unwrap());
    let talk = proposal["talk"].as_str().unwrap();
    let fragment = proposal["fragment"].as_str().unwrap();
    let info = parse(&link_info(talk, fragment).unwrap());
    assert_eq!(info["access_key"], proposal["access"]);
    let nonce = incamera_model::encode_base64url(&[9; 32]);
    let signature = sign_challenge(talk, fragment, "https://a", &nonce).unwrap();
    assert_eq!(decode_base64url(&signature).unwrap().len(), 64);
}

#[test]
fn an_invitation_is_read_as_link_and_as_code() {
    let proposal = parse(&propose("Title", &[1; 32]).unwrap());
    let (talk, fragment) = (&proposal["talk"], &proposal["fragment"]);
    let url = format!(
        "https://a:8443/t/{}#{}",
        talk.as_str().unwrap(),
        fragment.as_str().unwrap()
    );
    let code = proposal["code"].as_str().unwrap();
    let read = parse(&read_invitation(&url).unwrap());
    let expected = json!({"kind": "open", "talk": talk, "fragment": fragment, "code": code,
        "origin": "https://a:8443", "access": proposal["access"]});
    assert_eq!(read, expected);
    // A code may be a delegation's as well; its access key is another one then.
    let read = parse(&read_invitation(code).unwrap());
    assert_eq!((&read["kind"], &read["talk"]), (&json!("code"), talk));
    assert_eq!(
        (&read["fragment"], &read["origin"]),
        (fragment, &json!(null))
    );
    assert_ne!(read["access"], proposal["access"]);
    let info = link_info(talk.as_str().unwrap(), fragment.as_str().unwrap());
    assert_eq!(parse(&info.unwrap())["code"], proposal["code"]);
    let why = |text: &str| read_invitation(text).unwrap_err().to_string();
    assert_eq!(why(""), "empty");
    assert_eq!(why(&code[..9]), "incomplete");
    assert_eq!(why(&code.replacen('-', "0", 1)), "mistyped");
    assert_eq!(why("https://a/news"), "not_invitation");
    assert_eq!(why(&url.replace("#1.", "#2.")), "other_version");
}

#[test]
fn the_proposer_signs_the_end() {
    let proposal = parse(&propose("Title", &[1; 32]).unwrap());
    let talk = proposal["talk"].as_str().unwrap();
    let secret = proposal["control_secret"].as_str().unwrap();
    let signature = sign_destroy(talk, secret, "https://a").unwrap();
    let signature: [u8; 64] = decode_base64url(&signature).unwrap().try_into().unwrap();
    let key = decode_base64url(proposal["control"].as_str().unwrap()).unwrap();
    let content = [b"https://a", &talk.parse::<TalkId>().unwrap().0[..]].concat();
    let key: [u8; 32] = key.try_into().unwrap();
    assert!(incamera_talk::crypto::verify(
        &key, "destroy", &content, &signature
    ));
    assert!(matches!(
        sign_destroy(talk, "AA", "https://a"),
        Err(ShimError::Control)
    ));
}

#[test]
fn speaks_the_wires_json() {
    let mut session = session();
    let outputs = drain(&mut session);
    let of = |kind: &str| {
        outputs
            .iter()
            .filter(|output| output["type"] == kind)
            .collect::<Vec<_>>()
    };
    assert_eq!(of("subscribe")[0]["stream"], "record");
    assert!(of("subscribe").len() >= 3);
    for output in of("subscribe") {
        serde_json::from_value::<incamera_wire::ClientMessage>(output.clone()).unwrap();
    }
    let event = &of("event").last().unwrap()["event"];
    assert_eq!(event["view"]["title"], "Title");
    assert_eq!(event["view"]["state"], json!({"is": "joining"}));

    let room = event["view"]["room"].as_str().unwrap();
    let caught_up = json!({"type": "entries", "stream": format!("c/{room}"), "entries": [],
        "caught_up": true});
    session.input(8.0, &caught_up.to_string()).unwrap();
    let append = &drain(&mut session)[0];
    assert_eq!(append["type"], "append");
    assert_eq!(append["expected"], 0);
    session
        .input(9.0, r#"{"type":"sending","kind":"camera","on":true}"#)
        .unwrap();
    assert!(matches!(
        session.input(9.0, r#"{"type":"chat","text":"x"}"#),
        Err(ShimError::Chat(_))
    ));
    for command in [
        r#"{"type":"connection","connection":7}"#,
        r#"{"type":"connection","connection":null}"#,
        r#"{"type":"quality","level":"poor","cause":"uplink"}"#,
    ] {
        session.input(9.0, command).unwrap();
    }
    for command in [
        r#"{"type":"hand","raised":true}"#,
        r#"{"type":"react","reaction":"slower"}"#,
    ] {
        let refused = session.input(9.0, command);
        assert!(matches!(refused, Err(ShimError::Presence(_))), "{command}");
    }
    let unknown = session.input(9.0, r#"{"type":"react","reaction":"dance"}"#);
    assert!(matches!(unknown, Err(ShimError::Json)));
    assert!(matches!(session.input(9.0, "{}"), Err(ShimError::Json)));
    assert!(matches!(session.seal(0, b"x"), Err(ShimError::Seal(_))));
    assert!(matches!(session.open(9.0, b"x"), Err(ShimError::Open(_))));
    session.input(9.0, r#"{"type":"pong"}"#).unwrap();
    session.input(9.0, r#"{"type":"leave"}"#).unwrap();
}

#[test]
fn a_seat_comes_back_as_the_same() {
    let seat = new_seat(" Ada ", &[2; 32]).unwrap();
    let read = SeatJson::parse(&seat).unwrap();
    assert_eq!(read.name().as_str(), "Ada");
    assert_eq!(read.seed(), &[2; 32]);
}

fn proposed() -> Value {
    parse(&talks::propose_talk("Fisheries", "Northland", "Ada", &[7; 32]).unwrap())
}

fn talk_session(talk: &Value, secret: Option<&Value>, fragment: Option<&str>) -> talks::Talk {
    let own = |value: &Value| value.as_str().unwrap().to_owned();
    let (secret, fragment) = (secret.map(own), fragment.map(str::to_owned));
    let talk = talk.as_str().unwrap();
    talks::Talk::new(talk, secret, fragment, 5.0, 1e12, &[8; 32]).unwrap()
}

fn drain_talk(session: &mut talks::Talk) -> Vec<Value> {
    core::iter::from_fn(|| session.output().unwrap().map(|text| parse(&text))).collect()
}

#[test]
fn a_talk_is_proposed_and_its_claim_link_read() {
    let proposed = proposed();
    let (talk, fragment) = (&proposed["talk"], proposed["fragment"].as_str().unwrap());
    let url = format!("https://a/t/{}#{fragment}", talk.as_str().unwrap());
    let read = parse(&read_invitation(&url).unwrap());
    assert_eq!((&read["kind"], &read["talk"]), (&json!("claim"), talk));
    assert_eq!(read["access"], proposed["access"][1]);
    assert_eq!(read["code"], proposed["code"]);
    let by_code = parse(&read_invitation(proposed["code"].as_str().unwrap()).unwrap());
    assert_eq!(by_code["access"], proposed["access"][1]);
    assert!(talks::propose_talk("", "Northland", "Ada", &[7; 32]).is_err());
}

#[test]
fn each_side_proves_its_own_access_key() {
    let proposed = proposed();
    let talk = proposed["talk"].as_str().unwrap();
    let nonce = incamera_model::encode_base64url(&[9; 32]);
    let own = |name: &str| Some(proposed[name].as_str().unwrap().to_owned());
    for (secret, fragment, group) in [
        (own("secret"), None, 0),
        (None, own("fragment"), 1),
        (None, own("code"), 1),
    ] {
        let proof = talks::prove_talk(talk, secret, fragment, "https://a", &nonce, 0);
        assert_eq!(parse(&proof.unwrap())["key"], proposed["access"][group]);
    }
    assert!(talks::prove_talk(talk, None, None, "https://a", &nonce, 0).is_err());
}

#[test]
fn a_talks_session_speaks_the_wires_json() {
    let proposed = proposed();
    let mut session = talk_session(&proposed["talk"], Some(&proposed["secret"]), None);
    let connected = r#"{"type":"connected","group":0,"claimed":true}"#;
    session.input(6.0, connected).unwrap();
    let outputs = drain_talk(&mut session);
    let view = outputs
        .iter()
        .rev()
        .find(|output| output["event"]["type"] == "talk");
    let view = &view.unwrap()["event"]["talk"];
    assert_eq!(view["stage"], "offered");
    assert_eq!(view["own"]["name"], "Ada");
    let followed = outputs.iter().find(|output| output["type"] == "subscribe");
    assert_eq!(followed.unwrap()["stream"], "lobby/1");
    let refused = session.input(7.0, r#"{"type":"countersign"}"#);
    // The page has the sentence.
    assert!(refused.is_err_and(|error| error.to_string() == "talk:not_now"));
    let refused = session.input(7.0, r#"{"type":"chat","text":"x"}"#);
    assert!(matches!(refused, Err(ShimError::Chat(_))));
    assert!(matches!(session.input(7.0, "{}"), Err(ShimError::Json)));
    assert!(matches!(session.seal(0, b"x"), Err(ShimError::Seal(_))));
    // The claimant's, by the link.
    let fragment = proposed["fragment"].as_str();
    let mut other = talk_session(&proposed["talk"], None, fragment);
    other
        .input(6.0, r#"{"type":"connected","group":1,"claimed":false}"#)
        .unwrap();
    assert!(!drain_talk(&mut other).is_empty());
}

#[test]
fn a_backup_makes_the_same_head() {
    let proposed = proposed();
    let secret = proposed["secret"].as_str().unwrap();
    let file = talks::make_backup(secret, "https://a", "four long words here", &[1; 32]).unwrap();
    let opened = parse(&talks::open_backup(&file, "four long words here").unwrap());
    assert_eq!(opened["access"], proposed["access"][0]);
    assert_eq!(
        (&opened["talk"], &opened["origin"]),
        (&proposed["talk"], &json!("https://a"))
    );
    let again = talks::restore_head(opened["keys"].as_str().unwrap(), 0).unwrap();
    let (now, then) = [&again, secret]
        .map(|secret| talks::sign_talk_destroy(secret, "https://a").unwrap())
        .into();
    assert_eq!(now, then);
    let why = |error: Result<String, ShimError>| error.unwrap_err().to_string();
    assert_eq!(
        why(talks::open_backup(&file, "another passphrase")),
        "passphrase"
    );
    assert_eq!(why(talks::open_backup("hello", "x")), "not_backup");
    assert!(talks::make_backup(secret, "https://a", "short", &[1; 32]).is_err());
}

#[test]
fn a_readout_is_handed_over_as_the_wire_says() {
    use incamera_talk::crypto::{hash, verify_raw};
    let proposed = proposed();
    let secret = proposed["secret"].as_str().unwrap();
    let signed = talks::sign_publish(secret, "https://a", "{}", 7.0).unwrap();
    let signature = decode_base64url(&signed).unwrap().try_into().unwrap();
    let control: AccessKey = proposed["control"].as_str().unwrap().parse().unwrap();
    let talk: TalkId = proposed["talk"].as_str().unwrap().parse().unwrap();
    let holds = |index, content: &str, not_before| {
        let hash = hash(&[content.as_bytes()]);
        let bytes = incamera_wire::publish_challenge("https://a", &talk, index, &hash, not_before);
        verify_raw(&control.0, &bytes, &signature)
    };
    assert!(holds(0, "{}", 7));
    assert!(!holds(1, "{}", 7));
    assert!(!holds(0, "{ }", 7));
    assert!(!holds(0, "{}", 8));
    assert!(talks::sign_publish("not a secret", "https://a", "{}", 7.0).is_err());
}

#[test]
fn what_a_server_gives_is_verified() {
    let content = include_str!("../../../docs/samples/readout/readout.json");
    let id = papers::readout_id(content);
    let shown = parse(&papers::verify_published(content, &id).unwrap());
    assert_eq!(shown["delegations"][0], "Northern Coast");
    assert_eq!(shown["signatures"][1]["delegation"], 1);
    let lie = content.replace("40 000 t", "45 000 t");
    assert!(papers::verify_published(&lie, &id).is_none());
    assert!(papers::verify_published(&lie, &papers::readout_id(&lie)).is_none());
    assert!(papers::verify_published(content, "no id").is_none());
}

#[test]
fn a_meeting_leaves_as_a_file() {
    let plan = json!({"start": 1_777_712_400_000_u64, "minutes": 90, "mode": "video", "place": ""});
    let mut meeting = json!({"id": "x", "uid": "00@incamera", "state": "proposed", "plan": null,
        "offer": {"plan": plan, "by": 0, "agreed": [0]}, "reason": null, "reason_by": null,
        "sequence": 3, "last": 9, "summary": "Meeting"});
    let file = papers::calendar_file(&meeting.to_string(), 1_777_700_000_000.0).unwrap();
    for line in [
        "METHOD:REQUEST",
        "SEQUENCE:3",
        "DTSTART:20260502T090000Z",
        "UID:00@incamera",
    ] {
        assert!(file.contains(&format!("\r\n{line}\r\n")), "{line}");
    }
    // The secret of a link never gets into it.
    meeting["page"] = json!("https://a/t/x#1.secret");
    assert!(papers::calendar_file(&meeting.to_string(), 0.0).is_err());
}

#[test]
fn a_signed_readout_leaves_as_files() {
    let sample = include_str!("../../../docs/samples/readout/readout.json");
    let text = include_str!("../../../docs/samples/readout/readout.txt");
    assert_eq!(papers::readout_text(sample).unwrap(), text);
    assert_eq!(papers::readout_json(sample).unwrap(), sample);
    let page = papers::readout_html(sample, r#"{"points": "En bref"}"#).unwrap();
    assert!(page.contains("En bref") && page.contains("Signatures"));
    assert!(papers::readout_html(&sample.replace("Cod", "Cot"), "{}").is_err());
    let signature = &parse(sample)["signatures"][0];
    let pem = papers::public_key_pem(signature["key"].as_str().unwrap()).unwrap();
    assert_eq!(json!(pem), signature["pem"]);
    assert!(papers::public_key_pem("AAAA").is_err());
}
