use std::collections::BTreeSet;

use regex_syntax::hir::{Class, Hir, HirKind};
use serde_json::{Map, Number, Value, json};

/// Lengths beyond this are not tried.
const LONGEST: usize = 4096;
/// Schemas within schemas are looked at so deep.
pub const DEEPEST: usize = 8;
/// So many values are tried for one argument at most.
const MOST: usize = 2000;

/// Values to hold against schemas: around every number and length that they name, every value that they list, one of every
/// type, and texts that their regular expressions match, `most` of them. And whether that is all there is to try.
pub fn of<'s>(schemas: impl Iterator<Item = &'s Value>, most: usize) -> (Vec<Value>, bool) {
    let most = most.min(MOST);
    if most == 0 {
        return (Vec::new(), false);
    }
    let mut seen = Named::default();
    schemas.for_each(|schema| seen.look(schema, 0));
    // What a reader expects to see comes first: it is what an example is taken from.
    let mut values = numbers(seen.numbers);
    let texts = texts(&seen.lengths, &seen.texts);
    let inside: Vec<Value> = texts.iter().cloned().map(Value::String).collect();
    values.extend(inside.iter().cloned());
    values.extend(seen.values);
    values.extend([json!(true), json!(false), json!([]), json!({}), json!(null)]);
    let mut objects = Vec::new();
    for name in &seen.properties {
        objects
            .extend(inside.iter().take(6).map(|value| Value::Object(Map::from_iter([(name.clone(), value.clone())]))));
    }
    let lists: Vec<Value> = inside.iter().take(40).map(|value| json!([value])).collect();
    let pairs = inside.iter().zip(inside.iter().skip(1)).take(20).map(|(one, other)| json!([one, other]));
    values.extend(pairs);
    values.extend(lists.into_iter().chain(objects));
    let mut known = BTreeSet::new();
    values.retain(|value| known.insert(value.to_string()));
    let all = values.len() <= most && !seen.too_much;
    values.truncate(most);
    (values, all)
}

/// What schemas name.
#[derive(Default)]
struct Named {
    numbers: Vec<f64>,
    lengths: BTreeSet<usize>,
    values: Vec<Value>,
    texts: Vec<String>,
    properties: BTreeSet<String>,
    /// Whether more is named than is tried.
    too_much: bool,
}

impl Named {
    fn look(&mut self, schema: &Value, depth: usize) {
        let Some(map) = schema.as_object().filter(|_| depth < DEEPEST) else { return };
        if self.numbers.len() + self.lengths.len() + self.values.len() + self.texts.len() > MOST {
            self.too_much = true;
            return;
        }
        for (key, value) in map {
            match (key.as_str(), value) {
                ("minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" | "multipleOf", Value::Number(_)) => {
                    self.numbers.extend(value.as_f64());
                }
                ("minLength" | "maxLength" | "minItems" | "maxItems", _) => {
                    let length = value.as_u64().and_then(|length| usize::try_from(length).ok());
                    let around = length.into_iter().flat_map(|length| [length.saturating_sub(1), length, length + 1]);
                    self.too_much |= length.is_none_or(|length| length >= LONGEST);
                    self.lengths.extend(around.filter(|length| *length <= LONGEST));
                }
                ("enum", Value::Array(all)) => all.iter().for_each(|value| self.value(value)),
                ("const", value) => self.value(value),
                ("pattern", Value::String(pattern)) => self.texts.extend(matching(pattern)),
                ("format", Value::String(format)) => self.texts.extend(formatted(format).map(str::to_owned)),
                (_, Value::Array(all)) => all.iter().for_each(|one| self.look(one, depth + 1)),
                ("properties" | "patternProperties" | "$defs" | "dependentSchemas", Value::Object(all)) => {
                    self.properties.extend(all.keys().cloned());
                    all.values().for_each(|one| self.look(one, depth + 1));
                }
                (_, Value::Object(_)) => self.look(value, depth + 1),
                _ => {}
            }
        }
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Number(_) => self.numbers.extend(value.as_f64()),
            Value::String(text) => self.texts.push(text.clone()),
            _ => {}
        }
        self.values.push(value.clone());
    }
}

