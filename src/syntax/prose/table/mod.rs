//! Every form in which something can be said: the one table that the reader, the reference page, the errors and the
//! model's instructions are made from.

mod approvals;
mod arguments;
mod clauses;
mod conditions;
mod definitions;
mod exceptions;
mod limits;
mod permits;
mod refused;
mod rules;
mod whole;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use super::comparing;
use super::matching::{Caught, Definitions};
use super::part::Part;
use super::pattern::{self, Piece};
use super::words::{DAYS, LEVELS, NUMBERS, RISKS, UNITS};
pub use clauses::{CLAUSES, FRAGMENTS, fragment};

/// The kinds of document in which a form can stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Of {
    /// In a policy.
    Policy,
    /// In a rule.
    Rule,
    /// In an exception.
    Exception,
    /// In a policy or a rule: it says what words mean.
    Definition,
}

impl Of {
    /// The name of the kind.
    pub fn kind(self) -> Option<&'static str> {
        match self {
            Self::Policy => Some("policy"),
            Self::Rule => Some("rule"),
            Self::Exception => Some("exception"),
            Self::Definition => None,
        }
    }
}

/// Why a sentence that was read all the same says nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// What is wrong.
    pub why: String,
    /// What can be written instead: several where it could have meant several things.
    pub instead: Vec<String>,
}

impl Refused {
    /// A reason without a better sentence.
    pub fn because(why: impl Into<String>) -> Self {
        Self { why: why.into(), instead: Vec::new() }
    }

    /// Adds a sentence that says one of the things that can be meant.
    pub fn or_write(mut self, sentence: impl Into<String>) -> Self {
        self.instead.push(sentence.into());
        self
    }
}

/// What a form makes of what was filled in.
#[derive(Clone, Copy)]
pub enum Make {
    /// Fields of the document.
    Sets(fn(&Caught<'_>, &Definitions) -> Result<Part, Refused>),
    /// A word of the document.
    Defines(fn(&Caught<'_>, &mut Definitions)),
    /// Nothing, ever: people say it, and it has no one meaning.
    Refuses(fn(&Caught<'_>) -> Refused),
}

/// A form as it is written down.
pub struct Row {
    /// Its name.
    pub name: &'static str,
    /// Where it can stand.
    pub of: Of,
    /// The ways to say it.
    pub shapes: &'static [&'static str],
    /// A sentence.
    pub example: &'static str,
    /// The fields that it sets.
    pub sets: &'static [&'static str],
    /// What it means.
    pub make: Make,
}

/// A form, its ways read into pieces.
pub struct Form {
    /// Its place in the table.
    pub rank: usize,
    /// The form as it is written down.
    pub row: &'static Row,
    /// The ways to say it.
    pub pieces: Vec<Vec<Piece>>,
}

/// A part of a sentence that can stand in several forms.
pub struct Clause {
    /// The ways to say it.
    pub pieces: Vec<Vec<Piece>>,
}

static FORMS: LazyLock<Vec<Form>> = LazyLock::new(|| {
    let tables: [&'static [Row]; 9] = [
        permits::ROWS,
        approvals::ROWS,
        limits::ROWS,
        arguments::ROWS,
        whole::ROWS,
        rules::ROWS,
        conditions::ROWS,
        exceptions::ROWS,
        definitions::ROWS,
    ];
    let read = |(rank, row): (usize, &'static Row)| Form {
        rank,
        row,
        pieces: row.shapes.iter().filter_map(|shape| pattern::shape(shape)).collect(),
    };
    tables.into_iter().flatten().chain(refused::ROWS).enumerate().map(read).collect()
});

static SETS: LazyLock<Vec<(&'static str, Vec<Clause>)>> = LazyLock::new(|| {
    let clause = |shapes: &&'static [&'static str]| Clause {
        pieces: shapes.iter().filter_map(|shape| pattern::shape(shape)).collect(),
    };
    CLAUSES.iter().map(|(name, clauses)| (*name, clauses.iter().map(clause).collect())).collect()
});

static RESERVED: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| {
    let mut words = comparing::words();
    let clauses = SETS.iter().flat_map(|(_, clauses)| clauses).flat_map(|clause| &clause.pieces);
    for pieces in FORMS.iter().flat_map(|form| &form.pieces).chain(clauses) {
        pattern::words_of(pieces, &mut words);
    }
    words.extend(UNITS.iter().map(|(unit, _)| unit));
    words.extend(NUMBERS.iter().map(|(number, _)| number));
    words.extend(LEVELS.iter().chain(&RISKS).chain(&DAYS));
    words.extend(super::words::TURNING);
    words.extend(super::words::OTHER_RESERVED);
    words.into_iter().collect()
});

/// All forms.
pub fn forms() -> &'static [Form] {
    &FORMS
}

/// The clauses of a set.
pub fn clauses(set: &str) -> &'static [Clause] {
    SETS.iter().find(|(name, _)| *name == set).map_or(&[], |(_, clauses)| clauses)
}

/// The words that have a meaning of their own.
pub fn reserved() -> impl Iterator<Item = &'static str> {
    RESERVED.iter().copied()
}

/// Whether a word has a meaning of its own and is part of no bare name.
pub fn is_reserved(word: &str) -> bool {
    RESERVED.contains(word) || super::words::is_weak(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_is_one() {
        for form in forms() {
            assert_eq!(form.pieces.len(), form.row.shapes.len(), "{}: {:?}", form.row.name, form.row.shapes);
        }
        for ((name, read), (_, written)) in SETS.iter().zip(CLAUSES) {
            for (clause, shapes) in read.iter().zip(*written) {
                assert_eq!(clause.pieces.len(), shapes.len(), "{name}: {shapes:?}");
            }
        }
        for (name, shape) in FRAGMENTS {
            assert!(pattern::shape(shape).is_some(), "{name}: {shape}");
        }
    }
}
