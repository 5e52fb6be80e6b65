//! Who asks for approvals of the same actions. Where several do, all of them must be satisfied: what one of them asks for
//! matters also where the effect stays the same.

use super::Side;
use crate::model::{ActionPattern, Document, DocumentId, Effect, Pattern, Policy, Rule, Scope};

/// Everything that can ask for an approval.
pub(super) struct Asking<'a>(Vec<Asker<'a>>);

/// A part of a policy that asks, or all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    /// `require_approval` with its criteria.
    Criteria,
    /// An approval rule, by its rank.
    Rule(usize),
    /// Any of them.
    Any,
}

struct Asker<'a> {
    /// Its document; none of the default.
    id: Option<&'a DocumentId>,
    /// The part of a policy; none of a rule.
    part: Option<Whose>,
    agents: Option<&'a Pattern>,
    /// Pairs of integration and operation; none: every action.
    actions: Option<Vec<(Option<&'a Pattern>, &'a Pattern)>>,
}

impl<'a> Asking<'a> {
    /// What asks on either side.
    pub fn of(before: &Side<'a>, after: &Side<'a>) -> Self {
        let mut all = Vec::new();
        if [before, after].iter().any(|side| side.default_effect() == Effect::ApprovalRequired) {
            all.push(Asker { id: None, part: None, agents: None, actions: None });
        }
        for document in before.documents.iter().chain(after.documents).filter(|document| document.is_active()) {
            match document {
                Document::Policy(policy) => all.extend(askers(policy)),
                Document::Rule(rule) => all.extend(asker(rule)),
                Document::Exception(_) | Document::Suite(_) => {}
            }
        }
        Self(all)
    }

    /// Whether another part, of this policy or of any document, may ask for an approval of an action that this one asks
    /// for.
    pub fn is_shared(&self, policy: &Policy, whose: Whose) -> bool {
        let own = askers(policy).into_iter().filter(|one| whose == Whose::Any || one.part == Some(whose));
        own.into_iter().any(|one| self.0.iter().any(|other| !one.is(other) && one.meets(other)))
    }
}

impl Asker<'_> {
    fn is(&self, other: &Self) -> bool {
        self.id == other.id && self.part == other.part
    }

    fn meets(&self, other: &Self) -> bool {
        let either = |one: Option<&Pattern>, other: Option<&Pattern>| match (one, other) {
            (Some(one), Some(other)) => one.meets(other),
            _ => true,
        };
        let actions = match (&self.actions, &other.actions) {
            (Some(one), Some(other)) => one.iter().any(|(integration, operation)| {
                other.iter().any(|(theirs, named)| either(*integration, *theirs) && operation.meets(named))
            }),
            _ => true,
        };
        actions && either(self.agents, other.agents)
    }
}

/// The pairs that patterns of actions stand for: by their parts, or as the whole name of an operation.
fn pairs<'a>(patterns: impl IntoIterator<Item = &'a ActionPattern>) -> Vec<(Option<&'a Pattern>, &'a Pattern)> {
    patterns.into_iter().flat_map(|pattern| [pattern.parts(), (None, pattern.whole())]).collect()
}

fn askers(policy: &Policy) -> Vec<Asker<'_>> {
    let agents = if let Scope::Agent(agents) = &policy.scope { Some(agents) } else { None };
    let mut all = Vec::new();
    if policy.require_approval {
        let other = !policy.approval_tags.is_empty()
            || !policy.approval_risk_levels.is_empty()
            || policy.approval_threshold_usd.is_some();
        let by_name = !policy.approval_actions.is_empty() && !other;
        let actions = by_name.then(|| pairs(&policy.approval_actions));
        all.push(Asker { id: Some(&policy.id), part: Some(Whose::Criteria), agents, actions });
    }
    for (rank, rule) in policy.approval_rules.iter().enumerate() {
        let actions = rule.when.actions.as_ref().map(pairs);
        all.push(Asker { id: Some(&policy.id), part: Some(Whose::Rule(rank)), agents, actions });
    }
    all
}

fn asker(rule: &Rule) -> Option<Asker<'_>> {
    let conditions = &rule.conditions;
    let raised = [
        conditions.rate_limit.as_ref().map(|rate| rate.on_exceed),
        conditions.time_restriction.as_ref().map(|time| time.on_violation),
        conditions.cost_threshold.as_ref().map(|cost| cost.on_exceed),
    ];
    let asks = rule.policy_effect == Effect::ApprovalRequired
        || raised.into_iter().flatten().any(|effect| effect == Effect::ApprovalRequired);
    let actions = Some(vec![(Some(&rule.target_integration), &rule.operation)]);
    asks.then_some(Asker { id: Some(&rule.id), part: None, agents: Some(&rule.agent_id), actions })
}
