//! The sentence of an exception.

use super::super::matching::Caught;
use super::super::part::Part;
use super::permits::names;
use super::whole::free;
use super::{Make, Of, Refused, Row};

/// The forms.
pub const ROWS: &[Row] = &[Row {
    name: "exception",
    of: Of::Exception,
    shapes: &[
        "(except|exempt|excuse) <exempt>",
        "[the] [agent|agents] {agents:agents} (is|are) (exempt|excepted|excused|excluded) from [the] [policy|rule] {policy:exact} <exempt>",
        "[the] (run|runs) {runs:runs} (is|are) (exempt|excepted|excused|excluded) from [the] [policy|rule] {policy:exact} <exempt>",
        "{policy:exact} does not apply to <exempt>",
        "[the] (policy|rule) {policy:exact} does not apply to <exempt>",
    ],
    example: "Except agent `finance-closing` from `money-out` for action `banking.send_money` until 2027-01-31 or 5 times because \"the month is closed by hand\".",
    sets: &["policy", "agents", "runs", "actions", "reasons", "starts_at", "expires_at", "max_uses", "reason"],
    make: Make::Sets(|caught, _| exception(caught)),
}];

fn exception(caught: &Caught<'_>) -> Result<Part, Refused> {
    let mut entries = Vec::new();
    if let Some(policy) = caught.name("policy") {
        entries.push(("policy", Part::text(&policy.range, policy.text.clone())));
    } else {
        return Err(Refused::because("it does not say from which policy or rule")
            .or_write("Except agent `…` from `policy-id` until 2027-01-31 because …."));
    }
    for (slot, key) in [("agents", "agents"), ("runs", "runs"), ("what", "actions"), ("reasons", "reasons")] {
        if caught.names(slot).is_some() {
            entries.push((key, names(caught, slot)));
        }
    }
    entries.extend(caught.text_part("starts").map(|part| ("starts_at", part)));
    entries.extend(caught.text_part("until").map(|part| ("expires_at", part)));
    entries.extend(caught.number("uses").map(|part| ("max_uses", part)));
    entries.extend(free(caught, "reason")?.map(|part| ("reason", part)));
    Ok(Part::map(&caught.range, entries))
}
