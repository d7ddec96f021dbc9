//! Media asked for over a WebSocket, and everything on one port: the page, WebSockets, and media
//! over UDP and TCP.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod call;
mod common;
#[allow(dead_code, reason = "each test file uses its part")]
mod media_peer;

use call::offer;
use common::{Server, server, server_with};
use incamera_model::{MediaKind, StreamName};
use incamera_server::{Config, Page, StartError};
use incamera_wire::ServerMessage;
use media_peer::Transport;
use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::time::timeout;

/// A server whose web port is its media port.
async fn one_port() -> Server {
    loop {
        // A port that is free now may be taken a moment later; then another one is.
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let folder = tempfile::tempdir().unwrap();
        let config = Config {
            listen: address,
            media: address,
            page: Page::from_files([("index.html".into(), b"<!doctype html>".to_vec())]),
            ..common::config(folder.path())
        };
        match incamera_server::start(config).await {
            Ok(running) => return Server { running, folder },
            Err(StartError::Listen { .. } | StartError::Media(_)) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

async fn check_media(server: &Server, transport: Transport) {
    let talk = server.talk(1).await;
    let (mut a, mut b) = (server.join(&talk).await, server.join(&talk).await);
    let mut sender = offer(&mut a, transport).await;
    let mut receiver = offer(&mut b, transport).await;
    let flow = async {
        while receiver.pictures < 30 {
            sender.send_picture();
            sender.run_for(Duration::from_millis(10)).await;
            receiver.run_for(Duration::from_millis(1)).await;
        }
    };
    timeout(common::SOON, flow).await.expect("pictures in time");
    loop {
        if let ServerMessage::Slots { slots, sources } = b.hear().await
            && sources
                .iter()
                .any(|source| source.kind == MediaKind::Camera)
        {
            let mut shown = slots.iter().filter_map(|slot| slot.source);
            assert!(shown.any(|source| source.kind == MediaKind::Camera));
            break;
        }
    }
    // Who closes the WebSocket has left the room.
    a.socket.close(None).await.unwrap();
    loop {
        if let ServerMessage::Slots { sources, .. } = b.hear().await
            && sources.is_empty()
        {
            return;
        }
    }
}

#[tokio::test]
async fn media_over_a_port_of_its_own() {
    check_media(&server().await, Transport::Udp).await;
}

#[tokio::test]
async fn media_over_the_web_port_by_tcp() {
    let server = one_port().await;
    assert_eq!(server.running.media_addr(), server.address());
    check_media(&server, Transport::Tcp).await;
    check_web(&server).await;
}

#[tokio::test]
async fn media_over_the_web_port_by_udp() {
    let server = one_port().await;
    check_media(&server, Transport::Udp).await;
    check_web(&server).await;
}

#[tokio::test]
async fn garbage_on_the_one_port_disturbs_nobody() {
    let server = one_port().await;
    let address = server.address();
    for first in [0_u8, 1, 7, 8, 0x16, 0x80, 0xff] {
        let bytes: Vec<u8> = (0..600)
            .map(|n| first ^ (n as u8).wrapping_mul(37))
            .collect();
        let closed = tokio::task::spawn_blocking(move || {
            let mut stream = std::net::TcpStream::connect(address).unwrap();
            let _ = stream.write_all(&[&[first], &bytes[..]].concat());
            // It may be closed already.
            let _ = stream.shutdown(std::net::Shutdown::Write);
            let _ = stream.set_read_timeout(Some(common::SOON));
            // An HTTP error, or nothing; in any case an end.
            match stream.read_to_end(&mut Vec::new()) {
                Ok(_) => true,
                Err(error) => error.kind() == std::io::ErrorKind::ConnectionReset,
            }
        });
        assert!(closed.await.unwrap(), "{first}");
    }
    check_web(&server).await;
}

#[tokio::test]
async fn ports_that_overlap_are_refused() {
    let listen: SocketAddr = "127.0.0.1:4099".parse().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let config = Config {
        listen,
        media: "0.0.0.0:4099".parse().unwrap(),
        ..common::config(folder.path())
    };
    let error = incamera_server::start(config).await.err().unwrap();
    assert!(matches!(error, StartError::Overlap { .. }), "{error}");
    // The control: alone, either address would do.
    drop(server_with(|_| {}).await);
}

async fn check_web(server: &Server) {
    assert_eq!(server.get("/", "").await.status, 200);
    let talk = server.talk(2).await;
    let mut client = server.join(&talk).await;
    client.subscribe(&StreamName::record(), 0).await;
    assert_eq!(client.catch_up(&StreamName::record()).await.len(), 1);
}
