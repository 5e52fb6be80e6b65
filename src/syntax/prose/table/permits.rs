//! What is denied, and what alone is allowed.

use super::super::comparing::refuted;
use super::super::matching::{Caught, Definitions};
use super::super::part::{Held, Part};
use super::super::slots::{How, Name};
use super::approvals::subject_tests;
use super::{Make, Of, Refused, Row};

/// The forms.
pub const ROWS: &[Row] = &[
    Row {
        name: "deny",
        of: Of::Policy,
        shapes: &[
            "%deny {what:actions} <subject> [%when {tests:tests}]",
            "%never (allow|permit) {what:actions} <subject> [%when {tests:tests}]",
            "[we] %never [(let|allow|permit) %who [to]] %use {what:actions} <subject> [%when {tests:tests}]",
            "[we] %never let %who {what:actions} <subject> [%when {tests:tests}]",
            "%never {what:actions} <subject> [%when {tests:tests}]",
            "under no circumstances (may|must|shall|can) %who [%use] {what:actions} <subject>",
            "(any|every) (action|actions) (of|from) {what:actions} (is|are) (denied|forbidden|blocked)",
            "the following [actions] (are|is) (denied|forbidden|blocked|prohibited|not allowed|not permitted) : {what:actions}",
            "{what:actions} : (denied|forbidden|blocked)",
            "the (deny-list|denylist|blocklist) is [:] {what:actions}",
            "%who %cannot [%use] {what:actions} <subject> [%when {tests:tests}]",
            "%nobody %may [ever] [%use] {what:actions} <subject> [%when {tests:tests}]",
            "{what:actions} <subject> (is|are) [always|strictly] (denied|forbidden|blocked|prohibited|disallowed|banned|off limits|off-limits) [%when {tests:tests}]",
            "{what:actions} <subject> (is|are) (not|never) (allowed|permitted) [%when {tests:tests}]",
            "{what:actions} <subject> (must|may|can) (not|never) [ever] be (%used|allowed) [%when {tests:tests}]",
        ],
        example: "Deny `shell.bash` and `shell.python`.",
        sets: &["denied_actions", "argument_constraints"],
        make: Make::Sets(deny),
    },
    Row {
        name: "allow only",
        of: Of::Policy,
        shapes: &[
            "only (allow|permit) {what:actions}",
            "(allow|permit) only {what:actions}",
            "(allow|permit) {what:actions} and nothing else",
            "%who (may|can) only %use {what:actions}",
            "%who (may|can) %use only {what:actions}",
            "only {what:actions} (is|are) (allowed|permitted)",
            "only {what:actions} (may|can) be %used",
            "nothing (but|except) {what:actions} (is|are) (allowed|permitted)",
            "nothing is (allowed|permitted) (but|except) {what:actions}",
            "%deny everything (but|except|other than) {what:actions}",
            "%deny (every|any|all) (action|actions|tool|tools) (but|except|other than) {what:actions}",
            "(every|any|all) (action|actions|tool|tools) (but|except|other than|that is not|that are not) {what:actions} (is|are) (denied|forbidden|blocked|prohibited|not allowed)",
            "(allow|permit) nothing (but|except|other than) {what:actions}",
            "%who (is|are) limited to {what:actions} [and nothing else]",
            "the (allow-list|allowlist) is [:] {what:actions}",
        ],
        example: "Only allow `banking.get_balance` and `banking.get_iban`.",
        sets: &["allowed_actions"],
        make: Make::Sets(|caught, _| {
            let everything = |name: &Name| name.text.chars().all(|c| matches!(c, '*' | '.')) && name.how == How::Exact;
            if caught.names("what").is_some_and(|(names, ..)| names.iter().any(everything)) {
                return Err(Refused::because("it looks like a restriction and allows everything")
                    .or_write("Only allow every action."));
            }
            Ok(names(caught, "what").under(&["allowed_actions"]))
        }),
    },
    Row {
        name: "allow nothing",
        of: Of::Policy,
        shapes: &[
            "(allow|permit) nothing",
            "nothing is (allowed|permitted)",
            "(allow|permit) no %action",
            "no %action (is|are) (allowed|permitted) [at all]",
        ],
        example: "Allow nothing.",
        sets: &["allowed_actions"],
        make: Make::Sets(|caught, _| Ok(Part::list(&caught.range, Vec::new()).under(&["allowed_actions"]))),
    },
];

/// The names in a slot as a list.
pub fn names(caught: &Caught<'_>, slot: &str) -> Part {
    let (names, _, range) = caught.names(slot).unwrap_or((&[], super::super::slots::Joined::Not, &caught.range));
    Part::list(range, each(names))
}

/// Each name once, in order.
pub fn each(names: &[Name]) -> Vec<Part> {
    let mut found: Vec<Part> = Vec::new();
    for name in names {
        let part = Part::text(&name.range, name.text.clone());
        if !found.iter().any(|known| known.value == part.value) {
            found.push(part);
        }
    }
    found
}

/// A map with the same value for each name.
pub fn for_each(caught: &Caught<'_>, slot: &str, value: &Part) -> Part {
    let (names, _, range) = caught.names(slot).unwrap_or((&[], super::super::slots::Joined::Not, &caught.range));
    let mut entries: Vec<(String, std::ops::Range<usize>, Part)> = Vec::new();
    for name in names {
        if !entries.iter().any(|(known, ..)| *known == name.text) {
            entries.push((name.text.clone(), name.range.clone(), value.clone()));
        }
    }
    Part::new(range, Held::Map(entries))
}

fn deny(caught: &Caught<'_>, defined: &Definitions) -> Result<Part, Refused> {
    let tests = subject_tests(caught, defined).map_err(|refused| {
        let amount =
            caught.number("over").or_else(|| caught.number("from_usd")).map(|amount| amount.to_json().to_string());
        match (amount, caught.name("what")) {
            (Some(amount), Some(name)) => {
                let compared = if caught.get("over").is_some() { "over" } else { "at least" };
                Refused::because(refused.why)
                    .or_write(format!("Deny `{}` when `amount` is {compared} {amount}.", name.text))
            }
            _ => refused,
        }
    })?;
    if tests.cost.is_some() {
        return Err(Refused::because(
            "a policy cannot deny by what a call costs: it can ask for approval, and a budget can run out",
        ));
    }
    if tests.tests.is_empty() {
        return Ok(names(caught, "what").under(&["denied_actions"]));
    }
    if let Some(test) = tests.tests.iter().find(|test| test.is_absence()) {
        return Err(Refused::because(format!(
            "an argument that is not there cannot be denied for it: say that `{}` must be given",
            test.argument.text
        )));
    }
    let schema = refuted(&tests.tests, &caught.range);
    Ok(for_each(caught, "what", &schema).under(&["argument_constraints"]))
}
