//! What is live in an environment: its locks, each held against the one before, the history, and what governs on the base
//! side. The last good one counts, whoever wrote a later one.

mod assembled;
mod gates;
mod judge;
mod memory;
mod named;
mod standing;
pub mod suites;

pub use assembled::{bundle, empty, loaded};
pub use gates::{Compared, compared, logs_at};
pub use judge::defaults_at;
pub use standing::{Standing, Unproven, standing, standing_anew, switched_on};

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::Stop;
use super::history::{self, Branch, Forge, Opened};
use super::output::remark;
use super::session::Session;
use crate::diag::{Failure, codes, nearest};
use crate::host::Folder;
use crate::lifecycle::locks::{self, share};
use crate::lifecycle::{self, Sources};
use crate::model::Environment;
use crate::source::{Content, Tree};
use crate::written::{Lock, Pinned};

/// What decides in an environment.
pub struct Live {
    /// What decides for the runs that a rollout has reached, and for all where there is none.
    pub session: Session,
    /// What decides for the others.
    pub before: Option<Session>,
    /// The good lock.
    pub lock: Lock,
    /// Whether everything is stopped.
    pub kill_switch: bool,
    /// That nobody can say here what is live: where everything is stopped, nothing that is decided hangs on it.
    pub unproven: Option<Unproven>,
}

/// Which side of a rollout decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// What was live before.
    Before,
    /// What is on its way.
    After,
    /// The more restrictive of both: nobody says which run it is.
    Both,
}

/// Which runs a rollout has reached.
#[derive(Debug, Clone)]
pub struct Shares {
    environment: String,
    to: String,
    percent: u8,
}

impl Shares {
    /// The side that decides for a run.
    pub fn side_of(&self, run: Option<&str>) -> Side {
        match run {
            _ if self.percent >= 100 => Side::After,
            None => Side::Both,
            Some(run) if share(&self.environment, &self.to, run) < u16::from(self.percent) * 100 => Side::After,
            Some(_) => Side::Before,
        }
    }
}

impl Live {
    /// Which runs its rollout has reached; all where there is none.
    pub fn shares(&self) -> Shares {
        let (to, percent) = match &self.lock.rollout {
            Some(rollout) => (rollout.to.clone(), rollout.percent),
            None => (self.lock.bundle.clone(), 100),
        };
        Shares { environment: self.lock.environment.clone(), to, percent }
    }

    /// The side that decides for a run.
    pub fn side_of(&self, run: Option<&str>) -> Side {
        self.shares().side_of(run)
    }
}

/// Opens what is live in an environment.
///
/// # Errors
/// When there is no such environment, or no good lock of it.
pub fn open(session: &Session, name: &str, forge: &Forge) -> Result<Live, Stop> {
    known(session, name)?;
    let opened = history::open(&session.root, &Branch::default())?;
    let sources = forge.sources(&session.root, &opened.database)?;
    let standing = standing(&opened, name, &sources)?;
    for refused in &standing.refused {
        remark(&format!("warning: the lock of `{name}` at {} is refused: {}", refused.commit.short(), refused.why));
    }
    let kill_switch = standing.kill.is_some() || stopped_here(&session.root, name);
    let unproven = standing.live().err().cloned();
    if let Some(unproven) = unproven.as_ref().filter(|_| !kill_switch) {
        return Err(cannot_tell(name, unproven));
    }
    let Some(lock) = standing.newest().cloned() else {
        return Err(nothing_live(name, &standing));
    };
    let after = loaded(&opened, name, &locks::pinned(&lock))?;
    let before = lock.rollout.as_ref().map(|rollout| loaded(&opened, name, &rollout.before)).transpose()?;
    Ok(Live { session: after, before, lock, kill_switch, unproven })
}

/// What decides for one run.
pub struct Deciding {
    /// The documents.
    pub session: Session,
    /// Whether everything is stopped.
    pub kill_switch: bool,
    /// The sequence of the lock.
    pub sequence: u64,
}

