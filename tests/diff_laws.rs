//! What the difference of two sides says of directions, held to what the engine decides on both.
//!
//! A direction speaks of one action after the same past. So a row of actions is decided on both sides until the first one
//! that is decided otherwise: up to there both sides have the same past, and there the direction must be told.
//!
//! Longer: `PROPTEST_CASES=100000 cargo test --release --test diff_laws`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail, and reads the environment"
)]

mod oracle;
mod support;

use std::collections::BTreeMap;

use oracle::worlds::{self, World};
use oracle::{Ground, Verdict, asked};
use policyc::canon;
use policyc::compile::Compilation;
use policyc::diff::{Difference, Direction, difference};
use policyc::model::Effect;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use serde_json::{Value, json};
use support::side;

fn cases(default: u32) -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(default);
    ProptestConfig { cases, max_shrink_iters: 20_000, failure_persistence: None, ..ProptestConfig::default() }
}

fn compiled(world: &World) -> Option<Compilation> {
    let (_, compilation) = worlds::compilation(world);
    compilation.bundle.is_some().then_some(compilation)
}

/// The keys of a document that an edit takes over.
fn fields(document: &Value) -> Vec<String> {
    let fixed = ["id", "kind", "$schema"];
    document.as_object().unwrap().keys().filter(|key| !fixed.contains(&key.as_str())).cloned().collect()
}

fn kind(document: &Value) -> u8 {
    match (document["kind"] == "exception", document.get("policy_effect")) {
        (true, _) => 2,
        (false, Some(_)) => 1,
        (false, None) => 0,
    }
}

/// One thing that is not the same: a field taken from another document of the kind, or taken out; an entry of a list or map
/// that is one more or less; a document more or less; another catalog, or part of it; other defaults.
#[derive(Debug, Clone)]
struct Edit {
    what: u8,
    document: prop::sample::Index,
    field: prop::sample::Index,
    other: prop::sample::Index,
    remove: bool,
}

fn edit() -> impl Strategy<Value = Edit> {
    let index = any::<prop::sample::Index>;
    (0_u8..20, index(), index(), index(), prop::bool::weighted(0.3))
        .prop_map(|(what, document, field, other, remove)| Edit { what, document, field, other, remove })
}

fn edited(world: &World, from: &World, edit: &Edit) -> World {
    let mut world = world.clone();
    if world.documents.is_empty() {
        return world;
    }
    match edit.what {
        0 => {
            let at = edit.document.index(world.documents.len());
            let gone = world.documents.remove(at);
            world.documents.retain(|one| one["policy"] != gone["id"]);
        }
        1 => {
            let mut document = from.documents[edit.document.index(from.documents.len())].clone();
            let target = world.documents[edit.other.index(world.documents.len())]["id"].clone();
            if kind(&document) == 2 {
                document["policy"] = target;
            }
            document["id"] = json!(if edit.remove { "a9" } else { "z9" });
            world.documents.push(document);
        }
        2 => world.settings = from.settings.clone(),
        3 => world.catalog.clone_from(&from.catalog),
        4 | 5 => {
            if let (Some(catalog), Some(other)) = (&mut world.catalog, &from.catalog) {
                nested(catalog, other, edit);
            }
        }
        _ => {
            let at = edit.document.index(world.documents.len());
            let document = &mut world.documents[at];
            let same: Vec<&Value> = from.documents.iter().filter(|one| kind(one) == kind(document)).collect();
            let other = if same.is_empty() { json!({}) } else { same[edit.other.index(same.len())].clone() };
            if edit.what < 12 { field(document, &other, edit) } else { nested(document, &other, edit) }
        }
    }
    world
}

fn field(document: &mut Value, other: &Value, edit: &Edit) {
    let names = if edit.remove { fields(document) } else { fields(other) };
    if names.is_empty() {
        return;
    }
    let name = &names[edit.field.index(names.len())];
    match other.get(name).filter(|_| !edit.remove) {
        Some(value) => document[name] = value.clone(),
        None => drop(document.as_object_mut().unwrap().remove(name)),
    }
    let criteria = ["approval_actions", "approval_tags", "approval_risk_levels", "approval_threshold_usd"];
    if criteria.contains(&name.as_str()) && document.get(name).is_some() && document.get("require_approval").is_none() {
        document["require_approval"] = json!(true);
    }
    if name == "scope" || name == "target_id" {
        for name in ["scope", "target_id"] {
            match other.get(name) {
                Some(value) => document[name] = value.clone(),
                None => drop(document.as_object_mut().unwrap().remove(name)),
            }
        }
    }
}

