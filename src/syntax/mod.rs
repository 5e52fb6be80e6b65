//! Floor 3: YAML, JSON and Markdown become one tree of values with byte-exact places.
//!
//! Reading never fails: what cannot be read is a finding and a [`Value::Broken`] node, so that everything
//! else in the file is still looked at. YAML and JSON have one reader, so they cannot disagree.

mod edit;
mod embed;
mod extent;
mod field;
mod json;
mod markdown;
pub mod prose;
mod rules_list;
mod scalar;
mod tree;
mod yaml;
mod yaml_errors;

use crate::diag::{Diagnostic, Sink, codes};
use crate::source::{Content, Format, SourceFile};
use crate::text::{FileId, Span};
pub use edit::{Refusal, comments, in_flow, rewritten, text_in_flow, without_document};
pub use embed::Embedded;
pub use extent::{extent, own_text, with_document};
pub use field::{Field, Operation, flow_value};
pub use markdown::DECIDING_KEYS;
pub use prose::Prose;
pub use tree::{Entry, Map, Node, Number, Step, Value, counted, shortened, with_article};

/// How deep lists and maps may be nested.
pub const MAX_DEPTH: usize = 64;
/// How many values one file may hold.
pub const MAX_NODES: usize = 100_000;
/// How many values the aliases of one file may stand for.
pub const MAX_ALIASED: usize = 1_000;

/// One document of a file, unread of meaning.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// The values.
    pub root: Node,
    /// Whether the file holds no other document, so that its stem may serve as id.
    pub alone: bool,
    /// Whether something in the file could not be read: a key that seems to be missing may stand there.
    pub doubtful: bool,
    /// What its sentences said; `None` where it has none.
    pub prose: Option<Box<Prose>>,
}

/// Reads the documents of a file.
#[must_use]
pub fn parse(id: FileId, file: &SourceFile) -> (Vec<Document>, Sink) {
    let mut sink = Sink::new();
    let Some(text) = readable(id, file, &mut sink) else { return (Vec::new(), sink) };
    let complaints = sink.as_slice().len();
    let bare = |roots: Vec<Node>| roots.into_iter().map(|root| (root, None)).collect::<Vec<_>>();
    let roots = match file.format {
        Format::Yaml => bare(yaml::parse(&Embedded::file(id, text), yaml::Dialect::Yaml, &mut sink)),
        Format::Json => bare(json::parse(&Embedded::file(id, text), &mut sink)),
        Format::Markdown => markdown::parse(id, text, file.assist.as_ref(), &mut sink).into_iter().collect(),
        Format::Prose => prose::parse(id, text, &mut sink).into_iter().collect(),
    };
    if roots.is_empty() && sink.as_slice().len() == complaints {
        let found = Diagnostic::new(codes::EMPTY_FILE, Span::whole(id), "the file holds no document");
        sink.push(found.help("write a document, or delete the file"));
    }
    let alone = roots.len() == 1;
    let doubtful = sink.has_errors();
    let document = |(root, prose): (Node, Option<Box<Prose>>)| Document { root, alone, doubtful, prose };
    (roots.into_iter().map(document).collect(), sink)
}

/// The text of a file, or a finding that says why there is none.
fn readable<'a>(id: FileId, file: &'a SourceFile, sink: &mut Sink) -> Option<&'a str> {
    let whole = Span::whole(id);
    let found = match &file.content {
        Content::Text(text) => return without_controls(id, text, sink),
        Content::TooLarge { bytes } => Diagnostic::new(
            codes::FILE_TOO_LARGE,
            whole,
            format!("the file has {bytes} bytes; a document's file has at most {}", crate::source::MAX_FILE_BYTES),
        )
        .help("split it into several files"),
        Content::NotUtf8 { at, .. } => {
            Diagnostic::new(codes::NOT_UTF8, Span::new(id, *at, at + 3), "the file is not UTF-8 from here on")
                .help("save it as UTF-8")
        }
        Content::Link => {
            let message = "only plain files are read: this is a link, a submodule, a device, too many folders deep, or has a name that is not text";
            Diagnostic::new(codes::LINK, whole, message).help("put a plain file here, or move it out of the folders where documents are read: a policy behind it would never be enforced")
        }
    };
    sink.push(found);
    None
}

fn without_controls<'a>(id: FileId, text: &'a str, sink: &mut Sink) -> Option<&'a str> {
    let forbidden = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{85}');
    let Some((at, c)) = text.char_indices().find(|(_, c)| forbidden(*c)) else { return Some(text) };
    let message = format!("the file holds the control character U+{:04X}", c as u32);
    let span = Span::new(id, at, at + c.len_utf8());
    sink.push(
        Diagnostic::new(codes::CONTROL_CHARACTER, span, message)
            .help("remove it, or write it as an escape such as `\\u001b` in double quotes"),
    );
    None
}
