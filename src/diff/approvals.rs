//! What a change does to who must approve what: the criteria of a policy, its approval rules, approvers and times.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::change::Path;
use super::context::Context;
use super::fields::one;
use super::sets::{Entries, restricting, words};
use super::{Change, Direction, schema};
use crate::canon::approval_rule;
use crate::model::{ApprovalRule, JsonSchema, Policy, Usd, When};

/// How many criteria a policy gives.
fn criteria(policy: &Policy) -> usize {
    [
        !policy.approval_actions.is_empty(),
        !policy.approval_tags.is_empty(),
        !policy.approval_risk_levels.is_empty(),
        policy.approval_threshold_usd.is_some(),
    ]
    .into_iter()
    .map(usize::from)
    .sum()
}

/// Whether a change takes the policy from asking for everything to asking for some actions, or back: the first criterion
/// narrows, the last one that goes widens.
fn turns(before: &Policy, after: &Policy) -> bool {
    criteria(before) == 0 || criteria(after) == 0
}

/// The changes of one criterion that is a list.
fn criterion<T: Ord>(
    (before, after): (&Policy, &Policy),
    name: &str,
    entries: Entries<T>,
    of: impl Fn(&Policy) -> &BTreeSet<T>,
) -> Vec<Change> {
    let entries = match (before.require_approval, turns(before, after)) {
        (false, _) => Entries { grow: Direction::Neutral, ..entries },
        (true, true) => entries.turned(),
        (true, false) => entries,
    };
    entries.changes(&Path::of(name), of(before), of(after))
}

pub(super) fn actions(before: &Policy, after: &Policy, _: &Context<'_>) -> Vec<Change> {
    let entries = restricting(Direction::Tightening);
    criterion((before, after), "approval_actions", entries, |policy| &policy.approval_actions)
}

pub(super) fn tags(before: &Policy, after: &Policy, _: &Context<'_>) -> Vec<Change> {
    criterion((before, after), "approval_tags", words(Direction::Tightening), |policy| &policy.approval_tags)
}

pub(super) fn risks(before: &Policy, after: &Policy, _: &Context<'_>) -> Vec<Change> {
    criterion((before, after), "approval_risk_levels", words(Direction::Tightening), |policy| {
        &policy.approval_risk_levels
    })
}

pub(super) fn threshold(before: &Policy, after: &Policy, _: &Context<'_>) -> Vec<Change> {
    let (old, new) = (before.approval_threshold_usd, after.approval_threshold_usd);
    let direction = Direction::of_limit(old.as_ref(), new.as_ref());
    let direction = match (before.require_approval, turns(before, after)) {
        (false, _) => Direction::Neutral,
        (true, true) => direction.flip(),
        (true, false) => direction,
    };
    let write = |amount: Option<Usd>| amount.map_or(Value::Null, Usd::to_json);
    one(&Path::of("approval_threshold_usd"), write(old), write(new), direction)
}

/// Waiting longer gives more people the time to approve; only an approval permits.
pub(super) fn timeout(before: &Policy, after: &Policy, _: &Context<'_>) -> Vec<Change> {
    let (old, new) = (before.approval_timeout_seconds, after.approval_timeout_seconds);
    let used = before.require_approval || before.approval_rules.iter().any(|rule| rule.timeout_seconds.is_none());
    let direction = if used { Direction::Loosening.of(&old, &new) } else { Direction::Neutral };
    one(&Path::of("approval_timeout_seconds"), old, new, direction)
}

pub(super) fn default_approvers(before: &Policy, after: &Policy, _: &Context<'_>) -> Vec<Change> {
    let (old, new) = (&before.default_approvers, &after.default_approvers);
    let used = before.require_approval || before.approval_rules.iter().any(|rule| rule.approvers.is_empty());
    let grow = if used { people(old, new) } else { Direction::Neutral };
    words(grow).changes(&Path::of("default_approvers"), old, new)
}

