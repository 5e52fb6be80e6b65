use crate::effects::cuboid::{Cuboid, Name, TooMany, Words};
use crate::effects::vocabulary::ANY;

/// A union of cuboids without the holes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Region {
    /// The cuboids.
    pub cuboids: Vec<Cuboid>,
    /// What is taken out of all of them.
    pub holes: Vec<Cuboid>,
}

impl Region {
    /// One cuboid.
    pub fn of(cuboid: Cuboid) -> Self {
        Self { cuboids: vec![cuboid], holes: Vec::new() }
    }

    /// A union.
    pub fn any(cuboids: Vec<Cuboid>) -> Self {
        Self { cuboids, holes: Vec::new() }
    }

    /// What two have in common.
    pub fn and(self, other: &Self, words: &mut Words) -> Result<Self, TooMany> {
        let mut cuboids = Vec::new();
        for one in &self.cuboids {
            for another in &other.cuboids {
                cuboids.extend(words.common(one, another)?);
            }
        }
        // A name by its parts is told before one that is taken whole for an operation.
        let whole = |cuboid: &Cuboid| cuboid.word(Name::Integration) == ANY;
        cuboids.sort_by(|one, other| whole(one).cmp(&whole(other)).then_with(|| one.cmp(other)));
        cuboids.dedup();
        let mut all = Self { cuboids, holes: self.holes };
        all.without(&other.holes, words);
        Ok(all)
    }

    /// Takes holes out, those that meet it.
    pub fn without(&mut self, holes: &[Cuboid], words: &mut Words) {
        let cuboids = &self.cuboids;
        let meets = |hole: &&Cuboid| cuboids.iter().any(|cuboid| words.meet(cuboid, hole));
        let found: Vec<Cuboid> = holes.iter().filter(meets).cloned().collect();
        self.holes.extend(found);
        self.holes.sort();
        self.holes.dedup();
    }
}
