//! The difference for people: one line that matters, then document by document, field by field.

use super::shape::{ChangeLine, ChangedDocument, DiffReport};
use super::words::{default_line, headline, places, title, values};
use crate::report::Look;
use crate::report::visible::visible_line;

/// The longest value that is shown whole, in characters.
const LONGEST: usize = 400;

/// Shows a difference for people.
#[must_use]
pub fn diff_human(report: &DiffReport, look: Look) -> String {
    let page = Page { look };
    let mut text = format!("{} → {}\n", visible_line(&report.base.name), visible_line(&report.head.name));
    text.push_str(&format!("{}\n", page.painted("1", &headline(report))));
    if let (Some(line), Some(default)) = (default_line(report), &report.default_effect) {
        text.push_str(&format!("{}\n", page.painted(paint(default.direction), &line)));
    }
    for document in &report.documents {
        text.push('\n');
        text.push_str(&page.document(document));
    }
    text
}

struct Page {
    look: Look,
}

/// What permits more is red, what restricts green: a reviewer looks for what a change gives away.
pub fn paint(direction: &str) -> &'static str {
    match direction {
        "loosening" => "31",
        "tightening" => "32",
        "both" => "33",
        _ => "2",
    }
}

impl Page {
    fn painted(&self, paint: &str, text: &str) -> String {
        if self.look.colour { format!("\u{1b}[{paint}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    fn document(&self, document: &ChangedDocument) -> String {
        let governs = if document.governs { " (governs)" } else { "" };
        let place = visible_line(&places(document.base.as_ref(), document.head.as_ref()));
        let mut text = format!(
            "{}{governs} {}: {}  {place}\n",
            self.painted("1", &visible_line(&title(document))),
            document.fate,
            self.painted(paint(document.direction), document.direction),
        );
        for change in &document.changes {
            text.push_str(&self.change(change));
        }
        text
    }

    fn change(&self, change: &ChangeLine) -> String {
        let place = visible_line(&places(change.base.as_ref(), change.head.as_ref()));
        let direction = self.painted(paint(change.direction), &format!("{:<10}", change.direction));
        let mut text = format!("  {direction} {}  {}\n", visible_line(&change.path), self.painted("2", &place));
        for (sign, value) in values(change) {
            let line = format!("{sign} {}", shortened(&visible_line(&value)));
            text.push_str(&format!("    {}\n", self.painted(if sign == '+' { "36" } else { "35" }, &line)));
        }
        text
    }
}

/// So much of a text as is shown of it.
pub fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
