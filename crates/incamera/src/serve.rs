use crate::failure::Failure;

/// Options of `incamera serve`.
#[derive(clap::Args)]
pub(crate) struct Args {}

/// Serves until told to stop.
pub(crate) async fn run(_args: Args) -> Result<(), Failure> {
    core::future::ready(Err(Failure::new(
        "this build can't serve yet; it is being written",
    )))
    .await
}
