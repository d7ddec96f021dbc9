use crate::failure::Failure;
use crate::settings::{self, File};
use crate::{lan, logging, operator};
use incamera_server::{Config, Running, TlsFiles};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Where `--lan` serves, page and media, unless something else is said.
const LAN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 8443);

/// Options of `incamera serve`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Address and port of the page and its WebSockets [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Option<SocketAddr>,
    /// Address and port of media, UDP and TCP; keep the address 0.0.0.0 unless you know better
    /// [default: 0.0.0.0:8081]
    #[arg(long, value_name = "ADDR:PORT")]
    media: Option<SocketAddr>,
    /// Folder of the talks' sealed entries [default: this user's data folder]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Serve HTTPS on the local network, page and media on port 8443, with a certificate of the
    /// server's own
    #[arg(long, conflicts_with_all = ["cert", "key"])]
    lan: bool,
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
    /// Configuration in TOML; flags go before it
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// A limit, as `people_per_room=40`; may be repeated; --print-config lists them
    #[arg(long, value_name = "KEY=NUMBER")]
    limit: Vec<String>,
    /// Print the default configuration, with what each key means, and end
    #[arg(long)]
    print_config: bool,
    /// How the log is written
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    log_format: logging::Format,
}

/// Serves until told to stop.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    if args.print_config {
        print!("{}", settings::print_defaults());
        return Ok(());
    }
    logging::to_standard_error(args.log_format)?;
    let mut stop = Stop::new()?;
    let mut running = incamera_server::start(config(args)?).await?;
    introduce(&mut running);
    say_ready(&running);
    stop.asked().await;
    tokio::select! {
        () = running.shutdown() => Ok(()),
        () = stop.asked() => Err(Failure::new("stopped at once; what was acknowledged is kept")),
    }
}

/// The one line that programs wait for.
pub(crate) fn say_ready(running: &Running) {
    say(&format!(
        "incamera ready {} media {}",
        running.url(),
        running.media_addr()
    ));
}

/// What a person at the terminal has to know. On standard error: the ready line is the first, and
/// only, on standard output.
fn introduce(running: &mut Running) {
    if let Some(lan) = running.lan() {
        eprint!("{}", lan::introduction(lan));
    }
    if let Some(token) = running.take_operator_token() {
        operator::tell(&running.url(), &token);
    }
}

/// The flags, then the file, then the defaults.
fn config(args: Args) -> Result<Config, Failure> {
    let name = args.config.as_ref().map(|path| path.display().to_string());
    let file = match &args.config {
        Some(path) => File::read(path)?,
        None => File::default(),
    };
    let data = match args.data.or_else(|| file.data.clone()) {
        Some(data) => data,
        None => default_data()?,
    };
    let mut config = Config::new(data);
    file.apply_limits(&name.unwrap_or_default(), &mut config)?;
    for flag in &args.limit {
        settings::apply_flag(flag, &mut config)?;
    }
    let tls = match args.cert.zip(args.key) {
        Some(flags) => Some(flags),
        None if args.lan => None,
        None => match (file.cert, file.key) {
            (Some(cert), Some(key)) => Some((cert, key)),
            (None, None) => None,
            _ => return Err(Failure::new("cert and key go together; name both or none")),
        },
    };
    config.lan = args.lan || (file.lan.unwrap_or(false) && tls.is_none());
    if config.lan {
        (config.listen, config.media) = (LAN, LAN);
    }
    let either = |flag: Option<SocketAddr>, file: Option<SocketAddr>| flag.or(file);
    config.listen = either(args.listen, file.listen).unwrap_or(config.listen);
    config.media = either(args.media, file.media).unwrap_or(config.media);
    config.tls = tls.map(|(certificate, key)| TlsFiles { certificate, key });
    config.open = args.open || file.open.unwrap_or(false);
    config.domain = args.domain.or(file.domain);
    config.origins = [file.origin, args.origin].concat();
    config.advertise = match args.advertise.is_empty() {
        true => file.advertise,
        false => args.advertise,
    };
    Ok(config)
}

/// This user's data folder.
pub(crate) fn default_data() -> Result<PathBuf, Failure> {
    directories::ProjectDirs::from("", "", "incamera")
        .map(|folders| folders.data_dir().to_owned())
        .ok_or_else(|| Failure::new("this user has no home folder; choose a folder with --data"))
}

#[expect(clippy::print_stdout, reason = "the line that scripts wait for")]
pub(crate) fn say(line: &str) {
    println!("{line}");
}

/// SIGTERM and SIGINT. Once this exists they no longer end the process by themselves.
pub(crate) struct Stop {
    terminate: Signal,
    interrupt: Signal,
}

impl Stop {
    pub(crate) fn new() -> Result<Self, Failure> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    pub(crate) async fn asked(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
