//! Which parts of a bundle decided something: what tests cover.

use super::call::{Call, name_matches};
use super::decision::{Criteria, Decision, Part, Source};
use super::guard::Guard;
use super::judge::Judge;
use super::known::KnownAction;
use super::told::kind;
use super::tri::Tri;
use super::{Engine, State};
use crate::model::{ActionPattern, DocumentId, Effect, Polarity, Way};

/// A part of a document that can decide something: a rule, an entry of a list, a criterion, a constraint.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Point<'b> {
    /// default, exception, policy or rule.
    pub kind: &'static str,
    /// The document; `None`: the default.
    pub id: Option<&'b DocumentId>,
    /// The part as text, alike for equal parts.
    pub part: String,
    /// The way to it.
    pub way: Vec<Way>,
}

impl<'b> Point<'b> {
    fn new(kind: &'static str, id: Option<&'b DocumentId>, way: Vec<Way>) -> Self {
        let part = way.iter().map(Way::text).collect::<Vec<_>>().join("/");
        Self { kind, id, part, way }
    }
}

fn key(text: &str) -> Way {
    Way::Key(text.to_owned())
}

fn entry(list: &str, text: &(impl ToString + ?Sized)) -> Vec<Way> {
    vec![key(list), Way::Entry(text.to_string())]
}

