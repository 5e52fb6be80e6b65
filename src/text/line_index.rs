use std::ops::Range;

/// A place as people and protocols count it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters (Unicode scalar values), from 1.
    pub column: usize,
    /// The column in UTF-16 code units, from 0, as the Language Server Protocol counts by default.
    pub utf16: usize,
}

/// Where the lines of a text begin, so that byte offsets become lines and columns.
///
/// A line ends at LF; a CR before it belongs to the line and is counted as a column like any other.
#[derive(Debug, Clone)]
pub struct LineIndex {
    starts: Vec<usize>,
    len: usize,
    /// Whether a byte is a character everywhere, so that columns need no counting.
    ascii: bool,
}

impl LineIndex {
    /// Reads `text` once.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = std::iter::once(0).chain(breaks.map(|(at, _)| at + 1)).collect();
        Self { starts, len: text.len(), ascii: text.is_ascii() }
    }

    /// The position of a byte offset in the text this index was made of.
    ///
    /// An offset past the end is the end; one inside a character is that character's start.
    #[must_use]
    pub fn position(&self, text: &str, offset: usize) -> Position {
        let mut offset = offset.min(self.len).min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = line.checked_sub(1).and_then(|at| self.starts.get(at)).copied().unwrap_or(0);
        if self.ascii {
            return Position { line, column: offset - start + 1, utf16: offset - start };
        }
        // A byte order mark is no column: editors do not count it either.
        let before = text.get(start..offset).unwrap_or("").trim_start_matches('\u{feff}');
        Position { line, column: before.chars().count() + 1, utf16: before.chars().map(char::len_utf16).sum() }
    }

    /// The bytes of a line (from 1), without its line break; empty past the end.
    #[must_use]
    pub fn line(&self, text: &str, line: usize) -> Range<usize> {
        let start = line.checked_sub(1).and_then(|at| self.starts.get(at)).copied();
        let Some(start) = start else { return self.len..self.len };
        let end = self.starts.get(line).map_or(self.len, |next| next - 1);
        let trimmed = text.get(start..end).map_or(end, |line| start + line.trim_end_matches('\r').len());
        start..trimmed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_characters_and_utf16_units() {
        let text = "a: ü😀x\nb: c\r\n";
        let index = LineIndex::new(text);
        let x = text.find('x').unwrap();
        assert_eq!(index.position(text, x), Position { line: 1, column: 6, utf16: 6 });
        assert_eq!(index.position(text, text.find('c').unwrap()), Position { line: 2, column: 4, utf16: 3 });
        assert_eq!(&text[index.line(text, 2)], "b: c");
    }

    #[test]
    fn a_byte_order_mark_is_no_column_and_an_offset_inside_a_character_is_its_start() {
        let text = "\u{feff}é: 1";
        let index = LineIndex::new(text);
        assert_eq!(index.position(text, 3).column, 1);
        assert_eq!(index.position(text, 4).column, 1);
        assert_eq!(index.position(text, 999).column, 5);
    }
}
