//! Our own file of facts, `policyc.forge/v1`: what was fetched, in one form for every forge. policyc writes it, so whatever
//! is strange in it is refused rather than taken as saying less.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::Value;

use super::{Branch, Facts, Forge, Pull, PullState, Repository, Review, ReviewState};
use crate::written::{ForgeBranch, ForgeFacts, ForgeName, ForgePull, ForgePullState, ForgeReview, ForgeReviewState};

/// What `schema` says in files that this version writes and reads.
pub const FACTS_SCHEMA: &str = "policyc.forge/v1";

/// Whether a file means to be one of ours, of whatever version.
pub(super) fn is_kept(value: &Value) -> bool {
    value.get("schema").is_some()
}

/// The facts of such a file; the error says why it cannot be used.
pub(super) fn facts(value: Value) -> Result<Facts, String> {
    match value.get("schema").and_then(Value::as_str) {
        Some(FACTS_SCHEMA) => {}
        Some(other) => {
            let shown: String = other.chars().take(60).collect();
            return Err(format!("its `schema` is `{shown}`, and this version reads `{FACTS_SCHEMA}`"));
        }
        None => return Err("its `schema` is no text".to_owned()),
    }
    let written: ForgeFacts = serde_json::from_value(value).map_err(|error| error.to_string())?;
    let facts = Facts {
        repository: Some(Repository {
            host: plain("host", written.host)?,
            name: repository("repository", written.repository)?,
        }),
        forge: Some(match written.forge {
            ForgeName::GitHub => Forge::GitHub,
            ForgeName::GitLab => Forge::GitLab,
        }),
        pulls: written.pulls.into_iter().map(pull).collect::<Result<_, _>>()?,
        reviews: written.reviews.into_iter().map(review).collect::<Result<_, _>>()?,
        // It is written once everything was asked.
        tells_reviews: true,
        every_review: true,
    };
    once(&facts)?;
    // Sorts.
    facts.merge(Facts::default()).map_err(|failure| failure.message)
}

/// Nothing is there twice, and every review is of a pull request that is there.
fn once(facts: &Facts) -> Result<(), String> {
    let mut numbers = BTreeSet::new();
    for pull in &facts.pulls {
        if !numbers.insert(pull.number) {
            return Err(format!("pull request {} is there twice", pull.number));
        }
    }
    let mut ids = BTreeSet::new();
    for review in &facts.reviews {
        if !numbers.contains(&review.pull) {
            return Err(format!("review {} is of pull request {}, which is not there", review.id, review.pull));
        }
        if !ids.insert((review.pull, review.id)) {
            return Err(format!("review {} of pull request {} is there twice", review.id, review.pull));
        }
    }
    Ok(())
}

/// The file of such facts, with a line break at its end: the same bytes for the same facts.
///
/// `None` where the repository is not known, or something is there that such a file cannot hold.
#[must_use]
pub fn write(facts: &Facts) -> Option<String> {
    let repository = facts.repository.clone()?;
    let written = ForgeFacts {
        schema: FACTS_SCHEMA.to_owned(),
        forge: match facts.forge() {
            Forge::GitHub => ForgeName::GitHub,
            Forge::GitLab => ForgeName::GitLab,
        },
        host: repository.host,
        repository: repository.name,
        pulls: facts.pulls.iter().map(write_pull).collect(),
        reviews: facts.reviews.iter().map(write_review).collect(),
    };
    let value = serde_json::to_value(&written).ok()?;
    self::facts(value).ok()?;
    serde_json::to_string_pretty(&written).ok().map(|text| format!("{text}\n"))
}

fn pull(written: ForgePull) -> Result<Pull, String> {
    let of = |why: String| format!("in pull request {}, {why}", written.number);
    let state = match written.state {
        ForgePullState::Open => PullState::Open,
        ForgePullState::Closed => PullState::Closed,
    };
    if written.merged && state == PullState::Open {
        return Err(of("it is open and merged".to_owned()));
    }
    if written.merge_commit.is_some() && !written.merged {
        return Err(of("it has a `merge_commit` and is not merged".to_owned()));
    }
    Ok(Pull {
        number: written.number,
        merged: written.merged,
        state,
        draft: written.draft,
        merge_commit: commit("merge_commit", written.merge_commit).map_err(of)?,
        head: branch(written.head).map_err(of)?,
        base: branch(written.base).map_err(of)?,
        author: login("author", written.author).map_err(of)?,
        merged_by: login("merged_by", written.merged_by).map_err(of)?,
        title: written.title,
        url: written.url,
        updated_at: time("updated_at", written.updated_at).map_err(of)?,
    })
}

