//! What people write and what has no one meaning: each with the sentences that have one. Tried only after all others.

use super::super::matching::Caught;
use super::{Make, Of, Refused, Row};

fn listed(caught: &Caught<'_>, slot: &str) -> String {
    let Some((names, ..)) = caught.names(slot) else { return "`…`".to_owned() };
    names.iter().map(|name| format!("`{}`", name.text)).collect::<Vec<_>>().join(" and ")
}

/// The forms.
pub const ROWS: &[Row] = &[
    Row {
        name: "refused: allow",
        of: Of::Policy,
        shapes: &[
            "(allow|permit|let) [%who [to]] [%use] {what:actions} [%when {rest:rest}]",
            "%who %may %use {what:actions}",
            "{what:actions} (is|are) (allowed|permitted)",
        ],
        example: "Allow `banking.get_balance`.",
        sets: &[],
        make: Make::Refuses(|caught| {
            let names = listed(caught, "what");
            Refused::because("in a policy nothing is allowed by being named: either only what is named is allowed, or nothing changes")
                .or_write(format!("Only allow {names}."))
        }),
    },
    Row {
        name: "refused: only allow when",
        of: Of::Policy,
        shapes: &["(only (allow|permit)|(allow|permit) only) {what:actions} (when|where|if) {tests:tests}"],
        example: "Only allow `banking.send_money` when `amount` is at most 500.",
        sets: &[],
        make: Make::Refuses(|caught| {
            let names = listed(caught, "what");
            Refused::because(
                "`only` may say that nothing else is allowed, or that these calls must satisfy the condition",
            )
            .or_write(format!("Allow {names} only when …."))
            .or_write(format!("Only allow {names}."))
        }),
    },
    Row {
        name: "refused: exception in a policy",
        of: Of::Policy,
        shapes: &[
            "%deny {what:actions} <subject> (except|excluding|but not) {rest:rest}",
            "[%deny] {what:actions} <subject> except for (agent|agents) {rest:rest}",
            "(except|exempt|excuse) {rest:rest}",
        ],
        example: "Deny `shell.bash` except for agent `ci-runner`.",
        sets: &[],
        make: Make::Refuses(|_| {
            Refused::because(
                "a policy has no exceptions inside: each is a document of its own, with a reason and an end",
            )
            .or_write("(kind: exception) Except agent `…` from `this-policy` until 2027-01-31 because ….")
        }),
    },
    Row {
        name: "refused: times of day in a policy",
        of: Of::Policy,
        shapes: &[
            "%deny {what:actions} <subject> (between|from) {from:clock} (and|to) {until:clock} [{zone:zone}]",
            "%deny {what:actions} <subject> (on|during|after|outside) {rest:rest}",
            "{what:actions} (is|are) (denied|forbidden|blocked) (on|during|after|outside|between|from) {rest:rest}",
        ],
        example: "Deny `banking.send_money` between 22:00 and 06:00 Europe/Berlin.",
        sets: &[],
        make: Make::Refuses(|_| {
            Refused::because("a policy does not know the time of day; a rule does")
                .or_write("(kind: rule) Between 22:00 and 06:00 Europe/Berlin, deny.")
        }),
    },
    Row {
        name: "refused: a limit without a window",
        of: Of::Policy,
        shapes: &[
            "(limit|restrict|cap) {what:actions} to [%most] {n:count} %times [per (run|session)]",
            "%most {n:count} {what:actions} [per (run|session)]",
        ],
        example: "Limit `slack.send_channel_message` to 20.",
        sets: &[],
        make: Make::Refuses(|caught| {
            let n = caught.number("n").map_or_else(|| "10".to_owned(), |n| n.to_json().to_string());
            Refused::because("a limit counts within a window of time, and it names none")
                .or_write(format!("Limit {} to {n} per hour.", listed(caught, "what")))
                .or_write(format!("Limit {} to {n} in 24 hours per run.", listed(caught, "what")))
        }),
    },
    Row {
        name: "refused: denial of approval",
        of: Of::Policy,
        shapes: &[
            "(do not|don't|never) (deny|forbid|block|prohibit|require|limit|ask|reject|refuse|stop) {rest:rest}",
            "(no approval|approval) is (not needed|not required|never needed|never required|needed for none) {rest:rest}",
            "no approval is (needed|required) {rest:rest}",
        ],
        example: "Do not deny `shell.bash`.",
        sets: &[],
        make: Make::Refuses(|_| {
            Refused::because(
                "it takes a restriction away that another document may hold: a policy only adds restrictions, so remove the sentence that says it, or write an exception",
            )
        }),
    },
];
