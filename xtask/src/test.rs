//! `cargo xtask test`: every test there is.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use clap::ValueEnum;

use crate::netns;
use crate::run;
use crate::sh::{self, say};
use crate::soak;
use crate::tools;
use crate::verify;
use crate::web;

/// A part of the tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Step {
    /// All crates; fuzz corpora are replayed among them.
    Rust,
    /// A minute of a long conversation, and faults that it has to find.
    Soak,
    /// A verifier in another language judges what founds and governs a talk as the crates do.
    Verify,
    /// Type checks and unit tests of the page.
    Page,
    /// Whole conferences in Chromium and Firefox.
    Browsers,
}

/// Runs the steps named, or all, and prints the sum as its last line.
pub(crate) fn test(steps: &[Step], only: Option<&str>) -> Result<()> {
    tools::ensure_for_building()?;
    let mut report = Report::default();
    all(&mut report, steps, only);
    report.finish()
}

/// Runs the steps named, or all.
pub(crate) fn all(report: &mut Report, steps: &[Step], only: Option<&str>) {
    let wanted = |step| steps.is_empty() || steps.contains(&step);
    if wanted(Step::Rust) {
        report.step("tests: crates", || {
            tools::ensure(&[tools::OPENSSL])?;
            let mut command = sh::cargo(["test", "--workspace", "--no-fail-fast"]);
            command.env("CARGO_TERM_COLOR", "never");
            counted(command)
        });
        // The wiretap's control: participants that don't seal, and the same tap finds them.
        report.step("tests: unsealed", || {
            // The whole workspace, or other crates would be built once more with other features.
            let mut command = sh::cargo(["test", "--workspace", "--test=conference"]);
            command.arg("--features=incamera-client/test-unsealed");
            command.env("CARGO_TERM_COLOR", "never");
            counted(command)
        });
    }
    if wanted(Step::Soak) {
        report.step("tests: soak", || soak::short().map(Outcome::passed));
    }
    if wanted(Step::Verify) {
        report.step("tests: verifier", || counted(verify::command()?));
    }
    if wanted(Step::Page) {
        report.step("page: build", || web::build().map(none));
        report.step("page: types", || npm("check").map(none));
        report.step("tests: page", || {
            let mut command = sh::command("npm", ["run", "--silent", "test"]);
            command.current_dir(sh::root().join("web"));
            counted(command)
        });
    }
    if wanted(Step::Browsers) {
        report.step("tests: browsers", || browsers(only));
    }
}

fn npm(script: &str) -> Result<()> {
    let mut command = sh::command("npm", ["run", "--silent", script]);
    command.current_dir(sh::root().join("web"));
    sh::run(command)
}

fn browsers(only: Option<&str>) -> Result<Outcome> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(sh::root().join("web/e2e/tests"))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".test.mjs") && only.is_none_or(|part| name.contains(part)) {
            files.push(format!("web/e2e/tests/{name}"));
        }
    }
    files.sort();
    if files.is_empty() {
        bail!(
            "no browser test has {:?} in its name",
            only.unwrap_or_default()
        );
    }
    let scratch = tempfile::tempdir()?;
    let programs = Programs::build()?;
    let test_server = test_server()?;
    let mut sum = Outcome::default();
    let mut times = Vec::new();
    // One at a time: each test has up to four browsers, and there may be two cores.
    for file in files {
        let mut command = programs.drive(&["--test", "--test-reporter=spec", &file])?;
        command.env("TMPDIR", scratch.path());
        command.env("INCAMERA_TEST_SERVER", &test_server);
        let start = now();
        let outcome = counted(command)?;
        times.push((file, now() - start, outcome.failed));
        sum.tally.passed += outcome.tally.passed;
        sum.tally.failed += outcome.tally.failed;
        sum.failed |= outcome.failed;
    }
    for (file, time, failed) in times {
        let state = if failed { "  FAILED" } else { "" };
        println!("{file:<46} {:>6.1} s{state}", time.as_secs_f32());
    }
    Ok(sum)
}

