//! Commits that policyc makes. No hook runs; references move only from where they were seen.

use std::path::Path;

use git2::build::TreeUpdateBuilder;
use git2::{FileMode, IndexEntry, IndexTime, Signature};

use super::{Commit, Database, ObjectId, failure};
use crate::diag::{Failure, codes};

/// A file as a commit is to have it; without text it is removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileEdit {
    /// The path from the policy repository's root, with `/`.
    pub path: String,
    /// What it holds.
    pub text: Option<String>,
}

impl Database {
    /// Makes a commit that follows another and differs from it by some files. No reference leads to it yet.
    ///
    /// # Errors
    /// When nobody is named who commits, or it cannot be written.
    pub fn commit_over(&self, parent: ObjectId, edits: &[FileEdit], message: &str) -> Result<ObjectId, Failure> {
        let failed = |error: git2::Error| failure("the commit cannot be written", &error);
        let (author, committer) = self.signatures()?;
        let parent = parent.git().and_then(|oid| self.repository.find_commit(oid)).map_err(failed)?;
        let old = parent.tree().map_err(failed)?;
        let mut update = TreeUpdateBuilder::new();
        for edit in edits {
            let path = self.prefix.join(&edit.path);
            match &edit.text {
                Some(text) => {
                    let mode = match old.get_path(&path).map(|entry| entry.filemode()) {
                        Ok(0o100_755) => FileMode::BlobExecutable,
                        _ => FileMode::Blob,
                    };
                    let blob = self.repository.blob(text.as_bytes()).map_err(failed)?;
                    update.upsert(path, blob, mode);
                }
                None => drop(update.remove(path)),
            }
        }
        let tree = update.create_updated(&self.repository, &old).map_err(failed)?;
        let tree = self.repository.find_tree(tree).map_err(failed)?;
        let made = self.repository.commit(None, &author, &committer, message, &tree, &[&parent]);
        made.and_then(ObjectId::try_from).map_err(failed)
    }

    /// The object that a file of the work tree is kept as: with the line ends that Git is set up for. No program runs for it.
    ///
    /// # Errors
    /// When it cannot be read, or kept.
    pub fn kept(&self, path: &str) -> Result<ObjectId, Failure> {
        let kept = self.repository.blob_path(&self.work_folder().join(path)).and_then(ObjectId::try_from);
        kept.map_err(|error| failure(&format!("`{path}` cannot be kept"), &error))
    }

    /// Who would commit.
    ///
    /// # Errors
    /// When nobody is named.
    pub fn committer(&self) -> Result<super::Person, Failure> {
        let (_, committer) = self.signatures()?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let time = committer.when().seconds();
        Ok(super::Person { name: text(committer.name_bytes()), email: text(committer.email_bytes()), time })
    }

    /// A value of Git's configuration; of one that is given twice the last.
    #[must_use]
    pub fn configured(&self, key: &str) -> Option<String> {
        let config = self.repository.config().ok()?.snapshot().ok()?;
        config.get_string(key).ok().filter(|value| !value.is_empty())
    }

    pub(super) fn signatures(&self) -> Result<(Signature<'static>, Signature<'static>), Failure> {
        let found =
            self.repository.author_from_env().and_then(|author| Ok((author, self.repository.committer_from_env()?)));
        found.map_err(|error| {
            Failure::new(codes::GIT, format!("nobody is named who commits: {}", error.message()))
                .help("set `git config user.name` and `git config user.email`")
        })
    }

    /// The full name of a branch that is not there yet.
    ///
    /// # Errors
    /// When there is one of this name, or the name is none for a branch.
    pub fn free_branch(&self, name: &str) -> Result<String, Failure> {
        let reference = format!("refs/heads/{name}");
        if !git2::Branch::name_is_valid(name).unwrap_or(false) {
            let message = format!("`{name}` is no name for a branch");
            return Err(Failure::new(codes::NO_BRANCH, message).help("use letters, digits, `-`, `_`, `.` and `/`"));
        }
        if self.head_of(&reference)?.is_some() {
            let message = format!("there is a branch `{name}` already");
            return Err(Failure::new(codes::WOULD_OVERWRITE, message).help("give another name with --draft NAME"));
        }
        Ok(reference)
    }

    /// Moves a branch from one commit to another; refused where it is no longer at the first.
    ///
    /// # Errors
    /// When somebody else moved it.
    pub fn move_branch(&self, reference: &str, from: ObjectId, to: ObjectId, why: &str) -> Result<(), Failure> {
        let moved =
            from.git().and_then(|from| self.repository.reference_matching(reference, to.git()?, true, from, why));
        match moved {
            Ok(_) => Ok(()),
            Err(error) if error.code() == git2::ErrorCode::Modified => Err(super::moving::moved_meanwhile(reference)),
            Err(error) => Err(failure(&format!("`{reference}` cannot be moved"), &error)),
        }
    }

    /// Whether the index has a path as a commit has it.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn staged_as(&self, path: &str, commit: &Commit) -> Result<bool, Failure> {
        let index = self.repository.index().map_err(|error| failure("the Git index cannot be read", &error))?;
        let staged = index.get_path(&self.prefix.join(path), 0).and_then(|entry| ObjectId::try_from(entry.id).ok());
        Ok(staged == self.at(commit.id, path)?)
    }

    /// Puts files into the index as a commit has them.
    ///
    /// # Errors
    /// When the index cannot be written.
    pub fn stage(&self, edits: &[FileEdit], commit: ObjectId) -> Result<(), Failure> {
        let failed = |error: git2::Error| failure("the Git index cannot be written", &error);
        let mut index = self.repository.index().map_err(failed)?;
        let tree = commit.git().and_then(|oid| self.repository.find_commit(oid)?.tree()).map_err(failed)?;
        for edit in edits {
            let path = self.prefix.join(&edit.path);
            match tree.get_path(&path) {
                Ok(entry) => index.add(&index_entry(&path, &entry, edit)).map_err(failed)?,
                // It may be out of the index already, by an earlier call that was interrupted.
                Err(_) if index.get_path(&path, 0).is_none() => {}
                Err(_) => index.remove(&path, 0).map_err(failed)?,
            }
        }
        index.write().map_err(failed)
    }
}

/// An entry whose times are unknown, so that Git looks at the file itself.
fn index_entry(path: &Path, entry: &git2::TreeEntry<'_>, edit: &FileEdit) -> IndexEntry {
    let never = IndexTime::new(0, 0);
    let path = path.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
    IndexEntry {
        ctime: never,
        mtime: never,
        dev: 0,
        ino: 0,
        mode: u32::try_from(entry.filemode()).unwrap_or(0o100_644),
        uid: 0,
        gid: 0,
        file_size: edit.text.as_ref().and_then(|text| u32::try_from(text.len()).ok()).unwrap_or(0),
        id: entry.id(),
        flags: 0,
        flags_extended: 0,
        path: path.into_bytes(),
    }
}
