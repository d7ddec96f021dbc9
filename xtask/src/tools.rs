//! Programs that the project needs and cargo doesn't bring.

use anyhow::{Result, bail};

use crate::sh::{self, say};
use crate::stamp::Stamp;

/// A file or program, and the Debian package that has it.
pub(crate) struct Tool {
    program: &'static str,
    package: &'static str,
}

impl Tool {
    pub(crate) const fn new(program: &'static str, package: &'static str) -> Self {
        Self { program, package }
    }
}

pub(crate) const RUSTC_WEB: Tool = Tool {
    program: "/usr/bin/rustc",
    package: "rustc-web",
};
pub(crate) const RUST_WEB_SRC: Tool = Tool {
    program: "/usr/lib/rustlib/src/rust/library/std/Cargo.toml",
    package: "rust-web-src",
};
pub(crate) const WASM_LD: Tool = Tool {
    program: "wasm-ld",
    package: "lld",
};
pub(crate) const CHROMIUM: Tool = Tool {
    program: "/usr/bin/chromium",
    package: "chromium",
};
pub(crate) const FIREFOX: Tool = Tool {
    program: "/usr/bin/firefox-esr",
    package: "firefox-esr",
};
pub(crate) const IP: Tool = Tool {
    program: "ip",
    package: "iproute2",
};

/// Verifies signed readouts in tests, as people do.
pub(crate) const OPENSSL: Tool = Tool {
    program: "openssl",
    package: "openssl",
};

/// The allocator is built with it, see docs/decisions/0007.
const MAKE: Tool = Tool {
    program: "make",
    package: "make",
};

/// What building the program needs beside Rust and a C compiler.
pub(crate) fn ensure_for_building() -> Result<()> {
    ensure(&[MAKE])
}

/// Installs what is missing if this runs as root, else says what to install.
pub(crate) fn ensure(tools: &[Tool]) -> Result<()> {
    let missing: Vec<&str> = tools
        .iter()
        .filter(|tool| !sh::has(tool.program))
        .map(|tool| tool.package)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let names = missing.join(" ");
    if !is_root()? || !sh::has("apt-get") {
        bail!("please install: {names} (Debian: `sudo apt-get install {names}`)");
    }
    say(&format!("installing {names}"));
    let apt = |args: &[&str]| {
        let mut command = sh::command("apt-get", args);
        command.env("DEBIAN_FRONTEND", "noninteractive");
        sh::run(command)
    };
    apt(&["-qq", "update"])?;
    let mut install = vec!["-qq", "-y", "--no-install-recommends", "install"];
    install.extend(missing);
    apt(&install)
}

/// Whether this runs as root.
pub(crate) fn is_root() -> Result<bool> {
    Ok(sh::output(sh::command("id", ["-u"]))?.trim() == "0")
}

/// Installs the npm packages of a folder, unless its lock file is as it was.
pub(crate) fn npm_ci(folder: &str) -> Result<()> {
    if !sh::has("npm") {
        bail!("please install Node.js 20 or newer with npm");
    }
    let mut stamp = Stamp::new(&format!("{folder}/node_modules/.installed"));
    stamp.path(&format!("{folder}/package-lock.json"))?;
    let stamp = stamp.finish();
    let made = sh::root().join(folder).join("node_modules");
    if stamp.is_fresh(&made) {
        return Ok(());
    }
    say(&format!("npm ci in {folder}"));
    let mut command = sh::command("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
    command.current_dir(sh::root().join(folder));
    sh::run(command)?;
    stamp.keep()
}
