//! The alphabets, and how values are put together from them.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

pub type Values = BoxedStrategy<Value>;

/// Each part is there with a probability.
pub fn some_of(probability: f64, parts: Vec<(&'static str, Values)>) -> BoxedStrategy<Map<String, Value>> {
    let part = |(key, value): (&'static str, Values)| {
        prop::option::weighted(probability, value).prop_map(move |value| value.map(|value| (key.to_owned(), value)))
    };
    let parts: Vec<_> = parts.into_iter().map(part).collect();
    parts.prop_map(|parts| parts.into_iter().flatten().collect()).boxed()
}

/// One of the items of a JSON list.
pub fn one_of(values: impl Into<Value>) -> Values {
    let values: Value = values.into();
    prop::sample::select(values.as_array().cloned().unwrap_or_default()).boxed()
}

/// A list of items.
pub fn list(item: Values, least: usize, most: usize) -> Values {
    prop::collection::vec(item, least..=most).prop_map(Value::from).boxed()
}

/// A map from names to values.
pub fn map(name: Values, value: Values, least: usize, most: usize) -> Values {
    let name = name.prop_map(|name| name.as_str().unwrap_or_default().to_owned());
    let map = prop::collection::btree_map(name, value, least..=most);
    map.prop_map(|map| Value::Object(map.into_iter().collect())).boxed()
}

/// A value with more keys.
pub fn with(mut map: Map<String, Value>, more: Value) -> Value {
    if let Value::Object(more) = more {
        map.extend(more);
    }
    Value::Object(map)
}

/// What editors look at.
pub fn schema() -> Values {
    one_of(json!(["https://example.com/schema", "./schema.json"]))
}

/// Patterns of actions.
pub fn action_pattern() -> Values {
    one_of(json!(["*", "x", "y", "m.x", "m.*", "*x", "*.y", "m.m.x", "x", "m.x"]))
}

/// A map by patterns of actions.
pub fn by_action(value: Values) -> Values {
    map(action_pattern(), value, 0, 2)
}

pub fn agent_pattern() -> Values {
    one_of(json!(["*", "a*", "*", "a", "*b"]))
}

/// Patterns of runs; session ids stand in for them.
pub fn run_pattern() -> Values {
    one_of(json!(["r", "*", "s", "t"]))
}

pub fn tags(least: usize) -> Values {
    list(one_of(json!(["t", "u"])), least, 2)
}

pub fn groups() -> Values {
    list(one_of(json!(["g", "h"])), 0, 2)
}

pub fn missions() -> Values {
    list(one_of(json!(["j", "k"])), 0, 2)
}

pub fn level() -> Values {
    one_of(json!(["public", "internal", "confidential", "restricted"]))
}

pub fn risk() -> Values {
    one_of(json!(["minimal", "low", "medium", "high", "critical"]))
}

pub fn cost() -> Values {
    one_of(json!([0, 0.1, 1, 2]))
}

pub fn budget() -> Values {
    one_of(json!([0, 0.2, 1, 2, 3]))
}

pub fn yes_or_no() -> Values {
    any::<bool>().prop_map(Value::from).boxed()
}

pub fn number(from: u64, to: u64) -> Values {
    (from..=to).prop_map(Value::from).boxed()
}

/// The names of arguments.
pub fn argument() -> Values {
    one_of(json!(["p", "q"]))
}

/// Values of arguments and of fields of results.
pub fn value() -> Values {
    one_of(json!([0, 1, 1.0, 2, 2.5, "x", "1", "..", null, true, {"v": 1}, {"v": {"w": "x"}}, [1, "x"], []]))
}

/// Tests of one argument in what denies or asks, where a keyword may stand without `type`.
pub fn loose_schema() -> Values {
    prop_oneof![
        strict_schema(),
        one_of(json!([{"exclusiveMinimum": 1}, {"pattern": "^x"}, {"minItems": 1}, {"maxLength": 1, "minimum": 1}])),
    ]
    .boxed()
}

/// Tests of one argument in what allows.
pub fn strict_schema() -> Values {
    one_of(json!([
        {"type": "number", "exclusiveMinimum": 1},
        {"type": "integer"},
        {"type": ["string", "null"]},
        {"type": "string", "minLength": 1},
        {"type": "object", "required": ["v"]},
        {"type": "array", "items": {"type": "integer"}},
        {"enum": [1, "x", null]},
        {"const": 1},
        {},
        true
    ]))
}

/// Tests of one argument by name.
pub fn tests(schema: Values) -> Values {
    map(argument(), schema, 1, 2)
}
