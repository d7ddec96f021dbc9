use crate::failure::Failure;
use incamera_server::DEFAULT_LOG_FILTER;
use tracing_subscriber::EnvFilter;

/// The environment variable that overrides what is logged.
const VARIABLE: &str = "INCAMERA_LOG";

/// How a log line is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// For people
    Text,
    /// One JSON object a line
    Json,
}

/// Logs to standard error.
pub(crate) fn to_standard_error(format: Format) -> Result<(), Failure> {
    let filter = match std::env::var(VARIABLE) {
        Ok(filter) => EnvFilter::try_new(filter)
            .map_err(|error| Failure::new(format!("{VARIABLE} isn't a log filter ({error})")))?,
        Err(_) => EnvFilter::new(DEFAULT_LOG_FILTER),
    };
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    match format {
        Format::Text => log.init(),
        Format::Json => log.json().flatten_event(true).init(),
    }
    Ok(())
}
