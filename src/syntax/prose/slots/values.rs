//! Numbers, amounts, times, values and free text.

use std::ops::Range;

use super::super::matching::Reader;
use super::super::part::{Held, Part};
use super::super::token::Kind;
use super::super::words::{DAYS, NUMBERS, UNITS};
use super::names::separators;
use super::{Ends, Filled, Joined, inside, kind, range, word};
use crate::text::distinct;

pub fn count(reader: &Reader<'_>, at: usize) -> Option<(usize, u64)> {
    match kind(reader, at)? {
        Kind::Number(digits) => Some((at + 1, digits.parse().ok()?)),
        Kind::Word(lower, _) => {
            let (tens, unit) = lower.split_once('-').unwrap_or((lower, ""));
            let of = |word: &str| NUMBERS.iter().find(|(name, _)| *name == word).map(|(_, number)| *number);
            let number = match (of(tens)?, unit) {
                (number, "") => number,
                (tens, unit) if tens >= 20 => tens + of(unit).filter(|unit| (1..10).contains(unit))?,
                _ => return None,
            };
            Some((at + 1, number))
        }
        _ => None,
    }
}

pub fn amount(reader: &Reader<'_>, at: usize) -> Ends {
    match kind(reader, at) {
        Some(Kind::Number(digits) | Kind::Money(digits)) => vec![(at + 1, Filled::Number(digits.clone()))],
        _ => count(reader, at).map(|(end, n)| (end, Filled::Number(n.to_string()))).into_iter().collect(),
    }
}

pub fn money(reader: &Reader<'_>, at: usize) -> Ends {
    if let Some(Kind::Money(digits)) = kind(reader, at) {
        let end = ["usd"].iter().find_map(|word| reader.quiet(&[word], at + 1)).unwrap_or(at + 1);
        return vec![(end, Filled::Number(digits.clone()))];
    }
    let before = reader.quiet(&["usd"], at);
    let Some(Kind::Number(digits)) = kind(reader, before.unwrap_or(at)) else { return Ends::new() };
    let end = before.unwrap_or(at) + 1;
    let after = ["usd", "dollars", "dollar"].iter().find_map(|word| reader.quiet(&[word], end));
    let end = if before.is_some() { Some(end) } else { after };
    end.filter(|_| !digits.starts_with('-')).map(|end| (end, Filled::Number(digits.clone()))).into_iter().collect()
}

pub fn unit(reader: &Reader<'_>, at: usize) -> Option<(usize, u64)> {
    let word = word(reader, at)?;
    UNITS.iter().find(|(name, _)| *name == word).map(|(_, seconds)| (at + 1, *seconds))
}

pub fn duration(reader: &Reader<'_>, at: usize) -> Option<(usize, u64)> {
    let one = ["a", "an", "one"].iter().find_map(|word| reader.quiet(&[word], at));
    let (at, number) = one.map(|at| (at, 1)).or_else(|| count(reader, at))?;
    let (end, seconds) = unit(reader, at)?;
    Some((end, number.checked_mul(seconds)?))
}

pub fn window(reader: &Reader<'_>, at: usize) -> Ends {
    let mut found = Ends::new();
    for (word, seconds) in [("hourly", 3600), ("daily", 86_400), ("weekly", 604_800)] {
        found.extend(reader.quiet(&[word], at).map(|end| (end, Filled::Seconds(seconds))));
    }
    let begins: [&[&str]; 12] = [
        &["per"],
        &["each"],
        &["every"],
        &["in"],
        &["within"],
        &["a"],
        &["an"],
        &["in", "any"],
        &["within", "any"],
        &["in", "every"],
        &["in", "each"],
        &["over"],
    ];
    for words in begins {
        let Some(at) = reader.quiet(words, at) else { continue };
        // "in hour" is not English; "in an hour" and "per hour" are.
        if !matches!(words, ["in" | "within" | "over"]) {
            found.extend(unit(reader, at).map(|(end, seconds)| (end, Filled::Seconds(seconds))));
        }
        if !matches!(words, ["a" | "an"]) {
            found.extend(duration(reader, at).map(|(end, seconds)| (end, Filled::Seconds(seconds))));
        }
    }
    found
}

pub fn one_word(reader: &Reader<'_>, at: usize, words: &[&'static str], ending: &str) -> Ends {
    let Some(word) = word(reader, at) else { return Ends::new() };
    let found = words.iter().find(|known| word.strip_suffix(ending) == Some(**known));
    found.map(|known| (at + 1, Filled::Word(known))).into_iter().collect()
}

pub fn text(reader: &Reader<'_>, at: usize) -> Ends {
    match kind(reader, at) {
        Some(Kind::Code(text) | Kind::Quoted(text)) => vec![(at + 1, Filled::Text(text.clone(), inside(reader, at)))],
        _ => Ends::new(),
    }
}

pub fn value(reader: &Reader<'_>, at: usize) -> Option<(usize, Part)> {
    let range = range(reader, at);
    let part = match kind(reader, at)? {
        Kind::Quoted(text) => Part::text(&inside(reader, at), text.clone()),
        // What looks like a number in backticks may be meant as a text or as a number.
        Kind::Code(text) if serde_json::from_str::<serde_json::Value>(text).is_err() => {
            Part::text(&inside(reader, at), text.clone())
        }
        Kind::Number(digits) | Kind::Money(digits) => Part::number(&range, digits),
        Kind::Word(lower, _) if lower == "true" => Part::bool(&range, true),
        Kind::Word(lower, _) if lower == "false" => Part::bool(&range, false),
        Kind::Word(..) => {
            let (_, number) = count(reader, at)?;
            Part::number(&range, number)
        }
        _ => return None,
    };
    Some((at + 1, part))
}

