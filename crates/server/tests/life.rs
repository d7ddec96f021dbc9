//! Start, stop, restart, TLS, and what keeps a server from starting.

mod common;

use common::{Client, Server, Talk, config, door, server, server_with};
use incamera_model::StreamName;
use incamera_server::{StartError, TlsFiles};
use incamera_wire::{Refusal, ServerMessage};
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

#[tokio::test]
async fn a_restart_on_the_same_data_keeps_everything() {
    let Server { running, folder } = server().await;
    let server = Server { running, folder };
    let talk = server.talk(1).await;
    let mut client = server.join(&talk).await;
    for number in 0..10_u8 {
        client.append(&door(), None, &[number]).await;
    }
    drop(client);
    let Server { running, folder } = server;
    running.shutdown().await;

    let running = incamera_server::start(config(folder.path())).await.unwrap();
    let server = Server { running, folder };
    let mut client = server.join(&talk).await;
    client.subscribe(&StreamName::record(), 0).await;
    assert_eq!(client.catch_up(&StreamName::record()).await.len(), 1);
    client.subscribe(&door(), 0).await;
    let entries = client.catch_up(&door()).await;
    let found: Vec<_> = entries.iter().map(|entry| entry.entry.0[0]).collect();
    assert_eq!(found, (0..10).collect::<Vec<_>>());
    let next = client.append(&door(), None, b"more").await;
    assert!(matches!(next, ServerMessage::Appended { position, .. } if position.0 == 10));
}

#[tokio::test]
async fn stopping_is_told_and_soon_over() {
    let server = server().await;
    let talk = server.talk(1).await;
    let address = server.address();
    let mut clients = Vec::new();
    for _ in 0..3 {
        clients.push(server.join(&talk).await);
    }
    // One that only said hello, and one that never reads.
    let mut halfway = server.connect(talk.id, Some(&server.origin())).await;
    halfway.challenge().await;
    clients.push(halfway);
    let deaf = server.join(&talk).await;
    let stopping = tokio::spawn(server.running.shutdown());
    for client in clients {
        let ended = client.refused_for_good().await;
        assert_eq!(ended, (Refusal::Stopping, Some(CloseCode::Away)));
    }
    timeout(Duration::from_secs(10), stopping)
        .await
        .unwrap()
        .unwrap();
    let refused = tokio::net::TcpStream::connect(address).await;
    assert!(refused.is_err(), "nobody listens any more");
    drop(deaf);
}

#[tokio::test]
async fn what_keeps_it_from_starting_is_said() {
    let server = server().await;
    let folder = tempfile::tempdir().unwrap();
    let say = |error: StartError| error.to_string();

    let mut taken = config(folder.path());
    taken.listen = server.address();
    let error = say(incamera_server::start(taken).await.err().unwrap());
    assert!(error.contains("--listen"), "{error}");

    let mut media = config(folder.path());
    media.media = server.running.media_addr();
    let error = say(incamera_server::start(media).await.err().unwrap());
    assert!(error.contains("--media"), "{error}");

    let in_use = config(server.folder.path());
    let error = say(incamera_server::start(in_use).await.err().unwrap());
    assert!(error.contains("in use by another server"), "{error}");

    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let error = say(incamera_server::start(config(&file)).await.err().unwrap());
    assert!(error.contains("--data"), "{error}");

    let mut origin = config(folder.path());
    origin.origins = vec!["talks.example.org".into()];
    let error = say(incamera_server::start(origin).await.err().unwrap());
    assert!(error.contains("https://talks.example.org"), "{error}");

    let mut tls = config(folder.path());
    tls.tls = Some(TlsFiles {
        certificate: file.clone(),
        key: file,
    });
    let error = say(incamera_server::start(tls).await.err().unwrap());
    assert!(error.contains("--cert"), "{error}");
}

#[tokio::test]
async fn https_serves_the_page_and_sockets() {
    let keys = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let files = TlsFiles {
        certificate: keys.path().join("cert.pem"),
        key: keys.path().join("key.pem"),
    };
    std::fs::write(&files.certificate, made.cert.pem()).unwrap();
    let mut key = std::fs::File::create(&files.key).unwrap();
    key.write_all(made.signing_key.serialize_pem().as_bytes())
        .unwrap();
    let server = server_with(|config| config.tls = Some(files)).await;
    assert!(server.origin().starts_with("https://localhost:"));

    let mut roots = rustls::RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let client = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector = tokio_rustls::TlsConnector::from(Arc::new(client));
    let connect = || async {
        let tcp = tokio::net::TcpStream::connect(server.address())
            .await
            .unwrap();
        let name = "localhost".try_into().unwrap();
        connector.connect(name, tcp).await.unwrap()
    };

    let mut stream = connect().await;
    let request = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).await.unwrap();
    assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
    assert!(
        reply.contains("strict-transport-security: max-age=31536000"),
        "{reply}"
    );

    let path = format!("/api/v1/talks/{}/socket", Talk::new(1).id.to_text());
    let mut upgrade = connect().await;
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    upgrade.write_all(request.as_bytes()).await.unwrap();
    let mut head = vec![0; 12];
    upgrade.read_exact(&mut head).await.unwrap();
    assert_eq!(head, b"HTTP/1.1 101");

    // Plain HTTP on the TLS port is told so, garbage is closed, and it goes on.
    let mut plain = tokio::net::TcpStream::connect(server.address())
        .await
        .unwrap();
    plain.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    let mut rest = Vec::new();
    let _ = timeout(common::SOON, plain.read_to_end(&mut rest))
        .await
        .unwrap();
    let rest = String::from_utf8(rest).unwrap();
    assert!(
        rest.starts_with("HTTP/1.1 400") && rest.contains("https://"),
        "{rest}"
    );
    let mut garbage = tokio::net::TcpStream::connect(server.address())
        .await
        .unwrap();
    garbage.write_all(b"\x80garbage").await.unwrap();
    let mut rest = Vec::new();
    let _ = timeout(common::SOON, garbage.read_to_end(&mut rest))
        .await
        .unwrap();
    assert!(!rest.starts_with(b"HTTP/"));
    connect().await;
}

#[tokio::test]
async fn silence_ends_a_connection_and_a_pong_keeps_it() {
    let silence = Duration::from_millis(600);
    let server = server_with(|config| config.limits.silence = silence).await;
    let talk = server.talk(1).await;
    let mut client: Client = server.join(&talk).await;
    // Reading answers the server's pings.
    let deadline = tokio::time::sleep(silence * 4);
    tokio::select! {
        () = deadline => {}
        heard = client.hear_or_close() => panic!("{heard:?}"),
    }
    client.ping().await;
    // Not reading answers none.
    let counters = server.counters();
    let closed = counters.get(incamera_server::Count::Closed);
    common::eventually("the silent connection is closed", || {
        counters.get(incamera_server::Count::Closed) > closed
    })
    .await;
}
