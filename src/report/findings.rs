//! Findings as JSON, `policyc.findings/v1`.

use schemars::JsonSchema;
use serde::Serialize;

use crate::compile::Compilation;
use crate::diag::{Diagnostic, Severity};
use crate::model::Document;
use crate::source::SourceSet;
use crate::text::{LineIndex, Span};

/// All findings of a run.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "policyc findings")]
pub struct Findings {
    /// Always `policyc.findings/v1`.
    pub schema: &'static str,
    /// The findings, sorted by place.
    pub findings: Vec<Finding>,
    /// How many there are, shown or not.
    pub counts: Counts,
    /// What was compiled; null where an error stands in the way.
    pub bundle: Option<BundleSummary>,
}

/// One finding. Lines and columns begin with 1; columns are counted in characters.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Finding {
    /// The code, `PC0204`.
    pub code: &'static str,
    /// Its name, `duplicate-key`.
    pub name: &'static str,
    /// `error`, `warning` or `note`.
    pub severity: &'static str,
    /// What is wrong.
    pub message: String,
    /// The place.
    #[serde(flatten)]
    pub place: Place,
    /// Other places that matter.
    pub labels: Vec<PlaceLabel>,
    /// What to do.
    pub help: Option<String>,
    /// A change that mends it.
    pub fix: Option<PlaceFix>,
}

/// A place in a file.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Place {
    pub file: String,
    pub line: usize,
    pub column: usize,
    pub end_line: usize,
    pub end_column: usize,
}

/// Another place that matters.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PlaceLabel {
    /// What is there.
    pub message: String,
    /// The place.
    #[serde(flatten)]
    pub place: Place,
}

/// A change of the text.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PlaceFix {
    /// What it does.
    pub title: String,
    /// What to put there.
    pub replacement: String,
    /// The place to replace.
    #[serde(flatten)]
    pub place: Place,
}

/// How many findings there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Counts {
    /// Errors.
    pub error: usize,
    /// Warnings.
    pub warning: usize,
    /// Notes.
    pub note: usize,
    /// Findings that are counted here and not listed.
    pub omitted: usize,
}

impl Counts {
    /// Counts findings.
    #[must_use]
    pub fn of(found: &[Diagnostic]) -> Self {
        let count = |severity| found.iter().filter(|found| found.severity() == severity).count();
        Self {
            error: count(Severity::Error),
            warning: count(Severity::Warning),
            note: count(Severity::Note),
            omitted: 0,
        }
    }
}

/// What a compilation came to.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct BundleSummary {
    /// The digest of the canonical bundle.
    pub digest: String,
    /// How many policies there are, enabled or not.
    pub policies: usize,
    /// How many rules there are, active or not.
    pub rules: usize,
    /// How many exceptions there are.
    pub exceptions: usize,
    /// How many suites there are; they are no part of the bundle.
    pub suites: usize,
    /// The effect of an action that no rule matches.
    pub default_effect: crate::model::Effect,
}

impl BundleSummary {
    /// The summary of a compilation; `None` where there is no bundle.
    #[must_use]
    pub fn of(compilation: &Compilation) -> Option<Self> {
        let (bundle, canonical) = (compilation.bundle.as_ref()?, compilation.canonical.as_ref()?);
        let suites = compilation.documents.iter().filter(|document| matches!(document, Document::Suite(_)));
        Some(Self {
            digest: canonical.digest.to_string(),
            policies: bundle.policies.len(),
            rules: bundle.rules.len(),
            exceptions: bundle.exceptions.len(),
            suites: suites.count(),
            default_effect: bundle.defaults.effect,
        })
    }
}

/// A page of a list.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Page {
    /// The documents of this page.
    pub data: Vec<serde_json::Value>,
    /// Which page it is.
    pub pagination: Pagination,
}

/// Which page of a list.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
pub struct Pagination {
    /// How many there are in all.
    pub total: usize,
    /// How many a page holds at most.
    pub limit: usize,
    /// How many were passed over.
    pub offset: usize,
}

/// The findings that are shown, and the count of all.
#[must_use]
pub fn findings(shown: &[Diagnostic], counts: Counts, sources: &SourceSet, bundle: Option<BundleSummary>) -> Findings {
    let mut places = Places::new(sources);
    let findings = shown.iter().map(|found| places.finding(found)).collect();
    Findings { schema: "policyc.findings/v1", findings, counts, bundle }
}

/// Turns spans into lines and columns; remembers the lines of each file.
pub struct Places<'a> {
    sources: &'a SourceSet,
    lines: std::collections::HashMap<crate::text::FileId, LineIndex>,
}

impl<'a> Places<'a> {
    /// Places in a source set.
    pub fn new(sources: &'a SourceSet) -> Self {
        Self { sources, lines: std::collections::HashMap::new() }
    }

    /// The place of a span.
    pub fn place(&mut self, span: Span) -> Place {
        let text = self.sources.text(span.file);
        let lines = self.lines.entry(span.file).or_insert_with(|| LineIndex::new(text));
        let (start, end) = (lines.position(text, span.start as usize), lines.position(text, span.end as usize));
        Place {
            file: self.sources.path(span.file).to_owned(),
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
        }
    }

    /// A finding with its places.
    pub fn finding(&mut self, found: &Diagnostic) -> Finding {
        let labels = found
            .labels
            .iter()
            .map(|label| PlaceLabel { message: label.message.clone(), place: self.place(label.span) });
        let labels = labels.collect();
        let fix = found.fix.as_ref().map(|fix| PlaceFix {
            title: fix.title.clone(),
            replacement: fix.replacement.clone(),
            place: self.place(fix.span),
        });
        Finding {
            code: found.code.id(),
            name: found.code.name(),
            severity: found.severity().as_str(),
            message: found.message.clone(),
            place: self.place(found.span),
            labels,
            help: found.help.clone(),
            fix,
        }
    }
}
