//! `cargo xtask ci`: everything that has to hold before a change is taken.

use anyhow::Result;

use crate::codegen;
use crate::deps;
use crate::sh;
use crate::test::{self, Report};
use crate::tools;

/// Runs it all, whatever fails on the way.
pub(crate) fn ci() -> Result<()> {
    tools::ensure_for_building()?;
    let mut report = Report::default();
    report.check("format", || sh::run(sh::cargo(["fmt", "--all", "--check"])));
    report.check("clippy", || {
        let mut command = sh::cargo(["clippy", "--workspace", "--all-targets", "--quiet"]);
        command.args(["--", "-D", "warnings"]);
        sh::run(command)
    });
    report.check("check-deps", deps::check);
    report.check("codegen", || codegen::codegen(true));
    report.check("cargo deny", deny);
    test::all(&mut report, &[], None);
    report.finish()
}

/// Bans, licences and sources; advisories need a database that isn't everywhere to be had, so
/// `deny.toml` bans the versions that are known to be bad.
fn deny() -> Result<()> {
    if sh::output(sh::cargo(["deny", "--version"])).is_err() {
        sh::say("installing cargo-deny (about three minutes)");
        sh::run(sh::cargo(["install", "cargo-deny", "--quiet"]))?;
    }
    sh::run(sh::cargo([
        "deny",
        "--log-level",
        "error",
        "check",
        "bans",
        "licenses",
        "sources",
    ]))
}
