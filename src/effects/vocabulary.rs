use std::rc::Rc;

use foldhash::HashMap;
use smallvec::SmallVec;

use super::bits::Bits;
use super::cuboid::TooMany;
use crate::model::Pattern;

/// A pattern by its number in the vocabulary of its fact.
pub type Word = u32;
/// The pattern that every value matches.
pub const ANY: Word = 0;
/// Several patterns, any of them, by their number in the vocabulary of their fact; a single one has its own number.
pub type Union = u32;
/// The first number of a union of several patterns.
const UNIONS: Union = 1 << 31;
/// More patterns than these are not looked at where two patterns meet.
const MOST_MEETS: usize = 64;

/// The patterns of one fact, each once, and which cuboids hold them.
///
/// All questions go back to one idea: with one character that no pattern names, a pattern lies within another just when the
/// other matches it with that character for every star, and it lies within a union just when it lies within one of them.
pub struct Vocabulary {
    patterns: Vec<Pattern>,
    numbers: HashMap<Pattern, Word>,
    /// The cuboids that hold a pattern, by its number.
    postings: Vec<Vec<u32>>,
    /// How many cuboids there are.
    size: usize,
    /// Values as they are, and beginnings before one star, sorted by text.
    plain: HashMap<Box<str>, Word>,
    begins: HashMap<Box<str>, Word>,
    begin_lengths: Vec<usize>,
    sorted: Vec<(Box<str>, Word)>,
    /// Patterns of other forms.
    others: Vec<Word>,
    covering: HashMap<Word, Rc<Bits>>,
    meeting: HashMap<Word, Rc<Bits>>,
    meets: HashMap<(Union, Word), Option<Union>>,
    /// The unions of several patterns, from their first number on.
    unions: Vec<SmallVec<[Word; 4]>>,
    union_numbers: HashMap<SmallVec<[Word; 4]>, Union>,
    /// How much work it was to put patterns together, in steps.
    pub work: u64,
}

impl Default for Vocabulary {
    fn default() -> Self {
        let mut vocabulary = Self {
            patterns: Vec::new(),
            numbers: HashMap::default(),
            postings: Vec::new(),
            size: 0,
            plain: HashMap::default(),
            begins: HashMap::default(),
            begin_lengths: Vec::new(),
            sorted: Vec::new(),
            others: Vec::new(),
            covering: HashMap::default(),
            meeting: HashMap::default(),
            meets: HashMap::default(),
            unions: Vec::new(),
            union_numbers: HashMap::default(),
            work: 0,
        };
        vocabulary.number(&Pattern::any());
        vocabulary
    }
}

impl Vocabulary {
    /// The number of a pattern.
    pub fn number(&mut self, pattern: &Pattern) -> Word {
        if let Some(word) = self.numbers.get(pattern) {
            return *word;
        }
        let word = Word::try_from(self.patterns.len()).unwrap_or(Word::MAX);
        self.patterns.push(pattern.clone());
        self.numbers.insert(pattern.clone(), word);
        word
    }

    /// The pattern of a number.
    pub fn pattern(&self, word: Word) -> Option<&Pattern> {
        self.patterns.get(word as usize)
    }

    /// All patterns.
    pub fn patterns(&self) -> impl Iterator<Item = &Pattern> {
        self.patterns.iter()
    }

    /// The patterns of a union.
    pub fn parts(&self, union: Union) -> SmallVec<[Word; 4]> {
        match union.checked_sub(UNIONS) {
            Some(at) => self.unions.get(at as usize).cloned().unwrap_or_default(),
            None => SmallVec::from_slice(&[union]),
        }
    }

    /// The number of a union; `None`: nothing is in it.
    fn union(&mut self, mut words: SmallVec<[Word; 4]>) -> Option<Union> {
        words.sort_unstable();
        words.dedup();
        let narrow = |word: &Word| words.iter().any(|wide| wide != word && self.covers(*wide, *word));
        let words: SmallVec<[Word; 4]> = words.iter().copied().filter(|word| !narrow(word)).collect();
        if let [] | [_] = &*words {
            return words.first().copied();
        }
        if let Some(known) = self.union_numbers.get(&words) {
            return Some(*known);
        }
        let number = UNIONS + Union::try_from(self.unions.len()).unwrap_or(0);
        self.unions.push(words.clone());
        self.union_numbers.insert(words, number);
        Some(number)
    }

    /// What a union has in common with a pattern; `Some(None)`: nothing.
    ///
    /// # Errors
    /// When it falls into too many patterns.
    pub fn common(&mut self, union: Union, word: Word) -> Result<Option<Union>, TooMany> {
        match (union, word) {
            (ANY, one) | (one, ANY) => return Ok(Some(one)),
            _ if union == word => return Ok(Some(union)),
            _ => {}
        }
        if let Some(known) = self.meets.get(&(union, word)) {
            return Ok(*known);
        }
        let mut words = SmallVec::new();
        for part in self.parts(union) {
            let Some((a, b)) = self.pattern(part).zip(self.pattern(word)) else { continue };
            let work = (a.as_str().len() * b.as_str().len()) as u64;
            let found = a.common(b, MOST_MEETS);
            self.work += work;
            let found = found.ok_or(TooMany)?;
            words.extend(found.iter().map(|one| self.number(one)));
        }
        if words.len() > MOST_MEETS {
            return Err(TooMany);
        }
        let found = self.union(words);
        self.meets.insert((union, word), found);
        Ok(found)
    }

