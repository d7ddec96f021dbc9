//! What a connection's access group may use of its talk.

use super::outbox::Outbox;
use crate::connections::Member;
use crate::state::State;
use incamera_model::StreamName;
use incamera_wire::{Refusal, ServerMessage};
use std::sync::Arc;

/// To a connection whose group is unclaimed.
pub(super) const UNCLAIMED: &str =
    "This link only claims a delegation; come in by the delegation's own link.";

/// Why a stream isn't used.
pub(super) enum Denied {
    /// It is another group's.
    NotYours,
    /// The connection's group is unclaimed, and the stream isn't for claiming it.
    Unclaimed,
    /// Nobody can tell now.
    Unavailable,
}

impl Denied {
    pub(super) fn told(&self) -> (Refusal, &'static str) {
        match self {
            Self::NotYours => (
                Refusal::NotYours,
                "This stream belongs to another delegation.",
            ),
            Self::Unclaimed => (Refusal::NotYours, UNCLAIMED),
            Self::Unavailable => (
                Refusal::Unavailable,
                "The server can't read its log now; try again later.",
            ),
        }
    }
}

/// Whether a connection may append to a stream, or follow it.
///
/// # Errors
/// [`Denied`]
pub(super) async fn check(
    state: &State,
    member: &Member,
    stream: &StreamName,
) -> Result<(), Denied> {
    match stream.lobby_of() {
        Some(group) if group == member.group => Ok(()),
        _ if !member.claimed && !stream.is_mail() => Err(Denied::Unclaimed),
        // Nobody is in there yet but whoever holds the claim link, whom somebody has to answer.
        Some(group) => match state.log.keys(member.talk).await {
            Ok(Some(keys)) if keys.is_claimed(group) == Some(false) => Ok(()),
            Ok(_) => Err(Denied::NotYours),
            Err(_) => Err(Denied::Unavailable),
        },
        None => Ok(()),
    }
}

/// Holds a followed stream back from the moment at which it is another group's: a lobby that was
/// unclaimed may be claimed while somebody follows it.
pub(super) struct Guard(Option<(Arc<State>, Member)>);

impl Guard {
    pub(super) fn new(state: &Arc<State>, member: Member, stream: &StreamName) -> Self {
        let foreign = stream.lobby_of().is_some_and(|group| group != member.group);
        Self(foreign.then(|| (Arc::clone(state), member)))
    }

    /// Whether entries that were just read may be sent. If not, the client is told why.
    pub(super) async fn admits(&self, stream: &StreamName, outbox: &Outbox) -> bool {
        let Some((state, member)) = &self.0 else {
            return true;
        };
        // Read after the entries: one that came after the claim is never let through.
        let Err(denied) = check(state, member, stream).await else {
            return true;
        };
        let (reason, detail) = denied.told();
        state.counters.add_refused(reason);
        let refused = ServerMessage::Refused {
            request: None,
            reason,
            detail: detail.to_owned(),
        };
        outbox.send(&refused);
        false
    }
}
