//! Whether a change is approved: what was said about it, how well each of it is proven, what counts, and what is missing.
//!
//! What counts, and why something does not, is decided in `weigh`; `said` only gathers.

mod said;
mod weigh;

use std::collections::{BTreeMap, BTreeSet};

use super::principals::Principals;
use super::record::{About, Record};
use super::trailers::ClaimedReview;
use crate::forge::{Facts, Pull};
use crate::model::{Approvals, Evidence, Time};
use said::Said;

/// The change that is judged, and all that is known about its reviews.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// What is to be approved; `None`: something that no record can be bound to.
    pub about: Option<About<'a>>,
    /// The accounts of whoever contributed to it.
    pub contributors: &'a BTreeSet<String>,
    /// The pull request that it came with, or is up for review in, where that is known.
    pub pull: Option<&'a PullHead>,
    /// What the forge says; `None`: nobody asked it.
    pub facts: Option<&'a Facts>,
    /// The records of the repository; `None`: its notes are not there.
    pub records: Option<&'a [Record]>,
    /// What trailers of the message claim.
    pub claims: &'a [ClaimedReview],
    /// Who is who, on the base side.
    pub principals: &'a Principals,
    /// What is needed, on the base side.
    pub needs: &'a Approvals,
    /// Whether the change permits more, or may.
    pub loosens: bool,
}

/// A pull request and the commit of it that is to be approved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullHead {
    /// Its number.
    pub number: u64,
    /// The merged head, or the head as it is now, in full; `None`: not known, and no review of the forge is bound to it.
    pub head: Option<String>,
}

impl From<&Pull> for PullHead {
    fn from(pull: &Pull) -> Self {
        Self { number: pull.number, head: pull.head.sha.clone() }
    }
}

/// What a review says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReviewState {
    /// Yes.
    Approved,
    /// No.
    ChangesRequested,
    /// Neither.
    Commented,
    /// Taken back at the forge, whatever it was.
    Dismissed,
    /// Not handed in.
    Pending,
}

impl ReviewState {
    /// The word, as reports write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::ChangesRequested => "changes_requested",
            Self::Commented => "commented",
            Self::Dismissed => "dismissed",
            Self::Pending => "pending",
        }
    }
}

/// How well a review is proven, the weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Proof {
    /// What should prove it proves the contrary.
    Refuted,
    /// Whoever wrote the commit says so.
    Claimed,
    /// A record in the repository says so.
    Recorded,
    /// The forge says so.
    Forge,
    /// The reviewer signed it.
    Attested,
}

impl Proof {
    /// The word, as reports write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Refuted => "refuted",
            Self::Claimed => "claimed",
            Self::Recorded => "recorded",
            Self::Forge => "forge",
            Self::Attested => "attested",
        }
    }

    /// Whether it is as good as what is required.
    #[must_use]
    pub fn meets(self, required: Evidence) -> bool {
        self >= match required {
            Evidence::Recorded => Self::Recorded,
            Evidence::Forge => Self::Forge,
            Evidence::Attested => Self::Attested,
        }
    }
}

/// One review, and whether it counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// The principal, else the bare account.
    pub by: String,
    /// The account that it was given with.
    pub account: String,
    /// What it says.
    pub state: ReviewState,
    /// How well it is proven.
    pub evidence: Proof,
    /// When; `None`: not said.
    pub at: Option<Time>,
    /// Whether it is one of the approvals that are counted: one of a principal at most.
    pub counts: bool,
    /// Why an approval does not count, or why a review is refuted.
    pub why_not: Option<String>,
    /// Whether it is about another change of the same document.
    pub stale: bool,
}

/// Whether what is needed is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// It is.
    Met,
    /// It is not.
    NotMet,
    /// Nobody knows: no source of reviews was given.
    Unknown,
}

/// All that was said, and what comes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// Every review, by time; those without one last.
    pub reviews: Vec<Review>,
    /// Whether what is needed is there.
    pub outcome: Outcome,
    /// Whether a source of reviews was given at all; without one, reviews are unknown, not none.
    pub known: bool,
    /// The principal of the strongest approval that counts, the earliest among equals.
    pub reviewer: Option<String>,
    /// When that approval was given.
    pub reviewed_at: Option<Time>,
    /// How well that approval is proven.
    pub evidence: Option<Proof>,
    /// The principals whose approvals count.
    pub approvers: BTreeSet<String>,
    /// What is missing, in words; empty when it is met.
    pub missing: Vec<String>,
}

