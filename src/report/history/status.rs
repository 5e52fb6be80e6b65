use schemars::JsonSchema;
use serde::Serialize;

use crate::lifecycle::{Draft, State};
use crate::report::table::aligned;
use crate::report::visible_line;

/// What is live on the protected branch, and what is on its way to it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "policyc status")]
pub struct StatusReport {
    /// The protected branch.
    pub protected: ProtectedLine,
    /// The branch that is checked out; null where none is, or there is no work tree.
    pub checked_out: Option<String>,
    /// The documents that are there, by id.
    pub documents: Vec<ActiveLine>,
    /// How many versions are archived.
    pub archived: usize,
    /// What branches and the work tree have otherwise, by document and then by place; the work tree last.
    pub drafts: Vec<DraftLine>,
    /// What else is to be known.
    pub notes: Vec<String>,
}

/// The protected branch.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ProtectedLine {
    /// Its name.
    pub branch: String,
    /// The reference that was taken for it.
    pub reference: String,
    /// Where it stands.
    pub commit: String,
    /// How many commits it has, counted along first parents.
    pub commits: usize,
}

/// A document that is there.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ActiveLine {
    /// The document.
    pub policy_id: String,
    /// policy, rule, exception or suite; null where that cannot be told.
    pub kind: Option<String>,
    /// Always `active`.
    pub status: String,
    /// The number of its newest version; null where it never could be read.
    pub version_number: Option<u64>,
    /// The digest of what was written; null where it cannot be read now.
    pub source_digest: Option<String>,
    /// Whether nobody can say what it says now.
    pub broken: bool,
    /// Why.
    pub trouble: Option<String>,
    /// The file of the newest version.
    pub file: Option<String>,
    /// The environments in which the newest version is live.
    pub live_in: Vec<String>,
}

/// A document on its way.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DraftLine {
    /// The document.
    pub policy_id: String,
    /// draft or `in_review`.
    pub status: String,
    /// Whether nobody said that it is in review, and only the reference of a pull request looks like it.
    pub inferred: bool,
    /// The reference; null: the work tree.
    pub reference: Option<String>,
    /// The commit; null: the work tree.
    pub commit: Option<String>,
    /// added, changed, removed or broken: what was done there.
    pub change: String,
    /// The number of the version that it starts from; null: there was none.
    pub base_version: Option<u64>,
    /// The digest of what is written there.
    pub source_digest: Option<String>,
    /// The pull request.
    pub pr: Option<u64>,
    /// The author of the commit.
    pub author_id: Option<String>,
}

impl DraftLine {
    /// A draft as it is shown.
    #[must_use]
    pub fn of(draft: &Draft) -> Self {
        let digest = match draft.state {
            State::Sound(digest) => Some(digest.to_string()),
            State::Absent | State::Broken(_) => None,
        };
        Self {
            policy_id: draft.id.to_string(),
            status: draft.status.as_str().to_owned(),
            inferred: draft.inferred,
            reference: draft.reference.clone(),
            commit: draft.commit.map(|commit| commit.to_string()),
            change: draft.change.as_str().to_owned(),
            base_version: Some(draft.versions).filter(|versions| *versions > 0),
            source_digest: digest,
            pr: draft.pull,
            author_id: draft.author.clone(),
        }
    }

    /// Where it is, in words.
    fn place(&self) -> String {
        match &self.reference {
            None => "the work tree".to_owned(),
            Some(reference) => {
                let short =
                    ["refs/heads/", "refs/remotes/", "refs/"].iter().find_map(|prefix| reference.strip_prefix(prefix));
                short.unwrap_or(reference).to_owned()
            }
        }
    }
}

/// The report for people.
#[must_use]
pub fn status_human(report: &StatusReport) -> String {
    let protected = &report.protected;
    let short: String = protected.commit.chars().take(8).collect();
    let mut text = visible_line(&format!(
        "{} at {short}: {} active{}, {} archived, {} on their way",
        protected.branch,
        counted(report.documents.len(), "document"),
        match report.documents.iter().filter(|line| line.broken).count() {
            0 => String::new(),
            broken => format!(" ({broken} of them broken)"),
        },
        counted(report.archived, "version"),
        report.drafts.len(),
    ));
    text.push('\n');
    if !report.drafts.is_empty() {
        let mut rows = vec![["ON ITS WAY", "STATUS", "CHANGE", "WHERE", "FROM", "BY"].map(str::to_owned).to_vec()];
        rows.extend(report.drafts.iter().map(draft_row));
        text.push_str(&format!("\n{}", aligned(&rows)));
    }
    let mut rows = vec![["ACTIVE", "VERSION", "KIND", "LIVE IN", "FILE"].map(str::to_owned).to_vec()];
    rows.extend(report.documents.iter().map(active_row));
    if rows.len() > 1 {
        text.push_str(&format!("\n{}", aligned(&rows)));
    }
    for note in &report.notes {
        text.push_str(&format!("\nnote: {}\n", visible_line(note)));
    }
    text
}

fn counted(number: usize, noun: &str) -> String {
    crate::syntax::counted(number, noun)
}

fn draft_row(draft: &DraftLine) -> Vec<String> {
    let status = match (draft.status.as_str(), draft.pr) {
        ("in_review", Some(number)) if draft.inferred => format!("in review, it seems (#{number})"),
        ("in_review", Some(number)) => format!("in review (#{number})"),
        ("in_review", None) => "in review".to_owned(),
        (status, _) => status.to_owned(),
    };
    let from = draft.base_version.map_or_else(|| "-".to_owned(), |number| format!("{}@{number}", draft.policy_id));
    let by = draft.author_id.clone().unwrap_or_else(|| "-".to_owned());
    [draft.policy_id.clone(), status, draft.change.clone(), draft.place(), from, by]
        .map(|cell| visible_line(&cell))
        .to_vec()
}

fn active_row(line: &ActiveLine) -> Vec<String> {
    let version = line.version_number.map_or_else(|| "-".to_owned(), |number| number.to_string());
    let version = match &line.trouble {
        Some(trouble) => format!("{version}, broken since: {trouble}"),
        None => version,
    };
    let live = if line.live_in.is_empty() { "-".to_owned() } else { line.live_in.join(", ") };
    let kind = line.kind.clone().unwrap_or_else(|| "-".to_owned());
    let file = line.file.clone().unwrap_or_default();
    [line.policy_id.clone(), version, kind, live, file].map(|cell| visible_line(&cell)).to_vec()
}
