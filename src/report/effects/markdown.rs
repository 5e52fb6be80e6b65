//! The regions of a change as Markdown, for a comment on a pull request. What strangers wrote stands in code spans, where
//! nothing of it is a link, a mention or a heading.

use super::human::{grouped, named};
use super::shape::{EffectsReport, RegionLine, SettingLine};
use super::words::{Words, log, notes, seen, transition};
use crate::report::diff::{Page, places, plural, sign, values};
use crate::report::simulation::code;

/// How many areas of one region are shown.
const PIECES_SHOWN: usize = 4;

const WORDS: Words = Words { name: code, value: |text| if is_plain(text) { text.to_owned() } else { code(text) } };

/// Whether nothing in a text can mean anything to a reader of Markdown.
pub fn is_plain(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | ',' | '.' | '%');
    text.chars().all(plain) && !text.contains("www") && !text.starts_with(' ')
}

/// Shows the regions of a change as Markdown.
#[must_use]
pub fn effects_markdown(report: &EffectsReport) -> String {
    let foot: String = notes(report).into_iter().map(|note| format!("\n<sub>{note}</sub>\n")).collect();
    let mut page = Page::new(head(report), &foot);
    for part in sections(report) {
        section(&mut page, part);
    }
    if page.omitted > 0 {
        let left = plural(page.omitted, "entry").replace("entrys", "entries");
        page.text.push_str(&format!("\n> {left} left out for length: `--format json` has everything.\n"));
    }
    page.text.push_str(&foot);
    page.text
}

/// A part of a page: a title, and entries at which it may be cut.
pub struct Section {
    /// The title, with the head of a table where the entries are its rows; without the line break at its end.
    pub title: String,
    /// The entries.
    pub entries: Vec<String>,
}

/// What a change permits and forbids, part by part; parts without an entry too.
pub fn sections(report: &EffectsReport) -> Vec<Section> {
    let section = |title: &str, entries: Vec<String>| Section { title: title.to_owned(), entries };
    let rows = |direction: &str| grouped(report, direction).iter().flatten().map(|row| row_text(row, report)).collect();
    let bullet = |words: String| format!("- {words}\n");
    let table = "### Settings\n\n| | field | for | before | after | where |\n| --- | --- | --- | --- | --- | --- |";
    vec![
        section("### 🔴 Newly permitted", rows("permissive")),
        section("### 🟢 Newly forbidden", rows("restrictive")),
        section(table, report.settings.iter().map(setting).collect()),
        section("### Other conditions\n", report.unlike.iter().map(|one| bullet(WORDS.unlike(one))).collect()),
        section("### Not proven\n", report.unproven.iter().map(|one| bullet(WORDS.unproven(one))).collect()),
    ]
}

fn head(report: &EffectsReport) -> String {
    let mut text = format!("## policyc: {}\n\n", report.headline.sentence);
    text.push_str(&format!("{} → {}\n", code(&report.base.name), code(&report.head.name)));
    text.extend(report.log.as_ref().map(|of| format!("\nLog: {}\n", log(of))));
    text
}

/// Adds entries under their title as long as there is room for them.
fn section(page: &mut Page, part: Section) {
    let mut title = Some(format!("\n{}\n", part.title));
    for entry in part.entries {
        if page.add(&format!("{}{entry}", title.as_deref().unwrap_or_default())) {
            title = None;
        } else {
            page.omitted += 1;
        }
    }
}

fn row_text(row: &RegionLine, report: &EffectsReport) -> String {
    let way = transition(&row.base, &row.head);
    let mut text = format!("\n**R{} {way}**: {}\n\n", row.number, WORDS.deciders(row));
    text.push_str(&format!("- {}\n", WORDS.piece(&row.area, &row.exceptions).join(", ")));
    for piece in row.more.iter().take(PIECES_SHOWN) {
        text.push_str(&format!("- or {}\n", WORDS.piece(&piece.area, &piece.exceptions).join(", ")));
    }
    let more = row.more.len().saturating_sub(PIECES_SHOWN);
    if more > 0 {
        text.push_str(&format!("- or in {more} more areas\n"));
    }
    if !row.lost.is_empty() {
        let lost: Vec<String> = row.lost.iter().map(|one| code(one)).collect();
        text.push_str(&format!("- may permit more where {} of base restricted further\n", lost.join(", ")));
    }
    text.push_str(&format!("- for example: {}\n", WORDS.example(row)));
    text.extend(row.seen.as_ref().map(|of| format!("- {}\n", seen(of, report.log.as_ref()))));
    text
}

fn setting(setting: &SettingLine) -> String {
    let change = &setting.change;
    let value = |sign: char| {
        let of = values(change).into_iter().find(|(other, _)| *other == sign);
        of.map(|(_, value)| code(&value)).unwrap_or_default()
    };
    let place = places(change.base.as_ref(), change.head.as_ref());
    let place = if place.is_empty() { place } else { code(&place) };
    format!(
        "| {} {} | {} | {} | {} | {} | {place} |\n",
        sign(change.direction),
        change.direction,
        code(&named(setting)),
        code(&setting.scope),
        value('−'),
        value('+')
    )
}
