use std::collections::BTreeSet;

use super::shape::{CiReport, EnvironmentGate, PartOutcome};
use crate::report::Look;
use crate::report::history::ReviewLine;
use crate::report::visible::visible_line;

/// Shows the verdict for people: part by part, what stands against the change last. What the parts found is told before, by
/// themselves.
#[must_use]
pub fn ci_human(report: &CiReport, look: Look) -> String {
    let painted = |paint: &str, text: &str| {
        if look.colour { format!("\u{1b}[{paint}m{text}\u{1b}[0m") } else { text.to_owned() }
    };
    let mut text = String::new();
    for part in &report.parts {
        let (word, paint) = match part.outcome {
            PartOutcome::Passed => ("passed", "32"),
            PartOutcome::Refused => ("refused", "31"),
            PartOutcome::NotRun => ("not answered", "31"),
            PartOutcome::Absent => ("none", "2"),
            PartOutcome::Open => ("open", "33"),
        };
        let word = painted(paint, &format!("{word:<12}"));
        text.push_str(&format!("{word} {:<10} {}\n", part.part, visible_line(&part.sentence)));
    }
    for line in unmet(report).into_iter().chain(missing(report)).chain(uncounted(report)) {
        text.push_str(&format!("             {line}\n"));
    }
    if report.behind {
        text.push_str(&format!("\n{}\n", super::markdown::BEHIND));
    }
    let verdict = painted(if report.verdict == "passed" { "1;32" } else { "1;31" }, report.verdict);
    text.push_str(&format!("\n{verdict}: {}\n", visible_line(&report.sentence)));
    text
}

/// The gates that are not met.
fn unmet(report: &CiReport) -> Vec<String> {
    let gates = report.gates.iter().filter(|gate| !gate.gate.met);
    let line = |gate: &EnvironmentGate| {
        let (of, found) = (&gate.gate, &gate.gate.found);
        visible_line(&format!("{}: {} allows {}, and there are {found}", gate.environment, of.gate, of.allowed))
    };
    gates.map(line).collect()
}

/// Approvals that do not count, and why, each once.
fn uncounted(report: &CiReport) -> BTreeSet<String> {
    let changes = report.approvals.iter().flat_map(|approvals| &approvals.changes);
    let reviews = changes.flat_map(|change| &change.reviews).filter(|review| !review.counts);
    let line = |review: &ReviewLine| {
        let why = review.why_not.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
        visible_line(&format!("{} by {} does not count{why}", review.state.replace('_', " "), review.by))
    };
    reviews.map(line).collect()
}

/// What approvals lack, each thing once.
fn missing(report: &CiReport) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for change in report.approvals.iter().flat_map(|approvals| &approvals.changes) {
        let of = change.document.as_deref().unwrap_or("what governs");
        for missing in &change.missing {
            let line = visible_line(missing);
            match lines.iter_mut().find(|known| known.starts_with(&format!("{line} ("))) {
                Some(known) => {
                    known.pop();
                    known.push_str(&format!(", {})", visible_line(of)));
                }
                None => lines.push(format!("{line} ({})", visible_line(of))),
            }
        }
    }
    lines
}
