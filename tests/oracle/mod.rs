#![allow(dead_code, reason = "each test uses its part")]
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test may fail")]
//! The reference evaluator: SPEC section 4, sentence by sentence, slowly; the engine must say the same.
//!
//! A test that uses it declares `mod oracle;` and, for [`worlds`], `mod support;` at its root.

pub mod asked;
mod catalog;
mod counters;
mod evidence;
mod exceptions;
mod facts;
mod history;
mod json;
mod matching;
mod policies;
mod rules;
mod truth;
mod verdict;
pub mod worlds;

use policyc::engine::Assumed;
use policyc::model::{Action, Bundle, Effect, Reason};

#[allow(unused_imports, reason = "each test uses its part")]
pub use catalog::climbs;
use facts::Facts;
use history::Past;
pub use verdict::{Granted, Ground, Lifted, Verdict};

/// Decides one action after the other.
pub struct Oracle<'b> {
    bundle: &'b Bundle,
    kill_switch: bool,
    assumed: Assumed,
    past: Vec<Past>,
}

/// An action that is being decided, and all that decides it.
#[derive(Clone, Copy)]
struct Now<'a> {
    bundle: &'a Bundle,
    facts: &'a Facts,
    past: &'a [Past],
}

impl<'b> Oracle<'b> {
    /// Nothing has happened yet.
    pub fn new(bundle: &'b Bundle, kill_switch: bool) -> Self {
        Self { bundle, kill_switch, assumed: Assumed::default(), past: Vec::new() }
    }

    /// With facts for what neither record nor catalog says.
    pub fn assuming(self, assumed: Assumed) -> Self {
        Self { assumed, ..self }
    }

    /// Decides an action after all that were decided before ("eval decides in input order").
    pub fn decide(&mut self, action: &Action, granted: Granted) -> Verdict {
        let facts = Facts::of(action, &self.bundle.catalog, &self.assumed);
        let verdict = self.judge(&facts);
        self.past.push(Past { facts, verdict: verdict.clone(), granted });
        verdict
    }

    /// "1. (…) These end the decision." Where that is only possible, the rest is judged as well.
    fn judge(&self, facts: &Facts) -> Verdict {
        let first = self.first_step(facts);
        if first.iter().any(|ground| ground.certain) {
            return Verdict {
                lower: Effect::Deny,
                effect: Effect::Deny,
                reasons: first.into_iter().collect(),
                ..Verdict::nothing()
            };
        }
        let now = Now { bundle: self.bundle, facts, past: &self.past };
        together(first, rules::second_step(now), policies::third_step(now))
    }

    /// "The environment's kill switch is on → deny, `KILL_SWITCH`. `AGENT_INACTIVE`, `UNKNOWN_AGENT`, `UNKNOWN_ACTION` → deny."
    fn first_step(&self, facts: &Facts) -> Vec<Ground> {
        let switch = self.kill_switch.then(|| Ground {
            kind: "environment",
            part: "kill_switch".to_owned(),
            ..Ground::new(Effect::Deny, Reason::KillSwitch)
        });
        let refusals =
            catalog::refusals(&self.bundle.catalog, facts).into_iter().filter(|(_, test)| test.is_possible());
        let refusals = refusals.map(|(code, test)| Ground {
            kind: "catalog",
            part: "catalog".to_owned(),
            ..Ground::new(Effect::Deny, code).when(&test)
        });
        switch.into_iter().chain(refusals).collect()
    }
}

/// "4. The decision is the most restrictive of 2 and 3 and carries all reasons"; "sure reasons bound the decision from
/// below, sure and possible ones from above".
fn together(first: Vec<Ground>, second: rules::Second, (third, lifted): (Vec<Ground>, Vec<Lifted>)) -> Verdict {
    let sure = third.iter().filter(|ground| ground.certain).map(|ground| ground.effect);
    let lower = sure.fold(second.lower, Effect::max);
    let all = first.iter().chain(&third).map(|ground| ground.effect);
    let effect = all.fold(second.upper, Effect::max);
    let carrying = third.iter().filter(|ground| ground.effect == effect);
    let policy_id = carrying.filter_map(|ground| ground.id.clone()).min();
    let reasons: Vec<Ground> = first.into_iter().chain(second.grounds).chain(third).collect();
    let missing = reasons.iter().filter(|_| lower != effect).flat_map(|ground| ground.missing.iter().copied());
    Verdict {
        effect,
        lower,
        missing: missing.collect(),
        rule_id: second.rule_id,
        policy_id,
        reasons: reasons.iter().cloned().collect(),
        lifted: second.lifted.into_iter().chain(lifted).collect(),
    }
}
