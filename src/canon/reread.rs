//! What was written is read again, lowered like a person's document, before it is handed on.

use std::fmt;

use serde_json::Value as Json;

use crate::lower::{self, Meaning};
use crate::source::Role;
use crate::syntax::{Document, Entry, Map, Node, Number, Value};
use crate::text::{FileId, NotCanonical, Span, jcs_bytes};

/// A canonical form that does not read back as what was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RereadError(pub String);

impl fmt::Display for RereadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the canonical form does not read back as itself: {}", self.0)
    }
}

impl std::error::Error for RereadError {}

impl From<NotCanonical> for RereadError {
    fn from(error: NotCanonical) -> Self {
        Self(error.0)
    }
}

/// The canonical bytes of a value, once reading them gives the same bytes again.
pub fn checked(value: &Json, role: Role) -> Result<Vec<u8>, RereadError> {
    let bytes = jcs_bytes(value)?;
    let again: Json = serde_json::from_slice(&bytes).map_err(|error| RereadError(error.to_string()))?;
    let document = Document { root: node(&again), alone: false, doubtful: false, prose: None };
    let lowered = lower::reread(&document, again, role);
    let meant = match lowered.meaning {
        Some(Meaning::Document(document)) => super::document(&document),
        Some(Meaning::Catalog(catalog)) => super::catalog(&catalog),
        _ => return Err(RereadError(complaint(value, &lowered.sink))),
    };
    // Equal values have equal bytes.
    if meant == *value {
        return Ok(bytes);
    }
    Err(RereadError(format!("`{}` differs when it is written again", id(value))))
}

fn complaint(value: &Json, sink: &crate::diag::Sink) -> String {
    let first = sink.as_slice().first().map_or("it means nothing", |found| found.message.as_str());
    format!("`{}`: {first}", id(value))
}

fn id(value: &Json) -> &str {
    value.get("id").or_else(|| value.get("kind")).and_then(Json::as_str).unwrap_or_default()
}

/// A value as a tree without places. Its size is bounded by the documents it was written from.
fn node(value: &Json) -> Node {
    let nowhere = Span::whole(FileId(u32::MAX));
    let value = match value {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => Value::Number(Number { written: number.to_string().into(), json: number.clone() }),
        Json::String(text) => Value::Text(text.as_str().into()),
        Json::Array(items) => Value::List(items.iter().map(node).collect()),
        Json::Object(map) => {
            let entry = |(key, value): (&String, &Json)| Entry {
                key: key.as_str().into(),
                key_span: nowhere,
                value: node(value),
            };
            Value::Map(Map::new(map.iter().map(entry).collect()))
        }
    };
    Node::new(nowhere, value)
}
