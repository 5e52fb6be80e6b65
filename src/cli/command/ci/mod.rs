//! `policyc ci`: everything that a pull request needs, in one call.

pub mod commits;
mod logs;
mod outputs;
pub mod parts;
mod people;
pub mod replayed;
mod sides;

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use self::commits::Commits;
use self::outputs::Outputs;
use self::parts::{Parts, Run};
use self::sides::Sides;
use crate::cli::history;
use crate::cli::output;
use crate::cli::words::moment;
use crate::cli::{Exit, Stop};
use crate::diag::{Diagnostic, codes};
use crate::model::Time;
use crate::report::{self, CiReport};

/// Arguments of `ci`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "In GitHub Actions and GitLab CI, base and head are those of the event. Elsewhere, base is what the protected branch (as origin has it, where there is an origin) and HEAD have in common, and head is HEAD, or the files where they are not as committed. Exit codes: 0 nothing stands against the change; 1 it is refused, or waits for approvals; 3 it could not be judged."
)]
pub struct Args {
    /// The revision to compare with.
    #[arg(long, value_name = "REV")]
    base: Option<String>,
    /// The revision to judge, or WORKTREE for the files as they are.
    #[arg(long, value_name = "REV")]
    head: Option<String>,
    /// Only the gates of this environment; default: those of all.
    #[arg(long, value_name = "NAME")]
    environment: Option<String>,
    /// Replay these recorded actions instead of those named under `logs` of policyc.yaml. May be repeated.
    #[arg(long = "log", value_name = "FILE")]
    logs: Vec<PathBuf>,
    #[command(flatten)]
    forge: history::Forge,
    /// Whether missing approvals refuse the change; default: required for a pull request or a queue of them, else told.
    #[arg(long, value_enum)]
    approvals: Option<ApprovalsArg>,
    /// Judge the expiry of exceptions for warnings at this moment (RFC 3339).
    #[arg(long, value_name = "TIME", value_parser = moment)]
    now: Option<Time>,
    #[command(flatten)]
    outputs: Outputs,
}

/// What missing approvals do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ApprovalsArg {
    /// They refuse the change.
    Required,
    /// They are told.
    Told,
}

/// Runs `ci`.
///
/// # Errors
/// When the command line does not fit, or the world says no.
pub fn run(args: &Args, here: &Path) -> Result<Exit, Stop> {
    args.outputs.checked()?;
    let judged = judge(args, here);
    if let Err(Stop::World(failure)) = &judged
        && failure.code != codes::WOULD_OVERWRITE
    {
        // What stopped the judgement is what is told, also where nothing can be written.
        let _ = args.outputs.write_failure(here, failure);
    }
    judged
}

/// What a change that is at hand is judged to be, with everything that is wrong with it.
pub struct Verdict {
    /// The report.
    pub report: CiReport,
    found: Vec<Diagnostic>,
    sides: Sides,
}

impl Verdict {
    /// Judges commits as a pull request is judged, approvals asked for, outside of any CI system.
    ///
    /// # Errors
    /// When the change cannot be judged.
    pub fn of(here: &Path, forge: &history::Forge, commits: Commits) -> Result<Self, Stop> {
        let args = Args {
            base: None,
            head: None,
            environment: None,
            logs: Vec::new(),
            forge: forge.clone(),
            approvals: Some(ApprovalsArg::Required),
            now: None,
            outputs: Outputs::default(),
        };
        let mut sides = sides::of(&args, here, sides::top(here)?, None, commits)?;
        sides.head.session.compilation.lint_regions();
        let Run { of, found, .. } = Parts { args: &args, here, sides: &sides }.run()?;
        Ok(Self { report: report::ci(of), found, sides })
    }

    /// Shows it to people.
    ///
    /// # Errors
    /// When it cannot be shown.
    pub fn show(&self) -> Result<(), Stop> {
        self.sides.tell_errors()?;
        outputs::show(&self.report, &self.sides.head.session, &self.found)
    }

    /// Whether nothing stands against it.
    pub fn passed(&self) -> bool {
        self.report.verdict == "passed"
    }
}

fn judge(args: &Args, here: &Path) -> Result<Exit, Stop> {
    let mut sides = sides::open(args, here)?;
    output::refuse_sources(args.outputs.files(), here, &sides.head.session)?;
    sides.head.session.compilation.lint_regions();
    sides.tell_errors()?;
    let parts = Parts { args, here, sides: &sides };
    let Run { of, found, junit } = parts.run()?;
    let report = report::ci(of);
    args.outputs.write(here, &report, &sides.head.session, &found, &junit)?;
    outputs::show(&report, &sides.head.session, &found)?;
    let refused = report.verdict != "passed";
    Ok(match output::exit(&found, false) {
        Exit::Bug => Exit::Bug,
        _ if refused => Exit::Findings,
        _ => Exit::Clean,
    })
}
