use std::collections::HashMap;

use serde_json::Value as Json;

use crate::text::Span;

/// A value with its place: what YAML, JSON and Markdown files are read into.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The bytes of the value, without its key.
    pub span: Span,
    /// The value.
    pub value: Value,
}

/// What a node holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Null.
    Null,
    /// True or false.
    Bool(bool),
    /// A number within ±(2^53−1) and its text.
    Number(Number),
    /// A text.
    Text(Box<str>),
    /// A list.
    List(Vec<Node>),
    /// A map; keys are unique.
    Map(Map),
    /// Something that was already complained about: every later test on it is silent.
    Broken,
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key's text.
    pub key: Box<str>,
    /// The key's place.
    pub key_span: Span,
    /// The value.
    pub value: Node,
}

/// The entries of a map in the order of the text. A large one is looked up by hash, so that a stranger's file of
/// thousands of keys does not cost thousands of looks at each.
#[derive(Debug, Clone, PartialEq)]
pub struct Map {
    entries: Vec<Entry>,
    ranks: Option<HashMap<Box<str>, usize>>,
}

/// From how many entries on a map is looked up by hash.
const LARGE: usize = 32;

impl Map {
    /// A map of entries whose keys are unique.
    #[must_use]
    pub fn new(entries: Vec<Entry>) -> Self {
        let index = || entries.iter().enumerate().map(|(rank, entry)| (entry.key.clone(), rank)).collect();
        let ranks = (entries.len() > LARGE).then(index);
        Self { entries, ranks }
    }

    /// The entries.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entries, given away.
    #[must_use]
    pub fn into_entries(self) -> Vec<Entry> {
        self.entries
    }

    fn find(&self, key: &str) -> Option<&Entry> {
        match &self.ranks {
            Some(ranks) => self.entries.get(*ranks.get(key)?),
            None => self.entries.iter().find(|entry| &*entry.key == key),
        }
    }
}

/// A number as written and as JSON has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Number {
    /// The digits as written, for exact decimals.
    pub written: Box<str>,
    /// The value: an integer where the number is whole, else the nearest double.
    pub json: serde_json::Number,
}

/// One step from a node to a part of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// Into a map, by key.
    Key(String),
    /// Into a list, by rank.
    Index(usize),
}

impl From<&str> for Step {
    fn from(key: &str) -> Self {
        Self::Key(key.to_owned())
    }
}

impl From<usize> for Step {
    fn from(index: usize) -> Self {
        Self::Index(index)
    }
}

impl Node {
    /// A node.
    #[must_use]
    pub fn new(span: Span, value: Value) -> Self {
        Self { span, value }
    }

    /// The entries of a map; none for anything else.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Map(map) => map.entries(),
            _ => &[],
        }
    }

    /// The items of a list; none for anything else.
    #[must_use]
    pub fn items(&self) -> &[Self] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// The entry of a key.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        match &self.value {
            Value::Map(map) => map.find(key),
            _ => None,
        }
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The text, if it is one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The part that some steps lead to.
    #[must_use]
    pub fn at(&self, steps: &[Step]) -> Option<&Self> {
        steps.iter().try_fold(self, |node, step| match step {
            Step::Key(key) => node.get(key),
            Step::Index(index) => node.items().get(*index),
        })
    }

    /// The place of the part that some steps lead to; of the nearest part above it where it is not there.
    #[must_use]
    pub fn span_at(&self, steps: &[Step]) -> Span {
        (0..=steps.len())
            .rev()
            .find_map(|len| steps.get(..len).and_then(|steps| self.at(steps)))
            .map_or(self.span, |node| node.span)
    }

    /// The place of the key that some steps end with; of the value where they end in a list.
    #[must_use]
    pub fn key_span_at(&self, steps: &[Step]) -> Span {
        let Some((Step::Key(key), above)) = steps.split_last() else { return self.span_at(steps) };
        let entry = self.at(above).and_then(|node| node.entry(key));
        entry.map_or_else(|| self.span_at(above), |entry| entry.key_span)
    }

    /// Whether this node or a part of it was already complained about.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        match &self.value {
            Value::Broken => true,
            Value::List(items) => items.iter().any(Self::is_broken),
            Value::Map(map) => map.entries().iter().any(|entry| entry.value.is_broken()),
            _ => false,
        }
    }

    /// Whether an alias stands here for a list or map of another place: its parts are there. Not for the root of a page,
    /// whose parts stand in several blocks.
    #[must_use]
    pub fn is_alias(&self) -> bool {
        let first = self.entries().first().map(|entry| entry.key_span).or(self.items().first().map(|item| item.span));
        first.is_some_and(|first| first.start < self.span.start || self.span.end < first.end)
    }

    /// The same value as JSON, without places; broken parts become null.
    #[must_use]
    pub fn to_json(&self) -> Json {
        match &self.value {
            Value::Null | Value::Broken => Json::Null,
            Value::Bool(value) => Json::Bool(*value),
            Value::Number(number) => Json::Number(number.json.clone()),
            Value::Text(text) => Json::String(text.to_string()),
            Value::List(items) => Json::Array(items.iter().map(Self::to_json).collect()),
            Value::Map(map) => {
                Json::Object(map.entries().iter().map(|entry| (entry.key.to_string(), entry.value.to_json())).collect())
            }
        }
    }

    /// What the value is, in words: "a list", "the text `x`".
    #[must_use]
    pub fn in_words(&self) -> String {
        match &self.value {
            Value::Null => "nothing (null)".to_owned(),
            Value::Bool(value) => format!("`{value}`"),
            Value::Number(number) => format!("the number `{}`", number.written),
            Value::Text(text) => format!("the text `{}`", shortened(text)),
            Value::List(_) => "a list".to_owned(),
            Value::Map(_) => "a map".to_owned(),
            Value::Broken => "something unreadable".to_owned(),
        }
    }
}

/// At most 60 characters of a stranger's text, for a message: line breaks and other controls as escapes.
#[must_use]
pub fn shortened(text: &str) -> String {
    let cut = text.chars().nth(60).is_some();
    let mut shown = String::new();
    for c in text.chars().take(if cut { 57 } else { 60 }) {
        if c.is_control() { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    if cut {
        shown.push_str("...");
    }
    shown
}

/// "a policy", "an exception"; a word of ours, so its first letter decides.
#[must_use]
pub fn with_article(noun: &str) -> String {
    match noun {
        "settings" | "identities" => format!("a file of {noun}"),
        _ if noun.starts_with(['a', 'e', 'i', 'o', 'u']) => format!("an {noun}"),
        _ => format!("a {noun}"),
    }
}

/// "1 action", "2 actions".
#[must_use]
pub fn counted(number: usize, noun: &str) -> String {
    match (number, noun.strip_suffix('y')) {
        (1, _) => format!("1 {noun}"),
        (_, Some(stem)) => format!("{number} {stem}ies"),
        (_, None) => format!("{number} {noun}s"),
    }
}
