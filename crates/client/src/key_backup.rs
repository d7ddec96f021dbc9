use crate::address::{AddressError, ServerAddress};
use crate::clock::{NoRandomness, seed};
use crate::dial::Trust;
use crate::http::{OpenTalkError, find_group};
use incamera_talk::two_keys::{DelegationIndex, GroupSecret, HeadSecret, Secret};
use incamera_talk::{BackupError, Cost, SealedBackup};

/// Keys that can't be backed up or restored.
#[derive(Debug, thiserror::Error)]
pub enum KeyBackupError {
    /// The backup or its passphrase.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// Without the delegation's own keys.
    #[error(
        "these keys are those of a head beside the first: only who founded the talk for the delegation can back its keys up"
    )]
    NoRoot,
    /// No salt.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// The server named in it.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// The server doesn't answer.
    #[error(transparent)]
    Server(#[from] OpenTalkError),
    /// The server doesn't know the delegation.
    #[error(
        "the server knows no delegation with these keys; the talk was destroyed, or it is another server"
    )]
    Unknown,
}

/// Seals what makes somebody the head of a delegation with a passphrase, as a text for a file.
///
/// # Errors
/// [`KeyBackupError::NoRoot`], [`KeyBackupError::Backup`], [`KeyBackupError::NoRandomness`].
pub fn back_up_keys(
    head: &HeadSecret,
    server: &ServerAddress,
    passphrase: &str,
) -> Result<String, KeyBackupError> {
    let salt = seed()?;
    let mut short = [0; 16];
    short.copy_from_slice(&salt[..16]);
    let backup = head
        .to_backup(&server.origin())
        .ok_or(KeyBackupError::NoRoot)?;
    Ok(backup.seal(passphrase, short, Cost::USUAL)?)
}

/// Opens such a text; the server says which delegation's head it is. `trust` is needed if the talk is
/// held at an `https` address.
///
/// # Errors
/// [`KeyBackupError`].
pub async fn restore_keys(
    text: &str,
    passphrase: &str,
    trust: Option<&Trust>,
) -> Result<(ServerAddress, Secret), KeyBackupError> {
    let backup = SealedBackup::read(text)?.open(passphrase)?;
    let server = ServerAddress::parse(&backup.origin)?;
    let mut lobby = [0; 16];
    lobby.copy_from_slice(&backup.lobby[..16]);
    let access = GroupSecret::new(lobby).access(backup.talk).public();
    let found = find_group(&server, trust, &access).await?;
    let found = found.filter(|found| found.talk == backup.talk);
    let group = found.ok_or(KeyBackupError::Unknown)?.group;
    let head = HeadSecret::from_backup(&backup, DelegationIndex(group));
    Ok((server, Secret::Head(Box::new(head))))
}
