use super::founding::{FoundingError, Offer};
use super::links::{ClaimLink, GroupSecret};
use super::lobby::{LobbyFault, OfferPacket};
use super::rules::{Admit, DelegationIndex, Delegations, Rules};
use super::secret::HeadSecret;
use crate::entropy::Entropy;
use crate::env::EnvError;
use crate::text::{Name, TextError, Title};
use incamera_model::{AccessKey, StreamName, TalkId};

/// What a person types to propose a talk between two delegations.
#[derive(Debug, Clone)]
pub struct NewTalk<'a> {
    /// The title.
    pub title: &'a str,
    /// The name of one's own delegation.
    pub delegation: &'a str,
    /// One's own name.
    pub person: &'a str,
    /// How people are admitted.
    pub admit: Admit,
}

/// A talk that can't be proposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProposeTalkError {
    /// The title breaks the rules for titles.
    #[error("choose another title: {0}")]
    Title(TextError),
    /// The delegation's name breaks the rules for names.
    #[error("choose another name for the delegation: {0}")]
    Delegation(TextError),
    /// One's own name breaks the rules for names.
    #[error("choose another name: {0}")]
    Person(TextError),
    /// What is made doesn't pass its own checks, which never happens.
    #[error("the talk can't be made: {0}")]
    Offer(#[from] FoundingError),
    /// As above.
    #[error("the talk can't be made: {0}")]
    Packet(#[from] LobbyFault),
    /// As above.
    #[error("the talk can't be sealed: {0}")]
    Seal(#[from] EnvError),
}

/// A new talk: what the server is told, the claim link for the other side, and what stays here.
#[derive(Debug, Clone)]
pub struct Proposed {
    /// The talk's identifier.
    pub talk: TalkId,
    /// The access keys of the groups: one's own, and the one that waits to be claimed.
    pub access: [AccessKey; 2],
    /// The control key of one's own group.
    pub control: AccessKey,
    /// The sealed first entry of the record.
    pub record: Vec<u8>,
    /// The link for the other delegation's head.
    pub claim: ClaimLink,
    /// What the proposer's device keeps.
    pub secret: HeadSecret,
}

/// Proposes a talk between two delegations. `seed`: 32 secret, unpredictable bytes, used for nothing
/// else.
///
/// # Errors
/// [`ProposeTalkError`].
pub fn propose(new: &NewTalk<'_>, seed: [u8; 32]) -> Result<Proposed, ProposeTalkError> {
    let title = Title::new(new.title).map_err(ProposeTalkError::Title)?;
    let delegation = Name::new(new.delegation).map_err(ProposeTalkError::Delegation)?;
    let person = Name::new(new.person).map_err(ProposeTalkError::Person)?;
    let mut entropy = Entropy::new(seed);
    let talk = TalkId(entropy.draw16());
    let group = GroupSecret::new(entropy.draw16());
    let mut secret = HeadSecret::new(talk, DelegationIndex(0), &group, &mut entropy);
    secret.vault = Some(*entropy.draw());
    secret.person = Some(person);
    secret.party = Some(delegation);
    let party = secret.party().ok_or(FoundingError::Slot)?;
    let both: Delegations = (0..2).map(DelegationIndex).collect();
    let offer = Offer::new(
        &secret.root_key().ok_or(FoundingError::Slot)?,
        talk,
        &title,
        (2, Delegations::default()),
        Rules::all_of(both, new.admit),
        &party,
        &secret.nonce,
    )?;
    let (head, tbs) = secret.certified().ok_or(FoundingError::Slot)?;
    let packet = OfferPacket::new(
        &offer,
        (&head, &secret.head_key()),
        (&tbs, &secret.seat_key()),
    )?;
    let vault = secret.vault().ok_or(FoundingError::Slot)?;
    let control = secret.control_key().ok_or(FoundingError::Slot)?.public();
    let record = vault.seal(&StreamName::record(), packet.as_bytes(), &entropy.draw())?;
    secret.offer = packet.as_bytes().to_vec();
    secret.offer_hash = Some(offer.hash());
    Ok(Proposed {
        talk,
        access: [
            secret.lobby_group().access(talk).public(),
            group.access(talk).public(),
        ],
        control,
        record,
        claim: ClaimLink {
            talk,
            group,
            offer_hash: offer.hash(),
        },
        secret,
    })
}
