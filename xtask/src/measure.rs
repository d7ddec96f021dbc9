//! `cargo xtask measure`: what people wait for and what the server needs, in numbers.

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::run;
use crate::server::Server;
use crate::sh::{self, say};
use crate::test;

const REPORT: &str = "target/measure.json";
const RECORD_REPORT: &str = "target/measure-record.json";
const PEOPLE: [u32; 3] = [2, 10, 50];
const PUBLISHERS: u32 = 3;
const SECONDS: u32 = 20;

/// Measures natively and in browsers, and writes the report.
pub(crate) fn measure() -> Result<()> {
    let binary = run::build_binary()?;
    let mut rooms = Vec::new();
    for people in PEOPLE {
        rooms.push(room(&binary, people)?);
    }
    let page = test::measured("page.test.mjs")?;
    let report = json!({ "machine": machine()?, "native": rooms, "page": page });
    let text = serde_json::to_string_pretty(&report)?;
    std::fs::write(sh::root().join(REPORT), &text)?;
    say(&format!("measure: {text}\nmeasure: written to {REPORT}"));
    Ok(())
}

/// Measures how long a long record takes to be read and shown, and writes the report.
pub(crate) fn record() -> Result<()> {
    let page = test::measured("record.test.mjs")?;
    let report = json!({ "machine": machine()?, "page": page });
    let text = serde_json::to_string_pretty(&report)?;
    std::fs::write(sh::root().join(RECORD_REPORT), &text)?;
    say(&format!(
        "measure: {text}\nmeasure: written to {RECORD_REPORT}"
    ));
    Ok(())
}

/// A server of its own for one room: how long people take to come in, what the server's memory
/// grows by for each, and whether anything is missed.
fn room(binary: &str, people: u32) -> Result<Value> {
    let folder = tempfile::tempdir()?;
    let mut server = Server::start(binary, &folder.path().join("data").display().to_string())?;
    let empty = server.rss()?;
    let path = folder.path().join("load.json");
    let mut load = sh::command(binary, ["load", "--server", &server.url, "--rooms", "1"]);
    for (name, value) in [
        ("--people", people.to_string()),
        ("--publishers", PUBLISHERS.min(people).to_string()),
        ("--seconds", SECONDS.to_string()),
        ("--server-pid", server.id().to_string()),
        ("--report", path.display().to_string()),
    ] {
        load.arg(name).arg(value);
    }
    sh::run(load)?;
    let mut report: Value = serde_json::from_str(&std::fs::read_to_string(&path)?)?;
    server.stop()?;
    let used = report["server"]["rss_bytes"]
        .as_u64()
        .context("the load's report has no server.rss_bytes")?;
    if report["packets_forwarded"].as_u64().unwrap_or(0) == 0 {
        bail!("nothing was forwarded");
    }
    report["server"]["rss_empty_bytes"] = json!(empty);
    report["server"]["rss_bytes_per_person"] =
        json!(used.saturating_sub(empty) / u64::from(people));
    Ok(report)
}

/// The processor's name and how many there are.
pub(crate) fn machine() -> Result<Value> {
    let info = std::fs::read_to_string("/proc/cpuinfo")?;
    let model = info
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map(|rest| rest.trim_start_matches([' ', '\t', ':']).to_owned());
    let count = std::thread::available_parallelism()?.get();
    Ok(json!({ "processor": model, "count": count, "build": "dev" }))
}
