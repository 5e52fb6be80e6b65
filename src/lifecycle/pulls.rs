//! Which pull request a commit of the protected branch came from, and how well that is known.

use super::trailers::{ClaimedPull, Message};
use crate::diag::Failure;
use crate::forge::Facts;
use crate::git::{Commit, Database};

/// How well it is known that a commit came from a pull request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Proof {
    /// The forge says so.
    Forge,
    /// The pull request's own reference in this clone fits.
    Reference,
    /// The message says so, and nothing here can tell.
    Claimed,
    /// The message says so, and the pull request's own reference says that it is not so.
    Refuted,
}

impl Proof {
    /// The proof as one word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Forge => "forge",
            Self::Reference => "ref",
            Self::Claimed => "claimed",
            Self::Refuted => "refuted",
        }
    }
}

/// A pull request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pull {
    /// Its number.
    pub number: u64,
    /// How well it is known.
    pub proof: Proof,
    /// Its page, where the forge says.
    pub url: Option<String>,
    /// The commit that was reviewed and merged; `None`: not known.
    pub head: Option<String>,
}

/// The pull request of a commit: as the forge says, else as the message claims.
///
/// # Errors
/// When an object is not there.
pub fn of_commit(
    database: &Database,
    commit: &Commit,
    branch: &str,
    facts: Option<&Facts>,
) -> Result<Option<Pull>, Failure> {
    let name = commit.id.to_string();
    if let Some(merged) = facts.and_then(|facts| facts.merged_as(&name, branch).next()) {
        let url = Some(merged.url.clone()).filter(|url| !url.is_empty());
        return Ok(Some(Pull { number: merged.number, proof: Proof::Forge, url, head: merged.head.sha.clone() }));
    }
    claimed(database, commit)
}

/// What the message of a commit claims, held against the references of pull requests in this clone.
///
/// # Errors
/// When an object is not there.
fn claimed(database: &Database, commit: &Commit) -> Result<Option<Pull>, Failure> {
    let Some(claim) = Message::read(&commit.message).pulls.into_iter().next() else { return Ok(None) };
    let (number, reference) = match claim {
        ClaimedPull::GitHub(number) => (number, format!("refs/pull/{number}/head")),
        ClaimedPull::GitLab(number) => (number, format!("refs/merge-requests/{number}/head")),
    };
    // A reference to what is not there proves nothing.
    let head = database.head_of(&reference).ok().flatten().filter(|head| database.has(head.commit));
    let proof = match &head {
        None => Proof::Claimed,
        Some(head) => match commit.parents.as_slice() {
            [_, others @ ..] if !others.is_empty() => proven(others.contains(&head.commit)),
            // A squash has the folder that merging would have given.
            [first] => database.is_merge_of(commit, *first, head.commit)?.map_or(Proof::Claimed, proven),
            _ => Proof::Refuted,
        },
    };
    let head = head.filter(|_| proof == Proof::Reference).map(|head| head.commit.to_string());
    Ok(Some(Pull { number, proof, url: None, head }))
}

fn proven(fits: bool) -> Proof {
    if fits { Proof::Reference } else { Proof::Refuted }
}
