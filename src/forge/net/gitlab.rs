use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::Value;

use super::api::{escaped, is_commit};
use super::ask::strange;
use super::{Asker, Fetched, MAX_PULLS, Wanted, github};
use crate::diag::Failure;
use crate::forge::{Branch, Facts, Forge, Pull, PullState, Repository, Review, ReviewState};

/// The access of a developer, the least that may write.
const DEVELOPER: i64 = 30;
/// What GitLab itself notes when somebody approves, and takes that back.
const APPROVED: &str = "approved this merge request";
const UNAPPROVED: &str = "unapproved this merge request";

/// An approval or its end, as GitLab noted it.
#[derive(Debug)]
struct Noted {
    at: Timestamp,
    id: u64,
    login: String,
    approved: bool,
}

/// A state of the source branch, and since when it is that of the merge request.
#[derive(Debug)]
struct Version {
    since: Timestamp,
    head: String,
}

/// Merge requests and their approvals, each bound to the commit that was there when it was given.
pub(super) fn fetch(asker: &mut Asker<'_>, wanted: &Wanted) -> Result<Fetched, Failure> {
    let mut numbers = wanted.pulls.clone();
    for commit in &wanted.commits {
        numbers.extend(of_commit(asker, commit)?);
    }
    if numbers.len() > MAX_PULLS {
        return Err(github::too_many());
    }
    let (host, name) = (asker.place.host.clone(), asker.place.repository.clone());
    let mut facts = Facts {
        repository: Some(Repository { host, name }),
        forge: Some(Forge::GitLab),
        tells_reviews: true,
        every_review: true,
        ..Facts::default()
    };
    let (mut known, mut unsaid) = (BTreeMap::new(), Vec::new());
    for number in numbers {
        facts.pulls.push(pull(asker, number)?);
        facts.reviews.extend(reviews(asker, number, &mut known, &mut unsaid)?);
    }
    Ok(Fetched { facts: facts.merge(Facts::default())?, unsaid })
}

/// The path of the project: by its number, else by its name.
pub(super) fn project(asker: &Asker<'_>) -> String {
    let place = &asker.place;
    format!("/projects/{}", place.project.clone().unwrap_or_else(|| escaped(&place.repository)))
}

/// The merge requests of this project that a commit is in.
fn of_commit(asker: &mut Asker<'_>, commit: &str) -> Result<BTreeSet<u64>, Failure> {
    let path = format!("{}/repository/commits/{commit}/merge_requests", project(asker));
    let items = asker.pages(&path)?;
    let asked = format!("GET {path}");
    let mut numbers = BTreeSet::new();
    for item in &items {
        if is_here(asker, item) {
            numbers.insert(whole(item, "iid").ok_or_else(|| strange(&asked, "`iid` is no number"))?);
        }
    }
    Ok(numbers)
}

/// Whether a merge request is one of this project: its numbers are its own.
fn is_here(asker: &Asker<'_>, value: &Value) -> bool {
    let number = whole(value, "target_project_id").map(|id| id.to_string());
    let named = value.pointer("/references/full").and_then(Value::as_str).and_then(|full| full.split('!').next());
    let by_number = asker.place.project.as_ref().map(|project| number.as_ref() == Some(project));
    let by_name = named.map(|named| named.eq_ignore_ascii_case(&asker.place.repository));
    // One of both must be told, and nothing may speak against it.
    by_number.or(by_name) == Some(true) && by_name != Some(false)
}

