use super::desk::KeysArgs;
use crate::failure::Failure;
use crate::join::{sentence, wait_for_signal};
use incamera_client::Duties;

/// What is done without asking.
#[derive(clap::Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent switches of a command line"
)]
pub(crate) struct DutyArgs {
    /// As the proposer: sign the charter with the first who claims.
    #[arg(long)]
    countersign: bool,
    /// As a head: say that the words agree, without anybody having read them.
    #[arg(long)]
    agree_words: bool,
    /// As a head: vouch for everybody of your own side who asks.
    #[arg(long)]
    vouch_all: bool,
    /// As a head: approve everybody whom the other side vouches for.
    #[arg(long)]
    approve_all: bool,
}

impl DutyArgs {
    pub(crate) fn duties(&self) -> Duties {
        Duties {
            countersign: self.countersign,
            agree_words: self.agree_words,
            vouch_all: self.vouch_all,
            approve_all: self.approve_all,
            ..Duties::default()
        }
    }
}

/// Options of `incamera talk attend`.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    keys: KeysArgs,
    #[command(flatten)]
    duties: DutyArgs,
}

/// Runs `incamera talk attend`, until it is interrupted.
pub(super) async fn run(args: Args) -> Result<(), Failure> {
    let mut desk = args.keys.start(args.duties.duties())?;
    let signal = wait_for_signal();
    tokio::pin!(signal);
    loop {
        tokio::select! {
            event = desk.next_event() => eprintln!("{}", sentence(&event?)),
            signal = &mut signal => {
                signal?;
                break;
            }
        }
    }
    desk.close().await
}
