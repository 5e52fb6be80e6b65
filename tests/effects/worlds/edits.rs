//! Edits: a document more or less, a field taken from another document or taken out, an entry of a list or map more or less,
//! another catalog or part of it, other settings.

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

use super::Repository;

/// One edit.
#[derive(Debug, Clone)]
pub struct Edit {
    what: u8,
    document: Index,
    field: Index,
    other: Index,
    remove: bool,
}

/// One to four.
pub fn some() -> impl Strategy<Value = Vec<Edit>> {
    let index = any::<Index>;
    let edit = (0_u8..24, index(), index(), index(), prop::bool::weighted(0.35))
        .prop_map(|(what, document, field, other, remove)| Edit { what, document, field, other, remove });
    prop::collection::vec(edit, 1..=4)
}

/// What an edit leaves alone, or takes over together with something else.
const FIXED: [&str; 5] = ["id", "kind", "scope", "target_id", "policy"];
/// What has to be there.
const NEEDED: [&str; 10] = [
    "agent_id",
    "target_integration",
    "operation",
    "resource_scope",
    "data_classification",
    "policy_effect",
    "agents",
    "runs",
    "expires_at",
    "max_uses",
];
/// What decides nothing.
const WORDS: [&str; 4] = ["policy_name", "rationale", "reason", "name"];

fn kind(document: &Value) -> u8 {
    match (document["kind"] == "exception", document.get("policy_effect")) {
        (true, _) => 2,
        (false, Some(_)) => 1,
        (false, None) => 0,
    }
}

impl Edit {
    /// The repository after it; what is new comes from another one.
    pub fn of(&self, before: &Repository, from: &Repository) -> Repository {
        let mut after = before.clone();
        if after.documents.is_empty() {
            return after;
        }
        let at = self.document.index(after.documents.len());
        match self.what {
            0..=3 if after.documents.len() > 1 => {
                let gone = after.documents.remove(at);
                after.documents.retain(|one| one["policy"] != gone["id"]);
            }
            4..=6 => self.add(&mut after, from),
            7 => after.settings = from.settings.clone(),
            8 => after.catalog.clone_from(&from.catalog),
            9 | 10 => {
                if let (Some(catalog), Some(other)) = (&mut after.catalog, &from.catalog) {
                    self.nested(catalog, other);
                }
            }
            11 => turned(&mut after.documents[at]),
            12 if kind(&after.documents[at]) == 1 => {
                after.documents[at]["priority"] = json!(*self.other.get(&[10, 100, 200]));
            }
            what => {
                let document = &mut after.documents[at];
                let same: Vec<&Value> = from.documents.iter().filter(|one| kind(one) == kind(document)).collect();
                let other = if same.is_empty() { json!({}) } else { (*self.other.get(&same)).clone() };
                if what < 19 { self.field(document, &other) } else { self.nested(document, &other) }
            }
        }
        after
    }

    fn add(&self, after: &mut Repository, from: &Repository) {
        let mut document = self.document.get(&from.documents).clone();
        if kind(&document) == 2 {
            document["policy"] = self.other.get(&after.documents)["id"].clone();
        }
        let first = if self.remove { 'a' } else { 'z' };
        document["id"] = json!(format!("{first}{}", after.documents.len()));
        after.documents.push(document);
    }

    fn field(&self, document: &mut Value, other: &Value) {
        let of = if self.remove { &*document } else { other };
        let keys = of.as_object().unwrap().keys();
        let deciding = keys.filter(|key| !FIXED[..2].contains(&key.as_str()) && !WORDS.contains(&key.as_str()));
        let names: Vec<String> =
            deciding.filter(|key| self.remove || document.get(*key) != other.get(*key)).cloned().collect();
        if names.is_empty() {
            return;
        }
        let name = self.field.get(&names).as_str();
        let remove = self.remove && !NEEDED.contains(&name);
        let pair: &[&str] = if FIXED[2..4].contains(&name) { &FIXED[2..4] } else { &[name] };
        for name in pair {
            match other.get(name).filter(|_| !remove || pair.len() == 2) {
                Some(value) => document[name] = value.clone(),
                None if NEEDED.contains(name) => {}
                None => drop(document.as_object_mut().unwrap().remove(*name)),
            }
        }
        if name.starts_with("approval_") && name != "approval_rules" && !self.remove {
            document["require_approval"] = json!(true);
        }
    }

    /// Something inside a value is taken over: where both have maps or lists, an entry of those.
    fn nested(&self, value: &mut Value, other: &Value) {
        match (value, other) {
            (Value::Object(map), Value::Object(other)) => {
                let mut keys: Vec<String> = map.keys().chain(other.keys()).cloned().collect();
                keys.retain(|key| {
                    !FIXED.contains(&key.as_str()) && !WORDS.contains(&key.as_str()) && map.get(key) != other.get(key)
                });
                if keys.is_empty() {
                    return;
                }
                let key = self.field.get(&keys);
                match (map.get_mut(key), other.get(key)) {
                    (Some(inner), Some(theirs)) if inner != theirs => self.nested(inner, theirs),
                    (Some(inner), None) if self.remove && inner.is_object() => self.nested(inner, &json!({})),
                    (Some(_), None) => drop(map.remove(key)),
                    (None, Some(theirs)) => drop(map.insert(key.clone(), theirs.clone())),
                    _ => {}
                }
            }
            (Value::Array(items), Value::Array(others)) => {
                if self.remove && !items.is_empty() {
                    items.remove(self.other.index(items.len()));
                } else if !others.is_empty() {
                    items.push(self.other.get(others).clone());
                }
            }
            (value, other) => *value = other.clone(),
        }
    }
}

/// Switched off, or on again.
fn turned(document: &mut Value) {
    let key = match kind(document) {
        0 => "enabled",
        1 => "is_active",
        _ => return,
    };
    document[key] = json!(document[key] == json!(false));
}
