//! Markdown: front matter and marked fenced blocks of one file are one document; other text is for people.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, MetadataBlockKind, Options, Parser, Tag, TagEnd};

use super::yaml::{self, Dialect, duplicate_key};
use super::{Embedded, Entry, Map, Node, Value, json, shortened};
use crate::diag::{Diagnostic, Sink, codes, nearest};
use crate::text::{FileId, Span};

/// The keys that front matter may hold; everything else belongs into a block.
const FRONT_MATTER_KEYS: [&str; 7] = ["kind", "id", "name", "description", "scope", "target_id", "enabled"];

/// Keys that only policies, rules and exceptions have: a map with one of them was meant to be read.
pub const DECIDING_KEYS: [&str; 20] = [
    "denied_actions",
    "allowed_actions",
    "rate_limits",
    "session_budget",
    "run_budget",
    "action_budgets",
    "require_approval",
    "approval_actions",
    "approval_tags",
    "approval_risk_levels",
    "approval_threshold_usd",
    "approval_rules",
    "evidence_requirements",
    "commit_actions",
    "evidence_actions",
    "argument_constraints",
    "grounding_rules",
    "policy_effect",
    "target_integration",
    "resource_scope",
];

/// Reads a file. `None`, with a finding, when nothing is read from it.
pub fn parse(file: FileId, text: &str, sink: &mut Sink) -> Option<Node> {
    let before = sink.as_slice().len();
    let mut reader = Reader { file, whole: text, sink, entries: Vec::new(), anything: false, unmarked: Vec::new() };
    if !reader.read() {
        return None;
    }
    let Reader { entries, anything, unmarked, .. } = reader;
    if !anything {
        if sink.as_slice().len() == before {
            let found =
                Diagnostic::new(codes::EMPTY_MARKDOWN, Span::whole(file), "nothing is read from this Markdown file");
            let found = unmarked.into_iter().fold(found, |found, at| found.and(at, "this block is for people only"));
            sink.push(found.help(
                "mark a fenced block as `yaml policy` or `json policy`, or move the file out of the folders where documents are read",
            ));
        }
        return None;
    }
    let span = entries.first().map_or(Span::whole(file), |first| first.key_span.to(first.value.span));
    Some(Node::new(span, Value::Map(Map::new(entries))))
}

struct Reader<'a, 's> {
    file: FileId,
    whole: &'a str,
    sink: &'s mut Sink,
    entries: Vec<Entry>,
    anything: bool,
    /// Blocks of YAML and JSON that are not marked as policy.
    unmarked: Vec<Span>,
}

/// What the text events belong to.
enum Inside {
    Prose,
    FrontMatter,
    /// A fenced block: its marker, where it stands.
    Fenced(String, Range<usize>),
    /// Code that is not fenced, or metadata in the middle of the text.
    Other,
}

