//! The catalog and the settings of a world.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::words::{self, Values, map, one_of, some_of};

/// A catalog, or none.
pub fn catalog() -> impl Strategy<Value = Option<Value>> {
    let parts = some_of(
        0.7,
        vec![
            ("actions", map(words::action_pattern(), action(), 0, 3)),
            ("agents", map(words::agent_pattern(), agent(), 0, 2)),
            ("defaults", defaults()),
            ("kind", one_of(json!(["catalog"]))),
            ("$schema", words::schema()),
        ],
    );
    let catalog = (parts, prop::bool::weighted(0.1), prop::bool::weighted(0.1));
    prop::option::of(catalog.prop_map(|(parts, actions, agents)| closed(parts, actions, agents)))
}

/// A closed catalog names everything that documents name, or they would be in error.
fn closed(mut parts: Map<String, Value>, actions: bool, agents: bool) -> Value {
    if actions {
        parts.insert("closed".to_owned(), json!(true));
        name(&mut parts, "actions", &["m.x", "n.x", "y", "*.m.x"]);
    }
    if agents {
        parts.insert("closed_agents".to_owned(), json!(true));
        name(&mut parts, "agents", &["a", "b", "ab"]);
    }
    Value::Object(parts)
}

fn name(parts: &mut Map<String, Value>, key: &str, names: &[&str]) {
    let entries = parts.entry(key).or_insert(json!({}));
    for name in names {
        if entries.get(name).is_none() {
            entries[name] = json!({});
        }
    }
}

fn action() -> Values {
    let resource = json!(["prod/a", "prod/{arguments.p}", "{arguments.q}", "prod/{arguments.p.v}/b", "dev/../b"]);
    let parts = vec![
        ("description", one_of(json!(["an action", "one"]))),
        ("arguments", one_of(json!([{"type": "object"}, {"type": "object", "required": ["p"]}]))),
        ("tags", words::tags(0)),
        ("risk_level", words::risk()),
        ("cost_usd", words::cost()),
        ("data_classification", words::level()),
        ("resource", one_of(resource)),
    ];
    some_of(0.35, parts).prop_map(Value::Object).boxed()
}

fn agent() -> Values {
    let parts = vec![
        ("groups", words::groups()),
        ("missions", words::missions()),
        ("owner", one_of(json!(["k", "l"]))),
        ("state", one_of(json!(["active", "active", "active", "suspended", "retired"]))),
    ];
    some_of(0.5, parts).prop_map(Value::Object).boxed()
}

fn defaults() -> Values {
    let parts =
        vec![("cost_usd", words::cost()), ("data_classification", words::level()), ("risk_level", words::risk())];
    some_of(0.5, parts).prop_map(Value::Object).boxed()
}

/// Mostly a default that lets something happen.
pub fn settings() -> impl Strategy<Value = Value> {
    let effect = one_of(json!(["allow", "allow", "allow", "approval_required", "deny"]));
    let defaults = (prop::option::weighted(0.8, effect), prop::option::weighted(0.3, words::number(10, 12)));
    let key = |name: &'static str| move |value| (name.to_owned(), value);
    prop_oneof![
        1 => Just(json!({})),
        4 => defaults.prop_map(move |(effect, ttl)| {
            let parts = effect.map(key("effect")).into_iter().chain(ttl.map(key("session_ttl")));
            json!({"defaults": parts.collect::<Map<String, Value>>()})
        }),
    ]
}
