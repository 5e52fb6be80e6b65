//! The policies of this project: each document taken away, one after the other.

use std::path::Path;

use policyc::compile;
use policyc::effects::{Decider, Effects, Found, Limits, Observer, Stateless, effects};
use policyc::engine::{Call, Engine, State};
use policyc::host::Folder;
use policyc::model::{Action, ActionPattern, Arguments, Bundle, Level, Pattern, Policy, Risk, Scope, Time, Usd};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::arguments;
use crate::rows::shown;

/// How many actions are decided for every document that is taken away.
const SAMPLES: usize = 1500;

fn bundle() -> Bundle {
    let sources = compile::load(&Folder::new(Path::new("."))).unwrap();
    compile::compile(&sources, Time::parse("2026-01-01T00:00:00Z")).bundle.unwrap()
}

/// The bundle without each of its documents, with the name of what is not there.
fn without_one(bundle: &Bundle) -> Vec<(String, Bundle)> {
    let mut all = Vec::new();
    for (at, rule) in bundle.rules.iter().enumerate() {
        let mut less = bundle.clone();
        less.rules.remove(at);
        all.push((rule.id.to_string(), less));
    }
    for (at, policy) in bundle.policies.iter().enumerate() {
        let mut less = bundle.clone();
        less.policies.remove(at);
        all.push((policy.id.to_string(), less));
    }
    for (at, exception) in bundle.exceptions.iter().enumerate() {
        let mut less = bundle.clone();
        less.exceptions.remove(at);
        all.push((exception.id.to_string(), less));
    }
    all
}

/// A name that a pattern matches, as people write such names.
fn word(pattern: &Pattern) -> String {
    pattern.as_str().replace(r"\*", "\u{1}").replace('*', "zz").replace('\u{1}', "*").replace(r"\\", r"\")
}

/// Values of facts that documents speak of.
#[derive(Default)]
struct Pool {
    agents: Vec<String>,
    names: Vec<(String, String)>,
    resources: Vec<String>,
    groups: Vec<String>,
    tags: Vec<String>,
    costs: Vec<u64>,
    arguments: Vec<(String, Vec<serde_json::Value>)>,
}

impl Pool {
    fn of(bundle: &Bundle) -> Self {
        let mut pool = Self { agents: vec!["zz".into()], costs: vec![0], ..Self::default() };
        pool.arguments = arguments::samples([bundle, bundle]);
        for rule in &bundle.rules {
            pool.agents.push(word(&rule.agent_id));
            pool.names.push((word(&rule.target_integration), word(&rule.operation)));
            pool.resources.push(word(&rule.resource_scope));
            let cost = rule.conditions.cost_threshold.as_ref().and_then(|cost| cost.max_cost_per_action);
            pool.costs.extend(cost.iter().flat_map(|cost| [cost.nano(), cost.nano() + 1]));
        }
        bundle.policies.iter().for_each(|policy| pool.policy(policy));
        pool.actions(bundle.exceptions.iter().flat_map(|exception| exception.actions.iter().flatten()));
        pool.actions(bundle.catalog.actions.keys());
        pool.agents.extend(bundle.catalog.agents.keys().map(word));
        pool.groups.push("zz".into());
        pool
    }

    fn policy(&mut self, policy: &Policy) {
        match &policy.scope {
            Scope::Agent(pattern) => self.agents.push(word(pattern)),
            Scope::Group(pattern) | Scope::Mission(pattern) | Scope::Run(pattern) => self.groups.push(word(pattern)),
            Scope::Global => {}
        }
        let asks = policy.approval_rules.iter().map(|rule| &rule.when);
        self.actions(&policy.denied_actions);
        self.actions(policy.allowed_actions.iter().flatten().chain(&policy.approval_actions));
        self.actions(asks.clone().filter_map(|when| when.actions.as_ref()).flatten());
        self.actions(policy.argument_constraints.keys());
        self.tags.extend(
            policy.approval_tags.iter().chain(asks.clone().filter_map(|when| when.tags.as_ref()).flatten()).cloned(),
        );
        let costs = asks.filter_map(|when| when.cost_usd_at_least).chain(policy.approval_threshold_usd);
        self.costs.extend(costs.flat_map(|cost| [cost.nano().saturating_sub(1), cost.nano()]));
    }

    fn actions<'b>(&mut self, patterns: impl IntoIterator<Item = &'b ActionPattern>) {
        for pattern in patterns {
            let (integration, operation) = pattern.parts();
            self.names.push((integration.map_or("zz".into(), word), word(operation)));
        }
    }

    /// Any action of these values.
    fn action(self) -> impl Strategy<Value = Action> {
        let select = prop::sample::select::<String>;
        let who = (select(self.agents), select(self.groups.clone()), select(self.groups.clone()), select(self.groups));
        let level = prop::sample::select(vec![Level::Public, Level::Internal, Level::Confidential, Level::Restricted]);
        let risk = prop::sample::select(vec![Risk::Minimal, Risk::Low, Risk::Medium, Risk::High, Risk::Critical]);
        let how = (level, risk, prop::sample::select(self.costs), 0_i64..1_200_000);
        let tags = if self.tags.is_empty() { vec!["zz".into()] } else { self.tags };
        let argument = |(name, values): (String, Vec<serde_json::Value>)| {
            let value = prop::option::weighted(0.5, prop::sample::select(values));
            value.prop_map(move |value| value.map(|value| (name.clone(), value)))
        };
        let arguments: Vec<_> = self.arguments.into_iter().map(argument).collect();
        let what = (prop::sample::select(self.names), select(self.resources), prop::sample::subsequence(tags, 0..=1));
        (who, what, how, arguments).prop_map(|(who, (name, resource, tags), how, arguments)| Action {
            agent_id: Some(who.0),
            group_id: Some(who.1),
            mission_id: Some(who.2),
            run_id: Some(who.3.clone()),
            session_id: Some(who.3),
            integration: Some(name.0),
            operation: name.1,
            resource: Some(resource),
            tags: Some(tags.into_iter().collect()),
            data_classification: Some(how.0),
            risk_level: Some(how.1),
            cost_usd: Some(Usd::from_nano(how.2)),
            timestamp: Time::of_unix_seconds(1_790_000_000 + how.3),
            arguments: Some(arguments.into_iter().flatten().collect::<Arguments>()),
            ..Action::default()
        })
    }
}

