use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use str0m::net::Protocol;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket, tcp};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// Datagrams read and not yet handled, at most; beyond, new ones are dropped, as the network does.
const INCOMING: usize = 4096;
/// Datagrams waiting for a TCP connection, at most; beyond, new ones are dropped.
const TCP_OUTGOING: usize = 1024;
/// What the system keeps while this process isn't scheduled: a second of several pictures.
const RECEIVE_BUFFER_BYTES: usize = 4 * 1024 * 1024;
/// The largest datagram that str0m takes.
const MAX_DATAGRAM_BYTES: usize = 2000;
const TCP_CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A datagram, or a frame of a TCP connection (RFC 4571).
#[derive(Debug)]
pub(crate) struct Datagram {
    pub(crate) protocol: Protocol,
    pub(crate) source: SocketAddr,
    pub(crate) destination: SocketAddr,
    pub(crate) bytes: Vec<u8>,
}

/// What happens on the sockets.
#[derive(Debug)]
pub(crate) enum TransportEvent {
    Datagram(Datagram),
    /// A TCP connection that was asked for is there.
    Connected {
        local: SocketAddr,
        remote: SocketAddr,
    },
}

#[derive(Debug)]
enum Incoming {
    Datagram(Datagram),
    Connected {
        local: SocketAddr,
        remote: SocketAddr,
        to_write: mpsc::Sender<Vec<u8>>,
    },
}

/// The sockets of one media session: UDP sockets, one per local address, and TCP connections with
/// RFC 4571 framing. All ends when it is dropped.
pub(crate) struct Transport {
    udp: BTreeMap<SocketAddr, Arc<UdpSocket>>,
    tcp: BTreeMap<(SocketAddr, SocketAddr), mpsc::Sender<Vec<u8>>>,
    tasks: JoinSet<()>,
    incoming: mpsc::Receiver<Incoming>,
    into: mpsc::Sender<Incoming>,
}

impl Transport {
    pub(crate) fn new() -> Self {
        let (into, incoming) = mpsc::channel(INCOMING);
        Self {
            udp: BTreeMap::new(),
            tcp: BTreeMap::new(),
            tasks: JoinSet::new(),
            incoming,
            into,
        }
    }

    /// Binds a UDP socket on the local address from which the system reaches `remote`, if there is
    /// none yet; returns its address.
    pub(crate) async fn bind_udp_towards(&mut self, remote: SocketAddr) -> io::Result<SocketAddr> {
        let local = local_ip_towards(remote).await?;
        if let Some(bound) = self.udp.keys().find(|bound| bound.ip() == local) {
            return Ok(*bound);
        }
        let socket = Arc::new(UdpSocket::bind((local, 0)).await?);
        // The system may grant less.
        let _ = socket2::SockRef::from(&*socket).set_recv_buffer_size(RECEIVE_BUFFER_BYTES);
        let address = socket.local_addr()?;
        // Before the first readiness event, sending would find the socket blocked.
        socket.writable().await?;
        self.udp.insert(address, socket.clone());
        self.tasks
            .spawn(read_udp(socket, address, self.into.clone()));
        Ok(address)
    }

    /// Starts connecting to a passive ICE-TCP candidate (RFC 6544); success is told by an event.
    pub(crate) fn connect_tcp(&mut self, remote: SocketAddr) {
        self.tasks.spawn(run_tcp(remote, self.into.clone()));
    }

    /// Sends, or drops if the system's or the connection's queue is full.
    pub(crate) fn send(
        &self,
        protocol: Protocol,
        source: SocketAddr,
        destination: SocketAddr,
        bytes: &[u8],
    ) {
        match protocol {
            Protocol::Udp => {
                if let Some(socket) = self.udp.get(&source) {
                    let _ = socket.try_send_to(bytes, destination);
                }
            }
            _ => {
                if let Some(connection) = self.tcp.get(&(source, destination)) {
                    let _ = connection.try_send(bytes.to_vec());
                }
            }
        }
    }

    /// The next event. Cancel-safe.
    pub(crate) async fn receive(&mut self) -> Option<TransportEvent> {
        let incoming = self.incoming.recv().await?;
        Some(self.take(incoming))
    }

    /// An event that is here already.
    pub(crate) fn try_receive(&mut self) -> Option<TransportEvent> {
        let incoming = self.incoming.try_recv().ok()?;
        Some(self.take(incoming))
    }

    fn take(&mut self, incoming: Incoming) -> TransportEvent {
        match incoming {
            Incoming::Datagram(datagram) => TransportEvent::Datagram(datagram),
            Incoming::Connected {
                local,
                remote,
                to_write,
            } => {
                self.tcp.insert((local, remote), to_write);
                TransportEvent::Connected { local, remote }
            }
        }
    }
}

