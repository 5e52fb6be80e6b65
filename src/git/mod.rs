//! Beside the pipeline: what Git knows. It knows no policy.
//!
//! Repository configuration that runs programs (hooks, filters, fsmonitor) is never consulted: libgit2 runs
//! none of it for what is asked here.

mod branch;
mod chain;
mod commit;
mod database;
mod folders;
mod id;
mod merging;
mod moving;
mod notes;
mod side;
mod tree;
mod whole;
mod write;

use std::path::{Path, PathBuf};

use git2::Repository;

use crate::diag::{Failure, codes};
pub use branch::{Head, Protected};
pub use chain::{Chain, Link, Step};
pub use commit::{Commit, Person};
pub use database::{Database, Place};
pub use folders::{Change, Entry, Interest};
pub use id::ObjectId;
pub use merging::Merged;
pub use notes::NOTES;
pub use side::BranchSide;
pub use tree::GitTree;
pub use write::FileEdit;

/// The Git repository around a folder; `None` where there is none.
///
/// # Errors
/// When there is one and it cannot be opened.
pub fn discover(folder: &Path) -> Result<Option<Repository>, Failure> {
    // What Git tracks is never called `.git`. A folder that only looks like a bare repository may be a part of a commit, and
    // is one only where nothing around it is.
    let full = folder.canonicalize().ok();
    let around = full.iter().flat_map(|full| full.ancestors()).find(|folder| folder.join(".git").exists());
    let named = full.as_ref().is_some_and(|full| full.extension().is_some_and(|ending| ending == "git"));
    let found = match around.filter(|_| !named) {
        Some(around) => Repository::open(around),
        None => Repository::discover(folder),
    };
    match found {
        Ok(repository) => Ok(Some(repository)),
        Err(error) if error.code() == git2::ErrorCode::NotFound => Ok(None),
        Err(error) => Err(failure("the Git repository cannot be opened", &error)),
    }
}

/// The committer time of HEAD in Unix seconds; `None` where there is no commit.
#[must_use]
pub fn head_time(repository: &Repository) -> Option<i64> {
    let commit = repository.head().ok()?.peel_to_commit().ok()?;
    Some(commit.committer().when().seconds())
}

/// Which paths, from `folder`, the index of the repository around it holds.
///
/// # Errors
/// When the index cannot be read.
pub fn tracked(repository: &Repository, folder: &Path, paths: &[&str]) -> Result<Option<Vec<bool>>, Failure> {
    let Some(prefix) = prefix(repository, folder) else { return Ok(None) };
    let index = repository.index().map_err(|error| failure("the Git index cannot be read", &error))?;
    // In a conflict there are several of a file, and none at stage 0.
    let holds = |path: &&str| (0..=3).any(|stage| index.get_path(&prefix.join(path), stage).is_some());
    Ok(Some(paths.iter().map(holds).collect()))
}

/// The folder in which the repository around a folder keeps its own files.
#[must_use]
pub fn folder_of(folder: &Path) -> Option<PathBuf> {
    discover(folder).ok().flatten()?.path().canonicalize().ok()
}

/// The way from the top of the work tree around a folder to it, with `/` at its end; empty at the top and outside Git.
#[must_use]
pub fn prefix_of(folder: &Path) -> String {
    let repository = discover(folder).ok().flatten();
    let below = repository.and_then(|repository| prefix(&repository, folder)).unwrap_or_default();
    let parts: Vec<_> = below.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    if parts.is_empty() { String::new() } else { format!("{}/", parts.join("/")) }
}

/// The way from the top of the work tree to a folder; `None` for a bare repository or a folder outside.
fn prefix(repository: &Repository, folder: &Path) -> Option<PathBuf> {
    let top = repository.workdir()?.canonicalize().ok()?;
    folder.canonicalize().ok()?.strip_prefix(top).ok().map(Path::to_path_buf)
}

fn failure(what: &str, error: &git2::Error) -> Failure {
    if let Some(kind) = unsupported(error.message()) {
        let message = format!("this repository keeps {kind}, which cannot be read yet");
        return Failure::new(codes::UNSUPPORTED_REPOSITORY, message)
            .help("convert it or a clone of it: SHA-1 objects, references as files and a full index are read");
    }
    let found = Failure::new(codes::GIT, format!("{what}: {}", error.message()));
    match error.code() {
        git2::ErrorCode::Owner => {
            found.help("the repository belongs to another user; add it to safe.directory if you trust it")
        }
        git2::ErrorCode::Locked => found
            .help("another git is at work, or one was killed: if none is, remove `.git/index.lock` or what is named"),
        _ => found,
    }
}

/// What a repository is made of that libgit2 does not know, from what it says when it opens one.
fn unsupported(message: &str) -> Option<&'static str> {
    let message = message.to_ascii_lowercase();
    let about = |word: &str| message.contains(word);
    if about("objectformat") || about("object format") || about("sha256") {
        return Some("SHA-256 objects");
    }
    if about("refstorage") || about("reftable") {
        return Some("its references as a reftable");
    }
    if about("sdir") {
        return Some("a sparse index");
    }
    about("unsupported extension").then_some("an extension of Git")
}
