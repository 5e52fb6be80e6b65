use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;
use smallvec::SmallVec;

use super::Engine;
use super::call::{Call, name_matches};
use super::guard::Guard;
use super::known::KnownAction;
use super::rules::hash;
use super::tri::Tri;
use crate::model::{ActionPattern, Per, Polarity, Scope};

/// What the bundle has to say of an action by its name alone. Logs name few actions often, so this is worked out once
/// a name; only what is left hangs on the rest of an action.
pub struct Plan<'b> {
    /// What the catalog says.
    pub known: KnownAction<'b>,
    /// What each policy has to say, if it has anything to say, by the policy's rank.
    aspects: Vec<Aspect>,
    /// The aspects of policies for one agent, by the agent's hash; the others are asked always.
    by_agent: HashMap<u64, Vec<u32>>,
    others: Vec<u32>,
    /// Whether anything is counted per agent, run, session and scope.
    pub counts: [bool; 4],
    /// The evidence that it is, or may be.
    pub evidence: Vec<(usize, Tri)>,
    /// The values that it brings, or may bring.
    pub values: Vec<(usize, Tri)>,
}

/// Entries of one list of a policy that match a name, or may: their ranks in the list.
pub type Matching = SmallVec<[(u32, Tri); 2]>;

/// What one policy has to say of a named action.
pub struct Aspect {
    /// The policy, by its place among the engine's.
    pub guard: usize,
    /// Whether it is denied, and by which entry.
    pub denied: (Tri, u32),
    /// Whether it is outside the list of allowed actions.
    pub outside: Tri,
    /// The limits that hold for it.
    pub limits: Matching,
    /// The budgets that hold for it.
    pub budgets: Matching,
    /// Whether it is among the actions that need approval.
    pub asked: Tri,
    /// The approval rules whose actions it is among.
    pub asks: Matching,
    /// The evidence it needs.
    pub evidence: Matching,
    /// How old its evidence may be: the smallest of what applies, and what else may apply, in seconds.
    pub age: (Option<u64>, SmallVec<[u64; 1]>),
    /// The constraints on its arguments.
    pub constraints: Matching,
    /// What its arguments must equal.
    pub groundings: Matching,
}

impl<'b> Plan<'b> {
    fn new(engine: &Engine<'b>, integration: Option<&str>, operation: &str) -> Self {
        let guards = (0_usize..).zip(&engine.guards);
        let aspects: Vec<Aspect> =
            guards.filter_map(|(place, guard)| Aspect::new(place, guard, integration, operation)).collect();
        let (mut by_agent, mut others) = (HashMap::<u64, Vec<u32>>::new(), Vec::new());
        for (rank, aspect) in (0_u32..).zip(&aspects) {
            match engine.guards.get(aspect.guard).map(|guard| &guard.policy.scope) {
                Some(Scope::Agent(pattern)) if pattern.as_literal().is_some() => {
                    by_agent.entry(hash(pattern.as_literal().unwrap_or_default())).or_default().push(rank);
                }
                _ => others.push(rank),
            }
        }
        let permits = |pattern: &ActionPattern| name_matches(integration, operation, pattern, Polarity::Permits);
        let evidence = engine.numbers.evidence.all().iter().map(|(required, counted)| {
            let counts = counted.is_empty().into();
            permits(required).and(counted.iter().map(permits).fold(counts, Tri::or))
        });
        let values = engine.numbers.values.all().iter().map(|(source, ..)| permits(source));
        Self {
            known: KnownAction::new(engine.catalog(), integration, operation),
            counts: counts(engine, &aspects),
            by_agent,
            others,
            evidence: evidence.enumerate().filter(|(_, matches)| matches.is_possible()).collect(),
            values: values.enumerate().filter(|(_, matches)| matches.is_possible()).collect(),
            aspects,
        }
    }

    /// What policies have to say that may be for this agent.
    pub fn aspects(&self, agent: Option<&str>) -> impl Iterator<Item = &Aspect> {
        let (all, some): (&[Aspect], Option<&Vec<u32>>) = match agent {
            None => (&self.aspects, None),
            Some(agent) => (&[], self.by_agent.get(&hash(agent))),
        };
        let others: &[u32] = if agent.is_none() { &[] } else { &self.others };
        let ranks = others.iter().chain(some.into_iter().flatten());
        all.iter().chain(ranks.filter_map(|rank| self.aspects.get(*rank as usize)))
    }
}

