//! Worlds in which few people say much, and the laws that hold in all of them.

use std::collections::{BTreeMap, BTreeSet};

use policyc::forge::{Facts, Review, ReviewState};
use policyc::lifecycle::approvals::{Judgement, PullHead};
use policyc::lifecycle::record::{self, NAMESPACE, Record};
use policyc::lifecycle::trailers::{ClaimedReview, Person};
use policyc::model::{Approvals, Evidence, Identities};
use policyc::written::ReviewKind;
use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};
use ssh_key::private::Ed25519Keypair;
use ssh_key::{HashAlg, PrivateKey};

use super::oracle::{self, judged};
use super::world::{Asked, at, cases, change, head, principal, pull, review};

const LOGINS: [&str; 6] = ["a1", "A2", "b1", "c1", "stranger", "helper[bot]"];
const SPEAKERS: [&str; 12] = [
    "ann",
    "bob",
    "cem",
    "github:a1",
    "Ann@example.com",
    "b@example.com",
    "agent-1",
    "agent-2",
    "x@example.com",
    "github:stranger",
    "unknown",
    "9+c1@users.noreply.github.com",
];
const NAMED: [&str; 5] = ["ann", "team", "b@example.com", "github:c1", "agent-2"];

/// A record before it is made: kind, speaker, change, minute, and who signs it.
type Line = (ReviewKind, &'static str, u8, u8, Option<&'static str>);

