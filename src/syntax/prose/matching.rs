//! Reading tokens by shapes: every way in which a sentence fits is found, and how far the best of the others came.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::comparing::Test;
use super::part::Part;
use super::pattern::Piece;
use super::slots::{Filled, Joined, Name, Slot};
use super::table::{self, Form};
use super::token::{Kind, Token};

/// The ways that are followed side by side before a sentence is called too long to read.
const MOST_WAYS: usize = 256;
/// The steps that one sentence may take.
const MOST_STEPS: usize = 400_000;

/// What was filled in, under its name.
#[derive(Debug, Clone, PartialEq)]
pub struct Catch {
    /// The slot's name.
    pub name: &'static str,
    /// Its bytes in the sentence.
    pub range: Range<usize>,
    /// What it holds.
    pub value: Filled,
}

/// A way to read a sentence.
pub struct Way {
    /// The form.
    pub form: &'static Form,
    /// What was filled in.
    pub caught: Vec<Catch>,
}

/// Words that a document defines, and what they stand for. Not a hash map: what is listed is listed in order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Definitions {
    /// The actions that a noun stands for.
    pub nouns: BTreeMap<String, Vec<String>>,
    /// The argument that is the amount of what a noun stands for.
    pub amounts: BTreeMap<String, String>,
    /// What is said of the arguments of a class of things.
    pub classes: BTreeMap<String, Vec<Test>>,
}

/// What was filled into a form or a part of it.
pub struct Caught<'c> {
    all: &'c [Catch],
    used: RefCell<BTreeSet<&'static str>>,
    /// The bytes of the whole.
    pub range: Range<usize>,
}

impl<'c> Caught<'c> {
    /// What was caught in some bytes of the sentence.
    pub fn new(caught: &'c [Catch], range: Range<usize>) -> Self {
        Self { all: caught, used: RefCell::default(), range }
    }

    /// What was filled in twice, or was never asked for: a reading that has either would pass over a part of the sentence.
    pub fn passed_over(&self) -> Option<&'c Catch> {
        let used = self.used.borrow();
        let is_note = |catch: &Catch| catch.range.is_empty();
        self.all.iter().enumerate().filter(|(_, catch)| !is_note(catch)).find_map(|(rank, catch)| {
            let twice = self.all.iter().take(rank).any(|other| other.name == catch.name);
            (twice || !used.contains(catch.name)).then_some(catch)
        })
    }

    /// What fills a slot, and where.
    pub fn get(&self, name: &str) -> Option<(&'c Filled, &'c Range<usize>)> {
        let found = self.all.iter().find(|catch| catch.name == name)?;
        self.used.borrow_mut().insert(found.name);
        Some((&found.value, &found.range))
    }

    /// The names in a slot, and the word between them.
    pub fn names(&self, name: &str) -> Option<(&'c [Name], Joined, &'c Range<usize>)> {
        match self.get(name)? {
            (Filled::Names(names, joined), range) => Some((names, *joined, range)),
            _ => None,
        }
    }

    /// The only name in a slot; `None` where a word of the document stands for several.
    pub fn name(&self, name: &str) -> Option<&'c Name> {
        match self.names(name)?.0 {
            [one] => Some(one),
            _ => None,
        }
    }

    /// A number.
    pub fn number(&self, name: &str) -> Option<Part> {
        match self.get(name)? {
            (Filled::Number(digits), range) => Some(Part::number(range, digits)),
            _ => None,
        }
    }

    /// Seconds.
    pub fn seconds(&self, name: &str) -> Option<Part> {
        match self.get(name)? {
            (Filled::Seconds(seconds), range) => Some(Part::number(range, seconds)),
            _ => None,
        }
    }

    /// A text without its quotes.
    pub fn text(&self, name: &str) -> Option<(String, Range<usize>)> {
        match self.get(name)? {
            (Filled::Text(text, inside), _) => Some((text.clone(), inside.clone())),
            _ => None,
        }
    }

    /// A text as a part.
    pub fn text_part(&self, name: &str) -> Option<Part> {
        self.text(name).map(|(text, range)| Part::text(&range, text))
    }

    /// One of a closed set of words.
    pub fn word(&self, name: &str) -> Option<(&'static str, Range<usize>)> {
        match self.get(name)? {
            (Filled::Word(word), range) => Some((word, range.clone())),
            _ => None,
        }
    }

    /// A value.
    pub fn value(&self, name: &str) -> Option<Part> {
        self.values(name)?.0.into_iter().next()
    }

    /// Values.
    pub fn values(&self, name: &str) -> Option<(Vec<Part>, Range<usize>)> {
        match self.get(name)? {
            (Filled::Values(values), range) => Some((values.clone(), range.clone())),
            _ => None,
        }
    }

    /// JSON as it was written.
    pub fn json(&self, name: &str) -> Option<Part> {
        self.value(name)
    }

    /// What is said of arguments.
    pub fn tests(&self, name: &str) -> Option<&'c [Test]> {
        match self.get(name)? {
            (Filled::Tests(tests), _) => Some(tests),
            _ => None,
        }
    }

    /// The types that a demand compares its argument with; the demand stands apart from its argument.
    fn demanded_types(&self, slot: &str) -> Vec<&'static str> {
        let demand = self.all.iter().find(|catch| slot == "argument" && catch.name == "demand");
        match demand.map(|catch| &catch.value) {
            Some(Filled::Tests(tests)) => tests.iter().flat_map(Test::types).collect(),
            _ => Vec::new(),
        }
    }

    /// Every name that was caught, under the slot it fills.
    pub fn every_name(&self) -> impl Iterator<Item = (&'static str, &'c Name, Vec<&'static str>)> {
        self.all.iter().flat_map(|catch| match &catch.value {
            Filled::Names(names, _) => {
                names.iter().map(|name| (catch.name, name, self.demanded_types(catch.name))).collect::<Vec<_>>()
            }
            // The subject of a demand has its name elsewhere.
            Filled::Tests(tests) if matches!(catch.name, "tests" | "whose" | "class") => {
                tests.iter().map(|test| (catch.name, &test.argument, test.types())).collect()
            }
            _ => Vec::new(),
        })
    }
}

