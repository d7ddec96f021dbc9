//! A str0m peer on real sockets.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]
#![expect(clippy::disallowed_methods, reason = "real sockets run in real time")]

use incamera_model::MediaKind;
use incamera_sfu::{Deframer, frame_header};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use str0m::change::{SdpAnswer, SdpPendingOffer};
use str0m::media::{Direction, MediaKind as RtcKind, Mid};
use str0m::net::{Protocol, Receive, TcpType};
use str0m::rtp::RtpWrite;
use str0m::{Candidate, Event, Input, Output, Rtc};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transport {
    Udp,
    Tcp,
}

pub(crate) struct Offering {
    rtc: Rtc,
    microphone: Mid,
    camera: Mid,
    pending: SdpPendingOffer,
}

pub(crate) struct Peer {
    rtc: Rtc,
    microphone: Mid,
    camera: Mid,
    socket: Socket,
    remote: SocketAddr,
    local: SocketAddr,
    due: Instant,
    sequence: u64,
    pub(crate) connected: bool,
    pub(crate) pictures: usize,
}

enum Socket {
    Udp(UdpSocket),
    Tcp(TcpStream, Deframer),
}

impl Peer {
    pub(crate) fn offering() -> (Offering, String, Vec<(String, MediaKind)>) {
        let mut rtc = Rtc::builder()
            .set_rtp_mode(true)
            .clear_codecs()
            .enable_opus(true, false)
            .enable_vp9(true)
            .build(Instant::now());
        let mut api = rtc.sdp_api();
        let mut add = |kind, direction| api.add_media(kind, direction, None, None, None);
        let microphone = add(RtcKind::Audio, Direction::SendOnly);
        let camera = add(RtcKind::Video, Direction::SendOnly);
        add(RtcKind::Audio, Direction::RecvOnly);
        add(RtcKind::Video, Direction::RecvOnly);
        let (offer, pending) = api.apply().unwrap();
        let senders = vec![
            (microphone.to_string(), MediaKind::Microphone),
            (camera.to_string(), MediaKind::Camera),
        ];
        let offering = Offering {
            rtc,
            microphone,
            camera,
            pending,
        };
        (offering, offer.to_sdp_string(), senders)
    }

    pub(crate) fn send_picture(&mut self) {
        self.sequence += 1;
        let now = Instant::now();
        let payload = [&[0x8C, 0x80, 1][..], &[7; 1000]].concat();
        let timestamp = self.sequence as u32 * 900;
        let write = RtpWrite::new(98.into(), self.sequence.into(), timestamp, now, payload);
        let mut api = self.rtc.direct_api();
        let stream = api.stream_tx_by_mid(self.camera, None).unwrap();
        stream.write_rtp(write.marker(true).nackable(true));
        self.due = now;
    }

    pub(crate) async fn run_until(&mut self, done: impl Fn(&Self) -> bool) {
        self.drain().await;
        while !done(self) {
            self.step(self.due).await;
        }
    }

    pub(crate) async fn run_for(&mut self, time: Duration) {
        let end = Instant::now() + time;
        self.drain().await;
        while Instant::now() < end {
            self.step(self.due.min(end)).await;
        }
    }

    /// Another address in the eyes of the server, unknown to the peer: as behind a translator that
    /// forgot it.
    pub(crate) async fn readdress(&mut self) {
        self.socket = Socket::Udp(UdpSocket::bind("127.0.0.1:0").await.unwrap());
    }

    /// The offer of an ICE restart.
    pub(crate) fn restart(&mut self) -> (SdpPendingOffer, String, Vec<(String, MediaKind)>) {
        let mut api = self.rtc.sdp_api();
        api.ice_restart(false);
        let (offer, pending) = api.apply().unwrap();
        let senders = vec![
            (self.microphone.to_string(), MediaKind::Microphone),
            (self.camera.to_string(), MediaKind::Camera),
        ];
        (pending, offer.to_sdp_string(), senders)
    }

    /// Goes on over another socket.
    pub(crate) async fn go_on(
        &mut self,
        pending: SdpPendingOffer,
        answer: &str,
        transport: Transport,
    ) {
        let way = Way::open(answer, transport).await;
        self.rtc
            .sdp_api()
            .accept_answer(pending, way.answer)
            .unwrap();
        self.rtc.add_local_candidate(way.candidate);
        (self.socket, self.remote, self.local) = (way.socket, way.remote, way.local);
    }

    pub(crate) async fn close(&mut self) {
        self.rtc.close().unwrap();
        self.drain().await;
    }

