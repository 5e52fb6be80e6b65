use super::View;
use crate::diag::{Diagnostic, codes};
use crate::model::Document;

/// An exception from what is switched off lifts nothing, and comes alive unseen when it is switched on again.
pub fn lint(view: &View<'_>, document: &Document) -> Vec<Diagnostic> {
    let Document::Exception(exception) = document else { return Vec::new() };
    let Some(target) = view.find(&exception.policy).filter(|target| !target.is_active()) else { return Vec::new() };
    let Some(span) = view.span(&exception.id, &["policy".into()]) else { return Vec::new() };
    let switch = if matches!(target, Document::Policy(_)) { "enabled" } else { "is_active" };
    let message = format!("`{}` is switched off, so the exception lifts nothing", exception.policy);
    vec![
        Diagnostic::new(codes::IDLE_EXCEPTION, span, message)
            .and(view.key_span(target.id(), &[switch.into()]), "switched off here")
            .help("remove the exception: it would come alive again together with what it is from"),
    ]
}
