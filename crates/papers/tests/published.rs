//! A readout at an address of its own: shown only if it is what was signed and published there.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use common::*;
use incamera_model::ReadoutId;
use incamera_papers::readout::{PublishedReadout, Readout, ReadoutError, Signature, readout_id};

/// What a server that lies says at the address of its own lie.
fn refused(content: &str) -> Option<ReadoutError> {
    PublishedReadout::verify(content, readout_id(content)).err()
}

#[test]
fn what_was_published_is_shown() {
    let json = signed(document()).to_json();
    let shown = PublishedReadout::verify(&json, readout_id(&json)).unwrap();
    assert_eq!(shown.document, document());
    assert_eq!(shown.delegations, ["Northern Coast", "جمهورية الجنوب"]);
    let by: Vec<u8> = shown.signatures.iter().map(|one| one.delegation).collect();
    assert_eq!(by, [0, 1]);
    assert!(shown.signatures[0].fingerprint.starts_with("5625 9d52"));
    assert!(shown.signatures[1].command.contains("b.sig"));
    // Both heads' pages make the same bytes, whoever signed first.
    let mut other = signed(document()).signatures().to_vec();
    other.reverse();
    let other = Readout::new(heading(), document(), other).unwrap();
    assert_eq!(readout_id(&other.to_json()), readout_id(&json));
}

#[test]
fn another_content_isnt_the_addresss() {
    let json = signed(document()).to_json();
    let id = readout_id(&json);
    // Another genuine readout of the same keys.
    let mut other = document();
    other.points.pop();
    let other = signed(other).to_json();
    assert_eq!(refused(&other), None);
    let swapped = PublishedReadout::verify(&other, id).err();
    assert_eq!(swapped, Some(ReadoutError::Altered));
    let elsewhere = PublishedReadout::verify(&json, ReadoutId([0; 16])).err();
    assert_eq!(elsewhere, Some(ReadoutError::Altered));
}

#[test]
fn nothing_is_shown_that_wasnt_signed() {
    let json = signed(document()).to_json();
    assert_eq!(refused(&json), None);
    let changed = |from: &str, to: &str| {
        assert!(json.contains(from), "{from}");
        refused(&json.replacen(from, to, 1))
    };
    let (signature, altered) = (Some(ReadoutError::Signature), Some(ReadoutError::Altered));
    assert_eq!(changed("shared equally", "ours"), signature);
    assert_eq!(changed("\"text\":\"InCamera", "\"text\":\"Other"), altered);
    assert_eq!(changed("-----BEGIN", "-----Begin"), altered);
    assert_eq!(changed("{\"format\"", "{\"more\":1,\"format\""), altered);
    assert_eq!(changed("\"format\":\"InCamera 1 readout\",", ""), altered);
    assert_eq!(refused(&format!("{json}\n")), altered);
    assert_eq!(refused("{}"), Some(ReadoutError::Malformed));
}

#[test]
fn one_key_publishes_nothing() {
    let signatures = signed(document()).signatures().to_vec();
    let alone = |signatures: Vec<Signature>| {
        let readout = Readout::new(heading(), document(), signatures).unwrap();
        refused(&readout.to_json())
    };
    let unsigned = Some(ReadoutError::Unsigned);
    assert_eq!(alone(signatures.clone()), None);
    assert_eq!(alone(vec![signatures[0]]), unsigned);
    // The same key in the other's name, and twice for one side.
    let both = Signature {
        delegation: SOUTH,
        ..signatures[0]
    };
    assert_eq!(alone(vec![signatures[0], both]), unsigned);
    assert_eq!(alone(vec![signatures[0], signatures[0]]), unsigned);
}
