//! `policyc readiness`: whether an environment may go live, row by row, and the evidence of it.

mod archive;
mod roles;
mod rows;
mod timing;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::cli::history::{self, Branch, Forge, Opened};
use crate::cli::live::{self, Standing};
use crate::cli::output::{say, say_json};
use crate::cli::session::{From, Session};
use crate::cli::words::Shown;
use crate::cli::{Exit, Stop};
use crate::lifecycle::Sources;
use crate::model::Environment;
use crate::report::{RowOutcome, RowsReport, rows_human};

/// Arguments of `readiness`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The environment; default: all.
    #[arg(long, value_name = "NAME")]
    environment: Option<String>,
    /// Write the evidence into this archive: the report, the lock, the bundle that is live, the audit, what governs, and a list of
    /// digests.
    #[arg(long, value_name = "FILE.tar.gz", requires = "environment")]
    archive: Option<PathBuf>,
    /// The private key whose tokens are timed; default: its text in the variable `POLICYC_TOKEN_KEY`.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Show what passes, and who holds which role, too.
    #[arg(long, short)]
    verbose: bool,
    /// The remote to ask.
    #[arg(long, value_name = "REMOTE", default_value = "origin")]
    remote: String,
    /// How to show it.
    #[arg(long, value_enum, default_value_t = Shown::Human)]
    format: Shown,
    #[command(flatten)]
    branch: Branch,
    #[command(flatten)]
    forge: Forge,
}

/// What the rows are made from.
struct Asked<'a> {
    args: &'a Args,
    here: &'a Path,
    opened: &'a Opened,
    session: &'a Session,
    environment: &'a Environment,
    standing: &'a Standing,
    /// The locks of all environments: what was rehearsed elsewhere counts.
    all: &'a BTreeMap<String, Standing>,
}

/// Runs `readiness`. Exit code 1 where a row fails.
///
/// # Errors
/// When there is no such environment, or the history cannot be told.
pub fn run(args: &Args, here: &Path) -> Result<Exit, Stop> {
    let opened = history::open(here, &args.branch)?;
    let sources = args.forge.sources(here, &opened.database)?;
    let tip = opened.history.protected.tip.to_string();
    let session = Session::at(opened.root.clone(), &From { rev: Some(tip), now: None })?;
    if let Some(name) = &args.environment {
        live::known(&session, name)?;
    }
    let (all, unanswered) = standings(&opened, &sources, args.environment.as_deref())?;
    let nothing = Standing::default();
    let mut rows = rows::of_repository(args, &opened, &session, &sources);
    let mut roles = roles::of_review(&session);
    let environments = session.compilation.environments.iter();
    for environment in environments.filter(|one| args.environment.as_ref().is_none_or(|name| one.id.as_str() == name)) {
        let standing = all.get(environment.id.as_str()).unwrap_or(&nothing);
        let asked = Asked { args, here, opened: &opened, session: &session, environment, standing, all: &all };
        rows.extend(asked.rows()?);
        roles.extend(roles::of_environment(&session, environment));
    }
    let report = RowsReport::new("policyc.readiness/v1", args.environment.clone(), rows, roles);
    // An archive is evidence of what is live: where nobody can say that, there is none.
    if let (Some(file), Some(name), None) = (&args.archive, &args.environment, &unanswered) {
        let standing = all.get(name).unwrap_or(&nothing);
        archive::write(&here.join(file), &report, &opened, &sources, name, standing)?;
    }
    match args.format {
        Shown::Json => say_json(&report)?,
        Shown::Human => say(&rows_human(&report, args.verbose))?,
    }
    let exit = if report.outcome == RowOutcome::Fail { Exit::Findings } else { Exit::Clean };
    unanswered.map_or(Ok(exit), Err)
}

/// The locks of all environments that can be judged, and what could not be answered of those that are asked for.
fn standings(
    opened: &Opened,
    sources: &Sources,
    asked: Option<&str>,
) -> Result<(BTreeMap<String, Standing>, Option<Stop>), Stop> {
    let (mut all, mut unanswered) = (BTreeMap::new(), None);
    for (name, found) in live::each(opened, sources)? {
        let stop = match found {
            Err(failure) => Some(failure.into()),
            Ok(standing) => {
                let stop = standing.live().err().map(|unproven| live::cannot_tell(&name, unproven));
                all.insert(name.clone(), standing);
                stop
            }
        };
        unanswered = unanswered.or(stop.filter(|_| asked.is_none_or(|asked| asked == name)));
    }
    Ok((all, unanswered))
}
