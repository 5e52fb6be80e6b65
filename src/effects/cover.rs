use std::rc::Rc;

use smallvec::SmallVec;

use super::bits::Bits;
use super::cuboid::{Axis, Cells, NAMES, Words, Zone, is_possible};
use super::merged::Merged;
use super::space::Space;
use super::vocabulary::{ANY, Union, Vocabulary, Word};

/// What is known of a region: whether there is an action in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// There is none.
    Nothing,
    /// Patterns and cells in which there is one that was found.
    Action([Word; NAMES], Cells),
    /// There is one if conditions can hold together that no known value meets.
    Perhaps,
}

/// The budget has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spent;

/// Counts steps.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    /// How many are left.
    pub left: u64,
}

impl Budget {
    /// Takes steps.
    ///
    /// # Errors
    /// When there are not so many left.
    pub fn spend(&mut self, steps: u64) -> Result<(), Spent> {
        self.left = self.left.checked_sub(steps).ok_or_else(|| {
            self.left = 0;
            Spent
        })?;
        Ok(())
    }
}

/// Looks for an action of a zone that lies in none of the cuboids to avoid.
///
/// The names of a zone are patterns: either one cuboid contains them all, or there is a name that none contains (the
/// pattern with a character for each star that no pattern names). So only cuboids that contain the names count, and of
/// those only the cells are left to be looked at. Where a name is a union of patterns, one that fewer cuboids contain is
/// the better one, whatever the other names are.
pub fn uncovered(
    zone: &Zone,
    avoid: &Bits,
    (merged, space, words): (&Merged, &Space, &mut Words),
    budget: &mut Budget,
) -> Result<Found, Spent> {
    budget.spend(4)?;
    let mut choices: SmallVec<[Choices; NAMES]> = SmallVec::new();
    for (at, (vocabulary, union)) in words.all().zip(zone.names).enumerate() {
        choices.push(best((at, vocabulary), union, avoid, budget)?);
    }
    let mut search = Search { space, budget, zone, chosen: [ANY; NAMES], found: Found::Nothing, tries: 0, depth: 0 };
    search.choose(&choices, avoid, (merged, words))?;
    Ok(search.found)
}

/// Patterns of a name, each with the cuboids that contain it.
type Choices = SmallVec<[(Word, Rc<Bits>); 1]>;

/// The patterns of a union of which no other is contained in fewer of the cuboids to avoid.
fn best(
    (at, vocabulary): (usize, &mut Vocabulary),
    union: Union,
    avoid: &Bits,
    budget: &mut Budget,
) -> Result<Choices, Spent> {
    let mut parts = vocabulary.parts(union);
    // What no action can be called is no better than another.
    parts.retain(|word| vocabulary.pattern(*word).is_some_and(|pattern| is_possible(at, pattern)));
    if let [only] = &*parts {
        return Ok(SmallVec::from_iter([(*only, vocabulary.covering(*only))]));
    }
    budget.spend((parts.len() * parts.len()) as u64)?;
    let all: Vec<(Word, Rc<Bits>, Bits)> = parts
        .into_iter()
        .map(|word| {
            let covering = vocabulary.covering(word);
            let counted = (*covering).clone().and(avoid);
            (word, covering, counted)
        })
        .collect();
    let better = |at: usize, counted: &Bits| {
        all.iter().enumerate().any(|(other, (_, _, fewer))| counted.covers(fewer) && (fewer != counted || other < at))
    };
    let kept = all.iter().enumerate().filter(|(at, (_, _, counted))| !better(*at, counted));
    Ok(kept.map(|(_, (word, covering, _))| (*word, Rc::clone(covering))).collect())
}

struct Search<'s> {
    space: &'s Space,
    budget: &'s mut Budget,
    zone: &'s Zone,
    /// The patterns chosen so far.
    chosen: [Word; NAMES],
    found: Found,
    /// How many boxes of cells no known value met.
    tries: usize,
    /// How many cuboids were taken away.
    depth: usize,
}

/// So many boxes of cells are held against known values before the answer is "perhaps".
const MOST_TRIES: usize = 64;
/// So many cuboids are taken away one after the other: each keeps what is left.
const DEEPEST: usize = 500;
/// What it costs to hold known values against a box, in steps.
const TRY: u64 = 20;

impl Search<'_> {
    /// Chooses a pattern for each name. Answers whether to stop.
    fn choose(&mut self, choices: &[Choices], left: &Bits, world: (&Merged, &Words)) -> Result<bool, Spent> {
        let at = NAMES - choices.len();
        let Some((first, rest)) = choices.split_first() else {
            return self.decide(left, world);
        };
        for (word, covering) in first {
            self.chosen.iter_mut().skip(at).take(1).for_each(|place| *place = *word);
            self.budget.spend(1)?;
            if self.choose(rest, &left.clone().and(covering), world)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn decide(&mut self, containing: &Bits, (merged, words): (&Merged, &Words)) -> Result<bool, Spent> {
        if !words.possible(&self.chosen) {
            return Ok(false);
        }
        let cuboids = containing.iter().filter_map(|at| merged.cuboids.get(at));
        let against: Vec<&Cells> = cuboids.map(|cuboid| &cuboid.cells).collect();
        self.subtract(&self.zone.cells.clone(), &against)
    }

    /// Takes cells away one after the other until something is left that a real value meets. Answers whether to stop.
    fn subtract(&mut self, area: &Cells, against: &[&Cells]) -> Result<bool, Spent> {
        self.budget.spend(1 + (against.len() + area.iter().count()) as u64 / 8)?;
        let Some(at) = against.iter().position(|cells| cells.meets(area)) else {
            self.budget.spend(TRY)?;
            let real = self.space.arguments.realise(area).is_some();
            self.found = if real { Found::Action(self.chosen, area.clone()) } else { Found::Perhaps };
            self.tries += 1;
            return Ok(real || self.tries >= MOST_TRIES);
        };
        let Some((cells, rest)) = against.get(at..).and_then(<[&Cells]>::split_first) else { return Ok(false) };
        let mut inside = area.clone();
        for (axis, bits) in cells.iter() {
            let own = inside.get(axis).cloned().unwrap_or_else(|| self.all(axis));
            let outside = own.clone().minus(bits);
            if !outside.is_empty() {
                self.depth += 1;
                if self.depth > DEEPEST {
                    return Err(Spent);
                }
                if self.subtract(&inside.clone().with(axis, outside), rest)? {
                    return Ok(true);
                }
                self.depth -= 1;
            }
            inside = inside.with(axis, own.and(bits));
        }
        Ok(false)
    }

    fn all(&self, axis: Axis) -> Bits {
        Bits::all(self.space.size(axis))
    }
}
