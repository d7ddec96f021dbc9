//! The media thread: moves bytes, time and commands between sockets and the [`incamera_sfu`] node.

use super::{
    COMMAND_QUEUE, Command, EVENT_QUEUE, MediaConfig, MediaEvent, MediaHandle, MediaStartError,
    OfferError,
};
use std::net::SocketAddr;
use tokio::sync::mpsc;

pub(super) fn start(
    config: MediaConfig,
) -> Result<(MediaHandle, SocketAddr, mpsc::Receiver<MediaEvent>), MediaStartError> {
    let bind_error = |source| MediaStartError::Bind {
        address: config.bind,
        source,
    };
    let udp = std::net::UdpSocket::bind(config.bind).map_err(bind_error)?;
    let address = udp.local_addr().map_err(bind_error)?;
    let (commands, inbox) = mpsc::channel(COMMAND_QUEUE);
    let (_events, outbox) = mpsc::channel(EVENT_QUEUE);
    std::thread::Builder::new()
        .name("media".into())
        .spawn(move || run(udp, inbox))
        .map_err(MediaStartError::Thread)?;
    Ok((MediaHandle { commands }, address, outbox))
}

fn run(_udp: std::net::UdpSocket, mut inbox: mpsc::Receiver<Command>) {
    while let Some(command) = inbox.blocking_recv() {
        match command {
            Command::Offer(_, reply) => drop(reply.send(Err(OfferError::Stopped))),
            Command::Watch(..) | Command::Hangup(_) => {}
            Command::Shutdown(done) => {
                drop(done.send(()));
                return;
            }
        }
    }
}