/// Takes the pictures of the README, into docs/pictures.
pub(crate) fn pictures() -> Result<()> {
    let mut command = with_browsers(&["web/e2e/pictures.mjs"])?;
    command.env("INCAMERA_PICTURES", sh::root().join("docs/pictures"));
    sh::run(command)
}

/// What a file in web/e2e/measure writes: how long something takes in a browser.
pub(crate) fn measured(file: &str) -> Result<serde_json::Value> {
    let scratch = tempfile::tempdir()?;
    let report = scratch.path().join("measured.json");
    let mut command = with_browsers(&["--test", &format!("web/e2e/measure/{file}")])?;
    command.env("TMPDIR", scratch.path());
    command.env("INCAMERA_MEASURED", &report);
    sh::run(command)?;
    Ok(serde_json::from_str(&std::fs::read_to_string(report)?)?)
}

/// `node args…` in a network namespace, with everything built that drives browsers.
fn with_browsers(args: &[&str]) -> Result<std::process::Command> {
    Programs::build()?.drive(args)
}

/// What drives browsers, and what they reach.
struct Programs {
    binary: String,
    impair: String,
}

impl Programs {
    fn build() -> Result<Self> {
        tools::ensure(&[tools::CHROMIUM, tools::FIREFOX])?;
        tools::npm_ci("web/e2e")?;
        web::build()?;
        Ok(Self {
            binary: run::build_binary()?,
            impair: run::build_program("incamera-impair")?,
        })
    }

    /// `node args…` in a network namespace.
    fn drive(&self, args: &[&str]) -> Result<std::process::Command> {
        // What never ends is ended, and fails: a browser test has at most minutes of its own.
        let limited = [&["--kill-after=10", "1200", "node"], args].concat();
        let mut command = netns::command("timeout", &limited)?;
        command.env("INCAMERA_BINARY", &self.binary);
        command.env("INCAMERA_IMPAIR", &self.impair);
        Ok(command)
    }
}

/// Builds the server with the hooks that a wiretap test needs, and returns its path.
fn test_server() -> Result<String> {
    say("test server: building");
    let mut command = sh::cargo(["build", "--quiet", "--workspace"]);
    command.args([
        "--features=incamera-server/test-hooks",
        "--example=incamera-testserver",
    ]);
    sh::run(command)?;
    let target = std::env::var("CARGO_TARGET_DIR").unwrap_or("target".into());
    let example = sh::root()
        .join(target)
        .join("debug/examples/incamera-testserver");
    Ok(example.display().to_string())
}

fn none((): ()) -> Outcome {
    Outcome::default()
}

fn counted(mut command: std::process::Command) -> Result<Outcome> {
    command.env("NO_COLOR", "1");
    let (success, output) = sh::tee(command)?;
    let tally = Tally::read(&output);
    if success && tally.passed == 0 {
        bail!("no test ran");
    }
    Ok(Outcome {
        tally,
        failed: !success,
    })
}

/// How many tests did what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    passed: u64,
    failed: u64,
}

impl Tally {
    /// Sums the closing lines of cargo test, vitest and node's test runner.
    fn read(output: &str) -> Self {
        let mut tally = Self::default();
        for line in output.lines() {
            let line = line.trim();
            if let Some(rest) = line.strip_prefix("test result: ") {
                tally.passed += before(rest, "passed");
                tally.failed += before(rest, "failed");
            } else if let Some(rest) = line.strip_prefix("Tests ") {
                tally.passed += before(rest, "passed");
                tally.failed += before(rest, "failed");
            } else if let Some(rest) = line.strip_prefix('\u{2139}') {
                let mut words = rest.split_whitespace();
                let count =
                    |word: Option<&str>| word.and_then(|word| word.parse().ok()).unwrap_or(0);
                match words.next() {
                    Some("pass") => tally.passed += count(words.next()),
                    Some("fail" | "cancelled") => tally.failed += count(words.next()),
                    _ => {}
                }
            }
        }
        tally
    }
}

