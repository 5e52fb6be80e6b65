//! Controlled English: sentences become the same tree of keys and values that YAML is read into, so that everything
//! behind the tree (lowering, places, explaining, replay) knows nothing of prose. What a sentence means depends on its
//! own document alone: on the definitions beside it and on the readings that were accepted for it, never on the catalog,
//! which only checks the names.

mod comparing;
mod gather;
mod lock;
mod matching;
mod part;
mod pattern;
mod reference;
mod say;
mod sentence;
mod slots;
mod table;
mod token;
mod words;

use crate::diag::{Diagnostic, Sink, codes};
use crate::text::{FileId, Span};
pub use gather::{narrowed, read};
pub use lock::{LONGEST_MEANING, Lock, MOST_MEANINGS, fault, folded, is_hidden};
pub use reference::{Entry as FormEntry, Reference, reference};
pub use say::{Unsaid, say};
pub use slots::How;
use table::Of;

use super::{Embedded, Map, Node, Value};

/// What the sentences of a document said.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Prose {
    /// The sentences, in order.
    pub sentences: Vec<Said>,
    /// How many entries of the document were written as keys; the others come from sentences.
    pub written: usize,
    /// The names that the sentences say.
    pub names: Vec<SpokenName>,
    /// The sentence that asks for approval of every action.
    pub blanket: Option<Span>,
}

/// One sentence.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    /// Where it stands.
    pub span: Span,
    /// Its text, white space folded into single spaces.
    pub text: String,
    /// How it was read.
    pub reading: Reading,
}

/// How a sentence was read.
#[derive(Debug, Clone, PartialEq)]
pub enum Reading {
    /// By the grammar, as it stands.
    Grammar,
    /// By the sentences that a person accepted for it.
    Accepted(Vec<String>),
    /// Not at all.
    Unread,
}

/// A name in a sentence that the catalog has to know.
#[derive(Debug, Clone, PartialEq)]
pub struct SpokenName {
    /// Where it stands, without quotes.
    pub span: Span,
    /// The name or pattern.
    pub name: String,
    /// What it names.
    pub names: Spoken,
    /// How it was written.
    pub how: How,
    /// The actions of which it is an argument; empty: of any.
    pub of: Vec<String>,
    /// The types of JSON that an argument is compared with; empty: any.
    pub types: Vec<&'static str>,
}

/// What a name in a sentence stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spoken {
    /// An action.
    Action,
    /// An agent.
    Agent,
    /// A tag.
    Tag,
    /// An argument of an action.
    Argument,
    /// A word that the document defines.
    Noun,
}

/// A list item under `Rules`, or a paragraph of plain prose.
pub struct Item<'a> {
    /// Its text.
    pub text: Embedded<'a>,
}

/// Reads plain prose: paragraphs and list items, sentence by sentence.
pub fn parse(file: FileId, text: &str, sink: &mut Sink) -> Option<(Node, Option<Box<Prose>>)> {
    let items = paragraphs(file, text);
    if items.is_empty() {
        return None;
    }
    let (entries, prose) = read(&items, None, &Lock::default(), sink);
    if let Some(found) = narrowed(prose.blanket, &entries) {
        sink.push(found);
    }
    let span = Span::whole(file);
    if entries.is_empty() && !sink.has_errors() {
        let found = Diagnostic::new(codes::EMPTY_MARKDOWN, span, "the sentences only define words and demand nothing");
        sink.push(found.help("say what must hold, such as `Deny a payment.`"));
    }
    Some((Node::new(span, Value::Map(Map::new(entries))), Some(Box::new(prose))))
}

/// Blocks of lines: an empty line or a list marker ends one.
fn paragraphs(file: FileId, text: &str) -> Vec<Item<'_>> {
    let mut found: Vec<(usize, usize)> = Vec::new();
    let mut open: Option<(usize, usize)> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let body = line.trim();
        let start = at + (line.len() - line.trim_start().len());
        let marker = marker(body);
        if body.is_empty() || marker > 0 {
            found.extend(open.take());
        }
        if !body.is_empty() {
            let end = start + body.len();
            open = Some(open.map_or((start + marker, end), |(first, _)| (first, end)));
        }
        at += line.len();
    }
    found.extend(open);
    let item = |(start, end): (usize, usize)| {
        let range = start..end;
        Item { text: Embedded::pieces(file, text, std::slice::from_ref(&range)) }
    };
    found.into_iter().filter(|(start, end)| end > start).map(item).collect()
}

/// How many bytes the marker of a list item has, with the space behind it.
pub fn marker(line: &str) -> usize {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let sign = line.get(digits..).and_then(|rest| rest.chars().next());
    let is_marker = match sign {
        Some('-' | '*' | '+') => digits == 0,
        Some('.' | ')') => (1..=9).contains(&digits),
        _ => false,
    };
    let length = digits + 1;
    match line.get(length..) {
        Some(rest) if is_marker && (rest.is_empty() || rest.starts_with([' ', '\t'])) => {
            length + rest.len() - rest.trim_start_matches([' ', '\t']).len()
        }
        _ => 0,
    }
}

/// The first sentence of a text for people that people would take for one of a policy, a rule or an exception: it can be
/// read as one, with the words that `items` define, or is refused only because it could mean several things.
#[must_use]
pub fn stray(text: &str, items: &[Item<'_>]) -> Option<std::ops::Range<usize>> {
    let parsed: Vec<_> = items.iter().map(|item| (&*item.text.text, sentence::sentences(&item.text.text))).collect();
    let (defined, _) = sentence::definitions(&parsed);
    let reads = |one: &sentence::Sentence, of: Of| match sentence::read(text, one, of, &defined) {
        Ok(meaning) => meaning.part.is_some(),
        Err(problem) => problem.code == codes::NOT_ONE_MEANING || problem.code == codes::AMBIGUOUS,
    };
    let sentences = sentence::sentences(text).into_iter();
    let mut strays = sentences.filter(|one| [Of::Policy, Of::Rule, Of::Exception].iter().any(|of| reads(one, *of)));
    strays.next().map(|one| one.range)
}

/// Whether the grammar reads one sentence for a document of this kind (`policy`, `rule`, `exception`; `None`: of any).
///
/// # Errors
/// What is not understood, in words.
pub fn reads(text: &str, kind: Option<&str>) -> Result<(), String> {
    let sentences = sentence::sentences(text);
    let [one] = sentences.as_slice() else { return Err("it is not one sentence".to_owned()) };
    let kinds = [Of::Policy, Of::Rule, Of::Exception];
    let kinds = kinds.into_iter().filter(|of| kind.is_none() || of.kind() == kind);
    let mut why = "there are no sentences for this kind of document".to_owned();
    for of in kinds {
        match sentence::read(text, one, of, &matching::Definitions::default()) {
            Ok(_) => return Ok(()),
            Err(problem) => why = problem.message,
        }
    }
    Err(why)
}

/// The forms that can be said of a kind of document: the shape and an example of each.
#[must_use]
pub fn forms(kind: Option<&str>) -> Vec<(String, String)> {
    let belongs = |of: Of| of == Of::Definition || kind.is_none() || of.kind() == kind;
    let forms = table::forms().iter().filter(|form| belongs(form.row.of));
    let forms = forms.filter(|form| !matches!(form.row.make, table::Make::Refuses(_)));
    forms
        .flat_map(|form| form.row.shapes.iter().map(|shape| (reference::spelled(shape), form.row.example.to_owned())))
        .collect()
}
