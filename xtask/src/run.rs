//! `cargo xtask run`: from a fresh clone to a server that answers.

use std::os::unix::process::CommandExt;

use anyhow::{Context, Result};

use crate::sh::{self, say};
use crate::tools;
use crate::web;

/// Builds what is missing and becomes the server.
pub(crate) fn run(args: &[String]) -> Result<()> {
    tools::ensure_for_building()?;
    web::build()?;
    let binary = build_binary()?;
    let mut serve = sh::command(&binary, ["serve"]);
    serve.args(args);
    say(&format!("serving: incamera serve {}", args.join(" ")));
    Err(serve.exec()).context("the server can't be started")
}

/// Builds the binary and returns its path. The development profile starts soonest, and has
/// everything that a conference spends its time on, which is other people's crates, optimised.
pub(crate) fn build_binary() -> Result<String> {
    say("binary: building (about five minutes the first time)");
    // The workspace's choice of features, so that what the tests built is used again.
    sh::run(sh::cargo([
        "build",
        "--quiet",
        "--workspace",
        "--bin=incamera",
    ]))?;
    Ok(built("incamera"))
}

/// Builds a program that tests need, with the workspace's choice of features, and returns its path.
pub(crate) fn build_program(program: &str) -> Result<String> {
    let bin = format!("--bin={program}");
    sh::run(sh::cargo(["build", "--quiet", "--workspace", &bin]))?;
    Ok(built(program))
}

fn built(program: &str) -> String {
    let target = std::env::var("CARGO_TARGET_DIR").unwrap_or("target".into());
    let path = sh::root().join(target).join("debug").join(program);
    path.display().to_string()
}
