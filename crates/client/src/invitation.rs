use crate::address::{AddressError, ServerAddress};
use crate::clock::{NoRandomness, seed};
use crate::dial::Trust;
use crate::http::{OpenTalkError, find_group};
use incamera_model::TalkId;
use incamera_talk::two_keys::{self, AnyLink, Code, CodeSecret, Secret};
use incamera_talk::{Invitation, Link, LinkError};

/// A link that can't be used.
#[derive(Debug, thiserror::Error)]
pub enum BadLink {
    /// Its secret part or its talk.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// Its address.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// The server can't tell where a code leads.
    #[error(transparent)]
    Server(#[from] OpenTalkError),
    /// No seeds.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// A code, and nothing that says which server it is for.
    #[error("a code doesn't say which server it is for; name it with --server")]
    NoServer,
}

/// Where a link or a code leads.
pub enum Entry {
    /// Into an open conversation.
    Open(Link),
    /// Into a talk between delegations.
    Talk(TalkEntry),
}

/// New keys for somebody in a talk between delegations.
pub struct TalkEntry {
    /// The keys.
    pub secret: Secret,
    /// Whether they are for claiming a delegation's place; of a code, only the server says.
    pub claims: Option<bool>,
    /// Names the invitation among others to the same talk, without telling anything secret.
    pub label: String,
}

/// Reads an invitation as pasted or typed, link or code: the server's address and the invitation.
/// `server` goes before the address in a link; a code has none.
///
/// # Errors
/// [`BadLink`] says what is wrong with it.
pub fn read_invitation(
    text: &str,
    server: Option<ServerAddress>,
) -> Result<(ServerAddress, Link), BadLink> {
    let Invitation { link, origin } = Invitation::read(text)?;
    let address = match (server, origin) {
        (Some(server), _) => server,
        (None, Some(origin)) => ServerAddress::parse(&origin)?,
        (None, None) => return Err(BadLink::NoServer),
    };
    Ok((address, link))
}

/// Reads a link of any kind as pasted, or a code as typed, without asking anybody: the server's address
/// and the link. `server` goes before the address in a link; a code has none.
///
/// # Errors
/// [`BadLink`] says what is wrong with it.
pub fn read_link(
    text: &str,
    server: Option<ServerAddress>,
) -> Result<(ServerAddress, AnyLink), BadLink> {
    let two_keys::Read { link, origin } = two_keys::read(text)?;
    let address = match (server, origin) {
        (Some(server), _) => server,
        (None, Some(origin)) => ServerAddress::parse(&origin)?,
        (None, None) => return Err(BadLink::NoServer),
    };
    Ok((address, link))
}

impl Entry {
    /// Where a link leads; for a code the server is asked.
    ///
    /// # Errors
    /// [`BadLink`].
    pub async fn of(
        link: AnyLink,
        address: &ServerAddress,
        trust: Option<&Trust>,
    ) -> Result<Self, BadLink> {
        let (claims, label) = match &link {
            AnyLink::Open(link) => return Ok(Self::Open(link.clone())),
            AnyLink::Code(code) => return Self::of_code(code, address, trust).await,
            AnyLink::Claim(_) => (true, "head".to_owned()),
            AnyLink::Seat(seat) => (false, hex(&seat.invite.id(&seat.talk))),
        };
        let secret = Secret::for_link(&link, seed()?).map_err(|_| LinkError::Kind)?;
        Ok(Self::Talk(TalkEntry {
            secret,
            claims: Some(claims),
            label,
        }))
    }

    async fn of_code(
        code: &Code,
        address: &ServerAddress,
        trust: Option<&Trust>,
    ) -> Result<Self, BadLink> {
        // A code's access key doesn't depend on the talk, which isn't known yet.
        let access = code.group().access(TalkId([0; 16])).public();
        let Some(found) = find_group(address, trust, &access).await? else {
            return Ok(Self::Open(code.open()));
        };
        let secret = CodeSecret::new(found.talk, &code.group(), seed()?);
        Ok(Self::Talk(TalkEntry {
            secret: Secret::Code(secret),
            claims: None,
            label: "code".to_owned(),
        }))
    }
}

fn hex(id: &[u8; 16]) -> String {
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}
