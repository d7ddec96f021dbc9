//! Who may propose talks, and who may have one destroyed.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use common::{Reply, SOON, Server, Talk, door, server, server_with};
use ed25519_dalek::{Signer as _, SigningKey};
use incamera_model::Position;
use incamera_server::{Count, Rate, renew_operator_token};
use incamera_wire::{
    ApiError, ApiReason, DestroyTalk, PROTOCOL_VERSION, Proposing, Refusal, ServerInfo,
    ServerMessage, destroy_challenge,
};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

/// A server that asks for its token, and the token.
async fn guarded(change: impl FnOnce(&mut incamera_server::Config)) -> (Server, String) {
    let mut server = server_with(|config| {
        config.open = false;
        change(config);
    })
    .await;
    let token = server.running.take_operator_token().unwrap();
    assert_eq!(server.running.take_operator_token(), None, "once");
    (server, token)
}

async fn propose(server: &Server, number: u8, authorization: &str) -> Reply {
    let body = serde_json::to_vec(&Talk::new(number).proposal()).unwrap();
    let headers = format!("Content-Type: application/json\r\n{authorization}");
    server.post(&body, &headers).await
}

fn bearer(token: &str) -> String {
    format!("Authorization: Bearer {token}\r\n")
}

#[track_caller]
fn check_refused(reply: &Reply, status: u16, reason: ApiReason) {
    assert_eq!(reply.status, status, "{}", reply.text());
    let error: ApiError = serde_json::from_slice(&reply.body).unwrap();
    assert_eq!(error.reason, reason);
    assert!(error.error.ends_with('.') || error.error.ends_with(").")); // a sentence
    assert_eq!(reply.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn only_the_token_opens_proposing() {
    let (server, token) = guarded(|_| {}).await;
    let reply = propose(&server, 1, "").await;
    check_refused(&reply, 401, ApiReason::TokenMissing);
    assert_eq!(reply.header("www-authenticate"), Some("Bearer"));
    let basic = propose(&server, 1, "Authorization: Basic abc\r\n").await;
    check_refused(&basic, 401, ApiReason::TokenMissing);
    let short = propose(&server, 1, &bearer(&token[1..])).await;
    check_refused(&short, 401, ApiReason::TokenWrong);
    assert_eq!(server.counters().get(Count::Talks), 0);

    assert_eq!(propose(&server, 1, &bearer(&token)).await.status, 201);
    // Whoever has the talk's link enters it without the token.
    server.join(&Talk::new(1)).await;
}

#[tokio::test]
async fn an_open_server_needs_none() {
    let server = server().await;
    assert_eq!(propose(&server, 1, "").await.status, 201);
    let info = server.get("/api/server", "").await;
    let info: ServerInfo = serde_json::from_slice(&info.body).unwrap();
    assert_eq!(info.proposing, Proposing::Open);
    let (guarded, _) = guarded(|_| {}).await;
    let info = guarded.get("/api/server", "").await;
    let info: ServerInfo = serde_json::from_slice(&info.body).unwrap();
    let expected = ServerInfo {
        version: PROTOCOL_VERSION,
        proposing: Proposing::Token,
        demonstration: false,
    };
    assert_eq!(info, expected);
}

/// It says so only if it was started as one.
#[tokio::test]
async fn a_demonstration_says_that_it_is_one() {
    for demonstration in [false, true] {
        let server = server_with(|config| config.demonstration = demonstration).await;
        let info = server.get("/api/server", "").await;
        let info: ServerInfo = serde_json::from_slice(&info.body).unwrap();
        assert_eq!(info.demonstration, demonstration);
    }
}

#[tokio::test]
async fn a_renewed_token_counts_at_once_and_a_restart_makes_none() {
    let (server, first) = guarded(|_| {}).await;
    let second = renew_operator_token(server.folder.path()).unwrap();
    let reply = propose(&server, 1, &bearer(&first)).await;
    check_refused(&reply, 401, ApiReason::TokenWrong);
    assert_eq!(propose(&server, 1, &bearer(&second)).await.status, 201);

    let Server { running, folder } = server;
    running.shutdown().await;
    let mut config = common::config(folder.path());
    config.open = false;
    let mut running = incamera_server::start(config).await.unwrap();
    assert_eq!(running.take_operator_token(), None);
    let server = Server { running, folder };
    assert_eq!(propose(&server, 2, &bearer(&second)).await.status, 201);
}

#[tokio::test]
async fn too_many_wrong_tokens_are_not_looked_at() {
    let rate = Rate {
        burst: 3,
        per_second: 1,
    };
    let (server, token) = guarded(|config| config.limits.failures = rate).await;
    let wrong = bearer(&"A".repeat(43));
    let mut refused = Vec::new();
    for _ in 0..4 {
        refused.push(propose(&server, 1, &wrong).await.status);
    }
    assert_eq!(refused, [401, 401, 401, 429]);
    let reply = propose(&server, 1, &bearer(&token)).await;
    check_refused(&reply, 429, ApiReason::TooMany);
    // A second later there is one attempt again.
    let again = async {
        while propose(&server, 1, &bearer(&token)).await.status == 429 {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(SOON, again).await.unwrap();
    server.join(&Talk::new(1)).await;
}

async fn destroy(server: &Server, talk: &Talk, key: &SigningKey, signed_for: &str) -> Reply {
    let signed = destroy_challenge(signed_for, &talk.id);
    let request = DestroyTalk {
        signature: key.sign(&signed).to_bytes().to_vec().into(),
    };
    let body = serde_json::to_vec(&request).unwrap();
    let (path, length, origin) = (talk.id.to_text(), body.len(), server.origin());
    let head = format!(
        "POST /api/v1/talks/{path}/destroy HTTP/1.1\r\nContent-Length: {length}\r\n\
         Content-Type: application/json\r\nOrigin: {origin}\r\n"
    );
    server.request(&head, &body).await
}

#[tokio::test]
async fn a_destroyed_talk_is_told_to_who_may_know_and_leaves_no_byte() {
    let server = server().await;
    let talk = server.talk(1).await;
    let control = talk.control();
    let other = server.talk(2).await;
    let mut client = server.join(&talk).await;
    let mut bystander = server.join(&other).await;
    let mark = b"a mark that no other entry has";
    let kept = b"another one that is to stay here";
    client.append(&door(), None, mark).await;
    bystander.append(&door(), None, kept).await;
    assert!(in_files(&server, mark) && in_files(&server, kept));

    let origin = server.origin();
    let reply = destroy(&server, &talk, &control, &origin).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert!(!in_files(&server, mark) && in_files(&server, kept));
    let ended = client.refused_for_good().await;
    assert_eq!(ended, (Refusal::Gone, Some(CloseCode::Policy)));
    assert_eq!(server.counters().get(Count::Destroyed), 1);

    // Whoever proves an access key is told; anybody else learns nothing.
    let mut late = server.connect(talk.id, Some(&origin)).await;
    late.prove(&talk, &origin).await;
    assert_eq!(late.refused_for_good().await.0, Refusal::Gone);
    let mut stranger = server.connect(talk.id, Some(&origin)).await;
    let impostor = Talk {
        key: SigningKey::from_bytes(&[77; 32]),
        ..talk.clone()
    };
    stranger.prove(&impostor, &origin).await;
    assert_eq!(stranger.refused_for_good().await.0, Refusal::Access);

    // It can't be opened again, destroying it again succeeds, and the other talk goes on.
    check_refused(
        &server.propose(&talk.proposal()).await,
        409,
        ApiReason::Taken,
    );
    let again = destroy(&server, &talk, &control, &origin).await;
    assert_eq!(again.status, 200);
    let appended = bystander.append(&door(), None, b"more").await;
    assert!(matches!(
        appended,
        ServerMessage::Appended {
            position: Position(1),
            ..
        }
    ));
}

#[tokio::test]
async fn only_the_control_key_destroys() {
    let server = server().await;
    let talk = server.talk(1).await;
    let control = talk.control();
    let other = server.talk(2).await;
    let mut client = server.join(&talk).await;
    let origin = server.origin();
    let stranger = SigningKey::from_bytes(&[9; 32]);
    for (talk, key, signed_for) in [
        (&talk, &talk.key, origin.as_str()),
        (&talk, &stranger, &origin),
        (&talk, &control, "https://elsewhere.example"),
        (&other, &control, &origin),
        (&Talk::new(3), &control, &origin),
    ] {
        let reply = destroy(&server, talk, key, signed_for).await;
        check_refused(&reply, 404, ApiReason::Access);
    }
    let appended = client.append(&door(), None, b"still here").await;
    assert!(matches!(appended, ServerMessage::Appended { .. }));
    // Control: the right key does.
    assert_eq!(destroy(&server, &talk, &control, &origin).await.status, 200);
}

/// Whether any file of the data folder has these bytes.
fn in_files(server: &Server, bytes: &[u8]) -> bool {
    std::fs::read_dir(server.folder.path())
        .unwrap()
        .any(|file| {
            let content = std::fs::read(file.unwrap().path()).unwrap();
            content.windows(bytes.len()).any(|window| window == bytes)
        })
}
