//! The media port over real sockets on 127.0.0.1, with str0m peers.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

#[allow(dead_code, reason = "each test file uses its part")]
mod media_peer;

use incamera_model::{ConnectionId, MediaKind, RoomId, TalkId};
use incamera_server::media::{
    MediaConfig, MediaEvent, MediaHandle, MediaLimits, OfferError, OfferRequest, SenderLine,
};
use media_peer::{Peer, Transport};
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::timeout;

const LIMIT: Duration = Duration::from_secs(20);

type Port = (MediaHandle, SocketAddr, mpsc::Receiver<MediaEvent>);

fn open() -> Port {
    let config = MediaConfig {
        bind: SocketAddr::from(([127, 0, 0, 1], 0)),
        advertise: Vec::new(),
        tcp_is_shared: false,
        limits: MediaLimits::default(),
    };
    MediaHandle::start(config).expect("a free port")
}

fn wish(number: u32, sdp: String, senders: Vec<(String, MediaKind)>) -> OfferRequest {
    let senders = senders.into_iter();
    OfferRequest {
        connection: ConnectionId(number),
        room: Some((TalkId([1; 16]), RoomId([2; 16]))),
        sdp,
        senders: senders
            .map(|(mid, kind)| SenderLine { mid, kind })
            .collect(),
        restart: false,
    }
}

async fn join(media: &MediaHandle, number: u32, transport: Transport) -> Peer {
    let (offering, sdp, senders) = Peer::offering();
    let answer = media.offer(wish(number, sdp, senders)).await;
    let mut peer = offering
        .accept(&answer.expect("an answer"), transport)
        .await;
    timeout(LIMIT, peer.run_until(|peer| peer.connected))
        .await
        .expect("connected in time");
    peer
}

/// One sends until the other has seen enough of it.
async fn check_flow(from: &mut Peer, to: &mut Peer) {
    let seen = to.pictures;
    let flow = async {
        while to.pictures < seen + 30 {
            from.send_picture();
            from.run_for(Duration::from_millis(10)).await;
            to.run_for(Duration::from_millis(1)).await;
        }
    };
    timeout(LIMIT, flow).await.expect("pictures in time");
}

async fn check_transports(a: Transport, b: Transport) {
    let (media, _, mut events) = open();
    let mut a = join(&media, 1, a).await;
    let mut b = join(&media, 2, b).await;
    check_flow(&mut a, &mut b).await;
    check_flow(&mut b, &mut a).await;
    let shown = async {
        loop {
            let Some(MediaEvent::Slots {
                connection: ConnectionId(2),
                slots,
                ..
            }) = events.recv().await
            else {
                continue;
            };
            let mut shown = slots.iter().filter_map(|(_, source)| *source);
            if shown.any(|s| (s.connection, s.kind) == (ConnectionId(1), MediaKind::Camera)) {
                return;
            }
        }
    };
    timeout(LIMIT, shown).await.expect("told of the slot");
    let counters = media.counters().await.unwrap();
    assert_eq!(counters.sessions, 2);
    assert_eq!(counters.unsent, 0);
    media.shutdown().await;
}

#[tokio::test]
async fn over_udp() {
    check_transports(Transport::Udp, Transport::Udp).await;
}

#[tokio::test]
async fn over_tcp() {
    check_transports(Transport::Tcp, Transport::Tcp).await;
}

#[tokio::test]
async fn over_one_of_each() {
    check_transports(Transport::Tcp, Transport::Udp).await;
}

#[tokio::test]
async fn a_leaver_is_told_of_and_the_port_closes() {
    let (media, address, mut events) = open();
    let mut a = join(&media, 1, Transport::Udp).await;
    a.close().await;
    let told = async {
        while events.recv().await
            != Some(MediaEvent::Closed {
                connection: ConnectionId(1),
            })
        {}
    };
    timeout(LIMIT, told).await.expect("told that it closed");
    let b = join(&media, 2, Transport::Tcp).await;
    media.hangup(ConnectionId(2)).await;
    assert_eq!(media.counters().await.unwrap().sessions, 0);
    drop(b);
    media.clone().shutdown().await;
    std::net::UdpSocket::bind(address).expect("the UDP port is free again");
    std::net::TcpListener::bind(address).expect("the TCP port is free again");
    assert_eq!(media.counters().await, None);
    let sdp = Peer::offering().1;
    let offer = media.offer(wish(3, sdp, vec![]));
    assert_eq!(offer.await, Err(OfferError::Stopped));
}

#[tokio::test]
async fn garbage_disturbs_nobody() {
    let (media, address, _events) = open();
    let mut a = join(&media, 1, Transport::Udp).await;
    let mut b = join(&media, 2, Transport::Tcp).await;
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    for length in 0..1000usize {
        let first = [0u8, 1, 22, 128, 200, 255][length % 6];
        let mut bytes = vec![length as u8; length * 2];
        bytes.iter_mut().take(1).for_each(|byte| *byte = first);
        socket.send_to(&bytes, address).unwrap();
    }
    // A frame longer than any datagram, frames of no session, and half a frame.
    let strange: [&[u8]; 3] = [
        &[0xff, 0xff, 1, 2, 3],
        &[0, 4, 1, 2, 3, 4].repeat(100),
        &[0, 9, 1],
    ];
    let mut streams: Vec<_> = strange
        .iter()
        .map(|bytes| {
            let mut stream = std::net::TcpStream::connect(address).unwrap();
            stream.write_all(bytes).unwrap();
            stream
        })
        .collect();
    check_flow(&mut a, &mut b).await;
    check_flow(&mut b, &mut a).await;
    for stream in &mut streams[..2] {
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        let closed = stream.read(&mut [0; 8]);
        assert!(
            matches!(closed, Ok(0))
                || closed.is_err_and(|e| e.kind() == std::io::ErrorKind::ConnectionReset)
        );
    }
    let node = media.counters().await.unwrap().node;
    assert!(
        node.oversized > 0 && node.unknown_address > 0 && node.unknown_user > 0,
        "{node:?}"
    );
    assert_eq!(node.failed, 0);
    media.shutdown().await;
}

#[tokio::test]
async fn a_bad_offer_says_what_is_wrong() {
    let (media, _, _events) = open();
    let offer = media.offer(wish(1, "v=0\n".into(), vec![])).await;
    assert!(
        matches!(offer, Err(OfferError::BadOffer(text)) if text.contains("session description"))
    );
}
