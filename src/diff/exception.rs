//! What a change of an exception does. It lifts reasons of a policy, which permits; a rule that is lifted is passed over,
//! and what is asked after it decides instead.

use serde_json::json;

use super::change::Path;
use super::context::{Context, range};
use super::fields::{ByField, Field, field, one};
use super::sets::{patterns, permitting, words};
use super::{Change, Direction, rule};
use crate::model::{Document, Effect, Exception, Reason, Rule, Time};

impl ByField for Exception {
    const FIELDS: &'static [Field<Self>] = &[
        field!(policy, |a, b, cx| {
            let direction = lifts(a, cx).flip().join(lifts(b, cx));
            one(&Path::of("policy"), a.policy.as_str(), b.policy.as_str(), direction)
        }),
        field!(reason, |a, b, _| one(&Path::of("reason"), &*a.reason, &*b.reason, Direction::Neutral)),
        field!(agents, |a, b, cx| {
            patterns(holds(b, cx)).optional(&Path::of("agents"), a.agents.as_ref(), b.agents.as_ref())
        }),
        field!(runs, |a, b, cx| patterns(holds(b, cx)).optional(&Path::of("runs"), a.runs.as_ref(), b.runs.as_ref())),
        field!(actions, |a, b, cx| {
            permitting(holds(b, cx)).optional(&Path::of("actions"), a.actions.as_ref(), b.actions.as_ref())
        }),
        field!(reasons, reasons),
        field!(starts_at, |a, b, cx| {
            // None is earlier than any.
            let direction = holds(b, cx).flip().of(&a.starts_at, &b.starts_at);
            one(&Path::of("starts_at"), time(a.starts_at), time(b.starts_at), direction)
        }),
        field!(expires_at, |a, b, cx| {
            let direction = lasting(Direction::of_limit(a.expires_at.as_ref(), b.expires_at.as_ref()), holds(b, cx));
            one(&Path::of("expires_at"), time(a.expires_at), time(b.expires_at), direction)
        }),
        field!(max_uses, |a, b, cx| {
            let direction = lasting(Direction::of_limit(a.max_uses.as_ref(), b.max_uses.as_ref()), lifts(b, cx));
            one(&Path::of("max_uses"), json!(a.max_uses), json!(b.max_uses), direction)
        }),
    ];

    fn settle(_: &Self, _: &Self, change: &Change, _: &Context<'_>) -> Direction {
        change.direction
    }
}

fn time(time: Option<Time>) -> serde_json::Value {
    json!(time.map(|time| time.to_string()))
}

/// Of a bound on an exception, which as a limit would restrict.
fn lasting(limit: Direction, lifts: Direction) -> Direction {
    match limit {
        Direction::Tightening => lifts.flip(),
        Direction::Loosening => lifts,
        other => other,
    }
}

/// What it does when the exception holds for more actions; where it holds for a number of uses, those of one action are
/// then missing to another.
fn holds(exception: &Exception, cx: &Context<'_>) -> Direction {
    match lifts(exception, cx) {
        Direction::Neutral => Direction::Neutral,
        _ if exception.max_uses.is_some() => Direction::Both,
        direction => direction,
    }
}

/// What the exception does.
pub(super) fn lifts(exception: &Exception, cx: &Context<'_>) -> Direction {
    let mut versions = cx.versions(&exception.policy).peekable();
    if versions.peek().is_none() {
        return Direction::Both;
    }
    Direction::all(versions.map(|version| match version {
        Document::Policy(policy) if policy.enabled => Direction::Loosening,
        Document::Rule(rule) if rule.is_active => of_rule(exception, rule, cx),
        _ => Direction::Neutral,
    }))
}

fn lifts_code(exception: &Exception, code: Reason) -> bool {
    exception.reasons.as_ref().is_none_or(|reasons| reasons.contains(&code))
}

fn of_rule(exception: &Exception, rule: &Rule, cx: &Context<'_>) -> Direction {
    let (least, most) = range(rule);
    match (lifts_code(exception, Reason::Rule), lifts_code(exception, Reason::RuleCondition)) {
        (false, false) => Direction::Neutral,
        (false, true) => Direction::Loosening,
        // Where it may hold, the rule may be passed over, and may decide without its conditions.
        (true, true) if least != most => Direction::Both,
        (true, _) => rule::grow(rule, cx).flip(),
    }
}

/// A code more lifts more. Passing a rule over is another thing than lifting its conditions.
fn reasons(before: &Exception, after: &Exception, cx: &Context<'_>) -> Vec<Change> {
    let passes = |exception: &Exception| lifts_code(exception, Reason::Rule);
    let decides = |version: &Document| matches!(version, Document::Rule(rule) if rule.policy_effect != Effect::Deny);
    let of_rule = cx.versions(&after.policy).any(decides);
    let grow = match (passes(before) == passes(after), of_rule) {
        (_, false) => holds(before, cx).join(holds(after, cx)),
        (false, true) => Direction::Both,
        (true, true) if after.max_uses.is_some() => Direction::Both,
        // Only conditions more or less.
        (true, true) => Direction::Loosening,
    };
    words(grow).optional(&Path::of("reasons"), before.reasons.as_ref(), after.reasons.as_ref())
}
