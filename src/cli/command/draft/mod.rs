//! `policyc draft`: changes on their way, kept as branches `draft/NAME`.

mod looking;
mod making;

use std::path::Path;

use clap::Subcommand;

use crate::cli::{Exit, Stop};

/// Arguments of `draft`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

/// What is done with drafts.
#[derive(Debug, Subcommand)]
enum Command {
    /// Begin a draft over the protected branch, with what is changed in the policies here.
    New(making::New),
    /// Commit what is changed in the policies here to the draft that is checked out.
    Update(making::Update),
    /// List drafts, and how far they are.
    List(looking::List),
    /// Show a draft: what it changes, what merging it would do, and what is missing.
    Show(looking::Show),
    /// Remove a draft.
    Delete(making::Delete),
}

/// Runs `draft`.
///
/// # Errors
/// When there is no such draft, or Git cannot write it.
pub fn run(args: &Args, here: &Path) -> Result<Exit, Stop> {
    match &args.command {
        Command::New(args) => making::new(args, here),
        Command::Update(args) => making::update(args, here),
        Command::List(args) => looking::list(args, here),
        Command::Show(args) => looking::show(args, here),
        Command::Delete(args) => making::delete(args, here),
    }
}
