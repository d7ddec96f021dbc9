use super::desk::{KeysArgs, head_file};
use crate::failure::Failure;
use crate::files::{read_secret, read_text};
use crate::prompt::passphrase;
use crate::server::TrustArgs;
use incamera_client::{KeyFile, Secret, ServerAddress, back_up_keys, restore_keys};
use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

/// A backup has a few KiB.
const MAX_BACKUP_BYTES: u64 = 64 * 1024;

#[derive(clap::Args)]
struct PassphraseArgs {
    /// The passphrase: @FILE to read it from a file, - to read it from standard input; otherwise it
    /// is asked for.
    #[arg(long, value_name = "@FILE|-")]
    passphrase: Option<String>,
}

impl PassphraseArgs {
    fn resolve(&self, twice: bool) -> Result<String, Failure> {
        match &self.passphrase {
            Some(given) => {
                let text = read_secret(given, "the passphrase", "--passphrase")?;
                Ok(text.trim_end_matches(['\r', '\n']).to_owned())
            }
            None => passphrase(twice),
        }
    }
}

/// Options of `incamera talk backup`.
#[derive(clap::Args)]
pub(super) struct BackupArgs {
    #[command(flatten)]
    keys: KeysArgs,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    /// The backup.
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// Options of `incamera talk restore`.
#[derive(clap::Args)]
pub(super) struct RestoreArgs {
    #[command(flatten)]
    passphrase: PassphraseArgs,
    #[command(flatten)]
    trust: TrustArgs,
    /// Where to keep the keys [default: head.keys in the talk's folder, in this user's data folder]
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
    /// The backup.
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

pub(super) fn backup(args: &BackupArgs) -> Result<(), Failure> {
    let (keys, secret) = args.keys.read()?;
    let Secret::Head(head) = secret else {
        return Err(Failure::new(
            "only a head's keys are backed up; a guest asks for another seat instead",
        ));
    };
    let passphrase = args.passphrase.resolve(true)?;
    let text = back_up_keys(&head, keys.server(), &passphrase)?;
    let mut options = OpenOptions::new();
    let options = options.write(true).create_new(true).mode(0o600);
    let written = options.open(&args.file).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    let name = args.file.display();
    written.map_err(|error| {
        Failure::new(format!(
            "the backup can't be written to {name} ({error}); check the path"
        ))
    })?;
    eprintln!("Backed up to {name}. Keep it and the passphrase apart.");
    Ok(())
}

pub(super) async fn restore(args: RestoreArgs) -> Result<(), Failure> {
    let text = read_text(&args.file, MAX_BACKUP_BYTES)?;
    let passphrase = args.passphrase.resolve(false)?;
    let trust = args.trust.any()?;
    let (server, secret): (ServerAddress, Secret) =
        restore_keys(&text, &passphrase, trust.as_ref()).await?;
    let keys = match args.keys {
        Some(keys) => keys,
        None => head_file(&secret.talk().to_text())?,
    };
    KeyFile::create(&keys, &server, &secret)?;
    eprintln!("Your keys: {}.", keys.display());
    Ok(())
}
