//! Clients with media.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use crate::common::{self, Client};
use crate::media_peer::{Offering, Peer, Transport};
use incamera_wire::{ClientMessage, Refusal, RequestId, Sender, ServerMessage};
use std::time::Duration;
use tokio::time::timeout;

/// Offers, and waits until media is connected.
pub async fn offer(client: &mut Client, transport: Transport) -> Peer {
    let (offering, sdp, senders) = Peer::offering();
    let senders = senders.into_iter();
    let offer = ClientMessage::Offer {
        request: 8,
        room: common::room(),
        sdp,
        senders: senders.map(|(mid, kind)| Sender { mid, kind }).collect(),
        restart: false,
    };
    client.say(&offer).await;
    let answer = answer(client, 8).await.unwrap();
    connect(offering, &answer, transport).await
}

/// The reply to an offer.
pub async fn answer(client: &mut Client, wanted: RequestId) -> Result<String, (Refusal, String)> {
    loop {
        match client.hear().await {
            ServerMessage::Answer { request, sdp } if request == wanted => return Ok(sdp),
            ServerMessage::Refused { reason, detail, .. } => return Err((reason, detail)),
            _ => {}
        }
    }
}

pub async fn connect(offering: Offering, answer: &str, transport: Transport) -> Peer {
    let mut peer = offering.accept(answer, transport).await;
    let connected = timeout(common::SOON, peer.run_until(|peer| peer.connected));
    connected.await.expect("connected in time");
    peer
}

/// One sends until the other has seen thirty pictures more.
pub async fn check_flow(from: &mut Peer, to: &mut Peer) {
    let flows = flows(from, to, common::SOON).await;
    assert!(flows, "no pictures in time");
}

/// Whether one is seen by the other within a time.
pub async fn flows(from: &mut Peer, to: &mut Peer, limit: Duration) -> bool {
    let seen = to.pictures;
    let flow = async {
        while to.pictures < seen + 30 {
            from.send_picture();
            from.run_for(Duration::from_millis(10)).await;
            to.run_for(Duration::from_millis(1)).await;
        }
    };
    timeout(limit, flow).await.is_ok()
}