fn pull(asker: &mut Asker<'_>, number: u64) -> Result<Pull, Failure> {
    let path = format!("{}/merge_requests/{number}", project(asker));
    let value = asker.json(&path)?;
    let refuse = |why: &str| strange(&format!("GET {path}"), why);
    if whole(&value, "iid") != Some(number) || !is_here(asker, &value) {
        let name = &asker.place.repository;
        return Err(refuse(&format!("it is not merge request {number} of `{name}`")));
    }
    let (state, merged) = match value.get("state").and_then(Value::as_str) {
        // Locked: it is being merged.
        Some("opened" | "locked") => (PullState::Open, false),
        Some("closed") => (PullState::Closed, false),
        Some("merged") => (PullState::Closed, true),
        _ => return Err(refuse("`state` is none of opened, locked, closed and merged")),
    };
    let branch = |key: &str| text(&value, key).ok_or_else(|| refuse(&format!("`{key}` is no text")));
    let (head, base) = (branch("source_branch")?, branch("target_branch")?);
    let sha = commit(&value, "sha").ok_or_else(|| refuse("`sha` is no commit"))?;
    let brought = ["merge_commit_sha", "squash_commit_sha", "sha"].iter().find_map(|key| commit(&value, key));
    let (source, target) = (whole(&value, "source_project_id"), whole(&value, "target_project_id"));
    let from = if source == target {
        Some(asker.place.repository.clone())
    } else {
        source.map_or(Ok(None), |id| name_of(asker, id))?
    };
    let user = |key: &str| value.get(key).and_then(|user| text(user, "username"));
    Ok(Pull {
        number,
        merged,
        state,
        draft: ["draft", "work_in_progress"].iter().find_map(|key| value.get(key)?.as_bool()).unwrap_or(true),
        merge_commit: brought.filter(|_| merged),
        head: Branch { name: head, sha: Some(sha), repository: from },
        base: Branch {
            name: base,
            sha: value.get("diff_refs").and_then(|refs| commit(refs, "start_sha")),
            repository: Some(asker.place.repository.clone()),
        },
        author: user("author"),
        merged_by: user("merge_user").or_else(|| user("merged_by")).filter(|_| merged),
        title: text(&value, "title").unwrap_or_default(),
        url: text(&value, "web_url").unwrap_or_default(),
        updated_at: time(&value, "updated_at"),
    })
}

/// The name of another project; `None` where it is gone or not to be seen.
fn name_of(asker: &mut Asker<'_>, id: u64) -> Result<Option<String>, Failure> {
    let answer = asker.get(&format!("/projects/{id}"))?;
    match answer.response.status {
        403 | 404 => Ok(None),
        _ => Ok(text(&asker.value(&answer)?, "path_with_namespace")),
    }
}

/// What those who approved said last; whoever took an approval back is there too, so that no older file of facts makes it
/// count again.
fn reviews(
    asker: &mut Asker<'_>,
    number: u64,
    known: &mut BTreeMap<u64, Option<bool>>,
    unsaid: &mut Vec<String>,
) -> Result<Vec<Review>, Failure> {
    let path = format!("{}/merge_requests/{number}", project(asker));
    let approvers = approvers(asker, &format!("{path}/approvals"))?;
    // In this order: what was there when a note was made is among the versions that are asked for after it.
    let mut noted = noted(asker, &format!("{path}/notes"))?;
    let versions = versions(asker, &format!("{path}/versions"))?;
    let mut reviews = Vec::new();
    for (id, login) in approvers {
        let last = noted.remove(&id).filter(|last| last.approved);
        let head = last.as_ref().and_then(|last| shown_at(&versions, last.at));
        if head.is_none() {
            unsaid.push(format!(
                "GitLab does not say which commit `{login}` approved in merge request {number}; it counts for nothing"
            ));
        }
        let review = last.as_ref().map_or(id, |last| last.id);
        let access = access(asker, (id, &login), known, unsaid)?;
        reviews.push(Review {
            submitted_at: last.map(|last| last.at),
            commit: head,
            write_access: access,
            ..review_of(number, review, login, ReviewState::Approved)
        });
    }
    for gone in noted.into_values() {
        let review = review_of(number, gone.id, gone.login, ReviewState::Dismissed);
        reviews.push(Review { submitted_at: Some(gone.at), ..review });
    }
    Ok(reviews)
}

fn review_of(pull: u64, id: u64, login: String, state: ReviewState) -> Review {
    Review {
        pull,
        id,
        bot: is_program(&login),
        login: Some(login),
        state,
        commit: None,
        submitted_at: None,
        write_access: None,
        author_association: None,
    }
}

/// Whether a login is one that GitLab makes for tokens of projects and groups, and for service accounts.
fn is_program(login: &str) -> bool {
    let of_token = |rest: &str| {
        rest.split_once('_')
            .is_some_and(|(id, rest)| id.bytes().all(|byte| byte.is_ascii_digit()) && rest.starts_with("bot"))
    };
    let made = ["project_", "group_"].iter().filter_map(|prefix| login.strip_prefix(prefix)).any(of_token);
    made || login.starts_with("service_account_") || login.ends_with("[bot]")
}

