use std::collections::{BTreeSet, HashSet};
use std::path::Path;

use super::next::Wanted;
use super::record::{Asked, Change};
use crate::cli::history::Opened;
use crate::cli::live::{self, Standing};
use crate::cli::output;
use crate::cli::session::{From, Session};
use crate::cli::{Exit, Stop};
use crate::diag::{Failure, codes};
use crate::git::ObjectId;
use crate::lifecycle::locks;
use crate::source::SETTINGS;
use crate::written::Pinned;

/// Arguments of `deploy`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The environment.
    #[arg(long, value_name = "NAME")]
    environment: String,
    /// What of the protected branch to deploy; default: its newest commit.
    #[arg(long = "ref", value_name = "REV")]
    revision: Option<String>,
    /// Only these documents; all others stay as they are live. May be repeated.
    #[arg(long, value_name = "ID", num_args = 1..)]
    only: Vec<String>,
    /// Refuse it where the lock is not at this sequence (0: there is none yet).
    #[arg(long, value_name = "SEQUENCE")]
    version_must_eq: Option<u64>,
    #[command(flatten)]
    change: Change,
}

/// Runs `deploy`.
///
/// # Errors
/// When it is not permitted, or cannot be written.
pub fn run(args: &Args, here: &Path) -> Result<Exit, Stop> {
    args.change.run(here, &args.environment, &|opened, standing| args.asked(opened, standing))
}

impl Args {
    fn asked(&self, opened: &Opened, standing: &Standing) -> Result<Asked, Stop> {
        let live = live::lock_of(standing, &self.environment)?;
        let sequence = live.map_or(0, |lock| lock.sequence);
        if let Some(wanted) = self.version_must_eq.filter(|wanted| *wanted != sequence) {
            let message = format!("`{}` is at sequence {sequence}, not at {wanted}", self.environment);
            return Err(Stop::Nothing(Failure::new(codes::REFUSED, message).help("look at what changed since")));
        }
        let (commit, rank) = self.place(opened)?;
        let session = Session::at(opened.root.clone(), &From { rev: Some(commit.to_string()), now: None })?;
        if session.compilation.has_errors() {
            output::tell(&session)?;
            let message = format!("{} is in error, and is not deployed", commit.short());
            return Err(Stop::Nothing(Failure::new(codes::REFUSED, message).help("nothing was written")));
        }
        let wanted = self.pinned(opened, rank)?;
        let before = live::pinned(live);
        let pinned = self.chosen(&before, wanted)?;
        Ok((Wanted::Deploy(pinned), session.compilation.documents))
    }

    /// The commit, and its rank on the protected branch.
    fn place(&self, opened: &Opened) -> Result<(ObjectId, usize), Stop> {
        let (database, history) = (&opened.database, &opened.history);
        let tip = history.protected.tip;
        let commit = self.revision.as_deref().map_or(Ok(tip), |text| database.revision(text))?;
        let chain = database.chain(tip, &HashSet::from([commit]))?;
        if chain.known != Some(commit) {
            let message = format!("{} was never the newest commit of `{}`", commit.short(), history.protected.name);
            let help = "only what was merged into the protected branch can be deployed";
            return Err(Stop::Nothing(Failure::new(codes::REFUSED, message).help(help)));
        }
        Ok((commit, history.length() - 1 - chain.len()))
    }

    /// Everything that decides there.
    fn pinned(&self, opened: &Opened, rank: usize) -> Result<Pinned, Stop> {
        let refused = |why: String| {
            let message = format!("`{}` cannot be deployed to: {why}", self.environment);
            Stop::Nothing(Failure::new(codes::REFUSED, message).help("nothing was written"))
        };
        let (database, history) = (&opened.database, &opened.history);
        let documents = locks::pins_of(database, history, rank).map_err(refused)?;
        let catalog = locks::catalog_pin(history, rank);
        let settings = history.governed().iter().rfind(|event| event.path == SETTINGS && event.rank <= rank);
        let settings = settings.ok_or_else(|| refused(format!("there is no `{SETTINGS}` there")))?;
        let defaults = live::defaults_at(opened, &settings.commit.to_string(), &documents).map_err(refused)?;
        Ok(Pinned { documents, catalog, defaults })
    }

    /// The same with only the documents that were named.
    fn chosen(&self, before: &Pinned, wanted: Pinned) -> Result<Pinned, Stop> {
        if self.only.is_empty() {
            return Ok(wanted);
        }
        let only: BTreeSet<String> = self.only.iter().cloned().collect();
        for id in &only {
            if !wanted.documents.contains_key(id) && !before.documents.contains_key(id) {
                let failure = Failure::new(codes::NOT_FOUND, format!("no policy, rule or exception `{id}` is there"));
                let meant = crate::diag::nearest(id, wanted.documents.keys().map(String::as_str));
                return Err(Stop::World(match meant {
                    Some(meant) => failure.help(format!("did you mean `{meant}`?")),
                    None => failure.help("`policyc list` shows all of them"),
                }));
            }
        }
        if before.documents.is_empty() {
            let message = format!("nothing is live in `{}` yet, so all of it is deployed first", self.environment);
            return Err(Stop::Nothing(Failure::new(codes::REFUSED, message).help("leave --only out")));
        }
        Ok(locks::with_only(before, &wanted, &only))
    }
}
