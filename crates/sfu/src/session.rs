//! One connection's WebRTC session.

use crate::budget::Budget;
use crate::clock::CaptureClock;
use crate::extension::{RawDependency, extension_map};
use crate::node::Limits;
use crate::offer::{Offer, OfferError};
use crate::route::Route;
use incamera_forwarder::{Codec, Forward, Key, Member, PayloadTypes, RoomKey, SlotKind};
use incamera_model::{ConnectionId, MediaKind, SourceId};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use str0m::change::SdpOffer;
use str0m::config::DtlsCert;
use str0m::format::Codec as RtcCodec;
use str0m::media::{KeyframeRequestKind, Mid, Pt, Rid};
use str0m::net::TcpType;
use str0m::rtp::{RtpHeader, RtpPacket, RtpWrite, Ssrc};
use str0m::{Candidate, IceCreds, Input, Output, Rtc, RtcError};

/// How long a session may take to connect.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a session in no room lasts.
const PROBE_TIME: Duration = Duration::from_secs(15);
/// How long a connected session that sends nothing is waited for before it is taken for ready: a
/// browser sends its first RTCP report within half a second, and sound much sooner.
const READY_TIMEOUT: Duration = Duration::from_millis(400);
/// How many packets of a video slot are kept to be sent again, and for how long.
const RESEND_PACKETS: usize = 2000;
const RESEND_AGE: Duration = Duration::from_secs(3);
/// The largest share of a slot's bytes that is spent on sending again. A receiver that asks for
/// more gains nothing by it.
const RESEND_SHARE: f32 = 0.4;
/// How many SSRCs of a peer are remembered; a peer has at most a few for each track.
const MAX_SSRCS: usize = 32;

/// Where the node is reached.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Candidates {
    /// UDP addresses, the most preferred first.
    pub udp: Vec<SocketAddr>,
    /// Addresses that accept ICE-TCP connections (RFC 6544).
    pub tcp: Vec<SocketAddr>,
}

/// What a packet needs to be sent to a subscriber besides the packet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outgoing {
    pub(crate) slot: usize,
    pub(crate) payload_type: u8,
    pub(crate) sequence: u64,
    pub(crate) timestamp: u32,
    pub(crate) captured_at: Instant,
}

impl Outgoing {
    pub(crate) fn new(forward: &Forward, captured_at: Instant) -> Self {
        Self {
            slot: forward.slot,
            payload_type: forward.payload_type,
            sequence: forward.sequence,
            timestamp: forward.timestamp,
            captured_at,
        }
    }
}

/// The source that a received packet belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Incoming {
    pub(crate) kind: MediaKind,
    pub(crate) layer: usize,
    pub(crate) codec: Codec,
}

pub(crate) struct Session {
    pub(crate) rtc: Rtc,
    pub(crate) connection: ConnectionId,
    /// None for one that is only to show whether media gets through.
    pub(crate) room: Option<RoomKey>,
    pub(crate) ufrag: String,
    /// Its place in the forwarder, once it is ready.
    pub(crate) member: Option<Key>,
    /// Since when no path to the peer is known to work, once there was one.
    pub(crate) lost_at: Option<Instant>,
    pub(crate) route: Route,
    pub(crate) budget: Budget,
    /// When DTLS was done, on this side.
    pub(crate) connected_at: Option<Instant>,
    /// Whether the peer sent RTP or RTCP: it does so once DTLS is done on its side. What reaches
    /// a browser before is lost, and with it the key frame that was asked for.
    pub(crate) heard: bool,
    /// What it said it wants before it had its place.
    pub(crate) watch: Option<Vec<(SourceId, u16)>>,
    /// When `rtc` is due, or waiting for the peer ends.
    pub(crate) deadline: Instant,
    pub(crate) clock: CaptureClock,
    /// Whether it is in the queue of sessions to drain.
    pub(crate) dirty: bool,
    connect_by: Instant,
    /// How long it is kept when its peer can't be reached any more.
    keep: Duration,
    senders: Vec<Sender>,
    slots: Vec<Slot>,
    codecs: HashMap<Pt, Codec>,
    payload_types: PayloadTypes,
    /// What each SSRC of the peer was found to be.
    ssrcs: Vec<(Ssrc, MediaKind, usize)>,
}

#[derive(Debug)]
struct Sender {
    mid: Mid,
    kind: MediaKind,
    rids: Vec<Rid>,
}

#[derive(Debug)]
struct Slot {
    mid: Mid,
    /// As the offer wrote it.
    name: String,
    kind: SlotKind,
    ssrc: Ssrc,
}

