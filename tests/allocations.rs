//! The common path takes no memory: a decision by rules, and one by policies whose counters and names are known already.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail, and reads files"
)]

mod support;

use policyc::engine::{Engine, State};
use policyc::model::{Action, Bundle, Level, Time};
use support::Memory;

fn bundle(text: &str) -> Bundle {
    Memory::new([("policies/a.yaml", text)]).compile().1.bundle.unwrap()
}

fn action() -> Action {
    Action {
        timestamp: Time::parse("2026-01-01T00:00:00Z"),
        agent_id: Some("a".to_owned()),
        run_id: Some("r".to_owned()),
        integration: Some("mail".to_owned()),
        operation: "send".to_owned(),
        resource: Some("prod/a".to_owned()),
        data_classification: Some(Level::Internal),
        cost_usd: Some(policyc::model::Usd::from_nano(1)),
        tags: Some(std::iter::empty().collect()),
        arguments: Some(std::iter::empty().collect()),
        outcome: Some(policyc::model::Outcome::Success),
        ..Action::default()
    }
}

/// How many times memory is taken by a thousand decisions, after one that warms everything up.
fn taken(text: &str) -> u64 {
    let bundle = bundle(text);
    let engine = Engine::new(&bundle);
    let mut state = State::new(&engine);
    let action = action();
    engine.decide(&mut state, &action);
    let info = allocation_counter::measure(|| {
        for _ in 0..1000 {
            std::hint::black_box(engine.decide(&mut state, &action));
        }
    });
    info.count_total
}

const RULE: &str = "id: r\nagent_id: a\npolicy_name: n\ntarget_integration: mail\noperation: send\nresource_scope: prod/*\n\
                    data_classification: internal\npolicy_effect: allow\nrationale: ten characters\n";

#[test]
fn a_decision_by_rules_takes_no_memory() {
    assert_eq!(taken(RULE), 0);
    assert_eq!(taken(&RULE.replace("agent_id: a", "agent_id: b")), 0, "the default decides");
}

#[test]
fn a_decision_by_policies_takes_no_memory() {
    let policies = format!(
        "{RULE}---\nid: p\ndenied_actions: [shell.*]\nallowed_actions: [mail.*]\nrun_budget: 5\nsession_budget: 5\n\
         require_approval: true\napproval_actions: [bank.*]\napproval_tags: [pii]\nargument_constraints:\n  \
         mail.send: {{type: object, maxProperties: 3}}\n"
    );
    assert_eq!(taken(&policies), 0);
}

/// A window of time remembers every action in it; that is amortised, not free.
#[test]
fn a_window_takes_memory_only_to_grow() {
    let text = "id: p\nrate_limits:\n  mail.send: {max_count: 1000000, window_seconds: 60}\n";
    assert!(taken(text) <= 16, "{}", taken(text));
}
