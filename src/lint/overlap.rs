use super::View;
use super::cover::Cover;
use crate::diag::{Diagnostic, codes};
use crate::model::{ActionPattern, Document, Polarity};
use crate::text::Span;

/// An entry of `allowed_actions` that the same policy denies whole: it reads as allowed and never is.
pub fn lint(view: &View<'_>, document: &Document) -> Vec<Diagnostic> {
    let Document::Policy(policy) = document else { return Vec::new() };
    if policy.denied_actions.is_empty() || policy.allowed_actions.is_none() {
        return Vec::new();
    }
    let entries = |key: &str| -> Vec<(ActionPattern, Span)> {
        let written = view.written(&policy.id, key).into_iter();
        written.filter_map(|(text, span)| Some((ActionPattern::parse(text).ok()?, span))).collect()
    };
    let denied = entries("denied_actions");
    let patterns: Vec<ActionPattern> = denied.iter().map(|(pattern, _)| pattern.clone()).collect();
    let cover = Cover::new(&patterns, Polarity::Permits);
    let mut found = Vec::new();
    for (entry, span) in entries("allowed_actions") {
        if let Some((_, place)) = cover.find(&entry, None).and_then(|rank| denied.get(rank)) {
            let message = format!("`{entry}` is allowed and denied by the same policy: it is denied");
            let diagnostic = Diagnostic::new(codes::OVERLAP, span, message);
            found.push(diagnostic.and(*place, "denied here").help("remove one of the two"));
        }
    }
    found
}
