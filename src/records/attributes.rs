use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::node::{Fields, Node};
use crate::text::distinct;

/// The attributes of a span, typed as OTLP types them or plain as Jaeger has them.
#[derive(Default)]
pub(super) struct Attributes<'a> {
    values: HashMap<String, Node<'a>>,
    twice: HashSet<String>,
    typed: bool,
}

impl<'a> Attributes<'a> {
    /// Those of a list of keys and values.
    ///
    /// # Errors
    /// In words, when an item of the list is none.
    pub fn read(fields: &Fields<'a>, key: &str) -> Result<Self, String> {
        let mut found = Self { typed: key == "attributes", ..Self::default() };
        for item in fields.items(key) {
            let item = item.fields()?;
            let name = item.text("key").ok_or("an attribute without a key")?;
            let Some(value) = item.get("value") else { continue };
            match found.values.get(&name) {
                Some(earlier) if earlier.0.get() == value.0.get() => {}
                Some(_) => {
                    found.twice.insert(name);
                }
                None => {
                    found.values.insert(name, value);
                }
            }
        }
        Ok(found)
    }

    /// Whether it is given.
    pub fn has(&self, key: &str) -> bool {
        self.values.contains_key(key)
    }

    /// Whether it is given twice with two values.
    pub fn is_twice(&self, key: &str) -> bool {
        self.twice.contains(key)
    }

    /// A text, number or truth value as a text.
    pub fn text(&self, key: &str) -> Option<String> {
        let node = *self.values.get(key)?;
        if !self.typed {
            return node.word();
        }
        let fields = node.fields().ok()?;
        fields.first(&["stringValue", "intValue", "boolValue", "doubleValue"]).and_then(Node::word)
    }

    /// A value as JSON, with what makes it unusable.
    pub fn json(&self, key: &str) -> Option<Result<String, String>> {
        let node = *self.values.get(key)?;
        Some(if self.typed { plain(node) } else { Ok(node.0.get().to_owned()) })
    }
}

/// A typed value as plain JSON.
fn plain(node: Node<'_>) -> Result<String, String> {
    let fields = node.fields()?;
    if let Some(value) = fields.first(&["stringValue", "boolValue", "doubleValue"]) {
        return Ok(value.0.get().to_owned());
    }
    if let Some(value) = fields.get("intValue") {
        return value.word().ok_or_else(|| "a whole number that is none".to_owned());
    }
    untyped(node, 0).map(|value| value.to_string())
}

/// Lists and maps of typed values.
fn untyped(node: Node<'_>, depth: usize) -> Result<Value, String> {
    let fields = node.fields()?;
    if depth > 100 {
        return Err("an attribute is nested too deeply".to_owned());
    }
    if let Some(list) = fields.object("arrayValue") {
        return list.items("values").into_iter().map(|item| untyped(item, depth + 1)).collect();
    }
    if let Some(list) = fields.object("kvlistValue") {
        let mut map = Map::new();
        for pair in list.items("values") {
            let pair = pair.fields()?;
            let key = pair.text("key").ok_or("a pair without a key")?;
            let value = pair.get("value").map_or(Ok(Value::Null), |value| untyped(value, depth + 1))?;
            if map.insert(key.clone(), value).is_some() {
                return Err(format!("the key `{key}` is given twice"));
            }
        }
        return Ok(Value::Object(map));
    }
    if fields.has("bytesValue") {
        return Err("an attribute holds bytes".to_owned());
    }
    let scalar = fields.first(&["stringValue", "boolValue", "doubleValue", "intValue"]);
    let scalar = scalar.ok_or("an attribute without a value")?;
    let text = if fields.has("intValue") { scalar.word().unwrap_or_default() } else { scalar.0.get().to_owned() };
    distinct(&text).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_values_become_plain_ones() {
        let text = r#"{"attributes": [{"key": "a", "value": {"kvlistValue": {"values": [
            {"key": "n", "value": {"intValue": "7"}}, {"key": "l", "value": {"arrayValue": {"values": [{"boolValue": true}]}}}]}}},
            {"key": "b", "value": {"bytesValue": "eA=="}}, {"key": "s", "value": {"stringValue": "x"}},
            {"key": "s", "value": {"stringValue": "y"}}, {"key": "e", "value": {}}]}"#;
        let fields = Node::parse(text).unwrap().fields().unwrap();
        let attributes = Attributes::read(&fields, "attributes").unwrap();
        assert_eq!(attributes.json("a"), Some(Ok(r#"{"l":[true],"n":7}"#.to_owned())));
        assert!(attributes.json("b").unwrap().is_err() && attributes.is_twice("s") && !attributes.is_twice("a"));
        assert!(attributes.json("e").unwrap().is_err());
    }
}
