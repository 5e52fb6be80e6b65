use std::collections::BTreeMap;

use super::groups::Group;
use super::hits::SideHits;
use super::journal::{Position, Sample, Seen};
use super::lines::Lines;
use super::operations::Operation;
use super::tally::{Bounds, Stretch, Tally};
use super::timeline::Hour;
use crate::engine::Facts;
use crate::model::{Effect, Time};

/// What a replay came to.
#[derive(Debug)]
pub struct Outcome<'b> {
    /// Actions that were replayed, reported or not.
    pub replayed: u64,
    /// Actions that are reported; everything below is about them.
    pub actions: u64,
    /// Calls that were told before and are not counted again.
    pub repeated: u64,
    /// Places that cannot be read: the first ones, and how many there are.
    pub unreadable: (Vec<Seen>, u64),
    /// Those of them at which a log breaks off: what stands behind is unknown.
    pub broken: (Vec<Seen>, u64),
    /// Actions of which something cannot be relied on: the first ones, and how many there are.
    pub doubtful: (Vec<Seen>, u64),
    /// How often a time lies before the one that stands before it in the log.
    pub times_back: u64,
    /// The earliest and the latest time of the log.
    pub span: Option<(Time, Time)>,
    /// All pairs of decisions.
    pub bounds: Bounds,
    /// What base did.
    pub base: SideOutcome,
    /// What head did.
    pub head: SideOutcome,
    /// What was decided when, by hours since 1970-01-01T00:00Z.
    pub hours: BTreeMap<i64, Hour>,
    /// What bears no time.
    pub untimed: Hour,
    /// All operations, by name.
    pub operations: Vec<Operation>,
    /// Actions whose outcome the change alters (on one side alone: that are stopped), by what they have in common.
    pub groups: Vec<Group<'b>>,
    /// The first of them in full, in the order of the log, and how many there are.
    pub changed: (Vec<Sample<'b>>, u64),
    lines: Lines,
}

/// What one side did.
#[derive(Debug, Default)]
pub struct SideOutcome {
    /// Hits of documents, by their ranks in the bundle.
    pub hits: SideHits,
    /// Uncertain actions by the facts that would make them certain.
    pub missing: BTreeMap<Facts, u64>,
    /// How many of them give such a fact, but so that it cannot be relied on.
    pub unreliable: BTreeMap<Facts, u64>,
    /// By the recorded decision, then by what is enforced here: allow, `approval_required`, deny.
    pub recorded: [[u64; 3]; 3],
    /// By ground truth (good, bad, not told), then by what is enforced here.
    pub truth: [[u64; 3]; 3],
}

/// One of two sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// What holds today.
    Base,
    /// What is asked about.
    Head,
}

impl<'b> Outcome<'b> {
    pub(super) fn new(tally: Tally<'b>) -> Self {
        let (hours, untimed) = tally.timeline.finish();
        let mut stretches = tally.stretches;
        stretches.sort_unstable();
        let times = || stretches.iter().filter_map(|stretch| stretch.times);
        let span = times().map(|times| times.least).min().zip(times().map(|times| times.most).max());
        Self {
            replayed: tally.replayed,
            actions: tally.actions,
            repeated: tally.repeated,
            unreadable: tally.unreadable.sorted(),
            broken: tally.broken.sorted(),
            doubtful: tally.doubtful.sorted(),
            times_back: back(&stretches),
            span,
            bounds: tally.bounds,
            base: tally.base,
            head: tally.head,
            hours,
            untimed,
            operations: tally.operations.sorted(),
            groups: tally.groups.sorted(),
            changed: tally.changed.sorted(),
            lines: Lines::of(&stretches),
        }
    }

    /// The line of a position in its log, from 1.
    #[must_use]
    pub fn line(&self, position: Position) -> u64 {
        self.lines.line(position)
    }

    /// How many actions a side decides so, as it is enforced.
    pub fn effects(&self, side: Which) -> [u64; 3] {
        Effect::ALL.map(|effect| self.bounds.matching(|base, head| side.of(base, head).1 == effect))
    }

    /// How many actions a side decides for certain.
    pub fn certain(&self, side: Which) -> u64 {
        self.bounds.matching(|base, head| {
            let (lower, upper) = side.of(base, head);
            lower == upper
        })
    }

    /// Changed actions by the row of the regions that accounts for them, as in [`Sample::row`].
    #[must_use]
    pub fn rows(&self) -> BTreeMap<Option<usize>, u64> {
        let mut rows = BTreeMap::new();
        for (row, actions) in self.groups.iter().flat_map(|group| &group.rows) {
            *rows.entry(*row).or_default() += actions;
        }
        rows
    }

    /// Everything that should have been decided for certain: actions, and places that cannot be read.
    #[must_use]
    pub fn all(&self) -> u64 {
        self.actions + self.unreadable.1
    }

    /// By what base enforces, then by what head enforces.
    #[must_use]
    pub fn matrix(&self) -> [[u64; 3]; 3] {
        Effect::ALL.map(|from| Effect::ALL.map(|to| self.bounds.matching(|base, head| base.1 == from && head.1 == to)))
    }

    /// Actions that on either bound head decides so and base does not: the worst case.
    #[must_use]
    pub fn newly(&self, effect: Effect) -> u64 {
        self.bounds
            .matching(|base, head| (head.0 == effect && base.0 != effect) || (head.1 == effect && base.1 != effect))
    }

    /// Actions that a side asks an approval for, or may, by the day since 1970-01-01.
    #[must_use]
    pub fn approvals(&self, side: Which) -> BTreeMap<i64, u64> {
        let mut days = BTreeMap::new();
        for (hour, counts) in &self.hours {
            let asks = side.of(counts.asks[0], counts.asks[1]);
            if asks > 0 {
                *days.entry(hour.div_euclid(24)).or_default() += asks;
            }
        }
        days
    }

    /// The same on the busiest day; what bears no time may all be of that day.
    #[must_use]
    pub fn most_approvals(&self, side: Which) -> u64 {
        let timed = self.approvals(side).into_values().max().unwrap_or(0);
        timed + side.of(self.untimed.asks[0], self.untimed.asks[1])
    }
}

impl Which {
    /// What belongs to the side.
    pub fn of<T>(self, base: T, head: T) -> T {
        match self {
            Self::Base => base,
            Self::Head => head,
        }
    }
}

/// How often a time goes back, also from one block to the next.
fn back(stretches: &[Stretch]) -> u64 {
    let mut sum = 0;
    let mut before: Option<(u32, Time)> = None;
    for stretch in stretches {
        sum += u64::from(stretch.back);
        let Some(times) = stretch.times else { continue };
        sum += u64::from(before.is_some_and(|(log, last)| log == stretch.log && times.first < last));
        before = Some((stretch.log, times.last));
    }
    sum
}
