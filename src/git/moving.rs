//! References and checked-out files: how they move, and only from where they were seen.

use std::path::{Path, PathBuf};

use git2::build::CheckoutBuilder;

use super::{Database, Head, ObjectId, failure};
use crate::diag::{Failure, codes};

impl Database {
    /// Moves a reference from one commit to another, makes it (`from` is `None`) or removes it (`to` is `None`): in one step,
    /// and refused where it is no longer at the first.
    ///
    /// # Errors
    /// When somebody else moved it, or it cannot be written.
    pub fn move_reference(
        &self,
        reference: &str,
        from: Option<ObjectId>,
        to: Option<ObjectId>,
        why: &str,
    ) -> Result<(), Failure> {
        let moved = match (from, to) {
            (Some(from), Some(to)) => return self.move_branch(reference, from, to, why),
            (None, None) => Ok(()),
            // Without `force` it is made only where there is none.
            (None, Some(to)) => to.git().and_then(|to| self.repository.reference(reference, to, false, why)).map(drop),
            (Some(from), None) => return self.drop_reference(reference, from),
        };
        match moved {
            Ok(()) => Ok(()),
            Err(error) if error.code() == git2::ErrorCode::Exists => Err(moved_meanwhile(reference)),
            Err(error) => Err(failure(&format!("`{reference}` cannot be made"), &error)),
        }
    }

    fn drop_reference(&self, reference: &str, from: ObjectId) -> Result<(), Failure> {
        let failed = |error: git2::Error| failure(&format!("`{reference}` cannot be removed"), &error);
        // A transaction holds the lock of the reference between the look at it and its end.
        let mut transaction = self.repository.transaction().map_err(failed)?;
        transaction.lock_ref(reference).map_err(failed)?;
        if self.head_of(reference)?.map(|head| head.commit) != Some(from) {
            return Err(moved_meanwhile(reference));
        }
        transaction.remove(reference).and_then(|()| transaction.commit()).map_err(failed)
    }

    /// Has HEAD name a branch that is at the commit that is checked out: no file changes.
    ///
    /// # Errors
    /// When the branch is elsewhere, or HEAD cannot be written.
    pub fn switch_in_place(&self, reference: &str) -> Result<(), Failure> {
        let (now, then) = (self.checked_out()?, self.head_of(reference)?);
        if now.as_ref().map(|head| head.commit) != then.as_ref().map(|head| head.commit) {
            let message = format!("`{reference}` is not at the commit that is checked out");
            return Err(Failure::new(codes::GIT, message).help("check it out with `git switch`"));
        }
        self.repository.set_head(reference).map_err(|error| failure("HEAD cannot be written", &error))
    }

    /// Whether a branch is checked out here.
    ///
    /// # Errors
    /// When HEAD cannot be read.
    pub fn is_checked_out(&self, reference: &str) -> Result<bool, Failure> {
        let head = self.checked_out()?;
        Ok(self.has_work_tree() && head.is_some_and(|head: Head| head.reference == reference))
    }

    /// The other work trees of the repository that have a branch checked out, by name.
    ///
    /// # Errors
    /// When they cannot be listed.
    pub fn elsewhere(&self, reference: &str) -> Result<Vec<String>, Failure> {
        let failed = |error: git2::Error| failure("the work trees cannot be listed", &error);
        let own = self.repository.path();
        let mut found = Vec::new();
        for name in &self.repository.worktrees().map_err(failed)? {
            let Ok(Some(name)) = name else { continue };
            // One that is gone, or cannot be opened, has no files that could fall behind.
            let Ok(other) = self.repository.find_worktree(name).and_then(|tree| git2::Repository::open(tree.path()))
            else {
                continue;
            };
            let same = other.path() == own;
            let at = other.head().ok().map(|head| head.name_bytes().to_vec());
            if !same && at.as_deref() == Some(reference.as_bytes()) {
                found.push(name.to_owned());
            }
        }
        Ok(found)
    }

    /// Brings the checked-out files and the index from the commit that HEAD names to another, before the branch moves there.
    /// Files with changes of their own refuse it before anything is written.
    ///
    /// # Errors
    /// When files stand in the way, with their names, or cannot be written.
    pub fn bring_files(&self, from: ObjectId, to: ObjectId) -> Result<(), Failure> {
        self.can_bring_files(from, to)?;
        let failed = |error: git2::Error| failure("the files cannot be brought up to date", &error);
        let (old, new) = (self.tree_of(from).map_err(failed)?, self.tree_of(to).map_err(failed)?);
        let mut options = CheckoutBuilder::new();
        // Only what the commit changes: what somebody has deleted or moved here meanwhile stays deleted and moved.
        options.safe().disable_pathspec_match(true);
        let paths = self.paths_between(&old, &new).map_err(failed)?;
        if paths.is_empty() {
            return Ok(());
        }
        for path in &paths {
            options.path(path);
        }
        match self.repository.checkout_tree(new.as_object(), Some(&mut options)) {
            Ok(()) => Ok(()),
            Err(error) if error.code() == git2::ErrorCode::Conflict => {
                let message = "files here stand in the way of what the commit brings";
                Err(Failure::new(codes::NOT_PLACED, message).help("commit, stash or move them, and run it again"))
            }
            Err(error) => Err(failed(error)),
        }
    }

