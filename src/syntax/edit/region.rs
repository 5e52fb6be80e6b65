//! The parts of a file that are YAML or JSON: all of it, or blocks of a Markdown page.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, MetadataBlockKind, Options, Parser, Tag, TagEnd};

use crate::source::Format;
use crate::syntax::yaml::Dialect;
use crate::syntax::{Embedded, Node, Refusal};
use crate::text::{FileId, Span};

use super::refusal;

/// A part of a file that is read as YAML or JSON.
pub struct Region<'a> {
    whole: &'a str,
    pub embedded: Embedded<'a>,
    pub dialect: Dialect,
    /// Whether it is the front matter of a page.
    pub front_matter: bool,
    /// What stands before every line of it, such as the sign of a quote.
    prefix: String,
    /// The line break of the text that is edited, and of the file.
    pub newline: &'static str,
    file_newline: &'static str,
}

/// The regions of a file, in order.
pub fn regions(text: &str, format: Format) -> Result<Vec<Region<'_>>, Refusal> {
    let newline = newline_of(text);
    let dialect = match format {
        Format::Yaml => Dialect::Yaml,
        Format::Json => Dialect::Json,
        Format::Markdown | Format::Prose => return pages(text),
    };
    let embedded = Embedded::file(FileId(0), text);
    let (prefix, front_matter) = (String::new(), false);
    Ok(vec![Region { whole: text, embedded, dialect, front_matter, prefix, newline, file_newline: newline }])
}

fn newline_of(text: &str) -> &'static str {
    let first = text.find('\n').and_then(|end| text.get(..end));
    if first.is_some_and(|line| line.ends_with('\r')) { "\r\n" } else { "\n" }
}

/// The blocks of a page that are read.
fn pages(text: &str) -> Result<Vec<Region<'_>>, Refusal> {
    let bom = text.len() - text.strip_prefix('\u{feff}').unwrap_or(text).len();
    let body = text.get(bom..).unwrap_or_default();
    let mut regions = Vec::new();
    let mut open: Option<(Dialect, bool)> = None;
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for (event, range) in Parser::new_ext(body, Options::ENABLE_YAML_STYLE_METADATA_BLOCKS).into_offset_iter() {
        match event {
            Event::Start(Tag::MetadataBlock(MetadataBlockKind::YamlStyle)) if range.start == 0 => {
                open = Some((Dialect::Yaml, true));
            }
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                open = match info.split_whitespace().collect::<Vec<_>>().as_slice() {
                    ["yaml", "policy"] => Some((Dialect::Yaml, false)),
                    ["json", "policy"] => Some((Dialect::Json, false)),
                    _ => None,
                };
            }
            Event::Text(_) if open.is_some() => ranges.push(range.start + bom..range.end + bom),
            Event::End(TagEnd::MetadataBlock(_) | TagEnd::CodeBlock) => {
                if let Some((dialect, front_matter)) = open.take() {
                    regions.push(block(text, &ranges, dialect, front_matter)?);
                }
                ranges.clear();
            }
            _ => {}
        }
    }
    Ok(regions)
}

fn block<'a>(
    whole: &'a str,
    ranges: &[Range<usize>],
    dialect: Dialect,
    front_matter: bool,
) -> Result<Region<'a>, Refusal> {
    let embedded = Embedded::pieces(FileId(0), whole, ranges);
    let mut gaps = ranges.windows(2).filter_map(|pair| match pair {
        [one, other] if whole.get(one.clone()).is_some_and(|line| line.ends_with('\n')) => {
            whole.get(one.end..other.start)
        }
        _ => None,
    });
    let prefix = gaps.next().unwrap_or_default();
    if gaps.any(|gap| gap != prefix) {
        return Err(refusal("the lines of the block do not all begin alike", "edit the file by hand"));
    }
    let newline = newline_of(&embedded.text);
    Ok(Region {
        whole,
        embedded,
        dialect,
        front_matter,
        prefix: prefix.to_owned(),
        newline,
        file_newline: newline_of(whole),
    })
}

impl Region<'_> {
    /// The place in the file that a value of the tree has as its place here.
    pub fn span(&self, range: &Range<usize>) -> Span {
        self.embedded.span(range.clone())
    }

    /// Whether a part of the document's tree stands here.
    pub fn holds(&self, node: &Node) -> bool {
        let all = self.span(&(0..self.embedded.text.len())).range();
        all.start <= node.span.range().start && node.span.range().end <= all.end
    }

    /// The file with a part of this region replaced.
    pub fn with(&self, range: &Range<usize>, new: &str) -> String {
        let at_break = self.embedded.text.get(range.start..).is_some_and(|rest| rest.starts_with('\n'));
        let start = match range.start.checked_sub(1) {
            // Before the whole line break, of which a page's reader gives only the last part.
            Some(before) if at_break => self.span(&(before..range.start)).range().end,
            _ => self.span(&(range.start..range.start)).range().start,
        };
        let end = if range.is_empty() { start } else { self.span(range).range().end };
        let new = if self.newline == self.file_newline { new.to_owned() } else { new.replace('\n', self.file_newline) };
        let new = if self.prefix.is_empty() { new } else { new.replace('\n', &format!("\n{}", self.prefix)) };
        let (before, after) = (self.whole.get(..start).unwrap_or_default(), self.whole.get(end..).unwrap_or_default());
        format!("{before}{new}{after}")
    }
}
