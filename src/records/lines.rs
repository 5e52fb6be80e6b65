use std::io::{self, BufRead};

/// The longest line that is read, in bytes.
pub const MAX_LINE_BYTES: usize = 64 << 20;

/// The lines of a log, one after the other, each with its number from 1; empty ones are passed over.
pub struct Lines<R> {
    reader: R,
    number: usize,
}

/// Why a line is no text.
pub type Unreadable = String;

impl<R: BufRead> Lines<R> {
    /// The lines of a reader.
    pub fn new(reader: R) -> Self {
        Self { reader, number: 0 }
    }

    /// The next line, kept up to the limit; what is longer is read past.
    fn next_line(&mut self) -> io::Result<Option<Result<String, Unreadable>>> {
        let mut bytes = Vec::new();
        let mut length = 0;
        loop {
            let buffer = match self.reader.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                other => other?,
            };
            if buffer.is_empty() {
                break;
            }
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let part = buffer.get(..end.unwrap_or(buffer.len())).unwrap_or_default();
            if length <= MAX_LINE_BYTES {
                bytes.extend_from_slice(part);
            }
            length += part.len();
            let used = end.map_or(buffer.len(), |end| end + 1);
            self.reader.consume(used);
            if end.is_some() {
                return Ok(Some(text(bytes, length)));
            }
        }
        Ok((length > 0).then(|| text(bytes, length)))
    }
}

fn text(mut bytes: Vec<u8>, length: usize) -> Result<String, Unreadable> {
    if length > MAX_LINE_BYTES {
        return Err(format!("the line is longer than {} MiB", MAX_LINE_BYTES >> 20));
    }
    if bytes.last() == Some(&b'\r') {
        bytes.pop();
    }
    String::from_utf8(bytes).map_err(|_| "the line is not UTF-8".to_owned())
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = io::Result<(usize, Result<String, Unreadable>)>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let line = match self.next_line() {
                Ok(line) => line?,
                Err(error) => return Some(Err(error)),
            };
            self.number += 1;
            let empty = line.as_ref().is_ok_and(|line| line.trim().is_empty());
            if !empty {
                return Some(Ok((self.number, line)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_told_with_its_number() {
        let lines: Vec<_> = Lines::new(&b"a\r\n\n  \nb\xff\nc"[..]).map(Result::unwrap).collect();
        assert_eq!(lines.len(), 3);
        assert_eq!(lines[0], (1, Ok("a".to_owned())));
        assert_eq!(lines[1], (4, Err("the line is not UTF-8".to_owned())));
        assert_eq!(lines[2], (5, Ok("c".to_owned())));
    }

    #[test]
    fn a_line_without_end_is_not_kept() {
        let long = vec![b'x'; MAX_LINE_BYTES + 2];
        let text = [&long[..], b"\nnext"].concat();
        let lines: Vec<_> = Lines::new(&text[..]).map(Result::unwrap).collect();
        assert!(lines[0].1.is_err());
        assert_eq!(lines[1], (2, Ok("next".to_owned())));
    }
}
