use crate::failure::Failure;
use crate::files::read_secret;
use crate::server::ServerArgs;
use incamera_client::{ControlKeyPair, decode_base64url, destroy_talk};

/// Options of `incamera talk destroy`.
#[derive(clap::Args)]
pub(super) struct Args {
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

/// Runs `incamera talk destroy`.
pub(super) async fn run(args: Args) -> Result<(), Failure> {
    let (address, trust) = args.server.resolve()?;
    let unknown = || Failure::new("this is no talk's id; copy \"talk\" from `talk new --json`");
    let talk = args.talk.parse().map_err(|_| unknown())?;
    let seed = read_secret(&args.control, "the control key", "--control")?;
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
