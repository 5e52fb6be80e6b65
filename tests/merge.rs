//! The law of `sync`: what the merged policies permit, every policy that applies permits.
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

use std::collections::{BTreeMap, BTreeSet};

use oracle::worlds::{self, World};
use oracle::{Granted, Oracle};
use policyc::engine::{Caller, Engine, Merged};
use policyc::model::{Action, Bundle, Catalog, DocumentId, Effect, EffectiveDefaults, Policy, Scope};
use proptest::prelude::*;

fn id(text: &str) -> DocumentId {
    DocumentId::parse(text).unwrap()
}

/// A policy that says nothing, for everybody.
fn silent(name: &str) -> Policy {
    Policy {
        id: id(name),
        name: name.to_owned(),
        description: String::new(),
        enabled: true,
        scope: Scope::Global,
        session_budget: None,
        run_budget: None,
        action_budgets: BTreeMap::new(),
        denied_actions: BTreeSet::new(),
        allowed_actions: None,
        rate_limits: BTreeMap::new(),
        require_approval: false,
        approval_actions: BTreeSet::new(),
        approval_tags: BTreeSet::new(),
        approval_risk_levels: BTreeSet::new(),
        approval_threshold_usd: None,
        approval_rules: Vec::new(),
        approval_timeout_seconds: 3600,
        default_approvers: BTreeSet::new(),
        evidence_requirements: BTreeMap::new(),
        evidence_max_age_seconds: BTreeMap::new(),
        commit_actions: BTreeSet::new(),
        evidence_actions: BTreeSet::new(),
        argument_constraints: BTreeMap::new(),
        grounding_rules: BTreeMap::new(),
    }
}

/// What the merged answer says, as policies for everybody: the fields that are merged into one go into one policy, what
/// stands side by side into one each.
fn as_policies(merged: &Merged<'_>) -> Vec<Policy> {
    let mut one = silent("merged");
    one.session_budget = merged.session_budget;
    one.run_budget = merged.run_budget;
    one.action_budgets = merged.action_budgets.iter().map(|(actions, limit)| ((*actions).clone(), *limit)).collect();
    one.denied_actions = merged.denied_actions.iter().map(|actions| (*actions).clone()).collect();
    one.require_approval = !merged.duties.is_empty();
    if !merged.everything_asked {
        one.approval_actions = merged.approval_actions.iter().map(|actions| (*actions).clone()).collect();
        one.approval_tags = merged.approval_tags.iter().map(ToString::to_string).collect();
        one.approval_risk_levels.clone_from(&merged.approval_risk_levels);
        one.approval_threshold_usd = merged.approval_threshold_usd;
    }
    one.approval_rules = merged.approval_rules.iter().map(|rule| rule.says.clone()).collect();
    let mut all = vec![one];
    let mut beside = |change: &dyn Fn(&mut Policy)| {
        let mut policy = silent(&format!("beside-{}", all.len()));
        change(&mut policy);
        all.push(policy);
    };
    for list in &merged.allowed_actions {
        beside(&|policy| policy.allowed_actions = Some(list.says.clone()));
    }
    if let Some(known) = &merged.known_actions {
        beside(&|policy| policy.allowed_actions = Some(known.iter().map(|actions| (*actions).clone()).collect()));
    }
    for limit in &merged.rate_limits {
        let (actions, limit) = limit.says;
        beside(&|policy| drop(policy.rate_limits.insert(actions.clone(), BTreeSet::from([limit.clone()]))));
    }
    for evidence in &merged.evidence {
        let (actions, required) = evidence.says;
        beside(&|policy| {
            policy.evidence_requirements.insert(actions.clone(), required.clone());
            policy.evidence_actions.clone_from(&evidence.policy.evidence_actions);
            policy.evidence_max_age_seconds.clone_from(&evidence.policy.evidence_max_age_seconds);
        });
    }
    for constraint in &merged.constraints {
        let (actions, schema) = constraint.says;
        beside(&|policy| drop(policy.argument_constraints.insert(actions.clone(), schema.clone())));
    }
    for grounding in &merged.groundings {
        let (actions, argument, from) = grounding.says;
        beside(&|policy| {
            let arguments = BTreeMap::from([(argument.to_owned(), from.clone())]);
            policy.grounding_rules.insert(actions.clone(), arguments);
        });
    }
    all
}

fn bundle(policies: Vec<Policy>, catalog: &Catalog) -> Bundle {
    let mut policies = policies;
    policies.sort_by(|a, b| a.id.cmp(&b.id));
    let defaults = EffectiveDefaults { effect: Effect::Allow, session_ttl: 86_400 };
    Bundle { policies, rules: Vec::new(), exceptions: Vec::new(), catalog: catalog.clone(), defaults }
}

/// What an action of the caller is, alone and before anything else.
fn alone(bundle: &Bundle, action: &Action) -> (Effect, Effect) {
    let verdict = Oracle::new(bundle, false).decide(action, Granted::Yes);
    (verdict.lower, verdict.effect)
}

/// The same action of a caller of whom only agent and run are told.
fn caller_of(action: &Action) -> Action {
    Action {
        agent_id: action.agent_id.clone(),
        run_id: action.run_id.clone(),
        session_id: action.session_id.clone(),
        group_id: action.group_id.clone(),
        mission_id: action.mission_id.clone(),
        timestamp: action.timestamp,
        broken: action.broken.clone(),
        ..Action::default()
    }
}

fn holds(world: &World) -> Result<(), TestCaseError> {
    let whole = worlds::bundle(world);
    let engine = Engine::new(&whole);
    for action in &world.actions {
        let merged = engine.merged(&Caller::new(caller_of(action)));
        // The answer says itself what a closed catalog does not list.
        let open = Catalog { closed: false, ..whole.catalog.clone() };
        let together = bundle(as_policies(&merged), &open);
        let decided = alone(&together, action);
        for policy in whole.policies.iter().filter(|policy| policy.enabled) {
            // Alone, with the exceptions that are from it; those that the answer only lists are still to be applied.
            let mut own = bundle(vec![policy.clone()], &whole.catalog);
            let listed = |id: &DocumentId| merged.listed.iter().any(|exception| exception.id == *id);
            own.exceptions =
                whole.exceptions.iter().filter(|one| one.policy == policy.id && !listed(&one.id)).cloned().collect();
            let (lower, effect) = alone(&own, action);
            prop_assert!(
                decided.0 >= lower && decided.1 >= effect,
                "{:?}: {:?} < {:?}",
                policy.id,
                decided,
                (lower, effect)
            );
        }
    }
    Ok(())
}

fn cases() -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(800);
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn the_merged_policies_never_permit_what_one_of_them_forbids(world in worlds::world()) {
        holds(&world)?;
    }
}
