use super::View;
use super::reason_never_given::gives;
use crate::diag::{Diagnostic, codes};
use crate::model::{Document, Reason};

/// The reasons that a policy can give, one for each thing it can say.
const REASONS: [Reason; 8] = [
    Reason::DeniedAction,
    Reason::NotInAllowlist,
    Reason::RateLimited,
    Reason::BudgetExceeded,
    Reason::MissingEvidence,
    Reason::ArgumentConstraint,
    Reason::UngroundedArgument,
    Reason::ApprovalRequired,
];

/// A policy without a single restriction: often what it should say was lost on the way.
pub fn lint(view: &View<'_>, document: &Document) -> Vec<Diagnostic> {
    let Document::Policy(policy) = document else { return Vec::new() };
    let silent = !REASONS.into_iter().any(|reason| gives(policy, reason));
    let Some(span) = view.key_span(&policy.id, &["id".into()]).filter(|_| silent && view.sound) else {
        return Vec::new();
    };
    let help = "add what it denies, limits or asks for, or remove it";
    vec![Diagnostic::new(codes::EMPTY_POLICY, span, format!("the policy `{}` restricts nothing", policy.id)).help(help)]
}
