use std::collections::BTreeMap;

use crate::engine::{Call, Decision, Engine, Point};
use crate::model::Effect;

/// How often each part of a bundle had a say in the decisions of tests.
#[derive(Debug, Clone)]
pub struct Coverage<'b> {
    hits: BTreeMap<Point<'b>, u64>,
    effects: BTreeMap<Effect, u64>,
}

/// A part, and how often it had a say.
pub type Covered<'c, 'b> = (&'c Point<'b>, u64);

impl<'b> Coverage<'b> {
    /// Nothing is covered yet.
    #[must_use]
    pub fn new(engine: &Engine<'b>) -> Self {
        Self {
            hits: engine.points().into_iter().map(|point| (point, 0)).collect(),
            effects: Effect::ALL.into_iter().map(|effect| (effect, 0)).collect(),
        }
    }

    /// Counts a decision.
    pub fn add(&mut self, engine: &Engine<'b>, decision: &Decision, call: &Call<'_>) {
        if let Some(count) = self.effects.get_mut(&decision.effect).filter(|_| decision.is_certain()) {
            *count += 1;
        }
        for point in engine.touched(decision, call) {
            if let Some(hits) = self.hits.get_mut(&point) {
                *hits += 1;
            }
        }
    }

    /// Every part with its count, sorted by kind, id and part.
    pub fn parts(&self) -> impl Iterator<Item = Covered<'_, 'b>> {
        self.hits.iter().map(|(point, hits)| (point, *hits))
    }

    /// How often each effect was decided for sure.
    pub fn effects(&self) -> impl Iterator<Item = (Effect, u64)> {
        self.effects.iter().map(|(effect, count)| (*effect, *count))
    }

    /// How many parts had a say, and how many there are.
    #[must_use]
    pub fn total(&self) -> (usize, usize) {
        (self.hits.values().filter(|hits| **hits > 0).count(), self.hits.len())
    }

    /// The share of parts that had a say, in percent, rounded down to a tenth.
    #[must_use]
    pub fn percent(&self) -> f64 {
        let (covered, all) = self.total();
        #[expect(clippy::cast_precision_loss, reason = "there are fewer parts than a double counts exactly")]
        if all == 0 { 100.0 } else { (covered as f64 * 1000.0 / all as f64).floor() / 10.0 }
    }
}
