//! Access groups: who may claim one, who may replace its keys, and what each reaches of a talk.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use common::{Client, Reply, Server, Talk, beats, commits, door, room, server, server_with_limits};
use ed25519_dalek::{Signer as _, SigningKey};
use incamera_model::{AccessKey, StreamName};
use incamera_server::{Count, Rate};
use incamera_wire::{
    ApiError, ApiReason, ClientMessage, DestroyTalk, FoundGroup, NewTalk, Refusal, RegisterGroup,
    Resume, ServerMessage, destroy_challenge, group_challenge,
};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

fn secret(number: u8) -> SigningKey {
    SigningKey::from_bytes(&[number; 32])
}

fn public(key: &SigningKey) -> AccessKey {
    AccessKey(key.verifying_key().to_bytes())
}

/// A talk between two delegations: the proposer's, and one that nobody has claimed.
struct Delegations {
    server: Server,
    first: Talk,
    /// With the claim link's access key.
    claim: Talk,
    /// With the keys that the second delegation claims its group with.
    second: Talk,
    second_control: SigningKey,
}

impl Delegations {
    async fn new() -> Self {
        Self::on(server().await).await
    }

    async fn on(server: Server) -> Self {
        let first = Talk::new(1);
        let of = |number| Talk {
            id: first.id,
            key: secret(number),
        };
        let delegations = Self {
            server,
            claim: of(41),
            second: of(42),
            second_control: secret(43),
            first,
        };
        let reply = delegations.server.propose(&delegations.proposal()).await;
        assert_eq!(reply.status, 201, "{}", reply.text());
        delegations
    }

    async fn claimed() -> Self {
        let delegations = Self::new().await;
        assert_eq!(delegations.claim().await.status, 200);
        delegations
    }

    fn proposal(&self) -> NewTalk {
        NewTalk {
            access: vec![self.first.access(), self.claim.access()],
            ..self.first.proposal()
        }
    }

    async fn claim(&self) -> Reply {
        let (access, control) = (&self.second.key, &self.second_control);
        self.register("1", &self.claim.key, access, control).await
    }

    async fn register(
        &self,
        index: &str,
        by: &SigningKey,
        access: &SigningKey,
        control: &SigningKey,
    ) -> Reply {
        let origin = self.server.origin();
        let signed_for = origin.clone();
        let headers = format!("Origin: {origin}\r\n");
        self.register_as(index, by, access, control, (&signed_for, &headers))
            .await
    }

    async fn register_as(
        &self,
        index: &str,
        by: &SigningKey,
        access: &SigningKey,
        control: &SigningKey,
        (signed_for, headers): (&str, &str),
    ) -> Reply {
        let (access, control) = (public(access), public(control));
        let number = index.parse().unwrap_or_default();
        let signed = group_challenge(signed_for, &self.first.id, number, &access, &control);
        let request = RegisterGroup {
            access,
            control,
            signature: by.sign(&signed).to_bytes().to_vec().into(),
        };
        let path = format!("{}/groups/{index}", self.first.id.to_text());
        post(&self.server, &path, headers, &request).await
    }

    async fn find(&self, key: &SigningKey) -> Reply {
        let path = format!("/api/v1/groups/{}", public(key).to_text());
        self.server.get(&path, "").await
    }
}

async fn post(
    server: &Server,
    path: &str,
    headers: &str,
    request: &impl serde::Serialize,
) -> Reply {
    let body = serde_json::to_vec(request).unwrap();
    let length = body.len();
    let head = format!(
        "POST /api/v1/talks/{path} HTTP/1.1\r\nContent-Length: {length}\r\n\
         Content-Type: application/json\r\n{headers}"
    );
    server.request(&head, &body).await
}

#[track_caller]
fn check_refused(reply: &Reply, status: u16, reason: ApiReason) {
    assert_eq!(reply.status, status, "{}", reply.text());
    let error: ApiError = serde_json::from_slice(&reply.body).unwrap();
    assert_eq!(error.reason, reason);
    assert!(error.error.ends_with('.'), "a sentence: {}", error.error);
    assert_eq!(reply.header("cache-control"), Some("no-store"));
}