impl Session {
    /// Accepts an offer; returns the session and its answer.
    pub(crate) fn accept(
        now: Instant,
        offer: Offer,
        candidates: &Candidates,
        creds: IceCreds,
        certificate: &DtlsCert,
        who: (ConnectionId, Option<RoomKey>),
        limits: &Limits,
    ) -> Result<(Self, String), OfferError> {
        let refused = |error: String| OfferError::Negotiation(error);
        let ufrag = creds.ufrag.clone();
        let time = match who.1 {
            Some(_) => CONNECT_TIMEOUT,
            None => PROBE_TIME,
        };
        let mut rtc = Rtc::builder()
            .set_rtp_mode(true)
            .set_ice_lite(true)
            .set_local_ice_credentials(creds)
            .set_dtls_cert(certificate.clone())
            .clear_codecs()
            .enable_opus(true, false)
            .enable_vp9(true)
            .enable_vp8(true)
            .set_extension_map(extension_map())
            .build(now);
        add_candidates(&mut rtc, candidates);
        let sdp = SdpOffer::from_sdp_string(&offer.sdp).map_err(|e| refused(e.to_string()))?;
        let answer = rtc.sdp_api().accept_offer(sdp);
        let answer = answer.map_err(|error| refused(error.to_string()))?;
        let slots = open_slots(&mut rtc, &offer)?;
        let (codecs, payload_types) = codecs(&rtc, &slots);
        let senders = offer.senders.iter().map(|sender| Sender {
            mid: sender.mid.as_str().into(),
            kind: sender.kind,
            rids: sender.rids.iter().map(|rid| rid.as_str().into()).collect(),
        });
        let session = Self {
            connection: who.0,
            room: who.1,
            ufrag,
            member: None,
            lost_at: None,
            route: Route::default(),
            connected_at: None,
            heard: false,
            watch: None,
            deadline: now,
            clock: CaptureClock::default(),
            dirty: false,
            connect_by: now + time,
            keep: limits.keep,
            budget: Budget::new(now, limits.bits_per_sender),
            senders: senders.collect(),
            slots,
            codecs,
            payload_types,
            ssrcs: Vec::new(),
            rtc,
        };
        Ok((session, answer.to_sdp_string()))
    }

    /// Feeds the session; `drain` is to follow.
    pub(crate) fn handle_input(&mut self, input: Input<'_>) -> Result<(), RtcError> {
        self.rtc.handle_input(input)
    }

    /// The next output but the timeout, which becomes the deadline.
    pub(crate) fn poll_output(&mut self) -> Result<Option<Output>, RtcError> {
        match self.rtc.poll_output()? {
            Output::Timeout(at) if self.member.is_none() => {
                let waits_until = self.connected_at.filter(|_| self.room.is_some());
                let waits_until = waits_until.map(|since| since + READY_TIMEOUT);
                self.deadline = at.min(waits_until.unwrap_or(self.connect_by));
                Ok(None)
            }
            Output::Timeout(at) => {
                self.deadline = self.lost_at.map_or(at, |lost| at.min(lost + self.keep));
                Ok(None)
            }
            output => Ok(Some(output)),
        }
    }

    /// Queues a packet; a timeout input and `drain` are to follow.
    pub(crate) fn write(&mut self, header: &RtpHeader, payload: Arc<[u8]>, outgoing: &Outgoing) {
        let Some(slot) = self.slots.get(outgoing.slot) else {
            return;
        };
        let values = &header.ext_vals;
        let mut passed = str0m::rtp::ExtensionValues {
            audio_level: values.audio_level,
            voice_activity: values.voice_activity,
            ..Default::default()
        };
        if let Some(dependency) = values.user_values.get_arc::<RawDependency>() {
            passed.user_values.set_arc(dependency);
        }
        let write = RtpWrite::new(
            outgoing.payload_type.into(),
            outgoing.sequence.into(),
            outgoing.timestamp,
            outgoing.captured_at,
            payload,
        )
        .marker(header.marker)
        .nackable(slot.kind == SlotKind::Video)
        .ext_vals(passed);
        if let Some(stream) = self.rtc.direct_api().stream_tx(&slot.ssrc) {
            stream.write_rtp(write);
        }
    }

    /// Asks the peer for a key frame; a timeout input and `drain` are to follow.
    pub(crate) fn request_key_frame(&mut self, kind: MediaKind, layer: usize) {
        let Some(sender) = self.senders.iter().find(|sender| sender.kind == kind) else {
            return;
        };
        let rid = sender.rids.get(layer).copied();
        let mut api = self.rtc.direct_api();
        if let Some(stream) = api.stream_rx_by_mid(sender.mid, rid) {
            stream.request_keyframe(KeyframeRequestKind::Pli);
        }
    }

    /// What a received packet is; none if it wasn't declared.
    pub(crate) fn incoming(&mut self, packet: &RtpPacket) -> Option<Incoming> {
        let codec = *self.codecs.get(&packet.header.payload_type)?;
        let ssrc = packet.header.ssrc;
        let known = self.ssrcs.iter().find(|(known, ..)| *known == ssrc);
        let (kind, layer) = match known {
            Some(&(_, kind, layer)) => (kind, layer),
            None => self.learn(ssrc)?,
        };
        Some(Incoming { kind, layer, codec })
    }

    /// The slot of an m-line.
    pub(crate) fn slot_of(&self, mid: Mid) -> Option<usize> {
        self.slots.iter().position(|slot| slot.mid == mid)
    }

    /// `a=mid` of each slot, in the order of the offer.
    pub(crate) fn slot_names(&self) -> impl Iterator<Item = &str> {
        self.slots.iter().map(|slot| slot.name.as_str())
    }