/// Values with commas and `or`; `several`: at least two, the last after `or`.
pub fn values(reader: &Reader<'_>, at: usize, several: bool) -> Ends {
    let mut found = Ends::new();
    let mut open = value(reader, at).map(|(end, part)| (end, vec![part], Joined::Not));
    while let Some((end, parts, joined)) = open.take() {
        for (next, by) in separators(reader, end) {
            if joined != Joined::Not && by != Joined::Not && by != joined {
                continue;
            }
            let Some((end, part)) = value(reader, next) else { continue };
            let parts = parts.iter().cloned().chain([part]).collect();
            open = Some((end, parts, if by == Joined::Not { joined } else { by }));
            break;
        }
        if !several || joined == Joined::Or {
            found.push((end, Filled::Values(parts)));
        }
    }
    found
}

pub fn type_name(reader: &Reader<'_>, at: usize) -> Ends {
    let known = [
        ("text", "string"),
        ("string", "string"),
        ("number", "number"),
        ("list", "array"),
        ("object", "object"),
        ("boolean", "boolean"),
    ];
    let mut found: Ends =
        known.iter().filter_map(|(word, kind)| Some((reader.quiet(&[word], at)?, Filled::Word(kind)))).collect();
    found.extend(reader.quiet(&["whole", "number"], at).map(|end| (end, Filled::Word("integer"))));
    found
}

pub fn json(reader: &Reader<'_>, at: usize) -> Ends {
    let Some(Kind::Code(text)) = kind(reader, at) else { return Ends::new() };
    match distinct(text) {
        Ok(value) => vec![(at + 1, Filled::Values(vec![Part::new(&inside(reader, at), Held::Json(value))]))],
        Err(_) => Ends::new(),
    }
}

pub fn moment(reader: &Reader<'_>, at: usize) -> Ends {
    let Some(Kind::Date(written)) = kind(reader, at) else { return Ends::new() };
    let moment = if written.len() == 10 { format!("{written}T00:00:00Z") } else { written.clone() };
    vec![(at + 1, Filled::Text(moment, range(reader, at)))]
}

pub fn clock(reader: &Reader<'_>, at: usize) -> Ends {
    match kind(reader, at) {
        Some(Kind::Clock(hours, minutes)) => vec![(at + 1, Filled::Clock(*hours, *minutes))],
        Some(Kind::Word(lower, _)) if lower == "midnight" => vec![(at + 1, Filled::Clock(0, 0))],
        Some(Kind::Word(lower, _)) if lower == "noon" => vec![(at + 1, Filled::Clock(12, 0))],
        _ => Ends::new(),
    }
}

pub fn days(reader: &Reader<'_>, at: usize) -> Ends {
    let day = |at: usize| -> Option<Vec<&'static str>> {
        let word = word(reader, at)?;
        let named = |day: &&&'static str| word == **day || word.strip_suffix('s') == Some(**day);
        match word {
            "weekends" => Some(vec!["saturday", "sunday"]),
            "weekdays" => Some(DAYS.iter().take(5).copied().collect()),
            _ => DAYS.iter().find(named).map(|day| vec![*day]),
        }
    };
    let mut found = Ends::new();
    let mut days: Vec<(&'static str, Range<usize>)> = Vec::new();
    let mut next = at;
    while let Some(more) = day(next) {
        days.extend(more.into_iter().map(|day| (day, range(reader, next))));
        found.push((next + 1, Filled::Words(days.clone(), Joined::Not)));
        let Some((after, _)) = separators(reader, next + 1).into_iter().next() else { break };
        next = after;
    }
    found
}

/// Whole hours, each by the time at which it begins.
pub fn hours(reader: &Reader<'_>, at: usize) -> Ends {
    let mut found = Ends::new();
    let mut hours: Vec<Part> = Vec::new();
    let mut next = at;
    while let Some(Kind::Clock(hour, 0)) = kind(reader, next) {
        hours.push(Part::number(&range(reader, next), hour));
        found.push((next + 1, Filled::Values(hours.clone())));
        let Some((after, _)) = separators(reader, next + 1).into_iter().next() else { break };
        next = after;
    }
    found
}

pub fn zone(reader: &Reader<'_>, at: usize) -> Ends {
    match kind(reader, at) {
        Some(Kind::Word(lower, text)) if text.contains('/') || lower == "utc" => {
            let name = if lower == "utc" { "UTC".to_owned() } else { text.clone() };
            vec![(at + 1, Filled::Text(name, range(reader, at)))]
        }
        Some(Kind::Code(_) | Kind::Quoted(_)) => text(reader, at),
        _ => Ends::new(),
    }
}

/// Everything up to the end: at least one token, every one of them readable.
pub fn rest(reader: &Reader<'_>, at: usize) -> Ends {
    let mut end = reader.tokens.len();
    if let Some(Kind::Sign('.' | '!')) = end.checked_sub(1).and_then(|last| kind(reader, last)) {
        end -= 1;
    }
    // A text in quotes is no rest, and no rest begins with a sign.
    if end <= at || matches!(kind(reader, at), Some(Kind::Quoted(_) | Kind::Code(_) | Kind::Sign(_))) {
        return Ends::new();
    }
    let range = reader.bytes(at, end);
    let text = reader.text.get(range.clone()).unwrap_or_default();
    let folded = text.split_whitespace().collect::<Vec<_>>().join(" ");
    vec![(end, Filled::Text(folded, range))]
}
