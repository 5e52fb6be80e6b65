use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;

use super::arguments::{ArgumentTest, Schema};
use crate::model::{ActionPattern, ApprovalRule, Grounding, GroundingFrom, Limit, Policy, Usd};

/// A policy made ready to decide: its maps as lists, its schemas compiled, its counters numbered.
pub struct Guard<'b> {
    /// The policy.
    pub policy: &'b Policy,
    /// Its rank in the bundle.
    pub rank: u32,
    /// The number of its session budget's sum.
    pub session_sum: Option<usize>,
    /// The number of its run budget's sum.
    pub run_sum: Option<usize>,
    /// Its budgets of actions.
    pub budgets: Vec<Budget<'b>>,
    /// Its denied actions.
    pub denied: Vec<&'b ActionPattern>,
    /// Its rate limits.
    pub limits: Vec<RateLimit<'b>>,
    /// Its approval rules.
    pub asks: Vec<Ask<'b>>,
    /// What must have succeeded earlier.
    pub evidence: Vec<Evidence<'b>>,
    /// What arguments must satisfy.
    pub constraints: Vec<Constraint<'b>>,
    /// What arguments must equal.
    pub groundings: Vec<Grounded<'b>>,
    /// The exceptions from it, by their rank in the bundle.
    pub exceptions: Vec<u32>,
}

/// One of `action_budgets`.
pub struct Budget<'b> {
    /// The actions.
    pub actions: &'b ActionPattern,
    /// The most they may cost in a session.
    pub limit: Usd,
    /// The number of its sum.
    pub sum: usize,
}

/// One limit of `rate_limits`.
pub struct RateLimit<'b> {
    /// The actions.
    pub actions: &'b ActionPattern,
    /// The limit.
    pub limit: Limit,
    /// The number of its counter; limits that count alike share one.
    pub counter: usize,
    /// Whether it is the one of them that feeds the counter.
    pub feeds: bool,
}

/// One of `approval_rules`.
pub struct Ask<'b> {
    /// The rule.
    pub rule: &'b ApprovalRule,
    /// Its tests of arguments.
    pub arguments: Vec<ArgumentTest<'b>>,
}

/// One required action of `evidence_requirements`.
pub struct Evidence<'b> {
    /// The actions that need it.
    pub actions: &'b ActionPattern,
    /// The action that must have succeeded.
    pub required: &'b ActionPattern,
    /// The number of its sightings.
    pub seen: usize,
}

/// One of `argument_constraints`.
pub struct Constraint<'b> {
    /// The actions.
    pub actions: &'b ActionPattern,
    /// What their arguments must satisfy.
    pub schema: Schema<'b>,
}

/// One argument of `grounding_rules`.
pub struct Grounded<'b> {
    /// The actions.
    pub actions: &'b ActionPattern,
    /// The argument.
    pub argument: &'b str,
    /// What it must equal.
    pub grounding: &'b Grounding,
    /// The number of the values seen.
    pub seen: usize,
}

/// Hands out the numbers of counters, and says what each one is fed with.
#[derive(Default)]
pub struct Numbering<'b> {
    /// The longest window that a counter is asked for, in seconds.
    pub counters: Vec<u64>,
    /// How many sums there are.
    pub sums: usize,
    /// Which actions are evidence.
    pub evidence: Numbers<EvidenceOf<'b>>,
    /// Which actions bring which value.
    pub values: Numbers<ValueOf<'b>>,
}

/// Actions that are evidence: they match the first, and one of the others if there are any.
pub type EvidenceOf<'b> = (&'b ActionPattern, &'b BTreeSet<ActionPattern>);
/// Actions that bring a value, and where it stands.
pub type ValueOf<'b> = (&'b ActionPattern, GroundingFrom, &'b str);

/// Things that are numbered from 0, equal ones alike.
pub struct Numbers<T> {
    all: Vec<T>,
    known: HashMap<T, usize>,
}

impl<T> Default for Numbers<T> {
    fn default() -> Self {
        Self { all: Vec::new(), known: HashMap::new() }
    }
}

impl<T: Copy + Eq + Hash> Numbers<T> {
    fn number(&mut self, thing: T) -> usize {
        let next = self.all.len();
        *self.known.entry(thing).or_insert_with(|| {
            self.all.push(thing);
            next
        })
    }

    /// All of them, by number.
    pub fn all(&self) -> &[T] {
        &self.all
    }
}

impl Numbering<'_> {
    fn sum(&mut self) -> usize {
        self.sums += 1;
        self.sums - 1
    }
}

impl<'b> Guard<'b> {
    /// Makes a policy ready.
    pub fn new(policy: &'b Policy, rank: u32, exceptions: Vec<u32>, numbers: &mut Numbering<'b>) -> Self {
        let evidence =
            policy.evidence_requirements.iter().flat_map(|(actions, all)| all.iter().map(move |one| (actions, one)));
        let groundings =
            policy.grounding_rules.iter().flat_map(|(actions, all)| all.iter().map(move |one| (actions, one)));
        Self {
            policy,
            rank,
            session_sum: policy.session_budget.map(|_| numbers.sum()),
            run_sum: policy.run_budget.map(|_| numbers.sum()),
            budgets: policy
                .action_budgets
                .iter()
                .map(|(actions, limit)| Budget { actions, limit: *limit, sum: numbers.sum() })
                .collect(),
            denied: policy.denied_actions.iter().collect(),
            limits: limits(policy, numbers),
            asks: policy.approval_rules.iter().map(ask).collect(),
            evidence: evidence
                .map(|(actions, required)| Evidence {
                    actions,
                    required,
                    seen: numbers.evidence.number((required, &policy.evidence_actions)),
                })
                .collect(),
            constraints: policy
                .argument_constraints
                .iter()
                .map(|(actions, schema)| Constraint { actions, schema: Schema::new(schema) })
                .collect(),
            groundings: groundings
                .map(|(actions, (argument, grounding))| Grounded {
                    actions,
                    argument,
                    grounding,
                    seen: numbers.values.number((
                        &grounding.source_action,
                        grounding.source_from,
                        &grounding.source_field,
                    )),
                })
                .collect(),
            exceptions,
        }
    }
}

/// The limits of a policy; those of one pattern that count per the same key share a counter.
fn limits<'b>(policy: &'b Policy, numbers: &mut Numbering<'b>) -> Vec<RateLimit<'b>> {
    let mut limits: Vec<RateLimit<'b>> = Vec::new();
    for (actions, limit) in
        policy.rate_limits.iter().flat_map(|(actions, all)| all.iter().map(move |one| (actions, one)))
    {
        let shared = limits.iter().find(|other| other.actions == actions && other.limit.per == limit.per);
        let counter = shared.map_or(numbers.counters.len(), |shared| shared.counter);
        match numbers.counters.get_mut(counter) {
            Some(longest) => *longest = limit.window_seconds.max(*longest),
            None => numbers.counters.push(limit.window_seconds),
        }
        let feeds = !limits.iter().any(|other| other.counter == counter);
        limits.push(RateLimit { actions, limit: limit.clone(), counter, feeds });
    }
    limits
}

fn ask(rule: &ApprovalRule) -> Ask<'_> {
    let tests = rule.when.arguments.iter().flatten();
    Ask { rule, arguments: tests.map(|(name, schema)| ArgumentTest::new(name, schema, false)).collect() }
}
