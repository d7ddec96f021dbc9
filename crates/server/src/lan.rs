//! HTTPS on a local network, where no authority signs certificates: one that signs itself, with the
//! machine's addresses in it, kept until they or time force another.

use crate::operator::write;
use crate::wall::wall_clock;
use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose,
};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use std::io;
use std::net::{IpAddr, Ipv4Addr, UdpSocket};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Certificate and key, in PEM; and what the certificate says, so that nobody has to parse it.
const PEM: &str = "lan.pem";
const FACTS: &str = "lan.json";

const DAY: u64 = 24 * 60 * 60;
/// Apple takes no more than 825 days from any certificate.
const LIFETIME: u64 = 397 * DAY;
/// What is left of it when another is made.
const RENEWAL: u64 = 30 * DAY;
/// Before now, for clients whose clock is behind.
const BEFORE: u64 = 2 * DAY;
/// 2026-01-01: a clock that shows less isn't set.
const OLDEST: u64 = 1_767_225_600;

/// Why there is no certificate for the local network.
#[derive(Debug, thiserror::Error)]
pub enum LanError {
    /// The files can't be kept.
    #[error(
        "The certificate for the local network can't be kept in {} ({source}). Give this user the right to write there, or choose another folder with --data.",
        path.display()
    )]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It can't be made.
    #[error(
        "The certificate for the local network can't be made ({0}). Make one with another tool, and name it with --cert and --key."
    )]
    Make(#[from] rcgen::Error),
    /// The machine has no address that others reach.
    #[error(
        "This machine has no address on a local network. Connect it to one, or leave --lan away."
    )]
    NoAddress,
}

/// How people on the local network reach this server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lan {
    /// The page's address by each of the machine's addresses and its name, the likeliest first.
    pub urls: Vec<String>,
    /// SHA-256 of the certificate, as browsers show it: 32 pairs of upper-case digits and colons.
    pub fingerprint: String,
}

/// A certificate with its key, and what is known of it.
pub(crate) struct LanCertificate {
    pub(crate) chain: Vec<CertificateDer<'static>>,
    pub(crate) key: PrivateKeyDer<'static>,
    pub(crate) fingerprint: String,
}

#[derive(PartialEq, Eq, Serialize, Deserialize)]
struct Facts {
    /// Addresses and names.
    names: Vec<String>,
    /// Seconds since 1970.
    from: u64,
    until: u64,
    /// Of this certificate and no other.
    fingerprint: String,
}

/// The certificate that is kept in the data folder, or a new one if that doesn't hold for these
/// names now.
pub(crate) fn certificate(
    data: &Path,
    names: &[String],
    now: u64,
) -> Result<LanCertificate, LanError> {
    if let Some(kept) = kept(data, names, now) {
        return Ok(kept);
    }
    let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256)?;
    let mut params = CertificateParams::new(names)?;
    let (from, until) = (now.saturating_sub(BEFORE), now + LIFETIME);
    params.not_before = at(from);
    params.not_after = at(until);
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.distinguished_name = DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::CommonName, "In Camera on this network");
    let certificate = params.self_signed(&key)?;
    let facts = Facts {
        names: names.to_vec(),
        from,
        until,
        fingerprint: fingerprint(certificate.der()),
    };
    let pem = certificate.pem() + &key.serialize_pem();
    keep(&data.join(PEM), pem.as_bytes())?;
    let text = serde_json::to_vec_pretty(&facts).unwrap_or_default();
    keep(&data.join(FACTS), &text)?;
    Ok(LanCertificate {
        chain: vec![certificate.der().clone()],
        key: PrivateKeyDer::Pkcs8(key.serialize_der().into()),
        fingerprint: facts.fingerprint,
    })
}

fn keep(path: &Path, content: &[u8]) -> Result<(), LanError> {
    write(path, content).map_err(|source| LanError::File {
        path: path.into(),
        source,
    })
}

/// What can't be read, is damaged, or holds for something else is made anew.
fn kept(data: &Path, names: &[String], now: u64) -> Option<LanCertificate> {
    let facts = std::fs::read(data.join(FACTS)).ok()?;
    let facts: Facts = serde_json::from_slice(&facts).ok()?;
    let named = names.iter().all(|name| facts.names.contains(name));
    if !named || now < facts.from || now + RENEWAL > facts.until {
        return None;
    }
    let pem = std::fs::read(data.join(PEM)).ok()?;
    let certificate = CertificateDer::from_pem_slice(&pem).ok()?;
    let key = PrivateKeyDer::from_pem_slice(&pem).ok()?;
    (fingerprint(&certificate) == facts.fingerprint).then(|| LanCertificate {
        fingerprint: facts.fingerprint,
        chain: vec![certificate],
        key,
    })
}

