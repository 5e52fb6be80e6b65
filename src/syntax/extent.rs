//! Which part of a file is one of its documents, with the comments that belong to it.

use std::ops::Range;

use super::Document;
use crate::source::Format;

/// The bytes of a document in the text of its file. A document that is alone is the whole file; one of several in YAML
/// reaches from its `---` to the next, one of several in JSON is its object.
#[must_use]
pub fn extent(text: &str, format: Format, documents: &[Document], rank: usize) -> Range<usize> {
    let Some(document) = documents.get(rank).filter(|_| documents.len() > 1) else { return 0..text.len() };
    let span = document.root.span.range();
    if format != Format::Yaml {
        return span;
    }
    let before = rank.checked_sub(1).and_then(|before| documents.get(before));
    let from = before.map_or(0, |before| before.root.span.range().end);
    let start = markers(text, from..span.start).last().map_or(0, |marker| after_marker(text, marker));
    let next = documents.get(rank + 1).map_or(text.len(), |next| {
        let gap = span.end..next.root.span.range().start;
        markers(text, gap).last().unwrap_or(text.len())
    });
    start..next.max(start)
}

/// The text of a document as it stands in its file.
#[must_use]
pub fn own_text<'t>(text: &'t str, format: Format, documents: &[Document], rank: usize) -> &'t str {
    text.get(extent(text, format, documents, rank)).unwrap_or_default()
}

/// The text of a file in which one document is replaced by another text.
#[must_use]
pub fn with_document(text: &str, format: Format, documents: &[Document], rank: usize, new: &str) -> String {
    let range = extent(text, format, documents, rank);
    let (before, after) = (text.get(..range.start).unwrap_or_default(), text.get(range.end..).unwrap_or_default());
    // The next `---` needs a line of its own.
    let gap = if format == Format::Yaml && !after.is_empty() && !new.ends_with('\n') { "\n" } else { "" };
    format!("{before}{new}{gap}{after}")
}

/// Where lines that begin a document stand in a part of a YAML file.
fn markers(text: &str, part: Range<usize>) -> impl Iterator<Item = usize> {
    let found = text.get(part.clone()).unwrap_or_default();
    found.match_indices("---").map(move |(at, _)| part.start + at).filter(|at| {
        let line_start =
            *at == 0 || text.get(..*at).is_some_and(|before| before.ends_with('\n') || before == "\u{feff}");
        let ends = text.get(at + 3..).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']));
        line_start && ends
    })
}

/// Where what follows a marker begins: on the next line, unless the document begins on the marker's own.
fn after_marker(text: &str, marker: usize) -> usize {
    let rest = text.get(marker + 3..).unwrap_or_default();
    let line = rest.find('\n').map_or(rest.len(), |end| end + 1);
    let bare = rest.get(..line).is_some_and(|line| line.trim().is_empty());
    if bare { marker + 3 + line } else { marker + 3 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Content, SourceSet};

    fn parts(text: &str, format: Format) -> Vec<String> {
        let sources = SourceSet::single("a", format, Content::decode(text.as_bytes().to_vec()));
        let (id, file) = sources.iter().next().unwrap();
        let (documents, sink) = crate::syntax::parse(id, file);
        assert!(!sink.has_errors(), "{text}");
        (0..documents.len()).map(|rank| own_text(text, format, &documents, rank).to_owned()).collect()
    }

    #[test]
    fn documents_of_a_file_keep_their_comments() {
        let text = "# file\na: 1 # one\n# end of one\n---\n# two\nb: |\n  --- not a marker\n\n---  \nc: 3\n";
        assert_eq!(
            parts(text, Format::Yaml),
            ["# file\na: 1 # one\n# end of one\n", "# two\nb: |\n  --- not a marker\n\n", "c: 3\n"]
        );
        assert_eq!(parts("---\na: 1\n--- {b: 2}\n", Format::Yaml), ["a: 1\n", " {b: 2}\n"]);
        assert_eq!(parts("# x\na: 1\n", Format::Yaml), ["# x\na: 1\n"]);
        assert_eq!(parts(r#"[{"a": 1}, {"b": 2} ]"#, Format::Json), [r#"{"a": 1}"#, r#"{"b": 2}"#]);
    }

    #[test]
    fn a_document_is_replaced_and_nothing_else_changes() {
        let text = "# one\na: 1\n---\nb: 2\n";
        let sources = SourceSet::single("a", Format::Yaml, Content::decode(text.as_bytes().to_vec()));
        let (id, file) = sources.iter().next().unwrap();
        let (documents, _) = crate::syntax::parse(id, file);
        assert_eq!(with_document(text, Format::Yaml, &documents, 0, "# old\na: 0"), "# old\na: 0\n---\nb: 2\n");
        assert_eq!(with_document(text, Format::Yaml, &documents, 1, "b: 0\n"), "# one\na: 1\n---\nb: 0\n");
    }
}
