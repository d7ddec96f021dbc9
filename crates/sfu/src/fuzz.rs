//! Bodies of the fuzz targets: each takes any bytes and must neither panic nor allocate without
//! bound. They run on stable over a committed corpus too.

use crate::demux::local_ufrag;
use crate::framing::Deframer;
use crate::offer::{Offer, SenderLine};
use incamera_forwarder::{Codec, DependencyDescriptor};
use incamera_model::MediaKind;

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
    let named = |mid: &str, kind| SenderLine {
        mid: mid.into(),
        kind,
    };
    let senders = [
        named("0", MediaKind::Microphone),
        named("1", MediaKind::Camera),
        named("2", MediaKind::Screen),
    ];
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