/// Something inside a value is taken over: where both have maps or lists, an entry of those.
fn nested(value: &mut Value, other: &Value, edit: &Edit) {
    match (value, other) {
        (Value::Object(map), Value::Object(other)) => {
            let fixed = ["id", "kind", "$schema", "scope", "target_id"];
            let mut keys: Vec<String> = map.keys().chain(other.keys()).cloned().collect();
            keys.retain(|key| !fixed.contains(&key.as_str()));
            if keys.is_empty() {
                return;
            }
            let key = &keys[edit.field.index(keys.len())];
            match (map.get_mut(key), other.get(key)) {
                (Some(inner), Some(theirs)) if inner != theirs => nested(inner, theirs, edit),
                (Some(inner), None) if edit.remove && inner.is_object() => nested(inner, &json!({}), edit),
                (Some(_), None) => drop(map.remove(key)),
                (None, Some(theirs)) => drop(map.insert(key.clone(), theirs.clone())),
                _ => {}
            }
        }
        (Value::Array(items), Value::Array(others)) => {
            if edit.remove && !items.is_empty() {
                items.remove(edit.other.index(items.len()));
            } else if !others.is_empty() {
                items.push(others[edit.other.index(others.len())].clone());
            }
        }
        (value, other) => *value = other.clone(),
    }
}

/// What a decision asks for, and by whom; whether each reason is sure.
fn reasons(verdict: &Verdict) -> BTreeMap<(String, Option<String>, &'static str, Effect), bool> {
    let mut all = BTreeMap::new();
    for ground in &verdict.reasons {
        let key = (ground.kind.to_owned(), ground.id.clone(), ground.code.as_str(), ground.effect);
        *all.entry(key).or_default() |= ground.certain;
    }
    all
}

/// The fewest and the most approvals that policies ask for, and for how long they are waited for at most.
fn asked_for(verdict: &Verdict) -> u64 {
    let asking = verdict.reasons.iter().filter(|ground: &&Ground| ground.required > 0 && ground.certain);
    asking.map(|ground| ground.required).max().unwrap_or(0)
}

/// Holds two verdicts of one action after the same past to a direction.
fn holds(direction: Direction, before: &Verdict, after: &Verdict) -> bool {
    let tightens = |one: &Verdict, other: &Verdict| {
        let effects = other.effect >= one.effect && other.lower >= one.lower;
        let quorum = one.effect != Effect::ApprovalRequired
            || other.effect != Effect::ApprovalRequired
            || asked_for(other) >= asked_for(one);
        effects && quorum
    };
    match direction {
        Direction::Neutral => {
            (before.effect, before.lower) == (after.effect, after.lower) && reasons(before) == reasons(after)
        }
        Direction::Tightening => tightens(before, after),
        Direction::Loosening => tightens(after, before),
        Direction::Both => true,
    }
}

/// The first action of a row that is not decided as the direction says.
fn broken(direction: Direction, world: &World, before: &Compilation, after: &Compilation) -> Option<String> {
    let (old, new) = (before.bundle.as_ref().unwrap(), after.bundle.as_ref().unwrap());
    let alone = asked::alone(old, world).into_iter().zip(asked::alone(new, world)).enumerate();
    for (rank, (before, after)) in alone {
        if !holds(direction, &before, &after) {
            return Some(format!("{} alone #{rank}\n{before:#?}\n{after:#?}", direction.as_str()));
        }
    }
    for (rank, (before, after)) in asked::row(old, world).iter().zip(&asked::row(new, world)).enumerate() {
        if !holds(direction, before, after) {
            return Some(format!("{} in a row #{rank}\n{before:#?}\n{after:#?}", direction.as_str()));
        }
        if (before.effect, before.lower) != (after.effect, after.lower) {
            return None;
        }
    }
    None
}

fn flipped(of: &Difference) -> Vec<(Option<String>, Vec<Direction>, Direction)> {
    let flip = |direction: Direction| match direction {
        Direction::Tightening => Direction::Loosening,
        Direction::Loosening => Direction::Tightening,
        other => other,
    };
    told(of)
        .into_iter()
        .map(|(id, all, whole)| (id, sorted(all.into_iter().map(flip).collect()), flip(whole)))
        .collect()
}

fn sorted(mut all: Vec<Direction>) -> Vec<Direction> {
    all.sort();
    all
}

