//! Readouts as files: what OpenSSL says of them, and that they come back from JSON and page.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use common::*;
use incamera_papers::readout::{Readout, ReadoutError, Signature, Words, readout_id};
use incamera_talk::life::Document;
use incamera_talk::two_keys::DelegationIndex;
use tempfile::TempDir;

fn written(readout: &Readout) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in readout.files() {
        fs::write(folder.path().join(name), content).unwrap();
    }
    folder
}

/// The files that a page has as links.
fn files_of(page: &str) -> Vec<(String, Vec<u8>)> {
    let links = page.split("<a download=\"").skip(1).map(|rest| {
        let (name, rest) = rest.split_once('"').unwrap();
        let (_, rest) = rest.split_once(";base64,").unwrap();
        let (content, _) = rest.split_once('"').unwrap();
        (name.to_owned(), STANDARD.decode(content).unwrap())
    });
    links.collect()
}

#[test]
fn openssl_verifies_what_was_signed_and_nothing_else() {
    let readout = signed(document());
    let folder = written(&readout);
    let (path, commands) = (folder.path(), [readout.command(0), readout.command(1)]);
    for command in &commands {
        assert!(verifies(path, command));
    }
    let text = readout.text().as_bytes().to_vec();
    let changed = |what: &Path, bytes: &[u8]| {
        fs::write(what, bytes).unwrap();
        assert!(!verifies(path, &commands[0]), "{}", what.display());
    };
    let file = path.join("readout.txt");
    for at in 0..text.len() {
        let mut other = text.clone();
        other[at] ^= 1 << (at % 8);
        changed(&file, &other);
    }
    changed(&file, &[&text[..], b"\n"].concat());
    changed(&file, &text[..text.len() - 1]);
    changed(&file, &text[1..]);
    fs::write(&file, &text).unwrap();
    let signature = readout.signatures()[0].signature;
    for at in 0..64 {
        let mut other = signature;
        other[at] ^= 1 << (at % 8);
        changed(&path.join("a.sig"), &other);
    }
    // The other side's signature isn't this side's.
    changed(&path.join("a.sig"), &readout.signatures()[1].signature);
    fs::write(path.join("a.sig"), signature).unwrap();
    assert!(verifies(path, &commands[0]));
}

#[test]
fn a_readout_comes_back_from_json() {
    let json = signed(document()).to_json();
    let again = Readout::from_json(&json).unwrap();
    assert_eq!(again.to_json(), json);
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["text"], signed(document()).text());
    assert_eq!(
        value["document"]["paragraphs"][3]["attribution"]["is"],
        "anonymous"
    );
    assert_eq!(value["signatures"][0]["delegation"], 0);
}

#[test]
fn a_readout_is_only_what_was_signed() {
    let json = signed(document()).to_json();
    let refused = |from: &str, to: &str, why| {
        assert!(json.contains(from), "{from}");
        let fault = Readout::from_json(&json.replace(from, to)).err();
        assert_eq!(fault, Some(why), "{from}");
    };
    refused("40 000 t", "45 000 t", ReadoutError::Signature);
    refused("Northern Coast", "Northern Coasts", ReadoutError::Signature);
    refused(
        "\"position\":41",
        "\"position\":42",
        ReadoutError::Signature,
    );
    refused("1777800600000", "0", ReadoutError::Signature);
    refused("Herring rests", "[Herring rests]", ReadoutError::Document);
    refused(
        "\"delegation\":1,\"key\"",
        "\"delegation\":2,\"key\"",
        ReadoutError::Delegation,
    );
    refused(
        "InCamera 1 readout\",\"talk",
        "InCamera 2 readout\",\"talk",
        ReadoutError::Malformed,
    );
    // What stands there for other programs isn't believed.
    let text = json
        .replace("-----BEGIN", "x")
        .replace("\"text\":\"InCamera", "\"text\":\"Other");
    assert_eq!(Readout::from_json(&text).unwrap().to_json(), json);
    for malformed in ["", "{}", "[]", "null"] {
        assert_eq!(
            Readout::from_json(malformed).err(),
            Some(ReadoutError::Malformed)
        );
    }
}

#[test]
fn a_readout_needs_its_signatures() {
    let signatures = signed(document()).signatures().to_vec();
    let fault =
        |document: Document, signatures| Readout::new(heading(), document, signatures).err();
    assert_eq!(fault(document(), signatures.clone()), None);
    assert_eq!(fault(document(), vec![]), Some(ReadoutError::Unsigned));
    assert_eq!(
        fault(document(), signatures.repeat(33)),
        Some(ReadoutError::Unsigned)
    );
    let swapped = Signature {
        key: signatures[1].key,
        ..signatures[0]
    };
    assert_eq!(
        fault(document(), vec![swapped]),
        Some(ReadoutError::Signature)
    );
    let mut other = document();
    other.paragraphs[3].attribution = incamera_talk::life::Attribution::Anonymous {
        delegation: DelegationIndex(2),
    };
    assert_eq!(fault(other, signatures), Some(ReadoutError::Delegation));
}

#[test]
fn a_second_signature_of_a_side_has_files_of_its_own() {
    let mut signatures = signed(document()).signatures().to_vec();
    let second = key("second head of the north");
    let signature = second.sign_raw(signed(document()).text().as_bytes());
    signatures.push(Signature {
        delegation: NORTH,
        key: second.public(),
        signature,
    });
    let readout = Readout::new(heading(), document(), signatures).unwrap();
    let names: Vec<String> = readout.files().into_iter().map(|(name, _)| name).collect();
    let expected = [
        "readout.txt",
        "a.pem",
        "a.sig",
        "a2.pem",
        "a2.sig",
        "b.pem",
        "b.sig",
    ];
    assert_eq!(names, expected);
    let folder = written(&readout);
    for index in 0..3 {
        assert!(verifies(folder.path(), &readout.command(index)));
    }
}