/// Each number, and what lies before, between and behind: whole ones and others.
fn numbers(mut cuts: Vec<f64>) -> Vec<Value> {
    cuts.push(0.0);
    cuts.sort_by(f64::total_cmp);
    cuts.dedup();
    let mut found = cuts.clone();
    for pair in cuts.windows(2) {
        let (Some(low), Some(high)) = (pair.first(), pair.last()) else { continue };
        let whole = low.floor() + 1.0;
        let near = (high - low).min(1.0);
        let inside = [whole, f64::midpoint(*low, *high), low + near * 0.37, low + near * 0.41];
        found.extend(inside.into_iter().filter(|value| value > low && value < high));
    }
    let (first, last) = (cuts.first().copied().unwrap_or(0.0), cuts.last().copied().unwrap_or(0.0));
    found.extend([first.floor() - 1.0, first - 0.5, first - 1.25, last.floor() + 1.0, last + 0.5, last + 1.25]);
    found.into_iter().filter_map(number).collect()
}

/// The largest number up to which every whole one can be written.
const WHOLE: f64 = 9_007_199_254_740_992.0;

fn number(value: f64) -> Option<Value> {
    #[expect(clippy::cast_possible_truncation, reason = "a whole number that fits")]
    let whole = (value.fract() == 0.0 && value.abs() < WHOLE).then_some(value as i64);
    whole.map(Value::from).or_else(|| Number::from_f64(value).map(Value::Number))
}

/// Texts of every length that is named, and those that are named, also longer.
fn texts(lengths: &BTreeSet<usize>, named: &[String]) -> Vec<String> {
    // A text of every length that is none of those that are named.
    let own = |c: &char| named.iter().any(|text| text.contains(*c));
    let other =
        "xzqkjvwyuoiesanrtlcdpmhgbf".chars().chain('\u{100}'..='\u{fff}').find(|c| !own(c)).unwrap_or('x').to_string();
    let mut texts = vec![other.clone(), String::new()];
    texts.extend(lengths.iter().map(|length| other.repeat(*length)));
    texts.extend(named.iter().cloned());
    texts.extend(named.iter().map(|text| format!("{text}x")));
    texts.extend(named.iter().map(|text| format!("x {text}")));
    texts
}

/// Texts that a format accepts.
fn formatted(format: &str) -> impl Iterator<Item = &'static str> {
    let text = match format {
        "email" | "idn-email" => "x@example.com",
        "uri" | "iri" | "uri-reference" | "iri-reference" => "https://example.com/x",
        "date" => "2026-01-01",
        "date-time" => "2026-01-01T00:00:00Z",
        "time" => "00:00:00Z",
        "ipv4" => "192.0.2.1",
        "ipv6" => "2001:db8::1",
        "uuid" => "00000000-0000-4000-8000-000000000000",
        "hostname" | "idn-hostname" => "example.com",
        "duration" => "P1D",
        _ => return None.into_iter(),
    };
    Some(text).into_iter()
}

/// Some texts that a regular expression matches: a few of its branches.
fn matching(pattern: &str) -> Vec<String> {
    let Ok(hir) = regex_syntax::parse(pattern) else { return Vec::new() };
    let mut found = Vec::new();
    for branch in 0..6 {
        let mut text = String::new();
        write(&hir, branch, &mut text);
        if text.len() <= LONGEST && !found.contains(&text) {
            found.push(text);
        }
    }
    found
}

fn write(hir: &Hir, branch: usize, text: &mut String) {
    if text.len() > LONGEST {
        return;
    }
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => text.push_str(&String::from_utf8_lossy(&literal.0)),
        HirKind::Class(class) => text.extend(character(class)),
        HirKind::Repetition(repetition) => {
            let least = usize::try_from(repetition.min).unwrap_or(LONGEST).min(LONGEST);
            let times = if least == 0 { branch % 2 } else { least };
            (0..times).for_each(|_| write(&repetition.sub, branch, text));
        }
        HirKind::Capture(capture) => write(&capture.sub, branch, text),
        HirKind::Concat(parts) => parts.iter().for_each(|part| write(part, branch, text)),
        HirKind::Alternation(parts) => {
            if let Some(part) = parts.get(branch % parts.len().max(1)) {
                write(part, branch, text);
            }
        }
    }
}

/// A character of a class: one that is easy to read, if there is one.
fn character(class: &Class) -> Option<char> {
    match class {
        Class::Unicode(class) => {
            let has = |wanted: &char| class.iter().any(|range| range.start() <= *wanted && *wanted <= range.end());
            let plain = ['x', 'a', '0', 'A', ' ', '-', '_', '.', '/'].into_iter().find(has);
            plain.or_else(|| class.iter().next().map(regex_syntax::hir::ClassUnicodeRange::start))
        }
        Class::Bytes(class) => class.iter().next().map(|range| char::from(range.start())),
    }
}
