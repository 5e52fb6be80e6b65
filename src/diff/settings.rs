//! What decides and is no region of actions: how much, how often, until when and by whom. Whoever tells which actions a
//! change permits tells these beside it.

use std::collections::BTreeSet;

use super::asking::{Asking, Whose};
use super::change::Path;
use super::context::Context;
use super::fields::{self, ByField, one};
use super::scoped;
use super::{Change, Direction, Side, by_identity, catalog_settings, exception};
use crate::canon;
use crate::model::{Document, DocumentId, Exception, Kind, Policy, Reason, Rule};
use crate::syntax::Step;

/// A setting that is not the same on two sides.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    /// The kind of its document.
    pub kind: Kind,
    /// The document; none of the catalog and the settings.
    pub id: Option<DocumentId>,
    /// What changed. Its direction says what it does beside the regions: of a rule or an exception that came or went as a
    /// whole, what permits more or less stands there.
    pub change: Change,
    /// What it holds for, in words.
    pub scope: String,
}

/// The settings that are not the same on two sides: of documents on both, and of documents that came, went, or were
/// switched on or off. What changes no decision is left out.
#[must_use]
pub fn settings(before: &Side<'_>, after: &Side<'_>) -> Vec<Setting> {
    let cx = Context::new(before, after);
    let asking = Asking::of(before, after);
    let (old, new) = (by_identity(before.documents), by_identity(after.documents));
    let mut all = Vec::new();
    for identity in old.keys().chain(new.keys()).copied().collect::<BTreeSet<_>>() {
        let pair = (old.get(&identity).copied(), new.get(&identity).copied());
        all.extend(of_document(pair, &cx, &asking));
    }
    all.extend(catalog_settings::of((before, after), &cx, &asking));
    let (ttl, new_ttl) = (before.settings.session_ttl, after.settings.session_ttl);
    let direction = Direction::Loosening.of(&ttl, &new_ttl);
    let change = one(&Path::of("defaults").key("session_ttl"), ttl, new_ttl, direction);
    let scope = "every approval that a rule asks for without a duration of its own";
    all.extend(change.into_iter().filter(Change::is_one).map(|change| Setting {
        kind: Kind::Settings,
        id: None,
        change,
        scope: scope.to_owned(),
    }));
    all
}

/// A document on both sides, as far as it acts there.
fn of_document(
    (before, after): (Option<&Document>, Option<&Document>),
    cx: &Context<'_>,
    asking: &Asking<'_>,
) -> Vec<Setting> {
    let Some(either) = after.or(before) else { return Vec::new() };
    let acts = |document: &&Document| document.is_active();
    let (changes, scope) = match (either, before.filter(acts), after.filter(acts)) {
        (_, None, None) => return Vec::new(),
        (_, Some(one), Some(other)) if one == other => return Vec::new(),
        (Document::Policy(_), old, new) => of_policy((policy_of(old), policy_of(new)), cx, asking),
        (Document::Rule(_), old, new) => of_rule((rule_of(old), rule_of(new)), cx),
        (Document::Exception(_), old, new) => of_exception((exception_of(old), exception_of(new)), cx, asking),
        (Document::Suite(_), ..) => return Vec::new(),
    };
    let setting = |change| Setting { kind: either.kind(), id: Some(either.id().clone()), change, scope: scope.clone() };
    changes.into_iter().map(setting).collect()
}

fn policy_of(document: Option<&Document>) -> Option<&Policy> {
    if let Some(Document::Policy(policy)) = document { Some(policy) } else { None }
}

fn rule_of(document: Option<&Document>) -> Option<&Rule> {
    if let Some(Document::Rule(rule)) = document { Some(rule) } else { None }
}

fn exception_of(document: Option<&Document>) -> Option<&Exception> {
    if let Some(Document::Exception(exception)) = document { Some(exception) } else { None }
}

/// The key at a depth of the way to a change.
pub(super) fn key(change: &Change, depth: usize) -> &str {
    match change.path.get(depth) {
        Some(Step::Key(key)) => key,
        _ => "",
    }
}

type Sides<'d, D> = (Option<&'d D>, Option<&'d D>);

/// The changes of fields, where the side that is not there is taken to be what `bare` leaves of the other.
fn changes<D: ByField>(sides: Sides<'_, D>, bare: impl Fn(&D) -> D, cx: &Context<'_>) -> Vec<Change> {
    match sides {
        (Some(before), Some(after)) => fields::compare(before, after, cx),
        (None, Some(after)) => fields::compare(&bare(after), after, cx),
        (Some(before), None) => fields::compare(before, &bare(before), cx),
        (None, None) => Vec::new(),
    }
}

