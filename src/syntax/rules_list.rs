//! Where the sentences of a Markdown file stand: the items of lists under a heading `Rules`.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, Tag, TagEnd};

/// What was found while the events of a file went by.
#[derive(Default)]
pub struct RulesList<'t> {
    text: &'t str,
    /// The items whose sentences are read.
    pub items: Vec<Range<usize>>,
    /// What stands under the heading and cannot be read, with the reason.
    pub faults: Vec<(Range<usize>, &'static str)>,
    /// Paragraphs under the heading, beside items.
    pub beside: Vec<Range<usize>>,
    /// Paragraphs and items that are for people only.
    pub others: Vec<Range<usize>>,
    heading: Option<String>,
    level: usize,
    open: bool,
    /// Whether the heading above speaks of rules and is not `Rules`.
    nearly: bool,
    /// How many items are open, one inside the other.
    items_open: usize,
    quotes_open: usize,
    /// Where the heading stands that no sentence has followed yet.
    bare: Option<Range<usize>>,
    /// The first heading that no sentence followed at all.
    empty: Option<Range<usize>>,
}

impl<'t> RulesList<'t> {
    /// Nothing yet of a text.
    pub fn of(text: &'t str) -> Self {
        Self { text, ..Self::default() }
    }

    /// The first heading `Rules` under which no list stood.
    pub fn without_sentences(&self) -> Option<&Range<usize>> {
        self.empty.as_ref().or(self.bare.as_ref())
    }

    /// Takes notice of an event.
    pub fn follow(&mut self, event: &Event<'_>, range: &Range<usize>) {
        self.nesting(event, range);
        match event {
            // A marked block says what the heading promises.
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) if info.ends_with("policy") => self.bare = None,
            // A heading in a quotation or an item is a part of that.
            Event::Start(Tag::Heading { level, .. }) if self.items_open == 0 && self.quotes_open == 0 => {
                let level = *level as usize;
                if self.open && level <= self.level {
                    self.open = false;
                    self.empty = self.empty.take().or_else(|| self.bare.take());
                }
                if self.open {
                    // People would read what stands below it as narrowed by it.
                    self.bare = None;
                    self.faults.push((
                        range.clone(),
                        "a heading under `Rules` is not read, and people may read it as part of the rules below it",
                    ));
                } else {
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
                if self.items_open > 0 || self.quotes_open > 0 {
                    return;
                }
                let mut words = name.split(|c: char| !c.is_alphanumeric());
                self.nearly = words.any(|word| matches!(word, "rule" | "rules")) && name != "rules";
                if name == "rules" && !self.open {
                    self.open = true;
                    self.bare = Some(range.clone());
                }
            }
            _ => {}
        }
    }

    fn nesting(&mut self, event: &Event<'_>, range: &Range<usize>) {
        match event {
            Event::Start(Tag::Item) => self.item(range),
            Event::End(TagEnd::Item) => self.items_open = self.items_open.saturating_sub(1),
            Event::Start(Tag::BlockQuote(_)) => {
                self.quotes_open += 1;
                self.block(range);
            }
            Event::End(TagEnd::BlockQuote(_)) => self.quotes_open = self.quotes_open.saturating_sub(1),
            Event::Start(Tag::CodeBlock(_) | Tag::HtmlBlock | Tag::Heading { .. } | Tag::Table(_))
                if !self.is_for_nobody(event, range) =>
            {
                self.block(range);
            }
            Event::Start(Tag::Paragraph) if self.items_open == 0 && self.quotes_open == 0 => {
                if self.open {
                    self.beside.push(range.clone());
                } else {
                    self.others.push(range.clone());
                }
            }
            _ => {}
        }
    }

    fn item(&mut self, range: &Range<usize>) {
        self.items_open += 1;
        match (self.open, self.items_open, self.quotes_open) {
            (true, 1, 0) => {
                self.bare = None;
                self.items.push(range.clone());
            }
            (true, 1, _) => {
                self.bare = None;
                self.faults.push((range.clone(), "a rule in a quotation is not read: it may be somebody else's"));
            }
            (true, ..) => {
                self.drop_item(range);
                self.faults.push((range.clone(), "a list inside of a rule is not read"));
            }
            (false, 1, 0) if self.nearly => {
                self.faults.push((range.clone(), "a list under a heading that only resembles `Rules` is not read"));
            }
            (false, _, 0) => self.others.push(range.clone()),
            (false, ..) => {}
        }
    }

    /// Whether a block under the heading is read otherwise, or is a comment.
    fn is_for_nobody(&self, event: &Event<'_>, range: &Range<usize>) -> bool {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                self.items_open == 0 && info.ends_with("policy")
            }
            Event::Start(Tag::HtmlBlock) => {
                let html = self.text.get(range.clone()).unwrap_or_default().trim();
                let comment = html.strip_prefix("<!--").and_then(|rest| rest.strip_suffix("-->"));
                self.items_open == 0 && comment.is_some_and(|inner| !inner.contains("-->"))
            }
            // One at the top level is looked at where it is followed.
            Event::Start(Tag::Heading { .. }) => self.items_open == 0,
            _ => false,
        }
    }

    /// A block inside of an item, or between items: what it holds cannot be read as sentences, and people may read it so.
    fn block(&mut self, range: &Range<usize>) {
        if !self.open {
            return;
        }
        self.bare = None;
        let inside = self.drop_item(range);
        let why = if inside {
            "a block inside of a rule is not read"
        } else {
            "a block under `Rules` that is no list is not read"
        };
        self.faults.push((range.clone(), why));
    }

    /// Takes an item back that holds more than sentences.
    fn drop_item(&mut self, inner: &Range<usize>) -> bool {
        let holds = |item: &Range<usize>| item.start <= inner.start && inner.end <= item.end;
        let held = self.items.iter().any(holds);
        self.items.retain(|item| !holds(item));
        held
    }
}
