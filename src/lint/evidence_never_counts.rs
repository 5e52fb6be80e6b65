use super::View;
use crate::diag::{Diagnostic, codes};
use crate::model::Document;

/// Where `evidence_actions` is given only those count: a requirement outside them can never be met.
pub fn lint(view: &View<'_>, document: &Document) -> Vec<Diagnostic> {
    let Document::Policy(policy) = document else { return Vec::new() };
    if policy.evidence_actions.is_empty() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (action, required) in &policy.evidence_requirements {
        for evidence in required {
            let counts =
                |counted: &crate::model::ActionPattern| counted.meets(evidence, crate::model::Polarity::Permits);
            if policy.evidence_actions.iter().any(counts) {
                continue;
            }
            let Some(span) = view.span(&policy.id, &["evidence_requirements".into(), action.as_str().into()]) else {
                continue;
            };
            let message = format!("`{evidence}` never counts as evidence, so `{action}` is always denied");
            found.push(
                Diagnostic::new(codes::EVIDENCE_NEVER_COUNTS, span, message)
                    .and(view.key_span(&policy.id, &["evidence_actions".into()]), "only these count")
                    .help(format!("add `{evidence}` to `evidence_actions`")),
            );
        }
    }
    found
}
