//! Where versions are live: what the locks of environments pin on the protected branch.

use crate::model::DocumentId;
use crate::text::Digest;
use crate::written::{Lock, Pin};

/// The locks of all environments.
#[derive(Debug, Clone, Default)]
pub struct Live {
    /// Those that stood every check.
    pub locks: Vec<Lock>,
    /// The newest locks that are refused, by path: what was live before stays live, if anything was.
    pub refused: Vec<String>,
    /// The environments of which nobody can say here what is live, and why.
    pub untold: Vec<(String, String)>,
}

impl Live {
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
