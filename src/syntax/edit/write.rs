//! New values as text: YAML between brackets, which fits everywhere, and JSON.

use crate::syntax::scalar::resolve;
use crate::syntax::yaml::Dialect;
use crate::syntax::{Node, Value};

/// How deep lines of JSON are indented where a value stands on lines of its own.
#[derive(Debug, Clone)]
pub struct Indented {
    /// The white space before the line that the value begins on.
    pub indent: String,
    /// What one level adds.
    pub unit: String,
    /// The line break.
    pub newline: &'static str,
}

/// A value as text; `quoted` keeps a text between double quotes.
pub fn value(node: &Node, dialect: Dialect, quoted: bool, lines: Option<&Indented>) -> String {
    match dialect {
        Dialect::Json => json(node, lines),
        Dialect::Yaml => yaml(node, quoted),
    }
}

/// A value as YAML that fits between brackets and everywhere else.
#[must_use]
pub fn in_flow(node: &Node) -> String {
    yaml(node, false)
}

/// A text as YAML that fits between brackets and everywhere else.
#[must_use]
pub fn text_in_flow(text: &str) -> String {
    if is_plain(text) { text.to_owned() } else { in_quotes(text) }
}

/// A key as text.
pub fn key(name: &str, dialect: Dialect) -> String {
    if dialect == Dialect::Yaml && is_plain(name) { name.to_owned() } else { in_quotes(name) }
}

fn yaml(node: &Node, quoted: bool) -> String {
    match &node.value {
        Value::Text(text) if !quoted && is_plain(text) => text.to_string(),
        Value::Text(text) => in_quotes(text),
        Value::Number(number) => number.written.to_string(),
        Value::List(items) => {
            let items: Vec<String> = items.iter().map(|item| yaml(item, false)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Map(map) => {
            let entry = |entry: &crate::syntax::Entry| {
                format!("{}: {}", key(&entry.key, Dialect::Yaml), yaml(&entry.value, false))
            };
            let entries: Vec<String> = map.entries().iter().map(entry).collect();
            format!("{{{}}}", entries.join(", "))
        }
        other => word(other).to_owned(),
    }
}

fn word(value: &Value) -> &'static str {
    match value {
        Value::Bool(true) => "true",
        Value::Bool(false) => "false",
        _ => "null",
    }
}

fn json(node: &Node, lines: Option<&Indented>) -> String {
    let (parts, open, close): (Vec<String>, _, _) = match &node.value {
        Value::Text(text) => return in_quotes(text),
        Value::Number(number) => return json_number(number),
        Value::List(items) => (items.iter().map(|item| json(item, deeper(lines).as_ref())).collect(), '[', ']'),
        Value::Map(map) => {
            let below = deeper(lines);
            let entry = |entry: &crate::syntax::Entry| {
                format!("{}: {}", in_quotes(&entry.key), json(&entry.value, below.as_ref()))
            };
            (map.entries().iter().map(entry).collect(), '{', '}')
        }
        other => return word(other).to_owned(),
    };
    match (lines, deeper(lines)) {
        (Some(here), Some(below)) if !parts.is_empty() => {
            let newline = here.newline;
            let between = format!(",{newline}{}", below.indent);
            format!("{open}{newline}{}{}{newline}{}{close}", below.indent, parts.join(&between), here.indent)
        }
        _ => format!("{open}{}{close}", parts.join(", ")),
    }
}

fn deeper(lines: Option<&Indented>) -> Option<Indented> {
    lines.map(|lines| Indented { indent: format!("{}{}", lines.indent, lines.unit), ..lines.clone() })
}

/// A number as it was written, where JSON can hold that.
fn json_number(number: &crate::syntax::Number) -> String {
    let same = serde_json::from_str::<serde_json::Value>(&number.written);
    let same = same.is_ok_and(|value| value.as_f64() == number.json.as_f64());
    if same { number.written.to_string() } else { number.json.to_string() }
}

/// Whether a text means itself without quotes, between brackets as outside them.
fn is_plain(text: &str) -> bool {
    let word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '/' | '@' | '+' | '-' | '*' | '$');
    let begins = text.starts_with(|c: char| c.is_alphanumeric() || c == '/');
    let ends = text.ends_with(word);
    let mut before = ' ';
    let mut inner = true;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let next = chars.peek().copied().unwrap_or(' ');
        inner &= match c {
            ' ' => before != ' ',
            ':' => before.is_alphanumeric() && next.is_alphanumeric(),
            '\'' | '(' | ')' => before != ' ' || c != '\'',
            c => word(c),
        };
        before = c;
    }
    begins
        && ends
        && inner
        && text.len() <= 1_000
        && matches!(resolve(text), Ok(Value::Text(_)))
        && !looks_otherwise(text)
}

/// Whether older readers of YAML take a text for a time, a number or a truth: it gets quotes, for whoever else reads it.
fn looks_otherwise(text: &str) -> bool {
    let of_digits = |c: char| c.is_ascii_digit() || matches!(c, '-' | ':' | '.' | '_' | '+' | 'T' | 'Z' | ' ');
    let word = text.to_ascii_lowercase();
    text.starts_with(|c: char| c.is_ascii_digit()) && text.chars().all(of_digits)
        || matches!(word.as_str(), "y" | "n" | "yes" | "no" | "on" | "off")
}

/// A text in double quotes as JSON and YAML read it alike; what nobody can see is escaped.
fn in_quotes(text: &str) -> String {
    let mut quoted = String::from("\"");
    let mut units = [0; 2];
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{ffff}' | '\u{fffe}') => {
                c.encode_utf16(&mut units).iter().for_each(|unit| quoted.push_str(&format!("\\u{unit:04x}")));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_itself_needs_no_quotes() {
        for text in ["mail.send", "mail.*", "a b", "12h", "github:ada", "it's fine", "/tmp/x"] {
            assert!(is_plain(text), "{text}");
        }
        for text in [
            "", "*", "*.delete", "null", "12", "1e3", "0x1F", "a: b", "a #b", "a, b", "- a", " a", "a ", "x:", "'a",
            "[a",
        ] {
            assert!(!is_plain(text), "{text}");
        }
        assert_eq!(in_quotes("a\"\\\u{1}\u{85}ü"), "\"a\\\"\\\\\\u0001\\u0085ü\"");
    }
}
