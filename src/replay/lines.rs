use std::collections::HashMap;

use super::journal::Position;
use super::tally::Stretch;

/// How many lines of a log stand before each of its blocks.
#[derive(Debug, Default)]
pub(super) struct Lines {
    before: HashMap<(u32, u32), u64>,
    /// The log that is read, and how many of its lines were.
    read: (u32, u64),
}

impl Lines {
    /// Of blocks in any order.
    pub fn of(stretches: &[Stretch]) -> Self {
        let mut sorted: Vec<&Stretch> = stretches.iter().collect();
        sorted.sort_unstable();
        let mut lines = Self::default();
        for stretch in sorted {
            lines.add(stretch);
        }
        lines
    }

    /// The next block. What was sorted is none of a log: it has no lines of its own.
    pub fn add(&mut self, stretch: &Stretch) {
        if self.read.0 != stretch.log {
            self.read = (stretch.log, 0);
        }
        self.before.entry((stretch.log, stretch.block)).or_insert(self.read.1);
        self.read.1 += u64::from(stretch.lines);
    }

    /// The line of a position in its log, from 1.
    pub fn line(&self, position: Position) -> u64 {
        let before = self.before.get(&(position.log, position.block)).copied().unwrap_or_default();
        before + u64::from(position.row) + 1
    }
}