    /// How it appears in the forwarder.
    pub(crate) fn as_member(&self, room: RoomKey, seed: u64) -> Member {
        let senders = self.senders.iter();
        Member {
            connection: self.connection,
            room,
            senders: senders.map(|s| (s.kind, s.rids.len().max(1))).collect(),
            slots: self.slots.iter().map(|slot| slot.kind).collect(),
            payload_types: self.payload_types,
            seed,
        }
    }

    /// Whether an offer has the m-lines and senders that the session began with.
    pub(crate) fn is_offered_again(&self, offer: &Offer) -> bool {
        let senders = self.senders.iter().map(|sender| {
            let rids: Vec<&str> = sender.rids.iter().map(|rid| &**rid).collect();
            (&*sender.mid, sender.kind, rids)
        });
        let offered = offer.senders.iter().map(|sender| {
            let rids = sender.rids.iter().map(String::as_str).collect();
            (sender.mid.as_str(), sender.kind, rids)
        });
        let slots = self.slots.iter().map(|slot| (&*slot.name, slot.kind));
        let offered_slots = offer
            .slots
            .iter()
            .map(|slot| (slot.mid.as_str(), slot.kind));
        senders.eq(offered) && slots.eq(offered_slots)
    }

    /// Whether it has taken too long to connect, or to be reached again.
    pub(crate) fn is_overdue(&self, now: Instant) -> bool {
        let lost = self.lost_at.is_some_and(|lost| now >= lost + self.keep);
        lost || (now >= self.connect_by && (self.connected_at.is_none() || self.room.is_none()))
    }

    /// Whether it is to be admitted: both sides can decrypt.
    pub(crate) fn is_ready(&self, now: Instant) -> bool {
        let waited = |since| now.saturating_duration_since(since) >= READY_TIMEOUT;
        let connected = self.connected_at;
        self.member.is_none() && connected.is_some_and(|since| self.heard || waited(since))
    }

    fn learn(&mut self, ssrc: Ssrc) -> Option<(MediaKind, usize)> {
        let (mid, rid) = {
            let mut api = self.rtc.direct_api();
            let stream = api.stream_rx(&ssrc)?;
            (stream.mid(), stream.rid())
        };
        let sender = self.senders.iter().find(|sender| sender.mid == mid)?;
        let layer = match rid {
            Some(rid) => sender.rids.iter().position(|other| *other == rid)?,
            None => 0,
        };
        let found = (sender.kind, layer);
        if self.ssrcs.len() == MAX_SSRCS {
            self.ssrcs.clear();
        }
        self.ssrcs.push((ssrc, found.0, found.1));
        Some(found)
    }
}

fn add_candidates(rtc: &mut Rtc, candidates: &Candidates) {
    for address in &candidates.udp {
        if let Ok(candidate) = Candidate::host(*address, "udp") {
            rtc.add_local_candidate(candidate);
        }
    }
    for address in &candidates.tcp {
        let candidate = Candidate::builder().tcp().host(*address);
        if let Ok(candidate) = candidate.tcptype(TcpType::Passive).build() {
            rtc.add_local_candidate(candidate);
        }
    }
}

fn open_slots(rtc: &mut Rtc, offer: &Offer) -> Result<Vec<Slot>, OfferError> {
    let mut slots = Vec::with_capacity(offer.slots.len());
    for slot in &offer.slots {
        let mid: Mid = slot.mid.as_str().into();
        let mut api = rtc.direct_api();
        let Some(stream) = api.stream_tx_by_mid(mid, None) else {
            return Err(OfferError::Direction(slot.mid.clone()));
        };
        if slot.kind == SlotKind::Video {
            stream.set_rtx_cache(RESEND_PACKETS, RESEND_AGE, Some(RESEND_SHARE));
        }
        slots.push(Slot {
            mid,
            name: slot.mid.clone(),
            kind: slot.kind,
            ssrc: stream.ssrc(),
        });
    }
    Ok(slots)
}

/// What each payload type of the peer is, and with which it can receive each codec in every slot.
fn codecs(rtc: &Rtc, slots: &[Slot]) -> (HashMap<Pt, Codec>, PayloadTypes) {
    let mut known = HashMap::new();
    let mut payload_types = PayloadTypes::default();
    for params in rtc.codec_config().params() {
        let (codec, place) = match params.spec().codec {
            RtcCodec::Opus => (Codec::Opus, &mut payload_types.opus),
            RtcCodec::Vp8 => (Codec::Vp8, &mut payload_types.vp8),
            RtcCodec::Vp9 => (Codec::Vp9, &mut payload_types.vp9),
            _ => continue,
        };
        known.insert(params.pt(), codec);
        let kind = if codec.is_audio() {
            SlotKind::Audio
        } else {
            SlotKind::Video
        };
        let accepted = |slot: &Slot| {
            let media = rtc.media(slot.mid);
            media.is_some_and(|media| media.remote_pts().contains(&params.pt()))
        };
        if place.is_none() && slots.iter().filter(|s| s.kind == kind).all(accepted) {
            *place = Some(*params.pt());
        }
    }
    (known, payload_types)
}
