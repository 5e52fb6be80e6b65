//! Markdown: front matter and marked fenced blocks of one file are one document; other text is for people.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, MetadataBlockKind, Options, Parser, Tag, TagEnd};

use super::prose::{self, Item, Lock};
use super::rules_list::RulesList;
use super::yaml::{self, Dialect, duplicate_key};
use super::{Embedded, Entry, Map, Node, Prose, Value, json, shortened};
use crate::diag::{Diagnostic, Sink, codes, nearest};
use crate::source::Content;
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
pub fn parse(
    file: FileId,
    text: &str,
    assist: Option<&Content>,
    sink: &mut Sink,
) -> Option<(Node, Option<Box<Prose>>)> {
    let before = sink.as_slice().len();
    let mut reader = Reader { file, whole: text, sink, entries: Vec::new(), anything: false, unmarked: Vec::new() };
    let (list, bom) = reader.read()?;
    let prose = reader.sentences(&list, bom, assist);
    reader.strays(&list, bom);
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
    Some((Node::new(span, Value::Map(Map::new(entries))), prose))
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

/// The text of a list item or paragraph, without the marker of the item.
fn item(file: FileId, whole: &str, range: Range<usize>) -> Item<'_> {
    let text = whole.get(range.clone()).unwrap_or("");
    let start = range.start + prose::marker(text);
    let end = range.start + text.trim_end().len();
    let range = start..end.max(start);
    Item { text: Embedded::pieces(file, whole, std::slice::from_ref(&range)) }
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

impl<'a> Reader<'a, '_> {
    /// Reads the blocks, and finds the sentences and how many bytes the byte order mark has; `None` when the file cannot
    /// be told apart into what is read and what is not.
    fn read(&mut self) -> Option<(RulesList<'a>, usize)> {
        let bom = self.whole.len() - self.whole.strip_prefix('\u{feff}').unwrap_or(self.whole).len();
        let whole: &'a str = self.whole;
        let body = whole.get(bom..).unwrap_or("");
        let parser = Parser::new_ext(body, Options::ENABLE_YAML_STYLE_METADATA_BLOCKS).into_offset_iter();
        let mut inside = Inside::Prose;
        let mut ranges: Vec<Range<usize>> = Vec::new();
        let mut front_matter = false;
        let mut rules = RulesList::of(body);
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
                Event::Text(_) | Event::Html(_) if !matches!(inside, Inside::Prose) => ranges.push(range),
                Event::End(TagEnd::MetadataBlock(_) | TagEnd::CodeBlock | TagEnd::HtmlBlock) => {
                    let ranges = std::mem::take(&mut ranges);
                    self.block(std::mem::replace(&mut inside, Inside::Prose), &ranges);
                }
                _ => {}
            }
        }
        if let Some(at) = rules.without_sentences().cloned() {
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
            return None;
        }
        let first = body.lines().next().unwrap_or_default().trim_end();
        if first == "+++" || (first.len() > 3 && first.bytes().all(|byte| byte == b'-')) {
            let span = Span::new(self.file, bom, bom + first.len());
            let found = Diagnostic::new(codes::FRONT_MATTER, span, "front matter of this form is not read");
            self.sink.push(found.help("write YAML between two lines of exactly `---`"));
            return None;
        }
        if front_matter || first != "---" {
            return Some((rules, bom));
        }
        let span = Span::new(self.file, bom, bom + 3);
        let found = Diagnostic::new(codes::FRONT_MATTER, span, "front matter is opened here and never closed");
        self.sink.push(found.help("close it with a line `---`"));
        None
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

    /// Reads the sentences under `Rules`, and adds what they set to what was written as keys.
    fn sentences(&mut self, list: &RulesList<'_>, bom: usize, assist: Option<&Content>) -> Option<Box<Prose>> {
        let whole = self.whole;
        let shifted = |range: &Range<usize>| range.start + bom..range.end + bom;
        for (range, why) in &list.faults {
            let range = shifted(range);
            let line = self.first_line(&range);
            self.sink.push(
                Diagnostic::new(codes::SENTENCE, line, *why)
                    .help("each rule is one item of a plain list, in one or more sentences"),
            );
        }
        let items: Vec<Item<'_>> = list.items.iter().map(|range| item(self.file, whole, shifted(range))).collect();
        if items.is_empty() && list.faults.is_empty() {
            return None;
        }
        self.anything = true;
        let lock = self.lock(assist);
        let written = self.entries.len();
        let kind = self.kind();
        let (entries, mut prose) = prose::read(&items, kind.as_deref(), &lock, self.sink);
        prose.written = written;
        for entry in entries {
            self.add(entry);
        }
        if let Some(found) = prose::narrowed(prose.blanket, &self.entries) {
            self.sink.push(found);
        }
        Some(Box::new(prose))
    }

    /// The accepted readings beside the file.
    fn lock(&mut self, assist: Option<&Content>) -> Lock {
        Lock::beside(assist).unwrap_or_else(|why| {
            let message = format!("the accepted readings beside this file (`*{}`) cannot be used: {why}", crate::source::ASSIST_LOCK);
            let found = Diagnostic::new(codes::ASSIST_LOCK, Span::whole(self.file), message);
            self.sink.push(found.help("restore the file from Git, or remove it and accept the readings again with `policyc compile --assist gemini`"));
            Lock::default()
        })
    }

    /// The kind of document, as far as keys say it.
    fn kind(&self) -> Option<String> {
        let said = self.entries.iter().find(|entry| &*entry.key == "kind").and_then(|entry| entry.value.text());
        let keyed = |key: &str| self.entries.iter().any(|entry| &*entry.key == key);
        match said {
            Some(kind) => Some(kind.to_owned()),
            None if keyed("policy_effect") => Some("rule".to_owned()),
            // Keys that only policies have.
            None if ["scope", "target_id", "enabled", "name"].iter().any(|key| keyed(key)) => Some("policy".to_owned()),
            None => None,
        }
    }

    /// Sentences that would be read under `Rules` and stand elsewhere; and text beside rules, which people read with them.
    fn strays(&mut self, list: &RulesList<'_>, bom: usize) {
        // Under a heading with keys in a block and no sentences, text is what it is everywhere.
        for range in list.beside.iter().filter(|_| !list.items.is_empty()) {
            let text = item(self.file, self.whole, range.start + bom..range.end + bom);
            let span = text.text.span(0..text.text.text.len());
            let message = "the text beside the rules is not read, and people may read it as part of them";
            let found = Diagnostic::new(codes::SENTENCE, span, message);
            self.sink.push(
                found.help(
                    "make it a rule, indent it if it belongs to the item above, or move it under another heading",
                ),
            );
        }
        let whole = self.whole;
        let items: Vec<Item<'_>> =
            list.items.iter().map(|range| item(self.file, whole, range.start + bom..range.end + bom)).collect();
        for range in &list.others {
            let item = item(self.file, whole, range.start + bom..range.end + bom);
            let bare = item.text.text.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
            if bare == "rules" {
                let span = item.text.span(0..item.text.text.len());
                let found =
                    Diagnostic::new(codes::STRAY_SENTENCE, span, "this looks like a heading `Rules` and is none");
                self.sink.push(found.help("write `## Rules`"));
            }
            if let Some(found) = prose::stray(&item.text.text, &items) {
                let span = item.text.span(found);
                let found =
                    Diagnostic::new(codes::STRAY_SENTENCE, span, "the sentence reads like a rule and is not read here");
                self.sink.push(found.help(
                    "make it an item of a list under a heading `Rules`, or word it so that nobody takes it for one",
                ));
            }
        }
    }

    fn first_line(&self, range: &Range<usize>) -> Span {
        let text = self.whole.get(range.clone()).unwrap_or("");
        let line = text.lines().next().unwrap_or("");
        Span::new(self.file, range.start, range.start + line.len())
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