/// Which group the server says that a key proves, whether it is claimed, and how to come back.
async fn ready(server: &Server, talk: &Talk, resume: Option<Resume>) -> (Client, u8, bool, Resume) {
    let origin = server.origin();
    let mut client = server.connect(talk.id, Some(&origin)).await;
    let nonce = client.challenge().await;
    let mut proof = talk.proof(&origin, &nonce);
    if let ClientMessage::Prove { resume: place, .. } = &mut proof {
        *place = resume;
    }
    client.say(&proof).await;
    match client.hear().await {
        ServerMessage::Ready {
            group,
            claimed,
            connection,
            token,
            ..
        } => (client, group, claimed, Resume { connection, token }),
        other => panic!("{other:?}"),
    }
}

async fn is_ready_as(server: &Server, talk: &Talk, expected: (u8, bool)) {
    let (_, group, claimed, _) = ready(server, talk, None).await;
    assert_eq!((group, claimed), expected);
}

/// The key opens nothing.
async fn is_sent_away(server: &Server, talk: &Talk) {
    let origin = server.origin();
    let mut client = server.connect(talk.id, Some(&origin)).await;
    client.prove(talk, &origin).await;
    assert_eq!(client.refused_for_good().await.0, Refusal::Access);
}

#[tokio::test]
async fn a_group_is_claimed_once_and_then_only_its_control_key_counts() {
    let talk = Delegations::new().await;
    is_ready_as(&talk.server, &talk.first, (0, true)).await;
    is_ready_as(&talk.server, &talk.claim, (1, false)).await;
    is_sent_away(&talk.server, &talk.second).await;

    // The control: nobody else's key claims it.
    let first_control = talk.first.control();
    for wrong in [&talk.first.key, &first_control, &secret(9)] {
        let (access, control) = (&talk.second.key, &talk.second_control);
        let reply = talk.register("1", wrong, access, control).await;
        check_refused(&reply, 404, ApiReason::Access);
    }
    assert_eq!(talk.claim().await.status, 200);
    is_ready_as(&talk.server, &talk.second, (1, true)).await;
    is_sent_away(&talk.server, &talk.claim).await;
    // A reply may be lost.
    assert_eq!(talk.claim().await.status, 200);

    // Whoever else had the claim link.
    let late = talk
        .register("1", &talk.claim.key, &secret(50), &secret(51))
        .await;
    check_refused(&late, 404, ApiReason::Access);
    // Nor does the delegation's access key count from here on, nor the other delegation's control.
    for wrong in [&talk.second.key, &first_control] {
        let reply = talk.register("1", wrong, &secret(50), &secret(51)).await;
        check_refused(&reply, 404, ApiReason::Access);
    }
    is_ready_as(&talk.server, &talk.second, (1, true)).await;

    let rotated = talk
        .register("1", &talk.second_control, &secret(50), &secret(51))
        .await;
    assert_eq!(rotated.status, 200, "{}", rotated.text());
    is_sent_away(&talk.server, &talk.second).await;
    let mut second = talk.second.clone();
    second.key = secret(50);
    is_ready_as(&talk.server, &second, (1, true)).await;
    // By a control key that was replaced as well.
    let stale = talk
        .register("1", &talk.second_control, &secret(52), &secret(53))
        .await;
    check_refused(&stale, 404, ApiReason::Access);
    let rotated = talk
        .register("1", &secret(51), &secret(52), &secret(53))
        .await;
    assert_eq!(rotated.status, 200);
}

