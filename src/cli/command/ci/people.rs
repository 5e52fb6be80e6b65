//! Who must approve a change, and who has.

use super::parts::Parts;
use crate::cli::history::{self, Branch};
use crate::diag::{Failure, codes};
use crate::forge::{Event, EventKind, Facts};
use crate::git::ObjectId;
use crate::lifecycle::approvals::PullHead;
use crate::lifecycle::{Proposal, Proposed, Sources, pull_of};
use crate::report::{self, ApprovalsLine, Told};

/// Judges the reviews of the change by the branch that it is merged into.
pub fn approvals(parts: &Parts<'_>, sources: &Sources, loosens: bool) -> Told<ApprovalsLine> {
    // Where they are asked for, that there is nothing to judge them by is no excuse.
    let absent = |what: &str| {
        let told = if parts.asks_for_approvals() { Told::NotRun } else { Told::Absent };
        told(what.to_owned())
    };
    let Some(bases) = parts.sides.commits.bases else {
        return absent("nothing was there before, so nothing says who must approve");
    };
    let (Some(result), Some(written)) = (parts.sides.commits.result, parts.sides.commits.written) else {
        return absent("what is not committed cannot be approved yet");
    };
    if let (Err(why), true) = (&parts.sides.protected, parts.asks_for_approvals()) {
        return Told::NotRun(why.clone());
    }
    let judged = || -> Result<ApprovalsLine, Failure> {
        let database = &parts.sides.database;
        let event = parts.sides.event.as_ref();
        // What a pull request goes into was held against the default branch already.
        let branch = event.and_then(|event| match event.kind {
            EventKind::Pull | EventKind::Queue => event.target.clone(),
            EventKind::Push | EventKind::Other => event.default_branch.clone(),
        });
        let branch = Branch { branch };
        let protected = history::protected(&parts.sides.root, database, &branch)?;
        let branch = protected.short().to_owned();
        let history = history::read(database, protected)?;
        let facts = sources.facts.as_ref();
        let pull = pull(parts, written, facts, &branch)?;
        // A squash hides who wrote on its branch; where that is at hand they are told.
        let head = pull.as_ref().and_then(|pull| ObjectId::parse(pull.head.as_deref()?));
        let opened_by = opened_by(parts.sides.event.as_ref(), pull.as_ref(), facts);
        let logs = &parts.sides.judge().settings.logs;
        let judged_with: Vec<String> = logs.iter().map(|log| log.path.trim_end_matches('/').to_owned()).collect();
        let proposed = Proposed {
            base: bases.start,
            judged_by: bases.now,
            result,
            written: head.filter(|head| database.has(*head)).unwrap_or(written),
            pull: pull.as_ref(),
            opened_by: &opened_by,
            loosens,
            judged_with: &judged_with,
        };
        let proposal = Proposal::read(database, &history, sources, &proposed)?;
        Ok(report::approvals(&proposal, loosens, parts.asks_for_approvals()))
    };
    match judged() {
        Ok(line) => Told::Is(line),
        Err(failure) => Told::NotRun(format!("nobody can say who approved: {}", failure.message)),
    }
}

/// The pull request, and the commit of it that is to be approved.
fn pull(
    parts: &Parts<'_>,
    written: ObjectId,
    facts: Option<&Facts>,
    branch: &str,
) -> Result<Option<PullHead>, Failure> {
    let Some(event) = &parts.sides.event else { return Ok(None) };
    let of = facts.and_then(|facts| facts.repository.as_ref()).zip(event.repository.as_ref());
    if let Some((of, own)) = of.filter(|(of, own)| !of.name.eq_ignore_ascii_case(own)) {
        let message = format!("the facts of the forge are of `{}`, and this run is for `{own}`", of.name);
        return Err(Failure::new(codes::BAD_FORGE_FACTS, message));
    }
    let told = facts.zip(event.pull).and_then(|(facts, number)| facts.pull(number));
    if let Some((told, target)) = told.zip(event.target.as_ref()).filter(|(told, target)| told.base.name != **target) {
        let message = format!(
            "the facts of the forge say that it goes into `{}`, and this run is for `{target}`",
            told.base.name
        );
        return Err(Failure::new(codes::BAD_FORGE_FACTS, message));
    }
    Ok(match (event.kind, event.pull) {
        (EventKind::Pull, Some(number)) => Some(PullHead { number, head: Some(written.to_string()) }),
        (EventKind::Queue, Some(number)) => {
            let head = facts.and_then(|facts| facts.pull(number)).and_then(|pull| pull.head.sha.clone());
            Some(PullHead { number, head: only(parts, written, head)? })
        }
        (EventKind::Push, _) => {
            let database = &parts.sides.database;
            let found = pull_of(database, &database.commit(written)?, branch, facts)?;
            let head = found.as_ref().and_then(|pull| pull.head.clone());
            let head = only(parts, written, head)?;
            found.map(|pull| PullHead { number: pull.number, head })
        }
        _ => None,
    })
}

/// The head of a pull request, where what is judged is that pull request on its base and nothing else: several in one group, or
/// what somebody added while merging, was approved by nobody.
fn only(parts: &Parts<'_>, result: ObjectId, head: Option<String>) -> Result<Option<String>, Failure> {
    let database = &parts.sides.database;
    let (Some(bases), Some(id)) = (parts.sides.commits.bases, head.as_deref().and_then(ObjectId::parse)) else {
        return Ok(None);
    };
    let is_it = database.has(id) && database.is_merge_of(&database.commit(result)?, bases.start, id)? == Some(true);
    Ok(head.filter(|_| is_it))
}

/// Who opened the pull request: a contributor, whoever wrote its commits.
fn opened_by(event: Option<&Event>, pull: Option<&PullHead>, facts: Option<&Facts>) -> Vec<String> {
    let of_event = event.and_then(|event| event.author.clone());
    let of_facts = pull.and_then(|pull| Some(facts?.account(facts?.pull(pull.number)?.author.as_deref()?)));
    of_event.into_iter().chain(of_facts).collect()
}
