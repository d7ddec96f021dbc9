//! The end-to-end encryption for the browser.
//!
//! Two compilers can build it: rustup's with the `wasm32-unknown-unknown` target, or Debian's
//! `rustc-web` with the standard library built from `rust-web-src`. They are different compilers,
//! so their modules differ byte for byte; the name of the one that was used is left in
//! `web/src/e2ee/pkg/compiler.txt`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::ValueEnum;

use crate::sh::{self, say};
use crate::stamp::{Finished, Stamp};
use crate::tools;

const TARGET: &str = "wasm32-unknown-unknown";
const TARGET_DIR: &str = "target/wasm";
const PKG: &str = "web/src/e2ee/pkg";
const MODULE: &str = "incamera_e2ee_wasm";

/// Which compiler builds the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Toolchain {
    /// rustup's if it has the target or can get it, else Debian's; the environment variable
    /// `INCAMERA_WASM_TOOLCHAIN=debian` chooses Debian's.
    Auto,
    /// rustup's.
    Rustup,
    /// Debian's `rustc-web`, `rust-web-src` and `lld`.
    Debian,
}

/// Builds the module and its bindings, unless they are there and nothing changed.
pub(crate) fn build(toolchain: Toolchain, force: bool) -> Result<()> {
    let compiler = Compiler::choose(toolchain)?;
    let stamp = inputs(&compiler)?;
    let module = sh::root().join(PKG).join(format!("{MODULE}_bg.wasm"));
    if !force && stamp.is_fresh(&module) {
        say("wasm: up to date");
        return Ok(());
    }
    say(&format!("wasm: building with {}", compiler.version));
    sh::run(compiler.cargo())?;
    bind(&compiler)?;
    stamp.keep()?;
    let size = fs::metadata(&module)?.len();
    say(&format!("wasm: {PKG}/{MODULE}_bg.wasm, {} kB", size / 1000));
    Ok(())
}

struct Compiler {
    debian: bool,
    version: String,
}

impl Compiler {
    fn choose(toolchain: Toolchain) -> Result<Self> {
        let debian = match toolchain {
            Toolchain::Debian => true,
            Toolchain::Rustup => {
                if !rustup_target() {
                    bail!("`rustup target add {TARGET}` failed; try `--toolchain debian`");
                }
                false
            }
            Toolchain::Auto
                if std::env::var("INCAMERA_WASM_TOOLCHAIN").is_ok_and(|name| name == "debian") =>
            {
                true
            }
            Toolchain::Auto => !rustup_target(),
        };
        if debian {
            tools::ensure(&[tools::RUSTC_WEB, tools::RUST_WEB_SRC, tools::WASM_LD])?;
        }
        let rustc = if debian { "/usr/bin/rustc" } else { "rustc" };
        let version = sh::output(sh::command(rustc, ["--version"]))?
            .trim()
            .to_owned();
        Ok(Self { debian, version })
    }

    fn cargo(&self) -> Command {
        let mut command = sh::cargo(["build", "--package", "incamera-e2ee-wasm"]);
        command.args(["--lib", "--profile", "wasm"]);
        command.args(["--target", TARGET, "--target-dir", TARGET_DIR]);
        // getrandom 0.3 wants to be told that its JavaScript source is meant (its documentation,
        // "WebAssembly support"); paths of this machine don't belong in the module.
        let home = std::env::var("CARGO_HOME")
            .or_else(|_| std::env::var("HOME").map(|home| home + "/.cargo"));
        let mut flags = vec!["--cfg=getrandom_backend=\"wasm_js\"".to_owned()];
        flags.push(format!("--remap-path-prefix={}=.", sh::root().display()));
        if let Ok(home) = home {
            flags.push(format!("--remap-path-prefix={home}=cargo"));
        }
        command.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
        if self.debian {
            command.args(["-Z", "build-std=std,panic_abort"]);
            command.env("RUSTC", "/usr/bin/rustc");
            command.env("RUSTC_BOOTSTRAP", "1");
            command.env_remove("RUSTUP_TOOLCHAIN");
            command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", "wasm-ld");
        }
        command
    }
}

/// Whether rustup has the target, after asking it to get it if it hasn't.
fn rustup_target() -> bool {
    if !sh::has("rustup") {
        return false;
    }
    let installed = sh::output(sh::command("rustup", ["target", "list", "--installed"]));
    if installed.is_ok_and(|list| list.lines().any(|line| line.trim() == TARGET)) {
        return true;
    }
    sh::run(sh::command("rustup", ["target", "add", TARGET])).is_ok()
}

fn inputs(compiler: &Compiler) -> Result<Finished> {
    let mut stamp = Stamp::new("target/wasm/inputs");
    stamp.text(&compiler.version);
    for path in [
        "Cargo.toml",
        "Cargo.lock",
        "crates/model",
        "crates/talk",
        "crates/papers",
        "crates/e2ee",
        "crates/e2ee-wasm",
        "xtask/src/wasm.rs",
        "xtask/package-lock.json",
    ] {
        stamp.path(path)?;
    }
    Ok(stamp.finish())
}

fn bind(compiler: &Compiler) -> Result<()> {
    let built = sh::root()
        .join(TARGET_DIR)
        .join(TARGET)
        .join("wasm")
        .join(format!("{MODULE}.wasm"));
    // Written beside its place and moved there whole, so that a page build never sees half of it.
    let fresh = sh::root().join(TARGET_DIR).join("pkg");
    if fresh.exists() {
        fs::remove_dir_all(&fresh)?;
    }
    wasm_bindgen_cli_support::Bindgen::new()
        .input_path(&built)
        .web(true)?
        .typescript(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(&fresh)
        .with_context(|| format!("binding {}", built.display()))?;
    shrink(&fresh.join(format!("{MODULE}_bg.wasm")))?;
    fs::write(
        fresh.join("compiler.txt"),
        format!("{}\n", compiler.version),
    )?;
    replace(&fresh, &sh::root().join(PKG))
}

/// Optimises the module with npm's binaryen. Its features are named one by one: with all of them on
/// it makes a module that no browser loads.
fn shrink(module: &Path) -> Result<()> {
    tools::npm_ci("xtask")?;
    let small = module.with_extension("small");
    let mut command = sh::command("node", ["xtask/node_modules/binaryen/bin/wasm-opt"]);
    command.arg("-Os").args(
        [
            "bulk-memory",
            "bulk-memory-opt",
            "sign-ext",
            "mutable-globals",
            "nontrapping-float-to-int",
            "reference-types",
            "multivalue",
        ]
        .map(|feature| format!("--enable-{feature}")),
    );
    command.arg(module).arg("-o").arg(&small);
    sh::run(command)?;
    fs::rename(&small, module)?;
    Ok(())
}

fn replace(fresh: &Path, place: &Path) -> Result<()> {
    fs::create_dir_all(place)?;
    let names: Vec<PathBuf> = fs::read_dir(fresh)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    for from in names {
        let Some(name) = from.file_name() else {
            continue;
        };
        fs::rename(&from, place.join(name))?;
    }
    Ok(())
}
