use std::collections::VecDeque;
use std::io::BufRead;

use super::lines::{Lines, Unreadable};

/// The longest document that is read, in bytes.
pub const MAX_DOCUMENT_BYTES: usize = 64 << 20;

/// The JSON documents of a log, one after the other, each with the line it begins on: one on each line, or spread over
/// several. What is broken ends where the next one begins at the start of a line.
pub(super) struct Documents<R> {
    lines: Lines<R>,
    ready: VecDeque<(usize, Result<String, Unreadable>)>,
    text: String,
    start: usize,
    scan: Scan,
    failed: Option<(usize, usize, &'static str)>,
}

/// Where in a document the reading stands.
#[derive(Default)]
struct Scan {
    stack: Vec<u8>,
    in_text: bool,
    escaped: bool,
    last: u8,
}

/// What a byte does to a document.
enum Step {
    On,
    Ends,
    Breaks,
}

impl Scan {
    /// Whether a map or list may begin here.
    fn may_open(&self) -> bool {
        match self.stack.last() {
            None => true,
            Some(b'[') => matches!(self.last, b'[' | b','),
            Some(_) => self.last == b':',
        }
    }

    fn step(&mut self, byte: u8) -> Step {
        if self.in_text {
            self.in_text = self.escaped || byte != b'"';
            self.escaped = byte == b'\\' && !self.escaped;
            return Step::On;
        }
        if byte.is_ascii_whitespace() {
            return Step::On;
        }
        let step = match byte {
            b'"' => {
                self.in_text = true;
                Step::On
            }
            b'{' | b'[' if self.may_open() => {
                self.stack.push(byte);
                Step::On
            }
            b'{' | b'[' => Step::Breaks,
            b'}' | b']' => self.close(byte),
            _ => Step::On,
        };
        self.last = byte;
        step
    }

    fn close(&mut self, byte: u8) -> Step {
        let opener = if byte == b'}' { b'{' } else { b'[' };
        match self.stack.pop() {
            Some(open) if open == opener && self.stack.is_empty() => Step::Ends,
            Some(open) if open == opener => Step::On,
            _ => Step::Breaks,
        }
    }
}

impl<R: BufRead> Documents<R> {
    /// The documents of a reader.
    pub fn new(reader: R) -> Self {
        let (ready, text, scan) = Default::default();
        Self { lines: Lines::up_to(reader, MAX_DOCUMENT_BYTES), ready, text, start: 0, scan, failed: None }
    }

    fn is_open(&self) -> bool {
        !self.scan.stack.is_empty()
    }

    fn take_line(&mut self, number: usize, line: Result<String, Unreadable>) {
        let line = match line {
            Ok(line) => line,
            Err(why) => {
                self.close_broken(number);
                return self.ready.push_back((number, Err(why)));
            }
        };
        let line = if number == 1 { line.trim_start_matches('\u{feff}') } else { &line };
        let begins = line.starts_with(['{', '[']);
        if begins && (self.failed.is_some() || !self.scan.may_open()) {
            self.close_broken(number);
        }
        match &mut self.failed {
            Some((_, last, _)) => *last = number,
            None => self.scan_line(number, line),
        }
    }

    /// What is open is broken, and what failed is told.
    fn close_broken(&mut self, number: usize) {
        if self.is_open() {
            self.fail(number.saturating_sub(1).max(self.start), "it does not end");
        }
        let Some((first, last, why)) = self.failed.take() else { return };
        let lines = if last > first { format!(", lines {first} to {last}") } else { String::new() };
        self.ready.push_back((first, Err(format!("no JSON document: {why}{lines}"))));
    }

    fn fail(&mut self, number: usize, why: &'static str) {
        self.failed = Some((self.start, number, why));
        self.scan = Scan::default();
        self.text = String::new();
    }

    fn scan_line(&mut self, number: usize, line: &str) {
        let mut from = 0;
        for (at, byte) in line.bytes().enumerate() {
            if !self.is_open() {
                if byte.is_ascii_whitespace() || byte == b'\x1e' {
                    continue;
                }
                if !matches!(byte, b'{' | b'[') {
                    return self.ready.push_back((number, Err("no JSON object".to_owned())));
                }
                (self.start, from, self.scan) = (number, at, Scan::default());
            }
            match self.scan.step(byte) {
                Step::On => {}
                Step::Ends => self.end(line.get(from..=at).unwrap_or_default()),
                Step::Breaks => return self.fail(number, "a bracket does not fit"),
            }
        }
        if self.scan.in_text {
            return self.fail(number, "a text does not end");
        }
        if self.is_open() {
            self.keep(line.get(from..).unwrap_or_default());
            self.keep("\n");
        }
    }

    /// Keeps a piece up to the limit, and one piece more, so that it shows.
    fn keep(&mut self, piece: &str) {
        if self.text.len() <= MAX_DOCUMENT_BYTES {
            self.text.push_str(piece);
        }
    }

    fn end(&mut self, piece: &str) {
        self.keep(piece);
        let text = std::mem::take(&mut self.text);
        let limit = format!("the document is longer than {} MiB", MAX_DOCUMENT_BYTES >> 20);
        let text = if text.len() > MAX_DOCUMENT_BYTES { Err(limit) } else { Ok(text) };
        self.ready.push_back((self.start, text));
    }
}

impl<R: BufRead> Iterator for Documents<R> {
    type Item = (usize, Result<String, Unreadable>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(ready) = self.ready.pop_front() {
                return Some(ready);
            }
            match self.lines.next() {
                Some((number, line)) => self.take_line(number, line),
                None if self.is_open() || self.failed.is_some() => self.close_broken(0),
                None => return None,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(usize, Result<String, String>)> {
        Documents::new(text.as_bytes()).collect()
    }

    #[test]
    fn documents_stand_on_one_line_or_on_several() {
        let found = read("\u{feff}{\"a\": \"}\\\"{\"}\n\n{\n  \"b\": [\n{}\n]}{\"c\": 1} [1]\n");
        let texts: Vec<_> = found.iter().map(|(line, text)| (*line, text.as_deref().unwrap())).collect();
        let second = "{\n  \"b\": [\n{}\n]}";
        assert_eq!(texts, [(1, "{\"a\": \"}\\\"{\"}"), (3, second), (6, "{\"c\": 1}"), (6, "[1]")]);
    }

    #[test]
    fn what_is_broken_is_told_and_the_next_one_is_read() {
        let found =
            read("{\"a\": 1\n{\"b\": 1}\nnonsense\n{\"c\": \"cut\n{\"d\": 1}\n{\"e\": [1}\n  x\n{\"f\": 1}\n{\"g\":");
        let lines: Vec<_> = found.iter().map(|(line, text)| (*line, text.is_ok())).collect();
        let expected = [(1, false), (2, true), (3, false), (4, false), (5, true), (6, false), (8, true), (9, false)];
        assert_eq!(lines, expected, "{found:?}");
        assert!(found[5].1.as_ref().unwrap_err().contains("lines 6 to 7"));
    }
}