    /// Takes back what an interrupted [`Self::bring_files`] has done: files that are as `to` has them become as `now` has them,
    /// where the branch is by now: `from`, unless somebody else moved it. Everything else stays; its names are answered.
    ///
    /// # Errors
    /// When files cannot be read or written.
    pub fn take_files_back(&self, from: ObjectId, to: ObjectId, now: ObjectId) -> Result<Vec<String>, Failure> {
        let failed = |error: git2::Error| failure("the files cannot be put back", &error);
        let (start, new) = (self.tree_of(from).map_err(failed)?, self.tree_of(to).map_err(failed)?);
        let old = self.tree_of(now).map_err(failed)?;
        let mut options = CheckoutBuilder::new();
        options.force().remove_untracked(true).recreate_missing(true).disable_pathspec_match(true);
        let (mut found, mut others) = (false, Vec::new());
        for path in self.paths_between(&start, &new).map_err(failed)? {
            let now = self.disk_is(&path, &new) || self.is_begun(&path, &new);
            let then = self.disk_is(&path, &old);
            match (then, now) {
                // As it was: at most the index is ahead.
                // Or as it is while it is being written.
                (true, _) | (_, true) => {
                    options.path(&path);
                    found = true;
                }
                _ => others.push(path.to_string_lossy().into_owned()),
            }
        }
        if found {
            self.repository.checkout_tree(old.as_object(), Some(&mut options)).map_err(failed)?;
        }
        Ok(others)
    }

    /// Whether the file on disk is the beginning of what a tree has there, or gone: a checkout that is interrupted leaves that.
    fn is_begun(&self, path: &Path, tree: &git2::Tree<'_>) -> bool {
        let Some(top) = self.repository.workdir() else { return false };
        let Some(wanted) = tree.get_path(path).ok().and_then(|entry| self.repository.find_blob(entry.id()).ok()) else {
            return false;
        };
        let file = top.join(path);
        if file.symlink_metadata().is_err() {
            return true;
        }
        let found = self.repository.blob_path(&file).and_then(|id| self.repository.find_blob(id));
        found.is_ok_and(|found| wanted.content().starts_with(found.content()))
    }

    fn tree_of(&self, id: ObjectId) -> Result<git2::Tree<'_>, git2::Error> {
        id.git().and_then(|oid| self.repository.find_commit(oid)?.tree())
    }

    /// The paths that two trees have otherwise, sorted.
    fn paths_between(&self, old: &git2::Tree<'_>, new: &git2::Tree<'_>) -> Result<Vec<PathBuf>, git2::Error> {
        let difference = self.repository.diff_tree_to_tree(Some(old), Some(new), None)?;
        let mut paths = Vec::new();
        for delta in difference.deltas() {
            paths.extend(delta.old_file().path().map(Path::to_path_buf));
            paths.extend(delta.new_file().path().map(Path::to_path_buf));
        }
        paths.sort();
        paths.dedup();
        Ok(paths)
    }

    /// Whether the file on disk is what a tree has there; nothing on both sides is.
    fn disk_is(&self, path: &Path, tree: &git2::Tree<'_>) -> bool {
        let Some(top) = self.repository.workdir() else { return false };
        let wanted = tree.get_path(path).ok().map(|entry| entry.id());
        // As Git would keep it, with the line ends that it would write.
        let mut differs = git2::DiffOptions::new();
        differs.pathspec(path).disable_pathspec_match(true).include_untracked(true).include_ignored(true);
        let there = top.join(path).symlink_metadata().is_ok();
        match (wanted, there) {
            (None, there) => !there,
            (Some(_), false) => false,
            (Some(_), true) => {
                let diff = self.repository.diff_tree_to_workdir(Some(tree), Some(&mut differs));
                diff.is_ok_and(|diff| diff.deltas().len() == 0)
            }
        }
    }

    /// Whether [`Self::bring_files`] would be refused, without writing anything.
    ///
    /// # Errors
    /// As [`Self::bring_files`].
    pub fn can_bring_files(&self, from: ObjectId, to: ObjectId) -> Result<(), Failure> {
        let failed = |error: git2::Error| failure("the files cannot be compared", &error);
        let (old, new) = (self.tree_of(from).map_err(failed)?, self.tree_of(to).map_err(failed)?);
        let paths = self.paths_between(&old, &new).map_err(failed)?;
        let mut dirty = Vec::new();
        for path in paths {
            let status = match self.repository.status_file(&path) {
                Ok(status) => status,
                // Neither HEAD nor the index nor the disk has it.
                Err(error) if error.code() == git2::ErrorCode::NotFound => continue,
                Err(error) => return Err(failed(error)),
            };
            if !status.is_empty() {
                dirty.push(format!("`{}`", path.display()));
            }
        }
        if dirty.is_empty() {
            return Ok(());
        }
        dirty.truncate(5);
        let message = format!("files here have changes that are not committed: {}", dirty.join(", "));
        Err(Failure::new(codes::NOT_PLACED, message).help("commit or stash them, and run it again"))
    }
}

/// That somebody else was faster.
pub(super) fn moved_meanwhile(reference: &str) -> Failure {
    let message = format!("`{reference}` was moved by somebody else meanwhile");
    Failure::new(codes::GIT, message).help("look at what came, and run the command again")
}
