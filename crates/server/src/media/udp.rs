//! The UDP socket: batches in, batches out.

use super::addresses::Addresses;
use incamera_sfu::Transmit;
use quinn_udp::{BATCH_SIZE, RecvMeta, UdpSockRef, UdpSocketState};
use std::io::{self, IoSliceMut};
use std::net::{IpAddr, SocketAddr};
use tokio::io::Interest;
use tokio::net::UdpSocket;

/// Room for one received message, which may hold several datagrams (GRO).
const MESSAGE: usize = 64 * 1024;
/// Asked for; the system may give less. A key frame to a hundred subscribers fits.
const SOCKET_BUFFER: usize = 4 * 1024 * 1024;
/// The most bytes in one segmented send (GSO): the largest UDP payload over IPv4.
const MAX_BATCH: usize = 65_507;

pub(super) struct Udp {
    socket: UdpSocket,
    state: UdpSocketState,
    buffers: Vec<u8>,
    metas: [RecvMeta; BATCH_SIZE],
    batch: Batch,
    ipv6: bool,
    /// Packets that the socket didn't take.
    pub(super) unsent: u64,
}

/// Packets of one length, but for a shorter last one, from one address to another.
#[derive(Default)]
struct Batch {
    path: Option<(SocketAddr, SocketAddr)>,
    bytes: Vec<u8>,
    segment: usize,
    count: usize,
    /// A shorter packet was the last that fits.
    full: bool,
}

impl Udp {
    pub(super) fn new(socket: std::net::UdpSocket) -> io::Result<Self> {
        let state = UdpSocketState::new(UdpSockRef::from(&socket))?;
        // A smaller buffer than asked for is no reason not to serve.
        let _ = state.set_send_buffer_size(UdpSockRef::from(&socket), SOCKET_BUFFER);
        let _ = state.set_recv_buffer_size(UdpSockRef::from(&socket), SOCKET_BUFFER);
        let ipv6 = socket.local_addr()?.is_ipv6();
        Ok(Self {
            socket: UdpSocket::from_std(socket)?,
            state,
            buffers: vec![0; MESSAGE * BATCH_SIZE],
            metas: [RecvMeta::default(); BATCH_SIZE],
            batch: Batch::default(),
            ipv6,
            unsent: 0,
        })
    }

    /// Waits for something to receive.
    pub(super) async fn readable(&self) -> io::Result<()> {
        self.socket.readable().await
    }

    /// Hands on what has come, with its source and destination; false once there is no more.
    pub(super) fn receive(
        &mut self,
        mut each: impl FnMut(SocketAddr, Option<IpAddr>, &[u8]),
    ) -> io::Result<bool> {
        let (socket, state, metas) = (&self.socket, &self.state, &mut self.metas);
        let mut chunks = self.buffers.chunks_mut(MESSAGE);
        let mut slices: [IoSliceMut<'_>; BATCH_SIZE] =
            std::array::from_fn(|_| IoSliceMut::new(chunks.next().unwrap_or_default()));
        let receive = || state.recv(UdpSockRef::from(socket), &mut slices, metas);
        let count = match socket.try_io(Interest::READABLE, receive) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
            Err(error) => return Err(error),
        };
        for (meta, message) in self
            .metas
            .iter()
            .zip(self.buffers.chunks(MESSAGE))
            .take(count)
        {
            let source = SocketAddr::new(meta.addr.ip().to_canonical(), meta.addr.port());
            let bytes = message.get(..meta.len).unwrap_or_default();
            for datagram in bytes.chunks(meta.stride.max(1)) {
                each(source, meta.dst_ip, datagram);
            }
        }
        Ok(true)
    }

    /// Queues a packet; what came before it for another path or of another length is sent.
    pub(super) fn send(&mut self, addresses: &Addresses, transmit: &Transmit) {
        let most = self.state.max_gso_segments();
        if !self.batch.takes(transmit, most) {
            self.flush(addresses);
        }
        self.batch.push(transmit);
    }

    /// Sends what is queued. What the socket doesn't take is dropped: media is loss tolerant and
    /// late media is worthless.
    pub(super) fn flush(&mut self, addresses: &Addresses) {
        let Some((source, destination)) = self.batch.path.take() else {
            return;
        };
        let from = addresses
            .send_from(source)
            .filter(|ip| !self.ipv6 || ip.is_ipv6());
        let batch = std::mem::take(&mut self.batch);
        let segment = (batch.count > 1).then_some(batch.segment);
        let sent = self.transmit(destination, from, &batch.bytes, segment);
        match sent {
            Ok(()) => {}
            // The path can't segment: packet by packet then.
            Err(error) if batch.count > 1 && error.kind() != io::ErrorKind::WouldBlock => {
                for packet in batch.bytes.chunks(batch.segment) {
                    let sent = self.transmit(destination, from, packet, None);
                    self.unsent += u64::from(sent.is_err());
                }
            }
            Err(_) => self.unsent += batch.count as u64,
        }
        self.batch.bytes = batch.bytes;
        self.batch.bytes.clear();
    }

    fn transmit(
        &self,
        destination: SocketAddr,
        src_ip: Option<IpAddr>,
        contents: &[u8],
        segment_size: Option<usize>,
    ) -> io::Result<()> {
        let transmit = quinn_udp::Transmit {
            destination: if self.ipv6 {
                mapped(destination)
            } else {
                destination
            },
            ecn: None,
            contents,
            segment_size,
            src_ip,
        };
        let send = || {
            self.state
                .try_send(UdpSockRef::from(&self.socket), &transmit)
        };
        self.socket.try_io(Interest::WRITABLE, send)
    }
}

impl Batch {
    fn takes(&self, transmit: &Transmit, most: usize) -> bool {
        let length = transmit.contents.len();
        self.path == Some((transmit.source, transmit.destination))
            && !self.full
            && length <= self.segment
            && self.count < most
            && self.bytes.len() + length <= MAX_BATCH
    }

    fn push(&mut self, transmit: &Transmit) {
        let length = transmit.contents.len();
        if self.path.is_none() {
            self.path = Some((transmit.source, transmit.destination));
            self.segment = length;
            self.count = 0;
            self.full = false;
        }
        self.full = length < self.segment;
        self.bytes.extend_from_slice(&transmit.contents);
        self.count += 1;
    }
}

/// An IPv4 address as an IPv6 socket knows it (RFC 4291 section 2.5.5.2).
fn mapped(address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) => SocketAddr::new(ip.to_ipv6_mapped().into(), address.port()),
        IpAddr::V6(_) => address,
    }
}
