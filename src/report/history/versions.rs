use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::{day, moment};
use crate::lifecycle::approvals::{Judgement, Review, ReviewState};
use crate::lifecycle::{Change, Pull, State, Told};
use crate::report::table::aligned;
use crate::report::visible_line;

/// Events of documents on the protected branch, the newest first.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "policyc versions")]
pub struct VersionPage {
    /// The events of this page.
    pub data: Vec<VersionLine>,
    /// How many there are on all pages.
    pub count: usize,
}

/// One event of a document; with a number, a version.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct VersionLine {
    /// The name of the version, such as `pay@3`; null for a removal and for what cannot be read.
    pub id: Option<String>,
    /// The document.
    pub policy_id: String,
    /// policy, rule, exception or suite; null where that cannot be told.
    pub kind: Option<String>,
    /// The number, from 1; null for a removal and for what cannot be read.
    pub version_number: Option<u64>,
    /// added, changed, removed or broken.
    pub event: String,
    /// active or archived.
    pub status: String,
    /// Why nobody can say what the document says; null where that can be said.
    pub trouble: Option<String>,
    /// The canonical form; null where there is none.
    pub policy_data: Option<Value>,
    /// Which fields changed.
    pub change_summary: String,
    /// What the author says, in the first line of the commit.
    pub message: String,
    /// Who wrote it: a principal, else an account.
    pub author_id: String,
    /// Everybody who had a hand in it, sorted.
    pub contributors: Vec<String>,
    /// Who approved it, as far as that counts; null: nobody, or unknown.
    pub reviewer_id: Option<String>,
    /// When (RFC 3339).
    pub reviewed_at: Option<String>,
    /// How well the review is proven: attested, forge, recorded, claimed, none, or unknown where no record of reviews is
    /// at hand.
    pub evidence: String,
    /// All reviews that are known of, counted or not.
    pub reviews: Vec<ReviewLine>,
    /// When the commit was made (RFC 3339), as Git has it; orders nothing.
    pub created_at: String,
    /// The commit.
    pub commit: String,
    /// The file that holds it; null where none does.
    pub file: Option<String>,
    /// The digest of what was written.
    pub source_digest: Option<String>,
    /// The digest of what it means; null where it means nothing.
    pub canonical_digest: Option<String>,
    /// The pull request it came from.
    pub pr: Option<PullLine>,
    /// The number of the earlier version that it brings back.
    pub rollback_of: Option<u64>,
    /// The environments in which it is live.
    pub live_in: Vec<String>,
}

/// A pull request.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PullLine {
    /// Its number.
    pub number: u64,
    /// forge: the forge says so; ref: its own reference in this clone fits; claimed: the message says so; refuted: the
    /// message says so and it is not so.
    pub proof: String,
    /// Its page.
    pub url: Option<String>,
}

/// A review.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ReviewLine {
    /// Who.
    pub by: String,
    /// approved, `changes_requested`, commented, dismissed or pending.
    pub state: String,
    /// attested, forge, recorded, claimed or refuted.
    pub evidence: String,
    /// When (RFC 3339).
    pub at: Option<String>,
    /// Whether it counts.
    pub counts: bool,
    /// Why it does not.
    pub why_not: Option<String>,
}

impl PullLine {
    /// A pull request as it is shown.
    #[must_use]
    pub fn of(pull: &Pull) -> Self {
        Self { number: pull.number, proof: pull.proof.as_str().to_owned(), url: pull.url.clone() }
    }
}

