//! `records`: look at recorded actions, write them as native records, or draft a catalog from them.

mod catalog;
mod convert;
mod stats;

use std::path::Path;

use clap::{Subcommand, ValueEnum};

use crate::cli::logs::Logs;
use crate::cli::{Exit, Stop};

/// Arguments of `records`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Count what is in logs: calls, what cannot be read, and which facts the calls give.
    Stats(Stats),
    /// Write the calls as native records, one a line.
    Convert(Convert),
    /// Draft a catalog.yaml: the actions and agents that the logs hold.
    Catalog(Catalog),
}

/// Arguments of `records stats`.
#[derive(Debug, clap::Args)]
struct Stats {
    #[command(flatten)]
    logs: Logs,
    /// End with 1 if anything cannot be read.
    #[arg(long)]
    strict: bool,
    /// How to show them.
    #[arg(long, value_enum, default_value_t = StatsFormat::Human)]
    format: StatsFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum StatsFormat {
    Human,
    Json,
}

/// Arguments of `records convert`.
#[derive(Debug, clap::Args)]
struct Convert {
    #[command(flatten)]
    logs: Logs,
    /// End with 1 if anything cannot be read.
    #[arg(long)]
    strict: bool,
}

/// Arguments of `records catalog`.
#[derive(Debug, clap::Args)]
struct Catalog {
    #[command(flatten)]
    logs: Logs,
    /// End with 1 if anything cannot be read.
    #[arg(long)]
    strict: bool,
}

/// Runs `records`.
///
/// # Errors
/// When the command line does not fit, or the world says no.
pub fn run(args: &Args, here: &Path) -> Result<Exit, Stop> {
    match &args.command {
        Command::Stats(args) => stats::run(args, here),
        Command::Convert(args) => convert::run(args, here),
        Command::Catalog(args) => catalog::run(args, here),
    }
}

/// How a command ends that met so many places that cannot be read.
fn exit(strict: bool, unreadable: u64) -> Exit {
    if strict && unreadable > 0 { Exit::Findings } else { Exit::Clean }
}
