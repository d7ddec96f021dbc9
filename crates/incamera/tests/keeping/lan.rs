//! `--lan` on a network of the test's own: HTTPS by the address that is printed, with the
//! certificate whose fingerprint is printed.

use crate::process::{Server, incamera, propose, stderr, succeed};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, Error, SignatureScheme, Stream,
};
use sha2::{Digest as _, Sha256};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;
use std::sync::Arc;

const INSIDE: &str = "INCAMERA_TEST_NETWORK";
const ADDRESS: &str = "192.168.77.5";

#[test]
fn on_a_network_of_its_own() {
    let root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
    let output = Command::new("unshare")
        .args([if root { "-n" } else { "-rn" }, "sh", "-c"])
        .arg(
            "set -e
             ip link set lo up
             ip link add lan0 type veth peer name lan1
             ip address add 192.168.77.5/24 dev lan0
             ip link set lan0 up
             ip link set lan1 up
             exec \"$1\" --exact lan::inside --nocapture",
        )
        .arg("sh")
        .arg(std::env::current_exe().unwrap())
        .env(INSIDE, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &stderr(&output);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("1 passed"), "{said}");
}

/// Not a test of its own: what the one above runs.
#[test]
fn inside() {
    if std::env::var_os(INSIDE).is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let server = Server::start_anywhere(&data, &["--lan", "--open"]);
    assert_eq!(server.url, format!("https://{ADDRESS}:8443"));
    let said = server.stop();
    assert!(
        said.contains(&format!("  https://{ADDRESS}:8443\n")),
        "{said}"
    );
    let fingerprint = fingerprint(&said);

    // The same certificate at the next start.
    let server = Server::start_anywhere(&data, &["--lan", "--open"]);
    let health = get(&fingerprint, "/healthz").unwrap();
    assert!(health.starts_with("HTTP/1.1 200"), "{health}");
    assert!(!health.to_lowercase().contains("strict-transport-security"));
    let other = fingerprint.replace(&fingerprint[..2], "00");
    assert!(get(&other, "/healthz").is_err(), "control");

    // A client that checks the address in it as well, and takes part by media on the same port.
    let pem = data.join("lan.pem");
    let talk = succeed(propose(&server.url, "T", None).arg("--ca").arg(&pem));
    let link = talk.split("\"url\":\"").nth(1).unwrap();
    let link = link.split('"').next().unwrap();
    let report = folder.path().join("report.json");
    let mut listener = incamera();
    listener.args(["join", link, "--name", "B", "--seconds", "8"]);
    listener.arg("--ca").arg(&pem).arg("--report").arg(&report);
    let mut sender = incamera();
    sender.args([
        "join",
        link,
        "--name",
        "A",
        "--seconds",
        "8",
        "--audio",
        "synthetic",
    ]);
    sender.arg("--ca").arg(&pem);
    let mut sender = sender.spawn().unwrap();
    succeed(&mut listener);
    assert!(sender.wait().unwrap().success());
    let report: serde_json::Value =
        serde_json::from_slice(&std::fs::read(&report).unwrap()).unwrap();
    let decrypted = report["senders"][0]["decrypted"].as_u64();
    assert!(decrypted.is_some_and(|frames| frames > 50), "{report}");

    // Plain HTTP is sent to HTTPS.
    let plain = plain(&format!(
        "GET /t/x HTTP/1.1\r\nHost: {ADDRESS}:8443\r\n\r\n"
    ));
    assert!(plain.starts_with("HTTP/1.1 308"), "{plain}");
    assert!(plain.contains(&format!("Location: https://{ADDRESS}:8443/t/x\r\n")));
    let foreign = self::plain("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n");
    assert!(
        foreign.contains("400") && foreign.contains("write https://"),
        "{foreign}"
    );
    server.stop();

    // Another address forces another certificate.
    let ip = ["address", "add", "192.168.77.6/24", "dev", "lan0"];
    assert!(Command::new("ip").args(ip).status().unwrap().success());
    let server = Server::start_anywhere(&data, &["--lan", "--open"]);
    let said = server.stop();
    assert!(said.contains("192.168.77.6"), "{said}");
    assert_ne!(self::fingerprint(&said), fingerprint);
}

/// The line of 32 pairs.
fn fingerprint(said: &str) -> String {
    let line = said.lines().find(|line| line.matches(':').count() == 31);
    let fingerprint = line.unwrap_or_else(|| panic!("{said}")).trim().to_owned();
    assert!(
        said.contains('█') || said.contains('▀'),
        "a QR code: {said}"
    );
    fingerprint
}

fn plain(request: &str) -> String {
    let mut stream = TcpStream::connect((ADDRESS, 8443)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    reply
}

/// A request over HTTPS to the server with this fingerprint.
fn get(fingerprint: &str, path: &str) -> Result<String, std::io::Error> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let pinned = Pinned {
        fingerprint: fingerprint.to_owned(),
        provider: Arc::clone(&provider),
    };
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(pinned))
        .with_no_client_auth();
    let name = ServerName::try_from(ADDRESS).unwrap();
    let mut connection = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut socket = TcpStream::connect((ADDRESS, 8443))?;
    let mut stream = Stream::new(&mut connection, &mut socket);
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: {ADDRESS}:8443\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut reply = Vec::new();
    // The end may come without TLS's own word for it.
    let _ = stream.read_to_end(&mut reply);
    Ok(String::from_utf8_lossy(&reply).into_owned())
}

/// As a person who compares the fingerprint.
#[derive(Debug)]
struct Pinned {
    fingerprint: String,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let digest = Sha256::digest(certificate);
        let pairs: Vec<_> = digest.iter().map(|byte| format!("{byte:02X}")).collect();
        if pairs.join(":") == self.fingerprint {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(Error::General("another certificate".into()))
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let algorithms = &self.provider.signature_verification_algorithms;
        algorithms.supported_schemes()
    }
}
