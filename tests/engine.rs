//! The engine held to the reference evaluator, and to the laws that people rely on.
//!
//! Longer: `PROPTEST_CASES=1000000 cargo test --release --test engine`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail, and reads the environment"
)]

mod oracle;
mod support;

use oracle::worlds::{self, World};
use oracle::{Ground, Lifted, Oracle, Verdict};
use policyc::engine::{Call, Engine, Granted, State, Told};
use policyc::model::{Action, Bundle};
use proptest::prelude::*;

/// What the engine says, in the shape of the reference.
fn verdict(told: &Told<'_>) -> Verdict {
    let ground = |reason: &policyc::engine::ToldReason<'_>| Ground {
        effect: reason.effect,
        kind: reason.kind,
        id: reason.id.map(ToString::to_string),
        code: reason.code,
        part: reason.part.clone(),
        certain: reason.certain,
        missing: reason.missing.iter().copied().collect(),
        approvers: reason.approvers.iter().map(ToString::to_string).collect(),
        required: reason.required,
        timeout_seconds: reason.timeout_seconds,
    };
    let lifted = |lift: &policyc::engine::ToldLift<'_>| Lifted {
        exception: lift.exception.to_string(),
        kind: lift.kind,
        id: lift.id.to_string(),
        code: lift.code,
        part: lift.part.clone(),
        certain: lift.certain,
    };
    Verdict {
        effect: told.effect,
        lower: told.lower,
        missing: told.missing.iter().copied().collect(),
        rule_id: told.rule_id.map(ToString::to_string),
        policy_id: told.policy_id.map(ToString::to_string),
        reasons: told.reasons.iter().map(ground).collect(),
        lifted: told.lifted.iter().map(lifted).collect(),
    }
}

fn granted(granted: oracle::Granted) -> Granted {
    match granted {
        oracle::Granted::Yes => Granted::Yes,
        oracle::Granted::No => Granted::No,
        oracle::Granted::Unknown => Granted::Unknown,
    }
}

/// What the engine says of a row of actions.
fn decide(bundle: &Bundle, world: &World, in_order: bool) -> Vec<Verdict> {
    let engine = Engine::new(bundle);
    let mut state = State::new(&engine).with_kill_switch(world.kill_switch);
    if in_order {
        state = state.in_order();
    }
    let decide = |(action, approved): (&Action, &oracle::Granted)| {
        let call = Call::of(action);
        let decision = engine.decide_call(&mut state, &call, |_| granted(*approved));
        verdict(&engine.told(&decision, &call))
    };
    world.actions.iter().zip(&world.granted).map(decide).collect()
}

fn cases() -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(1500);
    ProptestConfig { cases, max_shrink_iters: 20_000, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn the_engine_says_what_the_reference_says(world in worlds::world()) {
        let bundle = worlds::bundle(&world);
        let mut oracle = Oracle::new(&bundle, world.kill_switch);
        for (rank, (said, action)) in decide(&bundle, &world, false).into_iter().zip(&world.actions).enumerate() {
            let expected = oracle.decide(action, world.granted[rank]);
            prop_assert_eq!(said, expected, "action #{}: {:?}", rank, action);
        }
    }
}
