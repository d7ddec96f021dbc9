use crate::failure::Failure;

/// Options of `incamera load`.
#[derive(clap::Args)]
pub(crate) struct Args {}

/// Runs `incamera load`.
pub(crate) async fn run(_args: Args) -> Result<(), Failure> {
    core::future::ready(Err(Failure::new("this build can't load yet"))).await
}
