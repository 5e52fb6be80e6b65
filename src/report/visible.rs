//! Text of strangers on its way to a terminal: what cannot be seen, or turns text around, is shown as an escape.

use std::ops::Range;

/// Whether a character is shown as an escape.
fn is_hidden(c: char) -> bool {
    (c.is_control() && !matches!(c, '\n' | '\t'))
        || (c.is_whitespace() && !matches!(c, ' ' | '\n' | '\t'))
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// The text with hidden characters as `\u{1b}`; line breaks and tabs stay.
#[must_use]
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        push(&mut shown, c);
    }
    shown
}

/// The text on one line: line breaks are shown as escapes too.
#[must_use]
pub fn visible_line(text: &str) -> String {
    visible(text).replace('\n', "\\n").replace('\t', " ")
}

/// JSON text with hidden characters, and what the runner of GitHub reads as a command, as `\\uXXXX`: the same value.
///
/// Such characters stand only inside the texts of JSON, never between them.
#[must_use]
pub fn visible_json(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut units = [0; 2];
    for c in text.chars() {
        if is_hidden(c) {
            c.encode_utf16(&mut units).iter().for_each(|unit| shown.push_str(&format!("\\u{unit:04x}")));
        } else {
            shown.push(c);
        }
    }
    shown.replace("##[", "#\\u0023[")
}

fn push(shown: &mut String, c: char) {
    if is_hidden(c) {
        shown.push_str(&c.escape_unicode().to_string());
    } else {
        shown.push(c);
    }
}

/// The longest line that is shown whole, in bytes; of a longer one, a part around the first place in it.
const LONG_LINE: usize = 400;
/// How much of a long line is shown before and after the place.
const BEFORE: usize = 80;
const AFTER: usize = 160;

/// A source text made visible, with the way from its offsets to those of what is shown.
pub struct VisibleSource {
    /// What is shown.
    pub text: String,
    /// Pieces that were taken over as they are: (offset in the source, offset in what is shown, length), rising.
    pieces: Vec<(usize, usize, usize)>,
}

impl VisibleSource {
    /// Makes a text visible. Long lines are cut, but for a part around the places that are to be shown.
    pub fn new(source: &str, places: &[usize]) -> Self {
        let mut shown = Self { text: String::with_capacity(source.len().min(1 << 20)), pieces: Vec::new() };
        let mut start = 0;
        for line in source.split_inclusive('\n') {
            let end = start + line.len();
            let bare = start + line.trim_end_matches(['\n', '\r']).len();
            shown.line(source, start..bare, places);
            if line.ends_with('\n') {
                shown.take(source, end - 1..end);
            }
            start = end;
        }
        shown
    }

    fn line(&mut self, source: &str, line: Range<usize>, places: &[usize]) {
        if line.len() <= LONG_LINE {
            return self.take(source, line);
        }
        let floor = |mut at: usize| {
            while !source.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let at = places.iter().copied().find(|place| line.contains(place)).unwrap_or(line.start);
        let from = floor(at.saturating_sub(BEFORE).max(line.start));
        let to = floor((at + AFTER).min(line.end));
        self.text.push_str(if from > line.start { "…" } else { "" });
        self.take(source, from..to);
        self.text.push_str(if to < line.end { "…" } else { "" });
    }

    /// Takes a part over, hidden characters as escapes; a byte order mark at the beginning is left out.
    fn take(&mut self, source: &str, part: Range<usize>) {
        let mut plain = part.start;
        let text = source.get(part.clone()).unwrap_or_default();
        for (offset, c) in text.char_indices().filter(|(_, c)| is_hidden(*c)) {
            let at = part.start + offset;
            self.copy(source, plain..at);
            self.pieces.push((at, self.text.len(), 0));
            if at > 0 || c != '\u{feff}' {
                self.text.push_str(&c.escape_unicode().to_string());
            }
            plain = at + c.len_utf8();
        }
        self.copy(source, plain..part.end);
    }

    fn copy(&mut self, source: &str, part: Range<usize>) {
        self.pieces.push((part.start, self.text.len(), part.len()));
        self.text.push_str(source.get(part).unwrap_or_default());
    }

    /// The offset in what is shown of an offset in the source; of what is not shown, where it was left out.
    pub fn offset(&self, at: usize) -> usize {
        let rank = self.pieces.partition_point(|(from, ..)| *from <= at).checked_sub(1);
        rank.and_then(|rank| self.pieces.get(rank)).map_or(0, |(from, to, length)| to + (at - from).min(*length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_shown() {
        assert_eq!(visible("a\u{1b}[31mb\u{202e}c\tü\n"), "a\\u{1b}[31mb\\u{202e}c\tü\n");
        assert_eq!(visible_line("a\nb"), "a\\nb");
    }

    #[test]
    fn places_move_with_what_was_replaced() {
        let source = "\u{feff}a\u{1b}b\r\nc";
        let shown = VisibleSource::new(source, &[]);
        assert_eq!(shown.text, "a\\u{1b}b\nc");
        for c in ['a', 'b', 'c'] {
            let at = shown.offset(source.find(c).unwrap());
            assert!(shown.text[at..].starts_with(c), "{c}");
        }
    }

    #[test]
    fn long_lines_are_cut_around_the_first_place() {
        let source = format!("short\n{}X{}\nend", "ü".repeat(5000), "y".repeat(90_000));
        let at = source.find('X').unwrap();
        let shown = VisibleSource::new(&source, &[at]);
        assert!(shown.text.len() < 600, "{}", shown.text.len());
        assert!(shown.text[shown.offset(at)..].starts_with('X'));
        assert!(shown.text[shown.offset(source.len() - 3)..].starts_with("end"));
        assert_eq!(shown.text.lines().count(), 3);
        for at in (0..source.len()).filter(|at| source.is_char_boundary(*at)) {
            assert!(shown.text.is_char_boundary(shown.offset(at)), "{at}");
        }
    }

    #[test]
    fn json_stays_the_same_value() {
        let value = serde_json::json!({"##[x]": "\u{9b}31m\u{202e}\u{e0041} ü"});
        let shown = visible_json(&value.to_string());
        assert!(shown.is_ascii() || shown.contains('ü'));
        assert!(!shown.contains("##[") && !shown.contains('\u{202e}'));
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), value);
    }
}