#[tokio::test]
async fn what_a_registration_must_be() {
    let talk = Delegations::new().await;
    let origin = talk.server.origin();
    let (by, access, control) = (&talk.claim.key, &talk.second.key, &talk.second_control);
    let as_page = format!("Origin: {origin}\r\n");
    let sent = |signed_for: &'static str, headers: String| {
        let (talk, origin) = (&talk, &origin);
        async move {
            let signed_for = if signed_for.is_empty() {
                origin
            } else {
                signed_for
            };
            talk.register_as("1", by, access, control, (signed_for, &headers))
                .await
        }
    };
    let relayed = sent("https://evil.example", as_page.clone()).await;
    check_refused(&relayed, 404, ApiReason::Access);
    let foreign = sent("", "Origin: https://evil.example\r\n".into()).await;
    check_refused(&foreign, 403, ApiReason::Origin);
    check_refused(&sent("", String::new()).await, 403, ApiReason::Origin);
    for index in ["2", "7", "256", "-1", "x"] {
        let nowhere = talk.register(index, by, access, control).await;
        check_refused(&nowhere, 404, ApiReason::Access);
    }
    // The claim link would go on to open the claimed group.
    let same = talk.register("1", by, by, control).await;
    check_refused(&same, 400, ApiReason::Malformed);
    // Another group's key, of this talk or of another.
    let other = talk.server.talk(2).await;
    for taken in [&talk.first.key, &other.key] {
        let reply = talk.register("1", by, taken, control).await;
        check_refused(&reply, 409, ApiReason::Taken);
    }
    let mut again = Talk::new(3).proposal();
    again.access.push(talk.claim.access());
    let reply = talk.server.propose(&again).await;
    check_refused(&reply, 409, ApiReason::Taken);
    let path = format!("{}/groups/1", talk.first.id.to_text());
    let weak = RegisterGroup {
        access: AccessKey([0; 32]),
        control: public(control),
        signature: vec![0; 64].into(),
    };
    let reply = post(&talk.server, &path, &as_page, &weak).await;
    check_refused(&reply, 400, ApiReason::Malformed);
    // The control: none of this was in the way of the right one.
    is_ready_as(&talk.server, &talk.claim, (1, false)).await;
    assert_eq!(sent("", as_page).await.status, 200);
}

#[tokio::test]
async fn sockets_that_proved_a_former_key_are_ended() {
    let talk = Delegations::new().await;
    let server = &talk.server;
    let mut first = server.join(&talk.first).await;
    let claimant = server.join(&talk.claim).await;
    let (left, _, _, kept) = ready(server, &talk.claim, None).await;
    drop(left);
    common::eventually("kept", || server.running.kept_connections() == 1).await;
    assert_eq!(talk.claim().await.status, 200);
    let ended = claimant.refused_for_good().await;
    assert_eq!(ended, (Refusal::Access, Some(CloseCode::Policy)));
    assert_eq!(server.running.kept_connections(), 0);

    let (mut second, _, _, right) = ready(server, &talk.second, Some(kept.clone())).await;
    assert_ne!(right.token, kept.token, "what was kept is over");
    // The same access key under another control key sends nobody away.
    let control = secret(51);
    let reply = talk
        .register("1", &talk.second_control, &talk.second.key, &control)
        .await;
    assert_eq!(reply.status, 200);
    second.ping().await;
    let reply = talk.register("1", &control, &secret(50), &secret(52)).await;
    assert_eq!(reply.status, 200);
    assert_eq!(second.refused_for_good().await.0, Refusal::Access);
    // The control: nobody else was.
    first.ping().await;
}

#[tokio::test]
async fn neither_delegation_reaches_the_others_lobby() {
    let talk = Delegations::claimed().await;
    let mut people = [
        talk.server.join(&talk.first).await,
        talk.server.join(&talk.second).await,
    ];
    for (own, client) in (0..).zip(&mut people) {
        let (own, others) = (StreamName::lobby(own), StreamName::lobby(1 - own));
        // The control: one's own is open.
        let appended = client.append(&own, None, b"mine").await;
        assert!(matches!(appended, ServerMessage::Appended { .. }));
        client.subscribe(&own, 0).await;
        assert_eq!(client.catch_up(&own).await.len(), 1);

        let refused = client.append(&others, None, b"theirs").await;
        assert!(matches!(
            refused,
            ServerMessage::Refused {
                reason: Refusal::NotYours,
                ..
            }
        ));
        client.subscribe(&others, 0).await;
        assert_eq!(client.refused().await, (None, Refusal::NotYours));
        // Nor one that nobody has, and the connection goes on.
        client.subscribe(&StreamName::lobby(2), 0).await;
        assert_eq!(client.refused().await, (None, Refusal::NotYours));
        client.ping().await;
        let appended = client.append(&door(), None, b"common").await;
        assert!(matches!(appended, ServerMessage::Appended { .. }));
    }
    // What was refused isn't there.
    let [first, _] = &mut people;
    first.subscribe(&StreamName::lobby(0), 0).await;
    let entries = first.catch_up(&StreamName::lobby(0)).await;
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0].entry.as_slice(), b"mine");
}

