//! `incamera talk`: everything about a talk but being in its room. Each command connects, reads how
//! things stand, does one thing, waits until it stands in the talk, and leaves.

mod acts;
mod attend;
mod desk;
mod destroy;
mod founding;
mod key_backup;
mod new;
mod people;
mod show;

pub(crate) use attend::DutyArgs;
pub(crate) use desk::{AtDesk, talk_folder};

use crate::failure::Failure;
use clap::Subcommand;

/// Options of `incamera talk`.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: TalkCommand,
}

#[derive(Subcommand)]
enum TalkCommand {
    /// Propose a talk. Between delegations: make your keys, and print the link and code with which
    /// the other one's head claims its place. Otherwise print the invitation for everybody.
    New(new::Args),
    /// Claim the other delegation's place, as its head.
    Claim(founding::ClaimArgs),
    /// Wait for whoever claims the place, see who it is, and sign the charter with them.
    Countersign(founding::CountersignArgs),
    /// The words that both sides read aloud, and whether they agree.
    Words(founding::WordsArgs),
    /// Make invitations to your own delegation.
    Invite(people::InviteArgs),
    /// List who asks for a seat, on your own side and on others.
    Lobby(people::LobbyArgs),
    /// Vouch for people of your own side.
    Vouch(people::SeatsArgs),
    /// Refuse people of your own side a seat.
    Refuse(people::RefuseArgs),
    /// Approve people of other sides.
    Approve(people::SeatsArgs),
    /// Give up a seat of your own side, or your own.
    Withdraw(people::WithdrawArgs),
    /// Take the office of a head of your own side back, and their seat with it.
    RevokeHead(people::RevokeHeadArgs),
    /// Propose a decision; it is in force once every side asked has consented.
    Act(acts::ActArgs),
    /// Consent to a proposed decision.
    Consent(acts::OnActArgs),
    /// Take your side's consent back.
    Retract(acts::OnActArgs),
    /// Show how a talk stands.
    Show(show::Args),
    /// Write a head's keys to a file that a passphrase opens.
    Backup(key_backup::BackupArgs),
    /// Make keys from such a file again.
    Restore(key_backup::RestoreArgs),
    /// Stay at the desk, and do what the switches say.
    Attend(attend::Args),
    /// Have a talk destroyed: the server erases all that it keeps of it, for good. Whoever holds
    /// the invitation is told so.
    Destroy(destroy::Args),
}

/// Runs `incamera talk`.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    match args.command {
        TalkCommand::New(args) => new::run(args).await,
        TalkCommand::Claim(args) => founding::claim(args).await,
        TalkCommand::Countersign(args) => founding::countersign(args).await,
        TalkCommand::Words(args) => founding::words(args).await,
        TalkCommand::Invite(args) => people::invite(args).await,
        TalkCommand::Lobby(args) => people::lobby(args).await,
        TalkCommand::Vouch(args) => people::vouch(args).await,
        TalkCommand::Refuse(args) => people::refuse(args).await,
        TalkCommand::Approve(args) => people::approve(args).await,
        TalkCommand::Withdraw(args) => people::withdraw(args).await,
        TalkCommand::RevokeHead(args) => people::revoke_head(args).await,
        TalkCommand::Act(args) => acts::act(args).await,
        TalkCommand::Consent(args) => acts::consent(args).await,
        TalkCommand::Retract(args) => acts::retract(args).await,
        TalkCommand::Show(args) => show::run(args).await,
        TalkCommand::Backup(args) => key_backup::backup(&args),
        TalkCommand::Restore(args) => key_backup::restore(args).await,
        TalkCommand::Attend(args) => attend::run(args).await,
        TalkCommand::Destroy(args) => destroy::run(args).await,
    }
}
