//! Readouts at an address of their own, over real HTTP: by both control keys, from the embargo's end
//! on, and as they were handed over.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use common::{Reply, SOON, Server, Talk, server, server_with_limits};
use ed25519_dalek::{Signer as _, SigningKey};
use incamera_model::{AccessKey, ReadoutId, TalkId};
use incamera_server::Rate;
use incamera_wire::{
    ApiError, ApiReason, DestroyTalk, MAX_READOUT_BYTES, NewTalk, PublicationState, PublishReadout,
    Published, RegisterGroup, destroy_challenge, group_challenge, publish_challenge,
};
use sha2::{Digest as _, Sha256};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const CONTENT: &str = r#"{"format":"InCamera 1 readout","text":"—"}"#;
/// In the year 9999.
const FAR: u64 = 253_402_300_000_000;

fn secret(number: u8) -> SigningKey {
    SigningKey::from_bytes(&[number; 32])
}

fn public(key: &SigningKey) -> AccessKey {
    AccessKey(key.verifying_key().to_bytes())
}

fn id(content: &str) -> ReadoutId {
    let hash = Sha256::digest(content.as_bytes());
    ReadoutId(hash[..16].try_into().unwrap())
}

#[expect(clippy::disallowed_methods, reason = "the server has a clock")]
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(since.as_millis()).unwrap()
}

/// A talk between two delegations, both with their keys.
struct Two {
    server: Server,
    talk: Talk,
    controls: [SigningKey; 2],
}

/// What is signed, and how it is sent: right, unless a test changes it.
struct Handing<'a> {
    content: &'a str,
    not_before: u64,
    by: &'a SigningKey,
    path: String,
    signed_for: String,
    signed_content: &'a str,
    signed_not_before: u64,
    signed_index: u8,
    signed_talk: TalkId,
    headers: String,
}

impl Two {
    async fn new() -> Self {
        Self::on(server().await).await
    }

    async fn on(server: Server) -> Self {
        let talk = Talk::new(1);
        let controls = [talk.control(), secret(43)];
        let two = Self {
            server,
            talk,
            controls,
        };
        let claim = secret(41);
        let proposal = NewTalk {
            access: vec![two.talk.access(), public(&claim)],
            ..two.talk.proposal()
        };
        assert_eq!(two.server.propose(&proposal).await.status, 201);
        let (access, control) = (public(&secret(42)), public(&two.controls[1]));
        let origin = two.server.origin();
        let signed = group_challenge(&origin, &two.talk.id, 1, &access, &control);
        let request = RegisterGroup {
            access,
            control,
            signature: claim.sign(&signed).to_bytes().to_vec().into(),
        };
        let reply = two.post("groups/1", &two.origin_header(), &request).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        two
    }

    fn origin_header(&self) -> String {
        format!("Origin: {}\r\n", self.server.origin())
    }

    async fn post(&self, path: &str, headers: &str, request: &impl serde::Serialize) -> Reply {
        let body = serde_json::to_vec(request).unwrap();
        let (talk, length) = (self.talk.id.to_text(), body.len());
        let head = format!(
            "POST /api/v1/talks/{talk}/{path} HTTP/1.1\r\nContent-Length: {length}\r\n\
             Content-Type: application/json\r\n{headers}"
        );
        self.server.request(&head, &body).await
    }

    fn handing<'a>(&'a self, index: u8, content: &'a str, not_before: u64) -> Handing<'a> {
        Handing {
            content,
            not_before,
            by: &self.controls[usize::from(index)],
            path: format!("publications/{index}"),
            signed_for: self.server.origin(),
            signed_content: content,
            signed_not_before: not_before,
            signed_index: index,
            signed_talk: self.talk.id,
            headers: self.origin_header(),
        }
    }

