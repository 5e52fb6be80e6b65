//! The reference and the generator held to themselves: worlds compile, differ often and in every way, and what is known to
//! differ is found.

use std::collections::{BTreeMap, BTreeSet};

use policyc::engine::{Part, Source};
use policyc::model::{Effect, Reason};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde_json::json;

use crate::reference::compare;
use crate::worlds::{Repository, pair};

const PAIRS: u32 = 1500;

/// What happened to generated pairs.
#[derive(Debug, Default)]
struct Share {
    compiled: u32,
    /// Why others do not.
    refused: BTreeMap<String, u32>,
    small: u32,
    differing: u32,
    actions: usize,
    rows: usize,
    transitions: BTreeMap<(Effect, Effect), u32>,
    codes: BTreeMap<&'static str, u32>,
    parts: BTreeSet<String>,
}

fn share() -> Share {
    let (mut runner, strategy, mut share) = (TestRunner::deterministic(), pair(), Share::default());
    for _ in 0..PAIRS {
        let pair = strategy.new_tree(&mut runner).unwrap().current();
        for told in [&pair.base, &pair.head].into_iter().filter_map(|side| side.bundle().err()) {
            let errors = told.lines().filter(|line| line.contains(" error: ")).take(1);
            errors.for_each(|line| *share.refused.entry(line.chars().take(60).collect()).or_default() += 1);
        }
        let Some([base, head]) = pair.bundles() else { continue };
        share.compiled += 1;
        let Some(compared) = compare(&base, &head) else { continue };
        share.small += 1;
        share.actions += compared.actions.len();
        share.differing += u32::from(!compared.differing.is_empty());
        share.rows += compared.differing.len();
        for (one, other) in compared.differing.keys() {
            *share.transitions.entry((one.effect, other.effect)).or_default() += 1;
            for decider in [one, other] {
                *share.codes.entry(decider.code.as_str()).or_default() += 1;
                share.parts.insert(named(decider.part));
            }
        }
    }
    share
}

fn named(part: Part) -> String {
    let text = format!("{part:?}");
    text.split(['(', ' ']).next().unwrap_or_default().to_owned()
}

/// Pairs compile, are small enough, differ, and every reason that is not about earlier actions is met.
#[test]
fn pairs_differ_often_and_in_every_way() {
    let begun = std::time::Instant::now();
    let share = share();
    eprintln!("{PAIRS} pairs in {:.1?}: {share:#?}", begun.elapsed());
    assert!(share.compiled * 2 > PAIRS && share.small * 10 > share.compiled * 9, "{share:?}");
    assert!(share.differing * 3 > share.small, "{share:?}");
    assert_eq!(share.transitions.len(), 6, "{share:?}");
    let codes = [
        Reason::AgentInactive,
        Reason::UnknownAgent,
        Reason::UnknownAction,
        Reason::Rule,
        Reason::RuleCondition,
        Reason::NoMatchingRule,
        Reason::DeniedAction,
        Reason::NotInAllowlist,
        Reason::ArgumentConstraint,
        Reason::ApprovalRequired,
    ];
    assert!(codes.iter().all(|code| share.codes.contains_key(code.as_str())), "{share:?}");
}

/// A numeric threshold that is raised: the interval between the two, and nothing else, differs.
#[test]
fn the_reference_finds_what_is_known_to_differ() {
    let side = |most: u32| {
        let arguments = json!({"amount": {"type": "number", "maximum": most}});
        let rule = json!({
            "id": "r", "agent_id": "*", "target_integration": "*", "operation": "refund", "resource_scope": "*",
            "policy_name": "one", "data_classification": "restricted", "policy_effect": "allow",
            "rationale": "refunds are small", "conditions": {"arguments": arguments},
        });
        Repository::new("deny", json!([rule])).bundle().unwrap()
    };
    let compared = compare(&side(200), &side(500)).unwrap();
    let [(deciders, actions)] = compared.differing.iter().collect::<Vec<_>>()[..] else { panic!("one row") };
    assert_eq!((deciders.0.source, deciders.1.source), (Source::Default, Source::Rule(0)));
    let amounts = actions.iter().map(|at| compared.actions[*at].arguments.as_ref().unwrap().get("amount").unwrap());
    let amounts: Vec<f64> = amounts.map(|amount| amount.as_f64().unwrap()).collect();
    assert!(!amounts.is_empty() && amounts.iter().all(|amount| *amount > 200.0 && *amount <= 500.0), "{amounts:?}");
    assert!(compared.actions.len() > actions.len());
}
