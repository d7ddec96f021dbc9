//! `incamera demo`: a server of its own with the finished talk of two fictional delegations, to look
//! at. The talk is made by desks that speak to the server as everybody's do; keys stand in links.

mod days;
mod readout;
mod story;
mod table;

use crate::failure::Failure;
use crate::logging;
use crate::serve::{Stop, say, say_ready};
use incamera_client::ServerAddress;
use incamera_server::Config;
use std::net::SocketAddr;
use std::time::SystemTime;
use table::Key;

/// Options of `incamera demo`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Address and port of the page and its WebSockets
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Address and port of media, UDP and TCP [default: a free port of the page's address]
    #[arg(long, value_name = "ADDR:PORT")]
    media: Option<SocketAddr>,
    /// Entries that the record has at least, for measuring
    #[arg(long, value_name = "NUMBER", default_value_t = 0, hide = true)]
    entries: u64,
    /// How the log is written
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    log_format: logging::Format,
}

/// Makes the talk, says how to look at it, and serves it until told to stop; nothing of it stays.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    logging::to_standard_error(args.log_format)?;
    let mut stop = Stop::new()?;
    let folder = tempfile::Builder::new()
        .prefix("incamera-demo-")
        .tempdir()?;
    let mut config = Config::new(folder.path().join("data"));
    config.listen = args.listen;
    config.media = args.media.unwrap_or(SocketAddr::new(args.listen.ip(), 0));
    config.open = true;
    config.demonstration = true;
    let running = incamera_server::start(config).await?;
    let server = ServerAddress::parse(&running.url())?;
    let keys = folder.path().join("keys");
    let told = tokio::select! {
        told = story::tell(&server, &keys, now(), args.entries) => Some(told?),
        () = stop.asked() => None,
    };
    if let Some(told) = told {
        introduce(&server, &told);
        say_ready(&running);
        stop.asked().await;
    }
    tokio::select! {
        () = running.shutdown() => {}
        () = stop.asked() => {}
    }
    Ok(folder.close()?)
}

/// One link for each person. Whoever has it is that person, which is right for a demonstration alone.
fn introduce(server: &ServerAddress, keys: &[Key]) {
    say("A finished talk of two fictional delegations. Open a link to look at it as that person:");
    for Key { who, talk, secret } in keys {
        let origin = server.origin();
        say(&format!(
            "\n{who}\n{origin}/t/{talk}#demo.{}",
            secret.as_str()
        ));
    }
    say("");
    eprintln!("Ctrl-C ends it and removes all of it.");
}

/// Milliseconds since 1970.
#[expect(clippy::disallowed_methods, reason = "the shell reads the clock")]
fn now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}
