use std::collections::HashMap;

use crate::model::{ActionPattern, Polarity};

/// How many patterns with stars are compared with each entry: enough for every real list, few enough for a hostile one.
const MOST_COMPARED: usize = 500;

/// A list of patterns, to be asked which of them covers another.
pub struct Cover<'a> {
    patterns: &'a [ActionPattern],
    polarity: Polarity,
    /// Patterns without a star, by their text; only these and those with stars can cover.
    plain: HashMap<&'a str, usize>,
    starred: Vec<usize>,
}

impl<'a> Cover<'a> {
    /// Prepares a list; of two equal patterns the first counts.
    pub fn new(patterns: &'a [ActionPattern], polarity: Polarity) -> Self {
        let mut cover = Self { patterns, polarity, plain: HashMap::new(), starred: Vec::new() };
        for (rank, pattern) in patterns.iter().enumerate() {
            if pattern.whole().as_literal().is_some() {
                cover.plain.entry(pattern.as_str()).or_insert(rank);
            } else {
                cover.starred.push(rank);
            }
        }
        cover
    }

    /// The rank of a pattern, other than the one at `own`, that covers the entry.
    ///
    /// Of two that cover each other only the later one is covered: it is the repetition.
    pub fn find(&self, entry: &ActionPattern, own: Option<usize>) -> Option<usize> {
        let (_, operation) = entry.parts();
        let plain = [entry.as_str(), operation.as_str()].into_iter().filter_map(|text| self.plain.get(text).copied());
        let starred = self.starred.iter().copied().take(MOST_COMPARED);
        plain.chain(starred).find(|rank| {
            let Some(pattern) = self.patterns.get(*rank).filter(|_| own != Some(*rank)) else { return false };
            let first = own.is_none_or(|own| *rank < own);
            pattern.covers(entry, self.polarity) && (first || !entry.covers(pattern, self.polarity))
        })
    }
}
