//! Words that the formats of the report share.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::shape::{
    AreaLine, DecidingLine, EffectsHeadline, EffectsLog, EffectsReport, ExceptLine, PartLine, RegionLine, SeenTimes,
    UnlikeLine, UnprovenLine,
};
use crate::report::diff::{LinePlace, places, plural};
use crate::report::simulation::{count, grouped};

/// How many values of one kind are named.
const NAMED: usize = 8;

/// What the regions leave out.
pub const NOTE: &str = "Regions speak of actions whose facts are all known, and leave history out; what hangs on history \
                        is among the settings.";

/// The facts with patterns, and what they are called, in the order in which they are told.
const PATTERNS: [(&str, &str); 7] = [
    ("agent_id", "agent"),
    ("group_id", "group"),
    ("mission_id", "mission"),
    ("run_id", "run"),
    ("integration", "integration"),
    ("operation", "operation"),
    ("resource", "resource"),
];

/// The other facts; tags and arguments are called by their names.
const VALUES: [(&str, &str); 5] = [
    ("data_classification", "data"),
    ("risk_level", "risk"),
    ("cost_usd", "cost"),
    ("timestamp", "time"),
    ("arguments", "arguments"),
];

/// How texts are told that people wrote: names on their own, and values within a sentence.
#[derive(Clone, Copy)]
pub struct Words {
    /// A name, a pattern or a place.
    pub name: fn(&str) -> String,
    /// A value in words, which may hold what people wrote.
    pub value: fn(&str) -> String,
}

/// The one sentence that matters.
pub fn sentence(of: &EffectsHeadline) -> String {
    let mut parts = vec![regions(of)];
    if of.unproven > 0 {
        parts.push(format!("{} not proven either way", plural(of.unproven, "area")));
    } else if of.newly_permissive == 0 {
        parts.push("proven for actions whose facts are known".to_owned());
    }
    if of.unlike > 0 {
        let take = if of.unlike == 1 { "1 rule takes the place of another" } else { "rules take the place of others" };
        parts.push(format!("{take} with other conditions"));
    }
    if of.losing_conditions > 0 {
        let of = plural(of.losing_conditions, "place");
        parts.push(format!("conditions that restricted are lost in {of}"));
    }
    match (of.settings_that_may_loosen, of.settings) {
        (0, 0) => {}
        (0, all) => parts.push(format!("{} changed, none may loosen", plural(all, "setting"))),
        (some, _) => parts.push(format!("{} may loosen", plural(some, "setting"))),
    }
    format!("{}.", parts.join("; "))
}