/// The number that stands before a word.
fn before(line: &str, word: &str) -> u64 {
    let words: Vec<&str> = line
        .split([' ', ';', '.'])
        .filter(|word| !word.is_empty())
        .collect();
    let at = words.iter().position(|here| *here == word);
    at.and_then(|at| words.get(at.checked_sub(1)?)?.parse().ok())
        .unwrap_or(0)
}

/// What came of a step.
#[derive(Default)]
pub(crate) struct Outcome {
    tally: Tally,
    failed: bool,
}

impl Outcome {
    fn passed(passed: u64) -> Self {
        let tally = Tally { passed, failed: 0 };
        Self {
            tally,
            failed: false,
        }
    }
}

/// The steps so far, their times and what came of them.
#[derive(Default)]
pub(crate) struct Report {
    lines: Vec<(String, Duration, Option<String>)>,
    tally: Tally,
}

impl Report {
    /// Runs a step; the following ones run whatever comes of it.
    pub(crate) fn step(&mut self, name: &str, work: impl FnOnce() -> Result<Outcome>) {
        say(&format!("== {name}"));
        let start = now();
        let fault = match work() {
            Ok(outcome) => {
                self.tally.passed += outcome.tally.passed;
                self.tally.failed += outcome.tally.failed;
                outcome
                    .failed
                    .then(|| format!("{} failed", outcome.tally.failed))
            }
            Err(error) => Some(format!("{error:#}")),
        };
        if let Some(fault) = &fault {
            say(&format!("{name}: {fault}"));
        }
        self.lines.push((name.to_owned(), now() - start, fault));
    }

    /// Runs a step that counts nothing.
    pub(crate) fn check(&mut self, name: &str, work: impl FnOnce() -> Result<()>) {
        self.step(name, || work().map(none));
    }

    /// Prints the table and the sum; a step that failed fails the whole.
    pub(crate) fn finish(self) -> Result<()> {
        println!();
        for (name, time, fault) in &self.lines {
            let state = fault
                .as_deref()
                .map_or("ok".to_owned(), |fault| format!("FAILED: {fault}"));
            println!("{name:<24} {:>7.1} s  {state}", time.as_secs_f32());
        }
        let broken = self
            .lines
            .iter()
            .filter(|(_, _, fault)| fault.is_some())
            .count();
        println!("{} passed, {} failed", self.tally.passed, self.tally.failed);
        if broken > 0 {
            bail!("{broken} of {} steps failed", self.lines.len());
        }
        Ok(())
    }
}

#[expect(clippy::disallowed_methods, reason = "times the steps for people")]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(output: &str, passed: u64, failed: u64) {
        assert_eq!(Tally::read(output), Tally { passed, failed });
    }

    #[test]
    fn closing_lines_are_summed() {
        check(
            "test result: ok. 5 passed; 0 failed; 1 ignored; 0 measured",
            5,
            0,
        );
        check("test result: FAILED. 4 passed; 2 failed; 0 ignored", 4, 2);
        check("      Tests  12 passed (12)", 12, 0);
        check("      Tests  1 failed | 11 passed (12)", 11, 1);
        check(
            "\u{2139} pass 7\n\u{2139} fail 2\n\u{2139} cancelled 1\n\u{2139} skipped 0",
            7,
            3,
        );
        check("nothing of the sort: 3 passed by", 0, 0);
    }

    #[test]
    fn a_step_that_fails_fails_the_whole() {
        let mut report = Report::default();
        report.check("good", || Ok(()));
        assert!(report.finish().is_ok());
        let mut report = Report::default();
        report.check("bad", || bail!("broken"));
        report.check("good", || Ok(()));
        assert_eq!(
            report.finish().unwrap_err().to_string(),
            "1 of 2 steps failed"
        );
    }
}
