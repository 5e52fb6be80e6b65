//! Actions, of which any fact may be unknown.

use std::collections::BTreeSet;

use policyc::model::{Action, Arguments, Fact, Level, Outcome, Risk, Time, Usd};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::words;

/// 2026-01-01T00:00:00Z, a Thursday.
const START: i64 = 1_767_225_600;
/// Seconds after it.
const TIMES: [i64; 5] = [0, 30, 60, 3600, 345_600];

/// A few actions, whose times mostly go on and sometimes back. Many are of the same few kinds, so that counters fill.
pub fn actions() -> impl Strategy<Value = Vec<Action>> {
    let kinds = prop::collection::vec(action(), 1..=4);
    prop_oneof![kinds, prop::collection::vec(action(), 12)].prop_flat_map(|kinds| {
        let action =
            (prop::sample::select(kinds), prop::option::weighted(0.85, step()), turn(), came_of_it(), broken());
        prop::collection::vec(action, 1..=12).prop_map(|actions| {
            let mut now = START;
            let action = |(kind, step, turn, (outcome, error, result), broken): (Action, Option<i64>, _, _, _)| {
                now += step.unwrap_or(0);
                let timestamp = step.and_then(|_| Time::of_unix_seconds(now));
                without(Action { timestamp, turn, outcome, error, result, ..kind }, broken)
            };
            actions.into_iter().map(action).collect()
        })
    })
}

/// How many seconds after the action before.
fn step() -> impl Strategy<Value = i64> {
    prop::sample::select(vec![0_i64, 0, 1, 10, 29, 30, 30, 60, 61, -30, 1800, 3600, 345_600])
}

fn turn() -> impl Strategy<Value = Option<u64>> {
    prop::option::weighted(0.5, 1_u64..4)
}

/// One action.
pub fn action() -> impl Strategy<Value = Action> {
    (who(), what(), how(), came_of_it()).prop_map(|(who, what, how, (outcome, error, result))| Action {
        id: None,
        timestamp: who.0,
        agent_id: who.1,
        run_id: who.2,
        session_id: who.3,
        turn: who.4,
        group_id: who.5,
        mission_id: who.6,
        integration: what.0,
        operation: what.1,
        resource: what.2,
        arguments: what.3,
        data_classification: how.0,
        tags: how.1.map(|tags| tags.into_iter().collect()),
        risk_level: how.2,
        cost_usd: how.3,
        outcome,
        error,
        result,
        broken: BTreeSet::new(),
    })
}

/// Now and then a fact that cannot be relied on.
fn broken() -> impl Strategy<Value = Option<Fact>> {
    use Fact::{Agent, Arguments, Cost, Group, Integration, Level, Mission, Outcome, Resource, Result, Risk, Run};
    let facts = vec![
        Agent,
        Run,
        Fact::Session,
        Group,
        Mission,
        Integration,
        Resource,
        Level,
        Arguments,
        Fact::Tags,
        Risk,
        Cost,
        Outcome,
        Result,
        Fact::Timestamp,
    ];
    prop::option::weighted(0.1, prop::sample::select(facts))
}

/// An action of which a fact was given in a way that cannot be relied on: as a reader leaves it.
fn without(mut action: Action, fact: Option<Fact>) -> Action {
    action.broken.extend(fact);
    match fact {
        None | Some(Fact::Turn) => {}
        Some(Fact::Timestamp) => action.timestamp = None,
        Some(Fact::Agent) => action.agent_id = None,
        Some(Fact::Run) => action.run_id = None,
        Some(Fact::Session) => action.session_id = None,
        Some(Fact::Group) => action.group_id = None,
        Some(Fact::Mission) => action.mission_id = None,
        Some(Fact::Integration) => action.integration = None,
        Some(Fact::Resource) => action.resource = None,
        Some(Fact::Level) => action.data_classification = None,
        Some(Fact::Arguments) => action.arguments = None,
        Some(Fact::Tags) => action.tags = None,
        Some(Fact::Risk) => action.risk_level = None,
        Some(Fact::Cost) => action.cost_usd = None,
        Some(Fact::Outcome) => action.outcome = None,
        Some(Fact::Result) => action.result = None,
    }
    action
}

