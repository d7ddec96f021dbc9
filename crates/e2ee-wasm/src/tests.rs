use super::*;
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
