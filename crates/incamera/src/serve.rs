use crate::failure::Failure;
use crate::operator;
use incamera_server::{Config, DEFAULT_LOG_FILTER, TlsFiles};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// The environment variable that overrides what is logged.
const LOG: &str = "INCAMERA_LOG";

/// Options of `incamera serve`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Address and port of the page and its WebSockets
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Address and port of media, UDP and TCP; keep the address 0.0.0.0 unless you know better
    #[arg(long, value_name = "ADDR:PORT", default_value = "0.0.0.0:8081")]
    media: SocketAddr,
    /// Folder of the talks' sealed entries [default: this user's data folder]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Let everybody who reaches the server propose talks, not only who has the operator's token
    #[arg(long)]
    open: bool,
    /// Certificate and its chain in PEM: serve HTTPS, which a camera needs anywhere but on localhost
    #[arg(long, value_name = "FILE", requires = "key")]
    cert: Option<PathBuf>,
    /// Private key in PEM
    #[arg(long, value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,
    /// Address that media is reached by from outside, as behind NAT; may be repeated
    #[arg(long, value_name = "IP")]
    advertise: Vec<IpAddr>,
    /// Origin that pages of this server are opened under, as behind a proxy; may be repeated
    #[arg(long, value_name = "ORIGIN")]
    origin: Vec<String>,
    /// Name that this server is reached by
    #[arg(long, value_name = "NAME")]
    domain: Option<String>,
}

/// Serves until told to stop.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    log_to_standard_error()?;
    let mut stop = Stop::new()?;
    let mut running = incamera_server::start(config(args)?).await?;
    if let Some(token) = running.take_operator_token() {
        operator::tell(&running.url(), &token);
    }
    say(&format!(
        "incamera ready {} media {}",
        running.url(),
        running.media_addr()
    ));
    stop.asked().await;
    tokio::select! {
        () = running.shutdown() => Ok(()),
        () = stop.asked() => Err(Failure::new("stopped at once; what was acknowledged is kept")),
    }
}

fn config(args: Args) -> Result<Config, Failure> {
    let data = match args.data {
        Some(data) => data,
        None => default_data()?,
    };
    let tls = args.cert.zip(args.key);
    Ok(Config {
        listen: args.listen,
        media: args.media,
        advertise: args.advertise,
        tls: tls.map(|(certificate, key)| TlsFiles { certificate, key }),
        domain: args.domain,
        open: args.open,
        origins: args.origin,
        ..Config::new(data)
    })
}

pub(crate) fn default_data() -> Result<PathBuf, Failure> {
    directories::ProjectDirs::from("", "", "incamera")
        .map(|folders| folders.data_dir().to_owned())
        .ok_or_else(|| Failure::new("this user has no home folder; choose a folder with --data"))
}

fn log_to_standard_error() -> Result<(), Failure> {
    let filter = match std::env::var(LOG) {
        Ok(filter) => EnvFilter::try_new(filter)
            .map_err(|error| Failure::new(format!("{LOG} isn't a log filter ({error})")))?,
        Err(_) => EnvFilter::new(DEFAULT_LOG_FILTER),
    };
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the line that scripts wait for")]
fn say(line: &str) {
    println!("{line}");
}

/// SIGTERM and SIGINT. Once this exists they no longer end the process by themselves.
struct Stop {
    terminate: Signal,
    interrupt: Signal,
}

impl Stop {
    fn new() -> Result<Self, Failure> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn asked(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
