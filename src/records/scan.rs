use serde_json::Value;

use super::marks::{of_arguments, of_result};

/// Walks through one JSON text without building anything, and gives up at whatever needs a second look: then the careful
/// reader judges. What it accepts, `serde_json` accepts; `row.rs` is held to that.
pub(super) struct Scan<'a> {
    text: &'a str,
    at: usize,
}

/// How closely a value is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// It must be JSON.
    Passing,
    /// Nothing in it may be in doubt: no key given twice, no number that may lose digits.
    Distinct,
    /// Nor may a text in it be marked as cut or redacted, as arguments are.
    Arguments,
    /// Nor as results are.
    Result,
}

/// The kinds of JSON values, as far as they are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Null,
    Text { escaped: bool },
    Number,
    Bool,
    List,
    Map,
}

/// Deeper values are left to the careful reader, which has a limit of its own.
const DEPTH: usize = 32;
/// Longer numbers may lose digits.
const DIGITS: usize = 15;
/// Maps with more keys are left to the careful reader: keys are compared with one another.
const KEYS: usize = 24;

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// The high bit of the first byte that ends or interrupts a text: a quotation mark, a backslash, a control character.
fn interrupts(eight: u64) -> u64 {
    let equal = |byte: u8| {
        let differing = eight ^ (ONES * u64::from(byte));
        differing.wrapping_sub(ONES) & !differing
    };
    let control = eight.wrapping_sub(ONES * 0x20) & !eight;
    (equal(b'"') | equal(b'\\') | control) & HIGHS
}

