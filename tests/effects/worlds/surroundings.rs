//! The catalog and the settings of a repository.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::About;
use super::drawing::{Values, action, cost, level, list, map, name, one_of, risk, some_of, tags};

/// What a closed catalog knows: documents that name none of it would be in error.
const KNOWN: [&str; 8] = ["a", "b", "ab", "aba", "a.b", "b.a", "aab.*", "b.ba"];
const AGENTS: [&str; 5] = ["a", "b", "ab", "aba", "ba*"];

/// A catalog, or none.
pub fn catalog(about: About) -> BoxedStrategy<Option<Value>> {
    if !about.catalog {
        return Just(None).boxed();
    }
    let parts = some_of(vec![
        ("actions", 0.8, map(action(about), entry(about), 1, 3)),
        ("agents", if about.agent || about.group || about.mission { 0.6 } else { 0.15 }, agents(about)),
        (
            "defaults",
            0.2,
            one_of(json!([{"cost_usd": 2}, {"data_classification": "restricted", "risk_level": "high"}])),
        ),
    ]);
    let closed = if about.operation || about.integration { 0.4 } else { 0.1 };
    let catalog = (parts, prop::bool::weighted(closed), prop::bool::weighted(if about.agent { 0.25 } else { 0.02 }));
    catalog.prop_map(|(parts, actions, agents)| Some(closed_by(parts, actions, agents))).boxed()
}

fn closed_by(mut parts: Map<String, Value>, actions: bool, agents: bool) -> Value {
    if actions {
        parts.insert("closed".to_owned(), json!(true));
        fill(&mut parts, "actions", &KNOWN);
    }
    if agents {
        parts.insert("closed_agents".to_owned(), json!(true));
        fill(&mut parts, "agents", &AGENTS);
    }
    Value::Object(parts)
}

fn fill(parts: &mut Map<String, Value>, key: &str, names: &[&str]) {
    let entries = parts.entry(key).or_insert(json!({}));
    // With an entry for everything, nothing would be closed.
    entries.as_object_mut().unwrap().retain(|name, _| !name.starts_with('*'));
    for name in names {
        if entries.get(name).is_none() {
            entries[name] = json!({});
        }
    }
}

fn entry(about: About) -> Values {
    let is = |looked_at: bool| if looked_at { 0.6 } else { 0.05 };
    some_of(vec![
        ("tags", is(about.tags), tags(0)),
        ("risk_level", is(about.risk), risk()),
        ("data_classification", is(about.level), level()),
        ("cost_usd", is(about.cost), cost()),
        ("resource", is(about.resource), one_of(json!(["a", "{arguments.p}"]))),
    ])
    .prop_map(Value::Object)
    .boxed()
}

fn agents(about: About) -> Values {
    let names = one_of(json!(["a", "b", "ab", "aa", "z"]));
    let entry = some_of(vec![
        ("groups", if about.group { 0.7 } else { 0.05 }, list(names.clone(), 0, 2)),
        ("missions", if about.mission { 0.7 } else { 0.05 }, list(names, 0, 2)),
        ("state", 0.3, one_of(json!(["active", "suspended", "retired"]))),
    ]);
    map(name(about.agent), entry.prop_map(Value::Object).boxed(), 1, 3)
}

/// The default, mostly written.
pub fn settings() -> Values {
    one_of(json!([
        {},
        {},
        {"defaults": {"effect": "allow"}},
        {"defaults": {"effect": "allow"}},
        {"defaults": {"effect": "deny"}},
        {"defaults": {"effect": "deny"}},
        {"defaults": {"effect": "approval_required"}}
    ]))
}
