//! What is logged by default names no talk, no key and no address. Alone in its file: it captures
//! the log of the whole process.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use common::{Captured, Server, Talk, beats, door, server_with};
use ed25519_dalek::{Signer as _, SigningKey};
use incamera_model::AccessKey;
use incamera_server::DEFAULT_LOG_FILTER;
use incamera_wire::{ClientMessage, RegisterGroup, group_challenge};
use tracing_subscriber::EnvFilter;

#[tokio::test]
async fn the_default_log_names_nobody() {
    let captured = Captured::default();
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(DEFAULT_LOG_FILTER))
        .with_writer(captured.clone())
        .init();
    let server = server_with(|config| config.max_data_bytes = Some(300 * 1024)).await;
    let talk = Talk::new(0xA7);
    let mut proposal = talk.proposal();
    proposal.access.push(public(0xC1));
    assert_eq!(server.propose(&proposal).await.status, 201);

    // An ordinary run, a full disk that is logged, and each kind of trouble.
    let mut client = server.join(&talk).await;
    client.subscribe(&door(), 0).await;
    client.subscribe(&beats(), 0).await;
    client.publish(&beats(), b"beat").await;
    for _ in 0..40 {
        client.append(&door(), None, &[5; 20_000]).await;
    }
    let sdp = format!(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns={}\r\n",
        talk.id.to_text()
    );
    let room = common::room();
    let offer = ClientMessage::Offer {
        request: 1,
        room,
        sdp,
        senders: Vec::new(),
        restart: false,
    };
    client.say(&offer).await;
    client.ping().await;
    client.say_text("{".into()).await;
    client.refused_for_good().await;
    let wrong = Talk {
        id: talk.id,
        ..Talk::new(3)
    };
    let origin = server.origin();
    let mut refused = server.connect(talk.id, Some(&origin)).await;
    refused.prove(&wrong, &origin).await;
    refused.refused_for_good().await;
    let stranger = server.connect(talk.id, Some("https://evil.example")).await;
    stranger.refused_for_good().await;
    server.get(&format!("/t/{}", talk.id.to_text()), "").await;
    server
        .post(b"{", "Content-Type: application/json\r\n")
        .await;
    // A group's keys: claimed by the wrong one and by the right one, looked up and guessed.
    let claim = SigningKey::from_bytes(&[0xC1; 32]);
    let (access, control, guessed) = (public(0xC2), public(0xC3), public(0xC4));
    for by in [&SigningKey::from_bytes(&[0xC5; 32]), &claim] {
        register(&server, &talk, by, access, control).await;
    }
    for key in [access, guessed] {
        server
            .get(&format!("/api/v1/groups/{}", key.to_text()), "")
            .await;
    }
    let media = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    media
        .send_to(b"garbage", server.running.media_addr())
        .unwrap();
    let local = media.local_addr().unwrap().port().to_string();
    server.running.shutdown().await;

    let log = captured.text();
    // The control: this run logs something, and the search finds what is there.
    assert!(
        log.contains("the log can't be written"),
        "nothing was captured: {log}"
    );
    let hex = |bytes: &[u8]| {
        bytes
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    };
    let key = talk.access();
    let secrets = [
        talk.id.to_text(),
        hex(&talk.id.0),
        key.to_text(),
        hex(&key.0),
        format!("{:?}", talk.id.0),
        room.to_text(),
        "127.0.0.1".into(),
        "[::1]".into(),
        "evil.example".into(),
        local,
    ];
    let keys = [public(0xC1), access, control, guessed];
    let keys = keys.iter().flat_map(|key| [key.to_text(), hex(&key.0)]);
    let secrets = secrets.into_iter().chain(keys).collect::<Vec<_>>();
    for secret in &secrets {
        assert!(!finds(&log, secret), "{secret} is in the log: {log}");
        assert!(finds(&format!("{log}\nleak {secret}"), secret));
    }
}

fn public(number: u8) -> AccessKey {
    AccessKey(
        SigningKey::from_bytes(&[number; 32])
            .verifying_key()
            .to_bytes(),
    )
}

/// Claims the talk's second group.
async fn register(
    server: &Server,
    talk: &Talk,
    by: &SigningKey,
    access: AccessKey,
    control: AccessKey,
) {
    let origin = server.origin();
    let signed = group_challenge(&origin, &talk.id, 1, &access, &control);
    let request = RegisterGroup {
        access,
        control,
        signature: by.sign(&signed).to_bytes().to_vec().into(),
    };
    let body = serde_json::to_vec(&request).unwrap();
    let (path, length) = (talk.id.to_text(), body.len());
    let head = format!(
        "POST /api/v1/talks/{path}/groups/1 HTTP/1.1\r\nContent-Length: {length}\r\n\
         Content-Type: application/json\r\nOrigin: {origin}\r\n"
    );
    server.request(&head, &body).await;
}

fn finds(log: &str, secret: &str) -> bool {
    log.to_lowercase().contains(&secret.to_lowercase())
}