    async fn send(&self, handing: &Handing<'_>) -> Reply {
        let hash = Sha256::digest(handing.signed_content.as_bytes()).into();
        let signed = publish_challenge(
            &handing.signed_for,
            &handing.signed_talk,
            handing.signed_index,
            &hash,
            handing.signed_not_before,
        );
        let request = PublishReadout {
            content: handing.content.to_owned(),
            not_before: handing.not_before,
            signature: handing.by.sign(&signed).to_bytes().to_vec().into(),
        };
        self.post(&handing.path, &handing.headers, &request).await
    }

    #[track_caller]
    fn state(&self, reply: &Reply, content: &str) -> PublicationState {
        assert_eq!(reply.status, 200, "{}", reply.text());
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        let published: Published = serde_json::from_slice(&reply.body).unwrap();
        assert!(published.readout == id(content));
        published.state
    }

    async fn hand_over(&self, index: u8, content: &str, not_before: u64) -> PublicationState {
        let reply = self.send(&self.handing(index, content, not_before)).await;
        self.state(&reply, content)
    }

    async fn read(&self, content: &str) -> Reply {
        read(&self.server, content).await
    }

    async fn nothing_is_public(&self, content: &str) {
        check_refused(&self.read(content).await, 404, ApiReason::Access);
    }
}

async fn read(server: &Server, content: &str) -> Reply {
    let path = format!("/api/v1/readouts/{}", id(content).to_text());
    server.get(&path, "").await
}

#[track_caller]
fn check_refused(reply: &Reply, status: u16, reason: ApiReason) {
    assert_eq!(reply.status, status, "{}", reply.text());
    let error: ApiError = serde_json::from_slice(&reply.body).unwrap();
    assert_eq!(error.reason, reason);
    assert!(error.error.ends_with('.'), "a sentence: {}", error.error);
    assert_eq!(reply.header("cache-control"), Some("no-store"));
}

#[track_caller]
fn check_is_public(reply: &Reply, content: &str) {
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(reply.body, content.as_bytes(), "byte for byte");
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(reply.header("x-robots-tag"), Some("noindex"));
    assert_eq!(reply.header("referrer-policy"), Some("no-referrer"));
}

#[tokio::test]
async fn a_readout_is_public_by_both_keys_and_stays_so() {
    let two = Two::new().await;
    two.nothing_is_public(CONTENT).await;
    for _ in 0..2 {
        // One key, and the same twice.
        let state = two.hand_over(0, CONTENT, 0).await;
        assert_eq!(state, PublicationState::Waiting);
        two.nothing_is_public(CONTENT).await;
    }
    let state = two.hand_over(1, CONTENT, 0).await;
    assert_eq!(state, PublicationState::Public);
    check_is_public(&two.read(CONTENT).await, CONTENT);
    // A reply may be lost; and what is public isn't taken back by another embargo.
    for (index, not_before) in [(0, 0), (1, 0), (0, FAR)] {
        let state = two.hand_over(index, CONTENT, not_before).await;
        assert_eq!(state, PublicationState::Public);
    }
    check_is_public(&two.read(CONTENT).await, CONTENT);
    // Whoever opens the address gets the page, whatever there is.
    assert_ne!(two.server.get("/r/anything", "").await.status, 404);
}

#[tokio::test]
async fn different_readouts_arent_the_same() {
    let two = Two::new().await;
    let other = &CONTENT.replace('—', "-");
    assert_eq!(
        two.hand_over(0, CONTENT, 0).await,
        PublicationState::Waiting
    );
    assert_eq!(two.hand_over(1, other, 0).await, PublicationState::Waiting);
    assert_eq!(
        two.hand_over(1, CONTENT, 7).await,
        PublicationState::Waiting
    );
    for content in [CONTENT, other] {
        two.nothing_is_public(content).await;
    }
    assert_eq!(two.hand_over(1, CONTENT, 0).await, PublicationState::Public);
    two.nothing_is_public(other).await;
}

