use super::View;
use crate::diag::{Diagnostic, codes};
use crate::model::Document;

/// An exception that has ended lifts nothing any more.
pub fn lint(view: &View<'_>, document: &Document) -> Vec<Diagnostic> {
    let Document::Exception(exception) = document else { return Vec::new() };
    let (Some(now), Some(end)) = (view.now, exception.expires_at) else { return Vec::new() };
    let span = view.span(&exception.id, &["expires_at".into()]);
    let (true, Some(span)) = (end <= now, span) else { return Vec::new() };
    let message = format!("the exception has ended: it expired at {end}, judged at {now}");
    vec![Diagnostic::new(codes::EXPIRED, span, message).help("remove it, or give it a new end if it is still needed")]
}
