//! The one reader of YAML and JSON: events of `granit-parser` become a tree with places.

use std::collections::{HashMap, HashSet};

use granit_parser::{Event, Options, Parser, ScalarStyle, Span as EventSpan};

use super::scalar::{self, Refusal};
use super::yaml_errors;
use super::{Embedded, Entry, MAX_ALIASED, MAX_DEPTH, MAX_NODES, Map, Node, Value, shortened};
use crate::diag::{Diagnostic, Sink, codes};
use crate::text::Span;

/// What the text claims to be; both are read by the same code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// YAML.
    Yaml,
    /// JSON that a strict reader has already accepted.
    Json,
}

/// Reads every document; after a syntax error, goes on at the next `---`.
pub fn parse(source: &Embedded<'_>, dialect: Dialect, sink: &mut Sink) -> Vec<Node> {
    let mut parser = Parser::new_from_str_with_options(&source.text, options(dialect));
    let mut builder = Builder::new(source, sink);
    loop {
        match parser.next_event() {
            None => break,
            Some(Ok((event, span))) => {
                if !builder.event(event, span) {
                    break;
                }
            }
            Some(Err(error)) => {
                builder.abandon();
                let found = yaml_errors::explain(source, &error);
                builder.sink.push(found);
                if !matches!(parser.proceed_next_document(), Ok(true)) {
                    break;
                }
            }
        }
    }
    builder.documents
}

pub(super) fn options(dialect: Dialect) -> Options {
    let mut options = granit_parser::options! {
        emit_comments: false,
        emit_unresolved_aliases: true,
        disallow_directives: true,
        // Deeper than ours, so that the limit is told in our words.
        flow_nesting_limit: MAX_DEPTH + 8,
        block_nesting_limit: MAX_DEPTH + 8,
    };
    if dialect == Dialect::Json {
        // JSON has no limit on the length of a key.
        options.simple_key_max_lookahead = usize::MAX / 2;
    }
    options
}

/// A list or map that is still open.
struct Frame {
    span: Span,
    anchor: usize,
    /// Whether the whole of it was already complained about.
    refused: bool,
    body: Body,
}

enum Body {
    List(Vec<Node>),
    Map { entries: Vec<Entry>, seen: HashSet<Box<str>>, key: Key },
}

/// What a map's reader waits for.
enum Key {
    /// A key.
    Awaited,
    /// The value of this key.
    Read(Box<str>, Span),
    /// The value of a key that was complained about; it is dropped.
    Refused,
}

struct Builder<'a, 's> {
    source: &'a Embedded<'a>,
    sink: &'s mut Sink,
    stack: Vec<Frame>,
    /// Anchored values with the number of values and levels in each; `None` while one is still open.
    anchors: HashMap<usize, Option<(Node, usize, usize)>>,
    documents: Vec<Node>,
    nodes: usize,
    aliased: usize,
    /// Whether it was said that aliases stand for too much; once is enough.
    alias_told: bool,
}

impl<'a, 's> Builder<'a, 's> {
    fn new(source: &'a Embedded<'a>, sink: &'s mut Sink) -> Self {
        let (stack, anchors, documents) = (Vec::new(), HashMap::new(), Vec::new());
        Self { source, sink, stack, anchors, documents, nodes: 0, aliased: 0, alias_told: false }
    }

    fn span(&self, span: EventSpan) -> Span {
        let start = span.start.byte_offset().unwrap_or(0);
        let end = span.end.byte_offset().unwrap_or(start);
        self.source.span(start..end.max(start))
    }

    /// Takes one event; false when reading must stop.
    fn event(&mut self, event: Event<'_>, span: EventSpan) -> bool {
        let at = self.span(span);
        let tag_at = span.tag_span().map_or(at, |tag| self.span(tag));
        match event {
            Event::Scalar(text, style, anchor, tag) => self.scalar(&text, style, anchor, tag.map(|_| tag_at), at),
            Event::SequenceStart(_, anchor, tag) => self.open(Body::List(Vec::new()), anchor, tag.map(|_| tag_at), at),
            Event::MappingStart(_, anchor, tag) => {
                let body = Body::Map { entries: Vec::new(), seen: HashSet::new(), key: Key::Awaited };
                self.open(body, anchor, tag.map(|_| tag_at), at)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                self.close(at);
                true
            }
            Event::Alias(_) | Event::UnresolvedAlias(_) if !self.count(at) => false,
            Event::Alias(id) => {
                let node = self.alias(id, at);
                self.complete(node);
                true
            }
            Event::UnresolvedAlias(name) => {
                self.sink.push(yaml_errors::unresolved_alias(
                    &name,
                    at,
                    if self.nodes < 1_000 { &self.source.text } else { "" },
                ));
                self.complete(Node::new(at, Value::Broken));
                true
            }
            _ => true,
        }
    }

