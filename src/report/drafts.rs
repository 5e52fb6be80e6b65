//! Drafts, for people and for programs.

use schemars::JsonSchema;
use serde::Serialize;

use super::table::aligned;
use super::verdict::CiReport;
use super::visible_line;

/// Drafts.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "policyc drafts")]
pub struct DraftPage {
    /// Them, by the name of their branch.
    pub data: Vec<DraftEntry>,
    /// How many there are.
    pub count: usize,
}

/// A draft.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DraftEntry {
    /// What people call it.
    pub name: String,
    /// The full name of its branch.
    pub reference: String,
    /// Where that is.
    pub commit: String,
    /// `draft` or `in_review`.
    pub status: String,
    /// The author of its newest commit.
    pub author: Option<String>,
    /// What it does to documents: the id, then added, changed, removed or broken.
    pub documents: Vec<String>,
    /// The files that govern and that it changes.
    pub governing: Vec<String>,
}

/// A draft, and what merging it would do.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "policyc draft")]
pub struct DraftReport {
    /// Always `policyc.draft/v1`.
    pub schema: &'static str,
    /// The draft.
    pub draft: DraftEntry,
    /// The verdict on merging it now, as `policyc ci` gives it.
    pub verdict: CiReport,
}

/// Drafts for people.
#[must_use]
pub fn drafts_human(page: &DraftPage) -> String {
    if page.data.is_empty() {
        return "no drafts\n".to_owned();
    }
    let head = ["draft", "status", "commit", "author", "changes"].map(str::to_owned).to_vec();
    let row = |draft: &DraftEntry| {
        let changes = draft.documents.iter().chain(&draft.governing).cloned().collect::<Vec<_>>().join(", ");
        let commit = draft.commit.get(..8).unwrap_or_default();
        let author = draft.author.as_deref().unwrap_or("-");
        [&draft.name, &draft.status, commit, author, &changes].map(visible_line).to_vec()
    };
    aligned(&[head].into_iter().chain(page.data.iter().map(row)).collect::<Vec<_>>())
}

/// One draft for people.
#[must_use]
pub fn draft_human(draft: &DraftEntry) -> String {
    let mut text = format!("draft {}, {}, at {}\n", visible_line(&draft.name), draft.status, draft.commit);
    for change in draft.documents.iter().chain(&draft.governing) {
        text.push_str(&format!("  {}\n", visible_line(change)));
    }
    text.push('\n');
    text
}