#[tokio::test]
async fn only_the_delegations_own_signature_over_just_this_counts() {
    let two = Two::new().await;
    assert_eq!(
        two.hand_over(0, CONTENT, 0).await,
        PublicationState::Waiting
    );
    let right = || two.handing(1, CONTENT, 0);
    let stranger = secret(9);
    let access = secret(42);
    let wrong = [
        (
            "the other's key",
            Handing {
                by: &two.controls[0],
                ..right()
            },
        ),
        (
            "a stranger's",
            Handing {
                by: &stranger,
                ..right()
            },
        ),
        (
            "the access key",
            Handing {
                by: &access,
                ..right()
            },
        ),
        (
            "another server",
            Handing {
                signed_for: "https://example.org".into(),
                ..right()
            },
        ),
        (
            "another content",
            Handing {
                signed_content: "{}",
                ..right()
            },
        ),
        (
            "another embargo",
            Handing {
                signed_not_before: 1,
                ..right()
            },
        ),
        (
            "another talk",
            Handing {
                signed_talk: TalkId([9; 16]),
                ..right()
            },
        ),
        (
            "the other's place",
            Handing {
                signed_index: 0,
                ..right()
            },
        ),
        // What the first delegation signed, sent in the second's name.
        (
            "a replay",
            Handing {
                path: "publications/1".into(),
                ..two.handing(0, CONTENT, 0)
            },
        ),
        (
            "no such group",
            Handing {
                path: "publications/2".into(),
                signed_index: 2,
                ..right()
            },
        ),
        (
            "no group",
            Handing {
                path: "publications/x".into(),
                ..right()
            },
        ),
    ];
    for (what, handing) in wrong {
        let reply = two.send(&handing).await;
        assert_eq!(reply.status, 404, "{what}: {}", reply.text());
        check_refused(&reply, 404, ApiReason::Access);
    }
    two.nothing_is_public(CONTENT).await;
    for headers in [String::new(), "Origin: https://example.org\r\n".into()] {
        let reply = two.send(&Handing { headers, ..right() }).await;
        check_refused(&reply, 403, ApiReason::Origin);
    }
    two.nothing_is_public(CONTENT).await;
    let reply = two.send(&right()).await;
    assert_eq!(two.state(&reply, CONTENT), PublicationState::Public);
}