/// So many approvals by some people.
struct Need<'a> {
    required: u64,
    from: &'a BTreeSet<String>,
}

/// Judges the reviews of a change.
#[must_use]
pub fn judge(question: &Question<'_>) -> Judgement {
    let needs = needs(question.needs, question.loosens);
    let said = said::gather(question);
    let faults = weigh::faults(question, &said, &needs);
    let best = weigh::best(&said, &faults);
    let approvers: BTreeSet<String> = best.keys().cloned().collect();
    let known = question.records.is_some() || question.facts.is_some_and(|facts| facts.tells_reviews);
    let mut missing = missing(question.needs, question.loosens, question.principals, &approvers);
    let outcome = match (missing.is_empty(), known) {
        (true, _) => Outcome::Met,
        (false, true) => Outcome::NotMet,
        (false, false) => Outcome::Unknown,
    };
    if outcome == Outcome::Unknown {
        missing.push("reviews are unknown: neither facts of a forge nor records were given".to_owned());
    }
    let strongest = best.values().filter_map(|at| said.get(*at)).min_by_key(|one| weigh::strength(one));
    Judgement {
        outcome,
        known,
        reviewer: strongest.map(Said::who),
        reviewed_at: strongest.and_then(|one| one.at),
        evidence: strongest.map(|one| one.proof),
        approvers,
        missing,
        reviews: reviews(&said, faults, &best),
    }
}

/// What is needed of everybody, and beyond that of those who are named for a change that permits more.
fn needs(approvals: &Approvals, loosens: bool) -> Vec<Need<'_>> {
    let mut needs = vec![Need { required: approvals.required, from: &approvals.from }];
    if let Some((required, from)) = approvals.loosening.as_ref().filter(|_| loosens) {
        needs.push(Need { required: *required, from: if from.is_empty() { &approvals.from } else { from } });
    }
    needs
}

/// What is missing where these principals have approved, in words.
#[must_use]
pub fn missing(
    approvals: &Approvals,
    loosens: bool,
    principals: &Principals,
    approvers: &BTreeSet<String>,
) -> Vec<String> {
    let of = |need: Need<'_>| lacking(principals, approvals.evidence, &need, approvers);
    needs(approvals, loosens).into_iter().filter_map(of).collect()
}

fn lacking(
    principals: &Principals,
    evidence: Evidence,
    need: &Need<'_>,
    approvers: &BTreeSet<String>,
) -> Option<String> {
    let there = approvers.iter().filter(|one| principals.is_among(one, need.from)).count();
    if there as u64 >= need.required {
        return None;
    }
    let names: Vec<&str> = need.from.iter().map(String::as_str).collect();
    let whom = if names.is_empty() { String::new() } else { format!(" by {}", names.join(", ")) };
    let (required, evidence) = (need.required, proof_of(evidence).as_str());
    let word = if required == 1 { "approval" } else { "approvals" };
    Some(format!("{required} {word}{whom} needed, evidence {evidence} or better; {there} counted"))
}

fn proof_of(evidence: Evidence) -> Proof {
    match evidence {
        Evidence::Recorded => Proof::Recorded,
        Evidence::Forge => Proof::Forge,
        Evidence::Attested => Proof::Attested,
    }
}

fn reviews(said: &[Said], faults: Vec<Option<String>>, best: &BTreeMap<String, usize>) -> Vec<Review> {
    let told = said.iter().zip(faults).enumerate().map(|(rank, (one, fault))| {
        let counts = best.values().any(|at| *at == rank);
        let spare = one.state == ReviewState::Approved && fault.is_none() && !counts;
        Review {
            by: one.who(),
            account: one.account.clone(),
            state: one.state,
            evidence: one.proof,
            at: one.at,
            counts,
            stale: one.stale,
            why_not: fault.or_else(|| spare.then(|| format!("another approval by `{}` is counted", one.who()))),
        }
    });
    told.collect()
}
