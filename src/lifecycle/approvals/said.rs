use std::collections::BTreeSet;

use super::{Proof, PullHead, Question, ReviewState};
use crate::forge;
use crate::lifecycle::record::{About, Attestation, Bound, Record};
use crate::lifecycle::trailers::ClaimedReview;
use crate::model::Time;
use crate::written::ReviewKind;

/// One thing that somebody said about a change, from whatever source.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Said {
    /// Whether no time is known; such come last.
    pub timeless: bool,
    /// When.
    pub at: Option<Time>,
    /// The principals that the account may stand for: one, unless patterns of agents leave it open.
    pub by: BTreeSet<String>,
    /// The account, as given.
    pub account: String,
    /// What was said.
    pub state: ReviewState,
    /// How well it is proven.
    pub proof: Proof,
    /// The forge's number of the review: the later, the higher; 0 elsewhere.
    pub id: u64,
    /// Whether it is about another change of the same thing.
    pub stale: bool,
    /// What its own source has against it.
    pub fault: Option<String>,
}

impl Said {
    /// The principal as it is shown.
    pub(super) fn who(&self) -> String {
        self.by.iter().next().cloned().unwrap_or_default()
    }

    /// Whether it comes from the forge.
    pub(super) fn of_forge(&self) -> bool {
        self.proof == Proof::Forge
    }
}

/// Everything that was said about the change, by time; what is said twice in the same words is there once.
pub(super) fn gather(question: &Question<'_>) -> Vec<Said> {
    let mut all = BTreeSet::new();
    if let (Some(facts), Some(pull)) = (question.facts, question.pull) {
        all.extend(facts.reviews_of(pull.number).map(|review| of_forge(question, facts, pull, review)));
    }
    let records = question.records.unwrap_or_default();
    all.extend(records.iter().filter_map(|record| of_record(question, record)));
    all.extend(question.claims.iter().map(|claim| of_claim(question, claim)));
    all.into_iter().collect()
}

fn of_forge(question: &Question<'_>, facts: &forge::Facts, pull: &PullHead, review: &forge::Review) -> Said {
    let account = review.login.as_ref().map(|login| facts.account(login));
    let at = review.submitted_at.and_then(|at| Time::of_unix_nanoseconds(at.as_nanosecond()));
    Said {
        timeless: at.is_none(),
        at,
        by: account.as_ref().map(|account| question.principals.everyone(account)).unwrap_or_default(),
        state: match review.state {
            forge::ReviewState::Approved => ReviewState::Approved,
            forge::ReviewState::ChangesRequested => ReviewState::ChangesRequested,
            forge::ReviewState::Commented => ReviewState::Commented,
            forge::ReviewState::Dismissed => ReviewState::Dismissed,
            forge::ReviewState::Pending => ReviewState::Pending,
        },
        proof: Proof::Forge,
        id: review.id,
        stale: false,
        fault: fault_of_forge(question, pull, review, account.as_deref()),
        account: account.unwrap_or_default(),
    }
}

/// What speaks against an approval at the forge, whatever else was said.
fn fault_of_forge(
    question: &Question<'_>,
    pull: &PullHead,
    review: &forge::Review,
    account: Option<&str>,
) -> Option<String> {
    if review.state != forge::ReviewState::Approved {
        return None;
    }
    let Some(account) = account else { return Some("the account of the reviewer is gone".to_owned()) };
    if review.bot && !question.principals.knows(account) {
        return Some("a program approved, and identities name nobody who answers for it".to_owned());
    }
    match (&review.commit, &pull.head) {
        (_, None) => return Some("the head of the pull request is not known".to_owned()),
        (None, _) => return Some("the forge does not say which commit was approved".to_owned()),
        (Some(commit), Some(head)) if commit != head => {
            return Some(format!("commit {} was approved, and the head is {}", short(commit), short(head)));
        }
        _ => {}
    }
    (!review.has_write_access()).then(|| "the reviewer has no write access to the repository".to_owned())
}

fn short(commit: &str) -> &str {
    commit.get(..10).unwrap_or(commit)
}

fn of_record(question: &Question<'_>, record: &Record) -> Option<Said> {
    let state = match record.written.kind {
        ReviewKind::Approve => ReviewState::Approved,
        ReviewKind::RequestChanges => ReviewState::ChangesRequested,
        ReviewKind::Comment => ReviewState::Commented,
        // It asks for a review, and is none.
        ReviewKind::Submit => return None,
    };
    let bound = question.about.map_or(Bound::No, |about| record.about(about));
    if bound == Bound::No {
        return None;
    }
    let account = record.written.by.trim().to_owned();
    let (proof, refuted) = match record.attestation(question.principals) {
        Attestation::Attested => (Proof::Attested, None),
        Attestation::Unsigned => (Proof::Recorded, None),
        Attestation::Refuted(why) => (Proof::Refuted, Some(why)),
    };
    let other = || match question.about {
        Some(About::Governing(_)) => {
            "the files that govern have been changed since, or stand on another base".to_owned()
        }
        _ => "the document has been changed since, or stands on another base".to_owned(),
    };
    let by = question.principals.everyone(&account);
    Some(Said {
        timeless: false,
        at: Some(record.at),
        by,
        account,
        state,
        proof,
        id: 0,
        stale: bound == Bound::Other,
        fault: refuted.or_else(|| (bound == Bound::Other).then(other)),
    })
}

fn of_claim(question: &Question<'_>, claim: &ClaimedReview) -> Said {
    let (key, person, state) = match claim {
        ClaimedReview::Approved(person) => ("Approved-by", person, ReviewState::Approved),
        ClaimedReview::Reviewed(person) => ("Reviewed-by", person, ReviewState::Commented),
    };
    Said {
        timeless: true,
        at: None,
        by: question.principals.everyone(person.account()),
        account: person.account().to_owned(),
        state,
        proof: Proof::Claimed,
        id: 0,
        stale: false,
        fault: Some(format!("the trailer `{key}` is a claim")),
    }
}
