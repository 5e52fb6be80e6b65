use std::collections::BTreeMap;

use serde_json::Value;

use super::Area;
use super::bits::Bits;
use super::cuboid::{Axis, Cells, KEYS, Words};
use super::search::Names;
use super::space::{COST, LEVEL, LEVELS, Mode, OTHERS, RISK, RISKS, Space, TIME, WHOLE};
use super::vocabulary::{ANY, Word};

/// So much of a schema is told.
const SHOWN: usize = 120;

/// An area in words: all patterns of the cuboids that it lies in, and its cells.
pub fn area(names: &[Names], cells: &Cells, space: &Space, words: &Words) -> Area {
    let mut told = Area::default();
    for (at, (key, vocabulary)) in KEYS.into_iter().zip(words.iter()).enumerate() {
        let of = |names: &Names| names.get(at).copied().filter(|word| *word != ANY);
        let mut all: Vec<Word> = names.iter().filter_map(of).collect();
        all.sort_unstable();
        all.dedup();
        let narrower = |wide: Word| all.iter().any(|one| *one != wide && vocabulary.covers(wide, *one));
        let kept = all.iter().filter(|word| !narrower(**word)).filter_map(|word| vocabulary.pattern(*word));
        let mut patterns: Vec<String> = kept.map(|pattern| pattern.as_str().to_owned()).collect();
        patterns.sort();
        if !patterns.is_empty() {
            told.patterns.insert(key, patterns);
        }
    }
    let mut values: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (axis, bits) in cells.iter().filter(|(axis, bits)| **bits != Bits::all(space.size(*axis))) {
        if let Some((key, text)) = value(axis, bits, space) {
            values.entry(key).or_default().push(text);
        }
    }
    told.values = values.into_iter().map(|(key, texts)| (key, texts.join(", "))).collect();
    told
}

fn value(axis: Axis, bits: &Bits, space: &Space) -> Option<(String, String)> {
    let told = match axis {
        LEVEL => ("data_classification".to_owned(), span(bits, &LEVELS.map(name))),
        RISK => ("risk_level".to_owned(), span(bits, &RISKS.map(name))),
        COST => ("cost_usd".to_owned(), costs(bits, space)),
        TIME => ("timestamp".to_owned(), space.times.told(bits)),
        OTHERS if bits.has(1) => (WHOLE.to_owned(), "with one that no policy names".to_owned()),
        OTHERS => (WHOLE.to_owned(), "without one that no policy names".to_owned()),
        _ => return uses(axis, bits, space).or_else(|| tag(axis, bits, space).or_else(|| argument(axis, bits, space))),
    };
    Some(told)
}

fn name<T: serde::Serialize>(value: T) -> String {
    serde_json::json!(value).as_str().unwrap_or_default().to_owned()
}

/// Values of an ordered fact: one, or from one to another, or each.
fn span(bits: &Bits, names: &[String]) -> String {
    let chosen: Vec<usize> = bits.iter().collect();
    let at = |place: &usize| names.get(*place).cloned().unwrap_or_default();
    match (chosen.first(), chosen.last()) {
        (Some(only), Some(last)) if only == last => at(only),
        (Some(first), Some(last)) if last - first + 1 == chosen.len() && *last + 1 == names.len() => {
            format!("{} or higher", at(first))
        }
        (Some(0), Some(last)) if last + 1 == chosen.len() => format!("{} or lower", at(last)),
        _ => chosen.iter().map(at).collect::<Vec<_>>().join(", "),
    }
}

fn costs(bits: &Bits, space: &Space) -> String {
    let mut spans: Vec<(usize, usize)> = Vec::new();
    for cell in bits.iter() {
        match spans.last_mut() {
            Some((_, last)) if *last + 1 == cell => *last = cell,
            _ => spans.push((cell, cell)),
        }
    }
    let told = spans.into_iter().map(|(first, last)| {
        let ((from, _), (_, to)) = (space.cost(first), space.cost(last));
        match (from.nano(), to) {
            (0, Some(to)) => format!("less than ${to}"),
            (_, Some(to)) => format!("${from} to less than ${to}"),
            (_, None) => format!("${from} or more"),
        }
    });
    told.collect::<Vec<_>>().join(" or ")
}

fn uses(axis: Axis, bits: &Bits, space: &Space) -> Option<(String, String)> {
    let (id, _) = space.counted().find(|(_, own)| *own == axis)?;
    Some((format!("exceptions.{id}"), if bits.has(1) { "with uses left" } else { "used up" }.to_owned()))
}

fn tag(axis: Axis, bits: &Bits, space: &Space) -> Option<(String, String)> {
    let (tag, _) = space.tags().find(|(_, own)| *own == axis)?;
    Some((format!("tags.{tag}"), if bits.has(1) { "borne" } else { "not borne" }.to_owned()))
}

fn argument(axis: Axis, bits: &Bits, space: &Space) -> Option<(String, String)> {
    match space.arguments.told(axis)? {
        (WHOLE, Some((schema, _))) => {
            let text = format!("{} `{}`", if bits.has(1) { "satisfy" } else { "violate" }, json(&schema.0));
            Some((WHOLE.to_owned(), text))
        }
        (name, Some((schema, mode))) => Some((format!("arguments.{name}"), phrase(&schema.0, mode, bits.has(1)))),
        (name, None) => Some((format!("arguments.{name}"), cells_of(name, bits, space))),
    }
}

/// Cells of an argument: what its values have in common.
fn cells_of(name: &str, bits: &Bits, space: &Space) -> String {
    let there = bits.clone().minus(&Bits::of(bits.size(), [0]));
    match (bits.has(0), there.is_empty()) {
        (true, true) => return "absent".to_owned(),
        (true, false) => return format!("absent or {}", values_of(name, &there, space)),
        (false, _) => {}
    }
    values_of(name, bits, space)
}

