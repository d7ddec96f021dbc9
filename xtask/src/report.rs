//! Reports that are committed: docs/reports, with the day and the machine.

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::measure;
use crate::sh::{self, say};

/// Where the browser tests write how long coming back took.
const RECOVERY: &str = "target/recovery.json";

/// Writes docs/reports/DAY-NAME.md.
pub(crate) fn keep(name: &str, text: &str) -> Result<()> {
    let day = today()?;
    let machine = measure::machine()?;
    let about = format!(
        "# {}: {day}\n\nMachine: {} of {}, shared; development build. Made by `cargo xtask {name}`.\n\n{text}",
        title(name),
        machine["count"],
        machine["processor"]
            .as_str()
            .unwrap_or("an unnamed processor"),
    );
    write(&format!("{day}-{name}.md"), &about)
}

/// Writes docs/reports/DAY-NAME.json.
pub(crate) fn keep_json(name: &str, report: &Value) -> Result<()> {
    let text = serde_json::to_string_pretty(report)?;
    write(&format!("{}-{name}.json", today()?), &(text + "\n"))
}

/// How long coming back took after each fault, as the browser tests measured it last.
pub(crate) fn staying() -> Result<()> {
    let file = sh::root().join(RECOVERY);
    let text = std::fs::read_to_string(file).with_context(|| {
        format!("{RECOVERY} isn't there; run `cargo xtask test browsers --only 80` first")
    })?;
    let table = recoveries(&serde_json::from_str(&text)?)?;
    say(&table);
    keep("staying", &table)
}

/// One row for each fault and browser: how often it was made, and the slowest time.
fn recoveries(report: &Value) -> Result<String> {
    let mut rows: Vec<(String, usize, [f64; 4])> = Vec::new();
    for entry in report.as_array().context("the report is no list")? {
        let word = |name: &str| entry[name].as_str().unwrap_or("?").to_owned();
        let number = |name: &str| entry[name].as_f64().unwrap_or(0.0);
        let what = format!("{} | {}", word("fault"), word("browser"));
        let times = [
            number("recovery_ms"),
            number("seen_and_heard_ms"),
            number("picture_stood_ms"),
            number("limit_ms"),
        ];
        match rows.iter_mut().find(|(it, _, _)| *it == what) {
            Some((_, count, slowest)) => {
                *count += 1;
                for (most, time) in slowest.iter_mut().zip(times) {
                    *most = most.max(time);
                }
            }
            None => rows.push((what, 1, times)),
        }
    }
    if rows.is_empty() {
        bail!("the report has no fault");
    }
    let mut table = "Slowest of each. \"Back\" is from the fault, or from its end where it says so, until frames of everybody\n\
         are decoded again; \"seen and heard\" is until the known picture and tone are there.\n\n\
         | Fault | Browser | Times | Back | Seen and heard | Picture stood still | Limit |\n\
         | --- | --- | --- | --- | --- | --- | --- |\n"
        .to_owned();
    for (what, count, [back, whole, stood, limit]) in rows {
        let second = |ms: f64| format!("{:.2} s", ms / 1000.0);
        table += &format!(
            "| {what} | {count} | {} | {} | {} | {} |\n",
            second(back),
            second(whole),
            second(stood),
            second(limit)
        );
    }
    Ok(table)
}

fn write(name: &str, text: &str) -> Result<()> {
    let path = sh::root().join("docs/reports").join(name);
    std::fs::write(&path, text).with_context(|| format!("{}", path.display()))?;
    say(&format!("report: docs/reports/{name}"));
    Ok(())
}

fn today() -> Result<String> {
    Ok(sh::output(sh::command("date", ["-u", "+%F"]))?
        .trim()
        .to_owned())
}

fn title(name: &str) -> &str {
    match name {
        "soak" => "A long conversation",
        "staying" => "Coming back after a fault",
        name => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_slowest_of_each_fault_is_told() {
        let entry = |ms: u64| {
            json!({ "fault": "socket reset", "browser": "firefox", "recovery_ms": ms,
                "seen_and_heard_ms": 900, "picture_stood_ms": 50, "limit_ms": 3000 })
        };
        let table = recoveries(&json!([entry(300), entry(1250), entry(20)])).unwrap();
        let row = table.lines().last().unwrap();
        assert_eq!(
            row,
            "| socket reset | firefox | 3 | 1.25 s | 0.90 s | 0.05 s | 3.00 s |"
        );
        assert!(recoveries(&json!([])).is_err());
    }
}
