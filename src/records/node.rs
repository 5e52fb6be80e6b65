use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;

/// A part of a JSON document as it stands in the text: read only where something is looked for, so that what is wrong
/// with one fact does not make the rest unreadable, and no digit is lost.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node<'a>(pub &'a RawValue);

impl<'a> Node<'a> {
    /// The whole of a JSON text.
    ///
    /// # Errors
    /// In words, when it is no JSON.
    pub fn parse(text: &'a str) -> Result<Self, String> {
        serde_json::from_str(text).map(Self).map_err(|error| format!("no JSON: {error}"))
    }

    /// Whether it is an object.
    pub fn is_object(self) -> bool {
        self.0.get().starts_with('{')
    }

    /// Whether it is a list.
    pub fn is_list(self) -> bool {
        self.0.get().starts_with('[')
    }

    /// Whether it is a text, a number or a truth value.
    pub fn is_scalar(self) -> bool {
        !self.is_object() && !self.is_list()
    }

    /// The fields of an object.
    ///
    /// # Errors
    /// In words, when it is no object or has a key twice.
    pub fn fields(self) -> Result<Fields<'a>, String> {
        if !self.is_object() {
            return Err("it is no JSON object".to_owned());
        }
        serde_json::from_str(self.0.get()).map_err(|error| error.to_string())
    }

    /// The items of a list; none of anything else.
    pub fn items(self) -> Vec<Node<'a>> {
        if !self.is_list() {
            return Vec::new();
        }
        let items: Vec<&'a RawValue> = serde_json::from_str(self.0.get()).unwrap_or_default();
        items.into_iter().map(Node).collect()
    }

    /// A text; `None` of anything else.
    pub fn text(self) -> Option<String> {
        serde_json::from_str(self.0.get()).ok()
    }

    /// A text, a number or a truth value as a text.
    pub fn word(self) -> Option<String> {
        self.text().or_else(|| self.is_scalar().then(|| self.0.get().to_owned()))
    }

    /// Whether it is `true`, also as a text.
    pub fn is_true(self) -> bool {
        matches!(self.0.get(), "true" | "\"true\"")
    }
}

/// The fields of an object, each as it stands in the text.
#[derive(Debug, Default)]
pub(super) struct Fields<'a>(Vec<(String, &'a RawValue)>);

impl<'a> Fields<'a> {
    /// A field that is not null.
    pub fn get(&self, key: &str) -> Option<Node<'a>> {
        self.raw(key).filter(|node| node.0.get() != "null")
    }

    /// A field, also null.
    pub fn raw(&self, key: &str) -> Option<Node<'a>> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, raw)| Node(raw))
    }

    /// The first of several fields that is not null.
    pub fn first(&self, keys: &[&str]) -> Option<Node<'a>> {
        keys.iter().find_map(|key| self.get(key))
    }

    /// Whether there is such a field, also null.
    pub fn has(&self, key: &str) -> bool {
        self.0.iter().any(|(name, _)| name == key)
    }

    /// A field that is a text.
    pub fn text(&self, key: &str) -> Option<String> {
        self.get(key).and_then(Node::text)
    }

    /// The items of a field.
    pub fn items(&self, key: &str) -> Vec<Node<'a>> {
        self.get(key).map(Node::items).unwrap_or_default()
    }

    /// A field that is an object, read; `None` when it is none.
    pub fn object(&self, key: &str) -> Option<Fields<'a>> {
        self.get(key).and_then(|node| node.fields().ok())
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut seen = std::collections::HashSet::new();
        let mut fields = Vec::new();
        while let Some((key, raw)) = entries.next_entry::<String, &'de RawValue>()? {
            if !seen.insert(key.clone()) {
                return Err(A::Error::custom(format!("the key `{key}` is given twice")));
            }
            fields.push((key, raw));
        }
        Ok(Fields(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_read_where_they_are_asked_for() {
        let node = Node::parse(r#"{"a": [1, {"b": 1, "b": 2}], "n": null, "t": "x"}"#).unwrap();
        let fields = node.fields().unwrap();
        assert_eq!(fields.items("a").len(), 2);
        assert!(fields.items("a")[1].fields().unwrap_err().contains("`b` is given twice"));
        assert!(fields.get("n").is_none() && fields.has("n"));
        assert_eq!(fields.text("t").as_deref(), Some("x"));
        assert!(Node::parse("{").is_err() && Node::parse("[1]").unwrap().fields().is_err());
    }
}
