use crate::assembler::Assembler;
use crate::payload::Packetizer;
use crate::transport::Datagram;
use crate::video_file::VideoCodec;
use incamera_model::MediaKind;
use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use str0m::change::{SdpAnswer, SdpPendingOffer};
use str0m::format::Codec;
use str0m::media::{Direction, KeyframeRequestKind, Mid, Pt};
use str0m::net::{Protocol, Receive, TcpType, Transmit};
use str0m::rtp::{ExtensionValues, RtpPacket, RtpWrite};
use str0m::{Candidate, Event, IceConnectionState, Input, Output, Rtc};

/// Receive-only slots of an offer.
const AUDIO_SLOTS: usize = 4;
const VIDEO_SLOTS: usize = 9;
/// Candidates of an answer that are tried, at most.
const MAX_CANDIDATES: usize = 32;
/// A receiver asks for a key frame no more often.
const KEY_FRAME_INTERVAL: Duration = Duration::from_secs(1);
/// Level told for sound (RFC 6464): it isn't measured.
const NOMINAL_LEVEL_DBOV: i8 = -30;

/// One media session: offers once, then carries sealed frames both ways. It never sees a key.
/// Sans-I/O: after every call, take outputs until [`Self::poll_output`] is none.
pub(crate) struct MediaSession {
    rtc: Rtc,
    pending: Option<SdpPendingOffer>,
    senders: BTreeMap<MediaKind, Sender>,
    slots: BTreeMap<Mid, Slot>,
    outputs: VecDeque<MediaOutput>,
    timeout: Instant,
    connected: bool,
    packets_received: u64,
}

/// What a media session wants or tells.
pub(crate) enum MediaOutput {
    /// Send this.
    Transmit(Transmit),
    /// Media may flow.
    Connected,
    /// It is over; only a new session helps.
    Closed,
    /// Somebody can't decode what is sent: start again with a key frame.
    KeyFrameWanted(MediaKind),
    /// A sealed frame came.
    Frame { slot: Mid, frame: Vec<u8> },
}

/// An answer that can't be used.
#[derive(Debug, thiserror::Error)]
#[error("the server's answer to the media offer can't be used: {0}")]
pub(crate) struct AnswerError(String);

/// Where the server takes media.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Remote {
    pub(crate) protocol: Protocol,
    pub(crate) address: SocketAddr,
}

struct Sender {
    mid: Mid,
    /// Of the next packet; extended beyond 16 bits.
    sequence: u64,
    packetizer: Option<Packetizer>,
}

struct Slot {
    is_audio: bool,
    /// None for audio, and before the first packet.
    assembler: Option<(Codec, Assembler)>,
    last_request: Option<Instant>,
}

impl MediaSession {
    /// Builds a session; returns its offer (RFC 8829) and what its sending m-lines carry.
    pub(crate) fn offer(
        now: Instant,
    ) -> Result<(Self, String, Vec<incamera_wire::Sender>), AnswerError> {
        let mut rtc = Rtc::builder()
            .set_rtp_mode(true)
            .clear_codecs()
            .enable_opus(true, false)
            .enable_vp8(true)
            .enable_vp9(true)
            .build(now);
        let mut changes = rtc.sdp_api();
        let mut add = |audio: bool, direction| {
            let kind = if audio {
                str0m::media::MediaKind::Audio
            } else {
                str0m::media::MediaKind::Video
            };
            changes.add_media(kind, direction, None, None, None)
        };
        let mut senders = BTreeMap::new();
        for kind in MediaKind::ALL {
            let mid = add(kind.is_audio(), Direction::SendOnly);
            let sender = Sender {
                mid,
                sequence: 1,
                packetizer: None,
            };
            senders.insert(kind, sender);
        }
        let mut slots = BTreeMap::new();
        for index in 0..AUDIO_SLOTS + VIDEO_SLOTS {
            let is_audio = index < AUDIO_SLOTS;
            let slot = Slot {
                is_audio,
                assembler: None,
                last_request: None,
            };
            slots.insert(add(is_audio, Direction::RecvOnly), slot);
        }
        let (offer, pending) = changes
            .apply()
            .ok_or_else(|| AnswerError("no offer could be made".into()))?;
        let told = senders
            .iter()
            .map(|(&kind, sender)| incamera_wire::Sender {
                mid: sender.mid.to_string(),
                kind,
            })
            .collect();
        let mut session = Self {
            rtc,
            pending: Some(pending),
            senders,
            slots,
            outputs: VecDeque::new(),
            timeout: now,
            connected: false,
            packets_received: 0,
        };
        session.drain(now);
        Ok((session, offer.to_sdp_string(), told))
    }

