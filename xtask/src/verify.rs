//! The independent verifier of `verify/` against what the Rust code says.

use anyhow::{Result, bail};

use crate::sh;
use crate::tools::{self, Tool};

const PYTHON: Tool = Tool::new("/usr/bin/python3", "python3");
const CRYPTOGRAPHY: Tool = Tool::new(
    "/usr/lib/python3/dist-packages/cryptography/__init__.py",
    "python3-cryptography",
);

/// Writes the cases and has them judged once more; returns the command whose last line counts them.
pub(crate) fn command() -> Result<std::process::Command> {
    let python = python()?;
    let target = std::env::var("CARGO_TARGET_DIR").unwrap_or("target".into());
    let folder = sh::root().join(target).join("verify");
    let mut write = sh::cargo(["run", "--quiet", "--package=incamera-talk"]);
    write.arg("--example=two-keys-cases").arg("--").arg(&folder);
    sh::run(write)?;
    let check = |cases: &str| {
        let mut command = sh::command(python, ["verify/incamera_verify.py", "--check"]);
        command.arg(folder.join(cases));
        command
    };
    // The control: one expectation is wrong, and the comparison says so.
    let mut planted = check("planted");
    planted.stdout(std::process::Stdio::null());
    if planted.status()?.code() != Some(1) {
        bail!("the verifier doesn't notice a wrong expectation");
    }
    Ok(check("cases"))
}

/// A Python that has `cryptography`, installed if need be.
fn python() -> Result<&'static str> {
    let has = |python: &str| {
        let mut import = sh::command(python, ["-c", "import cryptography"]);
        import.stderr(std::process::Stdio::null());
        import.status().is_ok_and(|status| status.success())
    };
    if has("python3") {
        return Ok("python3");
    }
    tools::ensure(&[PYTHON, CRYPTOGRAPHY])?;
    if !has("/usr/bin/python3") {
        bail!("please install the package `cryptography` for Python 3");
    }
    Ok("/usr/bin/python3")
}
