use smallvec::SmallVec;

use super::bits::Bits;
use super::vocabulary::{ANY, Union, Vocabulary, Word};
use crate::engine::wanders;
use crate::model::Pattern;

/// A fact that is a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Name {
    /// `agent_id`.
    Agent,
    /// `integration`.
    Integration,
    /// `operation`.
    Operation,
    /// `resource`.
    Resource,
    /// `run_id`.
    Run,
    /// `group_id`.
    Group,
    /// `mission_id`.
    Mission,
}

/// How many facts are names.
pub const NAMES: usize = 7;

/// The keys of the names, in their order.
pub const KEYS: [&str; NAMES] =
    ["agent_id", "integration", "operation", "resource", "run_id", "group_id", "mission_id"];

/// The number of a fact with finitely many cells in the [`super::space::Space`].
pub type Axis = u32;

/// Which cells are meant, by axis; sorted. An axis that is not there: all cells.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cells(SmallVec<[(Axis, Bits); 2]>);

impl Cells {
    /// The cells of one axis.
    pub fn of(axis: Axis, bits: Bits) -> Self {
        Self(SmallVec::from_iter([(axis, bits)]))
    }

    /// The cells by axis, sorted.
    pub fn into_iter(self) -> impl Iterator<Item = (Axis, Bits)> {
        self.0.into_iter()
    }

    /// Cells by axis, sorted.
    pub fn iter(&self) -> impl Iterator<Item = (Axis, &Bits)> {
        self.0.iter().map(|(axis, bits)| (*axis, bits))
    }

    /// The cells of an axis; `None`: all.
    pub fn get(&self, axis: Axis) -> Option<&Bits> {
        let at = self.0.binary_search_by_key(&axis, |(axis, _)| *axis).ok()?;
        self.0.get(at).map(|(_, bits)| bits)
    }

    /// The same with other cells of one axis.
    #[must_use]
    pub fn with(mut self, axis: Axis, bits: Bits) -> Self {
        match self.0.binary_search_by_key(&axis, |(axis, _)| *axis) {
            Ok(at) => {
                if let Some(place) = self.0.get_mut(at) {
                    place.1 = bits;
                }
            }
            Err(at) => self.0.insert(at, (axis, bits)),
        }
        self
    }

    /// What both have; `None`: nothing.
    pub fn and(&self, other: &Self) -> Option<Self> {
        if other.0.is_empty() {
            return Some(self.clone());
        }
        let mut both = self.clone();
        for (axis, bits) in other.iter() {
            let common = both.get(axis).map_or_else(|| bits.clone(), |own| own.clone().and(bits));
            if common.is_empty() {
                return None;
            }
            both = both.with(axis, common);
        }
        Some(both)
    }

    /// The axes of these cells on which the others are not all within them.
    #[must_use]
    pub fn beyond(&self, others: &Self) -> Self {
        let within = |(axis, bits): &(Axis, Bits)| others.get(*axis).is_some_and(|narrow| bits.covers(narrow));
        Self(self.0.iter().filter(|cells| !within(cells)).cloned().collect())
    }

    /// Whether both have a point in common.
    pub fn meets(&self, other: &Self) -> bool {
        other.iter().all(|(axis, bits)| self.get(axis).is_none_or(|own| own.meets(bits)))
    }

    /// Whether all points of the other are in it.
    pub fn covers(&self, other: &Self) -> bool {
        self.iter().all(|(axis, bits)| other.get(axis).is_some_and(|narrow| bits.covers(narrow)))
    }
}

/// A product of facts: a pattern for each name, and cells. See [`super::Area`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cuboid {
    /// Patterns by name.
    pub words: [Word; NAMES],
    /// The other facts.
    pub cells: Cells,
}

impl Cuboid {
    /// Every action.
    pub fn everything() -> Self {
        Self { words: [ANY; NAMES], cells: Cells::default() }
    }

    /// The same with a pattern for one name.
    #[must_use]
    pub fn named(mut self, name: Name, word: Word) -> Self {
        if let Some(place) = self.words.get_mut(name as usize) {
            *place = word;
        }
        self
    }

    /// The pattern of a name.
    pub fn word(&self, name: Name) -> Word {
        self.words.get(name as usize).copied().unwrap_or(ANY)
    }
}

/// A product of facts: any of several patterns for each name, and cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    /// Unions of patterns by name.
    pub names: [Union; NAMES],
    /// The other facts.
    pub cells: Cells,
}

impl Zone {
    /// The same as a cuboid.
    pub fn of(cuboid: &Cuboid) -> Self {
        Self { names: cuboid.words, cells: cuboid.cells.clone() }
    }
}

/// Into more cuboids than these two of a document's parts may not fall.
const MOST_CUBOIDS: usize = 4096;

/// The vocabularies of all names.
#[derive(Default)]
pub struct Words([Vocabulary; NAMES]);

/// Characters that stand for "any character that no pattern names", those that are easy to read first.
const FRESH: &str = "xzqkjvwyuoiesanrtlcdpmhgbfXZQ0123456789_-~";

/// Too much to say: the intersection of two patterns falls into too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMany;

impl Words {
    /// The vocabulary of a name.
    pub fn of(&mut self, name: Name) -> Option<&mut Vocabulary> {
        self.0.get_mut(name as usize)
    }

    /// All of them, in the order of the names.
    pub fn all(&mut self) -> impl Iterator<Item = &mut Vocabulary> {
        self.0.iter_mut()
    }

    /// All of them, to look things up.
    pub fn iter(&self) -> impl Iterator<Item = &Vocabulary> {
        self.0.iter()
    }

