//! Floor 7: decides. An [`Engine`] is a bundle made ready; [`Engine::decide`] is pure and total: no clock, no I/O, no
//! failure. See SPEC, section 4.
//!
//! A decision has two bounds, because facts may be unknown: tests answer in three-valued logic ([`Tri`]), counters are
//! intervals. What is enforced is the restrictive bound.
//!
//! What an action's name alone decides is worked out once a name (`plan`); rules are found by the names they hold
//! (`rules`). `tests/engine.rs` holds it all to an evaluator written from the specification.

mod arguments;
mod call;
mod coverage;
mod decision;
mod evidence;
mod exceptions;
mod guard;
mod judge;
mod known;
mod labels;
mod ledger;
mod merge;
mod needed;
mod plan;
mod policies;
mod record;
mod rules;
mod sightings;
mod state;
mod tally;
mod told;
mod tri;
mod walk;

use std::collections::HashMap;

pub use arguments::ArgumentTest;
pub use call::{Assumed, Broken, Call, Details, Given, wanders};
pub use coverage::Point;
pub use decision::{Cause, Criteria, Decision, Lifted, Part, Source};
pub use merge::{Caller, Conflict, From, Merged, Resolved};
pub use state::State;
pub use told::{Told, ToldLift, ToldReason};
pub use tri::{Facts, Tri};

use crate::model::{Action, Bundle, Catalog, DocumentId, Effect};
use guard::{Guard, Numbering};
use judge::Judge;
use rules::{Rules, Statement};

/// Whether an approval that a decision asks for was granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Granted {
    /// It was.
    Yes,
    /// It was refused.
    No,
    /// Nobody knows.
    Unknown,
}

/// A bundle made ready to decide.
pub struct Engine<'b> {
    bundle: &'b Bundle,
    rules: Rules<'b>,
    guards: Vec<Guard<'b>>,
    numbers: Numbering<'b>,
    /// The longest window of a rule's rate condition, in seconds; 0: there is none.
    rate_window: u64,
    /// Whether a rule looks at the cost of the last hour.
    looks_at_costs: bool,
    /// Whether anything but rules decides.
    only_rules: bool,
    /// Whether a decision can hang on earlier ones.
    remembers: bool,
}

impl<'b> Engine<'b> {
    /// Makes a bundle ready. Policies that are disabled and rules that are not active are left out.
    #[must_use]
    pub fn new(bundle: &'b Bundle) -> Self {
        let mut exceptions: HashMap<&DocumentId, Vec<u32>> = HashMap::new();
        for (rank, exception) in (0_u32..).zip(&bundle.exceptions) {
            exceptions.entry(&exception.policy).or_default().push(rank);
        }
        let of = |id: &DocumentId| exceptions.get(id).cloned().unwrap_or_default();
        let mut numbers = Numbering::default();
        let policies = (0_u32..).zip(&bundle.policies).filter(|(_, policy)| policy.enabled);
        let guards: Vec<_> =
            policies.map(|(rank, policy)| Guard::new(policy, rank, of(&policy.id), &mut numbers)).collect();
        let active = (0_u32..).zip(&bundle.rules).filter(|(_, rule)| rule.is_active);
        let rules = Rules::new(active.map(|(rank, rule)| Statement::new(rule, rank, of(&rule.id))).collect());
        let conditions = || rules.iter().map(|statement| &statement.rule.conditions);
        let rates = conditions().filter_map(|conditions| conditions.rate_limit.as_ref());
        let rate_window = rates.map(|rate| rate.window_minutes.saturating_mul(60)).max().unwrap_or(0);
        let costs = conditions().filter_map(|conditions| conditions.cost_threshold.as_ref());
        let looks_at_costs = costs.filter(|cost| cost.max_cost_per_hour.is_some()).count() > 0;
        let catalog = &bundle.catalog;
        let engine = Self {
            remembers: false,
            rate_window,
            looks_at_costs,
            only_rules: guards.is_empty() && bundle.exceptions.is_empty() && *catalog == Catalog::default(),
            bundle,
            rules,
            guards,
            numbers,
        };
        Self { remembers: engine.looks_back(), ..engine }
    }

    /// Decides an action and remembers it. An approval that the decision asks for is taken as granted.
    pub fn decide(&self, state: &mut State<'b>, action: &Action) -> Decision {
        self.decide_call(state, &Call::of(action), |_| Granted::Yes)
    }

    /// Decides an action and remembers it; `granted` says of the decision whether an approval was granted.
    pub fn decide_call(
        &self,
        state: &mut State<'b>,
        call: &Call<'_>,
        granted: impl FnOnce(&Decision) -> Granted,
    ) -> Decision {
        let plan = (!self.only_rules || call.assumed.is_some()).then(|| state.plan(self, call));
        let judge = Judge::new(self, &state.memory, call, plan.as_deref(), state.kill_switch);
        let (decision, applied) = judge.decide();
        if self.remembers || !decision.lifted.is_empty() {
            record::record(self, &mut state.memory, call, plan.as_deref(), &decision, &applied, granted);
        }
        decision
    }

    /// Whether a decision can hang on earlier ones: then the order of actions matters.
    #[must_use]
    pub fn remembers(&self) -> bool {
        self.remembers
    }

    fn looks_back(&self) -> bool {
        let counts = |guard: &Guard<'_>| {
            let sums = guard.session_sum.is_some() || guard.run_sum.is_some() || !guard.budgets.is_empty();
            sums || !guard.limits.is_empty() || !guard.evidence.is_empty() || !guard.groundings.is_empty()
        };
        let uses = self.bundle.exceptions.iter().any(|exception| exception.max_uses.is_some());
        self.rate_window > 0 || self.looks_at_costs || uses || self.guards.iter().any(counts)
    }

    /// The bundle.
    #[must_use]
    pub fn bundle(&self) -> &'b Bundle {
        self.bundle
    }

    fn catalog(&self) -> &'b Catalog {
        &self.bundle.catalog
    }

    fn default_effect(&self) -> Effect {
        self.bundle.defaults.effect
    }
}
