//! Words and numbers that all formats of the report share.

use super::shape::Simulation;
use crate::model::Effect;

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
pub fn advice(facts: &[String]) -> String {
    let of = |fact: &str| match fact {
        "risk_level" | "cost_usd" | "data_classification" | "tags" | "resource" => {
            "give it per operation in catalog.yaml (`policyc records catalog LOG` drafts one)"
        }
        "group_id" | "mission_id" => "list the agents with their groups and missions in catalog.yaml",
        "history" => "what came of earlier calls is not recorded: record `outcome`, `result` and `turn`",
        "webhook" => "a webhook is never called in a replay",
        "agent_id" | "run_id" | "session_id" | "integration" => "record it, or assume it with --assume",
        _ => "record it",
    };
    let mut all: Vec<&str> = Vec::new();
    for advice in facts.iter().map(|fact| of(fact)) {
        if !all.contains(&advice) {
            all.push(advice);
        }
    }
    all.join("; ")
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