    /// A character that no pattern names; it stands for every star.
    pub fn fresh(&self) -> char {
        let named = |c: char| self.0.iter().any(|vocabulary| vocabulary.patterns().any(|one| one.as_str().contains(c)));
        FRESH.chars().chain('\u{100}'..='\u{ffff}').find(|c| !named(*c)).unwrap_or('\u{fffd}')
    }

    /// Whether there is an action with names that match.
    pub fn possible(&self, names: &[Word; NAMES]) -> bool {
        let pattern = |(at, word): (usize, &Word)| self.0.get(at)?.pattern(*word).map(|pattern| (at, pattern));
        names.iter().enumerate().all(|name| pattern(name).is_some_and(|(at, pattern)| is_possible(at, pattern)))
    }

    /// Whether the names of one lie within those of the other.
    pub fn cover(&self, wide: &Cuboid, narrow: &Cuboid) -> bool {
        let pairs = wide.words.iter().zip(&narrow.words);
        self.0.iter().zip(pairs).all(|(vocabulary, (wide, narrow))| vocabulary.covers(*wide, *narrow))
    }

    /// Whether one lies within the other.
    pub fn within(&self, wide: &Cuboid, narrow: &Cuboid) -> bool {
        wide.cells.covers(&narrow.cells) && self.cover(wide, narrow)
    }

    /// What two have in common, as a union.
    ///
    /// # Errors
    /// When there is too much to say.
    pub fn common(&mut self, a: &Cuboid, b: &Cuboid) -> Result<Vec<Cuboid>, TooMany> {
        let Some(zone) = self.narrowed(&Zone::of(a), b)? else { return Ok(Vec::new()) };
        let mut found = vec![Cuboid { words: [ANY; NAMES], cells: zone.cells }];
        for (at, (vocabulary, union)) in self.0.iter().zip(zone.names).enumerate() {
            let parts = vocabulary.parts(union);
            let with = |cuboid: &Cuboid, word: Word| {
                let mut cuboid = cuboid.clone();
                cuboid.words.iter_mut().skip(at).take(1).for_each(|place| *place = word);
                cuboid
            };
            found = found.iter().flat_map(|cuboid| parts.iter().map(move |word| with(cuboid, *word))).collect();
            if found.len() > MOST_CUBOIDS {
                return Err(TooMany);
            }
        }
        Ok(found)
    }

    /// What a zone has in common with a cuboid.
    ///
    /// # Errors
    /// When there is too much to say.
    pub fn narrowed(&mut self, zone: &Zone, by: &Cuboid) -> Result<Option<Zone>, TooMany> {
        let Some(cells) = zone.cells.and(&by.cells) else { return Ok(None) };
        let mut names = zone.names;
        for ((vocabulary, union), word) in self.0.iter_mut().zip(&mut names).zip(by.words) {
            let Some(common) = vocabulary.common(*union, word)? else { return Ok(None) };
            *union = common;
        }
        Ok(Some(Zone { names, cells }))
    }

    /// Whether a zone lies within a cuboid.
    pub fn contains(&self, wide: &Cuboid, zone: &Zone) -> bool {
        wide.cells.covers(&zone.cells) && self.contain(wide, zone)
    }

    /// Whether the names of a zone lie within those of a cuboid.
    pub fn contain(&self, wide: &Cuboid, zone: &Zone) -> bool {
        let pairs = wide.words.iter().zip(&zone.names);
        self.0.iter().zip(pairs).all(|(vocabulary, (wide, union))| vocabulary.holds(*wide, *union))
    }

    /// Whether a zone and a cuboid have an action in common.
    pub fn touch(&self, zone: &Zone, cuboid: &Cuboid) -> bool {
        let pairs = zone.names.iter().zip(&cuboid.words);
        zone.cells.meets(&cuboid.cells)
            && self.0.iter().zip(pairs).all(|(vocabulary, (union, word))| vocabulary.touches(*union, *word))
    }

    /// The patterns of a cuboid that say more than what is told already.
    pub fn beyond(&self, own: &[Word; NAMES], told: &[[Word; NAMES]]) -> [Word; NAMES] {
        let mut own = *own;
        for (at, (vocabulary, word)) in self.0.iter().zip(&mut own).enumerate() {
            let narrower =
                |names: &[Word; NAMES]| names.get(at).is_some_and(|narrow| vocabulary.covers(*word, *narrow));
            if told.iter().any(narrower) {
                *word = ANY;
            }
        }
        own
    }

    /// How much work it was to put patterns together so far, in steps.
    pub fn work(&self) -> u64 {
        self.0.iter().map(|vocabulary| vocabulary.work).sum()
    }

    /// Whether two have an action in common.
    pub fn meet(&self, a: &Cuboid, b: &Cuboid) -> bool {
        a.cells.meets(&b.cells) && self.names_meet(&a.words, &b.words)
    }

    /// Whether the names of two have values in common.
    pub fn names_meet(&self, a: &[Word; NAMES], b: &[Word; NAMES]) -> bool {
        self.0.iter().zip(a.iter().zip(b)).all(|(vocabulary, (one, other))| {
            let pair = vocabulary.pattern(*one).zip(vocabulary.pattern(*other));
            *one == ANY || *other == ANY || one == other || pair.is_some_and(|(one, other)| one.meets(other))
        })
    }
}

/// Whether a name of an action can match a pattern. An integration is not empty and holds no dot; what a resource with a `..`
/// segment names is unknown. Such a segment stands in the letters of the pattern or nowhere.
pub fn is_possible(name: usize, pattern: &Pattern) -> bool {
    // Not one that a percent-encoding could hold.
    let value = || pattern.with_stars("x");
    if name == Name::Integration as usize {
        let integration = value();
        return !integration.is_empty() && !integration.contains('.');
    }
    name != Name::Resource as usize || !wanders(&value())
}