impl<'a> Scan<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    fn bytes(&self) -> &'a [u8] {
        self.text.as_bytes()
    }

    fn peek(&self) -> Option<u8> {
        self.bytes().get(self.at).copied()
    }

    /// Passes over blanks; what comes then.
    pub fn next_byte(&mut self) -> Option<u8> {
        loop {
            match self.peek()? {
                b' ' | b'\t' | b'\n' | b'\r' => self.at += 1,
                byte => return Some(byte),
            }
        }
    }

    /// Passes over blanks and a byte, if it is that one.
    pub fn takes(&mut self, byte: u8) -> Option<()> {
        (self.next_byte()? == byte).then(|| self.at += 1)
    }

    /// Whether nothing but blanks is left.
    pub fn is_at_end(&mut self) -> bool {
        self.next_byte().is_none()
    }

    /// A key without escapes, with its colon.
    pub fn key(&mut self) -> Option<&'a str> {
        self.takes(b'"')?;
        let start = self.at;
        let escaped = self.text_ends()?;
        let key = self.text.get(start..self.at - 1)?;
        self.takes(b':')?;
        (!escaped).then_some(key)
    }

    /// A key as it is written, with its quotation marks and its colon.
    pub fn any_key(&mut self) -> Option<&'a str> {
        self.takes(b'"')?;
        let start = self.at - 1;
        self.text_ends()?;
        let key = self.text.get(start..self.at)?;
        self.takes(b':')?;
        Some(key)
    }

    /// A value and the text it is written as.
    pub fn value(&mut self, look: Look) -> Option<(Kind, &'a str)> {
        self.next_byte()?;
        let start = self.at;
        let kind = self.skip(look, DEPTH)?;
        Some((kind, self.text.get(start..self.at)?))
    }

    fn skip(&mut self, look: Look, depth: usize) -> Option<Kind> {
        match self.next_byte()? {
            b'"' => self.text(look),
            b'{' => self.map(look, depth.checked_sub(1)?),
            b'[' => self.list(look, depth.checked_sub(1)?),
            b't' => self.word("true", Kind::Bool),
            b'f' => self.word("false", Kind::Bool),
            b'n' => self.word("null", Kind::Null),
            _ => self.number(look),
        }
    }

    fn word(&mut self, word: &str, kind: Kind) -> Option<Kind> {
        self.text.get(self.at..)?.starts_with(word).then(|| {
            self.at += word.len();
            kind
        })
    }

    fn text(&mut self, look: Look) -> Option<Kind> {
        self.at += 1;
        let start = self.at;
        let escaped = self.text_ends()?;
        let marks = match look {
            Look::Passing | Look::Distinct => return Some(Kind::Text { escaped }),
            Look::Arguments => of_arguments,
            Look::Result => of_result,
        };
        if may_be_marked(self.bytes().get(start..self.at - 1)?, escaped) {
            let text: Value = serde_json::from_str(self.text.get(start - 1..self.at)?).ok()?;
            marks(&text).is_none().then_some(())?;
        }
        Some(Kind::Text { escaped })
    }

    /// Goes behind the end of a text; whether it holds escapes.
    fn text_ends(&mut self) -> Option<bool> {
        let mut escaped = false;
        loop {
            while let Some(eight) = self.bytes().get(self.at..).and_then(|rest| rest.first_chunk::<8>()) {
                let found = interrupts(u64::from_le_bytes(*eight));
                if found != 0 {
                    self.at += (found.trailing_zeros() / 8) as usize;
                    break;
                }
                self.at += 8;
            }
            match self.peek()? {
                b'"' => {
                    self.at += 1;
                    return Some(escaped);
                }
                b'\\' => {
                    escaped = true;
                    self.escape()?;
                }
                0..0x20 => return None,
                _ => self.at += 1,
            }
        }
    }

    fn escape(&mut self) -> Option<()> {
        let length = match self.bytes().get(self.at + 1)? {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => 2,
            b'u' => {
                let hex = self.text.get(self.at + 2..self.at + 6)?;
                let is_hex = hex.bytes().all(|byte| byte.is_ascii_hexdigit());
                // Surrogates must come in pairs, and nobody writes a plain letter so without a reason.
                let is_surrogate = hex.starts_with(['d', 'D']) && hex.as_bytes().get(1)? >= &b'8';
                let is_plain =
                    hex.starts_with("00") && hex.as_bytes().get(2)? < &b'8' && hex.as_bytes().get(2)? > &b'1';
                (is_hex && !is_surrogate && !is_plain).then_some(6)?
            }
            _ => return None,
        };
        self.at += length;
        Some(())
    }

    fn digits(&mut self) -> Option<usize> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > start).then_some(self.at - start)
    }

    fn number(&mut self, look: Look) -> Option<Kind> {
        let start = self.at;
        if self.peek()? == b'-' {
            self.at += 1;
        }
        let leading_zero = self.peek()? == b'0';
        let whole = self.digits()?;
        if leading_zero && whole > 1 {
            return None;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            if look != Look::Passing {
                return None;
            }
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        (look == Look::Passing || self.at - start <= DIGITS).then_some(Kind::Number)
    }

    fn list(&mut self, look: Look, depth: usize) -> Option<Kind> {
        self.at += 1;
        if self.next_byte()? == b']' {
            self.at += 1;
            return Some(Kind::List);
        }
        loop {
            self.skip(look, depth)?;
            match self.next_byte()? {
                b',' => self.at += 1,
                b']' => {
                    self.at += 1;
                    return Some(Kind::List);
                }
                _ => return None,
            }
        }
    }

    fn map(&mut self, look: Look, depth: usize) -> Option<Kind> {
        self.at += 1;
        if self.next_byte()? == b'}' {
            self.at += 1;
            return Some(Kind::Map);
        }
        let mut keys = [""; KEYS];
        for rank in 0.. {
            match look {
                Look::Distinct | Look::Arguments | Look::Result => self.another_key(&mut keys, rank)?,
                Look::Passing => {
                    self.takes(b'"')?;
                    self.text_ends()?;
                    self.takes(b':')?;
                }
            }
            self.skip(look, depth)?;
            match self.next_byte()? {
                b',' => self.at += 1,
                b'}' => break,
                _ => return None,
            }
        }
        self.at += 1;
        Some(Kind::Map)
    }

    /// A key that was not given before in its map.
    fn another_key(&mut self, keys: &mut [&'a str; KEYS], rank: usize) -> Option<()> {
        let key = self.key()?;
        let (before, rest) = keys.split_at_mut_checked(rank)?;
        *rest.first_mut()? = key;
        (!before.contains(&key)).then_some(())
    }
}

/// Whether a text may turn out to be cut or redacted; those that may are few.
fn may_be_marked(text: &[u8], escaped: bool) -> bool {
    let opens = |byte: &u8| matches!(byte, b'[' | b'<' | b'(' | b'*' | b'{' | b'_' | b' ' | b'\\') || !byte.is_ascii();
    let closes =
        |byte: &&u8| matches!(byte, b']' | b')' | b'>' | b'}' | b'[' | b'(' | b'<' | b'{' | b'*' | b'_' | b'.' | b' ');
    let marked = text.first().is_some_and(|first| opens(first) || closes(&first));
    let named = text.get(..8).is_some_and(|start| start.eq_ignore_ascii_case(b"redacted"));
    // Words such as truncated and removed end in d before whatever closes them; an ellipsis is not ASCII.
    let closing = text.iter().rev().take_while(closes).count();
    let last = text.len().checked_sub(closing + 1).and_then(|last| text.get(last));
    let ends = last.is_some_and(|last| (closing > 0 && last.eq_ignore_ascii_case(&b'd')) || !last.is_ascii());
    // Blanks at the end are passed over where marks are looked for, also those that are written as escapes.
    let hidden = escaped && text.trim_ascii_end().iter().rev().take(12).any(|byte| *byte == b'\\');
    marked || named || ends || hidden
}
