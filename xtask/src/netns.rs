//! A network of a test's own.
//!
//! Firefox never connects media to a loopback address, and browser tests must not reach anything
//! but the server under test. So they run in a network namespace of their own: loopback, and a veth
//! pair with an address and a default route (without one Firefox gathers no candidates). The pair has
//! no address of IPv6: one that appears a second after the start is a changed network to Chromium, which
//! then ends its TLS connections. It goes away with the last process in it.

use std::process::Command;

use anyhow::Result;

use crate::sh;
use crate::tools;

/// The address that media is served on in the namespace.
pub(crate) const ADDRESS: &str = "10.77.0.1";

/// The address at which a proxy may stand before the server, at the same port. No interface has it,
/// or servers without a proxy would advertise it.
const PROXY: &str = "10.77.0.3";

/// `program args…`, to be run in a new namespace.
pub(crate) fn command(program: &str, args: &[&str]) -> Result<Command> {
    tools::ensure(&[tools::IP])?;
    // Without root the namespace needs a user namespace around it, which some systems refuse.
    // Its own processes end with the first of them, so that a test that is stopped leaves no browser.
    let net = if tools::is_root()? { "-n" } else { "-rn" };
    let flags = [net, "--pid", "--fork", "--kill-child", "--mount-proc"];
    let script = format!(
        "set -e
         ip link set lo up
         ip link add media0 type veth peer name media1
         ip link set media0 addrgenmode none
         ip link set media1 addrgenmode none
         ip address add {ADDRESS}/24 dev media0
         ip route add local {PROXY}/32 dev lo src {ADDRESS}
         ip link set media0 up
         ip link set media1 up
         ip route add default via 10.77.0.2 dev media0
         exec \"$@\""
    );
    let mut command = sh::command("unshare", flags);
    command
        .args(["sh", "-c", &script, "sh", program])
        .args(args)
        .env("INCAMERA_E2E_ADDRESS", ADDRESS)
        .env("INCAMERA_E2E_PROXY", PROXY);
    Ok(command)
}
