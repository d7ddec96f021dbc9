//! Looks for a text in bytes, in every spelling in which a program might leak it.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// Which spellings of `text` stand in `bytes`.
pub(crate) fn find(text: &str, bytes: &[u8]) -> Vec<String> {
    let spellings = spellings(text);
    let mut found = vec![false; spellings.len()];
    // One look at each byte tells which spellings may begin there.
    let mut beginning = vec![Vec::new(); 256];
    for (index, (_, spelling)) in spellings.iter().enumerate() {
        beginning[usize::from(spelling[0])].push(index);
    }
    for (at, &byte) in bytes.iter().enumerate() {
        for &index in &beginning[usize::from(byte)] {
            found[index] |= bytes[at..].starts_with(&spellings[index].1);
        }
    }
    let named = spellings.into_iter().zip(found);
    named
        .filter_map(|((name, _), found)| found.then_some(name))
        .collect()
}

/// Raw, base64 in both alphabets at all three alignments, hex in both cases, UTF-16 in both orders.
pub(crate) fn spellings(text: &str) -> Vec<(String, Vec<u8>)> {
    let utf16 = |bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<_>>();
    let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    let mut spellings = vec![
        ("raw".to_owned(), text.as_bytes().to_vec()),
        ("hex".to_owned(), hex.clone().into_bytes()),
        ("HEX".to_owned(), hex.to_uppercase().into_bytes()),
        ("utf-16le".to_owned(), utf16(u16::to_le_bytes)),
        ("utf-16be".to_owned(), utf16(u16::to_be_bytes)),
    ];
    for alignment in 0..3 {
        let shifted = [&[0; 2][..alignment], text.as_bytes()].concat();
        // Characters that also hold bits of what stands before or after aren't known.
        let begin = [0, 2, 3][alignment];
        let end = shifted.len() * 8 / 6;
        for (name, engine) in [
            ("base64", &STANDARD_NO_PAD),
            ("base64url", &URL_SAFE_NO_PAD),
        ] {
            let encoded = engine.encode(&shifted)[begin..end].to_owned();
            spellings.push((format!("{name}+{alignment}"), encoded.into_bytes()));
        }
    }
    spellings
}

#[test]
fn every_spelling_is_found_wherever_it_stands() {
    let text = "Kåre Ødegård, 3 € ÿÿ>?";
    for before in 0..4 {
        let noise = vec![b'x'; before];
        let plain = [&noise, text.as_bytes(), b"after"].concat();
        let names = |bytes: &[u8]| find(text, bytes);
        assert!(names(&plain).contains(&"raw".to_owned()));
        let has = |bytes: &[u8], kind: &str| names(bytes).iter().any(|name| name.starts_with(kind));
        assert!(has(STANDARD_NO_PAD.encode(&plain).as_bytes(), "base64+"));
        assert!(has(URL_SAFE_NO_PAD.encode(&plain).as_bytes(), "base64url+"));
        assert!(names(&noise).is_empty());
    }
    for (name, spelling) in spellings(text) {
        assert!(find(text, &spelling).contains(&name), "{name}");
    }
}