/// What decides for a run; while a rollout is on its way the run must be known.
///
/// # Errors
/// When nothing is live there, or nobody says which run it is.
pub fn for_run(session: &Session, name: &str, forge: &Forge, run: Option<&str>) -> Result<Deciding, Stop> {
    let live = open(session, name, forge)?;
    let (side, sequence, kill_switch) = (live.side_of(run), live.lock.sequence, live.kill_switch);
    let session = match (side, live.before) {
        (Side::Before, Some(before)) => before,
        (Side::Both, Some(_)) => {
            let message = format!("a rollout of `{name}` is on its way, so what decides hangs on the run");
            return Err(Failure::new(codes::REFUSED, message).help("say which run it is").into());
        }
        _ => live.session,
    };
    Ok(Deciding { session, kill_switch, sequence })
}

/// One side of what is live, for questions that are not about a run: `NAME`, and while a rollout is on its way `NAME@before` or
/// `NAME@after`. Answers also whether everything is stopped.
///
/// # Errors
/// When nothing is live there, or a rollout leaves open which side is meant.
pub fn open_side(session: &Session, name: &str, forge: &Forge) -> Result<(Session, bool), Stop> {
    let (name, side) = name.split_once('@').map_or((name, None), |(name, side)| (name, Some(side)));
    let live = open(session, name, forge)?;
    // That all is stopped says nothing of what would be decided otherwise.
    if let Some(unproven) = &live.unproven {
        return Err(cannot_tell(name, unproven));
    }
    match (side, live.before) {
        (None | Some("after"), None) | (Some("after"), Some(_)) => Ok((live.session, live.kill_switch)),
        (Some("before"), Some(before)) => Ok((before, live.kill_switch)),
        (None, Some(_)) => {
            let percent = live.lock.rollout.as_ref().map_or(0, |rollout| rollout.percent);
            let message = format!("a rollout of `{name}` is on its way ({percent} % of runs), so two sides decide");
            let help = format!("say which is meant: {name}@before or {name}@after");
            Err(Failure::new(codes::REFUSED, message).help(help).into())
        }
        (Some("before"), None) => {
            let message = format!("no rollout of `{name}` is on its way");
            Err(Failure::new(codes::NOT_FOUND, message).help(format!("what is live is `{name}`")).into())
        }
        (Some(other), _) => Err(Stop::Usage(format!("`{other}` is no side of a rollout: `before` and `after` are"))),
    }
}

/// That nobody here can say what is live.
pub fn cannot_tell(name: &str, unproven: &Unproven) -> Stop {
    let message = format!("nobody can say here what is live in `{name}`: {}", lacks_proof(unproven));
    let help = "bring the review records or the facts of the forge; an older lock is not taken for it";
    Failure::new(codes::BAD_LOCK, message).help(help).into()
}

fn nothing_live(name: &str, standing: &Standing) -> Stop {
    let failure = match standing.refused.last() {
        None => {
            let message = format!("nothing is deployed to `{name}`: there is no `{}`", locks::path(name));
            Failure::new(codes::NOT_FOUND, message).help(format!(
                "`policyc deploy --environment {name}` deploys; leave --environment out to decide under this folder"
            ))
        }
        Some(refused) => {
            let message = format!("the lock of `{name}` at {} is refused: {}", refused.commit.short(), refused.why);
            let help = format!("no earlier lock is good either; `policyc check --environment {name}` tells all");
            Failure::new(codes::BAD_LOCK, message).help(help)
        }
    };
    Stop::World(failure)
}

