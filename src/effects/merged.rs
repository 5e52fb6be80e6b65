use std::cmp::Ordering;
use std::ops::Range;

use super::bits::Bits;
use super::cuboid::{Cuboid, Words};
use super::statements::{List, Statement};
use super::{Decider, Side};

/// A set of sides.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sides(u8);

impl Sides {
    /// Neither.
    pub const NONE: Self = Self(0);
    /// Both.
    pub const BOTH: Self = Self(3);

    /// One side.
    pub fn only(side: Side) -> Self {
        Self(1 << side as u8)
    }

    /// Whether a side is in it.
    pub fn has(self, side: Side) -> bool {
        self.0 & (1 << side as u8) != 0
    }

    /// Those in both sets.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Those in either set.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Those not in the other set.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The sides in it.
    pub fn iter(self) -> impl Iterator<Item = Side> {
        [Side::Base, Side::Head].into_iter().filter(move |side| self.has(*side))
    }
}

/// One cuboid of a statement, of one side or of both.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The list it stands in.
    pub list: List,
    /// What it says on each side.
    pub deciders: [Option<Decider>; 2],
    /// The rule it belongs to on each side.
    pub rules: [Option<u32>; 2],
    /// Its holes, among the cuboids.
    pub holes: Range<usize>,
}

impl Entry {
    /// The sides it stands on.
    pub fn sides(&self) -> Sides {
        let on = |side: Side| if self.decider(side).is_some() { Sides::only(side) } else { Sides::NONE };
        on(Side::Base).or(on(Side::Head))
    }

    /// What it says on a side.
    pub fn decider(&self, side: Side) -> Option<Decider> {
        self.deciders.get(side as usize).copied().flatten()
    }
}

/// Both sides as one list: the entries in order, and all cuboids, those of the entries first.
pub struct Merged {
    /// The entries: denials, then rules, then asks.
    pub entries: Vec<Entry>,
    /// The cuboids of entries, by their place; then the holes, then others.
    pub cuboids: Vec<Cuboid>,
    /// The others: areas that can be avoided and that no entry is about.
    pub others: Range<usize>,
    /// Where each list stands.
    lists: [Range<usize>; 3],
    /// The entries of no side, of each, and of any.
    on: [Bits; 4],
}

impl Merged {
    /// Puts two sides together; statements that are the same on both become one.
    pub fn new(mut base: Vec<Statement>, mut head: Vec<Statement>, others: Vec<Cuboid>, words: &mut Words) -> Self {
        base.sort_by(order);
        head.sort_by(order);
        let mut all = Gathered::default();
        let (mut base, mut head) = (base.into_iter().peekable(), head.into_iter().peekable());
        loop {
            match (base.peek(), head.peek()) {
                (None, None) => break,
                (Some(_), None) => all.one(base.next(), Side::Base),
                (None, Some(_)) => all.one(head.next(), Side::Head),
                (Some(one), Some(other)) => match order(one, other) {
                    Ordering::Less => all.one(base.next(), Side::Base),
                    Ordering::Greater => all.one(head.next(), Side::Head),
                    Ordering::Equal if same(one, other) => all.both(base.next(), head.next()),
                    Ordering::Equal => {
                        all.one(base.next(), Side::Base);
                        all.one(head.next(), Side::Head);
                    }
                },
            }
        }
        all.finish(others, words)
    }

    /// The places of a list.
    pub fn list(&self, list: List) -> Range<usize> {
        self.lists.get(list as usize).cloned().unwrap_or_default()
    }

    /// The entries of one of some sides.
    pub fn on(&self, sides: Sides) -> &Bits {
        let [neither, base, head, both] = &self.on;
        match (sides.has(Side::Base), sides.has(Side::Head)) {
            (true, true) => both,
            (true, false) => base,
            (false, true) => head,
            (false, false) => neither,
        }
    }

    /// The entries that are not the same on both sides, each with its side.
    pub fn changed(&self) -> impl Iterator<Item = (usize, Side)> {
        let sided = |(at, entry): (usize, &Entry)| match (entry.deciders, at) {
            ([Some(_), None], at) => Some((at, Side::Base)),
            ([None, Some(_)], at) => Some((at, Side::Head)),
            _ => None,
        };
        self.entries.iter().enumerate().filter_map(sided)
    }
}

fn order(one: &Statement, other: &Statement) -> Ordering {
    one.list.cmp(&other.list).then_with(|| one.order.cmp(&other.order))
}

/// Whether two statements of one place say the same of the same actions.
fn same(one: &Statement, other: &Statement) -> bool {
    one.regions == other.regions && one.decider.effect == other.decider.effect && one.decider.code == other.decider.code
}

#[derive(Default)]
struct Gathered {
    entries: Vec<(Entry, Cuboid, usize)>,
    /// The holes of each region.
    holes: Vec<Vec<Cuboid>>,
}

impl Gathered {
    fn one(&mut self, statement: Option<Statement>, side: Side) {
        match side {
            Side::Base => self.both(statement, None),
            Side::Head => self.both(None, statement),
        }
    }

    fn both(&mut self, base: Option<Statement>, head: Option<Statement>) {
        let deciders = [&base, &head].map(|one| one.as_ref().map(|statement| statement.decider));
        let rules = [&base, &head].map(|one| one.as_ref().and_then(|statement| statement.rule));
        let Some(statement) = base.or(head) else { return };
        for region in statement.regions {
            for cuboid in region.cuboids {
                let entry = Entry { list: statement.list, deciders, rules, holes: 0..0 };
                self.entries.push((entry, cuboid, self.holes.len()));
            }
            self.holes.push(region.holes);
        }
    }

    fn finish(self, others: Vec<Cuboid>, words: &mut Words) -> Merged {
        let mut cuboids: Vec<Cuboid> = Vec::with_capacity(self.entries.len());
        let mut places: Vec<Range<usize>> = Vec::with_capacity(self.holes.len());
        let mut next = self.entries.len();
        for holes in &self.holes {
            places.push(next..next + holes.len());
            next += holes.len();
        }
        let mut entries = Vec::with_capacity(self.entries.len());
        for (entry, cuboid, holes) in self.entries {
            entries.push(Entry { holes: places.get(holes).cloned().unwrap_or_default(), ..entry });
            cuboids.push(cuboid);
        }
        cuboids.extend(self.holes.into_iter().flatten());
        cuboids.extend(others);
        let others = next..cuboids.len();
        for (at, vocabulary) in words.all().enumerate() {
            vocabulary.file(cuboids.iter().map(|cuboid| cuboid.words.get(at).copied().unwrap_or_default()));
        }
        let starts = |list: List| entries.partition_point(|entry: &Entry| entry.list < list);
        let (rules, asks) = (starts(List::Rules), starts(List::Asks));
        let on = |sides: Sides| {
            let there = entries.iter().enumerate().filter(|(_, entry)| entry.sides().and(sides) != Sides::NONE);
            Bits::of(cuboids.len(), there.map(|(at, _)| at))
        };
        let on = [Sides::NONE, Sides::only(Side::Base), Sides::only(Side::Head), Sides::BOTH].map(on);
        Merged { lists: [0..rules, rules..asks, asks..entries.len()], on, entries, cuboids, others }
    }
}
