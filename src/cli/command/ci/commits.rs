//! Which commits a run is about: as the CI system says it, held against the clone, or as the command line does.

use std::path::Path;

use super::Args;
use crate::cli::Stop;
use crate::cli::history::{self, Branch};
use crate::cli::sides::WORK_TREE;
use crate::diag::{Failure, codes};
use crate::forge::{Event, EventKind};
use crate::git::{Database, ObjectId, Protected};
use crate::host;

/// What a change starts from, and what it is judged by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bases {
    /// What it starts from.
    pub start: ObjectId,
    /// What it is merged into, as it is now.
    pub now: ObjectId,
}

/// The commits of a change.
#[derive(Debug, Clone, Copy)]
pub struct Commits {
    /// What it starts from; `None`: nothing was there.
    pub bases: Option<Bases>,
    /// What is judged; `None`: files that are not committed.
    pub result: Option<ObjectId>,
    /// What people wrote and reviewed.
    pub written: Option<ObjectId>,
}

/// Finds the commits.
///
/// # Errors
/// When the event and the clone do not go together, or a commit is not there.
pub fn find(args: &Args, here: &Path, database: &Database, event: Option<&Event>) -> Result<Commits, Stop> {
    let head = match args.head.as_deref() {
        None => None,
        Some(WORK_TREE) if event.is_none() => Some(None),
        Some(WORK_TREE) => {
            return Err(Stop::Usage("in CI a commit is judged, and WORKTREE is none".to_owned()));
        }
        Some(revision) => Some(Some(database.revision(revision)?)),
    };
    let mut commits = match event {
        None => {
            // The settings that name the branch may lie below the top of the Git repository.
            let (root, own) = history::database(here)?;
            let protected = history::protected(&root, &own, &Branch::default())?;
            local(database, head.map_or_else(|| at_hand(database), Ok)?, protected)?
        }
        Some(event) => of_event(database, event, head.flatten())?,
    };
    if let Some(base) = &args.base {
        let base = database.revision(base)?;
        commits.bases = Some(Bases { start: base, now: base });
    }
    Ok(commits)
}

/// The commits of an event; `head` is judged instead of its own, where the command line names one.
fn of_event(database: &Database, event: &Event, head: Option<ObjectId>) -> Result<Commits, Stop> {
    let default = || {
        let branch = Branch { branch: event.default_branch.clone() };
        history::protected(&database.work_folder(), database, &branch)
    };
    match event.kind {
        EventKind::Pull => pull(database, event, head),
        EventKind::Queue => {
            let (base, own) = (known(database, event.base.as_deref())?, known(database, event.head.as_deref())?);
            let bases = base.map(|base| Bases { start: base, now: base });
            let result = head.or(own);
            Ok(Commits { bases, result, written: result })
        }
        EventKind::Push => {
            let own = known(database, event.head.as_deref())?.map_or_else(|| checked_out(database), Ok)?;
            let result = head.unwrap_or(own);
            if event.target != event.default_branch {
                return local(database, Some(result), default()?);
            }
            let bases = known(database, event.base.as_deref())?.map(|base| Bases { start: base, now: base });
            Ok(Commits { bases, result: Some(result), written: Some(result) })
        }
        EventKind::Other => local(database, Some(head.map_or_else(|| checked_out(database), Ok)?), default()?),
    }
}

/// What is committed, where the files are as they were committed; else the files.
fn at_hand(database: &Database) -> Result<Option<ObjectId>, Stop> {
    if database.is_clean()? { Ok(database.checked_out()?.map(|head| head.commit)) } else { Ok(None) }
}

/// What a head, or the files as they are, brings over the protected branch.
fn local(database: &Database, head: Option<ObjectId>, mut protected: Protected) -> Result<Commits, Stop> {
    // Where `origin` is ahead, somebody has merged since, and what is committed here on the branch itself is a change too.
    if let Some(origin) = database.head_of(&format!("refs/remotes/origin/{}", protected.short()))?
        && database.merge_bases(protected.tip, origin.commit)?.len() == 1
    {
        protected.tip = origin.commit;
    }
    let at = head.map_or_else(|| checked_out(database), Ok)?;
    let start = common(database, protected.tip, at)?;
    Ok(Commits { bases: Some(Bases { start, now: protected.tip }), result: head, written: head })
}

