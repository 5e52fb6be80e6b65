use serde_json::{Value, json};

use super::fingerprint::Fingerprints;
use crate::diag::{Diagnostic, Severity};
use crate::report::findings::Places;
use crate::report::visible::visible_line;
use crate::source::SourceSet;

/// Findings as GitLab's code quality report: a list of issues. `prefix` leads from the top of the Git repository to the policy
/// repository.
#[must_use]
pub fn code_quality(found: &[Diagnostic], sources: &SourceSet, prefix: &str) -> Value {
    let mut places = Places::new(sources);
    let mut fingerprints = Fingerprints::default();
    let issue = |found: &Diagnostic| {
        let finding = places.finding(found);
        let path = format!("{prefix}{}", finding.place.file);
        let fingerprint = fingerprints.of(found, &finding, &path, sources);
        json!({
            "description": visible_line(&format!("{} {}: {}", finding.code, finding.name, finding.message)),
            "check_name": finding.code,
            "fingerprint": fingerprint,
            "severity": severity(found.severity()),
            "location": {"path": path, "lines": {"begin": finding.place.line, "end": finding.place.end_line}},
        })
    };
    Value::Array(found.iter().map(issue).collect())
}

/// GitLab knows info, minor, major, critical and blocker.
fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "blocker",
        Severity::Warning => "major",
        Severity::Note => "info",
    }
}
