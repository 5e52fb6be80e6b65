//! Sides as people name them: a revision, a tag or branch of another repository, the files as they are.

use std::path::{Path, PathBuf};

use super::Stop;
use super::history::{self, Branch, Forge};
use super::session::{From, Session};
use crate::model::{Document, DocumentId, Time};

/// The name of the files as they are.
pub const WORK_TREE: &str = "WORKTREE";

/// A side, loaded.
pub struct Loaded {
    /// What it is called in a report.
    pub name: String,
    /// What it is.
    pub session: Session,
    /// How much of it was named.
    pub part: Part,
}

/// How much of a policy repository a side names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    Whole,
    /// One document.
    Document(DocumentId),
    /// What is live: what decides, without suites and without what governs.
    Deciding,
}

impl Loaded {
    fn whole(name: &str, session: Session) -> Self {
        Self { name: name.to_owned(), session, part: Part::Whole }
    }
}

/// Loads what a text names: a revision (`main`, `HEAD~2`, a hash), a version (`pay@3`), an environment
/// (`environment:production`), `.git#branch=main`, `.git#tag=v1` or `.git#ref=abc`, also with the path of another
/// repository, or `WORKTREE`.
///
/// # Errors
/// When the text names no side, or the world cannot answer.
pub fn open(here: &Path, text: &str, now: Option<Time>) -> Result<Loaded, Stop> {
    if text == WORK_TREE {
        return Ok(Loaded::whole("work tree", Session::open(here, &From { rev: None, now })?));
    }
    if let Some(name) = text.strip_prefix("environment:") {
        return environment(here, name, now);
    }
    if let Some((id, number)) = version_name(text) {
        return version(here, text, id, number, now);
    }
    let Some((repository, fragment)) = text.split_once('#') else {
        return Ok(Loaded::whole(text, Session::open(here, &From { rev: Some(text.to_owned()), now })?));
    };
    let from = From { rev: Some(revision(text, fragment)?), now };
    let session = match folder_of(here, repository) {
        None => Session::open(here, &from)?,
        Some(root) => Session::at(root, &from)?,
    };
    Ok(Loaded::whole(text, session))
}

/// An id and a number, of a text that names a version.
pub fn version_name(text: &str) -> Option<(&str, u64)> {
    let (id, number) = text.split_once('@')?;
    let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    DocumentId::parse(id)?;
    digits.then(|| number.parse().ok().map(|number| (id, number))).flatten()
}

/// One version of a document, among all that was merged with it.
fn version(here: &Path, text: &str, id: &str, number: u64, now: Option<Time>) -> Result<Loaded, Stop> {
    let opened = history::open(here, &Branch::default())?;
    let event = history::known_version(&opened.history, id, number)?;
    let session = Session::open(here, &From { rev: Some(event.commit.to_string()), now })?;
    Ok(Loaded { name: text.to_owned(), session, part: Part::Document(event.id.clone()) })
}

/// What is live in an environment.
fn environment(here: &Path, name: &str, now: Option<Time>) -> Result<Loaded, Stop> {
    let from = From { rev: None, now };
    let (mut session, _) = super::live::open_side(&Session::open(here, &from)?, name, &Forge::default())?;
    let compilation = &mut session.compilation;
    if let Some(bundle) = &compilation.bundle {
        let policies = bundle.policies.iter().cloned().map(Document::Policy);
        let rules = bundle.rules.iter().cloned().map(Document::Rule);
        let exceptions = bundle.exceptions.iter().cloned().map(Document::Exception);
        compilation.documents = policies.chain(rules).chain(exceptions).collect();
        compilation.documents.sort_by(|a, b| a.id().cmp(b.id()));
        compilation.catalog = Some(bundle.catalog.clone());
        compilation.settings.default_effect = Some(bundle.defaults.effect);
        compilation.settings.session_ttl = bundle.defaults.session_ttl;
    }
    Ok(Loaded { name: format!("environment {name}"), session, part: Part::Deciding })
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
        let other = |side: &&str| side.contains(['#', ':']) || *side == WORK_TREE || version_name(side).is_some();
        if [base, head].iter().any(other) {
            let message = "`A...B` is about revisions of this repository: what both have in common, against B";
            return Err(Stop::Usage(message.to_owned()));
        }
        let base = if base.is_empty() { "HEAD" } else { base };
        let (_, database) = history::database(here)?;
        return Ok((database.merge_base(base, head)?, head.to_owned()));
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

/// What the protected branch and HEAD have in common.
fn fork(here: &Path) -> Result<String, Stop> {
    let (root, database) = history::database(here)?;
    let protected = history::protected(&root, &database, &Branch::default())?;
    Ok(database.merge_base(&protected.tip.to_string(), "HEAD")?)
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