/// A pull request: as merging would make it, where the forge has checked that out; else what its branch changes.
fn pull(database: &Database, event: &Event, head: Option<ObjectId>) -> Result<Commits, Stop> {
    let now = target(database, event)?;
    let own = known(database, event.head.as_deref())?.ok_or_else(|| lost("the head of the pull request"))?;
    let of_branch = |written: ObjectId| {
        let start = common(database, now, written)?;
        Ok(Commits { bases: Some(Bases { start, now }), result: Some(written), written: Some(written) })
    };
    if let Some(head) = head {
        return of_branch(head);
    }
    let result = checked_out(database)?;
    let commit = database.commit(result)?;
    match commit.parents.as_slice() {
        [base, head] if *head == own => {
            // Whoever writes a branch can merge into it whatever they like.
            if !database.is_ancestor(*base, now)? {
                let message = format!(
                    "what is checked out merges the pull request into {}, which is no commit of what it goes into",
                    base.short()
                );
                return Err(Failure::new(codes::GIT, message).help(CHECKOUT).into());
            }
            Ok(Commits { bases: Some(Bases { start: *base, now }), result: Some(result), written: Some(own) })
        }
        _ if result == own => of_branch(own),
        _ => {
            let message = format!(
                "{} is checked out, which is neither the head {} of the pull request nor a merge of it",
                result.short(),
                own.short()
            );
            Err(Failure::new(codes::GIT, message).help(CHECKOUT).into())
        }
    }
}

const CHECKOUT: &str = "leave `ref` of actions/checkout as it is, or name the sides with --base and --head";

/// The branch that is merged into, as it is now: the newest that the clone or the event knows of, so that an old branch is
/// not judged by what was asked long ago.
fn target(database: &Database, event: &Event) -> Result<ObjectId, Stop> {
    let fetched = match event.target.as_ref().filter(|_| is_origin(database, event)) {
        Some(name) => database.head_of(&format!("refs/remotes/origin/{name}"))?.map(|head| head.commit),
        None => None,
    };
    match (fetched, known(database, event.base.as_deref())?) {
        (Some(fetched), Some(told)) if database.is_ancestor(fetched, told)? => Ok(told),
        (Some(fetched), _) => Ok(fetched),
        (None, Some(told)) => Ok(told),
        (None, None) => Err(lost("the branch that is merged into").into()),
    }
}

/// Whether `origin` is the repository that the event is of: what a fork calls `main` is its owner's.
pub fn is_origin(database: &Database, event: &Event) -> bool {
    let (Some(url), Some(repository)) = (database.origin(), &event.repository) else { return false };
    let Some((host, path)) = address(&url) else { return false };
    let server = host::variable("GITHUB_SERVER_URL").or_else(|| host::variable("CI_SERVER_URL"));
    let of_server = server.as_deref().and_then(address).is_none_or(|(server, _)| server.eq_ignore_ascii_case(host));
    of_server && path.eq_ignore_ascii_case(repository)
}

/// The host and the path of the address of a repository: `https://user@host:1/owner/name.git`, or `user@host:owner/name`.
fn address(url: &str) -> Option<(&str, &str)> {
    let (host, path) = match url.split_once("://") {
        Some((_, rest)) => rest.split_once('/').unwrap_or((rest, "")),
        None => url.split_once(':')?,
    };
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let host = host.split(':').next().unwrap_or(host);
    let path = path.trim_matches('/');
    Some((host, path.strip_suffix(".git").unwrap_or(path)))
}

/// The one commit that both have in common. Of several, whoever writes a branch could choose what it is compared with.
fn common(database: &Database, one: ObjectId, other: ObjectId) -> Result<ObjectId, Stop> {
    match database.merge_bases(one, other)?.as_slice() {
        [base] => Ok(*base),
        [] => Err(Failure::new(codes::GIT, "what is judged and what it goes into have no commit in common").into()),
        _ => {
            let message =
                "what is judged and what it goes into were merged crosswise, so nobody can say what it changes";
            Err(Failure::new(codes::GIT, message).help("merge what it goes into, and judge again").into())
        }
    }
}

fn checked_out(database: &Database) -> Result<ObjectId, Stop> {
    let head = database.checked_out()?.map(|head| head.commit);
    head.ok_or_else(|| Failure::new(codes::GIT, "nothing is committed here yet").help("commit the policies").into())
}

/// A commit that the event names, and that must be here.
fn known(database: &Database, sha: Option<&str>) -> Result<Option<ObjectId>, Stop> {
    let Some(sha) = sha else { return Ok(None) };
    let id = ObjectId::parse(sha)
        .ok_or_else(|| Failure::new(codes::BAD_FORGE_FACTS, format!("`{sha}` is no commit that can be read here")))?;
    if database.has(id) {
        return Ok(Some(id));
    }
    let message = format!("the event names the commit {}, which is not in this clone", id.short());
    let help = "check out with `fetch-depth: 0` (GitHub) or `GIT_DEPTH: 0` (GitLab); after a forced push name another commit \
                with --base";
    Err(Failure::new(codes::INCOMPLETE_HISTORY, message).help(help).into())
}

fn lost(what: &str) -> Failure {
    Failure::new(codes::BAD_FORGE_FACTS, format!("nobody says what {what} is"))
        .help("fetch it as `origin`, or name the sides with --base and --head")
}
