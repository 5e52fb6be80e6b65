use std::collections::BTreeMap;

use serde_json::Value;

use crate::written::TimeUnit;

/// The names of the forms of records that are built in; no mapping bears one.
pub const FORMS: [&str; 8] =
    ["native", "otel", "openai-chat", "openai-responses", "anthropic", "claude-code", "claude-code-hook", "mcp"];

/// Where in a JSON document the facts of a record stand. See SPEC, section 5.
#[derive(Debug, Clone, PartialEq)]
pub struct Mapping {
    /// Where a list of records stands in each document; `None`: each document is one record.
    pub records: Option<Pointer>,
    /// Where lists of pointers to what was taken out of a record stand.
    pub erased: Vec<Pointer>,
    /// Where each field of a native record stands, by its key; `operation` is among them.
    pub fields: BTreeMap<&'static str, Source>,
}

/// Where a field stands.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// In the log.
    At {
        /// Where.
        pointer: Pointer,
        /// Whether it is told by the document around the record.
        of_document: bool,
        /// How a time is written.
        unit: TimeUnit,
        /// What its values mean; empty: what they are.
        values: BTreeMap<String, Value>,
    },
    /// The same in every record.
    Const(Value),
}

/// A JSON pointer (RFC 6901): the keys and ranks from a value to a part of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pointer(Vec<String>);

impl Pointer {
    /// Reads a pointer; `None` if it is none: one begins with `/`, and `~` stands only before 0 or 1.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Self(Vec::new()));
        }
        let steps = text.strip_prefix('/')?.split('/');
        let step = |step: &str| {
            let bare = step.replace("~0", "").replace("~1", "");
            (!bare.contains('~')).then(|| step.replace("~1", "/").replace("~0", "~"))
        };
        steps.map(step).collect::<Option<_>>().map(Self)
    }

    /// The pointer to the whole of a value.
    #[must_use]
    pub fn whole() -> Self {
        Self(Vec::new())
    }

    /// The keys and ranks.
    #[must_use]
    pub fn steps(&self) -> &[String] {
        &self.0
    }

    /// Whether one of two parts is, or lies within, the other.
    #[must_use]
    pub fn touches(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|(a, b)| a == b)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_are_those_of_rfc_6901() {
        let steps = |text: &str| Pointer::parse(text).map(|pointer| pointer.0);
        assert_eq!(steps("/a~1b/~01/0/").unwrap(), ["a/b", "~1", "0", ""]);
        assert_eq!(steps("").unwrap(), [""; 0]);
        for text in ["a", "#/a", "$.a", "/a~", "/~2", "/~~0"] {
            assert_eq!(steps(text), None, "{text}");
        }
        let touches = |a: &str, b: &str| Pointer::parse(a).unwrap().touches(&Pointer::parse(b).unwrap());
        assert!(touches("/a", "/a/b") && touches("/a/b", "/a") && !touches("/a", "/ab") && touches("", "/a"));
    }
}