fn branch(written: ForgeBranch) -> Result<Branch, String> {
    Ok(Branch {
        name: plain("name", written.name)?,
        sha: commit("sha", written.sha)?,
        repository: written.repository.map(|name| repository("repository", name)).transpose()?,
    })
}

fn review(written: ForgeReview) -> Result<Review, String> {
    let of = |why: String| format!("in review {} of pull request {}, {why}", written.id, written.pull);
    Ok(Review {
        pull: written.pull,
        id: written.id,
        login: login("login", written.login).map_err(of)?,
        bot: written.bot,
        state: match written.state {
            ForgeReviewState::Approved => ReviewState::Approved,
            ForgeReviewState::ChangesRequested => ReviewState::ChangesRequested,
            ForgeReviewState::Commented => ReviewState::Commented,
            ForgeReviewState::Dismissed => ReviewState::Dismissed,
            ForgeReviewState::Pending => ReviewState::Pending,
        },
        commit: commit("commit", written.commit).map_err(of)?,
        submitted_at: time("submitted_at", written.submitted_at).map_err(of)?,
        write_access: written.write_access,
        author_association: login("author_association", written.author_association).map_err(of)?,
    })
}

/// A text that names something: it is there, and in one line.
fn plain(key: &str, text: String) -> Result<String, String> {
    if text.is_empty() || text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        Err(format!("`{key}` is empty, or holds a space or a control character"))
    } else {
        Ok(text)
    }
}

fn repository(key: &str, text: String) -> Result<String, String> {
    if text.split('/').count() > 1 && text.split('/').all(|part| !part.is_empty()) {
        plain(key, text)
    } else {
        Err(format!("`{key}` is no OWNER/NAME"))
    }
}

fn login(key: &str, text: Option<String>) -> Result<Option<String>, String> {
    text.map(|text| plain(key, text)).transpose()
}

fn commit(key: &str, text: Option<String>) -> Result<Option<String>, String> {
    let full = |text: &String| {
        matches!(text.len(), 40 | 64) && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    match text {
        Some(text) if !full(&text) => Err(format!("`{key}` is no commit in full and in small letters")),
        text => Ok(text),
    }
}

fn time(key: &str, text: Option<String>) -> Result<Option<Timestamp>, String> {
    text.map(|text| text.parse().map_err(|_| format!("`{key}` is no time (RFC 3339)"))).transpose()
}

fn write_pull(pull: &Pull) -> ForgePull {
    ForgePull {
        number: pull.number,
        state: match pull.state {
            PullState::Open => ForgePullState::Open,
            PullState::Closed => ForgePullState::Closed,
        },
        merged: pull.merged,
        draft: pull.draft,
        merge_commit: pull.merge_commit.clone(),
        head: write_branch(&pull.head),
        base: write_branch(&pull.base),
        author: pull.author.clone(),
        merged_by: pull.merged_by.clone(),
        title: pull.title.clone(),
        url: pull.url.clone(),
        updated_at: pull.updated_at.map(|at| at.to_string()),
    }
}

fn write_branch(branch: &Branch) -> ForgeBranch {
    ForgeBranch { name: branch.name.clone(), sha: branch.sha.clone(), repository: branch.repository.clone() }
}

fn write_review(review: &Review) -> ForgeReview {
    ForgeReview {
        pull: review.pull,
        id: review.id,
        login: review.login.clone(),
        bot: review.bot,
        state: match review.state {
            ReviewState::Approved => ForgeReviewState::Approved,
            ReviewState::ChangesRequested => ForgeReviewState::ChangesRequested,
            ReviewState::Commented => ForgeReviewState::Commented,
            ReviewState::Dismissed => ForgeReviewState::Dismissed,
            ReviewState::Pending => ForgeReviewState::Pending,
        },
        commit: review.commit.clone(),
        submitted_at: review.submitted_at.map(|at| at.to_string()),
        write_access: review.write_access,
        author_association: review.author_association.clone(),
    }
}
