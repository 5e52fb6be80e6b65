use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::Engine;
use super::call::Call;
use super::keyed::Keyed;
use super::plan::{Plan, Plans};
use super::sightings::{Sighting, Sightings, Values};
use super::tally::{Count, Series, Spend, Total};

/// What a row of decisions leaves behind for the next one: counters, what was seen in runs, how often exceptions were
/// used. Begins empty; belongs to one engine.
pub struct State<'b> {
    plans: Plans<'b>,
    pub(super) memory: Memory,
    pub(super) kill_switch: bool,
}

/// What earlier actions amount to.
pub(super) struct Memory {
    /// The counters of rate limits, by number.
    pub counters: Vec<Keyed<Series<Count>>>,
    /// The sums of budgets, by number.
    pub sums: Vec<Keyed<Total<Spend>>>,
    /// Actions by operation and agent, for the rate conditions of rules.
    pub operations: HashMap<Box<str>, Keyed<Series<Count>>, RandomState>,
    /// Costs by agent, for the cost conditions of rules.
    pub costs: Keyed<Series<Spend>>,
    /// What was seen in each run.
    pub runs: Keyed<Seen>,
    /// How often each exception was used, by its rank in the bundle.
    pub uses: Vec<Count>,
    /// Whether times never go back for a key, so that what is older than every window can be forgotten.
    pub in_order: bool,
}

/// What earlier actions of a run proved and brought, by number.
#[derive(Default)]
pub(super) struct Seen {
    pub evidence: HashMap<usize, Sightings, RandomState>,
    pub values: HashMap<usize, Values, RandomState>,
}

impl Seen {
    /// The evidence that an action of this turn may look at.
    pub fn evidence_before(&self, number: usize, turn: Option<u64>) -> impl Iterator<Item = Sighting> {
        self.evidence.get(&number).into_iter().flat_map(move |all| all.before(turn))
    }

    /// Whether an action of this turn may find a value for sure, and whether it may find it at all.
    pub fn finds(&self, number: usize, key: &str, turn: Option<u64>) -> (bool, bool) {
        self.values.get(&number).map_or((false, false), |values| values.finds(key, turn))
    }
}

impl<'b> State<'b> {
    /// The state before the first action.
    #[must_use]
    pub fn new(engine: &Engine<'b>) -> Self {
        let numbers = &engine.numbers;
        let memory = Memory {
            counters: numbers.counters.iter().map(|_| Keyed::default()).collect(),
            sums: (0..numbers.sums).map(|_| Keyed::default()).collect(),
            operations: HashMap::default(),
            costs: Keyed::default(),
            runs: Keyed::default(),
            uses: vec![Count::default(); engine.bundle.exceptions.len()],
            in_order: false,
        };
        Self { plans: Plans::default(), memory, kill_switch: false }
    }

    /// The same, promised that the actions of every agent, run and session come in the order of their times: what is
    /// older than every window is forgotten. Answers are the same; an action out of order would be counted wrongly.
    #[must_use]
    pub fn in_order(mut self) -> Self {
        self.memory.in_order = true;
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
