use super::View;
use super::cover::Cover;
use crate::diag::{Diagnostic, codes};
use crate::model::{ActionPattern, Document, Polarity};

/// The lists of actions a policy has.
const LISTS: [(&str, Polarity); 5] = [
    ("denied_actions", Polarity::Restricts),
    ("allowed_actions", Polarity::Permits),
    ("approval_actions", Polarity::Restricts),
    ("commit_actions", Polarity::Restricts),
    ("evidence_actions", Polarity::Permits),
];

/// An entry that another one of the same list covers does nothing; often the wider one was not meant so wide.
pub fn lint(view: &View<'_>, document: &Document) -> Vec<Diagnostic> {
    let Document::Policy(policy) = document else { return Vec::new() };
    let mut found = Vec::new();
    for (list, polarity) in LISTS {
        let entries: Vec<_> = view
            .written(&policy.id, list)
            .into_iter()
            .filter_map(|(text, span)| Some((ActionPattern::parse(text).ok()?, span)))
            .collect();
        let patterns: Vec<ActionPattern> = entries.iter().map(|(pattern, _)| pattern.clone()).collect();
        let cover = Cover::new(&patterns, polarity);
        for (rank, (entry, span)) in entries.iter().enumerate() {
            let covering = cover.find(entry, Some(rank)).and_then(|wider| entries.get(wider));
            if let Some((wider, place)) = covering {
                let message = format!("`{entry}` is already covered by `{wider}` in `{list}`");
                found.push(
                    Diagnostic::new(codes::REPEATED_ENTRY, *span, message)
                        .and(*place, "covered by this")
                        .help("remove it, or narrow the other entry"),
                );
            }
        }
    }
    found
}