    /// Whether a union and a pattern have a value in common.
    pub fn touches(&self, union: Union, word: Word) -> bool {
        let meets = |part: Word| {
            let pair = self.pattern(part).zip(self.pattern(word));
            part == word || pair.is_some_and(|(one, other)| one.meets(other))
        };
        union == ANY || word == ANY || self.parts(union).into_iter().any(meets)
    }

    /// Whether all of a union matches a pattern.
    pub fn holds(&self, wide: Word, union: Union) -> bool {
        wide == ANY || self.parts(union).into_iter().all(|part| self.covers(wide, part))
    }

    /// Whether every value of the second matches the first.
    pub fn covers(&self, wide: Word, narrow: Word) -> bool {
        wide == ANY
            || wide == narrow
            || self.pattern(wide).zip(self.pattern(narrow)).is_some_and(|(wide, narrow)| wide.covers(narrow))
    }

    /// Files cuboids by the pattern that each holds, in their order; asked afterwards.
    pub fn file(&mut self, words: impl ExactSizeIterator<Item = Word>) {
        self.size = words.len();
        self.postings = vec![Vec::new(); self.patterns.len()];
        for (cuboid, word) in (0_u32..).zip(words) {
            if let Some(posting) = self.postings.get_mut(word as usize) {
                posting.push(cuboid);
            }
        }
        for (word, posting) in (0_u32..).zip(&self.postings) {
            let Some(pattern) = self.patterns.get(word as usize).filter(|_| word != ANY && !posting.is_empty()) else {
                continue;
            };
            match (pattern.as_literal(), pattern.as_beginning()) {
                (Some(value), _) => {
                    self.plain.insert(value.into(), word);
                    self.sorted.push((value.into(), word));
                }
                (None, Some(beginning)) => {
                    self.begins.insert(beginning.into(), word);
                    self.begin_lengths.push(beginning.len());
                    self.sorted.push((beginning.into(), word));
                }
                (None, None) => self.others.push(word),
            }
        }
        self.sorted.sort();
        self.begin_lengths.sort_unstable();
        self.begin_lengths.dedup();
    }

    fn bits(&self, words: impl IntoIterator<Item = Word>) -> Bits {
        let mut bits = Bits::none(self.size);
        let postings = words.into_iter().filter_map(|word| self.postings.get(word as usize));
        postings.flatten().for_each(|cuboid| bits.put(*cuboid as usize));
        bits
    }

    /// The cuboids whose pattern covers this one.
    pub fn covering(&mut self, word: Word) -> Rc<Bits> {
        if let Some(bits) = self.covering.get(&word) {
            return Rc::clone(bits);
        }
        let bits = Rc::new(self.bits(self.wider(word)));
        self.covering.insert(word, Rc::clone(&bits));
        bits
    }

    /// The filed patterns that cover one.
    fn wider(&self, word: Word) -> Vec<Word> {
        let mut found = vec![ANY];
        let Some(pattern) = self.pattern(word).filter(|_| word != ANY) else { return found };
        found.extend(pattern.as_literal().and_then(|value| self.plain.get(value)));
        found.extend(self.beginnings(pattern.first_piece(), true));
        found.extend(self.others.iter().filter(|other| self.covers(**other, word)));
        found
    }

    /// The filed patterns that match what begins so, by their own shorter beginning, or by all of it.
    fn beginnings(&self, text: &str, whole: bool) -> impl Iterator<Item = Word> {
        let lengths = self.begin_lengths.iter().filter(move |length| **length < text.len() + usize::from(whole));
        lengths.filter_map(|length| self.begins.get(text.get(..*length)?).copied())
    }

    /// The cuboids whose pattern has a value in common with a union.
    pub fn meeting(&mut self, word: Union) -> Rc<Bits> {
        if word >= UNIONS {
            return self.meeting_any(word);
        }
        if let Some(bits) = self.meeting.get(&word) {
            return Rc::clone(bits);
        }
        let bits = match self.pattern(word) {
            Some(pattern) if pattern.as_literal().is_none() => Rc::new(self.bits(self.in_touch(word, pattern))),
            _ => self.covering(word),
        };
        self.meeting.insert(word, Rc::clone(&bits));
        bits
    }

    fn meeting_any(&mut self, union: Union) -> Rc<Bits> {
        if let Some(bits) = self.meeting.get(&union) {
            return Rc::clone(bits);
        }
        let mut all = Bits::none(self.size);
        for part in self.parts(union) {
            all.join(&self.meeting(part));
        }
        let bits = Rc::new(all);
        self.meeting.insert(union, Rc::clone(&bits));
        bits
    }

    /// The filed patterns that meet one with stars.
    fn in_touch(&self, word: Word, pattern: &Pattern) -> Vec<Word> {
        if word == ANY {
            return (0..).take(self.postings.len()).collect();
        }
        let start = pattern.first_piece();
        let from = self.sorted.partition_point(|(text, _)| &**text < start);
        let beginning_so = self.sorted.iter().skip(from).take_while(|(text, _)| text.starts_with(start));
        let simple = pattern.as_beginning().is_some();
        let meets = |other: &Word| self.pattern(*other).is_some_and(|other| other.meets(pattern));
        let mut found = vec![ANY];
        found.extend(beginning_so.map(|(_, word)| *word).filter(|other| simple || meets(other)));
        found.extend(self.beginnings(start, false).filter(|other| simple || meets(other)));
        found.extend(self.others.iter().copied().filter(meets));
        found
    }
}
