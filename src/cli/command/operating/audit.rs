use std::path::Path;

use clap::{Subcommand, ValueEnum};

use super::entries::{Audit, entries};
use super::verify;
use crate::cli::history::{self, Branch, Forge, Page};
use crate::cli::live;
use crate::cli::output::{say, say_json};
use crate::cli::words::{Shown, moment};
use crate::cli::{Exit, Stop};
use crate::model::Time;
use crate::report::{AuditEntry, AuditPage, audit_human};

/// Arguments of `audit`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    /// Only what was done at or after this moment (RFC 3339).
    #[arg(long, value_name = "TIME", value_parser = moment)]
    since: Option<Time>,
    /// Only entries of this kind. May be repeated.
    #[arg(long, value_enum)]
    kind: Vec<KindArg>,
    /// Only entries about this environment.
    #[arg(long, value_name = "NAME")]
    environment: Option<String>,
    #[command(flatten)]
    page: Page,
    /// How to show them.
    #[arg(long, value_enum, default_value_t = Shown::Human)]
    format: Shown,
    #[command(flatten)]
    branch: Branch,
    #[command(flatten)]
    forge: Forge,
}

/// What is asked of the audit.
#[derive(Debug, Subcommand)]
enum Command {
    /// Hold every entry against what proves it.
    Verify(verify::Args),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
enum KindArg {
    Version,
    Governing,
    Deploy,
    Rollback,
    Rollout,
    KillSwitch,
    Review,
    Revocation,
    Refused,
}

/// Runs `audit`.
///
/// # Errors
/// When the history cannot be told.
pub fn run(args: &Args, here: &Path) -> Result<Exit, Stop> {
    if let Some(Command::Verify(args)) = &args.command {
        return verify::run(args, here);
    }
    let opened = history::open(here, &args.branch)?;
    args.environment.as_deref().map_or(Ok(()), |name| live::refuse_unknown(&opened, name))?;
    let sources = args.forge.sources(here, &opened.database)?;
    let Audit { entries, untold } = entries(&opened, &sources)?;
    let all: Vec<AuditEntry> = entries.into_iter().filter(|entry| args.asks_for(entry)).collect();
    let count = all.len();
    let page = AuditPage { data: args.page.of(all).collect(), count };
    match args.format {
        Shown::Json => say_json(&page)?,
        Shown::Human => say(&audit_human(&page, args.page.skip))?,
    }
    let untold = untold.into_iter().find(|(name, _)| args.environment.as_ref().is_none_or(|asked| asked == name));
    untold.map_or(Ok(Exit::Clean), |(_, failure)| Err(failure.into()))
}

impl Args {
    fn asks_for(&self, entry: &AuditEntry) -> bool {
        let kind = |kind: &KindArg| kind.to_possible_value().is_some_and(|value| value.get_name() == entry.kind);
        let since = |since: &Time| Time::parse(&entry.at).is_none_or(|at| at >= *since);
        (self.kind.is_empty() || self.kind.iter().any(kind))
            && self.since.as_ref().is_none_or(since)
            && self.environment.as_ref().is_none_or(|name| entry.environment.as_ref() == Some(name))
    }
}
