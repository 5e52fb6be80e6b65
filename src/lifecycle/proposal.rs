//! A change that is up for review, whatever will be made of it: what it does to documents and to what governs, who had a
//! hand in it, and whether it is approved. Everything about people is read from the base side.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::approvals::{self, Judgement, Outcome, PullHead, Question};
use super::authors::{account, co_authors};
use super::event::{Change as Kind, State};
use super::history::{GOVERNING, History};
use super::record::{About, Change, Governing};
use super::snapshots::Snapshots;
use super::sources::{Base, Bases, Sources};
use crate::diag::Failure;
use crate::git::{Commit, Database, Entry, Interest, ObjectId};
use crate::model::DocumentId;
use crate::source::document_format;
use crate::text::Digest;
use crate::written::ReviewedFile;

/// What is proposed.
#[derive(Debug, Clone)]
pub struct Proposed<'a> {
    /// What the change starts from: what is not the same there is what it changes.
    pub base: ObjectId,
    /// The commit whose identities and settings judge it: what is merged into, as it is now.
    pub judged_by: ObjectId,
    /// What the merge makes of it.
    pub result: ObjectId,
    /// What people wrote and reviewed: the head of the branch, where `result` is a merge of it.
    pub written: ObjectId,
    /// The pull request that it is up for review in.
    pub pull: Option<&'a PullHead>,
    /// The accounts that opened the pull request, as far as anybody says.
    pub opened_by: &'a [String],
    /// Whether it permits more, or may.
    pub loosens: bool,
    /// What it is judged by beside what always governs: logs.
    pub judged_with: &'a [String],
}

/// A change that is up for review.
#[derive(Debug)]
pub struct Proposal {
    /// The documents that it changes, by id.
    pub documents: Vec<ProposedDocument>,
    /// The files that govern and that it changes; reviews are bound to them.
    pub governing: Governing,
    /// Whether the files that govern and that it changes are approved; `None`: it changes none.
    pub governance: Option<Judgement>,
    /// The principals who had a hand in it.
    pub contributors: BTreeSet<String>,
    /// Who is who, and what is needed.
    pub base: Rc<Base>,
}

/// A document that is changed.
#[derive(Debug)]
pub struct ProposedDocument {
    /// The change; reviews are bound to it.
    pub change: Change,
    /// What is done.
    pub kind: Kind,
    /// Whether it is approved.
    pub judgement: Judgement,
}

impl Proposal {
    /// Looks at a change.
    ///
    /// # Errors
    /// When an object is not there.
    pub fn read(
        database: &Database,
        history: &History,
        sources: &Sources,
        proposed: &Proposed<'_>,
    ) -> Result<Self, Failure> {
        let base = Bases::default().at(database, Some(proposed.judged_by))?;
        let commits = database.commits_between(proposed.base, &[proposed.written, proposed.result])?;
        // What the forge merges for the run, or for the queue, is nobody's work.
        let of_branch =
            commits.iter().filter(|commit| commit.id != proposed.result || proposed.result == proposed.written);
        let mut contributors = hands(of_branch);
        contributors.extend(proposed.opened_by.iter().cloned());
        let judge = |about: About<'_>| {
            approvals::judge(&Question {
                about: Some(about),
                contributors: &contributors,
                pull: proposed.pull,
                facts: sources.facts.as_ref().filter(|_| base.known),
                records: sources.records.as_deref().filter(|_| base.known),
                claims: &[],
                principals: &base.principals,
                needs: &base.needs,
                loosens: proposed.loosens,
            })
        };
        let changes = changes(database, history, proposed)?;
        let documents = changes.into_iter().map(|(change, kind)| {
            let judgement = judge(About::Document(&change));
            ProposedDocument { change, kind, judgement }
        });
        let documents = documents.collect();
        let governing = governing_between(database, Some(proposed.base), proposed.result, proposed.judged_with)?;
        let governance = (!governing.is_empty()).then(|| judge(About::Governing(&governing)));
        let contributors = contributors.iter().map(|account| base.principals.of(account)).collect();
        Ok(Self { documents, governing, governance, contributors, base })
    }

    /// Every judgement.
    pub fn judgements(&self) -> impl Iterator<Item = &Judgement> {
        self.documents.iter().map(|document| &document.judgement).chain(&self.governance)
    }

    /// Whether all of it is approved; a change of nothing is.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        let outcomes = || self.judgements().map(|judgement| judgement.outcome);
        [Outcome::NotMet, Outcome::Unknown]
            .into_iter()
            .find(|bad| outcomes().any(|one| one == *bad))
            .unwrap_or(Outcome::Met)
    }

    /// The principals whose approvals count for all of it.
    #[must_use]
    pub fn approvers(&self) -> BTreeSet<String> {
        let mut all = self.judgements().map(|judgement| judgement.approvers.clone());
        let first = all.next().unwrap_or_default();
        all.fold(first, |both, own| both.intersection(&own).cloned().collect())
    }
}

