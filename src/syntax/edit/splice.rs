//! One small change of a text: which bytes go, and what stands there instead.

use std::ops::Range;

use super::layout::{Child, Layout, Part, Style};
use super::write::{self, Indented};
use super::{Refusal, refusal};
use crate::syntax::yaml::Dialect;
use crate::syntax::{Node, Step, Value};

/// A change of one place.
#[derive(Debug, Clone, Copy)]
pub enum Action<'n> {
    /// Another value in the place of this one.
    Replace(&'n Node),
    /// A key more in this map.
    NewKey(&'n str, &'n Node),
    /// An item more in this list, before the one of this rank.
    NewItem(usize, &'n Node),
    /// This one goes, with its key.
    Remove,
}

/// A text with its layout.
pub struct Written<'a> {
    pub text: &'a str,
    pub layout: &'a Layout,
    pub dialect: Dialect,
    pub newline: &'static str,
}

/// What takes the place of what.
pub type Splice = (Range<usize>, String);

impl<'a> Written<'a> {
    /// The change of the place that some steps lead to from a root.
    pub fn splice(&self, root: &'a Part, steps: &[Step], action: Action<'_>) -> Result<Splice, Refusal> {
        let mut way = vec![(root, 0)];
        let mut target = root;
        for step in steps {
            self.refuse_shared(target, false)?;
            let rank = match step {
                Step::Key(key) => target.key(key),
                Step::Index(rank) => Some(*rank),
            };
            let child = rank.and_then(|rank| target.children.get(rank).map(|child| (rank, child)));
            let Some((rank, child)) = child else { return Err(lost()) };
            way.push((target, rank));
            target = &child.value;
        }
        let (parent, rank) = way.pop().unwrap_or((root, 0));
        match action {
            Action::Replace(new) => {
                self.refuse_shared(target, true)?;
                self.replace(parent, rank, target, new)
            }
            Action::NewKey(key, new) => {
                self.refuse_shared(target, false)?;
                self.insert(target, target.children.len(), Some(key), new)
            }
            Action::NewItem(rank, new) => {
                self.refuse_shared(target, false)?;
                self.insert(target, rank, None, new)
            }
            Action::Remove if parent.children.len() == 1 => {
                // Nothing stays between the brackets, or where the block was.
                let empty = if parent.is_map {
                    Value::Map(crate::syntax::Map::new(Vec::new()))
                } else {
                    Value::List(Vec::new())
                };
                let above = way.pop().ok_or_else(nothing_left)?;
                self.replace(
                    above.0,
                    above.1,
                    parent,
                    &Node::new(crate::text::Span::whole(crate::text::FileId(0)), empty),
                )
            }
            Action::Remove => {
                self.refuse_shared(target, true)?;
                if parent.style == Style::Flow {
                    self.remove_flow(parent, rank)
                } else {
                    self.remove_block(parent, rank)
                }
            }
        }
    }

    /// What an alias stands for must not change in passing.
    fn refuse_shared(&self, part: &Part, whole: bool) -> Result<(), Refusal> {
        let help = "write the value out in the place of its aliases first; an anchor is one value in several places";
        if part.style == Style::Alias && !whole {
            let name = self.slice(part.start..part.end);
            return Err(refusal(
                format!("the value is the alias `{name}`, so a change of it would be one of another place"),
                help,
            ));
        }
        // Aliases inside what goes as a whole go with it.
        let shared = |(anchor, at): &(usize, usize)| {
            if whole { part.bears(*anchor) && !(part.outer..part.end).contains(at) } else { part.anchor == *anchor }
        };
        if self.layout.aliases.iter().any(shared) {
            return Err(refusal("the value has an anchor, and an alias elsewhere stands for it", help));
        }
        Ok(())
    }