/// What one approver more does: there is one more who can say yes. Nobody named is nobody known.
fn people(before: &BTreeSet<String>, after: &BTreeSet<String>) -> Direction {
    if before.is_empty() || after.is_empty() { Direction::Both } else { Direction::Loosening }
}

/// Whether two approval rules belong together.
type Alike<'a> = &'a dyn Fn(&ApprovalRule, &ApprovalRule) -> bool;

/// Approval rules that belong together, by their ranks before and after.
fn pairs(before: &[ApprovalRule], after: &[ApprovalRule]) -> Vec<(Option<usize>, Option<usize>)> {
    let (mut old, mut new): (Vec<usize>, Vec<usize>) = ((0..before.len()).collect(), (0..after.len()).collect());
    let mut pairs = Vec::new();
    let name = |rule: &ApprovalRule| rule.name.clone();
    let only = |rules: &[ApprovalRule], wanted: &str| {
        rules.iter().filter(|rule| rule.name.as_deref() == Some(wanted)).count() == 1
    };
    let is_named = |one: &ApprovalRule, other: &ApprovalRule| {
        let same = name(one).is_some() && name(one) == name(other);
        same && one.name.as_deref().is_some_and(|name| only(before, name) && only(after, name))
    };
    let same: [Alike<'_>; 3] = [&|one, other| one == other, &is_named, &|_, _| true];
    for alike in same {
        old.retain(|rank| {
            let found = new.iter().position(|other| {
                before.get(*rank).zip(after.get(*other)).is_some_and(|(one, other)| alike(one, other))
            });
            if let Some(found) = found {
                pairs.push((Some(*rank), Some(new.remove(found))));
            }
            found.is_none()
        });
    }
    pairs.extend(old.into_iter().map(|rank| (Some(rank), None)));
    pairs.extend(new.into_iter().map(|rank| (None, Some(rank))));
    pairs.sort_unstable_by_key(|(old, new)| (new.or(*old), *old));
    pairs
}

/// Each rule is a reason of its own: one more restricts.
pub(super) fn rules(before: &Policy, after: &Policy, _: &Context<'_>) -> Vec<Change> {
    let (old, new) = (&before.approval_rules, &after.approval_rules);
    let path = Path::of("approval_rules");
    let mut changes = Vec::new();
    for (was, is) in pairs(old, new) {
        let rule = |list: &'_ [ApprovalRule], rank: Option<usize>| rank.and_then(|rank| list.get(rank)).cloned();
        let (was_rank, is_rank) = (was.or(is).unwrap_or_default(), is.or(was).unwrap_or_default());
        let at = path.item(was_rank, is_rank);
        match (rule(old, was), rule(new, is)) {
            (Some(one), Some(other)) => changes.extend(rule_changes(&at, &one, &other, after)),
            (Some(one), None) => {
                changes.push(Change::new(&at, Some(approval_rule(&one)), None, Direction::Loosening));
            }
            (None, Some(other)) => {
                changes.push(Change::new(&at, None, Some(approval_rule(&other)), Direction::Tightening));
            }
            (None, None) => {}
        }
    }
    if changes.is_empty() {
        // The same rules in another order.
        let write = |rules: &[ApprovalRule]| rules.iter().map(approval_rule).collect::<Value>();
        changes.extend(one(&path, write(old), write(new), Direction::Neutral));
    }
    changes
}

fn rule_changes(path: &Path, before: &ApprovalRule, after: &ApprovalRule, policy: &Policy) -> Vec<Change> {
    let mut changes = Vec::new();
    if before.name != after.name {
        changes.extend(one(&path.key("name"), json!(before.name), json!(after.name), Direction::Neutral));
    }
    changes.extend(when(&path.key("when"), &before.when, &after.when));
    if before.approvers != after.approvers {
        changes.extend(approvers(
            &path.key("approvers"),
            &before.approvers,
            &after.approvers,
            &policy.default_approvers,
        ));
    }
    if before.required != after.required {
        let direction = Direction::Tightening.of(&before.required, &after.required);
        changes.extend(one(&path.key("required"), before.required, after.required, direction));
    }
    if before.timeout_seconds != after.timeout_seconds {
        let seconds = |own: Option<u64>| own.unwrap_or(policy.approval_timeout_seconds);
        let direction = Direction::Loosening.of(&seconds(before.timeout_seconds), &seconds(after.timeout_seconds));
        let (old, new) = (json!(before.timeout_seconds), json!(after.timeout_seconds));
        changes.extend(one(&path.key("timeout_seconds"), old, new, direction));
    }
    changes
}

/// Approvers of its own, in place of those of the policy.
fn approvers(
    path: &Path,
    before: &BTreeSet<String>,
    after: &BTreeSet<String>,
    default_approvers: &BTreeSet<String>,
) -> Vec<Change> {
    if !before.is_empty() && !after.is_empty() {
        return words(Direction::Loosening).changes(path, before, after);
    }
    let acting = |own: &BTreeSet<String>| if own.is_empty() { default_approvers.clone() } else { own.clone() };
    let (old, new) = (acting(before), acting(after));
    let direction = match (old.is_superset(&new), new.is_superset(&old)) {
        (true, true) => Direction::Neutral,
        _ if old.is_empty() || new.is_empty() => Direction::Both,
        (true, false) => Direction::Tightening,
        (false, true) => Direction::Loosening,
        (false, false) => Direction::Both,
    };
    one(path, json!(before), json!(after), direction)
}

/// What must hold, all of it: a part more asks less often.
fn when(path: &Path, before: &When, after: &When) -> Vec<Change> {
    let mut changes = restricting(Direction::Tightening).optional(
        &path.key("actions"),
        before.actions.as_ref(),
        after.actions.as_ref(),
    );
    changes.extend(words(Direction::Tightening).optional(&path.key("tags"), before.tags.as_ref(), after.tags.as_ref()));
    changes.extend(least(path, "risk_at_least", before.risk_at_least, after.risk_at_least, |risk| json!(risk)));
    changes.extend(least(path, "cost_usd_at_least", before.cost_usd_at_least, after.cost_usd_at_least, |cost| {
        cost.to_json()
    }));
    let (old, new) = (before.data_classification_at_least, after.data_classification_at_least);
    changes.extend(least(path, "data_classification_at_least", old, new, |level| json!(level)));
    let of = |when: &When| when.arguments.clone().unwrap_or_default();
    if before.arguments != after.arguments {
        changes.extend(arguments(&path.key("arguments"), &of(before), &of(after), Direction::Tightening));
    }
    changes
}

/// The least value that asks; none at all asks for every value.
fn least<T: Ord + Copy>(
    path: &Path,
    name: &str,
    before: Option<T>,
    after: Option<T>,
    write: impl Fn(T) -> Value,
) -> Option<Change> {
    // None is less than anything.
    let direction = Direction::Loosening.of(&before, &after);
    (before != after).then(|| Change::new(&path.key(name), before.map(&write), after.map(&write), direction))
}

/// Tests of arguments, all of which must pass; `grow` is what matching more does.
pub(super) fn arguments(
    path: &Path,
    before: &BTreeMap<String, JsonSchema>,
    after: &BTreeMap<String, JsonSchema>,
    grow: Direction,
) -> Vec<Change> {
    let mut changes = Vec::new();
    for name in before.keys().chain(after.keys()).collect::<BTreeSet<_>>() {
        let at = path.key(name);
        let (old, new) = (before.get(name), after.get(name));
        let direction = match (old, new) {
            (Some(old), Some(new)) if old == new => continue,
            // Narrowed means that fewer values are valid.
            (Some(old), Some(new)) => match schema::narrowed(&old.0, &new.0) {
                Direction::Tightening => grow.flip(),
                Direction::Loosening => grow,
                other => other,
            },
            (None, _) => grow.flip(),
            (_, None) => grow,
        };
        let write = |schema: Option<&JsonSchema>| schema.map(|schema| schema.0.clone());
        changes.push(Change::new(&at, write(old), write(new), direction));
    }
    changes
}
