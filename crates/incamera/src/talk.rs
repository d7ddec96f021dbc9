use crate::failure::Failure;
use crate::server::{ServerArgs, TokenArgs};
use clap::Subcommand;
use incamera_client::{encode_base64url, propose_talk};
use serde_json::json;

/// Options of `incamera talk`.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: TalkCommand,
}

#[derive(Subcommand)]
enum TalkCommand {
    /// Propose a talk, and print its invitation as a link and as a code. Both are secret: whoever
    /// has one can enter.
    New(NewArgs),
}

#[derive(clap::Args)]
struct NewArgs {
    #[command(flatten)]
    server: ServerArgs,
    #[command(flatten)]
    token: TokenArgs,
    /// What the talk is called; only the invited can read it.
    #[arg(long)]
    title: String,
    /// A side of the talk; repeat it for each. For now every side gets the same link.
    #[arg(long = "delegation", value_name = "NAME")]
    delegations: Vec<String>,
    /// Print JSON: {"talk", "links": [{"delegation", "role", "kind", "url", "code"}],
    /// "control_secret"}. Whoever has the last can have the talk destroyed.
    #[arg(long)]
    json: bool,
}

/// Runs `incamera talk`.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let TalkCommand::New(args) = args.command;
    let (address, trust) = args.server.resolve()?;
    let token = args.token.resolve()?;
    let proposed = propose_talk(&address, trust.as_ref(), token.as_deref(), &args.title).await?;
    // Without delegations there is one link, for everybody.
    let delegations: Vec<Option<String>> = match args.delegations.is_empty() {
        true => vec![None],
        false => args.delegations.into_iter().map(Some).collect(),
    };
    let code = proposed.link.code();
    if args.json {
        let link = |delegation: &Option<String>| {
            json!({
                "delegation": delegation,
                "role": "head",
                "kind": "seat",
                "url": proposed.url,
                "code": code,
            })
        };
        let links: Vec<_> = delegations.iter().map(link).collect();
        let control = encode_base64url(proposed.control.seed());
        println!(
            "{}",
            json!({ "talk": proposed.talk, "links": links, "control_secret": control })
        );
        return Ok(());
    }
    for delegation in delegations {
        match delegation {
            Some(name) => println!("{name}: {}", proposed.url),
            None => println!("{}", proposed.url),
        }
    }
    println!("Code: {code}");
    eprintln!("Give link and code only to those who may enter: whoever has one can.");
    Ok(())
}
