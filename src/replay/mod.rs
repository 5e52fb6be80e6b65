//! Floor 9: replays recorded actions against one side or two, each with its own state from its own decisions, and counts
//! what comes out. See SPEC, section 6.
//!
//! A [`Feed`] hands out blocks of a log; workers turn them into entries, decide them and count into tallies that add up
//! in any order. Where a decision can hang on earlier ones, blocks are decided in turn and by time (`order`); everything
//! else is done side by side. `tests/replay` holds it to a replay written plainly over the reference evaluator.

mod assumption;
mod blocks;
mod entry;
mod filter;
mod gates;
mod groups;
mod hits;
mod journal;
mod lines;
mod operations;
mod order;
mod outcome;
mod pointer;
mod regions;
mod run;
mod sample;
mod tally;
mod timeline;
mod truth;
mod turns;
mod worker;

pub use assumption::Assumption;
pub use blocks::{Feed, Read, Source};
pub use filter::{Condition, Filter};
pub use gates::{Gates, Judged, Most, Share};
pub use groups::{Decider, Group, Key};
pub use hits::{Hits, SideHits};
pub use journal::{Position, Sample, Seen};
pub use operations::Operation;
pub use outcome::{Outcome, SideOutcome, Which};
pub use regions::{Occurrence, Occurrences, Regions};
pub use run::{Listener, Nobody, Room, World, run};
pub use tally::Bounds;
pub use timeline::Hour;
pub use truth::Truth;
pub use worker::Decided;

use crate::engine::Engine;

/// What is replayed against: a bundle made ready, and whether its environment's kill switch is on.
#[derive(Clone, Copy)]
pub struct Side<'b> {
    /// The bundle.
    pub engine: &'b Engine<'b>,
    /// Whether the kill switch is on.
    pub kill_switch: bool,
}

/// One side, or two that are compared.
#[derive(Clone, Copy)]
pub struct Sides<'b> {
    /// What holds today.
    pub base: Option<Side<'b>>,
    /// What is asked about.
    pub head: Side<'b>,
    /// The regions of the change, to tell which one each changed action falls into; `None`: nobody asks.
    pub regions: Option<Regions<'b>>,
}

impl<'b> Sides<'b> {
    /// Whether a decision can hang on earlier ones.
    #[must_use]
    pub fn remember(&self) -> bool {
        self.all().any(|side| side.engine.remembers())
    }

    fn all(&self) -> impl Iterator<Item = Side<'b>> {
        self.base.into_iter().chain(std::iter::once(self.head))
    }
}

/// Whether approvals that a side asks for are granted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Approvals {
    /// All are.
    #[default]
    Granted,
    /// None is.
    Denied,
    /// As the record's outcome tells: rejected was refused, done was granted, anything else is unknown.
    AsRecorded,
}

/// What is asked of a replay.
#[derive(Debug, Clone, Default)]
pub struct Question {
    /// What became of approvals.
    pub approvals: Approvals,
    /// What is assumed of every action.
    pub assumption: Assumption,
    /// Which actions are reported; all are replayed.
    pub filter: Filter,
    /// Where the ground truth stands.
    pub truth: Option<Truth>,
    /// How many threads work; at least one.
    pub threads: usize,
}
