//! `cargo xtask fuzz`: libFuzzer over the fuzz bodies that the crates export.

use anyhow::{Result, bail};

use crate::sh::{self, say};

/// Runs one target, or each of them, for some seconds.
pub(crate) fn fuzz(target: Option<&str>, seconds: u32) -> Result<()> {
    if sh::output(sh::cargo(["fuzz", "--version"])).is_err() {
        say("installing cargo-fuzz (about two minutes)");
        sh::run(sh::cargo(["install", "cargo-fuzz", "--locked", "--quiet"]))?;
    }
    let list = sh::output(cargo_fuzz(&["list"]))?;
    let targets: Vec<&str> = list
        .lines()
        .filter(|name| target.is_none_or(|it| it == *name))
        .collect();
    if targets.is_empty() {
        bail!("no such target; there are: {}", list.replace('\n', " "));
    }
    for name in targets {
        say(&format!("fuzz: {name} for {seconds} s"));
        // What it finds new goes to fuzz/found, so that the committed corpus stays small.
        let found = format!("fuzz/found/{name}");
        std::fs::create_dir_all(sh::root().join(&found))?;
        let seeds = format!("fuzz/corpus/{name}");
        let time = format!("-max_total_time={seconds}");
        sh::run(cargo_fuzz(&[
            "run",
            "--features",
            name.split('_').next().unwrap_or(name),
            name,
            &found,
            &seeds,
            "--",
            &time,
            "-rss_limit_mb=2048",
            "-max_len=70000",
        ]))?;
    }
    Ok(())
}

fn cargo_fuzz(args: &[&str]) -> std::process::Command {
    let mut command = sh::cargo(["fuzz"]);
    command.args(args);
    // The sanitizer's flags are for nightly compilers; this lets a stable one take them.
    command.env("RUSTC_BOOTSTRAP", "1");
    command
}
