//! What a sentence sets: a small tree with places in the sentence, before it becomes part of the document's tree.

use std::ops::Range;

use serde_json::Value as Json;

use crate::syntax::{Embedded, Entry, Map, Node, Number, Value, scalar};

/// A value and where in the sentence it is said.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// Its bytes in the sentence.
    pub range: Range<usize>,
    /// The value.
    pub value: Held,
}

/// What a part holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Held {
    /// A text.
    Text(String),
    /// The digits of a number.
    Number(String),
    /// True or false.
    Bool(bool),
    /// A list.
    List(Vec<Part>),
    /// Keys, where they are said, and values, in order.
    Map(Vec<(String, Range<usize>, Part)>),
    /// A value written as JSON.
    Json(Json),
}

impl Part {
    /// A part.
    pub fn new(range: &Range<usize>, value: Held) -> Self {
        Self { range: range.clone(), value }
    }

    /// A text.
    pub fn text(range: &Range<usize>, text: impl Into<String>) -> Self {
        Self::new(range, Held::Text(text.into()))
    }

    /// A number.
    pub fn number(range: &Range<usize>, digits: impl std::fmt::Display) -> Self {
        Self::new(range, Held::Number(digits.to_string()))
    }

    /// True or false.
    pub fn bool(range: &Range<usize>, value: bool) -> Self {
        Self::new(range, Held::Bool(value))
    }

    /// A list.
    pub fn list(range: &Range<usize>, items: Vec<Self>) -> Self {
        Self::new(range, Held::List(items))
    }

    /// A map of what is there.
    pub fn map(range: &Range<usize>, entries: Vec<(&str, Self)>) -> Self {
        let entry = |(key, part): (&str, Self)| (key.to_owned(), part.range.clone(), part);
        Self::new(range, Held::Map(entries.into_iter().map(entry).collect()))
    }

    /// A map of one value under some keys, one inside the other.
    pub fn under(self, keys: &[&str]) -> Self {
        keys.iter().rev().fold(self, |inner, key| {
            let range = inner.range.clone();
            Self::map(&range, vec![(key, inner)])
        })
    }

    /// The same, all of it said elsewhere.
    pub fn at(&self, range: &Range<usize>) -> Self {
        let value = match &self.value {
            Held::List(items) => Held::List(items.iter().map(|item| item.at(range)).collect()),
            Held::Map(entries) => {
                Held::Map(entries.iter().map(|(key, _, part)| (key.clone(), range.clone(), part.at(range))).collect())
            }
            other => other.clone(),
        };
        Self::new(range, value)
    }

    /// The same, without places: what two readings are compared by.
    pub fn to_json(&self) -> Json {
        match &self.value {
            Held::Text(text) => Json::String(text.clone()),
            Held::Number(digits) => number(digits).map_or(Json::Null, |number| Json::Number(number.json)),
            Held::Bool(value) => Json::Bool(*value),
            Held::List(items) => Json::Array(items.iter().map(Self::to_json).collect()),
            Held::Map(entries) => {
                Json::Object(entries.iter().map(|(key, _, part)| (key.clone(), part.to_json())).collect())
            }
            Held::Json(value) => value.clone(),
        }
    }

    /// The tree of a document, with places in the file; `from`: where the sentence begins in the embedded text.
    pub fn node(&self, text: &Embedded<'_>, from: usize) -> Node {
        let span = text.span(from + self.range.start..from + self.range.end);
        let value = match &self.value {
            Held::Text(text) => Value::Text(text.as_str().into()),
            Held::Number(digits) => number(digits).map_or(Value::Broken, Value::Number),
            Held::Bool(value) => Value::Bool(*value),
            Held::List(items) => Value::List(items.iter().map(|item| item.node(text, from)).collect()),
            Held::Map(entries) => {
                let entry = |(key, said, part): &(String, Range<usize>, Self)| {
                    let key_span = text.span(from + said.start..from + said.end);
                    Entry { key: key.as_str().into(), key_span, value: part.node(text, from) }
                };
                Value::Map(Map::new(entries.iter().map(entry).collect()))
            }
            Held::Json(value) => return json(value, span),
        };
        Node::new(span, value)
    }
}

/// A number as documents have it.
fn number(digits: &str) -> Option<Number> {
    match scalar::resolve(digits) {
        Ok(Value::Number(number)) => Some(number),
        _ => None,
    }
}

fn json(value: &Json, span: crate::text::Span) -> Node {
    let value = match value {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => Value::Number(Number { written: number.to_string().into(), json: number.clone() }),
        Json::String(text) => Value::Text(text.as_str().into()),
        Json::Array(items) => Value::List(items.iter().map(|item| json(item, span)).collect()),
        Json::Object(entries) => {
            let entry = |(key, value): (&String, &Json)| Entry {
                key: key.as_str().into(),
                key_span: span,
                value: json(value, span),
            };
            Value::Map(Map::new(entries.iter().map(entry).collect()))
        }
    };
    Node::new(span, value)
}