impl Aspect {
    /// `None`: the policy has nothing to say of the name.
    fn new(place: usize, guard: &Guard<'_>, integration: Option<&str>, operation: &str) -> Option<Self> {
        let restricts = |pattern: &ActionPattern| name_matches(integration, operation, pattern, Polarity::Restricts);
        let permits = |pattern: &ActionPattern| name_matches(integration, operation, pattern, Polarity::Permits);
        let policy = guard.policy;
        let listed = |allowed: &std::collections::BTreeSet<ActionPattern>| Tri::any(allowed.iter().map(permits));
        let aspect = Self {
            guard: place,
            denied: denied(&guard.denied, restricts),
            outside: policy.allowed_actions.as_ref().map_or(Tri::False, |allowed| listed(allowed).not()),
            limits: matching(guard.limits.iter().map(|limit| restricts(limit.actions))),
            budgets: matching(guard.budgets.iter().map(|budget| restricts(budget.actions))),
            asked: Tri::any(policy.approval_actions.iter().map(restricts)),
            asks: matching(guard.asks.iter().map(|ask| match &ask.rule.when.actions {
                Some(actions) => Tri::any(actions.iter().map(restricts)),
                None => Tri::True,
            })),
            evidence: matching(guard.evidence.iter().map(|evidence| restricts(evidence.actions))),
            age: age(policy.evidence_max_age_seconds.iter().map(|(actions, age)| (restricts(actions), *age))),
            constraints: matching(guard.constraints.iter().map(|constraint| restricts(constraint.actions))),
            groundings: matching(guard.groundings.iter().map(|grounding| restricts(grounding.actions))),
        };
        (aspect.says_anything() || guard.run_sum.is_some() || guard.session_sum.is_some() || policy.require_approval)
            .then_some(aspect)
    }

    fn says_anything(&self) -> bool {
        let lists = [&self.limits, &self.budgets, &self.asks, &self.evidence, &self.constraints, &self.groundings];
        self.denied.0.is_possible() || self.outside.is_possible() || lists.iter().any(|list| !list.is_empty())
    }
}

/// Whether anything is counted per agent, run, session and scope.
fn counts(engine: &Engine<'_>, aspects: &[Aspect]) -> [bool; 4] {
    let guard = |aspect: &Aspect| engine.guards.get(aspect.guard);
    let limit = |per: Per| {
        aspects.iter().any(|aspect| {
            let mut limits = aspect.limits.iter().filter_map(|(rank, _)| guard(aspect)?.limits.get(*rank as usize));
            limits.any(|limit| limit.limit.per == per)
        })
    };
    let sum = |of: fn(&Guard<'_>) -> bool| aspects.iter().any(|aspect| guard(aspect).is_some_and(of));
    let session = sum(|guard| guard.session_sum.is_some()) || aspects.iter().any(|aspect| !aspect.budgets.is_empty());
    let run = sum(|guard| guard.run_sum.is_some());
    [limit(Per::Agent), run || limit(Per::Run), session || limit(Per::Session), limit(Per::Scope)]
}

/// Whether an entry matches, and the first that surely does, else the first that may.
fn denied(entries: &[&ActionPattern], matches: impl Fn(&ActionPattern) -> Tri) -> (Tri, u32) {
    let mut found = (Tri::False, 0);
    for (rank, entry) in (0_u32..).zip(entries) {
        match (found.0, matches(entry)) {
            (_, Tri::True) => return (Tri::True, rank),
            (Tri::False, maybe @ Tri::Unknown(_)) => found = (maybe, rank),
            _ => {}
        }
    }
    found
}

fn matching(tests: impl Iterator<Item = Tri>) -> Matching {
    (0_u32..).zip(tests).filter(|(_, test)| test.is_possible()).collect()
}

fn age(entries: impl Iterator<Item = (Tri, u64)>) -> (Option<u64>, SmallVec<[u64; 1]>) {
    let (mut sure, mut may) = (None, SmallVec::new());
    for (matches, age) in entries {
        match matches {
            Tri::True => sure = Some(sure.map_or(age, |smallest: u64| smallest.min(age))),
            Tri::Unknown(_) => may.push(age),
            Tri::False => {}
        }
    }
    (sure, may)
}

/// The plans of the names that were met lately.
#[derive(Default)]
pub struct Plans<'b> {
    named: HashMap<Box<str>, Arc<Plan<'b>>, RandomState>,
    /// The text under which a name is kept, kept for its memory.
    name: String,
}

/// How many plans are kept; a log of a stranger may name endlessly many actions.
const MOST: usize = 1024;

impl<'b> Plans<'b> {
    /// The plan for an action.
    pub fn of(&mut self, engine: &Engine<'b>, call: &Call<'_>) -> Arc<Plan<'b>> {
        // An integration is not empty and holds no dot, so no two names are written alike.
        self.name.clear();
        self.name.push_str(call.integration.unwrap_or_default());
        self.name.push('.');
        self.name.push_str(&call.operation);
        if let Some(plan) = self.named.get(self.name.as_str()) {
            return Arc::clone(plan);
        }
        if self.named.len() >= MOST {
            self.named.clear();
        }
        let plan = Arc::new(Plan::new(engine, call.integration, &call.operation));
        self.named.insert(self.name.as_str().into(), Arc::clone(&plan));
        plan
    }
}
