use std::path::Path;

use clap::Subcommand;

use super::next::Wanted;
use super::record::Change;
use crate::cli::history;
use crate::cli::live::environments;
use crate::cli::output::remark;
use crate::cli::writing::{self, Who};
use crate::cli::{Exit, Stop};
use crate::diag::{Failure, codes};
use crate::lifecycle::locks;
use crate::written::KillSwitch;

/// Arguments of `kill-switch`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

/// What is done with the kill switch.
#[derive(Debug, Subcommand)]
enum Command {
    /// Stop everything in an environment: every action is denied. Needs nobody's approval.
    Activate(Named),
    /// Let an environment go on. Needs the approvals of the environment.
    Deactivate(Named),
}

/// Which environments.
#[derive(Debug, clap::Args)]
struct Named {
    /// The environment.
    #[arg(long, value_name = "NAME", required_unless_present = "all", conflicts_with = "all")]
    environment: Option<String>,
    /// Every environment.
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    change: Change,
}

/// Runs `kill-switch`.
///
/// # Errors
/// When there is no such environment, or it cannot be written.
pub fn run(args: &Args, here: &Path) -> Result<Exit, Stop> {
    let (named, active) = match &args.command {
        Command::Activate(named) => (named, true),
        Command::Deactivate(named) => (named, false),
    };
    if named.change.reason.as_ref().is_none_or(|reason| reason.trim().is_empty()) {
        return Err(Stop::Usage("the kill switch says why: --reason TEXT".to_owned()));
    }
    let names = names(named, here)?;
    let (mut exit, mut stop) = (Exit::Clean, None);
    for name in &names {
        // What goes wrong with one must not keep the others from being stopped.
        match switched(named, here, name, active) {
            // A draft lets nothing go on before it is merged.
            Ok(Exit::Clean) if !active && !named.change.is_only_asked() && named.change.draft().is_none() => {
                without_branches(named, here, name)?;
            }
            Ok(Exit::Clean) => {}
            Ok(other) => exit = other,
            Err(Stop::Nothing(failure)) if names.len() > 1 && failure.code == codes::NOTHING_TO_DO => {
                remark(&format!("note: {}", failure.message));
            }
            Err(other) => {
                if let Some(Stop::World(failure) | Stop::Nothing(failure)) = stop.replace(other) {
                    crate::cli::output::tell_failure(&failure);
                }
            }
        }
    }
    stop.map_or(Ok(exit), Err)
}

fn names(named: &Named, here: &Path) -> Result<Vec<String>, Stop> {
    if let Some(name) = &named.environment {
        return Ok(vec![name.clone()]);
    }
    let opened = history::open(here, &named.change.branch)?;
    // By the names of their files, so that one that cannot be read is stopped too.
    let names: Vec<String> = environments(&opened).into_iter().collect();
    if names.is_empty() {
        let failure = Failure::new(codes::NOT_FOUND, "there is no environment");
        return Err(failure.help("an environment is a file in `environments/`").into());
    }
    Ok(names)
}

/// A branch for the kill switch has done its work once the lock says that it is off. One that somebody moved since is another
/// stop, and stays.
fn without_branches(named: &Named, here: &Path, name: &str) -> Result<(), Stop> {
    let (writer, opened) = writing::open(here, &named.change.branch)?;
    let reference = format!("refs/heads/kill-switch/{name}");
    let known = locks::kill_branches(&opened.database, name)?;
    if let Some(local) = known.iter().find(|branch| branch.reference == reference).and_then(|branch| branch.commit) {
        writer.remove(&reference, local)?;
    }
    if let Some(shared) = named.change.shared(&opened.root)? {
        shared.remove_known(
            &writer,
            &reference,
            &known.iter().filter_map(|branch| branch.commit).collect::<Vec<_>>(),
        )?;
    }
    if let Some(branch) = locks::kill_branches(&opened.database, name)?.first() {
        remark(&format!("warning: the branch `{}` still stops it: --push removes one of a remote", branch.reference));
    }
    Ok(())
}

fn switched(named: &Named, here: &Path, name: &str, active: bool) -> Result<Exit, Stop> {
    let done = named.change.run(here, name, &|opened, standing| {
        let on = standing.newest().is_some_and(|lock| lock.kill_switch.active);
        if on == active {
            let message = format!("the kill switch of `{name}` is {} already", if active { "on" } else { "off" });
            let by_branch = !active && !locks::kill_branches(&opened.database, name)?.is_empty();
            let stopped = !active && standing.kill.is_some();
            let branch = format!("kill-switch/{name}");
            let help = match (by_branch, stopped) {
                (true, _) => format!(
                    "the branch `{branch}` stops it: `git push origin :{branch}`, `git branch -D {branch}` and `git fetch --prune` remove it"
                ),
                (false, true) => "a lock that is refused says that it is on: `activate` answers that with a good one, and `deactivate` then with approvals".to_owned(),
                (false, false) => "nothing was written".to_owned(),
            };
            return Err(Stop::Nothing(Failure::new(codes::NOTHING_TO_DO, message).help(help)));
        }
        let who = Who::of(&opened.database)?;
        let switch = KillSwitch {
            active,
            reason: named.change.reason.clone(),
            by: Some(who.account),
            at: Some(who.at.to_string()),
        };
        Ok((Wanted::Kill(switch), Vec::new()))
    });
    match done {
        // Whatever keeps the lock from being written, a branch stops as well.
        Err(Stop::World(failure)) if active && !named.change.is_only_asked() && failure.code != codes::NOT_FOUND => {
            by_branch(named, here, name, &failure)
        }
        other => other,
    }
}

/// Where the lock cannot be written or the protected branch takes no direct push, a branch of this name stops the environment. One
/// that is there already keeps saying who stopped it first, and why.
fn by_branch(named: &Named, here: &Path, name: &str, failure: &Failure) -> Result<Exit, Stop> {
    let (writer, opened) = writing::open(here, &named.change.branch)?;
    let reference = format!("refs/heads/kill-switch/{name}");
    let branch = locks::kill_branches(&opened.database, name)?.into_iter().find(|one| one.reference == reference);
    remark(&format!("note: the lock could not be changed: {}", failure.message));
    let is_new = branch.is_none();
    let commit = if let Some(branch) = branch {
        branch.commit
    } else {
        let commit = named.change.stopping(&opened, name, opened.history.protected.tip)?;
        writer.advance(&writing::Move { what: "kill-switch", reference: &reference, from: None, to: commit })?;
        Some(commit)
    };
    if is_new {
        let at = commit.map(|commit| commit.short()).unwrap_or_default();
        crate::cli::output::say(&format!("{name} is stopped here by the branch kill-switch/{name} at {at}\n"))?;
    }
    let sent = match named.change.shared(&opened.root)? {
        None => false,
        Some(shared) => {
            let protected = format!("refs/heads/{}", opened.history.protected.short());
            let make = |over| named.change.stopping(&opened, name, over);
            let sent = shared.stop(&writer, (&protected, &reference), commit, &make)?;
            let what = if sent { "has that branch, and" } else { "has such a branch already, which" };
            crate::cli::output::say(&format!("`{}` {what} stops whoever fetches it\n", shared.name()))?;
            sent
        }
    };
    if is_new || sent {
        return Ok(Exit::Clean);
    }
    let message = format!("the kill switch of `{name}` is on already, by the branch kill-switch/{name}");
    Err(Stop::Nothing(Failure::new(codes::NOTHING_TO_DO, message).help("nothing was written")))
}
