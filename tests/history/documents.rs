//! What a file holds, read plainly. It knows the forms that the generator writes, and nothing more.

use serde_json::{Map, Value};

/// The documents of a file, or nothing where it cannot be read. `None` in place of an id: nameless.
pub fn documents(path: &str, bytes: &[u8]) -> Option<Vec<(Option<String>, Value)>> {
    if bytes.len() > 1024 * 1024 {
        return None;
    }
    let text = std::str::from_utf8(bytes).ok()?;
    let (stem, ending) = path.rsplit('/').next().unwrap().rsplit_once('.').unwrap();
    let values = match ending.to_lowercase().as_str() {
        "json" => match serde_json::from_str(text).ok()? {
            Value::Array(values) => values,
            value => vec![value],
        },
        "md" => vec![markdown(text)?],
        _ => yaml(text)?,
    };
    let alone = values.len() == 1;
    let named = |value: Value| {
        let id = match value.get("id") {
            Some(id) => id.as_str().filter(|id| valid(id)).map(str::to_owned),
            None if alone && valid(stem) => Some(stem.to_owned()),
            None => None,
        };
        (id, value)
    };
    Some(values.into_iter().map(named).collect())
}

fn valid(id: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
    let first = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    id.len() <= 64 && id.bytes().next().is_some_and(first) && id.bytes().all(inner)
}

/// The documents of a YAML text.
pub fn yaml(text: &str) -> Option<Vec<Value>> {
    let mut values = Vec::new();
    for document in serde_yaml::Deserializer::from_str(text) {
        let value: serde_yaml::Value = serde::Deserialize::deserialize(document).ok()?;
        values.push(serde_json::to_value(value).ok()?);
    }
    Some(values)
}

/// Front matter and marked blocks, as one map.
fn markdown(text: &str) -> Option<Value> {
    let mut whole = Map::new();
    let mut body = text;
    let mut anything = false;
    if let Some((front, after)) = text.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n")) {
        whole.extend(one_map(&yaml(front)?)?);
        (body, anything) = (after, true);
    }
    for (marked, open) in [("\n```yaml policy\n", false), ("\n```json policy\n", true)] {
        for part in body.split(marked).skip(1) {
            let (block, _) = part.split_once("\n```\n")?;
            let values = if open { vec![serde_json::from_str(block).ok()?] } else { yaml(block)? };
            whole.extend(one_map(&values)?);
            anything = true;
        }
    }
    // A file of which nothing is read is a mistake, not a document.
    anything.then_some(Value::Object(whole))
}

fn one_map(values: &[Value]) -> Option<Map<String, Value>> {
    let [Value::Object(map)] = values else { return None };
    Some(map.clone())
}

pub fn digest(value: &Value) -> String {
    use sha2::{Digest as _, Sha256};
    let bytes = serde_json_canonicalizer::to_vec(value).unwrap();
    let hex: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}
