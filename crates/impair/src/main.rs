//! A bad network for tests: reads commands as JSON lines, and answers each by a line.
#![expect(clippy::print_stdout, reason = "answers go to standard output")]

use clap::Parser;
use incamera_impair::{Command, Proxy};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader, stdin};

#[derive(Parser)]
#[command(name = "incamera-impair", about, version)]
struct Options {
    /// All chance comes from it.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Ends with its standard input.
#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut proxy = Proxy::new(Options::parse().seed);
    let mut lines = BufReader::new(stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        println!("{}", answer(&mut proxy, &line).await);
    }
    Ok(())
}

/// `{"ok": …}` or `{"error": "…"}`.
async fn answer(proxy: &mut Proxy, line: &str) -> Value {
    let command: Command = match serde_json::from_str(line) {
        Ok(command) => command,
        Err(error) => return json!({ "error": format!("{line}: {error}") }),
    };
    match proxy.execute(command).await {
        Ok(answer) => json!({ "ok": answer }),
        Err(fault) => json!({ "error": fault.to_string() }),
    }
}