fn samples(bundle: &Bundle) -> Vec<Action> {
    let mut runner = TestRunner::deterministic();
    let strategy = Pool::of(bundle).action();
    (0..SAMPLES).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

#[test]
fn the_policies_of_this_project_do_not_differ_from_themselves() {
    let bundle = bundle();
    assert!(bundle.policies.len() > 15 && bundle.rules.len() > 5, "these are not the policies of this project");
    assert_eq!(effects(&bundle, &bundle.clone(), Limits::default()), Effects::default());
}

/// Whatever is taken away, rows hold, and of many actions around the documents none that differs is missing.
#[test]
fn each_document_of_this_project_taken_away_is_told() {
    let bundle = bundle();
    let actions = samples(&bundle);
    let (mut differing, mut told) = (0, 0);
    for (name, less) in without_one(&bundle) {
        for (base, head) in [(&bundle, &less), (&less, &bundle)] {
            let found = effects(base, head, Limits::default());
            let sides = Stateless::of(base, head);
            let both = [base.clone(), head.clone()];
            found.rows.iter().try_for_each(|row| shown(&both, row)).unwrap_or_else(|wrong| panic!("{name}: {wrong}"));
            let mut observer = Observer::new(&sides, &found);
            let engines = sides.left.each_ref().map(Engine::new);
            for action in &actions {
                let call = Call::of(action);
                let [base, head] = engines.each_ref().map(|engine| engine.decide(&mut State::new(engine), action));
                if !base.is_certain() || !head.is_certain() {
                    continue;
                }
                let (one, other) = (Decider::of(&base).unwrap(), Decider::of(&head).unwrap());
                let differs = one.effect != other.effect;
                differing += usize::from(differs);
                let row = observer.row(&call, (one, other));
                assert!(sides.used_up.is_some() || (observer.found(&call) == Found::Alike) != differs, "{name}");
                assert!(row.is_none() || differs, "{name}: a row holds what does not differ");
                let open = found.unproven.iter().any(|open| crate::rows::left_open(open, &both, action));
                assert!(
                    !differs || row.is_some() || open,
                    "{name}: {one:?} {other:?} is missing: {}",
                    action.to_json()
                );
            }
            told += found.rows.len();
        }
    }
    assert!(differing > 100 && told > 20, "{differing} actions differ, {told} rows");
}
