//! The regions of a change for people: one sentence that matters, then region by region.

use super::shape::{EffectsReport, RegionLine, SettingLine};
use super::words::{Words, changed, log, notes, seen, transition};
use crate::report::Look;
use crate::report::diff::{paint, places, shortened, values};
use crate::report::visible::visible_line;

/// How many rows of one group are shown; the others are counted.
const ROWS_SHOWN: usize = 20;
/// How many areas of one region are shown.
const PIECES_SHOWN: usize = 4;

const WORDS: Words = Words { name: |text| format!("`{}`", visible_line(text)), value: visible_line };

/// Shows the regions of a change for people.
#[must_use]
pub fn effects_human(report: &EffectsReport, look: Look) -> String {
    let page = Page { report, look };
    let mut text = format!("{} → {}\n", visible_line(&report.base.name), visible_line(&report.head.name));
    text.push_str(&format!("{}\n", page.painted("1", &report.headline.sentence)));
    text.extend(report.log.as_ref().map(|of| format!("log: {}\n", log(of))));
    let sections = [
        page.regions("permissive", "newly permitted", "31"),
        page.regions("restrictive", "newly forbidden", "32"),
        page.settings(),
        page.listed("other conditions", &report.unlike.iter().map(|one| WORDS.unlike(one)).collect::<Vec<_>>()),
        page.listed("not proven", &report.unproven.iter().map(|one| WORDS.unproven(one)).collect::<Vec<_>>()),
        notes(report).into_iter().map(|note| format!("{}\n", page.painted("2", &note))).collect(),
    ];
    for section in sections.into_iter().filter(|section| !section.is_empty()) {
        text.push('\n');
        text.push_str(&section);
    }
    text
}

/// The rows of one direction by the part that is the change, in their order.
pub fn grouped<'r>(report: &'r EffectsReport, direction: &str) -> Vec<Vec<&'r RegionLine>> {
    let mut groups: Vec<Vec<&RegionLine>> = Vec::new();
    for row in report.rows.iter().filter(|row| row.transition == direction) {
        match groups.iter_mut().find(|group| group.first().is_some_and(|first| changed(first) == changed(row))) {
            Some(group) => group.push(row),
            None => groups.push(vec![row]),
        }
    }
    groups
}

struct Page<'r> {
    report: &'r EffectsReport,
    look: Look,
}

impl Page<'_> {
    fn painted(&self, paint: &str, text: &str) -> String {
        if self.look.colour { format!("\u{1b}[{paint}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    fn regions(&self, direction: &str, title: &str, paint: &str) -> String {
        let groups = grouped(self.report, direction);
        if groups.is_empty() {
            return String::new();
        }
        let groups = groups.iter().map(|group| self.group(group, paint));
        format!("{}\n{}", self.painted("1", title), groups.collect::<Vec<_>>().join("\n"))
    }

    /// The rows of a group; what they have in common is told once.
    fn group(&self, rows: &[&RegionLine], paint: &str) -> String {
        if let [row] = rows {
            return self.row(row, &WORDS.deciders(row), paint);
        }
        let heading = rows.first().map(|row| WORDS.in_group(row).0).unwrap_or_default();
        let mut text = format!("  {heading}\n");
        for row in rows.iter().take(ROWS_SHOWN) {
            text.push_str(&self.row(row, &WORDS.in_group(row).1, paint));
        }
        let more = rows.len().saturating_sub(ROWS_SHOWN);
        if more > 0 {
            text.push_str(&format!("  and {more} more (all with --format json)\n"));
        }
        text
    }

    fn row(&self, row: &RegionLine, deciders: &str, paint: &str) -> String {
        let way = self.painted(paint, &transition(&row.base, &row.head));
        let mut text = format!("  R{} {way}  {deciders}\n", row.number);
        let mut line = |words: &str| text.push_str(&format!("     {words}\n"));
        WORDS.piece(&row.area, &row.exceptions).iter().for_each(|words| line(words));
        for piece in row.more.iter().take(PIECES_SHOWN) {
            line(&format!("or {}", WORDS.piece(&piece.area, &piece.exceptions).join(", ")));
        }
        let more = row.more.len().saturating_sub(PIECES_SHOWN);
        if more > 0 {
            line(&format!("or in {more} more areas (all with --format json)"));
        }
        if !row.lost.is_empty() {
            line(&format!("may permit more where {} of base restricted further", row.lost.join(", ")));
        }
        line(&shortened(&format!("for example: {}", WORDS.example(row))));
        row.seen.iter().for_each(|of| line(&seen(of, self.report.log.as_ref())));
        text
    }

    fn settings(&self) -> String {
        if self.report.settings.is_empty() {
            return String::new();
        }
        let lines = self.report.settings.iter().map(|setting| self.setting(setting));
        format!("{}\n{}", self.painted("1", "settings"), lines.collect::<String>())
    }

    fn setting(&self, setting: &SettingLine) -> String {
        let change = &setting.change;
        let place = visible_line(&places(change.base.as_ref(), change.head.as_ref()));
        let direction = self.painted(paint(change.direction), &format!("{:<10}", change.direction));
        let mut text = format!("  {direction} {}  {}\n", visible_line(&named(setting)), self.painted("2", &place));
        text.push_str(&format!("    for {}\n", shortened(&visible_line(&setting.scope))));
        for (sign, value) in values(change) {
            let line = format!("{sign} {}", shortened(&visible_line(&value)));
            text.push_str(&format!("    {}\n", self.painted(if sign == '+' { "36" } else { "35" }, &line)));
        }
        text
    }

    fn listed(&self, title: &str, lines: &[String]) -> String {
        let mut text = if lines.is_empty() { String::new() } else { format!("{}\n", self.painted("1", title)) };
        for line in lines.iter().take(ROWS_SHOWN) {
            text.push_str(&format!("  {}\n", shortened(line)));
        }
        let more = lines.len().saturating_sub(ROWS_SHOWN);
        if more > 0 {
            text.push_str(&format!("  and {more} more (all with --format json)\n"));
        }
        text
    }
}

/// A setting by its document and path.
pub fn named(setting: &SettingLine) -> String {
    let id = setting.id.as_ref().map(|id| format!(" {id}")).unwrap_or_default();
    let path = if setting.change.path.is_empty() { "as a whole" } else { &setting.change.path };
    format!("{}{id}: {path}", setting.kind)
}
