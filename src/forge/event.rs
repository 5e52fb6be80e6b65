//! What a CI system says that it runs for: a pull request, a queue that merges, a push. Read from the payload of a GitHub
//! event or from GitLab's variables; see <https://docs.github.com/en/actions/reference/workflows-and-actions> and
//! <https://docs.gitlab.com/ci/variables/predefined_variables/>.

use serde_json::Value;

use super::net::is_commit;
use super::{MAX_FACTS_BYTES, refused};
use crate::diag::{Failure, codes};
use crate::text::distinct;

/// What a run of a CI system is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Event {
    /// As the CI system calls it.
    pub name: String,
    /// What it is.
    pub kind: EventKind,
    /// The number of the pull request.
    pub pull: Option<u64>,
    /// The branch that it is to be merged into, or that was pushed; without `refs/heads/`.
    pub target: Option<String>,
    /// The commit before, in full; `None`: not said, or there was none.
    pub base: Option<String>,
    /// The commit after, in full: the head of the pull request, of the queue's group, or what was pushed.
    pub head: Option<String>,
    /// The account that opened the pull request, as identities write it.
    pub author: Option<String>,
    /// Owner and name of the repository that it is merged into.
    pub repository: Option<String>,
    /// The default branch of that repository.
    pub default_branch: Option<String>,
}

/// What a run is about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum EventKind {
    /// A pull request, as it would be merged.
    Pull,
    /// A group of pull requests in a queue.
    Queue,
    /// A branch that was pushed.
    Push,
    /// Nothing that changes policies: a schedule, a call by hand.
    #[default]
    Other,
}

/// What a GitHub workflow runs for, by the name and the payload of its event.
///
/// # Errors
/// `PC0914` when the payload is not of such an event, or the event runs with what the base branch is allowed to.
pub fn github_event(name: &str, payload: &[u8]) -> Result<Event, Failure> {
    if name == "pull_request_target" {
        let message =
            "`pull_request_target` runs with the secrets and the code of the base branch, so it judges nothing";
        return Err(Failure::new(codes::BAD_FORGE_FACTS, message).help("run on `pull_request`"));
    }
    let kind = match name {
        "pull_request" | "pull_request_review" => EventKind::Pull,
        "merge_group" => EventKind::Queue,
        "push" => EventKind::Push,
        _ => EventKind::Other,
    };
    let title = format!("payload of `{name}`");
    if payload.len() > MAX_FACTS_BYTES {
        return Err(refused(&title, "it has more than 64 MiB"));
    }
    let text = std::str::from_utf8(payload).map_err(|_| refused(&title, "it is no UTF-8 text"))?;
    let value = distinct(text).map_err(|error| refused(&title, &error.to_string()))?;
    let event = match kind {
        EventKind::Pull => pull(&value),
        EventKind::Queue => queue(&value),
        EventKind::Push => push(&value),
        EventKind::Other => Ok(of_repository(&value)),
    };
    let event = event.map_err(|why| refused(&title, &why))?;
    Ok(Event { name: name.to_owned(), kind, ..event })
}

/// What every payload says of the repository.
fn of_repository(payload: &Value) -> Event {
    let text = |pointer: &str| text(payload, pointer).ok();
    Event {
        repository: text("/repository/full_name"),
        default_branch: text("/repository/default_branch"),
        ..Event::default()
    }
}

fn pull(payload: &Value) -> Result<Event, String> {
    let pull = payload.get("pull_request").ok_or("it holds no `pull_request`")?;
    let number = pull.get("number").and_then(Value::as_u64).ok_or("`pull_request.number` is no number")?;
    let author = pull.pointer("/user/login").and_then(Value::as_str).map(|login| format!("github:{login}"));
    Ok(Event {
        pull: Some(number),
        target: Some(text(pull, "/base/ref")?),
        base: Some(commit(pull, "/base/sha")?),
        head: Some(commit(pull, "/head/sha")?),
        author,
        ..of_repository(payload)
    })
}

