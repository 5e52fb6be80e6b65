use super::path;
use crate::diag::Failure;
use crate::git::{Database, Head, ObjectId};
use crate::lifecycle::History;
use crate::source::Content;

/// A commit of the protected branch that changed a lock.
#[derive(Debug, Clone)]
pub struct Change {
    /// The rank of the commit.
    pub rank: usize,
    /// The commit.
    pub commit: ObjectId,
    /// The text of the lock there; `None`: it is gone, or no text.
    pub text: Option<String>,
}

/// The commits of the protected branch that changed the lock of an environment, the oldest first.
///
/// # Errors
/// When an object is not there.
pub fn changes(database: &Database, history: &History, environment: &str) -> Result<Vec<Change>, Failure> {
    let path = path(environment);
    let mut found = Vec::new();
    for event in history.governed().iter().filter(|event| event.path == path) {
        let content = database.at(event.commit, &path)?.map(|id| database.content(id)).transpose()?;
        let text = match content {
            Some(Content::Text(text)) => Some(text.to_string()),
            _ => None,
        };
        found.push(Change { rank: event.rank, commit: event.commit, text });
    }
    Ok(found)
}

/// The branches that stop an environment where the protected branch takes no direct push.
///
/// # Errors
/// When the references cannot be read.
pub fn kill_branches(database: &Database, environment: &str) -> Result<Vec<Head>, Failure> {
    let mut heads = Vec::new();
    for pattern in ["refs/heads/kill-switch/*", "refs/remotes/*/kill-switch/*"] {
        let (found, _) = database.heads(pattern)?;
        let ending = format!("/kill-switch/{environment}");
        heads.extend(found.into_iter().filter(|head| head.reference.ends_with(&ending)));
    }
    Ok(heads)
}