    /// Takes the server's answer. Its candidates are returned, not used: the shell says by
    /// [`Self::add_path`] which of them it has a socket for.
    pub(crate) fn handle_answer(
        &mut self,
        now: Instant,
        sdp: &str,
    ) -> Result<Vec<Remote>, AnswerError> {
        let pending = self
            .pending
            .take()
            .ok_or_else(|| AnswerError("there was no offer".into()))?;
        let (candidates, rest): (Vec<&str>, Vec<&str>) = sdp
            .lines()
            .partition(|line| line.starts_with("a=candidate:"));
        let rest = rest.join("\r\n") + "\r\n";
        let answer = SdpAnswer::from_sdp_string(&rest).map_err(|e| AnswerError(e.to_string()))?;
        self.rtc
            .sdp_api()
            .accept_answer(pending, answer)
            .map_err(|error| AnswerError(error.to_string()))?;
        self.drain(now);
        let mut remotes = Vec::new();
        for line in candidates {
            let Ok(candidate) = Candidate::from_sdp_string(&line[2..]) else {
                continue;
            };
            let remote = Remote {
                protocol: candidate.proto(),
                address: candidate.addr(),
            };
            let usable = match remote.protocol {
                Protocol::Udp => true,
                Protocol::Tcp => candidate.tcptype() == Some(TcpType::Passive),
                _ => false,
            };
            if usable && !remotes.contains(&remote) && remotes.len() < MAX_CANDIDATES {
                remotes.push(remote);
            }
        }
        Ok(remotes)
    }

    /// There is a socket at `local` from which `remote` may be reached.
    pub(crate) fn add_path(&mut self, now: Instant, local: SocketAddr, remote: Remote) {
        let build = |address, tcp_type| {
            let builder = Candidate::builder();
            match remote.protocol {
                Protocol::Udp => builder.udp().host(address).build(),
                _ => builder.tcp().host(address).tcptype(tcp_type).build(),
            }
        };
        // An address that ICE doesn't take (RFC 8445 section 5.1.1.1) is one path less.
        if let (Ok(local), Ok(remote)) = (
            build(local, TcpType::Active),
            build(remote.address, TcpType::Passive),
        ) {
            self.rtc.add_remote_candidate(remote);
            self.drain(now);
            self.rtc.add_local_candidate(local);
            self.drain(now);
        }
    }

    /// Whether media may flow.
    pub(crate) fn is_connected(&self) -> bool {
        self.connected
    }

    /// RTP packets received since the session began.
    pub(crate) fn packets_received(&self) -> u64 {
        self.packets_received
    }

    /// Sends one sealed video frame. `time` counts 1/90,000 s. Without a connection, or if the
    /// server takes no such codec, nothing is sent.
    pub(crate) fn send_video(
        &mut self,
        now: Instant,
        kind: MediaKind,
        format: (VideoCodec, u16, u16),
        sealed: &[u8],
        key: bool,
        time: u32,
    ) {
        let (codec, width, height) = format;
        let wanted = match codec {
            VideoCodec::Vp8 => Codec::Vp8,
            VideoCodec::Vp9 => Codec::Vp9,
        };
        let Some(pt) = self.payload_type(kind, wanted) else {
            return;
        };
        let Some(sender) = self.senders.get_mut(&kind) else {
            return;
        };
        let payloads = sender
            .packetizer
            .get_or_insert_with(|| Packetizer::new(codec, width, height, 0))
            .packetize(sealed, key);
        let last = payloads.len().saturating_sub(1);
        for (index, payload) in payloads.into_iter().enumerate() {
            let extensions = ExtensionValues::default();
            self.write(now, kind, pt, time, index == last, extensions, payload);
        }
    }

    /// Sends one sealed Opus packet. `time` counts 1/48,000 s.
    pub(crate) fn send_audio(&mut self, now: Instant, sealed: Vec<u8>, time: u32) {
        let kind = MediaKind::Microphone;
        let Some(pt) = self.payload_type(kind, Codec::Opus) else {
            return;
        };
        let extensions = ExtensionValues {
            audio_level: Some(NOMINAL_LEVEL_DBOV),
            voice_activity: Some(true),
            ..ExtensionValues::default()
        };
        self.write(now, kind, pt, time, false, extensions, sealed);
    }

    /// Asks whoever sends into the slot for a key frame, at most once a second.
    pub(crate) fn request_key_frame(&mut self, now: Instant, slot: Mid) {
        let Some(state) = self.slots.get_mut(&slot).filter(|state| !state.is_audio) else {
            return;
        };
        let recent = state
            .last_request
            .is_some_and(|last| now.saturating_duration_since(last) < KEY_FRAME_INTERVAL);
        if recent {
            return;
        }
        state.last_request = Some(now);
        if let Some(stream) = self.rtc.direct_api().stream_rx_by_mid(slot, None) {
            stream.request_keyframe(KeyframeRequestKind::Pli);
        }
        self.drain(now);
    }

    pub(crate) fn handle_datagram(&mut self, now: Instant, datagram: &Datagram) {
        // What is neither STUN, DTLS nor RTP is dropped.
        let Ok(received) = Receive::new(
            datagram.protocol,
            datagram.source,
            datagram.destination,
            &datagram.bytes,
        ) else {
            return;
        };
        self.input(now, Input::Receive(now, received));
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        self.input(now, Input::Timeout(now));
        let due: Vec<Mid> = self
            .slots
            .iter_mut()
            .filter_map(|(&slot, state)| {
                let (_, assembler) = state.assembler.as_mut()?;
                assembler.handle_timeout(now);
                Some(slot)
            })
            .collect();
        for slot in due {
            self.collect(now, slot);
        }
    }

