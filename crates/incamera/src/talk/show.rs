use super::desk::KeysArgs;
use crate::failure::Failure;
use incamera_client::{Duties, TalkView};

/// Options of `incamera talk show`.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    keys: KeysArgs,
    /// Print JSON: everything that a page shows of the talk.
    #[arg(long)]
    json: bool,
}

/// Runs `incamera talk show`.
pub(super) async fn run(args: Args) -> Result<(), Failure> {
    let mut desk = args.keys.start(Duties::default())?;
    let view = desk.view().await?;
    desk.close().await?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&view)?);
        return Ok(());
    }
    tell(&view)
}

fn tell(view: &TalkView) -> Result<(), Failure> {
    println!("Talk: {}", view.title.as_deref().unwrap_or("not known yet"));
    println!("Stage: {}", word(&view.stage)?);
    if let Some(broken) = &view.broken {
        println!("It can't go on: {}", word(broken)?);
    }
    println!("Your seat: {}", word(&view.own.seat)?);
    for delegation in &view.delegations {
        let own = if delegation.own { ", yours" } else { "" };
        println!("Delegation {}: {}{own}", delegation.index, delegation.name);
    }
    if let Some(words) = &view.words {
        println!("Words: {}", words.words.join(" "));
        println!("Digits: {}", words.digits);
    }
    for seat in &view.seats {
        let revoked = if seat.revoked { ", revoked" } else { "" };
        let role = word(&seat.role)?;
        println!(
            "Seat {}: {}, {role} of delegation {}{revoked}",
            seat.id, seat.name, seat.delegation
        );
    }
    if view.own.demoted {
        println!("You are no head any more: your side took that back.");
    }
    for head in &view.heads {
        let revoked = if head.revoked { ", revoked" } else { "" };
        println!(
            "Head {}: {} of delegation {}{revoked}",
            head.id, head.name, head.delegation
        );
    }
    for act in &view.acts {
        let of = match act.shut_out.as_slice() {
            [] => act.seat_name.clone().unwrap_or_default(),
            names => format!("keeps out {}", names.join(", ")),
        };
        let agreed = if act.own {
            "you agreed"
        } else {
            "you are asked"
        };
        println!(
            "Act {}: {} {of} ({agreed})",
            act.id,
            serde_json::to_string(&act.act)?
        );
    }
    if view.locked {
        println!("The plenary is locked.");
    }
    if view.ended {
        println!("The talk has ended.");
    }
    Ok(())
}

/// The word for programs, for people as well.
fn word(value: &impl serde::Serialize) -> Result<String, Failure> {
    let value = serde_json::to_value(value)?;
    Ok(value.as_str().unwrap_or_default().replace('_', " "))
}
