//! Actions, of which any fact may be unknown.

use policyc::model::{Action, Arguments, Level, Outcome, Risk, Time, Usd};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::words;

/// 2026-01-01T00:00:00Z, a Thursday.
const START: i64 = 1_767_225_600;

/// A few actions, whose times mostly go on and sometimes back. Many are of the same few kinds, so that counters fill.
pub fn actions() -> impl Strategy<Value = Vec<Action>> {
    let kinds = prop::collection::vec(action(), 1..=4);
    prop_oneof![kinds, prop::collection::vec(action(), 12)].prop_flat_map(|kinds| {
        let action = (prop::sample::select(kinds), prop::option::weighted(0.85, step()), turn(), came_of_it());
        prop::collection::vec(action, 1..=12).prop_map(|actions| {
            let mut now = START;
            let action = |(kind, step, turn, (outcome, error, result)): (Action, Option<i64>, _, _)| {
                now += step.unwrap_or(0);
                let timestamp = step.and_then(|_| Time::of_unix_seconds(now));
                Action { timestamp, turn, outcome, error, result, ..kind }
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
    })
}

type Text = Option<String>;

/// One of some texts, or nothing.
fn text(probability: f64, texts: &[&str]) -> impl Strategy<Value = Text> + use<> {
    let texts = texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    prop::option::weighted(probability, prop::sample::select(texts))
}

fn who() -> impl Strategy<Value = (Option<Time>, Text, Text, Text, Option<u64>, Text, Text)> {
    let seconds = prop::sample::select(vec![0_i64, 30, 60, 3600, 345_600]);
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
    let levels = vec![Level::Public, Level::Public, Level::Internal, Level::Confidential, Level::Restricted];
    let risks = vec![Risk::Minimal, Risk::Low, Risk::Medium, Risk::High, Risk::Critical];
    let costs = vec![0, 100_000_000, 1_000_000_000, 2_000_000_000, 1];
    let tag = prop::sample::select(vec!["t".to_owned(), "u".to_owned()]);
    (
        prop::option::weighted(0.75, prop::sample::select(levels)),
        prop::option::weighted(0.75, prop::collection::vec(tag, 0..=2)),
        prop::option::weighted(0.7, prop::sample::select(risks)),
        prop::option::weighted(0.75, prop::sample::select(costs).prop_map(Usd::from_nano)),
    )
}

fn came_of_it() -> impl Strategy<Value = (Option<Outcome>, Text, Option<Value>)> {
    use Outcome::{Blocked, Error, Rejected, Success};
    let outcomes = vec![Success, Success, Success, Success, Error, Blocked, Rejected];
    let results = json!([{"v": 1}, {"v": "x"}, {"v": {"w": "x"}}, {"v": null, "p": 2}, [1, "x"], ["x"], "x", {}]);
    (
        prop::option::weighted(0.7, prop::sample::select(outcomes)),
        text(0.08, &["it failed"]),
        prop::option::weighted(0.6, words::one_of(results)),
    )
}
