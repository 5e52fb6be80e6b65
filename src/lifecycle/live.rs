//! Where versions are live: what the locks of environments pin on the protected branch.

use crate::model::DocumentId;
use crate::text::Digest;
use crate::written::{Lock, Pin};

/// The locks of all environments.
#[derive(Debug, Clone, Default)]
pub struct Live {
    locks: Vec<Lock>,
    /// The locks that are refused, by path: what was live before stays live, if anything was.
    pub unreadable: Vec<String>,
}

impl Live {
    /// Of locks that stood every check, and the environments of which nobody can say what is live.
    #[must_use]
    pub fn of(locks: Vec<Lock>, unreadable: Vec<String>) -> Self {
        Self { locks, unreadable }
    }

    /// The environments that pin a version of this number and digest, sorted.
    #[must_use]
    pub fn pinning(&self, id: &DocumentId, number: u64, digest: Digest) -> Vec<String> {
        let pins = |lock: &&Lock| {
            let is = |pin: Option<&Pin>| {
                pin.is_some_and(|pin| pin.version == number && pin.source_digest == digest.to_string())
            };
            let before = lock.rollout.as_ref().and_then(|rollout| rollout.before.documents.get(id.as_str()));
            is(lock.documents.get(id.as_str())) || is(before)
        };
        self.locks.iter().filter(pins).map(|lock| lock.environment.clone()).collect()
    }
}
