//! Whether a JSON Schema accepts less than another, where that can be seen without solving it.

use serde_json::{Map, Value};

use super::Direction;
use super::change::same;

/// Keywords under which less is valid as the number falls, and as it grows.
const AT_MOST: [&str; 5] = ["maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"];
const AT_LEAST: [&str; 5] = ["minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"];

/// What a schema in place of another does to what is valid: tightening if less is, loosening if more is, both if that
/// cannot be seen. References lead only to `$defs`, so no other part stands where less of it means more.
pub(super) fn narrowed(before: &Value, after: &Value) -> Direction {
    match (verdict(before), verdict(after)) {
        (Some(before), Some(after)) => Direction::Loosening.of(&before, &after),
        _ if same(before, after) => Direction::Neutral,
        // Everything was valid, or nothing is any more.
        (Some(true), _) | (_, Some(false)) => Direction::Tightening,
        (Some(false), _) | (_, Some(true)) => Direction::Loosening,
        (None, None) => match (before, after) {
            (Value::Object(before), Value::Object(after)) => keywords(before, after),
            _ => Direction::Both,
        },
    }
}

/// Whether every value is valid, or none; `None`: it depends.
fn verdict(schema: &Value) -> Option<bool> {
    match schema {
        Value::Bool(all) => Some(*all),
        Value::Object(map) if map.is_empty() => Some(true),
        _ => None,
    }
}

/// Every keyword beside the others is one more thing to satisfy, but for those that others hang on.
fn keywords(before: &Map<String, Value>, after: &Map<String, Value>) -> Direction {
    let known = before.keys().chain(after.keys());
    Direction::all(known.filter(|key| before.get(*key) != after.get(*key)).map(|key| {
        match (before.get(key), after.get(key)) {
            (Some(before), Some(after)) => keyword(key, before, after),
            (None, Some(_)) if stands_alone(key) => Direction::Tightening,
            (Some(_), None) if stands_alone(key) => Direction::Loosening,
            _ => Direction::Both,
        }
    }))
}

/// Whether no other keyword hangs on one, and what matches another type does not either.
fn stands_alone(key: &str) -> bool {
    AT_MOST.contains(&key) || AT_LEAST.contains(&key) || ["required", "enum", "const", "pattern"].contains(&key)
}

fn keyword(key: &str, before: &Value, after: &Value) -> Direction {
    match (before, after) {
        _ if AT_MOST.contains(&key) => number(before, after, Direction::Loosening),
        _ if AT_LEAST.contains(&key) => number(before, after, Direction::Tightening),
        (Value::Array(before), Value::Array(after)) if key == "required" => list(before, after, Direction::Tightening),
        (Value::Array(before), Value::Array(after)) if key == "enum" => list(before, after, Direction::Loosening),
        (Value::Object(before), Value::Object(after)) if key == "properties" => {
            // A property more or less changes what other keywords look at.
            if before.keys().ne(after.keys()) {
                return Direction::Both;
            }
            Direction::all(before.iter().zip(after).map(|((_, before), (_, after))| narrowed(before, after)))
        }
        _ if key == "items" => narrowed(before, after),
        _ => Direction::Both,
    }
}

/// Of a number that grows; numbers that a double cannot tell apart are not told apart.
fn number(before: &Value, after: &Value, grow: Direction) -> Direction {
    match (before.as_f64(), after.as_f64()) {
        (Some(before), Some(after)) if before < after => grow,
        (Some(before), Some(after)) if before > after => grow.flip(),
        _ => Direction::Both,
    }
}

/// Of a list that has more items.
fn list(before: &[Value], after: &[Value], grow: Direction) -> Direction {
    let within = |one: &[Value], other: &[Value]| one.iter().all(|item| other.contains(item));
    match (within(before, after), within(after, before)) {
        (true, true) => Direction::Neutral,
        (true, false) => grow,
        (false, true) => grow.flip(),
        (false, false) => Direction::Both,
    }
}
