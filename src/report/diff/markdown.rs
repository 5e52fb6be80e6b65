//! The difference as Markdown, for a comment on a pull request. What strangers wrote stands in code spans, where nothing of
//! it is a link, a mention or a heading.

use super::shape::{ChangeLine, ChangedDocument, DiffReport};
use super::words::{default_line, headline, places, plural, title, values};
use crate::report::simulation::code;

/// How many characters a comment may have; those of GitHub end at 65,536.
pub const MOST_CHARACTERS: usize = 65_000;
/// What is kept for the line that says what is left out.
const RESERVED: usize = 200;

/// Shows a difference as Markdown.
#[must_use]
pub fn diff_markdown(report: &DiffReport) -> String {
    let mut page = Page::new(head(report), "");
    for document in &report.documents {
        page.document(document);
    }
    if page.omitted > 0 {
        let left =
            format!("\n> {} left out for length: `--format json` has everything.\n", plural(page.omitted, "change"));
        page.text.push_str(&left);
    }
    page.text
}

fn head(report: &DiffReport) -> String {
    let mut text = format!("## policyc: {}\n\n", headline(report));
    text.push_str(&format!("{} → {}\n", code(&report.base.name), code(&report.head.name)));
    if let Some(line) = default_line(report) {
        text.push_str(&format!("\n**{line}**\n"));
    }
    text
}

/// A page that is filled up to what a comment may have.
pub struct Page {
    /// What is shown.
    pub text: String,
    characters: usize,
    /// How much is left out.
    pub omitted: usize,
}

impl Page {
    /// A page with its head, and room for its foot.
    pub fn new(head: String, foot: &str) -> Self {
        let characters = head.chars().count() + foot.chars().count();
        Self { text: head, characters, omitted: 0 }
    }

    /// Adds a part if there is room for it. What is left out once stays out, so that what is shown has no gaps.
    pub fn add(&mut self, part: &str) -> bool {
        let characters = part.chars().count();
        let fits = self.omitted == 0 && self.characters + characters + RESERVED <= MOST_CHARACTERS;
        if fits {
            self.text.push_str(part);
            self.characters += characters;
        }
        fits
    }

    fn document(&mut self, document: &ChangedDocument) {
        let governs = if document.governs { ", governs" } else { "" };
        let place = places(document.base.as_ref(), document.head.as_ref());
        let place = if place.is_empty() { String::new() } else { format!(", {}", code(&place)) };
        let heading = format!(
            "\n### {} {}{governs}: {} {}{place}\n",
            code(&title(document)),
            document.fate,
            sign(document.direction),
            document.direction
        );
        let table = "\n| | field | before | after | where |\n| --- | --- | --- | --- | --- |\n";
        let first = document.changes.first().map(row).unwrap_or_default();
        let whole = if document.changes.is_empty() { heading } else { format!("{heading}{table}{first}") };
        if !self.add(&whole) {
            self.omitted += document.changes.len().max(1);
            return;
        }
        for change in document.changes.iter().skip(1) {
            if !self.add(&row(change)) {
                self.omitted += 1;
            }
        }
    }
}

/// A sign that is seen from afar.
pub fn sign(direction: &str) -> &'static str {
    match direction {
        "loosening" => "🔴",
        "tightening" => "🟢",
        "both" => "🟡",
        _ => "⚪",
    }
}

fn row(change: &ChangeLine) -> String {
    let value = |sign: char| {
        let of = values(change).into_iter().find(|(other, _)| *other == sign);
        of.map(|(_, value)| code(&value)).unwrap_or_default()
    };
    let place = places(change.base.as_ref(), change.head.as_ref());
    let place = if place.is_empty() { place } else { code(&place) };
    format!(
        "| {} {} | {} | {} | {} | {place} |\n",
        sign(change.direction),
        change.direction,
        code(&change.path),
        value('−'),
        value('+')
    )
}

#[cfg(test)]
mod tests {
    use super::super::shape::{DiffCounts, DiffSideLine};
    use super::*;
    use crate::model::Effect;

    fn report(documents: usize, changes: usize) -> DiffReport {
        let side = || DiffSideLine { name: "main".to_owned(), bundle: String::new(), default_effect: Effect::Deny };
        let change = ChangeLine {
            path: "denied_actions".to_owned(),
            pointer: "/denied_actions".to_owned(),
            what: "added",
            entry: true,
            before: None,
            after: Some("a|b`@you".into()),
            direction: "tightening",
            base: None,
            head: None,
        };
        let document = ChangedDocument {
            kind: "policy",
            id: Some("p".to_owned()),
            governs: false,
            fate: "changed",
            summary: String::new(),
            direction: "tightening",
            base: None,
            head: None,
            changes: vec![change; changes],
        };
        DiffReport {
            schema: "policyc.diff/v1",
            base: side(),
            head: side(),
            direction: "tightening",
            counts: DiffCounts { tightening: documents * changes, documents, ..DiffCounts::default() },
            governance: DiffCounts::default(),
            default_effect: None,
            documents: vec![document; documents],
        }
    }

    /// What is shown and what is told to be left out is all there is.
    #[test]
    fn what_is_left_out_is_counted() {
        for (documents, changes) in [(1, 1), (2000, 2), (3, 2000)] {
            let text = diff_markdown(&report(documents, changes));
            assert!(text.chars().count() <= MOST_CHARACTERS, "{}", text.chars().count());
            let shown = text.matches("| 🟢 tightening |").count();
            let omitted =
                text.rsplit_once("> ").map_or(0, |(_, line)| line.split(' ').next().unwrap().parse().unwrap());
            assert_eq!(shown + omitted, documents * changes);
        }
    }

    #[test]
    fn strangers_stay_in_their_spans() {
        let text = diff_markdown(&report(1, 1));
        assert!(text.contains("`` \"a\\|b`@you\" ``"), "{text}");
    }
}