impl<'b> Engine<'b> {
    /// Every part that can decide something, sorted by kind, id and part.
    #[must_use]
    pub fn points(&self) -> Vec<Point<'b>> {
        let mut points = vec![self.point(Source::Default, Part::DefaultEffect)];
        for statement in self.rules.iter() {
            let conditions = &statement.rule.conditions;
            let mut parts = vec![Part::Effect];
            parts.extend(conditions.rate_limit.as_ref().map(|_| Part::RateCondition));
            parts.extend(conditions.time_restriction.as_ref().map(|_| Part::TimeRestriction));
            parts.extend(conditions.cost_threshold.as_ref().map(|_| Part::CostThreshold));
            points.extend(parts.into_iter().map(|part| self.point(Source::Rule(statement.rank), part)));
        }
        for guard in &self.guards {
            points.extend(self.parts_of(guard));
        }
        for exception in &self.bundle.exceptions {
            points.push(Point::new("exception", Some(&exception.id), vec![key("policy")]));
        }
        points.sort();
        points.dedup();
        points
    }

    fn point(&self, source: Source, part: Part) -> Point<'b> {
        let (kind, id) = (kind(source), self.document(source));
        Point { kind, id, part: self.part(source, part), way: self.way(source, part) }
    }

    fn parts_of(&self, guard: &Guard<'b>) -> Vec<Point<'b>> {
        let policy = guard.policy;
        let mut ways = criteria_of(guard);
        ways.extend(policy.denied_actions.iter().map(|one| entry("denied_actions", one)));
        if let Some(allowed) = &policy.allowed_actions {
            ways.push(vec![key("allowed_actions")]);
            ways.extend(allowed.iter().map(|one| entry("allowed_actions", one)));
        }
        let source = Source::Policy(guard.rank);
        let ranks = |length: usize| 0..u32::try_from(length).unwrap_or(u32::MAX);
        let mut parts: Vec<Part> = Vec::new();
        parts.extend(policy.session_budget.map(|_| Part::SessionBudget));
        parts.extend(policy.run_budget.map(|_| Part::RunBudget));
        parts.extend(ranks(guard.limits.len()).map(Part::Limit));
        parts.extend(ranks(guard.budgets.len()).map(Part::ActionBudget));
        parts.extend(ranks(guard.asks.len()).map(Part::ApprovalRule));
        parts.extend(ranks(guard.evidence.len()).map(Part::Evidence));
        parts.extend(ranks(guard.constraints.len()).map(Part::Constraint));
        parts.extend(ranks(guard.groundings.len()).map(Part::Grounding));
        let named = ways.into_iter().map(|way| Point::new("policy", Some(&policy.id), way));
        named.chain(parts.into_iter().map(|part| self.point(source, part))).collect()
    }

    /// The parts that surely had a say in a decision. A list has one when it stops an action, its entry when it lets
    /// one pass.
    #[must_use]
    pub fn touched(&self, decision: &Decision, call: &Call<'_>) -> Vec<Point<'b>> {
        let mut points = Vec::new();
        for cause in decision.causes.iter().filter(|cause| cause.certain) {
            let of = |way| Point::new(kind(cause.source), self.document(cause.source), way);
            match (cause.part, self.guard_of(cause.source)) {
                (Part::Denied(_), Some(guard)) => {
                    let all = matching(guard.denied.iter().copied(), call, Polarity::Restricts);
                    points.extend(all.map(|one| of(entry("denied_actions", one))));
                }
                (Part::Approval(criteria), Some(guard)) => {
                    points.extend(self.criteria_met(guard, criteria, call).into_iter().map(of));
                }
                (part, _) => points.push(self.point(cause.source, part)),
            }
        }
        let exceptions = decision.lifted.iter().filter(|lifted| lifted.certain);
        let ids = exceptions.filter_map(|lifted| self.bundle.exceptions.get(lifted.exception as usize));
        points.extend(ids.map(|exception| Point::new("exception", Some(&exception.id), vec![key("policy")])));
        points.extend(self.let_pass(decision, call));
        points.sort();
        points.dedup();
        points
    }

    /// The entries of lists of allowed actions that let an action pass which nothing denied.
    fn let_pass(&self, decision: &Decision, call: &Call<'_>) -> Vec<Point<'b>> {
        if decision.effect == Effect::Deny {
            return Vec::new();
        }
        let state = State::new(self);
        // Whom a policy is for hangs on the caller, not on what is done.
        let judge = Judge::new(self, &state.memory, call, None, false);
        let mut points = Vec::new();
        for guard in self.guards.iter().filter(|guard| judge.scope(guard).is_sure()) {
            let all = matching(guard.policy.allowed_actions.iter().flatten(), call, Polarity::Permits);
            points.extend(all.map(|one| Point::new("policy", Some(&guard.policy.id), entry("allowed_actions", one))));
        }
        points
    }

    fn criteria_met(&self, guard: &Guard<'b>, criteria: Criteria, call: &Call<'_>) -> Vec<Vec<Way>> {
        let policy = guard.policy;
        let catalog = self.catalog();
        let known = KnownAction::new(catalog, call.integration, &call.operation);
        let mut ways = Vec::new();
        if criteria.everything {
            ways.push(vec![key("require_approval")]);
        }
        ways.extend(
            matching(policy.approval_actions.iter(), call, Polarity::Restricts)
                .map(|one| entry("approval_actions", one)),
        );
        let tags = policy.approval_tags.iter().filter(|tag| known.has_tag(call, tag).is_sure());
        ways.extend(tags.map(|tag| entry("approval_tags", tag)));
        let risk = known.risk(call, catalog).filter(|risk| policy.approval_risk_levels.contains(risk));
        ways.extend(risk.map(|risk| entry("approval_risk_levels", risk.as_str())));
        let cost = known.cost(call, catalog);
        if policy.approval_threshold_usd.is_some_and(|least| cost.is_some_and(|cost| cost >= least)) {
            ways.push(vec![key("approval_threshold_usd")]);
        }
        ways
    }
}

fn criteria_of(guard: &Guard<'_>) -> Vec<Vec<Way>> {
    let policy = guard.policy;
    if !policy.require_approval {
        return Vec::new();
    }
    let mut ways: Vec<Vec<Way>> = policy.approval_actions.iter().map(|one| entry("approval_actions", one)).collect();
    ways.extend(policy.approval_tags.iter().map(|tag| entry("approval_tags", tag)));
    ways.extend(policy.approval_risk_levels.iter().map(|risk| entry("approval_risk_levels", risk.as_str())));
    ways.extend(policy.approval_threshold_usd.map(|_| vec![key("approval_threshold_usd")]));
    if ways.is_empty() {
        ways.push(vec![key("require_approval")]);
    }
    ways
}

/// The patterns that surely match an action.
fn matching<'p>(
    patterns: impl Iterator<Item = &'p ActionPattern>,
    call: &Call<'_>,
    polarity: Polarity,
) -> impl Iterator<Item = &'p ActionPattern> {
    patterns.filter(move |pattern| name_matches(call.integration, &call.operation, pattern, polarity) == Tri::True)
}
