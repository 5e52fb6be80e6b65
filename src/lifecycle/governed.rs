//! What governs beside the documents: settings, catalog, identities, environments and their locks. A change to it has no
//! number, and is always told.

use std::collections::BTreeMap;

use super::event::Change;
use super::history::GOVERNING;
use super::reading::{Reading, Readings};
use crate::git::{self, Entry, ObjectId};
use crate::source::document_format;
use crate::text::Digest;

/// What happened to a file that governs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Governed {
    /// The rank of its commit on the protected branch, from 0 at the first commit.
    pub rank: usize,
    /// The commit.
    pub commit: ObjectId,
    /// The file.
    pub path: String,
    /// What happened to it.
    pub change: Change,
}

/// What a file that governs says.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Says {
    /// Documents with these digests.
    Values(Vec<Digest>),
    /// Nobody can tell.
    Unreadable(ObjectId),
}

/// The files that govern, one commit after the other.
#[derive(Debug, Default)]
pub struct GovernedFold(BTreeMap<String, Says>);

impl GovernedFold {
    /// The files of a commit that is known already.
    pub fn of_known(files: &[git::Change], readings: &Readings) -> Self {
        let governing = files.iter().filter(|file| governs(&file.path));
        Self(governing.filter_map(|file| Some((file.path.clone(), says(&file.path, file.after?, readings)))).collect())
    }

    /// Takes the changes of one commit.
    pub fn take(&mut self, step: &git::Step, readings: &Readings) -> Vec<Governed> {
        let mut events = Vec::new();
        for file in step.changes.iter().filter(|change| governs(&change.path)) {
            let after = file.after.map(|entry| says(&file.path, entry, readings));
            let before = self.0.get(&file.path);
            let change = match (before, &after) {
                (before, after) if before == after.as_ref() => None,
                (_, None) => Some(Change::Removed),
                (_, Some(Says::Unreadable(_))) => Some(Change::Broken),
                (None, Some(_)) => Some(Change::Added),
                (Some(_), Some(_)) => Some(Change::Changed),
            };
            match after {
                Some(says) => drop(self.0.insert(file.path.clone(), says)),
                None => drop(self.0.remove(&file.path)),
            }
            let event = |change| Governed { rank: step.rank, commit: step.commit, path: file.path.clone(), change };
            events.extend(change.map(event));
        }
        events.sort_by(|a, b| a.path.cmp(&b.path));
        events
    }
}

fn governs(path: &str) -> bool {
    let below = |name: &str| path.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    GOVERNING.into_iter().any(below) && document_format(path).is_some()
}

fn says(path: &str, entry: Entry, readings: &Readings) -> Says {
    match readings.get(path, entry) {
        Reading::Documents(documents) => Says::Values(documents.iter().map(|held| held.digest).collect()),
        Reading::Unreadable => Says::Unreadable(entry.id),
    }
}
