use crate::address::ServerAddress;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long a connection may take to come into being, TLS included.
const DIAL_TIMEOUT: Duration = Duration::from_secs(10);

/// Which certificates a server may show.
#[derive(Clone)]
pub struct Trust {
    config: Arc<rustls::ClientConfig>,
}

/// The wanted certificates can't be used.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// The platform has no usable root certificate.
    #[error(
        "this system has no root certificates; install its ca-certificates package or name a CA file"
    )]
    NoPlatformRoots,
    /// The given file holds no certificate in PEM.
    #[error("the CA file holds no certificate; it must be PEM text with BEGIN CERTIFICATE")]
    NoCertificate,
    /// TLS can't be set up.
    #[error("TLS can't be set up on this system: {0}")]
    Tls(#[from] rustls::Error),
}

/// Why no connection came into being.
#[derive(Debug, thiserror::Error)]
pub enum DialError {
    /// The name doesn't resolve, or nothing answers there.
    #[error("{origin} can't be reached ({reason}); check the address and that the server runs")]
    Unreachable {
        /// The server's origin.
        origin: String,
        /// What the system says.
        reason: std::io::Error,
    },
    /// The server didn't answer in time.
    #[error("{origin} doesn't answer; check the address, the network and that the server runs")]
    Timeout {
        /// The server's origin.
        origin: String,
    },
    /// The certificate isn't trusted, or the server speaks no TLS.
    #[error("no secure connection to {origin} ({reason}); check its certificate, or name its CA")]
    Tls {
        /// The server's origin.
        origin: String,
        /// What TLS says.
        reason: std::io::Error,
    },
}

/// A byte stream to a server, with or without TLS.
pub(crate) trait ByteStream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> ByteStream for T {}

impl Trust {
    /// The platform's root certificates.
    ///
    /// # Errors
    /// [`TrustError::NoPlatformRoots`] if there are none, [`TrustError::Tls`] otherwise.
    pub fn platform() -> Result<Self, TrustError> {
        let found = rustls_native_certs::load_native_certs();
        Self::from_roots(found.certs, TrustError::NoPlatformRoots)
    }

    /// The certificates of a PEM text and no others.
    ///
    /// # Errors
    /// [`TrustError::NoCertificate`] if it holds none, [`TrustError::Tls`] otherwise.
    pub fn from_pem(pem: &[u8]) -> Result<Self, TrustError> {
        let certificates = CertificateDer::pem_slice_iter(pem)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| TrustError::NoCertificate)?;
        Self::from_roots(certificates, TrustError::NoCertificate)
    }

    fn from_roots(
        certificates: Vec<CertificateDer<'static>>,
        none: TrustError,
    ) -> Result<Self, TrustError> {
        let mut roots = rustls::RootCertStore::empty();
        let (added, _) = roots.add_parsable_certificates(certificates);
        if added == 0 {
            return Err(none);
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self {
            config: Arc::new(config),
        })
    }
}

/// Connects to a server, over TLS if its address says so.
pub(crate) async fn dial(
    address: &ServerAddress,
    trust: Option<&Trust>,
) -> Result<Box<dyn ByteStream>, DialError> {
    match timeout(DIAL_TIMEOUT, connect(address, trust)).await {
        Ok(result) => result,
        Err(_) => Err(DialError::Timeout {
            origin: address.origin(),
        }),
    }
}

async fn connect(
    address: &ServerAddress,
    trust: Option<&Trust>,
) -> Result<Box<dyn ByteStream>, DialError> {
    let stream = TcpStream::connect((address.host(), address.port()))
        .await
        .and_then(|stream| stream.set_nodelay(true).map(|()| stream))
        .map_err(|reason| DialError::Unreachable {
            origin: address.origin(),
            reason,
        })?;
    if !address.is_tls() {
        return Ok(Box::new(stream));
    }
    let tls_error = |reason| DialError::Tls {
        origin: address.origin(),
        reason,
    };
    let trust =
        trust.ok_or_else(|| tls_error(std::io::Error::other("no certificate is trusted")))?;
    let name = ServerName::try_from(address.host().to_owned())
        .map_err(|error| tls_error(std::io::Error::other(error)))?;
    let connector = tokio_rustls::TlsConnector::from(trust.config.clone());
    let stream = connector.connect(name, stream).await.map_err(tls_error)?;
    Ok(Box::new(stream))
}