    /// Waits for a packet or the time, and does what follows.
    async fn step(&mut self, until: Instant) {
        let mut buffer = [0; 4096];
        let received = tokio::select! {
            count = self.socket.receive(&mut buffer) => Some(count),
            () = tokio::time::sleep_until(until.into()) => None,
        };
        let now = Instant::now();
        match received {
            None => self.rtc.handle_input(Input::Timeout(now)).unwrap(),
            Some(0) => {}
            Some(count) => self.handle_bytes(now, &buffer[..count]).await,
        }
        self.drain().await;
    }

    async fn handle_bytes(&mut self, now: Instant, bytes: &[u8]) {
        let (protocol, packets) = match &mut self.socket {
            Socket::Udp(_) => (Protocol::Udp, vec![bytes.to_vec()]),
            Socket::Tcp(_, deframer) => {
                let mut packets = Vec::new();
                deframer.handle_bytes(bytes);
                while let Some(frame) = deframer.poll_frame().unwrap() {
                    packets.push(frame.to_vec());
                }
                (Protocol::Tcp, packets)
            }
        };
        for packet in packets {
            let receive = Receive::new(protocol, self.remote, self.local, &packet).unwrap();
            self.rtc.handle_input(Input::Receive(now, receive)).unwrap();
            self.drain().await;
        }
    }

    async fn drain(&mut self) {
        loop {
            match self.rtc.poll_output().unwrap() {
                Output::Timeout(due) => {
                    self.due = due;
                    return;
                }
                Output::Transmit(transmit) => {
                    self.socket.send(self.remote, &transmit.contents).await
                }
                Output::Event(Event::Connected) => self.connected = true,
                Output::Event(Event::RtpPacket(packet)) => {
                    self.pictures += usize::from(packet.payload.len() == 1003);
                }
                Output::Event(_) => {}
            }
        }
    }
}

impl Offering {
    pub(crate) async fn accept(mut self, answer: &str, transport: Transport) -> Peer {
        let way = Way::open(answer, transport).await;
        self.rtc.add_local_candidate(way.candidate);
        self.rtc
            .sdp_api()
            .accept_answer(self.pending, way.answer)
            .unwrap();
        Peer {
            rtc: self.rtc,
            microphone: self.microphone,
            camera: self.camera,
            socket: way.socket,
            remote: way.remote,
            local: way.local,
            due: Instant::now(),
            sequence: 0,
            connected: false,
            pictures: 0,
        }
    }
}

/// A way to the server, and what is told about it.
struct Way {
    answer: SdpAnswer,
    socket: Socket,
    remote: SocketAddr,
    local: SocketAddr,
    candidate: Candidate,
}

impl Way {
    async fn open(answer: &str, transport: Transport) -> Self {
        // A peer that has one way only, as behind a firewall: the other isn't told to it.
        let other = if transport == Transport::Udp {
            " tcp "
        } else {
            " udp "
        };
        let kept =
            |line: &&str| !(line.starts_with("a=candidate") && line.to_lowercase().contains(other));
        let candidate = answer
            .lines()
            .filter(kept)
            .find_map(|line| line.strip_prefix("a=candidate:"));
        let words: Vec<&str> = candidate.expect("a candidate").split(' ').collect();
        let remote: SocketAddr = format!("{}:{}", words[4], words[5]).parse().unwrap();
        let answer: String = answer
            .lines()
            .filter(kept)
            .map(|line| format!("{line}\r\n"))
            .collect();
        let (socket, local, candidate) = match transport {
            Transport::Udp => {
                let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
                let local = socket.local_addr().unwrap();
                (Socket::Udp(socket), local, Candidate::host(local, "udp"))
            }
            Transport::Tcp => {
                let stream = TcpStream::connect(remote).await.unwrap();
                let local = stream.local_addr().unwrap();
                let candidate = Candidate::builder()
                    .tcp()
                    .host(local)
                    .tcptype(TcpType::Active)
                    .build();
                (Socket::Tcp(stream, Deframer::new()), local, candidate)
            }
        };
        Self {
            answer: SdpAnswer::from_sdp_string(&answer).unwrap(),
            socket,
            remote,
            local,
            candidate: candidate.unwrap(),
        }
    }
}

impl Socket {
    async fn receive(&mut self, buffer: &mut [u8]) -> usize {
        match self {
            Self::Udp(socket) => socket.recv(buffer).await.unwrap(),
            Self::Tcp(stream, _) => match stream.read(buffer).await {
                Ok(0) | Err(_) => std::future::pending().await,
                Ok(count) => count,
            },
        }
    }

    async fn send(&mut self, remote: SocketAddr, packet: &[u8]) {
        match self {
            Self::Udp(socket) => drop(socket.send_to(packet, remote).await),
            Self::Tcp(stream, _) => {
                let framed = [&frame_header(packet).unwrap()[..], packet].concat();
                let _ = stream.write_all(&framed).await;
            }
        }
    }
}
