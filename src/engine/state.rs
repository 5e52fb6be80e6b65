use std::sync::Arc;

use super::Engine;
use super::call::Call;
use super::ledger::{Ledger, Ledgers};
use super::plan::{Plan, Plans};
use super::tally::Count;

/// What a row of decisions leaves behind for the next one: counters, what was seen in runs, how often exceptions were
/// used. Begins empty; belongs to one engine.
pub struct State<'b> {
    plans: Plans<'b>,
    pub(super) memory: Memory,
    pub(super) kill_switch: bool,
}

/// What earlier actions amount to.
pub(super) struct Memory {
    /// What agents did.
    pub agents: Ledgers,
    /// What happened in runs and sessions, which stand in for each other.
    pub runs: Ledgers,
    /// What counts for a whole policy.
    pub scope: Ledger,
    /// How often each exception was used, by its rank in the bundle.
    pub uses: Vec<Count>,
    /// Whether there were earlier actions that nobody told: then counters have no upper end and anything may have been
    /// seen.
    pub open_past: bool,
    /// Whether times never go back, so that what is older than every window can be forgotten.
    pub in_order: bool,
}

impl<'b> State<'b> {
    /// The state before the first action.
    #[must_use]
    pub fn new(engine: &Engine<'b>) -> Self {
        let memory = Memory {
            agents: Ledgers::default(),
            runs: Ledgers::default(),
            scope: Ledger::default(),
            uses: vec![Count::default(); engine.bundle.exceptions.len()],
            open_past: false,
            in_order: false,
        };
        Self { plans: Plans::default(), memory, kill_switch: false }
    }

    /// The same, promised that all actions come in the order of their times: what is older than every window is forgotten.
    /// Answers are the same; an action out of order would be counted wrongly.
    #[must_use]
    pub fn in_order(mut self) -> Self {
        self.memory.in_order = true;
        self
    }

    /// The same where earlier actions happened that nobody told: what hangs on them is unknown.
    #[must_use]
    pub fn with_open_past(mut self) -> Self {
        self.memory.open_past = true;
        self
    }

    /// The same with the environment's kill switch on or off.
    #[must_use]
    pub fn with_kill_switch(mut self, on: bool) -> Self {
        self.kill_switch = on;
        self
    }

    /// How often an exception was used, at least and at most, by its rank in the bundle.
    #[must_use]
    pub fn uses(&self, exception: u32) -> (u64, u64) {
        self.memory.uses.get(exception as usize).map_or((0, 0), |uses| (uses.low, uses.high))
    }

    pub(super) fn plan(&mut self, engine: &Engine<'b>, call: &Call<'_>) -> Arc<Plan<'b>> {
        self.plans.of(engine, call)
    }
}
