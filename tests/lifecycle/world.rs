//! Made-up people, changes, facts and records that tests share.

use std::collections::{BTreeMap, BTreeSet};

use policyc::forge::{Branch, Facts, Pull, PullState, Review, ReviewState};
use policyc::lifecycle::approvals::{Judgement, PullHead, Question, judge};
use policyc::lifecycle::principals::Principals;
use policyc::lifecycle::record::{self, About, Change, Record};
use policyc::lifecycle::trailers::ClaimedReview;
use policyc::model::{Approvals, DocumentId, Evidence, Identities, Pattern, Principal, Time};
use policyc::text::Digest;
use policyc::written::ReviewKind;
use proptest::prelude::*;

pub fn cases(default: u32) -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(default);
    ProptestConfig { cases, max_shrink_iters: 1_000, failure_persistence: None, ..ProptestConfig::default() }
}

/// A principal with accounts and patterns of agents.
pub fn principal(accounts: &[&str], agents: &[&str]) -> Principal {
    Principal {
        name: String::new(),
        accounts: accounts.iter().map(|&account| account.to_owned()).collect(),
        agents: agents.iter().map(|agent| Pattern::parse(agent).unwrap()).collect(),
        keys: BTreeSet::new(),
    }
}

/// ines, tomasz (with agents), priya (a second login) and dario; security is ines and priya.
pub fn identities() -> Identities {
    let principals = [
        ("ines", principal(&["github:ines-albrecht", "Ines@example.com"], &[])),
        ("tomasz", principal(&["github:twrona", "tomasz@example.com"], &["tomasz-*"])),
        ("priya", principal(&["github:priyaraman", "github:priya-mobile", "priya@example.com"], &[])),
        ("dario", principal(&["github:dconti", "dario@example.com"], &["swe-agent"])),
    ];
    let principals = principals.into_iter().map(|(id, principal)| (id.to_owned(), principal)).collect();
    let security = ["ines", "priya"].map(str::to_owned).into();
    Identities { principals, groups: BTreeMap::from([("security".to_owned(), security)]) }
}

/// A digest of made-up content.
pub fn content(name: &str) -> Digest {
    Digest::of(name.as_bytes())
}

/// The change of `refunds` from one content to another.
pub fn change(after: u64, from: &str, to: &str) -> Change {
    let digest = |name: &str| (!name.is_empty()).then(|| content(name));
    Change { document: DocumentId::parse("refunds").unwrap(), after, from: digest(from), to: digest(to) }
}

/// A moment of an early morning; minutes beyond the hour count on.
pub fn at(minute: u64) -> Time {
    Time::parse("2026-03-04T09:00:00Z").unwrap().after(minute * 60).unwrap()
}

pub fn head() -> String {
    "a".repeat(40)
}

/// A review at the forge of pull 12, on its head, by somebody with write access.
pub fn review(id: u64, login: &str, state: ReviewState, minute: u64) -> Review {
    Review {
        pull: 12,
        id,
        login: Some(login.to_owned()),
        bot: login.ends_with("[bot]"),
        state,
        commit: Some(head()),
        submitted_at: Some(at(minute).to_string().parse().unwrap()),
        write_access: None,
        author_association: Some("MEMBER".to_owned()),
    }
}

/// Pull 12, opened by lfaber, whom identities do not know.
pub fn pull() -> Pull {
    Pull {
        number: 12,
        merged: true,
        state: PullState::Closed,
        draft: false,
        merge_commit: Some("c".repeat(40)),
        head: Branch { name: "x".to_owned(), sha: Some(head()), repository: None },
        base: Branch { name: "main".to_owned(), sha: None, repository: None },
        author: Some("lfaber".to_owned()),
        merged_by: None,
        title: String::new(),
        url: String::new(),
        updated_at: None,
    }
}

/// An unsigned record.
pub fn said(kind: ReviewKind, by: &str, change: &Change, minute: u64) -> Record {
    let written = record::unsigned(at(minute), kind, by, std::slice::from_ref(change));
    Record::read(&record::line(&written).unwrap()).unwrap()
}

/// A whole question, owned, so that tests can alter a part of it.
#[derive(Debug, Clone)]
pub struct Asked {
    pub change: Change,
    pub contributors: BTreeSet<String>,
    pub pull: Option<PullHead>,
    pub facts: Option<Facts>,
    pub records: Option<Vec<Record>>,
    pub claims: Vec<ClaimedReview>,
    pub identities: Option<Identities>,
    pub needs: Approvals,
    pub loosens: bool,
}

impl Default for Asked {
    /// lfaber's change in pull 12: nothing said, one approval of forge evidence by anybody needed.
    fn default() -> Self {
        Self {
            change: change(3, "old", "new"),
            contributors: BTreeSet::from(["leonie@example.com".to_owned()]),
            pull: Some(PullHead::from(&pull())),
            facts: None,
            records: None,
            claims: Vec::new(),
            identities: Some(identities()),
            needs: Approvals { required: 1, from: BTreeSet::new(), evidence: Evidence::Forge, loosening: None },
            loosens: false,
        }
    }
}

impl Asked {
    pub fn forge(mut self, reviews: &[Review]) -> Self {
        let facts = Facts { pulls: vec![pull()], reviews: reviews.to_vec(), tells_reviews: true, ..Facts::default() };
        self.facts = Some(facts);
        self
    }

    pub fn records(mut self, records: &[Record]) -> Self {
        self.records = Some(records.to_vec());
        self
    }

    pub fn evidence(mut self, evidence: Evidence) -> Self {
        self.needs.evidence = evidence;
        self
    }

    pub fn judge(&self) -> Judgement {
        let principals = Principals::new(self.identities.as_ref());
        judge(&Question {
            about: Some(About::Document(&self.change)),
            contributors: &self.contributors,
            pull: self.pull.as_ref(),
            facts: self.facts.as_ref(),
            records: self.records.as_deref(),
            claims: &self.claims,
            principals: &principals,
            needs: &self.needs,
            loosens: self.loosens,
        })
    }
}
