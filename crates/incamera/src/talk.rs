use crate::failure::Failure;
use crate::server::ServerArgs;
use clap::Subcommand;
use incamera_client::propose_talk;
use serde_json::json;

/// Options of `incamera talk`.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: TalkCommand,
}

#[derive(Subcommand)]
enum TalkCommand {
    /// Propose a talk, and print its invitation link. The link is a secret: whoever has it can
    /// enter.
    New(NewArgs),
}

#[derive(clap::Args)]
struct NewArgs {
    #[command(flatten)]
    server: ServerArgs,
    /// What the talk is called; only the invited can read it.
    #[arg(long)]
    title: String,
    /// A side of the talk; repeat it for each. For now every side gets the same link.
    #[arg(long = "delegation", value_name = "NAME")]
    delegations: Vec<String>,
    /// Print JSON: {"talk", "links": [{"delegation", "role", "kind", "url"}]}.
    #[arg(long)]
    json: bool,
}

/// Runs `incamera talk`.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let TalkCommand::New(args) = args.command;
    let (address, trust) = args.server.resolve()?;
    let proposed = propose_talk(&address, trust.as_ref(), &args.title).await?;
    // Without delegations there is one link, for everybody.
    let delegations: Vec<Option<String>> = match args.delegations.is_empty() {
        true => vec![None],
        false => args.delegations.into_iter().map(Some).collect(),
    };
    if args.json {
        let link = |delegation: &Option<String>| {
            json!({
                "delegation": delegation,
                "role": "head",
                "kind": "seat",
                "url": proposed.url,
            })
        };
        let links: Vec<_> = delegations.iter().map(link).collect();
        println!("{}", json!({ "talk": proposed.talk, "links": links }));
        return Ok(());
    }
    for delegation in delegations {
        match delegation {
            Some(name) => println!("{name}: {}", proposed.url),
            None => println!("{}", proposed.url),
        }
    }
    eprintln!("Send the link only to those who may enter: whoever has it can.");
    Ok(())
}
