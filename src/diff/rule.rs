//! What a change of a rule does. A rule decides instead of what is asked after it, so it hangs on the others: a deny that
//! matches more never permits more, an allow without conditions never restricts more, and anything between is looked at.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::approvals;
use super::change::Path;
use super::conditions;
use super::context::{Context, order, range};
use super::fields::{ByField, Field, field, one};
use super::policy::wider;
use super::{Change, Direction};
use crate::model::{ClassificationRange, Effect, JsonSchema, Pattern, Rule};

impl ByField for Rule {
    const FIELDS: &'static [Field<Self>] = &[
        field!(policy_name, |a, b, _| one(
            &Path::of("policy_name"),
            &*a.policy_name,
            &*b.policy_name,
            Direction::Neutral
        )),
        field!(agent_id, |a, b, cx| pattern("agent_id", &a.agent_id, &b.agent_id, grow(b, cx))),
        field!(target_integration, |a, b, cx| {
            pattern("target_integration", &a.target_integration, &b.target_integration, grow(b, cx))
        }),
        field!(operation, |a, b, cx| pattern("operation", &a.operation, &b.operation, grow(b, cx))),
        field!(resource_scope, |a, b, cx| pattern("resource_scope", &a.resource_scope, &b.resource_scope, grow(b, cx))),
        field!(data_classification, |a, b, cx| {
            classification(a.data_classification, b.data_classification, grow(b, cx))
        }),
        field!(policy_effect, |a, b, cx| {
            one(&Path::of("policy_effect"), a.policy_effect.as_str(), b.policy_effect.as_str(), effect(a, b, cx))
        }),
        field!(rationale, |a, b, _| one(&Path::of("rationale"), &*a.rationale, &*b.rationale, Direction::Neutral)),
        field!(priority, |a, b, cx| one(&Path::of("priority"), a.priority, b.priority, priority(a, b, cx))),
        field!(conditions.arguments, |a, b, cx| {
            arguments(&a.conditions.arguments, &b.conditions.arguments, grow(b, cx))
        }),
        field!(conditions.rate_limit, |a, b, _| conditions::rate(a, b)),
        field!(conditions.time_restriction, |a, b, _| conditions::time(a, b)),
        field!(conditions.cost_threshold, |a, b, _| conditions::cost(a, b)),
        field!(conditions.webhook_check, |a, b, _| conditions::webhook(a, b)),
        field!(max_session_ttl, |a, b, cx| {
            // How long an approval holds.
            let longer = |ttl: u64| {
                Direction::Loosening.of(&a.max_session_ttl.unwrap_or(ttl), &b.max_session_ttl.unwrap_or(ttl))
            };
            let direction = Direction::all(cx.ttls().map(longer));
            one(&Path::of("max_session_ttl"), json!(a.max_session_ttl), json!(b.max_session_ttl), direction)
        }),
        field!(is_active, |a, b, cx| {
            let direction = if b.is_active { grow(b, cx) } else { grow(a, cx).flip() };
            one(&Path::of("is_active"), a.is_active, b.is_active, direction)
        }),
        field!(modified_by, |a, b, _| {
            one(&Path::of("modified_by"), json!(a.modified_by), json!(b.modified_by), Direction::Neutral)
        }),
        field!(modified_at, |a, b, _| {
            let text = |rule: &Self| json!(rule.modified_at.map(|time| time.to_string()));
            one(&Path::of("modified_at"), text(a), text(b), Direction::Neutral)
        }),
    ];

    fn settle(before: &Self, after: &Self, change: &Change, cx: &Context<'_>) -> Direction {
        if !before.is_active && !after.is_active {
            return Direction::Neutral;
        }
        // What the rule says of one action decides how often exceptions from it hold for others.
        let uses_up = cx.is_counted(&after.id) && change.field() != "is_active";
        if uses_up && change.direction != Direction::Neutral { Direction::Both } else { change.direction }
    }
}

/// What it does when an active rule matches more.
pub(super) fn grow(rule: &Rule, cx: &Context<'_>) -> Direction {
    // Whatever is asked after it.
    match range(rule) {
        (Effect::Deny, _) => Direction::Tightening,
        _ if cx.counts_for_rules() => Direction::Both,
        (Effect::Allow, Effect::Allow) => Direction::Loosening,
        _ => instead_of(rule, cx.rest(rule)),
    }
}

/// What it does when a rule decides instead of what decides between `low` and `high`.
fn instead_of(rule: &Rule, (low, high): (Effect, Effect)) -> Direction {
    let (least, most) = range(rule);
    match (least >= high, most <= low) {
        // As restrictive as what it takes the place of, whatever that is: an allow permits, the others restrict.
        (true, true) if least == Effect::Allow => Direction::Loosening,
        (true, _) => Direction::Tightening,
        (false, true) => Direction::Loosening,
        (false, false) => Direction::Both,
    }
}

fn pattern(name: &str, before: &Pattern, after: &Pattern, grow: Direction) -> Vec<Change> {
    one(&Path::of(name), before.as_str(), after.as_str(), wider(before, after, grow))
}

fn classification(before: ClassificationRange, after: ClassificationRange, grow: Direction) -> Vec<Change> {
    let holds = |one: ClassificationRange, other: ClassificationRange| one.low <= other.low && one.high >= other.high;
    let direction = match (holds(after, before), holds(before, after)) {
        (true, true) => Direction::Neutral,
        (true, false) => grow,
        (false, true) => grow.flip(),
        (false, false) => Direction::Both,
    };
    one(&Path::of("data_classification"), written(before), written(after), direction)
}

fn written(range: ClassificationRange) -> Value {
    crate::canon::classification(range)
}

/// A more restrictive effect restricts, unless the rule then goes before another one of its priority whose conditions are
/// more restrictive still.
fn effect(before: &Rule, after: &Rule, cx: &Context<'_>) -> Direction {
    let rises = before.policy_effect < after.policy_effect;
    let (lower, upper) = if rises { (before, after) } else { (after, before) };
    let mut passed = cx.others(upper).filter(|other| other.priority == upper.priority);
    let rise = if cx.counts_for_rules() || passed.any(|other| range(other).1 > upper.policy_effect) {
        Direction::Both
    } else {
        Direction::Tightening
    };
    // What denies or asks takes an argument of another type as a match, what allows does not.
    let matches_more = lower.policy_effect == Effect::Allow && !upper.conditions.arguments.is_empty();
    let direction = if matches_more { rise.join(grow(upper, cx)) } else { rise };
    if rises { direction } else { direction.flip() }
}

/// A rule that is asked earlier decides instead of those that it passes.
fn priority(before: &Rule, after: &Rule, cx: &Context<'_>) -> Direction {
    let rises = before.priority < after.priority;
    let (lower, upper) = if rises { (before, after) } else { (after, before) };
    let passed = cx.others(upper).filter(|other| order(upper) < order(other) && order(other) < order(lower));
    let passed = passed.map(range).reduce(|(low, high), (least, most)| (low.min(least), high.max(most)));
    let direction = match passed {
        None => Direction::Neutral,
        Some(_) if cx.counts_for_rules() && upper.policy_effect != Effect::Deny => Direction::Both,
        Some(passed) => instead_of(upper, passed),
    };
    if rises { direction } else { direction.flip() }
}

fn arguments(
    before: &BTreeMap<String, JsonSchema>,
    after: &BTreeMap<String, JsonSchema>,
    grow: Direction,
) -> Vec<Change> {
    approvals::arguments(&Path::of("conditions").key("arguments"), before, after, grow)
}
