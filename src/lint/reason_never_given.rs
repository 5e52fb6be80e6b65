use super::View;
use crate::diag::{Diagnostic, codes};
use crate::model::{Document, Policy, Reason, Rule};

/// An exception that lifts a reason which its policy or rule cannot give, as it is written, lifts nothing.
pub fn lint(view: &View<'_>, document: &Document) -> Vec<Diagnostic> {
    let Document::Exception(exception) = document else { return Vec::new() };
    let Some(target) = view.find(&exception.policy) else { return Vec::new() };
    let mut found = Vec::new();
    for (text, span) in view.written(&exception.id, "reasons") {
        let reason = exception.reasons.iter().flatten().copied().find(|reason| serde_json::json!(reason) == text);
        let given = match (target, reason) {
            (Document::Policy(policy), Some(reason)) => gives(policy, reason),
            (Document::Rule(rule), Some(Reason::RuleCondition)) => escalates(rule),
            _ => true,
        };
        if !given {
            let message = format!("`{}` never gives the reason `{text}` as it is written", exception.policy);
            let diagnostic = Diagnostic::new(codes::REASON_NEVER_GIVEN, span, message);
            let place = view.span(target.id(), &[]);
            found.push(diagnostic.and(place, "it stands here").help("remove the reason, or name one that it gives"));
        }
    }
    found
}

/// Whether a policy has what a reason of SPEC, section 4, comes from.
pub fn gives(policy: &Policy, reason: Reason) -> bool {
    match reason {
        Reason::DeniedAction => !policy.denied_actions.is_empty(),
        Reason::NotInAllowlist => policy.allowed_actions.is_some(),
        Reason::RateLimited => !policy.rate_limits.is_empty(),
        Reason::BudgetExceeded => {
            policy.session_budget.is_some() || policy.run_budget.is_some() || !policy.action_budgets.is_empty()
        }
        Reason::MissingEvidence => !policy.evidence_requirements.is_empty(),
        Reason::StaleEvidence => {
            !policy.evidence_requirements.is_empty() && !policy.evidence_max_age_seconds.is_empty()
        }
        Reason::ArgumentConstraint => !policy.argument_constraints.is_empty(),
        Reason::UngroundedArgument => !policy.grounding_rules.is_empty(),
        Reason::ApprovalRequired => policy.require_approval || !policy.approval_rules.is_empty(),
        // What no policy gives was told when the exception was read.
        _ => true,
    }
}

fn escalates(rule: &Rule) -> bool {
    let conditions = &rule.conditions;
    conditions.rate_limit.is_some()
        || conditions.time_restriction.is_some()
        || conditions.cost_threshold.is_some()
        || conditions.webhook_check.is_some()
}
