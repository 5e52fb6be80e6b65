use std::io::{self, BufRead};

/// The longest line that is read as a record, in bytes.
pub const MAX_LINE_BYTES: usize = 16 << 20;

/// The lines of a log, one after the other, each with its number from 1; empty ones are passed over. Where reading
/// fails, the lines end, and the last one says so.
pub struct Lines<R> {
    reader: R,
    number: usize,
    most: usize,
    broken: Option<io::Error>,
    ended: bool,
}

/// Why a line is no text.
pub type Unreadable = String;

impl<R: BufRead> Lines<R> {
    /// The lines of a reader.
    pub fn new(reader: R) -> Self {
        Self::up_to(reader, MAX_LINE_BYTES)
    }

    /// The same, each of so many bytes at most.
    pub fn up_to(reader: R, most: usize) -> Self {
        Self { reader, number: 0, most, broken: None, ended: false }
    }

    /// The next line, kept up to the limit; what is longer is read past. What stood before a failure is a line.
    fn next_line(&mut self) -> Option<Result<String, Unreadable>> {
        let mut bytes = Vec::new();
        let mut length = 0;
        while !self.ended {
            let buffer = match self.reader.fill_buf() {
                Ok(buffer) => buffer,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    (self.broken, self.ended) = (Some(error), true);
                    break;
                }
            };
            if buffer.is_empty() {
                self.ended = true;
                break;
            }
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let part = buffer.get(..end.unwrap_or(buffer.len())).unwrap_or_default();
            if length <= self.most {
                bytes.extend_from_slice(part);
            }
            length += part.len();
            let used = end.map_or(buffer.len(), |end| end + 1);
            self.reader.consume(used);
            if end.is_some() {
                return Some(text(bytes, length, self.most));
            }
        }
        if length > 0 {
            return Some(text(bytes, length, self.most));
        }
        self.broken.take().map(|error| Err(broken(&error)))
    }
}

/// How that begins which is told where reading fails.
pub const BREAKS_OFF: &str = "nothing can be read from here on";

/// What is told where reading fails.
pub fn broken(error: &io::Error) -> Unreadable {
    format!("{BREAKS_OFF}: {error}")
}

/// What is told of a line that is too long to be a record.
pub fn too_long() -> Unreadable {
    longer_than(MAX_LINE_BYTES)
}

fn longer_than(most: usize) -> Unreadable {
    format!("the line is longer than {} MiB", most >> 20)
}

fn text(mut bytes: Vec<u8>, length: usize, most: usize) -> Result<String, Unreadable> {
    if length > most {
        return Err(longer_than(most));
    }
    if bytes.last() == Some(&b'\r') {
        bytes.pop();
    }
    String::from_utf8(bytes).map_err(|_| "the line is not UTF-8".to_owned())
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = (usize, Result<String, Unreadable>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let mut line = self.next_line()?;
            self.number += 1;
            if let (1, Ok(first)) = (self.number, &mut line)
                && first.starts_with('\u{feff}')
            {
                first.drain(..'\u{feff}'.len_utf8());
            }
            let empty = line.as_ref().is_ok_and(|line| line.trim().is_empty());
            if !empty {
                return Some((self.number, line));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_told_with_its_number() {
        let lines: Vec<_> = Lines::new(&b"a\r\n\n  \nb\xff\nc"[..]).collect();
        assert_eq!(lines.len(), 3);
        assert_eq!(lines[0], (1, Ok("a".to_owned())));
        assert_eq!(lines[1], (4, Err("the line is not UTF-8".to_owned())));
        assert_eq!(lines[2], (5, Ok("c".to_owned())));
    }

    /// A reader that fails behind some bytes.
    struct Failing<'a>(&'a [u8]);

    impl io::Read for Failing<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            if self.0.is_empty() {
                return Err(io::Error::other("the disk is gone"));
            }
            self.0.read(into)
        }
    }

    #[test]
    fn what_stood_before_a_failure_is_kept() {
        let lines: Vec<_> = Lines::new(io::BufReader::new(Failing(b"a\nhalf"))).collect();
        assert_eq!(lines[..2], [(1, Ok("a".to_owned())), (2, Ok("half".to_owned()))]);
        assert!(lines[2].1.as_ref().unwrap_err().contains("the disk is gone") && lines[2].0 == 3 && lines.len() == 3);
    }

    #[test]
    fn a_line_without_end_is_not_kept() {
        let long = vec![b'x'; MAX_LINE_BYTES + 2];
        let text = [&long[..], b"\nnext"].concat();
        let lines: Vec<_> = Lines::new(&text[..]).collect();
        assert!(lines[0].1.is_err());
        assert_eq!(lines[1], (2, Ok("next".to_owned())));
    }
}
