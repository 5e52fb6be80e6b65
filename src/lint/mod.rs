//! Floor 9: what is likely a mistake, one file a lint. A lint sees meanings and points at parts of documents by
//! their ids; [`crate::lower::Places`] finds the text. Most look at one document; those in `regions` look at everything that
//! decides.

mod cover;
mod empty_policy;
mod evidence_never_counts;
mod expired_exception;
mod idle_exception;
mod overlap;
mod reason_never_given;
mod regions;
mod repeated_entry;
mod risk_gap;

use rayon::prelude::*;

use crate::diag::{Diagnostic, Sink};
use crate::lower::Places;
use crate::model::{Document, DocumentId, Time};
use crate::syntax::Step;
use crate::text::Span;
pub use regions::regions;

/// What lints look at.
pub struct View<'a> {
    /// The documents that could be understood, sorted by id.
    pub documents: &'a [Document],
    /// Where they stand.
    pub places: &'a Places,
    /// Whether nothing is in error: what seems to be missing may stand where nothing could be read.
    pub sound: bool,
    /// The moment at which expiry is judged; unknown: it is not judged.
    pub now: Option<Time>,
}

impl View<'_> {
    fn span(&self, id: &DocumentId, path: &[Step]) -> Option<Span> {
        self.places.span(id, path)
    }

    fn key_span(&self, id: &DocumentId, path: &[Step]) -> Option<Span> {
        self.places.key_span(id, path)
    }

    fn find(&self, id: &DocumentId) -> Option<&Document> {
        let at = self.documents.binary_search_by(|document| document.id().cmp(id)).ok()?;
        self.documents.get(at)
    }

    /// The items of a list as written, with their places.
    fn written(&self, id: &DocumentId, key: &str) -> Vec<(&str, Span)> {
        let items = self.places.root(id).and_then(|root| root.get(key)).map(crate::syntax::Node::items);
        items.unwrap_or_default().iter().filter_map(|item| Some((item.text()?, item.span))).collect()
    }
}

/// A lint looks at one document, and at the others where it must.
type Lint = fn(&View<'_>, &Document) -> Vec<Diagnostic>;

/// Every lint.
const LINTS: &[Lint] = &[
    empty_policy::lint,
    evidence_never_counts::lint,
    expired_exception::lint,
    idle_exception::lint,
    overlap::lint,
    reason_never_given::lint,
    repeated_entry::lint,
    risk_gap::lint,
];

/// Runs every lint over every document.
#[must_use]
pub fn run(view: &View<'_>) -> Sink {
    let look = |document| LINTS.iter().flat_map(|lint| lint(view, document)).collect();
    let found: Vec<Vec<Diagnostic>> = view.documents.par_iter().map(look).collect();
    let mut sink = Sink::new();
    found.into_iter().flatten().for_each(|found| sink.push(found));
    sink
}
