//! The fields of documents, as the published schemas name them.

use std::collections::BTreeSet;

use policyc::written::{Kind, PublishedDraft, schema_of};
use serde_json::Value;

/// The schema of a kind.
pub fn schema(kind: Kind) -> Value {
    schema_of(kind, PublishedDraft::Draft202012)
}

/// The paths of all fields under the schema of a kind: `.name` of a field, `[]` an item of a list, `{}` a value of a map.
/// Schemas inside documents have none of ours.
pub fn fields(schema: &Value, kind: &str) -> BTreeSet<String> {
    let mut fields = BTreeSet::new();
    walk(schema, &schema["$defs"], kind, &mut fields);
    fields
}

fn walk(schema: &Value, defs: &Value, path: &str, fields: &mut BTreeSet<String>) {
    if let Some(name) = schema["$ref"].as_str() {
        return walk(&defs[name.trim_start_matches("#/$defs/")], defs, path, fields);
    }
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{path}.{name}");
        walk(field, defs, &path, fields);
        fields.insert(path);
    }
    for option in ["anyOf", "oneOf", "allOf"].into_iter().filter_map(|key| schema[key].as_array()).flatten() {
        walk(option, defs, path, fields);
    }
    for (key, mark) in [("items", "[]"), ("additionalProperties", "{}")] {
        if schema[key].is_object() {
            walk(&schema[key], defs, &format!("{path}{mark}"), fields);
        }
    }
}
