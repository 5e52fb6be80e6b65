use crate::model::{Bundle, Conditions, CostThreshold, Exception};

/// The bundle without what hangs on earlier actions or on a service: budgets, rate limits, evidence, grounding, costs of an
/// hour, webhooks. Exceptions for a number of uses hold as if none were used.
#[must_use]
pub fn stateless(bundle: &Bundle) -> Bundle {
    with_uses_left(bundle, |_| true)
}

/// Like [`stateless`], where some of the exceptions for a number of uses have uses left and the others are used up.
#[must_use]
pub fn with_uses_left(bundle: &Bundle, has_left: impl Fn(&Exception) -> bool) -> Bundle {
    let mut bundle = counting(bundle);
    bundle.exceptions.retain(|exception| exception.max_uses.is_none() || has_left(exception));
    for exception in &mut bundle.exceptions {
        exception.max_uses = None;
    }
    bundle
}

/// Like [`stateless`], with the numbers of uses.
pub(super) fn counting(bundle: &Bundle) -> Bundle {
    let mut bundle = bundle.clone();
    for policy in &mut bundle.policies {
        (policy.session_budget, policy.run_budget) = (None, None);
        policy.action_budgets.clear();
        policy.rate_limits.clear();
        policy.evidence_requirements.clear();
        policy.evidence_max_age_seconds.clear();
        policy.grounding_rules.clear();
    }
    for rule in &mut bundle.rules {
        let Conditions { rate_limit, webhook_check, cost_threshold, .. } = &mut rule.conditions;
        (*rate_limit, *webhook_check) = (None, None);
        let alone = cost_threshold.take().filter(|cost| cost.max_cost_per_action.is_some());
        *cost_threshold = alone.map(|cost| CostThreshold { max_cost_per_hour: None, ..cost });
    }
    bundle
}

/// Both sides of a change without what hangs on earlier actions.
#[derive(Debug, Clone)]
pub struct Stateless {
    /// While exceptions for a number of uses have uses left: base and head.
    pub left: [Bundle; 2],
    /// Once they are used up, if there are any.
    pub used_up: Option<[Bundle; 2]>,
}

impl Stateless {
    /// Of two bundles.
    #[must_use]
    pub fn of(base: &Bundle, head: &Bundle) -> Self {
        let sides = [base, head];
        let counts = sides.iter().any(|side| side.exceptions.iter().any(|one| one.max_uses.is_some()));
        let used_up = counts.then(|| sides.map(|side| with_uses_left(side, |_| false)));
        Self { left: sides.map(stateless), used_up }
    }
}