/// Everybody who had a hand in commits: who wrote them, who is named as having written with them, and who made them, such as
/// by rebasing; a forge that makes them for somebody is nobody.
fn hands<'c>(commits: impl Iterator<Item = &'c Commit>) -> BTreeSet<String> {
    let of = |commit: &'c Commit| {
        let committer = Some(account(&commit.committer)).filter(|committer| committer != "noreply@github.com");
        co_authors(&commit.message).chain([account(&commit.author)]).chain(committer)
    };
    commits.flat_map(of).collect()
}

/// What is done to documents, by id.
fn changes(database: &Database, history: &History, proposed: &Proposed<'_>) -> Result<Vec<(Change, Kind)>, Failure> {
    let mut snapshots = Snapshots::default();
    let before = snapshots.at(database, proposed.base)?.clone();
    let after = snapshots.at(database, proposed.result)?.clone();
    let rank = history.rank_below(database, proposed.base)?;
    let ids: BTreeSet<&DocumentId> = before.keys().chain(after.keys()).collect();
    let change = |id: &DocumentId| {
        let (old, new) = (before.get(id).unwrap_or(&State::Absent), after.get(id).unwrap_or(&State::Absent));
        let kind = Kind::between(old, new)?;
        let versions = rank.map_or(0, |rank| history.count_at(id, rank));
        Some((Change { document: id.clone(), after: versions, from: digest(old), to: digest(new) }, kind))
    };
    Ok(ids.into_iter().filter_map(change).collect())
}

fn digest(state: &State) -> Option<crate::text::Digest> {
    if let State::Sound(digest) = state { Some(*digest) } else { None }
}

/// The files that govern and are not the same, with what they hold on both sides; beside what always governs, those below
/// some other paths.
///
/// # Errors
/// When an object is not there.
pub fn governing_between(
    database: &Database,
    base: Option<ObjectId>,
    result: ObjectId,
    judged_with: &[String],
) -> Result<Governing, Failure> {
    let changed = |paths: Vec<String>| database.changes(base, Some(result), &Interest(paths));
    let is_read = |change: &crate::git::Change| document_format(&change.path).is_some();
    let always = changed(GOVERNING.map(str::to_owned).to_vec())?.into_iter().filter(is_read);
    let digest = |entry: Option<Entry>| -> Result<Option<String>, Failure> {
        let Some(entry) = entry else { return Ok(None) };
        // A file and a link of the same bytes are not the same.
        let kind: &[u8] = if entry.plain { b"" } else { b"link\0" };
        Ok(Some(Digest::of(&[kind, &database.bytes(entry.id)?].concat()).to_string()))
    };
    let mut files = Governing::new();
    for change in always.chain(changed(judged_with.to_vec())?) {
        let file = ReviewedFile { from: digest(change.before)?, to: digest(change.after)? };
        files.insert(change.path, file);
    }
    Ok(files)
}
