//! Where versions are live: what the locks of environments pin on the protected branch.

use crate::diag::Failure;
use crate::git::{Database, Interest, ObjectId};
use crate::model::DocumentId;
use crate::source::Content;
use crate::text::{Digest, distinct};
use crate::written::Lock;

/// The locks of a commit.
#[derive(Debug, Clone, Default)]
pub struct Live {
    locks: Vec<Lock>,
    /// The locks that cannot be read: nobody can say what is live there.
    pub unreadable: Vec<String>,
}

impl Live {
    /// Reads the locks of a commit. Whether they follow from each other is not looked at.
    ///
    /// # Errors
    /// When an object is not there.
    pub fn read(database: &Database, commit: ObjectId) -> Result<Self, Failure> {
        let interest = Interest(vec!["environments".to_owned()]);
        let mut live = Self::default();
        for file in database.changes(None, Some(commit), &interest)? {
            let name = file.path.strip_prefix("environments/").and_then(|name| name.strip_suffix(".lock.json"));
            let (Some(name), Some(entry)) = (name, file.after) else { continue };
            let content = if entry.plain { database.content(entry.id)? } else { Content::Link };
            match lock(&content).filter(|lock| lock.environment == name) {
                Some(lock) => live.locks.push(lock),
                None => live.unreadable.push(file.path),
            }
        }
        Ok(live)
    }

    /// The environments that pin a version of this number and digest, sorted.
    #[must_use]
    pub fn pinning(&self, id: &DocumentId, number: u64, digest: Digest) -> Vec<String> {
        let pins = |lock: &&Lock| {
            let pin = lock.documents.get(id.as_str());
            pin.is_some_and(|pin| pin.version == number && pin.source_digest == digest.to_string())
        };
        self.locks.iter().filter(pins).map(|lock| lock.environment.clone()).collect()
    }
}

fn lock(content: &Content) -> Option<Lock> {
    let Content::Text(text) = content else { return None };
    distinct(text).and_then(serde_json::from_value::<Lock>).ok().filter(|lock| lock.schema == "policyc.lock/v1")
}
