//! The relays, over loopback sockets.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use incamera_impair::{Answer, Client, Command, Filter, Profile, Proxy, Share};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::time::{Instant, timeout};

const SOON: Duration = Duration::from_secs(10);
/// For what must not come.
const A_WHILE: Duration = Duration::from_millis(200);

fn loopback() -> SocketAddr {
    ([127, 0, 0, 1], 0).into()
}

async fn within<T>(what: impl Future<Output = T>) -> T {
    timeout(SOON, what).await.expect("it takes too long")
}

async fn listening(proxy: &mut Proxy, command: Command) -> SocketAddr {
    match proxy.execute(command).await.unwrap() {
        Answer::Listening { listen } => listen,
        answer => panic!("{answer:?}"),
    }
}

async fn clients(proxy: &mut Proxy, relay: &str) -> Vec<Client> {
    let relay = relay.to_owned();
    match proxy.execute(Command::Clients { relay }).await.unwrap() {
        Answer::Clients { clients } => clients,
        answer => panic!("{answer:?}"),
    }
}

fn cut(relay: &str, client: Option<Filter>, cut: bool) -> Command {
    Command::Cut {
        relay: Some(relay.into()),
        client,
        direction: None,
        cut,
    }
}

fn set(relay: &str, profile: Profile) -> Command {
    Command::Set {
        relay: Some(relay.into()),
        client: None,
        direction: None,
        profile,
    }
}

/// A server's socket, and a client's that sends to a relay before it.
async fn datagrams(seed: u64) -> (Proxy, UdpSocket, UdpSocket) {
    let server = UdpSocket::bind(loopback()).await.unwrap();
    let mut proxy = Proxy::new(seed);
    let to = Some(server.local_addr().unwrap());
    let udp = Command::Udp {
        relay: "media".into(),
        listen: loopback(),
        to,
    };
    let listen = listening(&mut proxy, udp).await;
    let client = UdpSocket::bind(loopback()).await.unwrap();
    client.connect(listen).await.unwrap();
    (proxy, server, client)
}

async fn receive(socket: &UdpSocket) -> (Vec<u8>, SocketAddr) {
    let mut buffer = [0; 2000];
    let (length, from) = within(socket.recv_from(&mut buffer)).await.unwrap();
    (buffer[..length].to_vec(), from)
}

async fn silent(socket: &UdpSocket) -> bool {
    timeout(A_WHILE, socket.recv_from(&mut [0; 2000]))
        .await
        .is_err()
}

#[tokio::test]
async fn datagrams_go_both_ways() {
    let (mut proxy, server, client) = datagrams(1).await;
    client.send(b"question").await.unwrap();
    let (bytes, from) = receive(&server).await;
    assert_eq!(bytes, b"question");
    assert_ne!(from, client.local_addr().unwrap());
    server.send_to(b"answer", from).await.unwrap();
    assert_eq!(receive(&client).await.0, b"answer");
    let clients = clients(&mut proxy, "media").await;
    assert_eq!(clients.len(), 1);
    assert_eq!((clients[0].up.bytes, clients[0].down.bytes), (8, 6));
}

#[tokio::test]
async fn a_stranger_cannot_answer_for_the_server() {
    let (_proxy, server, client) = datagrams(1).await;
    client.send(b"question").await.unwrap();
    let (_, from) = receive(&server).await;
    let stranger = UdpSocket::bind(loopback()).await.unwrap();
    stranger.send_to(b"lie", from).await.unwrap();
    assert!(silent(&client).await);
}

#[tokio::test]
async fn a_cut_really_cuts_and_its_end_mends() {
    let (mut proxy, server, client) = datagrams(1).await;
    client.send(b"before").await.unwrap();
    let (_, from) = receive(&server).await;
    proxy.execute(cut("media", None, true)).await.unwrap();
    client.send(b"meanwhile").await.unwrap();
    server.send_to(b"meanwhile", from).await.unwrap();
    assert!(silent(&server).await && silent(&client).await);
    proxy.execute(cut("media", None, false)).await.unwrap();
    client.send(b"after").await.unwrap();
    assert_eq!(receive(&server).await.0, b"after");
}

#[tokio::test]
async fn only_the_client_meant_is_cut() {
    let (mut proxy, server, client) = datagrams(1).await;
    let other = UdpSocket::bind(loopback()).await.unwrap();
    other.connect(client.peer_addr().unwrap()).await.unwrap();
    let port = Some(client.local_addr().unwrap().port());
    let meant = Filter { ip: None, port };
    proxy
        .execute(cut("media", Some(meant), true))
        .await
        .unwrap();
    client.send(b"cut").await.unwrap();
    other.send(b"not cut").await.unwrap();
    assert_eq!(receive(&server).await.0, b"not cut");
    assert!(silent(&server).await);
}

