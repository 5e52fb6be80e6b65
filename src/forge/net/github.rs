use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::api::escaped;
use super::ask::strange;
use super::{Asker, Fetched, MAX_PULLS, Wanted};
use crate::diag::{Failure, codes};
use crate::forge::{Facts, Forge, Repository, ReviewState, github};

/// Pull requests, all their reviews, and whether those who approved may write.
pub(super) fn fetch(asker: &mut Asker<'_>, wanted: &Wanted) -> Result<Fetched, Failure> {
    let mut numbers = wanted.pulls.clone();
    for commit in &wanted.commits {
        numbers.extend(of_commit(asker, commit)?);
    }
    if numbers.len() > MAX_PULLS {
        return Err(too_many());
    }
    let (host, name) = (asker.place.host.clone(), asker.place.repository.clone());
    let mut facts = Facts {
        repository: Some(Repository { host, name }),
        forge: Some(Forge::GitHub),
        tells_reviews: true,
        every_review: true,
        ..Facts::default()
    };
    for number in numbers {
        for found in [pull(asker, number)?, reviews(asker, number)?] {
            facts.pulls.extend(found.pulls);
            facts.reviews.extend(found.reviews);
        }
    }
    let unsaid = access(asker, &mut facts)?;
    // Sorts, and keeps one account of what pages hold twice.
    Ok(Fetched { facts: facts.merge(Facts::default())?, unsaid })
}

pub(super) fn too_many() -> Failure {
    Failure::new(codes::FORGE, format!("more than {MAX_PULLS} pull requests hold the commit"))
        .help("name one with --pull N")
}

/// The pull requests of this repository that a commit came with, or is in.
fn of_commit(asker: &mut Asker<'_>, commit: &str) -> Result<BTreeSet<u64>, Failure> {
    let path = format!("/repos/{}/commits/{commit}/pulls", asker.place.repository);
    let mut numbers = BTreeSet::new();
    for item in asker.pages(&path)? {
        let facts = github::facts(&item).map_err(|why| strange(&format!("GET {path}"), &why))?;
        // A commit is in the pull requests of forks too.
        let here = facts.repository.is_some_and(|other| other.name.eq_ignore_ascii_case(&asker.place.repository));
        numbers.extend(facts.pulls.iter().filter(|_| here).map(|pull| pull.number));
    }
    Ok(numbers)
}

fn pull(asker: &mut Asker<'_>, number: u64) -> Result<Facts, Failure> {
    let path = format!("/repos/{}/pulls/{number}", asker.place.repository);
    let value = asker.json(&path)?;
    let facts = about(asker, &path, &value)?;
    match facts.pulls.as_slice() {
        [pull] if pull.number == number && facts.reviews.is_empty() => Ok(facts),
        _ => Err(strange(&format!("GET {path}"), &format!("it is not pull request {number}"))),
    }
}

fn reviews(asker: &mut Asker<'_>, number: u64) -> Result<Facts, Failure> {
    let path = format!("/repos/{}/pulls/{number}/reviews", asker.place.repository);
    let items = asker.pages(&path)?;
    let facts = about(asker, &path, &Value::Array(items))?;
    if facts.pulls.is_empty() && facts.reviews.iter().all(|review| review.pull == number) {
        Ok(facts)
    } else {
        Err(strange(&format!("GET {path}"), &format!("not all of it are reviews of pull request {number}")))
    }
}

/// The facts of an answer, which must be of the repository that was asked about.
fn about(asker: &Asker<'_>, path: &str, value: &Value) -> Result<Facts, Failure> {
    let asked = format!("GET {path}");
    let facts = github::facts(value).map_err(|why| strange(&asked, &why))?;
    match &facts.repository {
        Some(other) if !other.name.eq_ignore_ascii_case(&asker.place.repository) => {
            Err(strange(&asked, &format!("it is of `{}`, not of `{}`", other.name, asker.place.repository)))
        }
        _ => Ok(facts),
    }
}

/// Asks whether those who approved may write; says of whom the forge will not tell.
fn access(asker: &mut Asker<'_>, facts: &mut Facts) -> Result<Vec<String>, Failure> {
    let approved = facts.reviews.iter().filter(|review| review.state == ReviewState::Approved);
    let approvers: BTreeSet<String> = approved.filter_map(|review| review.login.clone()).collect();
    let (mut known, mut unsaid) = (BTreeMap::new(), Vec::new());
    for login in approvers {
        let path = format!("/repos/{}/collaborators/{}/permission", asker.place.repository, escaped(&login));
        let answer = asker.get(&path)?;
        let status = answer.response.status;
        if matches!(status, 403 | 404) {
            unsaid.push(format!(
                "GitHub does not say whether `{login}` may write ({status}); what the review says of them decides"
            ));
            continue;
        }
        let value = asker.value(&answer)?;
        let permission = value.get("permission").and_then(Value::as_str);
        let permission = permission.ok_or_else(|| answer.strange("it says no `permission`"))?;
        let named = value.pointer("/user/login").and_then(Value::as_str);
        if named.is_some_and(|named| !named.eq_ignore_ascii_case(&login)) {
            return Err(answer.strange(&format!("it is not about `{login}`")));
        }
        known.insert(login, matches!(permission, "admin" | "maintain" | "write"));
    }
    for review in &mut facts.reviews {
        review.write_access = review.login.as_ref().and_then(|login| known.get(login).copied());
    }
    Ok(unsaid)
}
