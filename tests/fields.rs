//! Every field acts: nothing that a document may say is parsed and then ignored.
//!
//! Walks the fields of everything that decides, and looks for each one in generated worlds until there is one in which
//! that field alone changes what the engine says.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail"
)]

mod oracle;
mod support;

use std::collections::{BTreeMap, BTreeSet};

use oracle::worlds::{self, World};
use oracle::{Verdict, asked};
use policyc::engine::Told;
use policyc::model::Bundle;
use policyc::written::Kind;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use support::{Memory, published, told};

/// Fields that change no decision, and why.
const EXEMPT: [(&str, &str); 23] = [
    ("catalog.$schema", "for editors"),
    ("catalog.actions{}.arguments", "acts when documents are compiled: what they say of arguments is held against it"),
    ("catalog.actions{}.description", "for people"),
    ("catalog.agents{}.owner", "for people"),
    ("catalog.kind", "says what the file's name says"),
    ("exception.$schema", "for editors"),
    ("exception.kind", "without it the document is no exception, and in error"),
    ("exception.reason", "for people"),
    ("policy.$schema", "for editors"),
    ("policy.approval_rules[].name", "for people"),
    ("policy.commit_actions", "acts when documents are compiled: each needs an evidence requirement"),
    ("policy.description", "for people, who are told it with a reason"),
    ("policy.kind", "says what the other keys say"),
    ("policy.name", "for people, who are told it with a reason"),
    ("rule.$schema", "for editors"),
    ("rule.conditions.webhook_check.on_timeout", "for the runtime, which alone calls; it may have answered deny"),
    ("rule.conditions.webhook_check.timeout_ms", "for the runtime, which alone calls"),
    ("rule.conditions.webhook_check.url", "for the runtime, which alone calls"),
    ("rule.kind", "says what the other keys say"),
    ("rule.modified_at", "a claim, for people"),
    ("rule.modified_by", "a claim, for people"),
    ("rule.policy_name", "for people"),
    ("rule.rationale", "for people, who are told it with a reason"),
];

/// How many worlds are looked at.
const MOST_WORLDS: usize = 4000;
/// How many changes of an exempt field are tried.
const TRIES: usize = 60;
/// How many values of a field are kept to put into later worlds.
const KEPT: usize = 4;

/// The paths of all fields of what decides.
fn fields() -> BTreeSet<String> {
    let kinds = [Kind::Policy, Kind::Rule, Kind::Exception, Kind::Catalog];
    let mut fields: BTreeSet<String> =
        kinds.into_iter().flat_map(|kind| published::fields(&published::schema(kind), kind.as_str())).collect();
    let mut settings = published::schema(Kind::Settings);
    // The other settings decide nothing.
    settings["properties"].as_object_mut().unwrap().retain(|name, _| name == "defaults");
    fields.extend(published::fields(&settings, "settings"));
    fields
}

/// A field where it stands in a world: its path, the steps to it, its value.
type Place = (String, Vec<String>, Value);

/// What decides in a world as one value.
fn whole(world: &World) -> Value {
    json!({"documents": world.documents, "catalog": world.catalog, "settings": world.settings})
}

/// The world with what decides replaced.
fn with(world: &World, whole: &Value) -> World {
    let documents = whole["documents"].as_array().unwrap().clone();
    let catalog = Some(whole["catalog"].clone()).filter(|catalog| !catalog.is_null());
    World { documents, catalog, settings: whole["settings"].clone(), ..world.clone() }
}

/// Every field that stands in a world.
fn places(whole: &Value, fields: &BTreeSet<String>) -> Vec<Place> {
    let mut places = Vec::new();
    for (rank, document) in whole["documents"].as_array().unwrap().iter().enumerate() {
        let steps = vec!["documents".to_owned(), rank.to_string()];
        inside(document, kind(document), &steps, fields, &mut places);
    }
    for key in ["catalog", "settings"] {
        inside(&whole[key], key, &[key.to_owned()], fields, &mut places);
    }
    places
}

fn kind(document: &Value) -> &'static str {
    match (document["kind"] == "exception", document.get("policy_effect")) {
        (true, _) => "exception",
        (false, Some(_)) => "rule",
        (false, None) => "policy",
    }
}

/// Adds the fields inside a value; a key that is no field's name is one of a map.
fn inside(value: &Value, path: &str, steps: &[String], fields: &BTreeSet<String>, places: &mut Vec<Place>) {
    let below = |key: String| [steps, &[key]].concat();
    for (key, value) in value.as_object().into_iter().flatten() {
        let (field, steps) = (format!("{path}.{key}"), below(key.clone()));
        if fields.contains(&field) {
            inside(value, &field, &steps, fields, places);
            places.push((field, steps, value.clone()));
        } else {
            inside(value, &format!("{path}{{}}"), &steps, fields, places);
        }
    }
    for (rank, item) in value.as_array().into_iter().flatten().enumerate() {
        inside(item, &format!("{path}[]"), &below(rank.to_string()), fields, places);
    }
}

/// The same with a field taken out, or with another value.
fn changed(whole: &Value, steps: &[String], value: Option<&Value>) -> Value {
    let mut whole = whole.clone();
    let (last, above) = steps.split_last().unwrap();
    let parent = above.iter().fold(&mut whole, |value, step| match value {
        Value::Array(items) => &mut items[step.parse::<usize>().unwrap()],
        map => &mut map[step],
    });
    match value {
        Some(value) => parent[last] = value.clone(),
        None => drop(parent.as_object_mut().unwrap().remove(last)),
    }
    whole
}