fn regions(of: &EffectsHeadline) -> String {
    let nothing = if of.unproven == 0 { "nothing" } else { "no region shown to be" };
    let told = |number: usize, word: &str, first: bool| match (number, first) {
        (0, _) => format!("{nothing} newly {word}"),
        (_, true) => format!("{} newly {word}", plural(number, "region")),
        (_, false) => format!("{number} newly {word}"),
    };
    let permitted = told(of.newly_permissive, "permitted", true);
    let forbidden = told(of.newly_restrictive, "forbidden", of.newly_permissive == 0);
    let text = format!("{permitted}, {forbidden}");
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// What is told below the headline, whatever was found.
pub fn notes(report: &EffectsReport) -> Vec<String> {
    let mut notes = vec![NOTE.to_owned()];
    let unsure = matches!(report.difference, "loosening" | "both");
    if unsure && report.headline.newly_permissive == 0 {
        let text = "For actions with unknown facts nothing is proven: field by field the change may permit more (`policyc diff`).";
        notes.push(text.to_owned());
    }
    notes
}

/// How many recorded actions were looked at.
pub fn log(of: &EffectsLog) -> String {
    let mut text = count(of.actions, "recorded action");
    if let Some(days) = of.days {
        text.push_str(&format!(" in {}", count(days, "day")));
    }
    if of.unplaced > 0 {
        text.push_str(&format!("; {} could not be placed, since a fact is unknown", grouped(of.unplaced)));
    }
    if of.unreadable > 0 {
        text.push_str(&format!("; {} could not be read", count(of.unreadable, "place")));
    }
    text
}

/// How often recorded actions fall into a region.
pub fn seen(of: &SeenTimes, log: Option<&EffectsLog>) -> String {
    let all = log.map_or(0, |log| log.actions);
    let within = match log.and_then(|log| log.days) {
        Some(days) => format!("in {}", count(days, "day")),
        None => format!("in {}", count(all, "recorded action")),
    };
    let plural = |count: u64| if count == 1 { "once".to_owned() } else { format!("{} times", grouped(count)) };
    match (of.times, of.perhaps) {
        (0, 0) => format!("never seen in {}", count(all, "recorded action")),
        (0, perhaps) => format!("seen {} {within} at most: that hangs on uses of exceptions", plural(perhaps)),
        (times, 0) => format!("seen {} {within}", plural(times)),
        (times, perhaps) => {
            format!(
                "seen {} {within}, and {} more at most, which hangs on uses of exceptions",
                plural(times),
                plural(perhaps)
            )
        }
    }
}

/// How the effect goes.
pub fn transition(base: &DecidingLine, head: &DecidingLine) -> String {
    format!("{} → {}", base.effect.as_str(), head.effect.as_str())
}

/// A part on one side where rows of one group differ.
fn line_place(of: &PartLine) -> Option<LinePlace> {
    Some(LinePlace { file: of.file.clone()?, line: of.line? })
}

/// Whether both sides name the same part.
fn is_same(base: &PartLine, head: &PartLine) -> bool {
    (base.kind, &base.id, &base.part) == (head.kind, &head.id, &head.part)
}

/// What the rows of a group have in common: the part that is the change, on its side.
pub fn changed(row: &RegionLine) -> (&'static str, &PartLine) {
    (row.changed, &row.cause)
}

impl Words {
    /// A part by its document, with its place.
    pub fn part(&self, of: &PartLine) -> String {
        self.placed(of, &places(None, line_place(of).as_ref()))
    }

    fn placed(&self, of: &PartLine, place: &str) -> String {
        let document = match &of.id {
            Some(id) => format!("{} {}", of.kind, (self.name)(id)),
            None => format!("the {}", of.kind),
        };
        let whole = matches!(of.part.as_str(), "policy_effect" | "defaults/effect" | "catalog");
        let part = if whole { String::new() } else { format!(" {}", (self.value)(&of.part)) };
        let place = if place.is_empty() { String::new() } else { format!(" ({})", (self.value)(place)) };
        format!("{document}{part}{place}")
    }

    /// Who decided, and who does.
    pub fn deciders(&self, row: &RegionLine) -> String {
        let (base, head) = (&row.base.part, &row.head.part);
        if is_same(base, head) {
            let place = places(line_place(base).as_ref(), line_place(head).as_ref());
            return format!("{} decides otherwise", self.placed(head, &place));
        }
        let (group, row) = self.in_group(row);
        format!("{group}; {row}")
    }

    /// What the rows of a group have in common, and what a row of it adds to that.
    pub fn in_group(&self, row: &RegionLine) -> (String, String) {
        let (base, head, cause) = (&row.base.part, &row.head.part, &row.cause);
        match row.changed {
            "base" if is_same(&row.cause, base) => {
                (format!("{} no longer decides", self.part(base)), format!("{} does", self.part(head)))
            }
            "head" if is_same(&row.cause, head) => {
                (format!("{} decides now", self.part(head)), format!("{} did", self.part(base)))
            }
            // Another part speaks for what is not the same.
            side => {
                let gone = if side == "base" { "no longer stands as it was" } else { "is not as it was" };
                let row = format!("{} decided, {} does", self.part(base), self.part(head));
                (format!("{} {gone}", self.part(cause)), row)
            }
        }
    }

    /// The actions of an area apart from its exceptions: what they are, and what they are not.
    pub fn piece(&self, area: &AreaLine, exceptions: &[ExceptLine]) -> Vec<String> {
        let mut without: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        let mut others = Vec::new();
        for except in exceptions {
            match self.alone(&except.area) {
                Some((fact, value)) => without.entry(fact).or_default().push(value),
                None => others.push(except),
            }
        }
        let mut told = vec![self.area(area, &without)];
        told.extend(self.others(&others));
        told
    }

    /// The only fact of an area with its value: what is taken out contains the rest of what it is taken out of.
    fn alone<'a>(&self, area: &'a AreaLine) -> Option<(&'a str, String)> {
        let mut patterns = area.patterns.iter();
        let mut values = area.values.iter();
        match (patterns.next(), values.next(), patterns.next(), values.next()) {
            (Some((fact, all)), None, None, _) => match all.as_slice() {
                [one] => Some((fact, (self.name)(one))),
                _ => None,
            },
            (None, Some((fact, value)), _, None) => Some((fact, (self.value)(value))),
            _ => None,
        }
    }

    fn others(&self, all: &[&ExceptLine]) -> Vec<String> {
        let deciders: BTreeSet<_> = all.iter().filter_map(|except| except.by.as_ref()).collect();
        let matching = deciders.into_iter().map(|by| {
            let side = if by.side == "base" { " in base" } else { "" };
            format!("except where {} decides{side}", self.part(&by.part))
        });
        let areas = all.iter().filter(|except| except.by.is_none());
        let areas = areas.map(|except| format!("except {}", self.area(&except.area, &BTreeMap::new())));
        let told: Vec<String> = matching.chain(areas).collect();
        cut(told, NAMED, "exceptions")
    }

    /// An area in words, with what single facts are not.
    pub fn area(&self, area: &AreaLine, without: &BTreeMap<&str, Vec<String>>) -> String {
        let except = |fact: &str| without.get(fact).map(|all| format!(" except {}", listed(all))).unwrap_or_default();
        let mut parts = Vec::new();
        let whole = self.action(area).filter(|_| !["integration", "operation"].iter().any(|f| without.contains_key(f)));
        for (fact, noun) in PATTERNS {
            match (area.patterns.get(fact), without.contains_key(fact), &whole) {
                (_, _, Some(_)) if fact == "integration" => {}
                (_, _, Some(action)) if fact == "operation" => parts.push(format!("action {action}")),
                (Some(all), ..) => parts.push(format!("{noun} {}{}", self.matching(all), except(fact))),
                (None, true, _) => parts.push(format!("any {noun}{}", except(fact))),
                (None, false, _) => {}
            }
        }
        let named: BTreeSet<&str> = area.values.keys().map(String::as_str).chain(without.keys().copied()).collect();
        for fact in named.into_iter().filter(|fact| !PATTERNS.iter().any(|(name, _)| name == fact)) {
            let value = area.values.get(fact).map(|value| (self.value)(value));
            let value = value.unwrap_or_else(|| "any".to_owned());
            parts.push(format!("{} {value}{}", self.noun(fact), except(fact)));
        }
        if parts.is_empty() { "every action".to_owned() } else { parts.join(", ") }
    }

    /// The whole name of an action, where both of its parts are one pattern.
    fn action(&self, area: &AreaLine) -> Option<String> {
        let one = |fact: &str| area.patterns.get(fact).filter(|all| all.len() == 1).and_then(|all| all.first());
        one("integration").zip(one("operation")).map(|(of, operation)| (self.name)(&format!("{of}.{operation}")))
    }

    fn matching(&self, all: &[String]) -> String {
        let names: Vec<String> = all.iter().map(|one| (self.name)(one)).collect();
        match names.as_slice() {
            [one] => one.clone(),
            [one, other] => format!("matching both {one} and {other}"),
            _ => format!("matching all of {}", names.join(", ")),
        }
    }

    fn noun(&self, fact: &str) -> String {
        let named = |prefix: &str| fact.strip_prefix(prefix).map(|name| (self.name)(name));
        if let Some(name) = named("tags.") {
            return format!("tag {name}");
        }
        if let Some(name) = named("arguments.") {
            return format!("argument {name}");
        }
        VALUES.iter().find(|(name, _)| *name == fact).map_or_else(|| (self.value)(fact), |(_, noun)| (*noun).to_owned())
    }

    /// The witness of a row, without facts that nothing asks for.
    pub fn example(&self, row: &RegionLine) -> String {
        let asked = asked(row);
        let text = |key: &str| row.witness.get(key).and_then(Value::as_str);
        let wanted = |key: &str| text(key).filter(|_| asked.contains(key));
        let name = [text("integration"), text("operation")].into_iter().flatten().collect::<Vec<_>>().join(".");
        let mut parts: Vec<String> = Vec::new();
        parts.extend(text("agent_id").map(|agent| format!("agent {}", (self.name)(agent))));
        let resource = wanted("resource").map(|resource| format!(" on {}", (self.name)(resource)));
        parts.push(format!("{}{}", (self.name)(&name), resource.unwrap_or_default()));
        for (key, noun) in [("group_id", "group"), ("mission_id", "mission"), ("run_id", "run")] {
            parts.extend(wanted(key).map(|value| format!("{noun} {}", (self.name)(value))));
        }
        for (key, noun) in [("data_classification", "data"), ("risk_level", "risk"), ("timestamp", "time")] {
            parts.extend(wanted(key).map(|value| format!("{noun} {}", (self.value)(value))));
        }
        for (key, noun) in [("cost_usd", "cost"), ("tags", "tags"), ("arguments", "arguments")] {
            let value = row.witness.get(key).filter(|_| asked.contains(key));
            parts.extend(value.map(|value| format!("{noun} {}", (self.name)(&value.to_string()))));
        }
        let used_up = row.used_up.iter().map(|id| format!("once {} is used up", (self.name)(id)));
        parts.extend(used_up);
        parts.join(", ")
    }

    /// A rule in the place of another one.
    pub fn unlike(&self, of: &UnlikeLine) -> String {
        let conditions = |word: &str, all: &[&str]| match all {
            [] => String::new(),
            _ => format!(", {word} {}", all.join(", ")),
        };
        format!(
            "{} takes the place of {}{}{}: {}",
            self.part(&of.head),
            self.part(&of.base),
            conditions("without", &of.lost),
            conditions("with", &of.gained),
            self.area(&of.area, &BTreeMap::new())
        )
    }

    /// An area in which the effect may differ.
    pub fn unproven(&self, of: &UnprovenLine) -> String {
        let side = |of: Option<&DecidingLine>| match of {
            Some(of) => format!("{} by {}", of.effect.as_str(), self.part(&of.part)),
            None => "open".to_owned(),
        };
        let area = self.area(&of.area, &BTreeMap::new());
        let what = match &of.changed {
            Some(by) => format!("{} of {}", self.part(&by.part), by.side),
            None => format!("{} → {}", side(of.base.as_ref()), side(of.head.as_ref())),
        };
        format!("{what}: {area}; {}", of.why)
    }
}

/// The facts that the areas of a row ask for, as an action has them.
fn asked(row: &RegionLine) -> BTreeSet<&str> {
    let more = row
        .more
        .iter()
        .flat_map(|piece| std::iter::once(&piece.area).chain(piece.exceptions.iter().map(|except| &except.area)));
    let areas = std::iter::once(&row.area).chain(row.exceptions.iter().map(|except| &except.area)).chain(more);
    let facts = areas.flat_map(|area| area.patterns.keys().copied().chain(area.values.keys().map(String::as_str)));
    facts.map(|fact| fact.split('.').next().unwrap_or(fact)).collect()
}

/// Names with commas; of many, the first.
fn listed(all: &[String]) -> String {
    cut(all.to_vec(), NAMED, "others").join(", ")
}

fn cut(mut all: Vec<String>, most: usize, things: &str) -> Vec<String> {
    if all.len() > most {
        let more = all.len() - most;
        all.truncate(most);
        all.push(format!("and {more} {things}"));
    }
    all
}
