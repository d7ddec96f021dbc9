//! Bodies of the fuzz targets: each takes any bytes and must neither panic nor allocate without
//! bound. They run on stable over a committed corpus too.

use crate::demux::local_ufrag;
use crate::framing::Deframer;
use crate::offer::{Offer, SenderLine};
use crate::{Candidates, Limits, OfferRequest, Sfu, SfuConfig};
use incamera_forwarder::{Codec, DependencyDescriptor};
use incamera_model::{ConnectionId, MediaKind, RoomId, TalkId};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use str0m::net::Protocol;

/// A byte stream of ICE-TCP, in two pieces cut at the first byte's value.
pub fn deframer(data: &[u8]) {
    let cut = data
        .first()
        .map_or(0, |at| usize::from(*at))
        .min(data.len());
    let (first, second) = data.split_at(cut);
    let mut deframer = Deframer::new();
    for piece in [first, second] {
        deframer.handle_bytes(piece);
        while let Ok(Some(frame)) = deframer.poll_frame() {
            assert!(!frame.is_empty() && frame.len() <= data.len());
        }
    }
}

/// A session description, with senders named `0`, `1` and `2`.
pub fn offer(data: &[u8]) {
    let Ok(sdp) = std::str::from_utf8(data) else {
        return;
    };
    let senders = senders();
    for count in 0..=senders.len() {
        if let Ok(offer) = Offer::parse(sdp, &senders[..count]) {
            assert_eq!(offer.senders.len(), count);
        }
    }
}

/// What is read of a packet in clear: payload descriptors and the Dependency Descriptor.
pub fn descriptors(data: &[u8]) {
    let _ = DependencyDescriptor::parse(data);
    for codec in [Codec::Opus, Codec::Vp8, Codec::Vp9] {
        let _ = codec.frame_start(data, None);
        let _ = codec.frame_start(data, Some(data));
    }
}

/// A STUN message's user name.
pub fn stun(data: &[u8]) {
    let _ = local_ufrag(data);
}

/// Datagrams into a node with a session, each preceded by its length in two bytes, and each from
/// the session's address and from a stranger's.
///
/// # Panics
/// If the browser's offer that it starts from is refused.
pub fn datagrams(data: &[u8]) {
    let node = SocketAddr::from(([192, 0, 2, 1], 8081));
    let (peer, stranger) = (
        SocketAddr::from(([198, 51, 100, 1], 1)),
        SocketAddr::from(([203, 0, 113, 1], 1)),
    );
    let mut now = start();
    let config = SfuConfig {
        candidates: Candidates {
            udp: vec![node],
            tcp: Vec::new(),
        },
        limits: Limits::default(),
        seed: [1; 32],
    };
    let connection = ConnectionId(1);
    let mut sfu = Sfu::new(now, config);
    let request = OfferRequest {
        connection,
        room: Some((TalkId([0; 16]), RoomId([0; 16]))),
        sdp: include_str!("../tests/offers/chromium.sdp").into(),
        senders: senders().to_vec(),
        restart: false,
    };
    assert!(sfu.handle_offer(now, request).is_ok(), "a browser's offer");
    sfu.assume_address(connection, peer);
    let mut rest = data;
    while let [high, low, after @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([*high, *low])).min(after.len());
        let (datagram, next) = after.split_at(length);
        for source in [peer, stranger] {
            sfu.handle_datagram(now, Protocol::Udp, source, node, datagram);
        }
        now += Duration::from_millis(5);
        sfu.handle_timeout(now);
        while sfu.poll_transmit().is_some() {}
        while sfu.poll_event().is_some() {}
        rest = next;
    }
}

fn senders() -> [SenderLine; 3] {
    let named = |mid: &str, kind| SenderLine {
        mid: mid.into(),
        kind,
    };
    [
        named("0", MediaKind::Microphone),
        named("1", MediaKind::Camera),
        named("2", MediaKind::Screen),
    ]
}

#[expect(
    clippy::disallowed_methods,
    reason = "a fuzzer's clock needs an instant to start from"
)]
fn start() -> Instant {
    Instant::now()
}
