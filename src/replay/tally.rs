use super::groups::{Decider, Groups};
use super::journal::{First, Sample, Seen, Subject};
use super::operations::Operations;
use super::outcome::SideOutcome;
use super::timeline::Timeline;
use crate::engine::{Call, Decision};
use crate::model::{Effect, Fact, Time};
use crate::records::BREAKS_OFF;

/// How many places are told by name of what cannot be read or relied on.
pub(super) const PLACES_TOLD: usize = 20;
/// How many changed actions are kept in full.
pub(super) const CHANGES_KEPT: usize = 1000;

/// How often each pair of decisions came out: `[base lower][base upper][head lower][head upper]`, by the order of effects.
/// On one side alone base counts as allowed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bounds(pub [[[[u64; 3]; 3]; 3]; 3]);

/// Both bounds of a decision: lower, upper.
pub(super) type Interval = (Effect, Effect);

impl Bounds {
    fn count(&mut self, base: Interval, head: Interval) {
        let cells = self.0.get_mut(base.0 as usize).and_then(|cells| cells.get_mut(base.1 as usize));
        let cells = cells.and_then(|cells| cells.get_mut(head.0 as usize));
        if let Some(cell) = cells.and_then(|cells| cells.get_mut(head.1 as usize)) {
            *cell += 1;
        }
    }

    fn merge(&mut self, other: &Self) {
        let mine = self.0.iter_mut().flatten().flatten().flatten();
        mine.zip(other.0.iter().flatten().flatten().flatten()).for_each(|(mine, theirs)| *mine += theirs);
    }

    /// How many actions have decisions that a test holds for; it is given the intervals of base and head.
    pub fn matching(&self, test: impl Fn(Interval, Interval) -> bool) -> u64 {
        let mut sum = 0;
        for (base_low, cells) in Effect::ALL.into_iter().zip(&self.0) {
            for (base_high, cells) in Effect::ALL.into_iter().zip(cells) {
                for (low, cells) in Effect::ALL.into_iter().zip(cells) {
                    for (high, count) in Effect::ALL.into_iter().zip(cells) {
                        sum += if test((base_low, base_high), (low, high)) { *count } else { 0 };
                    }
                }
            }
        }
        sum
    }
}

/// Times: in the order of the log, and in their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Span {
    pub first: Time,
    pub last: Time,
    pub least: Time,
    pub most: Time,
}

/// What the stretch of a log that one block holds looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stretch {
    pub log: u32,
    pub block: u32,
    pub lines: u32,
    /// The times in it.
    pub times: Option<Span>,
    /// How often a time lies before the one that stands before it.
    pub back: u32,
}

/// What came out of a part of a log; parts add up in any order.
#[derive(Debug)]
pub struct Tally<'b> {
    /// Actions that were replayed, reported or not.
    pub replayed: u64,
    /// Actions that are reported.
    pub actions: u64,
    /// Calls that were told before.
    pub repeated: u64,
    pub(super) unreadable: First<Seen>,
    /// Those of them at which a log breaks off.
    pub(super) broken: First<Seen>,
    pub(super) doubtful: First<Seen>,
    pub(super) stretches: Vec<Stretch>,
    pub(super) bounds: Bounds,
    pub(super) base: SideOutcome,
    pub(super) head: SideOutcome,
    pub(super) timeline: Timeline,
    pub(super) operations: Operations,
    pub(super) groups: Groups<'b>,
    pub(super) changed: First<Sample<'b>>,
}

/// What a record says of its own decision, and what people say of it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Told {
    pub recorded: Option<Effect>,
    pub bad: Option<bool>,
}

impl SideOutcome {
    fn count(&mut self, call: &Call<'_>, decision: &Decision, told: Told) {
        self.hits.count(decision);
        if !decision.is_certain() {
            let missing = decision.missing();
            *self.missing.entry(missing).or_default() += 1;
            if missing.names().filter_map(Fact::of_key).any(|fact| call.broken.holds(fact)) {
                *self.unreliable.entry(missing).or_default() += 1;
            }
        }
        let upper = decision.effect as usize;
        if let Some(recorded) = told.recorded {
            add(&mut self.recorded, recorded as usize, upper);
        }
        add(&mut self.truth, told.bad.map_or(2, usize::from), upper);
    }

    fn merge(&mut self, other: &Self) {
        self.hits.merge(&other.hits);
        for (mine, theirs) in [(&mut self.missing, &other.missing), (&mut self.unreliable, &other.unreliable)] {
            for (facts, count) in theirs {
                *mine.entry(*facts).or_default() += count;
            }
        }
        for (mine, theirs) in [(&mut self.recorded, &other.recorded), (&mut self.truth, &other.truth)] {
            mine.iter_mut().flatten().zip(theirs.iter().flatten()).for_each(|(mine, theirs)| *mine += theirs);
        }
    }
}

fn add(cells: &mut [[u64; 3]; 3], row: usize, column: usize) {
    if let Some(cell) = cells.get_mut(row).and_then(|cells| cells.get_mut(column)) {
        *cell += 1;
    }
}

impl Default for Tally<'_> {
    fn default() -> Self {
        Self {
            replayed: 0,
            actions: 0,
            repeated: 0,
            unreadable: First::new(PLACES_TOLD),
            broken: First::new(PLACES_TOLD),
            doubtful: First::new(PLACES_TOLD),
            stretches: Vec::new(),
            bounds: Bounds::default(),
            base: SideOutcome::default(),
            head: SideOutcome::default(),
            timeline: Timeline::default(),
            operations: Operations::default(),
            groups: Groups::default(),
            changed: First::new(CHANGES_KEPT),
        }
    }
}

impl<'b> Tally<'b> {
    /// Counts a place that cannot be read.
    pub(super) fn unread(&mut self, seen: Seen) {
        if seen.words.starts_with(BREAKS_OFF) {
            self.broken.add(seen.position, || seen.clone());
        }
        self.unreadable.add(seen.position, || seen);
    }

    /// Counts an action with its decisions.
    pub(super) fn count(&mut self, subject: &Subject<'_, 'b>, told: Told) {
        let (base, head) = (subject.base.map(|(_, decision)| decision), subject.head.1);
        let interval = |decision: &Decision| (decision.lower, decision.effect);
        self.actions += 1;
        self.bounds.count(base.map_or((Effect::Allow, Effect::Allow), interval), interval(head));
        self.head.count(subject.call, head, told);
        if let Some(base) = base {
            self.base.count(subject.call, base, told);
        }
        self.timeline.count(subject.call.time, [base.map(interval), Some(interval(head))]);
        self.operations.count(subject.call, base.map(|base| base.effect), interval(head));
        if head.effect != base.map_or(Effect::Allow, |base| base.effect) {
            let deciders = (base.map(Decider::of), Decider::of(head));
            // Who acts matters to a change; what stops actions on one side is the same for many.
            let agent = base.and(subject.call.agent);
            self.groups.count(subject, agent, deciders);
            self.changed.add(subject.position, || subject.sample());
        }
    }

    /// Adds what came out of another part.
    pub(super) fn merge(&mut self, other: Self) {
        self.replayed += other.replayed;
        self.actions += other.actions;
        self.repeated += other.repeated;
        self.unreadable.merge(other.unreadable);
        self.broken.merge(other.broken);
        self.doubtful.merge(other.doubtful);
        self.stretches.extend(other.stretches);
        self.bounds.merge(&other.bounds);
        self.base.merge(&other.base);
        self.head.merge(&other.head);
        self.timeline.merge(other.timeline);
        self.operations.merge(&other.operations);
        self.groups.merge(other.groups);
        self.changed.merge(other.changed);
    }
}
