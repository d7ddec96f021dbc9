//! The page.

use anyhow::Result;

use crate::sh::{self, say};
use crate::stamp::Stamp;
use crate::tools;
use crate::wasm;

/// What the page is built for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// For people: what the binary embeds.
    Production,
    /// For browser tests: the same, with statistics to read.
    EndToEnd,
}

impl Mode {
    fn name(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::EndToEnd => "e2e",
        }
    }

    /// Where the page is put, relative to the root.
    pub(crate) fn out(self) -> &'static str {
        match self {
            Self::Production => "web/dist",
            Self::EndToEnd => "target/web-e2e",
        }
    }
}

/// Builds the page unless nothing changed.
pub(crate) fn build(mode: Mode) -> Result<()> {
    wasm::build(wasm::Toolchain::Auto, false)?;
    tools::npm_ci("web")?;
    let mut stamp = Stamp::new(&format!("target/web-inputs-{}", mode.name()));
    for path in INPUTS {
        stamp.path(path)?;
    }
    let stamp = stamp.finish();
    let out = sh::root().join(mode.out());
    if stamp.is_fresh(&out.join("index.html")) {
        say(&format!("page ({}): up to date", mode.name()));
        return Ok(());
    }
    say(&format!("page ({}): building", mode.name()));
    let mut vite = sh::command(
        "node",
        ["node_modules/vite/bin/vite.js", "build", "--logLevel=warn"],
    );
    vite.current_dir(sh::root().join("web"));
    vite.args(["--mode", mode.name(), "--emptyOutDir", "--outDir"])
        .arg(&out);
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
