//! Text of strangers on its way to a terminal: what cannot be seen, or turns text around, is shown as an escape.

/// Whether a character is shown as an escape.
fn is_hidden(c: char) -> bool {
    (c.is_control() && !matches!(c, '\n' | '\t'))
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

fn push(shown: &mut String, c: char) {
    if is_hidden(c) {
        shown.push_str(&c.escape_unicode().to_string());
    } else {
        shown.push(c);
    }
}

/// A source text made visible, with the way from its offsets to those of what is shown.
pub struct VisibleSource {
    /// What is shown.
    pub text: String,
    /// Where characters were replaced: (offset in the source after it, what was added by then), rising.
    shifts: Vec<(usize, usize)>,
}

impl VisibleSource {
    /// Makes a text visible. A CR before a line break is left out, as editors do.
    pub fn new(source: &str) -> Self {
        let mut text = String::with_capacity(source.len());
        let mut shifts = Vec::new();
        let mut grown = 0_isize;
        for (at, c) in source.char_indices() {
            let before = text.len();
            if at > 0 || c != '\u{feff}' {
                let line_end = c == '\r' && source.as_bytes().get(at + 1) == Some(&b'\n');
                if line_end { text.push(' ') } else { push(&mut text, c) }
            }
            let change = text.len().wrapping_sub(before).cast_signed() - c.len_utf8().cast_signed();
            if change != 0 {
                grown += change;
                shifts.push((at + c.len_utf8(), grown.cast_unsigned()));
            }
        }
        Self { text, shifts }
    }

    /// The offset in what is shown of an offset in the source.
    pub fn offset(&self, at: usize) -> usize {
        let passed = self.shifts.partition_point(|(after, _)| *after <= at);
        let grown = passed.checked_sub(1).and_then(|rank| self.shifts.get(rank)).map_or(0, |(_, grown)| *grown);
        at.wrapping_add(grown).min(self.text.len())
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
        let shown = VisibleSource::new(source);
        assert_eq!(shown.text, "a\\u{1b}b \nc");
        for c in ['a', 'b', 'c'] {
            let at = shown.offset(source.find(c).unwrap());
            assert!(shown.text[at..].starts_with(c), "{c}");
        }
    }
}
