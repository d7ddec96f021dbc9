use crate::failure::Failure;
use crate::server::{ServerArgs, TokenArgs};
use clap::Subcommand;
use incamera_client::{
    ControlKeyPair, decode_base64url, destroy_talk, encode_base64url, propose_talk,
};
use serde_json::json;
use std::io::Read as _;

/// A key has 43 letters.
const MAX_SECRET_BYTES: u64 = 1024;

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
    /// Have a talk destroyed: the server erases all that it keeps of it, for good. Whoever holds
    /// the invitation is told so.
    Destroy(DestroyArgs),
}

#[derive(clap::Args)]
struct DestroyArgs {
    #[command(flatten)]
    server: ServerArgs,
    /// The talk, as `talk new --json` named it.
    #[arg(long, value_name = "ID")]
    talk: String,
    /// The talk's `control_secret` of `talk new --json`: @FILE to read it from a file, - to read it
    /// from standard input.
    #[arg(long, value_name = "@FILE|-")]
    control: String,
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
    match args.command {
        TalkCommand::New(args) => propose(args).await,
        TalkCommand::Destroy(args) => destroy(args).await,
    }
}

async fn destroy(args: DestroyArgs) -> Result<(), Failure> {
    let (address, trust) = args.server.resolve()?;
    let unknown = || Failure::new("this is no talk's id; copy \"talk\" from `talk new --json`");
    let talk = args.talk.parse().map_err(|_| unknown())?;
    let seed = read_secret(&args.control)?;
    let seed = decode_base64url(seed.trim())
        .ok()
        .and_then(|seed| seed.try_into().ok())
        .ok_or_else(|| {
            Failure::new("this is no control key; copy \"control_secret\" from `talk new --json`")
        })?;
    let control = ControlKeyPair::from_seed(talk, seed);
    destroy_talk(&address, trust.as_ref(), &control).await?;
    eprintln!("The talk is destroyed: the server keeps nothing of it.");
    Ok(())
}

/// Reads a secret that isn't to stand among the arguments, where other users can see it.
fn read_secret(argument: &str) -> Result<String, Failure> {
    let mut text = String::new();
    let read = match argument.strip_prefix('@') {
        Some(file) => std::fs::File::open(file).and_then(|opened| {
            let mut opened = opened.take(MAX_SECRET_BYTES);
            opened.read_to_string(&mut text)
        }),
        None if argument == "-" => std::io::stdin()
            .take(MAX_SECRET_BYTES)
            .read_to_string(&mut text),
        None => {
            return Err(Failure::new(
                "give the control key as --control @FILE, or as --control - on standard input",
            ));
        }
    };
    match read {
        Ok(_) => Ok(text),
        Err(error) => Err(Failure::new(format!(
            "the control key can't be read ({error}); check --control"
        ))),
    }
}

async fn propose(args: NewArgs) -> Result<(), Failure> {
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
