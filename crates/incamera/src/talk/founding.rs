use super::desk::{AtDesk, KeysArgs, head_file};
use crate::failure::Failure;
use crate::files::invitation_text;
use crate::prompt::confirm;
use crate::server::TrustArgs;
use incamera_client::{
    Broken, Duties, Entry, KeyFile, ServerAddress, Stage, SuspicionName, TalkCommand, TalkView,
    read_link,
};
use std::path::PathBuf;

/// Options of `incamera talk claim`.
#[derive(clap::Args)]
pub(super) struct ClaimArgs {
    /// The claim link or code; `-` to read it from standard input, or @FILE to read it from a file.
    #[arg(value_name = "LINK|CODE")]
    invitation: String,
    /// The server that a code is for: https://host, or http://localhost:8080.
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// Your delegation.
    #[arg(long)]
    delegation: String,
    /// Your own name.
    #[arg(long)]
    name: String,
    /// Where to keep your keys [default: head.keys in the talk's folder, in this user's data folder]
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
    /// Stay until the other side has signed and the talk is founded; otherwise any later command
    /// with these keys sees to it.
    #[arg(long)]
    wait: bool,
    #[command(flatten)]
    trust: TrustArgs,
}

/// Options of `incamera talk countersign`.
#[derive(clap::Args)]
pub(super) struct CountersignArgs {
    #[command(flatten)]
    keys: KeysArgs,
    /// Sign with the first who claims, without being asked.
    #[arg(long)]
    yes: bool,
}

/// Options of `incamera talk words`.
#[derive(clap::Args)]
pub(super) struct WordsArgs {
    #[command(flatten)]
    keys: KeysArgs,
    /// You read them aloud, and they are the same.
    #[arg(long, conflicts_with = "differ")]
    agree: bool,
    /// They differ: somebody stands between you.
    #[arg(long)]
    differ: bool,
}

pub(super) async fn claim(args: ClaimArgs) -> Result<(), Failure> {
    let server = args.server.as_deref().map(ServerAddress::parse);
    let text = invitation_text(&args.invitation)?;
    let (address, link) = read_link(&text, server.transpose()?)?;
    let trust = args.trust.resolve(&address)?;
    let no_claim = || Failure::new("this isn't a claim link; enter with `incamera join`");
    let Entry::Talk(entry) = Entry::of(link, &address, trust.as_ref()).await? else {
        return Err(no_claim());
    };
    if entry.claims == Some(false) {
        return Err(no_claim());
    }
    let keys = match args.keys {
        Some(keys) => keys,
        None => head_file(&entry.secret.talk().to_text())?,
    };
    let file = KeyFile::create(&keys, &address, &entry.secret)?;
    let mut desk = AtDesk::start(file, entry.secret, trust, Duties::default())?;
    let view = desk.view().await?;
    whole(&view)?;
    if !view.own.head {
        return Err(Failure::new(
            "the place was claimed already; if it was your delegation, ask for a seat with `incamera join`",
        ));
    }
    let view = desk.wait(|view| view.stage != Stage::Loading).await?;
    whole(&view)?;
    if let Some(offer) = &view.offer {
        let title = view.title.as_deref().unwrap_or_default();
        eprintln!(
            "\"{title}\", proposed by {} for {}{}.",
            offer.person,
            offer.delegation,
            doubts(&offer.suspicions)
        );
    }
    let claim = TalkCommand::Claim {
        delegation: args.delegation,
        person: args.name,
    };
    desk.carry_out(claim, |view| view.stage != Stage::Claiming)
        .await?;
    eprintln!("Claimed. Your keys: {}. Keep them.", keys.display());
    if args.wait {
        let over = |view: &TalkView| matches!(view.stage, Stage::Founded | Stage::Broken);
        whole(&desk.wait(over).await?)?;
        eprintln!("The talk is founded.");
    }
    desk.close().await
}

pub(super) async fn countersign(args: CountersignArgs) -> Result<(), Failure> {
    let mut desk = args.keys.start(Duties::default())?;
    if desk.view().await?.stage == Stage::Offered {
        eprintln!("Waiting for somebody to claim the place.");
    }
    let waits = |view: &TalkView| !matches!(view.stage, Stage::Loading | Stage::Offered);
    let view = desk.wait(waits).await?;
    whole(&view)?;
    if let Some(claim) = &view.claim {
        eprintln!(
            "{} claims the place for {}{}.",
            claim.person,
            claim.delegation,
            doubts(&claim.suspicions)
        );
        if !args.yes && !confirm("Sign the charter with them?").await? {
            desk.carry_out(TalkCommand::RefuseClaim, |view| view.claim.is_none())
                .await?;
            desk.close().await?;
            return Err(Failure::new(
                "the claim was refused; pass the link on again",
            ));
        }
        desk.carry_out(TalkCommand::Countersign, |view| view.claim.is_none())
            .await?;
    }
    eprintln!("Signed.");
    desk.close().await
}

pub(super) async fn words(args: WordsArgs) -> Result<(), Failure> {
    let mut desk = args.keys.start(Duties::default())?;
    desk.view().await?;
    // Until the other side, or the server, has done its part of the founding.
    let known = |view: &TalkView| view.words.is_some() || view.stage == Stage::Broken;
    let view = desk.wait(known).await?;
    if let Some(words) = &view.words {
        println!("{}", words.words.join(" "));
        println!("{}", words.digits);
    }
    if args.agree || args.differ {
        let own = view.own.delegation;
        let same = args.agree;
        desk.carry_out(TalkCommand::Compared { same }, |view| {
            let agreed = own.is_some_and(|own| view.compared.contains(&own));
            if same { agreed } else { view.mismatch }
        })
        .await?;
    }
    desk.close().await
}

/// Fails if the founding can't go on.
fn whole(view: &TalkView) -> Result<(), Failure> {
    Err(Failure::new(match view.broken {
        None => return Ok(()),
        Some(Broken::NotThisLink) => {
            "the offer there isn't the link's; ask who sent it for the whole link, by another way"
        }
        Some(Broken::Taken) => "somebody else has claimed the place; tell who sent the link",
        Some(Broken::Refused) => "the proposer refused the claim; call them, and claim anew",
        Some(Broken::Mismatch) => {
            "the words differ, so somebody stands between the delegations; found another talk"
        }
        Some(Broken::Record) => {
            "the record isn't the one of the seat; ask a head of your delegation"
        }
    }))
}

pub(super) fn doubts(suspicions: &[SuspicionName]) -> String {
    let doubt = |suspicion: &SuspicionName| match suspicion {
        SuspicionName::LookAlike => " (the name looks like another of the talk)",
        SuspicionName::MixedScripts => " (the name mixes scripts)",
    };
    suspicions.iter().map(doubt).collect()
}
