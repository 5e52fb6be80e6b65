//! All words of a fact, as far as patterns tell them apart.
//!
//! Patterns are read as machines and run side by side over every word, shortest first, until no word leads to a state that
//! is new. Each set of patterns that any word matches, and no other, is met on the way.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use policyc::model::Pattern;

/// Words that the same patterns match, shortest first; one list for each set of patterns that some word matches.
pub type Classes = Vec<Vec<String>>;

/// More states than this: the patterns of a world are too many for this kind of test.
const MOST_STATES: usize = 30_000;
/// All words up to this length are among the classes.
const SHORT: usize = 3;
/// The most words of one class that are kept.
const KEPT: usize = 12;

/// A letter that no pattern names.
const FRESH: char = 'z';

/// A pattern as its symbols, `None` for a star; the set bits are the places a reader may stand at.
struct Machine {
    symbols: Vec<Option<char>>,
}

impl Machine {
    fn new(pattern: &Pattern) -> Self {
        let mut symbols = Vec::new();
        let mut text = pattern.as_str().chars();
        while let Some(c) = text.next() {
            symbols.push(match c {
                '*' => None,
                '\\' => text.next(),
                other => Some(other),
            });
        }
        assert!(symbols.len() < 60 && !symbols.contains(&Some(FRESH)), "{pattern} is none for this test");
        Self { symbols }
    }

    /// Stars may take nothing.
    fn rested(&self, mut places: u64) -> u64 {
        for (at, symbol) in self.symbols.iter().enumerate() {
            if symbol.is_none() && places & (1 << at) != 0 {
                places |= 1 << (at + 1);
            }
        }
        places
    }

    fn read(&self, places: u64, letter: char) -> u64 {
        let mut next = 0;
        for (at, symbol) in self.symbols.iter().enumerate().filter(|(at, _)| places & (1 << at) != 0) {
            match symbol {
                None => next |= 1 << at,
                Some(c) if *c == letter => next |= 1 << (at + 1),
                Some(_) => {}
            }
        }
        self.rested(next)
    }

    fn accepts(&self, places: u64) -> bool {
        places & (1 << self.symbols.len()) != 0
    }
}

/// The classes of all words, of which only those that are `admissible` are kept.
///
/// # Panics
/// Where the patterns are too many, or match otherwise than their machines.
pub fn classes(patterns: &BTreeSet<&Pattern>, admissible: impl Fn(&str) -> bool) -> Classes {
    let machines: Vec<Machine> = patterns.iter().map(|pattern| Machine::new(pattern)).collect();
    let letters: BTreeSet<char> =
        machines.iter().flat_map(|machine| machine.symbols.iter().flatten()).copied().collect();
    let letters: Vec<char> = letters.into_iter().chain([FRESH]).collect();
    let mut met = BTreeSet::new();
    let mut classes: BTreeMap<Vec<bool>, Vec<String>> = BTreeMap::new();
    let start: Vec<u64> = machines.iter().map(|machine| machine.rested(1)).collect();
    let mut queue = VecDeque::from([(String::new(), start)]);
    while let Some((word, state)) = queue.pop_front() {
        let is_new = met.insert(state.clone());
        assert!(met.len() < MOST_STATES, "too many patterns");
        if !is_new && word.len() > SHORT {
            continue;
        }
        if admissible(&word) {
            let matched: Vec<bool> =
                machines.iter().zip(&state).map(|(machine, places)| machine.accepts(*places)).collect();
            assert!(patterns.iter().zip(&matched).all(|(pattern, matched)| pattern.matches(&word) == *matched));
            let words = classes.entry(matched).or_default();
            if words.len() < KEPT {
                words.push(word.clone());
            }
        }
        for letter in &letters {
            let next = machines.iter().zip(&state).map(|(machine, places)| machine.read(*places, *letter)).collect();
            queue.push_back((format!("{word}{letter}"), next));
        }
    }
    let mut classes: Classes = classes.into_values().collect();
    for words in &mut classes {
        preferred(words);
    }
    classes
}

/// A word that looks like a name is easier to read than the empty one.
fn preferred(words: &mut [String]) {
    if words.len() > 1 && words[0].is_empty() {
        words.swap(0, 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Long words bring nothing new where patterns are short, and no class of a short word is missing.
    #[test]
    fn no_class_is_missing() {
        let texts = ["a*", "*b", "*a*b*", "ab*ba", r"\*", "*", "a"];
        let patterns: Vec<Pattern> = texts.iter().map(|text| Pattern::parse(text).unwrap()).collect();
        let found = classes(&patterns.iter().collect(), |_| true);
        let matched = |word: &str| patterns.iter().map(|pattern| pattern.matches(word)).collect::<Vec<_>>();
        let met: BTreeSet<Vec<bool>> = found.iter().map(|words| matched(&words[0])).collect();
        assert_eq!(met.len(), found.len());
        let mut words = vec![String::new()];
        for _ in 0..6 {
            let longer = words.iter().flat_map(|word| ['a', 'b', '*', 'z'].map(|c| format!("{word}{c}"))).collect();
            let all: BTreeSet<Vec<bool>> = words.iter().map(|word| matched(word)).collect();
            assert!(all.is_subset(&met), "{all:?}");
            words = longer;
        }
        for words in &found {
            assert!(words.iter().all(|word| matched(word) == matched(&words[0])), "{words:?}");
        }
    }
}
