//! Schemas of arguments, clocks, and what hangs on earlier actions.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::About;
use super::drawing::{Values, action, cost, list, map, maybe, name, number, one_of, some_of};

/// The conditions of a rule of an effect: nothing is more restrictive than deny.
pub fn of_rule(about: About, effect: &'static str) -> Values {
    let tests = if about.arguments { 0.6 } else { 0.0 };
    let time = if about.time { 0.5 } else { 0.0 };
    let cost = if about.cost { 0.5 } else { 0.02 };
    let mut parts = vec![("arguments", tests, tests_of(about, effect == "allow"))];
    if effect != "deny" {
        parts.push(("time_restriction", time, clock(about, effect)));
        parts.push(("cost_threshold", cost, threshold(about, effect)));
        parts.push(("rate_limit", 0.06, rate(about, effect)));
        parts.push(("webhook_check", 0.03, one_of(json!([{"url": "https://example.com/check"}]))));
    }
    some_of(parts).prop_map(Value::Object).boxed()
}

/// What a condition may make of a rule.
fn escalated(effect: &str) -> Values {
    one_of(if effect == "allow" { json!(["approval_required", "deny"]) } else { json!(["deny"]) })
}

fn clock(about: About, effect: &'static str) -> Values {
    let hours = one_of(json!([[0], [1, 23], [2, 3], [9, 10, 11], [22]]));
    let days = one_of(json!([["monday"], ["thursday", "sunday"]]));
    let fixed = json!(["UTC", "UTC", "UTC", "Etc/GMT-3", "Etc/GMT+5"]);
    let zone = one_of(if about.anything { json!(["UTC", "Europe/Berlin", "Etc/GMT-3"]) } else { fixed });
    let types = maybe(0.2, list(action(about), 1, 2));
    (hours, days, 0..4, zone, types, escalated(effect))
        .prop_map(|(hours, days, which, zone, types, to)| {
            let (hours, days) = match which {
                0 => (json!([]), days),
                1 => (hours, days),
                _ => (hours, json!([])),
            };
            let types = types.unwrap_or(Value::Null);
            json!({"blocked_hours": hours, "blocked_days": days, "timezone": zone, "action_types": types, "on_violation": to})
        })
        .boxed()
}

fn threshold(about: About, effect: &'static str) -> Values {
    let hour = if about.cost { 0.3 } else { 1.0 };
    (cost(), maybe(hour, cost()), escalated(effect), 0..3)
        .prop_map(|(one, hour, to, which)| match hour {
            None => json!({"max_cost_per_action": one, "on_exceed": to}),
            Some(hour) if which == 0 => json!({"max_cost_per_hour": hour, "on_exceed": to}),
            Some(hour) => json!({"max_cost_per_action": one, "max_cost_per_hour": hour, "on_exceed": to}),
        })
        .boxed()
}

fn rate(about: About, effect: &'static str) -> Values {
    (number(1, 2), maybe(0.3, list(action(about), 1, 2)), escalated(effect))
        .prop_map(|(most, types, to)| {
            json!({"max_actions": most, "window_minutes": 60, "action_types": types, "on_exceed": to})
        })
        .boxed()
}

/// Tests of one or two arguments by name.
pub fn tests_of(about: About, permits: bool) -> Values {
    let names = one_of(json!(["p", "p", "p", "q"]));
    map(names, schema(about, permits), 1, 2)
}

/// A test of one argument; what permits names the type that it is about.
fn schema(about: About, permits: bool) -> Values {
    let typed = json!([
        {"type": "number", "exclusiveMinimum": 1},
        {"type": "number", "minimum": 1, "maximum": 3},
        {"type": "number", "maximum": 2},
        {"type": "integer", "minimum": 1},
        {"type": "integer", "exclusiveMinimum": 1, "exclusiveMaximum": 2},
        {"type": "integer"},
        {"type": ["string", "null"]},
        {"type": "string", "minLength": 1, "maxLength": 2},
        {"type": "string"},
        {"type": "boolean"},
        {"enum": [1, "x", null]},
        {"enum": ["x", "z"]},
        {"const": 1},
        {"const": 2.5},
        {"const": true},
        {"anyOf": [{"type": "integer"}, {"const": "x"}]},
        {"allOf": [{"type": "number"}, {"type": "number", "maximum": 3}]},
        {"oneOf": [{"type": "number", "minimum": 2}, {"type": "integer"}]},
        {"type": "number", "not": {"const": 2}},
        {},
        true
    ]);
    let untyped = json!([{"exclusiveMinimum": 1}, {"maximum": 2}, {"minLength": 2}, {"minimum": 1, "maxLength": 1}]);
    let opaque = json!([
        {"type": "string", "pattern": "^a"},
        {"type": "string", "pattern": "b$"},
        {"type": "string", "pattern": "^a", "minLength": 2},
        {"type": "object", "required": ["v"]},
        {"type": "array", "items": {"type": "integer"}},
        {"type": "number", "multipleOf": 2},
        {"type": "number", "minimum": 1, "multipleOf": 2}
    ]);
    let (untyped, opaque) =
        (if permits { json!([]) } else { untyped }, if about.anything { opaque } else { json!([]) });
    let all = [typed, untyped, opaque].into_iter().flat_map(|list| list.as_array().unwrap().clone());
    one_of(all.collect())
}

/// Constraints on arguments by actions.
pub fn constraints(about: About) -> Values {
    let exact = json!([
        {"type": "object", "required": ["p"]},
        {"type": "object", "properties": {"p": {"type": "integer", "maximum": 1}}},
        {"type": "object", "properties": {"p": {"type": "number", "maximum": 2}, "q": {"type": "string"}}, "required": ["q"]},
        {"type": "object", "properties": {"p": {"enum": [1, "x"]}}, "additionalProperties": false},
        {"type": "object", "properties": {"q": {"const": "x"}}, "required": ["q"], "additionalProperties": false},
        {"type": "object", "properties": {"p": true}, "additionalProperties": false}
    ]);
    let opaque = json!([
        {"type": "object", "maxProperties": 1},
        {"type": "object", "minProperties": 1, "properties": {"p": {"enum": [1, null, "x"]}}},
        {"type": "object", "properties": {"p": {"type": "string", "pattern": "^a"}}}
    ]);
    let opaque = if about.anything { opaque } else { json!([]) };
    let all = [exact, opaque].into_iter().flat_map(|list| list.as_array().unwrap().clone());
    map(action(about), one_of(all.collect()), 1, 2)
}

/// What must not matter: budgets, rates, evidence, grounding.
pub fn stateful(about: About) -> Vec<(&'static str, f64, Values)> {
    let limit =
        one_of(json!([{"max_count": 0, "window_seconds": 60}, {"max_count": 2, "window_seconds": 60, "per": "scope"}]));
    let grounding = one_of(json!([{"p": {"source_action": "a", "source_field": "v"}}]));
    vec![
        ("session_budget", 0.06, one_of(json!([0, 1]))),
        ("run_budget", 0.04, one_of(json!([0, 1]))),
        ("action_budgets", 0.04, map(action(about), one_of(json!([0, 1])), 1, 2)),
        ("rate_limits", 0.08, map(action(about), limit, 1, 2)),
        ("evidence_requirements", 0.04, map(action(about), list(action(about), 1, 2), 1, 2)),
        ("grounding_rules", 0.03, map(action(about), grounding, 1, 1)),
        ("name", 0.05, name(true)),
    ]
}