/// A review before it is made: login, state, minute or none, commit, association, pull.
type Word = (&'static str, ReviewState, Option<u8>, u8, u8, bool);

#[derive(Debug, Clone)]
pub struct World {
    pub people: Option<Vec<(&'static str, usize)>>,
    pub agents: [bool; 2],
    pub contributors: Vec<&'static str>,
    pub pull: Option<bool>,
    pub author: Option<&'static str>,
    pub tells: Option<bool>,
    pub words: Vec<Word>,
    pub lines: Option<Vec<Line>>,
    pub claims: Vec<&'static str>,
    pub required: u64,
    pub from: Vec<&'static str>,
    pub loosening: Option<(u64, Vec<&'static str>)>,
    pub evidence: Evidence,
    pub loosens: bool,
}

fn key(id: &str) -> PrivateKey {
    PrivateKey::from(Ed25519Keypair::from_seed(&[id.as_bytes()[0]; 32]))
}

pub fn line(&(kind, by, which, minute, signer): &Line) -> Record {
    let about = [change(3, "old", "new"), change(3, "old", "other"), change(4, "old", "new")];
    let about = &about[[0, 0, 0, 1, 2][usize::from(which) % 5]];
    let mut made = record::unsigned(at(u64::from(minute)), kind, by, std::slice::from_ref(about));
    if let Some(signer) = signer {
        // The mark by which the plain judge knows who signed.
        made.comment = Some(signer.to_owned());
        let bytes = record::signed_bytes(&made).unwrap();
        made.signature = Some(key(signer).sign(NAMESPACE, HashAlg::Sha256, &bytes).unwrap().to_string());
    }
    Record::read(&record::line(&made).unwrap()).unwrap()
}

pub fn word(rank: usize, &(login, state, minute, commit, association, of_other): &Word) -> Review {
    let mut made = review(rank as u64 + 1, login, state, u64::from(minute.unwrap_or(0)));
    if minute.is_none() {
        made.submitted_at = None;
    }
    made.commit = match commit % 5 {
        0..3 => Some(head()),
        3 => Some("b".repeat(40)),
        _ => None,
    };
    let association = ["MEMBER", "OWNER", "COLLABORATOR", "MEMBER", "NONE"][usize::from(association) % 5];
    made.author_association = Some(association.to_owned());
    made.pull = if of_other { 13 } else { 12 };
    made
}

impl World {
    pub fn asked(&self) -> Asked {
        let set = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<BTreeSet<String>>();
        let mut reviews: Vec<Review> = self.words.iter().enumerate().map(|(rank, one)| word(rank, one)).collect();
        reviews.sort();
        let mut opened = pull();
        opened.author = self.author.map(str::to_owned);
        let facts = |tells| Facts { pulls: vec![opened], reviews, tells_reviews: tells, ..Facts::default() };
        Asked {
            change: change(3, "old", "new"),
            contributors: set(&self.contributors),
            pull: self.pull.map(|known| PullHead { number: 12, head: known.then(head) }),
            facts: self.tells.map(facts),
            records: self.lines.as_ref().map(|lines| lines.iter().map(line).collect()),
            claims: self.claims.iter().map(|by| ClaimedReview::Approved(Person::parse(by))).collect(),
            identities: self.people.as_ref().map(|people| self.identities(people)),
            needs: Approvals {
                required: self.required,
                from: set(&self.from),
                evidence: self.evidence,
                loosening: self.loosening.as_ref().map(|(required, from)| (*required, set(from))),
            },
            loosens: self.loosens,
        }
    }

    /// ann, bob and cem with the accounts that fell to them; team is ann and bob.
    fn identities(&self, people: &[(&'static str, usize)]) -> Identities {
        let mut principals = BTreeMap::new();
        for (rank, id) in ["ann", "bob", "cem"].into_iter().enumerate() {
            let accounts: Vec<&str> =
                people.iter().filter(|(_, of)| *of == rank).map(|(account, _)| *account).collect();
            let agents: &[&str] = match rank {
                0 if self.agents[0] => &["agent-*"],
                1 if self.agents[1] => &["*-2"],
                _ => &[],
            };
            let mut one = principal(&accounts, agents);
            one.keys = BTreeSet::from([key(id).public_key().to_openssh().unwrap()]);
            principals.insert(id.to_owned(), one);
        }
        let team = BTreeSet::from(["ann".to_owned(), "bob".to_owned()]);
        Identities { principals, groups: BTreeMap::from([("team".to_owned(), team)]) }
    }
}

fn a_line() -> impl Strategy<Value = Line> {
    let kind = prop_oneof![
        5 => Just(ReviewKind::Approve),
        2 => Just(ReviewKind::RequestChanges),
        1 => Just(ReviewKind::Comment),
        1 => Just(ReviewKind::Submit),
    ];
    let signer = prop_oneof![3 => Just(None), 2 => select(&["ann", "bob", "cem", "eve"][..]).prop_map(Some)];
    (kind, select(&SPEAKERS[..]), any::<u8>(), 0..4_u8, signer)
}

fn a_word() -> impl Strategy<Value = Word> {
    let state = prop_oneof![
        5 => Just(ReviewState::Approved),
        2 => Just(ReviewState::ChangesRequested),
        1 => Just(ReviewState::Dismissed),
        1 => Just(ReviewState::Commented),
        1 => Just(ReviewState::Pending),
    ];
    let minute = prop_oneof![6 => (0..4_u8).prop_map(Some), 1 => Just(None)];
    let other_pull = proptest::bool::weighted(0.1);
    (select(&LOGINS[..]), state, minute, any::<u8>(), any::<u8>(), other_pull)
}

const ACCOUNTS: [&str; 8] = [
    "github:a1",
    "github:A2",
    "github:b1",
    "github:c1",
    "github:helper[bot]",
    "ANN@example.com",
    "b@example.com",
    "x@example.com",
];

fn evidence() -> impl Strategy<Value = Evidence> {
    prop_oneof![3 => Just(Evidence::Recorded), 2 => Just(Evidence::Forge), 1 => Just(Evidence::Attested)]
}

pub fn world() -> impl Strategy<Value = World> {
    let owners = proptest::collection::vec(0..5_usize, ACCOUNTS.len());
    let people = owners.prop_map(|owners| ACCOUNTS.into_iter().zip(owners).collect::<Vec<_>>());
    let people = proptest::option::weighted(0.9, people);
    let from = prop_oneof![2 => Just(Vec::new()), 1 => subsequence(NAMED.to_vec(), 1..3)];
    let said = (
        proptest::collection::vec(a_word(), 0..6),
        proptest::option::weighted(0.8, proptest::collection::vec(a_line(), 0..6)),
        subsequence(SPEAKERS.to_vec(), 0..2),
    );
    let known = (
        proptest::option::weighted(0.9, proptest::bool::weighted(0.9)),
        proptest::option::of(select(&LOGINS[..])),
        proptest::option::weighted(0.9, proptest::bool::weighted(0.9)),
    );
    let needs = (
        prop_oneof![1 => Just(0), 5 => 1..3_u64],
        from.clone(),
        proptest::option::of((1..3_u64, from)),
        evidence(),
        any::<bool>(),
    );
    (people, any::<[bool; 2]>(), subsequence(SPEAKERS.to_vec(), 0..2), known, said, needs).prop_map(
        |(people, agents, contributors, (pull, author, tells), (words, lines, claims), needs)| {
            let (required, from, loosening, evidence, loosens) = needs;
            World {
                people,
                agents,
                contributors,
                pull,
                author,
                tells,
                words,
                lines,
                claims,
                required,
                from,
                loosening,
                evidence,
                loosens,
            }
        },
    )
}

/// With one record more; the records were there before, so that nothing but the record is new.
fn with_record(asked: &Asked, record: Record) -> Asked {
    let records = asked.records.clone().unwrap_or_default().into_iter().chain([record]).collect();
    Asked { records: Some(records), ..asked.clone() }
}

fn with_review(asked: &Asked, review: Review) -> Asked {
    let mut more = asked.clone();
    if let Some(facts) = &mut more.facts {
        facts.reviews.push(review);
        facts.reviews.sort();
    }
    more
}

fn there(mut asked: Asked) -> Asked {
    asked.records.get_or_insert_default();
    asked
}

fn approvers(asked: &Asked) -> BTreeSet<String> {
    asked.judge().approvers
}

/// The judgement without the reviews, which show the accounts.
fn short(asked: &Asked) -> Judgement {
    Judgement { reviews: Vec::new(), ..asked.judge() }
}

proptest! {
    #![proptest_config(cases(800))]

    #[test]
    fn a_claim_changes_nothing(world in world(), by in select(&SPEAKERS[..])) {
        let before = world.asked();
        let mut after = before.clone();
        after.claims.push(ClaimedReview::Approved(Person::parse(by)));
        after.claims.push(ClaimedReview::Reviewed(Person::parse(by)));
        prop_assert_eq!(short(&before), short(&after));
    }

    #[test]
    fn a_refuted_record_changes_nothing(world in world(), one in a_line()) {
        let before = there(world.asked());
        let after = with_record(&before, line(&(one.0, one.1, one.2, one.3, Some("zed"))));
        prop_assert_eq!(short(&before), short(&after));
    }

    #[test]
    fn what_a_contributor_says_for_it_changes_nothing(world in world(), at in any::<Index>(), one in a_line(), of in a_word()) {
        let mut before = there(world.asked());
        let by = SPEAKERS[at.index(SPEAKERS.len())];
        before.contributors.insert(by.to_owned());
        let after = with_record(&before, line(&(one.0, by, one.2, one.3, one.4)));
        prop_assert_eq!(short(&before), short(&after));
        if let Some(login) = by.strip_prefix("github:") {
            let after = with_review(&before, Review { login: Some(login.to_owned()), ..word(90, &of) });
            prop_assert_eq!(short(&before), short(&after));
        }
    }

    #[test]
    fn what_is_about_something_else_changes_nothing(world in world(), one in a_line(), of in a_word()) {
        let before = there(world.asked());
        let after = with_record(&before, line(&(one.0, one.1, 4, one.3, one.4)));
        prop_assert_eq!(before.judge(), after.judge());
        let after = with_review(&before, Review { pull: 13, ..word(90, &of) });
        prop_assert_eq!(before.judge(), after.judge());
        // Another content of the same next version is shown, and not more.
        let after = with_record(&before, line(&(one.0, one.1, 3, one.3, one.4)));
        prop_assert_eq!(short(&before), short(&after));
    }

    #[test]
    fn a_no_never_adds_an_approver(world in world(), one in a_line(), of in a_word(), dismissed in any::<bool>()) {
        let before = there(world.asked());
        let no = line(&(ReviewKind::RequestChanges, one.1, one.2, one.3, one.4));
        prop_assert!(approvers(&with_record(&before, no)).is_subset(&approvers(&before)));
        let state = if dismissed { ReviewState::Dismissed } else { ReviewState::ChangesRequested };
        let after = with_review(&before, Review { state, ..word(90, &of) });
        prop_assert!(approvers(&after).is_subset(&approvers(&before)));
    }

    #[test]
    fn a_recorded_yes_takes_nobody_away_and_adds_one_at_most(world in world(), one in a_line()) {
        let before = there(world.asked());
        let after = with_record(&before, line(&(ReviewKind::Approve, one.1, one.2, one.3, one.4)));
        prop_assert!(approvers(&before).is_subset(&approvers(&after)));
        prop_assert!(approvers(&after).len() <= approvers(&before).len() + 1);
        // Twice is once.
        let records: Vec<Record> = after.records.iter().flatten().flat_map(|one| [one.clone(), one.clone()]).collect();
        prop_assert_eq!(after.judge(), Asked { records: Some(records), ..after }.judge());
    }

    #[test]
    fn what_one_person_says_leaves_the_others_alone(world in world(), of in a_word()) {
        let before = world.asked();
        let after = with_review(&before, word(90, &of));
        let speaker = oracle::people(&before, &format!("github:{}", of.0));
        let others = |asked: &Asked| approvers(asked).difference(&speaker).cloned().collect::<BTreeSet<_>>();
        prop_assert_eq!(others(&before), others(&after));
    }

    #[test]
    fn more_contributors_and_better_evidence_never_add_an_approver(
        world in world(), by in select(&SPEAKERS[..]), better in evidence()
    ) {
        let before = world.asked();
        let mut after = before.clone();
        after.contributors.insert(by.to_owned());
        prop_assert!(approvers(&after).is_subset(&approvers(&before)));
        if better >= before.needs.evidence {
            prop_assert!(approvers(&before.clone().evidence(better)).is_subset(&approvers(&before)));
        }
    }

    #[test]
    fn the_order_of_what_is_given_does_not_matter(world in world()) {
        let straight = world.asked();
        let mut turned = straight.clone();
        turned.records.iter_mut().for_each(|records| records.reverse());
        turned.facts.iter_mut().for_each(|facts| facts.reviews.reverse());
        turned.claims.reverse();
        prop_assert_eq!(straight.judge(), turned.judge());
    }

    /// Whichever of their accounts people use, the answer is the same.
    #[test]
    fn another_account_of_the_same_person_changes_nothing(world in world(), at in any::<Index>()) {
        let before = world.asked();
        let Some(identities) = before.identities.clone() else { return Ok(()) };
        let another = |account: &str, login: bool| {
            let people = oracle::people(&before, account);
            let id = people.first().filter(|id| people.len() == 1 && identities.principals.contains_key(*id));
            let Some(own) = id.and_then(|id| identities.principals.get(id)) else { return account.to_owned() };
            let own: Vec<&String> = own.accounts.iter().filter(|own| !login || own.starts_with("github:")).collect();
            if own.is_empty() { account.to_owned() } else { own[at.index(own.len())].to_uppercase().replace("GITHUB:", "github:") }
        };
        let mut after = before.clone();
        after.contributors = before.contributors.iter().map(|account| another(account, false)).collect();
        if let (Some(lines), Some(records)) = (&world.lines, &mut after.records) {
            for (record, made) in records.iter_mut().zip(lines).filter(|(_, made)| made.4.is_none()) {
                let by = another(made.1, false);
                let about = record.changes().to_vec();
                let again = record::unsigned(record.at, made.0, &by, &about);
                *record = Record::read(&record::line(&again).unwrap()).unwrap();
            }
        }
        for review in after.facts.iter_mut().flat_map(|facts| &mut facts.reviews) {
            let login = review.login.clone().unwrap();
            review.login = Some(another(&format!("github:{login}"), true).trim_start_matches("github:").to_owned());
        }
        prop_assert_eq!(judged(&before), judged(&after));
        prop_assert_eq!(short(&before).missing, short(&after).missing);
    }
}
