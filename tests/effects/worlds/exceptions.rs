//! Exceptions, each from a document that is there and from reasons that it gives.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::About;
use super::drawing::{Values, action, list, name, one_of, some_of, with};

/// An exception from a document, without id.
pub fn from(about: About, document: &Value) -> Values {
    let policy = document["id"].clone();
    let reasons = reasons(document);
    let narrowed = if reasons.is_empty() { 0.0 } else { 0.4 };
    let reasons = if reasons.is_empty() { json!(["RULE"]) } else { Value::from(reasons) };
    let parts =
        some_of(vec![("actions", 0.5, list(action(about), 1, 2)), ("reasons", narrowed, list(one_of(reasons), 1, 2))]);
    (parts, subject(about), bounds(about))
        .prop_map(move |(parts, subject, bounds)| {
            let fixed = json!({"kind": "exception", "policy": policy, "reason": "of a test, for now"});
            [subject, bounds, fixed].into_iter().fold(Value::Object(parts), |value, more| match value {
                Value::Object(map) => with(map, more),
                other => other,
            })
        })
        .boxed()
}

/// At least one of the two keys.
fn subject(about: About) -> Values {
    let agents = || list(name(about.agent), 1, 2);
    let runs = || list(name(about.run), 1, 2);
    let agents_or_runs = (agents(), runs()).prop_map(|(agents, runs)| json!({"agents": agents, "runs": runs}));
    match (about.agent, about.run) {
        (true, true) => agents_or_runs.boxed(),
        (false, true) => runs().prop_map(|runs| json!({ "runs": runs })).boxed(),
        _ => agents().prop_map(|agents| json!({ "agents": agents })).boxed(),
    }
}

/// An end, by time where times are looked at.
fn bounds(about: About) -> Values {
    let uses = json!({"max_uses": 1});
    if !about.time {
        return Just(uses).boxed();
    }
    let starts = one_of(json!(["2025-11-30T23:30:00Z", "2026-02-01T00:00:30Z"]));
    let ends = one_of(json!(["2026-04-15T09:30:00Z", "2027-01-01T00:00:00+02:00"]));
    (some_of(vec![("starts_at", 0.4, starts), ("expires_at", 0.8, ends)]))
        .prop_map(move |mut bounds| {
            if !bounds.contains_key("expires_at") {
                bounds.insert("max_uses".to_owned(), json!(2));
            }
            Value::Object(bounds)
        })
        .boxed()
}

/// The reasons that a document gives as it is written; any other in an exception is an error.
fn reasons(document: &Value) -> Vec<Value> {
    let some = |key: &str| match document.get(key) {
        Some(Value::Object(map)) => !map.is_empty(),
        Some(Value::Array(list)) => !list.is_empty(),
        Some(Value::Bool(given)) => *given,
        _ => false,
    };
    let rule = document.get("policy_effect").is_some();
    let conditions = ["time_restriction", "cost_threshold"];
    let given = [
        ("RULE", rule),
        ("RULE_CONDITION", rule && conditions.iter().any(|key| document["conditions"].get(key).is_some())),
        ("DENIED_ACTION", some("denied_actions")),
        ("NOT_IN_ALLOWLIST", document.get("allowed_actions").is_some_and(Value::is_array)),
        ("ARGUMENT_CONSTRAINT", some("argument_constraints")),
        ("APPROVAL_REQUIRED", some("require_approval") || some("approval_rules")),
    ];
    given.into_iter().filter(|(_, gives)| *gives).map(|(code, _)| json!(code)).collect()
}