#[tokio::test]
async fn an_address_change_shows_another_port_and_forgets_the_former() {
    let (mut proxy, server, client) = datagrams(1).await;
    client.send(b"one").await.unwrap();
    let (_, former) = receive(&server).await;
    // The control: without a change the port stays.
    client.send(b"two").await.unwrap();
    assert_eq!(receive(&server).await.1, former);
    let change = |from| Command::Readdress {
        relay: None,
        client: None,
        from,
    };
    assert_eq!(
        proxy.execute(change(None)).await.unwrap(),
        Answer::Done { met: 1 }
    );
    server.send_to(b"to the former", former).await.unwrap();
    assert!(silent(&client).await);
    client.send(b"three").await.unwrap();
    let (_, second) = receive(&server).await;
    assert_ne!(second.port(), former.port());
    let elsewhere = "127.0.0.9".parse().unwrap();
    proxy.execute(change(Some(elsewhere))).await.unwrap();
    client.send(b"four").await.unwrap();
    let (_, third) = receive(&server).await;
    assert_eq!(third.ip(), elsewhere);
    server.send_to(b"to the new one", third).await.unwrap();
    assert_eq!(receive(&client).await.0, b"to the new one");
}

/// Which of a hundred numbered datagrams arrive.
async fn survivors(seed: u64) -> Vec<u8> {
    let (mut proxy, server, client) = datagrams(seed).await;
    let loss = Share::new(0.3).unwrap();
    proxy
        .execute(set(
            "media",
            Profile {
                loss,
                ..Profile::default()
            },
        ))
        .await
        .unwrap();
    let mut arrived = Vec::new();
    for number in 0..100 {
        client.send(&[number]).await.unwrap();
    }
    // All are through when the last one is; it is sent until it isn't lost.
    while arrived.last() != Some(&200) {
        client.send(&[200]).await.unwrap();
        while let Ok(Ok((_, _))) = {
            let mut buffer = [0; 8];
            let received = timeout(A_WHILE, server.recv_from(&mut buffer)).await;
            if received.is_ok() {
                arrived.push(buffer[0]);
            }
            received
        } {}
    }
    arrived.retain(|number| *number < 100);
    arrived
}

#[tokio::test]
async fn the_same_seed_loses_the_same_datagrams() {
    let (one, same, other) = (survivors(5).await, survivors(5).await, survivors(6).await);
    assert_eq!(one, same);
    assert_ne!(one, other);
    assert!((50..90).contains(&one.len()), "{}", one.len());
}

#[tokio::test]
async fn a_delay_takes_its_time_both_ways() {
    let (mut proxy, server, client) = datagrams(1).await;
    proxy
        .execute(set(
            "media",
            Profile {
                delay_ms: 80,
                ..Profile::default()
            },
        ))
        .await
        .unwrap();
    let start = Instant::now();
    client.send(b"question").await.unwrap();
    let (_, from) = receive(&server).await;
    assert!(start.elapsed() >= Duration::from_millis(80));
    server.send_to(b"answer", from).await.unwrap();
    receive(&client).await;
    assert!(start.elapsed() >= Duration::from_millis(160));
}

/// A server's listener and a relay before it.
async fn streams() -> (Proxy, TcpListener, SocketAddr) {
    let server = TcpListener::bind(loopback()).await.unwrap();
    let mut proxy = Proxy::new(1);
    let to = Some(server.local_addr().unwrap());
    let tcp = Command::Tcp {
        relay: "web".into(),
        listen: loopback(),
        to,
    };
    let listen = listening(&mut proxy, tcp).await;
    (proxy, server, listen)
}

async fn connected(server: &TcpListener, listen: SocketAddr) -> (TcpStream, TcpStream) {
    let client = within(TcpStream::connect(listen)).await.unwrap();
    let (upstream, _) = within(server.accept()).await.unwrap();
    (client, upstream)
}

async fn hear(stream: &mut TcpStream, length: usize) -> Vec<u8> {
    let mut buffer = vec![0; length];
    within(stream.read_exact(&mut buffer)).await.unwrap();
    buffer
}

