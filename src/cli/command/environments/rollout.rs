use std::path::Path;

use clap::Subcommand;

use super::next::Wanted;
use super::record::Change;
use crate::cli::session::{From, Session};
use crate::cli::{Exit, Stop};

/// Arguments of `rollout`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

/// What is done with a rollout.
#[derive(Debug, Subcommand)]
enum Command {
    /// Reach the environment's next share of runs; after the last, all.
    Next(Named),
    /// Wait at the share that is reached.
    Hold(Named),
    /// Give it up: what was live before is live again for all.
    Abort(Named),
}

/// A rollout.
#[derive(Debug, clap::Args)]
struct Named {
    /// The environment.
    #[arg(long, value_name = "NAME")]
    environment: String,
    #[command(flatten)]
    change: Change,
}

/// Runs `rollout`.
///
/// # Errors
/// When no rollout is on its way, or it cannot be written.
pub fn run(args: &Args, here: &Path) -> Result<Exit, Stop> {
    let (named, wanted) = match &args.command {
        Command::Next(named) => (named, Wanted::Next),
        Command::Hold(named) => (named, Wanted::Hold),
        Command::Abort(named) => (named, Wanted::Abort),
    };
    named.change.run(here, &named.environment, &|opened, _| {
        let tip = opened.history.protected.tip.to_string();
        let session = Session::at(opened.root.clone(), &From { rev: Some(tip), now: None })?;
        Ok((wanted.clone(), session.compilation.documents))
    })
}
