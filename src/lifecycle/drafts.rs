//! What is on its way: documents that branches or the work tree have otherwise than the protected branch.

use std::collections::{BTreeMap, BTreeSet};

use super::authors::account;
use super::event::{Change, State};
use super::history::History;
use super::record;
use super::snapshots::{Snapshots, States};
use super::sources::Sources;
use super::told::Status;
use crate::diag::Failure;
use crate::forge::{Facts, Pull, PullState};
use crate::git::{Database, Head, ObjectId};
use crate::model::DocumentId;
use crate::written::ReviewKind;

/// A document as a branch or the work tree has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The document.
    pub id: DocumentId,
    /// Where it is; `None`: the work tree.
    pub reference: Option<String>,
    /// The commit there.
    pub commit: Option<ObjectId>,
    /// What was done to the document there.
    pub change: Change,
    /// What the document is there.
    pub state: State,
    /// Draft or in review.
    pub status: Status,
    /// Whether nobody said that it is in review, and only a reference of a pull request looks like it.
    pub inferred: bool,
    /// The number of the pull request.
    pub pull: Option<u64>,
    /// How many versions the document has on the protected branch.
    pub versions: u64,
    /// The author of the commit there.
    pub author: Option<String>,
}

/// The references of review requests in a clone that fetched them.
const REVIEWS: [(&str, &str); 2] =
    [("refs/pull/*/head", "refs/pull/"), ("refs/merge-requests/*/head", "refs/merge-requests/")];

/// The references that may hold drafts: branches, those of remotes, and those of review requests; not the protected one,
/// nor what `origin` has of it. Beside them the names of those whose object is not there.
///
/// # Errors
/// When the references cannot be read.
pub fn references(database: &Database, history: &History) -> Result<(Vec<Head>, Vec<String>), Failure> {
    let protected = &history.protected;
    let (mut heads, mut lost) = (Vec::new(), Vec::new());
    for pattern in ["refs/heads/*", "refs/remotes/*"].into_iter().chain(REVIEWS.map(|(pattern, _)| pattern)) {
        let (found, unreadable) = database.heads(pattern)?;
        heads.extend(found);
        lost.extend(unreadable);
    }
    let short = protected.short();
    // What `origin` has of it is the same branch at another time; what others have under its name may be anything.
    let of_origin = format!("refs/remotes/origin/{short}");
    heads.retain(|head| head.reference != protected.reference && head.reference != of_origin);
    Ok((heads, lost))
}

/// The number of a review request, of a reference that belongs to one.
#[must_use]
pub fn review_number(reference: &str) -> Option<u64> {
    let of = |(_, prefix): &(&str, &str)| reference.strip_prefix(prefix)?.strip_suffix("/head")?.parse().ok();
    REVIEWS.iter().find_map(of)
}

/// The drafts at some references, in their order, and which of the references cannot be read.
#[must_use]
pub fn drafts(
    database: &Database,
    history: &History,
    snapshots: &mut Snapshots,
    heads: &[Head],
    sources: &Sources,
) -> (Vec<Draft>, Vec<String>) {
    let reviews: BTreeMap<ObjectId, u64> =
        heads.iter().filter_map(|head| Some((head.commit, review_number(&head.reference)?))).collect();
    let mut found = Vec::new();
    let mut unreadable = Vec::new();
    for head in heads {
        let pull = review_number(&head.reference).or_else(|| reviews.get(&head.commit).copied());
        let up = Up::of(head, pull, history.protected.short(), sources.facts.as_ref());
        // One stranger's branch must not keep the others from being told; it is named instead.
        let changed = match changed(database, history, snapshots, head.commit) {
            Ok(changed) => changed,
            Err(failure) => {
                unreadable.push(format!("`{}` cannot be read: {}", head.reference, failure.message));
                continue;
            }
        };
        let author = database.commit(head.commit).ok().map(|commit| account(&commit.author));
        for (id, state, change) in changed {
            let submitted = submitted(history, &id, &state, sources);
            found.push(Draft {
                reference: Some(head.reference.clone()),
                commit: Some(head.commit),
                author: author.clone(),
                versions: history.count_at(&id, usize::MAX),
                id,
                change,
                state,
                status: if up.in_review || submitted { Status::InReview } else { Status::Draft },
                inferred: up.inferred && !submitted,
                pull: up.pull,
            });
        }
    }
    (found, unreadable)
}

/// Whether what a reference leads to is up for review as a pull request.
struct Up {
    in_review: bool,
    inferred: bool,
    pull: Option<u64>,
}

impl Up {
    /// As the forge says; where it does not know the pull request, its reference looks as if it were open.
    fn of(head: &Head, number: Option<u64>, branch: &str, facts: Option<&Facts>) -> Self {
        let commit = head.commit.to_string();
        let is_here = |pull: &&Pull| pull.head.sha.as_deref() == Some(&commit) && pull.base.name == branch;
        let is_open = |pull: &&Pull| pull.state == PullState::Open && !pull.draft;
        let all_here = || facts.into_iter().flat_map(|facts| &facts.pulls).filter(is_here);
        let here = all_here().find(is_open).or_else(|| all_here().next());
        let numbered = facts.zip(number).and_then(|(facts, number)| facts.pull(number));
        match (here.or(numbered), number) {
            (Some(pull), _) => {
                // A pull request whose head is elsewhere by now is not about this commit.
                let open = is_open(&pull) && here.is_some();
                Self { in_review: open, inferred: false, pull: Some(pull.number) }
            }
            (None, Some(number)) => Self { in_review: true, inferred: true, pull: Some(number) },
            (None, None) => Self { in_review: false, inferred: false, pull: None },
        }
    }
}

