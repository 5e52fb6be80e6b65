use super::View;
use crate::diag::{Diagnostic, codes};
use crate::model::{ActionPattern, Document, Polarity};

/// An entry of `allowed_actions` that the same policy denies whole: it reads as allowed and never is.
pub fn lint(view: &View<'_>, document: &Document) -> Vec<Diagnostic> {
    let Document::Policy(policy) = document else { return Vec::new() };
    let allowed = policy.allowed_actions.iter().flatten();
    let mut found = Vec::new();
    for entry in allowed {
        let Some(denied) = policy.denied_actions.iter().find(|denied| denied.covers(entry, Polarity::Permits)) else {
            continue;
        };
        let place = |key: &str, pattern: &ActionPattern| {
            let items = view.written(&policy.id, key);
            items.into_iter().find(|(text, _)| ActionPattern::parse(text).as_ref() == Ok(pattern)).map(|(_, span)| span)
        };
        let Some(span) = place("allowed_actions", entry) else { continue };
        found.push(
            Diagnostic::new(
                codes::OVERLAP,
                span,
                format!("`{entry}` is allowed and denied by the same policy: it is denied"),
            )
            .and(place("denied_actions", denied), "denied here")
            .help("remove one of the two"),
        );
    }
    found
}