/// Connecting a datagram socket sends nothing; it only makes the system choose the local address.
async fn local_ip_towards(remote: SocketAddr) -> io::Result<IpAddr> {
    let any: SocketAddr = if remote.is_ipv4() {
        ([0, 0, 0, 0], 0).into()
    } else {
        ([0u16; 8], 0).into()
    };
    let probe = UdpSocket::bind(any).await?;
    probe.connect(remote).await?;
    Ok(probe.local_addr()?.ip())
}

async fn read_udp(socket: Arc<UdpSocket>, local: SocketAddr, into: mpsc::Sender<Incoming>) {
    let mut buffer = [0; MAX_DATAGRAM_BYTES];
    while !into.is_closed() {
        // An ICMP error of an earlier datagram shows up here and concerns no later one.
        let Ok((length, source)) = socket.recv_from(&mut buffer).await else {
            continue;
        };
        let _ = into.try_send(Incoming::Datagram(Datagram {
            protocol: Protocol::Udp,
            source,
            destination: local,
            bytes: buffer[..length].to_vec(),
        }));
    }
}

async fn run_tcp(remote: SocketAddr, into: mpsc::Sender<Incoming>) {
    // A candidate that can't be reached is one path less.
    let Ok(Ok(stream)) = timeout(TCP_CONNECT_TIMEOUT, TcpStream::connect(remote)).await else {
        return;
    };
    let (Ok(()), Ok(local)) = (stream.set_nodelay(true), stream.local_addr()) else {
        return;
    };
    let (reader, writer) = stream.into_split();
    let (to_write, written) = mpsc::channel(TCP_OUTGOING);
    let connected = Incoming::Connected {
        local,
        remote,
        to_write,
    };
    if into.send(connected).await.is_ok() {
        tokio::join!(
            read_tcp(reader, local, remote, into),
            write_tcp(writer, written)
        );
    }
}

async fn read_tcp(
    mut reader: tcp::OwnedReadHalf,
    local: SocketAddr,
    remote: SocketAddr,
    into: mpsc::Sender<Incoming>,
) {
    while let Ok(length) = reader.read_u16().await {
        let mut bytes = vec![0; usize::from(length)];
        if reader.read_exact(&mut bytes).await.is_err() {
            return;
        }
        if bytes.len() > MAX_DATAGRAM_BYTES {
            continue;
        }
        let datagram = Datagram {
            protocol: Protocol::Tcp,
            source: remote,
            destination: local,
            bytes,
        };
        // The peer waits while the participant is busy: that is what TCP is for.
        if into.send(Incoming::Datagram(datagram)).await.is_err() {
            return;
        }
    }
}

async fn write_tcp(mut writer: tcp::OwnedWriteHalf, mut written: mpsc::Receiver<Vec<u8>>) {
    while let Some(bytes) = written.recv().await {
        let Ok(length) = u16::try_from(bytes.len()) else {
            continue;
        };
        let mut frame = Vec::with_capacity(bytes.len() + 2);
        frame.extend(length.to_be_bytes());
        frame.extend(bytes);
        if writer.write_all(&frame).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn udp_and_framed_tcp() {
        let deadline = Duration::from_secs(30);
        timeout(deadline, exchange()).await.expect("an exchange");
    }

    async fn exchange() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let peer = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let mut transport = Transport::new();

        let remote = peer.local_addr().unwrap();
        let local = transport.bind_udp_towards(remote).await.unwrap();
        assert_eq!(transport.bind_udp_towards(remote).await.unwrap(), local);
        transport.send(Protocol::Udp, local, remote, b"over udp");
        let mut buffer = [0; 16];
        assert_eq!(peer.recv_from(&mut buffer).await.unwrap(), (8, local));
        peer.send_to(b"back", local).await.unwrap();
        assert_eq!(datagram(&mut transport).await, b"back");

        let remote = listener.local_addr().unwrap();
        transport.connect_tcp(remote);
        let (mut stream, _) = listener.accept().await.unwrap();
        let Some(TransportEvent::Connected { local, .. }) = transport.receive().await else {
            panic!("a connection comes first");
        };
        transport.send(Protocol::Tcp, local, remote, b"over tcp");
        let mut framed = [0; 10];
        stream.read_exact(&mut framed).await.unwrap();
        assert_eq!(&framed, b"\0\x08over tcp");
        stream.write_all(b"\0\x03one\0\x03two").await.unwrap();
        assert_eq!(datagram(&mut transport).await, b"one");
        assert_eq!(datagram(&mut transport).await, b"two");
    }

    async fn datagram(transport: &mut Transport) -> Vec<u8> {
        match transport.receive().await {
            Some(TransportEvent::Datagram(datagram)) => datagram.bytes,
            other => panic!("no datagram: {other:?}"),
        }
    }
}
