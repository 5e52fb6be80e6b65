//! What a change of a policy does. Everything a policy says restricts: it gives reasons to ask or to deny, and the most
//! restrictive reason of all documents holds. So whatever makes a reason more likely, for some action, tightens.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::approvals;
use super::change::Path;
use super::context::Context;
use super::fields::{ByField, Field, field, one};
use super::schema;
use super::sets::{ByAction, permitting, restricting};
use super::{Change, Direction};
use crate::model::{ActionPattern, Grounding, JsonSchema, Limit, Pattern, Per, Polarity, Policy, Scope, Usd};

impl ByField for Policy {
    const FIELDS: &'static [Field<Self>] = &[
        field!(name, |a, b, _| one(&Path::of("name"), &*a.name, &*b.name, Direction::Neutral)),
        field!(description, |a, b, _| {
            one(&Path::of("description"), &*a.description, &*b.description, Direction::Neutral)
        }),
        field!(enabled, |a, b, _| {
            one(&Path::of("enabled"), a.enabled, b.enabled, Direction::Tightening.of(&a.enabled, &b.enabled))
        }),
        field!(scope, |a, b, _| scope(&a.scope, &b.scope)),
        field!(session_budget, |a, b, _| limit(&Path::of("session_budget"), a.session_budget, b.session_budget)),
        field!(run_budget, |a, b, _| limit(&Path::of("run_budget"), a.run_budget, b.run_budget)),
        field!(action_budgets, |a, b, _| {
            BUDGETS.changes(&Path::of("action_budgets"), &a.action_budgets, &b.action_budgets)
        }),
        field!(denied_actions, |a, b, _| {
            let entries = restricting(Direction::Tightening);
            entries.changes(&Path::of("denied_actions"), &a.denied_actions, &b.denied_actions)
        }),
        field!(allowed_actions, |a, b, _| allowed(a.allowed_actions.as_ref(), b.allowed_actions.as_ref())),
        field!(rate_limits, |a, b, _| rates(&a.rate_limits, &b.rate_limits)),
        field!(require_approval, |a, b, _| {
            let direction = Direction::Tightening.of(&a.require_approval, &b.require_approval);
            one(&Path::of("require_approval"), a.require_approval, b.require_approval, direction)
        }),
        field!(approval_actions, approvals::actions),
        field!(approval_tags, approvals::tags),
        field!(approval_risk_levels, approvals::risks),
        field!(approval_threshold_usd, approvals::threshold),
        field!(approval_rules, approvals::rules),
        field!(approval_timeout_seconds, approvals::timeout),
        field!(default_approvers, approvals::default_approvers),
        field!(evidence_requirements, |a, b, _| {
            EVIDENCE.changes(&Path::of("evidence_requirements"), &a.evidence_requirements, &b.evidence_requirements)
        }),
        field!(evidence_max_age_seconds, |a, b, _| {
            let path = Path::of("evidence_max_age_seconds");
            let changes = AGES.changes(&path, &a.evidence_max_age_seconds, &b.evidence_max_age_seconds);
            if a.evidence_requirements.is_empty() { neutral(changes) } else { changes }
        }),
        field!(commit_actions, |a, b, _| {
            // Held against the requirements when it is compiled.
            let entries = restricting(Direction::Neutral);
            entries.changes(&Path::of("commit_actions"), &a.commit_actions, &b.commit_actions)
        }),
        field!(evidence_actions, evidence_actions),
        field!(argument_constraints, |a, b, _| {
            CONSTRAINTS.changes(&Path::of("argument_constraints"), &a.argument_constraints, &b.argument_constraints)
        }),
        field!(grounding_rules, |a, b, _| {
            GROUNDINGS.changes(&Path::of("grounding_rules"), &a.grounding_rules, &b.grounding_rules)
        }),
    ];

    fn settle(before: &Self, after: &Self, change: &Change, cx: &Context<'_>) -> Direction {
        if !before.enabled && !after.enabled {
            return Direction::Neutral;
        }
        // A reason more or less uses an exception up sooner or later, and that of another action.
        let uses_up = cx.is_counted(&after.id) && change.field() != "enabled";
        if uses_up && change.direction != Direction::Neutral { Direction::Both } else { change.direction }
    }
}

fn neutral(changes: Vec<Change>) -> Vec<Change> {
    changes.into_iter().map(|change| Change { direction: Direction::Neutral, ..change }).collect()
}

/// An amount that may not be exceeded.
pub(super) fn limit(path: &Path, before: Option<Usd>, after: Option<Usd>) -> Vec<Change> {
    let write = |amount: Option<Usd>| amount.map_or(Value::Null, Usd::to_json);
    one(path, write(before), write(after), Direction::of_limit(before.as_ref(), after.as_ref()))
}

