use serde_json::{Value, json};

use super::{Asker, Method, gitlab};
use crate::diag::Failure;
use crate::forge::Forge;

/// The first line of a comment that policyc keeps.
pub const MARKER: &str = "<!-- policyc:report -->";

/// Who comments with the token of a workflow, which may not ask who it is.
const ACTIONS: &str = "github-actions[bot]";

/// What became of a comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// There was none.
    Created,
    /// It says something else now.
    Updated,
    /// It says so already.
    Same,
    /// The token may not write; why.
    Forbidden(String),
}

/// Why a text cannot be kept as a comment, if it cannot.
#[must_use]
pub fn refusal(text: &str, forge: Forge) -> Option<String> {
    let most = match forge {
        Forge::GitHub => 65_536,
        Forge::GitLab => 1_000_000,
    };
    if text.lines().next().map(str::trim_end) != Some(MARKER) {
        return Some(format!("its first line is not `{MARKER}`, by which the comment is found again"));
    }
    (text.chars().count() > most).then(|| format!("it has more than {most} characters, which the forge does not take"))
}

/// Keeps one comment on a pull request: makes it, or changes the oldest that is ours, by author and marker.
///
/// # Errors
/// When the forge does not answer. That the token may not write is no error.
pub fn keep(asker: &mut Asker<'_>, pull: u64, author: Option<&str>, text: &str) -> Result<Kept, Failure> {
    let author = match author {
        Some(author) => author.to_owned(),
        None => own_name(asker)?,
    };
    let below = match asker.place.forge {
        Forge::GitHub => format!("/repos/{}/issues", asker.place.repository),
        Forge::GitLab => format!("{}/merge_requests", gitlab::project(asker)),
    };
    let list = match asker.place.forge {
        Forge::GitHub => format!("{below}/{pull}/comments"),
        Forge::GitLab => format!("{below}/{pull}/notes"),
    };
    let items = asker.pages(&list)?;
    let ours = items.iter().filter(|item| is_ours(asker, item, &author));
    let oldest = ours.filter_map(|item| Some((item.get("id")?.as_u64()?, item))).min_by_key(|(id, _)| *id);
    let (method, path, kept) = match (oldest, asker.place.forge) {
        (Some((_, item)), _) if says(item) == Some(bare(text)) => return Ok(Kept::Same),
        (Some((id, _)), Forge::GitHub) => (Method::Patch, format!("{below}/comments/{id}"), Kept::Updated),
        (Some((id, _)), Forge::GitLab) => (Method::Put, format!("{list}/{id}"), Kept::Updated),
        (None, _) => (Method::Post, list, Kept::Created),
    };
    let answer = asker.give(method, &path, &json!({ "body": text }))?;
    match answer.response.status {
        200..=299 => Ok(kept),
        403 | 404 => Ok(Kept::Forbidden(asker.refused(&answer).message)),
        _ => Err(asker.refused(&answer)),
    }
}

/// The login that the token is of.
fn own_name(asker: &mut Asker<'_>) -> Result<String, Failure> {
    let answer = asker.get("/user")?;
    if asker.place.forge == Forge::GitHub && matches!(answer.response.status, 401 | 403) {
        return Ok(ACTIONS.to_owned());
    }
    let value = asker.value(&answer).map_err(|failure| failure.help("name who comments with --author LOGIN"))?;
    let key = name_key(asker.place.forge);
    let name = value.get(key).and_then(Value::as_str).filter(|name| !name.is_empty());
    name.map(str::to_owned).ok_or_else(|| answer.strange(&format!("it says no `{key}`")))
}

fn name_key(forge: Forge) -> &'static str {
    match forge {
        Forge::GitHub => "login",
        Forge::GitLab => "username",
    }
}

/// Whether a comment is ours: by its author, and by the marker at its very beginning. Whoever quotes the marker, and
/// whatever the forge itself notes, is left alone.
fn is_ours(asker: &Asker<'_>, item: &Value, author: &str) -> bool {
    let forge = asker.place.forge;
    let user = match forge {
        Forge::GitHub => item.get("user"),
        Forge::GitLab => item.get("author"),
    };
    let name = user.and_then(|user| user.get(name_key(forge))).and_then(Value::as_str);
    let system = item.get("system").and_then(Value::as_bool).unwrap_or(false);
    let marked = says(item).is_some_and(|body| body.lines().next() == Some(MARKER));
    marked && !system && name.is_some_and(|name| name.eq_ignore_ascii_case(author))
}

/// What a comment says, as far as forges leave it alone: they may change line ends and what stands at the end.
fn says(item: &Value) -> Option<String> {
    item.get("body").and_then(Value::as_str).map(bare)
}

fn bare(text: &str) -> String {
    let lines: Vec<&str> = text.trim_end().lines().map(str::trim_end).collect();
    lines.join("\n")
}
