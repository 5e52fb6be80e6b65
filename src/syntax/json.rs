//! JSON: a strict reader judges it first, then the reader of YAML gives it places, and both must agree.

use serde_json::Value as Json;

use super::yaml::{self, Dialect};
use super::{Embedded, MAX_DEPTH, Node, Value, shortened};
use crate::diag::{Diagnostic, Sink, codes};
use crate::text::LineIndex;

/// Reads an object, or an array of which each item is one document.
pub fn parse(source: &Embedded<'_>, sink: &mut Sink) -> Vec<Node> {
    if source.text.trim().is_empty() {
        return Vec::new();
    }
    let strict: Json = match serde_json::from_str(&source.text) {
        Ok(value) => value,
        Err(error) => {
            sink.push(explain(source, &error));
            return Vec::new();
        }
    };
    let before = sink.as_slice().len();
    let root = yaml::parse(source, Dialect::Json, sink).into_iter().next();
    let complained = sink.as_slice().len() > before;
    let Some(root) = root else { return Vec::new() };
    if !complained && !agree(&strict, &root) {
        let message = "readers of JSON and of YAML do not agree on this text";
        sink.push(Diagnostic::new(codes::JSON_SYNTAX, root.span, message).help("write it without unusual escapes"));
        return Vec::new();
    }
    match root.value {
        Value::List(items) => items,
        _ => vec![root],
    }
}

/// Whether the strict reader and ours found the same values.
fn agree(strict: &Json, node: &Node) -> bool {
    match (strict, &node.value) {
        (Json::Null, Value::Null) => true,
        (Json::Bool(a), Value::Bool(b)) => a == b,
        (Json::Number(a), Value::Number(b)) => a.as_f64() == b.json.as_f64(),
        (Json::String(a), Value::Text(b)) => **a == **b,
        (Json::Array(a), Value::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| agree(a, b)),
        (Json::Object(a), Value::Map(b)) => {
            let agrees = |entry: &super::Entry| a.get(&*entry.key).is_some_and(|a| agree(a, &entry.value));
            a.len() == b.entries().len() && b.entries().iter().all(agrees)
        }
        _ => false,
    }
}

fn explain(source: &Embedded<'_>, error: &serde_json::Error) -> Diagnostic {
    let text = &source.text;
    let line = LineIndex::new(text).line(text, error.line());
    // serde_json counts the column in bytes from 1, and 0 for the line break before.
    let at = floor_boundary(text, (line.start + error.column().saturating_sub(1)).min(text.len()));
    let width = text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    let span = source.span(at..at + width);
    let said = error.to_string();
    let what = said.split(" at line ").next().unwrap_or(&said).to_owned();
    if error.is_eof() {
        let opened = last_open(text);
        let message = "a quote or bracket is opened here and never closed";
        return Diagnostic::new(codes::UNCLOSED, source.span(opened..opened + 1), message).help("close it");
    }
    if what.contains("recursion limit") {
        let message = format!("lists and maps are nested more than {MAX_DEPTH} deep");
        return Diagnostic::new(codes::TOO_DEEP, span, message).help("flatten the document");
    }
    if what.contains("out of range") || what == "invalid number" {
        return number(source, at);
    }
    if what.contains("surrogate") || what.contains("hex escape") {
        let escape = text.get(..at).and_then(|before| before.rfind("\\u")).unwrap_or(at);
        return Diagnostic::new(
            codes::SURROGATE,
            source.span(escape..at.max(escape)),
            "the escape is half of a character",
        )
        .help("write the character itself");
    }
    let (span, help) = match what.as_str() {
        "trailing comma" => {
            let comma = text.get(..at).and_then(|before| before.rfind(',')).unwrap_or(at);
            (source.span(comma..comma + 1), "remove the comma before the closing bracket")
        }
        "trailing characters" => (span, "a JSON file holds one object or one array of objects"),
        "key must be a string" => (span, "put the key in double quotes; JSON has no comments and no single quotes"),
        "invalid escape" => (span, "write a backslash as `\\\\`"),
        "expected value" => (span, "JSON has no comments and no single quotes, and every key has a value"),
        _ if what.starts_with("control character") => (span, "write a line break in a text as `\\n`"),
        _ if what.starts_with("expected `,`") => (span, "put a comma between two items"),
        _ => (span, "mend the JSON at this place"),
    };
    Diagnostic::new(codes::JSON_SYNTAX, span, format!("the text is not JSON: {what}")).help(help)
}

fn number(source: &Embedded<'_>, at: usize) -> Diagnostic {
    let part = |c: char| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-');
    let text = &*source.text;
    let start = text.get(..at).map_or(at, |before| before.trim_end_matches(part).len());
    let end = text.get(start..).map_or(at, |rest| rest.len() - rest.trim_start_matches(part).len() + start);
    let span = source.span(start..end.max(start));
    let written = text.get(start..end).unwrap_or_default();
    let digits = written.trim_start_matches('-');
    if digits.len() > 1 && digits.starts_with('0') && digits.as_bytes().get(1).is_some_and(u8::is_ascii_digit) {
        let message = format!("`{}` has leading zeros", shortened(written));
        return Diagnostic::new(codes::LEADING_ZERO, span, message).help("remove the zeros, or put a text in quotes");
    }
    let message = format!("`{}` is no number that every reader can hold", shortened(written));
    Diagnostic::new(codes::NUMBER, span, message).help("use a smaller number, or put an identifier in quotes")
}

fn floor_boundary(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Where the innermost quote or bracket that is still open at the end was opened.
fn last_open(text: &str) -> usize {
    let mut open = Vec::new();
    let mut quote = None;
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (Some(_), b'\\') if !escaped => {
                escaped = true;
                continue;
            }
            (Some(_), b'"') if !escaped => quote = None,
            (None, b'"') => quote = Some(at),
            (None, b'[' | b'{') => open.push(at),
            (None, b']' | b'}') => {
                open.pop();
            }
            _ => {}
        }
        escaped = false;
    }
    quote.or_else(|| open.pop()).unwrap_or(0)
}
