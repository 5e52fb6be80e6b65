//! The regions of the change that is replayed: those of `policyc diff --effects` between the same sides.

use crate::effects::{self, Effects, Limits, Stateless};
use crate::model::Bundle;
use crate::replay::Regions;

/// The regions between two sides, with the bundles that they are of.
pub struct Change {
    sides: Stateless,
    effects: Effects,
}

impl Change {
    /// From base to head.
    pub fn between(base: &Bundle, head: &Bundle) -> Self {
        let effects = effects::effects(base, head, Limits::default());
        Self { sides: Stateless::of(base, head), effects }
    }

    /// What a replay looks them up in.
    pub fn regions(&self) -> Regions<'_> {
        Regions { sides: &self.sides, effects: &self.effects }
    }
}
