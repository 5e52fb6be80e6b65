//! The engine, asked: what it says, in the shape of the reference.

use policyc::engine::{Call, Engine, State, Told, ToldLift, ToldReason};
use policyc::model::{Action, Bundle};

use super::worlds::World;
use super::{Granted, Ground, Lifted, Verdict};

/// What the engine says, in the shape of the reference.
pub fn verdict(told: &Told<'_>) -> Verdict {
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

fn ground(reason: &ToldReason<'_>) -> Ground {
    Ground {
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
    }
}

fn lifted(lift: &ToldLift<'_>) -> Lifted {
    Lifted {
        exception: lift.exception.to_string(),
        kind: lift.kind,
        id: lift.id.to_string(),
        code: lift.code,
        part: lift.part.clone(),
        certain: lift.certain,
    }
}

fn granted(granted: Granted) -> policyc::engine::Granted {
    match granted {
        Granted::Yes => policyc::engine::Granted::Yes,
        Granted::No => policyc::engine::Granted::No,
        Granted::Unknown => policyc::engine::Granted::Unknown,
    }
}

/// What the engine says of a row of actions, one after the other.
pub fn row(bundle: &Bundle, world: &World) -> Vec<Verdict> {
    told(bundle, world, false, verdict)
}

/// The same in the shape that `of` gives it; `in_order` promises that times never go back.
pub fn told<T>(bundle: &Bundle, world: &World, in_order: bool, of: impl Fn(&Told<'_>) -> T) -> Vec<T> {
    let engine = Engine::new(bundle);
    let state = State::new(&engine).with_kill_switch(world.kill_switch);
    let mut state = if in_order { state.in_order() } else { state };
    let decide = |(action, approved): (&Action, &Granted)| {
        let call = Call::of(action);
        let decision = engine.decide_call(&mut state, &call, |_| granted(*approved));
        of(&engine.told(&decision, &call))
    };
    world.actions.iter().zip(&world.granted).map(decide).collect()
}

/// What the engine says of each action alone, as if nothing had happened before.
pub fn alone(bundle: &Bundle, world: &World) -> Vec<Verdict> {
    let engine = Engine::new(bundle);
    let decide = |action: &Action| {
        let call = Call::of(action);
        let mut state = State::new(&engine).with_kill_switch(world.kill_switch);
        let decision = engine.decide_call(&mut state, &call, |_| policyc::engine::Granted::Yes);
        verdict(&engine.told(&decision, &call))
    };
    world.actions.iter().map(decide).collect()
}