/// Who approves as it stands, by their number.
fn approvers(asker: &mut Asker<'_>, path: &str) -> Result<BTreeMap<u64, String>, Failure> {
    let value = asker.json(path)?;
    let refuse = |why: &str| strange(&format!("GET {path}"), why);
    let list = value.get("approved_by").and_then(Value::as_array).ok_or_else(|| refuse("`approved_by` is no list"))?;
    let one = |item: &Value| person(item.get("user")?);
    list.iter().map(|item| one(item).ok_or_else(|| refuse("somebody in `approved_by` has no name"))).collect()
}

/// Every state of the source branch that the merge request had, oldest first.
fn versions(asker: &mut Asker<'_>, path: &str) -> Result<Vec<Version>, Failure> {
    let items = asker.pages(path)?;
    let one = |item: &Value| Some(Version { since: time(item, "created_at")?, head: commit(item, "head_commit_sha")? });
    let read = items.iter().map(|item| {
        one(item).ok_or_else(|| strange(&format!("GET {path}"), "a version has no time, or no commit in full"))
    });
    let mut versions: Vec<Version> = read.collect::<Result<_, _>>()?;
    versions.sort_by_key(|version| version.since);
    Ok(versions)
}

/// The last that GitLab noted of approvals, by the number of who gave them.
fn noted(asker: &mut Asker<'_>, path: &str) -> Result<BTreeMap<u64, Noted>, Failure> {
    let mut last: BTreeMap<u64, Noted> = BTreeMap::new();
    for item in asker.pages(&format!("{path}?sort=asc&order_by=created_at"))? {
        // What people write is never taken for what GitLab notes.
        if item.get("system").and_then(Value::as_bool) != Some(true) {
            continue;
        }
        let approved = match item.get("body").and_then(Value::as_str).map(str::trim) {
            Some(APPROVED) => true,
            Some(UNAPPROVED) => false,
            _ => continue,
        };
        let read = || Some((person(item.get("author")?)?, whole(&item, "id")?, time(&item, "created_at")?));
        let ((who, login), id, at) =
            read().ok_or_else(|| strange(&format!("GET {path}"), "a note has no author, no id or no time"))?;
        if last.get(&who).is_none_or(|before| (before.at, before.id) < (at, id)) {
            last.insert(who, Noted { at, id, login, approved });
        }
    }
    Ok(last)
}

/// The commit that was there at a moment; `None` where there was none yet, or it changed at that very moment.
fn shown_at(versions: &[Version], at: Timestamp) -> Option<String> {
    if versions.iter().any(|version| version.since == at) {
        return None;
    }
    versions.iter().rev().find(|version| version.since < at).map(|version| version.head.clone())
}

/// Whether somebody may write; it is asked once.
fn access(
    asker: &mut Asker<'_>,
    (id, login): (u64, &str),
    known: &mut BTreeMap<u64, Option<bool>>,
    unsaid: &mut Vec<String>,
) -> Result<Option<bool>, Failure> {
    if let Some(known) = known.get(&id) {
        return Ok(*known);
    }
    let answer = asker.get(&format!("{}/members/all/{id}", project(asker)))?;
    let status = answer.response.status;
    let access = if matches!(status, 403 | 404) {
        unsaid
            .push(format!("GitLab does not say whether `{login}` may write ({status}); their approval does not count"));
        None
    } else {
        let value = asker.value(&answer)?;
        let level = value.get("access_level").and_then(Value::as_i64);
        let level = level.ok_or_else(|| answer.strange("`access_level` is no number"))?;
        if whole(&value, "id") != Some(id) {
            return Err(answer.strange(&format!("it is not about `{login}`")));
        }
        Some(level >= DEVELOPER)
    };
    known.insert(id, access);
    Ok(access)
}

fn person(user: &Value) -> Option<(u64, String)> {
    Some((whole(user, "id")?, text(user, "username")?))
}

fn whole(value: &Value, key: &str) -> Option<u64> {
    value.get(key)?.as_u64()
}

fn text(value: &Value, key: &str) -> Option<String> {
    value.get(key)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

fn time(value: &Value, key: &str) -> Option<Timestamp> {
    value.get(key)?.as_str()?.parse().ok()
}

fn commit(value: &Value, key: &str) -> Option<String> {
    text(value, key).map(|text| text.to_ascii_lowercase()).filter(|text| is_commit(text))
}
