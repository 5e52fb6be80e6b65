//! What reads the outputs of policyc, written again from what is documented of it: the commands of a GitHub runner, and
//! Markdown as a forge shows it.

use pulldown_cmark::{Event, Options, Parser, Tag};

/// A command of the runner: its name, its properties, its message.
pub type Command = (String, Vec<(String, String)>, String);

/// The commands that a runner finds in what a step prints: lines that begin, after blanks, with `::name`, and the older
/// `##[name]` anywhere in a line. Lines end at `\n` and at `\r`.
pub fn commands(printed: &str) -> Vec<Command> {
    printed.split(['\n', '\r']).filter_map(|line| newer(line).or_else(|| older(line))).collect()
}

fn newer(line: &str) -> Option<Command> {
    let rest = line.trim_start_matches(|c: char| c.is_whitespace() || c.is_control() || c == '\u{feff}');
    let (head, message) = rest.strip_prefix("::")?.split_once("::")?;
    let (name, properties) = head.split_once(' ').unwrap_or((head, ""));
    let pair = |pair: &str| pair.split_once('=').map(|(key, value)| (key.trim().to_owned(), unescaped(value, true)));
    Some((name.to_owned(), properties.split(',').filter_map(pair).collect(), unescaped(message, false)))
}

fn older(line: &str) -> Option<Command> {
    let (_, rest) = line.split_once("##[")?;
    let (head, message) = rest.split_once(']')?;
    let name = head.split(' ').next().unwrap_or_default();
    Some((name.to_owned(), Vec::new(), message.to_owned()))
}

fn unescaped(text: &str, property: bool) -> String {
    let mut text = text.replace("%0D", "\r").replace("%0A", "\n");
    if property {
        text = text.replace("%3A", ":").replace("%2C", ",");
    }
    text.replace("%25", "%")
}

/// Tags of our own that mean nothing.
const TAGS: [&str; 4] = ["<sub>", "</sub>", "<br>", "<!-- policyc:report -->"];

/// What in a page of Markdown is more than text: links, pictures, foreign tags, and what a forge makes of plain text
/// (mentions, addresses, references, commits, pictures by name).
pub fn active(markdown: &str) -> Vec<String> {
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_FOOTNOTES | Options::ENABLE_TASKLISTS;
    let mut found = Vec::new();
    let mut text = String::new();
    for event in Parser::new_ext(markdown, options) {
        match event {
            // One text may come in several pieces.
            Event::Text(piece) => {
                text.push_str(&piece);
                continue;
            }
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                found.push(format!("leads to {dest_url}"));
            }
            Event::Start(Tag::CodeBlock(_)) => found.push("a block of code".to_owned()),
            Event::Html(tag) | Event::InlineHtml(tag) if !TAGS.contains(&tag.trim()) => {
                found.push(format!("the tag {tag}"));
            }
            Event::FootnoteReference(_) | Event::TaskListMarker(_) => found.push("a marker".to_owned()),
            _ => {}
        }
        found.extend(made_of(&text));
        text.clear();
    }
    found.extend(made_of(&text));
    found
}

/// What a forge makes of plain text.
fn made_of(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for word in text.split_whitespace() {
        let hex = word.len() >= 7
            && word.bytes().all(|byte| byte.is_ascii_hexdigit())
            && word.bytes().any(|byte| byte.is_ascii_digit());
        let reference = word.starts_with('#') && word.as_bytes().get(1).is_some_and(u8::is_ascii_digit);
        let picture = word.len() > 2 && word.starts_with(':') && word.ends_with(':');
        if word.contains(['@', '<'])
            || word.contains("://")
            || word.to_lowercase().contains("www.")
            || hex
            || reference
            || picture
        {
            found.push(format!("text that is made into more: {word}"));
        }
    }
    found
}

/// Characters that turn text around, hide, or steer a terminal.
pub fn hidden(text: &str) -> Vec<char> {
    let is_hidden = |c: &char| {
        (c.is_control() && *c != '\n')
            || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    text.chars().filter(is_hidden).collect()
}