    fn count(&mut self, at: Span) -> bool {
        self.nodes += 1;
        if self.nodes <= MAX_NODES {
            return true;
        }
        let message = format!("the file holds more than {MAX_NODES} values");
        self.sink.push(Diagnostic::new(codes::TOO_LARGE, at, message).help("split it into several files"));
        self.abandon();
        false
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, anchor: usize, tag: Option<Span>, at: Span) -> bool {
        if !self.count(at) {
            return false;
        }
        let plain = style == ScalarStyle::Plain;
        if self.awaits_key() {
            self.key(text, plain, tag, at);
            return true;
        }
        let value = if let Some(tag) = tag {
            self.sink.push(tag_refused(tag));
            Value::Broken
        } else if plain && at.start == at.end {
            if self.stack.is_empty() {
                return true;
            }
            self.sink.push(self.empty_value(at));
            Value::Broken
        } else if plain {
            scalar::resolve(text).unwrap_or_else(|refusal| {
                self.sink.push(number_refused(text, refusal, at));
                Value::Broken
            })
        } else {
            Value::Text(text.into())
        };
        let node = Node::new(at, value);
        self.remember(anchor, &node);
        self.complete(node);
        true
    }

    fn awaits_key(&self) -> bool {
        matches!(self.stack.last(), Some(Frame { body: Body::Map { key: Key::Awaited, .. }, .. }))
    }

    fn key(&mut self, text: &str, plain: bool, tag: Option<Span>, at: Span) {
        let refused = if let Some(tag) = tag {
            Some(tag_refused(tag))
        } else if plain && text == "<<" {
            Some(
                Diagnostic::new(codes::MERGE_KEY, at, "merge keys are not read: readers of YAML disagree on them")
                    .help("write the keys out"),
            )
        } else if plain && !matches!(scalar::resolve(text), Ok(Value::Text(_))) {
            let message = if at.start == at.end {
                "a key is missing before the `:`".to_owned()
            } else {
                format!("a key is text, and `{}` is not", shortened(text))
            };
            Some(
                Diagnostic::new(codes::KEY_NOT_TEXT, at, message)
                    .help("write a key that is text; a number or true needs quotes"),
            )
        } else {
            None
        };
        let merges = refused.as_ref().is_some_and(|found: &Diagnostic| found.code == codes::MERGE_KEY);
        if let (true, true, Some(frame)) = (merges, self.stack.len() > 1, self.stack.last_mut()) {
            // Keys that would have come with it would be complained about as missing.
            frame.refused = true;
        }
        let next = match refused {
            Some(found) => {
                self.sink.push(found);
                Key::Refused
            }
            None => Key::Read(text.into(), at),
        };
        self.set_key(next);
    }

    fn set_key(&mut self, next: Key) {
        if let Some(Frame { body: Body::Map { key, .. }, .. }) = self.stack.last_mut() {
            *key = next;
        }
    }

    fn empty_value(&self, at: Span) -> Diagnostic {
        let (span, what) = match self.stack.last().map(|frame| &frame.body) {
            Some(Body::Map { key: Key::Read(key, span), .. }) => (*span, format!("`{}` has no value", shortened(key))),
            _ => (at, "an item of the list has no value".to_owned()),
        };
        Diagnostic::new(codes::EMPTY_VALUE, span, what)
            .help("write the value; `null` and `[]` say that there is none and mean different things")
    }

    fn open(&mut self, body: Body, anchor: usize, tag: Option<Span>, at: Span) -> bool {
        if !self.count(at) {
            return false;
        }
        if self.stack.len() >= MAX_DEPTH {
            let message = format!("lists and maps are nested more than {MAX_DEPTH} deep");
            self.sink.push(Diagnostic::new(codes::TOO_DEEP, at, message).help("flatten the document"));
            self.abandon();
            return false;
        }
        if let Some(tag) = tag {
            self.sink.push(tag_refused(tag));
        }
        if anchor > 0 {
            self.anchors.insert(anchor, None);
        }
        self.stack.push(Frame { span: at, anchor, refused: tag.is_some(), body });
        true
    }

    fn close(&mut self, at: Span) {
        let Some(frame) = self.stack.pop() else { return };
        // The start event of a block collection lies at its first child, the end event of one is empty and
        // lies after it: the children tell the place, brackets widen it.
        let mut span = frame.span;
        let value = match frame.body {
            Body::List(items) => {
                span = items.last().map_or(span, |last| span.to(last.span));
                Value::List(items)
            }
            Body::Map { entries, .. } => {
                span = entries.last().map_or(span, |last| span.to(last.key_span).to(last.value.span));
                Value::Map(Map::new(entries))
            }
        };
        if at.end > at.start {
            span = span.to(at);
        }
        let node = Node::new(span, if frame.refused { Value::Broken } else { value });
        self.remember(frame.anchor, &node);
        self.complete(node);
    }

