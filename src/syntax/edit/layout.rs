use std::ops::Range;

use granit_parser::{Event, Parser, ScalarStyle, StructureStyle};

use crate::syntax::yaml::{Dialect, options};

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// A scalar on its own, or the alias of a value.
    Plain,
    /// A scalar between quotes.
    Quoted,
    /// A text over several lines behind `|` or `>`.
    BlockText,
    /// `*name`.
    Alias,
    /// A list or map between brackets.
    Flow,
    /// A list or map by indentation.
    Block,
}

/// A value as it is written: where, how, and of which parts.
#[derive(Debug)]
pub struct Part {
    /// The first byte of the value, behind an anchor.
    pub start: usize,
    /// One past its last byte; what only fills the lines below a block is not part of it.
    pub end: usize,
    /// The first byte with the anchor.
    pub outer: usize,
    pub style: Style,
    pub is_map: bool,
    /// The number of the anchor that stands before it; 0: none.
    pub anchor: usize,
    pub children: Vec<Child>,
}

/// An item of a list, or an entry of a map.
#[derive(Debug)]
pub struct Child {
    /// The key's text and place; `None` in a list.
    pub key: Option<(Box<str>, Range<usize>)>,
    pub value: Part,
}

/// How a text is laid out.
#[derive(Debug, Default)]
pub struct Layout {
    /// Its documents.
    pub roots: Vec<Part>,
    /// Its comments, from `#` to the end of the line.
    pub comments: Vec<Range<usize>>,
    /// The aliases: the anchor that each names, and where it stands.
    pub aliases: Vec<(usize, usize)>,
}

impl Layout {
    /// The layout of a text that could be read before; `None` if it cannot be.
    pub fn read(text: &str, dialect: Dialect) -> Option<Self> {
        let mut options = options(dialect);
        options.emit_anchor_events = true;
        let mut parser = Parser::new_from_str_with_options(text, options);
        let mut builder =
            Builder { text, layout: Self::default(), stack: Vec::new(), leaves: Vec::new(), opened: false };
        while let Some(event) = parser.next_event() {
            let (event, span) = event.ok()?;
            let start = span.start.byte_offset().unwrap_or(0);
            let end = span.end.byte_offset().unwrap_or(start).max(start);
            builder.event(event, start..end);
        }
        let Builder { mut layout, leaves, .. } = builder;
        layout.comments = comments(text, &leaves);
        Some(layout)
    }

    /// The comments in a part of the text.
    pub fn comments_in(&self, range: &Range<usize>) -> impl Iterator<Item = &Range<usize>> {
        self.comments.iter().filter(|comment| range.start <= comment.start && comment.end <= range.end)
    }
}

impl Part {
    /// The rank of the child that has a key.
    pub fn key(&self, name: &str) -> Option<usize> {
        self.children.iter().position(|child| child.key.as_ref().is_some_and(|(key, _)| **key == *name))
    }

    /// Whether this part or one of its parts bears an anchor.
    pub fn bears(&self, anchor: usize) -> bool {
        self.anchor == anchor || self.children.iter().any(|child| child.value.bears(anchor))
    }
}

impl Child {
    /// The first byte: of the key, or of the item behind its dash.
    pub fn start(&self) -> usize {
        self.key.as_ref().map_or(self.value.outer, |(_, key)| key.start)
    }
}

struct Frame {
    part: Part,
    key: Option<(Box<str>, Range<usize>)>,
}

struct Builder<'a> {
    text: &'a str,
    layout: Layout,
    stack: Vec<Frame>,
    /// Where scalars and aliases stand: no comment begins in one.
    leaves: Vec<Range<usize>>,
    /// Whether the newest node is a collection that is still open.
    opened: bool,
}