    fn slice(&self, range: Range<usize>) -> &'a str {
        self.text.get(range).unwrap_or_default()
    }

    fn line_start(&self, at: usize) -> usize {
        self.slice(0..at).rfind('\n').map_or(0, |end| end + 1)
    }

    /// Where the line ends, before its line break.
    fn line_end(&self, at: usize) -> usize {
        let rest = self.slice(at..self.text.len());
        let line = rest.find('\n').map_or(rest, |end| rest.get(..end).unwrap_or(rest));
        at + line.strip_suffix('\r').unwrap_or(line).len()
    }

    /// White space as wide as what stands before a place in its line.
    fn column(&self, at: usize) -> String {
        " ".repeat(self.slice(self.line_start(at)..at).chars().count())
    }

    fn indent(&self, at: usize) -> String {
        let line = self.slice(self.line_start(at)..at);
        line.chars().take_while(|c| matches!(c, ' ' | '\t')).collect()
    }

    fn comments(&self, range: &Range<usize>) -> Vec<&'a str> {
        self.layout.comments_in(range).map(|comment| self.slice(comment.clone())).collect()
    }

    fn replace(&self, parent: &Part, rank: usize, old: &Part, new: &Node) -> Result<Splice, Refusal> {
        if std::ptr::eq(parent, old) {
            return if old.style == Style::Flow { Ok(self.flow_value(old, new)) } else { Err(nothing_left()) };
        }
        if !matches!(old.style, Style::Block | Style::BlockText) {
            return Ok(self.flow_value(old, new));
        }
        let from = self.behind_sign(parent, rank)?;
        let range = from..old.end;
        let text = format!(" {}", write::value(new, self.dialect, false, None));
        Ok((range.clone(), self.with_comments(text, &range)))
    }

    /// Another value where one stands that begins and ends on its own.
    fn flow_value(&self, old: &Part, new: &Node) -> Splice {
        let range = old.start..old.end;
        let quoted = old.style == Style::Quoted && self.slice(range.clone()).starts_with('"');
        let lines = self.slice(range.clone()).contains('\n') || self.dialect == Dialect::Json;
        let lines = lines.then(|| self.indented(old.start)).flatten();
        let text = write::value(new, self.dialect, quoted, lines.as_ref());
        (range.clone(), self.with_comments(text, &range))
    }

    /// How JSON is laid out at a place: in lines, where the file has several.
    fn indented(&self, at: usize) -> Option<Indented> {
        let lines = self.dialect == Dialect::Json && self.text.trim().contains('\n');
        let first = self.text.lines().map(|line| line.len() - line.trim_start().len()).find(|width| *width > 0)?;
        let unit: String = self.text.lines().find(|line| line.starts_with([' ', '\t']))?.chars().take(first).collect();
        lines.then(|| Indented { indent: self.indent(at), unit, newline: self.newline })
    }

    /// Keeps the comments of a part that goes: behind what comes instead, the others on lines of their own.
    fn with_comments(&self, mut text: String, range: &Range<usize>) -> String {
        let comments = self.comments(range);
        let indent = format!("{}{}  ", self.newline, self.indent(range.start));
        for (rank, comment) in comments.iter().enumerate() {
            text.push_str(if rank > 0 { &indent } else { " " });
            text.push_str(comment);
        }
        let rest = self.slice(range.end..self.line_end(range.end));
        if !comments.is_empty() && !rest.trim().is_empty() {
            text.push_str(&indent);
        }
        text
    }

    /// Where the value of a child may begin: behind the `:` of its key, or behind its dash.
    fn behind_sign(&self, parent: &Part, rank: usize) -> Result<usize, Refusal> {
        let child = parent.children.get(rank).ok_or_else(lost)?;
        let Some((_, key)) = &child.key else { return Ok(self.dash(child)? + 1) };
        let mut at = key.end;
        loop {
            let rest = self.slice(at..child.value.outer);
            at += rest.len() - rest.trim_start().len();
            match self.layout.comments.iter().find(|comment| comment.start == at) {
                Some(comment) => at = comment.end,
                None => break,
            }
        }
        if self.slice(at..self.text.len()).starts_with(':') { Ok(at + 1) } else { Err(lost()) }
    }

    /// Where the dash of an item stands: before it, comments and lines aside.
    fn dash(&self, child: &Child) -> Result<usize, Refusal> {
        let mut before = self.slice(0..child.value.outer).trim_end();
        while let Some(comment) = self.layout.comments.iter().find(|comment| comment.end == before.len()) {
            before = self.slice(0..comment.start).trim_end();
        }
        before.strip_suffix('-').map(str::len).ok_or_else(lost)
    }

    /// Where a child begins: at its key or its dash.
    fn child_start(&self, child: &Child) -> Result<usize, Refusal> {
        if child.key.is_some() { Ok(child.start()) } else { self.dash(child) }
    }

    fn insert(&self, into: &Part, rank: usize, key: Option<&str>, new: &Node) -> Result<Splice, Refusal> {
        match (into.style, into.children.is_empty()) {
            (Style::Flow, true) => Ok(self.first_flow(into, key, new)),
            (Style::Flow, false) => self.insert_flow(into, rank, key, new),
            (Style::Block, _) => self.insert_block(into, rank, key, new),
            _ => Err(lost()),
        }
    }

    fn insert_block(&self, into: &Part, rank: usize, key: Option<&str>, new: &Node) -> Result<Splice, Refusal> {
        let first = into.children.first().ok_or_else(lost)?;
        let start = self.child_start(first)?;
        let column = self.column(start);
        let value = write::value(new, self.dialect, false, None);
        let sign = key.map_or("-".to_owned(), |key| format!("{}:", write::key(key, self.dialect)));
        let Some(before) = rank.checked_sub(1) else {
            return Ok((start..start, format!("{sign} {value}{}{column}", self.newline)));
        };
        let before = into.children.get(before).ok_or_else(lost)?;
        let at = self.below_deeper_comments(self.line_end(before.value.end), column.len());
        Ok((at..at, format!("{}{column}{sign} {value}", self.newline)))
    }

    /// The end of the last of the comment lines below that belong to what stands deeper.
    fn below_deeper_comments(&self, line_end: usize, column: usize) -> usize {
        let (mut at, mut looked) = (line_end, line_end);
        while let Some(next) = self.slice(looked..self.text.len()).find('\n').map(|end| looked + end + 1) {
            let end = self.line_end(next);
            let line = self.slice(next..end);
            let bare = line.trim_start();
            if bare.starts_with('#') && line.len() - bare.len() > column {
                at = end;
            } else if !bare.is_empty() || next >= self.text.len() {
                break;
            }
            looked = end;
        }
        at
    }

    fn first_flow(&self, into: &Part, key: Option<&str>, new: &Node) -> Splice {
        let range = into.start..into.end;
        let value = write::value(new, self.dialect, false, None);
        let inner = key.map_or(value.clone(), |key| format!("{}: {value}", write::key(key, self.dialect)));
        let text = if into.is_map { format!("{{{inner}}}") } else { format!("[{inner}]") };
        (range.clone(), self.with_comments(text, &range))
    }

    fn insert_flow(&self, into: &Part, rank: usize, key: Option<&str>, new: &Node) -> Result<Splice, Refusal> {
        let first = into.children.first().ok_or_else(lost)?;
        let in_lines = self.slice(into.start..first.start()).contains('\n');
        let indent = self.column(first.start());
        let gap = if in_lines { format!("{}{indent}", self.newline) } else { self.flow_space(into).to_owned() };
        let lines = in_lines.then(|| self.indented(first.start())).flatten();
        let value = write::value(new, self.dialect, false, lines.as_ref());
        let colon = if self.is_tight(into) { ":" } else { ": " };
        let new = key.map_or(value.clone(), |key| format!("{}{colon}{value}", write::key(key, self.dialect)));
        let Some(before) = rank.checked_sub(1) else {
            return Ok((first.start()..first.start(), format!("{new},{gap}")));
        };
        let before = into.children.get(before).ok_or_else(lost)?.value.end;
        let comma = self.comma(before);
        let last = rank == into.children.len();
        let at = comma.map_or(before, |comma| comma + 1);
        // A comment behind the one before stays with it.
        let until = if in_lines { self.line_end(at).min(self.next_sign(at)) } else { at };
        let beside = self.slice(at..until);
        let (lead, tail) = match (comma, last) {
            (Some(_), true) => ("", ""),
            (Some(_), false) => ("", ","),
            (None, _) => (",", ""),
        };
        Ok((at..until, format!("{lead}{beside}{gap}{new}{tail}")))
    }

    /// Where something other than white space and comments stands next.
    fn next_sign(&self, mut at: usize) -> usize {
        loop {
            let rest = self.slice(at..self.text.len());
            at += rest.len() - rest.trim_start().len();
            match self.layout.comments.iter().find(|comment| comment.start == at) {
                Some(comment) => at = comment.end,
                None => return at,
            }
        }
    }

    /// The comma behind a place, if there is one.
    fn comma(&self, at: usize) -> Option<usize> {
        let next = self.next_sign(at);
        self.slice(next..self.text.len()).starts_with(',').then_some(next)
    }

    /// JSON without spaces stays without.
    fn is_tight(&self, into: &Part) -> bool {
        self.dialect == Dialect::Json
            && !self.slice(into.start..into.end).contains(char::is_whitespace)
            && self.slice(into.start..into.end).contains([':', ','])
    }

    fn flow_space(&self, into: &Part) -> &'static str {
        if self.is_tight(into) { "" } else { " " }
    }

    fn remove_flow(&self, parent: &Part, rank: usize) -> Result<Splice, Refusal> {
        let child = parent.children.get(rank).ok_or_else(lost)?;
        let range =
            match (parent.children.get(rank + 1), rank.checked_sub(1).and_then(|rank| parent.children.get(rank))) {
                (Some(next), _) => child.start()..next.start(),
                (None, Some(before)) => before.value.end..child.value.end,
                (None, None) => return Err(lost()),
            };
        let comments = self.comments(&range);
        let indent = format!("{}{}", self.newline, self.column(child.start()));
        let last = rank + 1 == parent.children.len();
        let kept = match (comments.is_empty(), last) {
            (true, _) => String::new(),
            // Behind a bracket or comma a comment needs its space.
            (false, false) => format!(" {}{indent}", comments.join(&indent)),
            (false, true) => self.with_comments(String::new(), &range),
        };
        Ok((range, kept))
    }

    fn remove_block(&self, parent: &Part, rank: usize) -> Result<Splice, Refusal> {
        let child = parent.children.get(rank).ok_or_else(lost)?;
        let start = self.child_start(child)?;
        let line = self.line_start(start);
        let end = self.line_end(child.value.end);
        let lead = self.slice(line..start);
        if !lead.trim().is_empty() {
            // The first of several, on the line of what they belong to: the next takes its place.
            let next = self.child_start(parent.children.get(rank + 1).ok_or_else(lost)?)?;
            let column = format!("{}{}", self.newline, self.column(start));
            let comments = self.comments(&(start..next));
            let kept = if comments.is_empty() { String::new() } else { format!("{}{column}", comments.join(&column)) };
            return Ok((start..next, kept));
        }
        let comments = self.comments(&(line..end));
        if !comments.is_empty() {
            let between = format!("{}{lead}", self.newline);
            return Ok((line..end, format!("{lead}{}", comments.join(&between))));
        }
        match line.checked_sub(1) {
            Some(before) => Ok((self.line_end(self.line_start(before))..end, String::new())),
            None => {
                Ok((0..self.slice(end..self.text.len()).find('\n').map_or(end, |rest| end + rest + 1), String::new()))
            }
        }
    }
}

fn lost() -> Refusal {
    refusal("the place is written in a way that cannot be edited here", "edit the file by hand")
}

fn nothing_left() -> Refusal {
    refusal(
        "nothing would be left where it stands",
        "`policyc remove ID` takes a document away; a block of a page is changed by hand",
    )
}
