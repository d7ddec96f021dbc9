use super::outbox::{Ending, Outbox};
use super::read::{self, Received, malformed};
use crate::connections::{GONE, Member};
use crate::signature::is_signed;
use crate::state::State;
use axum::extract::ws::WebSocket;
use futures_util::stream::SplitStream;
use incamera_model::TalkId;
use incamera_wire::{
    ClientMessage, PROTOCOL_VERSION, Refusal, Resume, ServerMessage, access_challenge,
};

/// Brings a connection from its first message to the proof of an access key. Sends the challenge,
/// not yet `ready`. Returns whom it speaks for, and the connection that it wants to go on with.
///
/// # Errors
/// Why the connection is to end. A talk that doesn't exist and a key that isn't its own end it in
/// the same words, after the same work.
pub(super) async fn run(
    state: &State,
    stream: &mut SplitStream<WebSocket>,
    outbox: &Outbox,
    talk: TalkId,
    origin: Option<&str>,
) -> Result<(Member, Option<Resume>), Ending> {
    let origin = known_origin(state, origin)?;
    let ClientMessage::Hello { version } = next(state, stream).await? else {
        return Err(malformed("A connection begins with hello."));
    };
    let nonce = state.random_nonce()?;
    outbox.send(&ServerMessage::Challenge {
        version: PROTOCOL_VERSION,
        nonce: nonce.to_vec().into(),
    });
    if version != PROTOCOL_VERSION {
        let sentence = format!(
            "This server speaks version {PROTOCOL_VERSION} of the protocol, not {version}; load the page again."
        );
        return Err(Ending::Refused(Refusal::Version, sentence));
    }
    let ClientMessage::Prove {
        key,
        signature,
        resume,
    } = next(state, stream).await?
    else {
        return Err(malformed("After the challenge comes prove."));
    };
    let signed = access_challenge(origin, &talk, &nonce);
    let proven = is_signed(&key, &signed, signature.as_slice());
    let Ok(keys) = state.log.keys(talk).await else {
        let sentence = "The server can't read its log now; try again later.";
        return Err(Ending::Refused(Refusal::Unavailable, sentence.into()));
    };
    let known = keys.filter(|_| proven).and_then(|keys| {
        let (group, _) = keys.proven(&key)?;
        let member = Member {
            talk,
            group,
            access: key,
            claimed: keys.is_claimed(group)?,
        };
        Some((member, keys.gone))
    });
    if let Some((member, gone)) = known {
        match gone {
            true => Err(Ending::Refused(Refusal::Gone, GONE.into())),
            false => Ok((member, resume)),
        }
    } else {
        let sentence = "There is no such talk here, or the link isn't one of its own. Check that the whole link was copied.";
        Err(Ending::Refused(Refusal::Access, sentence.into()))
    }
}

fn known_origin<'a>(state: &State, origin: Option<&'a str>) -> Result<&'a str, Ending> {
    match origin {
        Some(origin) if state.origins.contains(origin) => Ok(origin),
        Some(origin) => {
            let shown: String = origin.chars().take(200).collect();
            let sentence = format!(
                "This server doesn't know the address {shown}. Start it with --origin {shown} if the address is its own."
            );
            Err(Ending::Refused(Refusal::Origin, sentence))
        }
        None => {
            let sentence = "A connection needs an Origin header with an address of this server.";
            Err(Ending::Refused(Refusal::Origin, sentence.into()))
        }
    }
}

async fn next(state: &State, stream: &mut SplitStream<WebSocket>) -> Result<ClientMessage, Ending> {
    match read::next(stream, state.limits.silence).await? {
        Received::Message(message, _) => Ok(*message),
        Received::TooLarge(_) => {
            let sentence = "No message is this large before the connection is ready.";
            Err(Ending::Refused(Refusal::TooLarge, sentence.into()))
        }
    }
}
