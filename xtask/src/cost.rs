//! `cargo xtask measure cost`: what a talk between delegations costs, natively and in a browser.

use anyhow::{Context, Result};
use clap::ValueEnum;
use serde_json::{Map, Value, json};

use crate::measure::machine;
use crate::sh::{self, say};
use crate::test;

const REPORT: &str = "target/measure-cost.json";
const NATIVELY: [&str; 4] = ["2", "10", "50", "200"];
/// How many ask at once, and how often.
const GUESTS: &str = "50";
const RUNS: usize = 3;

/// A part of what is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// Admitting, removing and re-keying, in computing time.
    Native,
    /// Many who ask at once and are let in by one press, over a server.
    Gathering,
    /// Admitting, removing and re-keying in Chromium.
    Browser,
}

/// Measures the parts named, or all, and writes the report.
pub(crate) fn cost(parts: &[Part]) -> Result<()> {
    let wanted = |part| parts.is_empty() || parts.contains(&part);
    let mut report = Map::from_iter([("machine".to_owned(), machine()?)]);
    if wanted(Part::Native) {
        report.insert("native".to_owned(), native()?);
    }
    if wanted(Part::Gathering) {
        let runs: Result<Vec<Value>> = (0..RUNS).map(|_| gathering()).collect();
        report.insert("gathering".to_owned(), typical(runs?)?);
    }
    if wanted(Part::Browser) {
        report.insert("browser".to_owned(), test::measured("cost.test.mjs")?);
    }
    let text = serde_json::to_string_pretty(&report)?;
    std::fs::write(sh::root().join(REPORT), &text)?;
    say(&format!("measure: {text}\nmeasure: written to {REPORT}"));
    Ok(())
}

/// Development builds: the cryptography in them is optimised (`Cargo.toml`). The whole workspace, or other crates
/// would be built once more with other features.
fn native() -> Result<Value> {
    let mut command = sh::cargo(["build", "--quiet", "--workspace", "--example=cost"]);
    command.env("CARGO_TERM_COLOR", "never");
    sh::run(command)?;
    let target = std::env::var("CARGO_TARGET_DIR").unwrap_or("target".into());
    let example = sh::root().join(target).join("debug/examples/cost");
    let computed = sh::output(sh::command(&example.display().to_string(), NATIVELY))?;
    Ok(serde_json::from_str(&computed)?)
}

fn gathering() -> Result<Value> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("gathering.json");
    let mut command = sh::cargo(["test", "--quiet", "--workspace", "--test=conference"]);
    command.args(["gathering::"]);
    command.env("INCAMERA_GUESTS", GUESTS);
    command.env("INCAMERA_MEASURED", &path);
    sh::run(command)?;
    let text = std::fs::read_to_string(&path).context("no gathering was measured")?;
    Ok(serde_json::from_str(&text)?)
}

/// The run in the middle, by when all heard all, and how long that was in each.
fn typical(mut runs: Vec<Value>) -> Result<Value> {
    let heard = |run: &Value| run["since_press_ms"]["all_heard"].as_u64();
    runs.sort_by_key(heard);
    let all: Vec<Option<u64>> = runs.iter().map(heard).collect();
    let mut middle = runs.into_iter().nth(RUNS / 2).context("no run")?;
    middle["all_heard_ms_of_each_run"] = json!(all);
    Ok(middle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_run_in_the_middle() {
        let run = |heard: u64| json!({ "since_press_ms": { "all_heard": heard } });
        let typical = typical([30, 10, 20].map(run).to_vec()).unwrap();
        assert_eq!(typical["since_press_ms"]["all_heard"], 20);
        assert_eq!(typical["all_heard_ms_of_each_run"], json!([10, 20, 30]));
    }
}
