//! Edits of documents in their texts: a value is given that a document shall have, and as few bytes as can be are
//! replaced so that it has it. Comments, layout, the order of keys and everything else stay as they are.
//!
//! Nothing is handed on unproven: what comes out is read again, and must hold the wanted value, the other documents as
//! they were, and every comment in its order.

mod layout;
mod plan;
mod region;
mod splice;
mod write;

use super::extent::own_text;
use super::yaml::Dialect;
use super::{Document, Node, Value};
use crate::source::{Content, Format, SourceSet};
use layout::{Layout, Part};
use plan::Primitive;
pub(super) use plan::alike;
use region::{Region, regions};
use splice::Written;
pub use write::{in_flow, text_in_flow};

/// Why a text cannot be edited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What stands in the way.
    pub message: String,
    /// What to do.
    pub help: String,
    /// Whether there was nothing to do.
    pub nothing: bool,
}

impl Refusal {
    /// That it is so already.
    #[must_use]
    pub fn nothing(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: "nothing was written".to_owned(), nothing: true }
    }
}

pub(super) fn refusal(message: impl Into<String>, help: impl Into<String>) -> Refusal {
    Refusal { message: message.into(), help: help.into(), nothing: false }
}

/// How many changes of a text one edit may need: each reads the text again.
const MOST_CHANGES: usize = 2_000;

/// The text of a file in which one document has another value.
///
/// # Errors
/// When the text is written in a way that cannot be changed so, and only so.
pub fn rewritten(text: &str, format: Format, rank: usize, wanted: &Node) -> Result<String, Refusal> {
    let before = read(text, format).ok_or_else(unread)?;
    let old = before.get(rank).ok_or_else(unread)?;
    let primitives = plan::plan(&old.root, wanted);
    if primitives.len() > MOST_CHANGES {
        return Err(refusal("the change is too large for an edit", "edit the file by hand"));
    }
    let mut new = text.to_owned();
    for primitive in &primitives {
        new = step(&new, format, rank, primitive)?;
    }
    prove(text, &new, format, &before, Some((rank, wanted)))?;
    Ok(new)
}

/// The text of a file without one of its documents; `None` where it holds no other.
///
/// # Errors
/// When it cannot be taken out without touching the others.
pub fn without_document(text: &str, format: Format, rank: usize) -> Result<Option<String>, Refusal> {
    let before = read(text, format).ok_or_else(unread)?;
    if before.len() < 2 {
        return Ok(None);
    }
    let new = match format {
        Format::Json => {
            let regions = regions(text, format)?;
            let region = regions.first().ok_or_else(unread)?;
            let layout = layout_of(region)?;
            let root = layout.roots.first().ok_or_else(unread)?;
            let (range, new) = written(region, &layout).splice(root, &[rank.into()], splice::Action::Remove)?;
            region.with(&range, &new)
        }
        _ => plan::cut(text, format, &before, rank),
    };
    let mut others = before;
    others.remove(rank);
    prove(text, &new, format, &others, None)?;
    Ok(Some(new))
}

/// The comments of a file's documents, in order.
#[must_use]
pub fn comments(text: &str, format: Format) -> Vec<String> {
    let regions = regions(text, format).unwrap_or_default();
    let of = |region: &Region<'_>| {
        let layout = Layout::read(&region.embedded.text, region.dialect).unwrap_or_default();
        let slice =
            |comment: &std::ops::Range<usize>| region.embedded.text.get(comment.clone()).unwrap_or_default().to_owned();
        layout.comments.iter().map(slice).collect::<Vec<_>>()
    };
    regions.iter().flat_map(of).collect()
}

fn unread() -> Refusal {
    refusal("the file cannot be read", "mend it first; `policyc check` tells what is wrong")
}

fn read(text: &str, format: Format) -> Option<Vec<Document>> {
    let sources = SourceSet::single("a", format, Content::decode(text.as_bytes().to_vec()));
    let (id, file) = sources.iter().next()?;
    let (documents, sink) = super::parse(id, file);
    (!sink.has_errors()).then_some(documents)
}