/// Whether a record hands in exactly this change.
fn submitted(history: &History, id: &DocumentId, state: &State, sources: &Sources) -> bool {
    let digest = |state: &State| match state {
        State::Sound(digest) => Some(*digest),
        State::Absent | State::Broken(_) => None,
    };
    let change = record::Change {
        document: id.clone(),
        after: history.count_at(id, usize::MAX),
        from: digest(history.state(id)),
        to: digest(state),
    };
    let hands_in = |record: &record::Record| {
        record.written.kind == ReviewKind::Submit
            && record.about(record::About::Document(&change)) == record::Bound::This
    };
    sources.records.iter().flatten().any(hands_in)
}

/// The drafts of a work tree over a commit: what differs from that commit, and is a draft over the protected branch.
///
/// # Errors
/// When an object is not there.
pub fn of_work_tree(
    database: &Database,
    history: &History,
    snapshots: &mut Snapshots,
    over: Option<ObjectId>,
    states: &States,
) -> Result<Vec<Draft>, Failure> {
    let nothing = States::new();
    let before = match over {
        Some(commit) => snapshots.at(database, commit)?.clone(),
        None => nothing,
    };
    let candidates = differing(states, &before);
    let changed = against(database, history, snapshots, over, states, candidates)?;
    let draft = |(id, state, change): (DocumentId, State, Change)| Draft {
        reference: None,
        commit: None,
        author: None,
        versions: history.count_at(&id, usize::MAX),
        id,
        change,
        state,
        status: Status::Draft,
        inferred: false,
        pull: None,
    };
    Ok(changed.into_iter().map(draft).collect())
}

/// The documents that a commit has otherwise than the protected branch, and that it did not only inherit.
fn changed(
    database: &Database,
    history: &History,
    snapshots: &mut Snapshots,
    commit: ObjectId,
) -> Result<Vec<(DocumentId, State, Change)>, Failure> {
    let states = snapshots.at(database, commit)?.clone();
    let candidates = differing(&states, snapshots.at(database, history.protected.tip)?);
    against(database, history, snapshots, Some(commit), &states, candidates)
}

/// The documents whose states differ.
fn differing(one: &States, other: &States) -> BTreeSet<DocumentId> {
    one.keys().chain(other.keys()).filter(|id| one.get(*id) != other.get(*id)).cloned().collect()
}

/// Of some documents those that are drafts over the protected branch, with what merging them would do.
fn against(
    database: &Database,
    history: &History,
    snapshots: &mut Snapshots,
    commit: Option<ObjectId>,
    states: &States,
    candidates: BTreeSet<DocumentId>,
) -> Result<Vec<(DocumentId, State, Change)>, Failure> {
    if candidates.is_empty() {
        return Ok(Vec::new());
    }
    let bases = commit.map_or(Ok(Vec::new()), |commit| database.merge_bases(history.protected.tip, commit))?;
    let mut drafts = Vec::new();
    for id in candidates {
        let state = states.get(&id).cloned().unwrap_or_default();
        if Change::between(history.state(&id), &state).is_none() || merged(database, history, &bases, &id, &state)? {
            continue;
        }
        if let Some(change) = done(database, snapshots, &bases, &id, &state)? {
            drafts.push((id, state, change));
        }
    }
    Ok(drafts)
}

/// What a branch did to a document since it parted from the protected branch; `None`: it has it as it found it.
fn done(
    database: &Database,
    snapshots: &mut Snapshots,
    bases: &[ObjectId],
    id: &DocumentId,
    state: &State,
) -> Result<Option<Change>, Failure> {
    let mut found = Change::between(&State::Absent, state);
    for (rank, base) in bases.iter().enumerate() {
        let then = snapshots.at(database, *base)?.get(id).unwrap_or(&State::Absent);
        let Some(change) = Change::between(then, state) else { return Ok(None) };
        // It is new where no base has it.
        if rank == 0 || change != Change::Added {
            found = Some(change);
        }
    }
    Ok(found)
}

/// Whether the protected branch had this since the two parted: then it was merged, squashed or picked, and is no draft.
fn merged(
    database: &Database,
    history: &History,
    bases: &[ObjectId],
    id: &DocumentId,
    state: &State,
) -> Result<bool, Failure> {
    if matches!(state, State::Broken(_)) {
        return Ok(false);
    }
    for event in history.of_document(id).rev().filter(|event| event.state == *state) {
        let mut before = false;
        for base in bases {
            before |= database.is_ancestor(event.commit, *base)?;
        }
        if !before {
            return Ok(true);
        }
    }
    Ok(false)
}
