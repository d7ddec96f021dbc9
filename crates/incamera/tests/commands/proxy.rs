//! A TCP proxy that keeps what passes, with the masks of WebSocket frames (RFC 6455 section 5.3)
//! taken off.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// One direction of one connection.
type Capture = Arc<Mutex<Vec<u8>>>;

pub(crate) struct Proxy {
    listener: TcpListener,
    pub(crate) address: SocketAddr,
    captures: Arc<Mutex<Vec<Capture>>>,
}

impl Proxy {
    pub(crate) fn bind() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        Self {
            address: listener.local_addr().unwrap(),
            listener,
            captures: Arc::default(),
        }
    }

    /// Forwards every connection to `target`, in threads that end with the connections.
    pub(crate) fn forward_to(&self, target: SocketAddr) {
        let listener = self.listener.try_clone().unwrap();
        let captures = self.captures.clone();
        thread::spawn(move || {
            for client in listener.incoming() {
                let (Ok(client), Ok(server)) = (client, TcpStream::connect(target)) else {
                    return;
                };
                for (from, to) in [(&client, &server), (&server, &client)] {
                    let capture = Capture::default();
                    captures.lock().unwrap().push(capture.clone());
                    let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    thread::spawn(move || carry(from, to, &capture));
                }
            }
        });
    }

    /// Each direction as it passed, and once more unmasked.
    pub(crate) fn captured(&self) -> Vec<(String, Vec<u8>)> {
        let captures = self.captures.lock().unwrap();
        let mut all = Vec::new();
        for (index, capture) in captures.iter().enumerate() {
            let raw = capture.lock().unwrap().clone();
            all.push((format!("wire {index} unmasked"), unmask(&raw)));
            all.push((format!("wire {index}"), raw));
        }
        all
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream, capture: &Mutex<Vec<u8>>) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        capture.lock().unwrap().extend_from_slice(&buffer[..length]);
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}

/// The payloads of the WebSocket frames after the HTTP head, without their masks.
pub(crate) fn unmask(raw: &[u8]) -> Vec<u8> {
    let head = raw.windows(4).position(|window| window == b"\r\n\r\n");
    let mut rest = head.map_or(&[][..], |at| &raw[at + 4..]);
    let mut payloads = Vec::new();
    while let Some((payload, tail)) = next_frame(rest) {
        payloads.extend(payload);
        rest = tail;
    }
    payloads
}

fn next_frame(bytes: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let (head, mut rest) = bytes.split_at_checked(2)?;
    let length = match head[1] & 0x7f {
        126 => {
            let (long, tail) = rest.split_first_chunk::<2>()?;
            rest = tail;
            usize::from(u16::from_be_bytes(*long))
        }
        127 => {
            let (long, tail) = rest.split_first_chunk::<8>()?;
            rest = tail;
            usize::try_from(u64::from_be_bytes(*long)).ok()?
        }
        short => usize::from(short),
    };
    let mut mask = [0; 4];
    if head[1] & 0x80 != 0 {
        let (key, tail) = rest.split_first_chunk::<4>()?;
        (mask, rest) = (*key, tail);
    }
    let (payload, tail) = rest.split_at_checked(length)?;
    let unmasked = payload.iter().zip(mask.iter().cycle());
    Some((unmasked.map(|(byte, key)| byte ^ key).collect(), tail))
}
