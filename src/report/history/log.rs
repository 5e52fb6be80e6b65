use schemars::JsonSchema;
use serde::Serialize;

use super::{day, moment};
use crate::git::Commit;
use crate::lifecycle::{Event, Governed};
use crate::report::table::aligned;
use crate::report::visible_line;

/// What happened on the protected branch, the newest first.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "policyc log")]
pub struct LogPage {
    /// The events of this page.
    pub data: Vec<LogEvent>,
    /// How many there are on all pages.
    pub count: usize,
}

/// One event: of a document, or of a file that governs.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct LogEvent {
    /// added, changed, removed or broken.
    pub event: String,
    /// policy, rule, exception or suite; settings, catalog, identities, environment or lock; null where it cannot be told.
    pub kind: Option<String>,
    /// The document; null for a file that governs.
    pub policy_id: Option<String>,
    /// The number of the version that it became.
    pub version_number: Option<u64>,
    /// The digest of what was written.
    pub source_digest: Option<String>,
    /// The files concerned.
    pub files: Vec<String>,
    /// The commit.
    pub commit: String,
    /// The author of the commit, as Git has it.
    pub author: String,
    /// When the commit was made (RFC 3339), as Git has it; orders nothing.
    pub created_at: String,
    /// The first line of its message.
    pub message: String,
}

/// An event of either sort.
pub enum Entry<'a> {
    /// Of a document.
    Document(&'a Event),
    /// Of a file that governs.
    Governed(&'a Governed),
}

impl LogEvent {
    /// One event at its commit.
    #[must_use]
    pub fn of(entry: &Entry<'_>, commit: &Commit) -> Self {
        let (event, kind, files) = match entry {
            Entry::Document(event) => {
                (event.change, event.kind.map(|kind| kind.as_str().to_owned()), event.paths.clone())
            }
            Entry::Governed(governed) => {
                (governed.change, Some(governing(&governed.path)), vec![governed.path.clone()])
            }
        };
        let document = match entry {
            Entry::Document(event) => Some(event),
            Entry::Governed(_) => None,
        };
        Self {
            event: event.as_str().to_owned(),
            kind,
            policy_id: document.map(|event| event.id.to_string()),
            version_number: document.and_then(|event| event.number),
            source_digest: document.and_then(|event| event.digest()).map(|digest| digest.to_string()),
            files,
            commit: commit.id.to_string(),
            author: crate::lifecycle::account(&commit.author),
            created_at: moment(commit.committer.time),
            message: commit.subject().to_owned(),
        }
    }
}

/// What a file that governs is.
fn governing(path: &str) -> String {
    let word = match path {
        crate::source::SETTINGS => "settings",
        "catalog.yaml" => "catalog",
        "identities.yaml" => "identities",
        path if path.ends_with(".lock.json") => "lock",
        path if path.ends_with(".revoked.json") => "revocations",
        _ => "environment",
    };
    word.to_owned()
}

/// The events for people: one paragraph a commit.
#[must_use]
pub fn log_human(page: &LogPage, skipped: usize) -> String {
    let mut text = String::new();
    let mut rest = page.data.as_slice();
    while let Some(first) = rest.first() {
        let len = rest.iter().take_while(|event| event.commit == first.commit).count();
        let (own, others) = rest.split_at(len);
        let short: String = first.commit.chars().take(8).collect();
        text.push_str(&visible_line(&format!(
            "{short} {} {}: {}",
            day(&first.created_at),
            first.author,
            first.message
        )));
        text.push('\n');
        text.push_str(&aligned(&own.iter().map(row).collect::<Vec<_>>()));
        text.push('\n');
        rest = others;
    }
    text.push_str(&format!("{} of {} events", page.data.len(), page.count));
    if skipped + page.data.len() < page.count {
        text.push_str(&format!("; more with --skip {}", skipped + page.data.len()));
    }
    text.push('\n');
    text
}

fn row(event: &LogEvent) -> Vec<String> {
    let name = match (&event.policy_id, event.version_number) {
        (Some(id), Some(number)) => format!("{id}@{number}"),
        (Some(id), None) => id.clone(),
        (None, _) => event.files.join(", "),
    };
    let kind = event.kind.clone().unwrap_or_default();
    let files = if event.policy_id.is_some() { event.files.join(", ") } else { String::new() };
    vec!["   ".to_owned(), event.event.clone(), kind, visible_line(&name), visible_line(&files)]
}
