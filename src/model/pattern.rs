mod shared;

use std::fmt;

/// Stands for "any character of no pattern" when one pattern is compared with another. A NUL is never part of
/// a pattern, so only a `*` takes it.
const FRESH: char = '\0';

/// A pattern: `*` stands for any characters, also none, also `/` and `.`; the whole value must match.
///
/// Two patterns that match the same values because one repeats a `*` are equal.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pattern {
    /// As canonical text: `*` and `\` of the value escaped, no two stars in a row.
    text: Box<str>,
    /// The literal pieces between the stars: one more than there are stars.
    pieces: Box<[Box<str>]>,
}

/// Why a text is no pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PatternError {
    /// A backslash before something other than `*` and `\`; the byte where it stands.
    Escape(usize),
    /// A NUL; the byte where it stands.
    Nul(usize),
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// [`PatternError`] with the byte that is wrong.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let mut pieces = vec![String::new()];
        let mut chars = text.char_indices();
        let mut starred = false;
        while let Some((at, c)) = chars.next() {
            let literal = match c {
                '*' => {
                    if !starred {
                        pieces.push(String::new());
                    }
                    starred = true;
                    continue;
                }
                '\\' => match chars.next() {
                    Some((_, escaped @ ('*' | '\\'))) => escaped,
                    _ => return Err(PatternError::Escape(at)),
                },
                FRESH => return Err(PatternError::Nul(at)),
                other => other,
            };
            starred = false;
            if let Some(last) = pieces.last_mut() {
                last.push(literal);
            }
        }
        Ok(Self::of_pieces(pieces))
    }

    /// The pattern that matches exactly one value.
    #[must_use]
    pub fn literal(value: &str) -> Self {
        Self::of_pieces(vec![value.replace(FRESH, "\u{fffd}")])
    }

    fn of_pieces(pieces: Vec<String>) -> Self {
        let escape = |piece: &String| piece.replace('\\', r"\\").replace('*', r"\*");
        let text = pieces.iter().map(escape).collect::<Vec<_>>().join("*");
        Self { text: text.into(), pieces: pieces.into_iter().map(Into::into).collect() }
    }

    /// The canonical text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The only value it matches, if there is just one.
    #[must_use]
    pub fn as_literal(&self) -> Option<&str> {
        match &*self.pieces {
            [only] => Some(only),
            _ => None,
        }
    }

    /// The pattern that every value matches.
    #[must_use]
    pub fn any() -> Self {
        Self::of_pieces(vec![String::new(), String::new()])
    }

    /// What a value begins with that matches, where that is all that is asked of it.
    #[must_use]
    pub fn as_beginning(&self) -> Option<&str> {
        match &*self.pieces {
            [first, last] if last.is_empty() => Some(first),
            _ => None,
        }
    }

    /// What stands before the first star.
    #[must_use]
    pub fn first_piece(&self) -> &str {
        self.pieces.first().map_or("", |piece| piece)
    }

    /// A value that matches: the pattern with a text for every star.
    #[must_use]
    pub fn with_stars(&self, text: &str) -> String {
        self.pieces.iter().map(|piece| &**piece).collect::<Vec<_>>().join(text)
    }

    /// Whether every value matches.
    #[must_use]
    pub fn is_any(&self) -> bool {
        &*self.text == "*"
    }

    /// Whether a value matches.
    #[must_use]
    pub fn matches(&self, value: &str) -> bool {
        let (Some((first, rest)), Some(last)) = (self.pieces.split_first(), self.pieces.last()) else { return false };
        if rest.is_empty() {
            return same(first.as_bytes(), value.as_bytes());
        }
        let Some(mut value) = stripped(value, first, last) else { return false };
        let between = rest.split_last().map_or(&[][..], |(_, between)| between);
        between.iter().all(|piece| match value.find(&**piece) {
            Some(at) => {
                value = value.get(at + piece.len()..).unwrap_or("");
                true
            }
            None => false,
        })
    }

    /// The same question made ready: patterns are asked often, and nearly all are of three simple kinds.
    #[must_use]
    pub fn matcher(&self) -> Matcher<'_> {
        match &*self.pieces {
            [only] => Matcher::Only(only),
            [first, last] if first.is_empty() && last.is_empty() => Matcher::Any,
            [first, last] if last.is_empty() => Matcher::Begins(first),
            _ => Matcher::Other(self),
        }
    }

    /// Whether every value that `other` matches is matched by this pattern too.
    ///
    /// With one character that no pattern names, the pattern `p` lies within `q` just when `q` matches `p`
    /// with that character for every star.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        let with_fresh: Vec<&str> = other.pieces.iter().map(|piece| &**piece).collect();
        self.matches(&with_fresh.join(FRESH.encode_utf8(&mut [0; 4])))
    }

    /// Whether some value matches both.
    #[must_use]
    pub fn meets(&self, other: &Self) -> bool {
        match (self.as_literal(), other.as_literal()) {
            (Some(value), _) => other.matches(value),
            (_, Some(value)) => self.matches(value),
            (None, None) => self.is_any() || other.is_any() || self.meets_starred(other),
        }
    }

    /// Whether two patterns with stars match some value in common, symbol by symbol.
    fn meets_starred(&self, other: &Self) -> bool {
        let (a, b) = (self.symbols(), other.symbols());
        // row[j]: the symbols of `a` read so far and the first j of `b` can spell the same value.
        let mut row = vec![true];
        row.extend(b.iter().scan(true, |open, symbol| {
            *open &= symbol.is_none();
            Some(*open)
        }));
        for symbol in a {
            let mut next = Vec::with_capacity(row.len());
            next.push(symbol.is_none() && row.first().copied().unwrap_or(false));
            for (other, pair) in b.iter().zip(row.windows(2)) {
                let (diagonal, above) = (pair.first() == Some(&true), pair.last() == Some(&true));
                let left = next.last() == Some(&true);
                next.push(match (symbol, other) {
                    (None, None) => diagonal || above || left,
                    // The star takes the literal and stays, or ends.
                    (None, Some(_)) | (Some(_), None) => above || left,
                    (Some(x), Some(y)) => diagonal && x == *y,
                });
            }
            row = next;
        }
        row.last().copied().unwrap_or(false)
    }

    /// The pattern as characters, `None` for a star.
    fn symbols(&self) -> Vec<Option<char>> {
        let mut symbols = Vec::new();
        for (rank, piece) in self.pieces.iter().enumerate() {
            if rank > 0 {
                symbols.push(None);
            }
            symbols.extend(piece.chars().map(Some));
        }
        symbols
    }
}

