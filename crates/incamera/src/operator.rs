use crate::failure::Failure;
use crate::serve::default_data;
use incamera_server::renew_operator_token;
use std::path::PathBuf;

/// Options of `incamera token`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Folder of the server's data [default: this user's data folder]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Where the server is reached
    #[arg(long, value_name = "URL", default_value = "http://localhost:8080")]
    server: String,
}

/// Makes a new token and prints its link, whether the server runs or not.
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let data = match &args.data {
        Some(data) => data.clone(),
        None => default_data()?,
    };
    let token = renew_operator_token(&data)?;
    println!("{}", link(&args.server, &token));
    eprintln!("Whoever opens this link may propose talks; links made before are void.");
    Ok(())
}

/// Tells the token of a first start. Not on standard output, where the ready line is the first.
pub(crate) fn tell(url: &str, token: &str) {
    eprintln!(
        "To propose talks, open this link; it is shown once, `incamera token` makes another: {}",
        link(url, token)
    );
}

/// The token is in the fragment, which a browser sends to nobody.
fn link(url: &str, token: &str) -> String {
    format!("{}/#operator.{token}", url.trim_end_matches('/'))
}
