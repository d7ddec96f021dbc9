//! A connection outlives its socket: over real WebSockets, with media over real UDP.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod call;
mod common;
#[allow(dead_code, reason = "each test file uses its part")]
mod media_peer;

use call::{check_flow, flows, offer};
use common::{Client, SOON, Server, Talk, beats, eventually, server, server_with_limits};
use futures_util::StreamExt as _;
use incamera_model::{Bytes, ConnectionId};
use incamera_server::Count;
use incamera_wire::{ClientMessage, Refusal, Resume, Sender, ServerMessage};
use media_peer::{Peer, Transport};
use std::time::Duration;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

/// Long enough for what is to happen before it, short enough to wait for.
const KEEP: Duration = Duration::from_millis(1500);

struct Joined {
    client: Client,
    right: Resume,
    resumed: bool,
    keep_seconds: u32,
}

async fn join(server: &Server, talk: &Talk, resume: Option<Resume>) -> Joined {
    let origin = server.origin();
    let mut client = server.connect(talk.id, Some(&origin)).await;
    let nonce = client.challenge().await;
    let mut proof = talk.proof(&origin, &nonce);
    if let ClientMessage::Prove { resume: place, .. } = &mut proof {
        *place = resume;
    }
    client.say(&proof).await;
    let ServerMessage::Ready {
        connection,
        token,
        resumed,
        keep_seconds,
        ..
    } = client.hear().await
    else {
        panic!("not ready");
    };
    assert_eq!(token.0.len(), 32);
    Joined {
        client,
        right: Resume { connection, token },
        resumed,
        keep_seconds,
    }
}

/// Two people whose media flows both ways.
struct Call {
    server: Server,
    talk: Talk,
    a: Joined,
    b: Joined,
    peers: [Peer; 2],
}

impl Call {
    async fn start(server: Server) -> Self {
        let talk = server.talk(1).await;
        let mut a = join(&server, &talk, None).await;
        let mut b = join(&server, &talk, None).await;
        let mut peers = [
            offer(&mut a.client, Transport::Udp).await,
            offer(&mut b.client, Transport::Udp).await,
        ];
        let [from, to] = &mut peers;
        check_flow(from, to).await;
        check_flow(to, from).await;
        Self {
            server,
            talk,
            a,
            b,
            peers,
        }
    }

    async fn media_sessions(&self) -> usize {
        self.server.running.media_counters().await.unwrap().sessions
    }

    async fn check_flows(&mut self) {
        let [from, to] = &mut self.peers;
        check_flow(from, to).await;
        check_flow(to, from).await;
    }
}

/// Loses the socket as a network does: without a word.
fn cut(client: Client) {
    let stream = client.socket.into_inner();
    let _ = socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO));
}

async fn until_kept(server: &Server, count: usize) {
    let kept = || server.running.kept_connections() == count;
    eventually("kept", kept).await;
}

#[tokio::test]
async fn media_goes_on_while_the_socket_is_away() {
    let mut call = Call::start(server().await).await;
    let right = call.a.right.clone();
    cut(call.a.client);
    until_kept(&call.server, 1).await;
    let [from, to] = &mut call.peers;
    check_flow(from, to).await;
    check_flow(to, from).await;
    let mut back = join(&call.server, &call.talk, Some(right.clone())).await;
    assert!(back.resumed);
    assert_eq!((&back.right, back.keep_seconds), (&right, 30));
    assert_eq!(call.server.running.kept_connections(), 0);
    check_flow(from, to).await;
    // It is told what its slots carry, and what it says about them counts.
    let told = back.client.hear().await;
    assert!(matches!(told, ServerMessage::Slots { .. }), "{told:?}");
    // Streams are followed anew.
    back.client.subscribe(&beats(), 0).await;
    back.client.ping().await;
    call.b.client.publish(&beats(), b"beat").await;
    while !matches!(back.client.hear().await, ServerMessage::Published { .. }) {}
    assert_eq!(
        call.server.running.media_counters().await.unwrap().sessions,
        2
    );
}

#[tokio::test]
async fn nobody_coming_back_ends_it() {
    let server = server_with_limits(|limits| limits.keep = KEEP).await;
    let mut call = Call::start(server).await;
    let right = call.a.right.clone();
    cut(call.a.client);
    until_kept(&call.server, 1).await;
    assert_eq!(
        call.server.running.media_counters().await.unwrap().sessions,
        2
    );
    until_kept(&call.server, 0).await;
    // The other's room is told to be empty.
    loop {
        if let ServerMessage::Slots { sources, .. } = call.b.client.hear().await
            && sources.is_empty()
        {
            break;
        }
    }
    assert_eq!(
        call.server.running.media_counters().await.unwrap().sessions,
        1
    );
    let back = join(&call.server, &call.talk, Some(right.clone())).await;
    assert!(!back.resumed);
    assert_ne!(back.right.connection, right.connection);
    assert_ne!(back.right.token, right.token);
}

