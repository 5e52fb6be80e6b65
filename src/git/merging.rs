//! Merges that policyc makes: in memory first, as commits without a reference.

use super::{Database, ObjectId, failure};
use crate::diag::{Failure, codes};

/// What came of a merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Merged {
    /// A commit that has both as parents.
    Commit(ObjectId),
    /// Both sides changed the same places of these files, from the top of the Git repository.
    Conflicts(Vec<String>),
}

impl Database {
    /// Merges a commit into another, with a commit as the result; no reference leads to it yet.
    ///
    /// # Errors
    /// When a commit is not there, nobody is named who commits, or it cannot be written.
    pub fn merge(&self, into: ObjectId, other: ObjectId, message: &str) -> Result<Merged, Failure> {
        let failed = |error: git2::Error| failure("the two cannot be merged", &error);
        let find = |id: ObjectId| id.git().and_then(|oid| self.repository.find_commit(oid)).map_err(failed);
        let (ours, theirs) = (find(into)?, find(other)?);
        // Both sides have to keep what the other changed, so nothing is guessed where they overlap.
        let mut index = match self.repository.merge_commits(&ours, &theirs, None) {
            Ok(index) => index,
            Err(error) if error.code() == git2::ErrorCode::MergeConflict => {
                return Ok(Merged::Conflicts(Vec::new()));
            }
            Err(error) => return Err(failed(error)),
        };
        if index.has_conflicts() {
            return Ok(Merged::Conflicts(conflicts(&index)?));
        }
        let tree = index.write_tree_to(&self.repository).map_err(failed)?;
        let tree = self.repository.find_tree(tree).map_err(failed)?;
        let (author, committer) = self.signatures()?;
        let made = self.repository.commit(None, &author, &committer, message, &tree, &[&ours, &theirs]);
        made.and_then(ObjectId::try_from).map(Merged::Commit).map_err(failed)
    }
}

fn conflicts(index: &git2::Index) -> Result<Vec<String>, Failure> {
    let failed = |error: git2::Error| failure("the conflicts cannot be read", &error);
    let mut paths = Vec::new();
    for conflict in index.conflicts().map_err(failed)? {
        let conflict = conflict.map_err(failed)?;
        let entry = conflict.our.or(conflict.their).or(conflict.ancestor);
        paths.extend(entry.map(|entry| String::from_utf8_lossy(&entry.path).into_owned()));
    }
    paths.sort();
    paths.dedup();
    Ok(paths)
}

impl Merged {
    /// The commit.
    ///
    /// # Errors
    /// When there are conflicts.
    pub fn commit(self, what: &str) -> Result<ObjectId, Failure> {
        match self {
            Self::Commit(commit) => Ok(commit),
            Self::Conflicts(paths) => {
                let names: Vec<String> = paths.iter().take(5).map(|path| format!("`{path}`")).collect();
                let message = format!("{what} cannot be merged: both sides changed {}", names.join(", "));
                Err(Failure::new(codes::CONFLICT, message)
                    .help("merge the protected branch into the draft by hand, and submit it again"))
            }
        }
    }
}
