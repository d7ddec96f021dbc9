//! A readout that two delegations signed, and OpenSSL.

#![allow(dead_code, reason = "no test file uses all of it")]

use std::path::Path;
use std::process::{Command, Output};

use incamera_model::TalkId;
use incamera_papers::readout::{Readout, Signature};
use incamera_talk::Name;
use incamera_talk::crypto::{KeyPair, hash};
use incamera_talk::life::{Attribution, Document, Heading, Line, Paragraph};
use incamera_talk::two_keys::DelegationIndex;

pub(crate) const NORTH: DelegationIndex = DelegationIndex(0);
pub(crate) const SOUTH: DelegationIndex = DelegationIndex(1);

pub(crate) fn line<const MAX: usize>(text: &str) -> Line<MAX> {
    Line::new(text).unwrap()
}

/// The key of somebody, by what they are.
pub(crate) fn key(who: &str) -> KeyPair {
    KeyPair::from_seed(&hash(&[b"sample ", who.as_bytes()]))
}

pub(crate) fn heading() -> Heading {
    let names = ["Northern Coast", "جمهورية الجنوب"];
    Heading {
        talk: TalkId(hash(&[b"talk"])[..16].try_into().unwrap()),
        charter: hash(&[b"charter"]),
        position: 41,
        entry: hash(&[b"entry"]),
        delegations: names.map(|name| Name::new(name).unwrap()).to_vec(),
    }
}

pub(crate) fn said(text: &str, attribution: Attribution) -> Paragraph {
    Paragraph {
        text: line(text),
        attribution,
    }
}

pub(crate) fn document() -> Document {
    let (name, role) = (line("Ada Okafor"), line("Chief negotiator"));
    let by_name = Attribution::Name {
        delegation: NORTH,
        name,
        role,
    };
    let role = line("وزير المصايد");
    let by_role = Attribution::Role {
        delegation: SOUTH,
        role,
    };
    Document {
        headline: line("Both coasts agree on next year’s catch"),
        place: line("Geneva"),
        date: line("3 May 2026"),
        embargo: 1_777_800_600_000,
        points: vec![
            line("Cod: 40 000 t, shared equally."),
            line("Herring rests for one year."),
            line("Ships of both sides report their catch weekly."),
        ],
        paragraphs: vec![
            said(
                "The delegations met on three days, in one room and by video.",
                Attribution::None,
            ),
            said("“We came for fish & left with neighbours.”", by_name),
            said("اتفقنا على ما هو أهم من الأرقام.", by_role),
            said(
                "“It was close to failing on the second day.”",
                Attribution::Anonymous { delegation: SOUTH },
            ),
        ],
    }
}

pub(crate) fn signed(document: Document) -> Readout {
    let text = heading().signed_text(&document);
    let sign = |delegation, who| {
        let key = key(who);
        let signature = key.sign_raw(text.as_bytes());
        Signature {
            delegation,
            key: key.public(),
            signature,
        }
    };
    let signatures = vec![
        sign(SOUTH, "head of the south"),
        sign(NORTH, "head of the north"),
    ];
    Readout::new(heading(), document, signatures).unwrap()
}

/// Runs commands of a shell in a folder.
pub(crate) fn shell(folder: &Path, commands: &str) -> Output {
    let mut command = Command::new("sh");
    command.args(["-e", "-c", commands]).current_dir(folder);
    command.output().unwrap()
}

/// Whether a command of `openssl pkeyutl -verify` in a folder says that the signature is good.
#[track_caller]
pub(crate) fn verifies(folder: &Path, command: &str) -> bool {
    let output = shell(folder, command);
    let said = String::from_utf8_lossy(&output.stdout);
    match (output.status.code(), said.trim()) {
        (Some(0), "Signature Verified Successfully") => true,
        (Some(1), "Signature Verification Failure") => false,
        other => panic!("{other:?}: {}", String::from_utf8_lossy(&output.stderr)),
    }
}
