use super::desk::KeysArgs;
use super::people::{founded, one, seated};
use crate::failure::Failure;
use clap::{Subcommand, ValueEnum};
use incamera_client::{ActChoice, AdmitName, TalkCommand, TalkView};

/// Options of `incamera talk act`.
#[derive(clap::Args)]
pub(super) struct ActArgs {
    #[command(flatten)]
    keys: KeysArgs,
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Revoke somebody's seat.
    Eject {
        /// Whose: a seat's id or name.
        #[arg(value_name = "SEAT")]
        seat: String,
    },
    /// Let nobody new into the plenary.
    Lock,
    /// Let everybody with a seat in again.
    Unlock,
    /// End the talk.
    End,
    /// Admit people differently.
    Rules {
        /// Each by every side, or each by their own.
        admit: AdmitArg,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum AdmitArg {
    Each,
    Roster,
}

/// Options of `incamera talk consent` and `retract`.
#[derive(clap::Args)]
pub(super) struct OnActArgs {
    #[command(flatten)]
    keys: KeysArgs,
    /// The act's id, as `talk show` lists it (after -- if it begins with -).
    #[arg(value_name = "ACT")]
    act: String,
}

pub(super) async fn act(args: ActArgs) -> Result<(), Failure> {
    let mut desk = founded(&args.keys).await?;
    let view = desk.view().await?;
    let act = match args.what {
        What::Eject { seat } => ActChoice::Eject {
            seat: one(&seat, &seated(&view))?,
        },
        What::Lock => ActChoice::Lock,
        What::Unlock => ActChoice::Unlock,
        What::End => ActChoice::End,
        What::Rules { admit } => ActChoice::Rules {
            admit: match admit {
                AdmitArg::Each => AdmitName::Each,
                AdmitArg::Roster => AdmitName::Roster,
            },
        },
    };
    let wanted = act.clone();
    let proposed = |view: &TalkView, wanted: &ActChoice| {
        let mut acts = view.acts.iter();
        acts.find(|open| open.act == *wanted && open.own)
            .map(|open| open.id.clone())
    };
    let view = desk
        .carry_out(TalkCommand::ProposeAct { act }, |view| {
            // It may be in force by then: another side's consent came at once.
            proposed(view, &wanted).is_some() || in_force(view, &wanted)
        })
        .await?;
    match proposed(&view, &wanted) {
        Some(id) => {
            println!("{id}");
            eprintln!("Proposed; it is in force once the other side consents.");
        }
        None => eprintln!("In force."),
    }
    desk.close().await
}

fn in_force(view: &TalkView, act: &ActChoice) -> bool {
    match act {
        ActChoice::Eject { seat } => {
            let mut seats = view.seats.iter();
            seats.any(|known| known.id == *seat && known.revoked)
        }
        ActChoice::Lock => view.locked,
        ActChoice::Unlock => !view.locked,
        ActChoice::BeginRoom { room, seats } => {
            let mut rooms = view.rooms.iter();
            rooms.any(|known| known.id == *room && known.seats == *seats)
        }
        ActChoice::EndRoom { room } => view.rooms.iter().all(|known| known.id != *room),
        ActChoice::End => view.ended,
        ActChoice::Rules { admit } => {
            let rules = view.rules.as_ref();
            rules.is_some_and(|rules| rules.admit == *admit)
        }
        ActChoice::Publish { .. } => false,
    }
}

pub(super) async fn consent(args: OnActArgs) -> Result<(), Failure> {
    let mut desk = founded(&args.keys).await?;
    let act = args.act;
    let of = act.clone();
    desk.carry_out(TalkCommand::Consent { act }, move |view| {
        let mut acts = view.acts.iter();
        // In force, it isn't open any more.
        acts.find(|open| open.id == of).is_none_or(|open| open.own)
    })
    .await?;
    desk.close().await
}

pub(super) async fn retract(args: OnActArgs) -> Result<(), Failure> {
    let mut desk = founded(&args.keys).await?;
    let act = args.act;
    let of = act.clone();
    desk.carry_out(TalkCommand::Retract { act }, move |view| {
        let mut acts = view.acts.iter();
        acts.find(|open| open.id == of).is_none_or(|open| !open.own)
    })
    .await?;
    desk.close().await
}
