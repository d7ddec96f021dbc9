//! The TypeScript of the wire messages, from the Rust that the server compiles.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use incamera_wire as wire;
use ts_rs::TS;

use crate::sh::{self, say};

const PLACE: &str = "web/src/wire";

/// Writes `web/src/wire`, or with `check` only compares it.
pub(crate) fn codegen(check: bool) -> Result<()> {
    let fresh = generate()?;
    let place = sh::root().join(PLACE);
    if check {
        let differing = differences(&fresh, &read(&place)?);
        if !differing.is_empty() {
            bail!(
                "{PLACE} isn't what crates/wire says ({}): run `cargo xtask codegen` and commit",
                differing.join(", ")
            );
        }
        say("codegen: up to date");
        return Ok(());
    }
    if place.exists() {
        fs::remove_dir_all(&place)?;
    }
    fs::create_dir_all(&place)?;
    for (name, text) in &fresh {
        fs::write(place.join(name), text)?;
    }
    say(&format!("codegen: {} files in {PLACE}", fresh.len()));
    Ok(())
}

type Files = BTreeMap<String, String>;

fn generate() -> Result<Files> {
    let folder = tempfile::tempdir()?;
    let config = ts_rs::Config::new().with_out_dir(folder.path());
    wire::ClientMessage::export_all(&config)?;
    wire::ServerMessage::export_all(&config)?;
    wire::NewTalk::export_all(&config)?;
    wire::DestroyTalk::export_all(&config)?;
    wire::RegisterGroup::export_all(&config)?;
    wire::FoundGroup::export_all(&config)?;
    wire::PublishReadout::export_all(&config)?;
    wire::Published::export_all(&config)?;
    wire::ServerInfo::export_all(&config)?;
    wire::ApiError::export_all(&config)?;
    let mut files = read(folder.path())?;
    files.insert("constants.ts".to_owned(), constants());
    let index = index(&files);
    files.insert("index.ts".to_owned(), index);
    Ok(files)
}

fn constants() -> String {
    let mut text = HEADER.to_owned();
    for (name, value) in [
        ("PROTOCOL_VERSION", usize::from(wire::PROTOCOL_VERSION)),
        ("MAX_ENTRY_BYTES", wire::MAX_ENTRY_BYTES),
        ("MAX_RECORD_ENTRY_BYTES", wire::MAX_RECORD_ENTRY_BYTES),
        ("MAX_EPHEMERAL_BYTES", wire::MAX_EPHEMERAL_BYTES),
        ("MAX_FRAME_BYTES", wire::MAX_FRAME_BYTES),
        ("MAX_SDP_BYTES", wire::MAX_SDP_BYTES),
        ("MAX_SUBSCRIPTIONS", wire::MAX_SUBSCRIPTIONS),
    ] {
        let _ = writeln!(text, "export const {name} = {value};");
    }
    text
}

fn index(files: &Files) -> String {
    let mut text = HEADER.to_owned();
    text.push_str("export * from \"./constants\";\n");
    for name in files.keys().filter_map(|name| name.strip_suffix(".ts")) {
        if name != "constants" {
            let _ = writeln!(text, "export type {{ {name} }} from \"./{name}\";");
        }
    }
    text
}

const HEADER: &str = "// Generated from crates/wire by `cargo xtask codegen`.\n";

fn read(folder: &Path) -> Result<Files> {
    let mut files = Files::new();
    if !folder.exists() {
        return Ok(files);
    }
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let text = fs::read_to_string(entry.path()).with_context(|| name.clone())?;
        files.insert(name, text);
    }
    Ok(files)
}

fn differences(fresh: &Files, kept: &Files) -> Vec<String> {
    let names = fresh.keys().chain(kept.keys());
    let mut differing: Vec<String> = names
        .filter(|name| fresh.get(*name) != kept.get(*name))
        .cloned()
        .collect();
    differing.sort();
    differing.dedup();
    differing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_difference_is_found() {
        let files = |list: &[(&str, &str)]| -> Files {
            list.iter()
                .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
                .collect()
        };
        let fresh = files(&[("A.ts", "1"), ("B.ts", "2"), ("C.ts", "3")]);
        assert!(differences(&fresh, &fresh).is_empty());
        let kept = files(&[("A.ts", "1"), ("B.ts", "old"), ("D.ts", "4")]);
        assert_eq!(differences(&fresh, &kept), ["B.ts", "C.ts", "D.ts"]);
    }

    #[test]
    fn all_messages_are_generated() {
        let files = generate().unwrap();
        assert!(files["index.ts"].contains("export type { ServerMessage }"));
        assert!(
            files["ServerMessage.ts"].contains("\"caught_up\"")
                || files["ServerMessage.ts"].contains("caught_up")
        );
        assert!(files["constants.ts"].contains("PROTOCOL_VERSION = 3"));
    }
}
