//! The counting once more, slowly and plainly, straight from the rules: for each person, look at everything for a reason
//! why they do not count. Shares nothing with the judge but the types of its input.

use std::collections::BTreeSet;

use policyc::forge::{Review, ReviewState};
use policyc::lifecycle::approvals::{Outcome, Proof};
use policyc::lifecycle::record::Record;
use policyc::model::{Evidence, Time};
use policyc::written::ReviewKind;
use proptest::prelude::*;

use super::laws::{self, World};
use super::world::{Asked, cases};

/// What is compared.
#[derive(Debug, PartialEq)]
pub struct Answer {
    pub approvers: BTreeSet<String>,
    pub outcome: Outcome,
    pub strongest: Option<(String, Proof, Option<Time>)>,
}

pub fn people(asked: &Asked, account: &str) -> BTreeSet<String> {
    let mut wanted = account.trim().to_owned();
    let is_account = wanted.contains('@') || wanted.contains(':');
    if is_account {
        wanted = wanted.to_lowercase();
        if let Some(user) = wanted.strip_suffix("@users.noreply.github.com") {
            wanted = format!("github:{}", user.split('+').next_back().unwrap());
        }
    }
    let mut found = BTreeSet::new();
    if let Some(identities) = &asked.identities {
        for (id, principal) in &identities.principals {
            let own = principal.accounts.iter().any(|own| own.to_lowercase() == wanted);
            let agent = !is_account && principal.agents.iter().any(|agent| agent.matches(&wanted));
            if own || agent || *id == wanted {
                found.insert(id.clone());
            }
        }
    }
    if found.is_empty() {
        found.insert(wanted);
    }
    found
}

fn is_principal(asked: &Asked, id: &str) -> bool {
    asked.identities.as_ref().is_some_and(|identities| identities.principals.contains_key(id))
}

fn is_among(asked: &Asked, person: &str, named: &BTreeSet<String>) -> bool {
    if named.is_empty() {
        return true;
    }
    for name in named {
        let group = asked.identities.as_ref().and_then(|identities| identities.groups.get(name));
        match group {
            Some(members) if members.contains(person) => return true,
            None if people(asked, name).contains(person) => return true,
            _ => {}
        }
    }
    false
}

fn of_pull(asked: &Asked) -> Vec<Review> {
    let (Some(facts), Some(pull)) = (&asked.facts, &asked.pull) else { return Vec::new() };
    facts.reviews.iter().filter(|review| review.pull == pull.number).cloned().collect()
}

fn reviewer(asked: &Asked, review: &Review) -> BTreeSet<String> {
    review.login.as_ref().map(|login| people(asked, &format!("github:{login}"))).unwrap_or_default()
}

fn time(review: &Review) -> Option<Time> {
    review.submitted_at.map(|at| Time::parse(&at.to_string()).unwrap())
}

fn touches(one: &BTreeSet<String>, two: &BTreeSet<String>) -> bool {
    one.iter().any(|person| two.contains(person))
}

fn no_record_since(asked: &Asked, who: &BTreeSet<String>, since: Option<Time>) -> bool {
    !asked.records.iter().flatten().any(|record| {
        record.written.kind == ReviewKind::RequestChanges
            && record.changes().contains(&asked.change)
            && proof(asked, record) != Proof::Refuted
            && touches(&people(asked, &record.written.by), who)
            && since.is_none_or(|since| record.at >= since)
    })
}

/// By the marks that the generator leaves in the comment, not by cryptography.
fn proof(asked: &Asked, record: &Record) -> Proof {
    let by = people(asked, &record.written.by);
    match record.written.comment.as_deref() {
        None => Proof::Recorded,
        Some(signer) if by.len() == 1 && is_principal(asked, signer) && by.contains(signer) => Proof::Attested,
        Some(_) => Proof::Refuted,
    }
}

fn forge_counts(asked: &Asked, review: &Review) -> bool {
    let who = reviewer(asked, review);
    let head = asked.pull.as_ref().and_then(|pull| pull.head.as_ref());
    if review.state != ReviewState::Approved || head.is_none() || review.commit.as_ref() != head {
        return false;
    }
    if !["OWNER", "MEMBER", "COLLABORATOR"].contains(&review.author_association.as_deref().unwrap_or("")) {
        return false;
    }
    if review.bot && !who.iter().all(|person| is_principal(asked, person)) {
        return false;
    }
    for other in of_pull(asked) {
        let is_word = !matches!(other.state, ReviewState::Commented | ReviewState::Pending);
        if other.id == review.id || !is_word || !touches(&reviewer(asked, &other), &who) {
            continue;
        }
        let later = match (time(&other), time(review)) {
            (Some(theirs), Some(this)) => theirs > this || theirs == this && other.id > review.id,
            (None, None) if other.state == ReviewState::Approved => other.id > review.id,
            (None, Some(_)) if other.state == ReviewState::Approved => false,
            _ => true,
        };
        if later {
            return false;
        }
    }
    no_record_since(asked, &who, time(review))
}

