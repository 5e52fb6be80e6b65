//! Rules and policies about some facts, and exceptions from them.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::drawing::{Values, action, cost, level, list, maybe, name, one_of, risk, some_of, tags, with};
use super::{About, conditions, exceptions};

/// Rules `r0`…, policies `p0`…, exceptions `e0`…
pub fn documents(about: About) -> BoxedStrategy<Vec<Value>> {
    let rules = prop::collection::vec(rule(about), if about.rules { 1..=6 } else { 0..=4 });
    let policies = prop::collection::vec(policy(about), if about.rules { 0..=0 } else { 0..=3 });
    let deciding = (rules, policies).prop_map(|(rules, policies)| {
        let documents: Vec<Value> = named("r", rules).into_iter().chain(named("p", policies)).collect();
        // A repository without a document is an error.
        if documents.is_empty() { vec![json!({"id": "p0", "denied_actions": ["a"]})] } else { documents }
    });
    let exceptions = move |documents: Vec<Value>| {
        let from = prop::sample::select(documents.clone());
        let one = from.prop_flat_map(move |document| exceptions::from(about, &document));
        let none = Just(Vec::new()).boxed();
        let some = prop_oneof![3 => none, 2 => prop::collection::vec(one, 1..=2).boxed()];
        (Just(documents), some)
    };
    deciding
        .prop_flat_map(exceptions)
        .prop_map(|(documents, exceptions)| documents.into_iter().chain(named("e", exceptions)).collect())
        .boxed()
}

fn named(prefix: &str, mut list: Vec<Value>) -> Vec<Value> {
    for (rank, document) in list.iter_mut().enumerate() {
        document["id"] = json!(format!("{prefix}{rank}"));
    }
    list
}

fn rule(about: About) -> Values {
    let effects = prop_oneof![4 => Just("allow"), 2 => Just("approval_required"), 3 => Just("deny")];
    effects.prop_flat_map(move |effect| rule_that(about, effect)).boxed()
}

fn rule_that(about: About, effect: &'static str) -> Values {
    let names = (name(about.agent), name(about.integration), name(about.operation), name(about.resource));
    let parts = some_of(vec![
        ("priority", 0.4, one_of(json!([10, 100, 100, 200]))),
        ("is_active", 0.08, Just(json!(false)).boxed()),
        ("max_session_ttl", 0.1, one_of(json!([60, 120]))),
        ("conditions", 0.7, conditions::of_rule(about, effect)),
    ]);
    (names, data(about, effect), parts)
        .prop_map(move |((agent, integration, operation, resource), data, parts)| {
            with(
                parts,
                json!({
                    "agent_id": agent,
                    "target_integration": integration,
                    "operation": operation,
                    "resource_scope": resource,
                    "policy_name": "one",
                    "data_classification": data,
                    "policy_effect": effect,
                    "rationale": "a rule of a test",
                }),
            )
        })
        .boxed()
}

/// All levels, where nobody looks at them.
fn data(about: About, effect: &str) -> Values {
    let all = Just(json!(if effect == "allow" { "restricted" } else { "public" })).boxed();
    if !about.level {
        return all;
    }
    let bound = (one_of(json!(["at_most", "at_least", "exactly"])), level());
    let bound = bound.prop_map(|(bound, level)| json!({ bound.as_str().unwrap(): level }));
    prop_oneof![1 => all, 2 => level(), 2 => bound].boxed()
}

fn policy(about: About) -> Values {
    let arguments = if about.arguments { 0.4 } else { 0.0 };
    let allowed =
        prop_oneof![6 => list(action(about), 1, 2), 1 => Just(json!([])).boxed(), 1 => Just(Value::Null).boxed()];
    let mut parts = vec![
        ("enabled", 0.08, Just(json!(false)).boxed()),
        ("denied_actions", 0.45, list(action(about), 0, 2)),
        ("allowed_actions", 0.25, allowed.boxed()),
        ("approval_rules", 0.3, list(approval_rule(about), 1, 2)),
        ("argument_constraints", arguments, conditions::constraints(about)),
    ];
    parts.extend(conditions::stateful(about));
    (some_of(parts), maybe(0.35, criteria(about)), scope(about))
        .prop_map(|(mut parts, criteria, scope)| {
            if let Some(Value::Object(criteria)) = criteria {
                parts.extend(criteria);
                parts.insert("require_approval".to_owned(), json!(true));
            }
            with(parts, scope)
        })
        .boxed()
}

fn scope(about: About) -> Values {
    let target = |scope: &'static str| name(true).prop_map(move |target| json!({"scope": scope, "target_id": target}));
    let mut scopes = vec![Just(json!({"scope": "global"})).boxed()];
    let facts = [("agent", about.agent), ("run", about.run), ("group", about.group), ("mission", about.mission)];
    for (scope, _) in facts.iter().filter(|(_, looked_at)| *looked_at) {
        scopes.extend([target(scope).boxed(), target(scope).boxed()]);
    }
    proptest::strategy::Union::new(scopes).boxed()
}

fn is(looked_at: bool, probability: f64) -> f64 {
    if looked_at { probability } else { 0.0 }
}

fn criteria(about: About) -> Values {
    some_of(vec![
        ("approval_actions", 0.4, list(action(about), 0, 2)),
        ("approval_tags", is(about.tags, 0.6), tags(0)),
        ("approval_risk_levels", is(about.risk, 0.6), list(risk(), 0, 3)),
        ("approval_threshold_usd", is(about.cost, 0.6), cost()),
    ])
    .prop_map(Value::Object)
    .boxed()
}

fn approval_rule(about: About) -> Values {
    let when = some_of(vec![
        ("actions", 0.6, list(action(about), 1, 2)),
        ("tags", is(about.tags, 0.6), tags(1)),
        ("risk_at_least", is(about.risk, 0.6), risk()),
        ("cost_usd_at_least", is(about.cost, 0.6), cost()),
        ("data_classification_at_least", is(about.level, 0.5), level()),
        ("arguments", is(about.arguments, 0.6), conditions::tests_of(about, false)),
    ]);
    when.prop_map(|mut when| {
        // A criterion that asks nothing is an error.
        if when.is_empty() {
            when.insert("actions".to_owned(), json!(["*"]));
        }
        json!({"when": when})
    })
    .boxed()
}
