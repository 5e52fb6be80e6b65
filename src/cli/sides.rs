//! Sides as people name them: a revision, a tag or branch of another repository, the files as they are.

use std::path::{Path, PathBuf};

use super::Stop;
use super::session::{self, From, Session};
use crate::git;
use crate::model::Time;

/// The name of the files as they are.
pub const WORK_TREE: &str = "WORKTREE";

/// A side, loaded.
pub struct Loaded {
    /// What it is called in a report.
    pub name: String,
    /// What it is.
    pub session: Session,
}

/// Loads what a text names: a revision (`main`, `HEAD~2`, a hash), `.git#branch=main`, `.git#tag=v1` or `.git#ref=abc`, also
/// with the path of another repository, or `WORKTREE`.
///
/// # Errors
/// When the text names no side, or the world cannot answer.
pub fn open(here: &Path, text: &str, now: Option<Time>) -> Result<Loaded, Stop> {
    if text == WORK_TREE {
        let session = Session::open(here, &From { rev: None, now })?;
        return Ok(Loaded { name: "work tree".to_owned(), session });
    }
    let Some((repository, fragment)) = text.split_once('#') else {
        let session = Session::open(here, &From { rev: Some(text.to_owned()), now })?;
        return Ok(Loaded { name: text.to_owned(), session });
    };
    let from = From { rev: Some(revision(text, fragment)?), now };
    let session = match folder_of(here, repository) {
        None => Session::open(here, &from)?,
        Some(root) => Session::at(root, &from)?,
    };
    Ok(Loaded { name: text.to_owned(), session })
}

/// The revision that a fragment names, as buf writes it.
fn revision(text: &str, fragment: &str) -> Result<String, Stop> {
    match fragment.split_once('=') {
        Some((_, "")) | None => {}
        Some(("branch", name)) => return Ok(format!("refs/heads/{name}")),
        Some(("tag", name)) => return Ok(format!("refs/tags/{name}")),
        Some(("ref", name)) => return Ok(name.to_owned()),
        Some(_) => {}
    }
    Err(Stop::Usage(format!("`{text}`: behind the `#` stands branch=NAME, tag=NAME or ref=REVISION")))
}

/// The folder in which to look for the policies of a named repository; `None`: that around this folder.
fn folder_of(here: &Path, repository: &str) -> Option<PathBuf> {
    match repository.trim_end_matches('/') {
        "" | ".git" | "." => None,
        // The files of a work tree are beside its `.git`.
        path => Some(here.join(path.strip_suffix("/.git").unwrap_or(path))),
    }
}

/// The texts of both sides of a range: `BASE`, `BASE..HEAD`, `BASE...HEAD`, or nothing.
///
/// Without a base it is what the protected branch and HEAD have in common; without a head, the files as they are.
///
/// # Errors
/// When there is no such range, or the world cannot answer.
pub fn range(here: &Path, text: Option<&str>) -> Result<(String, String), Stop> {
    let text = text.unwrap_or_default();
    let (base, head, common) = match split(text) {
        None => (text, WORK_TREE, false),
        Some((base, "", common)) => (base, "HEAD", common),
        Some((base, head, common)) => (base, head, common),
    };
    if common {
        if [base, head].iter().any(|side| side.contains('#') || *side == WORK_TREE) {
            let message = "`A...B` is about revisions of this repository: what both have in common, against B";
            return Err(Stop::Usage(message.to_owned()));
        }
        let base = if base.is_empty() { "HEAD" } else { base };
        return Ok((git::merge_base(&session::root(here, true)?, base, head)?, head.to_owned()));
    }
    let base = if base.is_empty() { fork(here)? } else { base.to_owned() };
    Ok((base, head.to_owned()))
}

/// Both sides of `..` or `...`; those that are steps of a path (`../policies.git`) are none.
fn split(text: &str) -> Option<(&str, &str, bool)> {
    let of_path = |at: usize| {
        let (before, after) = (text.get(..at).unwrap_or_default(), text.get(at + 2..).unwrap_or_default());
        after.starts_with('/') || before.ends_with('/')
    };
    let at = text.match_indices("..").map(|(at, _)| at).find(|at| !of_path(*at))?;
    let (base, rest) = text.split_at_checked(at)?;
    let head = rest.strip_prefix("..")?;
    Some(match head.strip_prefix('.') {
        Some(head) => (base, head, true),
        None => (base, head, false),
    })
}

/// What the protected branch and HEAD have in common. Where only the remote has the branch, as in CI, that one counts.
fn fork(here: &Path) -> Result<String, Stop> {
    let session = Session::open(here, &From { rev: None, now: None })?;
    let branch = &session.compilation.settings.branch;
    let remote = format!("origin/{branch}");
    let known = git::exists(&session.root, branch) || !git::exists(&session.root, &remote);
    Ok(git::merge_base(&session.root, if known { branch } else { &remote }, "HEAD")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_taken_apart() {
        assert_eq!(split("main"), None);
        assert_eq!(split("main..HEAD~1"), Some(("main", "HEAD~1", false)));
        assert_eq!(split("main.."), Some(("main", "", false)));
        assert_eq!(split("main...topic"), Some(("main", "topic", true)));
        assert_eq!(split("../other.git#tag=v1"), None);
        assert_eq!(split("../other.git#tag=v1..WORKTREE"), Some(("../other.git#tag=v1", "WORKTREE", false)));
        assert_eq!(split("a/../b.git#ref=x..y"), Some(("a/../b.git#ref=x", "y", false)));
        assert_eq!(split("..topic"), Some(("", "topic", false)));
    }
}