/// Everything a policy says is a reason of its own, so one that comes restricts with all its settings.
fn of_policy(sides: Sides<'_, Policy>, cx: &Context<'_>, asking: &Asking<'_>) -> (Vec<Change>, String) {
    let (before, after) = sides;
    let all = || before.into_iter().chain(after);
    let mut told = changes(sides, bare_policy, cx);
    told.retain(|change| change.direction != Direction::Neutral && is_of_policy(change, sides, asking));
    let whole = match sides {
        (None, _) => Some(Direction::Tightening),
        (_, None) => Some(Direction::Loosening),
        _ => None,
    };
    if let Some(whole) = whole {
        told = towards(told, |_| whole);
    }
    (told, all().last().map(|policy| scoped::policy(&policy.scope)).unwrap_or_default())
}

/// A policy without its settings.
fn bare_policy(policy: &Policy) -> Policy {
    let mut bare = policy.clone();
    (bare.session_budget, bare.run_budget) = (None, None);
    bare.action_budgets.clear();
    bare.rate_limits.clear();
    bare.evidence_requirements.clear();
    bare.evidence_max_age_seconds.clear();
    bare.evidence_actions.clear();
    bare.grounding_rules.clear();
    bare.approval_rules.clear();
    bare.default_approvers.clear();
    bare
}

fn is_of_policy(change: &Change, sides: Sides<'_, Policy>, asking: &Asking<'_>) -> bool {
    let (before, after) = sides;
    let all = || before.into_iter().chain(after);
    let shared = |whose: Whose| all().any(|policy| asking.is_shared(policy, whose));
    match key(change, 0) {
        "session_budget"
        | "run_budget"
        | "action_budgets"
        | "rate_limits"
        | "evidence_requirements"
        | "evidence_max_age_seconds"
        | "evidence_actions"
        | "grounding_rules"
        | "default_approvers"
        | "approval_timeout_seconds" => true,
        // What it holds for is a region only as far as the policy denies or asks for what is done now.
        "scope" | "target_id" => all().any(counts) || shared(Whose::Any),
        "require_approval"
        | "approval_actions"
        | "approval_tags"
        | "approval_risk_levels"
        | "approval_threshold_usd" => shared(Whose::Criteria),
        "approval_rules" => match key(change, 2) {
            "approvers" | "required" | "timeout_seconds" => true,
            "" if change.before.is_none() => true,
            // Who asks instead may ask other people, or fewer.
            _ => shared(Whose::rule(&change.path_before)) || shared(Whose::rule(&change.path)),
        },
        _ => false,
    }
}

/// Whether a policy gives reasons that hang on earlier actions.
pub(super) fn counts(policy: &Policy) -> bool {
    STATEFUL.into_iter().any(|reason| gives(policy, reason))
}

const STATEFUL: [Reason; 5] = [
    Reason::RateLimited,
    Reason::BudgetExceeded,
    Reason::MissingEvidence,
    Reason::StaleEvidence,
    Reason::UngroundedArgument,
];

/// Whether a policy gives a reason that hangs on earlier actions.
fn gives(policy: &Policy, reason: Reason) -> bool {
    match reason {
        Reason::RateLimited => !policy.rate_limits.is_empty(),
        Reason::BudgetExceeded => {
            policy.session_budget.is_some() || policy.run_budget.is_some() || !policy.action_budgets.is_empty()
        }
        Reason::MissingEvidence | Reason::StaleEvidence => !policy.evidence_requirements.is_empty(),
        Reason::UngroundedArgument => !policy.grounding_rules.is_empty(),
        _ => false,
    }
}

