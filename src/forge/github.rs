use jiff::Timestamp;
use serde_json::Value;

use super::url;
use super::{Branch, Facts, Forge, Pull, PullState, Repository, Review, ReviewState};

/// The facts of a webhook's payload or of an answer of the REST API, told apart by what they hold; the error says why
/// it is neither.
pub(super) fn facts(value: &Value) -> Result<Facts, String> {
    match value {
        Value::Array(items) if items.is_empty() => Ok(Facts { tells_reviews: true, ..Facts::default() }),
        Value::Array(items) if items.iter().all(is_review) => together(items.iter().map(|item| of_review(item, None))),
        Value::Array(items) if items.iter().all(is_pull) => together(items.iter().map(of_pull)),
        Value::Array(_) => Err("it is a list, and not all of it are pull requests or all of it reviews".to_owned()),
        Value::Object(_) if is_event(value) => event(value),
        Value::Object(_) if is_pull(value) => of_pull(value),
        Value::Object(_) => Err("it is neither a pull request nor an event about one".to_owned()),
        _ => Err("it is neither an object nor a list".to_owned()),
    }
}

/// Comments of a review name a pull request too, and have no state.
fn is_review(value: &Value) -> bool {
    value.get("pull_request_url").is_some() && value.get("state").is_some() && value.get("head").is_none()
}

fn is_pull(value: &Value) -> bool {
    ["number", "state", "head", "base"].iter().all(|key| value.get(key).is_some())
}

/// Events about comments and threads hold a pull request too, of another form.
fn is_event(value: &Value) -> bool {
    let has = |key: &str| value.get(key).is_some();
    has("action") && has("pull_request") && !has("comment") && !has("thread")
}

fn event(value: &Value) -> Result<Facts, String> {
    let pull = value.get("pull_request").unwrap_or(&Value::Null);
    let facts = of_pull(pull).map_err(|why| format!("in `pull_request`, {why}"))?;
    match value.get("review") {
        None | Some(Value::Null) => Ok(facts),
        Some(review) => {
            let of = facts.pulls.first().map(|pull| pull.number);
            let review = of_review(review, of).map_err(|why| format!("in `review`, {why}"))?;
            facts.merge(review).map_err(|failure| failure.message)
        }
    }
}

fn together(each: impl Iterator<Item = Result<Facts, String>>) -> Result<Facts, String> {
    let mut all = Facts::default();
    for (rank, facts) in each.enumerate() {
        let facts = facts.map_err(|why| format!("in item {}, {why}", rank + 1))?;
        all.repository = match (all.repository, facts.repository) {
            (Some(one), Some(two)) if !one.is(&two) => return Err(format!("it is of `{one}` and of `{two}`")),
            (one, two) => one.or(two),
        };
        all.forge = all.forge.or(facts.forge);
        all.pulls.extend(facts.pulls);
        all.reviews.extend(facts.reviews);
        all.tells_reviews |= facts.tells_reviews;
    }
    // Sorts, and keeps one account of what a list holds twice.
    all.merge(Facts::default()).map_err(|failure| failure.message)
}

fn of_pull(value: &Value) -> Result<Facts, String> {
    let number = value.get("number").and_then(Value::as_u64).ok_or("`number` is no number")?;
    let repository = address(value, "url", number)?;
    let state = match value.get("state").and_then(Value::as_str) {
        Some("open") => PullState::Open,
        Some("closed") => PullState::Closed,
        _ => return Err("`state` is neither `open` nor `closed`".to_owned()),
    };
    // Lists say only when it was merged.
    let merged_at = text(value, "merged_at").is_some();
    let merged = value.get("merged").and_then(Value::as_bool).unwrap_or(merged_at) && state == PullState::Closed;
    let pull = Pull {
        number,
        merged,
        state,
        draft: value.get("draft").and_then(Value::as_bool).unwrap_or(true),
        merge_commit: commit(value, "merge_commit_sha").filter(|_| merged),
        head: branch(value, "head")?,
        base: branch(value, "base")?,
        author: login(value, "user"),
        merged_by: login(value, "merged_by"),
        title: text(value, "title").unwrap_or_default(),
        url: text(value, "html_url").unwrap_or_default(),
        updated_at: time(value, "updated_at"),
    };
    Ok(Facts { repository: Some(repository), forge: Some(Forge::GitHub), pulls: vec![pull], ..Facts::default() })
}

/// The repository that the address of a pull request names; the address must be that of the pull request `number`.
fn address(value: &Value, key: &str, number: u64) -> Result<Repository, String> {
    match named(value, key)? {
        (repository, named) if named == number => Ok(repository),
        (_, named) => Err(format!("`{key}` is of pull request {named}, not of {number}")),
    }
}

fn named(value: &Value, key: &str) -> Result<(Repository, u64), String> {
    let written = value.get(key).and_then(Value::as_str);
    written.and_then(url::pull).ok_or_else(|| format!("`{key}` is no address of a pull request in the API"))
}

fn branch(value: &Value, key: &str) -> Result<Branch, String> {
    let side = value.get(key).filter(|side| side.is_object());
    let side = side.ok_or_else(|| format!("`{key}` is no branch"))?;
    let name = text(side, "ref").ok_or_else(|| format!("`{key}` has no `ref`"))?;
    let repository = side.get("repo").and_then(|repository| text(repository, "full_name"));
    Ok(Branch { name, sha: commit(side, "sha"), repository })
}

/// A review; `of` is the pull request that it came with.
fn of_review(value: &Value, of: Option<u64>) -> Result<Facts, String> {
    let id = value.get("id").and_then(Value::as_u64).ok_or("`id` is no number")?;
    let (repository, pull) = named(value, "pull_request_url")?;
    if let Some(of) = of.filter(|of| *of != pull) {
        return Err(format!("`pull_request_url` is of pull request {pull}, not of {of}"));
    }
    let written = value.get("state").and_then(Value::as_str).ok_or("`state` is no text")?;
    // Events write it small, answers of the API in capitals.
    let state = match written.to_ascii_uppercase().as_str() {
        "APPROVED" => ReviewState::Approved,
        "CHANGES_REQUESTED" => ReviewState::ChangesRequested,
        "COMMENTED" => ReviewState::Commented,
        "DISMISSED" => ReviewState::Dismissed,
        "PENDING" => ReviewState::Pending,
        _ => return Err("`state` is not that of a review".to_owned()),
    };
    let login = login(value, "user");
    let program = value.pointer("/user/type").and_then(Value::as_str) == Some("Bot");
    let review = Review {
        pull,
        id,
        bot: program || login.as_ref().is_some_and(|login| login.ends_with("[bot]")),
        login,
        state,
        commit: commit(value, "commit_id"),
        submitted_at: time(value, "submitted_at"),
        write_access: None,
        author_association: text(value, "author_association"),
    };
    let (repository, forge) = (Some(repository), Some(Forge::GitHub));
    Ok(Facts { repository, forge, reviews: vec![review], tells_reviews: true, ..Facts::default() })
}

fn text(value: &Value, key: &str) -> Option<String> {
    value.get(key)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

fn login(value: &Value, key: &str) -> Option<String> {
    text(value.get(key)?, "login")
}

fn time(value: &Value, key: &str) -> Option<Timestamp> {
    value.get(key)?.as_str()?.parse().ok()
}

/// A commit, in full and in small letters, as Git writes it.
fn commit(value: &Value, key: &str) -> Option<String> {
    let full = |text: &String| matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    text(value, key).filter(full).map(|text| text.to_ascii_lowercase())
}
