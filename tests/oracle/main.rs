//! The reference evaluator against the worked cases of the specification, and against generated worlds.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail, and reads files"
)]

#[path = "mod.rs"]
mod oracle;
#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeSet;

use oracle::worlds::{self, World};
use oracle::{Granted, Oracle, Verdict};
use policyc::model::{Action, Bundle, Reason, Time, Usd};
use policyc::written;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use serde_json::{Value, json};
use support::{Memory, told};

/// The bundle of a worked case.
fn bundle(case: &Value) -> Bundle {
    let mut files = vec![("policies/documents.json", case["documents"].to_string())];
    for (key, path) in [("settings", "policyc.yaml"), ("catalog", "catalog.yaml")] {
        files.extend(case.get(key).map(|value| (path, value.to_string())));
    }
    let (sources, compilation) = Memory::new(files.iter().map(|(path, text)| (*path, text.as_str()))).compile();
    compilation.bundle.unwrap_or_else(|| panic!("{}: {}", case["name"], told(&compilation.diagnostics, &sources)))
}

/// An action as a record has it.
fn action(record: &Value) -> Action {
    let written: written::Action = serde_json::from_value(record.clone()).unwrap();
    Action {
        id: written.id,
        timestamp: written.timestamp.map(|time| Time::parse(&time).unwrap()),
        agent_id: written.agent_id,
        run_id: written.run_id,
        session_id: written.session_id,
        turn: written.turn,
        group_id: written.group_id,
        mission_id: written.mission_id,
        integration: written.integration,
        operation: written.operation,
        resource: written.resource,
        data_classification: written.data_classification,
        arguments: written.arguments.map(|arguments| arguments.into_iter().collect()),
        tags: written.tags.map(|tags| tags.into_iter().collect()),
        risk_level: written.risk_level,
        cost_usd: written.cost_usd.map(|_| Usd::parse(&record["cost_usd"].to_string()).unwrap()),
        outcome: written.outcome,
        error: written.error,
        result: written.result,
        broken: BTreeSet::new(),
    }
}

/// What a verdict says, in the words of an expectation: only the keys that it has.
fn in_words(verdict: &Verdict, expected: &Value) -> Value {
    let mut codes: Vec<Value> = verdict.reasons.iter().map(|ground| json!(ground.code)).collect();
    codes.sort_by_key(Value::to_string);
    let said = json!({
        "effect": verdict.effect,
        "lower": verdict.lower,
        "certain": verdict.certain(),
        "rule_id": verdict.rule_id,
        "policy_id": verdict.policy_id,
        "codes": codes,
    });
    expected.as_object().unwrap().keys().map(|key| (key.clone(), said[key].clone())).collect()
}

/// An expectation with its codes in order; without `lower` the decision is certain.
fn expectation(written: &Value) -> Value {
    let mut expected = written.clone();
    if let Some(codes) = expected.get_mut("codes").and_then(Value::as_array_mut) {
        codes.sort_by_key(Value::to_string);
    }
    if expected.get("lower").is_none() {
        expected["lower"] = expected["effect"].clone();
    }
    expected
}

#[test]
fn the_worked_cases_are_decided_as_the_specification_says() {
    let text = std::fs::read_to_string("tests/vectors/decisions.yaml").unwrap();
    let cases: Vec<Value> = serde_yaml::from_str(&text).unwrap();
    assert_eq!(cases.len(), 54);
    let mut wrong = Vec::new();
    for case in &cases {
        let bundle = bundle(case);
        let mut oracle = Oracle::new(&bundle, false);
        let (actions, expectations) = (case["actions"].as_array().unwrap(), case["expect"].as_array().unwrap());
        assert_eq!(actions.len(), expectations.len(), "{}", case["name"]);
        for (rank, (record, expected)) in actions.iter().zip(expectations).enumerate() {
            let verdict = oracle.decide(&action(record), Granted::Yes);
            let expected = expectation(expected);
            let said = in_words(&verdict, &expected);
            if said != expected {
                wrong.push(format!("{} [{rank}]: {said} is not {expected}\n  {verdict:?}", case["name"]));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// How many cases each law is tried on: `PROPTEST_CASES`, or as many as take a few seconds.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(500)
}

/// What a world decides, action by action.
fn verdicts(world: &World) -> Vec<Verdict> {
    let bundle = worlds::bundle(world);
    let mut oracle = Oracle::new(&bundle, world.kill_switch);
    world.actions.iter().zip(&world.granted).map(|(action, granted)| oracle.decide(action, *granted)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    /// `lower` is the other bound; facts are missing just where the bounds do not meet.
    #[test]
    fn bounds_do_not_cross_and_what_is_uncertain_names_what_is_missing(world in worlds::world()) {
        for verdict in verdicts(&world) {
            prop_assert!(verdict.lower <= verdict.effect, "{:?}", verdict);
            prop_assert_eq!(verdict.certain(), verdict.missing.is_empty(), "{:?}", verdict);
        }
    }

    /// A reason is sure or says what it hangs on; the effect is that of some reason.
    #[test]
    fn reasons_bear_the_decision(world in worlds::world()) {
        for verdict in verdicts(&world) {
            prop_assert!(verdict.reasons.iter().any(|ground| ground.effect == verdict.effect), "{:?}", verdict);
            prop_assert!(verdict.reasons.iter().all(|ground| !ground.certain || ground.missing.is_empty()), "{:?}", verdict);
            for ground in verdict.reasons.iter().filter(|ground| ground.kind == "policy" && ground.certain) {
                prop_assert!(ground.effect <= verdict.lower, "{:?}", verdict);
            }
        }
    }
}

/// What the generated worlds never reach is what no law is tested on.
#[test]
fn the_worlds_reach_every_reason_surely_and_possibly() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut given, mut lifted) = (BTreeSet::new(), BTreeSet::new());
    for _ in 0..8000 {
        let world = worlds::world().new_tree(&mut runner).unwrap().current();
        for verdict in verdicts(&world) {
            given.extend(verdict.reasons.iter().map(|ground| (ground.code, ground.certain)));
            lifted.extend(verdict.lifted.iter().map(|lifted| (lifted.code, lifted.certain)));
        }
    }
    let first = [Reason::KillSwitch, Reason::AgentInactive, Reason::UnknownAgent, Reason::UnknownAction];
    for code in all_reasons() {
        for certain in [true, false] {
            assert!(
                given.contains(&(code, certain)) || (code, certain) == (Reason::KillSwitch, false),
                "{code:?} {certain}"
            );
            let liftable = !first.contains(&code) && code != Reason::NoMatchingRule;
            assert_eq!(lifted.contains(&(code, certain)), liftable, "{code:?} {certain}");
        }
    }
}

fn all_reasons() -> Vec<Reason> {
    let names = "KILL_SWITCH AGENT_INACTIVE UNKNOWN_AGENT UNKNOWN_ACTION RULE RULE_CONDITION NO_MATCHING_RULE \
                 DENIED_ACTION NOT_IN_ALLOWLIST RATE_LIMITED BUDGET_EXCEEDED MISSING_EVIDENCE STALE_EVIDENCE \
                 ARGUMENT_CONSTRAINT UNGROUNDED_ARGUMENT APPROVAL_REQUIRED";
    names.split_whitespace().map(|name| serde_json::from_value(json!(name)).unwrap()).collect()
}