fn record_counts(asked: &Asked, record: &Record) -> bool {
    let who = people(asked, &record.written.by);
    if record.written.kind != ReviewKind::Approve || !record.changes().contains(&asked.change) {
        return false;
    }
    let word = record.written.by.contains(['@', ':']) || who.iter().any(|person| is_principal(asked, person));
    let no_at_forge = of_pull(asked).into_iter().any(|review| {
        review.state == ReviewState::ChangesRequested
            && touches(&reviewer(asked, &review), &who)
            && time(&review).is_none_or(|at| at >= record.at)
    });
    word && !no_at_forge && no_record_since(asked, &who, Some(record.at)) && proof(asked, record) != Proof::Refuted
}

pub fn answer(asked: &Asked) -> Answer {
    let mut contributed = BTreeSet::new();
    for account in &asked.contributors {
        contributed.extend(people(asked, account));
    }
    if let (Some(facts), Some(pull)) = (&asked.facts, &asked.pull) {
        for opened in facts.pulls.iter().filter(|other| other.number == pull.number) {
            contributed.extend(opened.author.iter().flat_map(|login| people(asked, &format!("github:{login}"))));
        }
    }
    let mut approvals: Vec<(BTreeSet<String>, Proof, Option<Time>)> = Vec::new();
    for review in of_pull(asked).iter().filter(|review| forge_counts(asked, review)) {
        approvals.push((reviewer(asked, review), Proof::Forge, time(review)));
    }
    for record in asked.records.iter().flatten().filter(|record| record_counts(asked, record)) {
        approvals.push((people(asked, &record.written.by), proof(asked, record), Some(record.at)));
    }
    let weakest = match asked.needs.evidence {
        Evidence::Recorded => vec![Proof::Recorded, Proof::Forge, Proof::Attested],
        Evidence::Forge => vec![Proof::Forge, Proof::Attested],
        Evidence::Attested => vec![Proof::Attested],
    };
    let mut needs = vec![(asked.needs.required, asked.needs.from.clone())];
    match &asked.needs.loosening {
        Some((required, from)) if asked.loosens && from.is_empty() => needs.push((*required, needs[0].1.clone())),
        Some((required, from)) if asked.loosens => needs.push((*required, from.clone())),
        _ => {}
    }
    approvals.retain(|(who, proof, _)| {
        let may = |person: &String| needs.iter().any(|(_, from)| is_among(asked, person, from));
        who.len() == 1 && !touches(who, &contributed) && weakest.contains(proof) && who.iter().all(may)
    });
    let approvers: BTreeSet<String> = approvals.iter().flat_map(|(who, ..)| who.clone()).collect();
    let enough = needs.iter().all(|(required, from)| {
        approvers.iter().filter(|person| is_among(asked, person, from)).count() as u64 >= *required
    });
    let known = asked.records.is_some() || asked.facts.as_ref().is_some_and(|facts| facts.tells_reviews);
    let outcome = match (enough, known) {
        (true, _) => Outcome::Met,
        (_, true) => Outcome::NotMet,
        (_, false) => Outcome::Unknown,
    };
    let mut ranked: Vec<_> = approvals
        .into_iter()
        .map(|(who, proof, at)| (std::cmp::Reverse(proof), at.is_none(), at, who.into_iter().next().unwrap()))
        .collect();
    ranked.sort();
    let strongest = ranked.into_iter().next().map(|(proof, _, at, who)| (who, proof.0, at));
    Answer { approvers, outcome, strongest }
}

pub fn judged(asked: &Asked) -> Answer {
    let judged = asked.judge();
    let strongest = judged.reviewer.map(|who| (who, judged.evidence.unwrap(), judged.reviewed_at));
    Answer { approvers: judged.approvers, outcome: judged.outcome, strongest }
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn the_judge_says_what_the_plain_one_says(world in laws::world()) {
        let asked = World::asked(&world);
        prop_assert_eq!(judged(&asked), answer(&asked), "{:#?}\n{:#?}", &asked, asked.judge());
    }
}

/// A comparison that never meets an approval would prove nothing.
#[test]
fn the_worlds_hold_what_matters() {
    use proptest::strategy::ValueTree as _;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut seen = [0_u32; 7];
    for _ in 0..1_000 {
        let asked = World::asked(&laws::world().new_tree(&mut runner).unwrap().current());
        let judged = asked.judge();
        let told =
            |part: &str| judged.reviews.iter().any(|one| one.why_not.as_deref().is_some_and(|why| why.contains(part)));
        let marks = [
            judged.outcome == Outcome::Met && !judged.approvers.is_empty(),
            judged.approvers.len() > 1,
            judged.evidence == Some(Proof::Attested),
            told("took it back"),
            told("contributed"),
            told("not by a key"),
            told("later review"),
        ];
        for (count, mark) in seen.iter_mut().zip(marks) {
            *count += u32::from(mark);
        }
    }
    assert!(seen.iter().all(|count| *count >= 15), "{seen:?}");
}