#[tokio::test]
async fn an_unclaimed_lobby_is_the_proposers_until_it_is_claimed() {
    let talk = Delegations::new().await;
    let lobby = StreamName::lobby(1);
    let mut first = talk.server.join(&talk.first).await;
    let mut claimant = talk.server.join(&talk.claim).await;
    // The control: both write and read it before.
    first.subscribe(&lobby, 0).await;
    assert!(first.catch_up(&lobby).await.is_empty());
    first.append(&lobby, None, b"offer").await;
    claimant.append(&lobby, None, b"claim").await;
    claimant.subscribe(&lobby, 0).await;
    assert_eq!(claimant.entries(&lobby, 2).await.len(), 2);
    let mut reader = talk.server.join(&talk.first).await;
    reader.subscribe(&lobby, 0).await;
    assert_eq!(reader.entries(&lobby, 2).await.len(), 2);

    assert_eq!(talk.claim().await.status, 200);
    let mut second = talk.server.join(&talk.second).await;
    second.append(&lobby, None, b"somebody asks").await;
    second.subscribe(&lobby, 2).await;
    assert_eq!(second.entries(&lobby, 1).await.len(), 1);
    // Who followed it is told, and doesn't get the entry.
    match reader.hear().await {
        ServerMessage::Refused {
            request: None,
            reason,
            ..
        } => assert_eq!(reason, Refusal::NotYours),
        other => panic!("{other:?}"),
    }
    second.append(&lobby, None, b"somebody else asks").await;
    second.ping().await;
    reader.say(&ClientMessage::Ping).await;
    assert_eq!(reader.hear().await, ServerMessage::Pong);
}

/// What each way of using a talk comes to: whether the server says that it is another's.
async fn denied(client: &mut Client, stream: &StreamName) -> [bool; 2] {
    let expected = (*stream == StreamName::record()).then_some(1);
    let expected = if *stream == commits() {
        Some(0)
    } else {
        expected
    };
    let is_denied = |message: &ServerMessage| {
        let reason = Refusal::NotYours;
        matches!(message, ServerMessage::Refused { reason: r, .. } if *r == reason)
    };
    let append = client.append(stream, expected, b"entry").await;
    client.subscribe(stream, 0).await;
    // An ephemeral stream says nothing, and so does the end.
    client.say(&ClientMessage::Ping).await;
    let mut followed = None;
    while followed.is_none() {
        match client.hear().await {
            ServerMessage::Pong => followed = Some(false),
            refused if is_denied(&refused) => {
                client.ping().await;
                followed = Some(true);
            }
            _ => {}
        }
    }
    [is_denied(&append), followed.unwrap()]
}

#[tokio::test]
async fn a_claim_link_reaches_nothing_but_its_lobby_and_mail() {
    let talk = Delegations::new().await;
    let mut claimant = talk.server.join(&talk.claim).await;
    let forbidden = [
        StreamName::record(),
        commits(),
        door(),
        StreamName::messages(&room()),
        StreamName::lobby(0),
        beats(),
    ];
    for stream in &forbidden {
        let found = denied(&mut claimant, stream).await;
        assert_eq!(found, [true, true], "{}", stream.as_str());
    }
    for stream in [StreamName::lobby(1), StreamName::mail(&[7; 32])] {
        let found = denied(&mut claimant, &stream).await;
        assert_eq!(found, [false, false], "{}", stream.as_str());
    }
    let media = |client: Client, expected: [Refusal; 4]| check_media(client, expected);
    let not_yours = Refusal::NotYours;
    // A probe is looked at, and this one is of no use.
    media(
        claimant,
        [not_yours, not_yours, Refusal::BadOffer, not_yours],
    )
    .await;

    // The control: once its group is claimed, all of it is open but the other's lobby.
    assert_eq!(talk.claim().await.status, 200);
    let mut second = talk.server.join(&talk.second).await;
    for stream in &forbidden {
        let found = denied(&mut second, stream).await;
        let foreign = *stream == StreamName::lobby(0);
        assert_eq!(found, [foreign, foreign], "{}", stream.as_str());
    }
    let stored = Refusal::WrongStream;
    let bad = Refusal::BadOffer;
    let too_many = Refusal::TooMany;
    media(second, [stored, bad, bad, too_many]).await;
}

