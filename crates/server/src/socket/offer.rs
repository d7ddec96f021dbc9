//! What a connection asks of the media port.

use super::rights;
use super::session::Session;
use crate::media::{OfferError, OfferRequest, SenderLine};
use incamera_model::RoomId;
use incamera_wire::{MAX_SDP_BYTES, Refusal, RequestId, Sender, ServerMessage};
use std::time::Duration;

/// For the media thread to answer an offer.
const OFFER: Duration = Duration::from_secs(5);
/// The most senders in an offer.
const MAX_SENDERS: usize = 8;

impl Session {
    /// Starts a media session, or restarts the ICE of the one there is.
    pub(super) async fn offer(
        &mut self,
        request: RequestId,
        (room, restart): (RoomId, bool),
        sdp: String,
        senders: Vec<Sender>,
    ) {
        if !self.member.claimed {
            return self.refuse(Some(request), Refusal::NotYours, rights::UNCLAIMED);
        }
        if senders.len() > MAX_SENDERS {
            let sentence = format!("An offer may have {MAX_SENDERS} senders.");
            return self.refuse(Some(request), Refusal::BadOffer, &sentence);
        }
        let senders = senders.into_iter().map(|sender| SenderLine {
            mid: sender.mid,
            kind: sender.kind,
        });
        let wish = OfferRequest {
            connection: self.connection,
            room: Some((self.member.talk, room)),
            sdp,
            senders: senders.collect(),
            restart,
        };
        self.ask(request, wish).await;
    }

    /// Starts a media session in no room.
    pub(super) async fn probe(&mut self, request: RequestId, sdp: String) {
        let wish = OfferRequest {
            connection: self.connection,
            room: None,
            sdp,
            senders: Vec::new(),
            restart: false,
        };
        self.ask(request, wish).await;
    }

    async fn ask(&mut self, request: RequestId, wish: OfferRequest) {
        if wish.sdp.len() > MAX_SDP_BYTES {
            let sentence = format!("A session description may have {MAX_SDP_BYTES} bytes.");
            return self.refuse(Some(request), Refusal::TooLarge, &sentence);
        }
        if !wish.restart {
            self.state.connections.forget_media(self.connection);
        }
        let answer = self.state.media.offer(wish);
        let (reason, sentence) = match tokio::time::timeout(OFFER, answer).await {
            Ok(Ok(sdp)) => return self.outbox.send(&ServerMessage::Answer { request, sdp }),
            Ok(Err(error)) => refusal(error),
            Err(_) => (
                Refusal::Unavailable,
                "The media port doesn't answer; try again.".to_owned(),
            ),
        };
        self.refuse(Some(request), reason, &sentence);
    }
}

fn refusal(error: OfferError) -> (Refusal, String) {
    match error {
        OfferError::BadOffer(why) => (
            Refusal::BadOffer,
            format!("The offer can't be used: {why}."),
        ),
        OfferError::NoSession(why) => (
            Refusal::Unavailable,
            format!("The session can't be restarted: {why}."),
        ),
        OfferError::Full(why) => (Refusal::Full, format!("The offer can't be taken: {why}.")),
        OfferError::Stopped => (
            Refusal::Unavailable,
            "The media port has stopped; connect again.".to_owned(),
        ),
    }
}
