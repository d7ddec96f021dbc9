//! ICE-TCP connections (RFC 6544): frames in, frames out.

use incamera_sfu::{Deframer, frame_header};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::timeout;

/// How many packets wait for one connection; more are dropped.
const WRITE_QUEUE: usize = 512;
/// A connection on which nothing comes for this long is closed: peers check theirs every few
/// seconds (RFC 7675).
const IDLE: Duration = Duration::from_secs(30);
/// A peer that takes nothing for this long has gone.
const STUCK: Duration = Duration::from_secs(10);
/// How many frames may come before one proves a session.
const STRANGER_FRAMES: u32 = 16;

/// What a connection's reader tells the media thread.
pub(super) enum TcpInput {
    Frame(SocketAddr, Vec<u8>),
    Closed(SocketAddr),
}

/// An open connection.
pub(super) struct TcpPeer {
    /// The address that it came to.
    pub(super) local: SocketAddr,
    writes: mpsc::Sender<Vec<u8>>,
    tasks: [AbortHandle; 2],
    strange_frames: u32,
}

impl TcpPeer {
    /// Starts to read and write; what was already read from it comes first.
    pub(super) fn open(
        stream: TcpStream,
        (local, remote): (SocketAddr, SocketAddr),
        first_bytes: Vec<u8>,
        inputs: mpsc::Sender<TcpInput>,
    ) -> Self {
        // Without it small packets wait for each other; media would rather go.
        let _ = stream.set_nodelay(true);
        let (reading, writing) = stream.into_split();
        let (writes, queue) = mpsc::channel(WRITE_QUEUE);
        let reader = tokio::spawn(async move {
            read(reading, first_bytes, remote, &inputs).await;
            let _ = inputs.send(TcpInput::Closed(remote)).await;
        });
        let writer = tokio::spawn(write(writing, queue));
        Self {
            local,
            writes,
            tasks: [reader.abort_handle(), writer.abort_handle()],
            strange_frames: 0,
        }
    }

    /// Queues a packet; false if the connection is too slow for it.
    pub(super) fn send(&self, packet: Vec<u8>) -> bool {
        self.writes.try_send(packet).is_ok()
    }

    /// A frame came that belongs to no session: whether the connection is to be closed.
    pub(super) fn is_stranger(&mut self) -> bool {
        self.strange_frames += 1;
        self.strange_frames > STRANGER_FRAMES
    }
}

impl Drop for TcpPeer {
    fn drop(&mut self) {
        self.tasks.iter().for_each(AbortHandle::abort);
    }
}

async fn read(
    mut stream: OwnedReadHalf,
    first_bytes: Vec<u8>,
    remote: SocketAddr,
    inputs: &mpsc::Sender<TcpInput>,
) {
    let mut deframer = Deframer::new();
    let mut buffer = vec![0; 16 * 1024];
    deframer.handle_bytes(&first_bytes);
    loop {
        loop {
            match deframer.poll_frame() {
                Ok(Some(frame)) => {
                    let frame = TcpInput::Frame(remote, frame.to_vec());
                    // A full queue holds this connection back.
                    if inputs.send(frame).await.is_err() {
                        return;
                    }
                }
                Ok(None) => break,
                Err(_) => return,
            }
        }
        match timeout(IDLE, stream.read(&mut buffer)).await {
            Ok(Ok(count @ 1..)) => deframer.handle_bytes(&buffer[..count]),
            _ => return,
        }
    }
}

async fn write(mut stream: OwnedWriteHalf, mut queue: mpsc::Receiver<Vec<u8>>) {
    let mut batch = Vec::new();
    while let Some(first) = queue.recv().await {
        batch.clear();
        let mut next = Some(first);
        while let Some(packet) = next {
            if let Some(header) = frame_header(&packet) {
                batch.extend_from_slice(&header);
                batch.extend_from_slice(&packet);
            }
            next = if batch.len() < 16 * 1024 {
                queue.try_recv().ok()
            } else {
                None
            };
        }
        if !matches!(timeout(STUCK, stream.write_all(&batch)).await, Ok(Ok(()))) {
            return;
        }
    }
}
