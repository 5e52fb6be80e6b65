//! The regions of a change among recorded actions: which row an action falls into, and how often that happens.

use std::io;

use super::Assumption;
use super::blocks::{Block, Feed};
use super::entry::Entry;
use super::run::sweep;
use super::worker::entries;
use crate::effects::{Effects, Found, Observer, Stateless};
use crate::model::Time;

/// The regions of a change, and the sides that they are of, without what hangs on earlier actions.
#[derive(Clone, Copy)]
pub struct Regions<'b> {
    /// What holds today, and what is asked about.
    pub sides: &'b Stateless,
    /// The regions.
    pub effects: &'b Effects,
}

/// How often recorded actions fall into regions, each action taken alone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Occurrences {
    /// How often, row by row.
    pub rows: Vec<Occurrence>,
    /// How many actions were looked at.
    pub actions: u64,
    /// Actions of which it is open whether they fall into a row, since a fact is unknown.
    pub unplaced: u64,
    /// Places that cannot be read.
    pub unreadable: u64,
    /// The earliest and the latest time of an action.
    pub span: Option<(Time, Time)>,
}

/// How often, and between which times.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Occurrence {
    /// How many actions.
    pub times: u64,
    /// How many more, if exceptions for a number of uses had uses left then, or had none.
    pub perhaps: u64,
    /// The earliest and the latest time of one of them.
    pub span: Option<(Time, Time)>,
}

impl<'b> Regions<'b> {
    /// Looks at every action of logs, alone.
    ///
    /// # Errors
    /// When the logs cannot be read to their end.
    pub fn occurrences(self, feed: Feed, threads: usize) -> io::Result<Occurrences> {
        let new = || (self.observer(), Occurrences::of(self.effects.rows.len()));
        let look = |(observer, counts): &mut (Observer<'b>, Occurrences), block: &Block| {
            entries(block, &mut |placed| counts.count(&placed.entry, observer));
            true
        };
        let mut whole = Occurrences::of(self.effects.rows.len());
        sweep(feed, threads, new, look)?.iter().for_each(|(_, counts)| whole.merge(counts));
        Ok(whole)
    }

    pub(super) fn observer(self) -> Observer<'b> {
        Observer::new(self.sides, self.effects)
    }
}

impl Occurrences {
    fn of(rows: usize) -> Self {
        Self { rows: vec![Occurrence::default(); rows], ..Self::default() }
    }

    fn count(&mut self, entry: &Entry<'_>, observer: &mut Observer<'_>) {
        if let Entry::Unreadable(_) = entry {
            self.unreadable += 1;
        }
        let nothing = Assumption::default();
        let Some(attempt) = entry.attempt(&nothing) else { return };
        let call = attempt.call();
        let seen = Occurrence { times: 1, perhaps: 0, span: call.time.map(|time| (time, time)) };
        self.actions += 1;
        self.span = joined(self.span, seen.span);
        match observer.found(&call) {
            Found::Row(at) => self.rows.get_mut(at).into_iter().for_each(|row| row.add(&seen)),
            Found::Either(rows) => {
                let [left, used_up] = rows;
                let other = used_up.filter(|_| used_up != left);
                for at in left.into_iter().chain(other) {
                    self.rows.get_mut(at).into_iter().for_each(|row| row.perhaps += 1);
                }
            }
            Found::Open => self.unplaced += 1,
            Found::Alike => {}
        }
    }

    fn merge(&mut self, other: &Self) {
        self.rows.iter_mut().zip(&other.rows).for_each(|(mine, theirs)| mine.add(theirs));
        self.actions += other.actions;
        self.unplaced += other.unplaced;
        self.unreadable += other.unreadable;
        self.span = joined(self.span, other.span);
    }
}

impl Occurrence {
    fn add(&mut self, other: &Self) {
        self.times += other.times;
        self.perhaps += other.perhaps;
        self.span = joined(self.span, other.span);
    }
}

/// The time from the earlier beginning to the later end.
fn joined(one: Option<(Time, Time)>, other: Option<(Time, Time)>) -> Option<(Time, Time)> {
    match (one, other) {
        (Some(one), Some(other)) => Some((one.0.min(other.0), one.1.max(other.1))),
        (one, other) => one.or(other),
    }
}