fn scope(before: &Scope, after: &Scope) -> Vec<Change> {
    let parts = |scope: &Scope| match scope {
        Scope::Global => ("global", None),
        Scope::Agent(target) => ("agent", Some(target.as_str().to_owned())),
        Scope::Run(target) => ("run", Some(target.as_str().to_owned())),
        Scope::Group(target) => ("group", Some(target.as_str().to_owned())),
        Scope::Mission(target) => ("mission", Some(target.as_str().to_owned())),
    };
    let direction = match (before, after) {
        (_, Scope::Global) => Direction::Tightening,
        (Scope::Global, _) => Direction::Loosening,
        (Scope::Agent(a), Scope::Agent(b))
        | (Scope::Run(a), Scope::Run(b))
        | (Scope::Group(a), Scope::Group(b))
        | (Scope::Mission(a), Scope::Mission(b)) => wider(a, b, Direction::Tightening),
        _ => Direction::Both,
    };
    let ((kind, target), (new_kind, new_target)) = (parts(before), parts(after));
    let mut changes = Vec::new();
    if kind != new_kind {
        changes.extend(one(&Path::of("scope"), kind, new_kind, direction));
    }
    if target != new_target {
        changes.extend(one(&Path::of("target_id"), json!(target), json!(new_target), direction));
    }
    changes
}

/// Of a pattern in place of another, where matching more has a direction.
pub(super) fn wider(before: &Pattern, after: &Pattern, grow: Direction) -> Direction {
    match (after.covers(before), before.covers(after)) {
        (true, true) => Direction::Neutral,
        (true, false) => grow,
        (false, true) => grow.flip(),
        (false, false) => Direction::Both,
    }
}

/// Of a pattern of actions in place of another, where matching more has a direction.
pub(super) fn wider_actions(
    before: &ActionPattern,
    after: &ActionPattern,
    polarity: Polarity,
    grow: Direction,
) -> Direction {
    match (after.covers(before, polarity), before.covers(after, polarity)) {
        (true, true) => Direction::Neutral,
        (true, false) => grow,
        (false, true) => grow.flip(),
        (false, false) => Direction::Both,
    }
}

/// No list allows everything; an empty one, nothing.
fn allowed(before: Option<&BTreeSet<ActionPattern>>, after: Option<&BTreeSet<ActionPattern>>) -> Vec<Change> {
    permitting(Direction::Loosening).optional(&Path::of("allowed_actions"), before, after)
}

const BUDGETS: ByAction<Usd> = ByAction {
    write: |amount| amount.to_json(),
    implies: |one, other| one <= other,
    inside: |path, before, after| limit(path, Some(*before), Some(*after)),
};

const AGES: ByAction<u64> = ByAction {
    write: |seconds| json!(seconds),
    implies: |one, other| one <= other,
    inside: |path, before, after| one(path, *before, *after, Direction::Loosening.of(before, after)),
};

const EVIDENCE: ByAction<BTreeSet<ActionPattern>> = ByAction {
    write: |required| restricting(Direction::Tightening).list(required),
    // Missing evidence is told as such or as stale: only the same requirement surely gives the same reason.
    implies: |one, other| one.is_superset(other),
    inside: |path, before, after| {
        let mut entries = restricting(Direction::Tightening);
        entries.within = |_, _| false;
        entries.changes(path, before, after)
    },
};

const CONSTRAINTS: ByAction<JsonSchema> = ByAction {
    write: |schema| schema.0.clone(),
    implies: |one, other| one == other || other.same_for_all() == Some(true),
    inside: |path, before, after| {
        let direction = schema::narrowed(&before.0, &after.0);
        one(path, before.0.clone(), after.0.clone(), direction)
    },
};

const GROUNDINGS: ByAction<BTreeMap<String, Grounding>> = ByAction {
    write: |arguments| arguments.iter().map(|(name, one)| (name.clone(), written(one))).collect(),
    implies: |one, other| other.iter().all(|(name, grounding)| one.get(name) == Some(grounding)),
    inside: groundings,
};

fn written(grounding: &Grounding) -> Value {
    json!({
        "source_action": grounding.source_action.as_str(),
        "source_field": grounding.source_field,
        "source_from": grounding.source_from,
    })
}

fn groundings(path: &Path, before: &BTreeMap<String, Grounding>, after: &BTreeMap<String, Grounding>) -> Vec<Change> {
    let mut changes = Vec::new();
    for name in before.keys().chain(after.keys()).collect::<BTreeSet<_>>() {
        let at = path.key(name);
        match (before.get(name), after.get(name)) {
            (Some(old), Some(new)) => changes.extend(grounding(&at, old, new)),
            (old, new) => {
                let direction = if new.is_some() { Direction::Tightening } else { Direction::Loosening };
                changes.push(Change::new(&at, old.map(written), new.map(written), direction));
            }
        }
    }
    changes
}

