use crate::failure::Failure;
use incamera_client::{ServerAddress, Trust};
use std::path::PathBuf;

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
        let Some(file) = &self.ca else {
            return Ok(Some(Trust::platform()?));
        };
        let pem = std::fs::read(file).map_err(|error| {
            let file = file.display();
            Failure::new(format!(
                "the CA file {file} can't be read ({error}); check --ca"
            ))
        })?;
        Ok(Some(Trust::from_pem(&pem)?))
    }
}
