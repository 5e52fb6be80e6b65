use serde_json::Value;

/// Keywords that, alone or together, samples around their numbers, lengths and values tell apart completely.
const EXACT: [&str; 7] =
    ["type", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength"];
/// Keywords that say nothing about a value.
const SILENT: [&str; 8] = ["$schema", "$id", "$comment", "title", "description", "default", "examples", "deprecated"];

/// Whether samples tell apart completely what a schema accepts: as deep as samples look, and without lists and objects as
/// values, of which there are too many to try.
pub fn is_exact(schema: &Value) -> bool {
    is_exact_at(schema, 0)
}

fn is_exact_at(schema: &Value, depth: usize) -> bool {
    let inside = |schema: &Value| is_exact_at(schema, depth + 1);
    let plain = |value: &Value| !value.is_array() && !value.is_object();
    match schema {
        _ if depth >= super::samples::DEEPEST => false,
        Value::Bool(_) => true,
        Value::Object(map) => map.iter().all(|(key, value)| match key.as_str() {
            "allOf" | "anyOf" | "oneOf" => value.as_array().is_some_and(|all| all.iter().all(inside)),
            "not" => inside(value),
            "const" => plain(value),
            "enum" => value.as_array().is_some_and(|all| all.iter().all(plain)),
            key => EXACT.contains(&key) || SILENT.contains(&key),
        }),
        _ => false,
    }
}

/// A schema of all arguments, taken apart: what each must be where it is there, which must be there, and whether there may
/// be others.
pub struct Whole<'s> {
    /// By argument.
    pub properties: Vec<(&'s str, &'s Value)>,
    /// Those that must be there.
    pub required: Vec<&'s str>,
    /// Whether no other may be there.
    pub closed: bool,
}

impl<'s> Whole<'s> {
    /// `None`: it cannot be taken apart.
    pub fn of(schema: &'s Value) -> Option<Self> {
        let mut whole = Self { properties: Vec::new(), required: Vec::new(), closed: false };
        for (key, value) in schema.as_object()? {
            match (key.as_str(), value) {
                ("type", Value::String(kind)) if kind == "object" => {}
                ("properties", Value::Object(map)) => {
                    whole.properties = map.iter().map(|(name, schema)| (name.as_str(), schema)).collect();
                }
                ("required", Value::Array(names)) => {
                    whole.required = names.iter().map(Value::as_str).collect::<Option<_>>()?;
                }
                ("additionalProperties", Value::Bool(open)) => whole.closed = !open,
                (key, _) if SILENT.contains(&key) => {}
                _ => return None,
            }
        }
        let local = whole.properties.iter().all(|(_, schema)| !refers(schema));
        local.then_some(whole)
    }
}

/// Whether a schema refers to another part of the whole, which would not be there once it is taken out.
fn refers(schema: &Value) -> bool {
    match schema {
        Value::Object(map) => map.iter().any(|(key, value)| key == "$ref" || key == "$dynamicRef" || refers(value)),
        Value::Array(all) => all.iter().any(refers),
        _ => false,
    }
}