/// The control of both tests above: what they see is the keeping's doing.
#[tokio::test]
async fn without_keeping_a_lost_socket_ends_the_media() {
    let server = server_with_limits(|limits| limits.keep = Duration::ZERO).await;
    let mut call = Call::start(server).await;
    let right = call.a.right.clone();
    cut(call.a.client);
    loop {
        if let ServerMessage::Slots { sources, .. } = call.b.client.hear().await
            && sources.is_empty()
        {
            break;
        }
    }
    let [from, to] = &mut call.peers;
    assert!(!flows(from, to, Duration::from_secs(1)).await);
    let back = join(&call.server, &call.talk, Some(right)).await;
    assert!(!back.resumed);
    assert_eq!(back.keep_seconds, 0);
}

#[tokio::test]
async fn a_client_that_closes_has_left() {
    for code in [None, Some(CloseCode::Normal), Some(CloseCode::Away)] {
        let mut call = Call::start(server().await).await;
        let frame = code.map(|code| CloseFrame {
            code,
            reason: "".into(),
        });
        call.a.client.socket.close(frame).await.unwrap();
        while call.media_sessions().await != 1 {
            call.b.client.ping().await;
        }
        assert_eq!(call.server.running.kept_connections(), 0);
        let back = join(&call.server, &call.talk, Some(call.a.right.clone())).await;
        assert!(!back.resumed, "{code:?}");
    }
}

#[tokio::test]
async fn a_client_that_closes_because_it_lost_the_socket_is_kept() {
    let mut call = Call::start(server().await).await;
    let frame = CloseFrame {
        code: CloseCode::Library(4000),
        reason: "".into(),
    };
    call.a.client.socket.close(Some(frame)).await.unwrap();
    until_kept(&call.server, 1).await;
    let back = join(&call.server, &call.talk, Some(call.a.right.clone())).await;
    assert!(back.resumed);
    call.check_flows().await;
}

#[tokio::test]
async fn only_the_token_of_the_same_talk_resumes() {
    let mut call = Call::start(server().await).await;
    let right = call.a.right.clone();
    cut(call.a.client);
    until_kept(&call.server, 1).await;
    let other_talk = call.server.talk(2).await;
    let mut wrong = Vec::new();
    for token in [vec![0; 32], Vec::new(), right.token.0[..31].to_vec()] {
        let resume = Resume {
            connection: right.connection,
            token: Bytes(token),
        };
        wrong.push((&call.talk, resume));
    }
    let elsewhere = ConnectionId(right.connection.0 + 1000);
    let unknown = Resume {
        connection: elsewhere,
        token: right.token.clone(),
    };
    wrong.push((&call.talk, unknown));
    let of_b = Resume {
        connection: call.b.right.connection,
        token: right.token.clone(),
    };
    wrong.push((&call.talk, of_b));
    wrong.push((&other_talk, right.clone()));
    for (talk, resume) in wrong {
        let back = join(&call.server, talk, Some(resume)).await;
        assert!(!back.resumed);
        assert_ne!(back.right.connection, right.connection);
        back.client.socket.into_inner();
    }
    // The right one still does.
    let back = join(&call.server, &call.talk, Some(right)).await;
    assert!(back.resumed);
    let [from, to] = &mut call.peers;
    check_flow(from, to).await;
}

/// A connection that died without either end noticing: the client is back before the server knows.
#[tokio::test]
async fn a_half_dead_socket_is_displaced() {
    let mut call = Call::start(server().await).await;
    let mut back = join(&call.server, &call.talk, Some(call.a.right.clone())).await;
    assert!(back.resumed);
    let ended = async {
        loop {
            match call.a.client.socket.next().await {
                Some(Ok(Message::Close(_)) | Err(_)) | None => break,
                Some(Ok(_)) => {}
            }
        }
    };
    tokio::time::timeout(SOON, ended).await.unwrap();
    let closed = || call.server.counters().get(Count::Closed) == 1;
    // What the old socket does from here on is nobody's business.
    cut(call.a.client);
    eventually("closed", closed).await;
    assert_eq!(call.server.running.kept_connections(), 0);
    back.client.ping().await;
    let [from, to] = &mut call.peers;
    check_flow(from, to).await;
    check_flow(to, from).await;
    assert_eq!(
        call.server.running.media_counters().await.unwrap().sessions,
        2
    );
}