#[tokio::test]
async fn nothing_is_public_before_the_embargo_ends() {
    let two = Two::new().await;
    assert_eq!(
        two.hand_over(0, CONTENT, FAR).await,
        PublicationState::Waiting
    );
    let state = two.hand_over(1, CONTENT, FAR).await;
    assert_eq!(state, PublicationState::Embargoed);
    two.nothing_is_public(CONTENT).await;
    // Neither does one delegation end it alone.
    assert_eq!(
        two.hand_over(0, CONTENT, 0).await,
        PublicationState::Embargoed
    );
    two.nothing_is_public(CONTENT).await;

    let soon = &CONTENT.replace('—', "soon");
    let end = now() + 1500;
    two.hand_over(0, soon, end).await;
    two.hand_over(1, soon, end).await;
    let ends = async {
        loop {
            let before = now();
            let reply = two.read(soon).await;
            if reply.status == 200 {
                assert!(now() >= end, "too early");
                return check_is_public(&reply, soon);
            }
            assert!(before < end, "too late");
            check_refused(&reply, 404, ApiReason::Access);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(SOON, ends).await.unwrap();
}

#[tokio::test]
async fn what_is_too_much_is_refused() {
    let two = Two::new().await;
    let largest = "\"".repeat(MAX_READOUT_BYTES);
    // As large as JSON makes it.
    assert_eq!(
        two.hand_over(0, &largest, 0).await,
        PublicationState::Waiting
    );
    let larger = format!("{largest}\"");
    let reply = two.send(&two.handing(0, &larger, 0)).await;
    check_refused(&reply, 413, ApiReason::TooLarge);
    let huge = "x".repeat(4 * MAX_READOUT_BYTES);
    let reply = two.send(&two.handing(0, &huge, 0)).await;
    assert_eq!(reply.status, 413);
    for (content, not_before) in [("", 0), (CONTENT, u64::MAX)] {
        let reply = two.send(&two.handing(0, content, not_before)).await;
        check_refused(&reply, 400, ApiReason::Malformed);
    }
    let more =
        serde_json::json!({ "content": CONTENT, "not_before": 0, "signature": "", "more": 1 });
    let reply = two
        .post("publications/0", &two.origin_header(), &more)
        .await;
    check_refused(&reply, 400, ApiReason::Malformed);

    for number in 0..16 {
        let content = format!("{number}");
        two.hand_over(0, &content, 0).await;
        let state = two.hand_over(1, &content, 0).await;
        assert_eq!(state, PublicationState::Public);
    }
    let reply = two.send(&two.handing(0, CONTENT, 0)).await;
    check_refused(&reply, 507, ApiReason::Full);
}

#[tokio::test]
async fn too_many_from_one_address_wait() {
    let rate = Rate {
        burst: 3,
        per_second: 0,
    };
    let limited = server_with_limits(|limits| {
        limits.handovers = rate;
        limits.readouts = rate;
    });
    let two = Two::on(limited.await).await;
    for _ in 0..3 {
        assert_eq!(
            two.hand_over(0, CONTENT, 0).await,
            PublicationState::Waiting
        );
        two.nothing_is_public(CONTENT).await;
    }
    let reply = two.send(&two.handing(1, CONTENT, 0)).await;
    check_refused(&reply, 429, ApiReason::TooMany);
    check_refused(&two.read(CONTENT).await, 429, ApiReason::TooMany);
}

#[tokio::test]
async fn wrong_signatures_are_counted_and_readers_arent() {
    let rate = Rate {
        burst: 2,
        per_second: 0,
    };
    let two = Two::on(server_with_limits(|limits| limits.failures = rate).await).await;
    for _ in 0..5 {
        two.nothing_is_public(CONTENT).await;
    }
    let stranger = secret(9);
    for status in [404, 404, 429] {
        let wrong = Handing {
            by: &stranger,
            ..two.handing(0, CONTENT, 0)
        };
        assert_eq!(two.send(&wrong).await.status, status);
    }
}

#[tokio::test]
async fn it_outlives_the_process_its_backup_and_the_talk() {
    let two = Two::new().await;
    assert_eq!(
        two.hand_over(0, CONTENT, 0).await,
        PublicationState::Waiting
    );
    let Two {
        server,
        talk,
        controls,
    } = two;
    let (config, folder) = (common::config(server.folder.path()), server.folder);
    server.running.shutdown().await;
    let running = incamera_server::start(config.clone()).await.unwrap();
    let server = Server { running, folder };
    let two = Two {
        server,
        talk,
        controls,
    };
    // The other one comes later.
    assert_eq!(two.hand_over(1, CONTENT, 0).await, PublicationState::Public);
    let pending = &CONTENT.replace('—', "pending");
    assert_eq!(
        two.hand_over(0, pending, 0).await,
        PublicationState::Waiting
    );

    let origin = two.server.origin();
    let signed = destroy_challenge(&origin, &two.talk.id);
    let signature = two.controls[0].sign(&signed).to_bytes().to_vec().into();
    let destroy = DestroyTalk { signature };
    let reply = two.post("destroy", &two.origin_header(), &destroy).await;
    assert_eq!(reply.status, 200);
    check_is_public(&two.read(CONTENT).await, CONTENT);
    // Nothing more of this talk is published.
    let reply = two.send(&two.handing(1, pending, 0)).await;
    check_refused(&reply, 404, ApiReason::Access);

    let elsewhere = tempfile::tempdir().unwrap();
    let file = elsewhere.path().join("backup");
    incamera_log::backup(two.server.folder.path(), &file, false).unwrap();
    let data = elsewhere.path().join("data");
    incamera_log::restore(&file, &data, false).unwrap();
    let running = incamera_server::start(common::config(&data)).await.unwrap();
    let restored = Server {
        running,
        folder: elsewhere,
    };
    check_is_public(&read(&restored, CONTENT).await, CONTENT);
    check_refused(&read(&restored, pending).await, 404, ApiReason::Access);
}
