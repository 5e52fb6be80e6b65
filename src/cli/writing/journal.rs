use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Move;
use crate::diag::Failure;
use crate::git::{Database, ObjectId};
use crate::host;

/// What a call is about to do to checked-out files, written down before it begins.
pub struct Journal(PathBuf);

/// A call that has not said that it ended.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Pending {
    /// The command.
    pub what: String,
    /// The branch.
    reference: String,
    /// Where it was.
    from: String,
    /// Where it was to go.
    to: String,
}

impl Journal {
    /// The journal of the work tree that a repository was opened by.
    pub fn of(top: &Database) -> Self {
        Self(top.own_folder().join("policyc-pending.json"))
    }

    /// Writes down a move of a branch that is checked out.
    pub fn write(&self, wanted: &Move<'_>) -> Result<(), Failure> {
        let Some(from) = wanted.from else { return Ok(()) };
        let pending = Pending {
            what: wanted.what.to_owned(),
            reference: wanted.reference.to_owned(),
            from: from.to_string(),
            to: wanted.to.to_string(),
        };
        host::write_whole(&self.0, serde_json::to_string(&pending).unwrap_or_default().as_bytes())
    }

    /// Says that it ended.
    pub fn close(&self) -> Result<(), Failure> {
        if host::exists(&self.0) { host::remove(&self.0) } else { Ok(()) }
    }

    /// The call that has not ended.
    pub fn pending(&self) -> Option<Pending> {
        serde_json::from_slice(&host::recall(&self.0)?).ok()
    }

    /// Settles what an interrupted call left; says in words what was found and done.
    pub fn settle(&self, top: &Database) -> Result<Option<String>, Failure> {
        if !host::exists(&self.0) {
            return Ok(None);
        }
        // It is written whole or not at all: what cannot be read is not ours, and says nothing about any file.
        let Some(pending) = self.pending() else {
            self.close()?;
            return Ok(None);
        };
        let words = settled(top, &pending)?;
        self.close()?;
        Ok(Some(words))
    }
}

fn settled(top: &Database, pending: &Pending) -> Result<String, Failure> {
    let Pending { what, reference, from, to } = pending;
    let (Some(from), Some(to)) = (ObjectId::parse(from), ObjectId::parse(to)) else {
        return Ok(format!("`policyc {what}` was interrupted before it changed anything"));
    };
    let now = top.head_of(reference)?.map(|head| head.commit);
    let checked_out = top.checked_out()?.map(|head| head.commit);
    if now == Some(from) && checked_out == Some(from) && top.has(to) {
        let left = top.take_files_back(from, to, from)?;
        let mut words = format!(
            "`policyc {what}` was interrupted before `{reference}` moved; the files are as they were, run it again"
        );
        if !left.is_empty() {
            words.push_str(&format!("; changed by somebody since, and left alone: {}", left.join(", ")));
        }
        return Ok(words);
    }
    let reached = match now {
        Some(now) => top.has(to) && top.is_ancestor(to, now)?,
        None => false,
    };
    Ok(if reached {
        format!("`policyc {what}` was interrupted after it had done everything")
    } else {
        format!("`policyc {what}` was interrupted, and `{reference}` has moved elsewhere since; look at `git status`")
    })
}
