//! The reference: every action, decided by the engine on both sides, with every exception for a number of uses used up and
//! not.

use std::collections::BTreeMap;

use policyc::effects::{Decider, with_uses_left};
use policyc::engine::{Decision, Engine, State};
use policyc::model::{Action, Bundle, DocumentId, Exception};

use crate::alphabet::Alphabet;

/// About how many actions are decided in one case.
const MOST: usize = 1500;
/// With more than this a case is passed over.
const LIMIT: usize = 12_000;

/// With more exceptions for a number of uses a case is passed over.
const MOST_COUNTED: usize = 3;

/// All actions and how they are decided.
pub struct Compared {
    /// Both sides, once for every way in which exceptions are used up.
    pub worlds: Vec<[Bundle; 2]>,
    /// The actions: all of them in the first world, then all in the next.
    pub actions: Vec<Action>,
    /// Who decides each, base and head.
    pub deciders: Vec<(Decider, Decider)>,
    /// The actions whose effect is another, by who decides.
    pub differing: BTreeMap<(Decider, Decider), Vec<usize>>,
}

/// Decides everything on two sides; `None`: that is too much.
pub fn compare(base: &Bundle, head: &Bundle) -> Option<Compared> {
    let worlds = worlds([base, head])?;
    let one = Alphabet::of(worlds[0].each_ref()).actions(MOST / worlds.len(), LIMIT / worlds.len())?;
    let (mut actions, mut decisions) = (Vec::new(), Vec::new());
    for [base, head] in &worlds {
        decisions.extend(decide(base, &one).into_iter().zip(decide(head, &one)));
        actions.extend(one.iter().cloned());
    }
    let decider = |decision: &Decision| Decider::of(decision).expect("something decides");
    let deciders: Vec<_> = decisions.iter().map(|(base, head)| (decider(base), decider(head))).collect();
    let mut differing: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (at, pair) in deciders.iter().enumerate().filter(|(_, pair)| pair.0.effect != pair.1.effect) {
        differing.entry(*pair).or_default().push(at);
    }
    Some(Compared { worlds, actions, deciders, differing })
}

impl Compared {
    /// Decides every action on one side of its world, as it is after a change.
    pub fn decided(&self, side: usize, change: impl Fn(&Bundle) -> Bundle) -> Vec<Decision> {
        let each = self.actions.len() / self.worlds.len();
        let worlds = self.worlds.iter().zip(self.actions.chunks(each));
        worlds.flat_map(|(world, actions)| decide(&change(&world[side]), actions)).collect()
    }
}

/// Some sides in every way in which their exceptions for a number of uses are used up, the first with none used up. One that
/// stands on several sides is used up on all.
pub fn worlds<const SIDES: usize>(sides: [&Bundle; SIDES]) -> Option<Vec<[Bundle; SIDES]>> {
    let mut counted: Vec<&DocumentId> = Vec::new();
    for exception in sides.iter().flat_map(|side| &side.exceptions).filter(|one| one.max_uses.is_some()) {
        if !counted.contains(&&exception.id) {
            counted.push(&exception.id);
        }
    }
    let world = |chosen: usize| {
        let has_left =
            |one: &Exception| counted.iter().position(|own| **own == one.id).is_none_or(|at| chosen & (1 << at) == 0);
        sides.map(|side| with_uses_left(side, has_left))
    };
    (counted.len() <= MOST_COUNTED).then(|| (0..1 << counted.len()).map(world).collect())
}

/// Decides each action as if it were the first.
pub fn decide(bundle: &Bundle, actions: &[Action]) -> Vec<Decision> {
    let engine = Engine::new(bundle);
    // So one state is as good as a fresh one for each.
    assert!(!engine.remembers());
    let mut state = State::new(&engine);
    let decide = |action| engine.decide(&mut state, action);
    let decisions: Vec<Decision> = actions.iter().map(decide).collect();
    assert!(decisions.iter().all(Decision::is_certain), "a fact is not known");
    decisions
}

/// The bundle with nothing but rules, exceptions from them, and what the catalog knows of actions.
pub fn rules_alone(bundle: &Bundle) -> Bundle {
    let mut bundle = bundle.clone();
    bundle.policies.clear();
    (bundle.catalog.closed, bundle.catalog.closed_agents) = (false, false);
    bundle.catalog.agents.clear();
    bundle
}