    fn remember(&mut self, anchor: usize, node: &Node) {
        if anchor > 0 {
            let (nodes, levels) = measure(node);
            // One that is too large to stand for anything is refused by its size; no copy of it is needed.
            let kept = if nodes > MAX_ALIASED { Node::new(node.span, Value::Broken) } else { node.clone() };
            self.anchors.insert(anchor, Some((kept, nodes, levels)));
        }
    }

    fn alias(&mut self, id: usize, at: Span) -> Node {
        let refusal = match self.anchors.get(&id) {
            Some(Some((node, nodes, levels))) => {
                if self.aliased + nodes <= MAX_ALIASED && self.stack.len() + levels <= MAX_DEPTH {
                    self.aliased += nodes;
                    return Node { span: at, ..node.clone() };
                }
                format!("the aliases of the file stand for more than {MAX_ALIASED} values or {MAX_DEPTH} levels")
            }
            _ => "an alias stands for a value that it is itself part of".to_owned(),
        };
        if !std::mem::replace(&mut self.alias_told, true) {
            self.sink.push(Diagnostic::new(codes::ALIAS, at, refusal).help("write the value out"));
        }
        Node::new(at, Value::Broken)
    }

    /// Hands a finished value to the list, map or file that it belongs to.
    fn complete(&mut self, node: Node) {
        let Some(frame) = self.stack.last_mut() else {
            self.documents.push(node);
            return;
        };
        let (entries, seen, key) = match &mut frame.body {
            Body::List(items) => return items.push(node),
            Body::Map { entries, seen, key } => (entries, seen, key),
        };
        match std::mem::replace(key, Key::Awaited) {
            Key::Read(name, key_span) if seen.insert(name.clone()) => {
                entries.push(Entry { key: name, key_span, value: node });
            }
            Key::Read(name, key_span) => {
                let first = entries.iter().find(|entry| entry.key == name).map(|entry| entry.key_span);
                self.sink.push(duplicate_key(&name, key_span, first));
            }
            Key::Refused => {}
            // A list, map or alias where a key belongs.
            Key::Awaited => {
                *key = Key::Refused;
                let found = Diagnostic::new(codes::KEY_NOT_TEXT, node.span, "a key is text, not a list, map or alias");
                self.sink.push(found.help("write the key out"));
            }
        }
    }

    /// Gives up the document that is half read; it still counts as one.
    fn abandon(&mut self) {
        let span = self.stack.first().map_or(self.source.span(0..0), |frame| frame.span);
        self.documents.push(Node::new(span, Value::Broken));
        self.stack.clear();
        self.anchors.clear();
    }
}

fn measure(node: &Node) -> (usize, usize) {
    let parts: Box<dyn Iterator<Item = &Node>> = match &node.value {
        Value::List(items) => Box::new(items.iter()),
        Value::Map(map) => Box::new(map.entries().iter().map(|entry| &entry.value)),
        _ => return (1, 0),
    };
    let (nodes, levels) = parts.map(measure).fold((0, 0), |(n, l), (nodes, levels)| (n + nodes, l.max(levels)));
    (nodes + 1, levels + 1)
}

/// The finding for a key that stands twice, with both places.
pub fn duplicate_key(key: &str, at: Span, first: Option<Span>) -> Diagnostic {
    let help = match key {
        "id" | "kind" => "keep one of the two; two documents need a line `---` between them",
        _ => "keep one of the two",
    };
    Diagnostic::new(codes::DUPLICATE_KEY, at, format!("`{}` is given twice", shortened(key)))
        .at("given again here")
        .and(first, "first given here")
        .help(help)
}

fn tag_refused(at: Span) -> Diagnostic {
    Diagnostic::new(codes::TAG, at, "YAML tags such as `!x` or `!!str` are not read")
        .help("remove the tag; a text that begins with `!`, and a number or date that is meant as text, needs quotes")
}

fn number_refused(text: &str, refusal: Refusal, at: Span) -> Diagnostic {
    let text = shortened(text);
    match refusal {
        Refusal::LeadingZero => {
            let message = format!("`{text}` has leading zeros: some readers take it for octal");
            Diagnostic::new(codes::LEADING_ZERO, at, message).help("remove the zeros, or put a text in quotes")
        }
        Refusal::TooLarge => {
            let message = format!("`{text}` is beyond ±(2^53−1): not every reader holds it exactly");
            Diagnostic::new(codes::NUMBER, at, message).help("use a smaller number, or put an identifier in quotes")
        }
        Refusal::NotFinite => Diagnostic::new(codes::NUMBER, at, format!("`{text}` is not a finite number"))
            .help("write the limit as a number, or `null` where none is wanted"),
    }
}
