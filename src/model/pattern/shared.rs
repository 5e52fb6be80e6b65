use std::collections::HashMap;

use super::Pattern;

/// A pattern as characters, `None` for a star.
type Symbols = Vec<Option<char>>;

impl Pattern {
    /// The values that both patterns match, as patterns: their union is the intersection. Empty: there is none. `None`:
    /// there are more than `most` of them, or it takes too long to find out.
    #[must_use]
    pub fn common(&self, other: &Self, most: usize) -> Option<Vec<Self>> {
        if self.covers(other) {
            return Some(vec![other.clone()]);
        }
        if other.covers(self) {
            return Some(vec![self.clone()]);
        }
        if self.as_literal().is_some() || other.as_literal().is_some() || !self.meets(other) {
            return Some(Vec::new());
        }
        let (a, b) = (self.symbols(), other.symbols());
        let mut walk = Walk { a: &a, b: &b, known: HashMap::new(), most, left: most.saturating_mul(64) };
        let words = walk.from(0, 0)?;
        let mut found: Vec<Self> = words.into_iter().map(|word| Self::of_symbols(word.iter().rev())).collect();
        found.sort();
        found.dedup();
        let widest = |one: &Self| !found.iter().any(|wider| wider != one && wider.covers(one));
        Some(found.iter().filter(|one| widest(one)).cloned().collect())
    }

    fn of_symbols<'s>(symbols: impl Iterator<Item = &'s Option<char>>) -> Self {
        let mut pieces = vec![String::new()];
        let mut starred = false;
        for symbol in symbols {
            match (symbol, pieces.last_mut()) {
                (Some(c), Some(last)) => last.push(*c),
                (None, _) if !starred => pieces.push(String::new()),
                _ => {}
            }
            starred = symbol.is_none();
        }
        Self::of_pieces(pieces)
    }
}

/// What two patterns have in common from a place in each on: words written backwards, so that one symbol more is cheap.
struct Walk<'s> {
    a: &'s [Option<char>],
    b: &'s [Option<char>],
    known: HashMap<(usize, usize), Vec<Symbols>>,
    most: usize,
    left: usize,
}

impl Walk<'_> {
    fn from(&mut self, i: usize, j: usize) -> Option<Vec<Symbols>> {
        if let Some(words) = self.known.get(&(i, j)) {
            return Some(words.clone());
        }
        self.left = self.left.checked_sub(1)?;
        let mut words = match (self.a.get(i).copied(), self.b.get(j).copied()) {
            (None, None) => vec![Symbols::new()],
            // Whatever stands there, then either star ends.
            (Some(None), Some(None)) => {
                let ended = [self.from(i + 1, j)?, self.from(i, j + 1)?].concat();
                ended.into_iter().map(|word| with(word, None)).collect()
            }
            // The star ends, or takes the character.
            (Some(None), Some(taken)) => {
                let stays = self.from(i, j + 1)?.into_iter().map(|word| with(word, taken)).collect();
                [self.from(i + 1, j)?, stays].concat()
            }
            (Some(taken), Some(None)) => {
                let stays = self.from(i + 1, j)?.into_iter().map(|word| with(word, taken)).collect();
                [self.from(i, j + 1)?, stays].concat()
            }
            (Some(None), None) => self.from(i + 1, j)?,
            (None, Some(None)) => self.from(i, j + 1)?,
            (Some(x), Some(y)) if x == y => self.from(i + 1, j + 1)?.into_iter().map(|word| with(word, x)).collect(),
            _ => Vec::new(),
        };
        words.sort();
        words.dedup();
        if words.len() > self.most {
            return None;
        }
        self.left = self.left.checked_sub(words.len())?;
        self.known.insert((i, j), words.clone());
        Some(words)
    }
}

/// A word with one symbol more before it; two stars in a row are one.
fn with(mut word: Symbols, symbol: Option<char>) -> Symbols {
    if symbol.is_some() || word.last() != Some(&None) {
        word.push(symbol);
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pattern(text: &str) -> Pattern {
        Pattern::parse(text).unwrap()
    }

    fn common(a: &str, b: &str) -> Vec<String> {
        pattern(a).common(&pattern(b), 100).unwrap().iter().map(|one| one.as_str().to_owned()).collect()
    }

    #[test]
    fn what_two_patterns_have_in_common_is_a_union_of_patterns() {
        assert_eq!(common("a*", "*b"), ["a*b"]);
        assert_eq!(common("a*", "ab*"), ["ab*"]);
        assert_eq!(common("*a*", "*b*"), ["*a*b*", "*b*a*"]);
        assert_eq!(common("ab*", "*bc"), ["ab*bc", "abc"]);
        assert_eq!(common("a*", "b*"), [""; 0]);
        assert_eq!(common(r"\**", r"*\*"), [r"\*", r"\**\*"]);
        assert_eq!(pattern("*a*b*c*d*").common(&pattern("*e*f*g*h*"), 20), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

        #[test]
        fn a_word_matches_both_just_when_it_matches_one_of_the_common_patterns(
            p in "[ab*]{0,6}", q in "[ab*]{0,6}", words in prop::collection::vec("[abz]{0,8}", 40),
        ) {
            let (p, q) = (pattern(&p), pattern(&q));
            let common = p.common(&q, 10_000).unwrap();
            for word in words {
                let both = p.matches(&word) && q.matches(&word);
                prop_assert_eq!(both, common.iter().any(|one| one.matches(&word)), "{} {:?}", word, common);
            }
            prop_assert!(common.iter().all(|one| p.covers(one) && q.covers(one)));
            prop_assert_eq!(common.is_empty(), !p.meets(&q));
        }
    }
}