#[tokio::test]
async fn a_stream_goes_both_ways_and_ends_both_ways() {
    let (_proxy, server, listen) = streams().await;
    let (mut client, mut upstream) = connected(&server, listen).await;
    let long: Vec<u8> = (0..300_000_u32).map(|number| number as u8).collect();
    let (sent, heard) = tokio::join!(client.write_all(&long), hear(&mut upstream, long.len()));
    sent.unwrap();
    assert_eq!(heard, long);
    client.shutdown().await.unwrap();
    assert_eq!(within(upstream.read(&mut [0; 8])).await.unwrap(), 0);
    // The other half is still open.
    upstream.write_all(b"goodbye").await.unwrap();
    drop(upstream);
    assert_eq!(hear(&mut client, 7).await, b"goodbye");
    assert_eq!(within(client.read(&mut [0; 8])).await.unwrap(), 0);
}

#[tokio::test]
async fn a_stream_waits_while_it_is_cut_and_nothing_is_lost() {
    let (mut proxy, server, listen) = streams().await;
    let (mut client, mut upstream) = connected(&server, listen).await;
    client.write_all(b"before").await.unwrap();
    assert_eq!(hear(&mut upstream, 6).await, b"before");
    proxy.execute(cut("web", None, true)).await.unwrap();
    client.write_all(b"meanwhile").await.unwrap();
    assert!(timeout(A_WHILE, upstream.read(&mut [0; 8])).await.is_err());
    // Neither does a new connection come through.
    let _waiting = within(TcpStream::connect(listen)).await.unwrap();
    assert!(timeout(A_WHILE, server.accept()).await.is_err());
    proxy.execute(cut("web", None, false)).await.unwrap();
    assert_eq!(hear(&mut upstream, 9).await, b"meanwhile");
    within(server.accept()).await.unwrap();
}

#[tokio::test]
async fn a_reset_reaches_both_sides() {
    let (mut proxy, server, listen) = streams().await;
    let (mut client, mut upstream) = connected(&server, listen).await;
    client.write_all(b"before").await.unwrap();
    assert_eq!(hear(&mut upstream, 6).await, b"before");
    let reset = Command::Reset {
        relay: None,
        client: None,
    };
    assert_eq!(proxy.execute(reset).await.unwrap(), Answer::Done { met: 1 });
    for stream in [&mut client, &mut upstream] {
        let error = within(stream.read(&mut [0; 8])).await.unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    }
    // The relay goes on.
    connected(&server, listen).await;
}

#[tokio::test]
async fn without_a_server_connections_are_reset_until_there_is_one() {
    let (mut proxy, server, listen) = streams().await;
    let to = server.local_addr().unwrap();
    let target = |to| Command::Target {
        relay: "web".into(),
        to,
    };
    proxy.execute(target(None)).await.unwrap();
    let mut refused = within(TcpStream::connect(listen)).await.unwrap();
    assert!(within(refused.read(&mut [0; 8])).await.is_err());
    proxy.execute(target(Some(to))).await.unwrap();
    connected(&server, listen).await;
}

#[tokio::test]
async fn a_stream_keeps_to_its_rate() {
    let (mut proxy, server, listen) = streams().await;
    let rate_kbps = std::num::NonZeroU32::new(800);
    proxy
        .execute(set(
            "web",
            Profile {
                rate_kbps,
                ..Profile::default()
            },
        ))
        .await
        .unwrap();
    let (mut client, mut upstream) = connected(&server, listen).await;
    let start = Instant::now();
    let (sent, _) = tokio::join!(client.write_all(&[1; 50_000]), hear(&mut upstream, 50_000));
    sent.unwrap();
    // 100 kB a second.
    assert!(
        start.elapsed() >= Duration::from_millis(490),
        "{:?}",
        start.elapsed()
    );
}

#[tokio::test]
async fn what_cannot_be_done_is_said() {
    let mut proxy = Proxy::new(1);
    let tcp = |listen| Command::Tcp {
        relay: "web".into(),
        listen,
        to: None,
    };
    let listen = listening(&mut proxy, tcp(loopback())).await;
    assert!(
        proxy.execute(tcp(loopback())).await.is_err(),
        "the name is taken"
    );
    let other = Command::Tcp {
        relay: "other".into(),
        listen,
        to: None,
    };
    assert!(proxy.execute(other).await.is_err(), "the port is taken");
    assert!(proxy.execute(cut("none", None, true)).await.is_err());
    let readdress = Command::Readdress {
        relay: Some("web".into()),
        client: None,
        from: None,
    };
    assert!(
        proxy.execute(readdress).await.is_err(),
        "a stream can't change its address"
    );
}