fn layout_of(region: &Region<'_>) -> Result<Layout, Refusal> {
    Layout::read(&region.embedded.text, region.dialect).ok_or_else(unread)
}

fn written<'a>(region: &'a Region<'_>, layout: &'a Layout) -> Written<'a> {
    Written { text: &region.embedded.text, layout, dialect: region.dialect, newline: region.newline }
}

/// One small change.
fn step(text: &str, format: Format, rank: usize, primitive: &Primitive) -> Result<String, Refusal> {
    let documents = read(text, format).ok_or_else(unproven)?;
    let document = &documents.get(rank).ok_or_else(unproven)?.root;
    let regions = regions(text, format)?;
    let region = match format {
        Format::Markdown | Format::Prose => block_of(&regions, document, primitive)?,
        _ => regions.first().ok_or_else(unproven)?,
    };
    let layout = layout_of(region)?;
    let root = root(region, &layout, rank).ok_or_else(unproven)?;
    let (range, new) = written(region, &layout).splice(root, primitive.steps(), primitive.action())?;
    Ok(region.with(&range, &new))
}

/// The root of a document among those of its file.
fn root<'l>(region: &Region<'_>, layout: &'l Layout, rank: usize) -> Option<&'l Part> {
    let first = layout.roots.first()?;
    match region.dialect {
        Dialect::Json if !first.is_map => first.children.get(rank).map(|child| &child.value),
        // A page is one document, each of its blocks holds a part.
        _ if layout.roots.len() == 1 => Some(first),
        _ => layout.roots.get(rank),
    }
}

/// The block of a page that a change is about.
fn block_of<'r, 'a>(
    regions: &'r [Region<'a>],
    document: &Node,
    primitive: &Primitive,
) -> Result<&'r Region<'a>, Refusal> {
    let entry = primitive.first_key().and_then(|key| document.entry(key));
    if let Some(entry) = entry {
        return regions.iter().find(|region| region.holds(&entry.value)).ok_or_else(unproven);
    }
    let mut blocks = regions.iter().filter(|region| !region.front_matter);
    match (blocks.next(), blocks.next()) {
        (Some(only), None) => Ok(only),
        _ => Err(refusal(
            "the document is a page, and the field stands in none of its blocks",
            "write the field into the block where it belongs by hand; one that is there can be changed",
        )),
    }
}

/// Reads what would be written: the document must have the wanted value, the others theirs, and no comment is lost.
fn prove(
    old: &str,
    new: &str,
    format: Format,
    before: &[Document],
    wanted: Option<(usize, &Node)>,
) -> Result<(), Refusal> {
    let after = read(new, format).ok_or_else(unproven)?;
    let others = before.len() == after.len()
        && before.iter().zip(&after).enumerate().all(|(at, (one, other))| match wanted {
            Some((rank, wanted)) if rank == at => same(wanted, &other.root, format),
            // Their bytes, too, where they have any of their own.
            Some(_) => {
                same(&one.root, &other.root, format)
                    && (before.len() < 2 || own_text(old, format, before, at) == own_text(new, format, &after, at))
            }
            None => same(&one.root, &other.root, format),
        });
    let comments_kept = wanted.is_none() || comments(old, format) == comments(new, format);
    if others && comments_kept { Ok(()) } else { Err(unproven()) }
}

fn unproven() -> Refusal {
    refusal(
        "the text cannot be edited so that only this changes and every comment stays",
        "edit the file by hand, and look at the change with `policyc diff`",
    )
}

/// Whether two values are the same, numbers by their digits; JSON has no hexadecimal numbers, so there by their value.
fn same(one: &Node, other: &Node, format: Format) -> bool {
    match (&one.value, &other.value) {
        (Value::Number(a), Value::Number(b)) => a.json == b.json && (a.written == b.written || format != Format::Yaml),
        (Value::List(a), Value::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b, format)),
        (Value::Map(a), Value::Map(b)) => {
            a.entries().len() == b.entries().len()
                && a.entries()
                    .iter()
                    .all(|entry| other.get(&entry.key).is_some_and(|there| same(&entry.value, there, format)))
        }
        (a, b) => a == b && !matches!(a, Value::Broken),
    }
}
