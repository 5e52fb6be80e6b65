//! Marks that loggers leave in values: the end is missing, or somebody took it out.

use serde_json::Value;

use crate::text::distinct;

/// What a result holds, without the wrapping that protocols put around it: blocks of text are their text, and a text that
/// holds an object or a list is that.
pub(super) fn plain(mut value: Value) -> Value {
    // Each turn takes a wrapping off, so what comes out stays as it is when it is read again.
    loop {
        let text = match value {
            Value::String(text) => text,
            Value::Array(blocks) => match texts(&blocks) {
                Some(text) => text,
                None => return Value::Array(blocks),
            },
            other => return other,
        };
        let held = if text.trim_start().starts_with(['{', '[']) { distinct(&text).ok() } else { None };
        match held {
            Some(held) => value = held,
            None => return Value::String(text),
        }
    }
}

/// The text of blocks that are all text.
fn texts(blocks: &[Value]) -> Option<String> {
    let text = |block: &Value| {
        let kind = block.get("type")?.as_str()?;
        matches!(kind, "text" | "output_text" | "input_text").then(|| block.get("text")?.as_str().map(str::to_owned))?
    };
    let texts: Option<Vec<String>> = blocks.iter().map(text).collect();
    texts.filter(|texts| !texts.is_empty()).map(|texts| texts.join("\n"))
}

/// What is wrong with arguments, if anything: `redacted` or `cut`. Dots at the end of an argument are its author's.
pub(super) fn of_arguments(value: &Value) -> Option<&'static str> {
    fault(value, &says_cut)
}

/// What is wrong with a result, if anything: `redacted` or `cut`.
pub(super) fn of_result(value: &Value) -> Option<&'static str> {
    fault(value, &|text| text.trim_end().ends_with('…') || says_cut(text))
}

fn fault(value: &Value, is_cut: &dyn Fn(&str) -> bool) -> Option<&'static str> {
    match value {
        Value::String(text) if is_cut(text) => Some("was cut"),
        Value::String(text) if is_redacted(text) => Some("is redacted"),
        Value::Array(items) => items.iter().find_map(|item| fault(item, is_cut)),
        Value::Object(map) => map.values().find_map(|item| fault(item, is_cut)),
        _ => None,
    }
}

/// Whether a text says in words that its end is missing.
fn says_cut(text: &str) -> bool {
    const WORD: &str = "truncated";
    let end = text.trim_end();
    let bare = end.trim_end_matches([']', ')', '>', '.', '…']);
    let mark = end.get(bare.len()..).unwrap_or_default();
    // One full stop ends a sentence.
    let is_marked = !mark.is_empty() && mark != ".";
    let says = || bare.len().checked_sub(WORD.len()).and_then(|from| bare.get(from..));
    (is_marked && says().is_some_and(|last| last.eq_ignore_ascii_case(WORD))) || text.contains("characters truncated]")
}

/// Whether somebody took a value out and left a mark.
pub(super) fn is_redacted(text: &str) -> bool {
    const MARKS: [&str; 5] = ["redacted", "filtered", "masked", "removed", "elided"];
    let text = text.trim();
    let bare = text.trim_matches(['[', ']', '<', '>', '(', ')', '*', '{', '}', '_']);
    let is_marked = bare.len() < text.len();
    let stars = text.len() >= 3 && text.bytes().all(|byte| byte == b'*');
    let begins = bare.get(..9).is_some_and(|start| start.eq_ignore_ascii_case("redacted:"));
    stars || text == "REDACTED" || (is_marked && (begins || MARKS.iter().any(|mark| bare.eq_ignore_ascii_case(mark))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_told_from_texts() {
        for text in ["[REDACTED]", "<redacted>", "****", "__REDACTED__", "[redacted: email]"] {
            assert!(is_redacted(text), "{text}");
        }
        for text in ["redacted", "*", "[ok]", "the redacted report"] {
            assert!(!is_redacted(text), "{text}");
        }
        let cut = |text: &str| of_result(&Value::from(text)).is_some();
        assert!(!cut("Loading...") && !cut("it was truncated.") && cut("abc... [truncated]") && cut("abc…"));
        assert!(of_arguments(&Value::from("To be continued…")).is_none());
    }

    #[test]
    fn what_is_unwrapped_stays_as_it_is() {
        let inner = r#"[{"type": "text", "text": "{\"a\": [1]}"}]"#;
        let value = plain(Value::from(inner));
        assert_eq!(value, serde_json::json!({"a": [1]}));
        assert_eq!(plain(value.clone()), value);
        let twice = Value::from(r#"{"a": 1, "a": 2}"#);
        assert_eq!(plain(twice.clone()), twice);
    }
}