fn told(of: &Difference) -> Vec<(Option<String>, Vec<Direction>, Direction)> {
    let one = |document: &policyc::diff::DocumentChange| {
        let changes = document.changes.iter().map(|change| change.direction).collect();
        (document.id.as_ref().map(ToString::to_string), sorted(changes), document.direction)
    };
    of.documents.iter().map(one).collect()
}

/// The canonical values of everything that is compared.
fn canonical(compilation: &Compilation) -> Value {
    json!([
        compilation.documents.iter().map(canon::document).collect::<Vec<_>>(),
        compilation.catalog.as_ref().map(canon::catalog),
        format!("{:?}", compilation.settings.default_effect),
        compilation.settings.session_ttl,
    ])
}

fn check(world: &World, edited: &World) -> Result<(), TestCaseError> {
    let (Some(before), Some(after)) = (compiled(world), compiled(edited)) else { return Ok(()) };
    let of = difference(&side(&before), &side(&after));
    prop_assert_eq!(of.is_empty(), canonical(&before) == canonical(&after), "{:#?}", of);
    if let Some(told) = broken(of.direction(), world, &before, &after) {
        return Err(TestCaseError::fail(format!("{told}\n{of:#?}")));
    }
    let back = difference(&side(&after), &side(&before));
    prop_assert_eq!(back.direction(), opposite(of.direction()), "{:#?}\n{:#?}", of, back);
    prop_assert_eq!(flipped(&of), told(&back), "{:#?}\n{:#?}", of, back);
    Ok(())
}

fn opposite(direction: Direction) -> Direction {
    match direction {
        Direction::Tightening => Direction::Loosening,
        Direction::Loosening => Direction::Tightening,
        other => other,
    }
}

proptest! {
    #![proptest_config(cases(3000))]

    /// A change of one thing never does what its direction rules out.
    #[test]
    fn one_edit_does_what_is_told(world in worlds::world(), from in worlds::world(), edit in edit()) {
        check(&world, &edited(&world, &from, &edit))?;
    }

    /// Nor do several at once, in one document or in several.
    #[test]
    fn several_edits_do_what_is_told(
        world in worlds::world(), from in worlds::world(), edits in prop::collection::vec(edit(), 2..4)
    ) {
        let last = edits.iter().fold(world.clone(), |so_far, edit| edited(&so_far, &from, edit));
        check(&world, &last)?;
    }
}

proptest! {
    #![proptest_config(cases(300))]

    /// Two worlds that have nothing to do with each other.
    #[test]
    fn whole_worlds_are_compared(world in worlds::world(), other in worlds::world()) {
        check(&world, &World { actions: world.actions.clone(), granted: world.granted.clone(), ..other })?;
    }

    #[test]
    fn equal_sides_do_not_differ(world in worlds::world()) {
        let (one, other) = (compiled(&world).unwrap(), compiled(&world).unwrap());
        prop_assert_eq!(difference(&side(&one), &side(&other)), Difference::default());
    }
}

/// Where nothing is ever told but `both`, nothing is tested: of single edits, most are told, and what is told happens.
#[test]
fn every_direction_is_met() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let strategy = (worlds::world(), worlds::world(), edit());
    let (mut told, mut met) = (BTreeMap::new(), BTreeMap::new());
    for _ in 0..3000 {
        let (world, from, edit) = strategy.new_tree(&mut runner).unwrap().current();
        let last = edited(&world, &from, &edit);
        let (Some(before), Some(after)) = (compiled(&world), compiled(&last)) else { continue };
        let of = difference(&side(&before), &side(&after));
        if of.is_empty() {
            continue;
        }
        *told.entry(of.direction()).or_insert(0) += 1;
        let bundles = (before.bundle.as_ref().unwrap(), after.bundle.as_ref().unwrap());
        let rows = (asked::row(bundles.0, &world), asked::row(bundles.1, &world));
        let effects = |row: &[Verdict]| row.iter().map(|one| (one.effect, one.lower)).collect::<Vec<_>>();
        *met.entry(of.direction()).or_insert(0) += u32::from(effects(&rows.0) != effects(&rows.1));
    }
    assert!(Direction::ALL.iter().all(|direction| told.get(direction).is_some_and(|times| *times > 150)), "{told:?}");
    let [loosening, tightening] = [Direction::Loosening, Direction::Tightening].map(|of| met.get(&of).copied());
    assert!(loosening > Some(50) && tightening > Some(50), "{met:?} of {told:?}");
}