/// The environment of a name.
///
/// # Errors
/// When there is none.
pub fn known<'s>(session: &'s Session, name: &str) -> Result<&'s Environment, Stop> {
    let environments = &session.compilation.environments;
    if let Some(found) = environments.iter().find(|environment| environment.id.as_str() == name) {
        return Ok(found);
    }
    let failure = Failure::new(codes::NOT_FOUND, format!("there is no environment `{name}`"));
    let meant = nearest(name, environments.iter().map(|environment| environment.id.as_str()));
    Err(Stop::World(match meant {
        Some(meant) => failure.help(format!("did you mean `{meant}`?")),
        None => failure.help("an environment is a file in `environments/`"),
    }))
}

/// Whether an edit of the lock that is not committed stops everything: on if anything says so.
fn stopped_here(root: &Path, name: &str) -> bool {
    let path = locks::path(name);
    let text = Folder::new(root).read(&[&path]).ok().and_then(|read| read.into_iter().next().flatten());
    let Some(Content::Text(text)) = text else { return false };
    switched_on(&text).is_some()
}

/// Every environment whose file or lock ever was on the protected branch.
pub fn environments(opened: &Opened) -> BTreeSet<String> {
    let name = |path: &str| {
        let file = path.strip_prefix("environments/")?;
        let endings = [".lock.json", ".revoked.json", ".yaml", ".yml"];
        endings.into_iter().find_map(|ending| file.strip_suffix(ending)).map(str::to_owned)
    };
    opened.history.governed().iter().filter_map(|event| name(&event.path)).collect()
}

/// Refuses the name of an environment that never was.
///
/// # Errors
/// When there was none.
pub fn refuse_unknown(opened: &Opened, name: &str) -> Result<(), Stop> {
    let known = environments(opened);
    if known.contains(name) {
        return Ok(());
    }
    let failure = Failure::new(codes::NOT_FOUND, format!("there never was an environment `{name}`"));
    Err(Stop::World(match nearest(name, known.iter().map(String::as_str)) {
        Some(meant) => failure.help(format!("did you mean `{meant}`?")),
        None => failure.help("an environment is a file in `environments/`"),
    }))
}

/// The locks of every environment, or why they cannot be judged: what is wrong with one hides no other.
///
/// # Errors
/// Where the command line does not fit.
pub fn each(opened: &Opened, sources: &Sources) -> Result<BTreeMap<String, Result<Standing, Failure>>, Stop> {
    let mut all = BTreeMap::new();
    for name in environments(opened) {
        let found = match standing(opened, &name, sources) {
            Ok(found) => Ok(found),
            Err(stop) => Err(stop.failure()?),
        };
        all.insert(name, found);
    }
    Ok(all)
}

/// What is live everywhere.
///
/// # Errors
/// Where the command line does not fit.
pub fn everywhere(opened: &Opened, sources: &Sources) -> Result<lifecycle::Live, Stop> {
    let mut live = lifecycle::Live::default();
    for (name, found) in each(opened, sources)? {
        match found {
            Err(failure) => live.untold.push((name, failure.message)),
            Ok(found) => {
                match found.live() {
                    Ok(good) => live.locks.extend(good.map(|good| good.lock.clone())),
                    Err(unproven) => live.untold.push((name.clone(), lacks_proof(unproven))),
                }
                if !found.refused.is_empty() {
                    live.refused.push(locks::path(&name));
                }
            }
        }
    }
    Ok(live)
}

/// What is said of a lock that can be told neither good nor bad here.
pub fn lacks_proof(unproven: &Unproven) -> String {
    format!("the lock at {} lacks proof: {}", unproven.commit.short(), unproven.why)
}

/// The lock that is live; `None`: nothing was deployed.
///
/// # Errors
/// That nobody can say it here.
pub fn lock_of<'s>(standing: &'s Standing, name: &str) -> Result<Option<&'s Lock>, Stop> {
    let live = standing.live().map_err(|unproven| cannot_tell(name, unproven))?;
    Ok(live.map(|good| &good.lock))
}

/// What a lock pins, or nothing.
pub fn pinned(lock: Option<&Lock>) -> Pinned {
    lock.map_or_else(empty, locks::pinned)
}
