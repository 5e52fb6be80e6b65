//! Documents where nothing is read: they look like guardrails and never fire.

use crate::diag::{Diagnostic, Sink, codes};
use crate::model::Kind;
use crate::source::{Content, Format, SourceFile, document_format};
use crate::syntax::{self, DECIDING_KEYS};
use crate::text::{FileId, Span};

/// Warns when a file that is not read looks like a document.
pub fn check(id: FileId, file: &SourceFile) -> Sink {
    let mut sink = Sink::new();
    let Content::Text(text) = &file.content else { return sink };
    if document_format(&file.path).is_none() {
        let message = "the file is not read: its ending is none of .yaml, .yml, .json and .md";
        sink.push(
            Diagnostic::new(codes::STRAY_DOCUMENT, Span::whole(id), message)
                .help("give it one of these endings, or move it"),
        );
        return sink;
    }
    if let Some(help) = misplaced(&file.path) {
        let message = "the file is not read where it lies, or under its name";
        sink.push(Diagnostic::new(codes::WRONG_PLACE, Span::whole(id), message).help(help));
        return sink;
    }
    if matches!(file.format, Format::Markdown | Format::Prose) {
        check_markdown(id, file, text, &mut sink);
        return sink;
    }
    // Reading every file of a repository's root in full would be wasted on nearly all of them.
    if !text.contains("kind") && !DECIDING_KEYS.iter().any(|key| text.contains(key)) {
        return sink;
    }
    for document in syntax::parse(id, file).0 {
        let deciding = document.root.entries().iter().find(|entry| DECIDING_KEYS.contains(&&*entry.key));
        if let Some(entry) = deciding {
            sink.push(stray(entry.key_span));
            continue;
        }
        let kind = document.root.entry("kind");
        if let Some(entry) = kind.filter(|entry| entry.value.text().and_then(Kind::of_document).is_some()) {
            sink.push(stray(entry.value.span));
        }
    }
    sink
}

/// Where a file belongs that governs by its name and has nearly, but not quite, the right one.
fn misplaced(path: &str) -> Option<String> {
    if path.starts_with("environments/") {
        return Some("an environment is a file `environments/<name>.yaml`".to_owned());
    }
    let (stem, _) = path.rsplit_once('.')?;
    let name = ["policyc", "catalog", "identities"].into_iter().find(|name| stem.eq_ignore_ascii_case(name))?;
    Some(format!("name it `{name}.yaml`"))
}

fn check_markdown(id: FileId, file: &SourceFile, text: &str, sink: &mut Sink) {
    if file.path.ends_with("README.md") && file.path != "README.md" {
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let info = line.trim_start().trim_start_matches(['`', '~']).trim();
            if matches!(info, "yaml policy" | "json policy") && line.trim_start().starts_with(['`', '~']) {
                let message = "a README.md is for people: its policy blocks are not read";
                let span = Span::new(id, at, at + line.trim_end().len());
                sink.push(
                    Diagnostic::new(codes::HIDDEN_BLOCK, span, message)
                        .help("move the block into a file of another name"),
                );
            }
            at += line.len();
        }
        return;
    }
    let front = text.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---")).map(|(front, _)| front);
    let mut at = 4;
    for line in front.unwrap_or_default().split_inclusive('\n') {
        let kind = line.strip_prefix("kind:").map(|kind| kind.trim().trim_matches(['"', '\'']));
        if kind.and_then(Kind::of_document).is_some() {
            sink.push(stray(Span::new(id, at, at + line.trim_end().len())));
        }
        at += line.len();
    }
}

fn stray(at: Span) -> Diagnostic {
    Diagnostic::new(codes::STRAY_DOCUMENT, at, "this looks like a document and is not read here")
        .help("move it to `catalog.yaml`, `identities.yaml`, `environments/` or a folder named under `documents` in policyc.yaml")
}
