use crate::config::TlsFiles;
use axum_server::tls_rustls::RustlsConfig;
use rustls::ServerConfig;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why HTTPS can't be served.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file can't be read, or isn't PEM.
    #[error("{} can't be read as {what} in PEM ({source}). Check the path given with {flag}.", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        what: &'static str,
        /// The flag that named it.
        flag: &'static str,
        /// What is wrong.
        source: pem::Error,
    },
    /// The certificate and the key can't be used, or don't belong together.
    #[error(
        "The certificate and the key can't be used together ({0}). Check that --cert and --key belong to one another."
    )]
    Pair(#[from] rustls::Error),
}

/// TLS with the certificate of these files.
pub(crate) fn load(files: &TlsFiles) -> Result<RustlsConfig, TlsError> {
    let chain = CertificateDer::pem_file_iter(&files.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .and_then(|chain| {
            let empty = chain.is_empty();
            (!empty).then_some(chain).ok_or(pem::Error::NoItemsFound)
        })
        .map_err(|source| error(&files.certificate, "a certificate", "--cert", source))?;
    let key = PrivateKeyDer::from_pem_file(&files.key)
        .map_err(|source| error(&files.key, "a private key", "--key", source))?;
    serve(chain, key)
}

/// TLS 1.2 and 1.3 with this certificate.
pub(crate) fn serve(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<RustlsConfig, TlsError> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(RustlsConfig::from_config(Arc::new(config)))
}

fn error(path: &Path, what: &'static str, flag: &'static str, source: pem::Error) -> TlsError {
    TlsError::File {
        path: path.into(),
        what,
        flag,
        source,
    }
}
