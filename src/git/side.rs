//! What a merge brought: the commits of the branches that were merged.

use git2::Sort;

use super::{Commit, Database, ObjectId, failure};
use crate::diag::Failure;

/// The commits that a merge brought, told apart from those that its first parent already had.
#[derive(Debug, Clone, Default)]
pub struct BranchSide {
    /// All of them, by name.
    pub commits: Vec<Commit>,
}

impl BranchSide {
    /// One of its commits.
    #[must_use]
    pub fn get(&self, id: ObjectId) -> Option<&Commit> {
        let at = self.commits.binary_search_by(|commit| commit.id.cmp(&id)).ok()?;
        self.commits.get(at)
    }
}

impl Database {
    /// The commits reachable from the other parents of a merge and not from its first; of a squash, those of the head of
    /// its pull request, where that is known. None for any other commit.
    ///
    /// # Errors
    /// When a commit is not there.
    pub fn branch_side(&self, commit: &Commit, head: Option<ObjectId>) -> Result<BranchSide, Failure> {
        let [first, others @ ..] = commit.parents.as_slice() else { return Ok(BranchSide::default()) };
        let others: Vec<ObjectId> = if others.is_empty() { head.into_iter().collect() } else { others.to_vec() };
        if others.is_empty() {
            return Ok(BranchSide::default());
        }
        Ok(BranchSide { commits: self.commits_between(*first, &others)? })
    }

    /// The commits that lead to `heads` and not to `base`, by name.
    ///
    /// # Errors
    /// When a commit is not there.
    pub fn commits_between(&self, base: ObjectId, heads: &[ObjectId]) -> Result<Vec<Commit>, Failure> {
        let failed = |error: git2::Error| failure("the commits of a branch cannot be walked", &error);
        let mut walk = self.repository.revwalk().map_err(failed)?;
        walk.set_sorting(Sort::TOPOLOGICAL).map_err(failed)?;
        for head in heads {
            head.git().and_then(|oid| walk.push(oid)).map_err(failed)?;
        }
        base.git().and_then(|oid| walk.hide(oid)).map_err(failed)?;
        let mut commits = Vec::new();
        for oid in walk {
            let id = oid.and_then(ObjectId::try_from).map_err(failed)?;
            commits.push(self.commit(id)?);
        }
        commits.sort_by_key(|commit| commit.id);
        Ok(commits)
    }

    /// Whether a commit is in this clone.
    #[must_use]
    pub fn has(&self, id: ObjectId) -> bool {
        id.git().is_ok_and(|oid| self.repository.find_commit(oid).is_ok())
    }

    /// Whether a commit's folder is what merging `branch` into `onto` gives. `None`: the two conflict, so that a person
    /// decided and nothing can be proven.
    ///
    /// # Errors
    /// When a commit is not there.
    pub fn is_merge_of(&self, commit: &Commit, onto: ObjectId, branch: ObjectId) -> Result<Option<bool>, Failure> {
        let failed = |error: git2::Error| failure("two commits cannot be merged for comparison", &error);
        // A repository of its own, whose new objects stay in memory: the clone is only read.
        let own = git2::Repository::open(self.repository.path()).map_err(failed)?;
        let objects = own.odb().map_err(failed)?;
        let _memory = objects.add_new_mempack_backend(1000).map_err(failed)?;
        let find = |id: ObjectId| id.git().and_then(|oid| own.find_commit(oid)).map_err(failed);
        let merged = own.merge_commits(&find(onto)?, &find(branch)?, None);
        let mut index = match merged {
            Ok(index) if index.has_conflicts() => return Ok(None),
            Ok(index) => index,
            Err(error) if error.code() == git2::ErrorCode::MergeConflict => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let tree = index.write_tree_to(&own).and_then(ObjectId::try_from).map_err(failed)?;
        Ok(Some(tree == commit.tree))
    }
}