/// One event, without reviews.
#[must_use]
pub fn version_line(told: &Told, live_in: Vec<String>) -> VersionLine {
    let (event, judgement) = (&told.event, &told.judgement);
    let after = told.version.as_ref().and_then(crate::lifecycle::Version::canonical);
    let before = told.before.as_ref().and_then(crate::lifecycle::Version::canonical);
    let trouble = match &event.state {
        State::Broken(trouble) => Some(trouble.why.in_words().to_owned()),
        State::Sound(_) if after.is_none() => Some("it was merged with errors and means nothing".to_owned()),
        State::Sound(_) | State::Absent => None,
    };
    VersionLine {
        id: event.number.map(|number| format!("{}@{number}", event.id)),
        policy_id: event.id.to_string(),
        kind: event.kind.map(|kind| kind.as_str().to_owned()),
        version_number: event.number,
        event: event.change.as_str().to_owned(),
        status: told.status.as_str().to_owned(),
        change_summary: match &event.state {
            State::Broken(_) => "Broken".to_owned(),
            State::Sound(_) if after.is_none() => "Merged with errors".to_owned(),
            State::Sound(_) if before.is_none() && event.change == Change::Changed => "Readable again".to_owned(),
            State::Sound(_) if event.change == Change::Changed && before == after => "Readable again".to_owned(),
            _ => crate::diff::summary(before.as_ref().map(|(value, _)| value), after.as_ref().map(|(value, _)| value)),
        },
        trouble,
        message: told.commit.subject().to_owned(),
        author_id: told.authors.author.clone(),
        contributors: told.authors.contributors.iter().cloned().collect(),
        reviewer_id: judgement.reviewer.clone(),
        reviewed_at: judgement.reviewed_at.map(|time| time.to_string()),
        evidence: evidence(judgement),
        reviews: judgement.reviews.iter().map(ReviewLine::of).collect(),
        created_at: moment(told.commit.committer.time),
        commit: event.commit.to_string(),
        file: event.place.as_ref().map(|(path, _)| path.clone()),
        source_digest: event.digest().map(|digest| digest.to_string()),
        canonical_digest: after.as_ref().map(|(_, digest)| digest.to_string()),
        policy_data: after.map(|(value, _)| value),
        pr: told.pull.as_ref().map(PullLine::of),
        rollback_of: told.brought_back,
        live_in,
    }
}

/// How well the best review is proven: of those that count, else of the approvals that are only known of.
fn evidence(judgement: &Judgement) -> String {
    let approvals = judgement.reviews.iter().filter(|review| review.state == ReviewState::Approved);
    let best = judgement.evidence.or_else(|| approvals.map(|review| review.evidence).max());
    match best {
        Some(proof) => proof.as_str().to_owned(),
        None if judgement.known => "none".to_owned(),
        None => "unknown".to_owned(),
    }
}

impl ReviewLine {
    /// A review as it is shown.
    #[must_use]
    pub fn of(review: &Review) -> Self {
        Self {
            by: review.by.clone(),
            state: review.state.as_str().to_owned(),
            evidence: review.evidence.as_str().to_owned(),
            at: review.at.map(|time| time.to_string()),
            counts: review.counts,
            why_not: review.why_not.clone(),
        }
    }
}

/// Events for people, the newest first.
#[must_use]
pub fn versions_human(lines: &[VersionLine], count: usize, skipped: usize) -> String {
    let head = ["VERSION", "STATUS", "DATE", "AUTHOR", "REVIEWER", "COMMIT", "CHANGE"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    rows.extend(lines.iter().map(row));
    let mut text = aligned(&rows);
    text.push_str(&format!("{} of {count}", lines.len()));
    if skipped + lines.len() < count {
        text.push_str(&format!("; more with --skip {}", skipped + lines.len()));
    }
    text.push('\n');
    text
}

fn row(line: &VersionLine) -> Vec<String> {
    let name = line.id.clone().unwrap_or_else(|| format!("{} ({})", line.policy_id, line.event));
    let said = |state: &str| line.reviews.iter().find(|review| review.state == state);
    let reviewer = match (&line.reviewer_id, said("changes_requested"), said("approved")) {
        (Some(reviewer), ..) => format!("{reviewer} ({})", line.evidence),
        (None, Some(review), _) => format!("{} wants changes ({})", review.by, review.evidence),
        (None, None, Some(review)) => format!("{} ({}, not counted)", review.by, review.evidence),
        (None, None, None) => line.evidence.clone(),
    };
    let mut status = line.status.clone();
    if !line.live_in.is_empty() {
        status.push_str(&format!(", live in {}", line.live_in.join(", ")));
    }
    let commit: String = line.commit.chars().take(8).collect();
    [name, status, day(&line.created_at), line.author_id.clone(), reviewer, commit, change(line)]
        .map(|cell| visible_line(&cell))
        .to_vec()
}

/// What changed, in one line.
fn change(line: &VersionLine) -> String {
    let back = line.rollback_of.map(|number| format!("; brings back version {number}")).unwrap_or_default();
    let pull = line.pr.as_ref().map(|pull| match pull.proof.as_str() {
        "forge" | "ref" => format!("; #{}", pull.number),
        proof => format!("; #{} ({proof})", pull.number),
    });
    match &line.trouble {
        Some(trouble) => trouble.clone(),
        None => format!("{}{back}{}", line.change_summary, pull.unwrap_or_default()),
    }
}