/// One sentence while it is read.
pub struct Reader<'a> {
    /// Its text.
    pub text: &'a str,
    /// Its tokens.
    pub tokens: &'a [Token],
    /// The words that its document defines.
    pub defined: &'a Definitions,
    farthest: Cell<usize>,
    wanted: RefCell<BTreeSet<String>>,
    forms: RefCell<BTreeSet<usize>>,
    current: Cell<usize>,
    steps: Cell<usize>,
}

type Ends = Vec<(usize, Vec<Catch>)>;

impl<'a> Reader<'a> {
    /// A reader of a sentence.
    pub fn new(text: &'a str, tokens: &'a [Token], defined: &'a Definitions) -> Self {
        Self {
            text,
            tokens,
            defined,
            farthest: Cell::new(0),
            wanted: RefCell::default(),
            forms: RefCell::default(),
            current: Cell::new(0),
            steps: Cell::new(0),
        }
    }

    /// Every way in which the forms of a kind of document read the whole sentence.
    pub fn ways(&self, forms: impl Iterator<Item = &'static Form>) -> Vec<Way> {
        let mut found = Vec::new();
        for form in forms {
            self.current.set(form.rank);
            for shape in &form.pieces {
                for (end, caught) in self.sequence(shape, 0) {
                    if self.ends(end) {
                        found.push(Way { form, caught });
                    } else {
                        self.missed(end, "the end of the sentence");
                    }
                }
            }
        }
        found
    }

    /// Whether the sentence was too long to be read in full.
    pub fn is_exhausted(&self) -> bool {
        self.steps.get() > MOST_STEPS
    }

    /// Gives up: a way that is not followed could be another reading.
    pub fn exhaust(&self) {
        self.steps.set(MOST_STEPS + 1);
    }

    /// How many tokens the best try read.
    pub fn farthest(&self) -> usize {
        self.farthest.get()
    }

    /// What could have stood where the best try ended.
    pub fn wanted(&self) -> BTreeSet<String> {
        self.wanted.borrow().clone()
    }

    /// The ranks of the forms that came that far.
    pub fn nearest_forms(&self) -> BTreeSet<usize> {
        self.forms.borrow().clone()
    }

    /// Whether nothing but the final point is left.
    fn ends(&self, at: usize) -> bool {
        match self.tokens.get(at..) {
            Some([]) | None => true,
            Some([last]) => matches!(last.kind, Kind::Sign('.' | '!')),
            Some(_) => false,
        }
    }

    /// Notes that something else would have been needed here.
    pub fn missed(&self, at: usize, wanted: &str) {
        if at > self.farthest.get() {
            self.farthest.set(at);
            self.wanted.borrow_mut().clear();
            self.forms.borrow_mut().clear();
        }
        if at == self.farthest.get() {
            self.wanted.borrow_mut().insert(wanted.to_owned());
            self.forms.borrow_mut().insert(self.current.get());
        }
    }

    /// Every end of a sequence that begins at a token.
    pub fn sequence(&self, pieces: &[Piece], at: usize) -> Ends {
        let mut ways: Ends = vec![(at, Vec::new())];
        for piece in pieces {
            let mut next: Ends = Vec::new();
            for (at, caught) in ways {
                for (end, more) in self.piece(piece, at) {
                    let mut caught = caught.clone();
                    caught.extend(more);
                    if next.iter().any(|(known, same)| *known == end && *same == caught) {
                        continue;
                    }
                    if next.len() >= MOST_WAYS {
                        self.exhaust();
                        return Ends::new();
                    }
                    next.push((end, caught));
                }
            }
            ways = next;
        }
        ways
    }

