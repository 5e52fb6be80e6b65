//! Words and numbers that all formats of the report share.

use super::shape::{EditLine, GroupLine, MissingLine, Simulation};
use crate::model::Effect;

/// How many changed documents are named.
const EDITS_NAMED: usize = 6;

/// An effect in a word that fits a column.
pub fn effect(effect: Effect) -> &'static str {
    match effect {
        Effect::Allow => "allow",
        Effect::ApprovalRequired => "approval",
        Effect::Deny => "deny",
    }
}

/// A number with a comma after every third digit.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (rank, digit) in digits.chars().enumerate() {
        if rank > 0 && (digits.len() - rank).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// So many of something.
pub fn count(number: u64, thing: &str) -> String {
    if number == 1 { format!("1 {thing}") } else { format!("{} {thing}s", grouped(number)) }
}

/// A part of a whole in percent, with one digit behind the point; all and nothing are told only where they are.
pub fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "none".to_owned();
    }
    let tenths = (u128::from(part) * 2000 + u128::from(whole)) / (u128::from(whole) * 2);
    let tenths = if part < whole { tenths.min(999) } else { tenths };
    let tenths = if part > 0 { tenths.max(1) } else { tenths };
    format!("{}.{} %", tenths / 10, tenths % 10)
}

/// How a number moved.
pub fn moved(before: u64, after: u64) -> String {
    match after.cmp(&before) {
        std::cmp::Ordering::Equal => "=".to_owned(),
        std::cmp::Ordering::Greater => format!("+{}", grouped(after - before)),
        std::cmp::Ordering::Less => format!("−{}", grouped(before - after)),
    }
}

/// What a person can do so that the facts are known.
pub fn advice(line: &MissingLine) -> String {
    let unreliable = line.unreliable.head;
    if unreliable > 0 && unreliable == line.actions.head {
        return "it is recorded in a way that cannot be relied on: only a better log helps".to_owned();
    }
    let mut by_advice: Vec<(&str, Vec<&str>)> = Vec::new();
    for fact in &line.facts {
        let advice = advice_for(fact);
        match by_advice.iter_mut().find(|(known, _)| *known == advice) {
            Some((_, facts)) => facts.push(fact),
            None => by_advice.push((advice, vec![fact])),
        }
    }
    let alone = by_advice.len() == 1;
    let one = |(advice, facts): (&str, Vec<&str>)| {
        if alone { advice.to_owned() } else { format!("{}: {advice}", facts.join(", ")) }
    };
    let mut text = by_advice.into_iter().map(one).collect::<Vec<_>>().join("; ");
    if unreliable > 0 {
        text.push_str(&format!(" ({} of them record it in a way that cannot be relied on)", grouped(unreliable)));
    }
    text
}

fn advice_for(fact: &str) -> &'static str {
    match fact {
        "risk_level" | "cost_usd" | "data_classification" | "tags" | "resource" => {
            "give it per operation in catalog.yaml (`policyc records catalog LOG` drafts one)"
        }
        "group_id" | "mission_id" => "list the agents with their groups and missions in catalog.yaml",
        "history" => "what came of earlier calls is not recorded: record `outcome`, `result` and `turn`",
        "webhook" => "a webhook is never called in a replay",
        "agent_id" | "run_id" | "session_id" | "integration" => "record it, or assume it with --assume",
        _ => "record it",
    }
}

/// What the change is, and whether the log ever comes to it; none where nothing was changed.
pub fn edited(report: &Simulation) -> Option<String> {
    let edits = report.edits.as_ref()?;
    if edits.is_empty() {
        return Some("both sides say the same".to_owned());
    }
    let one = |edit: &EditLine| {
        let id = edit.id.as_ref().map(|id| format!(" `{id}`")).unwrap_or_default();
        let reach = match edit.reasons {
            0 => "no action of this log comes to it".to_owned(),
            reasons => format!("a reason for {}", count(reasons, "action")),
        };
        format!("{} {}{id} ({reach})", edit.edit, edit.kind)
    };
    let shown: Vec<String> = edits.iter().take(EDITS_NAMED).map(one).collect();
    let more = edits.len() - shown.len();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    Some(format!("{}{more}", shown.join(", ")))
}

/// How many rows of a group are named.
const ROWS_NAMED: usize = 4;

/// The rows that account for the changes of a group; none where rows were not asked for.
pub fn rows(group: &GroupLine) -> Option<String> {
    let numbers: Vec<String> =
        group.rows.iter().filter_map(|count| count.row).map(|number| format!("R{number}")).collect();
    let others: u64 = group.rows.iter().filter(|count| count.row.is_none()).map(|count| count.actions).sum();
    let more = numbers.len().saturating_sub(ROWS_NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let named = numbers.iter().take(ROWS_NAMED).cloned().collect::<Vec<_>>().join(", ");
    let why = "no region: a setting, earlier actions or an unknown fact";
    match (numbers.is_empty(), others) {
        (true, 0) => None,
        (true, _) => Some(why.to_owned()),
        (false, 0) => Some(format!("region {named}{more}")),
        (false, _) => Some(format!("region {named}{more}; {} in {why}", grouped(others))),
    }
}

/// What was asked beside the sides, a line each.
pub fn asked(report: &Simulation) -> Vec<String> {
    let asked = &report.asked;
    let mut lines = Vec::new();
    if !asked.assumed.is_empty() {
        let all: Vec<String> = asked.assumed.iter().map(|(fact, value)| format!("{fact}={value}")).collect();
        lines.push(format!("ASSUMED where record and catalog say nothing: {}", all.join(", ")));
    }
    if asked.approvals != "granted" {
        lines.push(format!("approvals {}", asked.approvals));
    }
    let times = [("since", &asked.since), ("until", &asked.until)];
    let times = times.into_iter().filter_map(|(word, time)| time.as_ref().map(|time| format!("{word} {time}")));
    let sample = asked.sample.map(|most| format!("a sample of {most}"));
    let only: Vec<String> = times.chain(asked.conditions.iter().cloned()).chain(sample).collect();
    if !only.is_empty() {
        let all = count(report.coverage.replayed, "action");
        lines.push(format!("reported: {} (of {all} replayed)", only.join(", ")));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_told_exactly_enough() {
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(grouped(999), "999");
        assert_eq!(share(9_999, 10_000), "99.9 %");
        assert_eq!(share(1, 100_000), "0.1 %");
        assert_eq!(share(1, 2), "50.0 %");
        assert_eq!(share(5, 5), "100.0 %");
        assert_eq!(moved(5, 3), "−2");
    }
}
