//! The language in which the forms are written down, for people and for the reader alike:
//! `(a|b c)` one of these, `[x|y]` one of these or nothing, `{name:slot}` something to fill in, `<name>` any of these clauses, in any order,
//! `%name` words that stand for each other everywhere, `!name` a note that this way was taken.

use super::slots::Slot;
use super::table::fragment;

/// A piece of a shape.
#[derive(Debug, Clone, PartialEq)]
pub enum Piece {
    /// This word or sign.
    Word(&'static str),
    /// One of these.
    Choice(Vec<Vec<Piece>>),
    /// This or nothing.
    Maybe(Vec<Piece>),
    /// Something of this kind, kept under a name.
    Fill(&'static str, Slot),
    /// Any of these clauses, each at most once.
    Clauses(&'static str),
    /// A note that this way was taken.
    Mark(&'static str),
}

/// Reads a shape; `None` where it is not one, which a test holds for every shape in the table.
pub fn shape(text: &'static str) -> Option<Vec<Piece>> {
    let mut reader = Shape { rest: text };
    let pieces = reader.sequence()?;
    reader.rest.trim().is_empty().then_some(pieces)
}

struct Shape {
    rest: &'static str,
}

impl Shape {
    fn sequence(&mut self) -> Option<Vec<Piece>> {
        let mut pieces = Vec::new();
        loop {
            self.rest = self.rest.trim_start();
            match self.rest.chars().next() {
                None | Some(')' | ']' | '|') => return Some(pieces),
                Some('(') => pieces.push(Piece::Choice(self.ways(')')?)),
                Some('[') => pieces.push(Piece::Maybe(vec![Piece::Choice(self.ways(']')?)])),
                Some('{') => {
                    let (name, slot) = self.until('}')?.split_once(':')?;
                    pieces.push(Piece::Fill(name, Slot::of(slot)?));
                }
                Some('<') => pieces.push(Piece::Clauses(self.until('>')?)),
                Some('%') => pieces.push(Piece::Choice(vec![shape(fragment(self.name()?)?)?])),
                Some('!') => pieces.push(Piece::Mark(self.name()?)),
                Some(_) => pieces.push(self.word()?),
            }
        }
    }

    /// Ways parted by bars, up to a closing sign.
    fn ways(&mut self, end: char) -> Option<Vec<Vec<Piece>>> {
        self.take(1);
        let mut ways = vec![self.sequence()?];
        while self.rest.starts_with('|') {
            self.take(1);
            ways.push(self.sequence()?);
        }
        self.expect(end)?;
        Some(ways)
    }

    fn word(&mut self) -> Option<Piece> {
        let end = self.rest.find(|c: char| c.is_whitespace() || "()[]{}<>|".contains(c)).unwrap_or(self.rest.len());
        let word = self.rest.get(..end)?;
        self.take(end);
        Some(Piece::Word(word))
    }

    /// The name after a sign.
    fn name(&mut self) -> Option<&'static str> {
        self.take(1);
        match self.word()? {
            Piece::Word(name) => Some(name),
            _ => None,
        }
    }

    fn until(&mut self, end: char) -> Option<&'static str> {
        let at = self.rest.find(end)?;
        let inner = self.rest.get(1..at)?;
        self.take(at + 1);
        Some(inner)
    }

    fn expect(&mut self, c: char) -> Option<()> {
        self.rest = self.rest.trim_start();
        self.rest.starts_with(c).then(|| self.take(1))
    }

    fn take(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or("");
    }
}

/// Adds every word of some pieces: a bare name is never made of them.
pub fn words_of(pieces: &[Piece], words: &mut Vec<&'static str>) {
    for piece in pieces {
        match piece {
            Piece::Word(word) => words.push(word),
            Piece::Choice(ways) => ways.iter().for_each(|way| words_of(way, words)),
            Piece::Maybe(inner) => words_of(inner, words),
            Piece::Fill(..) | Piece::Clauses(_) | Piece::Mark(_) => {}
        }
    }
}