fn queue(payload: &Value) -> Result<Event, String> {
    let group = payload.get("merge_group").ok_or("it holds no `merge_group`")?;
    let reference = text(group, "/base_ref")?;
    Ok(Event {
        pull: text(group, "/head_ref").ok().and_then(|reference| queued(&reference)),
        target: Some(short(&reference)),
        base: Some(commit(group, "/base_sha")?),
        head: Some(commit(group, "/head_sha")?),
        ..of_repository(payload)
    })
}

/// The pull request at the end of a queue's group, by the name of its branch: `gh-readonly-queue/main/pr-12-0123…`, with or
/// without `refs/heads/`.
#[must_use]
pub fn queued(reference: &str) -> Option<u64> {
    let name = reference.strip_prefix("refs/heads/").unwrap_or(reference);
    let (_, last) = name.strip_prefix("gh-readonly-queue/")?.rsplit_once('/')?;
    last.strip_prefix("pr-")?.split('-').next()?.parse().ok()
}

fn push(payload: &Value) -> Result<Event, String> {
    let reference = text(payload, "/ref")?;
    let Some(branch) = reference.strip_prefix("refs/heads/") else { return Ok(of_repository(payload)) };
    let is_there = |sha: &String| sha.bytes().any(|byte| byte != b'0');
    Ok(Event {
        target: Some(branch.to_owned()),
        base: Some(commit(payload, "/before")?).filter(is_there),
        head: Some(commit(payload, "/after")?).filter(is_there),
        ..of_repository(payload)
    })
}

/// What a job of GitLab runs for, by its variables.
///
/// # Errors
/// `PC0914` when a variable is not what GitLab writes there.
pub fn gitlab_event(variable: &dyn Fn(&str) -> Option<String>) -> Result<Event, Failure> {
    let name = variable("CI_PIPELINE_SOURCE").unwrap_or_default();
    let sha = |name: &str| match variable(name) {
        None => Ok(None),
        Some(text) if is_commit(&text) => Ok(Some(text).filter(|text| text.bytes().any(|byte| byte != b'0'))),
        Some(_) => Err(refused("environment", &format!("`{name}` is no commit"))),
    };
    let head = sha("CI_COMMIT_SHA")?;
    let default_branch = variable("CI_DEFAULT_BRANCH");
    let own = Event { repository: variable("CI_PROJECT_PATH"), default_branch, ..Event::default() };
    if let Some(number) = variable("CI_MERGE_REQUEST_IID") {
        let pull = number.parse().map_err(|_| refused("environment", "`CI_MERGE_REQUEST_IID` is no number"))?;
        // Both are set only where GitLab runs for what merging would make. What it calls the base of the difference is where
        // the branch began, which may be long ago.
        let base = sha("CI_MERGE_REQUEST_TARGET_BRANCH_SHA")?;
        let head = sha("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA")?.or(head);
        let target = variable("CI_MERGE_REQUEST_TARGET_BRANCH_NAME");
        let repository = variable("CI_MERGE_REQUEST_PROJECT_PATH");
        return Ok(Event { name, kind: EventKind::Pull, pull: Some(pull), target, base, head, repository, ..own });
    }
    if name != "push" || variable("CI_COMMIT_TAG").is_some() {
        return Ok(Event { name, ..own });
    }
    let base = sha("CI_COMMIT_BEFORE_SHA")?;
    Ok(Event { name, kind: EventKind::Push, target: variable("CI_COMMIT_BRANCH"), base, head, ..own })
}

fn text(value: &Value, pointer: &str) -> Result<String, String> {
    let found = value.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty());
    found.map(str::to_owned).ok_or_else(|| format!("`{}` is no text", dotted(pointer)))
}

fn commit(value: &Value, pointer: &str) -> Result<String, String> {
    let found = text(value, pointer).ok().filter(|text| is_commit(text));
    found.ok_or_else(|| format!("`{}` is no commit", dotted(pointer)))
}

fn dotted(pointer: &str) -> String {
    pointer.trim_start_matches('/').replace('/', ".")
}

fn short(reference: &str) -> String {
    reference.strip_prefix("refs/heads/").unwrap_or(reference).to_owned()
}