/// Fewer actions that may have brought a value restrict; another field brings other values.
fn grounding(path: &Path, before: &Grounding, after: &Grounding) -> Vec<Change> {
    let mut changes = Vec::new();
    if before.source_action != after.source_action {
        let (old, new) = (&before.source_action, &after.source_action);
        let direction = wider_actions(old, new, Polarity::Permits, Direction::Loosening);
        changes.extend(one(&path.key("source_action"), old.as_str(), new.as_str(), direction));
    }
    if before.source_field != after.source_field {
        let (old, new) = (&*before.source_field, &*after.source_field);
        changes.extend(one(&path.key("source_field"), old, new, Direction::Both));
    }
    if before.source_from != after.source_from {
        let (old, new) = (json!(before.source_from), json!(after.source_from));
        changes.extend(one(&path.key("source_from"), old, new, Direction::Both));
    }
    changes
}

/// Fewer actions that count as evidence restrict; where none is named, all count.
fn evidence_actions(before: &Policy, after: &Policy, cx: &Context<'_>) -> Vec<Change> {
    let (old, new) = (&before.evidence_actions, &after.evidence_actions);
    let mut entries = permitting(Direction::Loosening);
    if old.is_empty() || new.is_empty() {
        entries = entries.turned();
    }
    let mut changes = entries.changes(&Path::of("evidence_actions"), old, new);
    // What counts may be too old, and is then another reason, which an exception may not lift.
    let another = cx.tells_stale_from_missing(&after.id);
    for change in changes.iter_mut().filter(|change| change.direction != Direction::Neutral) {
        change.direction = match (before.evidence_requirements.is_empty(), another) {
            (true, _) => Direction::Neutral,
            (false, true) => Direction::Both,
            (false, false) => change.direction,
        };
    }
    changes
}

type Rates = BTreeMap<ActionPattern, BTreeSet<Limit>>;

fn write_limit(limit: &Limit) -> Value {
    json!({"max_count": limit.max_count, "window_seconds": limit.window_seconds, "per": limit.per})
}

/// Whether whoever keeps the first limit keeps the second.
fn keeps(one: &Limit, other: &Limit) -> bool {
    // What is counted for all is at least what is counted for one.
    let per = one.per == other.per || one.per == Per::Scope;
    per && one.max_count <= other.max_count && one.window_seconds >= other.window_seconds
}

fn is_kept(actions: &ActionPattern, limit: &Limit, others: &Rates) -> bool {
    let covering = others.iter().filter(|(other, _)| other.covers(actions, Polarity::Restricts));
    covering.into_iter().any(|(_, limits)| limits.iter().any(|other| keeps(other, limit)))
}

fn rates(before: &Rates, after: &Rates) -> Vec<Change> {
    let path = Path::of("rate_limits");
    let mut changes = Vec::new();
    for pattern in before.keys().chain(after.keys()).collect::<BTreeSet<_>>() {
        let at = path.key(pattern.as_str());
        let all = |limits: &BTreeSet<Limit>| limits.iter().map(write_limit).collect::<Value>();
        let new_in = |limits: &BTreeSet<Limit>, others: &Rates| {
            let kept = limits.iter().all(|limit| is_kept(pattern, limit, others));
            if kept { Direction::Neutral } else { Direction::Tightening }
        };
        match (before.get(pattern), after.get(pattern)) {
            (Some(old), None) => changes.push(Change::new(&at, Some(all(old)), None, new_in(old, after).flip())),
            (None, Some(new)) => changes.push(Change::new(&at, None, Some(all(new)), new_in(new, before))),
            (Some(old), Some(new)) if old != new => match (old.first(), new.first()) {
                (Some(one), Some(other)) if old.len() == 1 && new.len() == 1 => changes.extend(rate(&at, one, other)),
                _ => {
                    let of = |limit: &Limit, others: &Rates| {
                        if is_kept(pattern, limit, others) { Direction::Neutral } else { Direction::Tightening }
                    };
                    let removed = old.difference(new);
                    changes.extend(removed.map(|one| Change::removed(&at, write_limit(one), of(one, after).flip())));
                    let added = new.difference(old);
                    changes.extend(added.map(|one| Change::added(&at, write_limit(one), of(one, before))));
                }
            },
            _ => {}
        }
    }
    changes
}

fn rate(path: &Path, before: &Limit, after: &Limit) -> Vec<Change> {
    let mut changes = Vec::new();
    if before.max_count != after.max_count {
        let direction = Direction::Loosening.of(&before.max_count, &after.max_count);
        changes.extend(one(&path.key("max_count"), before.max_count, after.max_count, direction));
    }
    if before.window_seconds != after.window_seconds {
        let direction = Direction::Tightening.of(&before.window_seconds, &after.window_seconds);
        changes.extend(one(&path.key("window_seconds"), before.window_seconds, after.window_seconds, direction));
    }
    if before.per != after.per {
        let direction = match (before.per, after.per) {
            (_, Per::Scope) => Direction::Tightening,
            (Per::Scope, _) => Direction::Loosening,
            _ => Direction::Both,
        };
        changes.extend(one(&path.key("per"), json!(before.per), json!(after.per), direction));
    }
    changes
}
