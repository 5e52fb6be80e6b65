//! What is in logs of recorded actions, for people and as JSON.

use schemars::JsonSchema;
use serde::Serialize;

use super::visible_line;
use crate::syntax::counted;

/// How many entries of a list people are shown.
const SHOWN: usize = 20;

/// What is in logs of recorded actions.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
#[schemars(title = "policyc records stats")]
pub struct RecordStats {
    /// The logs, in the order in which they were read.
    pub logs: Vec<LogStats>,
    /// How many calls they hold, repeated ones left out.
    pub calls: u64,
    /// How many calls are told again, by the history in front of a later request or by a line written twice.
    pub repeated: u64,
    /// How many places cannot be read.
    pub unreadable: u64,
    /// The first ten of them.
    pub first_unreadable: Vec<UnreadablePlace>,
    /// What could not be relied on and is taken as unknown, by kind, the most frequent first.
    pub doubts: Vec<Counted>,
    /// The earliest time of a call.
    pub first_time: Option<String>,
    /// The latest time of a call.
    pub last_time: Option<String>,
    /// Who acted, the most active first.
    pub agents: Vec<Counted>,
    /// How many different runs the calls name.
    pub runs: u64,
    /// How many different sessions the calls name.
    pub sessions: u64,
    /// What was called, the most frequent first.
    pub operations: Vec<Counted>,
    /// For each fact, how many calls give it.
    pub facts: Vec<FactStats>,
}

/// What is in one log.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct LogStats {
    /// Its name.
    pub name: String,
    /// The form or mapping it was read in.
    pub form: String,
    /// How many calls it holds.
    pub calls: u64,
    /// How many calls are told again.
    pub repeated: u64,
    /// How many places cannot be read.
    pub unreadable: u64,
}

/// A place that cannot be read.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct UnreadablePlace {
    /// The log.
    pub log: String,
    /// The line, from 1.
    pub line: usize,
    /// The part of the document on that line.
    pub part: Option<String>,
    /// Why.
    pub why: String,
}

/// Something and how often it is there.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Counted {
    /// What.
    pub name: String,
    /// How often.
    pub count: u64,
}

/// How many calls give a fact.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct FactStats {
    /// The fact, by its key in a native record.
    pub fact: String,
    /// How many calls give it.
    pub given: u64,
    /// How many say something of it that cannot be relied on.
    pub unreliable: u64,
}

/// The same for people.
#[must_use]
pub fn record_stats(stats: &RecordStats) -> String {
    let mut text = totals(stats);
    for place in &stats.first_unreadable {
        let part = place.part.as_ref().map(|part| format!(", {part}")).unwrap_or_default();
        text.push_str(&line(&format!("  {}, line {}{part}: {}", place.log, place.line, place.why)));
    }
    let more = stats.unreadable.saturating_sub(stats.first_unreadable.len() as u64);
    if more > 0 {
        text.push_str(&format!("  and {more} more\n"));
    }
    if let (Some(first), Some(last)) = (&stats.first_time, &stats.last_time) {
        text.push_str(&line(&format!("time        {first} to {last}")));
    }
    text.push_str(&format!("runs        {}\nsessions    {}\n", stats.runs, stats.sessions));
    list(&mut text, "agents", &stats.agents);
    list(&mut text, "operations", &stats.operations);
    list(&mut text, "doubts", &stats.doubts);
    facts(&mut text, stats);
    text
}

fn totals(stats: &RecordStats) -> String {
    let mut text = String::new();
    for log in &stats.logs {
        let calls = counted(usize::try_from(log.calls).unwrap_or(usize::MAX), "call");
        let told = format!("{}: {}, {calls}", log.name, log.form);
        let more = [(log.repeated, "repeated"), (log.unreadable, "unreadable")];
        let more = more.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!(", {count} {what}"));
        text.push_str(&line(&format!("{told}{}", more.collect::<String>())));
    }
    let totals = [("calls", stats.calls), ("repeated", stats.repeated), ("unreadable", stats.unreadable)];
    text.push('\n');
    text.push_str(&totals.iter().map(|(name, count)| format!("{name:<12}{count}\n")).collect::<String>());
    text
}

fn list(text: &mut String, title: &str, counted: &[Counted]) {
    if counted.is_empty() {
        return;
    }
    text.push_str(&format!("\n{title} ({})\n", counted.len()));
    for entry in counted.iter().take(SHOWN) {
        text.push_str(&line(&format!("{:>8}  {}", entry.count, entry.name)));
    }
    if counted.len() > SHOWN {
        text.push_str(&format!("          and {} more; --format json has all\n", counted.len() - SHOWN));
    }
}

fn facts(text: &mut String, stats: &RecordStats) {
    if stats.calls == 0 {
        return;
    }
    text.push_str("\nfacts that calls give; what they do not give is unknown unless the catalog says it\n");
    for fact in &stats.facts {
        let unreliable = match fact.unreliable {
            0 => String::new(),
            count => format!(", {count} cannot be relied on"),
        };
        text.push_str(&format!("  {:<21}{:>8} of {}{unreliable}\n", fact.fact, fact.given, stats.calls));
    }
}

/// One line, whatever the log's text holds.
fn line(text: &str) -> String {
    format!("{}\n", visible_line(text))
}