/// Cells of an argument that is there.
fn values_of(name: &str, bits: &Bits, space: &Space) -> String {
    let said = space.arguments.said(name, bits);
    let numbers = space.arguments.examples(name, bits).all(|value| value.is_some_and(Value::is_number));
    let mut interval = Interval::default();
    let mut texts = Vec::new();
    for (schema, mode, holds) in said.tests() {
        if !numbers || !interval.narrow(&schema.0, accepts(mode, holds)) {
            texts.push(phrase(&schema.0, mode, holds));
        }
    }
    texts.sort();
    texts.dedup();
    texts.splice(0..0, interval.told());
    if !texts.is_empty() {
        return texts.join(", ");
    }
    if space.arguments.is_all_there(name, bits) {
        return "present".to_owned();
    }
    let some = space.arguments.examples(name, bits).take(4);
    let some: Vec<String> = some.map(|value| value.map_or("absent".to_owned(), json)).collect();
    format!("such as {}", some.join(", "))
}

/// Whether a test that holds, or not, accepts what it is about.
fn accepts(mode: Mode, holds: bool) -> bool {
    if mode == Mode::Violates { !holds } else { holds }
}

/// Up to here every whole number is one of its own.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Between which numbers a number lies; with each end whether it is one of them.
#[derive(Default)]
struct Interval {
    least: Option<(f64, bool)>,
    most: Option<(f64, bool)>,
}

impl Interval {
    /// Takes a test of numbers in. Answers whether it is one that an interval can say.
    fn narrow(&mut self, schema: &Value, accepted: bool) -> bool {
        let Some(map) = schema.as_object() else { return false };
        if let Some(other) = map.get("not").filter(|_| map.len() == 1) {
            return self.narrow(other, !accepted);
        }
        let bounds: Vec<(&str, Option<f64>)> = map
            .iter()
            .filter(|(key, _)| *key != "type")
            .map(|(key, value)| (key.as_str(), value.as_f64().filter(|value| value.abs() < EXACT)))
            .collect();
        let number = Value::from("number");
        let kinds = map
            .get("type")
            .is_none_or(|kind| *kind == number || kind.as_array().is_some_and(|kinds| kinds.contains(&number)));
        let known = |key: &str| matches!(key, "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum");
        let sayable = bounds.iter().all(|(key, value)| known(key) && value.is_some());
        // Outside of two bounds are two intervals.
        if !kinds || !sayable || bounds.is_empty() || (!accepted && bounds.len() != 1) {
            return false;
        }
        for (key, value) in bounds.into_iter().filter_map(|(key, value)| Some((key, value?))) {
            match (key, accepted) {
                ("minimum", true) | ("exclusiveMaximum", false) => self.from(value, true),
                ("exclusiveMinimum", true) | ("maximum", false) => self.from(value, false),
                ("maximum", true) | ("exclusiveMinimum", false) => self.to(value, true),
                _ => self.to(value, false),
            }
        }
        true
    }

    fn from(&mut self, value: f64, included: bool) {
        let narrower = self.least.is_none_or(|(own, with)| value > own || (value.total_cmp(&own).is_eq() && with));
        self.least = if narrower { Some((value, included)) } else { self.least };
    }

    fn to(&mut self, value: f64, included: bool) {
        let narrower = self.most.is_none_or(|(own, with)| value < own || (value.total_cmp(&own).is_eq() && with));
        self.most = if narrower { Some((value, included)) } else { self.most };
    }

    fn told(&self) -> Vec<String> {
        let least = self.least.map(|(value, with)| format!("{} {value}", if with { "at least" } else { "more than" }));
        let most = self.most.map(|(value, with)| format!("{} {value}", if with { "at most" } else { "less than" }));
        least.into_iter().chain(most).collect()
    }
}

/// A test in words.
fn phrase(schema: &Value, mode: Mode, holds: bool) -> String {
    let accepted = accepts(mode, holds);
    let known = [
        ("exclusiveMinimum", "more than"),
        ("minimum", "at least"),
        ("exclusiveMaximum", "less than"),
        ("maximum", "at most"),
        ("const", "equal to"),
        ("enum", "one of"),
        ("type", "of type"),
    ];
    let map = schema.as_object();
    let speaks = |key: &str| !matches!(key, "description" | "title");
    let mut parts = Vec::new();
    for (key, value) in map.into_iter().flatten().filter(|(key, _)| speaks(key)) {
        match known.iter().find(|(own, _)| own == key) {
            // A value that is listed is of its type, and a number by its bounds.
            Some(("type", _)) if says_type(map, value) => {}
            Some((_, words)) => parts.push(format!("{words} {}", json(value))),
            None => return format!("{}matching `{}`", if accepted { "" } else { "not " }, json(schema)),
        }
    }
    let all = parts.join(" and ");
    match (parts.len(), accepted) {
        (0, _) => format!("{}matching `{}`", if accepted { "" } else { "not " }, json(schema)),
        (_, true) => all,
        (1, false) => format!("not {all}"),
        (_, false) => format!("not ({all})"),
    }
}

/// Whether what else a schema says makes its type plain.
fn says_type(map: Option<&serde_json::Map<String, Value>>, kind: &Value) -> bool {
    let has = |key: &str| map.is_some_and(|map| map.contains_key(key));
    let bounded = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"].into_iter().any(has);
    has("const") || has("enum") || (bounded && kind == "number")
}

fn json(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text,
    }
}
