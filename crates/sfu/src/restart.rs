//! ICE restarts (RFC 8839 section 4.4.1): the same session under new credentials.

use crate::node::Sfu;
use crate::offer::{Offer, OfferError};
use incamera_model::ConnectionId;
use std::panic::{AssertUnwindSafe, catch_unwind};
use str0m::IceCreds;
use str0m::change::SdpOffer;

impl Sfu {
    /// Gives a session new ICE credentials and returns the answer. What goes to and from the peer
    /// goes on over the former path until a new one is nominated.
    ///
    /// # Errors
    /// [`OfferError`]: the session goes on as it was, but for one that the WebRTC stack can't
    /// restart, which is ended.
    pub(crate) fn restart_ice(
        &mut self,
        connection: ConnectionId,
        offer: &Offer,
    ) -> Result<String, OfferError> {
        let creds = self.credentials();
        let Some((index, session)) = self.session_of(connection) else {
            return Err(OfferError::NoSession);
        };
        if !session.is_offered_again(offer) {
            return Err(OfferError::Changed);
        }
        let sdp = SdpOffer::from_sdp_string(&offer.sdp);
        let sdp = sdp.map_err(|error| OfferError::Negotiation(error.to_string()))?;
        let rtc = &mut session.rtc;
        let accepted = catch_unwind(AssertUnwindSafe(|| rtc.sdp_api().accept_offer(sdp)));
        let error = match accepted {
            Ok(Ok(answer)) => return Ok(self.rename(index, &answer.to_sdp_string(), creds)),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "it contradicts itself".to_owned(),
        };
        // Nobody knows how much of it was carried out.
        self.close(index);
        Err(OfferError::Negotiation(error))
    }

    /// Puts credentials that no other session has in the place of those that the stack chose.
    fn rename(&mut self, index: usize, answer: &str, creds: IceCreds) -> String {
        let now = self.now;
        let Some(session) = self.sessions[index].as_deref_mut() else {
            return String::new();
        };
        let mut api = session.rtc.direct_api();
        if api.local_ice_credentials().ufrag == session.ufrag {
            // The peer's own didn't change: there is nothing to restart.
            return answer.to_owned();
        }
        api.set_local_ice_credentials(creds.clone());
        session.lost_at = session.lost_at.or(Some(now));
        let former = std::mem::replace(&mut session.ufrag, creds.ufrag.clone());
        self.demux.rename(&former, creds.ufrag.clone(), index);
        with_credentials(answer, &creds)
    }
}

fn with_credentials(answer: &str, creds: &IceCreds) -> String {
    let line = |line: &str| match line.split_once(':') {
        Some(("a=ice-ufrag", _)) => format!("a=ice-ufrag:{}\r\n", creds.ufrag),
        Some(("a=ice-pwd", _)) => format!("a=ice-pwd:{}\r\n", creds.pass),
        // A candidate may name the user it is for.
        Some(("a=candidate", value)) => match value.split_once(" ufrag ") {
            Some((value, _)) => format!("a=candidate:{value}\r\n"),
            None => format!("{line}\r\n"),
        },
        _ => format!("{line}\r\n"),
    };
    answer.lines().map(line).collect()
}
