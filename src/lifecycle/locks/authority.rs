use std::collections::{BTreeMap, BTreeSet};

use super::Step;
use crate::forge::Facts;
use crate::lifecycle::approvals::{self, Judgement, Proof, PullHead, Question};
use crate::lifecycle::principals::Principals;
use crate::lifecycle::record::{About, Attestation, Record};
use crate::model::{Approvals, Environment};
use crate::written::{Evidence, ReviewKind, ReviewRecord, ReviewedLock, UsedApproval};

/// What the reviews of the versions that a deployment brings come to.
#[derive(Debug, Clone, Default)]
pub struct Brought {
    /// The accounts of whoever contributed to one of them: nobody approves what they contributed to.
    pub contributors: BTreeSet<String>,
    /// The principals who approved every one of them, and how well that is proven at its weakest; `None`: that says nothing,
    /// because something comes that was not reviewed step by step since what is live.
    pub approvers: Option<BTreeMap<String, Proof>>,
}

/// What a step needs, and what of it is there.
#[derive(Debug, Clone)]
pub struct Authority {
    /// What it needs.
    pub needs: Approvals,
    /// Whether it permits more, or may.
    pub loosens: bool,
    /// The approvals that count.
    pub approvals: Vec<UsedApproval>,
    /// What was said of the environment itself.
    pub judgement: Judgement,
    /// What is missing, in words; empty: nothing.
    pub missing: Vec<String>,
}

/// What is known when a step is judged.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The environment, as the base side has it.
    pub environment: &'a Environment,
    /// Who is who, on the base side.
    pub principals: &'a Principals,
    /// The change that was to be approved.
    pub change: &'a ReviewedLock,
    /// Review records.
    pub records: Option<&'a [Record]>,
    /// What the forge says.
    pub facts: Option<&'a Facts>,
    /// The pull request that brings the lock.
    pub pull: Option<&'a PullHead>,
    /// What comes with it.
    pub brought: &'a Brought,
    /// Whether it permits more, or may.
    pub loosens: bool,
}

/// Judges who stands behind a step.
#[must_use]
pub fn authority(step: Step, asked: &Asked<'_>) -> Authority {
    let needs = needs(step, asked.environment);
    let loosens = asked.loosens && matches!(step, Step::Deploy | Step::KillOff);
    let contributors = if step == Step::Deploy { asked.brought.contributors.clone() } else { BTreeSet::new() };
    let judgement = approvals::judge(&Question {
        about: Some(About::Lock(asked.change)),
        contributors: &contributors,
        pull: asked.pull,
        facts: asked.facts,
        records: asked.records,
        claims: &[],
        principals: asked.principals,
        needs: &needs,
        loosens,
    });
    let mut approvals: BTreeMap<String, UsedApproval> = BTreeMap::new();
    for review in judgement.reviews.iter().filter(|review| review.counts) {
        let record = record_of(asked, review);
        approvals.insert(review.by.clone(), used(&review.by, review.evidence, asked.change, record));
    }
    let brought = asked.brought.approvers.iter().flatten().filter(|_| step == Step::Deploy);
    for (principal, proof) in brought.filter(|(_, proof)| proof.meets(needs.evidence)) {
        let may = may_approve(asked.principals, principal, &needs);
        let told_no = judgement.reviews.iter().any(|review| review.by == **principal && is_no(review));
        if may && !told_no {
            approvals.entry(principal.clone()).or_insert_with(|| used(principal, *proof, asked.change, None));
        }
    }
    let counted: BTreeSet<String> = approvals.keys().cloned().collect();
    let missing = approvals::missing(&needs, loosens, asked.principals, &counted);
    Authority { needs, loosens, approvals: approvals.into_values().collect(), judgement, missing }
}

/// What a step needs: what only stops, or goes the way that was approved, needs nobody.
fn needs(step: Step, environment: &Environment) -> Approvals {
    let nobody = Approvals { required: 0, loosening: None, ..environment.approvals.clone() };
    match step {
        Step::KillOn | Step::Next | Step::Hold => nobody,
        Step::Deploy | Step::KillOff => environment.approvals.clone(),
        Step::Rollback | Step::Abort => {
            // Where deploying needs nobody and nobody is named, going back needs nobody either.
            let free = environment.approvals.required == 0 && environment.rollback_from.is_empty();
            Approvals { required: u64::from(!free), from: environment.may_roll_back().clone(), ..nobody }
        }
    }
}

/// Whether a principal is among those whose approval a change needs.
#[must_use]
pub fn may_approve(principals: &Principals, principal: &str, needs: &Approvals) -> bool {
    let loosening = needs.loosening.as_ref().map(|(_, from)| from);
    principals.is_among(principal, &needs.from) || loosening.is_some_and(|from| principals.is_among(principal, from))
}

fn is_no(review: &approvals::Review) -> bool {
    review.state == approvals::ReviewState::ChangesRequested && review.why_not.is_none()
}

/// The record behind an approval that counts, to be kept with the lock: that very one, and no other of the same person, which
/// may have been taken back or signed with another key.
fn record_of(asked: &Asked<'_>, review: &approvals::Review) -> Option<ReviewRecord> {
    let proven = match review.evidence {
        Proof::Attested => Attestation::Attested,
        Proof::Recorded => Attestation::Unsigned,
        _ => return None,
    };
    let is_it = |record: &&Record| {
        let written = &record.written;
        let own = written.by.trim() == review.account && written.environment.as_ref() == Some(asked.change);
        let said = written.kind == ReviewKind::Approve && Some(record.at) == review.at;
        own && said && record.attestation(asked.principals) == proven
    };
    asked.records.into_iter().flatten().find(is_it).map(|record| record.written.clone())
}

fn used(principal: &str, proof: Proof, change: &ReviewedLock, record: Option<ReviewRecord>) -> UsedApproval {
    let evidence = match proof {
        Proof::Attested => Evidence::Attested,
        Proof::Forge => Evidence::Forge,
        Proof::Recorded | Proof::Claimed | Proof::Refuted => Evidence::Recorded,
    };
    UsedApproval { principal: principal.to_owned(), evidence, digest: change.change.clone(), record }
}
