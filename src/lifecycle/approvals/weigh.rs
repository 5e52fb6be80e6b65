use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::said::Said;
use super::{Need, Proof, Question, ReviewState, proof_of};
use crate::lifecycle::principals::is_account;
use crate::model::Time;

/// What speaks against each thing that was said, in order; `None` for approvals that may be counted, and for what is no
/// approval.
pub(super) fn faults(question: &Question<'_>, said: &[Said], needs: &[Need<'_>]) -> Vec<Option<String>> {
    let contributors = contributors(question);
    said.iter().map(|one| fault(question, said, needs, &contributors, one)).collect()
}

/// Who may not approve: whoever contributed. Who opened the pull request stands behind the change too, also where only
/// others committed, and may have committed under an address that identities do not know.
fn contributors(question: &Question<'_>) -> BTreeSet<String> {
    let opened = || {
        let facts = question.facts?;
        let author = facts.pull(question.pull?.number)?.author.as_ref()?;
        Some(facts.account(author))
    };
    let opened = opened();
    let accounts = question.contributors.iter().chain(opened.as_ref());
    accounts.flat_map(|account| question.principals.everyone(account)).collect()
}

fn fault(
    question: &Question<'_>,
    said: &[Said],
    needs: &[Need<'_>],
    contributors: &BTreeSet<String>,
    one: &Said,
) -> Option<String> {
    if one.state != ReviewState::Approved || one.fault.is_some() {
        return one.fault.clone();
    }
    if said.iter().any(|other| takes_back(other, one)) {
        return Some(format!("`{}` took it back", one.who()));
    }
    if said.iter().any(|other| renews(other, one)) {
        return Some("a later review at the forge decides".to_owned());
    }
    if let Some(who) = one.by.iter().find(|who| contributors.contains(*who)) {
        return Some(format!("`{who}` contributed to the change"));
    }
    if let Some(why) = nobody(question, one) {
        return Some(why);
    }
    if !one.proof.meets(question.needs.evidence) {
        let needed = proof_of(question.needs.evidence);
        return Some(format!("evidence {} is weaker than {}", one.proof.as_str(), needed.as_str()));
    }
    let may = needs.iter().any(|need| question.principals.is_among(&one.who(), need.from));
    (!may).then(|| format!("`{}` is not among those who may approve", one.who()))
}

/// Whether it is not one person who speaks.
fn nobody(question: &Question<'_>, one: &Said) -> Option<String> {
    if one.by.len() > 1 {
        let names: Vec<&str> = one.by.iter().map(String::as_str).collect();
        return Some(format!("`{}` may be {}", one.account, names.join(" or ")));
    }
    let known = is_account(&one.account) || question.principals.knows(&one.account);
    (!known).then(|| format!("nobody says who `{}` is", one.account))
}

/// Whether `no` takes the approval `yes` back. Of one person the newest word at the forge counts, dismissed or not, and
/// the newest record; and a plain no counts against an earlier yes wherever either was said. What is not known about
/// times counts against the yes.
fn takes_back(no: &Said, yes: &Said) -> bool {
    // What is refuted, claimed, or about another change has a fault.
    if no.by.is_disjoint(&yes.by) || no.fault.is_some() {
        return false;
    }
    match no.state {
        ReviewState::ChangesRequested | ReviewState::Dismissed if no.of_forge() && yes.of_forge() => {
            later_at_forge(no, yes)
        }
        ReviewState::ChangesRequested => not_before(no.at, yes.at),
        _ => false,
    }
}

/// Whether a later approval at the forge stands in the place of this one, which then says nothing any more.
fn renews(newer: &Said, older: &Said) -> bool {
    let both = newer.of_forge() && older.of_forge() && newer.state == ReviewState::Approved;
    let same = !newer.by.is_disjoint(&older.by);
    both && same && (newer.at, newer.id) > (older.at, older.id)
}

/// Reviews of one second are in the order of their numbers.
fn later_at_forge(no: &Said, yes: &Said) -> bool {
    match (no.at, yes.at) {
        (Some(no_at), Some(yes_at)) => (no_at, no.id) > (yes_at, yes.id),
        _ => true,
    }
}

fn not_before(no: Option<Time>, yes: Option<Time>) -> bool {
    match (no, yes) {
        (Some(no), Some(yes)) => no >= yes,
        _ => true,
    }
}

/// The approval that is counted for each principal, by its rank: the strongest, the earliest among equals.
pub(super) fn best(said: &[Said], faults: &[Option<String>]) -> BTreeMap<String, usize> {
    let mut best: BTreeMap<String, usize> = BTreeMap::new();
    for (rank, one) in said.iter().enumerate() {
        if one.state != ReviewState::Approved || faults.get(rank).is_none_or(Option::is_some) {
            continue;
        }
        let before = best.get(&one.who()).and_then(|rank| said.get(*rank));
        if before.is_none_or(|before| strength(one) < strength(before)) {
            best.insert(one.who(), rank);
        }
    }
    best
}

/// The order of approvals, the strongest first, and the earliest among equals; the name decides the rest.
pub(super) fn strength(one: &Said) -> (Reverse<Proof>, bool, Option<Time>, String, u64) {
    (Reverse(one.proof), one.timeless, one.at, one.who(), one.id)
}
