use std::collections::BTreeMap;

use crate::diag::Diagnostic;
use crate::report::findings::Finding;
use crate::source::SourceSet;
use crate::text::Digest;

/// Gives findings fingerprints: alike for the same code, file and line of text, wherever the line stands; the same thing said
/// twice of lines that read alike is numbered in their order.
#[derive(Default)]
pub struct Fingerprints(BTreeMap<Vec<u8>, usize>);

impl Fingerprints {
    /// The fingerprint of a finding whose place is told with the path from the top of the repository.
    pub fn of(&mut self, found: &Diagnostic, finding: &Finding, path: &str, sources: &SourceSet) -> String {
        let text = sources.text(found.span.file);
        let line = text.lines().nth(finding.place.line.saturating_sub(1)).unwrap_or_default().trim();
        let mut told = [finding.code, path, line].join("\0").into_bytes();
        let seen = self.0.entry(told.clone()).or_default();
        told.extend(format!("\0{seen}").bytes());
        *seen += 1;
        Digest::of(&told).to_string()
    }
}
