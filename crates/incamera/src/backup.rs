use crate::failure::Failure;
use crate::serve::default_data;
use incamera_server::BackupSummary;
use std::path::PathBuf;

/// Options of `incamera backup` and `incamera restore`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The backup: one SQLite database, as sealed as the server's
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Folder of the server's data [default: this user's data folder]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Replace what is there: an older backup, or with restore the talks in the folder
    #[arg(long)]
    replace: bool,
}

impl Args {
    fn data(&self) -> Result<PathBuf, Failure> {
        match &self.data {
            Some(data) => Ok(data.clone()),
            None => default_data(),
        }
    }
}

/// Runs `incamera backup`.
pub(crate) fn backup(args: &Args) -> Result<(), Failure> {
    let summary = incamera_server::backup(&args.data()?, &args.file, args.replace)?;
    eprintln!("Backed up {}, checked.", told(summary));
    Ok(())
}

/// Runs `incamera restore`.
pub(crate) fn restore(args: &Args) -> Result<(), Failure> {
    let data = args.data()?;
    let summary = incamera_server::restore(&args.file, &data, args.replace)?;
    eprintln!(
        "Restored {} into {}. A talk that was destroyed after this backup is there again.",
        told(summary),
        data.display()
    );
    Ok(())
}

fn told(summary: BackupSummary) -> String {
    let BackupSummary {
        talks,
        entries,
        bytes,
    } = summary;
    format!("{talks} talks with {entries} entries ({bytes} bytes)")
}
