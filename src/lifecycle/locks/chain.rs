use super::path;
use crate::diag::Failure;
use crate::git::{Database, ObjectId};
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

/// A branch that stops an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KillBranch {
    /// Its full name.
    pub reference: String,
    /// Its commit; `None`: it leads to what is not in this clone, and stops all the same.
    pub commit: Option<ObjectId>,
}

/// The branches that stop an environment where the protected branch takes no direct push, sorted by name.
///
/// # Errors
/// When the references cannot be read.
pub fn kill_branches(database: &Database, environment: &str) -> Result<Vec<KillBranch>, Failure> {
    let mut found = Vec::new();
    for pattern in ["refs/heads/kill-switch/*", "refs/remotes/*/kill-switch/*"] {
        let ending = format!("/kill-switch/{environment}");
        let names = database.names(pattern)?.into_iter().filter(|name| name.ends_with(&ending));
        found.extend(names.map(|reference| {
            let commit = database.head_of(&reference).ok().flatten().map(|head| head.commit);
            KillBranch { reference, commit: commit.filter(|commit| database.has(*commit)) }
        }));
    }
    Ok(found)
}
