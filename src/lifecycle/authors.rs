//! Who wrote what a commit of the protected branch brought.

use std::collections::{BTreeSet, HashMap};

use super::event::{Event, State};
use super::principals::Principals;
use super::snapshots::Snapshots;
use super::trailers::Message;
use crate::diag::Failure;
use crate::git::{BranchSide, Commit, Database, Interest, ObjectId, Person};

/// The accounts behind a change. Git vouches for none of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authors {
    /// Who wrote it: on the branch side of a merge, else the author of the commit.
    pub author: String,
    /// Everybody who had a hand in it.
    pub contributors: BTreeSet<String>,
}

impl Authors {
    /// The people behind the accounts, as far as identities know them.
    #[must_use]
    pub fn of(&self, principals: &Principals) -> Self {
        let contributors = self.contributors.iter().map(|account| principals.of(account)).collect();
        Self { author: principals.of(&self.author), contributors }
    }
}

/// The account of a person of a commit: the address in lower case, else the name.
#[must_use]
pub fn account(person: &Person) -> String {
    if person.email.is_empty() { person.name.clone() } else { person.email.to_lowercase() }
}

/// What a commit of the protected branch brought, and who wrote it; the same for all of its events.
#[derive(Debug, Default)]
pub struct Brought {
    /// Whether it is a merge that brought anything.
    merge: bool,
    /// Everybody who had a hand in it, but for whoever merged.
    contributors: BTreeSet<String>,
    /// The author of the newest commit of the branch that touched a path.
    by_path: HashMap<String, (usize, String)>,
    /// The author of the newest commit of the branch that is no merge.
    newest: Option<String>,
}

impl Brought {
    /// Looks at a commit. `head` is the head of the pull request that it squashes, where that is proven.
    ///
    /// # Errors
    /// When an object is not there.
    pub fn by(
        database: &Database,
        commit: &Commit,
        head: Option<ObjectId>,
        interest: &Interest,
    ) -> Result<Self, Failure> {
        let side = database.branch_side(commit, head)?;
        let mut brought = Self { merge: commit.parents.len() > 1 && !side.commits.is_empty(), ..Self::default() };
        brought.contributors.extend(co_authors(&commit.message));
        for commit in &side.commits {
            brought.contributors.insert(account(&commit.author));
            brought.contributors.extend(co_authors(&commit.message));
        }
        if brought.merge {
            brought.walk(database, commit, &side, interest)?;
        }
        Ok(brought)
    }

    /// Everybody who had a hand in a commit; of one that is no merge, its author too.
    pub fn everybody(&self, commit: &Commit) -> BTreeSet<String> {
        let own = Some(account(&commit.author)).filter(|_| !self.merge);
        self.contributors.iter().cloned().chain(own).collect()
    }

    /// Follows first parents of each branch that was merged, the newest commit first.
    fn walk(
        &mut self,
        database: &Database,
        merge: &Commit,
        side: &BranchSide,
        interest: &Interest,
    ) -> Result<(), Failure> {
        let mut rank = 0;
        for parent in merge.parents.iter().skip(1) {
            let mut next = side.get(*parent);
            while let Some(commit) = next {
                if commit.parents.len() <= 1 {
                    let author = account(&commit.author);
                    for change in database.changes(commit.parents.first().copied(), Some(commit.id), interest)? {
                        self.by_path.entry(change.path).or_insert_with(|| (rank, author.clone()));
                    }
                    self.newest.get_or_insert(author);
                    rank += 1;
                }
                next = commit.parents.first().and_then(|parent| side.get(*parent));
            }
        }
        Ok(())
    }

    /// The author of the newest commit of the branch that touched one of the paths, else of the newest that is no merge.
    fn author(&self, paths: &[String]) -> Option<&String> {
        let touching = paths.iter().filter_map(|path| self.by_path.get(path)).min();
        touching.map(|(_, author)| author).or(self.newest.as_ref())
    }
}

/// Who is behind an event at a commit that brought something.
///
/// # Errors
/// When an object is not there.
pub fn authors(
    database: &Database,
    snapshots: &mut Snapshots,
    event: &Event,
    commit: &Commit,
    brought: &Brought,
) -> Result<Authors, Failure> {
    let own = account(&commit.author);
    let mut contributors = brought.contributors.clone();
    if !brought.merge || is_of_merger(database, snapshots, event, commit)? {
        contributors.insert(own.clone());
    }
    let author = brought.author(&event.paths).filter(|_| brought.merge).cloned().unwrap_or(own);
    Ok(Authors { author, contributors })
}

pub(super) fn co_authors(message: &str) -> impl Iterator<Item = String> {
    Message::read(message).co_authors.into_iter().map(|person| person.account().to_lowercase())
}

/// Whether a merge holds what no side of it had: then whoever merged wrote it.
fn is_of_merger(
    database: &Database,
    snapshots: &mut Snapshots,
    event: &Event,
    merge: &Commit,
) -> Result<bool, Failure> {
    let state = Some(&event.state).filter(|state| **state != State::Absent);
    for parent in merge.parents.iter().skip(1) {
        if snapshots.at(database, *parent)?.get(&event.id) == state {
            return Ok(false);
        }
    }
    Ok(true)
}
