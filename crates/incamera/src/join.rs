use crate::failure::Failure;

/// Options of `incamera join`.
#[derive(clap::Args)]
pub(crate) struct Args {}

/// Runs `incamera join`.
pub(crate) async fn run(_args: Args) -> Result<(), Failure> {
    core::future::ready(Err(Failure::new("this build can't join yet"))).await
}
