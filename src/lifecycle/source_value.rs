//! What a document says, apart from how it is laid out: the value whose change makes a version.

use serde_json::{Value as Json, json};

use crate::syntax::{Node, Number, Value};
use crate::text::{Digest, jcs_bytes};

/// The digest of a document's source value: comments, layout, the order of keys and the format leave no trace in it.
#[must_use]
pub fn digest(root: &Node) -> Digest {
    let value = value(root);
    // Only numbers outside JSON cannot be written, and no reader lets one pass.
    let bytes = jcs_bytes(&value).unwrap_or_else(|_| value.to_string().into_bytes());
    Digest::of(&bytes)
}

/// The source value: as [`Node::to_json`], but two numbers that only look alike as doubles stay two.
fn value(node: &Node) -> Json {
    match &node.value {
        Value::Number(number) => number_value(number),
        Value::List(items) => items.iter().map(value).collect(),
        Value::Map(map) => map
            .entries()
            .iter()
            .map(|entry| (entry.key.to_string(), value(&entry.value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        _ => node.to_json(),
    }
}

/// A number; one that no double holds exactly as written keeps its digits, under a key that no document can have.
fn number_value(number: &Number) -> Json {
    let plain = Json::Number(number.json.clone());
    let written = decimal(&number.written);
    if decimal(&plain.to_string()) == written { plain } else { json!({"\0": written}) }
}

/// The significant digits and the exponent of a decimal number, so that `1.50` and `15e-1` are one.
fn decimal(text: &str) -> String {
    let text = text.to_ascii_lowercase();
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(&text)),
    };
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let kept = digits.trim_end_matches('0');
    let dropped = i64::try_from(digits.len() - kept.len()).unwrap_or(0);
    let shift = i64::try_from(fraction.len()).unwrap_or(0);
    let exponent = exponent.parse::<i64>().unwrap_or(0) - shift + dropped;
    match kept.trim_start_matches('0') {
        "" => "0".to_owned(),
        significant => format!("{sign}{significant}e{exponent}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Content, Format, SourceSet};

    fn of(text: &str, format: Format) -> Digest {
        let sources = SourceSet::single("a", format, Content::decode(text.as_bytes().to_vec()));
        let (id, file) = sources.iter().next().unwrap();
        let (documents, sink) = crate::syntax::parse(id, file);
        assert!(!sink.has_errors(), "{text}");
        digest(&documents[0].root)
    }

    #[test]
    fn layout_and_format_leave_no_trace() {
        let same = ["b: [1, x]\na: 0.5\n", "# why\na: 5e-1\nb:\n  - 1.0\n  - \"x\"\n", "---\n{a: 0.50, b: [1, 'x']}\n"];
        for text in same {
            assert_eq!(of(text, Format::Yaml), of(r#"{"a": 0.5, "b": [1, "x"]}"#, Format::Json), "{text}");
        }
        for text in ["a: 0.5\nb: [x, 1]\n", "a: 0.5\nb: [1, x]\nc: null\n", "a: 0.5\nb: [\"1\", x]\n"] {
            assert_ne!(of(text, Format::Yaml), of(same[0], Format::Yaml), "{text}");
        }
    }

    #[test]
    fn numbers_that_one_double_stands_for_stay_two() {
        assert_ne!(of("a: 0.1\n", Format::Yaml), of("a: 0.10000000000000000555\n", Format::Yaml));
        assert_eq!(of("a: 0.1\n", Format::Yaml), of("a: 0.10\n", Format::Yaml));
    }

    #[test]
    fn decimals_have_one_form() {
        for (a, b) in [("1.50", "15e-1"), ("100", "1e2"), ("0.0", "-0"), ("1E+3", "1000"), ("007", "7")] {
            assert_eq!(decimal(a), decimal(b), "{a} {b}");
        }
        assert_ne!(decimal("1"), decimal("-1"));
        assert_ne!(decimal("1"), decimal("10"));
    }
}
