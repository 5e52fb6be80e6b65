use super::{Diagnostic, Severity};

/// Collects findings; what it gives back is sorted by place and free of repetitions, so that it does not
/// depend on the order in which the work was done.
#[derive(Debug, Default, Clone)]
pub struct Sink {
    found: Vec<Diagnostic>,
}

impl Sink {
    /// An empty sink.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a finding.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.found.push(diagnostic);
    }

    /// Adds all findings of another sink.
    pub fn append(&mut self, mut other: Self) {
        self.found.append(&mut other.found);
    }

    /// What was added so far, in the order of adding.
    #[must_use]
    pub fn as_slice(&self) -> &[Diagnostic] {
        &self.found
    }

    /// Whether an error is among what was added.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.found.iter().any(|found| found.severity() == Severity::Error)
    }

    /// All findings by file, place, severity, code and message, each once.
    #[must_use]
    pub fn into_sorted(mut self) -> Vec<Diagnostic> {
        self.found.sort_by(|a, b| key(a).cmp(&key(b)));
        self.found.dedup();
        self.found
    }
}

fn key(found: &Diagnostic) -> (crate::text::Span, Severity, &'static str, &str) {
    (found.span, found.severity(), found.code.id(), &found.message)
}