/// The conditions of a rule that comes restrict it; what goes with a rule, or makes its approvals longer, does nothing
/// beside what decides in its place.
fn of_rule(sides: Sides<'_, Rule>, cx: &Context<'_>) -> (Vec<Change>, String) {
    let (before, after) = sides;
    let by_hour = before.into_iter().chain(after).any(|rule| {
        rule.conditions.cost_threshold.as_ref().is_some_and(|threshold| threshold.max_cost_per_hour.is_some())
    });
    let mut told = changes(sides, bare_rule, cx);
    told.retain(|change| match (key(change, 0), key(change, 1), key(change, 2)) {
        ("max_session_ttl", ..) | ("conditions", "rate_limit" | "webhook_check", _) => true,
        ("conditions", "cost_threshold", part) => by_hour && part != "max_cost_per_action",
        ("conditions", "time_restriction", part) => part == "timezone",
        _ => false,
    });
    match sides {
        (None, _) => told = towards(told, never_loosening),
        (_, None) => told = towards(told, |_| Direction::Neutral),
        _ => told.retain(|change| change.direction != Direction::Neutral),
    }
    (told, after.or(before).map(scoped::rule).unwrap_or_default())
}

/// The same changes with other directions.
fn towards(changes: Vec<Change>, direction: impl Fn(Direction) -> Direction) -> Vec<Change> {
    changes.into_iter().map(|change| Change { direction: direction(change.direction), ..change }).collect()
}

fn never_loosening(direction: Direction) -> Direction {
    if direction == Direction::Tightening { direction } else { Direction::Neutral }
}

/// A rule without its settings.
fn bare_rule(rule: &Rule) -> Rule {
    let mut bare = rule.clone();
    (bare.conditions.rate_limit, bare.conditions.webhook_check) = (None, None);
    bare.conditions.cost_threshold = None;
    bare.max_session_ttl = None;
    bare
}

/// An exception permits where it holds: that is a region as far as what it lifts is one. How long and how often it holds is
/// told anyway.
fn of_exception(sides: Sides<'_, Exception>, cx: &Context<'_>, asking: &Asking<'_>) -> (Vec<Change>, String) {
    let (before, after) = sides;
    let all = || before.into_iter().chain(after);
    let lifts_more = all().any(|exception| lifts_beside(exception, cx, asking));
    let mut told = changes(sides, bare_exception, cx);
    told.retain(|change| match key(change, 0) {
        "starts_at" | "expires_at" | "max_uses" => true,
        "reason" => false,
        _ => lifts_more,
    });
    match sides {
        (None, _) => told = towards(told, never_loosening),
        (_, None) => told = towards(told, |_| Direction::Neutral),
        _ => told.retain(|change| change.direction != Direction::Neutral),
    }
    let value = |one: &Exception| canon::document(&Document::Exception(one.clone()));
    let whole = match sides {
        (Some(gone), None) => (Some(value(gone)), None, exception::lifts(gone, cx).flip()),
        (None, Some(come)) => (None, Some(value(come)), exception::lifts(come, cx)),
        _ => (None, None, Direction::Neutral),
    };
    if lifts_more && whole.2 != Direction::Neutral {
        told.insert(0, Change::new(&Path::default(), whole.0, whole.1, whole.2));
    }
    (told, all().last().map(scoped::exception).unwrap_or_default())
}

/// An exception without its bounds.
fn bare_exception(exception: &Exception) -> Exception {
    Exception { starts_at: None, expires_at: None, max_uses: None, ..exception.clone() }
}

/// Whether an exception lifts what is no region: a reason that hangs on earlier actions, or an approval that others ask for
/// too.
fn lifts_beside(exception: &Exception, cx: &Context<'_>, asking: &Asking<'_>) -> bool {
    let has = |code| exception.reasons.as_ref().is_none_or(|reasons| reasons.contains(&code));
    cx.versions(&exception.policy).any(|version| match version {
        Document::Policy(policy) => {
            let stateful = STATEFUL.into_iter().any(|reason| has(reason) && gives(policy, reason));
            stateful || has(Reason::ApprovalRequired) && asking.is_shared(policy, Whose::Any)
        }
        Document::Rule(rule) => has(Reason::RuleCondition) && hangs_on_others(rule),
        Document::Exception(_) | Document::Suite(_) => false,
    })
}

/// Whether what a rule says hangs on earlier actions or on a service.
fn hangs_on_others(rule: &Rule) -> bool {
    let conditions = &rule.conditions;
    let by_hour = conditions.cost_threshold.as_ref().is_some_and(|threshold| threshold.max_cost_per_hour.is_some());
    by_hour || conditions.rate_limit.is_some() || conditions.webhook_check.is_some()
}

impl Whose {
    /// The approval rule that a way leads into.
    fn rule(path: &[Step]) -> Self {
        match path.get(1) {
            Some(Step::Index(at)) => Self::Rule(*at),
            _ => Self::Any,
        }
    }
}
