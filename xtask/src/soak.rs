//! `cargo xtask soak`: a long conversation, and what is left of it on the server.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::report;
use crate::run;
use crate::sh::{self, say};

/// How long, and what happens.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// How long.
    #[arg(long, default_value_t = 600)]
    seconds: u64,
    /// Decides what happens.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The most people at once.
    #[arg(long, default_value_t = 5)]
    people: u32,
    /// Writes the report into docs/reports, to be committed.
    #[arg(long)]
    keep: bool,
}

/// How long the part of it that every test run has lasts.
const SHORT_SECONDS: u64 = 60;
/// How long a conversation with a planted fault lasts, in which the fault has to be found.
const PLANTED_SECONDS: u64 = 20;
/// The faults, and what the complaint about each has in it.
const PLANTS: [(&str, &str); 3] = [
    ("memory", "memory grew"),
    ("descriptors", "descriptors are open"),
    ("guest", "sockets are left"),
];

/// Holds the conversation and writes the report.
pub(crate) fn soak(options: &Options) -> Result<()> {
    let program = run::build_program("incamera-soak")?;
    let file = sh::root().join("target/soak.json");
    let mut command = converse(&program, options.seconds, &file);
    command
        .args(["--seed", &options.seed.to_string()])
        .args(["--people", &options.people.to_string()]);
    let held = sh::run(command);
    let report: Value = serde_json::from_str(
        &std::fs::read_to_string(&file).context("the conversation left no report")?,
    )?;
    let text = markdown(&report)?;
    say(&format!("soak: target/soak.json\n{text}"));
    if options.keep {
        report::keep("soak", &text)?;
        report::keep_json("soak", &report)?;
    }
    held
}

/// A minute of it, and then each fault, which has to be found; returns how many there were.
pub(crate) fn short() -> Result<u64> {
    let program = run::build_program("incamera-soak")?;
    let folder = tempfile::tempdir()?;
    sh::run(converse(
        &program,
        SHORT_SECONDS,
        &folder.path().join("soak.json"),
    ))?;
    let mut planted = Vec::new();
    for (plant, complaint) in PLANTS {
        let mut command = converse(&program, PLANTED_SECONDS, &folder.path().join(plant));
        command.args(["--plant", plant, "--people", "3"]);
        let child = command.stderr(Stdio::piped()).spawn()?;
        planted.push((plant, complaint, child));
    }
    for (plant, complaint, child) in planted {
        let output = child.wait_with_output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        if output.status.success() || !said.contains(complaint) {
            bail!("the planted fault {plant:?} wasn't found, but: {said}");
        }
    }
    Ok(1 + PLANTS.len() as u64)
}

fn converse(program: &str, seconds: u64, report: &Path) -> std::process::Command {
    let mut command = sh::command(program, ["run", "--seconds", &seconds.to_string()]);
    command.arg("--report").arg(report);
    command
}

fn markdown(report: &Value) -> Result<String> {
    let number = |path: &str| report.pointer(path).and_then(Value::as_f64).unwrap_or(0.0);
    let mega = |path: &str| format!("{:.1} MB", number(path) / 1e6);
    let happened = report["happened"].as_object().context("what happened")?;
    let happened: Vec<String> = happened
        .iter()
        .map(|(kind, count)| format!("{} {count}", kind.replace('_', " ")))
        .collect();
    let faults = report["faults"].as_array().context("the faults")?;
    let faults: Vec<&str> = faults.iter().filter_map(Value::as_str).collect();
    Ok(format!(
        "{} s, seed {}, at most {} native participants, all behind the proxy. What happened: {}.\n\n\
         | Measured | |\n| --- | --- |\n\
         | Server's memory after a warm-up of {} s, first / last / most | {} / {} / {} |\n\
         | Growth for an equal number of people / as it came, {} samples | {:.2} % / {:.2} % |\n\
         | Descriptors before / most / after | {} / {} / {} |\n\
         | Left at the end: sockets, kept connections, media sessions | {}, {}, {} |\n\
         | Media packets forwarded | {} |\n\
         | Frames that the witness opened / that didn't open | {} / {} |\n\
         | Chat messages said / read by the witness | {} / {} |\n\n\
         Faults: {}.\n",
        number("/seconds"),
        number("/seed"),
        number("/people"),
        happened.join(", "),
        number("/memory/warm_up_seconds"),
        mega("/memory/first"),
        mega("/memory/last"),
        mega("/memory/most"),
        number("/memory/samples"),
        number("/memory/growth") * 100.0,
        number("/memory/plain_growth") * 100.0,
        number("/descriptors/before"),
        number("/descriptors/most"),
        number("/descriptors/after"),
        number("/server/sockets_opened") - number("/server/sockets_closed"),
        number("/server/kept"),
        number("/server/sessions"),
        number("/server/forwarded"),
        number("/frames_opened"),
        number("/frames_refused"),
        number("/chat_said"),
        number("/chat_read"),
        if faults.is_empty() {
            "none".to_owned()
        } else {
            faults.join("; ")
        },
    ))
}
