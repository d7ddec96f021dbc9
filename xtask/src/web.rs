//! The page.

use anyhow::Result;

use crate::sh::{self, say};
use crate::stamp::Stamp;
use crate::tools;
use crate::wasm;

/// Where the page is put, relative to the root; the binary embeds it.
pub(crate) const DIST: &str = "web/dist";

/// Builds the page unless nothing changed.
pub(crate) fn build() -> Result<()> {
    wasm::build(wasm::Toolchain::Auto, false)?;
    tools::npm_ci("web")?;
    let mut stamp = Stamp::new(sh::PAGE_STAMP);
    for path in INPUTS {
        stamp.path(path)?;
    }
    let stamp = stamp.finish();
    let out = sh::root().join(DIST);
    if stamp.is_fresh(&out.join("index.html")) {
        say("page: up to date");
        return Ok(());
    }
    say("page: building");
    let mut vite = sh::command(
        "node",
        ["node_modules/vite/bin/vite.js", "build", "--logLevel=warn"],
    );
    vite.current_dir(sh::root().join("web"));
    sh::run(vite)?;
    stamp.keep()?;
    Ok(())
}

const INPUTS: [&str; 7] = [
    "web/src",
    "web/public",
    "web/index.html",
    "web/package-lock.json",
    "web/vite.config.ts",
    "web/svelte.config.js",
    "web/tsconfig.json",
];
