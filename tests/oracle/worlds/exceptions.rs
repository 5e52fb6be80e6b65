//! Exceptions, each from a document that is there and from reasons that it gives.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::words::{self, Values, action_pattern, list, number, one_of, some_of, with};

/// An exception from a document, without id.
pub fn from(document: &Value) -> Values {
    let policy = document["id"].clone();
    let parts = some_of(
        0.3,
        vec![("$schema", words::schema()), ("actions", list(action_pattern(), 1, 2)), ("max_uses", number(1, 2))],
    );
    let why = one_of(json!(["ten characters", "ten other characters"]));
    (parts, narrowed(reasons(document)), subject(), bounds(), why)
        .prop_map(move |(mut parts, reasons, subject, bounds, why)| {
            parts.extend(reasons.map(|reasons| ("reasons".to_owned(), reasons)));
            // An exception without an end is an error.
            if bounds.get("expires_at").is_none() {
                parts.entry("max_uses").or_insert(json!(1));
            }
            let fixed = json!({"kind": "exception", "policy": policy, "reason": why});
            [subject, bounds, fixed].into_iter().fold(Value::Object(parts), merged)
        })
        .boxed()
}

/// Some of the reasons, or no list of them.
fn narrowed(reasons: Vec<Value>) -> BoxedStrategy<Option<Value>> {
    if reasons.is_empty() {
        return Just(None).boxed();
    }
    prop::option::of(list(prop::sample::select(reasons).boxed(), 1, 2)).boxed()
}

fn merged(value: Value, more: Value) -> Value {
    match value {
        Value::Object(map) => with(map, more),
        other => other,
    }
}

/// At least one of the two keys.
fn subject() -> Values {
    let agents = || list(words::agent_pattern(), 1, 2);
    let runs = || list(words::run_pattern(), 1, 2);
    prop_oneof![
        2 => Just(json!({"agents": ["*"]})),
        3 => agents().prop_map(|agents| json!({"agents": agents})),
        1 => runs().prop_map(|runs| json!({"runs": runs})),
        1 => (agents(), runs()).prop_map(|(agents, runs)| json!({"agents": agents, "runs": runs})),
    ]
    .boxed()
}

/// A start and an end, each or neither; the end is later.
fn bounds() -> Values {
    let starts = ["2025-12-31T23:59:00Z", "2026-01-01T00:00:30Z", "2026-01-01T00:01:00Z"];
    let ends = ["2026-01-01T00:01:01Z", "2026-01-01T01:00:00Z", "2027-01-01T00:00:00+02:00"];
    some_of(0.5, vec![("starts_at", one_of(json!(starts))), ("expires_at", one_of(json!(ends)))])
        .prop_map(Value::Object)
        .boxed()
}

/// The reasons that a document gives as it is written; any other in an exception is an error.
fn reasons(document: &Value) -> Vec<Value> {
    let some = |key: &str| match document.get(key) {
        Some(Value::Object(map)) => !map.is_empty(),
        Some(Value::Array(list)) => !list.is_empty(),
        Some(Value::Bool(given)) => *given,
        None | Some(Value::Null) => false,
        Some(_) => true,
    };
    let rule = document.get("policy_effect").is_some();
    let escalates = |key: &str| document["conditions"].get(key).is_some();
    let budgets = ["session_budget", "run_budget", "action_budgets"];
    let conditions = ["rate_limit", "time_restriction", "cost_threshold", "webhook_check"];
    let given = [
        ("RULE", rule),
        // Rarer than the others, so more often.
        ("RULE_CONDITION", rule && conditions.into_iter().any(escalates)),
        ("RULE_CONDITION", rule && conditions.into_iter().any(escalates)),
        ("DENIED_ACTION", some("denied_actions")),
        ("NOT_IN_ALLOWLIST", document.get("allowed_actions").is_some_and(Value::is_array)),
        ("RATE_LIMITED", some("rate_limits")),
        ("BUDGET_EXCEEDED", budgets.into_iter().any(some)),
        ("MISSING_EVIDENCE", some("evidence_requirements")),
        ("STALE_EVIDENCE", some("evidence_requirements") && some("evidence_max_age_seconds")),
        ("ARGUMENT_CONSTRAINT", some("argument_constraints")),
        ("UNGROUNDED_ARGUMENT", some("grounding_rules")),
        ("APPROVAL_REQUIRED", some("require_approval") || some("approval_rules")),
    ];
    given.into_iter().filter(|(_, gives)| *gives).map(|(code, _)| json!(code)).collect()
}