/// What the certificate is to name: the machine's addresses on its networks, the likeliest first,
/// and its name there (RFC 6762).
pub(crate) fn names(interfaces: &[IpAddr], host: &str) -> Result<Vec<String>, LanError> {
    let usable = |address: &IpAddr| match address.to_canonical() {
        IpAddr::V4(v4) => !v4.is_loopback() && !v4.is_unspecified() && !v4.is_link_local(),
        // Link-local addresses need a zone, which no browser takes.
        IpAddr::V6(v6) => !v6.is_loopback() && !v6.is_unicast_link_local(),
    };
    let mut addresses: Vec<IpAddr> = interfaces.iter().copied().filter(usable).collect();
    let default = default_address();
    addresses.sort_by_key(|address| (Some(*address) != default, address.is_ipv6(), *address));
    addresses.dedup();
    if addresses.is_empty() {
        return Err(LanError::NoAddress);
    }
    let mut names: Vec<String> = addresses.iter().map(IpAddr::to_string).collect();
    names.extend(local_name(host));
    names.push("localhost".into());
    Ok(names)
}

/// `HOST.local`, if the host's name can stand in a certificate.
fn local_name(host: &str) -> Option<String> {
    let label = host.split('.').next()?.to_ascii_lowercase();
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let good = (1..=63).contains(&label.len()) && label.chars().all(fits);
    (good && !label.starts_with('-') && label != "localhost").then(|| format!("{label}.local"))
}

/// The address that this machine would send from to the world. Nothing is sent.
fn default_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    // TEST-NET-1 (RFC 5737).
    socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).ok()?;
    Some(socket.local_addr().ok()?.ip())
}

/// This machine's name.
pub(crate) fn host_name() -> String {
    let name = rustix::system::uname();
    name.nodename().to_string_lossy().into_owned()
}

/// The time that a certificate is made at, in seconds since 1970.
pub(crate) fn time_of_making() -> u64 {
    (wall_clock() / 1000).max(OLDEST)
}

fn at(seconds: u64) -> time::OffsetDateTime {
    time::OffsetDateTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

fn fingerprint(certificate: &CertificateDer<'_>) -> String {
    let mut text = String::with_capacity(95);
    for byte in Sha256::digest(certificate) {
        let colon = if text.is_empty() { "" } else { ":" };
        let _ = write!(text, "{colon}{byte:02X}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = OLDEST + 300 * DAY;

    fn list(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn a_certificate_is_kept_until_it_no_longer_holds() {
        let folder = tempfile::tempdir().unwrap();
        let make = |names: &[&str], now| {
            let certificate = certificate(folder.path(), &list(names), now).unwrap();
            certificate.fingerprint
        };
        let both = ["192.0.2.7", "host.local"];
        let first = make(&both, NOW);
        assert_eq!(first.len(), 95);
        assert_eq!(make(&both, NOW + DAY), first);
        assert_eq!(make(&["192.0.2.7"], NOW + DAY), first, "one address less");
        assert_eq!(
            make(&both, NOW - DAY),
            first,
            "a clock that went back a day"
        );
        let second = make(&["192.0.2.8", "host.local"], NOW);
        assert_ne!(second, first, "another address");
        let third = make(&["192.0.2.8"], NOW + LIFETIME - RENEWAL + 1);
        assert_ne!(third, second, "about to expire");
        let fourth = make(&["192.0.2.8"], NOW);
        assert_ne!(fourth, third, "not valid yet");
        std::fs::write(folder.path().join(PEM), "damaged").unwrap();
        assert_ne!(make(&["192.0.2.8"], NOW), fourth);
    }

    #[cfg(unix)]
    #[test]
    fn the_key_is_nobody_else_s_to_read() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        certificate(folder.path(), &list(&["192.0.2.7"]), NOW).unwrap();
        let mode = std::fs::metadata(folder.path().join(PEM)).unwrap();
        assert_eq!(mode.permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn what_a_certificate_names() {
        let addresses = [
            "127.0.0.1",
            "fe80::1",
            "2001:db8::7",
            "192.0.2.7",
            "169.254.1.1",
            "::1",
        ];
        let addresses = addresses.map(|text| text.parse().unwrap());
        let named = names(&addresses, "Host-1.example.org").unwrap();
        assert_eq!(
            named,
            ["192.0.2.7", "2001:db8::7", "host-1.local", "localhost"]
        );
        let odd = names(&addresses[3..4], "über").unwrap();
        assert_eq!(odd, ["192.0.2.7", "localhost"]);
        assert!(matches!(
            names(&addresses[..1], "a"),
            Err(LanError::NoAddress)
        ));
    }
}
