use crate::failure::Failure;

/// Options of `incamera talk`.
#[derive(clap::Args)]
pub(crate) struct Args {}

/// Runs `incamera talk`.
pub(crate) async fn run(_args: Args) -> Result<(), Failure> {
    core::future::ready(Err(Failure::new("this build can't propose talks yet"))).await
}
