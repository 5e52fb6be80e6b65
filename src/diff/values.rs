//! Differences of plain values, and the summary of a document's.

use std::collections::BTreeSet;

use serde_json::Value;

use super::change::{Path, same};
use super::{Change, Direction};

/// How deep values are looked into; deeper parts are told whole.
const DEPTH: usize = 4;

/// The changes between two values, all of one direction.
pub(super) fn changes(path: &Path, before: &Value, after: &Value, direction: Direction) -> Vec<Change> {
    let mut changes = Vec::new();
    walk(path, (Some(before), Some(after)), direction, DEPTH, &mut changes);
    changes
}

fn walk(
    path: &Path,
    (before, after): (Option<&Value>, Option<&Value>),
    direction: Direction,
    depth: usize,
    changes: &mut Vec<Change>,
) {
    match (before, after) {
        (Some(before), Some(after)) if same(before, after) => {}
        (Some(Value::Object(old)), Some(Value::Object(new))) if depth > 0 => {
            for key in old.keys().chain(new.keys()).collect::<BTreeSet<_>>() {
                walk(&path.key(key), (old.get(key), new.get(key)), direction, depth - 1, changes);
            }
        }
        (Some(Value::Array(old)), Some(Value::Array(new))) if depth > 0 && named(old) && named(new) => {
            items(path, old, new, direction, depth, changes);
        }
        (before, after) => changes.push(Change::new(path, before.cloned(), after.cloned(), direction)),
    }
}

fn name(item: &Value) -> Option<&str> {
    item.get("name").and_then(Value::as_str)
}

/// Whether the items of a list have names, each another one.
fn named(items: &[Value]) -> bool {
    let names: BTreeSet<&str> = items.iter().filter_map(name).collect();
    names.len() == items.len()
}

/// Items that are told apart by their names.
fn items(path: &Path, old: &[Value], new: &[Value], direction: Direction, depth: usize, changes: &mut Vec<Change>) {
    let so_far = changes.len();
    let place = |items: &[Value], wanted: &Value| items.iter().position(|item| name(item) == name(wanted));
    for (rank, item) in old.iter().enumerate().filter(|(_, item)| place(new, item).is_none()) {
        walk(&path.item(rank, rank), (Some(item), None), direction, depth - 1, changes);
    }
    for (rank, item) in new.iter().enumerate() {
        let was = place(old, item);
        let before = was.and_then(|was| old.get(was));
        walk(&path.item(was.unwrap_or(rank), rank), (before, Some(item)), direction, depth - 1, changes);
    }
    if changes.len() == so_far {
        // The same items in another order.
        changes.push(Change::new(path, Some(old.into()), Some(new.into()), direction));
    }
}

/// What changed in one document between two canonical values, as versions tell it: `Created`, `Removed`, or
/// `Updated: denied_actions, run_budget` with its fields in the order of their names; nothing where they are the same.
#[must_use]
pub fn summary(before: Option<&Value>, after: Option<&Value>) -> String {
    match (before, after) {
        (None, None) => String::new(),
        (None, Some(_)) => "Created".to_owned(),
        (Some(_), None) => "Removed".to_owned(),
        (Some(before), Some(after)) => {
            let keys = |value: &Value| value.as_object().map(|map| map.keys().cloned().collect::<BTreeSet<String>>());
            let (old, new) = (keys(before).unwrap_or_default(), keys(after).unwrap_or_default());
            let differs = |key: &&String| match (before.get(key.as_str()), after.get(key.as_str())) {
                (Some(before), Some(after)) => !same(before, after),
                _ => true,
            };
            let fields: Vec<&str> = old.union(&new).filter(differs).map(String::as_str).collect();
            if fields.is_empty() { String::new() } else { format!("Updated: {}", fields.join(", ")) }
        }
    }
}
