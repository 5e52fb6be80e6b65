use crate::diag::{Diagnostic, codes};
use crate::effects::Findings;
use crate::lower::Places;
use crate::model::Kind;
use crate::text::Span;

/// Not everything could be compared: then nothing that is not reported is proven.
pub fn lint(places: &Places, found: &Findings) -> Option<Diagnostic> {
    let of_document = || places.iter().next().map(|(_, root)| root);
    let root = places.single(Kind::Settings).or_else(of_document).filter(|_| !found.complete)?;
    let message = "not all rules and entries were compared: there was too much to look at";
    let help = "use patterns with fewer stars; what is reported holds all the same";
    Some(Diagnostic::new(codes::NOT_COMPARED, Span::whole(root.span.file), message).help(help))
}
