use crate::failure::Failure;
use incamera_client::{ServerAddress, Trust};
use std::path::PathBuf;
use std::{env, fs};

const TOKEN: &str = "INCAMERA_TOKEN";

/// Which server, and whether it is the right one.
#[derive(clap::Args)]
pub(crate) struct ServerArgs {
    /// The server: https://host, or http://localhost:8080.
    #[arg(long, value_name = "URL")]
    server: String,
    #[command(flatten)]
    trust: TrustArgs,
}

/// Which certificates a server may show.
#[derive(clap::Args)]
pub(crate) struct TrustArgs {
    /// Trust the certificates of this PEM file instead of the system's.
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
}

/// What proposes a talk where the operator wants to be asked.
#[derive(clap::Args)]
pub(crate) struct TokenArgs {
    /// The operator's token, or @FILE to read it from a file; `incamera serve` prints it at its
    /// first start. Without it, INCAMERA_TOKEN of the environment is taken.
    #[arg(long, value_name = "TOKEN|@FILE")]
    token: Option<String>,
}

impl TokenArgs {
    /// The token, if there is one.
    pub(crate) fn resolve(&self) -> Result<Option<String>, Failure> {
        let given = self.token.clone().or_else(|| env::var(TOKEN).ok());
        match given.as_deref().and_then(|given| given.strip_prefix('@')) {
            None => Ok(given),
            Some(file) => fs::read_to_string(file).map(Some).map_err(|error| {
                Failure::new(format!(
                    "the token can't be read from {file} ({error}); check --token"
                ))
            }),
        }
    }
}

impl ServerArgs {
    /// The address, and for `https` the certificates that are trusted.
    pub(crate) fn resolve(&self) -> Result<(ServerAddress, Option<Trust>), Failure> {
        let address = ServerAddress::parse(&self.server)?;
        let trust = self.trust.resolve(&address)?;
        Ok((address, trust))
    }
}

impl TrustArgs {
    /// The certificates that are trusted; none are needed for `http`.
    pub(crate) fn resolve(&self, address: &ServerAddress) -> Result<Option<Trust>, Failure> {
        if address.origin().starts_with("http://") {
            return Ok(None);
        }
        self.any()
    }

    /// The certificates that are trusted where the address isn't known yet.
    pub(crate) fn any(&self) -> Result<Option<Trust>, Failure> {
        let Some(file) = &self.ca else {
            return Ok(Some(Trust::platform()?));
        };
        let pem = fs::read(file).map_err(|error| {
            let file = file.display();
            Failure::new(format!(
                "the CA file {file} can't be read ({error}); check --ca"
            ))
        })?;
        Ok(Some(Trust::from_pem(&pem)?))
    }
}
