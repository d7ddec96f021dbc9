use super::desk::{AtDesk, head_file};
use crate::failure::Failure;
use crate::server::{ServerArgs, TokenArgs};
use incamera_client::{
    Admit, Duties, KeyFile, NewTalk, Secret, draft_delegations, encode_base64url, open_delegations,
    propose_talk,
};
use serde_json::json;
use std::path::PathBuf;

/// Options of `incamera talk new`.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    server: ServerArgs,
    #[command(flatten)]
    token: TokenArgs,
    /// What the talk is called; only the invited can read it.
    #[arg(long)]
    title: String,
    /// Your own delegation, and then how you call the other one, which names itself. Without any it
    /// is an open conversation: one link for everybody.
    #[arg(long = "delegation", value_name = "NAME")]
    delegations: Vec<String>,
    /// Your own name, in a talk between delegations [default: your delegation's]
    #[arg(long)]
    name: Option<String>,
    /// Where to keep your keys, in a talk between delegations [default: head.keys in the talk's
    /// folder, in this user's data folder]
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
    /// Print JSON: {"talk", "links": [{"delegation", "role", "kind", "url", "code"}],
    /// "control_secret"}. Whoever has the last can have the talk destroyed. Between delegations your
    /// own of the "links" has "keys" instead of "url" and "code".
    #[arg(long)]
    json: bool,
}

/// Runs `incamera talk new`.
pub(super) async fn run(args: Args) -> Result<(), Failure> {
    match args.delegations.as_slice() {
        [] => open_conversation(args).await,
        [_] | [_, _] => between_delegations(args).await,
        _ => Err(Failure::new(
            "a talk has two delegations for now; name your own and the other one",
        )),
    }
}

async fn open_conversation(args: Args) -> Result<(), Failure> {
    let (address, trust) = args.server.resolve()?;
    let token = args.token.resolve()?;
    let proposed = propose_talk(&address, trust.as_ref(), token.as_deref(), &args.title).await?;
    let code = proposed.link.code();
    if args.json {
        let link = json!({
            "delegation": null,
            "role": "head",
            "kind": "seat",
            "url": proposed.url,
            "code": code,
        });
        let control = encode_base64url(proposed.control.seed());
        println!(
            "{}",
            json!({ "talk": proposed.talk, "links": [link], "control_secret": control })
        );
        return Ok(());
    }
    println!("{}", proposed.url);
    println!("Code: {code}");
    eprintln!("Give link and code only to those who may enter: whoever has one can.");
    Ok(())
}

async fn between_delegations(args: Args) -> Result<(), Failure> {
    let (address, trust) = args.server.resolve()?;
    let token = args.token.resolve()?;
    let delegation = &args.delegations[0];
    let new = NewTalk {
        title: &args.title,
        delegation,
        person: args.name.as_ref().unwrap_or(delegation),
        admit: Admit::Each,
    };
    let proposed = draft_delegations(&new)?;
    let keys = match args.keys {
        Some(keys) => keys,
        None => head_file(&proposed.talk.to_text())?,
    };
    // Kept before anybody is told: keys that are lost make a talk that nobody leads.
    let secret = Secret::Head(Box::new(proposed.secret.clone()));
    let file = KeyFile::create(&keys, &address, &secret)?;
    let opened = open_delegations(&address, trust.as_ref(), token.as_deref(), &proposed).await;
    if let Err(error) = opened {
        // Nothing came of it, so there is nothing to keep.
        std::fs::remove_file(&keys)?;
        return Err(error.into());
    }
    let mut desk = AtDesk::start(file, secret, trust, Duties::default())?;
    // The offer lies in the other side's lobby now.
    desk.view().await?;
    desk.close().await?;

    let url = proposed.claim.to_url(&address.origin());
    let code = proposed.claim.group.code();
    let other = args.delegations.get(1);
    if args.json {
        let links = json!([
            { "delegation": delegation, "role": "head", "kind": "seat", "keys": keys },
            { "delegation": other, "role": "head", "kind": "claim", "url": url, "code": code },
        ]);
        let control = proposed.secret.control_key();
        let control = control.map(|control| encode_base64url(control.seed()));
        println!(
            "{}",
            json!({ "talk": proposed.talk, "links": links, "control_secret": control })
        );
        return Ok(());
    }
    println!("{url}");
    println!("Code: {code}");
    eprintln!("Your keys: {}. Keep them.", keys.display());
    eprintln!(
        "Give link or code to the other delegation's head alone, then: incamera talk countersign --keys {}",
        keys.display()
    );
    Ok(())
}
