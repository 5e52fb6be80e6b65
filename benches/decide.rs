//! One decision after another: rules alone beside a linear scan of the same rules, and policies of every kind.
//!
//! `cargo bench --bench decide` prints medians; "items" are decisions. Nothing here asserts a time.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "a benchmark")]

mod generated;

use divan::Bencher;
use divan::counter::ItemsCount;
use generated::{INTEGRATIONS, OPERATIONS, Random, compiled, rules};
use policyc::engine::{Call, Engine, State};
use policyc::model::{Action, Arguments, Effect, Level, Time};
use serde_json::{Value, json};

fn main() {
    divan::main();
}

/// Few enough to stay near the processor, as an action does that was read a moment ago.
const ACTIONS: usize = 256;
/// How often they are decided in one measurement.
const ROUNDS: usize = 16;

fn actions(agents: usize) -> Vec<Action> {
    let mut random = Random(11);
    let start = Time::parse("2026-01-01T00:00:00Z").unwrap();
    let action = |rank: usize| Action {
        timestamp: start.after(rank as u64),
        agent_id: Some(format!("agent-{}", random.skewed(agents))),
        run_id: Some(format!("run-{}", rank / 8)),
        integration: Some(INTEGRATIONS[random.skewed(INTEGRATIONS.len())].to_owned()),
        operation: OPERATIONS[random.skewed(OPERATIONS.len())].to_owned(),
        resource: Some(format!("{}/{}", random.pick(&["prod", "dev", "hr", "lab"]), random.below(1000))),
        data_classification: Some(
            [Level::Public, Level::Internal, Level::Confidential, Level::Restricted][random.below(4)],
        ),
        arguments: Some([("amount".to_owned(), json!(random.below(500)))].into_iter().collect::<Arguments>()),
        tags: Some(std::iter::empty().collect()),
        cost_usd: Some(policyc::model::Usd::from_nano(1000)),
        outcome: Some(policyc::model::Outcome::Success),
        ..Action::default()
    };
    (0..ACTIONS).map(action).collect()
}

fn again(actions: &[Action]) -> impl Iterator<Item = &Action> {
    (0..ROUNDS).flat_map(move |_| actions)
}

const RULES: [usize; 4] = [10, 100, 1000, 10_000];

#[divan::bench(args = RULES)]
fn rules_indexed(bencher: Bencher, count: usize) {
    let compilation = compiled(&rules(count));
    let engine = Engine::new(compilation.bundle.as_ref().unwrap());
    let actions = actions((count / 4).max(4));
    bencher.counter(ItemsCount::new(ACTIONS * ROUNDS)).bench_local(|| {
        let mut state = State::new(&engine);
        again(&actions).filter(|action| engine.decide(&mut state, action).effect == Effect::Deny).count()
    });
}

/// The baseline: the same rules in the same order, asked one after the other.
#[divan::bench(args = RULES)]
fn rules_one_after_the_other(bencher: Bencher, count: usize) {
    let compilation = compiled(&rules(count));
    let mut rules = compilation.bundle.as_ref().unwrap().rules.clone();
    rules.sort_by(|a, b| {
        (b.priority, b.policy_effect).cmp(&(a.priority, a.policy_effect)).then_with(|| a.id.cmp(&b.id))
    });
    let actions = actions((count / 4).max(4));
    bencher.counter(ItemsCount::new(ACTIONS * ROUNDS)).bench_local(|| {
        let decide = |action: &Action| {
            let call = Call::of(action);
            let matches = |rule: &&policyc::model::Rule| {
                let level = call.level.unwrap();
                rule.operation.matches(&call.operation)
                    && rule.target_integration.matches(call.integration.unwrap())
                    && rule.agent_id.matches(call.agent.unwrap())
                    && rule.resource_scope.matches(call.resource.unwrap())
                    && (rule.data_classification.low..=rule.data_classification.high).contains(&level)
            };
            rules.iter().find(matches).map_or(Effect::Deny, |rule| rule.policy_effect)
        };
        again(&actions).filter(|action| decide(action) == Effect::Deny).count()
    });
}

/// The index of 10,000 rules.
#[divan::bench(args = RULES)]
fn engine_made(bencher: Bencher, count: usize) {
    let compilation = compiled(&rules(count));
    bencher.bench_local(|| divan::black_box(Engine::new(compilation.bundle.as_ref().unwrap())));
}

/// Fifty policies that all apply, ten of each kind: budgets, rates, lists and approvals, evidence, constraints.
#[divan::bench(args = ["budgets", "rates", "approvals", "evidence", "constraints", "all"])]
fn fifty_policies(bencher: Bencher, kind: &str) {
    let budget = json!({"run_budget": 1000, "session_budget": 2000, "action_budgets": {"bank.*": 500}});
    let rate = json!({"rate_limits": {"mail.send": {"max_count": 100_000, "window_seconds": 60}, "*": {"max_count": 100_000, "window_seconds": 600, "per": "run"}}});
    let approval = json!({"denied_actions": ["shell.delete", "*.export"], "require_approval": true, "approval_actions": ["bank.send"], "approval_tags": ["pii"],
        "approval_rules": [{"when": {"actions": ["files.share"], "arguments": {"amount": {"exclusiveMinimum": 400}}}}]});
    let evidence = json!({"evidence_requirements": {"bank.send": ["bank.read"]}, "evidence_max_age_seconds": 600});
    let constraint = json!({"argument_constraints": {"bank.*": {"type": "object", "required": ["amount"], "properties": {"amount": {"type": "number", "maximum": 450}}}}});
    let all = [
        ("budgets", budget),
        ("rates", rate),
        ("approvals", approval),
        ("evidence", evidence),
        ("constraints", constraint),
    ];
    let documents: Vec<Value> = (0..50)
        .map(|rank| {
            let of_kind = all.iter().find(|(name, _)| *name == kind).map_or(&all[rank % 5].1, |(_, policy)| policy);
            let mut policy = of_kind.clone();
            policy["id"] = json!(format!("p{rank}"));
            policy
        })
        .collect();
    let compilation = compiled(&documents);
    let engine = Engine::new(compilation.bundle.as_ref().unwrap());
    let actions = actions(50);
    bencher.counter(ItemsCount::new(ACTIONS * ROUNDS)).bench_local(|| {
        let mut state = State::new(&engine);
        again(&actions).filter(|action| engine.decide(&mut state, action).effect == Effect::Deny).count()
    });
}
