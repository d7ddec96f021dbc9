use crate::address::ServerAddress;
use crate::clock::{NoRandomness, seed};
use crate::dial::Trust;
use crate::http::{OpenTalkError, open_talk};
use incamera_model::TalkId;
use incamera_talk::two_keys::{self, ProposeTalkError, Proposed};
use incamera_talk::{ControlKeyPair, Link, ProposeError, propose};
use incamera_wire::NewTalk;

/// Why a talk couldn't be proposed.
#[derive(Debug, thiserror::Error)]
pub enum NewTalkError {
    /// No seeds.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// Its title.
    #[error(transparent)]
    Propose(#[from] ProposeError),
    /// Title or names of a talk between delegations.
    #[error(transparent)]
    ProposeTalk(#[from] ProposeTalkError),
    /// The server.
    #[error(transparent)]
    Open(#[from] OpenTalkError),
}

/// A talk that the server took.
#[derive(Debug, Clone)]
pub struct ProposedTalk {
    /// Its identifier.
    pub talk: TalkId,
    /// The invitation; secret.
    pub link: Link,
    /// The invitation as a link of the server's; secret.
    pub url: String,
    /// The key that can have the talk destroyed; secret.
    pub control: ControlKeyPair,
}

/// Proposes a talk: makes its keys here and tells the server what it has to know. `token`: the
/// operator's, which a server may ask for.
///
/// # Errors
/// [`NewTalkError`]; its text is for people.
pub async fn propose_talk(
    address: &ServerAddress,
    trust: Option<&Trust>,
    token: Option<&str>,
    title: &str,
) -> Result<ProposedTalk, NewTalkError> {
    let proposal = propose(title, seed()?)?;
    let new_talk = NewTalk {
        talk: proposal.talk,
        access: vec![proposal.access],
        control: proposal.control.public(),
        record: proposal.record.into(),
    };
    open_talk(address, trust, token, &new_talk).await?;
    Ok(ProposedTalk {
        talk: proposal.talk,
        url: proposal.link.to_url(&address.origin()),
        link: proposal.link,
        control: proposal.control,
    })
}

/// Makes a talk between two delegations. The server isn't told yet: its keys are to be kept first.
///
/// # Errors
/// [`NewTalkError`]; its text is for people.
pub fn draft_delegations(new: &two_keys::NewTalk<'_>) -> Result<Proposed, NewTalkError> {
    Ok(two_keys::propose(new, seed()?)?)
}

/// Tells the server of a talk made with [`draft_delegations`]. `token`: the operator's.
///
/// # Errors
/// [`OpenTalkError`]; its text is for people.
pub async fn open_delegations(
    address: &ServerAddress,
    trust: Option<&Trust>,
    token: Option<&str>,
    proposed: &Proposed,
) -> Result<(), OpenTalkError> {
    let new_talk = NewTalk {
        talk: proposed.talk,
        access: proposed.access.to_vec(),
        control: proposed.control,
        record: proposed.record.clone().into(),
    };
    open_talk(address, trust, token, &new_talk).await
}