    pub(crate) fn poll_timeout(&self) -> Instant {
        self.slots
            .values()
            .filter_map(|slot| slot.assembler.as_ref()?.1.poll_timeout())
            .fold(self.timeout, Instant::min)
    }

    pub(crate) fn poll_output(&mut self) -> Option<MediaOutput> {
        self.outputs.pop_front()
    }

    fn payload_type(&self, kind: MediaKind, wanted: Codec) -> Option<Pt> {
        if !self.connected {
            return None;
        }
        let media = self.rtc.media(self.senders.get(&kind)?.mid)?;
        media.remote_pts().iter().copied().find(|&pt| {
            self.rtc
                .codec_config()
                .find(|params| params.pt() == pt)
                .is_some_and(|params| params.spec().codec == wanted)
        })
    }

    #[expect(clippy::too_many_arguments, reason = "the fields of one RTP packet")]
    fn write(
        &mut self,
        now: Instant,
        kind: MediaKind,
        pt: Pt,
        time: u32,
        marker: bool,
        extensions: ExtensionValues,
        payload: Vec<u8>,
    ) {
        let Some(sender) = self.senders.get_mut(&kind) else {
            return;
        };
        let sequence = sender.sequence;
        if let Some(stream) = self.rtc.direct_api().stream_tx_by_mid(sender.mid, None) {
            sender.sequence += 1;
            let packet = RtpWrite::new(pt, sequence.into(), time, now, payload)
                .marker(marker)
                .ext_vals(extensions)
                .nackable(!kind.is_audio());
            stream.write_rtp(packet);
            // A written packet leaves when time moves on.
            self.input(now, Input::Timeout(now));
        }
    }

    fn input(&mut self, now: Instant, input: Input<'_>) {
        if self.rtc.handle_input(input).is_err() {
            self.close();
        }
        self.drain(now);
    }

    fn drain(&mut self, now: Instant) {
        loop {
            match self.rtc.poll_output() {
                Ok(Output::Timeout(at)) => {
                    self.timeout = at;
                    return;
                }
                Ok(Output::Transmit(transmit)) => {
                    self.outputs.push_back(MediaOutput::Transmit(transmit));
                }
                Ok(Output::Event(event)) => self.handle_event(now, event),
                Err(_) => {
                    self.timeout = now + Duration::from_secs(1);
                    self.close();
                    return;
                }
            }
        }
    }

    fn handle_event(&mut self, now: Instant, event: Event) {
        match event {
            Event::Connected => {
                self.connected = true;
                self.outputs.push_back(MediaOutput::Connected);
            }
            Event::IceConnectionStateChange(IceConnectionState::Disconnected) | Event::Closed => {
                self.close();
            }
            Event::KeyframeRequest(request) => {
                let kind = self
                    .senders
                    .iter()
                    .find(|(_, sender)| sender.mid == request.mid)
                    .map(|(&kind, _)| kind);
                if let Some(kind) = kind {
                    self.outputs.push_back(MediaOutput::KeyFrameWanted(kind));
                }
            }
            Event::RtpPacket(packet) => self.handle_packet(now, packet),
            _ => {}
        }
    }

    fn handle_packet(&mut self, now: Instant, packet: RtpPacket) {
        self.packets_received += 1;
        let ssrc = packet.header.ssrc;
        let mid = self.rtc.direct_api().stream_rx(&ssrc).map(|rx| rx.mid());
        let Some((mid, slot)) = mid.and_then(|mid| Some((mid, self.slots.get_mut(&mid)?))) else {
            return;
        };
        if slot.is_audio {
            let frame = packet.payload.to_vec();
            self.outputs
                .push_back(MediaOutput::Frame { slot: mid, frame });
            return;
        }
        let pt = packet.header.payload_type;
        let codec = self
            .rtc
            .codec_config()
            .find(|params| params.pt() == pt)
            .map(|params| params.spec().codec);
        let (codec, kind) = match codec {
            Some(Codec::Vp8) => (Codec::Vp8, VideoCodec::Vp8),
            Some(Codec::Vp9) => (Codec::Vp9, VideoCodec::Vp9),
            _ => return,
        };
        let (_, assembler) = match slot.assembler.take() {
            Some(present) if present.0 == codec => slot.assembler.insert(present),
            _ => slot.assembler.insert((codec, Assembler::new(kind))),
        };
        let marker = packet.header.marker;
        assembler.handle_packet(now, *packet.seq_no, marker, packet.payload);
        self.collect(now, mid);
    }

    fn collect(&mut self, now: Instant, slot: Mid) {
        let Some((_, assembler)) = self
            .slots
            .get_mut(&slot)
            .and_then(|state| state.assembler.as_mut())
        else {
            return;
        };
        while let Some(frame) = assembler.poll_frame() {
            self.outputs.push_back(MediaOutput::Frame { slot, frame });
        }
        if assembler.take_loss() {
            self.request_key_frame(now, slot);
        }
    }

    fn close(&mut self) {
        self.connected = false;
        self.rtc.disconnect();
        self.outputs.push_back(MediaOutput::Closed);
    }
}