impl Reader<'_, '_> {
    /// False when the file cannot be told apart into what is read and what is not.
    fn read(&mut self) -> bool {
        let bom = self.whole.len() - self.whole.strip_prefix('\u{feff}').unwrap_or(self.whole).len();
        let body = self.whole.get(bom..).unwrap_or("");
        let parser = Parser::new_ext(body, Options::ENABLE_YAML_STYLE_METADATA_BLOCKS).into_offset_iter();
        let mut inside = Inside::Prose;
        let mut ranges: Vec<Range<usize>> = Vec::new();
        let mut front_matter = false;
        let mut rules = RulesHeading::default();
        for (event, range) in parser {
            rules.follow(&event, &range);
            let range = range.start + bom..range.end + bom;
            match event {
                Event::Start(Tag::MetadataBlock(MetadataBlockKind::YamlStyle)) if range.start == bom => {
                    (inside, front_matter) = (Inside::FrontMatter, true);
                }
                Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                    inside = Inside::Fenced(info.to_string(), range);
                }
                Event::Start(Tag::MetadataBlock(_) | Tag::CodeBlock(_) | Tag::HtmlBlock) => inside = Inside::Other,
                Event::Start(Tag::Item) if rules.open => self.sentence(range),
                Event::Text(_) | Event::Html(_) if !matches!(inside, Inside::Prose) => ranges.push(range),
                Event::End(TagEnd::MetadataBlock(_) | TagEnd::CodeBlock | TagEnd::HtmlBlock) => {
                    let ranges = std::mem::take(&mut ranges);
                    self.block(std::mem::replace(&mut inside, Inside::Prose), &ranges);
                }
                _ => {}
            }
        }
        if let Some(at) = rules.without_sentences() {
            self.anything = true;
            let span = Span::new(self.file, at.start + bom, at.end + bom);
            let found = Diagnostic::new(codes::SENTENCE, span, "a heading `Rules` stands over no list of sentences");
            self.sink
                .push(found.help("write a list below it, or give the heading another name if the text is for people"));
        }
        if let (false, Some(at)) = (front_matter, late_front_matter(body)) {
            let span = Span::new(self.file, at + bom, at + bom + 3);
            let found =
                Diagnostic::new(codes::FRONT_MATTER, span, "front matter is read only on the first line of the file");
            self.sink.push(found.help("remove what stands before it"));
            return false;
        }
        let first = body.lines().next().unwrap_or_default().trim_end();
        if first == "+++" || (first.len() > 3 && first.bytes().all(|byte| byte == b'-')) {
            let span = Span::new(self.file, bom, bom + first.len());
            let found = Diagnostic::new(codes::FRONT_MATTER, span, "front matter of this form is not read");
            self.sink.push(found.help("write YAML between two lines of exactly `---`"));
            return false;
        }
        if front_matter || first != "---" {
            return true;
        }
        let span = Span::new(self.file, bom, bom + 3);
        let found = Diagnostic::new(codes::FRONT_MATTER, span, "front matter is opened here and never closed");
        self.sink.push(found.help("close it with a line `---`"));
        false
    }

    fn block(&mut self, inside: Inside, ranges: &[Range<usize>]) {
        let embedded = Embedded::pieces(self.file, self.whole, ranges);
        match inside {
            Inside::FrontMatter => self.front_matter(&embedded),
            Inside::Fenced(info, range) => self.fenced(&info, &range, &embedded),
            Inside::Other if hides_a_block(&embedded.text) => {
                let whole = embedded.span(0..embedded.text.trim_end().len());
                let found = Diagnostic::new(
                    codes::HIDDEN_BLOCK,
                    whole,
                    "a policy block stands in indented code or in HTML and is not read",
                );
                self.anything = true;
                self.sink.push(found.help("take away the indentation before its fence, or put an empty line between it and the HTML; `<!-- -->` around it says that it is switched off"));
            }
            Inside::Other | Inside::Prose => {}
        }
    }

    fn front_matter(&mut self, embedded: &Embedded<'_>) {
        self.anything = true;
        let first = self.entries.len();
        let roots = yaml::parse(embedded, Dialect::Yaml, self.sink);
        self.take(roots);
        let belongs = |entry: &Entry| FRONT_MATTER_KEYS.contains(&&*entry.key);
        for entry in self.entries.iter().skip(first).filter(|entry| !belongs(entry)) {
            let message = format!("`{}` does not belong into front matter", shortened(&entry.key));
            let mut found = Diagnostic::new(codes::FRONT_MATTER, entry.key_span, message).help(format!(
                "move it into a block marked `yaml policy`; front matter holds {}",
                FRONT_MATTER_KEYS.join(", ")
            ));
            if let Some(meant) = nearest(&entry.key, FRONT_MATTER_KEYS) {
                found = found.help(format!("did you mean `{meant}`?")).fix(
                    format!("write `{meant}`"),
                    entry.key_span,
                    meant,
                );
            }
            self.sink.push(found);
        }
        self.entries.retain(belongs);
    }

    fn fenced(&mut self, info: &str, range: &Range<usize>, embedded: &Embedded<'_>) {
        let opening = self.first_line(range);
        let closed = is_closed(self.whole.get(range.clone()).unwrap_or(""));
        let words: Vec<&str> = info.split_whitespace().collect();
        let marked = matches!(words.as_slice(), ["yaml" | "json", "policy"]);
        if !closed && (marked || self.whole.get(range.end..).is_some_and(|rest| rest.trim().is_empty())) {
            self.anything = true;
            let found =
                Diagnostic::new(codes::UNCLOSED_BLOCK, opening, "the fenced block is opened here and never closed");
            self.sink
                .push(found.help("close it with a line of the same fence; everything below is taken for part of it"));
            return;
        }
        match words.as_slice() {
            ["yaml", "policy"] => {
                self.anything = true;
                let roots = yaml::parse(embedded, Dialect::Yaml, self.sink);
                self.take(roots);
            }
            ["json", "policy"] => {
                self.anything = true;
                let roots = json::parse(embedded, self.sink);
                self.take(roots);
            }
            words if is_near_marker(words) => {
                self.anything = true;
                let message = format!("the block marked `{}` is not read", shortened(info));
                let found = Diagnostic::new(codes::BLOCK_MARKER, opening, message);
                self.sink.push(found.help("mark it exactly `yaml policy` or `json policy`, or take the word out"));
            }
            words if is_data(words) => {
                if looks_like_a_policy(embedded, words.first().is_some_and(|word| word.to_lowercase().contains("json")))
                {
                    self.anything = true;
                    let message = "the block holds keys of a policy and is not read, since it is not marked";
                    let found = Diagnostic::new(codes::BLOCK_MARKER, opening, message);
                    self.sink.push(
                        found.help("mark it `yaml policy` or `json policy`, or show it as `text` if it is for people"),
                    );
                } else {
                    self.unmarked.push(opening);
                }
            }
            _ => {}
        }
    }

    /// Adds the keys of a block's map to the document.
    fn take(&mut self, roots: Vec<Node>) {
        let mut roots = roots.into_iter();
        for (rank, root) in roots.by_ref().enumerate() {
            let Node { span, value: Value::Map(map) } = root else {
                if !matches!(root.value, Value::Broken) {
                    let message = format!("a block holds keys with values, not {}", root.in_words());
                    self.sink.push(Diagnostic::new(codes::NOT_A_DOCUMENT, root.span, message));
                }
                continue;
            };
            if rank > 0 {
                let message = "a block holds one document, and this is another";
                self.sink.push(
                    Diagnostic::new(codes::NOT_A_DOCUMENT, span, message)
                        .help("a Markdown file is one document: move this one into a file of its own"),
                );
                continue;
            }
            for entry in map.into_entries() {
                self.add(entry);
            }
        }
    }

    fn add(&mut self, entry: Entry) {
        let first = self.entries.iter().find(|known| known.key == entry.key).map(|known| known.key_span);
        if first.is_some() {
            self.sink.push(duplicate_key(&entry.key, entry.key_span, first));
        } else {
            self.entries.push(entry);
        }
    }

    fn sentence(&mut self, range: Range<usize>) {
        self.anything = true;
        let end = self.first_line(&range);
        let message = "a sentence under `Rules` cannot be read by this version of policyc";
        self.sink.push(
            Diagnostic::new(codes::SENTENCE, end, message)
                .help("write it as keys in a block marked `yaml policy`, or give the heading another name if the list is for people"),
        );
    }

    fn first_line(&self, range: &Range<usize>) -> Span {
        let text = self.whole.get(range.clone()).unwrap_or("");
        let line = text.lines().next().unwrap_or("");
        Span::new(self.file, range.start, range.start + line.len())
    }
}