/// What happens to a session's media while its socket is away is told when it is back.
#[tokio::test]
async fn media_that_ended_meanwhile_is_told() {
    let mut call = Call::start(server().await).await;
    let right = call.a.right.clone();
    cut(call.a.client);
    until_kept(&call.server, 1).await;
    call.peers[0].close().await;
    while call.server.running.media_counters().await.unwrap().sessions != 1 {
        call.b.client.ping().await;
    }
    let mut back = join(&call.server, &call.talk, Some(right)).await;
    assert!(back.resumed);
    let told = back.client.hear().await;
    assert!(
        matches!(told, ServerMessage::MediaClosed { .. }),
        "{told:?}"
    );
}

/// A translator forgot the peer, and it comes from another port; nobody says a word.
#[tokio::test]
async fn a_peer_that_changes_its_address_goes_on() {
    let mut call = Call::start(server().await).await;
    call.peers[0].readdress().await;
    call.check_flows().await;
    call.peers[0].readdress().await;
    call.check_flows().await;
    assert_eq!(call.media_sessions().await, 2);
}

/// The peer leaves its socket and restarts ICE on another, at last over TCP because UDP is blocked.
#[tokio::test]
async fn a_restart_goes_on_over_another_socket_and_over_tcp() {
    let mut call = Call::start(server().await).await;
    for (request, transport) in [
        (20, Transport::Udp),
        (21, Transport::Tcp),
        (22, Transport::Udp),
    ] {
        let (pending, sdp, senders) = call.peers[0].restart();
        let senders = senders.into_iter();
        let offer = ClientMessage::Offer {
            request,
            room: common::room(),
            sdp,
            senders: senders.map(|(mid, kind)| Sender { mid, kind }).collect(),
            restart: true,
        };
        call.a.client.say(&offer).await;
        let answer = call::answer(&mut call.a.client, request).await.unwrap();
        call.peers[0].go_on(pending, &answer, transport).await;
        call.check_flows().await;
        assert_eq!(call.media_sessions().await, 2);
    }
}

#[tokio::test]
async fn what_cannot_be_restarted_is_refused() {
    let mut call = Call::start(server().await).await;
    let mut other = join(&call.server, &call.talk, None).await;
    let (_, sdp, senders) = call.peers[0].restart();
    let senders: Vec<_> = senders
        .into_iter()
        .map(|(mid, kind)| Sender { mid, kind })
        .collect();
    let offer = |senders: &[Sender]| ClientMessage::Offer {
        request: 9,
        room: common::room(),
        sdp: sdp.clone(),
        senders: senders.to_vec(),
        restart: true,
    };
    other.client.say(&offer(&senders)).await;
    let refused = call::answer(&mut other.client, 9).await.unwrap_err();
    assert_eq!(refused.0, Refusal::Unavailable, "no session: {}", refused.1);
    call.a.client.say(&offer(&senders[..1])).await;
    let refused = call::answer(&mut call.a.client, 9).await.unwrap_err();
    assert_eq!(refused.0, Refusal::BadOffer, "{}", refused.1);
    // It goes on as it was.
    let [a, b] = &mut call.peers;
    check_flow(b, a).await;
}

#[tokio::test]
async fn a_full_room_says_so() {
    let server = server_with_limits(|limits| limits.media.sessions_per_room = 2).await;
    let call = Call::start(server).await;
    let mut third = join(&call.server, &call.talk, None).await;
    let (_, sdp, senders) = Peer::offering();
    let senders = senders.into_iter();
    let offer = ClientMessage::Offer {
        request: 9,
        room: common::room(),
        sdp,
        senders: senders.map(|(mid, kind)| Sender { mid, kind }).collect(),
        restart: false,
    };
    third.client.say(&offer).await;
    let refused = call::answer(&mut third.client, 9).await.unwrap_err();
    assert_eq!(refused.0, Refusal::Full, "{}", refused.1);
}

#[tokio::test]
async fn a_flood_of_lost_sockets_is_bounded() {
    let server = server_with_limits(|limits| {
        limits.keep = KEEP;
        limits.kept = 12;
        limits.kept_of_talk = 8;
    })
    .await;
    let (talk, other) = (server.talk(1).await, server.talk(2).await);
    let innocent = join(&server, &other, None).await;
    cut(innocent.client);
    until_kept(&server, 1).await;
    let descriptors = || std::fs::read_dir("/proc/self/fd").unwrap().count();
    let before = descriptors();
    for number in 1..=60_u64 {
        let joined = join(&server, &talk, None).await;
        cut(joined.client);
        let closed = || server.counters().get(Count::Closed) == number + 1;
        eventually("closed", closed).await;
        assert!(server.running.kept_connections() <= 9);
    }
    // One talk's flood doesn't end another's.
    let back = join(&server, &other, Some(innocent.right)).await;
    assert!(back.resumed);
    until_kept(&server, 0).await;
    eventually("descriptors are back", || descriptors() <= before + 2).await;
}
