//! The other way: a canonical document in the controlled English. Every sentence is read again before it is given out,
//! and says exactly what it was made for, or it is not given out at all.

mod exception;
mod policy;
mod rule;

use serde_json::{Map, Value as Json};

use super::matching::Definitions;
use super::sentence;
use super::table::Of;

/// Why a document cannot be said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsaid(pub String);

/// Says a canonical policy, rule or exception as a Markdown document.
///
/// # Errors
/// When it is of another kind, or a part of it has no words.
pub fn say(document: &Json) -> Result<String, Unsaid> {
    let text = |key: &str| document.get(key).and_then(Json::as_str).unwrap_or_default();
    let (kind, id) = (text("kind"), text("id"));
    let mut speech = Speech { document, of: Of::Policy, sentences: Vec::new() };
    match kind {
        "policy" => policy::say(&mut speech)?,
        "rule" => {
            speech.of = Of::Rule;
            rule::say(&mut speech)?;
        }
        "exception" => {
            speech.of = Of::Exception;
            exception::say(&mut speech)?;
        }
        other => return Err(Unsaid(format!("there are no sentences for a {other}"))),
    }
    let list: String = speech.sentences.iter().map(|sentence| format!("- {sentence}\n")).collect();
    let rules = if list.is_empty() { String::new() } else { format!("\n# Rules\n\n{list}") };
    Ok(format!("---\nkind: {kind}\nid: {}\n---\n{rules}", Json::from(id)))
}

/// The sentences of a document while it is said.
struct Speech<'d> {
    document: &'d Json,
    of: Of,
    sentences: Vec<String>,
}

impl<'d> Speech<'d> {
    /// A field, where it holds something.
    fn get(&self, key: &str) -> Option<&'d Json> {
        let value = self.document.get(key)?;
        let empty = match value {
            Json::Null => true,
            Json::Array(items) => items.is_empty(),
            Json::Object(map) => map.is_empty(),
            _ => false,
        };
        (!empty).then_some(value)
    }

    /// The entries of a field that is a map.
    fn entries(&self, key: &str) -> impl Iterator<Item = (&'d String, &'d Json)> + use<'d> {
        self.document.get(key).and_then(Json::as_object).into_iter().flatten()
    }

    /// Adds the first of some sentences that says exactly these fields.
    fn add(&mut self, means: &Json, candidates: &[String]) -> Result<(), Unsaid> {
        let none = Definitions::default();
        let says = |text: &&String| {
            let sentences = sentence::sentences(text);
            let [one] = sentences.as_slice() else { return false };
            let read = sentence::read(text, one, self.of, &none);
            read.is_ok_and(|meaning| meaning.part.is_some_and(|part| same(&part.to_json(), means)))
        };
        let Some(found) = candidates.iter().find(says) else {
            return Err(Unsaid(format!("no sentence says {means}")));
        };
        self.sentences.push(found.clone());
        Ok(())
    }
}

/// Whether two values are the same, however their numbers are written.
fn same(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Number(a), Json::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Json::Array(a), Json::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Json::Object(a), Json::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}

/// A map of one value under some keys.
fn under(keys: &[&str], value: Json) -> Json {
    keys.iter().rev().fold(value, |inner, key| Json::Object(Map::from_iter([((*key).to_owned(), inner)])))
}

/// A name, exactly as it is.
fn name(text: &str) -> String {
    let plain =
        !text.is_empty() && text.trim() == text && !text.contains(['`', '\\']) && !text.chars().any(char::is_control);
    if plain { format!("`{text}`") } else { quoted(text) }
}

/// A text in quotes.
fn quoted(text: &str) -> String {
    Json::from(text).to_string()
}

/// JSON in as many backticks as it needs.
fn json(value: &Json) -> String {
    let text = value.to_string();
    let mut longest = 0;
    let mut run = 0;
    for c in text.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat(longest + 1);
    if longest == 0 { format!("{fence}{text}{fence}") } else { format!("{fence} {text} {fence}") }
}

/// Names with commas and a word before the last.
fn listed(names: &[String], word: &str) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} {word} {last}", first.join(", ")),
    }
}

/// The texts of a list.
fn texts(value: &Json) -> Vec<&str> {
    value.as_array().into_iter().flatten().filter_map(Json::as_str).collect()
}

/// Names of actions; the pattern of all of them in words.
fn actions(value: &Json, word: &str) -> String {
    listed(&texts(value).into_iter().map(action).collect::<Vec<_>>(), word)
}

fn action(pattern: &str) -> String {
    if pattern == "*" { "every action".to_owned() } else { name(pattern) }
}

/// The digits of a number as sentences have it: no exponent, and never three places after the point.
fn digits(value: &Json) -> String {
    let text = match (value.as_i64(), value.as_f64()) {
        (Some(whole), _) => whole.to_string(),
        (None, Some(number)) => number.to_string(),
        (None, None) => value.to_string(),
    };
    match text.split_once('.') {
        Some((_, fraction)) if fraction.len() == 3 => format!("{text}0"),
        _ => text,
    }
}

/// A duration in its largest whole unit.
fn duration(value: &Json) -> String {
    let seconds = value.as_u64().unwrap_or_default();
    let units = [(86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second")];
    let fits = |(length, _): &&(u64, &str)| seconds > 0 && seconds.is_multiple_of(*length);
    let (length, unit) = units.iter().find(fits).copied().unwrap_or((1, "second"));
    let count = seconds / length;
    if count == 1 { format!("1 {unit}") } else { format!("{count} {unit}s") }
}