/// What publishing, an offer, a probe and watching are refused for; each is wrong in its own way.
async fn check_media(mut client: Client, expected: [Refusal; 4]) {
    client.publish(&door(), b"entry").await;
    let published = client.refused().await.1;
    let offer = ClientMessage::Offer {
        request: 900,
        room: room(),
        sdp: "nothing".into(),
        senders: Vec::new(),
        restart: false,
    };
    client.say(&offer).await;
    let offered = client.refused().await;
    assert_eq!(offered.0, Some(900));
    let (request, sdp) = (901, "nothing".into());
    client.say(&ClientMessage::Probe { request, sdp }).await;
    let probed = client.refused().await;
    assert_eq!(probed.0, Some(901));
    let source = r#"{"source":{"connection":1,"kind":"camera"},"width":9}"#;
    let sources = vec![source; 65].join(",");
    client
        .say_text(format!(r#"{{"type":"watch","sources":[{sources}]}}"#))
        .await;
    let watched = client.refused().await.1;
    assert_eq!([published, offered.1, probed.1, watched], expected);
    client.say(&ClientMessage::Hangup).await;
    client.ping().await;
}

#[tokio::test]
async fn a_code_finds_its_talk_and_guessing_is_slowed() {
    let rate = Rate {
        burst: 3,
        per_second: 1,
    };
    let server = server_with_limits(|limits| limits.failures = rate).await;
    let talk = Delegations::on(server).await;
    // What is found doesn't count.
    for _ in 0..5 {
        let reply = talk.find(&talk.claim.key).await;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        let found: FoundGroup = serde_json::from_slice(&reply.body).unwrap();
        assert_eq!((found.talk, found.group), (talk.first.id, 1));
    }
    assert_eq!(talk.claim().await.status, 200);
    let found = talk.find(&talk.second.key).await;
    let found: FoundGroup = serde_json::from_slice(&found.body).unwrap();
    assert_eq!((found.talk, found.group), (talk.first.id, 1));

    let foreign = talk
        .server
        .get("/api/v1/groups/x", "Origin: https://evil.example\r\n")
        .await;
    check_refused(&foreign, 403, ApiReason::Origin);
    let former = talk.find(&talk.claim.key).await;
    check_refused(&former, 404, ApiReason::Access);
    let nobodys = talk.find(&secret(9)).await;
    check_refused(&nobodys, 404, ApiReason::Access);
    let no_key = talk.server.get("/api/v1/groups/x", "").await;
    check_refused(&no_key, 404, ApiReason::Access);
    // Now nothing is looked at: neither a key that there is, nor a signature that holds.
    let found = talk.find(&talk.second.key).await;
    check_refused(&found, 429, ApiReason::TooMany);
    let (control, key) = (&talk.second_control, &talk.second.key);
    let reply = talk.register("1", control, &secret(50), control).await;
    check_refused(&reply, 429, ApiReason::TooMany);
    is_ready_as(&talk.server, &talk.second, (1, true)).await;
    // A second later there is one attempt again.
    let again = async {
        while talk.find(key).await.status == 429 {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(common::SOON, again).await.unwrap();
}

async fn destroy(talk: &Delegations, by: &SigningKey) -> Reply {
    let origin = talk.server.origin();
    let signed = destroy_challenge(&origin, &talk.first.id);
    let signature = by.sign(&signed).to_bytes().to_vec().into();
    let path = format!("{}/destroy", talk.first.id.to_text());
    let headers = format!("Origin: {origin}\r\n");
    post(&talk.server, &path, &headers, &DestroyTalk { signature }).await
}

#[tokio::test]
async fn either_control_key_destroys_the_talk() {
    for second in [false, true] {
        let talk = Delegations::claimed().await;
        let first = talk.server.join(&talk.first).await;
        let (access, claim) = (&talk.second.key, &talk.claim.key);
        for wrong in [&talk.first.key, access, claim, &secret(9)] {
            check_refused(&destroy(&talk, wrong).await, 404, ApiReason::Access);
        }
        let control = match second {
            true => talk.second_control.clone(),
            false => talk.first.control(),
        };
        assert_eq!(destroy(&talk, &control).await.status, 200);
        assert_eq!(talk.server.counters().get(Count::Destroyed), 1);
        assert_eq!(first.refused_for_good().await.0, Refusal::Gone);
        // It takes no keys from here on.
        let late = talk
            .register("1", &talk.second_control, &secret(50), &secret(51))
            .await;
        check_refused(&late, 404, ApiReason::Access);
    }
    // The control: before it is claimed, its future keys end nothing.
    let talk = Delegations::new().await;
    let reply = destroy(&talk, &talk.second_control).await;
    check_refused(&reply, 404, ApiReason::Access);
    let reply = destroy(&talk, &talk.claim.key).await;
    check_refused(&reply, 404, ApiReason::Access);
}

#[tokio::test]
async fn an_open_conversation_is_one_claimed_group() {
    let talk = Delegations::new().await;
    let open = talk.server.talk(2).await;
    let (mut client, group, claimed, _) = ready(&talk.server, &open, None).await;
    assert_eq!((group, claimed), (0, true));
    assert_eq!(denied(&mut client, &door()).await, [false, false]);
    let elsewhere = StreamName::lobby(1);
    assert_eq!(denied(&mut client, &elsewhere).await, [true, true]);
    // Its link is everybody's, and replaces no key; the proposer's control key does.
    let of_open = Delegations {
        first: open.clone(),
        ..talk
    };
    let reply = of_open
        .register("0", &open.key, &secret(60), &secret(61))
        .await;
    check_refused(&reply, 404, ApiReason::Access);
    let reply = of_open
        .register("0", &open.control(), &secret(60), &secret(61))
        .await;
    assert_eq!(reply.status, 200);
    assert_eq!(client.refused_for_good().await.0, Refusal::Access);
}

#[tokio::test]
async fn a_delegation_uses_up_its_own_share_only() {
    // Eight groups share 4096 streams.
    const SHARE: u16 = 512;
    let hasty = Rate {
        burst: 10_000,
        per_second: 1,
    };
    let server = server_with_limits(|limits| limits.messages = hasty).await;
    let first = Talk::new(1);
    let eighth = Talk {
        id: first.id,
        key: secret(48),
    };
    let mut new = first.proposal();
    new.access
        .extend((42..=48).map(|number| public(&secret(number))));
    assert_eq!(server.propose(&new).await.status, 201);
    let mail = |number: u16| {
        let mut hash = [0; 32];
        hash[..2].copy_from_slice(&number.to_be_bytes());
        StreamName::mail(&hash)
    };
    let mut client = server.join(&eighth).await;
    for number in 0..=SHARE {
        let append = ClientMessage::Append {
            request: number.into(),
            stream: mail(number),
            expected: None,
            entry: b"entry".to_vec().into(),
        };
        client.say(&append).await;
    }
    for number in 0..SHARE {
        let reply = client.hear().await;
        let expected = u32::from(number);
        let appended =
            matches!(reply, ServerMessage::Appended { request, .. } if request == expected);
        assert!(appended, "{number}: {reply:?}");
    }
    let refused = client.refused().await;
    assert_eq!(refused, (Some(SHARE.into()), Refusal::TooMany));
    // The control: another group has its share still.
    let mut other = server.join(&first).await;
    let appended = other.append(&mail(SHARE), None, b"entry").await;
    assert!(matches!(appended, ServerMessage::Appended { .. }));
}