/// Whether the text events are under a heading `Rules`.
#[derive(Default)]
struct RulesHeading {
    heading: Option<String>,
    level: usize,
    open: bool,
    /// Where the heading stands that no sentence has followed yet.
    bare: Option<Range<usize>>,
    /// The first heading that no sentence followed at all.
    empty: Option<Range<usize>>,
}

impl RulesHeading {
    /// The first heading `Rules` under which no list stood.
    fn without_sentences(self) -> Option<Range<usize>> {
        self.empty.or(self.bare)
    }

    fn follow(&mut self, event: &Event<'_>, range: &Range<usize>) {
        match event {
            Event::Start(Tag::Item) => self.bare = None,
            // A marked block says what the heading promises.
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) if info.ends_with("policy") => self.bare = None,
            Event::Start(Tag::Heading { level, .. }) => {
                let level = *level as usize;
                if self.open && level <= self.level {
                    self.open = false;
                    self.empty = self.empty.take().or_else(|| self.bare.take());
                }
                if !self.open {
                    self.level = level;
                }
                self.heading = Some(String::new());
            }
            Event::Text(text) | Event::Code(text) => {
                if let Some(heading) = &mut self.heading {
                    heading.push_str(text);
                }
            }
            Event::End(TagEnd::Heading(_)) => {
                let heading = self.heading.take().unwrap_or_default();
                let name = heading.trim().trim_end_matches(':').to_lowercase();
                if name == "rules" && !self.open {
                    self.open = true;
                    self.bare = Some(range.clone());
                }
            }
            _ => {}
        }
    }
}

