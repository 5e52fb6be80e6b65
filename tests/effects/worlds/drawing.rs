//! The alphabets, and how values are put together from them.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::About;

pub type Values = BoxedStrategy<Value>;

/// Patterns of names: what of them is covered, met and left over is told by words of three letters.
const NAMES: [&str; 18] =
    ["*", "*", "*", "a", "a", "b", "ab", "a*", "a*", "*b", "*a", "b*", "a*b", "*a*", "*ab*", "*a*b*", "a*a", r"a\*"];
/// Patterns of actions without a dot, and with one.
const OPERATIONS: [&str; 13] = ["*", "a", "a", "b", "ab", "a*", "a*", "*b", "b*", "a*b", "*a*", "*a*b*", r"\*"];
const DOTTED: [&str; 11] = ["a.b", "a.b", "a.*", "*.b", "b.a", "a*.a*", "*.a*b", "b.*", "*.*", "a.b.a", "*b.a"];

/// One of the items of a JSON list.
pub fn one_of(values: Value) -> Values {
    let Value::Array(values) = values else { panic!("a list") };
    prop::sample::select(values).boxed()
}

/// A value with a probability.
pub fn maybe(probability: f64, value: Values) -> BoxedStrategy<Option<Value>> {
    match probability {
        0.0 => Just(None).boxed(),
        1.0 => value.prop_map(Some).boxed(),
        probability => prop::option::weighted(probability, value).boxed(),
    }
}

/// Each part is there with its probability.
pub fn some_of(parts: Vec<(&'static str, f64, Values)>) -> BoxedStrategy<Map<String, Value>> {
    let part = |(key, probability, value): (&'static str, f64, Values)| {
        maybe(probability, value).prop_map(move |value| value.map(|value| (key.to_owned(), value)))
    };
    let parts: Vec<_> = parts.into_iter().map(part).collect();
    parts.prop_map(|parts| parts.into_iter().flatten().collect()).boxed()
}

/// A list of items.
pub fn list(item: Values, least: usize, most: usize) -> Values {
    prop::collection::vec(item, least..=most).prop_map(Value::from).boxed()
}

/// A map from names to values.
pub fn map(name: Values, value: Values, least: usize, most: usize) -> Values {
    let name = name.prop_map(|name| name.as_str().unwrap().to_owned());
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

/// A pattern of a fact, `*` where nobody looks at it.
pub fn name(looked_at: bool) -> Values {
    if looked_at { one_of(json!(NAMES)) } else { Just(json!("*")).boxed() }
}

/// A pattern of actions.
pub fn action(about: About) -> Values {
    match (about.integration, about.operation) {
        (true, _) => prop_oneof![2 => one_of(json!(OPERATIONS)), 3 => one_of(json!(DOTTED))].boxed(),
        (false, true) => prop_oneof![14 => one_of(json!(OPERATIONS)), 1 => one_of(json!(DOTTED))].boxed(),
        (false, false) => one_of(json!(["*", "*", "*", "*", "a", "b"])),
    }
}

pub fn level() -> Values {
    one_of(json!(["public", "internal", "confidential", "restricted"]))
}

pub fn risk() -> Values {
    one_of(json!(["minimal", "low", "medium", "high", "critical"]))
}

pub fn cost() -> Values {
    one_of(json!([0, 0.1, 1, 2, 2, 5]))
}

pub fn tags(least: usize) -> Values {
    list(one_of(json!(["t", "u"])), least, 2)
}

pub fn number(from: u64, to: u64) -> Values {
    (from..=to).prop_map(Value::from).boxed()
}