/// What the engine says, with how long approvals hold.
fn says(bundle: &Bundle, world: &World) -> Vec<(Verdict, Vec<Option<u64>>)> {
    let of = |told: &Told<'_>| {
        (asked::verdict(told), told.reasons.iter().map(|reason| reason.session_ttl).collect::<Vec<_>>())
    };
    asked::told(bundle, world, false, of)
}

/// What is left to find, and what was met on the way.
struct Search {
    fields: BTreeSet<String>,
    /// Fields that no world was found for.
    open: BTreeSet<String>,
    /// How often a change of an exempt field was tried.
    tried: BTreeMap<String, usize>,
    /// Values that a field had in earlier worlds.
    values: BTreeMap<String, Vec<Value>>,
}

impl Search {
    fn new() -> Self {
        let fields = fields();
        Self { open: fields.clone(), fields, tried: BTreeMap::new(), values: BTreeMap::new() }
    }

    /// Whether nothing is left to look for.
    fn is_done(&self) -> bool {
        self.open.iter().all(|field| self.is_tried(field))
    }

    fn is_tried(&self, field: &str) -> bool {
        is_exempt(field) && self.tried.get(field).is_some_and(|tries| *tries >= TRIES)
    }

    /// Looks whether open fields act in a world.
    fn look(&mut self, world: &World) {
        let (whole, before) = (whole(world), says(&worlds::bundle(world), world));
        for (field, steps, value) in places(&whole, &self.fields) {
            if self.open.contains(&field) && !self.is_tried(&field) {
                let others: Vec<Option<Value>> = self.others(&field, &value);
                let differs = |other: &Option<Value>| {
                    let world = with(world, &changed(&whole, &steps, other.as_ref()));
                    worlds::compiled(&world).is_ok_and(|bundle| says(&bundle, &world) != before)
                };
                *self.tried.entry(field.clone()).or_default() += others.len();
                if others.iter().any(differs) {
                    self.open.remove(&field);
                }
            }
            self.keep(field, value);
        }
    }

    /// No value, and those of earlier worlds.
    fn others(&self, field: &str, value: &Value) -> Vec<Option<Value>> {
        let earlier = self.values.get(field).into_iter().flatten().filter(|earlier| *earlier != value);
        std::iter::once(None).chain(earlier.cloned().map(Some)).collect()
    }

    /// Keeps the newest values of a field, each once.
    fn keep(&mut self, field: String, value: Value) {
        let values = self.values.entry(field).or_default();
        values.retain(|earlier| *earlier != value);
        values.insert(0, value);
        values.truncate(KEPT);
    }
}

fn is_exempt(field: &str) -> bool {
    EXEMPT.iter().any(|(exempt, _)| *exempt == field)
}

#[test]
fn every_field_acts() {
    let (mut search, mut runner) = (Search::new(), TestRunner::deterministic());
    for _ in 0..MOST_WORLDS {
        if search.is_done() {
            break;
        }
        search.look(&worlds::world().new_tree(&mut runner).unwrap().current());
    }
    let idle: Vec<_> = search.open.iter().filter(|field| !is_exempt(field)).collect();
    assert!(idle.is_empty(), "no world was found in which these act: {idle:#?}");
    for (field, reason) in EXEMPT {
        assert!(search.fields.contains(field), "{field} is no field");
        assert!(search.open.contains(field), "{field} acts, and is exempt: {reason}");
        assert!(search.tried.contains_key(field), "{field} is exempt and stands in no world");
    }
}

/// What compiling these documents beside a catalog finds.
fn findings(documents: &Value, catalog: &Value) -> String {
    let files = [("policies/documents.json", documents.to_string()), ("catalog.yaml", catalog.to_string())];
    let (sources, compilation) = Memory::new(files.iter().map(|(path, text)| (*path, text.as_str()))).compile();
    if compilation.bundle.is_some() { String::new() } else { told(&compilation.diagnostics, &sources) }
}

/// `commit_actions` acts when it is compiled: an action that commits to something needs a requirement of evidence.
#[test]
fn a_commit_action_needs_evidence() {
    let policy = json!([{"id": "p", "commit_actions": ["bank.pay"]}]);
    assert!(findings(&policy, &json!({})).contains("bank.pay"), "{}", findings(&policy, &json!({})));
    let policy =
        json!([{"id": "p", "commit_actions": ["bank.pay"], "evidence_requirements": {"bank.pay": ["bank.ask"]}}]);
    assert_eq!(findings(&policy, &json!({})), "");
}

/// `arguments` of the catalog act when documents are compiled: what these say of arguments must fit.
#[test]
fn arguments_of_the_catalog_are_held_against_documents() {
    let test = json!({"actions": ["bank.pay"], "arguments": {"amount": {"exclusiveMinimum": 200}}});
    let policy = json!([{"id": "p", "approval_rules": [{"when": test}]}]);
    let catalog = |name: &str| {
        let schema = json!({"type": "object", "properties": {name: {"type": "number"}}, "required": [name], "additionalProperties": false});
        json!({"actions": {"bank.pay": {"arguments": schema}}})
    };
    assert_eq!(findings(&policy, &catalog("amount")), "");
    let found = findings(&policy, &catalog("sum"));
    assert!(found.contains("amount"), "{found}");
}
