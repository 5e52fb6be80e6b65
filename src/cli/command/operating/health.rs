use std::path::Path;

use crate::cli::history::{self, Branch, Forge, Opened};
use crate::cli::live::{self, standing};
use crate::cli::output::{say, say_json};
use crate::cli::session::{From, Session};
use crate::cli::words::Shown;
use crate::cli::writing;
use crate::cli::{Exit, Stop};
use crate::host::Remote;
use crate::lifecycle::Sources;
use crate::report::{Counts, Row, RowOutcome, RowsReport, rows_human};
use crate::syntax::counted;

/// Arguments of `health`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only this environment.
    #[arg(long, value_name = "NAME")]
    environment: Option<String>,
    /// Show what is well, too.
    #[arg(long, short)]
    verbose: bool,
    /// Ask the remote whether it can be reached; without it nothing leaves this machine.
    #[arg(long, value_name = "REMOTE", num_args = 0..=1, require_equals = true, default_missing_value = "origin")]
    remote: Option<String>,
    /// How to show it.
    #[arg(long, value_enum, default_value_t = Shown::Human)]
    format: Shown,
    #[command(flatten)]
    branch: Branch,
    #[command(flatten)]
    forge: Forge,
}

/// Runs `health`. Exit code 0 only where every row passes.
///
/// # Errors
/// When there is no policy repository.
pub fn run(args: &Args, here: &Path) -> Result<Exit, Stop> {
    let session = Session::open(here, &From { rev: None, now: None })?;
    let mut rows = vec![policies(&session), interrupted(&session.root)];
    match history::open(here, &args.branch) {
        Ok(opened) => {
            let sources = args.forge.sources(here, &opened.database)?;
            rows.push(branch(&opened));
            rows.push(notes(&sources));
            rows.extend(environments(args, &opened, &sources)?);
        }
        Err(Stop::World(failure) | Stop::Nothing(failure)) => {
            let row = Row::of("history", false, failure.message);
            rows.push(row.help(failure.help.unwrap_or_default()));
        }
        Err(usage) => return Err(usage),
    }
    rows.extend(args.remote.as_ref().map(|name| remote(&session.root, name)));
    let report = RowsReport::new("policyc.health/v1", args.environment.clone(), rows, Vec::new());
    match args.format {
        Shown::Json => say_json(&report)?,
        Shown::Human => say(&rows_human(&report, args.verbose))?,
    }
    Ok(if report.outcome == RowOutcome::Pass { Exit::Clean } else { Exit::Findings })
}

fn policies(session: &Session) -> Row {
    let errors = Counts::of(&session.compilation.diagnostics).error;
    let value = format!("{}, {}", counted(session.compilation.documents.len(), "document"), counted(errors, "error"));
    Row::of("policies here", errors == 0, value).help("`policyc check` tells what is wrong")
}

fn interrupted(root: &Path) -> Row {
    match writing::interrupted(root) {
        Ok(None) => Row::of("interrupted commands", true, "none"),
        Ok(Some(what)) => Row::of("interrupted commands", false, what)
            .mild()
            .help("the next command that writes settles it and says how"),
        // Without Git nothing can be interrupted; the row about the history says the rest.
        Err(_) => Row::of("interrupted commands", true, "none can be, without Git"),
    }
}

fn branch(opened: &Opened) -> Row {
    let history = &opened.history;
    let value = format!(
        "`{}` at {}, {}",
        history.protected.name,
        history.protected.tip.short(),
        counted(history.length(), "commit")
    );
    Row::of("history", true, value)
}

fn notes(sources: &Sources) -> Row {
    match &sources.records {
        None => Row::of("review records", false, "not in this clone").mild().help(
            "git fetch origin '+refs/notes/policyc*:refs/policyc/origin/notes*'; `policyc submit` writes the first",
        ),
        Some(records) => {
            let unread = sources.unread.len();
            let value = format!("{}, {unread} of other lines", counted(records.len(), "record"));
            Row::of("review records", unread == 0, value).help(sources.unread.join("; "))
        }
    }
}

fn environments(args: &Args, opened: &Opened, sources: &Sources) -> Result<Vec<Row>, Stop> {
    let known = live::environments(opened);
    if let Some(name) = args.environment.as_ref().filter(|name| !known.contains(*name)) {
        let row =
            Row::of(&format!("environment {name}"), false, "there is no such environment on the protected branch");
        return Ok(vec![row.help(format!("merge `environments/{name}.yaml` first"))]);
    }
    let mut rows = Vec::new();
    for name in known.iter().filter(|name| args.environment.as_ref().is_none_or(|asked| asked == *name)) {
        let title = format!("environment {name}");
        let found = match standing(opened, name, sources) {
            Ok(found) => found,
            Err(stop) => {
                let failure = stop.failure()?;
                rows.push(Row::of(&title, false, failure.message).help(failure.help.unwrap_or_default()));
                continue;
            }
        };
        let row = match (found.live(), found.refused.last()) {
            (Err(unproven), _) => {
                Row::of(&title, false, "nobody can say here what is live").help(live::lacks_proof(unproven))
            }
            (_, Some(refused)) => {
                let value = format!("the lock at {} is refused: {}", refused.commit.short(), refused.why);
                Row::of(&title, false, value).help("what was live before stays live; undo that commit")
            }
            (Ok(None), None) => Row::of(&title, false, "nothing is deployed").mild().help("`policyc deploy` deploys"),
            (Ok(Some(good)), None) => {
                let lock = &good.lock;
                let share = lock.rollout.as_ref().map(|rollout| format!(", {} % of runs", rollout.percent));
                let value = format!(
                    "sequence {}, {}{}",
                    lock.sequence,
                    counted(lock.documents.len(), "document"),
                    share.unwrap_or_default()
                );
                Row::of(&title, true, value)
            }
        };
        rows.push(row);
        if let Some(switch) = found.kill {
            let value = format!("on, by {}: {}", switch.by.unwrap_or_default(), switch.reason.unwrap_or_default());
            let row = Row::of(&format!("kill switch of {name}"), false, value).mild();
            rows.push(row.help("every action there is denied; `policyc kill-switch deactivate` lets it go on"));
        }
    }
    Ok(rows)
}

/// Whether a remote can be reached, and how long that took.
pub fn remote(root: &Path, name: &str) -> Row {
    let began = crate::host::Stopwatch::begin();
    match Remote::new(root, name).and_then(|remote| remote.heads(&["HEAD"])) {
        Ok(_) => Row::of("remote", true, format!("`{name}` answered in {} ms", began.milliseconds())),
        Err(failure) => Row::of("remote", false, failure.message).help("look at the network and at `git remote -v`"),
    }
}