    fn piece(&self, piece: &Piece, at: usize) -> Ends {
        self.steps.set(self.steps.get() + 1);
        if self.steps.get() > MOST_STEPS {
            return Vec::new();
        }
        match piece {
            Piece::Word(word) => self.word(word, at).map(|end| (end, Vec::new())).into_iter().collect(),
            Piece::Choice(ways) => ways.iter().flat_map(|way| self.sequence(way, at)).collect(),
            Piece::Maybe(inner) => {
                let mut ends = self.sequence(inner, at);
                ends.push((at, Vec::new()));
                ends
            }
            Piece::Fill(name, slot) => self.fill(name, *slot, at),
            Piece::Clauses(set) => self.clauses(table::clauses(set), at),
            Piece::Mark(name) => {
                vec![(at, vec![Catch { name, range: self.bytes(at, at), value: Filled::Word(name) }])]
            }
        }
    }

    /// A word, after a comma if there is one.
    pub fn word(&self, word: &str, at: usize) -> Option<usize> {
        let at = self.past_comma(at);
        let is_it = match self.tokens.get(at).map(|token| &token.kind) {
            Some(Kind::Word(lower, _)) => lower == word,
            Some(Kind::Sign(sign)) => word.chars().eq([*sign]),
            _ => false,
        };
        if !is_it {
            self.missed(at, &format!("`{word}`"));
        }
        is_it.then_some(at + 1)
    }

    /// Words in a row, without a comma and without a note of what was wanted.
    pub fn quiet(&self, words: &[&str], at: usize) -> Option<usize> {
        words.iter().try_fold(at, |at, word| match self.tokens.get(at).map(|token| &token.kind) {
            Some(Kind::Word(lower, _)) if lower == word => Some(at + 1),
            _ => None,
        })
    }

    /// The next token, where a comma stands before it.
    pub fn past_comma(&self, at: usize) -> usize {
        let comma = self.tokens.get(at).is_some_and(|token| token.kind == Kind::Sign(','));
        if comma && at > 0 { at + 1 } else { at }
    }

    fn fill(&self, name: &'static str, slot: Slot, at: usize) -> Ends {
        let at = self.past_comma(at);
        let found = super::slots::fill(self, slot, at);
        if found.is_empty() {
            self.missed(at, slot.in_words());
        }
        let catch = |(end, value)| (end, vec![Catch { name, range: self.bytes(at, end), value }]);
        found.into_iter().map(catch).collect()
    }

    /// Any number of clauses of a set, each at most once.
    fn clauses(&self, set: &'static [table::Clause], at: usize) -> Ends {
        let mut done: Ends = Vec::new();
        let mut open = vec![(at, 0_u64, Vec::<Catch>::new())];
        while let Some((at, used, caught)) = open.pop() {
            if done.len() >= MOST_WAYS {
                self.exhaust();
                break;
            }
            for (rank, clause) in set.iter().enumerate().filter(|(rank, _)| used & (1 << rank) == 0) {
                for shape in &clause.pieces {
                    for (end, more) in self.sequence(shape, at).into_iter().filter(|(end, _)| *end > at) {
                        let mut caught = caught.clone();
                        caught.extend(more);
                        open.push((end, used | 1 << rank, caught));
                    }
                }
            }
            done.push((at, caught));
        }
        done
    }

    /// The bytes of some tokens.
    pub fn bytes(&self, from: usize, to: usize) -> Range<usize> {
        let start = self.tokens.get(from).map_or(self.text.len(), |token| token.range.start);
        let end = to.checked_sub(1).and_then(|last| self.tokens.get(last)).map_or(start, |token| token.range.end);
        start..end.max(start)
    }
}

impl Definitions {
    /// Adds what another sentence defines; false, and nothing is added, where a word has another meaning already.
    pub fn take(&mut self, more: Self) -> bool {
        let other = |noun: &String| self.classes.contains_key(noun);
        let clash = more
            .nouns
            .iter()
            .any(|(noun, actions)| other(noun) || self.nouns.get(noun).is_some_and(|known| known != actions))
            || more
                .amounts
                .iter()
                .any(|(noun, argument)| self.amounts.get(noun).is_some_and(|known| known != argument))
            || more.classes.iter().any(|(noun, tests)| {
                self.nouns.contains_key(noun) || self.classes.get(noun).is_some_and(|known| known != tests)
            });
        if clash {
            return false;
        }
        self.nouns.extend(more.nouns);
        self.amounts.extend(more.amounts);
        self.classes.extend(more.classes);
        true
    }
}
