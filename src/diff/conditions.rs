//! What a change of a rule's conditions does: one more, or one that holds more often, makes the rule more restrictive and
//! never less, whatever the rule says.

use serde_json::{Value, json};

use super::change::Path;
use super::fields::one;
use super::policy::limit;
use super::sets::{restricting, words};
use super::{Change, Direction, change};
use crate::canon;
use crate::model::{CostThreshold, Document, Effect, RateCondition, Rule, TimeRestriction, WebhookCheck};

fn at(name: &str) -> Path {
    Path::of("conditions").key(name)
}

/// A condition that came or went as a whole.
fn whole(before: &Rule, after: &Rule, name: &str) -> Vec<Change> {
    let of = |rule: &Rule| {
        let value = canon::document(&Document::Rule(rule.clone()));
        value.get("conditions").and_then(|conditions| conditions.get(name)).filter(|value| !value.is_null()).cloned()
    };
    let (old, new) = (of(before), of(after));
    let direction = if new.is_some() { Direction::Tightening } else { Direction::Loosening };
    vec![Change::new(&at(name), old, new, direction)]
}

/// What the rule says then.
fn escalation(path: &Path, name: &str, before: Effect, after: Effect) -> Vec<Change> {
    one(&path.key(name), before.as_str(), after.as_str(), Direction::Tightening.of(&before, &after))
}

fn number(path: &Path, name: &str, before: u64, after: u64, grow: Direction) -> Vec<Change> {
    one(&path.key(name), before, after, grow.of(&before, &after))
}

/// Parts that did not change are told as changes of nothing, and left out.
fn changed(parts: Vec<Vec<Change>>) -> Vec<Change> {
    parts.into_iter().flatten().filter(change::Change::is_one).collect()
}

pub(super) fn rate(before: &Rule, after: &Rule) -> Vec<Change> {
    let (Some(old), Some(new)) = (&before.conditions.rate_limit, &after.conditions.rate_limit) else {
        return whole(before, after, "rate_limit");
    };
    let path = at("rate_limit");
    let RateCondition { max_actions, window_minutes, action_types, on_exceed } = old;
    let types = restricting(Direction::Tightening);
    changed(vec![
        number(&path, "max_actions", *max_actions, new.max_actions, Direction::Loosening),
        number(&path, "window_minutes", *window_minutes, new.window_minutes, Direction::Tightening),
        types.optional(&path.key("action_types"), action_types.as_ref(), new.action_types.as_ref()),
        escalation(&path, "on_exceed", *on_exceed, new.on_exceed),
    ])
}

pub(super) fn time(before: &Rule, after: &Rule) -> Vec<Change> {
    let (Some(old), Some(new)) = (&before.conditions.time_restriction, &after.conditions.time_restriction) else {
        return whole(before, after, "time_restriction");
    };
    let path = at("time_restriction");
    let TimeRestriction { blocked_hours, blocked_days, timezone, action_types, on_violation } = old;
    let types = restricting(Direction::Tightening);
    changed(vec![
        words(Direction::Tightening).changes(&path.key("blocked_hours"), blocked_hours, &new.blocked_hours),
        words(Direction::Tightening).changes(&path.key("blocked_days"), blocked_days, &new.blocked_days),
        one(&path.key("timezone"), timezone.as_str(), new.timezone.as_str(), Direction::Both),
        types.optional(&path.key("action_types"), action_types.as_ref(), new.action_types.as_ref()),
        escalation(&path, "on_violation", *on_violation, new.on_violation),
    ])
}

pub(super) fn cost(before: &Rule, after: &Rule) -> Vec<Change> {
    let (Some(old), Some(new)) = (&before.conditions.cost_threshold, &after.conditions.cost_threshold) else {
        return whole(before, after, "cost_threshold");
    };
    let path = at("cost_threshold");
    let CostThreshold { max_cost_per_action, max_cost_per_hour, on_exceed } = old;
    changed(vec![
        limit(&path.key("max_cost_per_action"), *max_cost_per_action, new.max_cost_per_action),
        limit(&path.key("max_cost_per_hour"), *max_cost_per_hour, new.max_cost_per_hour),
        escalation(&path, "on_exceed", *on_exceed, new.on_exceed),
    ])
}

/// Another service answers otherwise; one that has less time to answer leaves more to `on_timeout`.
pub(super) fn webhook(before: &Rule, after: &Rule) -> Vec<Change> {
    let (Some(old), Some(new)) = (&before.conditions.webhook_check, &after.conditions.webhook_check) else {
        return whole(before, after, "webhook_check");
    };
    let path = at("webhook_check");
    let WebhookCheck { url, timeout_ms, on_timeout } = old;
    let text = |text: &str| Value::from(text);
    changed(vec![
        one(&path.key("url"), text(url), text(&new.url), Direction::Both),
        one(&path.key("timeout_ms"), json!(timeout_ms), json!(new.timeout_ms), Direction::Both),
        escalation(&path, "on_timeout", *on_timeout, new.on_timeout),
    ])
}
