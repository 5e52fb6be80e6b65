use std::collections::BinaryHeap;

use super::entry::Attempt;
use super::journal::Position;
use crate::text::Digest;

/// Where an action stands in the order in which samples are drawn: by a hash of its id, else of its line (as it would be
/// written natively where it has none), so that the same actions are drawn from the same log whatever its order.
pub(super) fn rank(attempt: &Attempt<'_>) -> u64 {
    match attempt.id().or(attempt.line()) {
        Some(named) => Digest::of(named.as_bytes()).leading(),
        None => Digest::of(attempt.written().as_bytes()).leading(),
    }
}

/// The first so many actions in the order of samples.
#[derive(Debug)]
pub(super) struct Drawn {
    most: usize,
    kept: BinaryHeap<(u64, Position)>,
}

impl Drawn {
    pub fn new(most: usize) -> Self {
        Self { most, kept: BinaryHeap::new() }
    }

    pub fn add(&mut self, rank: u64, position: Position) {
        self.kept.push((rank, position));
        if self.kept.len() > self.most {
            self.kept.pop();
        }
    }

    pub fn merge(&mut self, other: Self) {
        other.kept.into_iter().for_each(|(rank, position)| self.add(rank, position));
    }

    /// The last one that is drawn; `None`: all are.
    pub fn last(&self) -> Option<(u64, Position)> {
        self.kept.peek().copied()
    }
}
