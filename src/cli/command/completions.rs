use clap_complete::Shell;

use crate::cli::{Exit, Stop};
use crate::host;

/// Arguments of `completions`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The shell.
    shell: Shell,
}

/// Runs `completions`.
///
/// # Errors
/// When the script cannot be written.
pub fn run(args: &Args, mut command: clap::Command) -> Result<Exit, Stop> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "policyc", &mut script);
    host::print(&script)?;
    Ok(Exit::Clean)
}
