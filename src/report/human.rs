//! For people: snippets with labels, through miette.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, ReportHandler, SourceCode, ThemeCharacters,
    ThemeStyles,
};

use super::visible::{VisibleSource, visible_line};
use crate::diag::{Diagnostic, Failure, Severity};
use crate::source::SourceSet;
use crate::text::{FileId, Span};

/// Renders findings, each with the text it speaks of.
#[must_use]
pub fn human(found: &[Diagnostic], sources: &SourceSet, colour: bool, width: usize) -> String {
    let spans =
        found.iter().flat_map(|found| std::iter::once(found.span).chain(found.labels.iter().map(|label| label.span)));
    let mut places: HashMap<FileId, Vec<usize>> = HashMap::new();
    spans.for_each(|span| places.entry(span.file).or_default().push(span.start as usize));
    let mut shown = Shown { places, ..Shown::new(sources) };
    let handler = handler(colour, width);
    let mut text = String::new();
    for diagnostic in found {
        let snippet = shown.snippet(diagnostic);
        // Formatting into a String cannot fail.
        let _ = fmt::Write::write_fmt(&mut text, format_args!("{}\n", Rendered(&handler, &snippet)));
    }
    text
}

/// Renders a failure of the world.
#[must_use]
pub fn failure(failure: &Failure, colour: bool, width: usize) -> String {
    let snippet = Snippet {
        code: format!("{} {}", failure.code.id(), failure.code.name()),
        severity: Severity::Error,
        message: visible_line(&failure.message),
        help: failure.help.as_deref().map(visible_line),
        source: None,
        labels: Vec::new(),
        related: Vec::new(),
    };
    format!("{}\n", Rendered(&handler(colour, width), &snippet))
}

fn handler(colour: bool, width: usize) -> GraphicalReportHandler {
    let styles = if colour { ThemeStyles::ansi() } else { ThemeStyles::none() };
    let theme = GraphicalTheme { characters: ThemeCharacters::unicode(), styles };
    GraphicalReportHandler::new_themed(theme).with_width(width).with_links(false).with_context_lines(1)
}

struct Rendered<'a>(&'a GraphicalReportHandler, &'a Snippet);

impl fmt::Display for Rendered<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        ReportHandler::debug(self.0, self.1, f)
    }
}

type Source = Arc<(NamedSource<String>, VisibleSource)>;

/// Something told at lines of documents that is no finding.
pub struct Told<'t> {
    /// What is told.
    pub title: String,
    /// How it is marked.
    pub severity: Severity,
    /// The places, the main one first, each with its label.
    pub places: Vec<(Span, &'t str)>,
    /// What to do.
    pub help: Option<String>,
}

/// Texts made visible, each once.
pub struct Shown<'a> {
    sources: &'a SourceSet,
    /// Where findings and labels begin, by file.
    places: HashMap<FileId, Vec<usize>>,
    texts: HashMap<FileId, Source>,
}

impl<'a> Shown<'a> {
    /// Nothing shown yet.
    pub fn new(sources: &'a SourceSet) -> Self {
        Self { sources, places: HashMap::new(), texts: HashMap::new() }
    }

    /// Renders something that is no finding.
    pub fn note(&mut self, told: &Told<'_>, colour: bool, width: usize) -> String {
        let Some((first, _)) = told.places.first() else { return String::new() };
        let file = first.file;
        for (span, _) in &told.places {
            self.places.entry(span.file).or_default().push(span.start as usize);
        }
        let source = self.source(file);
        let places = told.places.iter().filter(|(span, _)| span.file == file).enumerate();
        let labels = places.map(|(rank, (span, text))| label(&source, *span, text, rank == 0)).collect();
        let snippet = Snippet {
            code: String::new(),
            severity: told.severity,
            message: visible_line(&told.title),
            help: told.help.as_deref().map(visible_line),
            source: Some(source),
            labels,
            related: Vec::new(),
        };
        format!("{}\n", Rendered(&handler(colour, width), &snippet))
    }

    fn source(&mut self, file: FileId) -> Source {
        let sources = self.sources;
        let places = self.places.get(&file).map_or(&[][..], Vec::as_slice);
        let make = || {
            let shown = VisibleSource::new(sources.text(file), places);
            Arc::new((NamedSource::new(visible_line(sources.path(file)), shown.text.clone()), shown))
        };
        Arc::clone(self.texts.entry(file).or_insert_with(make))
    }

    fn snippet(&mut self, found: &Diagnostic) -> Snippet {
        let file = found.span.file;
        let source = self.source(file);
        let (here, elsewhere): (Vec<_>, Vec<_>) = found.labels.iter().partition(|label| label.span.file == file);
        let mut labels = vec![label(&source, found.span, &found.label, true)];
        labels.extend(here.into_iter().map(|other| label(&source, other.span, &other.message, false)));
        let related = elsewhere.into_iter().map(|other| self.related(other.span, &other.message)).collect();
        Snippet { source: Some(source), labels, related, ..Snippet::new(found) }
    }

    fn related(&mut self, span: Span, message: &str) -> Snippet {
        let source = self.source(span.file);
        let labels = vec![label(&source, span, "", true)];
        let (code, message) = (String::new(), visible_line(message));
        Snippet {
            code,
            severity: Severity::Note,
            message,
            help: None,
            source: Some(source),
            labels,
            related: Vec::new(),
        }
    }
}

fn label(source: &Source, span: Span, message: &str, primary: bool) -> LabeledSpan {
    let (start, end) = (source.1.offset(span.start as usize), source.1.offset(span.end as usize));
    // A place that runs over lines is shown by its first line: what is wrong begins there.
    let end = source.1.text.get(start..end).and_then(|text| text.find('\n')).map_or(end, |at| start + at);
    let message = Some(visible_line(message)).filter(|message| !message.is_empty());
    let length = end.saturating_sub(start);
    if primary {
        LabeledSpan::new_primary_with_span(message, (start, length))
    } else {
        LabeledSpan::new_with_span(message, (start, length))
    }
}

struct Snippet {
    code: String,
    severity: Severity,
    message: String,
    help: Option<String>,
    source: Option<Source>,
    labels: Vec<LabeledSpan>,
    related: Vec<Self>,
}

impl Snippet {
    /// What a finding says, without its place.
    fn new(found: &Diagnostic) -> Self {
        Self {
            code: format!("{} {}", found.code.id(), found.code.name()),
            severity: found.severity(),
            message: visible_line(&found.message),
            help: found.help.as_deref().map(visible_line),
            source: None,
            labels: Vec::new(),
            related: Vec::new(),
        }
    }
}

impl fmt::Debug for Snippet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Display for Snippet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Snippet {}

impl miette::Diagnostic for Snippet {
    fn code(&self) -> Option<Box<dyn fmt::Display + '_>> {
        (!self.code.is_empty()).then(|| Box::new(&self.code) as Box<dyn fmt::Display>)
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
            Severity::Note => miette::Severity::Advice,
        })
    }

    fn help(&self) -> Option<Box<dyn fmt::Display + '_>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| &source.0 as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        (!self.labels.is_empty()).then(|| Box::new(self.labels.iter().cloned()) as Box<dyn Iterator<Item = _>>)
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn miette::Diagnostic> + 'a>> {
        let all = self.related.iter().map(|related| related as &dyn miette::Diagnostic);
        (!self.related.is_empty()).then(|| Box::new(all) as Box<dyn Iterator<Item = _>>)
    }
}