impl Builder<'_> {
    fn event(&mut self, event: Event<'_>, at: Range<usize>) {
        match event {
            Event::Scalar(text, style, anchor, _) => self.scalar(&text, style, anchor, at),
            Event::Alias(anchor) => {
                self.layout.aliases.push((anchor, at.start));
                self.leaves.push(at.clone());
                self.complete(part(at, Style::Alias, false, 0));
            }
            Event::SequenceStart(style, anchor, _) => self.open(style, false, anchor, at),
            Event::MappingStart(style, anchor, _) => self.open(style, true, anchor, at),
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(Frame { mut part, .. }) = self.stack.pop() else { return };
                if part.style == Style::Flow {
                    part.end = at.end;
                } else {
                    part.end = part.children.last().map_or(part.end, |last| last.value.end);
                }
                self.complete(part);
            }
            Event::Anchor(id, _) => self.anchor(id, at.start),
            _ => {}
        }
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, anchor: usize, at: Range<usize>) {
        let awaits_key = self.stack.last().is_some_and(|frame| frame.part.is_map && frame.key.is_none());
        if awaits_key {
            self.leaves.push(at.clone());
            if let Some(frame) = self.stack.last_mut() {
                frame.key = Some((text.into(), at));
            }
            return;
        }
        let empty_document = at.is_empty() && self.stack.is_empty();
        let scalar = match style {
            ScalarStyle::Literal | ScalarStyle::Folded => self.block_text(&at, anchor),
            ScalarStyle::Plain => part(at.clone(), Style::Plain, false, anchor),
            _ => part(at.clone(), Style::Quoted, false, anchor),
        };
        self.leaves.push(at);
        if !empty_document {
            self.complete(scalar);
        }
    }

    /// A text behind `|` or `>`: the parser tells where its content is, which may reach over the empty lines below.
    fn block_text(&self, at: &Range<usize>, anchor: usize) -> Part {
        let from = self.leaves.last().map_or(0, |leaf| leaf.end);
        let between = self.text.get(from..at.start).unwrap_or_default();
        let header = header(between).map_or(at.start, |header| from + header);
        let sign: &str = self.text.get(header..).and_then(|rest| rest.split_whitespace().next()).unwrap_or_default();
        let content = self.text.get(at.clone()).unwrap_or_default();
        let kept = if sign.contains('+') { content.rfind('\n') } else { Some(content.trim_end().len()) };
        let end = match kept {
            Some(length) if length > 0 => at.start + length,
            _ => header + sign.len(),
        };
        part(header..end, Style::BlockText, false, anchor)
    }

    fn open(&mut self, style: StructureStyle, is_map: bool, anchor: usize, at: Range<usize>) {
        let style = if style == StructureStyle::Flow { Style::Flow } else { Style::Block };
        self.stack.push(Frame { part: part(at, style, is_map, anchor), key: None });
        self.opened = true;
    }

    fn complete(&mut self, part: Part) {
        self.opened = false;
        match self.stack.last_mut() {
            Some(frame) => frame.part.children.push(Child { key: frame.key.take(), value: part }),
            None => self.layout.roots.push(part),
        }
    }

    /// The event of an anchor follows that of its node.
    fn anchor(&mut self, id: usize, at: usize) {
        let newest = match self.stack.last_mut() {
            Some(frame) if self.opened => Some(&mut frame.part),
            Some(frame) => frame.part.children.last_mut().map(|child| &mut child.value),
            None => self.layout.roots.last_mut(),
        };
        // The anchor of a key belongs to no value.
        if let Some(part) = newest.filter(|part| part.anchor == id) {
            part.outer = at;
        }
    }
}

fn part(at: Range<usize>, style: Style, is_map: bool, anchor: usize) -> Part {
    Part { start: at.start, end: at.end, outer: at.start, style, is_map, anchor, children: Vec::new() }
}

/// Where `|` or `>` stands between a key or dash and a text, outside comments.
fn header(between: &str) -> Option<usize> {
    let mut at = 0;
    for line in between.split_inclusive('\n') {
        let comment = comment_in(line, true).unwrap_or(line.len());
        let found = line.get(..comment).and_then(|line| line.find(['|', '>']));
        if let Some(found) = found {
            return Some(at + found);
        }
        at += line.len();
    }
    None
}

/// Where a comment begins in a line, or the rest of one.
fn comment_in(line: &str, from_start: bool) -> Option<usize> {
    line.match_indices('#').map(|(at, _)| at).find(|at| match line.get(..*at) {
        Some("") => from_start,
        before => before.is_some_and(|before| before.ends_with(char::is_whitespace)),
    })
}

fn comments(text: &str, leaves: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    let end = text.len()..text.len();
    for leaf in leaves.iter().chain(std::iter::once(&end)) {
        let mut at = from;
        for line in text.get(from..leaf.start.max(from)).unwrap_or_default().split_inclusive('\n') {
            let begins = at == 0 || text.get(..at).is_some_and(|before| before.ends_with(char::is_whitespace));
            if let Some(start) = comment_in(line, begins) {
                found.push(at + start..at + line.trim_end_matches(['\n', '\r']).len());
            }
            at += line.len();
        }
        from = leaf.end.max(from);
    }
    found
}