#[test]
fn a_page_has_the_files_byte_for_byte() {
    let readout = signed(document());
    let page = readout.to_html(&Words::default());
    assert_eq!(files_of(&page), readout.files());
    for index in 0..2 {
        assert!(page.contains(&readout.command(index)));
    }
    let at = |what: &str| page.find(what).unwrap_or_else(|| panic!("{what}"));
    assert!(at("Under embargo until") < at("Cod: 40 000 t"));
    assert!(at("Cod: 40 000 t") < at("three days"));
    assert!(at("three days") < at("Fingerprint"));
    assert!(at("— an official of") < at("Fingerprint"));
    assert!(page.contains("2026-05-03T09:30:00Z"));
    let rtl = Words {
        lang: "ar".into(),
        rtl: true,
        ..Words::default()
    };
    assert!(
        readout
            .to_html(&rtl)
            .contains("<html lang=\"ar\" dir=\"rtl\">")
    );
}

/// What a page would load or run.
fn active(page: &str) -> Vec<&str> {
    let marks = [
        "<script",
        "<img",
        "<link",
        "<iframe",
        "<object",
        "<form",
        "src=",
        "http://",
        "https://",
        "url(",
        "@import",
        "javascript:",
        " onload",
        " onerror",
        " onclick",
    ];
    marks
        .into_iter()
        .filter(|mark| page.contains(mark))
        .collect()
}

#[test]
fn a_page_runs_and_loads_nothing() {
    let hostile = "\"'><script src=https://x.example></script><img src=x onerror=alert(1)>&amp;";
    let mut evil = document();
    evil.headline = line(hostile);
    evil.place = line(hostile);
    evil.points[0] = line(hostile);
    evil.paragraphs[1].text = line(hostile);
    evil.paragraphs[1].attribution = incamera_talk::life::Attribution::Role {
        delegation: NORTH,
        role: line(hostile),
    };
    let words = Words {
        lang: hostile.into(),
        how: hostile.into(),
        ..Words::default()
    };
    let page = signed(evil).to_html(&words);
    let tags = |page: &str| page.matches('<').count();
    assert_eq!(
        tags(&page),
        tags(&signed(document()).to_html(&Words::default()))
    );
    assert_eq!(page.matches("&lt;script").count(), 8);
    assert!(page.contains("default-src &#39;none&#39;"));
    let benign = signed(document()).to_html(&Words::default());
    assert!(active(&benign).is_empty(), "{:?}", active(&benign));
    // The control: the same search finds what would be loaded.
    let planted = benign.replace("<h1", "<img src=\"https://x.example\"><h1");
    assert_eq!(active(&planted), ["<img", "src=", "https://"]);
}

/// The sample in docs is what the code writes; `INCAMERA_WRITE_SAMPLES=1` writes it anew.
#[test]
fn the_sample_is_current() {
    let readout = signed(document());
    let mut files = readout.files();
    files.push(("readout.json".to_owned(), readout.to_json().into_bytes()));
    files.push((
        "readout.html".to_owned(),
        readout.to_html(&Words::default()).into_bytes(),
    ));
    for (name, content) in files {
        let path = docs().join("samples/readout").join(&name);
        if std::env::var_os("INCAMERA_WRITE_SAMPLES").is_some() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, &content).unwrap();
        }
        assert!(fs::read(&path).unwrap() == content, "{name} is out of date");
    }
}

/// Exactly the commands that stand in the document, on the sample that it names.
#[test]
fn the_documented_commands_verify_the_sample() {
    let document = fs::read_to_string(docs().join("readouts.md")).unwrap();
    let blocks: Vec<&str> = document
        .split("```sh\n")
        .skip(1)
        .map(|rest| rest.split_once("```").unwrap().0)
        .collect();
    let [verify, fingerprint, address] = blocks[..] else {
        panic!("{} blocks of commands", blocks.len());
    };
    let folder = tempfile::tempdir().unwrap();
    for (name, _) in signed(self::document()).files() {
        let sample = docs().join("samples/readout").join(&name);
        fs::copy(sample, folder.path().join(&name)).unwrap();
    }
    let output = shell(folder.path(), verify);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(said, "Signature Verified Successfully\n".repeat(2));
    // The page and the document show the same fingerprint as OpenSSL.
    let said = String::from_utf8(shell(folder.path(), fingerprint).stdout).unwrap();
    let digits = said.trim().rsplit(' ').next().unwrap();
    assert_eq!(digits.len(), 64);
    let groups: Vec<&str> = (0..16).map(|n| &digits[n * 4..n * 4 + 4]).collect();
    let page = signed(self::document()).to_html(&Words::default());
    assert!(page.contains(&groups.join(" ")) && document.contains(&groups.join(" ")));
    // And the same address as the page.
    let json = fs::read_to_string(docs().join("samples/readout/readout.json")).unwrap();
    fs::write(folder.path().join("readout.json"), &json).unwrap();
    let said = String::from_utf8(shell(folder.path(), address).stdout).unwrap();
    assert_eq!(said.trim(), readout_id(&json).to_text());
    // The control: one character more, and the same commands fail.
    let text = folder.path().join("readout.txt");
    fs::write(&text, fs::read_to_string(&text).unwrap() + " ").unwrap();
    assert!(!shell(folder.path(), verify).status.success());
}

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}
