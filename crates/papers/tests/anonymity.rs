//! An official quoted on condition of anonymity isn't in what is exported, in any spelling.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use common::*;
use incamera_papers::readout::{Readout, Words};
use incamera_talk::life::hex;
use serde_json::json;

const OFFICIAL: &str = "Lindiwe Castellanos";

/// The ways in which bytes may stand in a text: as they are, in hexadecimal digits, and in base64 at
/// each of its three alignments.
fn spellings(secret: &[u8]) -> Vec<Vec<u8>> {
    let digits = hex(secret);
    let spaced: Vec<&str> = (0..secret.len())
        .map(|n| &digits[n * 2..n * 2 + 2])
        .collect();
    let mut all = vec![
        secret.to_vec(),
        digits.to_uppercase().into_bytes(),
        spaced.join(":").into_bytes(),
        spaced.join(" ").into_bytes(),
        digits.into_bytes(),
    ];
    for before in 0..3 {
        let shifted = [&vec![0; before][..], secret].concat();
        let whole = shifted.len() * 8 / 6;
        // The first characters depend on what is before, the last on what follows.
        let first = [0, 2, 3][before];
        for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            all.push(engine.encode(&shifted).as_bytes()[first..whole].to_vec());
        }
    }
    all
}

/// A file and what is embedded in it: the content of its `data:` links, and what its JSON escapes.
fn layers(file: &str) -> Vec<Vec<u8>> {
    let mut layers = vec![file.as_bytes().to_vec()];
    for rest in file.split(";base64,").skip(1) {
        let (content, _) = rest.split_once('"').unwrap();
        layers.push(STANDARD.decode(content).unwrap());
    }
    if let Ok(value) = serde_json::from_str::<serde_json::Value>(file) {
        let strings = serde_json::to_string_pretty(&value).unwrap();
        layers.push(strings.replace("\\n", "\n").into_bytes());
    }
    layers
}

fn leaks(file: &str, secret: &[u8]) -> bool {
    let spellings = spellings(secret);
    layers(file).iter().any(|layer| {
        let found = |spelling: &Vec<u8>| layer.windows(spelling.len()).any(|w| w == spelling);
        spellings.iter().any(found)
    })
}

/// The view of a readout, with all that the people in the talk see: who drafted, who commented.
fn view() -> String {
    let mut view: serde_json::Value = serde_json::from_str(&signed(document()).to_json()).unwrap();
    let seat = URL_SAFE_NO_PAD.encode(key("seat").public());
    let head = URL_SAFE_NO_PAD.encode(key("head").public());
    let by = json!({"name": OFFICIAL, "delegation": 1, "seat": seat, "head": head});
    view["by"] = by.clone();
    view["comments"] = json!([{"by": by, "text": OFFICIAL}]);
    view["signatures"][1]["by"] = by.clone();
    view["document"]["paragraphs"][3]["by"] = by.clone();
    view["document"]["paragraphs"][3]["attribution"]["name"] = json!(OFFICIAL);
    view["document"]["paragraphs"][3]["attribution"]["seat"] = json!(seat);
    view["text"] = json!(OFFICIAL);
    view.to_string()
}

fn secrets() -> [Vec<u8>; 4] {
    let (seat, head) = (key("seat").public(), key("head").public());
    let digits = hex(&head);
    let groups: Vec<&str> = (0..16).map(|n| &digits[n * 4..n * 4 + 4]).collect();
    let groups = groups.join(" ");
    [
        OFFICIAL.into(),
        seat.to_vec(),
        head.to_vec(),
        groups.into_bytes(),
    ]
}

#[test]
fn an_anonymous_official_stays_anonymous() {
    for secret in &secrets()[..3] {
        // What is handed in has it: the search isn't blind, and it isn't found for lack of it.
        assert!(leaks(&view(), secret));
    }
    let readout = Readout::from_json(&view()).unwrap();
    let mut files = vec![readout.to_json(), readout.to_html(&Words::default())];
    let named = readout.files().into_iter();
    files.extend(named.map(|(_, content)| String::from_utf8_lossy(&content).into_owned()));
    for file in &files {
        for secret in &secrets() {
            assert!(!leaks(file, secret));
        }
    }
    // The attribution itself is there.
    assert!(files[1].contains("— an official of جمهورية الجنوب, on condition of anonymity"));
}

/// The control: planted in each form, it is found.
#[test]
fn a_leak_is_found_in_every_form() {
    let readout = signed(document());
    let (page, json) = (readout.to_html(&Words::default()), readout.to_json());
    for secret in &secrets()[1..3] {
        let bytes = [&b"x"[..], secret].concat();
        let forms = [
            hex(secret),
            hex(secret).to_uppercase(),
            STANDARD.encode(secret),
            URL_SAFE_NO_PAD.encode(&bytes),
            STANDARD.encode([&b"x"[..], &bytes, b"after"].concat()),
        ];
        for form in forms {
            assert!(leaks(
                &page.replace("<h1", &format!("<h1 id=\"{form}\"")),
                secret
            ));
            assert!(leaks(&json.replace("Geneva", &form), secret));
            // Within a file that is a link of the page.
            let planted = STANDARD.encode(format!("Readout {form}."));
            assert!(leaks(
                &page.replace(";base64,", &format!(";base64,{planted}\" x=\";base64,")),
                secret
            ));
        }
    }
    assert!(leaks(
        &page.replace("Geneva", OFFICIAL),
        OFFICIAL.as_bytes()
    ));
    assert!(!leaks(&page, OFFICIAL.as_bytes()));
    // One who is named is found too: the head whose key signed.
    assert!(leaks(&page, &key("head of the south").public()));
}
