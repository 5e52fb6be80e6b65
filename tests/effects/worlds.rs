//! Generated pairs of policy repositories: a few documents about a few facts, and the same after a few edits. What they are
//! about is drawn first, so that documents meet often and everything can be enumerated.

use policyc::model::Bundle;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{Memory, told};

#[path = "worlds/conditions.rs"]
mod conditions;
#[path = "worlds/documents.rs"]
mod documents;
#[path = "worlds/drawing.rs"]
mod drawing;
#[path = "worlds/edits.rs"]
mod edits;
#[path = "worlds/exceptions.rs"]
mod exceptions;
#[path = "worlds/surroundings.rs"]
mod surroundings;

/// Everything that decides.
#[derive(Debug, Clone, PartialEq)]
pub struct Repository {
    pub documents: Vec<Value>,
    pub catalog: Option<Value>,
    pub settings: Value,
}

/// Two sides of a change.
#[derive(Debug, Clone)]
pub struct Pair {
    pub base: Repository,
    pub head: Repository,
}

/// The facts that a repository is about.
#[derive(Debug, Clone, Copy, Default)]
pub struct About {
    pub agent: bool,
    pub run: bool,
    pub group: bool,
    pub mission: bool,
    pub integration: bool,
    pub operation: bool,
    pub resource: bool,
    pub level: bool,
    pub risk: bool,
    pub tags: bool,
    pub cost: bool,
    pub time: bool,
    pub arguments: bool,
    pub catalog: bool,
    /// Whether schemas may be of every kind, and clocks of every zone.
    pub anything: bool,
    /// Whether only rules are there.
    pub rules: bool,
}

/// Any two sides.
pub fn pair() -> impl Strategy<Value = Pair> {
    let side = |about: About| (repository(about), repository(about), edits::some());
    about().prop_flat_map(side).prop_map(|(base, from, edits)| {
        let head = edits.iter().fold(base.clone(), |head, edit| edit.of(&head, &from));
        Pair { base, head }
    })
}

/// Mostly names; two or three facts at once.
fn about() -> impl Strategy<Value = About> {
    let facts = vec![0_u8, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 6, 7, 8, 9, 10, 11, 11, 12];
    let some = prop::sample::subsequence(facts, 1..=3);
    let likely = (prop::bool::weighted(0.5), prop::bool::weighted(0.35), prop::bool::weighted(0.25));
    (some, likely, prop::bool::weighted(0.3)).prop_map(|(facts, (operation, catalog, anything), rules)| {
        let about = About { operation, catalog, anything, rules, ..About::default() };
        facts.into_iter().fold(about, About::and)
    })
}

impl About {
    fn and(mut self, fact: u8) -> Self {
        *[
            &mut self.operation,
            &mut self.agent,
            &mut self.resource,
            &mut self.level,
            &mut self.integration,
            &mut self.run,
            &mut self.group,
            &mut self.mission,
            &mut self.risk,
            &mut self.tags,
            &mut self.cost,
            &mut self.arguments,
            &mut self.time,
        ][usize::from(fact)] = true;
        self
    }
}

/// A repository about some facts.
fn repository(about: About) -> impl Strategy<Value = Repository> {
    let parts = (documents::documents(about), surroundings::catalog(about), surroundings::settings());
    parts.prop_map(|(documents, catalog, settings)| Repository { documents, catalog, settings })
}

impl Repository {
    /// One of documents alone; what no rule speaks of has the effect that is told.
    pub fn new(default: &str, documents: Value) -> Self {
        let Value::Array(documents) = documents else { panic!("a list") };
        Self { documents, catalog: None, settings: json!({"defaults": {"effect": default}}) }
    }

    /// The bundle.
    ///
    /// # Errors
    /// The findings, if it does not compile.
    pub fn bundle(&self) -> Result<Bundle, String> {
        let documents = Value::from(self.documents.clone()).to_string();
        let mut files = vec![("policies/documents.json", documents), ("policyc.yaml", self.settings.to_string())];
        files.extend(self.catalog.iter().map(|catalog| ("catalog.yaml", catalog.to_string())));
        let files = files.iter().map(|(path, text)| (*path, text.as_str()));
        let (sources, compilation) = Memory::new(files).compile();
        compilation.bundle.ok_or_else(|| told(&compilation.diagnostics, &sources))
    }

    /// As a block that can be kept and read again.
    pub fn to_json(&self) -> Value {
        json!({"documents": self.documents, "catalog": self.catalog, "settings": self.settings})
    }
}

impl Pair {
    /// Both bundles, where both sides compile.
    pub fn bundles(&self) -> Option<[Bundle; 2]> {
        Some([self.base.bundle().ok()?, self.head.bundle().ok()?])
    }
}