/// A pattern made ready to be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matcher<'p> {
    /// Every value.
    Any,
    /// One value.
    Only(&'p str),
    /// What begins so.
    Begins(&'p str),
    /// Anything else.
    Other(&'p Pattern),
}

impl Matcher<'_> {
    /// Whether a value matches.
    #[inline]
    #[must_use]
    pub fn matches(&self, value: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Only(only) => same(only.as_bytes(), value.as_bytes()),
            Self::Begins(start) => value.as_bytes().get(..start.len()).is_some_and(|head| same(head, start.as_bytes())),
            Self::Other(pattern) => pattern.matches(value),
        }
    }
}

/// What of a value stands between a beginning and an end.
fn stripped<'v>(value: &'v str, first: &str, last: &str) -> Option<&'v str> {
    let end = value.len().checked_sub(last.len()).filter(|end| *end >= first.len())?;
    let bytes = value.as_bytes();
    let fits = same(bytes.get(..first.len())?, first.as_bytes()) && same(bytes.get(end..)?, last.as_bytes());
    if fits { value.get(first.len()..end) } else { None }
}

/// Whether two texts are the same. Names are short: comparing them here takes a fraction of the time that calling the
/// system's comparison does (see docs/performance.md).
fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let ((words_a, rest_a), (words_b, rest_b)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    let words = words_a.iter().zip(words_b).all(|(a, b)| u64::from_ne_bytes(*a) == u64::from_ne_bytes(*b));
    words && rest_a.iter().zip(rest_b).all(|(a, b)| a == b)
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pattern(text: &str) -> Pattern {
        Pattern::parse(text).unwrap()
    }

    #[test]
    fn stars_cross_everything_and_the_whole_value_counts() {
        assert!(pattern("prod/*").matches("prod/a/b.c"));
        assert!(pattern("prod/*").matches("prod/"));
        assert!(!pattern("prod/*").matches("prod"));
        assert!(!pattern("prod/*").matches("xprod/a"));
        assert!(!pattern("a*a").matches("a"));
        assert!(pattern("*ab*ab*").matches("xababy"));
        assert!(!pattern("*ab*ab*").matches("xaby"));
        assert!(pattern(r"a\*b\\").matches(r"a*b\"));
    }

    #[test]
    fn only_two_escapes_exist() {
        assert_eq!(Pattern::parse(r"a\."), Err(PatternError::Escape(1)));
        assert_eq!(Pattern::parse("a\\"), Err(PatternError::Escape(1)));
        assert_eq!(pattern("a**b"), pattern("a*b"));
        assert_eq!(pattern(r"\*\\").as_str(), r"\*\\");
    }

    /// Follows the definition by trying every way a star can end.
    fn slow_matches(pattern: &[Option<char>], value: &[char]) -> bool {
        match pattern.split_first() {
            None => value.is_empty(),
            Some((None, rest)) => (0..=value.len()).any(|taken| slow_matches(rest, &value[taken..])),
            Some((Some(c), rest)) => value.first() == Some(c) && slow_matches(rest, &value[1..]),
        }
    }

    fn words() -> Vec<String> {
        let mut words = vec![String::new()];
        for length in 1..=5 {
            let shorter: Vec<String> = words.iter().filter(|word| word.len() == length - 1).cloned().collect();
            words.extend(shorter.iter().flat_map(|word| ["a", "b", "z"].map(|c| format!("{word}{c}"))));
        }
        words
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

        #[test]
        fn matching_is_what_the_definition_says(text in "[ab*]{0,7}", value in "[ab]{0,8}") {
            let pattern = pattern(&text);
            let value_chars: Vec<char> = value.chars().collect();
            prop_assert_eq!(pattern.matches(&value), slow_matches(&pattern.symbols(), &value_chars));
            prop_assert_eq!(pattern.matcher().matches(&value), pattern.matches(&value));
        }

        /// `z` occurs in no pattern and short words decide for short patterns.
        #[test]
        fn covering_and_meeting_are_what_all_words_say(p in "[ab*]{0,3}", q in "[ab*]{0,3}") {
            let (p, q) = (pattern(&p), pattern(&q));
            let words = words();
            prop_assert_eq!(p.covers(&q), words.iter().all(|word| !q.matches(word) || p.matches(word)));
            if words.iter().any(|word| p.matches(word) && q.matches(word)) {
                prop_assert!(p.meets(&q));
            }
            prop_assert_eq!(p.meets(&q), q.meets(&p));
        }

        #[test]
        fn meeting_patterns_have_a_word_in_common(p in "[ab*]{0,3}", q in "[ab*]{0,3}") {
            let (p, q) = (pattern(&p), pattern(&q));
            if p.meets(&q) {
                prop_assert!(words().iter().any(|word| p.matches(word) && q.matches(word)), "{p:?} {q:?}");
            }
        }

        #[test]
        fn the_canonical_text_reads_back_as_the_same_pattern(text in r"([a-c.*/]|\\\*|\\\\){0,12}") {
            let pattern = pattern(&text);
            prop_assert_eq!(Pattern::parse(pattern.as_str()).unwrap(), pattern);
        }
    }
}
