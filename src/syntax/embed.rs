use std::ops::Range;

use crate::text::{FileId, Span};

/// A text that is read as a whole but stands in pieces in its file, such as a fenced block inside a quote.
///
/// A plain file is one piece.
#[derive(Debug, Clone)]
pub struct Embedded<'a> {
    /// The text to read.
    pub text: std::borrow::Cow<'a, str>,
    file: FileId,
    /// Where pieces begin: (byte in `text`, byte in the file), rising.
    pieces: Vec<(usize, usize)>,
}

impl<'a> Embedded<'a> {
    /// A file's whole text; a byte order mark at its start is passed over.
    #[must_use]
    pub fn file(file: FileId, text: &'a str) -> Self {
        let body = text.strip_prefix('\u{feff}').unwrap_or(text);
        Self { text: body.into(), file, pieces: vec![(0, text.len() - body.len())] }
    }

    /// A text joined from ranges of a file.
    #[must_use]
    pub fn pieces(file: FileId, whole: &'a str, ranges: &[Range<usize>]) -> Self {
        let mut text = String::new();
        let mut pieces = Vec::with_capacity(ranges.len());
        for range in ranges {
            pieces.push((text.len(), range.start));
            text.push_str(whole.get(range.clone()).unwrap_or(""));
        }
        if pieces.is_empty() {
            pieces.push((0, 0));
        }
        Self { text: text.into(), file, pieces }
    }

    /// The place in the file of a range of the text.
    #[must_use]
    pub fn span(&self, range: Range<usize>) -> Span {
        // The end belongs to the piece of the last byte: the next piece may begin far away.
        let end = if range.end > range.start { self.offset(range.end - 1) + 1 } else { self.offset(range.start) };
        Span::new(self.file, self.offset(range.start), end)
    }

    fn offset(&self, at: usize) -> usize {
        let piece = self.pieces.partition_point(|(start, _)| *start <= at).checked_sub(1);
        piece.and_then(|piece| self.pieces.get(piece)).map_or(at, |(start, real)| real + (at - start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_lead_back_through_pieces() {
        let whole = "> a: 1\n> b: 2\n";
        let embedded = Embedded::pieces(FileId(0), whole, &[2..7, 9..14]);
        assert_eq!(embedded.text, "a: 1\nb: 2\n");
        assert_eq!(&whole[embedded.span(5..6).range()], "b");
        assert_eq!(&whole[embedded.span(0..4).range()], "a: 1");
        assert_eq!(embedded.span(0..5).range(), 2..7);
    }

    #[test]
    fn a_byte_order_mark_is_passed_over() {
        let embedded = Embedded::file(FileId(0), "\u{feff}a: 1");
        assert_eq!(embedded.span(0..1).range(), 3..4);
    }
}