/// An action of which every fact is known: values for the gaps of others.
pub fn known() -> impl Strategy<Value = Action> {
    let names = (some(&["a", "b", "ab", "z"]), some(&["r", "s", "t"]), some(&["r", "s", "t"]));
    let places = (some(&["g", "h"]), some(&["j", "k"]), some(&["m", "n"]), some(&["prod/a", "dev/b"]));
    let outcome = prop::sample::select(vec![Outcome::Success, Outcome::Success, Outcome::Error]);
    let came = (results(), outcome.prop_map(Some));
    let whole = (prop::sample::select(TIMES.to_vec()), arguments(), levels(), tags(), risks(), costs());
    (names, places, whole, came).prop_map(|(names, places, whole, (result, outcome))| Action {
        timestamp: Time::of_unix_seconds(START + whole.0),
        agent_id: names.0,
        run_id: names.1,
        session_id: names.2,
        group_id: places.0,
        mission_id: places.1,
        integration: places.2,
        resource: places.3,
        arguments: Some(whole.1),
        data_classification: Some(whole.2),
        tags: Some(whole.3.into_iter().collect()),
        risk_level: Some(whole.4),
        cost_usd: Some(whole.5),
        outcome,
        result: Some(result),
        ..Action::default()
    })
}

type Text = Option<String>;

/// One of some texts.
fn some(texts: &[&str]) -> impl Strategy<Value = Text> + use<> {
    let texts = texts.iter().map(|text| Some((*text).to_owned())).collect::<Vec<_>>();
    prop::sample::select(texts)
}

/// One of some texts, or nothing.
fn text(probability: f64, texts: &[&str]) -> impl Strategy<Value = Text> + use<> {
    let texts = texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    prop::option::weighted(probability, prop::sample::select(texts))
}

fn who() -> impl Strategy<Value = (Option<Time>, Text, Text, Text, Option<u64>, Text, Text)> {
    let seconds = prop::sample::select(TIMES.to_vec());
    (
        prop::option::weighted(0.85, seconds.prop_map(|after| Time::of_unix_seconds(START + after).unwrap())),
        text(0.9, &["a", "a", "a", "b", "ab", "z"]),
        text(0.8, &["r", "r", "s"]),
        text(0.4, &["r", "t"]),
        turn(),
        text(0.4, &["g", "h"]),
        text(0.4, &["j", "k"]),
    )
}

fn what() -> impl Strategy<Value = (Text, String, Text, Option<Arguments>)> {
    let operations = ["x", "x", "y", "xy", "m.x", "m.m.x", "x.y"].map(str::to_owned).to_vec();
    (
        text(0.85, &["m", "m", "m", "n", "m.m", "n.x"]),
        prop::sample::select(operations),
        text(0.6, &["prod/a", "prod/a", "dev/b", "prod/../b", "prod/%252E%2e/b", r"dev\..\b", "prod/..b"]),
        prop::option::weighted(0.85, arguments()),
    )
}

fn arguments() -> impl Strategy<Value = Arguments> {
    let map = words::map(words::argument(), words::value(), 0, 2);
    map.prop_map(|map| {
        map.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), value.clone())).collect()
    })
}

fn how() -> impl Strategy<Value = (Option<Level>, Option<Vec<String>>, Option<Risk>, Option<Usd>)> {
    (
        prop::option::weighted(0.75, levels()),
        prop::option::weighted(0.75, tags()),
        prop::option::weighted(0.7, risks()),
        prop::option::weighted(0.75, costs()),
    )
}

fn levels() -> impl Strategy<Value = Level> {
    prop::sample::select(vec![Level::Public, Level::Public, Level::Internal, Level::Confidential, Level::Restricted])
}

fn tags() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(prop::sample::select(vec!["t".to_owned(), "u".to_owned()]), 0..=2)
}

fn risks() -> impl Strategy<Value = Risk> {
    prop::sample::select(vec![Risk::Minimal, Risk::Low, Risk::Medium, Risk::High, Risk::Critical])
}

fn costs() -> impl Strategy<Value = Usd> {
    prop::sample::select(vec![0, 100_000_000, 1_000_000_000, 2_000_000_000, 1]).prop_map(Usd::from_nano)
}

fn came_of_it() -> impl Strategy<Value = (Option<Outcome>, Text, Option<Value>)> {
    use Outcome::{Blocked, Error, Rejected, Success};
    let outcomes = vec![Success, Success, Success, Success, Error, Blocked, Rejected];
    (
        prop::option::weighted(0.7, prop::sample::select(outcomes)),
        text(0.08, &["it failed"]),
        prop::option::weighted(0.6, results()),
    )
}

fn results() -> words::Values {
    words::one_of(json!([{"v": 1}, {"v": "x"}, {"v": {"w": "x"}}, {"v": null, "p": 2}, [1, "x"], ["x"], "x", {}]))
}
