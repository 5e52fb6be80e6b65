//! The forms as a reference shows them, from the table that the reader uses.

use super::comparing::COMPARISONS;
use super::table::{self, CLAUSES, FRAGMENTS, Make, Of};

/// One form of the grammar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: &'static str,
    /// The kind of document; `None`: a definition, for policies and rules.
    pub kind: Option<&'static str>,
    /// The ways to say it.
    pub shapes: Vec<String>,
    /// A sentence.
    pub example: &'static str,
    /// The fields that it sets.
    pub sets: &'static [&'static str],
    /// Whether it is only there to be refused with better sentences.
    pub refused: bool,
}

/// The whole grammar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The forms.
    pub forms: Vec<Entry>,
    /// Clauses by the name of their set: the ways to say each.
    pub clauses: Vec<(&'static str, Vec<Vec<String>>)>,
    /// Words that stand for each other.
    pub fragments: Vec<(&'static str, String)>,
    /// What can be said of an argument: the name, and what stands after `is` or `must be`, after `must`, and alone.
    pub comparisons: Vec<(&'static str, [Vec<String>; 3])>,
    /// The words that weaken.
    pub weak: Vec<&'static str>,
}

/// Everything that the grammar has.
#[must_use]
pub fn reference() -> Reference {
    let all = |shapes: &[&str]| shapes.iter().map(|shape| spelled(shape)).collect::<Vec<_>>();
    let form = |form: &table::Form| Entry {
        name: form.row.name,
        kind: if form.row.of == Of::Definition { None } else { form.row.of.kind() },
        shapes: all(form.row.shapes),
        example: form.row.example,
        sets: form.row.sets,
        refused: matches!(form.row.make, Make::Refuses(_)),
    };
    Reference {
        forms: table::forms().iter().map(form).collect(),
        clauses: CLAUSES.iter().map(|(name, ways)| (*name, ways.iter().map(|way| all(way)).collect())).collect(),
        fragments: FRAGMENTS.iter().map(|(name, shape)| (*name, spelled(shape))).collect(),
        comparisons: COMPARISONS
            .iter()
            .map(|said| (said.name, [all(said.be), all(said.verb), all(said.verbs)]))
            .collect(),
        weak: super::words::WEAK.to_vec(),
    }
}

/// A shape as people read it: what is filled in by the name of its slot, without notes for the reader.
pub fn spelled(shape: &str) -> String {
    let mut spelled = String::new();
    let mut rest = shape;
    while let Some(c) = rest.chars().next() {
        let (written, taken) = match c {
            '{' => {
                let end = rest.find('}').unwrap_or(rest.len() - 1);
                let inner = rest.get(1..end).unwrap_or_default();
                (format!("{{{}}}", inner.split_once(':').map_or(inner, |(_, slot)| slot)), end + 1)
            }
            '!' => (String::new(), rest.find([' ', ')', ']', '|']).unwrap_or(rest.len())),
            '%' => {
                let end = rest
                    .get(1..)
                    .and_then(|name| name.find([' ', ')', ']', '|', '(', '[']))
                    .map_or(rest.len(), |end| end + 1);
                (format!("‹{}›", rest.get(1..end).unwrap_or_default()), end)
            }
            c => (c.to_string(), c.len_utf8()),
        };
        spelled.push_str(&written);
        rest = rest.get(taken..).unwrap_or_default();
    }
    spelled
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .replace(" )", ")")
        .replace(" ]", "]")
        .replace(" |", "|")
        .replace("[] ", "")
}