/// Where front matter begins that is not read, because something stands before it.
fn late_front_matter(body: &str) -> Option<usize> {
    let mut rest = body;
    loop {
        rest = rest.trim_start();
        match rest.strip_prefix("<!--") {
            Some(comment) => rest = comment.split_once("-->")?.1,
            None => break,
        }
    }
    let at = body.len() - rest.len();
    let mut lines = rest.lines();
    let opened = at > 0 && lines.next()?.trim_end() == "---";
    let front: Vec<&str> = lines.take_while(|line| line.trim_end() != "---").collect();
    let known = |line: &&str| line.split_once(':').is_some_and(|(key, _)| FRONT_MATTER_KEYS.contains(&key.trim()));
    (opened && front.iter().any(known)).then_some(at)
}

/// Whether a fenced block ends with a fence of its own kind.
fn is_closed(block: &str) -> bool {
    let mut lines = block.lines();
    let bare = |line: &str| line.trim_start_matches([' ', '\t', '>']).trim_end().to_owned();
    let opening = lines.next().map(bare).unwrap_or_default();
    let Some(fence) = opening.chars().next().filter(|c| matches!(c, '`' | '~')) else { return true };
    let width = opening.chars().take_while(|c| *c == fence).count();
    let closing = lines.next_back().map(bare).unwrap_or_default();
    closing.len() >= width && closing.chars().all(|c| c == fence)
}

/// Whether a marker looks as if it was meant to be `yaml policy`.
fn is_near_marker(words: &[&str]) -> bool {
    let lower: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
    let policy = |word: &String| {
        word.split(|c: char| !c.is_alphanumeric())
            .any(|part| matches!(part, "policy" | "policies" | "rule" | "rules" | "exception" | "suite"))
            || nearest(word, ["policy"]).is_some()
    };
    let format = |word: &String| word.starts_with("yaml") || word.starts_with("yml") || word.starts_with("json");
    lower.iter().any(policy) && (lower.iter().any(format) || lower.len() == 1)
}

/// Whether a block is marked as YAML or JSON, however it is written, or not at all.
fn is_data(words: &[&str]) -> bool {
    let Some(first) = words.first() else { return true };
    let word = first.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    word.starts_with("yaml") || word.starts_with("yml") || word.starts_with("json")
}

/// Whether a block that is not marked would be a policy if it were.
fn looks_like_a_policy(embedded: &Embedded<'_>, is_json: bool) -> bool {
    let mut unheard = Sink::new();
    let roots =
        if is_json { json::parse(embedded, &mut unheard) } else { yaml::parse(embedded, Dialect::Yaml, &mut unheard) };
    roots.iter().flat_map(Node::entries).any(|entry| DECIDING_KEYS.contains(&&*entry.key))
}

fn hides_a_block(code: &str) -> bool {
    // What stands in a comment was switched off on purpose.
    let mut shown = String::new();
    let mut rest = code;
    while let Some((before, comment)) = rest.split_once("<!--") {
        shown.push_str(before);
        // One that is never closed was not meant to swallow the rest.
        rest = comment.split_once("-->").map_or(comment, |(_, after)| after);
    }
    shown.push_str(rest);
    shown.lines().any(|line| {
        let line = line.trim_start();
        let info = line.trim_start_matches(['`', '~']);
        line.len() >= info.len() + 3 && is_near_marker(&info.split_whitespace().collect::<Vec<_>>())
    })
}
